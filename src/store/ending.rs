//! Ends what people have open when somebody takes away the reason for it.

use super::schema::{connections, grants, sessions};
use super::{ConnectionId, OrganizationId, Tx, UserId};
use crate::error::Result;
use diesel::prelude::*;

/// Whose sessions end.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    Organization(&'a OrganizationId),
    Connection(&'a ConnectionId),
    User(&'a UserId),
}

/// Ends the sessions, and the grants with their tokens; tells how many sessions that were.
pub(super) fn sessions(tx: &mut Tx, of: Of) -> Result<usize> {
    let (now, of_connection) = (Some(tx.now), |id| grants::connection_id.eq(id));
    let sessions = diesel::update(sessions::table)
        .set(sessions::ended_at.eq(now))
        .filter(sessions::ended_at.is_null());
    let grants = diesel::update(grants::table)
        .set(grants::ended_at.eq(now))
        .filter(grants::ended_at.is_null());
    let ended = match of {
        Of::Organization(id) => {
            let all = || {
                connections::table
                    .filter(connections::organization_id.eq(id))
                    .select(connections::id)
            };
            grants.filter(grants::connection_id.eq_any(all())).execute(tx.db)?;
            sessions.filter(sessions::connection_id.eq_any(all())).execute(tx.db)?
        }
        Of::Connection(id) => {
            grants.filter(of_connection(id)).execute(tx.db)?;
            sessions.filter(sessions::connection_id.eq(id)).execute(tx.db)?
        }
        Of::User(id) => {
            grants.filter(grants::user_id.eq(id)).execute(tx.db)?;
            sessions.filter(sessions::user_id.eq(id)).execute(tx.db)?
        }
    };
    Ok(ended)
}
