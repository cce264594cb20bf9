//! The audit log: who did what to what, from where, and what was before and after.

use super::answer::{Answer, List};
use super::input::{Listing, PageParams, Params};
use super::{organizations, schemas};
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, AuditRead};
use crate::http::error::ApiError;
use crate::http::exported::{self, Format};
use crate::http::server::State;
use crate::store::events::kinds::Kinds;
use crate::store::events::{self, Filter};
use crate::store::{Db, EventId, OrganizationId};
use crate::views::audit::AuditEventView;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which records are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this organization: its ID, or `external:` and your own.
    organization: Option<String>,
    /// Only those of these types, with commas between: `user.created`, or `user.*` for all of a noun.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Only what this one did: `cli:ada`, or `api_key:` or `application:` and an ID.
    actor: Option<String>,
    /// Only what happened to the thing with this ID.
    subject: Option<String>,
    /// Only from this time on.
    since: Option<DateTime<Utc>>,
    /// Only before this time.
    until: Option<DateTime<Utc>>,
}

/// The same, and how to write them.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ExportParams {
    /// `jsonl`: a JSON document a line; `csv`: with the names of columns first.
    #[param(inline)]
    format: Option<Format>,
    /// Only those of this organization: its ID, or `external:` and your own.
    organization: Option<String>,
    /// Only those of these types, with commas between: `user.created`, or `user.*` for all of a noun.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Only what this one did: `cli:ada`, or `api_key:` or `application:` and an ID.
    actor: Option<String>,
    /// Only what happened to the thing with this ID.
    subject: Option<String>,
    /// Only from this time on.
    since: Option<DateTime<Utc>>,
    /// Only before this time.
    until: Option<DateTime<Utc>>,
}

impl ListParams {
    fn filter(self, db: &mut Db, only: Option<OrganizationId>) -> Result<Filter> {
        let words: Vec<String> = self
            .kind
            .iter()
            .flat_map(|kind| kind.split(','))
            .map(|word| word.trim().to_owned())
            .collect();
        Ok(Filter {
            organization: organizations::filter(db, only, self.organization)?,
            kinds: Kinds::parse(&words, "/type")?,
            actor: self.actor,
            subject: self.subject,
            since: self.since.map(Into::into),
            until: self.until.map(Into::into),
            ..Filter::default()
        })
    }
}

/// List audit events
///
/// Newest first, as long as `retention.audit` keeps them.
#[utoipa::path(
    tag = "audit_events",
    params(PageParams, ListParams),
    responses((status = 200, body = List<AuditEventView>)),
    security(("api_key" = ["audit:read"])),
)]
#[get("/audit_events")]
pub(super) async fn list_audit_events(
    key: ApiKey<AuditRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<AuditEventView>> {
    if listing.count {
        let detail = "The log goes on, so its records are not counted.";
        return Err(ApiError::from(Error::invalid("/count", "unknown_field", detail)));
    }
    let only = key.organization().cloned();
    let page = state.store.read(move |db| {
        let filter = listing.filter.filter(db, only)?;
        Ok(List::of(events::page(db, &listing.window, &filter)?, None))
    });
    Ok(Json(page.await?.map(AuditEventView::from)))
}

/// Get an audit event
#[utoipa::path(
    tag = "audit_events",
    params(schemas::AuditEventPath),
    responses((status = 200, body = AuditEventView)),
    security(("api_key" = ["audit:read"])),
)]
#[get("/audit_events/{audit_event}")]
pub(super) async fn get_audit_event(
    key: ApiKey<AuditRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<AuditEventView> {
    let (only, id): (_, EventId) = (key.organization().cloned(), id.parse()?);
    let event = state.store.read(move |db| {
        let event = events::find(db, &id)?;
        match only {
            Some(only) if event.organization_id.as_ref() != Some(&only) => {
                Err(Error::not_found("event", id.as_str()))
            }
            _ => Ok(event),
        }
    });
    Ok(Json(event.await?.into()))
}

/// Export audit events
///
/// All that fit, newest first, as they are read: an answer that breaks off ends without its last line.
#[utoipa::path(
    tag = "audit_events",
    params(ExportParams),
    responses((status = 200, content_type = "application/jsonl", body = String)),
    security(("api_key" = ["audit:read"])),
)]
#[get("/audit_events/export")]
pub(super) async fn export_audit_events(
    key: ApiKey<AuditRead>,
    state: Data<State>,
    params: Params<ExportParams>,
) -> Result<HttpResponse, ApiError> {
    let ExportParams { format, organization, kind, actor, subject, since, until } = params.0;
    let format = format.unwrap_or(Format::Jsonl);
    let wanted = ListParams { organization, kind, actor, subject, since, until };
    let only = key.organization().cloned();
    let filter = state.store.read(move |db| wanted.filter(db, only)).await?;
    Ok(exported::events(state.store.clone(), Some(filter), format))
}
