//! A connection is turned on and off, starts anew with people's names, and is brought back.

use crate::error::Error;
use crate::http::api::answer::Answer;
use crate::http::api::input::{Body, Nothing};
use crate::http::api::users::UnlinkedView;
use crate::http::api::{organizations, schemas};
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::server::State;
use crate::store::ConnectionId;
use crate::store::connections::{self, Connection};
use crate::store::enforcement::LastWay;
use crate::views::connection::ConnectionView;
use actix_web::post;
use actix_web::web::{Data, Json, Path};
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
    Ok(Json(state.view(connection).await?))
}

/// How to disable.
#[derive(Deserialize, ToSchema)]
#[schema(as = Deactivation)]
#[serde(deny_unknown_fields)]
struct Disable {
    /// Disable it although its organization requires single sign-on and has no other active connection. That is on
    /// record.
    #[serde(default)]
    lock_out: bool,
}

/// Disable a connection
///
/// Nobody can sign in with it until it is activated again, and the sessions that began with it end. The last active one of
/// an organization that requires single sign-on stays on (409 `last_active_connection`) unless `lock_out` is true.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    request_body = Disable,
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/disable")]
pub(in crate::http::api) async fn disable_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Disable>,
) -> Answer<ConnectionView> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let last = LastWay::given_up(body.0.lock_out);
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::disable_with(tx, &id, last))
        .await?;
    Ok(Json(state.view(connection).await?))
}

/// Forget all names of a connection
///
/// For a provider that names everybody anew, as when the field behind the name ID is changed: without this each
/// person is refused (`identity_conflict`). Everybody is found by email address in their next sign-in.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    responses((status = 200, body = UnlinkedView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/unlink")]
pub(in crate::http::api) async fn unlink_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Answer<UnlinkedView> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let unlinked = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::unlink(tx, &id))
        .await?;
    Ok(Json(UnlinkedView { unlinked }))
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
    let now = state.store.clock().now();
    let (id, organization_id) = state
        .store
        .read(move |db| {
            let hidden = || Error::not_found("deleted connection", id.as_str());
            let gone = connections::gone(db, &id, now)?.ok_or_else(hidden)?;
            organizations::see(db, only.as_ref(), &gone.organization_id, hidden)?;
            Ok((id, gone.organization_id))
        })
        .await?;
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::restore(tx, &id))
        .await?;
    Ok(Json(state.view(connection).await?))
}
