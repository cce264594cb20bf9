//! What is shown of a person beside their row: which directory keeps them, and where they are signed in.

use super::User;
use crate::error::Result;
use crate::store::schema::{connections, directory_users, sessions};
use crate::store::sessions::Session;
use crate::store::{ConnectionId, Db, Time};
use diesel::prelude::*;

/// The connection whose directory keeps a person, what it is called, and when it last said something else of them.
pub fn keeper(db: &mut Db, user: &User) -> Result<Option<(ConnectionId, String, Time)>> {
    let found = directory_users::table
        .inner_join(connections::table.on(connections::id.eq(directory_users::connection_id)))
        .filter(directory_users::user_id.eq(&user.id))
        .filter(directory_users::deleted_at.is_null())
        .select((connections::id, connections::name, directory_users::updated_at))
        .first(db)
        .optional()?;
    Ok(found)
}

/// The sessions of a person that go on at a time, the newest first and `limit` at most.
pub fn sessions_of(db: &mut Db, user: &User, now: Time, limit: i64) -> Result<Vec<Session>> {
    let found = sessions::table
        .filter(sessions::user_id.eq(&user.id))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .order(sessions::id.desc())
        .limit(limit);
    Ok(found.load(db)?)
}
