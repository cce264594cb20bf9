//! Users: the people of an organization, whichever way they came.

mod erase;
mod from_directory;
mod known;
mod listing;
#[cfg(test)]
mod tests;

pub use erase::erase;
pub(super) use erase::erase_all;
pub use from_directory::FromDirectory;
pub(super) use from_directory::{
    create_from_directory, deprovision, lose_email, take_from_directory,
};
pub use known::{keeper, sessions_of};
pub use listing::{Filter, all_of, count, count_of_domain, page};

use super::access;
use super::db::or_not_found;
use super::ending::{self, Of};
use super::input::{self, Faults};
use super::prepared::written;
use super::schema::users;
use super::types::word;
use super::{Db, Json, OrganizationId, Prepared, Time, Tx, UserId, events, on_backend, used};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::saml::attributes::Profile;
use diesel::prelude::*;
use serde_json::{Map, Value, json};

word!(
    /// Which way a person came.
    Source {
        /// By a first sign-in.
        SignIn = "sign_in",
        /// From the directory.
        Scim = "scim",
        /// From the vendor.
        Api = "api",
    }
);

word!(
    /// Whether a person may sign in.
    UserState {
        /// Yes.
        Active = "active",
        /// Not now: the operator or the directory said so.
        Suspended = "suspended",
        /// Not any more: the directory has removed the person.
        Deprovisioned = "deprovisioned",
    }
);

/// A person in an organization.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(treat_none_as_null = true)]
pub struct User {
    /// Their ID, which is the `sub` that applications see.
    pub id: UserId,
    /// Whose person it is.
    pub organization_id: OrganizationId,
    /// Which way they came.
    pub source: Source,
    /// The email address in its one form; empty where the directory knows none.
    pub email: String,
    /// `email` folded for comparison; the ID where there is none, which is no address.
    pub email_key: String,
    /// The whole name.
    pub name: Option<String>,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub family_name: Option<String>,
    /// What else is known.
    pub attributes: Json<Map<String, Value>>,
    /// Since when the operator has them suspended.
    pub suspended_at: Option<Time>,
    /// Since when the directory has them suspended: neither undoes the other.
    pub directory_suspended_at: Option<Time>,
    /// Since when the directory has them removed.
    pub deprovisioned_at: Option<Time>,
    /// When they last signed in, to the minute.
    pub last_sign_in_at: Option<Time>,
    /// When they first came.
    pub created_at: Time,
    /// When something of this was last changed.
    pub updated_at: Time,
}

impl User {
    /// Whether they may sign in.
    #[must_use]
    pub fn state(&self) -> UserState {
        if self.deprovisioned_at.is_some() {
            UserState::Deprovisioned
        } else if self.suspended_at.is_some() || self.directory_suspended_at.is_some() {
            UserState::Suspended
        } else {
            UserState::Active
        }
    }

    /// What people see of them: the email address, else the ID.
    #[must_use]
    pub fn label(&self) -> &str {
        if self.email.is_empty() { self.id.as_str() } else { &self.email }
    }

    /// The email address. Who came from a directory that knows none has none.
    pub fn email(&self) -> Result<Email> {
        if self.email.is_empty() {
            let detail = format!("Nobody knows an email address of {}.", self.id);
            return Err(Error::conflict("no_email", detail));
        }
        Email::parse(&self.email).map_err(|fault| {
            Error::Internal(anyhow::Error::new(fault).context(format!("email of {}", self.id)))
        })
    }
}

/// What a new user is made of.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Whose person it is.
    pub organization_id: OrganizationId,
    /// Which way they came.
    pub source: Source,
    /// The email address.
    pub email: Email,
    /// The whole name.
    pub name: Option<String>,
    /// The first name.
    pub given_name: Option<String>,
    /// The last name.
    pub family_name: Option<String>,
}

/// What is to change about a person's names; `None` stays as it is, `Some(None)` takes away.
#[derive(Debug, Clone, Default)]
pub struct UserPatch {
    /// The whole name.
    pub name: Option<Option<String>>,
    /// The first name.
    pub given_name: Option<Option<String>>,
    /// The last name.
    pub family_name: Option<Option<String>>,
}

/// Finds a user of any organization.
pub fn find(db: &mut Db, id: &UserId) -> Result<User> {
    by_id(db, id)?.ok_or_else(|| Error::not_found("user", id.to_string()))
}

/// Finds a user of any organization, if there is one with this ID.
pub fn by_id(db: &mut Db, id: &UserId) -> Result<Option<User>> {
    let query = users::table.find(id);
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// Finds a user that belongs to `organization`.
pub fn find_in(db: &mut Db, organization: &OrganizationId, id: &UserId) -> Result<User> {
    let found = users::table.find(id).filter(users::organization_id.eq(organization)).first(db);
    or_not_found(found, "user", id)
}

/// Finds the user with this email address in an organization.
pub fn by_email(db: &mut Db, organization: &OrganizationId, email: &Email) -> Result<Option<User>> {
    let query = users::table
        .filter(users::organization_id.eq(organization))
        .filter(users::email_key.eq(email.key()));
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// Makes a user. An email address is one person's in an organization.
pub fn create(tx: &mut Tx, new: NewUser) -> Result<User> {
    let user = User {
        id: UserId::new(),
        organization_id: new.organization_id,
        source: new.source,
        email: new.email.to_string(),
        email_key: new.email.key(),
        name: new.name,
        given_name: new.given_name,
        family_name: new.family_name,
        attributes: Json::from(Map::new()),
        suspended_at: None,
        directory_suspended_at: None,
        deprovisioned_at: None,
        last_sign_in_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    refuse_taken(tx, &user)?;
    insert(tx, &user)?;
    tell(tx, &user, "user.created", json!({ "source": user.source }))?;
    settle(tx, &user)?;
    Ok(user)
}

/// Changes what the patch names. Not of a person whom a directory keeps: there it would not last.
pub fn rename(tx: &mut Tx, id: &UserId, patch: UserPatch) -> Result<User> {
    let mut user = find(tx.db, id)?;
    if user.source == Source::Scim {
        return Err(Error::conflict(
            "kept_by_directory",
            "This person's details come from the customer's directory. They are changed there.",
        ));
    }
    let (mut faults, mut changed) = (Faults::default(), Vec::new());
    for (field, old, new) in [
        ("name", &mut user.name, patch.name),
        ("given_name", &mut user.given_name, patch.given_name),
        ("family_name", &mut user.family_name, patch.family_name),
    ] {
        let Some(new) = new else { continue };
        let new = new.map(|new| faults.name(&format!("/{field}"), &new));
        if *old != new {
            changed.push(field);
            *old = new;
        }
    }
    faults.finish()?;
    if changed.is_empty() {
        return Ok(user);
    }
    save(tx, &mut user)?;
    tell(tx, &user, "user.updated", json!({ "changed": changed }))?;
    Ok(user)
}

/// Takes over what a profile says, where that is something else than before. What it does not say stays.
pub fn change(tx: &mut Tx, mut user: User, profile: &Profile) -> Result<User> {
    let mut changed = Vec::new();
    if let Some(email) = &profile.email
        && user.email != email.to_string()
    {
        changed.push("email");
        user.email = email.to_string();
        user.email_key = email.key();
        refuse_taken(tx, &user)?;
    }
    for (field, old, new) in [
        ("name", &mut user.name, &profile.name),
        ("given_name", &mut user.given_name, &profile.given_name),
        ("family_name", &mut user.family_name, &profile.family_name),
    ] {
        if new.is_some() && old != new {
            changed.push(field);
            old.clone_from(new);
        }
    }
    if changed.is_empty() {
        return Ok(user);
    }
    save(tx, &mut user)?;
    tell(tx, &user, "user.updated", json!({ "changed": changed }))?;
    Ok(user)
}

written! {
    Seen {
        "UPDATE users SET last_sign_in_at = " at: Time as users::last_sign_in_at,
        " WHERE id = " id: &'a UserId as users::id,
    }
}

/// Notes a sign-in. Within a minute of the last one it changes nothing.
pub fn signed_in(tx: &mut Tx, user: &User) -> Result<()> {
    if used::is_due(user.last_sign_in_at, tx.now) {
        let seen = Seen { at: tx.now, id: &user.id };
        on_backend!(tx.db, conn => seen.execute(conn))?;
    }
    Ok(())
}

/// Counts the people with addresses of a domain as changed, so that a sign-in which found one of them known and
/// unchanged a moment ago is decided once more.
pub(super) fn unsettle(tx: &mut Tx, organization: &OrganizationId, domain: &str) -> Result<()> {
    let pattern = input::ending_in(&format!("@{domain}"));
    diesel::update(users::table)
        .filter(users::organization_id.eq(organization))
        .filter(users::email_key.like(pattern).escape('!'))
        .set(users::updated_at.eq(tx.now))
        .execute(tx.db)?;
    Ok(())
}

/// Keeps a person out, whatever the directory says, and signs them out.
pub fn suspend(tx: &mut Tx, id: &UserId) -> Result<User> {
    let mut user = find(tx.db, id)?;
    if user.suspended_at.is_some() {
        return Ok(user);
    }
    user.suspended_at = Some(tx.now);
    save(tx, &mut user)?;
    let ended = ending::sessions(tx, Of::User(id))?;
    tell(tx, &user, "user.suspended", json!({ "sessions_ended": ended }))?;
    settle(tx, &user)?;
    Ok(user)
}

/// Takes the operator's suspension back. The directory's stays.
pub fn restore(tx: &mut Tx, id: &UserId) -> Result<User> {
    let mut user = find(tx.db, id)?;
    if user.suspended_at.is_none() {
        return Ok(user);
    }
    user.suspended_at = None;
    save(tx, &mut user)?;
    tell(tx, &user, "user.restored", json!({}))?;
    settle(tx, &user)?;
    Ok(user)
}

/// Signs a person out everywhere, and ends what applications were granted; tells how many sessions that were.
pub fn end_sessions(tx: &mut Tx, id: &UserId) -> Result<usize> {
    let user = find(tx.db, id)?;
    let ended = ending::sessions(tx, Of::User(id))?;
    tell(tx, &user, "session.ended", json!({ "sessions_ended": ended }))?;
    Ok(ended)
}

fn refuse_taken(tx: &mut Tx, user: &User) -> Result<()> {
    let other = users::table
        .filter(users::organization_id.eq(&user.organization_id))
        .filter(users::email_key.eq(&user.email_key))
        .filter(users::id.ne(&user.id));
    if diesel::select(diesel::dsl::exists(other)).get_result(tx.db)? {
        let detail = format!("Another person of this organization has {}.", user.email);
        return Err(Error::conflict("email_taken", detail));
    }
    Ok(())
}

written! {
    insert Coming: User, into users {
        id, organization_id, source, email, email_key, name, given_name, family_name, attributes, suspended_at,
        directory_suspended_at, deprovisioned_at, last_sign_in_at, created_at, updated_at,
    }
}

fn insert(tx: &mut Tx, user: &User) -> Result<()> {
    on_backend!(tx.db, conn => Coming(user).execute(conn))?;
    Ok(())
}

written! {
    update Saved: User, in users {
        organization_id, source, email, email_key, name, given_name, family_name, attributes, suspended_at,
        directory_suspended_at, deprovisioned_at, last_sign_in_at, created_at, updated_at,
    } by id
}

fn save(tx: &mut Tx, user: &mut User) -> Result<()> {
    user.updated_at = tx.now;
    on_backend!(tx.db, conn => Saved(user).execute(conn))?;
    Ok(())
}

/// Makes a person's access what it is now that they are there, or are on or off.
fn settle(tx: &mut Tx, user: &User) -> Result<()> {
    access::after_switch(tx, &user.organization_id, std::slice::from_ref(&user.id))?;
    Ok(())
}

/// Without name and address: an erased person's events stay.
fn tell(tx: &mut Tx, user: &User, kind: &'static str, data: Value) -> Result<()> {
    events::append(tx, Some(&user.organization_id), kind, user.id.as_str(), data)
}
