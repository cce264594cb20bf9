//! What directories' groups do to people's access.

mod alike;
mod costs;
mod guards;
mod held;
mod holds;
mod large;
mod marks;
mod own;
mod previews;
mod properties;
mod renames;
mod rows;
mod rules;
mod told;
mod unchanged;

use super::conflicts::{self, Choice, Conflict};
use super::entities::{self, Entity, NewEntity};
use super::mappings::{self, Mapping, MappingPatch, MappingState, NewMapping, Place};
use super::provisioning::{self, ProvisioningPatch};
use super::rule_sets::{self, NewRule, RuleSet};
use super::{alerts, explain, meant};
use crate::access::rules::{Match, Target};
use crate::error::Result;
use crate::scim::{Kind, Resource, patch};
use crate::store::applications;
use crate::store::connections::Connection;
use crate::store::directories::{self, Directory, groups, people};
use crate::store::testing::{self, TestStore};
use crate::store::{
    Actor, ApplicationId, GroupId, MappingId, OrganizationId, Scope, Tx, UserId, Window, users,
};
use serde_json::{Value, json};

/// An organization whose directory pushes people and groups.
pub(super) struct World {
    pub(super) store: TestStore,
    connection: Connection,
    directory: Directory,
    application: ApplicationId,
}

/// The role and the names of the places that somebody has.
type Has = (Option<String>, Vec<String>);

/// What whoever is off has.
fn nothing() -> Has {
    (None, vec![])
}

fn has(role: &str, places: &[&str]) -> Has {
    (Some(role.to_owned()), places.iter().map(|name| (*name).to_owned()).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
impl World {
    fn new() -> Self {
        let store = testing::store();
        let application = store.system(|tx| applications::create(tx, testing::orbit())).0.id;
        let connection = testing::active(&store, "JumpCloud", None);
        let directory = store.system(|tx| directories::open(tx, &connection.id));
        let world = Self { store, connection, directory, application };
        let on = ProvisioningPatch { groups: Some(true), ..ProvisioningPatch::default() };
        world.choose(|tx, id| provisioning::change(tx, id, &on)).unwrap();
        world
    }

    /// Goes on in a new organization of the same installation.
    fn elsewhere(&mut self) {
        self.connection = testing::active(&self.store, "JumpCloud", None);
        let id = self.connection.id.clone();
        self.directory = self.store.system(|tx| directories::open(tx, &id));
        testing::groups_on(&self.store, &self.connection.organization_id);
    }

    fn organization(&self) -> &OrganizationId {
        &self.connection.organization_id
    }

    /// The directory does something.
    fn push<T>(&self, f: impl FnOnce(&mut Tx, &Directory) -> Result<T>) -> Result<T> {
        let actor = Actor::Directory(self.connection.id.clone());
        self.store.write_now(&Scope::from(self.organization()), &actor, |tx| f(tx, &self.directory))
    }

    /// A person of the operator does something.
    fn choose<T>(&self, f: impl FnOnce(&mut Tx, &OrganizationId) -> Result<T>) -> Result<T> {
        let actor = Actor::Cli("sam".to_owned());
        let id = self.organization();
        self.store.write_now(&Scope::from(id), &actor, |tx| f(tx, id))
    }

    fn person(&self, name: &str) -> UserId {
        self.person_with(name, &[])
    }

    fn person_with(&self, name: &str, roles: &[&str]) -> UserId {
        let body = json!({
            "userName": format!("{name}@globex.example"),
            "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User": { "roles": roles },
        });
        let body = if roles.is_empty() { json!({ "userName": body["userName"] }) } else { body };
        let made = self.push(|tx, it| people::create(tx, it, Resource::parse(Kind::User, &body)?));
        made.unwrap().0.row.user_id
    }

    fn group(&self, name: &str, members: &[&UserId]) -> GroupId {
        self.group_with(json!({ "displayName": name }), members)
    }

    fn group_with(&self, body: Value, members: &[&UserId]) -> GroupId {
        let members: Vec<String> = members.iter().map(ToString::to_string).collect();
        let made = self.push(|tx, it| {
            groups::create(tx, it, Resource::parse(Kind::Group, &body)?, &members, false)
        });
        made.unwrap().0.group.id
    }

    fn change(&self, group: &GroupId, operations: Value) {
        let operations = patch::parse(Kind::Group, &json!({ "Operations": operations })).unwrap();
        let done =
            self.push(|tx, it| groups::patch(tx, it, group.as_str(), &operations, None, false));
        done.unwrap();
    }

    fn add(&self, group: &GroupId, user: &UserId) {
        self.change(
            group,
            json!([{ "op": "add", "path": "members", "value": [{ "value": user }] }]),
        );
    }

    fn remove(&self, group: &GroupId, user: &UserId) {
        let path = format!("members[value eq \"{user}\"]");
        self.change(group, json!([{ "op": "remove", "path": path }]));
    }

    fn rename(&self, group: &GroupId, name: &str) {
        self.change(group, json!([{ "op": "replace", "value": { "displayName": name } }]));
    }

    fn delete(&self, group: &GroupId) {
        self.push(|tx, it| groups::remove(tx, it, group.as_str(), None)).unwrap();
    }

    fn activate(&self, user: &UserId, active: bool) {
        let body = json!({ "Operations": [{ "op": "replace", "value": { "active": active } }] });
        let operations = patch::parse(Kind::User, &body).unwrap();
        self.push(|tx, it| people::patch(tx, it, user.as_str(), &operations, None)).unwrap();
    }

    /// The directory removes a person.
    fn dismiss(&self, user: &UserId) {
        self.push(|tx, it| people::remove(tx, it, user.as_str(), None)).unwrap();
    }

    fn entity(&self, kind: &str, name: &str) -> Entity {
        self.put(
            name,
            NewEntity {
                kind: kind.to_owned(),
                name: name.to_owned(),
                external_id: None,
                is_default: false,
            },
        )
    }

    fn put(&self, key: &str, new: NewEntity) -> Entity {
        let put = self.choose(|tx, id| {
            let application = meant(tx.db, id, None)?;
            entities::put(tx, id, &application, key, new)
        });
        put.unwrap()
    }

    /// A mapping by hand to the entity with this key.
    fn map(&self, group: &GroupId, entity: &str) -> Mapping {
        self.try_map(group, entity, None).unwrap()
    }

    fn try_map(&self, group: &GroupId, entity: &str, role: Option<&str>) -> Result<Mapping> {
        self.choose(|tx, id| {
            let (place, role) = (Place::Key(entity.to_owned()), role.map(str::to_owned));
            mappings::create(
                tx,
                id,
                NewMapping { group: group.clone(), application: None, place, role },
            )
        })
    }

    fn decide_mapping(&self, id: &MappingId, patch: MappingPatch) -> Result<Mapping> {
        self.choose(|tx, organization| mappings::change(tx, organization, id, patch))
    }

    fn approve(&self, id: &MappingId, is_approved: bool) -> Mapping {
        let patch = MappingPatch { is_approved: Some(is_approved), ..MappingPatch::default() };
        self.decide_mapping(id, patch).unwrap()
    }

    fn mappings(&self, group: &GroupId) -> Vec<Mapping> {
        self.store.read_now(|db| mappings::of_group(db, group)).unwrap()
    }

    /// The only mapping of a group.
    fn mapping(&self, group: &GroupId) -> Mapping {
        let mut all = self.mappings(group);
        assert_eq!(all.len(), 1);
        all.pop().unwrap()
    }

    fn apply(&self, rules: Vec<NewRule>) -> RuleSet {
        self.choose(|tx, id| rule_sets::apply(tx, id, rules, None)).unwrap()
    }

    fn conflicts(&self) -> Vec<Conflict> {
        let filter = conflicts::Filter { open: true, ..conflicts::Filter::default() };
        let window = Window::parse(None, None).unwrap();
        let page = |db: &mut _| conflicts::page(db, &window, self.organization(), &filter);
        self.store.read_now(page).unwrap().data
    }

    fn decide(&self, conflict: &Conflict, choice: Choice) {
        self.choose(|tx, id| conflicts::decide(tx, id, &conflict.id, choice)).unwrap();
    }

    fn has(&self, user: &UserId) -> Has {
        let all = self.store.read_now(|db| {
            let user = users::find(db, user)?;
            explain::of_user(db, &user)
        });
        let it = all.unwrap().into_iter().find(|it| it.application_id == self.application).unwrap();
        let mut names: Vec<String> =
            it.entities.into_iter().map(|(entity, _)| entity.name).collect();
        names.sort_unstable();
        (it.role.map(|(role, _)| role), names)
    }

    /// Why somebody has what they have, line by line.
    fn because(&self, user: &UserId) -> Vec<String> {
        let all = self.store.read_now(|db| {
            let user = users::find(db, user)?;
            explain::of_user(db, &user)
        });
        let it = all.unwrap().into_iter().find(|it| it.application_id == self.application).unwrap();
        let role = it.role.map(|(role, reason)| format!("{role}: {}", reason.words));
        let places = it
            .entities
            .into_iter()
            .map(|(entity, reason)| format!("{} {}: {}", entity.kind, entity.name, reason.words));
        role.into_iter().chain(places).collect()
    }

    /// The operator removes a group.
    fn take_away(&self, group: &GroupId) -> Result<()> {
        self.choose(|tx, _| directories::all_groups::remove(tx, group))
    }

    /// The directory takes too much where it takes something from more than so many people, or nothing is too much.
    fn breaker(&self, most_people: Option<i32>) {
        let patch = ProvisioningPatch {
            breaker: Some(most_people.is_some()),
            most_people,
            most_percent: Some(if most_people == Some(0) { 0 } else { 30 }),
            ..ProvisioningPatch::default()
        };
        self.choose(|tx, id| provisioning::change(tx, id, &patch)).unwrap();
    }

    fn alerts(&self) -> Vec<alerts::AlertKind> {
        let window = Window::parse(None, None).unwrap();
        let page = |db: &mut _| alerts::page(db, &window, self.organization(), true);
        self.store.read_now(page).unwrap().data.into_iter().map(|alert| alert.kind).collect()
    }

    /// The kinds of events of access, oldest first.
    fn told(&self) -> Vec<String> {
        let kinds = self.store.kinds(Some(self.organization()));
        kinds.into_iter().filter(|kind| kind.starts_with("access.")).collect()
    }
}

fn rule(compare: Match, pattern: &str, kind: &str) -> NewRule {
    NewRule {
        id: None,
        application_id: None,
        compare,
        pattern: pattern.to_owned(),
        targets: vec![Target { kind: kind.to_owned(), entity: None }],
        role: None,
        auto_approve: true,
        priority: 0,
    }
}
