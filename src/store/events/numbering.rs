//! Gives events their places: one after the other in the stream of all, and without gaps in that of their organization.
//!
//! Writers of events run side by side, so none of them can know what comes before it. Whoever numbers does so after the
//! commits, in their order, and is the only one at it: decision 27. In the same transaction endpoints of webhooks get
//! to know how far they are to be told: decision 25.

use crate::error::Result;
use crate::store::schema::{event_counters as counters, events};
use crate::store::webhooks::lanes;
use crate::store::{Db, OrganizationId, Tx, db};
use diesel::prelude::*;

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

/// Numbers what is committed.
pub fn number(tx: &mut Tx) -> Result<Done> {
    if !db::try_turn(tx.db, TURN)? {
        return Ok(Done::Elsewhere);
    }
    let last = head(tx.db)?;
    // A transaction gets its number with its first write, which comes after its turn. So among transactions that
    // wait for each other the numbers are in the order of commits, whatever the clocks of instances say.
    let order = match tx.db {
        Db::Postgres(_) => "-age(xmin)",
        Db::Sqlite(_) => "rowid",
    };
    let numbered = diesel::sql_query(format!(
        "UPDATE events SET position = numbered.position, sequence = numbered.sequence
         FROM (
             SELECT e.id,
                 {last} + row_number() OVER (ORDER BY e.place, e.id) AS position,
                 coalesce(c.last, 0)
                     + row_number() OVER (PARTITION BY e.organization_id ORDER BY e.place, e.id) AS sequence
             FROM (
                 SELECT id, organization_id, {order} AS place FROM events
                 WHERE position IS NULL ORDER BY place, id LIMIT {BATCH}
             ) AS e
             LEFT JOIN event_counters AS c ON c.name = coalesce(e.organization_id, '{SYSTEM}')
         ) AS numbered
         WHERE events.id = numbered.id"
    ))
    .execute(tx.db)?;
    if numbered == 0 {
        return Ok(Done::Events(0));
    }
    diesel::sql_query(format!(
        "INSERT INTO event_counters (name, last)
         SELECT coalesce(organization_id, '{SYSTEM}'), max(sequence) FROM events
         WHERE position > {last} GROUP BY organization_id
         ON CONFLICT (name) DO UPDATE SET last = excluded.last"
    ))
    .execute(tx.db)?;
    let count = i64::try_from(numbered).unwrap_or_default();
    diesel::update(counters::table.find(ALL))
        .set(counters::last.eq(last.saturating_add(count)))
        .execute(tx.db)?;
    lanes::raise(tx, last)?;
    Ok(Done::Events(numbered))
}

#[cfg(test)]
mod tests;
