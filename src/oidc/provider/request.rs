//! The question to a provider: an authentication request, and what binds its answer to us (OIDC Core section 3.1.2.1).

use super::{Provider, SCOPES};
use crate::crypto::{self, Secret};
use crate::error::Result;
use crate::oidc::answer::with_query;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What binds one sign-in's answer to us: made of its state and a key of ours, so that nothing has to be kept, and
/// whichever instance the answer comes to knows it.
pub struct Bond {
    /// Comes back in the ID token.
    pub nonce: String,
    /// Proves that whoever redeems the code has asked for it (RFC 7636 section 4.1).
    pub verifier: Secret,
}

impl Bond {
    /// Of the sign-in with this state.
    pub fn new(key: &[u8], state: &str) -> Result<Self> {
        let part = |name: &str| -> Result<String> {
            let mac = crypto::hmac_sha256(key, format!("{name}\0{state}").as_bytes())?;
            Ok(URL_SAFE_NO_PAD.encode(mac))
        };
        Ok(Self { nonce: part("nonce")?, verifier: Secret::from(part("code_verifier")?) })
    }

    /// What the verifier hashes to (RFC 7636 section 4.2, S256).
    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(crypto::sha256(self.verifier.reveal().as_bytes()))
    }
}

/// What we ask for.
pub struct AuthenticationRequest<'a> {
    /// The provider, and what we are to it.
    pub provider: &'a Provider,
    /// Where the answer comes to.
    pub redirect_uri: &'a str,
    /// Comes back with the answer.
    pub state: &'a str,
    /// What binds the answer to us.
    pub bond: &'a Bond,
    /// Whom the app or the person named.
    pub login_hint: Option<&'a str>,
    /// The person must prove who they are again, even with a session there.
    pub is_anew: bool,
    /// So many seconds ago they may have done so at most. The provider then says when it was.
    pub max_age: Option<u32>,
}

impl AuthenticationRequest<'_> {
    /// The address to send the browser to.
    #[must_use]
    pub fn address(&self) -> String {
        let Provider { client_id, scopes, document, .. } = self.provider;
        let more = scopes.iter().map(String::as_str).filter(|scope| !SCOPES.contains(scope));
        let scope: Vec<&str> = SCOPES.into_iter().chain(more).collect();
        let mut fields = vec![
            ("response_type", "code".to_owned()),
            ("client_id", client_id.clone()),
            ("redirect_uri", self.redirect_uri.to_owned()),
            ("scope", scope.join(" ")),
            ("state", self.state.to_owned()),
            ("nonce", self.bond.nonce.clone()),
            ("code_challenge", self.bond.challenge()),
            ("code_challenge_method", "S256".to_owned()),
        ];
        if let Some(hint) = self.login_hint {
            fields.push(("login_hint", hint.to_owned()));
        }
        if self.is_anew {
            fields.push(("prompt", "login".to_owned()));
        }
        if let Some(max_age) = self.max_age {
            fields.push(("max_age", max_age.to_string()));
        }
        with_query(&document.authorization_endpoint, &fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::provider::{AuthMethod, Document};
    use std::collections::HashMap;
    use url::Url;

    fn provider() -> Provider {
        Provider {
            issuer: "https://idp.example.com".to_owned(),
            discovery_url: "https://idp.example.com/.well-known/openid-configuration".to_owned(),
            client_id: "client & co".to_owned(),
            auth_method: AuthMethod::ClientSecretBasic,
            scopes: vec!["groups".to_owned(), "email".to_owned()],
            document: Document {
                authorization_endpoint: "https://idp.example.com/authorize?tenant=1".to_owned(),
                token_endpoint: "https://idp.example.com/token".to_owned(),
                jwks_uri: "https://idp.example.com/jwks".to_owned(),
                userinfo_endpoint: None,
                names_itself: false,
            },
        }
    }

    fn asked(is_anew: bool, max_age: Option<u32>) -> HashMap<String, String> {
        let (provider, bond) = (provider(), Bond::new(b"key", "_1").unwrap());
        let request = AuthenticationRequest {
            provider: &provider,
            redirect_uri: "https://sso.example.com/oidc/con_1/callback",
            state: "_1",
            bond: &bond,
            login_hint: Some("ada@globex.example"),
            is_anew,
            max_age,
        };
        Url::parse(&request.address()).unwrap().query_pairs().into_owned().collect()
    }

    #[test]
    fn the_request_has_all_that_binds_the_answer_to_it() {
        let asked = asked(false, None);
        let bond = Bond::new(b"key", "_1").unwrap();
        assert_eq!(asked["tenant"], "1");
        assert_eq!(asked["client_id"], "client & co");
        assert_eq!(asked["scope"], "openid email profile groups");
        assert_eq!(asked["nonce"], bond.nonce);
        let hash = crypto::sha256(bond.verifier.reveal().as_bytes());
        assert_eq!(asked["code_challenge"], URL_SAFE_NO_PAD.encode(hash));
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(!asked.contains_key("prompt") && !asked.contains_key("max_age"));
    }

    #[test]
    fn a_person_is_asked_anew_where_the_app_wants_it() {
        let asked = asked(true, Some(300));
        assert_eq!((asked["prompt"].as_str(), asked["max_age"].as_str()), ("login", "300"));
    }

    #[test]
    fn each_sign_in_has_a_bond_of_its_own_that_any_instance_knows() {
        let one = Bond::new(b"key", "_1").unwrap();
        assert_eq!(one.nonce, Bond::new(b"key", "_1").unwrap().nonce);
        assert_eq!(one.verifier.reveal().len(), 43);
        for other in [Bond::new(b"key", "_2").unwrap(), Bond::new(b"other", "_1").unwrap()] {
            assert_ne!(one.nonce, other.nonce);
            assert_ne!(one.verifier.reveal(), other.verifier.reveal());
        }
        assert_ne!(one.nonce, one.verifier.reveal());
    }
}
