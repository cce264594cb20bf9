//! Errors that Actix makes before a handler is reached: wrong path, method, type or body.

use super::Plain;
use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError, UrlencodedError};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, ResponseError};

/// An address with a NUL in it, which stands in no name, no identifier and no text of ours.
#[derive(Debug, thiserror::Error)]
#[error("The address contains a NUL character (%00). Take it out.")]
pub(in crate::http) struct NulInAddress;

impl ResponseError for NulInAddress {
    fn status_code(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

/// What a status without a body means.
pub(super) fn of_status(request: &HttpRequest, status: StatusCode) -> Plain {
    // Another method has a handler at this path: Actix takes the path for unknown.
    let is_known =
        status == StatusCode::NOT_FOUND && request.resource_map().has_resource(request.path());
    let status = if is_known { StatusCode::METHOD_NOT_ALLOWED } else { status };
    let detail = match status {
        StatusCode::NOT_FOUND => "There is nothing at this address.".to_owned(),
        StatusCode::METHOD_NOT_ALLOWED => {
            format!("{} is not answered at this address.", request.method())
        }
        other => other.canonical_reason().unwrap_or("The request failed.").to_owned(),
    };
    Plain { status, code: code(status), detail }
}

/// What an extractor found wrong, or any other error that is not ours.
pub(super) fn of_error(request: &HttpRequest, error: &actix_web::Error) -> Plain {
    let (status, detail) = if let Some(error) = error.as_error::<JsonPayloadError>() {
        json(request, error)
    } else if let Some(error) = error.as_error::<UrlencodedError>() {
        form(error)
    } else if let Some(PathError::Deserialize(error)) = error.as_error::<PathError>() {
        tracing::debug!(%error, "a path that no handler takes");
        (StatusCode::NOT_FOUND, "There is nothing at this address.".to_owned())
    } else if let Some(QueryPayloadError::Deserialize(error)) =
        error.as_error::<QueryPayloadError>()
    {
        (StatusCode::BAD_REQUEST, format!("The query cannot be read: {error}."))
    } else if let Some(error) = error.as_error::<NulInAddress>() {
        (StatusCode::BAD_REQUEST, error.to_string())
    } else {
        let status = error.as_response_error().status_code();
        if status.is_server_error() {
            tracing::error!(%error, "request failed");
        }
        (status, status.canonical_reason().unwrap_or("The request failed.").to_owned())
    };
    Plain { status, code: code(status), detail }
}

/// The body did not come in time.
pub(super) fn late() -> Plain {
    let status = StatusCode::REQUEST_TIMEOUT;
    Plain { status, code: code(status), detail: "The request did not arrive in time.".to_owned() }
}

fn json(request: &HttpRequest, error: &JsonPayloadError) -> (StatusCode, String) {
    match error {
        JsonPayloadError::OverflowKnownLength { limit, .. }
        | JsonPayloadError::Overflow { limit } => too_large(*limit),
        JsonPayloadError::ContentType => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be JSON, with Content-Type: application/json.".to_owned(),
        ),
        JsonPayloadError::Deserialize(error) if error.is_data() => {
            (StatusCode::UNPROCESSABLE_ENTITY, format!("The body does not fit: {error}."))
        }
        JsonPayloadError::Deserialize(error) => {
            (StatusCode::BAD_REQUEST, format!("The body is not JSON: {error}."))
        }
        other => {
            tracing::debug!(error = %other, path = request.match_pattern(), "a body was not read");
            (StatusCode::BAD_REQUEST, "The body could not be read.".to_owned())
        }
    }
}

fn form(error: &UrlencodedError) -> (StatusCode, String) {
    match error {
        UrlencodedError::Overflow { limit, .. } => too_large(*limit),
        UrlencodedError::ContentType => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be a form, with Content-Type: application/x-www-form-urlencoded."
                .to_owned(),
        ),
        UrlencodedError::Parse(error) => {
            (StatusCode::BAD_REQUEST, format!("The form cannot be read: {error}."))
        }
        _ => (StatusCode::BAD_REQUEST, "The form could not be read.".to_owned()),
    }
}

fn too_large(limit: usize) -> (StatusCode, String) {
    let detail = format!("The body is larger than the {} KiB allowed here.", limit / 1024);
    (StatusCode::PAYLOAD_TOO_LARGE, detail)
}

fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "malformed_request",
        StatusCode::NOT_FOUND => "not_found",
        StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
        StatusCode::REQUEST_TIMEOUT => "request_timeout",
        StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
        StatusCode::UNPROCESSABLE_ENTITY => "validation_failed",
        status if status.is_server_error() => "internal_error",
        _ => "request_refused",
    }
}
