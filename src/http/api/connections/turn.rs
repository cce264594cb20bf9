//! A connection is tested, turned on and off, and brought back.

use super::view::ConnectionView;
use crate::error::{Error, Result};
use crate::http::api::answer::{Answer, created};
use crate::http::api::input::Body;
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// How to activate.
#[derive(Deserialize, ToSchema)]
#[schema(as = Activation)]
#[serde(deny_unknown_fields)]
struct Activate {
    /// Activate without a successful test sign-in.
    #[serde(default)]
    skip_test: bool,
}

/// A body without fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http::api) struct Nothing {}

/// Activate a connection
///
/// From now on people of the organization's live domains sign in with it. Needs metadata and a successful test
/// sign-in with what is set now (409 `metadata_required`, `test_required`). Also turns a disabled one on again.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    request_body = Activate,
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/activate")]
pub(in crate::http::api) async fn activate_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Activate>,
) -> Answer<ConnectionView> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let skip_test = body.0.skip_test;
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::activate(tx, &id, skip_test))
        .await?;
    Ok(Json(state.view(connection)))
}

/// Disable a connection
///
/// Nobody can sign in with it until it is activated again, and the sessions that began with it end.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/disable")]
pub(in crate::http::api) async fn disable_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<ConnectionView> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::disable(tx, &id))
        .await?;
    Ok(Json(state.view(connection)))
}

/// Restore a deleted connection
///
/// Within 30 days of its deletion. It comes back disabled.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/restore")]
pub(in crate::http::api) async fn restore_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<ConnectionView> {
    let id = id.parse()?;
    let only = key.organization().cloned();
    let write = move |tx: &mut crate::store::Tx| {
        let connection = connections::restore(tx, &id)?;
        match only {
            Some(only) if only != connection.organization_id => {
                Err(Error::not_found("connection", id.as_str()))
            }
            _ => Ok(connection),
        }
    };
    let connection = state.store.write(crate::store::Scope::System, key.actor(), write).await?;
    Ok(Json(state.view(connection)))
}
