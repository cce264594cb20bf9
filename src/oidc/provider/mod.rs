//! OIDC, as the client of a customer's identity provider: what is asked, and whether the answer is right. Pure functions.

pub mod callback;
pub mod claims;
pub mod discovery;
pub mod id_token;
pub mod keys;
pub mod request;
pub mod token;

pub use callback::Callback;
pub use discovery::Document;
pub use keys::ProviderKeys;
pub use request::{AuthenticationRequest, Bond};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use url::Url;

/// The format of a name that is a `sub`, where names of several protocols are kept: the clause that says what it is.
pub const SUBJECT: &str = "https://openid.net/specs/openid-connect-core-1_0.html#IDToken";

/// What is asked for in any case: who it is, the address, the names.
pub const SCOPES: [&str; 3] = ["openid", "email", "profile"];

/// An identity provider, and what we are to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Its issuer, letter by letter as its tokens name it.
    pub issuer: String,
    /// Where its discovery document is.
    pub discovery_url: String,
    /// Under which name it knows us.
    pub client_id: String,
    /// How we prove that.
    pub auth_method: AuthMethod,
    /// What is asked for beyond [`SCOPES`].
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What its discovery document says.
    pub document: Document,
}

/// How a client proves who it is at the token endpoint (OIDC Core section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// ID and secret in the header `Authorization`.
    ClientSecretBasic,
    /// ID and secret in the form.
    ClientSecretPost,
    /// A token signed by a key of ours, whose public half the provider reads at an address of ours.
    PrivateKeyJwt,
}

impl AuthMethod {
    /// Every way, by its registered name.
    pub const WORDS: &'static [&'static str] =
        &["client_secret_basic", "client_secret_post", "private_key_jwt"];

    /// The registered name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// Whether the provider has to give us a secret for it.
    #[must_use]
    pub const fn needs_secret(self) -> bool {
        !matches!(self, Self::PrivateKeyJwt)
    }
}

impl fmt::Display for AuthMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AuthMethod {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.as_str() == word)
            .ok_or_else(|| format!("“{word}” is none of {}.", Self::WORDS.join(", ")))
    }
}

/// What is wrong with a document of a provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    /// A stable word for programs.
    pub code: &'static str,
    /// What is wrong, and what to do about it.
    pub detail: String,
}

impl Fault {
    fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// Checks an address of a provider. Without TLS everything said there could be somebody else's, so `http` is for
/// development only, and there for this machine or hosts that the fetcher is allowed to reach.
pub fn check_address(address: &str, allow_http: bool) -> Result<(), Fault> {
    let refuse = |why: &str| Err(Fault::new("address_invalid", format!("“{address}” {why}")));
    let Ok(url) = Url::parse(address) else {
        return refuse("is not an absolute address, such as https://idp.example.com.");
    };
    if address.len() > 2000 || !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refuse("has spaces, other letters than ASCII, or more than 2000 characters.");
    }
    match url.scheme() {
        "https" => {}
        "http" if allow_http => {}
        _ => return refuse("does not start with https://."),
    }
    if url.host().is_none() {
        return refuse("has no host.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("has a user name or password in it.");
    }
    if url.fragment().is_some() {
        return refuse("has a fragment (the part after #).");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_a_provider_is_https_except_in_development() {
        for (address, allow_http, good) in [
            ("https://idp.example.com/oauth2", false, true),
            ("https://127.0.0.1:8443", false, true),
            ("http://localhost:8080", true, true),
            ("http://localhost:8080", false, false),
            ("ftp://idp.example.com", true, false),
            ("https://user:word@idp.example.com", false, false),
            ("https://idp.example.com/#x", false, false),
            ("https://idp.example.com/a b", false, false),
            ("idp.example.com", false, false),
            ("javascript:alert(1)", true, false),
            ("", true, false),
        ] {
            assert_eq!(check_address(address, allow_http).is_ok(), good, "{address}");
        }
    }
}
