//! The errors of OAuth and OIDC, one variant for each code of the standards.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::borrow::Cow;
use std::fmt;

macro_rules! errors {
    ($($(#[doc = $doc:literal])* $variant:ident = $code:literal, $status:literal;)*) => {
        /// What an app is told when something is not right, with a sentence for its developer.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Error {
            $($(#[doc = $doc])* $variant(Cow<'static, str>),)*
        }

        impl Error {
            /// The `error` of the answer.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant(_) => $code),* }
            }

            /// The HTTP status where the answer is not a redirect.
            #[must_use]
            pub const fn status(&self) -> u16 {
                match self { $(Self::$variant(_) => $status),* }
            }

            fn text(&self) -> &str {
                match self { $(Self::$variant(text) => text),* }
            }
        }
    };
}

errors! {
    /// Something is missing, repeated or malformed (RFC 6749 section 4.1.2.1 and 5.2).
    InvalidRequest = "invalid_request", 400;
    /// The application may not do this (RFC 6749 section 4.1.2.1 and 5.2).
    UnauthorizedClient = "unauthorized_client", 400;
    /// The sign-in was refused (RFC 6749 section 4.1.2.1).
    AccessDenied = "access_denied", 403;
    /// Only `code` is answered (RFC 6749 section 4.1.2.1).
    UnsupportedResponseType = "unsupported_response_type", 400;
    /// The scope is missing, malformed or wider than what was granted (RFC 6749 section 4.1.2.1 and 5.2).
    InvalidScope = "invalid_scope", 400;
    /// A fault of ours (RFC 6749 section 4.1.2.1).
    ServerError = "server_error", 500;
    /// Trying again later may help (RFC 6749 section 4.1.2.1).
    TemporarilyUnavailable = "temporarily_unavailable", 503;
    /// The application did not prove who it is (RFC 6749 section 5.2).
    InvalidClient = "invalid_client", 401;
    /// The code or refresh token is unknown, used, ended or another's (RFC 6749 section 5.2).
    InvalidGrant = "invalid_grant", 400;
    /// Only `authorization_code`, `refresh_token` and `client_credentials` are taken (RFC 6749 section 5.2).
    UnsupportedGrantType = "unsupported_grant_type", 400;
    /// The access token is unknown or ended (RFC 6750 section 3.1).
    InvalidToken = "invalid_token", 401;
    /// The access token does not reach this far (RFC 6750 section 3.1).
    InsufficientScope = "insufficient_scope", 403;
    /// The person would have to be asked, and `prompt=none` forbids it (OIDC Core section 3.1.2.6).
    InteractionRequired = "interaction_required", 400;
    /// The person would have to sign in, and `prompt=none` forbids it or the provider does not let them (OIDC Core
    /// section 3.1.2.6 and 3.1.2.1).
    LoginRequired = "login_required", 400;
    /// The person would have to choose an account, and `prompt=none` forbids it (OIDC Core section 3.1.2.6).
    AccountSelectionRequired = "account_selection_required", 400;
    /// `request` is not taken (OIDC Core section 3.1.2.6).
    RequestNotSupported = "request_not_supported", 400;
    /// `request_uri` is not taken (OIDC Core section 3.1.2.6).
    RequestUriNotSupported = "request_uri_not_supported", 400;
    /// `registration` is not taken (OIDC Core section 3.1.2.6).
    RegistrationNotSupported = "registration_not_supported", 400;
}

impl Error {
    /// The `error_description`: ASCII without quote and backslash, as the standard has it (RFC 6749 section 5.2).
    #[must_use]
    pub fn description(&self) -> String {
        let fits = |c: char| matches!(c, ' '..='~') && c != '"' && c != '\\';
        self.text().chars().map(|c| if fits(c) { c } else { '?' }).collect()
    }

    /// The value of `WWW-Authenticate` where a bearer token was not good enough (RFC 6750 section 3).
    #[must_use]
    pub fn bearer_challenge(&self) -> String {
        format!(r#"Bearer error="{}", error_description="{}""#, self.code(), self.description())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.text())
    }
}

impl std::error::Error for Error {}

impl Serialize for Error {
    /// The JSON body of RFC 6749 section 5.2.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Error", 2)?;
        body.serialize_field("error", self.code())?;
        body.serialize_field("error_description", &self.description())?;
        body.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_rendered_as_rfc_6749_says() {
        let error = Error::InvalidGrant("Used \"before\", ä\\".into());
        let body = serde_json::to_string(&error).unwrap();
        assert_eq!(body, r#"{"error":"invalid_grant","error_description":"Used ?before?, ??"}"#);
        assert_eq!(error.status(), 400);
    }

    #[test]
    fn a_bearer_challenge_stays_one_header() {
        let error = Error::InvalidToken("The token\r\nX: \"y\"".into());
        assert_eq!(
            error.bearer_challenge(),
            r#"Bearer error="invalid_token", error_description="The token??X: ?y?""#
        );
    }
}
