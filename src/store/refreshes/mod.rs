//! How reading providers' metadata again goes: when next, by what the copy at hand is recognised, what failed, and what
//! waits for a person.
//!
//! Instances share the work by the row: who moves `next_try_at` ahead does it.

mod lease;
#[cfg(test)]
mod tests;

pub use lease::{Asked, Due, adopt, ask, claim, is_current, is_underway};

use super::connections::{Connection, ConnectionState, tell};
use super::schema::{connections, metadata_refreshes};
use super::{ConnectionId, Db, Json, Time, Tx};
use crate::crypto;
use crate::error::Result;
use crate::fetch::Validators;
use crate::saml::metadata::{Difference, IdentityProvider, difference};
use chrono::TimeDelta;
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashMap;

/// After so long without metadata somebody is told.
pub const PATIENCE: TimeDelta = TimeDelta::hours(24);
/// The shortest time between two tries, whatever a file says.
const SHORTEST: TimeDelta = TimeDelta::minutes(5);
/// The longest time to the next try after a failure.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(6);

/// How reading the metadata of one connection again goes.
#[derive(Debug, Clone, Queryable, Identifiable)]
#[diesel(table_name = metadata_refreshes, primary_key(connection_id))]
pub struct Refresh {
    /// Whose.
    pub connection_id: ConnectionId,
    /// Where the copy at hand came from; none: there is none that a server could recognise.
    pub url: Option<String>,
    /// The copy's `ETag`.
    pub etag: Option<String>,
    /// The copy's `Last-Modified`.
    pub last_modified: Option<String>,
    /// For how many seconds the provider wants the copy to be kept.
    pub cache_seconds: Option<i64>,
    /// Until when the copy is valid.
    pub valid_until: Option<Time>,
    /// When it is due again.
    pub next_try_at: Time,
    /// When the last try ended.
    pub tried_at: Option<Time>,
    /// When a try last succeeded.
    pub fetched_at: Option<Time>,
    /// When a certificate that nobody knew last asked for a try.
    pub asked_at: Option<Time>,
    /// How many tries have failed in a row.
    pub failures: i32,
    /// Since when.
    pub failing_since: Option<Time>,
    /// Why, as a stable word.
    pub fault_code: Option<String>,
    /// Why, in a sentence.
    pub fault: Option<String>,
    /// When that was told.
    pub told_at: Option<Time>,
    /// What waits for a person.
    pub proposed: Option<Json<IdentityProvider>>,
    /// Since when.
    pub proposed_at: Option<Time>,
}

/// Something about a connection's metadata that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// A stable word: `metadata_entity_changed`, `metadata_sign_on_changed`, or why metadata cannot be had.
    pub code: String,
    /// Since when.
    pub since: Time,
    /// What is the matter.
    pub detail: String,
    /// What names the change, for who accepts it; none if there is nothing to accept.
    pub change: Option<String>,
    /// What was, and what would be.
    pub differences: Vec<Difference>,
}

impl Refresh {
    /// What names the change that waits: a hash of it.
    #[must_use]
    pub fn change(&self) -> Option<String> {
        let held = serde_json::to_vec(&**self.proposed.as_ref()?).ok()?;
        Some(crypto::hex(&crypto::sha256(&held)).chars().take(16).collect())
    }

    /// What a person has to look at.
    #[must_use]
    pub fn alerts(&self, connection: &Connection, now: Time) -> Vec<Alert> {
        let mut alerts = Vec::new();
        if let (Some(held), Some(since), Some(known)) =
            (&self.proposed, self.proposed_at, &connection.identity_provider)
        {
            let differences = difference(known, held);
            let is_other = known.entity_id != held.entity_id;
            let (code, what) = if is_other {
                ("metadata_entity_changed", "names another entity ID")
            } else {
                ("metadata_sign_on_changed", "names another sign-on address")
            };
            let detail = format!(
                "The provider's metadata {what}. Nothing of it is taken over until somebody accepts it."
            );
            let change = self.change();
            alerts.push(Alert { code: code.to_owned(), since, detail, change, differences });
        }
        if let (Some(since), Some(code), Some(detail)) =
            (self.failing_since, &self.fault_code, &self.fault)
            && now.since(since) >= PATIENCE
        {
            let (code, detail) = (code.clone(), detail.clone());
            alerts.push(Alert { code, since, detail, change: None, differences: Vec::new() });
        }
        alerts
    }
}

/// How it goes for a connection, if it was tried yet.
pub fn by_connection(db: &mut Db, id: &ConnectionId) -> Result<Option<Refresh>> {
    Ok(metadata_refreshes::table.find(id).first(db).optional()?)
}

/// How it goes for several connections.
pub fn of(db: &mut Db, connections: &[Connection]) -> Result<HashMap<ConnectionId, Refresh>> {
    let ids: Vec<&ConnectionId> = connections.iter().map(|connection| &connection.id).collect();
    let rows: Vec<Refresh> =
        metadata_refreshes::table.filter(metadata_refreshes::connection_id.eq_any(ids)).load(db)?;
    Ok(rows.into_iter().map(|row| (row.connection_id.clone(), row)).collect())
}

/// Metadata that somebody has to look at, of connections in use: the first of it that was out of reach for a day, and the first that waits
/// for a person, `limit` of each at most.
pub fn troubled(db: &mut Db, now: Time, limit: i64) -> Result<Vec<Refresh>> {
    let in_use = || {
        let states = [ConnectionState::Testing, ConnectionState::Active];
        connections::table
            .filter(connections::id.eq(metadata_refreshes::connection_id))
            .filter(connections::state.eq_any(states))
    };
    let unreachable = metadata_refreshes::table
        .filter(metadata_refreshes::failing_since.le(now.minus(PATIENCE)))
        .filter(exists(in_use()))
        .order(metadata_refreshes::failing_since)
        .limit(limit);
    let mut found: Vec<Refresh> = unreachable.load(db)?;
    let held = metadata_refreshes::table
        .filter(metadata_refreshes::proposed_at.is_not_null())
        .filter(exists(in_use()))
        .order(metadata_refreshes::proposed_at)
        .limit(limit);
    let held: Vec<Refresh> = held.load(db)?;
    let is_new = |row: &Refresh| found.iter().all(|known| known.connection_id != row.connection_id);
    let held: Vec<Refresh> = held.into_iter().filter(is_new).collect();
    found.extend(held);
    Ok(found)
}

/// A copy that was fetched: by what it is recognised, and for how long it is good.
#[derive(Debug, Clone, Default)]
pub struct Copy {
    /// What the server said of it.
    pub validators: Validators,
    /// For how many seconds the provider wants it to be kept.
    pub cache_seconds: Option<u64>,
    /// Until when it is valid.
    pub valid_until: Option<Time>,
}

/// Notes that metadata was fetched, and when it is due again.
pub fn fetched(
    tx: &mut Tx,
    connection: &Connection,
    copy: &Copy,
    interval: TimeDelta,
) -> Result<()> {
    let cache_seconds = copy.cache_seconds.and_then(|seconds| i64::try_from(seconds).ok());
    let wait = wait(interval, cache_seconds, copy.valid_until, tx.now);
    diesel::update(metadata_refreshes::table.find(&connection.id))
        .set((
            metadata_refreshes::url.eq(&connection.metadata_url),
            metadata_refreshes::etag.eq(&copy.validators.etag),
            metadata_refreshes::last_modified.eq(&copy.validators.last_modified),
            metadata_refreshes::cache_seconds.eq(cache_seconds),
            metadata_refreshes::valid_until.eq(copy.valid_until),
            metadata_refreshes::next_try_at.eq(tx.now.plus(wait)),
        ))
        .execute(tx.db)?;
    works(tx, connection)
}

/// Notes that the copy at hand is still the provider's.
pub fn unmodified(tx: &mut Tx, connection: &Connection, interval: TimeDelta) -> Result<()> {
    let Some(row) = by_connection(tx.db, &connection.id)? else { return Ok(()) };
    let wait = wait(interval, row.cache_seconds, row.valid_until, tx.now);
    diesel::update(metadata_refreshes::table.find(&connection.id))
        .set(metadata_refreshes::next_try_at.eq(tx.now.plus(wait)))
        .execute(tx.db)?;
    works(tx, connection)
}

/// Notes that a try failed. After a day without success it is told, once.
pub fn failed(
    tx: &mut Tx,
    connection: &Connection,
    code: &str,
    detail: &str,
    interval: TimeDelta,
) -> Result<()> {
    let Some(row) = by_connection(tx.db, &connection.id)? else { return Ok(()) };
    let since = row.failing_since.unwrap_or(tx.now);
    let failures = row.failures.saturating_add(1);
    diesel::update(metadata_refreshes::table.find(&connection.id))
        .set((
            metadata_refreshes::tried_at.eq(tx.now),
            metadata_refreshes::failures.eq(failures),
            metadata_refreshes::failing_since.eq(since),
            metadata_refreshes::fault_code.eq(code),
            metadata_refreshes::fault.eq(detail),
            metadata_refreshes::next_try_at.eq(tx.now.plus(pause(failures, interval))),
        ))
        .execute(tx.db)?;
    if row.told_at.is_none() && tx.now.since(since) >= PATIENCE {
        diesel::update(metadata_refreshes::table.find(&connection.id))
            .set(metadata_refreshes::told_at.eq(tx.now))
            .execute(tx.db)?;
        let data = json!({ "code": code, "detail": detail, "since": since });
        tell(tx, connection, "connection.metadata_unreachable", data)?;
    }
    Ok(())
}

/// Forgets what failed, and tells if it had been told that it did.
fn works(tx: &mut Tx, connection: &Connection) -> Result<()> {
    let told: Option<Option<Time>> = metadata_refreshes::table
        .find(&connection.id)
        .select(metadata_refreshes::told_at)
        .first(tx.db)
        .optional()?;
    diesel::update(metadata_refreshes::table.find(&connection.id))
        .set((
            metadata_refreshes::tried_at.eq(tx.now),
            metadata_refreshes::fetched_at.eq(tx.now),
            metadata_refreshes::failures.eq(0),
            metadata_refreshes::failing_since.eq(None::<Time>),
            metadata_refreshes::fault_code.eq(None::<String>),
            metadata_refreshes::fault.eq(None::<String>),
            metadata_refreshes::told_at.eq(None::<Time>),
        ))
        .execute(tx.db)?;
    if told.flatten().is_some() {
        let data = json!({ "from": "unreachable" });
        tell(tx, connection, "connection.metadata_recovered", data)?;
    }
    Ok(())
}

/// Keeps what only a person takes over. Tells whether it is news.
pub(super) fn hold(tx: &mut Tx, id: &ConnectionId, provider: IdentityProvider) -> Result<bool> {
    let row = by_connection(tx.db, id)?;
    let held = row.and_then(|row| row.proposed);
    let is_known = held.is_some_and(|held| difference(&held, &provider).is_empty());
    if is_known {
        return Ok(false);
    }
    let changed = diesel::update(metadata_refreshes::table.find(id))
        .set((
            metadata_refreshes::proposed.eq(Json::from(provider)),
            metadata_refreshes::proposed_at.eq(tx.now),
        ))
        .execute(tx.db)?;
    Ok(changed == 1)
}

/// Lets go of what was kept for a person. Tells whether there was anything.
pub(super) fn release(tx: &mut Tx, id: &ConnectionId) -> Result<bool> {
    let changed = diesel::update(metadata_refreshes::table.find(id))
        .filter(metadata_refreshes::proposed.is_not_null())
        .set((
            metadata_refreshes::proposed.eq(None::<String>),
            metadata_refreshes::proposed_at.eq(None::<Time>),
        ))
        .execute(tx.db)?;
    Ok(changed == 1)
}

/// A person has given metadata: nothing waits any more, and nothing is wrong.
pub(super) fn settled(tx: &mut Tx, connection: &Connection) -> Result<()> {
    release(tx, &connection.id)?;
    unknown(tx, &connection.id)?;
    works(tx, connection)
}

/// Forgets by what the copy at hand is recognised, so that the next try reads all of it.
pub(super) fn unknown(tx: &mut Tx, id: &ConnectionId) -> Result<()> {
    diesel::update(metadata_refreshes::table.find(id))
        .set(metadata_refreshes::url.eq(None::<String>))
        .execute(tx.db)?;
    Ok(())
}

/// How long to wait after a success: the interval, or less where the file wants it or ends before. A tenth of it is left
/// to chance, so that not all connections of one provider are due at once.
fn wait(
    interval: TimeDelta,
    cache_seconds: Option<i64>,
    valid_until: Option<Time>,
    now: Time,
) -> TimeDelta {
    let cached = cache_seconds.and_then(TimeDelta::try_seconds);
    let valid = valid_until.map(|until| until.since(now) / 2);
    let wanted = [cached, valid].into_iter().flatten().fold(interval, TimeDelta::min);
    let wanted = wanted.max(SHORTEST.min(interval));
    let chance = i32::from(u8::from_le_bytes(crypto::random::<1>()));
    wanted - wanted / 10 * chance / 256
}

/// How long to wait after a failure: five minutes, and each time twice as long.
fn pause(failures: i32, interval: TimeDelta) -> TimeDelta {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or_default().min(10);
    let pause = SHORTEST * 2_i32.saturating_pow(doublings);
    pause.min(interval.max(SHORTEST)).min(LONGEST_PAUSE)
}
