//! The chain of hashes over all events, by which a change of what was written down is seen (decision 30).
//!
//! Each event's hash is made of all that is kept of it and of the hash before it, in the order of their places. Whoever
//! numbers events makes it, so nobody waits for it. What retention takes away leaves its last hash behind: the anchor.

use super::{Change, append};
use crate::clock::Time;
use crate::crypto;
use crate::error::{Error, Result};
use crate::store::db::listed_events;
use crate::store::ids::first_id;
use crate::store::schema::{audit_chain as chain, events};
use crate::store::{Db, EventId, Json, Tx};
use chrono::{SecondsFormat, TimeDelta};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The last event that is in the chain.
const HEAD: &str = "head";
/// The last event that was taken away, or the last one from before there was a chain.
const ANCHOR: &str = "anchor";
/// The kind of the event by which retention tells what it took away.
const TRIMMED: &str = "audit_log.trimmed";
/// Events that are read at a time.
const BATCH: i64 = 1000;

/// A place in the chain and its hash.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Link {
    /// The place.
    pub position: i64,
    /// The hash of what is there and of all before it, in hexadecimal.
    pub hash: String,
}

/// An event as the chain has it: texts as they are stored, whatever they are.
#[derive(Debug, Clone, Queryable, QueryableByName)]
#[diesel(table_name = events)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) organization_id: Option<String>,
    kind: String,
    actor: String,
    subject_id: String,
    data: String,
    created_at: Time,
    origin: Option<String>,
    change: Option<String>,
}

/// What goes back to an event that has got its place.
#[derive(Debug, Serialize)]
pub(super) struct Placed {
    pub(super) id: String,
    pub(super) position: i64,
    pub(super) sequence: i64,
    pub(super) hash: String,
}

impl Kept {
    /// What must be selected, in this order.
    pub(super) const COLUMNS: &str =
        "id, organization_id, kind, actor, subject_id, data, created_at, origin, change";

    /// The hash of this event at its place, after that before it.
    pub(super) fn hash(&self, before: &str, position: i64, sequence: i64) -> Result<String> {
        let time = self.created_at.to_utc().to_rfc3339_opts(SecondsFormat::Micros, true);
        // As JSON no field can be taken for a part of another one.
        let fields = (
            (before, position, sequence),
            (&self.id, &self.organization_id, &self.kind, &self.actor, &self.origin),
            (&self.subject_id, &self.data, &self.change, time),
        );
        let text = serde_json::to_vec(&fields).map_err(anyhow::Error::new)?;
        Ok(crypto::hex(&crypto::sha256(&text)))
    }
}

/// The last event in the chain.
pub(super) fn head(db: &mut Db) -> Result<Link> {
    link(db, HEAD)
}

fn link(db: &mut Db, name: &str) -> Result<Link> {
    Ok(chain::table.find(name).select((chain::position, chain::hash)).first(db)?)
}

fn put(tx: &mut Tx, name: &str, link: &Link) -> Result<()> {
    diesel::update(chain::table.find(name))
        .set((chain::position.eq(link.position), chain::hash.eq(&link.hash)))
        .execute(tx.db)?;
    Ok(())
}

/// Writes the places of events down, which are the next ones in the chain.
pub(super) fn write(tx: &mut Tx, placed: &[Placed]) -> Result<usize> {
    let Some(last) = placed.last() else { return Ok(0) };
    let text = serde_json::to_string(placed).map_err(anyhow::Error::new)?;
    let from = listed_events(tx.db);
    let count = diesel::sql_query(format!(
        "UPDATE events SET position = placed.position, sequence = placed.sequence, hash = placed.hash
         FROM ({from}) AS placed WHERE events.id = placed.id"
    ))
    .bind::<Text, _>(text)
    .execute(tx.db)?;
    put(tx, HEAD, &Link { position: last.position, hash: last.hash.clone() })?;
    Ok(count)
}

/// Takes away the oldest events that were made before a time, [`BATCH`] at most, and keeps the hash of the last of them:
/// so the chain goes on from there.
pub(in crate::store) fn take_away(tx: &mut Tx, kept: TimeDelta) -> Result<usize> {
    let bound = first_id(EventId::PREFIX, tx.now.minus(kept));
    let oldest: Vec<(EventId, Option<i64>, Option<String>)> = events::table
        .filter(events::position.is_not_null())
        .order(events::position)
        .limit(BATCH)
        .select((events::id, events::position, events::hash))
        .load(tx.db)?;
    // In the order of the chain: an event stays while one before it does.
    let over = oldest.into_iter().take_while(|(id, ..)| *id.as_str() < *bound);
    let Some((_, Some(position), hash)) = over.last() else { return Ok(0) };
    let gone =
        diesel::delete(events::table.filter(events::position.le(position))).execute(tx.db)?;
    let anchor = link(tx.db, ANCHOR)?;
    if let Some(hash) = hash.filter(|_| position > anchor.position) {
        // The chain says itself where it begins: nobody can cut its front off and only move the anchor.
        let data = json!({ "until": position, "hash": hash, "count": gone });
        append(tx, None, TRIMMED, &position.to_string(), data)?;
        put(tx, ANCHOR, &Link { position, hash })?;
    }
    Ok(gone)
}

/// What the chain turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is whole.
    Whole {
        /// Events that were looked at.
        count: i64,
        /// After which place it begins: what was before is not kept, or is from before there was a chain.
        after: i64,
        /// Its end.
        head: Link,
    },
    /// It is broken.
    Broken {
        /// The first place that is not as it was written.
        position: i64,
        /// What is there now, if something is.
        id: Option<String>,
        /// What is wrong with it.
        why: Break,
    },
}

/// What is wrong with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// Nothing is at its place.
    Missing,
    /// It, or its hash, is not what it was.
    Changed,
    /// It is not the one that somebody has noted.
    Other,
    /// It stands before the beginning or after the end.
    Outside,
}

impl Break {
    /// As a person reads it.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Missing => "an event is missing here",
            Self::Changed => "the event, or its hash, is not what it was",
            Self::Outside => "the event stands outside of the chain",
            Self::Other => "the hash is not the one that was noted",
        }
    }
}

/// One event of the chain with what is said of it.
#[derive(Debug, Queryable)]
struct Row {
    kept: Kept,
    position: Option<i64>,
    sequence: Option<i64>,
    hash: Option<String>,
}

/// Reads the whole chain, part by part, and computes it anew. `noted`: what somebody has kept elsewhere of an earlier time
/// must be in it; without that, whoever can write all of the database can also write another chain.
pub fn verify(
    mut read: impl FnMut(&mut dyn FnMut(&mut Db) -> Result<()>) -> Result<()>,
    noted: Option<&Link>,
) -> Result<Verdict> {
    let (mut anchor, mut head) = (None, None);
    read(&mut |db| {
        head = Some(self::head(db)?);
        anchor = Some(link(db, ANCHOR)?);
        Ok(())
    })?;
    let (Some(head), Some(mut last)) = (head, anchor) else {
        return Err(Error::Internal(anyhow::anyhow!("the chain has no ends")));
    };
    let (mut after, mut count) = (last.position, 0);
    if noted.is_some_and(|noted| noted.position < after) {
        let detail =
            "The event with this number is not kept any more, so its hash cannot be compared.";
        return Err(Error::conflict("event_gone", detail));
    }
    // What was noted of an earlier time is kept, or the end was cut off.
    if noted.is_some_and(|noted| noted.position > head.position) {
        let position = head.position.saturating_add(1);
        return Ok(Verdict::Broken { position, id: None, why: Break::Missing });
    }
    loop {
        if let Some(noted) =
            noted.filter(|noted| noted.position == last.position && noted.hash != last.hash)
        {
            return Ok(Verdict::Broken { position: noted.position, id: None, why: Break::Other });
        }
        if last.position >= head.position {
            break;
        }
        let mut rows = Vec::new();
        read(&mut |db| {
            rows = part(db, last.position, head.position)?;
            Ok(())
        })?;
        match follow(&last, &rows, noted)? {
            Ok(next) => {
                count += next.position - last.position;
                last = next;
            }
            Err(broken) => {
                // Retention may have taken it away just now.
                let mut moved = None;
                read(&mut |db| {
                    moved = Some(link(db, ANCHOR)?);
                    Ok(())
                })?;
                match moved.filter(|anchor| anchor.position > last.position) {
                    Some(anchor) => (after, last, count) = (anchor.position, anchor, 0),
                    None => return Ok(broken),
                }
            }
        }
    }
    if last != head {
        return Ok(Verdict::Broken { position: head.position, id: None, why: Break::Changed });
    }
    let mut stray = None;
    read(&mut |db| {
        stray = outside(db)?;
        Ok(())
    })?;
    Ok(stray.unwrap_or(Verdict::Whole { count, after, head }))
}

/// What stands outside of the chain, or a beginning of which the chain itself knows nothing.
fn outside(db: &mut Db) -> Result<Option<Verdict>> {
    let ends = |name: &'static str| {
        chain::table.filter(chain::name.eq(name)).select(chain::position).single_value()
    };
    // In one statement: meanwhile both ends may move on.
    let stray: Option<(String, Option<i64>)> = events::table
        .filter(
            events::position
                .nullable()
                .gt(ends(HEAD))
                .or(events::position.nullable().le(ends(ANCHOR)).and(events::hash.is_not_null())),
        )
        .order(events::position)
        .select((events::id, events::position))
        .first(db)
        .optional()?;
    if let Some((id, position)) = stray {
        let position = position.unwrap_or_default();
        return Ok(Some(Verdict::Broken { position, id: Some(id), why: Break::Outside }));
    }
    let anchor = link(db, ANCHOR)?;
    // What was before there was a chain has no hash, and nothing that tells of it.
    if anchor.hash.is_empty() {
        return Ok(None);
    }
    let told: Option<Json<Trimmed>> = events::table
        .filter(events::kind.eq(TRIMMED))
        .order(events::id.desc())
        .select(events::data)
        .first(db)
        .optional()?;
    // Retention may have gone on just now.
    let is_told = told.is_some_and(|told| {
        told.until > anchor.position || (told.until, &told.hash) == (anchor.position, &anchor.hash)
    });
    Ok((!is_told).then_some(Verdict::Broken {
        position: anchor.position,
        id: None,
        why: Break::Missing,
    }))
}

/// What retention took away, as it tells it.
#[derive(Debug, Deserialize)]
struct Trimmed {
    until: i64,
    hash: String,
}

fn part(db: &mut Db, after: i64, until: i64) -> Result<Vec<Row>> {
    let kept = (
        events::id,
        events::organization_id,
        events::kind,
        events::actor,
        events::subject_id,
        events::data,
        events::created_at,
        events::origin,
        events::change,
    );
    Ok(events::table
        .filter(events::position.gt(after))
        .filter(events::position.le(until))
        .order(events::position)
        .limit(BATCH)
        .select((kept, events::position, events::sequence, events::hash))
        .load(db)?)
}

/// Goes on through a part of the chain: up to which link it is whole, or where it is broken.
fn follow(
    from: &Link,
    rows: &[Row],
    noted: Option<&Link>,
) -> Result<std::result::Result<Link, Verdict>> {
    let mut last = from.clone();
    if rows.is_empty() {
        let position = last.position + 1;
        return Ok(Err(Verdict::Broken { position, id: None, why: Break::Missing }));
    }
    for Row { kept, position, sequence, hash } in rows {
        let next = last.position + 1;
        if *position != Some(next) {
            return Ok(Err(Verdict::Broken { position: next, id: None, why: Break::Missing }));
        }
        let right = kept.hash(&last.hash, next, sequence.unwrap_or_default())?;
        let broken = |why| Verdict::Broken { position: next, id: Some(kept.id.clone()), why };
        if hash.as_ref() != Some(&right) {
            return Ok(Err(broken(Break::Changed)));
        }
        if noted.is_some_and(|noted| noted.position == next && noted.hash != right) {
            return Ok(Err(broken(Break::Other)));
        }
        last = Link { position: next, hash: right };
    }
    Ok(Ok(last))
}

/// What is before and after a change, of the fields that differ.
pub(super) fn change(before: &serde_json::Value, after: &serde_json::Value) -> Change {
    let mut change = Change::default();
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else { return change };
    for name in old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))) {
        let (from, to) = (old.get(name), new.get(name));
        if from != to {
            change.before.insert(name.clone(), from.cloned().unwrap_or_default());
            change.after.insert(name.clone(), to.cloned().unwrap_or_default());
        }
    }
    change
}

#[cfg(test)]
mod tests;
