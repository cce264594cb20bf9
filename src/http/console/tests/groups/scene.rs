//! A customer with groups, for tests.

use super::Desk;
use crate::scim::{Kind, Resource};
use crate::store::access::conflicts::{self, Conflict, Filter};
use crate::store::access::entities::{self, Entity, NewEntity};
use crate::store::access::mappings::{self, Mapping, NewMapping, Place};
use crate::store::access::{alerts, previews, rule_sets};
use crate::store::applications;
use crate::store::connections::Connection;
use crate::store::directories::{self, groups, people};
use crate::store::testing::{self, TestStore};
use crate::store::{Actor, GroupId, OrganizationId, Scope, UserId, Window};
use serde_json::{Value, json};

/// A customer whose directory pushes people and groups.
pub(in crate::http::console::tests) struct Scene<'a> {
    pub(super) store: &'a TestStore,
    connection: Connection,
    pub(super) of: OrganizationId,
    /// Where its pages are.
    pub(in crate::http::console::tests) at: String,
}

impl<'a> Scene<'a> {
    pub(super) fn new(desk: &'a Desk) -> Self {
        Self::of(desk, testing::active(desk.world.store(), "JumpCloud", None))
    }

    /// The same at a connection that is there. There is one application, however often this is asked for.
    pub(in crate::http::console::tests) fn of(desk: &'a Desk, connection: Connection) -> Self {
        let store = desk.world.store();
        let of = connection.organization_id.clone();
        let theirs = store.read_now(|db| crate::store::access::applications_of(db, &of)).unwrap();
        if theirs.is_empty() {
            store.system(|tx| applications::create(tx, testing::orbit()));
        }
        testing::groups_on(store, &of);
        let at = format!("/console/organizations/{of}/groups");
        Self { store, connection, of, at }
    }

    pub(super) fn push<T>(
        &self,
        f: impl FnOnce(&mut crate::store::Tx, &directories::Directory) -> crate::error::Result<T>,
    ) -> T {
        let directory = self.store.system(|tx| directories::open(tx, &self.connection.id));
        let actor = Actor::Directory(self.connection.id.clone());
        self.store.write_now(&Scope::from(&self.of), &actor, |tx| f(tx, &directory)).unwrap()
    }

    pub(super) fn person(&self, name: &str) -> UserId {
        let body = json!({ "userName": format!("{name}@globex.example") });
        let made = self.push(|tx, it| people::create(tx, it, Resource::parse(Kind::User, &body)?));
        made.0.row.user_id
    }

    pub(super) fn group(&self, name: &str, members: &[&UserId]) -> GroupId {
        let body = json!({ "displayName": name });
        let members: Vec<String> = members.iter().map(ToString::to_string).collect();
        let made = self.push(|tx, it| {
            groups::create(tx, it, Resource::parse(Kind::Group, &body)?, &members, false)
        });
        made.0.group.id
    }

    pub(in crate::http::console::tests) fn entity(&self, kind: &str, name: &str) -> Entity {
        let new = NewEntity {
            kind: kind.to_owned(),
            name: name.to_owned(),
            external_id: None,
            is_default: false,
        };
        self.store.system(|tx| {
            let application = crate::store::access::meant(tx.db, &self.of, None)?;
            entities::put(tx, &self.of, &application, name, new)
        })
    }

    pub(super) fn map(&self, group: &GroupId, place: Place, role: Option<&str>) -> Mapping {
        let role = role.map(str::to_owned);
        let new = NewMapping { group: group.clone(), application: None, place, role };
        self.store.system(|tx| mappings::create(tx, &self.of, new))
    }

    /// Two groups that want one person in two places of a type of which a person can be in one.
    pub(super) fn conflict(&self) -> Conflict {
        let ann = self.person("ann");
        for name in ["Blue", "Red"] {
            self.entity("concurrency_group", name);
            let group = self.group(&format!("eng-{name}"), &[&ann]);
            self.map(&group, Place::Key(name.to_owned()), None);
        }
        let window = Window { limit: 10, before: None };
        let read = |db: &mut _| conflicts::page(db, &window, &self.of, &Filter::default());
        self.store.read_now(read).unwrap().data.remove(0)
    }

    /// A place is deleted to which a mapping leads.
    pub(super) fn alert(&self) -> alerts::Alert {
        let group = self.group("ops", &[]);
        let entity = self.entity("team", "Ops");
        self.map(&group, Place::Key(entity.key.clone()), None);
        self.store.system(|tx| entities::delete(tx, &self.of, &entity.key));
        self.alerts().remove(0)
    }

    pub(super) fn alerts(&self) -> Vec<alerts::Alert> {
        let window = Window { limit: 10, before: None };
        self.store.read_now(|db| alerts::page(db, &window, &self.of, true)).unwrap().data
    }

    /// A rule that holds.
    pub(super) fn rule(&self, rule: Value) -> rule_sets::RuleSet {
        let body: crate::views::rules::RuleBody = serde_json::from_value(rule).unwrap();
        self.store.system(|tx| rule_sets::apply(tx, &self.of, vec![body.into()], None))
    }

    pub(super) fn mappings(&self) -> Vec<Mapping> {
        let (window, all) = (Window { limit: 50, before: None }, mappings::Filter::default());
        self.store.read_now(|db| mappings::page(db, &window, &self.of, &all)).unwrap().data
    }

    pub(super) fn rules(&self) -> Vec<crate::access::rules::Rule> {
        let set = self.store.read_now(|db| rule_sets::current(db, &self.of)).unwrap();
        set.map(|set| set.rules.into_inner()).unwrap_or_default()
    }

    /// The names of the places of somebody, and the role.
    pub(super) fn has(&self, user: &UserId) -> (Option<String>, Vec<String>) {
        let read = |db: &mut _| {
            let application = crate::store::access::meant(db, &self.of, None)?;
            crate::store::access::explain::told(db, user, &application.id)
        };
        let told = self.store.read_now(read).unwrap();
        (told.role, told.entities.into_iter().map(|it| it.name).collect())
    }
}

/// A path with IDs of groups, and of what they give, made for it.
pub(in crate::http::console::tests) fn filled(
    desk: &Desk,
    connection: &Connection,
    mut path: String,
) -> String {
    let here = |name: &str| path.contains(name);
    let names = [
        "{group}",
        "{alert}",
        "{entity}",
        "{conflict}",
        "{mapping}",
        "{rule}",
        "{set}",
        "{preview}",
    ];
    let Some(name) = names.into_iter().find(|name| here(name)) else { return path };
    let scene = Scene::of(desk, connection.clone());
    let id = match name {
        "{group}" => scene.group("eng", &[]).to_string(),
        "{alert}" => scene.alert().id.to_string(),
        "{entity}" => scene.entity("team", "Payments").id.to_string(),
        "{conflict}" => scene.conflict().id.to_string(),
        "{mapping}" => {
            let group = scene.group("eng", &[]);
            scene.map(&group, Place::Nowhere, Some("admin")).id.to_string()
        }
        "{rule}" => scene.rule(json!({ "match": "all", "role": "admin" })).rules[0].id.clone(),
        "{set}" => scene.rule(json!({ "match": "all", "role": "admin" })).version.to_string(),
        _ => {
            let row = scene.store.system(|tx| previews::ask(tx, &scene.of, json!({})));
            row.id.to_string()
        }
    };
    path = path.replace(name, &id);
    path
}
