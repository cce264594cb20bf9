//! Browsers in which members are signed in: they end when nobody uses them, and after some hours in any case.

use super::{Member, arrivals};
use crate::clock::Time;
use crate::crypto::{self, Secret, TokenHash};
use crate::error::{Error, Result};
use crate::store::schema::{member_sessions, members, sessions};
use crate::store::types::word;
use crate::store::{Db, MemberId, MemberSessionId, SessionId, Tx, events, sessions as people};
use chrono::TimeDelta;
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;

/// How old `seen_at` may be before it is written anew.
const SEEN: TimeDelta = TimeDelta::minutes(1);

/// Sessions that a list shows at most.
const LISTED: i64 = 100;

word!(
    /// By what a member came in.
    By {
        /// A password alone.
        Password = "password",
        /// A link, with the password that was chosen by it.
        Link = "link",
        /// A code of their app, after the password.
        SecondStep = "second_step",
        /// A recovery code, after the password.
        RecoveryCode = "recovery_code",
        /// A passkey.
        Passkey = "passkey",
        /// The operator's own provider.
        Provider = "provider",
    }
);

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct Lasts {
    /// Without being used.
    pub idle: TimeDelta,
    /// In any case.
    pub most: TimeDelta,
}

/// A browser in which a member is signed in.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = member_sessions)]
pub struct Session {
    /// Its ID.
    pub id: MemberSessionId,
    /// SHA-256 of the cookie.
    pub hash: TokenHash,
    /// Whose it is.
    pub member_id: MemberId,
    /// When it began.
    pub began_at: Time,
    /// When it was last used, to the minute.
    pub seen_at: Time,
    /// When it ends in any case.
    pub expires_at: Time,
    /// The sign-in at the operator's own provider by which the member came: this ends with it.
    pub session_id: Option<SessionId>,
}

impl Session {
    /// Whether its use is to be written down.
    #[must_use]
    pub fn is_stale(&self, now: Time) -> bool {
        now.since(self.seen_at) >= SEEN
    }
}

/// Begins a session with a cookie that nobody knew before, whose value is returned once. The one that the browser had
/// ends (session fixation).
pub fn begin(
    tx: &mut Tx,
    member: &MemberId,
    before: Option<&str>,
    lasts: Lasts,
    by: By,
) -> Result<(Session, Secret)> {
    begin_after(tx, member, before, lasts, by, &Came::default())
}

/// How a member came as far as a session or the second step.
#[derive(Debug, Clone, Default)]
pub(super) struct Came {
    /// By what they took the first of two steps.
    pub(super) after: Option<By>,
    /// The sign-in at the operator's own provider.
    pub(super) at: Option<SessionId>,
}

/// The same, for who took a step before or came by a provider.
pub(super) fn begin_after(
    tx: &mut Tx,
    member: &MemberId,
    before: Option<&str>,
    lasts: Lasts,
    by: By,
    came: &Came,
) -> Result<(Session, Secret)> {
    if let Some(before) = before {
        let known = member_sessions::hash.eq(crypto::hash(before));
        diesel::delete(member_sessions::table.filter(known)).execute(tx.db)?;
    }
    let cookie = crypto::token(crypto::MEMBER);
    let session = Session {
        id: MemberSessionId::new(),
        hash: crypto::hash(cookie.reveal()),
        member_id: member.clone(),
        began_at: tx.now,
        seen_at: tx.now,
        expires_at: tx.now.plus(lasts.most),
        session_id: came.at.clone(),
    };
    diesel::insert_into(member_sessions::table).values(&session).execute(tx.db)?;
    let data = match came.after {
        Some(after) => json!({ "by": by, "after": after }),
        None => json!({ "by": by }),
    };
    events::append(tx, None, "member.signed_in", member.as_str(), data)?;
    Ok((session, cookie))
}

/// The session of a cookie and its member, if it is still good.
pub fn live(
    db: &mut Db,
    cookie: &str,
    lasts: Lasts,
    now: Time,
) -> Result<Option<(Session, Member)>> {
    if !crypto::well_formed(crypto::MEMBER, cookie) {
        return Ok(None);
    }
    let found: Option<(Session, Member)> = member_sessions::table
        .inner_join(members::table)
        .filter(member_sessions::hash.eq(crypto::hash(cookie)))
        .filter(member_sessions::expires_at.gt(now))
        .filter(member_sessions::seen_at.gt(now.minus(lasts.idle)))
        .select((member_sessions::all_columns, members::all_columns))
        .first(db)
        .optional()?;
    let Some((session, member)) = found else { return Ok(None) };
    let is_open = is_open(db, session.session_id.as_ref(), now)?;
    Ok(is_open.then_some((session, member)))
}

/// Whether the sign-in at a provider by which a member came still stands, if they came by one.
pub(super) fn is_open(db: &mut Db, at: Option<&SessionId>, now: Time) -> Result<bool> {
    at.map_or(Ok(true), |id| people::is_open(db, id, now))
}

/// Notes that a session is used.
pub fn touch(tx: &mut Tx, id: &MemberSessionId) -> Result<()> {
    diesel::update(member_sessions::table.find(id))
        .set(member_sessions::seen_at.eq(tx.now))
        .execute(tx.db)?;
    Ok(())
}

/// Ends a session, and the sign-in at the operator's own provider by which it came about.
pub fn end(tx: &mut Tx, session: &Session) -> Result<()> {
    if diesel::delete(session).execute(tx.db)? == 1 {
        if let Some(at) = &session.session_id
            && let Some(at) = people::by_id(tx.db, at)?
        {
            people::end(tx, &at)?;
        }
        events::append(tx, None, "member.signed_out", session.member_id.as_str(), json!({}))?;
    }
    Ok(())
}

/// The sessions of a member that are still good, the newest first.
pub fn of(db: &mut Db, member: &MemberId, lasts: Lasts, now: Time) -> Result<Vec<Session>> {
    let stands = sessions::table
        .filter(sessions::id.nullable().eq(member_sessions::session_id))
        .filter(sessions::ended_at.is_null());
    let live = member_sessions::table
        .filter(member_sessions::member_id.eq(member))
        .filter(member_sessions::session_id.is_null().or(exists(stands)))
        .filter(member_sessions::expires_at.gt(now))
        .filter(member_sessions::seen_at.gt(now.minus(lasts.idle)));
    Ok(live.order(member_sessions::id.desc()).limit(LISTED).load(db)?)
}

/// Ends one session of a member.
pub fn end_one(tx: &mut Tx, member: &MemberId, id: &MemberSessionId) -> Result<()> {
    let session: Option<Session> = member_sessions::table
        .find(id)
        .filter(member_sessions::member_id.eq(member))
        .first(tx.db)
        .optional()?;
    end(tx, &session.ok_or_else(|| Error::not_found("session", id.as_str()))?)
}

/// Signs a member out of every browser but one, because they want it.
pub fn sign_out_others(tx: &mut Tx, member: &MemberId, keep: &MemberSessionId) -> Result<()> {
    let ended = end_others(tx, member, keep)?;
    if ended == 0 {
        return Ok(());
    }
    events::append(tx, None, "member.signed_out", member.as_str(), json!({ "sessions": ended }))
}

/// Ends every session of a member but one, and sign-ins that wait for the second step; how many sessions.
pub(super) fn end_others(tx: &mut Tx, member: &MemberId, keep: &MemberSessionId) -> Result<usize> {
    let others = member_sessions::table
        .filter(member_sessions::member_id.eq(member))
        .filter(member_sessions::id.ne(keep));
    let ended = diesel::delete(others).execute(tx.db)?;
    arrivals::end_all(tx, member)?;
    Ok(ended)
}

/// Ends what came by the operator's own provider, of every member: sessions, and sign-ins that wait for the second step.
pub(super) fn end_all_of_providers(tx: &mut Tx) -> Result<()> {
    let came = member_sessions::table.filter(member_sessions::session_id.is_not_null());
    diesel::delete(came).execute(tx.db)?;
    arrivals::end_all_of_providers(tx)
}

/// Ends every session of a member, and sign-ins that wait for the second step.
pub fn end_all(tx: &mut Tx, member: &MemberId) -> Result<()> {
    diesel::delete(member_sessions::table.filter(member_sessions::member_id.eq(member)))
        .execute(tx.db)?;
    arrivals::end_all(tx, member)
}
