//! Ends what people and applications have open when somebody takes away the reason for it.

use super::input;
use super::schema::{connections, grants, sessions, users};
use super::{ApplicationId, ConnectionId, OrganizationId, Tx, UserId};
use crate::error::Result;
use diesel::prelude::*;

/// Whose sessions and grants end.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Organization(&'a OrganizationId),
    Connection(&'a ConnectionId),
    User(&'a UserId),
    /// Its grants alone: the sessions are of the person, who may use other applications.
    Application(&'a ApplicationId),
    /// The same, but for people of the organizations that the application admits.
    Others(&'a ApplicationId, &'a [OrganizationId]),
    /// People of an organization whose email address has this domain.
    Domain(&'a OrganizationId, &'a str),
}

/// Ends the sessions, and the grants with all their tokens; tells how many sessions that were.
pub(super) fn sessions(tx: &mut Tx, of: Of) -> Result<usize> {
    let now = Some(tx.now);
    let sessions = diesel::update(sessions::table)
        .set(sessions::ended_at.eq(now))
        .filter(sessions::ended_at.is_null());
    let grants = diesel::update(grants::table)
        .set(grants::ended_at.eq(now))
        .filter(grants::ended_at.is_null());
    let ended = match of {
        Of::Organization(id) => {
            let theirs = connections::table
                .filter(connections::organization_id.eq(id))
                .select(connections::id);
            grants.filter(grants::connection_id.eq_any(theirs)).execute(tx.db)?;
            sessions.filter(sessions::connection_id.eq_any(theirs)).execute(tx.db)?
        }
        Of::Connection(id) => {
            grants.filter(grants::connection_id.eq(id)).execute(tx.db)?;
            sessions.filter(sessions::connection_id.eq(id)).execute(tx.db)?
        }
        Of::User(id) => {
            grants.filter(grants::user_id.eq(id)).execute(tx.db)?;
            sessions.filter(sessions::user_id.eq(id)).execute(tx.db)?
        }
        Of::Application(id) => {
            grants.filter(grants::application_id.eq(id)).execute(tx.db)?;
            0
        }
        Of::Others(id, admitted) => {
            let theirs = grants.filter(grants::application_id.eq(id));
            theirs.filter(grants::organization_id.ne_all(admitted)).execute(tx.db)?;
            0
        }
        Of::Domain(id, name) => {
            let pattern = input::ending_in(&format!("@{name}"));
            let people = || {
                users::table
                    .filter(users::organization_id.eq(id))
                    .filter(users::email_key.like(&pattern).escape('!'))
                    .select(users::id)
            };
            grants.filter(grants::user_id.eq_any(people())).execute(tx.db)?;
            sessions.filter(sessions::user_id.eq_any(people())).execute(tx.db)?
        }
    };
    Ok(ended)
}
