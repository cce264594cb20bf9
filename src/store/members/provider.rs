//! The operator's own provider: the connection at which members sign in to the console instead of giving a password.

use super::sessions;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::organizations::Organization;
use crate::store::schema::console_provider as chosen_rows;
use crate::store::{ConnectionId, Db, Tx, events};
use diesel::prelude::*;
use serde_json::json;

/// The connection that an owner chose.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = chosen_rows, primary_key(connection_id))]
pub struct Chosen {
    /// Which one.
    pub connection_id: ConnectionId,
    /// As it was then. Whoever may change connections could otherwise have it say that they are an owner.
    pub revision: i64,
    /// When.
    pub chosen_at: Time,
}

/// What became of the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Members sign in there.
    On,
    /// The connection is not turned on.
    Off,
    /// Something of the connection has changed since: an owner looks at it and chooses it anew.
    Changed,
}

impl Chosen {
    /// What became of it, by what the connection is now.
    #[must_use]
    pub fn standing(&self, connection: &Connection) -> Standing {
        if connection.id != self.connection_id || connection.revision != self.revision {
            Standing::Changed
        } else if connection.state == ConnectionState::Active {
            Standing::On
        } else {
            Standing::Off
        }
    }
}

/// Has members sign in at a connection that is turned on, as it was when it was looked at, in place of any other.
pub fn choose(tx: &mut Tx, id: &ConnectionId, seen: i64) -> Result<()> {
    let connection = connections::find(tx.db, id)?;
    if connection.revision != seen {
        let detail = "The connection has been changed meanwhile. Look at it again.";
        return Err(Error::conflict("version_mismatch", detail));
    }
    if connection.state != ConnectionState::Active {
        let detail = "Only a connection that is turned on can sign members in.";
        return Err(Error::conflict("connection_not_active", detail));
    }
    if let Some(before) = chosen(tx.db)? {
        if before.connection_id == *id && before.revision == seen {
            return Ok(());
        }
        forget(tx, &before)?;
    }
    let chosen = Chosen { connection_id: id.clone(), revision: seen, chosen_at: tx.now };
    diesel::insert_into(chosen_rows::table).values(&chosen).execute(tx.db)?;
    let data = json!({ "organization_id": connection.organization_id, "revision": seen });
    events::append(tx, None, "console.provider_chosen", id.as_str(), data)
}

/// Has members sign in at no provider any more, and signs out who came that way.
pub fn give_up(tx: &mut Tx) -> Result<()> {
    let Some(before) = chosen(tx.db)? else { return Ok(()) };
    forget(tx, &before)?;
    let id = before.connection_id.as_str();
    events::append(tx, None, "console.provider_given_up", id, json!({}))
}

fn forget(tx: &mut Tx, before: &Chosen) -> Result<()> {
    diesel::delete(before).execute(tx.db)?;
    sessions::end_all_of_providers(tx)
}

/// What an owner chose, whatever became of it.
pub fn chosen(db: &mut Db) -> Result<Option<Chosen>> {
    Ok(chosen_rows::table.order(chosen_rows::chosen_at.desc()).first(db).optional()?)
}

/// The same with the connection, if neither it nor its organization is deleted.
pub fn shown(db: &mut Db) -> Result<Option<(Chosen, Connection, Organization)>> {
    let Some(chosen) = chosen(db)? else { return Ok(None) };
    let found = connections::by_id_with_organization(db, &chosen.connection_id)?;
    Ok(found.map(|(connection, organization)| (chosen, connection, organization)))
}

/// Where members sign in now, if anywhere.
pub fn usable(db: &mut Db) -> Result<Option<(Connection, Organization)>> {
    let shown = shown(db)?;
    let on = shown.filter(|(chosen, connection, _)| chosen.standing(connection) == Standing::On);
    Ok(on.map(|(_, connection, organization)| (connection, organization)))
}
