//! Passkeys (Web Authentication, level 3): what a browser is asked, and whether its answer holds.
//!
//! The crate `webauthn-rs` does every check of the standard: challenge, origin, relying party, user verification,
//! signature, counter. Its cryptography is OpenSSL's.

use crate::error::{Error, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use url::Url;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

/// An answer of a browser has at most so many bytes.
const LONGEST: usize = 32 * 1024;

/// Whom passkeys are for: the host of our public address. They work nowhere else.
#[derive(Debug, Clone)]
pub struct RelyingParty(Webauthn);

/// What a browser is asked.
#[derive(Debug)]
pub struct Asked {
    /// For `navigator.credentials`, as JSON with bytes in base64url.
    pub options: String,
    /// What the answer is held against, once: it stays with us.
    pub state: String,
}

/// A passkey that was made.
#[derive(Debug)]
pub struct Made {
    /// By which it is found, in base64url.
    pub credential: String,
    /// Its public key and counter.
    pub passkey: String,
}

/// What an answer proves.
#[derive(Debug, PartialEq, Eq)]
pub enum Proof {
    /// Whose passkey it is was there, and proved who they are; the passkey with its counter after that.
    Holds(String),
    /// It proves nothing.
    Fails,
    /// The counter does not go on: the passkey may have been copied.
    Copied,
}

impl RelyingParty {
    /// For a public address. None: its host is a number, for which browsers make no passkeys.
    pub fn new(public_url: &str, name: &str) -> Result<Option<Self>> {
        let Ok(origin) = Url::parse(public_url) else { return Ok(None) };
        let Some(host) = origin.domain() else { return Ok(None) };
        let built = WebauthnBuilder::new(host, &origin).map(|builder| builder.rp_name(name));
        built
            .and_then(WebauthnBuilder::build)
            .map(|party| Some(Self(party)))
            .map_err(|error| internal(&error))
    }

    /// Asks for a new passkey, by which whoever has it is found without typing a name.
    pub fn register(&self, user: &str, email: &str, name: &str, have: &[String]) -> Result<Asked> {
        let have = have.iter().filter_map(|id| URL_SAFE_NO_PAD.decode(id).ok());
        let have = have.map(Into::into).collect();
        let (asked, state) = self
            .0
            .start_passkey_registration(handle(user), email, name, Some(have))
            .map_err(|error| internal(&error))?;
        let mut options = part(&serde_json::to_value(asked).map_err(written)?);
        let choice = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut);
        if let Some(choice) = choice {
            choice.insert("residentKey".to_owned(), json!("required"));
            choice.insert("requireResidentKey".to_owned(), json!(true));
        }
        Ok(Asked {
            options: options.to_string(),
            state: serde_json::to_string(&state).map_err(written)?,
        })
    }

    /// The passkey of an answer; none: the answer is not to what was asked, or not of this site.
    pub fn made(&self, answer: &str, state: &str) -> Result<Option<Made>> {
        let Some(answer) = read::<RegisterPublicKeyCredential>(answer) else { return Ok(None) };
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(written)?;
        let Ok(passkey) = self.0.finish_passkey_registration(&answer, &state) else {
            return Ok(None);
        };
        let credential = URL_SAFE_NO_PAD.encode(passkey.cred_id());
        let passkey = serde_json::to_string(&passkey).map_err(written)?;
        Ok(Some(Made { credential, passkey }))
    }

    /// Asks for any passkey of this site.
    pub fn ask(&self) -> Result<Asked> {
        let (asked, state) =
            self.0.start_discoverable_authentication().map_err(|error| internal(&error))?;
        let options = part(&serde_json::to_value(asked).map_err(written)?);
        Ok(Asked {
            options: options.to_string(),
            state: serde_json::to_string(&state).map_err(written)?,
        })
    }

    /// By which passkey an answer is given. It proves nothing yet.
    #[must_use]
    pub fn named(answer: &str) -> Option<String> {
        let answer = read::<PublicKeyCredential>(answer)?;
        Some(URL_SAFE_NO_PAD.encode(answer.get_credential_id()))
    }

    /// Whether an answer proves that the passkey of this user was used, with their finger, face or PIN.
    pub fn prove(&self, answer: &str, state: &str, passkey: &str, user: &str) -> Result<Proof> {
        let Some(answer) = read::<PublicKeyCredential>(answer) else { return Ok(Proof::Fails) };
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(written)?;
        let mut passkey: Passkey = serde_json::from_str(passkey).map_err(written)?;
        match self.0.identify_discoverable_authentication(&answer) {
            Ok((whose, _)) if whose == handle(user) => {}
            _ => return Ok(Proof::Fails),
        }
        let keys = [DiscoverableKey::from(&passkey)];
        match self.0.finish_discoverable_authentication(&answer, state, &keys) {
            Ok(result) if result.user_verified() => {
                passkey.update_credential(&result);
                Ok(Proof::Holds(serde_json::to_string(&passkey).map_err(written)?))
            }
            Err(WebauthnError::CredentialPossibleCompromise) => Ok(Proof::Copied),
            Ok(_) | Err(_) => Ok(Proof::Fails),
        }
    }
}

/// What `navigator.credentials` takes of what the crate proposes.
fn part(asked: &Value) -> Value {
    asked.get("publicKey").cloned().unwrap_or_default()
}

fn read<T: serde::de::DeserializeOwned>(answer: &str) -> Option<T> {
    (answer.len() <= LONGEST).then(|| serde_json::from_str(answer).ok()).flatten()
}

/// Under which name an authenticator keeps a user: 16 bytes that say nothing of them.
fn handle(user: &str) -> Uuid {
    let digest = super::sha256(format!("passkey user {user}").as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Uuid::from_bytes(bytes)
}

fn internal(error: &WebauthnError) -> Error {
    Error::Internal(anyhow::anyhow!("a passkey: {error:?}"))
}

fn written(error: serde_json::Error) -> Error {
    Error::Internal(anyhow::Error::from(error).context("a passkey as JSON"))
}
