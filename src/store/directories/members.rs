//! Who is in which group of a directory: rows, changed by sets.

use super::groups::{Group, tell};
use crate::error::Result;
use crate::scim;
use crate::scim::patch::MemberChange;
use crate::store::access;
use crate::store::db::listed;
use crate::store::schema::{directory_users, group_members, groups};
use crate::store::{ConnectionId, Db, GroupId, Prepared, Tx, UserId, on_backend};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamp};
use serde_json::json;
use std::collections::HashMap;

/// How many people an event names: of larger changes it tells how many they are.
const MOST_NAMED: usize = 1000;

/// Who came, and who went.
type Moved = (Vec<String>, Vec<String>);

/// Does one change of members; tells who came and who went.
pub(super) fn change(tx: &mut Tx, group: &Group, change: &MemberChange) -> Result<Moved> {
    match change {
        MemberChange::Add(ids) => Ok((add(tx, group, ids)?, Vec::new())),
        MemberChange::Remove(ids) => {
            let query = format!(
                "DELETE FROM group_members WHERE group_id = $1 AND user_id IN ({}) RETURNING user_id AS id",
                listed(tx.db, 2)
            );
            Ok((Vec::new(), taken_out(tx, group, &query, Some(ids))?))
        }
        MemberChange::RemoveAll => {
            let query = "DELETE FROM group_members WHERE group_id = $1 RETURNING user_id AS id";
            Ok((Vec::new(), taken_out(tx, group, query, None)?))
        }
        MemberChange::Replace(ids) => {
            let added = add(tx, group, ids)?;
            let query = format!(
                "DELETE FROM group_members WHERE group_id = $1 AND user_id NOT IN ({}) RETURNING user_id AS id",
                listed(tx.db, 2)
            );
            Ok((added, taken_out(tx, group, &query, Some(ids))?))
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

/// Adds people; who is in already stays. Who is no user of the directory is refused, but of a test group: connection
/// testers invent members.
pub(super) fn add(tx: &mut Tx, group: &Group, ids: &[String]) -> Result<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = json!(ids).to_string();
    let query = format!(
        "INSERT INTO group_members (group_id, user_id, added_at) SELECT $1, user_id, $2 FROM directory_users \
         WHERE connection_id = $3 AND deleted_at IS NULL AND user_id IN ({}) ON CONFLICT DO NOTHING \
         RETURNING user_id AS id",
        listed(tx.db, 4)
    );
    let added: Vec<Id> = on_backend!(tx.db, conn => Prepared(
        diesel::sql_query(query)
            .bind::<Text, _>(&group.id)
            .bind::<Timestamp, _>(tx.now)
            .bind::<Text, _>(&group.connection_id)
            .bind::<Text, _>(&list)
    )
    .load(conn))?;
    // Who was not added is in already, or is nobody.
    if !group.is_test && added.len() < ids.len() {
        refuse_unknown(tx, group, &list)?;
    }
    let added = texts(added);
    tell_members(tx, group, "group.member.added", &added)?;
    Ok(added)
}

/// Whether any of these is a person of the directory who does more than test the connection.
pub(super) fn are_real(db: &mut Db, connection: &ConnectionId, ids: &[String]) -> Result<bool> {
    for some in ids.chunks(MOST_NAMED) {
        let real = directory_users::table
            .filter(directory_users::user_id.eq_any(some))
            .filter(directory_users::connection_id.eq(connection))
            .filter(directory_users::deleted_at.is_null())
            .filter(directory_users::is_test.eq(false));
        if diesel::select(exists(real)).get_result(db)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether somebody is in a group who does more than test the connection.
pub(super) fn has_real(db: &mut Db, group: &Group) -> Result<bool> {
    let real = group_members::table
        .inner_join(directory_users::table)
        .filter(group_members::group_id.eq(&group.id))
        .filter(directory_users::is_test.eq(false));
    Ok(diesel::select(exists(real)).get_result(db)?)
}

fn texts(ids: Vec<Id>) -> Vec<String> {
    ids.into_iter().map(|id| id.id).collect()
}

fn refuse_unknown(tx: &mut Tx, group: &Group, list: &str) -> Result<()> {
    let query = format!(
        "SELECT value AS id FROM ({}) AS given WHERE value NOT IN (SELECT user_id FROM directory_users \
         WHERE connection_id = $2 AND deleted_at IS NULL AND user_id IN ({}))",
        listed(tx.db, 1),
        listed(tx.db, 1)
    );
    let unknown: Vec<Id> = on_backend!(tx.db, conn => Prepared(
        diesel::sql_query(query).bind::<Text, _>(list).bind::<Text, _>(&group.connection_id)
    )
    .load(conn))?;
    if unknown.is_empty() {
        return Ok(());
    }
    Err(scim::Error::unknown_member(&texts(unknown)).into())
}

fn taken_out(
    tx: &mut Tx,
    group: &Group,
    query: &str,
    ids: Option<&Vec<String>>,
) -> Result<Vec<String>> {
    let list = ids.map(|ids| json!(ids).to_string());
    let removed: Vec<Id> = on_backend!(tx.db, conn => {
        let query = diesel::sql_query(query).bind::<Text, _>(&group.id);
        match list {
            Some(list) => Prepared(query.bind::<Text, _>(list)).load(conn)?,
            None => Prepared(query).load(conn)?,
        }
    });
    let removed = texts(removed);
    tell_members(tx, group, "group.member.removed", &removed)?;
    Ok(removed)
}

/// Makes the access of people who came or went what it is by their groups. A test group gives nothing.
pub(super) fn settle(tx: &mut Tx, group: &Group, people: &[String]) -> Result<()> {
    settle_with(tx, group, people, Vec::new())
}

/// The same for these people and others.
pub(super) fn settle_with(
    tx: &mut Tx,
    group: &Group,
    people: &[String],
    others: Vec<UserId>,
) -> Result<()> {
    let mut all = others;
    for id in people {
        all.push(id.parse()?);
    }
    if !group.is_test && !all.is_empty() {
        all.sort_unstable();
        all.dedup();
        access::after_directory(tx, &group.organization_id, &all)?;
    }
    Ok(())
}

/// The same for everybody in the group, and those who went.
pub(super) fn settle_all(tx: &mut Tx, group: &Group, gone: &[String]) -> Result<()> {
    let theirs = group_members::table.filter(group_members::group_id.eq(&group.id));
    let mut people: Vec<String> = theirs.select(group_members::user_id).load(tx.db)?;
    people.extend_from_slice(gone);
    settle(tx, group, &people)
}

fn tell_members(tx: &mut Tx, group: &Group, kind: &'static str, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let named: Vec<&String> = ids.iter().take(MOST_NAMED).collect();
    tell(tx, group, kind, json!({ "users": named, "count": ids.len() }))
}

/// Who is in these groups, of those whom the directory has not removed.
pub(super) fn of_groups(db: &mut Db, of: &[Group]) -> Result<HashMap<GroupId, Vec<UserId>>> {
    let ids: Vec<&GroupId> = of.iter().map(|group| &group.id).collect();
    let rows: Vec<(GroupId, UserId)> = group_members::table
        .inner_join(directory_users::table)
        .filter(group_members::group_id.eq_any(ids))
        .filter(directory_users::deleted_at.is_null())
        .order((group_members::group_id, group_members::user_id))
        .select((group_members::group_id, group_members::user_id))
        .load(db)?;
    let mut theirs: HashMap<GroupId, Vec<UserId>> = HashMap::new();
    for (group, user) in rows {
        theirs.entry(group).or_default().push(user);
    }
    Ok(theirs)
}

/// The groups that a person is in, by ID and name.
pub(super) fn groups_of_one(db: &mut Db, user: &UserId) -> Result<Vec<(GroupId, String)>> {
    let query = group_members::table
        .inner_join(groups::table)
        .filter(group_members::user_id.eq(user))
        .filter(groups::deleted_at.is_null())
        .order(group_members::group_id)
        .select((groups::id, groups::display_name));
    Ok(on_backend!(db, conn => Prepared(query).load(conn))?)
}

/// The same of these people.
pub(super) fn groups_of(
    db: &mut Db,
    users: &[UserId],
) -> Result<HashMap<UserId, Vec<(GroupId, String)>>> {
    let rows: Vec<(UserId, GroupId, String)> = group_members::table
        .inner_join(groups::table)
        .filter(group_members::user_id.eq_any(users))
        .filter(groups::deleted_at.is_null())
        .order((group_members::user_id, group_members::group_id))
        .select((group_members::user_id, groups::id, groups::display_name))
        .load(db)?;
    let mut theirs: HashMap<UserId, Vec<(GroupId, String)>> = HashMap::new();
    for (user, group, name) in rows {
        theirs.entry(user).or_default().push((group, name));
    }
    Ok(theirs)
}
