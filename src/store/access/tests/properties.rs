//! Whatever a directory and the operator do in whatever order, people's access follows from the facts.

use super::super::applications_of;
use super::super::held::Holds;
use super::super::holds::{self, Which};
use super::super::recompute::deltas;
use super::*;
use crate::access::rules::Rule;
use crate::store::schema::{self as table, entities as places, placements};
use crate::store::{Db, EntityId, Json};
use diesel::prelude::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// A group, and the roles that it carries.
type Carried = (GroupId, Json<Vec<String>>);

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
    /// Every place of a group is deleted, whoever made it.
    DropPlaces(usize),
    Run,
    /// Another set of rules holds.
    Rules(usize),
    /// A group that was removed is pushed again.
    Push(usize),
    /// A person picks a place for what has lost its own.
    Pick(usize),
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
        1 => group.clone().prop_map(Act::DropEntity),
        1 => group.clone().prop_map(Act::DropPlaces),
        2 => group.clone().prop_map(Act::Push),
        1 => group.prop_map(Act::Pick),
        1 => Just(Act::Run),
        1 => (0..5_usize).prop_map(Act::Rules),
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
            Act::DropPlaces(g) => {
                let places = world.mappings(&self.groups[g]).into_iter();
                for id in places.filter_map(|it| it.entity_id).collect::<BTreeSet<_>>() {
                    let of = world.organization();
                    let key = world.store.read_now(|db| entities::find(db, of, &id)).unwrap().key;
                    world.choose(|tx, id| entities::delete(tx, id, &key)).unwrap();
                }
            }
            Act::Run => {
                world.choose(super::super::run_rules).unwrap();
            }
            Act::Rules(n) => drop(world.apply(rules(n))),
            Act::Push(g) if !lives(&self.groups[g]) => {
                let name = self.row(&self.groups[g]).display_name;
                assert_eq!(world.group(&name, &[]), self.groups[g]);
            }
            Act::Pick(g) if lives(&self.groups[g]) => {
                for mapping in world.mappings(&self.groups[g]).iter().filter(|it| it.is_blocked()) {
                    let place = Some(Place::Named { kind: "team".to_owned(), name: None });
                    let pick = MappingPatch { place, ..MappingPatch::default() };
                    // The place of that name may be another mapping's.
                    let _refused = world.decide_mapping(&mapping.id, pick);
                }
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

    /// A group, removed or not.
    fn row(&self, group: &GroupId) -> groups::Group {
        self.world.store.read_now(|db| Ok(table::groups::table.find(group).first(db)?)).unwrap()
    }

    fn check(&self) {
        let world = self.world;
        if let Some(kinds) = self.state().too_much() {
            panic!("exclusive is never more than one: {kinds:?}");
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

/// The sets of rules of stories.
fn rules(n: usize) -> Vec<NewRule> {
    let both = vec![
        Target { kind: "team".to_owned(), entity: None },
        Target { kind: "concurrency_group".to_owned(), entity: None },
    ];
    let waits = NewRule { auto_approve: false, ..rule(Match::All, "", "team") };
    match n {
        0 => vec![],
        1 => vec![rule(Match::All, "", "team")],
        2 => vec![rule(Match::Regex, "-1$", "concurrency_group"), waits],
        3 => vec![NewRule {
            role: Some("guest".to_owned()),
            targets: both,
            ..rule(Match::Prefix, "g", "team")
        }],
        _ => {
            vec![rule(Match::Prefix, "g1", "concurrency_group"), rule(Match::Regex, "-2$", "team")]
        }
    }
}

/// What is looked at after each act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Property {
    FromScratch,
    Exclusive,
    Lowered,
    Open,
    Closed,
    Silenced,
    Renamed,
    Blocked,
}

/// Where somebody is: the entity, its type, and by which mapping.
type Spot = (EntityId, String, Option<MappingId>);

/// What there is after an act, as it is stored.
struct State {
    places: BTreeMap<UserId, Vec<Spot>>,
    conflicts: Vec<Conflict>,
    mappings: BTreeMap<MappingId, Mapping>,
    entities: BTreeSet<EntityId>,
}

impl State {
    /// The places of somebody who is in several that exclude each other: two of an exclusive type, or one that takes the
    /// whole person beside one that another group gives.
    fn too_much(&self) -> Option<Vec<Spot>> {
        let of = |mapping: &Option<MappingId>| {
            mapping.as_ref().and_then(|id| self.mappings.get(id)).map(|it| it.group_id.clone())
        };
        let is_too_much = |places: &&Vec<Spot>| {
            let is_whole = |spot: &Spot| spot.1 == "sub_organization";
            let many = places.iter().filter(|spot| spot.1 == "concurrency_group").count();
            let beside = |whole: &Spot| {
                let mut others = places.iter().filter(|spot| spot.0 != whole.0);
                others.any(|spot| is_whole(spot) || of(&spot.2) != of(&whole.2))
            };
            many > 1 || places.iter().filter(|spot| is_whole(spot)).any(beside)
        };
        self.places.values().find(is_too_much).cloned()
    }

    /// Whether everybody is where they were, or in more.
    fn has_all_of(&self, before: &Self) -> bool {
        before.places.iter().all(|(user, places)| {
            let now = self.places.get(user);
            places.iter().all(|(id, ..)| now.is_some_and(|now| now.iter().any(|(it, ..)| it == id)))
        })
    }

    /// Groups of which a mapping waits for a person to pick a place.
    fn blocked(&self) -> BTreeSet<&GroupId> {
        self.mappings.values().filter(|it| it.is_blocked()).map(|it| &it.group_id).collect()
    }
}

impl Story<'_> {
    fn state(&self) -> State {
        let of = self.world.organization();
        let read = |db: &mut Db| -> Result<State> {
            let spots: Vec<(UserId, EntityId, String, Option<MappingId>)> = placements::table
                .inner_join(places::table)
                .filter(places::organization_id.eq(of))
                .order((placements::user_id, placements::entity_id))
                .select((placements::user_id, places::id, places::kind, placements::mapping_id))
                .load(db)?;
            let mut where_they_are: BTreeMap<_, Vec<_>> = BTreeMap::new();
            for (user, entity, kind, mapping) in spots {
                where_they_are.entry(user).or_default().push((entity, kind, mapping));
            }
            let mappings: Vec<Mapping> =
                table::mappings::table.filter(table::mappings::organization_id.eq(of)).load(db)?;
            Ok(State {
                places: where_they_are,
                conflicts: table::access_conflicts::table
                    .filter(table::access_conflicts::organization_id.eq(of))
                    .load(db)?,
                mappings: mappings.into_iter().map(|it| (it.id.clone(), it)).collect(),
                entities: places::table
                    .filter(places::organization_id.eq(of))
                    .select(places::id)
                    .load(db)?
                    .into_iter()
                    .collect(),
            })
        };
        self.world.store.read_now(read).unwrap()
    }

    /// The role that somebody who is on should have: the highest that their groups or places give.
    fn role(&self, user: &UserId, state: &State) -> String {
        let of = self.world.organization();
        let read = |db: &mut Db| -> Result<(Vec<Carried>, Vec<Rule>)> {
            let theirs = table::group_members::table.inner_join(table::groups::table);
            let theirs = theirs
                .filter(table::group_members::user_id.eq(user))
                .filter(table::groups::deleted_at.is_null())
                .select((table::groups::id, table::groups::roles));
            let rules = rule_sets::current(db, of)?;
            Ok((theirs.load(db)?, rules.map(|set| set.rules.into_inner()).unwrap_or_default()))
        };
        let (theirs, rules) = self.world.store.read_now(read).unwrap();
        let of_mapping = |id: &MappingId| {
            let mapping = &state.mappings[id];
            let rule = rules
                .iter()
                .find(|it| mapping.rule_id.as_ref().is_some_and(|id| it.id == id.as_str()));
            mapping.role.clone().or_else(|| rule?.role.clone())
        };
        let places = state.places.get(user).into_iter().flatten();
        let mut given: Vec<String> =
            places.filter_map(|(_, _, mapping)| of_mapping(mapping.as_ref()?)).collect();
        given.extend(theirs.into_iter().flat_map(|(_, roles)| roles.into_inner()));
        let highest =
            ["admin", "user", "guest"].into_iter().find(|role| given.iter().any(|it| it == role));
        highest.unwrap_or("user").to_owned()
    }

    /// Whether computing everything from nothing but what is stored gives what is kept.
    fn is_as_computed(&self) -> bool {
        let off = self.world.store.read_now(|db| {
            let (of, now) = (self.world.organization(), self.world.store.clock().now());
            let all = applications_of(db, of)?;
            deltas(db, of, &all, &self.people, None, Some(Holds::at(now)))
        });
        off.is_ok_and(|off| off.is_empty())
    }

    /// Does something and tells which properties do not hold after it.
    fn do_and_look(&self, act: Act, before: &State) -> (State, Vec<Property>) {
        self.act(act);
        let now = self.state();
        let mut broken = Vec::new();
        let mut look = |property: Property, holds: bool| {
            if !holds {
                broken.push(property);
            }
        };
        look(Property::FromScratch, self.is_as_computed());
        look(Property::Exclusive, now.too_much().is_none());
        let has_role = |user: &UserId| match self.world.has(user).0 {
            Some(role) => role == self.role(user, &now),
            None => true,
        };
        look(Property::Lowered, self.people.iter().all(has_role));
        // Where nobody has decided anything of a person, whatever comes to them takes nothing.
        if let Act::Join(p, _) = act {
            let is_free = |it: &&Conflict| it.user_id == self.people[p] && it.winner_id.is_some();
            look(
                Property::Open,
                before.conflicts.iter().any(|it| is_free(&it)) || now.has_all_of(before),
            );
        }
        let stands = |id: &MappingId| now.mappings.get(id).is_some_and(Mapping::is_placing);
        let is_open = |it: &&Conflict| it.winner_id.is_none();
        let open = now.conflicts.iter().filter(is_open);
        look(
            Property::Closed,
            open.clone().all(|it| stands(&it.first_id) && stands(&it.second_id)),
        );
        let is_kept = |it: &Conflict| {
            let same = |now: &&Conflict| {
                (&now.user_id, &now.first_id, &now.second_id)
                    == (&it.user_id, &it.first_id, &it.second_id)
            };
            let found: Vec<&Conflict> = now.conflicts.iter().filter(same).collect();
            found.len() == 1 && found[0].winner_id == it.winner_id
        };
        let decided = before.conflicts.iter().filter(|it| it.winner_id.is_some());
        look(Property::Silenced, decided.clone().all(is_kept));
        if let Act::Rename(..) = act {
            look(Property::Renamed, now.has_all_of(before));
        }
        // A person may want another place for another mapping of the group.
        let picks = |group: &GroupId| matches!(act, Act::Pick(g) | Act::Approve(g) if self.groups[g] == *group);
        let waited = before.blocked();
        let made_for = |it: &&Mapping| {
            let is_new = |id: &EntityId| !before.entities.contains(id);
            it.entity_id.as_ref().is_some_and(is_new)
                && waited.contains(&it.group_id)
                && !picks(&it.group_id)
        };
        look(Property::Blocked, !now.mappings.values().any(|it| made_for(&it)));
        (now, broken)
    }
}

/// The stories are told once, and each property asks what broke it: the first thousand acts that lead there are printed.
static TOLD: OnceLock<BTreeMap<Property, String>> = OnceLock::new();

fn holds(property: Property) {
    let told = TOLD.get_or_init(|| {
        let mut broken = BTreeMap::new();
        let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES / IN_ONE));
        let stories =
            proptest::collection::vec(proptest::collection::vec(act(), 1..8), IN_ONE as usize);
        for _ in 0..CASES / IN_ONE {
            let stories = stories.new_tree(&mut runner).unwrap().current();
            let mut world = World::new();
            for some in stories.chunks(IN_ORGANIZATION) {
                world.elsewhere();
                let told = Story::begin(&world);
                world.breaker(None);
                let (mut state, mut done) = (told.state(), Vec::new());
                for act in some.iter().flatten() {
                    done.push(*act);
                    let (now, properties) = told.do_and_look(*act, &state);
                    state = now;
                    for property in properties {
                        broken.entry(property).or_insert_with(|| format!("{done:?}"));
                    }
                }
            }
        }
        broken
    });
    assert_eq!(told.get(&property), None, "{property:?}");
}

#[test]
fn access_follows_from_the_facts_whatever_happens_in_whatever_order() {
    holds(Property::FromScratch);
}

#[test]
fn exclusive_is_never_more_than_one() {
    holds(Property::Exclusive);
}

#[test]
fn removing_the_last_group_that_gives_a_role_lowers_it() {
    holds(Property::Lowered);
}

#[test]
fn an_open_conflict_changes_nothing() {
    holds(Property::Open);
}

#[test]
fn deleting_either_side_closes_a_conflict() {
    holds(Property::Closed);
}

#[test]
fn a_decision_silences_repeats() {
    holds(Property::Silenced);
}

#[test]
fn a_rename_loses_nobody() {
    holds(Property::Renamed);
}

#[test]
fn target_deleted_blocks_creation() {
    holds(Property::Blocked);
}

#[test]
fn what_is_held_excludes_what_it_excludes_whatever_happens_in_whatever_order() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES / IN_ONE));
    let stories =
        proptest::collection::vec(proptest::collection::vec(act(), 1..8), IN_ONE as usize);
    let told = runner.run(&stories, |stories| {
        let mut world = World::new();
        // A story goes on from where those before it have led.
        for some in stories.chunks(IN_ORGANIZATION) {
            world.elsewhere();
            let told = Story::begin(&world);
            // Whatever a directory takes is held.
            world.breaker(Some(0));
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
    let mut runner = TestRunner::new(ProptestConfig::with_cases(CASES / IN_ONE));
    let order = Just((0..GROUPS).collect::<Vec<_>>()).prop_shuffle();
    let orders =
        proptest::collection::vec((order, 2..=GROUPS, any::<[bool; 6]>()), IN_ONE as usize);
    let told = runner.run(&orders, |orders| {
        let world = World::new();
        let story = Story::begin(&world);
        let numbers: Vec<MappingId> =
            story.groups.iter().map(|group| world.mapping(group).id).collect();
        for (at, (order, many, wins)) in orders.into_iter().enumerate() {
            let end = |name: &str, order: &[usize]| {
                let user = world.person(&format!("{name}{at}"));
                for group in order {
                    world.add(&story.groups[*group], &user);
                    decide_all(&world, &numbers, wins);
                }
                let off = world.store.read_now(|db| {
                    let (of, now) = (world.organization(), world.store.clock().now());
                    let all = applications_of(db, of)?;
                    deltas(db, of, &all, std::slice::from_ref(&user), None, Some(Holds::at(now)))
                });
                assert!(off.as_ref().is_ok_and(Vec::is_empty), "{off:?}");
                world.has(&user)
            };
            let order = &order[..many];
            let mut straight = order.to_vec();
            straight.sort_unstable();
            prop_assert_eq!(end("s", &straight), end("o", order));
        }
        Ok(())
    });
    told.unwrap();
}

/// Decides every open conflict: of each pair of groups always the same one wins.
fn decide_all(world: &World, numbers: &[MappingId], wins: [bool; 6]) {
    let number = |id: &MappingId| numbers.iter().position(|it| it == id).unwrap();
    while let Some(conflict) = world.conflicts().pop() {
        let (a, b) = (number(&conflict.first_id), number(&conflict.second_id));
        let pair = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];
        let at = pair.iter().position(|pair| *pair == (a.min(b), a.max(b))).unwrap();
        let winner = if wins[at] { a.min(b) } else { a.max(b) };
        let is_current = number(&conflict.current_id) == winner;
        world.decide(&conflict, if is_current { Choice::Current } else { Choice::Incoming });
    }
}
