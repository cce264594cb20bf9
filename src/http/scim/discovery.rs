//! What the server says of itself (RFC 7644, 4).

use super::call::Call;
use super::show::{List, document};
use crate::http::error::ScimError;
use crate::scim::Kind;
use crate::scim::schema::documents;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use serde_json::Value;

/// `GET /ServiceProviderConfig`.
pub(super) async fn config(call: Call) -> Result<HttpResponse, ScimError> {
    unfiltered(&call)?;
    Ok(document(StatusCode::OK, &documents::service_provider_config(&call.base)))
}

/// `GET /ResourceTypes`.
pub(super) async fn resource_types(call: Call) -> Result<HttpResponse, ScimError> {
    unfiltered(&call)?;
    Ok(all(documents::resource_types(&call.base)))
}

/// `GET /ResourceTypes/{name}`.
pub(super) async fn resource_type(
    call: Call,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ScimError> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == path.1);
    let kind = kind.ok_or_else(|| missing("resource type", &path.1))?;
    Ok(document(StatusCode::OK, &documents::resource_type(kind, &call.base)))
}

/// `GET /Schemas`.
pub(super) async fn schemas(call: Call) -> Result<HttpResponse, ScimError> {
    unfiltered(&call)?;
    Ok(all(documents::schemas(&call.base)))
}

/// `GET /Schemas/{urn}`.
pub(super) async fn schema(
    call: Call,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ScimError> {
    let schemas = documents::schemas(&call.base);
    let is_meant = |one: &&Value| {
        one.get("id").and_then(Value::as_str).is_some_and(|id| id.eq_ignore_ascii_case(&path.1))
    };
    let found = schemas.iter().find(is_meant).ok_or_else(|| missing("schema", &path.1))?;
    Ok(document(StatusCode::OK, found))
}

/// `/Me`: a token is a directory's and no person's (RFC 7644, 3.11).
pub(super) async fn me(_: Call) -> Result<HttpResponse, ScimError> {
    let detail = "The token is a directory's, so there is no person that /Me could mean.";
    Err(ScimError::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", detail))
}

/// Nobody is to believe that a filter was heeded (RFC 7644, 4).
fn unfiltered(call: &Call) -> Result<(), ScimError> {
    if !call.has_filter {
        return Ok(());
    }
    let detail = "What the server says of itself cannot be filtered. Ask without a filter.";
    Err(ScimError::new(StatusCode::FORBIDDEN, "filter_unsupported", detail))
}

fn all(resources: Vec<Value>) -> HttpResponse {
    List::from_index(1, i64::try_from(resources.len()).ok(), resources).answer()
}

fn missing(what: &str, name: &str) -> ScimError {
    let detail = format!("There is no {what} {name}.");
    ScimError::new(StatusCode::NOT_FOUND, "not_found", detail)
}
