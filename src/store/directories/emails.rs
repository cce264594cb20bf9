//! Email addresses of a directory's people: the one that counts, and all of them, by which a filter finds.

use super::people::Row;
use crate::email::Email;
use crate::error::Result;
use crate::scim::{self, Resource};
use crate::store::prepared::written;
use crate::store::schema::directory_emails;
use crate::store::{ConnectionId, Prepared, Tx, UserId, on_backend};
use diesel::prelude::*;
use serde_json::Value;

/// The email address that counts. One that is none is refused where the directory calls it one.
pub(super) fn of(resource: &Resource) -> Result<Option<Email>> {
    let Some(text) = resource.email() else { return Ok(None) };
    match Email::parse(text) {
        Ok(email) => Ok(Some(email)),
        // A user name with an @ need not be an address.
        Err(_) if resource.attributes().get("emails").is_none() => Ok(None),
        Err(fault) => Err(scim::Error::value(format!("emails.value “{text}”: {fault}")).into()),
    }
}

/// Writes down by which addresses a person is found.
pub(super) fn write(tx: &mut Tx, row: &Row) -> Result<()> {
    let emails = row.resource.get("emails").and_then(Value::as_array);
    let values = emails.into_iter().flatten().filter_map(|email| email.get("value")?.as_str());
    let mut keys: Vec<String> = values.map(scim::fold).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let one = Known { connection: &row.connection_id, key: &key, user: &row.user_id };
        on_backend!(tx.db, conn => one.execute(conn))?;
    }
    Ok(())
}

written! {
    Known {
        "INSERT INTO directory_emails (connection_id, value_key, user_id) VALUES ("
        connection: &'a ConnectionId as directory_emails::connection_id,
        ", " key: &'a str as directory_emails::value_key,
        ", " user: &'a UserId as directory_emails::user_id,
    }
    ")"
}

/// Forgets them.
pub(super) fn forget(tx: &mut Tx, user: &UserId) -> Result<()> {
    let theirs = directory_emails::table.filter(directory_emails::user_id.eq(user));
    on_backend!(tx.db, conn => Prepared(diesel::delete(theirs)).execute(conn))?;
    Ok(())
}
