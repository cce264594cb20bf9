//! Rules: which mappings they make, and which they leave alone.

use super::super::preview::{self, Asked};
use super::*;
use crate::store::testing::refused;

#[test]
fn a_rule_without_auto_approve_makes_a_pending_mapping_with_a_proposed_target() {
    let world = World::new();
    world.apply(vec![NewRule { auto_approve: false, ..rule(Match::Exact, "ENG", "team") }]);
    let ann = world.person("ann");
    let group = world.group("eng", &[&ann]);
    let mapping = world.mapping(&group);
    assert_eq!((mapping.state, mapping.entity_id.clone()), (MappingState::Pending, None));
    assert_eq!(mapping.proposed.as_ref().unwrap().kind, "team");
    assert_eq!(world.has(&ann), has("user", &[]), "only approved ones place members");
    world.approve(&mapping.id, true);
    assert_eq!(world.has(&ann), has("user", &["eng"]));
}

#[test]
fn no_rule_matches_no_mapping() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng-", "team")]);
    let group = world.group("sales", &[]);
    assert_eq!(world.mappings(&group).len(), 0);
}

#[test]
fn the_highest_priority_is_first_and_the_first_match_wins() {
    let world = World::new();
    world.apply(vec![
        rule(Match::All, "", "team"),
        NewRule {
            priority: 9,
            role: Some("guest".to_owned()),
            ..rule(Match::Regex, "pay", "concurrency_group")
        },
    ]);
    let ann = world.person("ann");
    world.group("eng-payments", &[&ann]);
    assert_eq!(world.has(&ann), has("guest", &["eng-payments"]));
    assert_eq!(world.because(&ann)[0], "guest: group eng-payments, rule 2");
}

#[test]
fn rules_never_overwrite_an_existing_mapping_and_run_on_demand_for_groups_without_one() {
    let world = World::new();
    let ann = world.person("ann");
    let (one, two, three) =
        (world.group("one", &[&ann]), world.group("two", &[&ann]), world.group("three", &[&ann]));
    world.entity("team", "Payments");
    world.map(&one, "Payments");
    world.entity("team", "Old");
    let rejected = world.map(&three, "Old");
    world.approve(&rejected.id, false);
    let set = world.apply(vec![rule(Match::All, "", "team")]);
    assert_eq!(*set.effect, json!({ "mappings": 1, "people": 1 }));
    assert_eq!(world.mappings(&one).len(), 1);
    assert_eq!(world.mapping(&three).state, MappingState::Rejected, "a person said no");
    assert_eq!(world.mapping(&two).state, MappingState::AutoApproved);
    assert_eq!(world.has(&ann), has("user", &["Payments", "two"]));
    let again = world.choose(super::super::run_rules).unwrap();
    assert_eq!((again.mappings, again.people), (0, 0));
}

#[test]
fn an_entity_type_without_auto_create_is_never_made_by_a_rule() {
    let world = World::new();
    world.apply(vec![rule(Match::All, "", "sub_organization")]);
    let eu = world.group("EU", &[]);
    let mapping = world.mapping(&eu);
    assert_eq!(
        (mapping.state, mapping.flag),
        (MappingState::Pending, Some(mappings::Flag::TargetMissing))
    );
    world.entity("sub_organization", "US");
    let us = world.group("us", &[]);
    assert_eq!(world.mapping(&us).state, MappingState::AutoApproved);
}

#[test]
fn an_entity_of_another_group_is_not_taken_but_an_alert_is_raised() {
    let world = World::new();
    world.entity("team", "Payments");
    let owner = world.group("owner", &[]);
    world.map(&owner, "Payments");
    world.apply(vec![rule(Match::All, "", "team")]);
    let group = world.group("payments", &[]);
    let mapping = world.mapping(&group);
    assert_eq!(
        (mapping.state, mapping.flag),
        (MappingState::Pending, Some(mappings::Flag::TargetTaken))
    );
    assert_eq!(world.alerts(), [alerts::AlertKind::TargetTaken]);
}

#[test]
fn rules_that_cannot_be_are_refused_field_by_field() {
    let world = World::new();
    let wrong =
        |rule: NewRule| refused(world.choose(|tx, id| rule_sets::apply(tx, id, vec![rule], None)));
    assert_eq!(wrong(rule(Match::Regex, "(", "team")), "/rules/0/pattern invalid");
    assert_eq!(wrong(rule(Match::All, "", "planet")), "/rules/0/targets unknown_type");
    let role = Some("boss".to_owned());
    assert_eq!(
        wrong(NewRule { role, ..rule(Match::All, "", "team") }),
        "/rules/0/role unknown_role"
    );
    let gone = Some(crate::store::EntityId::new().to_string());
    let targets = vec![Target { kind: "team".to_owned(), entity: gone }];
    let entity = NewRule { targets, ..rule(Match::All, "", "team") };
    assert_eq!(wrong(entity), "/rules/0/targets/0/entity not_found");
}

#[test]
fn a_preview_tells_who_gains_and_loses_and_writes_nothing() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let eng = world.group("eng", &[&ann, &bob]);
    let asked = Asked { rules: Some(vec![rule(Match::All, "", "team")]), ..Asked::default() };
    let now = world.store.clock().now();
    let told = |asked: Asked| {
        world
            .store
            .read_now(|db| {
                preview::preview(db, world.organization(), asked, now, &mut |_, _| Ok(()))
            })
            .unwrap()
    };
    let seen = told(asked);
    assert_eq!((seen.mappings, seen.gain, seen.lose, seen.same), (1, 2, 0, 0));
    assert_eq!(seen.people[0].after.entities, [("team".to_owned(), "eng".to_owned())]);
    assert_eq!(seen.people[0].because[1], "team eng: group eng, rule 1");
    assert_eq!(world.mappings(&eng).len(), 0);
    let rules = vec![rule(Match::All, "", "team")];
    let version = seen.version;
    world.choose(|tx, id| rule_sets::apply(tx, id, rules, Some(&version))).unwrap();
    assert_eq!(world.has(&ann), has("user", &["eng"]));
    let mapping = world.mapping(&eng).id;
    let one = |patch: MappingPatch| Asked {
        mappings: vec![(mapping.clone(), patch)],
        ..Asked::default()
    };
    let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
    let lost = told(one(reject));
    assert_eq!((lost.gain, lost.lose, lost.people[0].is_loss), (0, 2, true));
    // What would be if it led elsewhere, and gave more.
    let place = Some(Place::Named { kind: "team".to_owned(), name: Some("Payments".to_owned()) });
    let role = Some(Some("admin".to_owned()));
    let moved = told(one(MappingPatch { place, role, ..MappingPatch::default() }));
    assert_eq!((moved.gain, moved.lose, moved.role), (2, 0, 2));
    assert_eq!(moved.people[0].after.entities, [("team".to_owned(), "Payments".to_owned())]);
    assert_eq!(moved.people[0].after.role.as_deref(), Some("admin"));
    let refuse = |patch: MappingPatch| {
        refused(world.store.read_now(|db| {
            preview::preview(db, world.organization(), one(patch), now, &mut |_, _| Ok(()))
        }))
    };
    let to = |key: &str| MappingPatch {
        place: Some(Place::Key(key.to_owned())),
        ..MappingPatch::default()
    };
    assert_eq!(refuse(to("nowhere")), "no entity");
    let ops = world.group("ops", &[]);
    let theirs = world.mapping(&ops).entity_id.unwrap();
    assert_eq!(refuse(to(theirs.as_str())), "entity_owned");
    assert_eq!(world.has(&ann), has("user", &["eng"]), "nothing is written");
}

#[test]
fn a_preview_is_applied_only_to_what_it_was_made_on() {
    let world = World::new();
    let (ann, eng) = (world.person("ann"), world.group("eng", &[]));
    let version =
        || world.store.read_now(|db| rule_sets::version(db, world.organization())).unwrap();
    let seen = version();
    world.store.clock().advance(chrono::TimeDelta::seconds(1));
    world.add(&eng, &ann);
    assert_ne!(version(), seen);
    let rules = vec![rule(Match::All, "", "team")];
    let stale = world.choose(|tx, id| rule_sets::apply(tx, id, rules, Some(&seen)));
    assert!(matches!(stale, Err(crate::error::Error::Stale(_))));
}

#[test]
fn each_applied_set_is_kept_with_its_author_and_effect() {
    let world = World::new();
    world.group("eng", &[]);
    let first = world.apply(vec![rule(Match::All, "", "team")]);
    let id = first.rules[0].id.parse().ok();
    world.apply(vec![NewRule { id, priority: 3, ..rule(Match::All, "", "team") }]);
    let history = world.store.read_now(|db| rule_sets::history(db, world.organization())).unwrap();
    let told: Vec<(i64, &str)> =
        history.iter().map(|set| (set.version, set.author.as_str())).collect();
    assert_eq!(told, [(2, "cli:sam"), (1, "cli:sam")]);
    assert_eq!(history[1].effect["mappings"], 1);
    assert_eq!(history[0].rules[0].created_at, first.rules[0].created_at);
}

#[test]
fn what_was_previewed_is_done_in_its_order_or_not_at_all() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let (eng, ops) = (world.group("eng", &[&ann]), world.group("ops", &[&bob]));
    world.entity("team", "Payments");
    let owned = world.map(&ops, "Payments").id;
    let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
    let new = NewMapping {
        group: eng,
        application: None,
        place: Place::Key("Payments".to_owned()),
        role: Some("admin".to_owned()),
    };
    let asked = Asked {
        rules: Some(vec![rule(Match::Exact, "sales", "team")]),
        mappings: vec![(owned, reject)],
        new_mappings: vec![new],
    };
    let now = world.store.clock().now();
    let ask = |asked: Asked| {
        let of = world.organization();
        world.store.read_now(|db| preview::preview(db, of, asked, now, &mut |_, _| Ok(())))
    };
    // The place is free only once the other group has lost it.
    let alone = Asked { new_mappings: asked.new_mappings.clone(), ..Asked::default() };
    assert_eq!(refused(ask(alone)), "entity_owned");
    let seen = ask(asked.clone()).unwrap();
    assert_eq!((seen.gain, seen.lose, seen.role), (1, 1, 1));
    assert_eq!(seen.people[1].because[1], "team Payments: group eng, by hand");
    let apply = |asked: Asked| world.choose(|tx, id| preview::apply(tx, id, asked, &seen.version));
    apply(asked.clone()).unwrap();
    assert_eq!((world.has(&ann), world.has(&bob)), (has("admin", &["Payments"]), has("user", &[])));
    assert!(matches!(apply(asked), Err(crate::error::Error::Stale(_))));
}

#[test]
fn more_than_ten_people_or_a_tenth_of_all_have_to_be_meant() {
    let world = World::new();
    let much = |lose| {
        let of = world.organization();
        world.store.read_now(|db| preview::takes_much(db, of, lose)).unwrap()
    };
    let join = |n: usize| world.person(&format!("p{n}"));
    (0..9).map(join).for_each(drop);
    assert_eq!((much(0), much(1)), (false, true), "one of nine is more than a tenth");
    join(9);
    assert_eq!((much(1), much(2)), (false, true));
    (10..120).map(join).for_each(drop);
    assert_eq!((much(10), much(11)), (false, true));
}
