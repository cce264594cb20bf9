//! Traces are taken away before their time: in batches, and written down before the first goes.

use super::{Outcome, TraceId};
use crate::clock::Time;
use crate::error::Result;
use crate::store::clean_up::BATCH;
use crate::store::db::MultiBackend;
use crate::store::ids::first_id;
use crate::store::schema::traces;
use crate::store::{Db, OrganizationId, Tx, events, organizations};
use diesel::prelude::*;
use serde_json::json;

/// Which traces go: an organization's that began before a moment, but none of a sign-in that is underway.
#[derive(Debug, Clone)]
pub struct Purge {
    /// Whose.
    pub organization: OrganizationId,
    /// Until when they began.
    pub before: Time,
}

/// An ID has the time in it, in which an index finds the oldest.
fn wanted(purge: &Purge) -> traces::BoxedQuery<'_, MultiBackend> {
    traces::table
        .filter(traces::organization_id.eq(&purge.organization))
        .filter(traces::id.lt(first_id(TraceId::PREFIX, purge.before)))
        .filter(traces::started_at.lt(purge.before))
        .filter(traces::outcome.ne(Outcome::InProgress))
        .into_boxed()
}

/// How many there are.
pub fn purgeable(db: &mut Db, purge: &Purge) -> Result<i64> {
    Ok(wanted(purge).count().get_result(db)?)
}

/// Writes down that they go, and how many. Nothing is written where there are none.
pub fn announce_purge(tx: &mut Tx, purge: &Purge) -> Result<i64> {
    let organization = organizations::find(tx.db, &purge.organization)?.id;
    let count = purgeable(tx.db, purge)?;
    if count > 0 {
        let data = json!({ "before": purge.before, "count": count });
        events::append(tx, Some(&organization), "trace.purged", organization.as_str(), data)?;
    }
    Ok(count)
}

/// Takes some of them; fewer than [`BATCH`] are the last.
pub fn purge(tx: &mut Tx, purge: &Purge) -> Result<usize> {
    let some: Vec<TraceId> = wanted(purge)
        .order(traces::id)
        .select(traces::id)
        .limit(i64::try_from(BATCH).unwrap_or(i64::MAX))
        .load(tx.db)?;
    Ok(diesel::delete(traces::table.filter(traces::id.eq_any(some))).execute(tx.db)?)
}
