//! Errors of the token endpoint and its neighbours (RFC 6749 section 5.2, RFC 6750 section 3).

use super::Plain;
use crate::error::Error;
use crate::oidc;
use crate::store::RequestId;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use std::fmt;

/// An error of an OAuth endpoint. `?` makes one of any [`Error`] and of any [`oidc::Error`].
#[derive(Debug)]
pub enum OAuthError {
    /// An error that the standards name.
    Protocol(oidc::Error),
    /// Any other.
    Other(Error),
}

impl From<oidc::Error> for OAuthError {
    fn from(error: oidc::Error) -> Self {
        Self::Protocol(error)
    }
}

impl From<Error> for OAuthError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => error.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl ResponseError for OAuthError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Protocol(error) => code(error),
            Self::Other(error @ Error::TooMany { .. }) => super::status(error),
            Self::Other(error) => code(&translate(error, "")),
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

pub(super) fn render(id: &RequestId, path: &str, error: &OAuthError) -> HttpResponse {
    let mut answer = HttpResponse::build(error.status_code());
    let mut answer = match error {
        OAuthError::Protocol(error) => answer.json(error),
        OAuthError::Other(error) => answer.json(translate(error, id.as_str())),
    };
    let headers = answer.headers_mut();
    match error {
        OAuthError::Protocol(error) => challenge(headers, path, error),
        OAuthError::Other(error) => {
            challenge(headers, path, &translate(error, id.as_str()));
            super::retry_after(headers, error);
            super::log(error);
        }
    }
    answer
}

/// An error of HTTP rather than of OAuth, in the form that its clients read.
pub(super) fn plain(plain: &Plain) -> HttpResponse {
    HttpResponse::build(plain.status).json(oidc::Error::InvalidRequest(plain.detail.clone().into()))
}

/// Says how to authenticate. HTTP wants it with every 401 (RFC 9110 section 15.5.2).
fn challenge(headers: &mut HeaderMap, path: &str, error: &oidc::Error) {
    let bearer = path == "/oauth/userinfo";
    let challenge = match error {
        oidc::Error::InvalidToken(_) | oidc::Error::InsufficientScope(_) => {
            HeaderValue::from_str(&error.bearer_challenge()).ok()
        }
        // Whoever came without a token is not told that it was a bad one (RFC 6750 section 3.1).
        oidc::Error::InvalidClient(_) if bearer => Some(HeaderValue::from_static("Bearer")),
        oidc::Error::InvalidClient(_) => {
            Some(HeaderValue::from_static(r#"Basic realm="applications", charset="UTF-8""#))
        }
        _ => None,
    };
    if let Some(challenge) = challenge {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
}

/// The standard's nearest word for a failure that it does not know.
fn translate(error: &Error, id: &str) -> oidc::Error {
    match error {
        Error::Unauthenticated(detail) => oidc::Error::InvalidClient(detail.clone().into()),
        Error::Forbidden(detail) => oidc::Error::UnauthorizedClient(detail.clone().into()),
        Error::Internal(_) => oidc::Error::ServerError(
            format!("Something failed on our side. The log has it under {id}.").into(),
        ),
        Error::Busy(_) => oidc::Error::TemporarilyUnavailable("Try again in a few seconds.".into()),
        Error::TooMany { detail, .. } => oidc::Error::TemporarilyUnavailable(detail.clone().into()),
        Error::NotFound { .. }
        | Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::Stale(_)
        | Error::Scim { .. } => oidc::Error::InvalidRequest(error.to_string().into()),
    }
}

fn code(error: &oidc::Error) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST)
}
