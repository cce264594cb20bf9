//! The second step of a sign-in: after the password, a code of the member's app, or one of their recovery codes.

use super::{arrivals, find, sessions};
use crate::clock::Time;
use crate::crypto::{self, AppKey, MasterKey, Place, Secret, TokenHash};
use crate::error::{Error, Result};
use crate::store::schema::{member_recovery_codes as codes, member_second_steps as steps};
use crate::store::{Db, MemberId, MemberSessionId, Tx, events};
use diesel::prelude::*;
use serde_json::json;

/// How many recovery codes a member has at first.
const CODES: usize = 10;

/// What a member's app shares with us.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = steps, primary_key(member_id))]
struct SecondStep {
    member_id: MemberId,
    /// The app's key, sealed.
    secret: String,
    /// Since when it is asked for; none: it was proposed, and no first code has come.
    confirmed_at: Option<Time>,
    /// The step of time of the last code that was taken: no other of it or before it is.
    last_step: i64,
}

impl SecondStep {
    fn key(&self, master: &MasterKey) -> Result<AppKey> {
        master.open(&self.secret, &place(&self.member_id)).map(AppKey::from)
    }
}

fn place(id: &MemberId) -> Place<'_> {
    Place { table: "member_second_steps", column: "secret", row: id.as_str() }
}

fn of(db: &mut Db, id: &MemberId) -> Result<Option<SecondStep>> {
    Ok(steps::table.find(id).first(db).optional()?)
}

fn on(db: &mut Db, id: &MemberId) -> Result<Option<SecondStep>> {
    Ok(of(db, id)?.filter(|step| step.confirmed_at.is_some()))
}

/// Since when a member's password alone does not let them in; none: it does.
pub fn since(db: &mut Db, id: &MemberId) -> Result<Option<Time>> {
    Ok(of(db, id)?.and_then(|step| step.confirmed_at))
}

/// The members for whom the second step is on.
pub fn members(db: &mut Db) -> Result<Vec<MemberId>> {
    let on = steps::table.filter(steps::confirmed_at.is_not_null());
    Ok(on.select(steps::member_id).load(db)?)
}

/// How many recovery codes a member has left.
pub fn codes_left(db: &mut Db, id: &MemberId) -> Result<i64> {
    Ok(codes::table.filter(codes::member_id.eq(id)).count().get_result(db)?)
}

/// Proposes a key for an app. Nothing is asked for until a first code has come; a key that was proposed before ends.
pub fn propose(tx: &mut Tx, master: &MasterKey, id: &MemberId) -> Result<AppKey> {
    find(tx.db, id)?;
    if on(tx.db, id)?.is_some() {
        let detail = "The second step is on already. Remove it first to set up another app.";
        return Err(Error::conflict("second_step_on", detail));
    }
    let key = AppKey::generate();
    let step = SecondStep {
        member_id: id.clone(),
        secret: master.seal(key.reveal(), &place(id))?,
        confirmed_at: None,
        last_step: 0,
    };
    diesel::delete(steps::table.find(id)).execute(tx.db)?;
    diesel::insert_into(steps::table).values(&step).execute(tx.db)?;
    Ok(key)
}

/// The key that was proposed and waits for a first code.
pub fn proposed(db: &mut Db, master: &MasterKey, id: &MemberId) -> Result<Option<AppKey>> {
    let step = of(db, id)?.filter(|step| step.confirmed_at.is_none());
    step.map(|step| step.key(master)).transpose()
}

/// Turns the second step on with a first code of the app. The member's other browsers, which came in without it, are
/// signed out. Returns the recovery codes, shown this once.
pub fn confirm(
    tx: &mut Tx,
    master: &MasterKey,
    id: &MemberId,
    typed: &str,
    keep: &MemberSessionId,
) -> Result<Vec<Secret>> {
    let step = of(tx.db, id)?.filter(|step| step.confirmed_at.is_none());
    let step = step.ok_or_else(|| Error::not_found("proposed key", "of this member"))?;
    let Some(now) = step.key(master)?.step_of(typed, tx.now.unix())? else {
        let detail = "This is not the code that the app shows now. Wait for the next one and type its six digits. If that is not it either, compare the time of the device.";
        return Err(Error::invalid("/code", "code_wrong", detail));
    };
    diesel::update(&step)
        .set((steps::confirmed_at.eq(Some(tx.now)), steps::last_step.eq(now)))
        .execute(tx.db)?;
    sessions::end_others(tx, id, keep)?;
    events::append(tx, None, "member.second_step.added", id.as_str(), json!({}))?;
    make_codes(tx, id)
}

/// Makes other recovery codes, shown this once. Those before end.
pub fn renew_codes(tx: &mut Tx, id: &MemberId) -> Result<Vec<Secret>> {
    if on(tx.db, id)?.is_none() {
        return Err(Error::not_found("second step", "of this member"));
    }
    events::append(tx, None, "member.recovery_codes.renewed", id.as_str(), json!({}))?;
    make_codes(tx, id)
}

fn make_codes(tx: &mut Tx, id: &MemberId) -> Result<Vec<Secret>> {
    diesel::delete(codes::table.filter(codes::member_id.eq(id))).execute(tx.db)?;
    let made: Vec<Secret> = (0..CODES).map(|_| crypto::paper_code(crypto::RECOVERY)).collect();
    for code in &made {
        // A code has 100 random bits, so no salt and no slow hash is needed.
        let hash: TokenHash = crypto::hash(code.reveal());
        diesel::insert_into(codes::table)
            .values((codes::hash.eq(hash), codes::member_id.eq(id)))
            .execute(tx.db)?;
    }
    Ok(made)
}

/// Takes the second step away with its recovery codes: the password lets the member in again.
pub fn remove(tx: &mut Tx, id: &MemberId) -> Result<()> {
    find(tx.db, id)?;
    if on(tx.db, id)?.is_none() {
        return Err(Error::not_found("second step", "of this member"));
    }
    diesel::delete(steps::table.find(id)).execute(tx.db)?;
    diesel::delete(codes::table.filter(codes::member_id.eq(id))).execute(tx.db)?;
    arrivals::end_all(tx, id)?;
    events::append(tx, None, "member.second_step.removed", id.as_str(), json!({}))
}

/// What was typed, and is used up by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Used {
    /// A code of the app.
    App,
    /// A recovery code.
    Recovery,
}

/// Takes a code of the app or a recovery code, which lets nobody in a second time.
pub(super) fn take(
    tx: &mut Tx,
    master: &MasterKey,
    id: &MemberId,
    typed: &str,
) -> Result<Option<Used>> {
    let Some(step) = on(tx.db, id)? else { return Ok(None) };
    if let Some(code) = crypto::read_paper_code(crypto::RECOVERY, typed) {
        let one = codes::table.find(crypto::hash(code.reveal())).filter(codes::member_id.eq(id));
        if diesel::delete(one).execute(tx.db)? != 1 {
            return Ok(None);
        }
        let data = json!({ "left": codes_left(tx.db, id)? });
        events::append(tx, None, "member.recovery_code.used", id.as_str(), data)?;
        return Ok(Some(Used::Recovery));
    }
    let Some(shown) = step.key(master)?.step_of(typed, tx.now.unix())? else { return Ok(None) };
    let newer = steps::table.find(id).filter(steps::last_step.lt(shown));
    let taken = diesel::update(newer).set(steps::last_step.eq(shown)).execute(tx.db)?;
    Ok((taken == 1).then_some(Used::App))
}
