//! Groups of a directory and who is in them. A membership is a row: no list is ever read to be written back.

use super::list::{self, Found};
use super::people::unchanged_since;
use super::tokens::count_more;
use super::words::counted;
use super::{Changes, Directory, Effect, members};
use crate::error::Result;
use crate::scim::dialect;
use crate::scim::document::{self, Meta};
use crate::scim::patch::{self, MemberChange, Operation};
use crate::scim::query::Query;
use crate::scim::{self, Kind, Resource};
use crate::store::access;
use crate::store::prepared::written;
use crate::store::schema::groups;
use crate::store::{
    ConnectionId, Db, GroupId, Json, OrganizationId, Prepared, Time, Tx, UserId, events, on_backend,
};
use diesel::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::HashMap;

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
    /// Keys of the roles that its members have.
    pub roles: Json<Vec<String>>,
}

/// A group with its members, where they were asked for.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// The group.
    pub group: Group,
    /// Who is in it.
    pub members: Option<Vec<UserId>>,
}

impl Group {
    fn resource(&self) -> Resource {
        Resource::stored(Kind::Group, (*self.resource).clone())
    }

    /// The resource as it is answered, without members.
    #[must_use]
    pub fn document(&self, base: &str) -> Map<String, Value> {
        let meta = Meta {
            id: self.id.as_str(),
            created: self.created_at.to_utc(),
            modified: self.updated_at.to_utc(),
            revision: self.revision,
        };
        document::document(base, self.resource(), meta)
    }

    fn take(&mut self, resource: Resource) {
        resource.text("displayName").unwrap_or_default().clone_into(&mut self.display_name);
        self.display_name_key = scim::fold(&self.display_name);
        resource.text("externalId").unwrap_or_default().clone_into(&mut self.external_id);
        self.roles =
            Json::from(resource.roles().into_iter().map(str::to_owned).collect::<Vec<_>>());
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
    let mut theirs =
        if with_members { members::of_groups(db, &found.data)? } else { HashMap::new() };
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
    access::provisioning::groups_are_on(tx.db, &directory.organization_id)?;
    resource.complete()?;
    let name = resource.text("displayName").unwrap_or_default().to_owned();
    refuse_name(tx, directory, &name, None)?;
    let removed = removed(tx.db, directory, &scim::fold(&name), resource.text("externalId"))?;
    let is_there = removed.is_some();
    let is_test = dialect::is_test(Kind::Group, &name)
        && !members::are_real(tx.db, &directory.connection_id, members)?;
    // Nobody was told of one that only tested the connection: it comes as if it had never been.
    let is_restored = removed.as_ref().is_some_and(|it| !it.is_test);
    let mut group = removed.unwrap_or_else(|| Group {
        id: GroupId::new(),
        organization_id: directory.organization_id.clone(),
        connection_id: directory.connection_id.clone(),
        display_name: String::new(),
        display_name_key: String::new(),
        external_id: String::new(),
        is_test,
        resource: Json::from(Map::new()),
        revision: 0,
        created_at: tx.now,
        updated_at: tx.now,
        deleted_at: None,
        roles: Json::from(Vec::new()),
    });
    group.is_test = group.is_test && is_test;
    group.take(resource);
    group.revision += 1;
    group.updated_at = tx.now;
    group.deleted_at = None;
    if is_there {
        diesel::update(&group).set(&group).execute(tx.db)?;
    } else {
        let insert = diesel::insert_into(groups::table).values(group.clone());
        on_backend!(tx.db, conn => Prepared(insert).execute(conn))?;
    }
    count_more(tx, &directory.connection_id, 0, 1)?;
    let (kind, did) =
        if is_restored { ("group.restored", "restored") } else { ("group.created", "created") };
    tell(tx, &group, kind, json!({ "name": group.display_name }))?;
    access::group_appeared(tx, &group)?;
    let added = members::add(tx, &group, members)?;
    members::settle(tx, &group, &added)?;
    let words = format!("Group {} {did}{}.", group.display_name, counted(added.len(), 0));
    let changes = Changes::made(&group.resource).with_members(&added, &[]);
    Ok((with(tx.db, group, with_members)?, Effect::change(words, changes)))
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
    access::provisioning::groups_are_on(tx.db, &directory.organization_id)?;
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
    access::provisioning::groups_are_on(tx.db, &directory.organization_id)?;
    let group = row(tx.db, directory, id)?;
    unchanged_since(group.revision, if_match)?;
    let mut resource = group.resource();
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
    access::provisioning::groups_are_on(tx.db, &directory.organization_id)?;
    let group = row(tx.db, directory, id)?;
    unchanged_since(group.revision, if_match)?;
    take_away(tx, group)
}

/// Removes a group, whoever wants that.
pub(super) fn take_away(tx: &mut Tx, mut group: Group) -> Result<Effect> {
    let (_, left) = members::change(tx, &group, &MemberChange::RemoveAll)?;
    group.deleted_at = Some(tx.now);
    group.updated_at = tx.now;
    group.revision += 1;
    diesel::update(&group).set(&group).execute(tx.db)?;
    count_more(tx, &group.connection_id, 0, -1)?;
    tell(tx, &group, "group.removed", json!({ "name": group.display_name }))?;
    let others = access::group_removed(tx, &group)?;
    members::settle_with(tx, &group, &left, others)?;
    let words = format!("Group {} removed{}.", group.display_name, counted(0, left.len()));
    Ok(Effect::change(words, Changes::gone(&group.resource).with_members(&[], &left)))
}

fn write(
    tx: &mut Tx,
    directory: &Directory,
    mut group: Group,
    resource: Resource,
    changes: &[MemberChange],
) -> Result<(Group, Effect)> {
    let is_changed = *group.resource != *resource.attributes();
    let (former, former_roles) = (group.display_name.clone(), group.roles.clone());
    let differs = Changes::between(&group.resource, resource.attributes());
    if is_changed {
        let name = resource.text("displayName").unwrap_or_default();
        if scim::fold(name) != group.display_name_key {
            refuse_name(tx, directory, name, Some(&group.id))?;
        }
        group.take(resource);
    }
    let is_found_out = group.is_test && is_none_of_a_test(tx, &group, changes)?;
    if is_found_out {
        appear(tx, &mut group)?;
    }
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    for change in changes {
        let (more, less) = members::change(tx, &group, change)?;
        added.extend(more);
        removed.extend(less);
    }
    if !is_changed && !is_found_out && added.is_empty() && removed.is_empty() {
        return Ok((group, Effect::none()));
    }
    group.revision += 1;
    group.updated_at = tx.now;
    if is_found_out {
        diesel::update(&group).set(&group).execute(tx.db)?;
    } else if is_changed {
        diesel::update(&group).set(&group).execute(tx.db)?;
        let is_renamed = former != group.display_name;
        let kind = if is_renamed { "group.renamed" } else { "group.updated" };
        tell(tx, &group, kind, json!({ "name": group.display_name, "former": former }))?;
    } else {
        on_backend!(tx.db, conn => Touched(&group).execute(conn))?;
    }
    let is_renamed = former != group.display_name;
    let concerns_all = is_found_out
        || (is_renamed && access::group_renamed(tx, &group, &former)?)
        || *former_roles != *group.roles;
    if concerns_all {
        members::settle_all(tx, &group, &removed)?;
    } else {
        let moved: Vec<String> = added.iter().chain(&removed).cloned().collect();
        members::settle(tx, &group, &moved)?;
    }
    let did = match (is_changed, is_renamed) {
        (true, true) => format!(" renamed from {former}"),
        (true, false) => " changed".to_owned(),
        (false, _) => String::new(),
    };
    let words =
        format!("Group {}{did}{}.", group.display_name, counted(added.len(), removed.len()));
    Ok((group, Effect::change(words, differs.with_members(&added, &removed))))
}

written! {
    update Touched: Group, in groups { revision, updated_at, } by id
}

/// Whether a group that was taken for one that only tests the connection is none: it has another name, or somebody is in it
/// or comes who does more than test.
fn is_none_of_a_test(tx: &mut Tx, group: &Group, changes: &[MemberChange]) -> Result<bool> {
    if !dialect::is_test(Kind::Group, &group.display_name) || members::has_real(tx.db, group)? {
        return Ok(true);
    }
    for change in changes {
        if let MemberChange::Add(ids) | MemberChange::Replace(ids) = change
            && members::are_real(tx.db, &group.connection_id, ids)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A group that was taken for a test is none: it is as if its directory had made it now.
fn appear(tx: &mut Tx, group: &mut Group) -> Result<()> {
    group.is_test = false;
    diesel::update(&*group).set(&*group).execute(tx.db)?;
    tell(tx, group, "group.created", json!({ "name": group.display_name }))?;
    access::group_appeared(tx, group)?;
    Ok(())
}

/// What happens to a test group concerns nobody.
pub(super) fn tell(tx: &mut Tx, group: &Group, kind: &'static str, data: Value) -> Result<()> {
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
        let mut theirs = members::of_groups(db, std::slice::from_ref(&group))?;
        Some(theirs.remove(&group.id).unwrap_or_default())
    } else {
        None
    };
    Ok(Crowd { group, members })
}
