//! An authorization request: read it, check it, and keep what the rest of the sign-in needs.

use super::answer::{ResponseMode, ReturnTo};
use super::client::{Client, ClientKind, UnknownRedirect};
use super::error::Error;
use super::params::Params;
use super::scope::{Scope, Scopes};
use crate::clock::Time;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// The parameters that may be given once. Others are ignored, as the standard wants (RFC 6749 section 3.1).
const KNOWN: [&str; 15] = [
    "response_type",
    "response_mode",
    "scope",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "login_hint",
    "id_token_hint",
    "ui_locales",
    "acr_values",
    "organization",
    "connection",
    "domain_hint",
];

/// The longest ID token that is taken as a hint, in bytes.
const HINT: usize = 4096;

/// An authorization request as it came, from a query or a form.
#[derive(Debug, Clone)]
pub struct Incoming {
    params: Params,
}

/// An authorization request that is in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// The application.
    pub client_id: String,
    /// Where the answer goes.
    #[serde(flatten)]
    pub return_to: ReturnTo,
    /// What the app asks for; `openid` is among it.
    pub scopes: Scopes,
    /// Comes back in the ID token (OIDC Core section 3.1.2.1).
    pub nonce: Option<String>,
    /// What the code verifier must hash to (RFC 7636 section 4.3).
    pub code_challenge: Option<String>,
    /// How far the person may or must be asked.
    #[serde(default)]
    pub prompt: Prompt,
    /// How many seconds ago the person may have signed in at most.
    pub max_age: Option<u32>,
    /// The person's email address, as far as the app knows.
    pub login_hint: Option<String>,
    /// The organization, by its ID or the app's own.
    pub organization: Option<String>,
    /// The connection, by its ID.
    pub connection: Option<String>,
    /// The email domain.
    pub domain_hint: Option<String>,
    /// An ID token of ours, for the door to verify at once. It tells about a person, so it is not stored.
    #[serde(skip)]
    pub id_token_hint: Option<String>,
    /// Whom that token speaks of, once the door has verified it. Nobody else may answer the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hinted: Option<String>,
}

/// How far the person may or must be asked (OIDC Core section 3.1.2.1). Consent is never asked: the app is the vendor's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Prompt {
    /// Show nothing: answer at once, or with an error.
    pub none: bool,
    /// Let the identity provider authenticate the person again.
    pub login: bool,
    /// Let the person choose again how to sign in.
    pub select_account: bool,
}

/// Why an authorization request is not in order, and who may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is not certain whose request this is, so only a page may tell.
    Page(Error),
    /// The redirect address is not registered, so only a page may tell.
    Redirect(UnknownRedirect),
    /// The app is told at its redirect address: `return_to.error(&error, issuer)`.
    App {
        /// What to tell.
        error: Error,
        /// Where to.
        return_to: ReturnTo,
    },
}

impl AuthorizationRequest {
    /// Whether the person must prove themselves anew, whatever the provider remembers (OIDC Core section 3.1.2.1):
    /// by `prompt=login`, or because no sign-in may be older than a moment.
    #[must_use]
    pub fn asks_again(&self) -> bool {
        self.prompt.login || self.max_age == Some(0)
    }

    /// Since when the person must have proved who they are for the request to be answered `now` (OIDC Core section
    /// 3.1.2.1). With `prompt=login` that is since it came; with `max_age` so long ago at most, or since it came. None:
    /// it does not matter.
    #[must_use]
    pub fn since(&self, came: Time, now: Time) -> Option<Time> {
        if self.prompt.login {
            return Some(came);
        }
        let oldest = now.minus(TimeDelta::seconds(i64::from(self.max_age?)));
        Some(oldest.min(came))
    }

    /// Whether the provider is to prove the person anew: it does not know how old a sign-in the app takes.
    #[must_use]
    pub fn forces(&self) -> bool {
        self.prompt.login || self.max_age.is_some()
    }
}

impl Incoming {
    /// Reads a query string or a form body.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { params: Params::parse(text) }
    }

    /// The application that asks, to be looked up before [`Self::check`].
    pub fn client_id(&self) -> Result<&str, Refusal> {
        self.params.need("client_id").map_err(Refusal::Page)
    }

    /// An ID token of ours that the app shows, for the door to verify (OIDC Core section 3.1.2.1).
    #[must_use]
    pub fn id_token_hint(&self) -> Option<&str> {
        self.params.short("id_token_hint", HINT).ok().flatten()
    }

    /// Checks all of the request against the registration of its application.
    pub fn check(&self, client: &Client) -> Result<AuthorizationRequest, Refusal> {
        if client.kind == ClientKind::Machine {
            let why = "This application is a program that calls the REST API: nobody signs in to it. It gets its tokens at \
                       the token endpoint, with grant_type=client_credentials.";
            return Err(Refusal::Page(Error::UnauthorizedClient(why.into())));
        }
        let redirect_uri = self.params.need("redirect_uri").map_err(Refusal::Page)?;
        client.check_redirect(redirect_uri).map_err(Refusal::Redirect)?;
        // From here on the app is told. A state or response mode that is unusable is left out of the answer.
        let state = self.params.get("state");
        let response_mode = self.response_mode();
        let return_to = ReturnTo {
            redirect_uri: redirect_uri.to_owned(),
            response_mode: response_mode.clone().unwrap_or_default(),
            state: state.clone().unwrap_or_default().map(str::to_owned),
        };
        state
            .and(response_mode)
            .and_then(|_| self.rest(client, &return_to))
            .map_err(|error| Refusal::App { error, return_to })
    }

    fn rest(&self, client: &Client, to: &ReturnTo) -> Result<AuthorizationRequest, Error> {
        self.params.once(&KNOWN)?;
        self.refuse_unsupported()?;
        if self.params.need("response_type")? != "code" {
            let why = "The response_type must be code.";
            return Err(Error::UnsupportedResponseType(why.into()));
        }
        let hint = |name, most| Ok(self.params.short(name, most)?.map(str::to_owned));
        Ok(AuthorizationRequest {
            client_id: client.id.clone(),
            return_to: to.clone(),
            scopes: self.scopes()?,
            nonce: hint("nonce", 512)?,
            code_challenge: self.code_challenge(client)?,
            prompt: self.prompt()?,
            max_age: self.max_age()?,
            // The longest email address has 254 characters; an IT admin's login name may be longer.
            login_hint: hint("login_hint", 320)?,
            organization: hint("organization", 255)?,
            connection: hint("connection", 255)?,
            domain_hint: hint("domain_hint", 255)?,
            id_token_hint: hint("id_token_hint", HINT)?,
            hinted: None,
        })
    }

    /// OAuth 2.0 Multiple Response Types section 2.1: `fragment` is not for codes.
    fn response_mode(&self) -> Result<ResponseMode, Error> {
        match self.params.get("response_mode")? {
            None | Some("query") => Ok(ResponseMode::Query),
            Some("form_post") => Ok(ResponseMode::FormPost),
            Some(_) => {
                let why = "The response_mode must be query or form_post.";
                Err(Error::InvalidRequest(why.into()))
            }
        }
    }

    /// OIDC Core section 3.1.2.6.
    fn refuse_unsupported(&self) -> Result<(), Error> {
        if self.params.has("request") {
            return Err(Error::RequestNotSupported("Send plain parameters.".into()));
        }
        if self.params.has("request_uri") {
            return Err(Error::RequestUriNotSupported("Send plain parameters.".into()));
        }
        if self.params.has("registration") {
            let why = "Applications are registered before they sign anybody in.";
            return Err(Error::RegistrationNotSupported(why.into()));
        }
        Ok(())
    }

    /// OIDC Core section 3.1.2.1: `openid` must be there.
    fn scopes(&self) -> Result<Scopes, Error> {
        let scopes: Scopes = self.params.get("scope")?.unwrap_or_default().parse()?;
        if scopes.has(Scope::Openid) {
            return Ok(scopes);
        }
        Err(Error::InvalidScope("The scope must contain openid.".into()))
    }

    /// RFC 7636 section 4.3, with S256 only; RFC 9700 section 2.1.1: public applications must use it.
    fn code_challenge(&self, client: &Client) -> Result<Option<String>, Error> {
        let refuse = |why: &'static str| Err(Error::InvalidRequest(why.into()));
        let challenge = self.params.get("code_challenge")?;
        let method = self.params.get("code_challenge_method")?;
        match (challenge, method) {
            (None, None) if client.kind.is_public() => {
                refuse("An application without a secret must use PKCE: code_challenge is missing.")
            }
            (None, None) => Ok(None),
            (None, Some(_)) => refuse("code_challenge is missing."),
            (Some(challenge), Some("S256")) if is_s256(challenge) => Ok(Some(challenge.to_owned())),
            (Some(_), Some("S256")) => {
                refuse("code_challenge must be a SHA-256 in base64url: 43 characters.")
            }
            // Left out it would mean plain.
            (Some(_), _) => refuse("code_challenge_method must be S256."),
        }
    }

    fn prompt(&self) -> Result<Prompt, Error> {
        let words: Vec<_> =
            self.params.get("prompt")?.unwrap_or_default().split_ascii_whitespace().collect();
        let known = ["none", "login", "select_account", "consent"];
        if let Some(word) = words.iter().find(|word| !known.contains(word)) {
            return Err(Error::InvalidRequest(format!("The prompt {word} is not known.").into()));
        }
        let prompt = Prompt {
            none: words.contains(&"none"),
            login: words.contains(&"login"),
            select_account: words.contains(&"select_account"),
        };
        if prompt.none && words.iter().any(|word| *word != "none") {
            return Err(Error::InvalidRequest("The prompt none stands alone.".into()));
        }
        Ok(prompt)
    }

    fn max_age(&self) -> Result<Option<u32>, Error> {
        let Some(text) = self.params.get("max_age")? else { return Ok(None) };
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::InvalidRequest("max_age must be a number of seconds.".into()));
        }
        // What is too large for the type is larger than any session's age.
        Ok(Some(text.parse().unwrap_or(u32::MAX)))
    }
}

fn is_s256(challenge: &str) -> bool {
    challenge.len() == 43
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests;
