//! Addresses of apps that are told of events as they happen (Standard Webhooks 1.0.0).

mod check;
pub mod deliveries;
pub mod lanes;
pub mod listing;
#[cfg(test)]
mod tests;

use super::db::or_not_found;
use super::events::kinds::Kinds;
use super::schema::webhook_endpoints as endpoints;
use super::types::word;
use super::{
    Db, Json, OrganizationId, Page, Scope, Time, Tx, WebhookEndpointId, Window, events, mails,
    organizations,
};
use crate::crypto::{self, MasterKey, Place, Secret, WebhookKey};
use crate::error::{Error, Result};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::{Value, json};
use std::num::NonZeroU32;

/// For how long an endpoint may fail before it is switched off.
pub const PATIENCE: TimeDelta = TimeDelta::days(5);

word!(
    /// Why an endpoint is not told of anything.
    Because {
        /// Somebody switched it off.
        ByHand = "by_hand",
        /// It failed for five days.
        Failing = "failing",
        /// It answered that it is gone (410).
        Gone = "gone",
    }
);

/// An address that is told of events.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = endpoints, treat_none_as_null = true)]
pub struct Endpoint {
    /// Its ID.
    pub id: WebhookEndpointId,
    /// The one organization whose events it is told; none: those of all, and those of none.
    pub organization_id: Option<OrganizationId>,
    /// Its address.
    pub url: String,
    /// What people say of it.
    pub description: Option<String>,
    /// Which events it wants.
    pub events: Json<Kinds>,
    /// Its secret, sealed.
    pub secret: String,
    /// The secret before it, sealed, while both sign.
    pub previous_secret: Option<String>,
    /// Until when both sign.
    pub previous_until: Option<Time>,
    /// Since when it has taken nothing.
    pub failing_since: Option<Time>,
    /// Since when it is told nothing.
    pub disabled_at: Option<Time>,
    /// Why it is told nothing.
    pub disabled_because: Option<Because>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// What a new endpoint is made of.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// The one organization whose events it is told.
    pub organization_id: Option<OrganizationId>,
    /// Its address.
    pub url: String,
    /// What people say of it.
    pub description: Option<String>,
    /// Which events it wants.
    pub events: Kinds,
}

/// What is to change; what is left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct EndpointPatch {
    /// Its address.
    pub url: Option<String>,
    /// What people say of it.
    pub description: Option<Option<String>>,
    /// Which events it wants.
    pub events: Option<Kinds>,
    /// Whether it is told of events. Switched on again, it goes on where it stopped.
    pub enabled: Option<bool>,
}

impl Endpoint {
    /// Which writes wait for changes of it, and it for them.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.organization_id.as_ref().map_or(Scope::System, Scope::from)
    }

    /// The keys that sign now: the current one first, and the one before it while a rotation lasts.
    pub fn keys(&self, master: &MasterKey, now: Time) -> Result<Vec<WebhookKey>> {
        let mut keys = vec![self.open(master, "secret", &self.secret)?];
        let lasts = self.previous_until.is_some_and(|until| now < until);
        if let Some(previous) = self.previous_secret.as_deref().filter(|_| lasts) {
            keys.push(self.open(master, "previous_secret", previous)?);
        }
        Ok(keys)
    }

    fn open(&self, master: &MasterKey, column: &'static str, sealed: &str) -> Result<WebhookKey> {
        let opened = master.open(sealed, &place(&self.id, column))?.to_text();
        let key = opened.and_then(|secret| WebhookKey::parse(secret.reveal()));
        key.ok_or_else(|| Error::Internal(anyhow::anyhow!("{column} of {} is no secret", self.id)))
    }
}

fn place<'a>(id: &'a WebhookEndpointId, column: &'static str) -> Place<'a> {
    Place { table: "webhook_endpoints", column, row: id.as_str() }
}

/// Finds an endpoint.
pub fn find(db: &mut Db, id: &WebhookEndpointId) -> Result<Endpoint> {
    or_not_found(endpoints::table.find(id).first(db), "webhook endpoint", id)
}

/// A page of endpoints, newest first: of one organization, or all.
pub fn page(
    db: &mut Db,
    window: &Window,
    organization: Option<&OrganizationId>,
) -> Result<Page<Endpoint>> {
    let mut query = endpoints::table
        .order(endpoints::id.desc())
        .filter(endpoints::id.lt(window.bound()))
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(organization) = organization {
        query = query.filter(endpoints::organization_id.eq(organization));
    }
    Ok(Page::of(query.load(db)?, window, |row: &Endpoint| row.id.to_string()))
}

/// Endpoints that take nothing, or were switched off for that, the newest first and `limit` at most.
pub fn troubled(db: &mut Db, limit: i64) -> Result<Vec<Endpoint>> {
    let fails = endpoints::failing_since.is_not_null().and(endpoints::disabled_at.is_null());
    let is_off = endpoints::disabled_because.assume_not_null().ne(Because::ByHand);
    let rows = endpoints::table
        .filter(fails.or(endpoints::disabled_because.is_not_null().and(is_off)))
        .order(endpoints::id.desc())
        .limit(limit);
    Ok(rows.load(db)?)
}

/// How many endpoints there are: of one organization, or all.
pub fn count(db: &mut Db, organization: Option<&OrganizationId>) -> Result<i64> {
    let mut query = endpoints::table.into_boxed();
    if let Some(organization) = organization {
        query = query.filter(endpoints::organization_id.eq(organization));
    }
    Ok(query.count().get_result(db)?)
}

/// Makes an endpoint with a secret, which is shown this once. It is told of what happens from now on. There are not more
/// than `most`: every event is looked at for each of them.
pub fn create(
    tx: &mut Tx,
    master: &MasterKey,
    new: NewEndpoint,
    most: Option<NonZeroU32>,
) -> Result<(Endpoint, Secret)> {
    check::fields(&new.url, new.description.as_deref())?;
    if let Some(organization) = &new.organization_id {
        organizations::find(tx.db, organization)?;
    }
    check::room(tx.db, most)?;
    let (id, secret) = (WebhookEndpointId::new(), crypto::webhook_secret());
    let sealed = master.seal(secret.reveal().as_bytes(), &place(&id, "secret"))?;
    let endpoint = Endpoint {
        id,
        organization_id: new.organization_id,
        url: new.url,
        description: new.description,
        events: new.events.into(),
        secret: sealed,
        previous_secret: None,
        previous_until: None,
        failing_since: None,
        disabled_at: None,
        disabled_because: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    diesel::insert_into(endpoints::table).values(&endpoint).execute(tx.db)?;
    tell(tx, &endpoint, "webhook_endpoint.created", of(&endpoint))?;
    Ok((endpoint, secret))
}

/// Changes an endpoint.
pub fn change(tx: &mut Tx, id: &WebhookEndpointId, patch: EndpointPatch) -> Result<Endpoint> {
    let mut endpoint = locked(tx, id)?;
    let before = kept(&endpoint);
    let EndpointPatch { url, description, events, enabled } = patch;
    endpoint.url = url.unwrap_or(endpoint.url);
    endpoint.description = description.unwrap_or(endpoint.description);
    endpoint.events = events.map_or(endpoint.events, Json::from);
    check::fields(&endpoint.url, endpoint.description.as_deref())?;
    let is_changed = before != kept(&endpoint);
    let turned = enabled.filter(|enabled| *enabled != endpoint.disabled_at.is_none());
    if let Some(enabled) = turned {
        endpoint.disabled_at = (!enabled).then_some(tx.now);
        endpoint.disabled_because = (!enabled).then_some(Because::ByHand);
        endpoint.failing_since = None;
    }
    if !is_changed && turned.is_none() {
        return Ok(endpoint);
    }
    endpoint.updated_at = tx.now;
    diesel::update(&endpoint).set(&endpoint).execute(tx.db)?;
    if is_changed || enabled == Some(true) {
        lanes::afresh(tx, id)?;
    }
    if is_changed {
        let (data, owner) = (of(&endpoint), endpoint.organization_id.as_ref());
        let change = (&before, &kept(&endpoint));
        let kind = "webhook_endpoint.updated";
        events::append_change(tx, owner, kind, id.as_str(), data, change)?;
    }
    match turned {
        Some(true) => tell(tx, &endpoint, "webhook_endpoint.enabled", json!({}))?,
        Some(false) => off(tx, &endpoint, Because::ByHand)?,
        None => {}
    }
    Ok(endpoint)
}

/// Makes another secret, shown this once. For `overlap` the one before signs beside it.
pub fn rotate(
    tx: &mut Tx,
    master: &MasterKey,
    id: &WebhookEndpointId,
    overlap: TimeDelta,
) -> Result<(Endpoint, Secret)> {
    let mut endpoint = locked(tx, id)?;
    let before = master.open(&endpoint.secret, &place(id, "secret"))?;
    let secret = crypto::webhook_secret();
    let lasts = overlap > TimeDelta::zero();
    endpoint.previous_secret =
        lasts.then(|| master.seal(before.reveal(), &place(id, "previous_secret"))).transpose()?;
    endpoint.previous_until = lasts.then(|| tx.now.plus(overlap));
    endpoint.secret = master.seal(secret.reveal().as_bytes(), &place(id, "secret"))?;
    endpoint.updated_at = tx.now;
    diesel::update(&endpoint).set(&endpoint).execute(tx.db)?;
    let data = json!({ "previous_until": endpoint.previous_until });
    tell(tx, &endpoint, "webhook_endpoint.secret_rotated", data)?;
    Ok((endpoint, secret))
}

/// Deletes an endpoint, with what is known of its deliveries.
pub fn delete(tx: &mut Tx, id: &WebhookEndpointId) -> Result<()> {
    let endpoint = locked(tx, id)?;
    diesel::delete(&endpoint).execute(tx.db)?;
    tell(tx, &endpoint, "webhook_endpoint.deleted", json!({ "url": endpoint.url }))
}

/// The endpoint, kept from those who take its lanes or raise them: they hold it first, too, so that none waits in a circle.
fn locked(tx: &mut Tx, id: &WebhookEndpointId) -> Result<Endpoint> {
    if let Db::Postgres(conn) = tx.db {
        endpoints::table
            .find(id)
            .select(endpoints::id)
            .for_update()
            .first::<WebhookEndpointId>(conn)
            .optional()?;
    }
    find(tx.db, id)
}

fn off(tx: &mut Tx, endpoint: &Endpoint, because: Because) -> Result<()> {
    mails::webhook_is_off(tx, endpoint, because)?;
    let data = json!({ "because": because, "url": endpoint.url });
    tell(tx, endpoint, "webhook_endpoint.disabled", data)
}

fn of(endpoint: &Endpoint) -> Value {
    json!({ "url": endpoint.url, "events": *endpoint.events })
}

/// What the audit log keeps of an endpoint, before a change and after it.
fn kept(endpoint: &Endpoint) -> Value {
    json!({
        "url": endpoint.url,
        "events": *endpoint.events,
        "description": endpoint.description,
    })
}

fn tell(tx: &mut Tx, endpoint: &Endpoint, kind: &'static str, data: Value) -> Result<()> {
    events::append(tx, endpoint.organization_id.as_ref(), kind, endpoint.id.as_str(), data)
}
