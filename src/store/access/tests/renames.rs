//! A group that is renamed loses nobody.

use super::*;

#[test]
fn an_entity_with_follow_rename_is_renamed_with_its_group() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng", "team")]);
    let ann = world.person("ann");
    let group = world.group("eng-pay", &[&ann]);
    world.rename(&group, "eng-payments");
    assert_eq!(world.has(&ann), has("user", &["eng-payments"]));
    assert_eq!(world.mapping(&group).flag, None);
}

#[test]
fn an_entity_of_that_name_keeps_its_name_and_an_alert_is_raised_and_the_request_succeeds() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng", "team")]);
    world.entity("team", "eng-2");
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "eng-2");
    assert_eq!(world.has(&ann), has("user", &["eng-1"]));
    assert_eq!(world.alerts(), [alerts::AlertKind::NameTaken]);
}

#[test]
fn a_mapping_made_by_hand_stays_as_it_is() {
    let world = World::new();
    let ann = world.person("ann");
    let group = world.group("eng", &[&ann]);
    world.entity("team", "Payments");
    world.map(&group, "Payments");
    world.apply(vec![rule(Match::Prefix, "ops", "team")]);
    world.rename(&group, "ops");
    assert_eq!(world.mapping(&group).state, MappingState::Approved);
    assert_eq!(world.has(&ann), has("user", &["Payments"]));
}

#[test]
fn if_another_rule_matches_it_goes_back_to_pending_with_its_members_kept_until_decided() {
    let world = World::new();
    let ops = NewRule {
        role: Some("guest".to_owned()),
        ..rule(Match::Prefix, "ops", "concurrency_group")
    };
    world.apply(vec![rule(Match::Prefix, "eng", "team"), ops]);
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "ops-1");
    let mapping = world.mapping(&group);
    assert_eq!(
        (mapping.state, mapping.flag),
        (MappingState::Pending, Some(mappings::Flag::RuleChanged))
    );
    assert_eq!(world.has(&ann), has("user", &["ops-1"]), "kept in place, under the new name");
    assert_eq!(world.because(&ann)[1].split(':').next(), Some("team ops-1"));
    world.approve(&mapping.id, true);
    assert_eq!(world.because(&ann)[1].split(':').next(), Some("concurrency_group ops-1"));
    assert_eq!(
        world.because(&ann)[0],
        "guest: group ops-1, rule 2",
        "the role, too, is the new rule's"
    );
}

#[test]
fn a_group_that_gets_its_name_back_is_where_it_was() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng", "team"), rule(Match::Prefix, "ops", "team")]);
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "ops-1");
    world.rename(&group, "eng-1");
    let mapping = world.mapping(&group);
    assert_eq!((mapping.state, mapping.flag), (MappingState::AutoApproved, None));
    assert_eq!(world.because(&ann)[1], "team eng-1: group eng-1, rule 1");
}

#[test]
fn if_none_matches_it_stays_flagged_and_the_flag_goes_when_the_rule_matches_again() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng", "team")]);
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "sales");
    assert_eq!(world.mapping(&group).flag, Some(mappings::Flag::RuleNoLongerMatches));
    assert_eq!(world.has(&ann), has("user", &["sales"]));
    world.rename(&group, "eng-2");
    assert_eq!(world.mapping(&group).flag, None);
    assert_eq!(world.has(&ann), has("user", &["eng-2"]));
}

#[test]
fn a_group_that_is_renamed_twice_waits_for_the_place_of_its_last_name() {
    let world = World::new();
    let ann = world.person("ann");
    let to = |pattern: &str, entity: &Entity| {
        let target = Target { kind: "team".to_owned(), entity: Some(entity.id.to_string()) };
        NewRule { targets: vec![target], ..rule(Match::Prefix, pattern, "team") }
    };
    let [a, b, c] = ["A", "B", "C"].map(|name| world.entity("team", name));
    world.apply(vec![to("a-", &a), to("b-", &b), to("c-", &c)]);
    let group = world.group("a-1", &[&ann]);
    assert_eq!(world.has(&ann), has("user", &["A"]));
    world.rename(&group, "b-1");
    world.rename(&group, "c-1");
    assert_eq!(world.has(&ann), has("user", &["A"]), "nobody is lost");
    world.approve(&world.mapping(&group).id, true);
    assert_eq!(world.has(&ann), has("user", &["C"]));
}
