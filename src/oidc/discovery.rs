//! The document by which an app's library finds everything (OIDC Discovery section 3, RFC 8414 section 2).

use super::scope::Scope;
use crate::crypto::Algorithm;
use serde::Serialize;

/// Path of [`document`] (OIDC Discovery section 4).
pub const PATH: &str = "/.well-known/openid-configuration";
/// Path of the authorization endpoint.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Path of the token endpoint.
pub const TOKEN: &str = "/oauth/token";
/// Path of the userinfo endpoint.
pub const USERINFO: &str = "/oauth/userinfo";
/// Path of the key set.
pub const JWKS: &str = "/oauth/jwks";
/// Path of the revocation endpoint (RFC 7009).
pub const REVOKE: &str = "/oauth/revoke";
/// Path of the introspection endpoint (RFC 7662).
pub const INTROSPECT: &str = "/oauth/introspect";
/// Path of the end-session endpoint (OIDC RP-Initiated Logout).
pub const LOGOUT: &str = "/oauth/logout";

const CLIENT_AUTH: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];
const CONFIDENTIAL: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// What this provider can do.
#[derive(Debug, Clone, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "the standard has them")]
pub struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    userinfo_endpoint: String,
    jwks_uri: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    end_session_endpoint: String,
    scopes_supported: [&'static str; 4],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 2],
    grant_types_supported: [&'static str; 3],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [Algorithm; 2],
    token_endpoint_auth_methods_supported: [&'static str; 3],
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    introspection_endpoint_auth_methods_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 4],
    claim_types_supported: [&'static str; 1],
    claims_supported: &'static [&'static str],
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    authorization_response_iss_parameter_supported: bool,
    backchannel_logout_supported: bool,
    backchannel_logout_session_supported: bool,
    frontchannel_logout_supported: bool,
    frontchannel_logout_session_supported: bool,
}

/// The document of an issuer; `issuer` is the public URL, without a slash at its end.
#[must_use]
pub fn document(issuer: &str) -> Document {
    let at = |path: &str| format!("{issuer}{path}");
    Document {
        issuer: issuer.to_owned(),
        authorization_endpoint: at(AUTHORIZE),
        token_endpoint: at(TOKEN),
        userinfo_endpoint: at(USERINFO),
        jwks_uri: at(JWKS),
        revocation_endpoint: at(REVOKE),
        introspection_endpoint: at(INTROSPECT),
        end_session_endpoint: at(LOGOUT),
        scopes_supported: Scope::ALL.map(Scope::as_str),
        response_types_supported: ["code"],
        response_modes_supported: ["query", "form_post"],
        grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [Algorithm::Rs256, Algorithm::Es256],
        token_endpoint_auth_methods_supported: CLIENT_AUTH,
        revocation_endpoint_auth_methods_supported: CLIENT_AUTH,
        // RFC 7662 section 2.1: who asks about tokens must prove who it is.
        introspection_endpoint_auth_methods_supported: CONFIDENTIAL,
        code_challenge_methods_supported: ["S256"],
        prompt_values_supported: ["none", "login", "select_account", "consent"],
        claim_types_supported: ["normal"],
        claims_supported: super::claims::NAMES,
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_every_endpoint_under_the_issuer() {
        let document = serde_json::to_value(document("https://sso.example")).unwrap();
        let members = document.as_object().unwrap();
        let endpoints: Vec<_> = members
            .iter()
            .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
            .map(|(_, address)| address.as_str().unwrap())
            .collect();
        assert_eq!(endpoints.len(), 7);
        assert!(endpoints.iter().all(|it| it.starts_with("https://sso.example/oauth/")));
        assert_eq!(members["issuer"], "https://sso.example");
        assert_eq!(members["id_token_signing_alg_values_supported"][0], "RS256");
        assert_eq!(
            members["grant_types_supported"],
            serde_json::json!(["authorization_code", "refresh_token", "client_credentials"])
        );
        assert_eq!(members["authorization_response_iss_parameter_supported"], true);
        for way in ["backchannel", "frontchannel"] {
            assert_eq!(members[&format!("{way}_logout_supported")], true);
            assert_eq!(members[&format!("{way}_logout_session_supported")], true);
        }
    }
}
