//! How far an endpoint has been told, for each organization on its own: what waits, who tells it, and what comes next.
//!
//! A lane is one endpoint and one organization (or the events of none). In it events are told one after the other, so
//! their order is kept. A lane is a row only while something waits: decision 25.

use super::deliveries::{self, Attempt, Sent, State};
use super::{Because, Endpoint, PATIENCE, off, tell};
use crate::crypto::{self, MasterKey};
use crate::error::Result;
use crate::store::events::Event;
use crate::store::events::feed::KEPT;
use crate::store::events::kinds::Kinds;
use crate::store::events::numbering::by_position;
use crate::store::ids::first_id;
use crate::store::schema::{events, webhook_endpoints as endpoints, webhook_lanes as lanes};
use crate::store::{Db, EventId, Json, OrganizationId, Time, Tx, WebhookEndpointId};
use chrono::TimeDelta;
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamp};
use serde_json::json;

/// How long whoever took a lane has it: longer than its [`BATCH`] may take to be told.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);
/// Events of a lane that are told in one go, at most.
pub const BATCH: i64 = 20;
/// When an event that was not taken is told again: so many seconds after each attempt. Then it is given up.
pub const AGAIN: [i64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// The lane of the events that belong to no organization.
const SYSTEM: &str = "system";

/// What waits to be told to one endpoint of one organization's events.
#[derive(Debug, Clone, Queryable)]
pub struct Lane {
    /// The endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// The organization's ID, or `system`.
    pub lane: String,
    /// The place of the last event that is told or given up.
    pub position: i64,
    /// The place of the last event that is to be told.
    pub head: i64,
    /// How often the event after `position` was told in vain.
    pub attempts: i32,
    /// When it may be taken next; for who has taken it, until when it is theirs.
    pub due_at: Time,
}

/// An event that was told, and how that went.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The event.
    pub event: Event,
    /// How it went.
    pub sent: Sent,
}

/// What noting did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    /// It is written down.
    Done,
    /// The event is given up.
    GivenUp,
    /// The lane was somebody else's meanwhile, who tells the same again.
    Lost,
}

/// Has endpoints told of the events after this place, which have just been numbered in the same transaction.
pub(in crate::store) fn raise(tx: &mut Tx, after: i64) -> Result<()> {
    let wishes =
        endpoints::table.select((endpoints::id, endpoints::organization_id, endpoints::events));
    // Held, so that none is deleted or switched on in between.
    let wishes: Vec<Wish> = match tx.db {
        Db::Postgres(conn) => wishes.order(endpoints::id).for_key_share().load(conn)?,
        Db::Sqlite(conn) => wishes.load(conn)?,
    };
    for (id, organization, kinds) in wishes {
        // Words of ours, which need no quoting.
        let of_kinds = kinds
            .chosen()
            .map(|kinds| format!("AND kind IN ('{}')", kinds.join("', '")))
            .unwrap_or_default();
        let of_organization = organization.as_ref().map_or("", |_| "AND organization_id = $3");
        let by_index = if organization.is_none() { by_position(tx.db) } else { "" };
        let query = diesel::sql_query(format!(
            "INSERT INTO webhook_lanes (endpoint_id, lane, position, head, attempts, due_at)
             SELECT $1, coalesce(organization_id, '{SYSTEM}'), min(position) - 1, max(position), 0, $2
             FROM events {by_index} WHERE position > {after} {of_kinds} {of_organization}
             GROUP BY organization_id
             ON CONFLICT (endpoint_id, lane) DO UPDATE SET head = excluded.head"
        ))
        .bind::<Text, _>(id)
        .bind::<Timestamp, _>(tx.now);
        match organization {
            Some(organization) => query.bind::<Text, _>(organization).execute(tx.db)?,
            None => query.execute(tx.db)?,
        };
    }
    Ok(())
}

/// Has what waits at an endpoint told at once, as if for the first time.
pub(super) fn afresh(tx: &mut Tx, id: &WebhookEndpointId) -> Result<()> {
    diesel::update(lanes::table.filter(lanes::endpoint_id.eq(id)))
        .set((lanes::due_at.eq(tx.now), lanes::attempts.eq(0)))
        .execute(tx.db)?;
    Ok(())
}

/// The endpoints that something is to be told now, and whether each takes what it is told.
pub fn due(db: &mut Db, now: Time) -> Result<Vec<(WebhookEndpointId, bool)>> {
    let waiting =
        lanes::table.filter(lanes::endpoint_id.eq(endpoints::id)).filter(lanes::due_at.le(now));
    let found = endpoints::table
        .filter(endpoints::disabled_at.is_null())
        .filter(exists(waiting))
        .order(endpoints::id)
        .select((endpoints::id, endpoints::failing_since.is_null()))
        .load(db)?;
    Ok(found)
}

/// When something is told to an endpoint next; none: nothing waits.
pub fn next_try(db: &mut Db, id: &WebhookEndpointId) -> Result<Option<Time>> {
    let earliest =
        lanes::table.filter(lanes::endpoint_id.eq(id)).select(diesel::dsl::min(lanes::due_at));
    Ok(earliest.first(db)?)
}

/// Takes lanes of an endpoint that are due, so that nobody else tells them for the time of a [`LEASE`].
///
/// Several instances may take at once: on Postgres each passes over the rows that another one holds.
pub fn take(tx: &mut Tx, id: &WebhookEndpointId, most: i64) -> Result<Vec<Lane>> {
    let due = lanes::table
        .filter(lanes::endpoint_id.eq(id))
        .filter(lanes::due_at.le(tx.now))
        .order(lanes::due_at)
        .limit(most);
    let mut taken: Vec<Lane> = match tx.db {
        Db::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
        Db::Sqlite(conn) => due.load(conn)?,
    };
    let until = tx.now.plus(LEASE);
    let names: Vec<&str> = taken.iter().map(|lane| lane.lane.as_str()).collect();
    let own = lanes::table.filter(lanes::endpoint_id.eq(id)).filter(lanes::lane.eq_any(names));
    diesel::update(own).set(lanes::due_at.eq(until)).execute(tx.db)?;
    for lane in &mut taken {
        lane.due_at = until;
    }
    Ok(taken)
}

/// Gives a lane back of which nothing was told.
pub fn release(tx: &mut Tx, lane: &Lane) -> Result<()> {
    let own = lanes::table.find((&lane.endpoint_id, &lane.lane));
    diesel::update(own.filter(lanes::due_at.eq(lane.due_at)))
        .set(lanes::due_at.eq(tx.now))
        .execute(tx.db)?;
    Ok(())
}

/// The next events of a lane that its endpoint wants, oldest first. Those that the stream does not keep are not told.
pub fn next(db: &mut Db, endpoint: &Endpoint, lane: &Lane, now: Time) -> Result<Vec<Event>> {
    let mut query = events::table
        .filter(events::position.gt(lane.position))
        .filter(events::position.le(lane.head))
        .filter(events::id.ge(first_id(EventId::PREFIX, now.minus(KEPT))))
        // What is said of an endpoint is told to others: it would never end.
        .filter(events::subject_id.ne(endpoint.id.as_str()))
        .order(events::position)
        .limit(BATCH)
        .into_boxed();
    query = match lane.lane.as_str() {
        SYSTEM => query.filter(events::organization_id.is_null()),
        organization => query.filter(events::organization_id.eq(organization)),
    };
    if let Some(kinds) = endpoint.events.chosen() {
        query = query.filter(events::kind.eq_any(kinds));
    }
    Ok(query.load(db)?)
}

/// Which events an endpoint wants, and whose.
type Wish = (WebhookEndpointId, Option<OrganizationId>, Json<Kinds>);

/// What comes of a lane.
struct Step {
    position: i64,
    attempts: i32,
    due_at: Time,
    given_up: bool,
}

/// Notes how a lane went: which of its events were told, each taken but perhaps the last. `is_all`: nothing was left
/// between them and the lane's head.
pub fn note(
    tx: &mut Tx,
    master: &MasterKey,
    lane: &Lane,
    tried: &[Tried],
    is_all: bool,
) -> Result<Noted> {
    // The endpoint first, as whoever deletes it does.
    let Some(endpoint) = held(tx, &lane.endpoint_id)? else { return Ok(Noted::Lost) };
    let step = step(lane, tried, is_all, tx.now);
    if !advance(tx, lane, &step)? {
        return Ok(Noted::Lost);
    }
    let last = tried.len().saturating_sub(1);
    let states = tried.iter().enumerate().map(|(at, tried)| match tried.sent.is_accepted() {
        true => (State::Delivered, None),
        false if at == last && !step.given_up => (State::Retrying, Some(step.due_at)),
        false => (State::Failed, None),
    });
    let rows: Vec<_> = tried.iter().zip(states).collect();
    let failed = deliveries::record(tx, master, &endpoint.id, &rows)?;
    judge(tx, &endpoint, tried)?;
    if !step.given_up {
        return Ok(Noted::Done);
    }
    if let (Some(Tried { event, sent }), Some(delivery)) = (tried.last(), failed) {
        let data = json!({
            "delivery_id": delivery, "event_id": event.id, "event_type": event.kind,
            "attempts": lane_attempts(lane, tried), "status": sent.attempt.status, "reason": sent.attempt.error,
        });
        tell(tx, &endpoint, "webhook_delivery.abandoned", data)?;
    }
    Ok(Noted::GivenUp)
}

/// How often the last of these has been told in vain by now.
fn lane_attempts(lane: &Lane, tried: &[Tried]) -> i32 {
    if tried.len() == 1 { lane.attempts.saturating_add(1) } else { 1 }
}

fn step(lane: &Lane, tried: &[Tried], is_all: bool, now: Time) -> Step {
    let place = |tried: Option<&Tried>| tried.and_then(|tried| tried.event.position);
    let told = |position| Step { position, attempts: 0, due_at: now, given_up: false };
    let Some((last, before)) = tried.split_last() else { return told(lane.head) };
    let reached = place(Some(last)).unwrap_or(lane.head);
    if last.sent.is_accepted() {
        return told(if is_all { lane.head } else { reached });
    }
    let attempts = lane_attempts(lane, tried);
    let again = usize::try_from(attempts - 1).ok().and_then(|at| AGAIN.get(at));
    match again {
        None => Step { given_up: true, ..told(reached) },
        Some(seconds) => Step {
            position: place(before.last()).unwrap_or(lane.position),
            attempts,
            due_at: now.plus(jittered(*seconds)),
            given_up: false,
        },
    }
}

/// Up to a tenth longer, so that what failed together does not come together again.
fn jittered(seconds: i64) -> TimeDelta {
    let [chance] = crypto::random::<1>();
    TimeDelta::milliseconds(seconds * 1000 + seconds * 100 * i64::from(chance) / 255)
}

/// Moves a lane on if it is still the caller's; away with it if nothing waits any more.
///
/// On Postgres `head` is compared again after a wait for [`raise`], so what comes at this moment is not lost.
fn advance(tx: &mut Tx, lane: &Lane, step: &Step) -> Result<bool> {
    let own = lanes::table
        .find((&lane.endpoint_id, &lane.lane))
        .filter(lanes::due_at.eq(lane.due_at))
        .filter(lanes::position.eq(lane.position));
    if step.attempts == 0 {
        let over = own.filter(lanes::head.le(step.position));
        if diesel::delete(over).execute(tx.db)? == 1 {
            return Ok(true);
        }
    }
    let moved = diesel::update(own)
        .set((
            lanes::position.eq(step.position),
            lanes::attempts.eq(step.attempts),
            lanes::due_at.eq(step.due_at),
        ))
        .execute(tx.db)?;
    Ok(moved == 1)
}

fn held(tx: &mut Tx, id: &WebhookEndpointId) -> Result<Option<Endpoint>> {
    let row = endpoints::table.find(id);
    Ok(match tx.db {
        Db::Postgres(conn) => row.for_key_share().first(conn).optional()?,
        Db::Sqlite(conn) => row.first(conn).optional()?,
    })
}

/// What these attempts say of the endpoint: it works, it fails, it has failed for too long, or it is gone.
fn judge(tx: &mut Tx, endpoint: &Endpoint, tried: &[Tried]) -> Result<()> {
    let Some(last) = tried.last().map(|tried| &tried.sent) else { return Ok(()) };
    let took_some = tried.iter().any(|tried| tried.sent.is_accepted());
    let row = endpoints::table.find(&endpoint.id);
    let before = endpoint.failing_since.filter(|_| !took_some);
    let failing_since = (!last.is_accepted()).then(|| before.unwrap_or(last.attempt.at));
    if failing_since != endpoint.failing_since {
        diesel::update(row).set(endpoints::failing_since.eq(failing_since)).execute(tx.db)?;
    }
    let is_over = failing_since.is_some_and(|since| tx.now.since(since) >= PATIENCE);
    let because = match last.attempt {
        Attempt { status: Some(410), .. } => Because::Gone,
        _ if is_over => Because::Failing,
        _ => return Ok(()),
    };
    let switched = diesel::update(row.filter(endpoints::disabled_at.is_null()))
        .set((
            endpoints::disabled_at.eq(Some(tx.now)),
            endpoints::disabled_because.eq(Some(because)),
        ))
        .execute(tx.db)?;
    if switched == 1 { off(tx, endpoint, because) } else { Ok(()) }
}
