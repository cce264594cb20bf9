//! Whatever is asked, an apply does what its preview told, or is refused as it said.

use super::super::preview::Asked;
use super::previews::{approve, by_hand};
use super::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Something that a draft has, or that happens between two.
#[derive(Debug, Clone, Copy)]
enum Change {
    Approve(usize, bool),
    Move(usize, usize),
    Name(usize, usize),
    Role(usize, usize),
    New(usize, usize, usize),
    Rule(usize, usize, bool),
}

const NAMES: [&str; 4] = ["eng", "ops", "all", "eng-2"];
const KINDS: [&str; 3] = ["team", "concurrency_group", "sub_organization"];

fn change() -> impl Strategy<Value = Change> {
    let (mapping, group, place) = (0..8_usize, 0..4_usize, 0..5_usize);
    prop_oneof![
        3 => (mapping.clone(), any::<bool>()).prop_map(|(m, yes)| Change::Approve(m, yes)),
        2 => (mapping.clone(), place.clone()).prop_map(|(m, p)| Change::Move(m, p)),
        1 => (mapping.clone(), 0..3_usize).prop_map(|(m, k)| Change::Name(m, k)),
        1 => (mapping, 0..3_usize).prop_map(|(m, r)| Change::Role(m, r)),
        3 => (group, place, 0..3_usize).prop_map(|(g, p, r)| Change::New(g, p, r)),
        2 => (0..4_usize, 0..4_usize, any::<bool>()).prop_map(|(n, k, auto)| Change::Rule(n, k, auto)),
    ]
}

fn role_of(at: usize) -> Option<String> {
    [None, Some("admin"), Some("guest")][at].map(str::to_owned)
}

/// What these changes ask about, of the mappings that there are.
fn asked_of(world: &World, groups: &[GroupId], changes: &[Change]) -> Asked {
    let there: Vec<Mapping> = groups.iter().flat_map(|group| world.mappings(group)).collect();
    let key = |at: usize| Place::Key(format!("e{at}"));
    let mut asked = Asked::default();
    for change in changes {
        let patch = match *change {
            Change::Approve(_, yes) => approve(yes),
            Change::Move(_, place) => {
                MappingPatch { place: Some(key(place)), ..MappingPatch::default() }
            }
            Change::Name(_, kind) => {
                let place = Place::Named { kind: KINDS[kind].to_owned(), name: None };
                MappingPatch { place: Some(place), ..MappingPatch::default() }
            }
            Change::Role(_, role) => {
                MappingPatch { role: Some(role_of(role)), ..MappingPatch::default() }
            }
            Change::New(group, place, role) => {
                let new = by_hand(&groups[group], key(place), role_of(role).as_deref());
                asked.new_mappings.push(new);
                continue;
            }
            Change::Rule(name, kind, auto_approve) => {
                let kinds =
                    KINDS.get(kind).map_or(vec!["team", "concurrency_group"], |it| vec![*it]);
                let target = |kind: &str| Target { kind: kind.to_owned(), entity: None };
                let targets = kinds.into_iter().map(target).collect();
                let rule =
                    NewRule { targets, auto_approve, ..rule(Match::Prefix, NAMES[name], "team") };
                asked.rules.get_or_insert_default().push(rule);
                continue;
            }
        };
        let (Change::Approve(at, _)
        | Change::Move(at, _)
        | Change::Name(at, _)
        | Change::Role(at, _)) = *change
        else {
            continue;
        };
        if !there.is_empty() {
            asked.mappings.push((there[at % there.len()].id.clone(), patch));
        }
    }
    asked
}

#[test]
fn what_a_preview_tells_of_everybody_is_what_an_apply_does_whatever_is_asked() {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(4));
    let round = (proptest::collection::vec(change(), 1..6), 0..12_usize);
    let stories = proptest::collection::vec(proptest::collection::vec(round, 1..5), 10);
    let told =
        runner.run(&stories, |stories| {
            let mut world = World::new();
            for story in stories {
                world.elsewhere();
                let people = ["ann", "bob", "cem"].map(|name| world.person(name));
                let mut groups = vec![
                    world.group(NAMES[0], &[&people[0], &people[1]]),
                    world.group(NAMES[1], &[&people[1], &people[2]]),
                    world.group(NAMES[2], &[&people[0], &people[1], &people[2]]),
                    world.group(NAMES[3], &[&people[0]]),
                ];
                for (at, kind) in [0, 0, 1, 1, 2].into_iter().enumerate() {
                    world.entity(KINDS[kind], &format!("e{at}"));
                }
                for (changes, between) in story {
                    let asked = asked_of(&world, &groups, &changes);
                    // What is refused is refused alike; what is not does what was told.
                    let _refused = world.apply_as_previewed(&asked);
                    match between {
                        0..4 => world.delete(&groups.remove(between)),
                        4..8 => drop(world.choose(|tx, id| {
                            entities::delete(tx, id, &format!("e{}", between - 4))
                        })),
                        _ => {}
                    }
                    if groups.len() < 4 {
                        groups = NAMES.map(|name| world.group_again(name, &people[0])).to_vec();
                    }
                }
            }
            Ok(())
        });
    told.unwrap();
}

impl World {
    /// A group of this name, made again if it is gone.
    fn group_again(&self, name: &str, member: &UserId) -> GroupId {
        let found = |db: &mut _| {
            crate::store::directories::all_groups::named(db, self.organization(), name)
        };
        match self.store.read_now(found).unwrap().pop() {
            Some(group) => group.id,
            None => self.group(name, &[member]),
        }
    }
}
