//! What organizations, connections, people, groups and entities are called, for lists that name many of them.

use super::schema::{connections, entities, groups, organizations, users};
use super::{ConnectionId, Db, EntityId, GroupId, OrganizationId, UserId};
use crate::error::Result;
use diesel::prelude::*;
use std::collections::HashMap;

/// Names by ID, also of what was deleted and can be restored.
#[derive(Debug, Clone, Default)]
pub struct Names {
    organizations: HashMap<OrganizationId, (String, bool)>,
    connections: HashMap<ConnectionId, String>,
}

impl Names {
    /// What an organization is called, if it is known.
    #[must_use]
    pub fn organization(&self, id: &OrganizationId) -> Option<&str> {
        self.organizations.get(id).map(|(name, _)| name.as_str())
    }

    /// Whether an organization is the demo's.
    #[must_use]
    pub fn is_demo(&self, id: &OrganizationId) -> bool {
        self.organizations.get(id).is_some_and(|(_, is_demo)| *is_demo)
    }

    /// What a connection is called, if it is known.
    #[must_use]
    pub fn connection(&self, id: &ConnectionId) -> Option<&str> {
        self.connections.get(id).map(String::as_str)
    }
}

/// The names of these, with one query for each kind however many there are.
pub fn of(
    db: &mut Db,
    organizations: Vec<OrganizationId>,
    connections: Vec<ConnectionId>,
) -> Result<Names> {
    let mut names = Names::default();
    if !organizations.is_empty() {
        let rows: Vec<(OrganizationId, String, bool)> = organizations::table
            .filter(organizations::id.eq_any(distinct(organizations)))
            .select((organizations::id, organizations::name, organizations::is_demo))
            .load(db)?;
        let one = |(id, name, is_demo)| (id, (name, is_demo));
        names.organizations = rows.into_iter().map(one).collect();
    }
    if !connections.is_empty() {
        let rows = connections::table
            .filter(connections::id.eq_any(distinct(connections)))
            .select((connections::id, connections::name))
            .load(db)?;
        names.connections = rows.into_iter().collect();
    }
    Ok(names)
}

/// What people are called: the email address, else the ID.
pub fn people(db: &mut Db, ids: Vec<UserId>) -> Result<HashMap<UserId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(UserId, String)> = users::table
        .filter(users::id.eq_any(distinct(ids)))
        .select((users::id, users::email))
        .load(db)?;
    let label = |(id, email): (UserId, String)| {
        let label = if email.is_empty() { id.to_string() } else { email };
        (id, label)
    };
    Ok(rows.into_iter().map(label).collect())
}

/// What groups are called, also those that are removed.
pub fn groups(db: &mut Db, ids: Vec<GroupId>) -> Result<HashMap<GroupId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = groups::table
        .filter(groups::id.eq_any(distinct(ids)))
        .select((groups::id, groups::display_name))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// What entities are called.
pub fn entities(db: &mut Db, ids: Vec<EntityId>) -> Result<HashMap<EntityId, String>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = entities::table
        .filter(entities::id.eq_any(distinct(ids)))
        .select((entities::id, entities::name))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

fn distinct<T: Ord>(mut ids: Vec<T>) -> Vec<T> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;

    #[test]
    fn names_are_found_once_however_often_they_are_asked_for() {
        let store = testing::store();
        let connection = testing::active(&store, "JumpCloud", None);
        let unknown = (OrganizationId::new(), ConnectionId::new());
        let organizations =
            vec![connection.organization_id.clone(), connection.organization_id.clone(), unknown.0];
        let connections = vec![connection.id.clone(), unknown.1.clone()];
        let names = store.read_now(|db| of(db, organizations, connections)).unwrap();
        assert_eq!(names.organization(&connection.organization_id), Some("Globex"));
        assert_eq!(names.connection(&connection.id), Some("Globex – JumpCloud"));
        assert_eq!(names.connection(&unknown.1), None);
    }
}
