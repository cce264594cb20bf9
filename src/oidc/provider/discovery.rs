//! A provider's discovery document: read, and held against the issuer that was typed (OIDC Discovery section 4).

use super::{AuthMethod, Fault, check_address};
use crate::crypto::Algorithm;
use serde::{Deserialize, Serialize};

/// What stands for a tenant in the document that Entra has for all of them.
const TENANT: &str = "{tenantid}";

/// What a discovery document says, as far as it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Where people are sent to sign in.
    pub authorization_endpoint: String,
    /// Where a code is exchanged for tokens.
    pub token_endpoint: String,
    /// Where its public keys are.
    pub jwks_uri: String,
    /// Where more is said of the person.
    pub userinfo_endpoint: Option<String>,
    /// It says in each answer who answers, and an answer without that is not its own (RFC 9207 section 2.4).
    #[serde(default)]
    pub names_itself: bool,
}

/// A document as it comes (OIDC Discovery section 3).
#[derive(Deserialize)]
struct Raw {
    issuer: Option<String>,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    jwks_uri: Option<String>,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    response_types_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// What was found in a discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovered {
    /// The issuer, as tokens will name it.
    pub issuer: String,
    /// The rest.
    pub document: Document,
    /// How clients may prove who they are; none: it does not say, and that means with a secret in the header.
    auth_methods: Option<Vec<String>>,
}

/// Where the discovery document of an issuer is (OIDC Discovery section 4.1).
#[must_use]
pub fn address(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

/// Reads a discovery document.
///
/// Its issuer must be the one that was typed. Two differences are none: a trailing slash, which people leave out
/// (`JumpCloud`'s issuer has one), and the tenant where the document is of all tenants of Entra: there the typed issuer
/// must name one by its ID, or anybody's tenant could speak for this customer. Where only an address was typed, the
/// document says the issuer, as metadata says an entity ID.
pub fn read(bytes: &[u8], typed: Option<&str>, allow_http: bool) -> Result<Discovered, Fault> {
    let raw: Raw = serde_json::from_slice(bytes).map_err(|_| not_one(bytes))?;
    let told = raw.issuer.as_deref().ok_or_else(|| missing("issuer"))?;
    let issuer = match typed {
        Some(typed) => agreed(typed, told)?,
        None if told.contains(TENANT) => return Err(tenant_missing(told)),
        None => told.to_owned(),
    };
    check_address(&issuer, allow_http)?;
    let needed = |name: &'static str, address: Option<String>| {
        let address = address.ok_or_else(|| missing(name))?;
        check_address(&address, allow_http).map(|()| address)
    };
    let document = Document {
        authorization_endpoint: needed("authorization_endpoint", raw.authorization_endpoint)?,
        token_endpoint: needed("token_endpoint", raw.token_endpoint)?,
        jwks_uri: needed("jwks_uri", raw.jwks_uri)?,
        userinfo_endpoint: raw.userinfo_endpoint.filter(|at| check_address(at, allow_http).is_ok()),
        names_itself: raw.authorization_response_iss_parameter_supported,
    };
    let lacks = |all: &Option<Vec<String>>, wanted: &[&str]| {
        all.as_ref().is_some_and(|all| !wanted.iter().any(|one| all.iter().any(|it| it == one)))
    };
    if lacks(&raw.response_types_supported, &["code"]) {
        return Err(unsupported("does not offer the authorization code flow (response type code)"));
    }
    let taken = [Algorithm::Rs256.name(), Algorithm::Es256.name()];
    if lacks(&raw.id_token_signing_alg_values_supported, &taken) {
        return Err(unsupported("signs ID tokens neither with RS256 nor with ES256"));
    }
    Ok(Discovered { issuer, document, auth_methods: raw.token_endpoint_auth_methods_supported })
}

impl Discovered {
    /// How we prove who we are: as was wished if the provider takes that, else the best that it takes.
    pub fn auth_method(
        &self,
        wish: Option<AuthMethod>,
        has_secret: bool,
    ) -> Result<AuthMethod, Fault> {
        let usual = [AuthMethod::ClientSecretBasic.as_str().to_owned()];
        let told = self.auth_methods.as_deref();
        let takes =
            |method: AuthMethod| told.unwrap_or(&usual).iter().any(|word| word == method.as_str());
        match wish {
            // A provider that does not say may take more than the standard's default.
            Some(method) if told.is_none() || takes(method) => Ok(method),
            Some(method) => {
                let offered = told.unwrap_or_default().join(", ");
                let detail = format!("The provider does not take {method}, but {offered}.");
                Err(Fault::new("unsupported", detail))
            }
            None => {
                let (basic, post) = (AuthMethod::ClientSecretBasic, AuthMethod::ClientSecretPost);
                Ok(match has_secret {
                    true if !takes(basic) && takes(post) => post,
                    true => basic,
                    false => AuthMethod::PrivateKeyJwt,
                })
            }
        }
    }
}

/// The issuer that both mean: in the document's letters, since those are in tokens.
fn agreed(typed: &str, told: &str) -> Result<String, Fault> {
    let bare = |issuer: &str| issuer.strip_suffix('/').unwrap_or(issuer).to_owned();
    if bare(typed) == bare(told) {
        return Ok(told.to_owned());
    }
    if let Some((before, after)) = told.split_once(TENANT) {
        let typed = bare(typed);
        let tenant = typed
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(bare(after).as_str()))
            .filter(|tenant| is_tenant(tenant))
            .ok_or_else(|| tenant_missing(told))?;
        return Ok(format!("{before}{tenant}{after}"));
    }
    Err(Fault::new(
        "discovery_issuer_mismatch",
        format!(
            "The document there is of the issuer {told}. If that is the right one, give it letter by letter."
        ),
    ))
}

/// A tenant by its ID: 36 digits and hyphens.
fn is_tenant(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn tenant_missing(told: &str) -> Fault {
    Fault::new(
        "discovery_tenant_missing",
        format!(
            "This document is of all tenants together. Give the issuer of this customer's own: {told}, with their tenant ID in the braces' place."
        ),
    )
}

fn missing(name: &str) -> Fault {
    Fault::new("discovery_invalid", format!("The discovery document has no {name}."))
}

fn unsupported(why: &str) -> Fault {
    Fault::new("discovery_unsupported", format!("This provider {why}."))
}

/// What it is instead, as far as its first letter tells.
fn not_one(bytes: &[u8]) -> Fault {
    let text = String::from_utf8_lossy(bytes.get(..2000).unwrap_or(bytes)).to_ascii_lowercase();
    let detail = if text.contains("entitydescriptor") {
        "This is SAML metadata. Make a SAML connection, or give the issuer of OpenID Connect."
    } else if text.trim_start().starts_with('<') {
        "This is a web page, not a discovery document. Its address ends in /.well-known/openid-configuration."
    } else {
        "This is not a discovery document that can be read: JSON with an issuer and its endpoints."
    };
    Fault::new("discovery_invalid", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://idp.example.com";
    const GUID: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";

    fn document(change: impl FnOnce(&mut Value)) -> Vec<u8> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://idp.example.com/authorize",
            "token_endpoint": "https://idp.example.com/token",
            "jwks_uri": "https://keys.example.com/jwks",
            "userinfo_endpoint": "https://idp.example.com/me",
            "response_types_supported": ["code", "id_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        change(&mut document);
        serde_json::to_vec(&document).unwrap()
    }

    fn code(document: &[u8], typed: Option<&str>) -> &'static str {
        read(document, typed, false).unwrap_err().code
    }

    #[test]
    fn a_document_is_read() {
        let found = read(&document(|_| {}), Some(ISSUER), false).unwrap();
        assert_eq!(found.issuer, ISSUER);
        assert_eq!(found.document.jwks_uri, "https://keys.example.com/jwks");
        assert!(!found.document.names_itself);
        let named =
            document(|it| it["authorization_response_iss_parameter_supported"] = true.into());
        assert!(read(&named, None, false).unwrap().document.names_itself);
    }

    #[test]
    fn the_issuer_is_the_typed_one_letter_by_letter_but_for_a_trailing_slash() {
        let slash = document(|it| it["issuer"] = "https://oauth.id.jumpcloud.com/".into());
        let found = read(&slash, Some("https://oauth.id.jumpcloud.com"), false).unwrap();
        assert_eq!(found.issuer, "https://oauth.id.jumpcloud.com/");
        for typed in [
            "https://idp.example.com/other",
            "https://IDP.example.com",
            "https://idp.example.com//",
        ] {
            assert_eq!(
                code(&document(|_| {}), Some(typed)),
                "discovery_issuer_mismatch",
                "{typed}"
            );
        }
    }

    #[test]
    fn the_document_of_all_tenants_takes_an_issuer_with_one_tenant() {
        let all = document(|it| {
            it["issuer"] = "https://login.microsoftonline.com/{tenantid}/v2.0".into();
        });
        let own = format!("https://login.microsoftonline.com/{GUID}/v2.0");
        assert_eq!(read(&all, Some(&own), false).unwrap().issuer, own);
        for typed in [
            None,
            Some("https://login.microsoftonline.com/common/v2.0"),
            Some("https://login.microsoftonline.com/{tenantid}/v2.0/x"),
            Some("https://login.microsoftonline.com/evil.example/v2.0"),
        ] {
            assert_eq!(code(&all, typed), "discovery_tenant_missing", "{typed:?}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_told() {
        for name in ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"] {
            let without = document(|it| drop(it.as_object_mut().unwrap().remove(name)));
            assert_eq!(code(&without, None), "discovery_invalid", "{name}");
        }
        let plain = document(|it| it["token_endpoint"] = "http://idp.example.com/token".into());
        assert_eq!(code(&plain, None), "address_invalid");
        assert!(read(&plain, None, true).is_ok());
        let implicit = document(|it| it["response_types_supported"] = json!(["id_token"]));
        assert_eq!(code(&implicit, None), "discovery_unsupported");
        let symmetric =
            document(|it| it["id_token_signing_alg_values_supported"] = json!(["HS256", "none"]));
        assert_eq!(code(&symmetric, None), "discovery_unsupported");
        for (other, word) in [
            (&b"<!doctype html><html>"[..], "web page"),
            (b"<md:EntityDescriptor/>", "SAML"),
            (b"[]", "JSON"),
            (b"", "JSON"),
        ] {
            let fault = read(other, None, false).unwrap_err();
            assert!(fault.detail.contains(word), "{fault}");
        }
    }

    #[test]
    fn we_prove_who_we_are_as_the_provider_takes_it() {
        let of = |methods: Option<Value>| {
            let document = document(|it| {
                if let Some(methods) = methods {
                    it["token_endpoint_auth_methods_supported"] = methods;
                }
            });
            read(&document, None, false).unwrap()
        };
        let (basic, post, key) = (
            AuthMethod::ClientSecretBasic,
            AuthMethod::ClientSecretPost,
            AuthMethod::PrivateKeyJwt,
        );
        assert_eq!(of(None).auth_method(None, true), Ok(basic));
        assert_eq!(of(None).auth_method(Some(key), false), Ok(key));
        let only_post = of(Some(json!(["client_secret_post", "private_key_jwt"])));
        assert_eq!(only_post.auth_method(None, true), Ok(post));
        assert_eq!(only_post.auth_method(None, false), Ok(key));
        assert_eq!(only_post.auth_method(Some(basic), true).unwrap_err().code, "unsupported");
    }

    #[test]
    fn the_document_is_below_the_issuer() {
        let at = "https://idp.example.com/a/.well-known/openid-configuration";
        assert_eq!(address("https://idp.example.com/a"), at);
        assert_eq!(address("https://idp.example.com/a/"), at);
    }
}
