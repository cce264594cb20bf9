//! What people have is what groups give them and what is held of what they had, whatever happens in whatever order.

use super::super::holds::{self, Which};
use super::super::recompute;
use super::super::{applications_of, held::Holds};
use super::*;
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

const PEOPLE: usize = 2;
const GROUPS: usize = 4;
/// The group whose mapping gives a role and no place.
const ROLE: usize = GROUPS - 1;
/// For how many hours something is held.
const HOURS: i64 = 24;
/// Stories in one database.
const IN_ONE: usize = 12;

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Act {
    Join(usize, usize),
    Leave(usize, usize),
    Delete(usize),
    TakeAway(usize),
    Reject(usize),
    Approve(usize),
    Active(usize, bool),
    Breaker(bool),
    Wait(i64),
    Restore,
    Apply(bool),
}

fn act() -> impl Strategy<Value = Act> {
    let (person, group) = (0..PEOPLE, 0..GROUPS);
    prop_oneof![
        8 => (person.clone(), group.clone()).prop_map(|(p, g)| Act::Join(p, g)),
        8 => (person.clone(), group.clone()).prop_map(|(p, g)| Act::Leave(p, g)),
        1 => group.clone().prop_map(Act::Delete),
        1 => group.clone().prop_map(Act::TakeAway),
        2 => group.clone().prop_map(Act::Reject),
        3 => group.prop_map(Act::Approve),
        2 => (person, any::<bool>()).prop_map(|(p, on)| Act::Active(p, on)),
        3 => any::<bool>().prop_map(Act::Breaker),
        2 => (1..HOURS).prop_map(Act::Wait),
        1 => Just(Act::Restore),
        1 => any::<bool>().prop_map(Act::Apply),
    ]
}

/// Until when something is held; none: somebody has said that it is kept.
type Until = Option<i64>;

/// What a group gives by its mapping.
#[derive(Debug, Clone, Copy)]
struct Gives {
    lives: bool,
    is_placing: bool,
    /// The mapping went with its group, which a directory took: what is held by it stays.
    stands: bool,
}

/// What should be, said as simply as can be: of each person the groups, and what is held by which group.
#[derive(Debug, Clone)]
struct Model {
    hour: i64,
    breaker: bool,
    groups: [Gives; GROUPS],
    member: [[bool; GROUPS]; PEOPLE],
    active: [bool; PEOPLE],
    held: [BTreeMap<usize, Until>; PEOPLE],
}

impl Model {
    fn new() -> Self {
        Self {
            hour: 0,
            breaker: false,
            groups: [Gives { lives: true, is_placing: true, stands: true }; GROUPS],
            member: [[false; GROUPS]; PEOPLE],
            active: [true; PEOPLE],
            held: [BTreeMap::new(), BTreeMap::new()],
        }
    }

    fn gives(&self, p: usize, g: usize) -> bool {
        self.active[p] && self.member[p][g] && self.groups[g].is_placing
    }

    fn has(&self, p: usize) -> Has {
        if !self.active[p] {
            return (None, vec![]);
        }
        let there = |g: &usize| self.gives(p, *g) || self.held[p].contains_key(g);
        let role = if there(&ROLE) { "admin" } else { "user" };
        let places = (0..ROLE).filter(there).map(|g| format!("e{g}"));
        (Some(role.to_owned()), places.collect())
    }

    /// A directory does something; what it takes is held where that is too much.
    fn push(&mut self, act: impl FnOnce(&mut Self)) {
        let before = self.clone();
        act(self);
        let now = self.clone();
        for p in (0..PEOPLE).filter(|p| now.breaker && now.active[*p]) {
            for g in (0..GROUPS).filter(|g| before.gives(p, *g) && !now.gives(p, *g)) {
                self.held[p].insert(g, Some(now.hour + HOURS));
            }
        }
        self.clear();
    }

    /// What groups give, and what nobody may have, is not held.
    fn clear(&mut self) {
        let now = self.clone();
        for p in 0..PEOPLE {
            self.held[p].retain(|g, until| {
                now.active[p]
                    && now.groups[*g].stands
                    && !now.gives(p, *g)
                    && until.is_none_or(|until| until > now.hour)
            });
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Join(p, g) if self.groups[g].lives => self.push(|it| it.member[p][g] = true),
            Act::Leave(p, g) if self.groups[g].lives => self.push(|it| it.member[p][g] = false),
            Act::Delete(g) if self.groups[g].lives => self.push(|it| {
                let stands = it.groups[g].stands;
                it.groups[g] = Gives { lives: false, is_placing: false, stands };
                it.member.iter_mut().for_each(|groups| groups[g] = false);
            }),
            Act::TakeAway(g) if self.groups[g].lives => {
                self.groups[g] = Gives { lives: false, is_placing: false, stands: false };
                self.member.iter_mut().for_each(|groups| groups[g] = false);
            }
            Act::Reject(g) if self.groups[g].lives => {
                (self.groups[g].is_placing, self.groups[g].stands) = (false, false);
            }
            Act::Approve(g) if self.groups[g].lives => {
                (self.groups[g].is_placing, self.groups[g].stands) = (true, true);
            }
            Act::Active(p, on) => self.push(|it| it.active[p] = on),
            Act::Breaker(on) => self.breaker = on,
            Act::Wait(hours) => self.hour += hours,
            Act::Restore => self.each(|until| *until = None),
            Act::Apply(kept) => {
                let hour = self.hour;
                self.each(|until| {
                    if until.is_none() == kept {
                        *until = Some(hour);
                    }
                });
            }
            _ => {}
        }
        self.clear();
    }

    fn each(&mut self, mut f: impl FnMut(&mut Until)) {
        self.held.iter_mut().flat_map(BTreeMap::values_mut).for_each(&mut f);
    }
}

/// One organization in which a story happens.
struct Story<'a> {
    world: &'a World,
    people: Vec<UserId>,
    groups: Vec<GroupId>,
    mappings: Vec<MappingId>,
}

impl<'a> Story<'a> {
    fn begin(world: &'a mut World) -> Self {
        world.elsewhere();
        world.breaker(None);
        world.person_with("boss", &["admin"]);
        let people: Vec<UserId> = (0..PEOPLE).map(|n| world.person(&format!("p{n}"))).collect();
        let groups: Vec<GroupId> =
            (0..GROUPS).map(|n| world.group(&format!("g{n}"), &[])).collect();
        let mapping = |(n, group): (usize, &GroupId)| {
            if n != ROLE {
                world.entity("team", &format!("e{n}"));
                return world.map(group, &format!("e{n}")).id;
            }
            let (group, place, role) = (group.clone(), Place::Nowhere, Some("admin".to_owned()));
            let new = NewMapping { group, application: None, place, role };
            world.choose(|tx, id| mappings::create(tx, id, new)).unwrap().id
        };
        let mappings = groups.iter().enumerate().map(mapping).collect();
        Self { world, people, groups, mappings }
    }

    fn act(&self, act: Act) {
        let world = self.world;
        let lives = |group: &GroupId| {
            world.push(|tx, it| groups::find(tx.db, it, group.as_str(), false)).is_ok()
        };
        match act {
            Act::Join(p, g) if lives(&self.groups[g]) => {
                world.add(&self.groups[g], &self.people[p]);
            }
            Act::Leave(p, g) if lives(&self.groups[g]) => {
                world.remove(&self.groups[g], &self.people[p]);
            }
            Act::Delete(g) if lives(&self.groups[g]) => world.delete(&self.groups[g]),
            Act::TakeAway(g) if lives(&self.groups[g]) => world.take_away(&self.groups[g]).unwrap(),
            Act::Reject(g) if lives(&self.groups[g]) => {
                world.approve(&self.mappings[g], false);
            }
            Act::Approve(g) if lives(&self.groups[g]) => {
                world.approve(&self.mappings[g], true);
            }
            Act::Active(p, on) => world.activate(&self.people[p], on),
            Act::Breaker(on) => world.breaker(on.then_some(0)),
            Act::Wait(hours) => {
                world.store.clock().advance(TimeDelta::hours(hours));
                world.choose(holds::catch_up).unwrap();
            }
            Act::Restore => drop(world.choose(holds::restore).unwrap()),
            Act::Apply(kept) => {
                let which = if kept { Which::Kept } else { Which::Waiting };
                world.choose(|tx, id| holds::apply(tx, id, which)).unwrap();
            }
            _ => {}
        }
    }

    fn all(&self) -> Vec<Has> {
        self.people.iter().map(|it| self.world.has(it)).collect()
    }

    /// Computed from nothing but what is stored, everything is as it is.
    fn check(&self) {
        let of = self.world.organization();
        let off = self.world.store.read_now(|db| {
            let (all, now) = (applications_of(db, of)?, self.world.store.clock().now());
            recompute::deltas(db, of, &all, &self.people, None, Some(Holds::at(now)))
        });
        assert!(off.as_ref().is_ok_and(Vec::is_empty), "{off:?}");
    }
}

#[test]
fn people_have_what_groups_give_and_what_is_held_whatever_happens() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(12));
    let story = proptest::collection::vec(act(), 1..25);
    let stories = proptest::collection::vec(story, IN_ONE);
    let told = runner.run(&stories, |stories| {
        let mut world = World::new();
        for story in stories {
            let (told, mut model) = (Story::begin(&mut world), Model::new());
            for (at, act) in story.iter().enumerate() {
                told.act(*act);
                model.act(*act);
                let should: Vec<Has> = (0..PEOPLE).map(|p| model.has(p)).collect();
                prop_assert_eq!(told.all(), should, "after {:?}", &story[..=at]);
                told.check();
            }
        }
        Ok(())
    });
    told.unwrap();
}

#[test]
fn what_is_held_is_independent_of_the_order_in_which_it_was_taken_and_chosen() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(12));
    let acts = (0..GROUPS).flat_map(|g| [Act::Leave(0, g), Act::Leave(1, g), Act::Reject(g)]);
    let more = [Act::Active(1, false), Act::TakeAway(0), Act::Breaker(true)];
    let all: Vec<Act> = acts.chain(more).collect();
    let order = Just(all.clone()).prop_shuffle();
    let some = proptest::collection::vec(any::<bool>(), all.len());
    let orders = proptest::collection::vec((some, order), IN_ONE);
    let told = runner.run(&orders, |orders| {
        let mut world = World::new();
        for (chosen, order) in orders {
            let is_chosen = |act: &&Act| {
                let at = all.iter().position(|it| format!("{it:?}") == format!("{act:?}"));
                chosen[at.unwrap()]
            };
            let mut end = |acts: &[Act]| {
                let told = Story::begin(&mut world);
                for p in 0..PEOPLE {
                    (0..GROUPS).for_each(|g| told.act(Act::Join(p, g)));
                }
                told.act(Act::Breaker(true));
                acts.iter().filter(is_chosen).for_each(|act| told.act(*act));
                told.check();
                told.all()
            };
            prop_assert_eq!(end(&all), end(&order));
        }
        Ok(())
    });
    told.unwrap();
}
