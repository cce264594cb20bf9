//! Sign-in traces: what happened in each attempt, check by check.

use super::answer::{Answer, List};
use super::input::{Body, Listing, PageParams};
use super::schemas;
use super::users::email_param;
use crate::acts;
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, TracesRead, TracesWrite};
use crate::http::server::State;
use crate::store::connections;
use crate::store::traces::{self, Filter, Outcome, Purge, Trace};
use crate::store::{ConnectionId, OrganizationId, TraceId};
use crate::views::trace::{self, TraceDetailView, TraceView};
use actix_web::web::{Data, Json, Path};
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which traces a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this organization: its ID, or `external:` and your own.
    organization: Option<String>,
    /// Only those of this connection.
    #[param(value_type = Option<String>)]
    connection: Option<ConnectionId>,
    /// Only those that ended like this.
    #[param(schema_with = schemas::outcome)]
    outcome: Option<Outcome>,
    /// Only those of the person with this address.
    email: Option<String>,
}

/// List sign-in traces
#[utoipa::path(
    tag = "traces",
    params(PageParams, ListParams),
    responses((status = 200, body = List<TraceView>)),
    security(("api_key" = ["traces:read"])),
)]
#[get("/traces")]
pub(super) async fn list_traces(
    key: ApiKey<TracesRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<TraceView>> {
    let only = key.organization().cloned();
    let ListParams { organization, connection, outcome, email } = listing.filter;
    let email = email.map(|text| email_param(&text)).transpose()?.map(|email| email.to_string());
    let page = state.store.read(move |db| {
        let organization = super::organizations::filter(db, only, organization)?;
        let filter = Filter { organization, connection, outcome, email, cause: None };
        let page = traces::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(traces::count(db, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(|trace| TraceView::new(&trace, &state.locale))))
}

/// Get a sign-in trace
///
/// With its timeline and every check: what was expected and what was received, where they differ, and what to change.
#[utoipa::path(
    tag = "traces",
    params(schemas::TracePath),
    responses((status = 200, body = TraceDetailView)),
    security(("api_key" = ["traces:read"])),
)]
#[get("/traces/{trace}")]
pub(super) async fn get_trace(
    key: ApiKey<TracesRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<TraceDetailView> {
    let (only, id): (_, TraceId) = (key.organization().cloned(), id.parse()?);
    let (trace, timeline, connection) = state
        .store
        .read(move |db| {
            let trace = visible(traces::find(db, &id)?, only.as_ref())?;
            let connection = match &trace.connection_id {
                Some(id) => connections::by_id_with_organization(db, id)?.map(|found| found.0),
                None => None,
            };
            let timeline = traces::timeline(db, &trace)?;
            Ok((trace, timeline, connection))
        })
        .await?;
    let cause = trace.cause.as_deref().and_then(Cause::from_code);
    let (words, public_url) = ((&state.guides, &state.locale), state.config.public_url.as_str());
    let fix = cause.map(|cause| trace::fix(words, public_url, cause, connection.as_ref()));
    Ok(Json(TraceDetailView::new(&trace, &timeline, &state.locale, fix)))
}

/// Which traces go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PurgeTraces {
    /// Only those that began before this moment; if it is absent, all that have ended.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    before: Option<Time>,
}

/// What a purge took.
#[derive(Serialize, ToSchema)]
pub(super) struct PurgedTraces {
    /// How many traces there were.
    #[schema(example = 1204)]
    purged: i64,
}

/// Purge sign-in traces
///
/// They are taken away before their time, with what they say of people and with the messages of failed sign-ins. It cannot be undone.
/// Sign-ins that are underway stay. The audit log has `trace.purged`.
#[utoipa::path(
    tag = "traces",
    params(schemas::OrganizationPath),
    request_body = PurgeTraces,
    responses((status = 200, body = PurgedTraces)),
    security(("api_key" = ["traces:write"])),
)]
#[post("/organizations/{organization}/traces/purge")]
pub(super) async fn purge_traces(
    key: ApiKey<TracesWrite>,
    state: Data<State>,
    name: Path<String>,
    body: Body<PurgeTraces>,
) -> Answer<PurgedTraces> {
    key.whole_installation()?;
    let organization = super::organizations::find(&state, &key, name.into_inner()).await?.id;
    let now = state.store.clock().now();
    let before = body.0.before.map_or(now, |before| before.min(now));
    let purge = Purge { organization, before };
    let purged = acts::purge::traces(&state.store, key.actor(), purge).await?;
    Ok(Json(PurgedTraces { purged }))
}

/// A trace that the key may see: one that belongs to no organization is for keys that are bound to none.
fn visible(trace: Trace, only: Option<&OrganizationId>) -> Result<Trace> {
    match only {
        Some(only) if trace.organization_id.as_ref() != Some(only) => {
            Err(Error::not_found("trace", trace.id.as_str()))
        }
        _ => Ok(trace),
    }
}
