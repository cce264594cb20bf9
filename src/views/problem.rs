//! What is shown of a failure: a problem document (RFC 9457).

use crate::error::{Error, FieldError};
use serde::Serialize;

/// RFC 9457, 3.1, with `code` and `errors` of our own.
#[derive(Debug, Serialize)]
pub struct Problem<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    /// The stable word for programs.
    pub code: &'a str,
    /// What is wrong, for a person who can mend it.
    pub detail: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl<'a> Problem<'a> {
    /// A failure with this code, as HTTP would answer it.
    pub fn new(status: u16, code: &'a str, detail: impl Into<String>) -> Self {
        Self {
            r#type: format!("urn:vestibule:problem:{code}"),
            title: title(status),
            status,
            code,
            detail: detail.into(),
            errors: &[],
        }
    }
}

impl<'a> From<&'a Error> for Problem<'a> {
    fn from(error: &'a Error) -> Self {
        let (status, code) = match error {
            Error::NotFound { .. } => (404, "not_found"),
            Error::Invalid(_) => (422, "validation_failed"),
            Error::Conflict { code, .. } => (409, *code),
            Error::Unauthenticated(_) => (401, "unauthenticated"),
            Error::Forbidden(_) => (403, "forbidden"),
            Error::TooMany { .. } => (429, "too_many_requests"),
            Error::Stale(_) => (412, "version_mismatch"),
            Error::Busy(_) => (503, "unavailable"),
            Error::Scim { status, code, .. } => (*status, *code),
            Error::Internal(_) => (500, "internal_error"),
        };
        let errors = match error {
            Error::Invalid(errors) => errors.as_slice(),
            _ => &[],
        };
        Self { errors, ..Self::new(status, code, error.to_string()) }
    }
}

fn title(status: u16) -> &'static str {
    match status {
        400 => "Not understood",
        401 => "An API key is needed",
        403 => "Not allowed",
        404 => "Not found",
        409 => "In conflict with what is there",
        422 => "Some fields are not valid",
        429 => "Too many requests",
        503 => "Not available at the moment",
        _ => "Something failed on our side",
    }
}
