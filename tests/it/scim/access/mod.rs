//! What `JumpCloud`'s people and groups come to: each rule of group provisioning, done over SCIM as `JumpCloud` does it, seen
//! through the REST API, the tokens and the events.

mod acts;
mod breaker;
mod conflicts;
mod effects;
mod mappings;
mod preview;
mod renames;
mod roles;
mod rules;
mod storing;

use super::{Directory, GROUP, Reply, USER};
use crate::gateway::{Api, Gateway, World};
use crate::user_agent::UserAgent;
use reqwest::Method;
use serde_json::{Value, json};
use vestibule::jobs::number;
use vestibule::store::events::numbering;

pub(crate) const ROLES: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";
const OWN_ROLES: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User";

/// The role of a person, or nothing, and the names of their places in the order of the alphabet.
type Has = (String, Vec<String>);

/// What somebody should have.
fn has(role: &str, places: &[&str]) -> Has {
    (role.to_owned(), places.iter().map(|it| (*it).to_owned()).collect())
}

/// A customer with `JumpCloud`, and the vendor's program that looks at what comes of it.
fn globex(gateway: &Gateway) -> (World<'_>, JumpCloud, Api) {
    let world = World::of(gateway);
    let (jumpcloud, api) = (JumpCloud(Directory::of(&world)), Api::of(&world));
    (world, jumpcloud, api)
}

/// A directory that sends what `JumpCloud` sends.
struct JumpCloud(Directory);

impl JumpCloud {
    /// A new person of that name; their ID.
    async fn person(&self, name: &str) -> String {
        self.0.user(&format!("{name}@globex.example")).await
    }

    /// Switches somebody off or on: the whole person is put.
    async fn switch(&self, user: &str, on: bool) {
        let path = format!("/Users/{user}");
        let mut body = self.0.get(&path).await.is(200).body;
        let fields = body.as_object_mut().unwrap();
        fields.retain(|name, _| ["schemas", "userName", "name", "emails"].contains(&name.as_str()));
        body["active"] = on.into();
        self.0.put(&path, body).await.is(200);
    }

    /// Removes somebody.
    async fn discard(&self, user: &str) {
        self.0.delete(&format!("/Users/{user}")).await.is(204);
    }

    /// A group that is activated for provisioning; its ID.
    async fn group(&self, name: &str, members: &[&str]) -> String {
        self.0.group(name, members).await
    }

    /// A group of a directory that knows our extension for roles, which `JumpCloud` does not send; its ID.
    async fn carrying(&self, name: &str, role: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP, ROLES], "displayName": name, "members": members, ROLES: { "roles": [role] } });
        self.0.post("/Groups", body).await.is(201).id()
    }

    async fn patch(&self, group: &str, operations: Value) -> Reply {
        self.0.patch(&format!("/Groups/{group}"), operations).await
    }

    /// Other roles of a group, which alone are sent.
    async fn carries(&self, group: &str, roles: &[&str]) {
        let path = format!("{ROLES}:roles");
        let operations = json!([{ "op": "replace", "path": path, "value": roles }]);
        self.patch(group, operations).await.is(200);
    }

    async fn add(&self, group: &str, user: &str) {
        patch(&self.0, group, add(user)).await;
    }

    async fn remove(&self, group: &str, user: &str) {
        patch(&self.0, group, remove(user)).await;
    }

    /// What a rename is answered.
    async fn renames(&self, group: &str, name: &str) -> Reply {
        self.patch(group, rename(name)).await
    }

    async fn rename(&self, group: &str, name: &str) {
        self.renames(group, name).await.is(200);
    }

    async fn delete(&self, group: &str) {
        self.0.delete(&format!("/Groups/{group}")).await.is(204);
    }
}

/// Somebody comes into a group.
pub(crate) fn add(id: &str) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }])
}

/// Somebody leaves it.
pub(crate) fn remove(id: &str) -> Value {
    json!([{ "op": "remove", "path": "members", "value": [{ "value": id }] }])
}

/// It gets another name: a value without a path.
pub(crate) fn rename(name: &str) -> Value {
    json!([{ "op": "replace", "value": { "displayName": name } }])
}

pub(crate) async fn patch(directory: &Directory, group: &str, operations: Value) {
    directory.patch(&format!("/Groups/{group}"), operations).await.is(200);
}

/// Gives every event its place, whoever else is at it.
pub(super) async fn numbered(gateway: &Gateway) {
    let store = &gateway.state.store;
    while store.read(numbering::is_due).await.unwrap() {
        number::round(store).await.unwrap();
    }
}

impl Api {
    /// A place; its ID.
    async fn entity(&self, kind: &str, name: &str) -> String {
        let body = json!({ "type": kind, "name": name });
        let told = self.done(Method::PUT, &format!("entities/{name}"), body).await;
        told["id"].as_str().unwrap().to_owned()
    }

    /// The place of everybody who is in no other of its type.
    async fn default(&self, kind: &str, name: &str) {
        let body = json!({ "type": kind, "name": name, "is_default": true });
        self.done(Method::PUT, &format!("entities/{name}"), body).await;
    }

    /// The application deletes a place.
    async fn delete_entity(&self, key: &str) {
        self.done(Method::DELETE, &format!("entities/{key}"), Value::Null).await;
    }

    /// The names of all places.
    async fn places(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.list("entities").await.iter().map(|it| text(&it["name"])).collect();
        names.sort();
        names
    }

    /// A mapping by hand; its ID.
    async fn map(&self, group: &str, entity: &str) -> String {
        let body = json!({ "group_id": group, "entity": entity });
        text(&self.done(Method::POST, "mappings", body).await["id"])
    }

    /// The mappings of a group.
    async fn mappings(&self, group: &str) -> Vec<Value> {
        self.list(&format!("mappings?group={group}")).await
    }

    /// The one mapping of a group.
    async fn mapping(&self, group: &str) -> Value {
        let list = self.mappings(group).await;
        let [mapping] = list.as_slice() else { panic!("{list:?}") };
        mapping.clone()
    }

    /// What a change of a mapping is answered.
    async fn change(&self, mapping: &Value, body: Value) -> (u16, Value) {
        let path = format!("mappings/{}", mapping["id"].as_str().unwrap());
        self.ours(Method::PATCH, &path, body).await
    }

    /// A person approves the one mapping of a group, or rejects it.
    async fn decide_mapping(&self, group: &str, word: &str) {
        let (status, told) =
            self.change(&self.mapping(group).await, json!({ "state": word })).await;
        assert_eq!((status, &told["state"]), (200, &json!(word)), "{told}");
    }

    /// Makes these the rules.
    async fn rules(&self, rules: Value) -> Value {
        self.done(Method::PUT, "mapping_rules", json!({ "rules": rules })).await
    }

    /// Presses "Run rules now".
    async fn run(&self) -> Value {
        self.done(Method::POST, "mapping_rules/run", json!({})).await
    }

    /// What a person has.
    async fn has(&self, user: &str) -> Has {
        let (role, names, _) = self.access(user).await;
        (role.as_str().unwrap_or_default().to_owned(), names)
    }

    /// Role and names of places of a person, and why they are in each of these.
    async fn access(&self, user: &str) -> (Value, Vec<String>, Vec<String>) {
        let it = self.explained(user).await;
        let entities = it["entities"].as_array().unwrap();
        let mut names: Vec<String> = entities.iter().map(|it| text(&it["name"])).collect();
        names.sort();
        let why = entities.iter().map(|it| text(&it["because"]["text"])).collect();
        (it["role"]["key"].clone(), names, why)
    }

    /// All that is told of what a person has.
    async fn explained(&self, user: &str) -> Value {
        self.get(&format!("users/{user}/access")).await["applications"][0].clone()
    }

    /// A person in the state of the whole organization, and how many groups that has.
    async fn in_state(&self, user: &str) -> (Value, usize) {
        let told = self.done(Method::GET, "state", Value::Null).await;
        let users = told["users"].as_array().unwrap();
        let found = users.iter().find(|it| it["id"] == user).cloned().unwrap();
        (found, told["groups"].as_array().unwrap().len())
    }

    /// The conflicts that nobody has decided.
    async fn conflicts(&self) -> Vec<Value> {
        self.list("access_conflicts?open=true").await
    }

    /// The one conflict that nobody has decided.
    async fn conflict(&self) -> Value {
        let list = self.conflicts().await;
        let [conflict] = list.as_slice() else { panic!("{list:?}") };
        conflict.clone()
    }

    /// Decides the one conflict that is open: `current` or `incoming`.
    async fn decide(&self, side: &str) {
        let conflict = self.conflict().await;
        let path = format!("access_conflicts/{}/decide", conflict["id"].as_str().unwrap());
        self.done(Method::POST, &path, json!({ "use": side })).await;
    }

    /// The kinds of the alerts that are open.
    async fn alerts(&self) -> Vec<Value> {
        self.list("access_alerts?open=true").await.iter().map(|it| it["kind"].clone()).collect()
    }

    /// The application declares something else.
    async fn declare(&self, world: &World<'_>, what: Value) {
        let path = format!("applications/{}", world.app.application.id);
        let (status, told) = self.send(Method::PATCH, &path, what, None).await;
        assert_eq!(status, 200, "{told}");
        // What the job does.
        vestibule::jobs::access::once(&world.gateway.state.store).await.unwrap();
    }

    /// How directories may act.
    async fn limit(&self, limits: Value) {
        self.done(Method::PATCH, "provisioning", limits).await;
    }

    /// The events of these types, or of all, oldest first, once all are numbered.
    async fn events(&self, world: &World<'_>, types: &str) -> Vec<Value> {
        numbered(world.gateway).await;
        let types = if types.is_empty() { String::new() } else { format!("&type={types}") };
        let told = self.get(&format!("events?limit=200{types}")).await;
        let events = told["data"].as_array().unwrap();
        assert!(events.len() < 200, "all of them are read");
        events.clone()
    }

    /// The last event about a person's access.
    async fn last_event(&self, world: &World<'_>, user: &str) -> Value {
        let events = self.events(world, "access.*").await;
        events.iter().rev().find(|it| it["data"]["subject_id"] == user).cloned().unwrap_or_default()
    }
}

/// A rule that makes places of one type and needs nobody's approval.
fn rule(compare: &str, pattern: &str, kind: &str) -> Value {
    let targets = json!([{ "type": kind }]);
    json!({ "match": compare, "pattern": pattern, "targets": targets, "auto_approve": true })
}

/// A rule with something else than it has.
fn with(mut rule: Value, field: &str, value: Value) -> Value {
    rule[field] = value;
    rule
}

#[track_caller]
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}
