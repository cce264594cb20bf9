//! What a handler answers: an object, a page of them, or nothing.

use crate::http::error::ApiError;
use crate::store::Page;
use actix_web::HttpResponse;
use actix_web::web::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// An object as JSON, or a problem document.
pub(super) type Answer<T> = Result<Json<T>, ApiError>;

/// One page of a list, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct List<T> {
    data: Vec<T>,
    /// Give it as `cursor` to get the next page; `null` on the last one.
    next_cursor: Option<String>,
    /// How many there are on all pages; only with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

impl<T> List<T> {
    /// A page as the store gives it.
    pub(super) fn of(page: Page<T>, total: Option<i64>) -> Self {
        Self { data: page.data, next_cursor: page.next_cursor, total }
    }

    /// All there are, where that is never many.
    pub(super) fn all(data: Vec<T>) -> Self {
        Self { data, next_cursor: None, total: None }
    }

    /// The same page of something made from each object.
    pub(super) fn map<U>(self, make: impl FnMut(T) -> U) -> List<U> {
        let data = self.data.into_iter().map(make).collect();
        List { data, next_cursor: self.next_cursor, total: self.total }
    }
}

/// An object that is new (RFC 9110, 15.3.2).
pub(super) fn created(view: &impl Serialize) -> HttpResponse {
    HttpResponse::Created().json(view)
}

/// Done, and nothing is left to show (RFC 9110, 15.3.5).
pub(super) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}
