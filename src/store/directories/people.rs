//! What a directory says of people. The people themselves are in `users`, where every sign-in finds them.

use super::linking::{self, Meant};
use super::list::{self, Found};
use super::tokens::count_more;
use super::words::{called, ended_words};
use super::{Changes, Directory, Effect, emails, letting_go, members};
use crate::access::person::Own;
use crate::email::Email;
use crate::error::Result;
use crate::scim::dialect;
use crate::scim::document::{self, Meta};
use crate::scim::patch::{self, Operation};
use crate::scim::query::Query;
use crate::scim::{self, Kind, Resource};
use crate::store::access;
use crate::store::ending::{self, Of};
use crate::store::prepared::written;
use crate::store::schema::directory_users;
use crate::store::users::{self as people, FromDirectory, User};
use crate::store::{
    ConnectionId, Db, GroupId, Json, Prepared, Time, Tx, UserId, events, on_backend,
};
use diesel::prelude::*;
use serde_json::{Map, Value, json};

/// What a directory says of a person.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(primary_key(user_id), table_name = directory_users, treat_none_as_null = true)]
pub struct Row {
    /// Who it is.
    pub user_id: UserId,
    /// The connection whose directory says it.
    pub connection_id: ConnectionId,
    /// `userName`, folded.
    pub user_name_key: String,
    /// `externalId`; empty: none.
    pub external_id: String,
    /// `displayName`, folded; empty: none.
    pub display_name_key: String,
    /// `active`.
    pub is_active: bool,
    /// It is made only to test the connection.
    pub is_test: bool,
    /// The attributes of the resource.
    pub resource: Json<Map<String, Value>>,
    /// Counts the changes.
    pub revision: i64,
    /// When the directory made it.
    pub created_at: Time,
    /// When the directory last changed it.
    pub updated_at: Time,
    /// When the directory removed it.
    pub deleted_at: Option<Time>,
    /// Keys of the roles that the person has by themselves.
    pub roles: Json<Vec<String>>,
    /// Which of them the directory calls the primary one.
    pub primary_role: Option<String>,
}

/// A user, as a directory sees one.
#[derive(Debug, Clone)]
pub struct Person {
    /// What the directory says.
    pub row: Row,
    /// In which groups they are, by ID and name, where that was asked for.
    pub groups: Option<Vec<(GroupId, String)>>,
}

impl Person {
    /// The resource as it is answered by the service at `base`.
    #[must_use]
    pub fn document(&self, base: &str) -> Map<String, Value> {
        let mut whole = self.row.document(base);
        if let Some(groups) = self.groups.as_ref().filter(|groups| !groups.is_empty()) {
            let pairs = groups.iter().map(|(id, name)| (id.as_str(), name.as_str()));
            whole.insert("groups".to_owned(), document::groups(base, pairs));
        }
        whole
    }
}

impl Row {
    pub(super) fn resource(&self) -> Resource {
        Resource::stored(Kind::User, (*self.resource).clone())
    }

    /// The resource as it is answered, without groups.
    #[must_use]
    pub fn document(&self, base: &str) -> Map<String, Value> {
        let meta = Meta {
            id: self.user_id.as_str(),
            created: self.created_at.to_utc(),
            modified: self.updated_at.to_utc(),
            revision: self.revision,
        };
        document::document(base, self.resource(), meta)
    }

    fn take(&mut self, resource: Resource, is_active: bool) {
        self.user_name_key = scim::fold(resource.text("userName").unwrap_or_default());
        resource.text("externalId").unwrap_or_default().clone_into(&mut self.external_id);
        self.display_name_key = scim::fold(resource.text("displayName").unwrap_or_default());
        self.is_active = is_active;
        let own = own(&resource);
        (self.roles, self.primary_role) = (Json::from(own.roles), own.primary);
        self.resource = Json::from(resource.into_attributes());
    }

    fn own(&self) -> Own {
        Own { roles: self.roles.to_vec(), primary: self.primary_role.clone() }
    }
}

/// The roles that a resource gives to a person by themselves.
fn own(resource: &Resource) -> Own {
    let roles = resource.roles().into_iter().map(str::to_owned).collect();
    Own { roles, primary: resource.primary_role().map(str::to_owned) }
}

/// Finds a user of the directory.
pub fn find(db: &mut Db, directory: &Directory, id: &str, with_groups: bool) -> Result<Person> {
    let row = row(db, directory, id)?;
    with(db, vec![row], with_groups)?.pop().ok_or_else(|| scim::Error::not_found("user", id).into())
}

/// The users that a query asks for.
pub fn page(db: &mut Db, directory: &Directory, query: &Query) -> Result<Found<Person>> {
    let found = list::people(db, directory, query)?;
    let with_groups = query.projection.wants("groups");
    let data = with(db, found.data, with_groups)?;
    Ok(Found { data, total: found.total, next: found.next })
}

/// Makes a user: somebody new, or somebody who is here already, as the rules of linking say.
pub fn create(
    tx: &mut Tx,
    directory: &Directory,
    mut resource: Resource,
) -> Result<(Person, Effect)> {
    resource.complete()?;
    if resource.active().is_none() {
        resource.set("active", true.into());
    }
    let is_active = resource.active().unwrap_or(true);
    let email = emails::of(&resource)?;
    let is_test = dialect::is_test(Kind::User, resource.text("userName").unwrap_or_default());
    let holder = holder(tx.db, directory, email.as_ref())?;
    let meant = linking::meant(tx, directory, &resource, email.as_ref(), holder.as_ref())?;
    if let Some(holder) = &holder {
        linking::claim_email(tx, holder, meant.user())?;
    }
    let is_newcomer = matches!(meant, Meant::New);
    let said = said(&resource, email, is_active, is_test);
    let (user, effect, before) = match meant {
        Meant::New => (people::create_from_directory(tx, directory, said)?, "created", None),
        Meant::Removed(row) => {
            let user = people::find(tx.db, &row.user_id)?;
            (people::take_from_directory(tx, directory, user, said, true)?, "restored", Some(*row))
        }
        Meant::Here(user) => {
            let linked = people::take_from_directory(tx, directory, *user, said, true)?;
            tell_link(tx, directory, &linked, None)?;
            (linked, "linked with the person who has signed in before", None)
        }
        Meant::Left(user, row) => {
            let former = row.connection_id.clone();
            letting_go::let_go(tx, &user.id)?;
            letting_go::leave_groups(tx, &user.id)?;
            let linked = people::take_from_directory(tx, directory, *user, said, true)?;
            tell_link(tx, directory, &linked, Some(&former))?;
            (linked, "taken over from a connection that is off", Some(*row))
        }
    };
    let ended = if is_active { 0 } else { ending::sessions(tx, Of::User(&user.id))? };
    let mut row = Row {
        user_id: user.id.clone(),
        connection_id: directory.connection_id.clone(),
        user_name_key: String::new(),
        external_id: String::new(),
        display_name_key: String::new(),
        is_active,
        is_test,
        resource: Json::from(Map::new()),
        revision: before.as_ref().map_or(1, |before| before.revision + 1),
        created_at: before.as_ref().map_or(tx.now, |before| before.created_at),
        updated_at: tx.now,
        deleted_at: None,
        roles: Json::from(Vec::new()),
        primary_role: None,
    };
    row.take(resource, is_active);
    let is_new = before.is_none();
    if is_new {
        on_backend!(tx.db, conn => Coming(&row).execute(conn))?;
    } else {
        save(tx, &row)?;
        letting_go::groups_changed(tx, &row.user_id)?;
        emails::forget(tx, &row.user_id)?;
    }
    emails::write(tx, &row)?;
    count_more(tx, &directory.connection_id, 1, 0)?;
    if is_newcomer && !is_test {
        let (id, own) = (row.user_id.clone(), row.own());
        access::of_newcomer(tx, &directory.organization_id, id, is_active, own)?;
    } else {
        settle(tx, directory, &row)?;
    }
    let words = format!("{} {effect}{}.", called(&row), ended_words(ended));
    // Who comes back was nothing to the directory since it removed them.
    let changes = Changes::made(&row.resource);
    // Whom no directory has kept is in no group.
    let groups = if is_new { Vec::new() } else { members::groups_of_one(tx.db, &row.user_id)? };
    Ok((Person { row, groups: Some(groups) }, Effect::change(words, changes)))
}

/// Replaces what the directory says of a user (RFC 7644, 3.5.1). What the directory leaves out of `userName` and
/// `active` stays: no silence lets anybody in again.
pub fn replace(
    tx: &mut Tx,
    directory: &Directory,
    id: &str,
    mut resource: Resource,
    if_match: Option<&[i64]>,
) -> Result<(Person, Effect)> {
    let row = row(tx.db, directory, id)?;
    unchanged_since(row.revision, if_match)?;
    for name in ["userName", "active"] {
        if let (None, Some(kept)) = (resource.attributes().get(name), row.resource.get(name)) {
            resource.set(name, kept.clone());
        }
    }
    if resource.active().is_none() && !row.is_active {
        resource.set("active", false.into());
    }
    resource.complete()?;
    write(tx, directory, row, resource)
}

/// Changes a user by operations (RFC 7644, 3.5.2): all of them or none.
pub fn patch(
    tx: &mut Tx,
    directory: &Directory,
    id: &str,
    operations: &[Operation],
    if_match: Option<&[i64]>,
) -> Result<(Person, Effect)> {
    let row = row(tx.db, directory, id)?;
    unchanged_since(row.revision, if_match)?;
    let mut resource = row.resource();
    patch::apply(&mut resource, operations)?;
    write(tx, directory, row, resource)
}

/// Removes a user (RFC 7644, 3.6): they are out at once, and their record stays until its retention ends, so that they
/// can come back as who they were.
pub fn remove(
    tx: &mut Tx,
    directory: &Directory,
    id: &str,
    if_match: Option<&[i64]>,
) -> Result<Effect> {
    let mut row = row(tx.db, directory, id)?;
    unchanged_since(row.revision, if_match)?;
    row.deleted_at = Some(tx.now);
    row.updated_at = tx.now;
    row.revision += 1;
    save(tx, &row)?;
    letting_go::groups_changed(tx, &row.user_id)?;
    count_more(tx, &directory.connection_id, -1, 0)?;
    let ended = people::deprovision(tx, &row.user_id, row.is_test)?;
    settle(tx, directory, &row)?;
    let words = format!("{} removed{}.", called(&row), ended_words(ended));
    Ok(Effect::change(words, Changes::gone(&row.resource)))
}

fn write(
    tx: &mut Tx,
    directory: &Directory,
    mut row: Row,
    resource: Resource,
) -> Result<(Person, Effect)> {
    // What was stored before the core's roles counted is taken up when the directory says it again.
    if *row.resource == *resource.attributes() && row.own() == own(&resource) {
        return Ok((with_theirs(tx.db, row)?, Effect::none()));
    }
    let before = row.clone();
    if scim::fold(resource.text("userName").unwrap_or_default()) != row.user_name_key {
        linking::refuse_user_name(tx, directory, &resource, &row.user_id)?;
    }
    let email = emails::of(&resource)?;
    let old = people::find(tx.db, &row.user_id)?;
    if let Some(email) = &email
        && old.email_key != email.key()
    {
        let holder = holder(tx.db, directory, Some(email))?;
        if let Some(holder) = &holder {
            linking::claim_email(tx, holder, Some(&row.user_id))?;
        }
    }
    // Whoever takes the word away lets nobody in by that.
    let is_active = resource.active().unwrap_or(row.is_active);
    let said = said(&resource, email, is_active, row.is_test);
    people::take_from_directory(tx, directory, old, said, false)?;
    row.take(resource, is_active);
    row.revision += 1;
    row.updated_at = tx.now;
    let ended = match (before.is_active, row.is_active) {
        (true, false) => Some(ending::sessions(tx, Of::User(&row.user_id))?),
        _ => None,
    };
    save(tx, &row)?;
    if before.resource.get("emails") != row.resource.get("emails") {
        emails::forget(tx, &row.user_id)?;
        emails::write(tx, &row)?;
    }
    if before.is_active != row.is_active || before.own() != row.own() {
        settle(tx, directory, &row)?;
    }
    let did = match (before.is_active, row.is_active) {
        (true, false) => "deactivated",
        (false, true) => "activated",
        _ => "changed",
    };
    let words = format!("{} {did}{}.", called(&row), ended_words(ended.unwrap_or(0)));
    let changes = Changes::between(&before.resource, &row.resource);
    Ok((with_theirs(tx.db, row)?, Effect::change(words, changes)))
}

written! {
    insert Coming: Row, into directory_users {
        user_id, connection_id, user_name_key, external_id, display_name_key, is_active, is_test, resource, revision,
        created_at, updated_at, deleted_at, roles, primary_role,
    }
}

written! {
    update Saved: Row, in directory_users {
        connection_id, user_name_key, external_id, display_name_key, is_active, is_test, resource, revision,
        created_at, updated_at, deleted_at, roles, primary_role,
    } by user_id
}

fn save(tx: &mut Tx, row: &Row) -> Result<()> {
    on_backend!(tx.db, conn => Saved(row).execute(conn))?;
    Ok(())
}

/// Makes the person's access what it is by what the directory says now. Who only tests the connection has none.
fn settle(tx: &mut Tx, directory: &Directory, row: &Row) -> Result<()> {
    if !row.is_test {
        let person = std::slice::from_ref(&row.user_id);
        access::after_directory(tx, &directory.organization_id, person)?;
    }
    Ok(())
}

fn row(db: &mut Db, directory: &Directory, id: &str) -> Result<Row> {
    let query = directory_users::table
        .filter(directory_users::user_id.eq(id))
        .filter(directory_users::connection_id.eq(&directory.connection_id))
        .filter(directory_users::deleted_at.is_null());
    let missing = || scim::Error::not_found("user", id).into();
    if !list::is_like_an_id(id) {
        return Err(missing());
    }
    let found = on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?;
    found.ok_or_else(missing)
}

/// Who of the organization has this address.
fn holder(db: &mut Db, directory: &Directory, email: Option<&Email>) -> Result<Option<User>> {
    match email {
        Some(email) => people::by_email(db, &directory.organization_id, email),
        None => Ok(None),
    }
}

/// Refuses what was asked of another version (RFC 7644, 3.14).
pub(super) fn unchanged_since(revision: i64, if_match: Option<&[i64]>) -> Result<()> {
    match if_match {
        Some(seen) if !seen.contains(&revision) => {
            Err(scim::Error::version(&document::version(revision)).into())
        }
        _ => Ok(()),
    }
}

fn with_theirs(db: &mut Db, row: Row) -> Result<Person> {
    let groups = members::groups_of_one(db, &row.user_id)?;
    Ok(Person { row, groups: Some(groups) })
}

fn with(db: &mut Db, rows: Vec<Row>, with_groups: bool) -> Result<Vec<Person>> {
    if !with_groups {
        return Ok(rows.into_iter().map(|row| Person { row, groups: None }).collect());
    }
    if let [_] = &*rows {
        return rows.into_iter().map(|row| with_theirs(db, row)).collect();
    }
    let ids: Vec<UserId> = rows.iter().map(|row| row.user_id.clone()).collect();
    let mut theirs = members::groups_of(db, &ids)?;
    let person = |row: Row| {
        let groups = theirs.remove(&row.user_id).unwrap_or_default();
        Person { row, groups: Some(groups) }
    };
    Ok(rows.into_iter().map(person).collect())
}

fn said(
    resource: &Resource,
    email: Option<Email>,
    is_active: bool,
    is_test: bool,
) -> FromDirectory {
    let text = |text: Option<&str>| text.filter(|text| !text.trim().is_empty()).map(str::to_owned);
    FromDirectory {
        email,
        name: resource.display_name(),
        given_name: text(resource.name("givenName")),
        family_name: text(resource.name("familyName")),
        is_active,
        is_test,
    }
}

fn tell_link(
    tx: &mut Tx,
    directory: &Directory,
    user: &User,
    former: Option<&ConnectionId>,
) -> Result<()> {
    let data =
        json!({ "connection_id": directory.connection_id, "by": "directory", "from": former });
    events::append(tx, Some(&directory.organization_id), "user.linked", user.id.as_str(), data)
}
