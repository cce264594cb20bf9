//! Groups of a directory and who is in them. A membership is a row: no list is ever read to be written back.

use super::list::{self, Found};
use super::people::unchanged_since;
use super::tokens::count_more;
use super::{Directory, Effect};
use crate::error::Result;
use crate::scim::dialect;
use crate::scim::document::{self, Meta};
use crate::scim::patch::{self, MemberChange, Operation};
use crate::scim::query::Query;
use crate::scim::{self, Kind, Resource};
use crate::store::db::{listed, or_not_found};
use crate::store::schema::{directory_users, group_members, groups};
use crate::store::{
    ConnectionId, Db, GroupId, Json, OrganizationId, Page, Prepared, Time, Tx, UserId, Window,
    events, on_backend,
};
use diesel::prelude::*;
use diesel::sql_types::{Text, Timestamp};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// How many people an event names: of larger changes it tells how many they are.
const MOST_NAMED: usize = 1000;

/// A group, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = groups, treat_none_as_null = true)]
pub struct Group {
    /// Its ID.
    pub id: GroupId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The connection whose directory pushed it.
    pub connection_id: ConnectionId,
    /// Its name.
    pub display_name: String,
    /// `display_name` folded for comparison.
    pub display_name_key: String,
    /// The directory's ID of it; empty: none.
    pub external_id: String,
    /// It is made only to test the connection.
    pub is_test: bool,
    /// The attributes of the resource, without members.
    pub resource: Json<Map<String, Value>>,
    /// Counts the changes, those of members too.
    pub revision: i64,
    /// When the directory made it.
    pub created_at: Time,
    /// When the directory last changed it.
    pub updated_at: Time,
    /// When the directory removed it.
    pub deleted_at: Option<Time>,
}

/// A group with its members, where they were asked for.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// The group.
    pub group: Group,
    /// Who is in it.
    pub members: Option<Vec<UserId>>,
}

impl Crowd {
    /// The resource as it is answered by the service at `base`.
    #[must_use]
    pub fn document(&self, base: &str) -> Map<String, Value> {
        let mut whole = self.group.document(base);
        if let Some(members) = self.members.as_ref().filter(|members| !members.is_empty()) {
            let members = document::members(base, members.iter().map(UserId::as_str));
            whole.insert("members".to_owned(), members);
        }
        whole
    }
}

impl Group {
    /// The resource as it is answered, without members.
    #[must_use]
    pub fn document(&self, base: &str) -> Map<String, Value> {
        let resource = Resource::stored(Kind::Group, (*self.resource).clone());
        document::document(
            base,
            &resource,
            Meta {
                id: self.id.as_str(),
                created: self.created_at.to_utc(),
                modified: self.updated_at.to_utc(),
                revision: self.revision,
            },
        )
    }

    fn take(&mut self, resource: Resource) {
        resource.text("displayName").unwrap_or_default().clone_into(&mut self.display_name);
        self.display_name_key = scim::fold(&self.display_name);
        resource.text("externalId").unwrap_or_default().clone_into(&mut self.external_id);
        self.resource = Json::from(resource.into_attributes());
    }
}

/// Finds a group of the directory.
pub fn find(db: &mut Db, directory: &Directory, id: &str, with_members: bool) -> Result<Crowd> {
    let group = row(db, directory, id)?;
    with(db, group, with_members)
}

/// The groups that a query asks for.
pub fn page(db: &mut Db, directory: &Directory, query: &Query) -> Result<Found<Crowd>> {
    let found = list::groups(db, directory, query)?;
    let with_members = query.projection.wants("members");
    let mut data = Vec::with_capacity(found.data.len());
    let mut theirs = if with_members { members_of(db, &found.data)? } else { HashMap::new() };
    for group in found.data {
        let members = with_members.then(|| theirs.remove(&group.id).unwrap_or_default());
        data.push(Crowd { group, members });
    }
    Ok(Found { data, total: found.total, next: found.next })
}

/// Makes a group, or restores the one of this name that the directory removed. Its members are those that are named now.
pub fn create(
    tx: &mut Tx,
    directory: &Directory,
    resource: Resource,
    members: &[String],
    with_members: bool,
) -> Result<(Crowd, Effect)> {
    resource.complete()?;
    let name = resource.text("displayName").unwrap_or_default().to_owned();
    refuse_name(tx, directory, &name, None)?;
    let removed = removed(tx.db, directory, &scim::fold(&name), resource.text("externalId"))?;
    let is_restored = removed.is_some();
    let mut group = removed.unwrap_or_else(|| Group {
        id: GroupId::new(),
        organization_id: directory.organization_id.clone(),
        connection_id: directory.connection_id.clone(),
        display_name: String::new(),
        display_name_key: String::new(),
        external_id: String::new(),
        is_test: dialect::is_test(Kind::Group, &name),
        resource: Json::from(Map::new()),
        revision: 0,
        created_at: tx.now,
        updated_at: tx.now,
        deleted_at: None,
    });
    group.take(resource);
    group.revision += 1;
    group.updated_at = tx.now;
    group.deleted_at = None;
    if is_restored {
        diesel::update(&group).set(&group).execute(tx.db)?;
    } else {
        let insert = diesel::insert_into(groups::table).values(group.clone());
        on_backend!(tx.db, conn => Prepared(insert).execute(conn))?;
    }
    count_more(tx, &directory.connection_id, 0, 1)?;
    let (kind, did) =
        if is_restored { ("group.restored", "restored") } else { ("group.created", "created") };
    tell(tx, &group, kind, json!({ "name": group.display_name }))?;
    let added = add(tx, &group, members)?;
    let words = format!("Group {} {did}{}.", group.display_name, counted(added, 0));
    Ok((with(tx.db, group, with_members)?, Effect::change(words)))
}

/// Replaces a group (RFC 7644, 3.5.1). A body that says nothing of members leaves them as they are.
pub fn replace(
    tx: &mut Tx,
    directory: &Directory,
    id: &str,
    mut resource: Resource,
    members: Option<Vec<String>>,
    if_match: Option<&[i64]>,
    with_members: bool,
) -> Result<(Crowd, Effect)> {
    let group = row(tx.db, directory, id)?;
    unchanged_since(group.revision, if_match)?;
    if resource.text("displayName").is_none() {
        resource.set("displayName", group.display_name.as_str().into());
    }
    resource.complete()?;
    let changes: Vec<MemberChange> = members.map(MemberChange::Replace).into_iter().collect();
    let (group, effect) = write(tx, directory, group, resource, &changes)?;
    Ok((with(tx.db, group, with_members)?, effect))
}

/// Changes a group by operations (RFC 7644, 3.5.2): all of them or none.
pub fn patch(
    tx: &mut Tx,
    directory: &Directory,
    id: &str,
    operations: &[Operation],
    if_match: Option<&[i64]>,
    with_members: bool,
) -> Result<(Crowd, Effect)> {
    let group = row(tx.db, directory, id)?;
    unchanged_since(group.revision, if_match)?;
    let mut resource = Resource::stored(Kind::Group, (*group.resource).clone());
    let (_, changes) = patch::apply_to_group(&mut resource, operations)?;
    let (group, effect) = write(tx, directory, group, resource, &changes)?;
    Ok((with(tx.db, group, with_members)?, effect))
}

/// Removes a group (RFC 7644, 3.6). Nobody is in it any more; the record stays until its retention ends.
pub fn remove(
    tx: &mut Tx,
    directory: &Directory,
    id: &str,
    if_match: Option<&[i64]>,
) -> Result<Effect> {
    let mut group = row(tx.db, directory, id)?;
    unchanged_since(group.revision, if_match)?;
    let left = change_members(tx, &group, &MemberChange::RemoveAll)?.1;
    group.deleted_at = Some(tx.now);
    group.updated_at = tx.now;
    group.revision += 1;
    diesel::update(&group).set(&group).execute(tx.db)?;
    count_more(tx, &directory.connection_id, 0, -1)?;
    tell(tx, &group, "group.removed", json!({ "name": group.display_name }))?;
    Ok(Effect::change(format!("Group {} removed{}.", group.display_name, counted(0, left))))
}

fn write(
    tx: &mut Tx,
    directory: &Directory,
    mut group: Group,
    resource: Resource,
    changes: &[MemberChange],
) -> Result<(Group, Effect)> {
    let is_changed = *group.resource != *resource.attributes();
    let former = group.display_name.clone();
    if is_changed {
        let name = resource.text("displayName").unwrap_or_default();
        if scim::fold(name) != group.display_name_key {
            refuse_name(tx, directory, name, Some(&group.id))?;
        }
        group.take(resource);
    }
    let (mut added, mut removed) = (0, 0);
    for change in changes {
        let (more, less) = change_members(tx, &group, change)?;
        added += more;
        removed += less;
    }
    if !is_changed && added == 0 && removed == 0 {
        return Ok((group, Effect::none()));
    }
    group.revision += 1;
    group.updated_at = tx.now;
    if is_changed {
        diesel::update(&group).set(&group).execute(tx.db)?;
        let renamed = former != group.display_name;
        let kind = if renamed { "group.renamed" } else { "group.updated" };
        tell(tx, &group, kind, json!({ "name": group.display_name, "former": former }))?;
    } else {
        let update = diesel::update(groups::table.find(group.id.clone()))
            .set((groups::revision.eq(group.revision), groups::updated_at.eq(group.updated_at)));
        on_backend!(tx.db, conn => Prepared(update).execute(conn))?;
    }
    let did = match (is_changed, former != group.display_name) {
        (true, true) => format!(" renamed from {former}"),
        (true, false) => " changed".to_owned(),
        (false, _) => String::new(),
    };
    let words = format!("Group {}{did}{}.", group.display_name, counted(added, removed));
    Ok((group, Effect::change(words)))
}

/// Who comes and who goes, in words.
fn counted(added: usize, removed: usize) -> String {
    let people = |n: usize| if n == 1 { "1 person".to_owned() } else { format!("{n} people") };
    match (added, removed) {
        (0, 0) => String::new(),
        (n, 0) => format!(", {} added", people(n)),
        (0, n) => format!(", {} taken out", people(n)),
        (more, less) => format!(", {} added, {} taken out", people(more), people(less)),
    }
}

/// Does one change of members; tells how many came and went.
fn change_members(tx: &mut Tx, group: &Group, change: &MemberChange) -> Result<(usize, usize)> {
    match change {
        MemberChange::Add(ids) => Ok((add(tx, group, ids)?, 0)),
        MemberChange::Remove(ids) => {
            let query = format!(
                "DELETE FROM group_members WHERE group_id = $1 AND user_id IN ({}) RETURNING user_id AS id",
                listed(tx.db, 2)
            );
            Ok((0, taken_out(tx, group, &query, Some(ids))?))
        }
        MemberChange::RemoveAll => {
            let query = "DELETE FROM group_members WHERE group_id = $1 RETURNING user_id AS id";
            Ok((0, taken_out(tx, group, query, None)?))
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
fn add(tx: &mut Tx, group: &Group, ids: &[String]) -> Result<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    let list = json!(ids).to_string();
    if !group.is_test {
        let query = format!(
            "SELECT value AS id FROM ({}) AS given WHERE value NOT IN (SELECT user_id FROM directory_users \
             WHERE connection_id = $2 AND deleted_at IS NULL AND user_id IN ({}))",
            listed(tx.db, 1),
            listed(tx.db, 1)
        );
        let unknown: Vec<Id> = diesel::sql_query(query)
            .bind::<Text, _>(&list)
            .bind::<Text, _>(&group.connection_id)
            .load(tx.db)?;
        if !unknown.is_empty() {
            let ids: Vec<String> = unknown.into_iter().map(|id| id.id).collect();
            return Err(scim::Error::unknown_member(&ids).into());
        }
    }
    let query = format!(
        "INSERT INTO group_members (group_id, user_id, added_at) SELECT $1, user_id, $2 FROM directory_users \
         WHERE connection_id = $3 AND deleted_at IS NULL AND user_id IN ({}) ON CONFLICT DO NOTHING \
         RETURNING user_id AS id",
        listed(tx.db, 4)
    );
    let added: Vec<Id> = diesel::sql_query(query)
        .bind::<Text, _>(&group.id)
        .bind::<Timestamp, _>(tx.now)
        .bind::<Text, _>(&group.connection_id)
        .bind::<Text, _>(&list)
        .load(tx.db)?;
    tell_members(tx, group, "group.member.added", &added)?;
    Ok(added.len())
}

fn taken_out(tx: &mut Tx, group: &Group, query: &str, ids: Option<&Vec<String>>) -> Result<usize> {
    let query = diesel::sql_query(query).bind::<Text, _>(&group.id);
    let removed: Vec<Id> = match ids {
        Some(ids) => query.bind::<Text, _>(json!(ids).to_string()).load(tx.db)?,
        None => query.load(tx.db)?,
    };
    tell_members(tx, group, "group.member.removed", &removed)?;
    Ok(removed.len())
}

fn tell_members(tx: &mut Tx, group: &Group, kind: &'static str, ids: &[Id]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let named: Vec<&str> = ids.iter().take(MOST_NAMED).map(|id| id.id.as_str()).collect();
    tell(tx, group, kind, json!({ "users": named, "count": ids.len() }))
}

/// What happens to a test group concerns nobody.
fn tell(tx: &mut Tx, group: &Group, kind: &'static str, data: Value) -> Result<()> {
    if group.is_test {
        return Ok(());
    }
    events::append(tx, Some(&group.organization_id), kind, group.id.as_str(), data)
}

fn row(db: &mut Db, directory: &Directory, id: &str) -> Result<Group> {
    let query = groups::table
        .filter(groups::id.eq(id))
        .filter(groups::connection_id.eq(&directory.connection_id))
        .filter(groups::deleted_at.is_null());
    let missing = || scim::Error::not_found("group", id).into();
    if !list::is_like_an_id(id) {
        return Err(missing());
    }
    let found = on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    found.ok_or_else(missing)
}

fn refuse_name(
    tx: &mut Tx,
    directory: &Directory,
    name: &str,
    own: Option<&GroupId>,
) -> Result<()> {
    let found: Option<GroupId> = groups::table
        .filter(groups::connection_id.eq(&directory.connection_id))
        .filter(groups::display_name_key.eq(scim::fold(name)))
        .filter(groups::deleted_at.is_null())
        .select(groups::id)
        .first(tx.db)
        .optional()?;
    match found.filter(|id| Some(id) != own) {
        Some(owner) => Err(scim::Error::taken("displayName", name, owner.as_str()).into()),
        None => Ok(()),
    }
}

/// The group that the directory removed under this name, or under this external ID.
fn removed(
    db: &mut Db,
    directory: &Directory,
    key: &str,
    external_id: Option<&str>,
) -> Result<Option<Group>> {
    let of = || {
        groups::table
            .filter(groups::connection_id.eq(&directory.connection_id))
            .filter(groups::deleted_at.is_not_null())
            .order(groups::deleted_at.desc())
    };
    let found = of().filter(groups::display_name_key.eq(key)).first(db).optional()?;
    match (found, external_id) {
        (Some(group), _) => Ok(Some(group)),
        (None, Some(id)) => Ok(of().filter(groups::external_id.eq(id)).first(db).optional()?),
        (None, None) => Ok(None),
    }
}

fn with(db: &mut Db, group: Group, with_members: bool) -> Result<Crowd> {
    let members = if with_members {
        let mut theirs = members_of(db, std::slice::from_ref(&group))?;
        Some(theirs.remove(&group.id).unwrap_or_default())
    } else {
        None
    };
    Ok(Crowd { group, members })
}

/// Who is in these groups, of those whom the directory has not removed.
fn members_of(db: &mut Db, of: &[Group]) -> Result<HashMap<GroupId, Vec<UserId>>> {
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

/// The groups that these people are in, by ID and name.
pub(super) fn of(db: &mut Db, users: &[UserId]) -> Result<HashMap<UserId, Vec<(GroupId, String)>>> {
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

/// Which groups the vendor asks for.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// Of this connection's directory.
    pub connection: Option<ConnectionId>,
}

/// Finds a group of any organization.
pub fn by_id(db: &mut Db, id: &GroupId) -> Result<Group> {
    let found = groups::table.find(id).filter(groups::deleted_at.is_null()).first(db);
    or_not_found(found, "group", id)
}

/// A page of groups as the vendor lists them, newest first. Test groups are none of theirs.
pub fn listing(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Group>> {
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
    query
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

/// How many people are in a group.
pub fn member_count(db: &mut Db, group: &GroupId) -> Result<i64> {
    let query = group_members::table
        .inner_join(directory_users::table)
        .filter(group_members::group_id.eq(group))
        .filter(directory_users::deleted_at.is_null());
    Ok(query.count().get_result(db)?)
}
