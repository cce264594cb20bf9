//! The reference of the REST API: the `OpenAPI` document as pages, one for each resource.
//!
//! It is for the public, as the document is: nothing in it is anybody's.

mod example;
mod model;
mod schema;
#[cfg(test)]
mod tests;

use self::model::{Operation, Reference, Resource};
use super::error::PageError;
use super::guard::Csp;
use super::pages::{Shell, respond};
use super::server::State;
use crate::error::Error;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, VARY};
use actix_web::web::{self, Data, Path, ServiceConfig};
use askama::Template;
use std::sync::OnceLock;

/// Where the reference is.
pub(in crate::http) const HOME: &str = "/docs/api";
/// It changes with a release only.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// Made once, of the document.
static REFERENCE: OnceLock<Reference> = OnceLock::new();

fn reference() -> &'static Reference {
    REFERENCE.get_or_init(|| Reference::of(super::api::openapi::served()))
}

/// The routes of the reference.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/docs/api").get(index))
        .service(web::resource("/docs/api/{resource}").get(resource));
}

#[derive(Template)]
#[template(path = "reference/index.html")]
struct IndexPage<'a> {
    shell: Shell<'a>,
    reference: &'a Reference,
    here: &'a str,
    base: &'a str,
}

#[derive(Template)]
#[template(path = "reference/resource.html")]
struct ResourcePage<'a> {
    shell: Shell<'a>,
    reference: &'a Reference,
    here: &'a str,
    base: &'a str,
    resource: &'a Resource,
}

impl ResourcePage<'_> {
    /// What is typed at a shell.
    fn curl(&self, operation: &Operation) -> String {
        example::curl(self.base, operation)
    }

    /// What goes over the wire.
    fn raw(&self, operation: &Operation) -> String {
        example::raw(self.base, operation)
    }
}

/// `GET /docs/api`
async fn index(state: Data<State>) -> HttpResponse {
    let (reference, base) = (reference(), state.config.public_url.as_str());
    let page = IndexPage { shell: Shell::of(&state), reference, here: "", base };
    kept(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// `GET /docs/api/{resource}`
async fn resource(state: Data<State>, key: Path<String>) -> Result<HttpResponse, PageError> {
    let reference = reference();
    let found = reference.resources.iter().find(|one| one.key == *key);
    let resource = found.ok_or_else(|| Error::not_found("resource", key.as_str()))?;
    let (here, base) = (resource.key.as_str(), state.config.public_url.as_str());
    let page = ResourcePage { shell: Shell::of(&state), reference, here, base, resource };
    Ok(kept(respond(&state, StatusCode::OK, &Csp::Page, &page)))
}

fn kept(mut answer: HttpResponse) -> HttpResponse {
    answer.headers_mut().insert(CACHE_CONTROL, KEPT);
    // The browser's theme is written into it.
    answer.headers_mut().insert(VARY, HeaderValue::from_static("Cookie"));
    answer
}
