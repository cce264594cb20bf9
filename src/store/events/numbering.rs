//! Gives events their places: one after the other in the stream of all, and without gaps in that of their organization.
//!
//! Writers of events run side by side, so none of them can know what comes before it. Whoever numbers does so after the
//! commits, in their order, and is the only one at it: decision 27. In the same transaction endpoints of webhooks get
//! to know how far they are to be told: decision 25.

use super::chain::{self, Kept, Placed};
use crate::error::Result;
use crate::store::schema::{event_counters as counters, events};
use crate::store::webhooks::lanes;
use crate::store::{Db, OrganizationId, Tx, db};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::HashMap;

/// Events that one transaction numbers at most, so that nobody waits long for it.
pub const BATCH: usize = 1000;
/// The turn of whoever numbers.
const TURN: &str = "event numbering";
/// The counter of all events.
const ALL: &str = "all";
/// The counter of the events that belong to no organization.
const SYSTEM: &str = "system";

/// What numbering did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// So many events have got their places.
    Events(usize),
    /// Somebody else is at it.
    Elsewhere,
}

/// Whether there are events without a place.
pub fn is_due(db: &mut Db) -> Result<bool> {
    let due = events::table.filter(events::position.is_null());
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(db)?)
}

/// The place of the last event that has one; 0 if none has.
pub fn head(db: &mut Db) -> Result<i64> {
    let last = counters::table.find(ALL).select(counters::last).first(db).optional()?;
    Ok(last.unwrap_or(0))
}

/// The number of the last event of an organization that has one; 0 if none has.
pub fn last_of(db: &mut Db, organization: &OrganizationId) -> Result<i64> {
    let last = counters::table.find(organization.as_str()).select(counters::last).first(db);
    Ok(last.optional()?.unwrap_or(0))
}

/// An event without a place, and the last number that was given in its organization.
#[derive(QueryableByName)]
struct Due {
    #[diesel(embed)]
    kept: Kept,
    #[diesel(sql_type = BigInt)]
    last: i64,
}

/// Numbers what is committed, and makes the next links of the [`chain`].
pub fn number(tx: &mut Tx) -> Result<Done> {
    if !db::try_turn(tx.db, TURN)? {
        return Ok(Done::Elsewhere);
    }
    let last = head(tx.db)?;
    let placed = place(tx.db, last)?;
    if placed.is_empty() {
        return Ok(Done::Events(0));
    }
    let numbered = chain::write(tx, &placed)?;
    diesel::sql_query(counting(tx.db, last)).execute(tx.db)?;
    let count = i64::try_from(numbered).unwrap_or_default();
    diesel::update(counters::table.find(ALL))
        .set(counters::last.eq(last.saturating_add(count)))
        .execute(tx.db)?;
    lanes::raise(tx, last)?;
    Ok(Done::Events(numbered))
}

/// How SQLite finds the events after a place, of which there are few: left alone it reads all of them in the order of an
/// index that fits the grouping. Postgres knows how many there are.
pub(in crate::store) const fn by_position(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(_) => "INDEXED BY events_position",
        Db::Postgres(_) => "",
    }
}

/// Counts what came after a place.
fn counting(db: &Db, after: i64) -> String {
    let by_position = by_position(db);
    format!(
        "INSERT INTO event_counters (name, last)
         SELECT coalesce(organization_id, '{SYSTEM}'), max(sequence) FROM events {by_position}
         WHERE position > {after} GROUP BY organization_id
         ON CONFLICT (name) DO UPDATE SET last = excluded.last"
    )
}

/// Finds the next events that have no place, in their order.
fn unnumbered(db: &Db) -> String {
    // A transaction gets its number with its first write, which comes after its turn. So among transactions that
    // wait for each other the numbers are in the order of commits, whatever the clocks of instances say.
    // Left alone SQLite would read all events there are, since they are in this order already.
    let (order, by_index) = match db {
        Db::Postgres(_) => ("-age(xmin)", ""),
        Db::Sqlite(_) => ("rowid", "INDEXED BY events_unnumbered"),
    };
    format!(
        "SELECT e.*, coalesce(c.last, 0) AS last
         FROM (
             SELECT {}, {order} AS place FROM events {by_index}
             WHERE position IS NULL ORDER BY place, id LIMIT {BATCH}
         ) AS e
         LEFT JOIN event_counters AS c ON c.name = coalesce(e.organization_id, '{SYSTEM}')
         ORDER BY e.place, e.id",
        Kept::COLUMNS
    )
}

/// The next events that have no place, in their order, with the places that they get after `last`.
fn place(db: &mut Db, last: i64) -> Result<Vec<Placed>> {
    let due: Vec<Due> = diesel::sql_query(unnumbered(db)).load(db)?;
    let (mut position, mut hash) = (last, chain::head(db)?.hash);
    let mut sequences: HashMap<Option<String>, i64> = HashMap::new();
    let mut placed = Vec::with_capacity(due.len());
    for Due { kept, last } in due {
        position += 1;
        let sequence = sequences.entry(kept.organization_id.clone()).or_insert(last);
        *sequence += 1;
        hash = kept.hash(&hash, position, *sequence)?;
        placed.push(Placed { id: kept.id, position, sequence: *sequence, hash: hash.clone() });
    }
    Ok(placed)
}

#[cfg(test)]
mod tests;
