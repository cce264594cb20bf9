//! A connection is tested, turned on and off, and brought back.

use super::view::ConnectionView;
use crate::error::Error;
use crate::http::api::answer::{Answer, created};
use crate::http::api::input::{Body, Nothing};
use crate::http::api::{organizations, schemas};
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use crate::store::{ConnectionId, Scope, sign_in};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, post};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A test sign-in that has begun.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionTest)]
struct TestView {
    /// Open it in a browser.
    #[schema(example = "https://sso.example.com/login/con_01kampz3y7f4m8t2v6c9d0e1hj?test=trc_01kampz3y7f4m8t2v6c9d0e1hj")]
    test_url: String,
    /// The trace that tells how it went.
    #[schema(example = "trc_01kampz3y7f4m8t2v6c9d0e1hj")]
    trace_id: String,
    /// Until when the identity provider's answer is waited for.
    expires_at: DateTime<Utc>,
}

/// How to activate.
#[derive(Deserialize, ToSchema)]
#[schema(as = Activation)]
#[serde(deny_unknown_fields)]
struct Activate {
    /// Activate without a successful test sign-in.
    #[serde(default)]
    skip_test: bool,
}

/// Begin a test sign-in
///
/// Open `test_url` in a browser and sign in at the identity provider. The page that follows shows what was received; it
/// creates nothing. The trace tells how it went.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    responses((status = 201, body = TestView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/test")]
pub(in crate::http::api) async fn test_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Result<HttpResponse, ApiError> {
    let connection = super::find(&state, &key, &id).await?;
    if connection.identity_provider.is_none() {
        let detail = "The identity provider's metadata is missing: POST …/metadata first.";
        return Err(ApiError::from(Error::conflict("metadata_required", detail)));
    }
    let login_url = connection.login_url(state.config.public_url.as_str());
    let lifetime = state.config.sign_in.request_ttl.delta();
    let trace = state
        .store
        .write(Scope::Own, key.actor(), move |tx| sign_in::begin_test(tx, &connection, lifetime))
        .await?;
    Ok(created(&TestView {
        test_url: format!("{login_url}?test={}", trace.id),
        trace_id: trace.id.to_string(),
        expires_at: trace.expires_at.to_utc(),
    }))
}

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
    let (id, only): (ConnectionId, _) = (id.parse()?, key.organization().cloned());
    let (id, organization_id) = state
        .store
        .read(move |db| {
            let owner = connections::owner_of_deleted(db, &id)?;
            let hidden = || Error::not_found("deleted connection", id.as_str());
            organizations::see(db, only.as_ref(), &owner, hidden)?;
            Ok((id, owner))
        })
        .await?;
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::restore(tx, &id))
        .await?;
    Ok(Json(state.view(connection)))
}
