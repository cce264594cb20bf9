//! The directory of a connection: who provisions, what it says of people and groups, and how it proves who it is.

pub mod all_groups;
mod changes;
mod emails;
mod filter;
pub mod groups;
mod letting_go;
mod linking;
mod list;
mod members;
pub mod people;
pub mod replay;
pub mod requests;
pub mod silence;
#[cfg(test)]
mod tests;
pub mod tokens;
mod words;

pub use changes::Changes;
pub(super) use letting_go::{Due, let_go, over};
pub use list::Found;

use super::connections::{self, ConnectionState};
use super::schema::{connections as places, directories, organizations, scim_tokens};
use super::{ConnectionId, Db, OrganizationId, Prepared, Time, Tx, events, on_backend};
use crate::crypto::TokenHash;
use crate::error::{Error, Result};
use crate::scim::dialect::Dialect;
use diesel::prelude::*;
use serde_json::json;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use tokens::Token;

/// A directory, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(primary_key(connection_id), table_name = directories)]
pub struct Directory {
    /// The connection that it belongs to.
    pub connection_id: ConnectionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The word of [`Dialect`].
    pub dialect: String,
    /// A person said which dialect it is, so requests do not change it.
    pub is_dialect_set: bool,
    /// How many people it has.
    pub users: i64,
    /// How many groups it has.
    pub groups: i64,
    /// When it was made.
    pub created_at: Time,
    /// After how many days whom it removed is erased; none: when the installation's time for that is over.
    pub removal_days: Option<i32>,
}

/// After how many days whom a directory removed may be erased.
const REMOVAL: RangeInclusive<i32> = 1..=3650;

impl Directory {
    /// Which product it is, as far as is known.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect.parse().unwrap_or(Dialect::Generic)
    }
}

/// What an act of a directory did.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// In words, for the request log.
    pub words: String,
    /// Whether anything is different now.
    pub is_change: bool,
    /// What is different, before and after.
    pub changes: Changes,
}

impl Effect {
    fn change(words: impl Into<String>, changes: Changes) -> Self {
        Self { words: words.into(), is_change: true, changes }
    }

    fn none() -> Self {
        let words = "Nothing to change.".to_owned();
        Self { words, is_change: false, changes: Changes::default() }
    }
}

/// Who shows a token.
#[derive(Debug)]
pub enum Known {
    /// A directory, by a live token.
    Live(Box<Directory>, Box<Token>),
    /// Nobody any more: the token's time is over since then.
    Retired(Time),
    /// Nobody any more: the token was revoked then.
    Revoked(Time),
    /// Nobody: the token is not accepted from there.
    Elsewhere,
    /// Nobody: the token is of the connection, which is off.
    Off,
    /// Nobody.
    Unknown,
}

/// Finds out who shows a token at a connection. A deleted or disabled connection, and a deleted organization, have no
/// live tokens.
pub fn authenticate(
    db: &mut Db,
    connection: &ConnectionId,
    hash: &TokenHash,
    from: IpAddr,
    now: Time,
) -> Result<Known> {
    // The look-up is by hash: how long it takes tells nothing about the token.
    let query = scim_tokens::table
        .inner_join(
            directories::table.on(directories::connection_id.eq(scim_tokens::connection_id)),
        )
        .inner_join(places::table.on(places::id.eq(scim_tokens::connection_id)))
        .inner_join(organizations::table.on(organizations::id.eq(places::organization_id)))
        .filter(scim_tokens::hash.eq(hash.as_str()))
        .filter(scim_tokens::connection_id.eq(connection))
        .filter(places::deleted_at.is_null())
        .filter(organizations::deleted_at.is_null())
        .select((directories::all_columns, scim_tokens::all_columns, places::state));
    let found: Option<(Directory, Token, ConnectionState)> =
        on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    Ok(match found {
        Some((.., ConnectionState::Disabled)) => Known::Off,
        Some((_, token, _)) if !token.admits(from) => Known::Elsewhere,
        Some((directory, token, _)) => match token.revoked_at {
            Some(since) => Known::Revoked(since),
            None if token.is_live(now) => Known::Live(Box::new(directory), Box::new(token)),
            None => token.ends_at().map_or(Known::Unknown, Known::Retired),
        },
        None => Known::Unknown,
    })
}

/// Finds the directory of a connection, if it has one.
pub fn by_connection(db: &mut Db, connection: &ConnectionId) -> Result<Option<Directory>> {
    Ok(directories::table.find(connection).first(db).optional()?)
}

/// Finds the directory of a connection.
pub fn find(db: &mut Db, connection: &ConnectionId) -> Result<Directory> {
    by_connection(db, connection)?.ok_or_else(|| Error::not_found("directory", connection.as_str()))
}

/// The directory of a connection, made now if it has none.
pub fn open(tx: &mut Tx, connection: &ConnectionId) -> Result<Directory> {
    if let Some(directory) = by_connection(tx.db, connection)? {
        return Ok(directory);
    }
    let owner = connections::find(tx.db, connection)?;
    let dialect = owner.provider.parse().unwrap_or(Dialect::Generic);
    let directory = Directory {
        connection_id: owner.id,
        organization_id: owner.organization_id,
        dialect: dialect.as_str().to_owned(),
        is_dialect_set: false,
        users: 0,
        groups: 0,
        created_at: tx.now,
        removal_days: None,
    };
    diesel::insert_into(directories::table).values(&directory).execute(tx.db)?;
    Ok(directory)
}

/// Says by hand which product the directory is; none: what its requests tell counts again.
pub fn set_dialect(
    tx: &mut Tx,
    connection: &ConnectionId,
    dialect: Option<Dialect>,
) -> Result<Directory> {
    let mut directory = open(tx, connection)?;
    directory.is_dialect_set = dialect.is_some();
    if let Some(dialect) = dialect {
        dialect.as_str().clone_into(&mut directory.dialect);
    }
    save_dialect(tx, &directory)?;
    Ok(directory)
}

/// Says what becomes of people whom the directory removed. They are off at once in any case: after so many days they are erased, or,
/// with none, when the installation's time for that is over. What is the same makes no event.
pub fn set_removal(tx: &mut Tx, connection: &ConnectionId, days: Option<i32>) -> Result<Directory> {
    if days.is_some_and(|days| !REMOVAL.contains(&days)) {
        let detail = "People whom the directory removed are erased after 1 to 3650 days.";
        return Err(Error::invalid("/removal_days", "invalid", detail));
    }
    let mut directory = open(tx, connection)?;
    if directory.removal_days == days {
        return Ok(directory);
    }
    let before = json!({ "removal_days": directory.removal_days });
    directory.removal_days = days;
    diesel::update(directories::table.find(connection))
        .set(directories::removal_days.eq(days))
        .execute(tx.db)?;
    let (of, data) = (&directory.organization_id, json!({ "removal_days": days }));
    let change = (&before, &data.clone());
    let kind = "directory.removal_changed";
    events::append_change(tx, Some(of), kind, connection.as_str(), data, change)?;
    Ok(directory)
}

/// Takes over which product the requests are of, unless somebody said so by hand.
pub fn recognised(tx: &mut Tx, directory: &Directory, dialect: Dialect) -> Result<()> {
    let mut current = find(tx.db, &directory.connection_id)?;
    if current.is_dialect_set || current.dialect == dialect.as_str() {
        return Ok(());
    }
    dialect.as_str().clone_into(&mut current.dialect);
    save_dialect(tx, &current)
}

fn save_dialect(tx: &mut Tx, directory: &Directory) -> Result<()> {
    diesel::update(directories::table.find(&directory.connection_id))
        .set((
            directories::dialect.eq(&directory.dialect),
            directories::is_dialect_set.eq(directory.is_dialect_set),
        ))
        .execute(tx.db)?;
    events::append(
        tx,
        Some(&directory.organization_id),
        "directory.dialect_changed",
        directory.connection_id.as_str(),
        json!({ "dialect": directory.dialect, "by_hand": directory.is_dialect_set }),
    )
}
