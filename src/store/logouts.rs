//! Signing out where an identity provider takes part: at a person's wish after they signed out here, or
//! at the provider's.

#[cfg(test)]
mod tests;

use super::connections::Connection;
use super::notices::{self, Reach};
use super::schema::{logouts, replays};
use super::sessions::{self, Session};
use super::types::word;
use super::{ConnectionId, Db, LogoutId, SessionId, Tx, on_backend};
use crate::clock::Time;
use crate::crypto::{self, TokenHash};
use crate::error::Result;
use crate::saml::logout::LogoutRequest;
use crate::saml::response::NameId;
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long a request is remembered at most, however long the provider says it counts.
const REMEMBERED: TimeDelta = TimeDelta::days(3650);

word!(
    /// How far a sign-out at a provider has come.
    Outcome {
        /// The person may ask for it.
        Offered = "offered",
        /// The provider was asked.
        Asked = "asked",
        /// The provider says that the person is signed out there.
        Complete = "complete",
        /// Signed out there, but not everywhere that the provider knows.
        Partial = "partial",
        /// The provider says that it did not do it.
        Failed = "failed",
    }
);

/// A sign-out here that may go on, or goes on, at the provider.
#[derive(Debug, Clone, Queryable, Insertable)]
pub struct Logout {
    /// Its ID, which is the relay state.
    pub id: LogoutId,
    /// The session that has ended.
    pub session_id: SessionId,
    /// Whose provider is asked.
    pub connection_id: ConnectionId,
    /// SHA-256 of the value that binds it to the browser.
    pub browser_hash: String,
    /// The ID of our request, once the provider was asked.
    pub saml_request_id: Option<String>,
    /// Where the application wants the browser at the end.
    pub return_to: Option<String>,
    /// How far it has come.
    pub outcome: Outcome,
    /// When the session ended.
    pub created_at: Time,
    /// Until when it can go on.
    pub expires_at: Time,
}

impl Logout {
    /// Whether it goes on in the browser with this value.
    #[must_use]
    pub fn goes_on(&self, browser: Option<&str>, now: Time) -> bool {
        let hash = browser.map(crypto::hash);
        now < self.expires_at
            && hash.is_some_and(|hash| {
                crypto::constant_time_eq(hash.as_str().as_bytes(), self.browser_hash.as_bytes())
            })
    }
}

/// What a provider's request came to.
#[derive(Debug)]
pub enum Followed {
    /// The sessions that were meant have ended, and their applications can be told in these ways.
    Ended(Vec<Session>, Reach),
    /// The request came before.
    Replayed,
}

/// Writes down that a session which has just ended may end at the provider too, in this browser.
pub fn offer(
    tx: &mut Tx,
    session: &Session,
    browser: &str,
    return_to: Option<&str>,
    lifetime: TimeDelta,
) -> Result<Logout> {
    let logout = Logout {
        id: LogoutId::new(),
        session_id: session.id.clone(),
        connection_id: session.connection_id.clone(),
        browser_hash: crypto::hash(browser).into_string(),
        saml_request_id: None,
        return_to: return_to.map(str::to_owned),
        outcome: Outcome::Offered,
        created_at: tx.now,
        expires_at: tx.now.plus(lifetime),
    };
    diesel::insert_into(logouts::table).values(logout.clone()).execute(tx.db)?;
    Ok(logout)
}

/// Finds a sign-out and its session.
pub fn by_id(db: &mut Db, id: &LogoutId) -> Result<Option<(Logout, Session)>> {
    let found = logouts::table
        .inner_join(super::schema::sessions::table)
        .filter(logouts::id.eq(id))
        .first(db)
        .optional()?;
    Ok(found)
}

/// Finds the sign-out that the provider was asked for by this request, and its session.
pub fn by_saml_request(db: &mut Db, request_id: &str) -> Result<Option<(Logout, Session)>> {
    let found = logouts::table
        .inner_join(super::schema::sessions::table)
        .filter(logouts::saml_request_id.assume_not_null().eq(request_id))
        .first(db)
        .optional()?;
    Ok(found)
}

/// Notes that the provider is asked. It may be asked again: only the answer to the last request counts. Tells
/// whether it has not answered yet.
pub fn ask(tx: &mut Tx, id: &LogoutId, saml_request_id: &str) -> Result<bool> {
    let open = [Outcome::Offered, Outcome::Asked];
    let asked = diesel::update(logouts::table.find(id))
        .filter(logouts::outcome.eq_any(open))
        .set((
            logouts::outcome.eq(Outcome::Asked),
            logouts::saml_request_id.eq(Some(saml_request_id)),
        ))
        .execute(tx.db)?;
    Ok(asked == 1)
}

/// Notes what the provider answered to our last request.
pub fn finish(tx: &mut Tx, id: &LogoutId, saml_request_id: &str, outcome: Outcome) -> Result<()> {
    diesel::update(logouts::table.find(id))
        .filter(logouts::outcome.eq(Outcome::Asked))
        .filter(logouts::saml_request_id.assume_not_null().eq(saml_request_id))
        .set(logouts::outcome.eq(outcome))
        .execute(tx.db)?;
    Ok(())
}

/// Follows a provider's request, once: ends the sessions of the connection that it means, with what hangs on
/// them. `is_same` says whether a session's name is the one that is asked for; `here` is the hash of the cookie of the
/// browser that brought the request, if it has one.
pub fn follow(
    tx: &mut Tx,
    connection: &Connection,
    request: &LogoutRequest,
    here: Option<&TokenHash>,
    is_same: impl Fn(&NameId) -> bool,
) -> Result<Followed> {
    let row = (
        replays::connection_id.eq(&connection.id),
        replays::assertion_id.eq(&request.id),
        // SQLite keeps times as text, which sorts only up to the year 9999.
        replays::expires_at.eq(request.expires_at.min(tx.now.plus(REMEMBERED))),
    );
    let fresh = on_backend!(tx.db, conn => diesel::insert_into(replays::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if fresh == 0 {
        return Ok(Followed::Replayed);
    }
    let mut meant = sessions::named(tx.db, &connection.id, &request.name_id.value)?;
    meant.retain(|session| is_same(&session.name_id) && is_indexed(session, request));
    let ids: Vec<SessionId> = meant.iter().map(|session| session.id.clone()).collect();
    let here = meant.iter().find(|session| here == Some(&session.hash));
    let reach = notices::reach(tx.db, &ids, None, here.map(|session| &session.id))?;
    for session in &meant {
        sessions::end(tx, session)?;
    }
    Ok(Followed::Ended(meant, reach))
}

/// A session that the provider gave no index is meant by every request with its name.
fn is_indexed(session: &Session, request: &LogoutRequest) -> bool {
    let indexes = &request.session_indexes;
    indexes.is_empty() || session.session_index.as_ref().is_none_or(|own| indexes.contains(own))
}
