//! Errors in the dialect of whoever asked: problem documents, OAuth errors, SCIM errors, pages.
//!
//! A handler returns one of four types, each of which takes a [`crate::error::Error`] by `?`.
//! They are rendered by [`render`], where the request's ID and the sentences are at hand.

mod api;
mod foreign;
mod oauth;
mod page;
mod scim;

pub use self::api::ApiError;
pub(super) use self::foreign::NulInAddress;
pub use self::oauth::OAuthError;
pub(in crate::http) use self::page::preview;
pub use self::page::{Failure, PageError};
pub use self::scim::ScimError;

use super::limits;
use super::request::Origin;
use super::server::State;
use crate::error::Error;
use crate::store::RequestId;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

/// Seconds after which a caller may try again when the database was busy.
const BUSY_SECONDS: u64 = 2;

/// How errors are told at a path, where no handler has said it by its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// RFC 9457.
    Problem,
    /// RFC 6749 section 5.2.
    OAuth,
    /// RFC 7644 section 3.12.
    Scim,
    /// A page for people.
    Page,
}

impl Dialect {
    /// The one of `path`.
    pub(super) fn of(path: &str) -> Self {
        let within = |prefix: &str| {
            path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if within("/api/scim") || within("/v1/scim") {
            return Self::Scim;
        }
        if within("/api/oauth") {
            return Self::Page;
        }
        if within("/api") {
            return Self::Problem;
        }
        if within("/scim") {
            return Self::Scim;
        }
        let for_people = matches!(path, "/oauth/authorize" | "/oauth/logout");
        if within("/.well-known") || (within("/oauth") && !for_people) {
            return Self::OAuth;
        }
        Self::Page
    }
}

/// An error that is no more than a status, a code and a sentence.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

/// What went wrong, as one of ours or as somebody else's.
#[derive(Debug)]
pub(super) enum Fault {
    Error(Error),
    Plain(Plain),
    /// A bearer token that is not accepted (RFC 6750, 3.1).
    Token(&'static str),
}

impl Fault {
    fn status(&self) -> StatusCode {
        match self {
            Self::Error(error) => status(error),
            Self::Plain(plain) => plain.status,
            Self::Token(_) => StatusCode::UNAUTHORIZED,
        }
    }
}

/// Writes the body of an answer that has failed.
pub(super) fn render(state: &State, answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let (request, response) = answer.into_parts();
    let id = Origin::of(&request).id;
    let rendered = match response.error() {
        Some(error) => Some(of_error(state, &request, &id, error)),
        None if is_bare(&response) => {
            let plain = foreign::of_status(&request, response.status());
            Some(plainly(state, Dialect::of(request.path()), &id, plain))
        }
        None => None,
    };
    let Some(mut rendered) = rendered else { return ServiceResponse::new(request, response) };
    for kept in [header::ALLOW, limits::POLICY, limits::LEFT] {
        if let Some(value) = response.headers().get(&kept) {
            rendered.headers_mut().insert(kept, value.clone());
        }
    }
    ServiceResponse::new(request, rendered)
}

/// The answer to a request whose body did not come in time.
pub(super) fn late(state: &State, dialect: Dialect, id: &RequestId) -> HttpResponse {
    plainly(state, dialect, id, foreign::late())
}

/// Renders by the type of the error.
fn of_error(
    state: &State,
    request: &HttpRequest,
    id: &RequestId,
    error: &actix_web::Error,
) -> HttpResponse {
    if let Some(error) = error.as_error::<ApiError>() {
        return api::render(id, &error.0);
    }
    if let Some(error) = error.as_error::<OAuthError>() {
        return oauth::render(id, request.path(), error);
    }
    if let Some(error) = error.as_error::<ScimError>() {
        return scim::render(id, error);
    }
    if let Some(error) = error.as_error::<PageError>() {
        return page::render(state, id, error);
    }
    let plain = foreign::of_error(request, error);
    plainly(state, Dialect::of(request.path()), id, plain)
}

fn plainly(state: &State, dialect: Dialect, id: &RequestId, plain: Plain) -> HttpResponse {
    match dialect {
        Dialect::Problem => api::render(id, &Fault::Plain(plain)),
        Dialect::OAuth => oauth::plain(&plain),
        Dialect::Scim => scim::plain(&plain),
        Dialect::Page => page::plain(state, id, &plain),
    }
}

/// Whether Actix answered by a status alone.
fn is_bare(response: &HttpResponse<BoxBody>) -> bool {
    matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
        && !response.headers().contains_key(header::CONTENT_TYPE)
}

/// The status of each kind of failure.
fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict { .. } => StatusCode::CONFLICT,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Stale(_) => StatusCode::PRECONDITION_FAILED,
        Error::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Scim { status, .. } => {
            StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Says when to come back, where that helps.
fn retry_after(headers: &mut HeaderMap, error: &Error) {
    let seconds = match error {
        Error::TooMany { retry_after, .. } => *retry_after,
        Error::Busy(_) => BUSY_SECONDS,
        _ => return,
    };
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

/// Writes a fault of ours into the log: once, here, with the request's ID from the span.
fn log(error: &Error) {
    match error {
        Error::Internal(cause) => tracing::error!(error = format!("{cause:#}"), "request failed"),
        Error::Busy(detail) => tracing::warn!(detail, "request turned away"),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
