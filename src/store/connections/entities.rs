//! Connections by entity ID: the provider's, or the one by which it knows us.

use super::Connection;
use crate::error::Result;
use crate::store::schema::connections;
use crate::store::{Db, Tx};
use diesel::prelude::*;

/// Connections whose entity IDs one transaction writes down.
const BATCH: i64 = 100;

/// The name by which the provider of a connection calls itself: its entity ID, or the issuer of its tokens. Kept in a column of its own, so
/// that it can be looked for.
pub(super) fn of(connection: &Connection) -> Option<String> {
    let saml = connection.identity_provider.as_ref().map(|known| known.entity_id.clone());
    saml.or_else(|| connection.openid_provider.as_ref().map(|known| known.issuer.clone()))
}

/// The connections that have this entity ID on either side and are not deleted, the newest first and `limit` at most.
pub fn by_entity_id(db: &mut Db, entity_id: &str, limit: i64) -> Result<Vec<Connection>> {
    let found = connections::table
        .filter(
            connections::provider_entity_id
                .eq(entity_id)
                .or(connections::sp_entity_id.eq(entity_id)),
        )
        .filter(connections::deleted_at.is_null())
        .order(connections::id.desc())
        .limit(limit);
    Ok(found.load(db)?)
}

/// Writes down the entity IDs of connections that an older release saved, some at a time: how many connections.
pub fn adopt_entity_ids(tx: &mut Tx) -> Result<usize> {
    let is_known =
        connections::identity_provider.is_not_null().or(connections::openid_provider.is_not_null());
    let found: Vec<Connection> = connections::table
        .filter(connections::provider_entity_id.is_null())
        .filter(is_known)
        .limit(BATCH)
        .load(tx.db)?;
    for connection in &found {
        diesel::update(connections::table.find(&connection.id))
            .set(connections::provider_entity_id.eq(of(connection)))
            .execute(tx.db)?;
    }
    Ok(found.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::connections::save;
    use crate::store::testing;

    #[test]
    fn a_connection_is_found_by_the_entity_id_of_either_side() {
        let store = testing::store();
        let entity_id = "https://idp.example/one";
        let connection = testing::active(&store, entity_id, None);
        let found = |of: &str| {
            let found = store.read_now(|db| by_entity_id(db, of, 5)).unwrap();
            found.into_iter().map(|one| one.id).collect::<Vec<_>>()
        };
        assert_eq!(found(entity_id), std::slice::from_ref(&connection.id));
        assert!(found("https://idp.example").is_empty());
        store.system(|tx| {
            let mut moved = connection.clone();
            moved.sp_entity_id = Some("https://old.example/sp".to_owned());
            save(tx, &mut moved)
        });
        assert_eq!(found("https://old.example/sp"), std::slice::from_ref(&connection.id));
    }

    #[test]
    fn entity_ids_of_an_older_release_are_written_down_once() {
        let store = testing::store();
        let entity_id = "https://idp.example/one";
        let connection = testing::active(&store, entity_id, None);
        store.system(|tx| {
            let nothing = connections::provider_entity_id.eq(None::<String>);
            diesel::update(connections::table.find(&connection.id)).set(nothing).execute(tx.db)?;
            Ok(())
        });
        assert_eq!(store.system(adopt_entity_ids), 1);
        assert_eq!(store.system(adopt_entity_ids), 0);
        let found = store.read_now(|db| by_entity_id(db, entity_id, 5)).unwrap();
        assert_eq!(found.len(), 1);
    }
}
