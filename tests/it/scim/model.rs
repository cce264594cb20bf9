//! What a PATCH leaves is what a simple model says, whatever came before: told, read and found.

use super::{Directory, ENTERPRISE, USER};
use crate::gateway::{Gateway, World};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many changes one person goes through, and how many people.
const CHANGES: usize = 12;
const PEOPLE: usize = 25;

/// A person, as simple as can be.
#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    texts: BTreeMap<String, String>,
    name: BTreeMap<String, String>,
    work: BTreeMap<String, String>,
    /// Kind and address.
    emails: Vec<(String, String)>,
}

/// A change.
#[derive(Debug, Clone)]
enum Change {
    Text(&'static str, String, &'static str),
    NoText(&'static str),
    Name(&'static str, String, bool),
    NoName(&'static str),
    Work(&'static str, String),
    NoWork(&'static str),
    AddEmail(&'static str, String),
    SetEmail(&'static str, String),
    NoEmail(&'static str),
    AllEmails(Vec<(&'static str, String)>),
    Together(Vec<(&'static str, String)>),
}

impl Model {
    fn apply(&mut self, change: &Change) {
        let put = |map: &mut BTreeMap<String, String>, key: &str, value: &String| {
            map.insert(key.to_owned(), value.clone());
        };
        match change {
            Change::Text(key, value, _) => put(&mut self.texts, key, value),
            Change::NoText(key) => drop(self.texts.remove(*key)),
            Change::Name(key, value, _) => put(&mut self.name, key, value),
            Change::NoName(key) => drop(self.name.remove(*key)),
            Change::Work(key, value) => put(&mut self.work, key, value),
            Change::NoWork(key) => drop(self.work.remove(*key)),
            Change::AddEmail(kind, value) => {
                let new = ((*kind).to_owned(), value.clone());
                if !self.emails.contains(&new) {
                    self.emails.push(new);
                }
            }
            Change::SetEmail(kind, value) => {
                let mut is_there = false;
                for email in self.emails.iter_mut().filter(|email| email.0 == *kind) {
                    email.1.clone_from(value);
                    is_there = true;
                }
                if !is_there {
                    self.emails.push(((*kind).to_owned(), value.clone()));
                }
            }
            Change::NoEmail(kind) => self.emails.retain(|email| email.0 != *kind),
            Change::AllEmails(all) => {
                self.emails =
                    all.iter().map(|(kind, value)| ((*kind).to_owned(), value.clone())).collect();
            }
            Change::Together(all) => {
                for (key, value) in all {
                    put(&mut self.texts, key, value);
                }
            }
        }
    }

    /// The person as a resource, without what only the server writes.
    fn resource(&self, user_name: &str) -> Value {
        let mut all = Map::from_iter([
            ("userName".to_owned(), user_name.into()),
            ("active".to_owned(), true.into()),
        ]);
        let object = |map: &BTreeMap<String, String>| -> Value { json!(map) };
        all.extend(self.texts.iter().map(|(key, value)| (key.clone(), value.clone().into())));
        if !self.name.is_empty() {
            all.insert("name".to_owned(), object(&self.name));
        }
        if !self.work.is_empty() {
            all.insert(ENTERPRISE.to_owned(), object(&self.work));
        }
        if !self.emails.is_empty() {
            let emails =
                self.emails.iter().map(|(kind, value)| json!({ "type": kind, "value": value }));
            all.insert("emails".to_owned(), emails.collect());
        }
        Value::Object(all)
    }
}

impl Change {
    fn operation(&self) -> Value {
        let email = |kind: &str, value: &String| json!({ "type": kind, "value": value });
        match self {
            Self::Text(key, value, op) => json!({ "op": op, "path": key, "value": value }),
            Self::NoText(key) => json!({ "op": "remove", "path": key }),
            Self::Name(key, value, true) => {
                json!({ "op": "add", "path": "name", "value": { *key: value } })
            }
            Self::Name(key, value, false) => {
                json!({ "op": "Replace", "path": format!("name.{key}"), "value": value })
            }
            Self::NoName(key) => json!({ "op": "remove", "path": format!("name.{key}") }),
            Self::Work(key, value) => {
                json!({ "op": "add", "path": format!("{ENTERPRISE}:{key}"), "value": value })
            }
            Self::NoWork(key) => json!({ "op": "Remove", "path": format!("{ENTERPRISE}:{key}") }),
            Self::AddEmail(kind, value) => {
                json!({ "op": "add", "path": "emails", "value": [email(kind, value)] })
            }
            Self::SetEmail(kind, value) => {
                json!({ "op": "replace", "path": format!("emails[type eq \"{kind}\"].value"), "value": value })
            }
            Self::NoEmail(kind) => {
                json!({ "op": "remove", "path": format!("emails[type eq \"{kind}\"]") })
            }
            Self::AllEmails(all) => {
                let all: Vec<Value> = all.iter().map(|(kind, value)| email(kind, value)).collect();
                json!({ "op": "replace", "path": "emails", "value": all })
            }
            Self::Together(all) => {
                let all: Map<String, Value> = all
                    .iter()
                    .map(|(key, value)| ((*key).to_owned(), value.clone().into()))
                    .collect();
                json!({ "op": "replace", "value": all })
            }
        }
    }
}

/// A change of the person with this number: an address is of one person only.
fn change(of: usize) -> impl Strategy<Value = Change> {
    let text =
        prop::sample::select(vec!["title", "displayName", "nickName", "locale", "externalId"]);
    let part = prop::sample::select(vec!["givenName", "familyName", "formatted"]);
    let work = prop::sample::select(vec!["department", "division", "costCenter"]);
    let kind = prop::sample::select(vec!["work", "home", "other"]);
    let op = prop::sample::select(vec!["add", "replace", "Replace"]);
    let text_of =
        prop::sample::select(vec!["A", "b", "Zoë 🦀", "O'Neil", "x\"y"]).prop_map(str::to_owned);
    let address = (0..4).prop_map(move |n| format!("mail{n}.{of}@home.example"));
    let distinct = prop::collection::btree_map(kind.clone(), address.clone(), 0..3);
    let together = prop::collection::btree_map(text.clone(), text_of.clone(), 1..4);
    prop_oneof![
        (text.clone(), text_of.clone(), op)
            .prop_map(|(key, value, op)| Change::Text(key, value, op)),
        text.prop_map(Change::NoText),
        (part.clone(), text_of.clone(), any::<bool>())
            .prop_map(|(key, value, whole)| Change::Name(key, value, whole)),
        part.prop_map(Change::NoName),
        (work.clone(), text_of).prop_map(|(key, value)| Change::Work(key, value)),
        work.prop_map(Change::NoWork),
        (kind.clone(), address.clone()).prop_map(|(kind, value)| Change::AddEmail(kind, value)),
        (kind.clone(), address).prop_map(|(kind, value)| Change::SetEmail(kind, value)),
        kind.prop_map(Change::NoEmail),
        distinct.prop_map(|all| Change::AllEmails(all.into_iter().collect())),
        together.prop_map(|all| Change::Together(all.into_iter().collect())),
    ]
}

/// A resource without what only the server writes.
fn bare(mut resource: Value) -> Value {
    for name in ["id", "meta", "schemas"] {
        resource.as_object_mut().unwrap().remove(name);
    }
    resource
}

#[actix_web::test]
async fn a_person_after_any_changes_is_as_the_model_says() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]));
    for n in 0..PEOPLE {
        let several = prop::collection::vec(prop::collection::vec(change(n), 1..4), CHANGES);
        let changes = several.new_tree(&mut runner).unwrap().current();
        let name = format!("p{n}@globex.example");
        let made =
            directory.post("/Users", json!({ "schemas": [USER], "userName": name })).await.is(201);
        let path = format!("/Users/{}", made.id());
        let mut model = Model::default();
        for together in changes {
            let before = directory.get(&path).await.is(200).body;
            let was = model.clone();
            for change in &together {
                model.apply(change);
            }
            let operations: Value = together.iter().map(Change::operation).collect();
            let told = directory.patch(&path, operations.clone()).await;
            let told = told.is(200).body;
            let read = directory.get(&path).await.is(200).body;
            assert_eq!(told, read, "{operations}");
            assert_eq!(bare(read.clone()), model.resource(&name), "{operations} on {before}");
            // Only what has changed is a new version.
            let is_same = was == model;
            assert_eq!(
                before["meta"]["version"] == read["meta"]["version"],
                is_same,
                "{operations} on {before}"
            );
        }
    }
}
