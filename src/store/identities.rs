//! Under which name a connection's provider knows a person.

use super::db::or_conflict;
use super::schema::identities;
use super::users::{self, User};
use super::{ConnectionId, Db, Time, Tx, UserId, events};
use crate::email::Email;
use crate::error::Result;
use diesel::prelude::*;
use serde_json::json;

/// A person's name at one provider.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(primary_key(connection_id, subject), table_name = identities)]
pub struct Identity {
    /// The connection with the provider.
    pub connection_id: ConnectionId,
    /// The provider's name for the person.
    pub subject: String,
    /// Who that is.
    pub user_id: UserId,
    /// When the person first came under this name.
    pub created_at: Time,
}

/// Finds the person whom a connection's provider knows under this name.
pub fn by_subject(db: &mut Db, connection: &ConnectionId, subject: &str) -> Result<Option<UserId>> {
    let found = identities::table
        .find((connection, subject))
        .select(identities::user_id)
        .first(db)
        .optional()?;
    Ok(found)
}

/// Remembers under which name a connection's provider knows a person. A name is one person's.
pub fn link(tx: &mut Tx, connection: &ConnectionId, subject: &str, user: &User) -> Result<()> {
    let row = Identity {
        connection_id: connection.clone(),
        subject: subject.to_owned(),
        user_id: user.id.clone(),
        created_at: tx.now,
    };
    let done = diesel::insert_into(identities::table).values(&row).execute(tx.db);
    let detail = "The provider knows another person under this name.";
    or_conflict(done, "identity_taken", detail)?;
    let data = json!({ "connection_id": connection });
    events::append(tx, Some(&user.organization_id), "user.linked", user.id.as_str(), data)
}

/// Whether a connection's provider knows the person by a lasting name already, and `subject` is another: then it may
/// be another person, who was given the address of the first.
///
/// A name that reads as an email address is no better than the address itself, so it contradicts nothing.
pub(super) fn contradicts(
    db: &mut Db,
    connection: &ConnectionId,
    user: &UserId,
    subject: &str,
) -> Result<bool> {
    if Email::parse(subject).is_ok() {
        return Ok(false);
    }
    let known: Vec<String> = identities::table
        .filter(identities::connection_id.eq(connection))
        .filter(identities::user_id.eq(user))
        .select(identities::subject)
        .load(db)?;
    Ok(known.iter().any(|known| known != subject && Email::parse(known).is_err()))
}

/// Forgets by which names providers know a person, and tells how many those were. The next sign-in with the person's
/// address links anew.
pub fn unlink(tx: &mut Tx, user: &UserId) -> Result<usize> {
    let user = users::find(tx.db, user)?;
    let theirs = identities::table.filter(identities::user_id.eq(&user.id));
    let unlinked = diesel::delete(theirs).execute(tx.db)?;
    let data = json!({ "names": unlinked });
    events::append(tx, Some(&user.organization_id), "user.unlinked", user.id.as_str(), data)?;
    Ok(unlinked)
}

/// Forgets all names that a connection's provider used, and tells how many those were.
pub(super) fn unlink_all(tx: &mut Tx, connection: &ConnectionId) -> Result<usize> {
    let all = identities::table.filter(identities::connection_id.eq(connection));
    Ok(diesel::delete(all).execute(tx.db)?)
}
