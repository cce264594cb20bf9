//! Signed-in browsers.

use super::connections::ConnectionState;
use super::events;
use super::notices;
use super::prepared::written;
use super::schema::{connections, grants, sessions, users};
use super::types::word;
use super::users::{User, UserState};
use super::{ConnectionId, Db, Json, OrganizationId, SessionId, Tx, UserId, on_backend};
use crate::clock::Time;
use crate::crypto::{self, Secret, TokenHash};
use crate::error::Result;
use crate::saml::response::NameId;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

word!(
    /// How a person proved who they are.
    Method {
        /// At the identity provider of the connection.
        Connection = "connection",
        /// By a break-glass code; the connection is the one that was passed by.
        BreakGlass = "break_glass",
    }
);

/// A browser in which a person is signed in.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
pub struct Session {
    /// Its ID, which applications see as `sid`.
    pub id: SessionId,
    /// SHA-256 of the cookie.
    pub hash: TokenHash,
    /// The organization of the person.
    pub organization_id: OrganizationId,
    /// The connection that the person came through.
    pub connection_id: ConnectionId,
    /// Who it is.
    pub user_id: UserId,
    /// Whom the provider named, as its logout request will name them.
    pub name_id: Json<NameId>,
    /// The provider's own name for the session.
    pub session_index: Option<String>,
    /// When the provider's answer was accepted.
    pub signed_in_at: Time,
    /// When the session ends by itself.
    pub expires_at: Time,
    /// When somebody ended it.
    pub ended_at: Option<Time>,
    /// When the person proved who they are, as the provider says. None: written by a release that did not ask.
    pub authenticated_at: Option<Time>,
    /// The value of `name_id`, to be found by. None: written by a release that did not keep it.
    pub name: Option<String>,
    /// How the person proved who they are.
    pub method: Method,
}

impl Session {
    /// When the person last proved who they are: at the provider, which may have been long before it answered us.
    #[must_use]
    pub fn authenticated_at(&self) -> Time {
        self.authenticated_at.unwrap_or(self.signed_in_at)
    }
}

/// What a new session needs.
pub struct NewSession<'a> {
    /// The person, active at this moment.
    pub user: &'a User,
    /// The connection that the person came through.
    pub connection_id: &'a ConnectionId,
    /// Whom the provider named.
    pub name_id: NameId,
    /// The provider's own name for the session.
    pub session_index: Option<String>,
    /// How long the session may last.
    pub lifetime: TimeDelta,
    /// When the person proved who they are, as the provider says (`AuthnInstant`).
    pub authenticated_at: Time,
    /// The end that the provider set, if it set one (`SessionNotOnOrAfter`).
    pub not_on_or_after: Option<Time>,
    /// How the person proved who they are.
    pub method: Method,
}

/// Finds the session of a cookie and its person, if both are still good and the connection is on: a session
/// lets nobody in through a connection that takes nobody. One that began with a break-glass code came through none.
pub fn live(db: &mut Db, cookie: &str, now: Time) -> Result<Option<(Session, User)>> {
    if !crypto::well_formed(crypto::SESSION, cookie) {
        return Ok(None);
    }
    let found = sessions::table
        .inner_join(users::table)
        .inner_join(connections::table)
        .filter(
            connections::state
                .eq(ConnectionState::Active)
                .or(sessions::method.eq(Method::BreakGlass)),
        )
        .filter(sessions::hash.eq(crypto::hash(cookie)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(users::suspended_at.is_null())
        .filter(users::directory_suspended_at.is_null())
        .filter(users::deprovisioned_at.is_null())
        .select((sessions::all_columns, users::all_columns))
        .first(db)
        .optional()?;
    Ok(found)
}

/// Whether a session is as good as [`live`] finds it, for what hangs on it.
pub fn is_open(db: &mut Db, id: &SessionId, now: Time) -> Result<bool> {
    let Some(session) = by_id(db, id)? else { return Ok(false) };
    if session.ended_at.is_some() || session.expires_at <= now {
        return Ok(false);
    }
    let user = super::users::by_id(db, &session.user_id)?;
    let standing = super::connections::standing(db, &session.connection_id)?;
    Ok(user.is_some_and(|user| user.state() == UserState::Active)
        && standing.is_some_and(|(state, _)| state == ConnectionState::Active))
}

/// Finds a session by its ID, ended or not.
pub fn by_id(db: &mut Db, id: &SessionId) -> Result<Option<Session>> {
    Ok(sessions::table.find(id).first(db).optional()?)
}

/// The sessions of a connection that nobody has ended and that may be of the person with this name there.
pub fn named(db: &mut Db, connection: &ConnectionId, name: &str) -> Result<Vec<Session>> {
    let found = sessions::table
        .filter(sessions::connection_id.eq(connection))
        .filter(sessions::method.eq(Method::Connection))
        .filter(sessions::name.is_null().or(sessions::name.assume_not_null().eq(name)))
        .filter(sessions::ended_at.is_null())
        .load(db)?;
    Ok(found)
}

written! {
    insert Beginning: Session, into sessions {
        id, hash, organization_id, connection_id, user_id, name_id, session_index, signed_in_at, expires_at,
        ended_at, authenticated_at, name, method,
    }
}

/// Begins a session. The cookie's value is returned once.
pub fn create(tx: &mut Tx, new: NewSession<'_>) -> Result<(Session, Secret)> {
    let cookie = crypto::token(crypto::SESSION);
    let end = tx.now.plus(new.lifetime);
    let session = Session {
        id: SessionId::new(),
        hash: crypto::hash(cookie.reveal()),
        organization_id: new.user.organization_id.clone(),
        connection_id: new.connection_id.clone(),
        user_id: new.user.id.clone(),
        name: Some(new.name_id.value.clone()),
        name_id: new.name_id.into(),
        session_index: new.session_index,
        signed_in_at: tx.now,
        expires_at: new.not_on_or_after.map_or(end, |limit| limit.min(end)),
        ended_at: None,
        // A clock that is ahead, within what clocks may differ by, makes nobody's sign-in later than now.
        authenticated_at: Some(new.authenticated_at.min(tx.now)),
        method: new.method,
    };
    on_backend!(tx.db, conn => Beginning(&session).execute(conn))?;
    Ok((session, cookie))
}

/// Ends one session with the grants that live and die with it, and has its applications told. Ending it again
/// changes nothing.
///
/// A grant with `offline_access` goes on: the person asked for that (`OIDC` Core 11).
pub fn end(tx: &mut Tx, session: &Session) -> Result<()> {
    let ended = diesel::update(sessions::table.find(&session.id))
        .filter(sessions::ended_at.is_null())
        .set(sessions::ended_at.eq(tx.now))
        .execute(tx.db)?;
    diesel::update(grants::table)
        .filter(grants::session_id.eq(&session.id))
        .filter(grants::ended_at.is_null())
        .filter(grants::offline.eq(false))
        .set(grants::ended_at.eq(tx.now))
        .execute(tx.db)?;
    if ended == 1 {
        notices::write(tx, std::slice::from_ref(&session.id), Vec::new())?;
        let data = json!({ "user_id": session.user_id });
        let organization = Some(&session.organization_id);
        events::append(tx, organization, "session.ended", session.id.as_str(), data)?;
    }
    Ok(())
}
