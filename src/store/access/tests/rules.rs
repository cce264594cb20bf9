//! Rules: which mappings they make, and which they leave alone.

use super::super::preview;
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
fn a_place_that_is_deleted_while_its_group_is_gone_is_not_made_again_with_it() {
    let world = World::new();
    world.apply(vec![rule(Match::All, "", "team")]);
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    let key = world.mapping(&eng).entity_id.unwrap().to_string();
    world.delete(&eng);
    world.choose(|tx, id| entities::delete(tx, id, &key)).unwrap();
    assert_eq!(world.group("eng", &[&ann]), eng);
    let mapping = world.mapping(&eng);
    assert_eq!(mapping.state, MappingState::Pending);
    assert_eq!(mapping.flag, Some(mappings::Flag::TargetDeleted));
    assert_eq!(world.has(&ann), has("user", &[]));
}

#[test]
fn a_deleted_place_is_not_made_again_when_its_group_comes_back_before_a_person_picks_one() {
    let world = World::new();
    world.apply(vec![rule(Match::All, "", "team")]);
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    let key = world.mapping(&eng).entity_id.unwrap().to_string();
    world.choose(|tx, id| entities::delete(tx, id, &key)).unwrap();
    let stand = || (world.mapping(&eng).state, world.mapping(&eng).flag);
    let waits = (MappingState::Pending, Some(mappings::Flag::TargetDeleted));
    assert_eq!(stand(), waits);
    for _ in 0..2 {
        world.delete(&eng);
        assert_eq!(stand(), (MappingState::Rejected, waits.1), "rejected, and not forgotten");
        let approve = MappingPatch { is_approved: Some(true), ..MappingPatch::default() };
        let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
        for patch in [approve, reject] {
            assert_eq!(
                refused(world.decide_mapping(&world.mapping(&eng).id, patch)),
                "group_deleted"
            );
        }
        assert_eq!(world.group("eng", &[&ann]), eng);
        assert_eq!((stand(), world.has(&ann)), (waits, has("user", &[])));
        // Nor do rules that are run, or a preview of that.
        assert_eq!(world.choose(super::super::run_rules).unwrap().mappings, 0);
        let rules = Some(vec![rule(Match::All, "", "team")]);
        let asked = preview::Asked { rules, ..preview::Asked::default() };
        let seen = world.apply_as_previewed(&asked).unwrap();
        assert_eq!((seen.mappings, seen.gain, stand()), (0, 0, waits));
    }
    let place = Some(Place::Named { kind: "team".to_owned(), name: None });
    let pick = MappingPatch { place, ..MappingPatch::default() };
    world.decide_mapping(&world.mapping(&eng).id, pick).unwrap();
    assert_eq!(world.has(&ann), has("user", &["eng"]));
    world.delete(&eng);
    world.group("eng", &[&ann]);
    assert_eq!(world.has(&ann), has("user", &["eng"]), "somebody has picked one: a rule may again");
}

#[test]
fn the_other_places_of_a_group_come_back_with_it_though_one_was_deleted() {
    let world = World::new();
    let target = |kind: &str| Target { kind: kind.to_owned(), entity: None };
    let targets = vec![target("team"), target("concurrency_group")];
    world.apply(vec![NewRule { targets, ..rule(Match::All, "", "team") }]);
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    assert_eq!(world.has(&ann), has("user", &["eng", "eng"]));
    let team = world.mappings(&eng)[0].entity_id.clone().unwrap().to_string();
    world.choose(|tx, id| entities::delete(tx, id, &team)).unwrap();
    assert_eq!(world.because(&ann)[1].split(':').next(), Some("concurrency_group eng"));
    world.delete(&eng);
    world.group("eng", &[&ann]);
    assert_eq!(world.because(&ann)[1].split(':').next(), Some("concurrency_group eng"));
    let all = world.mappings(&eng);
    let flags: Vec<_> = all.iter().map(|it| (it.state, it.flag)).collect();
    let waits = (MappingState::Pending, Some(mappings::Flag::TargetDeleted));
    assert_eq!(flags, [waits, (MappingState::AutoApproved, None)]);
    let asked = preview::Asked::default();
    assert_eq!(world.apply_as_previewed(&asked).unwrap().mappings, 0);
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
    let targets = vec![Target { kind: "team".to_owned(), entity: None }; 2];
    let twice = NewRule { targets, ..rule(Match::All, "", "team") };
    assert_eq!(wrong(twice), "/rules/0/targets duplicate");
    let gone = Some(crate::store::EntityId::new().to_string());
    let targets = vec![Target { kind: "team".to_owned(), entity: gone }];
    let entity = NewRule { targets, ..rule(Match::All, "", "team") };
    assert_eq!(wrong(entity), "/rules/0/targets/0/entity not_found");
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
fn sets_are_kept_as_long_as_events_and_the_newest_200_however_old() {
    use crate::store::clean_up::{Retention, Task};
    let world = World::new();
    let day = chrono::TimeDelta::days;
    let retention =
        Retention { traces: day(30), events: day(400), requests: day(30), removed: day(30) };
    let clean = || world.store.system(|tx| Task::RuleSets.run(tx, retention));
    let apply = |n: usize| (0..n).for_each(|_| drop(world.apply(vec![])));
    let kept = || {
        let all = |db: &mut _| rule_sets::before(db, world.organization(), None, 1_000);
        let all = world.store.read_now(all).unwrap();
        (all.len(), all.last().map(|set| set.version))
    };
    apply(205);
    assert_eq!((clean(), kept()), (0, (205, Some(1))), "they are young");
    world.store.clock().advance(day(400));
    assert_eq!((clean(), kept()), (5, (200, Some(6))));
    apply(3);
    assert_eq!((clean(), kept()), (3, (200, Some(9))));
    world.store.clock().advance(day(399));
    apply(250);
    world.store.clock().advance(day(2));
    assert_eq!((clean(), kept()), (200, (250, Some(209))), "those that are young are more");
    assert_eq!(clean(), 0);
}
