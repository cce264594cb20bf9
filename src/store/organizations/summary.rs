//! What a list of organizations shows beside their rows, in a few queries however many they are.

use crate::error::Result;
use crate::store::connections::ConnectionState;
use crate::store::schema::{connections, directory_users, domains, organizations, users};
use crate::store::{Db, OrganizationId, Time};
use diesel::dsl::{count_star, max};
use diesel::prelude::*;
use std::collections::HashMap;

/// What there is of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The names of its email domains.
    pub domains: Vec<String>,
    /// How many connections it has, and how many of them are on.
    pub connections: (i64, i64),
    /// How many people it has.
    pub people: i64,
    /// When somebody of it last signed in, to the minute.
    pub last_sign_in_at: Option<Time>,
}

/// What there is of each of these.
pub fn summaries(db: &mut Db, ids: &[OrganizationId]) -> Result<HashMap<OrganizationId, Summary>> {
    let mut found = HashMap::<OrganizationId, Summary>::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let people =
        users::table.filter(users::organization_id.eq(organizations::id)).count().single_value();
    let last = users::table
        .filter(users::organization_id.eq(organizations::id))
        .select(max(users::last_sign_in_at))
        .single_value();
    let rows: Vec<(OrganizationId, Option<i64>, Option<Time>)> = organizations::table
        .filter(organizations::id.eq_any(ids))
        .select((organizations::id, people, last))
        .load(db)?;
    for (id, people, last) in rows {
        let of = found.entry(id).or_default();
        (of.people, of.last_sign_in_at) = (people.unwrap_or_default(), last);
    }
    // Whom a directory made only to test its connection is nobody. As the partial index says it.
    let tests: Vec<(OrganizationId, i64)> = directory_users::table
        .inner_join(users::table)
        .filter(directory_users::is_test)
        .filter(users::organization_id.eq_any(ids))
        .group_by(users::organization_id)
        .select((users::organization_id, count_star()))
        .load(db)?;
    for (id, tests) in tests {
        found.entry(id).or_default().people -= tests;
    }
    for (id, names) in domains_of(db, ids)? {
        found.entry(id).or_default().domains = names;
    }
    let states: Vec<(OrganizationId, ConnectionState, i64)> = connections::table
        .filter(connections::organization_id.eq_any(ids))
        .filter(connections::deleted_at.is_null())
        .group_by((connections::organization_id, connections::state))
        .select((connections::organization_id, connections::state, count_star()))
        .load(db)?;
    for (id, state, count) in states {
        let (all, active) = &mut found.entry(id).or_default().connections;
        *all += count;
        if state == ConnectionState::Active {
            *active += count;
        }
    }
    Ok(found)
}

/// The names of the email domains of each of these.
pub fn domains_of(
    db: &mut Db,
    ids: &[OrganizationId],
) -> Result<HashMap<OrganizationId, Vec<String>>> {
    let rows: Vec<(OrganizationId, String)> = domains::table
        .filter(domains::organization_id.eq_any(ids))
        .order(domains::name)
        .select((domains::organization_id, domains::name))
        .load(db)?;
    let mut found = HashMap::<OrganizationId, Vec<String>>::new();
    for (id, name) in rows {
        found.entry(id).or_default().push(name);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;
    use crate::store::users::{self, User};

    #[test]
    fn a_list_of_organizations_knows_domains_connections_people_and_the_last_sign_in_of_each() {
        let store = testing::store();
        let of = store.system(|tx| super::super::create(tx, testing::globex())).id;
        let connection = testing::active(&store, "JumpCloud", None);
        let other = connection.organization_id.clone();
        let make = |email: &str| -> User {
            store.system(|tx| users::create(tx, testing::person(&other, email)))
        };
        let ada = make("ada@globex.example");
        make("grace@globex.example");
        store.system(|tx| users::signed_in(tx, &ada));
        let found = store.read_now(|db| summaries(db, &[of.clone(), other.clone()])).unwrap();
        let globex = Summary { domains: vec!["globex.example".into()], ..Summary::default() };
        assert_eq!(found[&of], globex);
        let found = &found[&other];
        assert_eq!((found.connections, found.people), ((1, 1), 2));
        assert!(found.last_sign_in_at.is_some() && found.domains.is_empty());
        let none = store.read_now(|db| summaries(db, &[])).unwrap();
        assert!(none.is_empty());
    }
}
