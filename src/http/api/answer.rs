//! What a handler answers: an object, a page of them, or nothing.

use crate::http::error::ApiError;
use actix_web::HttpResponse;
use actix_web::web::Json;
use serde::Serialize;

pub(super) use crate::views::List;

/// An object as JSON, or a problem document.
pub(super) type Answer<T> = Result<Json<T>, ApiError>;

/// An object that is new (RFC 9110, 15.3.2).
pub(super) fn created(view: &impl Serialize) -> HttpResponse {
    HttpResponse::Created().json(view)
}

/// Done, and nothing is left to show (RFC 9110, 15.3.5).
pub(super) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
