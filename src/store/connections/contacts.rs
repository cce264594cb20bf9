//! Whom a customer wants told of a connection: the address that hears of its certificate before it ends.
//!
//! It is a person's, so no event keeps it.

use super::{find, tell};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::store::schema::connection_contacts as contacts;
use crate::store::{ConnectionId, Db, Tx, on_backend};
use diesel::prelude::*;
use serde_json::json;

/// The address that is told of a connection; none: nobody is.
pub fn contact(db: &mut Db, id: &ConnectionId) -> Result<Option<Email>> {
    let found: Option<String> =
        contacts::table.find(id).select(contacts::email).first(db).optional()?;
    Ok(found.and_then(|text| Email::parse(&text).ok()))
}

/// Has another address told of a connection; an empty one: nobody.
pub fn set_contact(tx: &mut Tx, id: &ConnectionId, typed: &str) -> Result<Option<Email>> {
    let connection = find(tx.db, id)?;
    let email = match typed.trim() {
        "" => None,
        some => Some(
            Email::parse(some)
                .map_err(|fault| Error::invalid("/email", fault.code(), fault.to_string()))?,
        ),
    };
    if contact(tx.db, id)? == email {
        return Ok(email);
    }
    diesel::delete(contacts::table.find(id)).execute(tx.db)?;
    if let Some(email) = &email {
        write(tx, id, email)?;
    }
    tell(tx, &connection, "connection.updated", json!({ "changed": ["contact"] }))?;
    Ok(email)
}

/// Has an address told of a connection of which nobody is told yet: that of whoever has set it up.
pub(in crate::store) fn suggest(tx: &mut Tx, id: &ConnectionId, email: &str) -> Result<()> {
    match Email::parse(email) {
        Ok(email) => write(tx, id, &email),
        Err(_) => Ok(()),
    }
}

fn write(tx: &mut Tx, id: &ConnectionId, email: &Email) -> Result<()> {
    let row = (
        contacts::connection_id.eq(id.clone()),
        contacts::email.eq(email.to_string()),
        contacts::changed_at.eq(tx.now),
    );
    let insert = diesel::insert_into(contacts::table).values(row);
    on_backend!(tx.db, conn => insert.on_conflict_do_nothing().execute(conn))?;
    Ok(())
}
