//! A code is exchanged for tokens: what is sent, and what the answer means (OIDC Core sections 3.1.3.1 to 3.1.3.4, 9).

use super::{AuthMethod, Provider};
use crate::clock::Time;
use crate::crypto::{self, Secret};
use crate::error::{Error, Result};
use crate::oidc::jwt::SigningKey;
use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded::byte_serialize;

/// How long our own proof is good: it is sent at once.
const PROOF: TimeDelta = TimeDelta::seconds(60);

/// What proves that we are the client.
#[derive(Debug)]
pub enum Credential {
    /// What the provider gave us.
    Secret(Secret),
    /// A key of ours, whose public half the provider reads from us.
    Key(SigningKey),
}

/// A request to a token endpoint.
pub struct TokenRequest {
    /// The fields of its form.
    pub fields: Vec<(&'static str, Secret)>,
    /// Its header `Authorization`.
    pub authorization: Option<Secret>,
}

/// What was given for a code.
#[derive(Debug)]
pub struct Tokens {
    /// Who signed in.
    pub id_token: String,
    /// What opens the userinfo endpoint.
    pub access_token: Option<Secret>,
}

/// Why there are no tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The provider does not answer, or cannot now.
    Away(String),
    /// It does not take the code, or not from us; or what it sent is no answer.
    Denied(String),
}

/// Asks for the tokens of a code.
pub fn request(
    provider: &Provider,
    credential: &Credential,
    code: &Secret,
    redirect_uri: &str,
    verifier: &Secret,
    now: Time,
) -> Result<TokenRequest> {
    let open = |text: &str| Secret::from(text.to_owned());
    let id = &provider.client_id;
    let mut fields = vec![
        ("grant_type", open("authorization_code")),
        ("code", code.clone()),
        ("redirect_uri", open(redirect_uri)),
        ("code_verifier", verifier.clone()),
    ];
    let mut authorization = None;
    match (provider.auth_method, credential) {
        (AuthMethod::ClientSecretBasic, Credential::Secret(secret)) => {
            authorization = Some(basic(id, secret));
        }
        (AuthMethod::ClientSecretPost, Credential::Secret(secret)) => {
            fields.extend([("client_id", open(id)), ("client_secret", secret.clone())]);
        }
        (AuthMethod::PrivateKeyJwt, Credential::Key(key)) => fields.extend([
            ("client_id", open(id)),
            (
                "client_assertion_type",
                open("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ),
            ("client_assertion", proof(provider, key, now)?),
        ]),
        _ => return Err(Error::Internal(anyhow!("a credential of another kind than the method"))),
    }
    Ok(TokenRequest { fields, authorization })
}

/// Both parts are form-encoded first (RFC 6749 section 2.3.1).
fn basic(id: &str, secret: &Secret) -> Secret {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::from(format!("{}:{}", encoded(id), encoded(secret.reveal())));
    Secret::from(format!("Basic {}", STANDARD.encode(pair.reveal())))
}

/// That it is us, for this endpoint and this minute (OIDC Core section 9, RFC 7523 section 3). The key is of this one
/// connection, so no other provider can use the proof here.
fn proof(provider: &Provider, key: &SigningKey, now: Time) -> Result<Secret> {
    let claims = json!({
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": provider.document.token_endpoint,
        "jti": crypto::hex(&crypto::random::<16>()),
        "iat": now.unix(),
        "exp": now.plus(PROOF).unix(),
    });
    key.sign(&claims).map(Secret::from)
}

/// Reads the answer of a token endpoint.
pub fn answer(status: u16, body: &[u8]) -> Result<Tokens, Refused> {
    #[derive(Deserialize)]
    struct Good {
        id_token: Option<String>,
        access_token: Option<String>,
    }
    if status != 200 {
        return Err(refusal(status, body));
    }
    let good: Good = serde_json::from_slice(body)
        .map_err(|_| Refused::Denied("an answer that is not JSON".to_owned()))?;
    let id_token = good.id_token.ok_or_else(|| {
        Refused::Denied("no ID token: the provider may not know the scope openid".to_owned())
    })?;
    Ok(Tokens { id_token, access_token: good.access_token.map(Secret::from) })
}

/// Why an endpoint of a provider refused (RFC 6749 section 5.2).
#[must_use]
pub fn refusal(status: u16, body: &[u8]) -> Refused {
    #[derive(Deserialize)]
    struct Bad {
        error: String,
        error_description: Option<String>,
    }
    let told = serde_json::from_slice::<Bad>(body).map_or_else(
        |_| format!("status {status}"),
        |Bad { error, error_description }| match error_description {
            Some(more) => format!("{error}: {more}"),
            None => error,
        },
    );
    if status >= 500 || status == 429 { Refused::Away(told) } else { Refused::Denied(told) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Algorithm, PrivateKey};
    use crate::oidc::provider::Document;
    use serde_json::Value;

    fn provider(auth_method: AuthMethod) -> Provider {
        Provider {
            issuer: "https://idp.example.com".to_owned(),
            discovery_url: String::new(),
            client_id: "a:b c".to_owned(),
            auth_method,
            scopes: vec![],
            document: Document {
                authorization_endpoint: String::new(),
                token_endpoint: "https://idp.example.com/token".to_owned(),
                jwks_uri: String::new(),
                userinfo_endpoint: None,
                names_itself: false,
            },
        }
    }

    fn ask(method: AuthMethod, credential: &Credential) -> TokenRequest {
        let secret = |text: &str| Secret::from(text.to_owned());
        let now = Time::from_unix(1_780_000_000);
        let (code, verifier) = (secret("code"), secret("verifier"));
        request(&provider(method), credential, &code, "https://sso.example/cb", &verifier, now)
            .unwrap()
    }

    fn field<'a>(request: &'a TokenRequest, name: &str) -> Option<&'a str> {
        request.fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value.reveal())
    }

    #[test]
    fn a_secret_travels_in_the_header_or_in_the_form_and_never_in_both() {
        let secret = Credential::Secret(Secret::from("s%t".to_owned()));
        let header = ask(AuthMethod::ClientSecretBasic, &secret);
        let sent = header.authorization.as_ref().unwrap().reveal().strip_prefix("Basic ").unwrap();
        assert_eq!(STANDARD.decode(sent).unwrap(), b"a%3Ab+c:s%25t");
        assert!(field(&header, "client_secret").is_none());
        let form = ask(AuthMethod::ClientSecretPost, &secret);
        assert!(form.authorization.is_none());
        assert_eq!(field(&form, "client_secret"), Some("s%t"));
        assert_eq!(field(&form, "code_verifier"), Some("verifier"));
    }

    #[test]
    fn our_proof_is_for_one_endpoint_and_a_minute() {
        let key =
            SigningKey::new("kid_1", PrivateKey::generate(Algorithm::Es256).unwrap()).unwrap();
        let public = key.clone();
        let request = ask(AuthMethod::PrivateKeyJwt, &Credential::Key(key));
        assert!(request.authorization.is_none() && field(&request, "client_secret").is_none());
        let claims: Value = public.verify(field(&request, "client_assertion").unwrap()).unwrap();
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("a:b c"), &json!("a:b c")));
        assert_eq!(claims["aud"], "https://idp.example.com/token");
        assert_eq!(claims["exp"], 1_780_000_060);
        assert_eq!(claims["jti"].as_str().unwrap().len(), 32);
    }

    #[test]
    fn a_provider_that_is_away_is_told_from_one_that_refuses() {
        let tokens = answer(200, br#"{"id_token":"a.b.c","access_token":"t"}"#).unwrap();
        assert_eq!(tokens.id_token, "a.b.c");
        for (status, body, expected) in [
            (
                400,
                r#"{"error":"invalid_grant","error_description":"used"}"#,
                Refused::Denied("invalid_grant: used".to_owned()),
            ),
            (401, "<html>", Refused::Denied("status 401".to_owned())),
            (503, "", Refused::Away("status 503".to_owned())),
            (429, r#"{"error":"slow_down"}"#, Refused::Away("slow_down".to_owned())),
        ] {
            assert_eq!(answer(status, body.as_bytes()).unwrap_err(), expected);
        }
        assert!(matches!(answer(200, b"{}"), Err(Refused::Denied(_))));
        assert!(matches!(answer(200, b"<html>"), Err(Refused::Denied(_))));
    }
}
