//! What applications are to be told about sessions that end: written where they end, delivered by a job
//! (OIDC Back-Channel Logout 1.0).

#[cfg(test)]
mod tests;

use super::applications::Application;
use super::schema::{applications, grants, logout_notices as notices};
use super::{ApplicationId, Db, NoticeId, SessionId, Tx, UserId, events, on_backend};
use crate::clock::Time;
use crate::error::Result;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// How long whoever took a notice has to deliver it before another may.
pub const LEASE: TimeDelta = TimeDelta::seconds(30);
/// When a delivery that failed is tried again: so many seconds after each attempt. Then it is given up.
const AGAIN: [i64; 6] = [5, 30, 120, 600, 1800, 7200];
/// SQLite takes a limited number of values in one statement.
const AT_ONCE: usize = 500;

/// A session as one application knows it: session, application, person.
pub(super) type Part = (SessionId, ApplicationId, UserId);

/// One application is to be told that one session has ended.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = notices)]
pub struct Notice {
    /// Its ID.
    pub id: NoticeId,
    /// Who is to be told.
    pub application_id: ApplicationId,
    /// Which session: `sid`.
    pub session_id: SessionId,
    /// Whose: `sub`. The person may be erased by now.
    pub user_id: UserId,
    /// How often it was taken for delivery.
    pub attempts: i32,
    /// When it may be taken next.
    pub due_at: Time,
    /// When the session ended.
    pub created_at: Time,
}

/// An application's page to be opened in a hidden frame (OIDC Front-Channel Logout 1.0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The registered address.
    pub uri: String,
    /// The session that has ended.
    pub session_id: SessionId,
}

/// How the applications of some sessions can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// What the browser is to open.
    pub frames: Vec<Frame>,
    /// Whether every application is told, one way or the other.
    pub is_complete: bool,
}

/// Has the applications of these sessions told, and those of these parts of others.
pub(super) fn write(tx: &mut Tx, ended: &[SessionId], parts: Vec<Part>) -> Result<()> {
    let mut all: BTreeSet<Part> = parts.into_iter().collect();
    for some in ended.chunks(AT_ONCE) {
        let found: Vec<Part> = grants::table
            .filter(grants::session_id.eq_any(some))
            .select((grants::session_id, grants::application_id, grants::user_id))
            .distinct()
            .load(tx.db)?;
        all.extend(found);
    }
    if all.is_empty() {
        return Ok(());
    }
    let listening: BTreeSet<ApplicationId> = applications::table
        .filter(applications::backchannel_logout_uri.is_not_null())
        .filter(applications::deleted_at.is_null())
        .select(applications::id)
        .load(tx.db)?
        .into_iter()
        .collect();
    let rows: Vec<Notice> = all
        .into_iter()
        .filter(|(_, application, _)| listening.contains(application))
        .map(|(session_id, application_id, user_id)| Notice {
            id: NoticeId::new(),
            application_id,
            session_id,
            user_id,
            attempts: 0,
            due_at: tx.now,
            created_at: tx.now,
        })
        .collect();
    for some in rows.chunks(AT_ONCE) {
        let some = some.to_vec();
        on_backend!(tx.db, conn => diesel::insert_into(notices::table).values(some).execute(conn))?;
    }
    tx.rings |= !rows.is_empty();
    Ok(())
}

/// How the applications that people of these sessions signed in to can be told of their end. `asking` knows already.
///
/// Frames are opened in the browser that asks, so they tell for certain only of its own session, `here`: another browser's
/// cookies are not there to be taken away.
pub fn reach(
    db: &mut Db,
    sessions: &[SessionId],
    asking: Option<&ApplicationId>,
    here: Option<&SessionId>,
) -> Result<Reach> {
    let mut reach = Reach { frames: Vec::new(), is_complete: true };
    for some in sessions.chunks(AT_ONCE) {
        let found: Vec<(SessionId, ApplicationId, Option<String>, Option<String>)> = grants::table
            .inner_join(applications::table)
            .filter(grants::session_id.eq_any(some))
            .filter(applications::deleted_at.is_null())
            .select((
                grants::session_id,
                applications::id,
                applications::backchannel_logout_uri,
                applications::frontchannel_logout_uri,
            ))
            .distinct()
            .load(db)?;
        for (session_id, application, back, front) in found {
            let is_told_here = front.is_some() && here == Some(&session_id);
            let is_told = back.is_some() || is_told_here || asking == Some(&application);
            reach.is_complete &= is_told;
            reach.frames.extend(front.map(|uri| Frame { uri, session_id }));
        }
    }
    Ok(reach)
}

/// How many deliveries there may be at the same time.
#[derive(Debug, Clone)]
pub struct Room {
    /// So many more.
    pub most: usize,
    /// So many for one application, those under way included.
    pub each: usize,
    /// How many are under way, by application.
    pub under_way: BTreeMap<ApplicationId, usize>,
}

impl Room {
    /// How many more there may be for an application.
    fn left(&self, application: &ApplicationId) -> usize {
        self.each.saturating_sub(self.under_way.get(application).copied().unwrap_or_default())
    }

    /// The applications for which there may be no more.
    fn full(&self) -> Vec<&ApplicationId> {
        self.under_way.keys().filter(|application| self.left(application) == 0).collect()
    }
}

/// Whether there is something to deliver for which there is room.
pub fn is_due(db: &mut Db, now: Time, room: &Room) -> Result<bool> {
    let due = notices::table
        .filter(notices::due_at.le(now))
        .filter(notices::application_id.ne_all(room.full()));
    Ok(room.most > 0 && diesel::select(diesel::dsl::exists(due)).get_result(db)?)
}

/// Takes what is due and has room, with whom it is for, so that nobody else delivers it for the time of a [`LEASE`].
///
/// The application that has waited the longest comes first, and none gets more than its part: one that does not answer
/// holds up its own notices only. Several instances may take at once: on Postgres each passes over the rows that another
/// one holds.
pub fn take(tx: &mut Tx, room: &Room) -> Result<Vec<(Notice, Application)>> {
    let waiting: Vec<ApplicationId> = notices::table
        .filter(notices::due_at.le(tx.now))
        .filter(notices::application_id.ne_all(room.full()))
        .group_by(notices::application_id)
        .select(notices::application_id)
        .order(diesel::dsl::min(notices::due_at))
        .limit(limit(room.most))
        .load(tx.db)?;
    let mut ids: Vec<NoticeId> = Vec::new();
    for application in waiting {
        let left = room.left(&application).min(room.most.saturating_sub(ids.len()));
        let due = notices::table
            .filter(notices::application_id.eq(application))
            .filter(notices::due_at.le(tx.now))
            .order(notices::due_at)
            .select(notices::id)
            .limit(limit(left));
        let taken: Vec<NoticeId> = match tx.db {
            Db::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
            Db::Sqlite(conn) => due.load(conn)?,
        };
        ids.extend(taken);
    }
    diesel::update(notices::table.filter(notices::id.eq_any(&ids)))
        .set((notices::due_at.eq(tx.now.plus(LEASE)), notices::attempts.eq(notices::attempts + 1)))
        .execute(tx.db)?;
    let found = notices::table
        .inner_join(applications::table)
        .filter(notices::id.eq_any(&ids))
        .order(notices::id)
        .load(tx.db)?;
    Ok(found)
}

fn limit(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

/// The application was told, or cannot be told any more.
pub fn done(tx: &mut Tx, id: &NoticeId) -> Result<()> {
    diesel::delete(notices::table.find(id)).execute(tx.db)?;
    Ok(())
}

/// A delivery failed: it is due again later, or given up after the last attempt. Tells whether it is given up.
pub fn failed(tx: &mut Tx, notice: &Notice, why: &str) -> Result<bool> {
    let attempt = usize::try_from(notice.attempts).unwrap_or_default();
    if let Some(seconds) = AGAIN.get(attempt.saturating_sub(1)) {
        diesel::update(notices::table.find(&notice.id))
            .set(notices::due_at.eq(tx.now.plus(TimeDelta::seconds(*seconds))))
            .execute(tx.db)?;
        return Ok(false);
    }
    done(tx, &notice.id)?;
    let data = json!({ "session_id": notice.session_id, "attempts": attempt, "reason": why });
    events::append(tx, None, "logout_notice.abandoned", notice.application_id.as_str(), data)?;
    Ok(true)
}
