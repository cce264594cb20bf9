//! API keys: how programs of the vendor prove who they are and what they may do.

use super::db::or_not_found;
use super::input::Faults;
use super::schema::{api_keys, organizations as owners};
use super::types::word;
use super::{
    ApiKeyId, Db, Json, OrganizationId, Page, Time, Tx, Window, events, networks, organizations,
    used,
};
use crate::crypto::{self, Secret};
use crate::error::Result;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use std::net::IpAddr;

/// How long a key is good for when nobody says.
pub const DEFAULT_LIFETIME: TimeDelta = TimeDelta::days(90);

word!(
    /// What a key may do. What is not listed it may not; writing does not include reading.
    Scope {
        /// Read organizations.
        OrganizationsRead = "organizations:read",
        /// Make, change, delete organizations.
        OrganizationsWrite = "organizations:write",
        /// Read domains.
        DomainsRead = "domains:read",
        /// Add, verify, vouch for, remove domains.
        DomainsWrite = "domains:write",
        /// Read connections.
        ConnectionsRead = "connections:read",
        /// Make, change, turn on and off connections.
        ConnectionsWrite = "connections:write",
        /// Read applications.
        ApplicationsRead = "applications:read",
        /// Make, change applications and their secrets.
        ApplicationsWrite = "applications:write",
        /// Read users.
        UsersRead = "users:read",
        /// Suspend, restore, sign out, erase users.
        UsersWrite = "users:write",
        /// Read sign-in traces.
        TracesRead = "traces:read",
        /// Purge sign-in traces.
        TracesWrite = "traces:write",
        /// Read events.
        EventsRead = "events:read",
        /// Read the audit log.
        AuditRead = "audit:read",
        /// Read webhook endpoints and deliveries.
        WebhooksRead = "webhooks:read",
        /// Make, change, test webhook endpoints, and deliver again.
        WebhooksWrite = "webhooks:write",
        /// Read API keys.
        ApiKeysRead = "api_keys:read",
        /// Make, roll, revoke API keys.
        ApiKeysWrite = "api_keys:write",
        /// Read the settings of the gateway.
        SettingsRead = "settings:read",
        /// Change the settings of the gateway.
        SettingsWrite = "settings:write",
    }
);

/// A key, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(treat_none_as_null = true)]
pub struct ApiKey {
    /// Its ID.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// Its SHA-256.
    pub hash: String,
    /// Prefix and last four characters.
    pub hint: String,
    /// What it may do.
    pub scopes: Json<Vec<Scope>>,
    /// The one organization it may do that to; none: all, and what belongs to none.
    pub organization_id: Option<OrganizationId>,
    /// When it was made.
    pub created_at: Time,
    /// From when on it is refused.
    pub expires_at: Option<Time>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Time>,
    /// From where it was last used.
    pub last_used_from: Option<String>,
    /// When another was made in its place.
    pub rolled_at: Option<Time>,
    /// From where it may come; none: from everywhere.
    pub networks: Json<Vec<String>>,
}

impl ApiKey {
    /// Whether it is accepted.
    #[must_use]
    pub fn is_live(&self, now: Time) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether it may do this.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether it may do it to this organization.
    #[must_use]
    pub fn covers(&self, organization: &OrganizationId) -> bool {
        self.organization_id.as_ref().is_none_or(|own| own == organization)
    }

    /// Whether it may come from there.
    #[must_use]
    pub fn admits(&self, from: IpAddr) -> bool {
        networks::admit(&self.networks, from)
    }

    /// Whether this use is worth a [`touch`].
    #[must_use]
    pub fn is_touch_due(&self, now: Time) -> bool {
        used::is_due(self.last_used_at, now)
    }
}

/// What a new key is made of.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The one organization it may do that to.
    pub organization_id: Option<OrganizationId>,
    /// From when on it is refused; none: never. The usual is [`DEFAULT_LIFETIME`] from now.
    pub expires_at: Option<Time>,
    /// From where it may come; none: from everywhere.
    pub networks: Vec<String>,
}

/// Finds a key, live or not.
pub fn find(db: &mut Db, id: &ApiKeyId) -> Result<ApiKey> {
    or_not_found(api_keys::table.find(id).first(db), "API key", id)
}

/// Finds the live key that `secret` is. A key of a deleted organization is not live.
pub fn authenticate(db: &mut Db, secret: &str, now: Time) -> Result<Option<ApiKey>> {
    if !crypto::well_formed(crypto::API_KEY, secret) {
        return Ok(None);
    }
    // The look-up is by hash: how long it takes tells nothing about the key.
    let found = api_keys::table
        .left_join(owners::table.on(owners::id.nullable().eq(api_keys::organization_id)))
        .filter(api_keys::hash.eq(crypto::hash(secret).as_str()))
        .filter(owners::deleted_at.is_null())
        .select(api_keys::all_columns)
        .first::<ApiKey>(db)
        .optional()?;
    Ok(found.filter(|key| key.is_live(now)))
}

/// A page of keys, newest first: of one organization, or all.
pub fn page(
    db: &mut Db,
    window: &Window,
    organization: Option<&OrganizationId>,
) -> Result<Page<ApiKey>> {
    let mut query = api_keys::table
        .order(api_keys::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(api_keys::id.lt(before));
    }
    if let Some(organization) = organization {
        query = query.filter(api_keys::organization_id.eq(organization));
    }
    Ok(Page::of(query.load(db)?, window, |key: &ApiKey| key.id.to_string()))
}

/// How many keys there are: of one organization, or all.
pub fn count(db: &mut Db, organization: Option<&OrganizationId>) -> Result<i64> {
    let mut query = api_keys::table.into_boxed();
    if let Some(organization) = organization {
        query = query.filter(api_keys::organization_id.eq(organization));
    }
    Ok(query.count().get_result(db)?)
}

/// Makes a key, shown this once.
pub fn create(tx: &mut Tx, new: NewApiKey) -> Result<(ApiKey, Secret)> {
    let mut faults = Faults::default();
    let name = faults.name("/name", &new.name);
    if new.scopes.is_empty() {
        faults.add("/scopes", "required", "A key needs at least one scope to be of use.");
    }
    if new.expires_at.is_some_and(|end| end <= tx.now) {
        faults.add("/expires_at", "in_the_past", "The end must be in the future.");
    }
    networks::check(&mut faults, &new.networks);
    faults.finish()?;
    if let Some(organization) = &new.organization_id {
        organizations::find(tx.db, organization)?;
    }
    let mut scopes = Vec::new();
    for scope in new.scopes {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    let (key, secret) = insert(tx, NewApiKey { name, scopes, ..new })?;
    let data = json!({
        "name": key.name, "hint": key.hint, "scopes": *key.scopes, "networks": *key.networks
    });
    tell(tx, &key, "api_key.created", data)?;
    Ok((key, secret))
}

/// Notes that a key was used, and from where. Within a minute of the last time it changes nothing.
pub fn touch(tx: &mut Tx, id: &ApiKeyId, from: &str) -> Result<()> {
    let due = api_keys::last_used_at
        .is_null()
        .or(api_keys::last_used_at.assume_not_null().le(used::due_before(tx.now)));
    diesel::update(api_keys::table.find(id))
        .filter(due)
        .set((api_keys::last_used_at.eq(Some(tx.now)), api_keys::last_used_from.eq(Some(from))))
        .execute(tx.db)?;
    Ok(())
}

/// Makes a key of the same kind in a live key's place. The old one goes on for `overlap`, so that nothing stops. The
/// new one lasts as long as the old one was made for, but not beyond `limit`. A key is rolled once: after that its end is
/// that of the overlap and no longer says what it was made for, and the key in its place is the one to roll.
pub fn roll(
    tx: &mut Tx,
    id: &ApiKeyId,
    overlap: TimeDelta,
    limit: Option<Time>,
) -> Result<(ApiKey, Secret)> {
    let mut old = live(tx, id)?;
    if old.rolled_at.is_some() {
        return Err(crate::error::Error::conflict(
            "api_key_rolled",
            "This key was rolled already. Roll the key that took its place, or revoke this one.",
        ));
    }
    if overlap < TimeDelta::zero() {
        let detail = "The overlap cannot be negative.";
        return Err(crate::error::Error::invalid("/overlap", "out_of_range", detail));
    }
    let lifetime = old.expires_at.map(|end| end.since(old.created_at));
    let end = tx.now.plus(overlap);
    old.rolled_at = Some(tx.now);
    old.expires_at = Some(old.expires_at.map_or(end, |before| before.min(end)));
    diesel::update(&old).set(&old).execute(tx.db)?;
    let ends = lifetime.map(|lifetime| tx.now.plus(lifetime)).into_iter().chain(limit).min();
    let new = NewApiKey {
        name: old.name.clone(),
        scopes: old.scopes.to_vec(),
        organization_id: old.organization_id.clone(),
        expires_at: ends,
        networks: old.networks.to_vec(),
    };
    let (new, secret) = insert(tx, new)?;
    let data = json!({ "name": new.name, "hint": new.hint, "replaced_by": new.id });
    tell(tx, &old, "api_key.rolled", data)?;
    Ok((new, secret))
}

/// Makes a live key useless at once.
pub fn revoke(tx: &mut Tx, id: &ApiKeyId) -> Result<()> {
    let mut key = live(tx, id)?;
    key.revoked_at = Some(tx.now);
    diesel::update(&key).set(&key).execute(tx.db)?;
    let data = json!({ "name": key.name, "hint": key.hint });
    tell(tx, &key, "api_key.revoked", data)
}

fn live(tx: &mut Tx, id: &ApiKeyId) -> Result<ApiKey> {
    let now = tx.now;
    let key = find(tx.db, id)?;
    if key.is_live(now) {
        return Ok(key);
    }
    Err(crate::error::Error::conflict(
        "api_key_ended",
        "This key has ended or was revoked already.",
    ))
}

fn insert(tx: &mut Tx, new: NewApiKey) -> Result<(ApiKey, Secret)> {
    let secret = crypto::token(crypto::API_KEY);
    let key = ApiKey {
        id: ApiKeyId::new(),
        name: new.name,
        hash: crypto::hash(secret.reveal()).into_string(),
        hint: format!("{}…{}", crypto::API_KEY, secret.last_four()),
        scopes: new.scopes.into(),
        organization_id: new.organization_id,
        created_at: tx.now,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
        last_used_from: None,
        rolled_at: None,
        networks: new.networks.into(),
    };
    diesel::insert_into(api_keys::table).values(&key).execute(tx.db)?;
    Ok((key, secret))
}

fn tell(tx: &mut Tx, key: &ApiKey, kind: &'static str, data: serde_json::Value) -> Result<()> {
    events::append(tx, key.organization_id.as_ref(), kind, key.id.as_str(), data)
}

#[cfg(test)]
mod tests;
