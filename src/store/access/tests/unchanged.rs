//! What is decided of a mapping, and is so already.

use super::super::mappings::{self, unchanged};
use super::*;
use crate::error::Error;

/// Everything about a mapping that somebody can decide.
type Decided = (Option<String>, Option<Target>, Option<String>, MappingState, Option<String>);

fn decided(it: &Mapping) -> Decided {
    let proposed = it.proposed.as_ref().map(|it| (**it).clone());
    let flag = it.flag.map(|flag| flag.to_string());
    (it.entity_id.as_ref().map(ToString::to_string), proposed, it.role.clone(), it.state, flag)
}

impl World {
    fn is_unchanged(&self, it: &Mapping, patch: &MappingPatch) -> bool {
        let all = [(it.id.clone(), patch.clone())];
        let read = |db: &mut _| unchanged(db, self.organization(), &all);
        self.store.read_now(read).unwrap().contains(&it.id)
    }

    /// What a decision would make of a mapping; none: it is refused.
    fn would(&self, it: &Mapping, patch: &MappingPatch) -> Option<Decided> {
        let mut would = None;
        let undone: Result<()> = self.choose(|tx, of| {
            would = mappings::change(tx, of, &it.id, patch.clone()).ok().map(|it| decided(&it));
            Err(Error::Busy("nothing of it stays".to_owned()))
        });
        assert!(undone.is_err());
        would
    }
}

/// Mappings in every state, and of some their place is gone.
fn mappings_of_all_kinds(world: &World) -> Vec<Mapping> {
    let waits = NewRule { auto_approve: false, ..rule(Match::Exact, "waits", "team") };
    world.apply(vec![waits, rule(Match::Exact, "by rule", "team")]);
    let by = |name: &str| world.mapping(&world.group(name, &[]));
    let (waiting, by_rule) = (by("waits"), by("by rule"));
    for name in ["Payments", "Rejected", "Gone"] {
        world.entity("team", name);
    }
    let payments = world.group("Payments", &[]);
    let by_hand = world.try_map(&payments, "Payments", Some("admin")).unwrap();
    let refused = world.map(&world.group("refused", &[]), "Rejected");
    let refused = world.approve(&refused.id, false);
    let gone = world.group("gone", &[]);
    world.map(&gone, "Gone");
    world.choose(|tx, id| entities::delete(tx, id, "Gone")).unwrap();
    let role = NewMapping {
        group: world.group("role", &[]),
        application: None,
        place: Place::Nowhere,
        role: Some("admin".to_owned()),
    };
    let role = world.choose(|tx, id| mappings::create(tx, id, role)).unwrap();
    vec![waiting, by_rule, by_hand, refused, world.mapping(&gone), role]
}

#[test]
fn what_is_decided_of_a_mapping_is_no_change_exactly_if_the_mapping_is_that_already() {
    let world = World::new();
    let all = mappings_of_all_kinds(&world);
    let named = |name: Option<&str>| {
        Some(Place::Named { kind: "team".to_owned(), name: name.map(str::to_owned) })
    };
    let places = [
        None,
        Some(Place::Nowhere),
        Some(Place::Key("Payments".to_owned())),
        Some(Place::Key("Rejected".to_owned())),
        named(None),
        named(Some("PAYMENTS")),
        Some(Place::Named { kind: "concurrency_group".to_owned(), name: None }),
    ];
    let roles = [None, Some(None), Some(Some("admin".to_owned())), Some(Some("user".to_owned()))];
    let (mut same, mut other) = (0, 0);
    for it in &all {
        for is_approved in [None, Some(true), Some(false)] {
            for place in &places {
                for role in &roles {
                    let (place, role) = (place.clone(), role.clone());
                    let patch = MappingPatch { is_approved, place, role };
                    let Some(made) = world.would(it, &patch) else { continue };
                    let is_same = made == decided(it);
                    assert_eq!(world.is_unchanged(it, &patch), is_same, "{patch:?} of {it:?}");
                    if is_same { same += 1 } else { other += 1 }
                }
            }
        }
    }
    assert!(same > 30 && other > 300, "{same} and {other} were looked at");
}

#[test]
fn what_is_decided_of_a_mapping_that_is_gone_is_a_change() {
    let mut world = World::new();
    let mapping = world.map(&world.group("eng", &[]), &world.entity("team", "Eng").key);
    let approve = MappingPatch { is_approved: Some(true), ..MappingPatch::default() };
    assert!(world.is_unchanged(&mapping, &approve));
    world.elsewhere();
    assert!(!world.is_unchanged(&mapping, &approve), "it is another organization's");
}
