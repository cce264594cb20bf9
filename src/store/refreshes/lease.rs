//! Who reads metadata again: instances take rows that are due, and nobody else takes them for a while.

use super::{Refresh, by_connection};
use crate::error::Result;
use crate::fetch::Validators;
use crate::store::connections::{self as all, Connection, ConnectionState};
use crate::store::schema::{connections, metadata_refreshes, organizations};
use crate::store::{ConnectionId, Db, Time, Tx, on_backend};
use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

/// For how long who took a row has it: much longer than a fetch may take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// When a row is looked at again whose connection is not in use.
const PARKED: TimeDelta = TimeDelta::hours(1);
/// Rows that an instance takes at a time.
const BATCH: i64 = 8;
/// Rows that are made in one transaction.
const NEW: i64 = 500;
/// How often an unknown certificate may ask, by connection.
const ASKING: TimeDelta = TimeDelta::minutes(1);
/// After so long nobody is at it any more: longer than a fetch may take.
const GIVEN_UP: TimeDelta = TimeDelta::seconds(15);

/// A connection whose metadata is to be read now.
#[derive(Debug, Clone)]
pub struct Due {
    /// The connection, which has a metadata address.
    pub connection: Connection,
    /// Where its metadata is.
    pub url: String,
    /// By what the copy at hand is recognised.
    pub known: Validators,
    /// When the try before this one ended.
    pub tried_at: Option<Time>,
}

/// Whether an unknown certificate may have the metadata read.
#[derive(Debug, Clone)]
pub enum Asked {
    /// Yes, and the caller does it.
    Granted(Box<Due>),
    /// Somebody is at it, since this moment.
    Underway(Time),
    /// Not now: it was done a moment ago, or there is no address.
    Refused,
}

/// Makes the rows that are missing: of connections that have got an address. How many.
pub fn adopt(tx: &mut Tx, interval: TimeDelta) -> Result<usize> {
    let row =
        metadata_refreshes::table.filter(metadata_refreshes::connection_id.eq(connections::id));
    let found: Vec<(ConnectionId, Option<Time>, Time)> = connections::table
        .filter(connections::metadata_url.is_not_null())
        .filter(not(exists(row)))
        .select((connections::id, connections::metadata_at, connections::created_at))
        .limit(NEW)
        .load(tx.db)?;
    for (id, metadata_at, created_at) in &found {
        insert(tx, id, metadata_at.unwrap_or(*created_at).plus(interval))?;
    }
    Ok(found.len())
}

fn insert(tx: &mut Tx, id: &ConnectionId, next_try_at: Time) -> Result<()> {
    let row =
        (metadata_refreshes::connection_id.eq(id), metadata_refreshes::next_try_at.eq(next_try_at));
    on_backend!(tx.db, conn => diesel::insert_into(metadata_refreshes::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    Ok(())
}

/// Takes some of the rows that are due: for five minutes they are nobody else's. Should the instance die, they are due
/// again then; reading the same metadata twice changes nothing.
pub fn claim(tx: &mut Tx) -> Result<Vec<Due>> {
    let due = metadata_refreshes::table
        .filter(metadata_refreshes::next_try_at.le(tx.now))
        .order(metadata_refreshes::next_try_at)
        .select(metadata_refreshes::connection_id)
        .limit(BATCH);
    // SQLite has one writer, so nobody else is in between.
    let ids: Vec<ConnectionId> = match tx.db {
        Db::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
        Db::Sqlite(conn) => due.load(conn)?,
    };
    let mut claimed = Vec::new();
    for id in ids {
        let found = in_use(tx.db, &id)?;
        let ahead = if found.is_some() { LEASE } else { PARKED };
        diesel::update(metadata_refreshes::table.find(&id))
            .set(metadata_refreshes::next_try_at.eq(tx.now.plus(ahead)))
            .execute(tx.db)?;
        let row = by_connection(tx.db, &id)?;
        claimed
            .extend(found.map(|(connection, url)| due_of(connection, url, row.as_ref(), tx.now)));
    }
    Ok(claimed)
}

/// Asks to have the metadata of a connection read because a certificate is unknown: at most once a minute, whichever
/// instance asks.
pub fn ask(tx: &mut Tx, id: &ConnectionId) -> Result<Asked> {
    let Some((connection, url)) = in_use(tx.db, id)? else { return Ok(Asked::Refused) };
    insert(tx, id, tx.now)?;
    let granted = diesel::update(metadata_refreshes::table.find(id))
        .filter(
            metadata_refreshes::asked_at
                .is_null()
                .or(metadata_refreshes::asked_at.le(tx.now.minus(ASKING))),
        )
        .set((
            metadata_refreshes::asked_at.eq(tx.now),
            metadata_refreshes::next_try_at.eq(tx.now.plus(LEASE)),
        ))
        .execute(tx.db)?;
    if granted == 1 {
        // All of it: what a cache on the way says of the copy at hand does not count now.
        let row = by_connection(tx.db, id)?;
        let due = due_of(connection, url, row.as_ref(), tx.now);
        return Ok(Asked::Granted(Box::new(Due { known: Validators::default(), ..due })));
    }
    let row = by_connection(tx.db, id)?;
    Ok(match row.as_ref().and_then(|row| row.asked_at) {
        Some(at) if row.is_some_and(|row| is_underway(&row, tx.now)) => Asked::Underway(at),
        _ => Asked::Refused,
    })
}

/// Whether what an unknown certificate asked for is still being done.
#[must_use]
pub fn is_underway(row: &Refresh, now: Time) -> bool {
    let is_open = |asked| row.tried_at.is_none_or(|tried| tried < asked);
    row.asked_at.is_some_and(|asked| is_open(asked) && now.since(asked) < GIVEN_UP)
}

fn due_of(connection: Connection, url: String, row: Option<&Refresh>, now: Time) -> Due {
    let is_of_this_url = |row: &&Refresh| row.url.as_deref() == Some(url.as_str());
    let is_valid = |row: &&Refresh| row.valid_until.is_none_or(|until| until > now);
    let known = row
        .filter(is_of_this_url)
        .filter(is_valid)
        .map(|row| Validators { etag: row.etag.clone(), last_modified: row.last_modified.clone() });
    let tried_at = row.and_then(|row| row.tried_at);
    Due { connection, url, known: known.unwrap_or_default(), tried_at }
}

/// Whether nothing was decided about a connection's metadata while it was read: nobody has given other metadata or another
/// address, changed by whom it must be signed, or ended a try of their own. What was read before that is out of date, and
/// that it failed is no news.
pub fn is_current(db: &mut Db, due: &Due) -> Result<bool> {
    let Some((now, _)) = all::by_id_with_organization(db, &due.connection.id)? else {
        return Ok(false);
    };
    let then = &due.connection;
    let tried_at = by_connection(db, &then.id)?.and_then(|row| row.tried_at);
    Ok(now.metadata_url.as_ref() == Some(&due.url)
        && now.metadata_at == then.metadata_at
        && now.settings.metadata_certificate == then.settings.metadata_certificate
        && tried_at == due.tried_at)
}

/// A connection that people sign in or try to, and its metadata address.
fn in_use(db: &mut Db, id: &ConnectionId) -> Result<Option<(Connection, String)>> {
    let found: Option<Connection> = connections::table
        .inner_join(organizations::table)
        .filter(connections::id.eq(id))
        .filter(connections::state.eq_any([ConnectionState::Testing, ConnectionState::Active]))
        .filter(organizations::deleted_at.is_null())
        .select(connections::all_columns)
        .first(db)
        .optional()?;
    Ok(found.and_then(|connection| {
        let url = connection.metadata_url.clone()?;
        Some((connection, url))
    }))
}
