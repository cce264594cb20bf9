//! The second step of a sign-in: after the password, a code of the member's app, or one of their recovery codes.

use super::{arrivals, find, sessions};
use crate::clock::Time;
use crate::crypto::{self, AppKey, MasterKey, Place, Secret, TokenHash};
use crate::error::{Error, Result};
use crate::store::schema::{member_recovery_codes as codes, member_second_steps as steps};
use crate::store::{Db, MemberId, MemberSessionId, Tx, events};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// How many recovery codes a member has at first.
const CODES: usize = 10;
/// How long a proposed key waits for its first code.
pub const PROPOSAL_LASTS: TimeDelta = TimeDelta::minutes(10);
/// How many wrong codes a member's app may have given, from all browsers together, since the last right one.
const TRIES: i32 = 5;
/// How long no code of the app is taken after that.
pub const CLOSED: TimeDelta = TimeDelta::minutes(15);

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
    /// When it was proposed.
    proposed_at: Option<Time>,
    /// How many wrong codes came since the last right one.
    wrong: i32,
    /// Until when no code of the app is taken, where there were too many.
    closed_until: Option<Time>,
    /// When there were too many wrong codes the last time, and the member has not said yet that they know.
    alarmed_at: Option<Time>,
}

impl SecondStep {
    fn key(&self, master: &MasterKey) -> Result<AppKey> {
        master.open(&self.secret, &place(&self.member_id)).map(AppKey::from)
    }

    /// Whether its key still waits for a first code.
    fn is_proposed(&self, now: Time) -> bool {
        let is_young = |at| now.since(at) < PROPOSAL_LASTS;
        self.confirmed_at.is_none() && self.proposed_at.is_some_and(is_young)
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

/// Until when no code of a member's app is taken, because too many were wrong.
pub fn closed(db: &mut Db, id: &MemberId, now: Time) -> Result<Option<Time>> {
    Ok(on(db, id)?.and_then(|step| step.closed_until).filter(|until| *until > now))
}

/// Since when a member does not know yet that somebody has their password: it was right, and too many codes after it were wrong.
pub fn alarm(db: &mut Db, id: &MemberId) -> Result<Option<Time>> {
    Ok(on(db, id)?.and_then(|step| step.alarmed_at))
}

/// The member knows of the wrong codes.
pub fn acknowledge(tx: &mut Tx, id: &MemberId) -> Result<()> {
    if alarm(tx.db, id)?.is_none() {
        return Ok(());
    }
    let none = steps::alarmed_at.eq(None::<Time>);
    diesel::update(steps::table.find(id)).set(none).execute(tx.db)?;
    events::append(tx, None, "member.second_step.acknowledged", id.as_str(), json!({}))
}

/// The password is another one: whoever knew the old one does not come as far as the codes any more.
pub(super) fn reopen(tx: &mut Tx, id: &MemberId) -> Result<()> {
    let none = None::<Time>;
    diesel::update(steps::table.find(id).filter(steps::confirmed_at.is_not_null()))
        .set((steps::wrong.eq(0), steps::closed_until.eq(none), steps::alarmed_at.eq(none)))
        .execute(tx.db)?;
    Ok(())
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
        proposed_at: Some(tx.now),
        wrong: 0,
        closed_until: None,
        alarmed_at: None,
    };
    diesel::delete(steps::table.find(id)).execute(tx.db)?;
    diesel::insert_into(steps::table).values(&step).execute(tx.db)?;
    Ok(key)
}

/// What came of a first code.
#[derive(Debug)]
pub enum Confirmed {
    /// The second step is on; the recovery codes, shown this once.
    On(Vec<Secret>),
    /// The code is not right: another may be tried.
    Wrong,
    /// No key waits for a code: too long ago, too many wrong codes, or there was none. Another is proposed by the password.
    Over,
}

/// Turns the second step on with a first code of the app. The member's other browsers, which came in without it, are
/// signed out.
pub fn confirm(
    tx: &mut Tx,
    master: &MasterKey,
    id: &MemberId,
    typed: &str,
    keep: &MemberSessionId,
) -> Result<Confirmed> {
    let step = of(tx.db, id)?.filter(|step| step.is_proposed(tx.now));
    let Some(step) = step else { return Ok(Confirmed::Over) };
    let Some(now) = step.key(master)?.step_of(typed, tx.now.unix())? else {
        // Whoever sits at the browser and does not know the key does not come to the recovery codes by trying.
        if step.wrong + 1 >= TRIES {
            diesel::delete(&step).execute(tx.db)?;
            return Ok(Confirmed::Over);
        }
        diesel::update(&step).set(steps::wrong.eq(steps::wrong + 1)).execute(tx.db)?;
        return Ok(Confirmed::Wrong);
    };
    diesel::update(&step)
        .set((steps::confirmed_at.eq(Some(tx.now)), steps::last_step.eq(now), steps::wrong.eq(0)))
        .execute(tx.db)?;
    sessions::end_others(tx, id, keep)?;
    events::append(tx, None, "member.second_step.added", id.as_str(), json!({}))?;
    Ok(Confirmed::On(make_codes(tx, id)?))
}

/// Takes proposed keys away whose time is over; how many.
pub(in crate::store) fn forget_proposals(tx: &mut Tx) -> Result<usize> {
    let long_ago = tx.now.minus(PROPOSAL_LASTS);
    let is_over = steps::proposed_at.is_null().or(steps::proposed_at.le(long_ago));
    let over = steps::table.filter(steps::confirmed_at.is_null()).filter(is_over);
    Ok(diesel::delete(over).execute(tx.db)?)
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

/// What became of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is a code of the app, and used up.
    App,
    /// It is a recovery code, and used up.
    Recovery,
    /// It is neither, or was used.
    Wrong,
    /// No code of the app is looked at until then.
    Closed(Time),
}

/// Takes a code of the app or a recovery code, which lets nobody in a second time. Wrong codes of the app count for the member,
/// whichever browser they come from. After too many none is looked at for a while, but from a browser that the member is known
/// in (`is_known`); a recovery code always is: nobody guesses 100 random bits.
pub(super) fn take(
    tx: &mut Tx,
    master: &MasterKey,
    id: &MemberId,
    typed: &str,
    is_known: bool,
) -> Result<Taken> {
    let Some(step) = on(tx.db, id)? else { return Ok(Taken::Wrong) };
    if let Some(code) = crypto::read_paper_code(crypto::RECOVERY, typed) {
        let one = codes::table.find(crypto::hash(code.reveal())).filter(codes::member_id.eq(id));
        if diesel::delete(one).execute(tx.db)? != 1 {
            return Ok(Taken::Wrong);
        }
        let data = json!({ "left": codes_left(tx.db, id)? });
        events::append(tx, None, "member.recovery_code.used", id.as_str(), data)?;
        return Ok(Taken::Recovery);
    }
    if let Some(until) = step.closed_until.filter(|until| *until > tx.now && !is_known) {
        return Ok(Taken::Closed(until));
    }
    if let Some(shown) = step.key(master)?.step_of(typed, tx.now.unix())? {
        let newer = steps::table.find(id).filter(steps::last_step.lt(shown));
        let right = (steps::last_step.eq(shown), steps::wrong.eq(0));
        if diesel::update(newer).set(right).execute(tx.db)? == 1 {
            return Ok(Taken::App);
        }
    }
    if step.wrong + 1 < TRIES {
        diesel::update(&step).set(steps::wrong.eq(steps::wrong + 1)).execute(tx.db)?;
        return Ok(Taken::Wrong);
    }
    let until = tx.now.plus(CLOSED);
    diesel::update(&step)
        .set((
            steps::wrong.eq(0),
            steps::closed_until.eq(Some(until)),
            steps::alarmed_at.eq(Some(tx.now)),
        ))
        .execute(tx.db)?;
    // Whoever comes this far knows the password: the member wants to know.
    let data = json!({ "tries": TRIES, "closed_until": until });
    events::append(tx, None, "member.second_step.refused", id.as_str(), data)?;
    Ok(if is_known { Taken::Wrong } else { Taken::Closed(until) })
}

/// The key that was proposed and waits for a first code.
#[cfg(test)]
pub(crate) fn proposed(
    db: &mut Db,
    master: &MasterKey,
    id: &MemberId,
    now: Time,
) -> Result<Option<AppKey>> {
    of(db, id)?.filter(|step| step.is_proposed(now)).map(|step| step.key(master)).transpose()
}
