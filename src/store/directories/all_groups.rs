//! Groups as the vendor sees them, of all directories.

use super::groups::{self as groups_of_directory, Group};
use crate::error::Result;
use crate::scim;
use crate::store::access::mappings::{self, GroupMapping};
use crate::store::db::or_not_found;
use crate::store::schema::mappings as rows;
use crate::store::schema::{connections, directory_users, group_members, groups, users};
use crate::store::{ConnectionId, Db, GroupId, OrganizationId, Page, Time, Tx, UserId, Window};
use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// For how long everybody in a group is off before it counts as unbound.
const UNBOUND: TimeDelta = TimeDelta::hours(24);

/// Which groups the vendor asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Of this connection's directory.
    pub connection: Option<ConnectionId>,
    /// Those alone that have no mapping.
    pub unmapped: bool,
}

/// A group, and what is known of it besides.
#[derive(Debug, Clone)]
pub struct Known {
    /// The group.
    pub group: Group,
    /// It is probably [`unbound`].
    pub is_unbound: bool,
    /// What its mappings come to.
    pub mapping: GroupMapping,
}

/// Finds a group of any organization.
pub fn by_id(db: &mut Db, id: &GroupId) -> Result<Group> {
    let found = groups::table.find(id).filter(groups::deleted_at.is_null()).first(db);
    or_not_found(found, "group", id)
}

/// A page of groups as the vendor lists them, newest first. Test groups are none of theirs.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Group>> {
    let mut query = filtered(filter).order(groups::id.desc()).limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(groups::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |group: &Group| group.id.to_string()))
}

/// How many groups a filter lets through.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(db)?)
}

fn filtered(filter: &Filter) -> groups::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    let mut query = groups::table
        .filter(groups::deleted_at.is_null())
        .filter(groups::is_test.eq(false))
        .into_boxed();
    if let Some(organization) = &filter.organization {
        query = query.filter(groups::organization_id.eq(organization.clone()));
    }
    if let Some(connection) = &filter.connection {
        query = query.filter(groups::connection_id.eq(connection.clone()));
    }
    if filter.unmapped {
        query = query.filter(not(exists(rows::table.filter(rows::group_id.eq(groups::id)))));
    }
    query
}

/// Tells of each of these groups what is known of it, by two statements however many they are.
pub fn known(db: &mut Db, of: &[Group], now: Time) -> Result<impl Fn(Group) -> Known + use<>> {
    let unbound = unbound(db, of, now)?;
    let ids: Vec<GroupId> = of.iter().map(|group| group.id.clone()).collect();
    let theirs = mappings::by_group(db, &ids)?;
    Ok(move |group: Group| Known {
        is_unbound: unbound.contains(&group.id),
        mapping: GroupMapping::of(theirs.get(&group.id).map_or(&[], Vec::as_slice)),
        group,
    })
}

/// Which of these groups are probably unbound in their directory: everybody in them is off, and has been for a day. Some
/// directories tell nothing else when a group is taken from the app.
pub fn unbound(db: &mut Db, of: &[Group], now: Time) -> Result<HashSet<GroupId>> {
    let ids: Vec<&GroupId> = of.iter().map(|group| &group.id).collect();
    let members = || {
        group_members::table
            .inner_join(users::table.on(users::id.eq(group_members::user_id)))
            .filter(group_members::group_id.eq(groups::id))
    };
    // The first who is not off, or not for a day, says of a group that it is none of them. Whom the directory has removed is
    // off as well: the row stays, and the person may come back.
    let since = now.minus(UNBOUND);
    let (suspended, removed) = (users::directory_suspended_at, users::deprovisioned_at);
    let is_suspended = suspended.is_not_null().and(suspended.le(since));
    let is_removed = removed.is_not_null().and(removed.le(since));
    let is_on = not(is_suspended.assume_not_null().or(is_removed.assume_not_null()));
    let found: Vec<GroupId> = groups::table
        .filter(groups::id.eq_any(ids))
        .filter(exists(members()))
        .filter(not(exists(members().filter(is_on))))
        .select(groups::id)
        .load(db)?;
    Ok(found.into_iter().collect())
}

/// How many people are in each of these groups. Who is not named is empty. Whom a directory has removed does not count: those of
/// its connection are looked for once, since they are fewer than the members.
pub fn sizes(db: &mut Db, of: &[Group]) -> Result<HashMap<GroupId, i64>> {
    let ids: Vec<&GroupId> = of.iter().map(|group| &group.id).collect();
    let connections: Vec<&ConnectionId> = of.iter().map(|group| &group.connection_id).collect();
    let removed = directory_users::table
        .filter(directory_users::connection_id.eq_any(connections))
        .filter(directory_users::deleted_at.is_not_null())
        .select(directory_users::user_id);
    let rows: Vec<(GroupId, i64)> = group_members::table
        .filter(group_members::group_id.eq_any(ids))
        .filter(not(group_members::user_id.eq_any(removed)))
        .group_by(group_members::group_id)
        .select((group_members::group_id, diesel::dsl::count_star()))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// The groups of an organization that have a name, in any case: one for each directory at most. By way of the connections,
/// whose groups have an index by name.
pub fn named(db: &mut Db, organization: &OrganizationId, name: &str) -> Result<Vec<Group>> {
    let theirs = connections::table
        .filter(connections::organization_id.eq(organization))
        .select(connections::id);
    let found = groups::table
        .filter(groups::connection_id.eq_any(theirs))
        .filter(groups::display_name_key.eq(scim::fold(name)))
        .filter(groups::deleted_at.is_null())
        .filter(groups::is_test.eq(false))
        .order(groups::id);
    Ok(found.load(db)?)
}

/// Removes a group, as its directory would.
pub fn remove(tx: &mut Tx, id: &GroupId) -> Result<()> {
    let group = by_id(tx.db, id)?;
    groups_of_directory::take_away(tx, group)?;
    Ok(())
}

/// A page of a group's members, newest person first.
pub fn members(db: &mut Db, window: &Window, group: &GroupId) -> Result<Page<UserId>> {
    let mut query = group_members::table
        .inner_join(directory_users::table)
        .filter(group_members::group_id.eq(group))
        .filter(directory_users::deleted_at.is_null())
        .order(group_members::user_id.desc())
        .limit(window.limit.saturating_add(1))
        .select(group_members::user_id)
        .into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(group_members::user_id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |user: &UserId| user.to_string()))
}

/// How many people are in a group, as [`sizes`] counts them.
pub fn member_count(db: &mut Db, group: &Group) -> Result<i64> {
    Ok(sizes(db, std::slice::from_ref(group))?.remove(&group.id).unwrap_or_default())
}
