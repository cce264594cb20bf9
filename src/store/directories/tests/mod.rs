//! What a directory may do, and to whom.

mod crowds;
mod filters;
mod known;
mod letting_go;
mod lists;
mod meant;
mod plans;
mod resources;
mod together;

use super::people::Person;
use super::*;
use crate::clock::Time;
use crate::email::Email;
use crate::scim::query::{Given, Query};
use crate::scim::{Kind, Resource, patch};
use crate::store::connections::{self, Connection};
use crate::store::testing::{self, TestStore, refused};
use crate::store::users::{self, NewUser, Source, UserState};
use crate::store::{Scope, UserId, Window, domains, identities};
use serde_json::{Value, json};

struct World {
    store: TestStore,
    connection: Connection,
    directory: Directory,
}

#[expect(clippy::needless_pass_by_value, reason = "a literal is written at the call")]
impl World {
    fn new() -> Self {
        let store = testing::store();
        let connection = testing::active(&store, "JumpCloud", None);
        let directory = store.system(|tx| open(tx, &connection.id));
        testing::groups_on(&store, &connection.organization_id);
        Self { store, connection, directory }
    }

    fn act<T>(&self, f: impl FnOnce(&mut Tx, &Directory) -> Result<T>) -> Result<T> {
        let scope = Scope::from(&self.connection.organization_id);
        let actor = crate::store::Actor::Directory(self.connection.id.clone());
        self.store.write_now(&scope, &actor, |tx| {
            let directory = find(tx.db, &self.connection.id)?;
            f(tx, &directory)
        })
    }

    fn create(&self, body: Value) -> Result<(Person, Effect)> {
        self.act(|tx, it| people::create(tx, it, Resource::parse(Kind::User, &body)?))
    }

    fn ann(&self) -> Person {
        self.create(json!({ "userName": "ann@globex.example", "externalId": "X1" })).unwrap().0
    }

    fn patch(&self, person: &Person, operations: Value) -> Result<(Person, Effect)> {
        let body = json!({ "Operations": operations });
        let operations = patch::parse(Kind::User, &body)?;
        self.act(|tx, it| people::patch(tx, it, person.row.user_id.as_str(), &operations, None))
    }

    fn activate(&self, person: &Person, active: bool) -> Effect {
        self.patch(person, json!([{ "op": "replace", "value": { "active": active } }])).unwrap().1
    }

    fn remove(&self, person: &Person) {
        self.act(|tx, it| people::remove(tx, it, person.row.user_id.as_str(), None)).unwrap();
    }

    fn user(&self, id: &UserId) -> users::User {
        self.store.read_now(|db| users::find(db, id)).unwrap()
    }

    fn kinds(&self) -> Vec<String> {
        let kinds = self.store.kinds(Some(&self.connection.organization_id));
        let ours = |kind: &String| kind.starts_with("user.") || kind.starts_with("group.");
        kinds.into_iter().filter(ours).collect()
    }

    /// The directory of another connection of the organization.
    fn second(&self) -> Directory {
        let new = testing::connection();
        self.store.system(|tx| {
            let made = connections::create(tx, &self.connection.organization_id, new)?;
            open(tx, &made.id)
        })
    }

    fn by_sign_in(&self, email: &str) -> users::User {
        let new = NewUser {
            organization_id: self.connection.organization_id.clone(),
            source: Source::SignIn,
            email: Email::parse(email).unwrap(),
            name: None,
            given_name: None,
            family_name: None,
        };
        self.store.system(|tx| users::create(tx, new))
    }

    fn query(kind: Kind, pairs: &[(&str, &str)]) -> Query {
        Given::of_pairs(pairs.iter().copied()).unwrap().of(kind).unwrap()
    }

    fn names(&self, pairs: &[(&str, &str)]) -> Vec<String> {
        let query = Self::query(Kind::User, pairs);
        let found = self.store.read_now(|db| people::page(db, &self.directory, &query)).unwrap();
        found.data.iter().map(|it| it.row.user_name_key.clone()).collect()
    }

    fn group(&self, name: &str, members: &[&Person]) -> groups::Crowd {
        let ids: Vec<String> = members.iter().map(|it| it.row.user_id.to_string()).collect();
        let resource = Resource::parse(Kind::Group, &json!({ "displayName": name })).unwrap();
        self.act(|tx, it| groups::create(tx, it, resource, &ids, true)).unwrap().0
    }

    fn patch_group(&self, id: &str, operations: Value) -> Result<(groups::Crowd, Effect)> {
        let operations = patch::parse(Kind::Group, &json!({ "Operations": operations }))?;
        self.act(|tx, it| groups::patch(tx, it, id, &operations, None, true))
    }
}

fn code<T: std::fmt::Debug>(done: Result<T>) -> (u16, &'static str, String) {
    match done.unwrap_err() {
        Error::Scim { status, code, detail, .. } => (status, code, detail),
        other => panic!("{other:?}"),
    }
}

fn find_in(world: &World, person: &Person) -> Result<Person> {
    world
        .store
        .read_now(|db| people::find(db, &world.directory, person.row.user_id.as_str(), false))
}
