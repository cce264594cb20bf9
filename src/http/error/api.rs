//! Errors of the REST API: problem documents (RFC 9457).

use super::{Fault, Plain};
use crate::error::{Error, FieldError};
use crate::store::RequestId;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::fmt;

/// An error of the REST API. `?` makes one of any [`Error`].
#[derive(Debug)]
pub struct ApiError(pub(super) Fault);

impl ApiError {
    /// An error of HTTP rather than of the data: 412 of a stale `If-Match`, for example.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Fault::Plain(Plain { status, code, detail: detail.into() }))
    }

    /// The API key or token that came is not accepted.
    pub(in crate::http) fn token(detail: &'static str) -> Self {
        Self(Fault::Token(detail))
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(Fault::Error(error))
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Fault::Error(error) => error.fmt(f),
            Fault::Plain(plain) => f.write_str(&plain.detail),
            Fault::Token(detail) => f.write_str(detail),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse {
        answer(&self.0, None)
    }
}

/// RFC 9457 section 3.1, with `code` and `errors` of our own.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

/// The problem document with the request's ID; a fault of ours goes to the log.
pub(super) fn render(id: &RequestId, fault: &Fault) -> HttpResponse {
    if let Fault::Error(error) = fault {
        super::log(error);
    }
    answer(fault, Some(id))
}

fn answer(fault: &Fault, id: Option<&RequestId>) -> HttpResponse {
    let status = fault.status();
    let (code, detail, errors) = match fault {
        Fault::Error(error) => (code(error), detail(error), fields(error)),
        Fault::Plain(plain) => (plain.code, plain.detail.clone(), &[][..]),
        Fault::Token(detail) => ("unauthenticated", (*detail).to_owned(), &[][..]),
    };
    let problem = Problem {
        r#type: format!("urn:vestibule:problem:{code}"),
        title: title(status),
        status: status.as_u16(),
        code,
        detail,
        instance: id.map(RequestId::as_str),
        errors,
    };
    let mut answer = HttpResponse::build(status).json(&problem);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::UNAUTHORIZED {
        // Whoever came without a token is not told that it was a bad one (RFC 6750 section 3.1).
        let is_shown = matches!(fault, Fault::Token(_));
        let challenge = if is_shown { r#"Bearer error="invalid_token""# } else { "Bearer" };
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if let Fault::Error(error) = fault {
        super::retry_after(headers, error);
    }
    answer
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::NotFound { .. } => "not_found",
        Error::Invalid(_) => "validation_failed",
        Error::Conflict { code, .. } | Error::Scim { code, .. } => code,
        Error::Unauthenticated(_) => "unauthenticated",
        Error::Forbidden(_) => "forbidden",
        Error::TooMany { .. } => "too_many_requests",
        Error::Stale(_) => "version_mismatch",
        Error::Busy(_) => "unavailable",
        Error::Internal(_) => "internal_error",
    }
}

/// A fault of ours shows its reference and nothing else.
fn detail(error: &Error) -> String {
    match error {
        Error::Internal(_) => "The log has the reason under the ID in `instance`.".to_owned(),
        Error::Busy(_) => "The gateway cannot answer at the moment. Try again shortly.".to_owned(),
        error => error.to_string(),
    }
}

fn fields(error: &Error) -> &[FieldError] {
    match error {
        Error::Invalid(fields) => fields,
        _ => &[],
    }
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY => "Some fields are not valid",
        StatusCode::CONFLICT => "In conflict with what is there",
        StatusCode::UNAUTHORIZED => "An API key is needed",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        StatusCode::SERVICE_UNAVAILABLE => "Not available at the moment",
        StatusCode::INTERNAL_SERVER_ERROR => "Something failed on our side",
        other => other.canonical_reason().unwrap_or("Request failed"),
    }
}
