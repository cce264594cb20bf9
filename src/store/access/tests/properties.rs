//! Whatever a directory and the operator do in whatever order, people's access follows from the facts.

mod aim;
mod looks;
mod orders;
mod scratch;
mod state;
mod story;

use super::super::applications_of;
use super::super::held::Holds;
use super::super::recompute::deltas;
use super::*;
use looks::{Property, Turn};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::sync::OnceLock;
use story::{About, Act, Story};

/// In how many cases each property is looked at: acts that concern it.
const CASES: usize = 1000;
/// How many organizations are told of at most until it was.
const MOST: usize = 400;
/// Organizations in one database, and acts in one organization.
const IN_ONE: usize = 5;
const ACTS: usize = 60;
/// Short stories in one organization.
const IN_ORGANIZATION: usize = 20;

/// What draws the stories: the same ones in each run, so that what breaks one breaks it again. `STORIES=other` in the
/// environment draws others.
fn runner() -> TestRunner {
    if std::env::var_os("STORIES").is_some() {
        TestRunner::new(ProptestConfig::default())
    } else {
        TestRunner::deterministic()
    }
}

/// What was told: how many acts concerned each property, and the first acts that led to where one does not hold.
#[derive(Default)]
struct Told {
    concerned: BTreeMap<Property, usize>,
    broken: BTreeMap<Property, String>,
}

impl About {
    const ALL: [Self; 5] =
        [Self::Anything, Self::Collisions, Self::Roles, Self::Names, Self::Targets];

    /// The properties that such stories concern most. Whatever they are about, all are looked at.
    fn properties(self) -> &'static [Property] {
        match self {
            Self::Anything => &[Property::FromScratch],
            Self::Collisions => &[
                Property::Exclusive,
                Property::Open,
                Property::Closed,
                Property::Applied,
                Property::Silenced,
            ],
            Self::Roles => &[Property::Lowered],
            Self::Names => &[Property::Renamed],
            Self::Targets => &[Property::Blocked],
        }
    }

    /// Such stories are told once, until there were enough cases of each of their properties.
    fn told(self) -> &'static Told {
        static TOLD: [OnceLock<Told>; About::ALL.len()] =
            [const { OnceLock::new() }; About::ALL.len()];
        TOLD[self as usize].get_or_init(|| {
            let mut runner = runner();
            // Two of three acts are aimed at what the story is about.
            let aim = proptest::option::weighted(0.67, 0..10_000_usize);
            let acts = proptest::collection::vec((self.act(), aim), ACTS);
            let (mut told, mut world) = (Told::default(), World::new());
            for many in 1..=MOST {
                told.tell(self, &world, &acts.new_tree(&mut runner).unwrap().current());
                let enough = |it: &Property| told.concerned.get(it).is_some_and(|it| *it >= CASES);
                let broke = |it: &Property| told.broken.contains_key(it);
                let theirs = self.properties();
                if theirs.iter().all(enough) || theirs.iter().any(broke) {
                    break;
                }
                another(&mut world, many);
            }
            told
        })
    }
}

impl Told {
    /// One organization's story.
    fn tell(&mut self, about: About, world: &World, acts: &[(Act, Option<usize>)]) {
        let story = Story::begin(world);
        world.breaker(None);
        let (mut before, mut done) = (story.state(), Vec::new());
        for (act, aim) in acts {
            let act = aim.and_then(|dice| story.aimed(about, &before, dice)).unwrap_or(*act);
            done.push(act);
            story.act(act);
            let now = story.state();
            let turn = Turn { story: &story, act, before: &before, now: &now };
            for property in Property::ALL {
                self.look(property, &turn, &done);
            }
            before = now;
        }
    }

    fn look(&mut self, property: Property, turn: &Turn, done: &[Act]) {
        let cases = self.concerned.entry(property).or_default();
        // It is dear to look at.
        if property == Property::FromScratch && *cases >= CASES {
            return;
        }
        let look = property.look(turn);
        *cases += usize::from(look.is_concerned);
        if let Some(what) = look.broken {
            let led = || format!("{what}\nafter {done:?}");
            self.broken.entry(property).or_insert_with(led);
        }
    }
}

/// A property holds in all stories, and those that concern it most were enough cases of it.
fn holds(property: Property) {
    let (most, others): (Vec<About>, Vec<About>) =
        About::ALL.into_iter().partition(|it| it.properties().contains(&property));
    for about in most.iter().chain(&others) {
        let broken = about.told().broken.get(&property);
        assert!(broken.is_none(), "{about:?}: {}", broken.unwrap());
    }
    for about in most {
        let cases = about.told().concerned.get(&property).copied().unwrap_or_default();
        assert!(cases >= CASES, "{property:?} was concerned {cases} times only");
    }
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
fn where_the_side_that_holds_goes_what_waited_applies() {
    holds(Property::Applied);
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
    let mut runner = runner();
    let stories = proptest::collection::vec(About::Anything.act(), 1..8);
    let mut world = World::new();
    for many in 1..=CASES / IN_ORGANIZATION {
        let story = Story::begin(&world);
        // Whatever a directory takes is held.
        world.breaker(Some(0));
        let mut told = Vec::new();
        // A story goes on from where those before it have led.
        for _ in 0..IN_ORGANIZATION {
            for act in stories.new_tree(&mut runner).unwrap().current() {
                told.push(act);
                story.act(act);
            }
            story.check(&told);
        }
        another(&mut world, many);
    }
}

/// Goes on in another organization, after some in another database.
fn another(world: &mut World, many: usize) {
    if many.is_multiple_of(IN_ONE) {
        *world = World::new();
    } else {
        world.elsewhere();
    }
}

impl Story<'_> {
    /// What there is, what is held with it, is what computing it again gives, and nothing that excludes it.
    fn check(&self, told: &[Act]) {
        let much = self.state().too_much().cloned();
        assert_eq!(much, None, "exclusive is never more than one: {told:?}");
        let off = self.world.store.read_now(|db| {
            let (of, now) = (self.world.organization(), self.world.store.clock().now());
            let all = applications_of(db, of)?;
            deltas(db, of, &all, &self.people, None, Some(Holds::at(now)))
        });
        let is_as_computed = off.as_ref().is_ok_and(Vec::is_empty);
        assert!(
            is_as_computed,
            "computing everything again changes nothing: {off:?} after {told:?}"
        );
    }
}
