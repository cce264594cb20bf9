//! Sign-in traces: what happened in each attempt, check by check.

use super::answer::{Answer, List};
use super::input::{Listing, PageParams};
use super::schemas;
use super::users::email_param;
use crate::cause::Cause;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::guides::Fix;
use crate::http::caller::{ApiKey, TracesRead};
use crate::http::server::State;
use crate::saml::check::Check;
use crate::store::connections::{self, Connection};
use crate::store::traces::{self, Filter, Outcome, Trace, TraceKind};
use crate::store::{ConnectionId, OrganizationId, TraceId};
use actix_web::get;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One attempt to sign in.
#[derive(Serialize, ToSchema)]
#[schema(as = Trace)]
pub(super) struct TraceView {
    #[schema(example = "trc_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(schema_with = schemas::trace_kind)]
    kind: TraceKind,
    #[schema(schema_with = schemas::outcome)]
    outcome: Outcome,
    /// Why it failed, as a stable word.
    #[schema(example = "audience_mismatch")]
    cause: Option<String>,
    /// Why it failed, in words.
    #[schema(example = "The assertion is meant for a different address")]
    title: Option<String>,
    organization_id: Option<String>,
    connection_id: Option<String>,
    application_id: Option<String>,
    user_id: Option<String>,
    /// Whose sign-in it was, with most of the name hidden.
    #[schema(example = "a•••@globex.example")]
    email: Option<String>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    /// How long it took.
    duration_ms: Option<i64>,
}

/// One attempt to sign in, with every check.
#[derive(Serialize, ToSchema)]
#[schema(as = TraceDetail)]
struct DetailView {
    #[serde(flatten)]
    trace: TraceView,
    /// What was checked in the identity provider's answer, in order. The one that failed is the last.
    checks: Vec<CheckView>,
    /// What to change; `null` if nothing failed.
    fix: Option<FixView>,
}

/// One check.
#[derive(Serialize, ToSchema)]
#[schema(as = Check)]
struct CheckView {
    #[schema(example = "audience")]
    name: &'static str,
    #[schema(example = "Audience")]
    title: &'static str,
    passed: bool,
    /// What had to be there.
    expected: Option<String>,
    /// What was there.
    received: Option<String>,
}

/// What to change, and where.
#[derive(Serialize, ToSchema)]
#[schema(as = Fix)]
struct FixView {
    /// What to do.
    sentence: String,
    /// The way to the field in the identity provider's console, in its own words.
    #[schema(example = "JumpCloud › SSO Applications › Orbit › SSO › SP Entity ID")]
    place: Option<String>,
    /// What belongs there.
    value: Option<String>,
    /// Who can do it; the first is asked first.
    #[schema(value_type = Vec<String>, example = json!(["it_admin"]))]
    who: Vec<crate::locale::Who>,
}

impl From<Check> for CheckView {
    fn from(check: Check) -> Self {
        Self {
            name: check.name.key(),
            title: check.title(),
            passed: check.passed,
            expected: check.expected,
            received: check.received,
        }
    }
}

impl From<Fix> for FixView {
    fn from(fix: Fix) -> Self {
        Self { place: fix.line(), sentence: fix.sentence, value: fix.value, who: fix.who }
    }
}

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
        let filter = Filter { organization, connection, outcome, email };
        let page = traces::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(traces::count(db, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(|trace| state.trace_view(&trace))))
}

/// Get a sign-in trace
///
/// With every check, what was expected and what was received, and what to change.
#[utoipa::path(
    tag = "traces",
    params(schemas::TracePath),
    responses((status = 200, body = DetailView)),
    security(("api_key" = ["traces:read"])),
)]
#[get("/traces/{trace}")]
pub(super) async fn get_trace(
    key: ApiKey<TracesRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<DetailView> {
    let (only, id): (_, TraceId) = (key.organization().cloned(), id.parse()?);
    let (trace, connection) = state
        .store
        .read(move |db| {
            let trace = visible(traces::find(db, &id)?, only.as_ref())?;
            let connection = match &trace.connection_id {
                Some(id) => connections::by_id_with_organization(db, id)?.map(|found| found.0),
                None => None,
            };
            Ok((trace, connection))
        })
        .await?;
    let cause = trace.cause.as_deref().and_then(cause_of);
    Ok(Json(DetailView {
        trace: state.trace_view(&trace),
        fix: cause.map(|cause| state.fix(cause, connection.as_ref()).into()),
        checks: trace.checks.into_inner().into_iter().map(CheckView::from).collect(),
    }))
}

/// The cause of this code, if this version knows it.
fn cause_of(code: &str) -> Option<Cause> {
    Cause::ALL.iter().copied().find(|cause| cause.code() == code)
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

impl State {
    fn trace_view(&self, trace: &Trace) -> TraceView {
        let cause = trace.cause.as_deref().and_then(cause_of);
        let text = |id: &dyn std::fmt::Display| id.to_string();
        TraceView {
            id: text(&trace.id),
            kind: trace.kind,
            outcome: trace.outcome,
            title: cause.map(|cause| self.locale.cause(cause).title.clone()),
            cause: trace.cause.clone(),
            organization_id: trace.organization_id.as_ref().map(|id| text(id)),
            connection_id: trace.connection_id.as_ref().map(|id| text(id)),
            application_id: trace.application_id.as_ref().map(|id| text(id)),
            user_id: trace.user_id.as_ref().map(|id| text(id)),
            email: trace.email.as_deref().map(masked),
            started_at: trace.started_at.to_utc(),
            finished_at: trace.finished_at.map(Time::to_utc),
            duration_ms: trace
                .finished_at
                .map(|end| end.since(trace.started_at).num_milliseconds()),
        }
    }

    /// What to change so that `cause` does not happen again, in the words of the connection's provider.
    fn fix(&self, cause: Cause, connection: Option<&Connection>) -> Fix {
        let public_url = self.config.public_url.as_str();
        let values = |of: fn(&Connection, &str) -> String| {
            connection.map(|connection| of(connection, public_url)).unwrap_or_default()
        };
        let known = connection.and_then(|connection| connection.identity_provider.as_ref());
        let (entity_id, acs, login_url) =
            (values(Connection::entity_id), values(Connection::acs), values(Connection::login_url));
        let values = crate::guides::Values {
            idp_entity_id: known.map(|provider| provider.entity_id.as_str()),
            sp_entity_id: &entity_id,
            acs: &acs,
            login_url: &login_url,
            app: None,
        };
        let provider = connection.map_or("generic", |connection| connection.provider.as_str());
        self.guides.fix(&self.locale, cause, provider, &values)
    }
}

/// An address by which those who know it recognise it: `a•••@globex.example`.
fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}•••@{domain}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_masked() {
        assert_eq!(masked("ada@globex.example"), "a•••@globex.example");
        assert_eq!(masked("é@globex.example"), "é•••@globex.example");
        assert_eq!(masked("nothing"), "n•••@");
    }
}
