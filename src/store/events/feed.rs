//! The stream of events, oldest first, from any place in it: how an app catches up.

use super::kinds::Kinds;
use super::{Event, numbering};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::ids::first_id;
use crate::store::schema::events;
use crate::store::{Db, EventId, OrganizationId};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How far back the stream can be read.
pub const KEPT: TimeDelta = TimeDelta::days(30);

/// Which part of the stream is wanted.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Of this organization only.
    pub organization: Option<OrganizationId>,
    /// Of these kinds.
    pub kinds: Kinds,
    /// From the event after this place on; none: from the oldest that is kept.
    pub after: Option<i64>,
    /// So many at most.
    pub limit: i64,
}

/// A part of the stream.
#[derive(Debug, Clone)]
pub struct Part {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Up to which place the stream has been looked through.
    pub cursor: i64,
}

/// The next events that are wanted. A place from which events are missing already is a fault of `/cursor`: whoever
/// asks has to look at the whole state.
pub fn read(db: &mut Db, wanted: &Wanted, now: Time) -> Result<Part> {
    let head = numbering::head(db)?;
    let before = gone(db, now)?.unwrap_or(head);
    let after = wanted.after.unwrap_or(before);
    if after < before {
        let detail = format!(
            "Events are kept for {} days, and some after this cursor are gone. Read the state of your organizations \
             anew (GET organizations/ID/state), and go on from the cursor that is told there.",
            KEPT.num_days()
        );
        return Err(Error::invalid("/cursor", "cursor_expired", detail));
    }
    if after > head {
        let detail = "The cursor must be the next_cursor of an earlier answer.";
        return Err(Error::invalid("/cursor", "invalid", detail));
    }
    let events = between(db, wanted, after, head)?;
    let is_full = i64::try_from(events.len()).is_ok_and(|count| count >= wanted.limit);
    let last = events.last().and_then(|event| event.position);
    Ok(Part { cursor: last.filter(|_| is_full).unwrap_or(head), events })
}

/// The place of the last event that is not kept any more; none: no event is.
fn gone(db: &mut Db, now: Time) -> Result<Option<i64>> {
    let placed = events::table.filter(events::position.is_not_null()).select(events::position);
    let bound = first_id(EventId::PREFIX, now.minus(KEPT));
    let old: Option<Option<i64>> =
        placed.filter(events::id.lt(bound)).order(events::id.desc()).first(db).optional()?;
    if let Some(place) = old.flatten() {
        return Ok(Some(place));
    }
    // What is older has been taken away.
    let oldest: Option<Option<i64>> = placed.order(events::position).first(db).optional()?;
    Ok(oldest.flatten().map(|place| place - 1))
}

/// Events after one place and up to another, as far as they are wanted and kept.
pub(in crate::store) fn between(
    db: &mut Db,
    wanted: &Wanted,
    after: i64,
    head: i64,
) -> Result<Vec<Event>> {
    let mut query = events::table
        .filter(events::position.gt(after))
        .filter(events::position.le(head))
        .order(events::position)
        .limit(wanted.limit)
        .into_boxed();
    if let Some(organization) = &wanted.organization {
        query = query.filter(events::organization_id.eq(organization));
    }
    if let Some(kinds) = wanted.kinds.chosen() {
        query = query.filter(events::kind.eq_any(kinds));
    }
    Ok(query.load(db)?)
}
