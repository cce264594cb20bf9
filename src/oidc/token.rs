//! The token endpoint and its neighbours: who asks, for what, and what is answered.

use super::client::{Client, ClientKind};
use super::error::Error;
use super::params::Params;
use super::scope::Scopes;
use crate::crypto::{self, Secret};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;

/// What a client says about itself (RFC 6749 section 2.3).
#[derive(Debug, Clone)]
pub struct ClientAuth {
    /// The application that asks.
    pub client_id: String,
    secret: Option<Secret>,
}

/// A request to the token endpoint.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// Who asks.
    pub client: ClientAuth,
    /// For what.
    pub grant: Grant,
}

/// What is exchanged for tokens.
#[derive(Debug, Clone)]
pub enum Grant {
    /// An authorization code (RFC 6749 section 4.1.3).
    Code(CodeGrant),
    /// A refresh token (RFC 6749 section 6).
    Refresh {
        /// The token.
        refresh_token: Secret,
        /// What the app wants of what was granted; all if it does not say.
        scopes: Option<Scopes>,
    },
    /// The client itself (RFC 6749 section 4.4).
    Client {
        /// What it wants of what it may do, word by word; all if it does not say.
        scopes: Option<Vec<String>>,
    },
}

/// An authorization code with its proofs.
#[derive(Debug, Clone)]
pub struct CodeGrant {
    /// The code.
    pub code: Secret,
    redirect_uri: Option<String>,
    code_verifier: Option<Secret>,
}

/// What was kept when a code was given out.
#[derive(Debug, Clone, Copy)]
pub struct Issued<'a> {
    /// The application that the code was given to.
    pub client_id: &'a str,
    /// The address that it was sent to.
    pub redirect_uri: &'a str,
    /// What the code verifier must hash to.
    pub code_challenge: Option<&'a str>,
}

/// A question about a token, or the wish to end it (RFC 7662 section 2.1, RFC 7009 section 2.1).
///
/// The hint about its type is not read: a token of ours says by its prefix what it is.
#[derive(Debug, Clone)]
pub struct TokenQuery {
    /// Who asks.
    pub client: ClientAuth,
    /// Which token.
    pub token: Secret,
}

/// The answer of the token endpoint (RFC 6749 section 5.1, OIDC Core section 3.1.3.3).
#[derive(Serialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: Bearer,
    /// Seconds until the access token ends.
    pub expires_in: i64,
    /// The refresh token, if `offline_access` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID token, if `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What was granted, separated by spaces.
    pub scope: String,
}

/// How an access token is presented (RFC 6750).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Bearer {
    /// In the header `Authorization`.
    Bearer,
}

/// What there is to say about a token (RFC 7662 section 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Introspection {
    active: bool,
    #[serde(flatten)]
    token: Option<LiveToken>,
}

/// What there is to say about a token that is alive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveToken {
    /// What it is good for, separated by spaces.
    pub scope: String,
    /// The application that it was given to.
    pub client_id: String,
    /// `Bearer` for an access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<Bearer>,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// The person; of a token that an application got for itself, the application.
    pub sub: String,
    /// Us.
    pub iss: String,
}

impl TokenRequest {
    /// Reads the body of a token request, and its `Authorization` header if there is one.
    pub fn parse(body: &str, authorization: Option<&str>) -> Result<Self, Error> {
        let params = Params::parse(body);
        params.once(&["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token"])?;
        let client = client_auth(&params, authorization)?;
        let grant = match params.need("grant_type")? {
            "authorization_code" => Grant::Code(CodeGrant {
                code: secret(params.need("code")?),
                redirect_uri: params.get("redirect_uri")?.map(str::to_owned),
                code_verifier: params.get("code_verifier")?.map(secret),
            }),
            "refresh_token" => Grant::Refresh {
                refresh_token: secret(params.need("refresh_token")?),
                scopes: params.get("scope")?.map(str::parse).transpose()?,
            },
            "client_credentials" => {
                Grant::Client { scopes: params.get("scope")?.map(words).transpose()? }
            }
            _ => {
                let why = "The grant_type must be authorization_code, refresh_token or client_credentials.";
                return Err(Error::UnsupportedGrantType(why.into()));
            }
        };
        Ok(Self { client, grant })
    }
}

impl Grant {
    /// Refuses what an application of this kind does not get tokens by (RFC 6749 section 5.2).
    pub fn check_kind(&self, kind: ClientKind) -> Result<(), Error> {
        let why = match (self, kind) {
            (Self::Client { .. }, ClientKind::Machine)
            | (Self::Code(_) | Self::Refresh { .. }, ClientKind::Web | ClientKind::Native) => {
                return Ok(());
            }
            (Self::Client { .. }, ClientKind::Web | ClientKind::Native) => {
                "Only a machine application gets tokens by client_credentials. People sign in to this one."
            }
            (Self::Code(_) | Self::Refresh { .. }, ClientKind::Machine) => {
                "A machine application gets tokens by client_credentials only. Nobody signs in to it."
            }
        };
        Err(Error::UnauthorizedClient(why.into()))
    }
}

impl TokenQuery {
    /// Reads the body of a revocation or introspection request, and its `Authorization` header if there is one.
    pub fn parse(body: &str, authorization: Option<&str>) -> Result<Self, Error> {
        let params = Params::parse(body);
        params.once(&["token", "token_type_hint"])?;
        let client = client_auth(&params, authorization)?;
        Ok(Self { client, token: secret(params.need("token")?) })
    }
}

impl ClientAuth {
    /// What must be proved: the secret to compare with those of a confidential application, or nothing for a public one.
    ///
    /// A public application that sends a secret is refused: somebody believes in a protection that is not there.
    pub fn secret_for(&self, client: &Client) -> Result<Option<&Secret>, Error> {
        match (&self.secret, client.kind.is_public()) {
            (None, true) => Ok(None),
            (Some(secret), false) => Ok(Some(secret)),
            (None, false) => {
                Err(Error::InvalidClient("This application must send its client secret.".into()))
            }
            (Some(_), true) => {
                Err(Error::InvalidClient("This application is public and has no secret.".into()))
            }
        }
    }
}

impl CodeGrant {
    /// A code that came back to us ourselves, with the proof that we asked for it.
    #[must_use]
    pub fn of_ours(code: Secret, redirect_uri: String, code_verifier: Secret) -> Self {
        Self { code, redirect_uri: Some(redirect_uri), code_verifier: Some(code_verifier) }
    }

    /// Whether this is the exchange that the code was given out for (RFC 6749 section 4.1.3, RFC 7636 section 4.6).
    pub fn check(&self, client_id: &str, issued: &Issued<'_>) -> Result<(), Error> {
        let refuse = |why: &'static str| Err(Error::InvalidGrant(why.into()));
        if client_id != issued.client_id {
            return refuse("The code was given to another application.");
        }
        match self.redirect_uri.as_deref() {
            Some(address) if address == issued.redirect_uri => {}
            Some(_) => return refuse("The redirect_uri is not that of the authorization request."),
            None => return refuse("The redirect_uri of the authorization request is missing."),
        }
        match (issued.code_challenge, &self.code_verifier) {
            (None, None) => Ok(()),
            (Some(challenge), Some(verifier)) if verifies(verifier, challenge) => Ok(()),
            (Some(_), Some(_)) => refuse("The code_verifier does not fit the code_challenge."),
            (Some(_), None) => refuse("The code_verifier is missing."),
            // RFC 9700 section 2.1.1: else somebody could have taken the challenge away on the way here.
            (None, Some(_)) => refuse("The authorization request had no code_challenge."),
        }
    }
}

impl Introspection {
    /// A token that is alive, and the asker's business.
    #[must_use]
    pub fn live(token: LiveToken) -> Self {
        Self { active: true, token: Some(token) }
    }

    /// Any other token: why is not told (RFC 7662 section 2.2).
    #[must_use]
    pub fn inactive() -> Self {
        Self { active: false, token: None }
    }
}

/// RFC 6749 section 2.3: one way to authenticate, not two.
fn client_auth(params: &Params, authorization: Option<&str>) -> Result<ClientAuth, Error> {
    let posted_id = params.get("client_id")?;
    let posted_secret = params.get("client_secret")?;
    if params.has("client_assertion") || params.has("client_assertion_type") {
        let why = "Client assertions are not taken: use client_secret_basic or client_secret_post.";
        return Err(Error::InvalidClient(why.into()));
    }
    let Some(header) = authorization else {
        let id = posted_id
            .ok_or_else(|| Error::InvalidClient("The request does not say who asks.".into()))?;
        return Ok(ClientAuth { client_id: id.to_owned(), secret: posted_secret.map(secret) });
    };
    let (client_id, password) = basic(header).ok_or_else(|| {
        Error::InvalidClient("The Authorization header must be Basic with ID and secret.".into())
    })?;
    if posted_secret.is_some() {
        let why = "The client secret is in the Authorization header and in the body: choose one.";
        return Err(Error::InvalidRequest(why.into()));
    }
    if posted_id.is_some_and(|id| id != client_id) {
        let why = "The client_id is another than that in the Authorization header.";
        return Err(Error::InvalidRequest(why.into()));
    }
    // Some libraries send a public application's ID this way, with an empty secret.
    let secret = (!password.reveal().is_empty()).then_some(password);
    Ok(ClientAuth { client_id, secret })
}

/// RFC 7617, with both parts form-encoded before (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Option<(String, Secret)> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || credentials.len() > 4096 {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, password) = text.split_once(':')?;
    let (id, password) = (form_decode(id)?, form_decode(password)?);
    let usable = !id.is_empty() && !id.contains(char::is_control);
    usable.then(|| (id, Secret::from(password)))
}

/// One value of `application/x-www-form-urlencoded`. The characters that separate values stand for themselves here.
fn form_decode(text: &str) -> Option<String> {
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    let (value, _) = url::form_urlencoded::parse(escaped.as_bytes()).next().unwrap_or_default();
    // Bytes that are no UTF-8 would be replaced.
    (!value.contains('\u{fffd}')).then(|| value.into_owned())
}

/// RFC 7636 section 4.6, S256.
fn verifies(verifier: &Secret, challenge: &str) -> bool {
    let verifier = verifier.reveal();
    // RFC 7636 section 4.1.
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(unreserved) {
        return false;
    }
    let hash = URL_SAFE_NO_PAD.encode(crypto::sha256(verifier.as_bytes()));
    crypto::constant_time_eq(hash.as_bytes(), challenge.as_bytes())
}

/// The words of `scope` (RFC 6749 section 3.3). One that is not known is refused where that is known.
fn words(text: &str) -> Result<Vec<String>, Error> {
    let fits = |byte: u8| matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    if !text.bytes().all(fits) {
        return Err(Error::InvalidScope("scope has a character that it may not have.".into()));
    }
    Ok(text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect())
}

fn secret(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

#[cfg(test)]
mod tests;
