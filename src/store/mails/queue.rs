//! What is to be sent: taken by whoever sends, so that nobody else does, and noted as sent or not.

use super::{KEPT, Kind, Mail, PATIENCE, State, Values, ended, find, seal, tell};
use crate::crypto::MasterKey;
use crate::error::{Error, Result};
use crate::store::ids::first_id;
use crate::store::schema::mails;
use crate::store::{Db, MailId, Time, Tx};
use chrono::TimeDelta;
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;

/// How long whoever took a mail has to send it: longer than a server may take.
pub const LEASE: TimeDelta = TimeDelta::seconds(120);
/// When a mail that was not taken is tried again: so many seconds after each attempt, and as long as the last after that.
const AGAIN: [i64; 7] = [15, 60, 300, 900, 1800, 3600, 7200];
/// The longest that is kept of what a server says.
const LONGEST_WORD: usize = 300;

/// A mail that was taken, and what shows that it is still the taker's.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The mail.
    pub mail: Mail,
    /// Until when nobody else sends it.
    pub until: Time,
}

/// Whether there is something to send.
pub fn is_due(db: &mut Db, now: Time) -> Result<bool> {
    let due = mails::table.filter(mails::state.eq(State::Queued)).filter(mails::due_at.le(now));
    Ok(diesel::select(exists(due)).get_result(db)?)
}

/// Takes what is due, the oldest first and `most` at most, so that nobody else sends it for the time of a [`LEASE`].
///
/// Several instances may take at once: on Postgres each passes over the rows that another one holds.
pub fn take(tx: &mut Tx, most: i64) -> Result<Vec<Taken>> {
    let due = mails::table
        .filter(mails::state.eq(State::Queued))
        .filter(mails::due_at.le(tx.now))
        .order(mails::due_at)
        .limit(most);
    let all: Vec<Mail> = match tx.db {
        Db::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
        Db::Sqlite(conn) => due.load(conn)?,
    };
    let (until, ids) =
        (tx.now.plus(LEASE), all.iter().map(|mail| mail.id.clone()).collect::<Vec<_>>());
    diesel::update(mails::table.filter(mails::id.eq_any(ids)))
        .set((mails::due_at.eq(until), mails::attempts.eq(mails::attempts + 1)))
        .execute(tx.db)?;
    let taken = |mail: Mail| {
        let mail = Mail { due_at: until, attempts: mail.attempts.saturating_add(1), ..mail };
        Taken { mail, until }
    };
    Ok(all.into_iter().map(taken).collect())
}

/// Gives a mail its secret before it is sent: it was made just now. Tells whether the mail is still the taker's.
pub fn sealed(
    tx: &mut Tx,
    master: &MasterKey,
    taken: &mut Taken,
    values: &Values,
    good_until: Time,
) -> Result<bool> {
    let secret = seal(master, &taken.mail.id, values)?;
    let changed = diesel::update(mails::table.find(&taken.mail.id))
        .filter(mails::due_at.eq(taken.until))
        .set((mails::secret.eq(&secret), mails::secret_until.eq(good_until)))
        .execute(tx.db)?;
    taken.mail.secret = Some(secret);
    taken.mail.secret_until = Some(good_until);
    Ok(changed == 1)
}

/// A server has taken the mail: what is secret in it goes.
pub fn sent(tx: &mut Tx, taken: &Taken, to: &str, said: &str) -> Result<bool> {
    let own = mails::table.find(&taken.mail.id).filter(mails::due_at.eq(taken.until));
    let changed = diesel::update(own)
        .set((
            mails::state.eq(State::Sent),
            mails::recipient.eq(to),
            mails::secret.eq(None::<String>),
            mails::said.eq(word(said)),
            mails::finished_at.eq(tx.now),
        ))
        .execute(tx.db)?;
    Ok(changed == 1)
}

/// There is no server, or nobody to send it to.
pub fn unsent(tx: &mut Tx, taken: &Taken, why: &str) -> Result<()> {
    finish(tx, taken, State::Unsent, why).map(drop)
}

/// It was refused for good.
pub fn failed(tx: &mut Tx, taken: &Taken, said: &str) -> Result<()> {
    give_up(tx, taken, "refused", said)
}

/// What it brings has ended before it could be sent.
pub fn over(tx: &mut Tx, taken: &Taken, why: &str) -> Result<()> {
    give_up(tx, taken, "over", why)
}

/// It was not taken, and is tried again later; after a day it is given up. Tells whether it is.
pub fn later(tx: &mut Tx, taken: &Taken, said: &str) -> Result<bool> {
    let attempt = usize::try_from(taken.mail.attempts).unwrap_or_default().saturating_sub(1);
    let [.., longest] = AGAIN;
    let next = tx.now.plus(TimeDelta::seconds(*AGAIN.get(attempt).unwrap_or(&longest)));
    if next >= taken.mail.give_up_at {
        give_up(tx, taken, "unreachable", said)?;
        return Ok(true);
    }
    let own = mails::table.find(&taken.mail.id).filter(mails::due_at.eq(taken.until));
    diesel::update(own).set((mails::due_at.eq(next), mails::said.eq(word(said)))).execute(tx.db)?;
    Ok(false)
}

/// Gives a mail back that was not tried.
pub fn release(tx: &mut Tx, taken: &Taken) -> Result<()> {
    let own = mails::table.find(&taken.mail.id).filter(mails::due_at.eq(taken.until));
    diesel::update(own)
        .set((mails::due_at.eq(tx.now), mails::attempts.eq(mails::attempts - 1)))
        .execute(tx.db)?;
    Ok(())
}

fn give_up(tx: &mut Tx, taken: &Taken, reason: &str, said: &str) -> Result<()> {
    if finish(tx, taken, State::Failed, said)? {
        let data = json!({ "kind": taken.mail.kind, "reason": reason });
        tell(tx, &taken.mail, "mail.failed", data)?;
    }
    Ok(())
}

fn finish(tx: &mut Tx, taken: &Taken, state: State, said: &str) -> Result<bool> {
    let own = mails::table.find(&taken.mail.id).filter(mails::due_at.eq(taken.until));
    let changed = diesel::update(own)
        .set((mails::state.eq(state), mails::said.eq(word(said)), mails::finished_at.eq(tx.now)))
        .execute(tx.db)?;
    Ok(changed == 1)
}

/// Has a mail that was not sent sent again, for another day.
pub fn again(tx: &mut Tx, id: &MailId) -> Result<Mail> {
    let mail = find(tx.db, id)?;
    if !matches!(mail.state, State::Failed | State::Unsent) {
        let detail = "It was sent, or still will be. Only a mail that was given up is sent again.";
        return Err(Error::conflict("mail_not_given_up", detail));
    }
    if mail.is_over(tx.now) && mail.kind != Kind::CertificateRenewal {
        return Err(ended());
    }
    diesel::update(mails::table.find(id))
        .set((
            mails::state.eq(State::Queued),
            mails::attempts.eq(0),
            mails::due_at.eq(tx.now),
            mails::give_up_at.eq(tx.now.plus(PATIENCE)),
            mails::finished_at.eq(None::<Time>),
        ))
        .execute(tx.db)?;
    tell(tx, &mail, "mail.sent_again", json!({ "kind": mail.kind }))?;
    find(tx.db, id)
}

/// Takes away mails that are kept no longer, and what is secret in those whose link or code has ended: how many.
pub(in crate::store) fn clean_up(tx: &mut Tx, limit: i64) -> Result<usize> {
    let bound = first_id(MailId::PREFIX, tx.now.minus(KEPT));
    let old: Vec<MailId> =
        mails::table.filter(mails::id.lt(bound)).select(mails::id).limit(limit).load(tx.db)?;
    let gone = diesel::delete(mails::table.filter(mails::id.eq_any(old))).execute(tx.db)?;
    let over: Vec<MailId> = mails::table
        .filter(mails::secret_until.le(tx.now))
        .filter(mails::secret.is_not_null())
        .select(mails::id)
        .limit(limit)
        .load(tx.db)?;
    let wiped = diesel::update(mails::table.filter(mails::id.eq_any(over)))
        .set(mails::secret.eq(None::<String>))
        .execute(tx.db)?;
    Ok(gone + wiped)
}

/// As much as is kept of what a server says, on one line.
fn word(said: &str) -> String {
    let flat = said.chars().map(|sign| if sign.is_control() { ' ' } else { sign });
    flat.take(LONGEST_WORD).collect::<String>().trim().to_owned()
}
