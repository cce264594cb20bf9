//! Browsers between the password and the second step: the password alone gives no session.

use super::second_step::{self, Taken};
use super::{By, Lasts, Member, Session, sessions};
use crate::clock::Time;
use crate::crypto::{self, MasterKey, Secret, TokenHash};
use crate::error::Result;
use crate::store::schema::{member_arrivals as arrivals, members};
use crate::store::{Db, MemberId, Tx};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long the second step may take.
pub const ARRIVAL_LASTS: TimeDelta = TimeDelta::minutes(5);
/// After how many codes that did not let in, of the app and for recovery, a browser is asked for the password again.
const TRIES: i32 = 10;

/// A browser that has given a password and owes the second step.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = arrivals, primary_key(hash))]
pub struct Arrival {
    /// SHA-256 of its cookie.
    pub hash: TokenHash,
    /// Whose password it was.
    pub member_id: MemberId,
    /// How many codes did not let in.
    pub tries: i32,
    /// From when on the password is asked for again.
    pub expires_at: Time,
    /// By what it came this far.
    pub came_by: By,
}

/// Ends what a member's browsers began and did not finish.
pub(super) fn end_all(tx: &mut Tx, member: &MemberId) -> Result<()> {
    diesel::delete(arrivals::table.filter(arrivals::member_id.eq(member))).execute(tx.db)?;
    Ok(())
}

/// What a password, or the link that set it, leads to.
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
    if second_step::since(tx.db, id)?.is_none() {
        let (session, cookie) = sessions::begin(tx, id, before, lasts, by)?;
        return Ok(Entered::In(session, cookie));
    }
    let cookie = crypto::token(crypto::ARRIVAL);
    let arrival = Arrival {
        hash: crypto::hash(cookie.reveal()),
        member_id: id.clone(),
        tries: 0,
        expires_at: tx.now.plus(ARRIVAL_LASTS),
        came_by: by,
    };
    diesel::insert_into(arrivals::table).values(&arrival).execute(tx.db)?;
    Ok(Entered::Owes(cookie))
}

/// The browser of this cookie and whose password it gave, while the second step is open.
pub fn arrival(db: &mut Db, cookie: &str, now: Time) -> Result<Option<(Arrival, Member)>> {
    if !crypto::well_formed(crypto::ARRIVAL, cookie) {
        return Ok(None);
    }
    let found = arrivals::table
        .inner_join(members::table)
        .filter(arrivals::hash.eq(crypto::hash(cookie)))
        .filter(arrivals::expires_at.gt(now))
        .select((arrivals::all_columns, members::all_columns))
        .first(db)
        .optional()?;
    Ok(found)
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
        let after = Some(arrival.came_by);
        let (session, cookie) = sessions::begin_after(tx, &member.id, before, lasts, by, after)?;
        return Ok(Stepped::In(session, cookie));
    };
    if arrival.tries + 1 < TRIES {
        diesel::update(&arrival).set(arrivals::tries.eq(arrivals::tries + 1)).execute(tx.db)?;
        return Ok(refusal);
    }
    diesel::delete(&arrival).execute(tx.db)?;
    Ok(Stepped::Over)
}
