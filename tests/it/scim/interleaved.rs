//! Two clients of one directory at once, each with a list of acts made at random: however they interleave, what is there
//! stays whole, and events and the log of requests tell exactly how it came to be.

use super::{Directory, GROUP, USER};
use crate::gateway::{Gateway, World};
use futures_util::future::join;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use vestibule::store::Window;
use vestibule::store::directories::{self, requests};
use vestibule::store::events::{self, Event};

/// How often two clients meet, and how much each does.
const MEETINGS: usize = 8;
const ACTS: usize = 40;
const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// An act. People and groups are those that anybody has made by then, counted round.
#[derive(Debug, Clone)]
enum Act {
    Make(usize),
    Rename(usize, usize),
    Title(usize, usize),
    Switch(usize, bool),
    Remove(usize),
    MakeGroup(usize, Vec<usize>),
    RenameGroup(usize, usize),
    Add(usize, Vec<usize>),
    TakeOut(usize, usize),
    Replace(usize, Vec<usize>),
    RemoveGroup(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let one = || 0..8_usize;
    let few = || prop::collection::vec(0..8_usize, 0..4);
    prop_oneof![
        3 => one().prop_map(Act::Make),
        1 => (one(), one()).prop_map(|(who, name)| Act::Rename(who, name)),
        2 => (one(), 0..3_usize).prop_map(|(who, title)| Act::Title(who, title)),
        2 => (one(), any::<bool>()).prop_map(|(who, on)| Act::Switch(who, on)),
        1 => one().prop_map(Act::Remove),
        1 => (0..4_usize, few()).prop_map(|(name, who)| Act::MakeGroup(name, who)),
        1 => (one(), 0..4_usize).prop_map(|(which, name)| Act::RenameGroup(which, name)),
        4 => (one(), few()).prop_map(|(which, who)| Act::Add(which, who)),
        3 => (one(), one()).prop_map(|(which, who)| Act::TakeOut(which, who)),
        1 => (one(), few()).prop_map(|(which, who)| Act::Replace(which, who)),
        1 => one().prop_map(Act::RemoveGroup),
    ]
}

/// What both clients know: the IDs of people and groups, gone or not.
#[derive(Default)]
struct Known {
    people: Mutex<Vec<String>>,
    groups: Mutex<Vec<String>>,
}

fn pick(of: &Mutex<Vec<String>>, n: usize) -> String {
    let all = of.lock().unwrap();
    if all.is_empty() { "usr_nobody".to_owned() } else { all[n % all.len()].clone() }
}

fn learn(of: &Mutex<Vec<String>>, id: String) {
    let mut all = of.lock().unwrap();
    if !all.contains(&id) {
        all.push(id);
    }
}

fn name(n: usize) -> String {
    format!("p{n}@globex.example")
}

/// Does one act; it may be refused, but never by a fault of ours.
async fn perform(directory: &Directory, known: &Known, act: &Act) {
    let person = |n: usize| format!("/Users/{}", pick(&known.people, n));
    let group = |n: usize| format!("/Groups/{}", pick(&known.groups, n));
    let members = |who: &[usize]| -> Value {
        who.iter().map(|n| json!({ "value": pick(&known.people, *n) })).collect()
    };
    let replace =
        |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    let reply = match act {
        Act::Make(n) => {
            let body = json!({
                "schemas": [USER], "userName": name(*n), "emails": [{ "value": name(*n) }],
            });
            let reply = directory.post("/Users", body).await;
            if reply.status == 201 {
                learn(&known.people, reply.id());
            }
            reply
        }
        Act::Rename(who, to) => {
            directory.patch(&person(*who), replace("userName", name(*to).into())).await
        }
        Act::Title(who, n) => {
            let both = json!([
                { "op": "replace", "path": "title", "value": format!("Title {n}") },
                { "op": "replace", "path": format!("{EXTENSION}:department"), "value": format!("{n}") },
            ]);
            directory.patch(&person(*who), both).await
        }
        Act::Switch(who, on) => {
            directory.patch(&person(*who), replace("active", (*on).into())).await
        }
        Act::Remove(who) => directory.delete(&person(*who)).await,
        Act::MakeGroup(n, who) => {
            let body = json!({
                "schemas": [GROUP], "displayName": format!("Team {n}"), "members": members(who),
            });
            let reply = directory.post("/Groups", body).await;
            if reply.status == 201 {
                learn(&known.groups, reply.id());
            }
            reply
        }
        Act::RenameGroup(which, n) => {
            directory
                .patch(&group(*which), replace("displayName", format!("Team {n}").into()))
                .await
        }
        Act::Add(which, who) => {
            let add = json!([{ "op": "add", "path": "members", "value": members(who) }]);
            directory.patch(&group(*which), add).await
        }
        Act::TakeOut(which, who) => {
            let path = format!("members[value eq \"{}\"]", pick(&known.people, *who));
            directory.patch(&group(*which), json!([{ "op": "remove", "path": path }])).await
        }
        Act::Replace(which, who) => {
            directory.patch(&group(*which), replace("members", members(who))).await
        }
        Act::RemoveGroup(which) => directory.delete(&group(*which)).await,
    };
    let is_answered = matches!(reply.status, 200 | 201 | 204 | 400 | 404 | 409);
    assert!(is_answered, "{} to {act:?}: {}", reply.status, reply.body);
}

#[actix_web::test]
async fn however_two_clients_interleave_no_invariant_breaks() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[4; 32]));
    for _ in 0..MEETINGS {
        let lists = prop::collection::vec(prop::collection::vec(act(), ACTS), 2);
        let lists = lists.new_tree(&mut runner).unwrap().current();
        let gateway = Gateway::start().await;
        let world = World::of(&gateway);
        let (one, other) = (Directory::of(&world), Directory::of(&world));
        let known = Known::default();
        let play = async |directory: &Directory, acts: &[Act]| {
            for act in acts {
                perform(directory, &known, act).await;
            }
        };
        join(play(&one, &lists[0]), play(&other, &lists[1])).await;
        let state = State::of(&one).await;
        state.is_whole(&gateway, &world);
        state.is_what_events_tell(&events(&gateway));
        state.is_what_the_log_tells(&gateway, &known);
    }
}

/// What the directory's resources are in the end.
struct State {
    people: BTreeMap<String, Value>,
    groups: BTreeMap<String, Value>,
}

fn texts(list: &Value) -> Vec<String> {
    let all = list.as_array().into_iter().flatten();
    all.map(|one| one["value"].as_str().unwrap().to_owned()).collect()
}

impl State {
    async fn of(directory: &Directory) -> Self {
        let mut all = [BTreeMap::new(), BTreeMap::new()];
        for (of, endpoint) in all.iter_mut().zip(["/Users", "/Groups"]) {
            let page = directory.get(&format!("{endpoint}?count=200")).await.is(200);
            assert_eq!(page.total(), u64::try_from(page.resources().len()).unwrap());
            of.extend(page.ids().into_iter().zip(page.resources().clone()));
        }
        let [people, groups] = all;
        Self { people, groups }
    }

    /// No name twice, nobody twice in a group, nobody in one who is not there, both sides of a membership, and totals.
    fn is_whole(&self, gateway: &Gateway, world: &World<'_>) {
        let unique = |of: &BTreeMap<String, Value>, name: &str| {
            let names: BTreeSet<String> =
                of.values().map(|one| one[name].as_str().unwrap().to_lowercase()).collect();
            assert_eq!(names.len(), of.len());
        };
        unique(&self.people, "userName");
        unique(&self.groups, "displayName");
        let mut memberships = BTreeSet::new();
        for (id, group) in &self.groups {
            for member in texts(&group["members"]) {
                assert!(self.people.contains_key(&member), "{member} is in {id} and nowhere else");
                assert!(memberships.insert((id.clone(), member)), "twice in {id}");
            }
        }
        let other_side: BTreeSet<(String, String)> = self
            .people
            .iter()
            .flat_map(|(id, person)| {
                texts(&person["groups"]).into_iter().map(|group| (group, id.clone()))
            })
            .collect();
        assert_eq!(memberships, other_side);
        let row = gateway.read(|db| directories::find(db, &world.connection.id));
        let count = |n: usize| i64::try_from(n).unwrap();
        assert_eq!(
            (row.users, row.groups),
            (count(self.people.len()), count(self.groups.len())),
            "the directory's own totals"
        );
    }

    /// Who has followed the events knows who is there, who is off, and who is in which group.
    fn is_what_events_tell(&self, events: &[Event]) {
        let (mut people, mut off) = (BTreeSet::new(), BTreeSet::new());
        let mut groups: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut gone = BTreeSet::new();
        for event in events {
            let subject = event.subject_id.clone();
            let named = || {
                let users = event.data["users"].as_array().unwrap().iter();
                users.map(|id| id.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
            };
            match event.kind.as_str() {
                "user.created" => drop(people.insert(subject)),
                "user.restored" => {
                    off.remove(&subject);
                    people.insert(subject);
                }
                "user.suspended" => drop(off.insert(subject)),
                "user.deprovisioned" => drop(people.remove(&subject)),
                "group.created" | "group.restored" => {
                    gone.remove(&subject);
                    groups.entry(subject).or_default();
                }
                "group.removed" => drop(gone.insert(subject)),
                "group.member.added" => groups.get_mut(&subject).unwrap().extend(named()),
                "group.member.removed" => {
                    let theirs = groups.get_mut(&subject).unwrap();
                    for id in named() {
                        assert!(theirs.remove(&id), "{id} was not in {subject}");
                    }
                }
                _ => {}
            }
        }
        assert_eq!(people, self.people.keys().cloned().collect());
        for (id, person) in &self.people {
            assert_eq!(person["active"] == false, off.contains(id), "{person}");
        }
        groups.retain(|id, _| !gone.contains(id));
        for theirs in groups.values_mut() {
            theirs.retain(|id| people.contains(id));
        }
        let shown: BTreeMap<String, BTreeSet<String>> = self
            .groups
            .iter()
            .map(|(id, group)| (id.clone(), texts(&group["members"]).into_iter().collect()))
            .collect();
        assert_eq!(groups, shown);
    }

    /// What each request changed, one after the other, leads from nothing to what is there.
    fn is_what_the_log_tells(&self, gateway: &Gateway, known: &Known) {
        let filter = requests::Filter { changed: true, ..requests::Filter::default() };
        let entries = gateway.read(|db| requests::after(db, &filter, None, 1000));
        let mut all: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        for entry in entries {
            let resource = all.entry(entry.resource_id.clone().unwrap()).or_default();
            let changes = entry.opened(&gateway.state.master).unwrap().changes.unwrap();
            for (name, change) in changes.as_object().unwrap() {
                let Some(before) = change.get("before") else { continue };
                let was = resource.remove(name).unwrap_or(Value::Null);
                assert_eq!(*before, was, "{name} before {} {}", entry.method, entry.path);
                if !change["after"].is_null() {
                    resource.insert(name.clone(), change["after"].clone());
                }
            }
        }
        for id in known.people.lock().unwrap().iter() {
            let Some(shown) = self.people.get(id) else { continue };
            let told = &all[id];
            for name in ["userName", "active", "title", "emails"] {
                let told = told.get(name).cloned().unwrap_or_default();
                assert_eq!(told, shown[name], "{name} of {id}");
            }
            let department = told.get(&format!("{EXTENSION}:department")).cloned();
            assert_eq!(department.unwrap_or_default(), shown[EXTENSION]["department"]);
        }
        for (id, shown) in &self.groups {
            assert_eq!(all[id]["displayName"], shown["displayName"]);
        }
    }
}

/// All events, oldest first.
fn events(gateway: &Gateway) -> Vec<Event> {
    let mut window = Window { limit: 200, before: None };
    let mut all = Vec::new();
    loop {
        let page = gateway.read(|db| events::page(db, &window, &events::Filter::default()));
        all.extend(page.data);
        window.before = page.next_cursor;
        if window.before.is_none() {
            all.reverse();
            return all;
        }
    }
}
