//! Ends what people and applications have open when somebody takes away the reason for it.

use super::input;
use super::schema::{connections, grants, sessions, users};
use super::sessions::Method;
use super::{
    ApplicationId, ConnectionId, OrganizationId, Prepared, SessionId, Tx, UserId, notices,
    on_backend,
};
use crate::error::Result;
use diesel::prelude::*;

/// Whose sessions and grants end.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Organization(&'a OrganizationId),
    /// Who came through it, which those with a break-glass code did not.
    Connection(&'a ConnectionId),
    User(&'a UserId),
    /// What a person has by a break-glass code.
    Rescued(&'a UserId),
    /// Its grants alone: the sessions are of the person, who may use other applications.
    Application(&'a ApplicationId),
    /// The same, but for people of the organizations that the application admits.
    Others(&'a ApplicationId, &'a [OrganizationId]),
    /// People of an organization whose email address has this domain.
    Domain(&'a OrganizationId, &'a str),
}

/// Ends the sessions, and the grants with all their tokens, and has the applications told; tells how many sessions
/// that were.
pub(super) fn sessions(tx: &mut Tx, of: Of) -> Result<usize> {
    let now = Some(tx.now);
    let sessions = diesel::update(sessions::table)
        .set(sessions::ended_at.eq(now))
        .filter(sessions::ended_at.is_null());
    let grants = diesel::update(grants::table)
        .set(grants::ended_at.eq(now))
        .filter(grants::ended_at.is_null());
    let ended_grant = (grants::session_id, grants::application_id, grants::user_id);
    // A grant may outlive its session, so what ends now is told by both.
    let (of_grants, of_sessions): (Vec<notices::Part>, Vec<SessionId>) = match of {
        Of::Organization(id) => {
            let theirs = connections::table
                .filter(connections::organization_id.eq(id))
                .select(connections::id);
            (
                grants
                    .filter(grants::connection_id.eq_any(theirs))
                    .returning(ended_grant)
                    .get_results(tx.db)?,
                sessions
                    .filter(sessions::connection_id.eq_any(theirs))
                    .returning(sessions::id)
                    .get_results(tx.db)?,
            )
        }
        Of::Connection(id) => (
            grants
                .filter(grants::connection_id.eq(id))
                .filter(grants::method.eq(Method::Connection))
                .returning(ended_grant)
                .get_results(tx.db)?,
            sessions
                .filter(sessions::connection_id.eq(id))
                .filter(sessions::method.eq(Method::Connection))
                .returning(sessions::id)
                .get_results(tx.db)?,
        ),
        Of::User(id) => {
            let grants = grants.filter(grants::user_id.eq(id)).returning(ended_grant);
            let sessions = sessions.filter(sessions::user_id.eq(id)).returning(sessions::id);
            (
                on_backend!(tx.db, conn => Prepared(grants).get_results(conn))?,
                on_backend!(tx.db, conn => Prepared(sessions).get_results(conn))?,
            )
        }
        Of::Rescued(id) => (
            grants
                .filter(grants::user_id.eq(id))
                .filter(grants::method.eq(Method::BreakGlass))
                .returning(ended_grant)
                .get_results(tx.db)?,
            sessions
                .filter(sessions::user_id.eq(id))
                .filter(sessions::method.eq(Method::BreakGlass))
                .returning(sessions::id)
                .get_results(tx.db)?,
        ),
        Of::Application(id) => {
            grants.filter(grants::application_id.eq(id)).execute(tx.db)?;
            return Ok(0);
        }
        Of::Others(id, admitted) => {
            let theirs = grants
                .filter(grants::application_id.eq(id))
                .filter(grants::organization_id.ne_all(admitted));
            (theirs.returning(ended_grant).get_results(tx.db)?, Vec::new())
        }
        Of::Domain(id, name) => {
            let pattern = input::ending_in(&format!("@{name}"));
            let people = || {
                users::table
                    .filter(users::organization_id.eq(id))
                    .filter(users::email_key.like(&pattern).escape('!'))
                    .select(users::id)
            };
            (
                grants
                    .filter(grants::user_id.eq_any(people()))
                    .returning(ended_grant)
                    .get_results(tx.db)?,
                sessions
                    .filter(sessions::user_id.eq_any(people()))
                    .returning(sessions::id)
                    .get_results(tx.db)?,
            )
        }
    };
    let ended = of_sessions.len();
    notices::write(tx, &of_sessions, of_grants)?;
    Ok(ended)
}
