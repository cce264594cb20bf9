//! Errors of SCIM (RFC 7644, 3.12).

use super::Plain;
use crate::error::Error;
use crate::scim::{self, ScimType};
use crate::store::RequestId;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use std::fmt;

/// An error that a directory is told. `?` makes one of any [`Error`] and of any [`scim::Error`].
#[derive(Debug)]
pub enum ScimError {
    /// One that is said in SCIM's words already.
    Protocol(scim::Error),
    /// Any other.
    Other(Error),
}

impl ScimError {
    /// An error of HTTP rather than of the data.
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self::Protocol(scim::Error::new(status.as_u16(), code, detail))
    }

    /// The same in SCIM's words, for an answer or for the log of requests.
    pub(crate) fn told(&self, id: &RequestId) -> scim::Error {
        match self {
            Self::Protocol(error) => error.clone(),
            Self::Other(error) => translate(error, id.as_str()),
        }
    }
}

impl From<scim::Error> for ScimError {
    fn from(error: scim::Error) -> Self {
        Self::Protocol(error)
    }
}

impl From<Error> for ScimError {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl fmt::Display for ScimError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protocol(error) => error.fmt(f),
            Self::Other(error) => error.fmt(f),
        }
    }
}

impl ResponseError for ScimError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Protocol(error) => status(error),
            Self::Other(error) => status(&translate(error, "")),
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

pub(super) fn render(id: &RequestId, error: &ScimError) -> HttpResponse {
    let mut answer = answer(&error.told(id));
    if let ScimError::Other(error) = error {
        super::retry_after(answer.headers_mut(), error);
        super::log(error);
    }
    answer
}

/// An error of HTTP rather than of SCIM, in the form that its clients read.
pub(super) fn plain(plain: &Plain) -> HttpResponse {
    let Plain { status, code, detail } = plain;
    answer(&scim::Error::new(status.as_u16(), code, detail.clone()))
}

fn answer(error: &scim::Error) -> HttpResponse {
    let mut answer = HttpResponse::build(status(error))
        .content_type(scim::MEDIA_TYPE)
        .body(error.to_json().to_string());
    challenge(answer.headers_mut(), error);
    answer
}

/// Says how to authenticate (RFC 6750, 3). Whoever came without a token is not told that it was a bad one.
fn challenge(headers: &mut HeaderMap, error: &scim::Error) {
    if error.status != 401 {
        return;
    }
    let challenge = match error.code {
        "token_missing" => r#"Bearer realm="scim""#,
        _ => r#"Bearer realm="scim", error="invalid_token""#,
    };
    headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
}

/// SCIM's nearest words for a failure of the store.
fn translate(error: &Error, id: &str) -> scim::Error {
    let detail = error.to_string();
    match error {
        Error::NotFound { .. } => scim::Error::new(404, "not_found", detail),
        Error::Invalid(_) => scim::Error::value(detail),
        Error::Conflict { code, .. } => {
            scim::Error { status: 409, scim_type: Some(ScimType::Uniqueness), code, detail }
        }
        Error::Scim { status, scim_type, code, .. } => scim::Error {
            status: *status,
            scim_type: scim_type.and_then(ScimType::from_word),
            code,
            detail,
        },
        Error::Unauthenticated(_) => scim::Error::new(401, "token_invalid", detail),
        Error::Forbidden(_) => scim::Error::new(403, "forbidden", detail),
        Error::TooMany { .. } => scim::Error::new(429, "too_many_requests", detail),
        Error::Stale(_) => scim::Error::new(412, "version_mismatch", detail),
        Error::Busy(_) => scim::Error::new(
            503,
            "unavailable",
            "The gateway cannot answer at the moment. Try again shortly.",
        ),
        Error::Internal(_) => scim::Error::new(
            500,
            "internal_error",
            format!("Something failed on our side. The log has it under {id}."),
        ),
    }
}

fn status(error: &scim::Error) -> StatusCode {
    StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST)
}
