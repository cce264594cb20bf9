//! Which person a directory means when it makes a user: somebody new, somebody it removed, or somebody who came by
//! themselves. The rules are in docs/decisions/0024-who-a-directory-means.md.

use super::Directory;
use super::people::Row;
use crate::email::Email;
use crate::error::Result;
use crate::scim::{self, Resource};
use crate::store::connections::ConnectionState;
use crate::store::schema::{connections, directory_users, identities, users};
use crate::store::users::{self as people, User};
use crate::store::{Db, Prepared, Tx, UserId, domains, on_backend};
use diesel::prelude::*;

/// Whom a directory means.
pub(super) enum Meant {
    /// Somebody nobody has seen.
    New,
    /// Somebody whom this directory removed.
    Removed(Box<Row>),
    /// Somebody who came by a sign-in or from the vendor, and whom no directory keeps.
    Here(Box<User>),
    /// Somebody whom the directory of a connection kept that is off or deleted.
    Left(Box<User>, Box<Row>),
}

impl Meant {
    /// Who it is, if they are here already.
    pub(super) fn user(&self) -> Option<&UserId> {
        match self {
            Self::New => None,
            Self::Removed(row) => Some(&row.user_id),
            Self::Here(user) | Self::Left(user, _) => Some(&user.id),
        }
    }
}

/// Decides whom a directory means by a new resource, or why it cannot be made. `holder` has the email address now.
pub(super) fn meant(
    tx: &mut Tx,
    directory: &Directory,
    resource: &Resource,
    email: Option<&Email>,
    holder: Option<&User>,
) -> Result<Meant> {
    let key = scim::fold(resource.text("userName").unwrap_or_default());
    match named(tx.db, directory, &key, resource.text("externalId"))? {
        Some(row) if row.deleted_at.is_none() => {
            let name = resource.text("userName").unwrap_or_default();
            return Err(scim::Error::taken("userName", name, row.user_id.as_str()).into());
        }
        Some(row) => return Ok(Meant::Removed(Box::new(row))),
        None => {}
    }
    // Who was removed under another name is somebody else.
    let named = by_identity(tx.db, directory, resource, email)?
        .filter(|user| user.deprovisioned_at.is_none());
    let is_named = named.is_some();
    let Some(user) = named.or_else(|| holder.cloned()) else { return Ok(Meant::New) };
    let query = directory_users::table.find(&user.id);
    let kept: Option<Row> =
        on_backend!(tx.db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    match kept {
        // The provider of the connection itself has named them.
        None if is_named => Ok(Meant::Here(Box::new(user))),
        None => here(tx.db, directory, user, email),
        // Removed under another name, so this is somebody else who has the address now.
        Some(row) if row.deleted_at.is_some() => Ok(Meant::New),
        Some(row) if row.connection_id != directory.connection_id && is_off(tx.db, &row)? => {
            Ok(Meant::Left(Box::new(user), Box::new(row)))
        }
        Some(row) if row.connection_id != directory.connection_id => {
            let detail = format!(
                "{} is kept by the directory of another connection of this organization, {}. Turn that connection off \
                 first, or remove the person there.",
                user.id, row.connection_id
            );
            Err(conflict(detail).into())
        }
        Some(_) => Err(taken(&user).into()),
    }
}

fn here(db: &mut Db, directory: &Directory, user: User, email: Option<&Email>) -> Result<Meant> {
    let domain = email.map(Email::domain);
    let is_live = match domain {
        Some(domain) => domains::owner(db, domain)?.as_ref() == Some(&directory.organization_id),
        None => true,
    };
    if is_live {
        return Ok(Meant::Here(Box::new(user)));
    }
    let detail = format!(
        "The email address belongs to {}, who came by signing in, and its domain is not verified for this \
         organization, so the two are not taken for one person. Verify the domain, then send this again.",
        user.id
    );
    Err(conflict(detail).into())
}

/// Refuses a user name that another live user of the directory has.
pub(super) fn refuse_user_name(
    tx: &mut Tx,
    directory: &Directory,
    resource: &Resource,
    own: &UserId,
) -> Result<()> {
    let name = resource.text("userName").unwrap_or_default();
    match live_by_user_name(tx.db, directory, &scim::fold(name), Some(own))? {
        Some(owner) => Err(scim::Error::taken("userName", name, owner.as_str()).into()),
        None => Ok(()),
    }
}

/// Makes the address that `holder` has free for `own`: a removed person gives it up, anybody else keeps it.
pub(super) fn claim_email(tx: &mut Tx, holder: &User, own: Option<&UserId>) -> Result<()> {
    if own == Some(&holder.id) {
        return Ok(());
    }
    if holder.deprovisioned_at.is_none() {
        return Err(taken(holder).into());
    }
    people::lose_email(tx, holder)
}

fn taken(user: &User) -> scim::Error {
    scim::Error::taken("The email address", &user.email, user.id.as_str())
}

fn conflict(detail: String) -> scim::Error {
    scim::Error {
        status: 409,
        scim_type: Some(scim::ScimType::Uniqueness),
        code: "unique_conflict",
        detail,
    }
}

fn live_by_user_name(
    db: &mut Db,
    directory: &Directory,
    key: &str,
    but: Option<&UserId>,
) -> Result<Option<UserId>> {
    let query = directory_users::table
        .filter(directory_users::connection_id.eq(&directory.connection_id))
        .filter(directory_users::user_name_key.eq(key))
        .filter(directory_users::deleted_at.is_null())
        .select(directory_users::user_id);
    let found: Option<UserId> =
        on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    Ok(found.filter(|id| Some(id) != but))
}

/// Who has this user name now, else whom this directory removed last under it, else whom it removed last under this
/// external ID: in one statement.
fn named(
    db: &mut Db,
    directory: &Directory,
    key: &str,
    external_id: Option<&str>,
) -> Result<Option<Row>> {
    let theirs = || {
        directory_users::table.filter(directory_users::connection_id.eq(&directory.connection_id))
    };
    let live = theirs()
        .filter(directory_users::user_name_key.eq(key))
        .filter(directory_users::deleted_at.is_null());
    let gone = theirs()
        .filter(directory_users::user_name_key.eq(key))
        .filter(directory_users::deleted_at.is_not_null());
    let by_name = live.union_all(gone);
    let found: Vec<Row> = match external_id {
        None => on_backend!(db, conn => Prepared(by_name).load(conn))?,
        Some(id) => {
            let numbered = theirs()
                .filter(directory_users::external_id.eq(id))
                .filter(directory_users::deleted_at.is_not_null());
            on_backend!(db, conn => Prepared(by_name.union_all(numbered)).load(conn))?
        }
    };
    let rank = |row: &Row| (row.deleted_at.is_none(), row.user_name_key == key, row.deleted_at);
    Ok(found.into_iter().max_by_key(rank))
}

/// Whom the connection's provider knows under the user name, the external ID or the email address.
fn by_identity(
    db: &mut Db,
    directory: &Directory,
    resource: &Resource,
    email: Option<&Email>,
) -> Result<Option<User>> {
    let name = resource.text("userName");
    let folded = name.and_then(|name| Email::parse(name).ok()).map(|name| name.key());
    let name = name.unwrap_or_default();
    let of = identities::subject;
    // What there is nothing of is the name once more, so that it is the same statement for everybody.
    let any = of
        .eq(name)
        .or(of.eq(folded.as_deref().unwrap_or(name)))
        .or(of.eq(resource.text("externalId").unwrap_or(name)))
        .or(of.eq(email.map_or_else(|| name.to_owned(), Email::key)));
    let query = identities::table
        .inner_join(users::table)
        .filter(identities::connection_id.eq(&directory.connection_id))
        .filter(any)
        .order(identities::created_at)
        .select(users::all_columns);
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// Whether the connection whose directory keeps this person is off or deleted.
fn is_off(db: &mut Db, row: &Row) -> Result<bool> {
    let live = connections::table
        .find(&row.connection_id)
        .filter(connections::deleted_at.is_null())
        .filter(connections::state.ne(ConnectionState::Disabled));
    let is_live: bool = diesel::select(diesel::dsl::exists(live)).get_result(db)?;
    Ok(!is_live)
}
