//! Whatever a directory and the operator do in whatever order, people's access follows from the facts.

use super::super::applications_of;
use super::super::held::Holds;
use super::super::holds::{self, Which};
use super::super::recompute::deltas;
use super::*;
use crate::store::Db;
use crate::store::schema::{entities as places, placements};
use diesel::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

const PEOPLE: usize = 3;
const GROUPS: usize = 4;
/// How many random stories are told.
const CASES: u32 = 1000;
/// Stories in one database, and in one organization of it.
const IN_ONE: u32 = 100;
const IN_ORGANIZATION: usize = 20;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Act {
    Join(usize, usize),
    Leave(usize, usize),
    Rename(usize, usize),
    Delete(usize),
    Active(usize, bool),
    Roles(usize, usize),
    Reject(usize),
    Approve(usize),
    Decide(bool),
    DropEntity(usize),
    Run,
    /// What is held happens, or people are let keep it.
    Let(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let (person, group) = (0..PEOPLE, 0..GROUPS);
    prop_oneof![
        6 => (person.clone(), group.clone()).prop_map(|(p, g)| Act::Join(p, g)),
        3 => (person.clone(), group.clone()).prop_map(|(p, g)| Act::Leave(p, g)),
        1 => (group.clone(), 0..3_usize).prop_map(|(g, n)| Act::Rename(g, n)),
        1 => group.clone().prop_map(Act::Delete),
        2 => (person, any::<bool>()).prop_map(|(p, on)| Act::Active(p, on)),
        1 => (group.clone(), 0..3_usize).prop_map(|(g, n)| Act::Roles(g, n)),
        1 => group.clone().prop_map(Act::Reject),
        1 => group.clone().prop_map(Act::Approve),
        2 => any::<bool>().prop_map(Act::Decide),
        1 => group.prop_map(Act::DropEntity),
        1 => Just(Act::Run),
        1 => any::<bool>().prop_map(Act::Let),
    ]
}

/// One organization of a story.
struct Story<'a> {
    world: &'a World,
    people: Vec<UserId>,
    groups: Vec<GroupId>,
}

impl<'a> Story<'a> {
    fn begin(world: &'a World) -> Self {
        let people: Vec<UserId> = (0..PEOPLE).map(|n| world.person(&format!("p{n}"))).collect();
        // Somebody always has the highest role, so that nobody is held in it.
        let boss = world.person("boss");
        let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";
        let body = json!({ "displayName": "bosses", urn: { "roles": ["admin"] } });
        world.group_with(body, &[&boss]);
        let kinds = ["concurrency_group", "concurrency_group", "sub_organization", "team"];
        let mut groups = Vec::new();
        for (n, kind) in kinds.iter().enumerate() {
            let group = world.group(&format!("g{n}"), &[]);
            world.entity(kind, &format!("e{n}"));
            world.map(&group, &format!("e{n}"));
            groups.push(group);
        }
        Self { world, people, groups }
    }

    fn act(&self, act: Act) {
        let world = self.world;
        let lives = |group: &GroupId| {
            let found = world.push(|tx, it| groups::find(tx.db, it, group.as_str(), false));
            found.is_ok()
        };
        match act {
            Act::Join(p, g) if lives(&self.groups[g]) => {
                world.add(&self.groups[g], &self.people[p]);
            }
            Act::Leave(p, g) if lives(&self.groups[g]) => {
                world.remove(&self.groups[g], &self.people[p]);
            }
            Act::Rename(g, n) if lives(&self.groups[g]) => {
                world.rename(&self.groups[g], &format!("g{g}-{n}"));
            }
            Act::Delete(g) if lives(&self.groups[g]) => world.delete(&self.groups[g]),
            Act::Active(p, on) => world.activate(&self.people[p], on),
            Act::Roles(g, n) if lives(&self.groups[g]) => {
                let roles = [json!([]), json!(["guest"]), json!(["admin"])][n].clone();
                let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group:roles";
                world.change(
                    &self.groups[g],
                    json!([{ "op": "replace", "path": urn, "value": roles }]),
                );
            }
            Act::Reject(g) if lives(&self.groups[g]) => {
                for mapping in world.mappings(&self.groups[g]) {
                    world.approve(&mapping.id, false);
                }
            }
            Act::Approve(g) if lives(&self.groups[g]) => {
                for mapping in world.mappings(&self.groups[g]) {
                    let patch = MappingPatch { is_approved: Some(true), ..MappingPatch::default() };
                    // What has lost its entity cannot be approved.
                    let _refused = world.decide_mapping(&mapping.id, patch);
                }
            }
            Act::Decide(incoming) => {
                if let Some(conflict) = world.conflicts().pop() {
                    let before = self.all();
                    let choice = if incoming { Choice::Incoming } else { Choice::Current };
                    world.decide(&conflict, choice);
                    if !incoming {
                        assert_eq!(self.all(), before, "keeping what they have changes nothing");
                    }
                }
            }
            Act::DropEntity(g) => {
                let key = format!("e{g}");
                let there =
                    world.store.read_now(|db| entities::find_key(db, world.organization(), &key));
                if there.is_ok() {
                    world.choose(|tx, id| entities::delete(tx, id, &key)).unwrap();
                }
            }
            Act::Run => {
                world.choose(super::super::run_rules).unwrap();
            }
            Act::Let(true) => {
                world.choose(|tx, id| holds::apply(tx, id, Which::Waiting)).unwrap();
            }
            Act::Let(false) => drop(world.choose(holds::restore).unwrap()),
            _ => {}
        }
    }

    fn all(&self) -> Vec<Has> {
        self.people.iter().map(|it| self.world.has(it)).collect()
    }

    fn check(&self) {
        let world = self.world;
        let kept = |db: &mut Db| -> Result<Vec<(UserId, String)>> {
            let query = placements::table.inner_join(places::table).order(placements::entity_id);
            Ok(query.select((placements::user_id, places::kind)).load(db)?)
        };
        let mut spots: BTreeMap<UserId, Vec<String>> = BTreeMap::new();
        for (user, kind) in world.store.read_now(kept).unwrap() {
            spots.entry(user).or_default().push(kind);
        }
        for kinds in spots.values() {
            let exclusive = kinds.iter().filter(|kind| *kind == "concurrency_group").count();
            assert!(exclusive <= 1, "exclusive is never more than one: {kinds:?}");
            let whole = kinds.iter().filter(|kind| *kind == "sub_organization").count();
            assert!(
                whole == 0 || kinds.len() == 1,
                "a sub-organization takes the whole person: {kinds:?}"
            );
        }
        let off = world.store.read_now(|db| {
            let (of, now) = (world.organization(), world.store.clock().now());
            let all = applications_of(db, of)?;
            deltas(db, of, &all, &self.people, None, Some(Holds::at(now)))
        });
        assert!(
            off.as_ref().is_ok_and(Vec::is_empty),
            "computing everything again changes nothing: {off:?}"
        );
    }
}

#[test]
fn access_follows_from_the_facts_whatever_happens_in_whatever_order() {
    tell(None);
}

#[test]
fn what_is_held_excludes_what_it_excludes_whatever_happens_in_whatever_order() {
    tell(Some(0));
}

/// Tells random stories; whatever a directory takes is held where it may take from nobody.
fn tell(most_people: Option<i32>) {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES / IN_ONE));
    let stories =
        proptest::collection::vec(proptest::collection::vec(act(), 1..8), IN_ONE as usize);
    let told = runner.run(&stories, |stories| {
        let mut world = World::new();
        // A story goes on from where those before it have led.
        for some in stories.chunks(IN_ORGANIZATION) {
            world.elsewhere();
            let told = Story::begin(&world);
            world.breaker(most_people);
            for story in some {
                for act in story {
                    told.act(*act);
                }
                told.check();
            }
        }
        Ok(())
    });
    told.unwrap();
}

/// Joins and decisions in one order and in another one end the same, once every conflict is decided alike.
#[test]
fn the_final_state_is_independent_of_the_order_of_facts_and_decisions() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(20));
    let orders = proptest::collection::vec(
        (Just((0..GROUPS).collect::<Vec<_>>()).prop_shuffle(), any::<[bool; 6]>()),
        10,
    );
    let told = runner.run(&orders, |orders| {
        let mut world = World::new();
        for (order, wins) in orders {
            let end = |world: &mut World, order: &[usize]| {
                world.elsewhere();
                let story = Story::begin(world);
                for group in order {
                    story.act(Act::Join(0, *group));
                    decide_all(&story, wins);
                }
                story.check();
                story.all()
            };
            let straight: Vec<usize> = (0..GROUPS).collect();
            prop_assert_eq!(end(&mut world, &straight), end(&mut world, &order));
        }
        Ok(())
    });
    told.unwrap();
}

/// Decides every open conflict: of each pair of groups always the same one wins.
fn decide_all(story: &Story, wins: [bool; 6]) {
    let number = |id: &MappingId| {
        story.groups.iter().position(|group| story.world.mapping(group).id == *id).unwrap()
    };
    while let Some(conflict) = story.world.conflicts().pop() {
        let (a, b) = (number(&conflict.first_id), number(&conflict.second_id));
        let pair = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
        let at = pair.iter().position(|pair| *pair == (a.min(b), a.max(b))).unwrap();
        let winner = if wins[at] { a.min(b) } else { a.max(b) };
        let is_current = number(&conflict.current_id) == winner;
        story.world.decide(&conflict, if is_current { Choice::Current } else { Choice::Incoming });
    }
}
