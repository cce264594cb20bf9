//! Browsers between the first step, which is the password or the operator's own provider, and the second: the first alone gives no
//! session.

use super::second_step::{self, Taken};
use super::sessions::Came;
use super::{By, Lasts, Member, Session, sessions};
use crate::clock::Time;
use crate::crypto::{self, MasterKey, Secret, TokenHash};
use crate::error::Result;
use crate::store::schema::{member_arrivals as arrivals, members};
use crate::store::{Db, MemberId, SessionId, Tx};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long the second step may take.
pub const ARRIVAL_LASTS: TimeDelta = TimeDelta::minutes(5);
/// After how many codes that did not let in, of the app and for recovery, a browser is asked for the password again.
const TRIES: i32 = 10;

/// A browser that has given a password, or comes from the operator's own provider, and owes the second step.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = arrivals, primary_key(hash))]
pub struct Arrival {
    /// SHA-256 of its cookie.
    pub hash: TokenHash,
    /// Who it is.
    pub member_id: MemberId,
    /// How many codes did not let in.
    pub tries: i32,
    /// From when on the password is asked for again.
    pub expires_at: Time,
    /// By what it came this far.
    pub came_by: By,
    /// The sign-in at the operator's own provider, if it came by one.
    pub session_id: Option<SessionId>,
}

/// Ends what a member's browsers began and did not finish.
pub(super) fn end_all(tx: &mut Tx, member: &MemberId) -> Result<()> {
    diesel::delete(arrivals::table.filter(arrivals::member_id.eq(member))).execute(tx.db)?;
    Ok(())
}

/// Ends what began at the operator's own provider and waits for the second step.
pub(super) fn end_all_of_providers(tx: &mut Tx) -> Result<()> {
    let came = arrivals::table.filter(arrivals::session_id.is_not_null());
    diesel::delete(came).execute(tx.db)?;
    Ok(())
}

/// What the first step leads to.
#[derive(Debug)]
pub enum Entered {
    /// A session, and its cookie.
    In(Session, Secret),
    /// The second step, by this cookie.
    Owes(Secret),
}

/// What became of the second step.
#[derive(Debug)]
pub enum Stepped {
    /// A session, and its cookie.
    In(Session, Secret),
    /// The code is not right, or was used.
    Wrong,
    /// Too many codes were wrong: until then only a recovery code is looked at.
    Closed(Time),
    /// The password is asked for again.
    Over,
}

/// Lets a member in whose password was right, or who has just chosen it; where the second step is on, as far as that.
pub fn enter(
    tx: &mut Tx,
    id: &MemberId,
    before: Option<&str>,
    lasts: Lasts,
    by: By,
) -> Result<Entered> {
    enter_at(tx, id, before, lasts, (by, None))
}

/// Lets a member in who signed in at the operator's own provider, and as long as that stands; where the second step is on, as far
/// as that.
pub fn enter_from_provider(
    tx: &mut Tx,
    id: &MemberId,
    before: Option<&str>,
    lasts: Lasts,
    at: &SessionId,
) -> Result<Entered> {
    enter_at(tx, id, before, lasts, (By::Provider, Some(at.clone())))
}

fn enter_at(
    tx: &mut Tx,
    id: &MemberId,
    before: Option<&str>,
    lasts: Lasts,
    (by, at): (By, Option<SessionId>),
) -> Result<Entered> {
    if second_step::since(tx.db, id)?.is_none() {
        let came = Came { after: None, at };
        let (session, cookie) = sessions::begin_after(tx, id, before, lasts, by, &came)?;
        return Ok(Entered::In(session, cookie));
    }
    let cookie = crypto::token(crypto::ARRIVAL);
    let arrival = Arrival {
        hash: crypto::hash(cookie.reveal()),
        member_id: id.clone(),
        tries: 0,
        expires_at: tx.now.plus(ARRIVAL_LASTS),
        came_by: by,
        session_id: at,
    };
    diesel::insert_into(arrivals::table).values(&arrival).execute(tx.db)?;
    Ok(Entered::Owes(cookie))
}

/// The browser of this cookie and whose password it gave, while the second step is open.
pub fn arrival(db: &mut Db, cookie: &str, now: Time) -> Result<Option<(Arrival, Member)>> {
    if !crypto::well_formed(crypto::ARRIVAL, cookie) {
        return Ok(None);
    }
    let found: Option<(Arrival, Member)> = arrivals::table
        .inner_join(members::table)
        .filter(arrivals::hash.eq(crypto::hash(cookie)))
        .filter(arrivals::expires_at.gt(now))
        .select((arrivals::all_columns, members::all_columns))
        .first(db)
        .optional()?;
    let Some((arrival, member)) = found else { return Ok(None) };
    let is_open = sessions::is_open(db, arrival.session_id.as_ref(), now)?;
    Ok(is_open.then_some((arrival, member)))
}

/// Takes the second step with a code. It is open once: whoever is in has used it up, and so has who was wrong too often.
/// `is_known`: the member has signed in from this browser before, so that what strangers do does not keep them out here.
pub fn step(
    tx: &mut Tx,
    master: &MasterKey,
    cookie: &str,
    (typed, is_known): (&str, bool),
    before: Option<&str>,
    lasts: Lasts,
) -> Result<Stepped> {
    let Some((arrival, member)) = arrival(tx.db, cookie, tx.now)? else {
        return Ok(Stepped::Over);
    };
    let (by, refusal) = match second_step::take(tx, master, &member.id, typed, is_known)? {
        Taken::App => (By::SecondStep, None),
        Taken::Recovery => (By::RecoveryCode, None),
        Taken::Wrong => (By::SecondStep, Some(Stepped::Wrong)),
        Taken::Closed(until) => (By::SecondStep, Some(Stepped::Closed(until))),
    };
    let Some(refusal) = refusal else {
        diesel::delete(&arrival).execute(tx.db)?;
        let came = Came { after: Some(arrival.came_by), at: arrival.session_id };
        let (session, cookie) = sessions::begin_after(tx, &member.id, before, lasts, by, &came)?;
        return Ok(Stepped::In(session, cookie));
    };
    if arrival.tries + 1 < TRIES {
        diesel::update(&arrival).set(arrivals::tries.eq(arrivals::tries + 1)).execute(tx.db)?;
        return Ok(refusal);
    }
    diesel::delete(&arrival).execute(tx.db)?;
    Ok(Stepped::Over)
}
