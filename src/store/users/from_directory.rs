//! What a directory says of people becomes part of who they are.

use super::{Source, User, find, insert, save, tell};
use crate::email::Email;
use crate::error::Result;
use crate::store::directories::Directory;
use crate::store::ending::{self, Of};
use crate::store::{Json, Tx, UserId};
use serde_json::{Map, json};

/// What a directory says of a person.
#[derive(Debug, Clone)]
pub struct FromDirectory {
    /// The email address, if it knows one.
    pub email: Option<Email>,
    /// The whole name.
    pub name: Option<String>,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub family_name: Option<String>,
    /// Whether the person may sign in.
    pub is_active: bool,
    /// It is made only to test the connection, so nobody is told.
    pub is_test: bool,
}

/// Makes a user whom a directory knows.
pub(in crate::store) fn create_from_directory(
    tx: &mut Tx,
    directory: &Directory,
    said: FromDirectory,
) -> Result<User> {
    let id = UserId::new();
    let user = User {
        organization_id: directory.organization_id.clone(),
        source: Source::Scim,
        email: said.email.as_ref().map(Email::to_string).unwrap_or_default(),
        email_key: said.email.as_ref().map_or_else(|| id.to_string(), Email::key),
        id,
        name: said.name,
        given_name: said.given_name,
        family_name: said.family_name,
        attributes: Json::from(Map::new()),
        suspended_at: None,
        directory_suspended_at: (!said.is_active).then_some(tx.now),
        deprovisioned_at: None,
        last_sign_in_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    insert(tx, &user)?;
    if !said.is_test {
        let data = json!({ "source": user.source, "active": said.is_active });
        tell(tx, &user, "user.created", data)?;
    }
    Ok(user)
}

/// Takes over what a directory says of a person; `comes` if it did not keep them a moment ago.
pub(in crate::store) fn take_from_directory(
    tx: &mut Tx,
    directory: &Directory,
    mut user: User,
    said: FromDirectory,
    comes: bool,
) -> Result<User> {
    debug_assert_eq!(user.organization_id, directory.organization_id);
    let before = user.clone();
    user.source = Source::Scim;
    user.email = said.email.as_ref().map(Email::to_string).unwrap_or_default();
    user.email_key = said.email.as_ref().map_or_else(|| user.id.to_string(), Email::key);
    user.name = said.name;
    user.given_name = said.given_name;
    user.family_name = said.family_name;
    user.deprovisioned_at = None;
    user.directory_suspended_at = match (said.is_active, before.directory_suspended_at) {
        (true, _) => None,
        (false, since) => Some(since.unwrap_or(tx.now)),
    };
    save(tx, &mut user)?;
    if said.is_test {
        return Ok(user);
    }
    let mut changed = Vec::new();
    for (field, is_changed) in [
        ("email", user.email != before.email),
        ("name", user.name != before.name),
        ("given_name", user.given_name != before.given_name),
        ("family_name", user.family_name != before.family_name),
        ("source", user.source != before.source),
    ] {
        if is_changed {
            changed.push(field);
        }
    }
    let by = json!({ "by": "directory", "connection_id": directory.connection_id });
    match (before.directory_suspended_at.is_some(), user.directory_suspended_at.is_some()) {
        (false, true) => tell(tx, &user, "user.suspended", by)?,
        (true, false) => tell(tx, &user, "user.restored", by)?,
        _ if before.deprovisioned_at.is_some() => tell(tx, &user, "user.restored", by)?,
        // What an application is not told of is still a change that it may read.
        _ if changed.is_empty() && !comes => changed.push("directory"),
        _ => {}
    }
    if !changed.is_empty() {
        tell(tx, &user, "user.updated", json!({ "changed": changed }))?;
    }
    Ok(user)
}

/// Keeps a person out whom the directory has removed, and signs them out; tells how many sessions ended.
pub(in crate::store) fn deprovision(tx: &mut Tx, id: &UserId, is_test: bool) -> Result<usize> {
    let mut user = find(tx.db, id)?;
    if user.deprovisioned_at.is_none() {
        user.deprovisioned_at = Some(tx.now);
        save(tx, &mut user)?;
    }
    let ended = ending::sessions(tx, Of::User(id))?;
    if !is_test {
        tell(tx, &user, "user.deprovisioned", json!({ "sessions_ended": ended }))?;
    }
    Ok(ended)
}

/// Takes the address away from a removed person, because somebody else has it now.
pub(in crate::store) fn lose_email(tx: &mut Tx, user: &User) -> Result<()> {
    let mut user = user.clone();
    user.email = String::new();
    user.email_key = user.id.to_string();
    save(tx, &mut user)?;
    tell(tx, &user, "user.updated", json!({ "changed": ["email"], "because": "reused" }))
}
