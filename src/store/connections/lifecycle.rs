//! The life of a connection: tested, turned on and off, deleted and restored.

use super::metadata::refuse_in_use;
use super::{Connection, ConnectionState, find, save, tell};
use crate::error::{Error, Result};
use crate::store::directories::tokens;
use crate::store::ending::{self, Of};
use crate::store::enforcement::{self, LastWay};
use crate::store::organizations::{self, RESTORABLE};
use crate::store::schema::{connections, events};
use crate::store::{ConnectionId, Db, Time, Tx, identities, setup_links};
use diesel::dsl::max;
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashMap;

/// Notes that a test sign-in passed with this revision. A test of what has been changed meanwhile counts for nothing.
pub fn record_test(tx: &mut Tx, id: &ConnectionId, revision: i64) -> Result<()> {
    // One statement: the sign-in that passed the test does not hold the organization's lock.
    let changed = diesel::update(connections::table.find(id))
        .filter(connections::revision.eq(revision))
        .set(connections::tested_revision.eq(Some(revision)))
        .execute(tx.db)?;
    if changed == 1 {
        let connection = find(tx.db, id)?;
        tell(tx, &connection, "connection.tested", json!({ "revision": revision }))?;
    }
    Ok(())
}

/// Forgets that a test sign-in passed with the present settings, and counts none that has begun: what it tests is not what is wanted
/// now.
pub(in crate::store) fn forget_test(tx: &mut Tx, id: &ConnectionId) -> Result<()> {
    diesel::update(connections::table.find(id))
        .set((
            connections::tested_revision.eq(None::<i64>),
            connections::revision.eq(connections::revision + 1),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// When a test sign-in last passed at each of these connections, as long as that is remembered.
pub fn tested_at(db: &mut Db, ids: &[ConnectionId]) -> Result<HashMap<ConnectionId, Time>> {
    // What happened to a thing is not much: it is looked for, and its kind asked.
    let rows: Vec<(ConnectionId, Option<Time>)> = events::table
        .filter(events::subject_id.eq_any(ids))
        .filter(events::kind.concat("").eq("connection.tested"))
        .group_by(events::subject_id)
        .select((events::subject_id, max(events::created_at)))
        .load(db)?;
    Ok(rows.into_iter().filter_map(|(id, at)| Some((id, at?))).collect())
}

/// Forgets by which names the provider knows people, and tells how many those were: when it is to name everybody anew.
/// Each is found by email address in their next sign-in.
pub fn unlink(tx: &mut Tx, id: &ConnectionId) -> Result<usize> {
    let connection = find(tx.db, id)?;
    let unlinked = identities::unlink_all(tx, id)?;
    tell(tx, &connection, "connection.unlinked", json!({ "names": unlinked }))?;
    Ok(unlinked)
}

/// Turns a connection on, for the first time or again.
pub fn activate(tx: &mut Tx, id: &ConnectionId, skip_test: bool) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    if connection.state == ConnectionState::Active {
        return Ok(connection);
    }
    connection.needs_its_provider()?;
    if !connection.tested() && !skip_test {
        return Err(Error::conflict(
            "test_required",
            format!(
                "No test sign-in has passed with the present settings. Start one with “vestibule connection test {id}” or POST /api/v1/connections/{id}/test, and sign in at the provider, then turn the connection on."
            ),
        ));
    }
    connection.state = ConnectionState::Active;
    connection.disabled_at = None;
    save(tx, &mut connection)?;
    let data = json!({ "tested": connection.tested() });
    tell(tx, &connection, "connection.activated", data)?;
    Ok(connection)
}

/// Turns an active connection off: nobody signs in through it, and who came through it is signed out. The last way in of an
/// organization that requires single sign-on stays on.
pub fn disable(tx: &mut Tx, id: &ConnectionId) -> Result<Connection> {
    disable_with(tx, id, LastWay::Keep)
}

/// The same, and says what is to happen to the last way in.
pub fn disable_with(tx: &mut Tx, id: &ConnectionId, last: LastWay) -> Result<Connection> {
    let mut connection = find(tx.db, id)?;
    match connection.state {
        ConnectionState::Disabled => return Ok(connection),
        ConnectionState::Active => {}
        _ => {
            return Err(Error::conflict(
                "connection_not_active",
                "Only a connection that is turned on can be turned off.",
            ));
        }
    }
    let locks_out = enforcement::last_way(tx, &connection, last)?;
    connection.state = ConnectionState::Disabled;
    connection.disabled_at = Some(tx.now);
    save(tx, &mut connection)?;
    ending::sessions(tx, Of::Connection(id))?;
    tell(tx, &connection, "connection.disabled", json!({ "locks_out": locks_out }))?;
    Ok(connection)
}

/// Deletes a connection so that it can be restored. Who signed in through it is signed out; its directory's tokens and the
/// links to its setup end, and stay ended. The last way in of an organization that requires single sign-on stays.
pub fn delete(tx: &mut Tx, id: &ConnectionId) -> Result<()> {
    delete_with(tx, id, LastWay::Keep)
}

/// The same, and says what is to happen to the last way in.
pub fn delete_with(tx: &mut Tx, id: &ConnectionId, last: LastWay) -> Result<()> {
    let mut connection = find(tx.db, id)?;
    let locks_out = enforcement::last_way(tx, &connection, last)?;
    connection.state = ConnectionState::Deleted;
    connection.deleted_at = Some(tx.now);
    save(tx, &mut connection)?;
    let ended = ending::sessions(tx, Of::Connection(id))?;
    let tokens = tokens::revoke_all(tx, tokens::Of::Connection(id))?;
    let links = setup_links::revoke_all_of_connection(tx, id)?;
    let data = json!({
        "name": connection.name,
        "sessions_ended": ended,
        "locks_out": locks_out,
        "tokens_revoked": tokens,
        "setup_links_revoked": links,
    });
    tell(tx, &connection, "connection.deleted", data)
}

/// A connection that is deleted and can still be restored. Its organization is not deleted.
pub fn gone(db: &mut Db, id: &ConnectionId, now: Time) -> Result<Option<Connection>> {
    let found = connections::table
        .find(id)
        .filter(connections::deleted_at.gt(now.minus(RESTORABLE)))
        .first::<Connection>(db)
        .optional()?;
    match found {
        Some(gone) if organizations::by_id(db, &gone.organization_id)?.is_some() => Ok(Some(gone)),
        _ => Ok(None),
    }
}

/// Takes a deletion back within 30 days. The connection is off, or a draft if it never knew its provider. It has no token of a
/// directory and no link to its setup: new ones are to be made.
pub fn restore(tx: &mut Tx, id: &ConnectionId) -> Result<Connection> {
    let mut connection = gone(tx.db, id, tx.now)?
        .ok_or_else(|| Error::not_found("deleted connection", id.as_str()))?;
    let entity_id =
        connection.identity_provider.as_ref().map(|provider| provider.entity_id.clone());
    if let Some(entity_id) = entity_id {
        refuse_in_use(tx.db, &connection, &entity_id)?;
    }
    connection.state = if connection.knows_its_provider() {
        connection.disabled_at = Some(tx.now);
        ConnectionState::Disabled
    } else {
        ConnectionState::Draft
    };
    connection.deleted_at = None;
    save(tx, &mut connection)?;
    tell(tx, &connection, "connection.restored", json!({}))?;
    Ok(connection)
}
