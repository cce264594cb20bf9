//! Aliases: addresses of another product by which a customer's provider and directory go on reaching a connection.
//!
//! Nothing is reached by an alias that is not written down, and what is answered there is held against the address that is
//! written down, never against what a message says of itself.

mod address;
#[cfg(test)]
mod tests;

pub use address::Address;

use super::connections::{self, Connection, Protocol};
use super::db::or_conflict;
use super::schema::{aliases, connections as places, organizations};
use super::types::word;
use super::{AliasId, ConnectionId, Db, OrganizationId, Tx, events};
use crate::clock::Time;
use crate::crypto::Maker;
use crate::error::{Error, Result};
use diesel::prelude::*;
use serde_json::json;

word!(
    /// What is done at an alias.
    Kind {
        /// One connection's responses are posted there.
        Acs = "acs",
        /// Responses of several connections are posted there.
        SharedAcs = "shared_acs",
        /// A directory sends its requests there, and below.
        Scim = "scim",
    }
);

const TAKEN: &str = "alias_taken";

/// An address that leads to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable, Identifiable)]
#[diesel(table_name = aliases)]
pub struct Alias {
    /// Its ID.
    pub id: AliasId,
    /// Whose connection it leads to.
    pub organization_id: OrganizationId,
    /// The connection that it leads to.
    pub connection_id: ConnectionId,
    /// What is done there.
    pub kind: Kind,
    /// Scheme, host and port at which the other product answered.
    pub origin: String,
    /// The path, in its one form.
    pub path: String,
    /// When it was made.
    pub created_at: Time,
}

impl Alias {
    /// The address: what a response that comes by it must name.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }

    /// Whose address it was.
    #[must_use]
    pub fn maker(&self) -> Option<Maker> {
        address::shape(&self.path).map(|(maker, _)| maker)
    }
}

/// The aliases at a path that lead somewhere, each beside its connection: those of deleted connections and organizations do
/// not.
macro_rules! leading {
    ($path:expr) => {
        aliases::table
            .inner_join(places::table.on(places::id.eq(aliases::connection_id)))
            .inner_join(organizations::table.on(organizations::id.eq(aliases::organization_id)))
            .filter(aliases::path.eq($path))
            .filter(places::deleted_at.is_null())
            .filter(organizations::deleted_at.is_null())
    };
}

/// An alias at a path by which responses come, if there is one: where it is of the kind that is shared, there may be more.
pub fn saml_at(db: &mut Db, path: &str) -> Result<Option<Alias>> {
    // What cannot be an alias is not looked for.
    if address::shape(path).is_none_or(|(_, kind)| kind == Kind::Scim) {
        return Ok(None);
    }
    let found = leading!(path).select(aliases::all_columns).order(aliases::id).first(db);
    Ok(found.optional()?)
}

/// Whether there is an alias at a path that was at this host before.
pub fn is_at(db: &mut Db, path: &str, host: &str) -> Result<bool> {
    let host = host.to_ascii_lowercase();
    let origins = [format!("https://{host}"), format!("http://{host}")];
    let found = leading!(path).filter(aliases::origin.eq_any(origins)).select(aliases::id);
    Ok(found.first::<AliasId>(db).optional()?.is_some())
}

/// The alias at a path that leads to this connection.
pub fn leading_to(db: &mut Db, path: &str, connection: &ConnectionId) -> Result<Option<Alias>> {
    let theirs = leading!(path).filter(aliases::connection_id.eq(connection));
    Ok(theirs.select(aliases::all_columns).first(db).optional()?)
}

/// All aliases at a path, oldest first, each with the connection that it leads to.
pub fn all_at(db: &mut Db, path: &str) -> Result<Vec<(Alias, Connection)>> {
    let all = leading!(path).select((aliases::all_columns, places::all_columns));
    Ok(all.order(aliases::id).load(db)?)
}

/// The directory's alias at a path, if there is one.
pub fn scim_at(db: &mut Db, path: &str) -> Result<Option<Alias>> {
    if address::shape(path).is_none_or(|(_, kind)| kind != Kind::Scim) {
        return Ok(None);
    }
    let found = leading!(path).select(aliases::all_columns).first(db);
    Ok(found.optional()?)
}

/// The connection that the only alias at a path leads to, deleted or not.
pub fn owner(db: &mut Db, address: &Address) -> Result<Option<ConnectionId>> {
    let found = aliases::table
        .filter(aliases::path.eq(&address.path))
        .filter(aliases::kind.ne(Kind::SharedAcs))
        .select(aliases::connection_id)
        .first(db);
    Ok(found.optional()?)
}

/// The aliases of a connection, oldest first.
pub fn of(db: &mut Db, connection: &ConnectionId) -> Result<Vec<Alias>> {
    let query = aliases::table.filter(aliases::connection_id.eq(connection)).order(aliases::id);
    Ok(query.load(db)?)
}

/// The aliases of an organization's connections, oldest first.
pub fn of_organization(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Alias>> {
    let theirs = aliases::table.filter(aliases::organization_id.eq(organization));
    Ok(theirs.order(aliases::id).load(db)?)
}

/// Has an address lead to a connection. `None`: it does so already.
pub fn add(tx: &mut Tx, connection: &ConnectionId, address: &Address) -> Result<Option<Alias>> {
    let connection = connections::find(tx.db, connection)?;
    if address.kind != Kind::Scim {
        connection.must_speak(Protocol::Saml)?;
    }
    let there: Vec<Alias> = aliases::table.filter(aliases::path.eq(&address.path)).load(tx.db)?;
    let is_one = |alias: &Alias| alias.connection_id == connection.id && alias.kind == address.kind;
    match there.iter().find(|alias| is_one(alias)) {
        Some(known) if known.origin == address.origin => return Ok(None),
        Some(known) => {
            let detail = format!("{} is kept as {} already.", address.url(), known.url());
            return Err(Error::conflict(TAKEN, detail));
        }
        None => {}
    }
    let taken = || format!("{} leads to another connection already.", address.url());
    let is_free =
        address.kind == Kind::SharedAcs && there.iter().all(|alias| alias.kind == Kind::SharedAcs);
    if !there.is_empty() && !is_free {
        return Err(Error::conflict(TAKEN, taken()));
    }
    let alias = Alias {
        id: AliasId::new(),
        organization_id: connection.organization_id.clone(),
        connection_id: connection.id.clone(),
        kind: address.kind,
        origin: address.origin.clone(),
        path: address.path.clone(),
        created_at: tx.now,
    };
    let done = diesel::insert_into(aliases::table).values(&alias).execute(tx.db);
    or_conflict(done, TAKEN, taken())?;
    tell(tx, &alias, "connection.alias_added")?;
    Ok(Some(alias))
}

/// Has an address of a connection lead nowhere from now on.
pub fn remove(tx: &mut Tx, connection: &ConnectionId, id: &AliasId) -> Result<()> {
    let found = aliases::table
        .find(id)
        .filter(aliases::connection_id.eq(connection))
        .first::<Alias>(tx.db)
        .optional()?;
    let alias = found.ok_or_else(|| Error::not_found("alias", id.as_str()))?;
    diesel::delete(aliases::table.find(id)).execute(tx.db)?;
    tell(tx, &alias, "connection.alias_removed")
}

fn tell(tx: &mut Tx, alias: &Alias, kind: &'static str) -> Result<()> {
    let data = json!({ "kind": alias.kind, "url": alias.url() });
    let of = Some(&alias.organization_id);
    events::append(tx, of, kind, alias.connection_id.as_str(), data)
}
