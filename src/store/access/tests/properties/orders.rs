//! The same facts and decisions in another order, and claims of the same instant.

use super::super::*;
use super::state::{Claim, State};
use super::story::{Act, BY_HAND, PEOPLE, Story};
use super::{CASES, runner};
use crate::access::person::Source;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many cases follow each other in one organization.
const IN_ORGANIZATION: usize = 20;
/// All pairs of groups that are led somewhere by hand.
const PAIRS: [(usize, usize); 6] = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];

/// Acts, and another order of them.
#[derive(Debug, Clone)]
struct Orders {
    acts: Vec<Act>,
    other: Vec<usize>,
    /// After which acts somebody decides all that waits, in the one order and in the other.
    decides: [Vec<bool>; 2],
}

fn act() -> impl Strategy<Value = Act> {
    let (person, group) = (0..PEOPLE, 0..BY_HAND);
    prop_oneof![
        10 => (person.clone(), group.clone()).prop_map(|(p, g)| Act::Join(p, g)),
        3 => (person.clone(), group.clone()).prop_map(|(p, g)| Act::Leave(p, g)),
        1 => (group.clone(), 0..3_usize).prop_map(|(g, n)| Act::Rename(g, n)),
        1 => group.clone().prop_map(Act::Delete),
        2 => (person, prop::bool::weighted(0.85)).prop_map(|(p, on)| Act::Active(p, on)),
        2 => (group.clone(), 0..4_usize).prop_map(|(g, n)| Act::Roles(g, n)),
        1 => group.clone().prop_map(Act::Reject),
        3 => group.clone().prop_map(Act::Approve),
        2 => group.prop_map(Act::Push),
    ]
}

fn orders() -> impl Strategy<Value = Orders> {
    proptest::collection::vec(act(), 4..8).prop_flat_map(|acts| {
        let order: Vec<usize> = (0..acts.len()).collect();
        let decides = || proptest::collection::vec(any::<bool>(), acts.len());
        (Just(order).prop_shuffle(), [decides(), decides()])
            .prop_map(move |(other, decides)| Orders { acts: acts.clone(), other, decides })
    })
}

/// What an act is about: of two about the same the later one counts, so they stay in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Membership(usize, usize),
    Roles(usize),
    /// A place takes its group's name while the mapping holds.
    Mapping(usize),
    Person(usize),
    /// All of a group that is deleted or pushed again: its members go, its mapping is rejected, and nobody joins it.
    Group(usize),
}

fn thing(act: Act, remade: &BTreeSet<usize>) -> Thing {
    match act {
        Act::Active(p, _) => Thing::Person(p),
        Act::Join(_, g)
        | Act::Leave(_, g)
        | Act::Rename(g, _)
        | Act::Roles(g, _)
        | Act::Reject(g)
        | Act::Approve(g)
        | Act::Delete(g)
        | Act::Push(g)
            if remade.contains(&g) =>
        {
            Thing::Group(g)
        }
        Act::Join(p, g) | Act::Leave(p, g) => Thing::Membership(p, g),
        Act::Roles(g, _) => Thing::Roles(g),
        Act::Rename(g, _) | Act::Reject(g) | Act::Approve(g) => Thing::Mapping(g),
        other => panic!("{other:?} is about nothing"),
    }
}

impl Orders {
    /// The acts in the other order, but those about the same thing in theirs.
    fn turned(&self) -> Vec<Act> {
        let remade: BTreeSet<usize> = self
            .acts
            .iter()
            .filter_map(|act| match act {
                Act::Delete(g) | Act::Push(g) => Some(*g),
                _ => None,
            })
            .collect();
        let mut left: BTreeMap<Thing, VecDeque<Act>> = BTreeMap::new();
        for act in &self.acts {
            left.entry(thing(*act, &remade)).or_default().push_back(*act);
        }
        let next = |at: &usize| left.get_mut(&thing(self.acts[*at], &remade))?.pop_front();
        self.other.iter().filter_map(next).collect()
    }
}

/// One of two organizations in which the same happens.
struct Side<'a> {
    story: Story<'a>,
    /// The mapping of each group.
    mappings: Vec<MappingId>,
}

/// What an organization's facts are, without IDs and times.
#[derive(Debug, PartialEq)]
struct Facts {
    members: BTreeSet<(usize, usize)>,
    /// Name and roles of each group that is there.
    groups: Vec<Option<(String, Vec<String>)>>,
    mappings: Vec<(MappingState, Option<mappings::Flag>)>,
    on: Vec<bool>,
}

/// What everybody has: the role, which group or mapping it is of, and the places.
type End = Vec<(Option<String>, String, Vec<String>)>;

impl<'a> Side<'a> {
    fn begin(world: &'a World) -> Self {
        let story = Story::begin(world);
        world.breaker(None);
        let mappings =
            story.groups[..BY_HAND].iter().map(|group| world.mapping(group).id).collect();
        Self { story, mappings }
    }

    fn run(&self, acts: &[Act], decides: &[bool], wins: [bool; 6]) {
        for (act, decides) in acts.iter().zip(decides) {
            self.story.act(*act);
            if *decides {
                self.decide_all(wins);
            }
        }
        self.decide_all(wins);
    }

    /// Decides every open conflict: of each pair of groups always the same one wins.
    fn decide_all(&self, wins: [bool; 6]) {
        let number = |id: &MappingId| self.mappings.iter().position(|it| it == id).unwrap();
        while let Some(conflict) = self.story.world.conflicts().pop() {
            let (a, b) = (number(&conflict.first_id), number(&conflict.second_id));
            let at = PAIRS.iter().position(|pair| *pair == (a.min(b), a.max(b))).unwrap();
            let winner = if wins[at] { a.min(b) } else { a.max(b) };
            let is_current = number(&conflict.current_id) == winner;
            let choice = if is_current { Choice::Current } else { Choice::Incoming };
            self.story.world.decide(&conflict, choice);
        }
    }

    fn facts(&self, state: &State) -> Facts {
        let story = &self.story;
        let is_in = |(p, g): &(usize, usize)| {
            state.members.contains_key(&(story.people[*p].clone(), story.groups[*g].clone()))
        };
        let all = (0..PEOPLE).flat_map(|p| (0..BY_HAND).map(move |g| (p, g)));
        let group = |id: &GroupId| {
            state.groups.get(id).map(|it| (it.display_name.clone(), it.roles.to_vec()))
        };
        let mapping = |id: &MappingId| (state.mappings[id].state, state.mappings[id].flag);
        Facts {
            members: all.filter(is_in).collect(),
            groups: story.groups[..BY_HAND].iter().map(group).collect(),
            mappings: self.mappings.iter().map(mapping).collect(),
            on: story.people.iter().map(|it| state.on.contains(it)).collect(),
        }
    }

    fn end(&self, state: &State) -> End {
        let number = |id: &str, all: &[String]| all.iter().position(|it| it == id);
        let groups: Vec<String> =
            self.story.groups[..BY_HAND].iter().map(ToString::to_string).collect();
        let mappings: Vec<String> = self.mappings.iter().map(ToString::to_string).collect();
        let of = |user: &UserId| {
            let (role, from) = state.roles.get(user).cloned().unwrap_or_default();
            let from = match from {
                Some(Source::Group(id)) => format!("group {:?}", number(&id, &groups)),
                Some(Source::Mapping(id)) => format!("mapping {:?}", number(&id, &mappings)),
                other => format!("{other:?}"),
            };
            let place = |it: &super::state::Spot| {
                let by = it.mapping.as_ref().map(|id| number(id.as_str(), &mappings));
                format!("{} {} by {by:?}", it.kind, state.entities[&it.entity].1)
            };
            let mut places: Vec<String> =
                state.places.get(user).into_iter().flatten().map(place).collect();
            places.sort_unstable();
            (role, from, places)
        };
        self.story.people.iter().map(of).collect()
    }
}

#[test]
fn the_final_state_is_independent_of_the_order_of_facts_and_decisions() {
    let mut runner = runner();
    let (mut here, mut there) = (World::new(), World::new());
    let (mut turned, mut chosen) = (0, 0);
    while turned < CASES {
        let wins = any::<[bool; 6]>().new_tree(&mut runner).unwrap().current();
        let (one, other) = (Side::begin(&here), Side::begin(&there));
        let mut told = Vec::new();
        for _ in 0..IN_ORGANIZATION {
            let orders = orders().new_tree(&mut runner).unwrap().current();
            let again = orders.turned();
            turned += usize::from(format!("{again:?}") != format!("{:?}", orders.acts));
            one.run(&orders.acts, &orders.decides[0], wins);
            other.run(&again, &orders.decides[1], wins);
            told.push(orders);
            let (a, b) = (one.story.state(), other.story.state());
            assert_eq!(one.facts(&a), other.facts(&b), "the facts are the same: {told:#?}");
            assert_eq!(one.end(&a), other.end(&b), "{wins:?} {told:#?}");
            assert_eq!((a.open().count(), b.open().count()), (0, 0), "all is decided");
            chosen += usize::from(one.story.people.iter().any(|user| a.is_chosen(user)));
        }
        here.elsewhere();
        there.elsewhere();
    }
    assert!(chosen >= CASES / 4, "decisions counted in {chosen} cases only");
}

/// Of claims of which somebody has none, each in the order of the mappings' IDs holds if none does that excludes it.
fn in_turn(claims: &[Claim]) -> BTreeSet<&MappingId> {
    let mut held: Vec<&Claim> = Vec::new();
    let in_order: BTreeMap<&MappingId, &Claim> =
        claims.iter().map(|claim| (&claim.mapping, claim)).collect();
    for claim in in_order.into_values() {
        if !held.iter().any(|it| it.excludes(claim)) {
            held.push(claim);
        }
    }
    held.into_iter().map(|it| &it.mapping).collect()
}

/// Somebody comes back to claims that began to count at one moment, whatever the order in which they were made.
#[test]
fn of_claims_of_the_same_instant_the_lower_mapping_is_current_whatever_their_order() {
    let mut runner = runner();
    let order = Just((0..BY_HAND).collect::<Vec<_>>()).prop_shuffle();
    let cases = (0..BY_HAND, order, 2..=BY_HAND);
    let mut world = World::new();
    let mut waited = 0;
    while waited < CASES {
        let side = Side::begin(&world);
        let user = &side.story.people[0];
        for g in 0..BY_HAND {
            side.story.act(Act::Join(0, g));
        }
        for _ in 0..IN_ORGANIZATION {
            let (again, approvals, many) = cases.new_tree(&mut runner).unwrap().current();
            side.story.act(Act::Active(0, false));
            // Who comes back comes last.
            side.story.act(Act::Leave(0, again));
            side.story.act(Act::Join(0, again));
            let approve = |tx: &mut Tx, id: &OrganizationId, is_approved: bool, all: &[usize]| {
                for g in all {
                    let patch =
                        MappingPatch { is_approved: Some(is_approved), ..MappingPatch::default() };
                    mappings::change(tx, id, &side.mappings[*g], patch)?;
                }
                Ok(())
            };
            let at_once = |tx: &mut Tx, id: &OrganizationId| {
                approve(tx, id, false, &approvals)?;
                approve(tx, id, true, &approvals[..many])
            };
            world.choose(at_once).unwrap();
            side.story.act(Act::Active(0, true));
            let state = side.story.state();
            let claims = state.claims(user);
            assert_eq!(claims.len(), many);
            assert!(claims.iter().all(|it| it.since == claims[0].since), "of the same instant");
            let holds: BTreeSet<&MappingId> =
                claims.iter().filter(|it| state.has(user, it)).map(|it| &it.mapping).collect();
            assert_eq!(holds, in_turn(&claims), "{again} {approvals:?}");
            for it in state.open() {
                assert!(holds.contains(&it.current_id) && !holds.contains(it.incoming()), "{it:?}");
            }
            waited += usize::from(state.open().next().is_some());
        }
        world.elsewhere();
    }
}
