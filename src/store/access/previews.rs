//! Previews of so many people that nobody waits for the answer: they are asked for, a job works on them, and whoever asked
//! looks how far it is. Any instance may work on one; a lease keeps two from doing the same.

use crate::error::{Error, Result};
use crate::store::db::or_not_found;
use crate::store::ids::first_id;
use crate::store::schema::{groups, previews, users};
use crate::store::{Db, Json, OrganizationId, PreviewId, Time, Tx, on_backend};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::Value;

/// Of how many people, at most, a preview is made while the caller waits.
const PEOPLE: i64 = 20_000;
/// Of how many groups.
const GROUPS: i64 = 5_000;
/// How many previews of an organization may wait or be worked on.
const WAITING: i64 = 20;
/// Seconds after which another may be asked for.
const LATER: u64 = 60;
/// For how long a preview is kept.
const KEPT: TimeDelta = TimeDelta::days(1);
/// What an answer says of one that is kept no longer.
pub const EXPIRED: &str = "preview_expired";
/// For how long nobody else takes a preview up when its worker says nothing.
const LEASE: TimeDelta = TimeDelta::minutes(2);

/// A preview that is worked on.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = previews)]
pub struct Underway {
    /// Its ID.
    pub id: PreviewId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What is asked about, as it was sent.
    pub asked: Json<Value>,
    /// Of how many people it is known.
    pub done: i64,
    /// Of how many it is asked; 0: that is not known yet.
    pub total: i64,
    /// What would happen, once it is known.
    pub result: Option<Json<Value>>,
    /// Why it cannot be said.
    pub fault: Option<String>,
    /// Until when a worker has it.
    pub leased_until: Option<Time>,
    /// When it was asked for.
    pub created_at: Time,
    /// When it ended, either way.
    pub finished_at: Option<Time>,
}

/// Whether an organization is so large that nobody waits for a preview: a job works on it.
pub fn is_for_a_job(db: &mut Db, organization: &OrganizationId) -> Result<bool> {
    let people =
        users::table.filter(users::organization_id.eq(organization)).select(users::organization_id);
    let beyond: Option<OrganizationId> = people.offset(PEOPLE).first(db).optional()?;
    if beyond.is_some() {
        return Ok(true);
    }
    let all = groups::table
        .filter(groups::organization_id.eq(organization))
        .select(groups::organization_id);
    let beyond: Option<OrganizationId> = all.offset(GROUPS).first(db).optional()?;
    Ok(beyond.is_some())
}

/// Asks for a preview.
pub fn ask(tx: &mut Tx, organization: &OrganizationId, asked: Value) -> Result<Underway> {
    let waiting: i64 = previews::table
        .filter(previews::organization_id.eq(organization))
        .filter(previews::finished_at.is_null())
        .count()
        .get_result(tx.db)?;
    if waiting >= WAITING {
        let detail =
            format!("{waiting} previews of this organization are being worked on already.");
        return Err(Error::TooMany { detail, retry_after: LATER });
    }
    insert(tx, organization, asked, None)
}

/// Takes a preview back that nobody waits for any more. One that is finished stays: somebody may have looked at it.
pub fn withdraw(tx: &mut Tx, organization: &OrganizationId, id: &PreviewId) -> Result<()> {
    let waiting = previews::table
        .find(id)
        .filter(previews::organization_id.eq(organization))
        .filter(previews::finished_at.is_null());
    diesel::delete(waiting).execute(tx.db)?;
    Ok(())
}

/// Keeps what came of a preview that was made while the caller waited, so that it can be looked at again and applied.
pub fn keep(
    tx: &mut Tx,
    organization: &OrganizationId,
    asked: Value,
    result: Result<Value, String>,
) -> Result<Underway> {
    insert(tx, organization, asked, Some(result))
}

fn insert(
    tx: &mut Tx,
    organization: &OrganizationId,
    asked: Value,
    result: Option<Result<Value, String>>,
) -> Result<Underway> {
    let row = Underway {
        id: PreviewId::new(),
        organization_id: organization.clone(),
        asked: Json::from(asked),
        done: 0,
        total: 0,
        finished_at: result.is_some().then_some(tx.now),
        fault: result.as_ref().and_then(|it| it.as_ref().err().cloned()),
        result: result.and_then(Result::ok).map(Json::from),
        leased_until: None,
        created_at: tx.now,
    };
    diesel::insert_into(previews::table).values(&row).execute(tx.db)?;
    Ok(row)
}

/// Finds a preview of an organization. One that is older than a day is told from one that never was, also when it is gone:
/// its ID has the time in it.
pub fn find(
    db: &mut Db,
    organization: &OrganizationId,
    id: &PreviewId,
    now: Time,
) -> Result<Underway> {
    if id.as_str() < first_id(PreviewId::PREFIX, now.minus(KEPT)).as_str() {
        let detail = "This preview is older than a day and is not kept any more. Preview again.";
        return Err(Error::conflict(EXPIRED, detail));
    }
    let found = previews::table.find(id).filter(previews::organization_id.eq(organization));
    or_not_found(found.first(db), "preview", id)
}

/// Takes away previews that are not kept any more, finished or not, at most `limit`; tells how many.
pub(in crate::store) fn over(tx: &mut Tx, limit: i64) -> Result<usize> {
    let bound = first_id(PreviewId::PREFIX, tx.now.minus(KEPT));
    let over: Vec<PreviewId> = previews::table
        .filter(previews::id.lt(bound))
        .select(previews::id)
        .limit(limit)
        .load(tx.db)?;
    Ok(diesel::delete(previews::table.filter(previews::id.eq_any(over))).execute(tx.db)?)
}

/// Takes up the oldest preview that nobody works on.
pub fn take(tx: &mut Tx) -> Result<Option<Underway>> {
    let waiting = previews::table
        .filter(previews::finished_at.is_null())
        .filter(previews::leased_until.is_null().or(previews::leased_until.le(tx.now)))
        .order(previews::created_at);
    let found: Option<Underway> = on_backend!(tx.db, conn => waiting.first(conn)).optional()?;
    let Some(row) = found else { return Ok(None) };
    let taken = diesel::update(previews::table.find(&row.id))
        .filter(previews::finished_at.is_null())
        .filter(previews::leased_until.is_null().or(previews::leased_until.le(tx.now)))
        .set(previews::leased_until.eq(Some(tx.now.plus(LEASE))))
        .execute(tx.db)?;
    Ok((taken == 1).then_some(row))
}

/// Notes how far a preview is.
pub fn note(tx: &mut Tx, id: &PreviewId, done: i64, total: i64) -> Result<()> {
    diesel::update(previews::table.find(id))
        .set((
            previews::done.eq(done),
            previews::total.eq(total),
            previews::leased_until.eq(Some(tx.now.plus(LEASE))),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Writes down what would happen, or why it cannot be said.
pub fn finish(tx: &mut Tx, id: &PreviewId, result: Result<Value, String>) -> Result<()> {
    let (result, fault) = match result {
        Ok(value) => (Some(Json::from(value)), None),
        Err(fault) => (None, Some(fault)),
    };
    diesel::update(previews::table.find(id))
        .set((
            previews::result.eq(result),
            previews::fault.eq(fault),
            previews::finished_at.eq(Some(tx.now)),
        ))
        .execute(tx.db)?;
    Ok(())
}
