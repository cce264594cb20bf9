//! What directories and the operator do in one organization, told at random.

use super::super::*;
use crate::store::access::holds::{self, Which};
use crate::store::schema as table;
use diesel::prelude::*;
use proptest::prelude::*;
use proptest::strategy::Union;

pub(super) const PEOPLE: usize = 3;
/// How many groups are led somewhere by hand. The others are led by rules alone.
pub(super) const BY_HAND: usize = 4;
const GROUPS: usize = 6;
/// The type of the place to which a person leads each group.
const KINDS: [&str; GROUPS] = [
    "concurrency_group",
    "concurrency_group",
    "sub_organization",
    "team",
    "concurrency_group",
    "team",
];

/// Something that happens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
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
    /// A place of a group is deleted, whoever made it.
    DropPlace(usize),
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

/// What a story is about: the acts that concern it are frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Anything,
    Collisions,
    Roles,
    Names,
    Targets,
}

impl About {
    pub(super) fn act(self) -> impl Strategy<Value = Act> {
        let (person, group) = (0..PEOPLE, 0..GROUPS);
        let of = (person.clone(), group.clone());
        // How frequent each is in stories about anything, collisions, roles, names and targets.
        let acts = [
            ([6, 14, 10, 8, 3], of.clone().prop_map(|(p, g)| Act::Join(p, g)).boxed()),
            ([3, 5, 6, 1, 0], of.prop_map(|(p, g)| Act::Leave(p, g)).boxed()),
            (
                [1, 0, 0, 12, 6],
                (group.clone(), 0..3_usize).prop_map(|(g, n)| Act::Rename(g, n)).boxed(),
            ),
            ([1, 1, 1, 0, 2], group.clone().prop_map(Act::Delete).boxed()),
            (
                [2, 4, 1, 1, 0],
                (person, prop::bool::weighted(0.6)).prop_map(|(p, on)| Act::Active(p, on)).boxed(),
            ),
            (
                [1, 0, 8, 0, 0],
                (group.clone(), 0..4_usize).prop_map(|(g, n)| Act::Roles(g, n)).boxed(),
            ),
            ([1, 1, 1, 0, 0], group.clone().prop_map(Act::Reject).boxed()),
            ([1, 4, 2, 2, 1], group.clone().prop_map(Act::Approve).boxed()),
            ([2, 2, 1, 1, 0], any::<bool>().prop_map(Act::Decide).boxed()),
            ([1, 0, 0, 0, 1], group.clone().prop_map(Act::DropEntity).boxed()),
            ([1, 0, 0, 1, 4], group.clone().prop_map(Act::DropPlace).boxed()),
            ([1, 0, 0, 1, 6], Just(Act::Run).boxed()),
            ([1, 0, 0, 3, 4], (0..6_usize).prop_map(Act::Rules).boxed()),
            ([2, 2, 3, 1, 6], group.clone().prop_map(Act::Push).boxed()),
            ([1, 1, 0, 3, 1], group.prop_map(Act::Pick).boxed()),
            ([1, 0, 0, 0, 0], any::<bool>().prop_map(Act::Let).boxed()),
        ];
        let weighed = acts.into_iter().map(|(frequent, act)| (frequent[self as usize], act));
        Union::new_weighted(weighed.filter(|(weight, _)| *weight > 0).collect())
    }
}

/// One organization of a story.
pub(super) struct Story<'a> {
    pub(super) world: &'a World,
    pub(super) people: Vec<UserId>,
    pub(super) groups: Vec<GroupId>,
}

impl<'a> Story<'a> {
    pub(super) fn begin(world: &'a World) -> Self {
        let people: Vec<UserId> = (0..PEOPLE).map(|n| world.person(&format!("p{n}"))).collect();
        // Somebody always has the highest role, so that nobody is held in it.
        let boss = world.person("boss");
        let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";
        let body = json!({ "displayName": "bosses", urn: { "roles": ["admin"] } });
        world.group_with(body, &[&boss]);
        // Whoever is in no concurrency group is in this one.
        let home = NewEntity {
            kind: "concurrency_group".to_owned(),
            name: "home".to_owned(),
            external_id: None,
            is_default: true,
        };
        world.put("home", home);
        let mut groups = Vec::new();
        for (n, kind) in KINDS.iter().enumerate() {
            let group = world.group(&format!("g{n}"), &[]);
            if n < BY_HAND {
                world.entity(kind, &format!("e{n}"));
                world.map(&group, &format!("e{n}"));
            }
            groups.push(group);
        }
        Self { world, people, groups }
    }

    pub(super) fn act(&self, act: Act) {
        let world = self.world;
        let lives = |group: &GroupId| self.row(group).deleted_at.is_none();
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
                let roles = [json!([]), json!(["guest"]), json!(["user"]), json!(["admin"])];
                let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group:roles";
                world.change(
                    &self.groups[g],
                    json!([{ "op": "replace", "path": urn, "value": roles[n] }]),
                );
            }
            Act::Reject(g) if lives(&self.groups[g]) => {
                let is_left =
                    |it: &Mapping| it.state != MappingState::Rejected || it.flag.is_some();
                if let Some(mapping) = self.first(g, is_left) {
                    world.approve(&mapping.id, false);
                }
            }
            Act::Approve(g) if lives(&self.groups[g]) => {
                let is_left = |it: &Mapping| it.state != MappingState::Approved && !it.is_blocked();
                if let Some(mapping) = self.first(g, is_left) {
                    let patch = MappingPatch { is_approved: Some(true), ..MappingPatch::default() };
                    // Its place may be another mapping's by now.
                    let _refused = world.decide_mapping(&mapping.id, patch);
                }
            }
            Act::Decide(incoming) => self.decide(incoming),
            Act::DropEntity(g) => {
                let key = format!("e{g}");
                let there =
                    world.store.read_now(|db| entities::find_key(db, world.organization(), &key));
                if there.is_ok() {
                    world.choose(|tx, id| entities::delete(tx, id, &key)).unwrap();
                }
            }
            Act::DropPlace(g) => {
                let place = self.first(g, |it| it.entity_id.is_some());
                if let Some(id) = place.and_then(|it| it.entity_id) {
                    let of = world.organization();
                    let key = world.store.read_now(|db| entities::find(db, of, &id)).unwrap().key;
                    world.choose(|tx, id| entities::delete(tx, id, &key)).unwrap();
                }
            }
            Act::Run => {
                world.choose(crate::store::access::run_rules).unwrap();
            }
            Act::Rules(n) => drop(world.apply(rules(n))),
            Act::Push(g) if !lives(&self.groups[g]) => {
                let name = self.row(&self.groups[g]).display_name;
                assert_eq!(world.group(&name, &[]), self.groups[g]);
            }
            Act::Pick(g) if lives(&self.groups[g]) => {
                if let Some(mapping) = self.first(g, Mapping::is_blocked) {
                    let place = Some(Place::Named { kind: KINDS[g].to_owned(), name: None });
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

    /// The first such mapping of a group. An act is about one of them, as somebody does one thing after the other.
    fn first(&self, g: usize, is_such: impl Fn(&Mapping) -> bool) -> Option<Mapping> {
        self.world.mappings(&self.groups[g]).into_iter().find(|it| is_such(it))
    }

    /// Decides the oldest open conflict.
    fn decide(&self, is_incoming: bool) {
        let Some(conflict) = self.world.conflicts().pop() else { return };
        let before = self.all();
        let choice = if is_incoming { Choice::Incoming } else { Choice::Current };
        self.world.decide(&conflict, choice);
        if !is_incoming {
            assert_eq!(self.all(), before, "keeping what they have changes nothing");
        }
    }

    pub(super) fn all(&self) -> Vec<Has> {
        self.people.iter().map(|it| self.world.has(it)).collect()
    }

    /// A group, removed or not.
    fn row(&self, group: &GroupId) -> groups::Group {
        self.world.store.read_now(|db| Ok(table::groups::table.find(group).first(db)?)).unwrap()
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
        4 => {
            vec![rule(Match::Prefix, "g1", "concurrency_group"), rule(Match::Regex, "-2$", "team")]
        }
        // Whatever a group is called some rule leads it somewhere, and by another name another one.
        _ => vec![
            rule(Match::Regex, "-1$", "concurrency_group"),
            rule(Match::Regex, "-2$", "team"),
            rule(Match::All, "", "team"),
        ],
    }
}
