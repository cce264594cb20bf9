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
fn an_entity_whose_new_name_was_taken_once_follows_the_next_rename() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng", "team")]);
    world.entity("team", "eng-2");
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "eng-2");
    assert_eq!(world.has(&ann), has("user", &["eng-1"]));
    world.rename(&group, "eng-3");
    assert_eq!(world.has(&ann), has("user", &["eng-3"]));
    assert_eq!(world.alerts(), [], "it has the name of its group");
}

/// A group that was renamed to “eng-2”, which another team is called; its own team is “eng-1” still.
fn in_the_way(world: &World) -> GroupId {
    world.apply(vec![rule(Match::Prefix, "eng", "team")]);
    world.entity("team", "eng-2");
    world.entity("team", "Payments");
    let group = world.group("eng-1", &[&world.person("ann")]);
    world.rename(&group, "eng-2");
    assert_eq!(world.alerts(), [alerts::AlertKind::NameTaken]);
    group
}

fn delete_entity(world: &World, key: &str) {
    world.choose(|tx, id| entities::delete(tx, id, key)).unwrap();
}

fn call_it(world: &World, key: &str, name: &str) {
    let (kind, name) = ("team".to_owned(), name.to_owned());
    world.put(key, NewEntity { kind, name, external_id: None, is_default: false });
}

#[test]
fn that_a_name_is_taken_is_over_once_it_is_free_or_nothing_wants_it_any_more() {
    type Act = fn(&World, &GroupId);
    let acts: [(&str, Act); 9] = [
        ("the other one is renamed", |world, _| call_it(world, "eng-2", "Other")),
        ("the other one is deleted", |world, _| delete_entity(world, "eng-2")),
        ("the other one is renamed with its own group", |world, _| {
            let other = world.group("ops", &[]);
            world.map(&other, "eng-2");
            world.rename(&other, "ops-2");
        }),
        ("the mapping is rejected", |world, group| {
            world.approve(&world.mapping(group).id, false);
        }),
        ("the mapping leads elsewhere", |world, group| {
            let place = Some(Place::Key("Payments".to_owned()));
            let patch = MappingPatch { place, ..MappingPatch::default() };
            world.decide_mapping(&world.mapping(group).id, patch).unwrap();
        }),
        ("the group has its former name", |world, group| world.rename(group, "eng-1")),
        ("the group has a name that is free", |world, group| world.rename(group, "eng-3")),
        ("the directory deletes the group", |world, group| world.delete(group)),
        ("a person removes the group", |world, group| world.take_away(group).unwrap()),
    ];
    for (what, act) in acts {
        let world = World::new();
        let group = in_the_way(&world);
        act(&world, &group);
        assert_eq!(world.alerts(), [], "{what}");
        let (kind, about) = world.last_closed();
        assert_eq!((kind.as_str(), &about["group_id"]), ("name_taken", &json!(group)), "{what}");
        let closed = world.told().into_iter().filter(|kind| kind == "access.alert_closed").count();
        assert_eq!(closed, 1, "{what}");
    }
}

#[test]
fn that_a_name_is_taken_is_over_with_the_place_that_wanted_it() {
    let world = World::new();
    let group = in_the_way(&world);
    let key = world.mapping(&group).entity_id.unwrap().to_string();
    delete_entity(&world, &key);
    assert_eq!(world.alerts(), [alerts::AlertKind::TargetDeleted]);
    assert_eq!(world.last_closed().0, "name_taken");
}

#[test]
fn that_a_name_is_taken_stays_told_as_long_as_it_is() {
    let world = World::new();
    let group = in_the_way(&world);
    world.entity("team", "eng-3");
    call_it(&world, "Payments", "Billing");
    world.add(&group, &world.person("bob"));
    let other = world.group("sales", &[]);
    world.map(&other, "Payments");
    world.rename(&other, "marketing");
    world.delete(&other);
    // Another name that is taken as well is the same alert.
    world.rename(&group, "eng-3");
    assert_eq!(world.alerts(), [alerts::AlertKind::NameTaken]);
    assert!(!world.told().contains(&"access.alert_closed".to_owned()));
    delete_entity(&world, "eng-2");
    assert_eq!(world.alerts(), [alerts::AlertKind::NameTaken], "it is another one now");
    delete_entity(&world, "eng-3");
    assert_eq!(world.alerts(), []);
}

#[test]
fn an_entity_with_follow_rename_is_renamed_with_its_group_whatever_it_is_called() {
    let world = World::new();
    let ann = world.person("ann");
    let group = world.group("eng-payments", &[&ann]);
    world.entity("team", "Payments");
    world.entity("sub_organization", "EU");
    world.map(&group, "Payments");
    world.map(&group, "EU");
    world.rename(&group, "eng-billing");
    assert_eq!(world.has(&ann), has("user", &["EU", "eng-billing"]), "its type says so, or not");
}

#[test]
fn of_several_entities_of_one_type_one_has_the_name_of_the_group() {
    let world = World::new();
    let ann = world.person("ann");
    let group = world.group("eng", &[&ann]);
    world.entity("team", "Ledger");
    world.entity("team", "eng");
    world.map(&group, "Ledger");
    world.map(&group, "eng");
    world.rename(&group, "ops");
    assert_eq!(world.has(&ann), has("user", &["Ledger", "ops"]), "first the one of its name");
    assert_eq!(world.alerts(), [alerts::AlertKind::NameTaken]);
}

#[test]
fn a_mapping_made_by_hand_stays_and_its_entity_follows() {
    let world = World::new();
    let ann = world.person("ann");
    let group = world.group("eng", &[&ann]);
    world.entity("team", "Payments");
    world.map(&group, "Payments");
    world.apply(vec![rule(Match::Prefix, "ops", "team")]);
    world.rename(&group, "ops");
    assert_eq!(
        (world.mapping(&group).state, world.mapping(&group).flag),
        (MappingState::Approved, None)
    );
    assert_eq!(world.has(&ann), has("user", &["ops"]));
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
    assert_eq!(world.because(&ann)[1], "team c-1: group c-1, rule 1", "nobody is lost");
    world.approve(&world.mapping(&group).id, true);
    assert_eq!(world.has(&ann), has("user", &["C"]));
}

/// A rule that gives the place of the group's name of several types.
fn several(pattern: &str, kinds: &[&str]) -> NewRule {
    let target = |kind: &&str| Target { kind: (*kind).to_owned(), entity: None };
    NewRule { targets: kinds.iter().map(target).collect(), ..rule(Match::Prefix, pattern, "team") }
}

#[test]
fn each_place_of_the_groups_name_is_renamed_with_it_or_an_alert_is_raised_for_it() {
    let world = World::new();
    world.apply(vec![several("eng", &["team", "concurrency_group"])]);
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    assert_eq!(world.has(&ann), has("user", &["eng-1", "eng-1"]));
    world.rename(&group, "eng-2");
    assert_eq!(world.has(&ann), has("user", &["eng-2", "eng-2"]));
    assert_eq!(world.alerts(), []);
    // One name is taken: the other place is renamed all the same.
    world.entity("team", "eng-3");
    world.rename(&group, "eng-3");
    assert_eq!(world.has(&ann), has("user", &["eng-2", "eng-3"]));
    assert_eq!(world.alerts(), [alerts::AlertKind::NameTaken]);
    // Both are: each is told.
    let other = world.group("ops-1", &[]);
    for kind in ["team", "concurrency_group"] {
        world.put(
            &format!("{kind}-9"),
            NewEntity {
                kind: kind.to_owned(),
                name: "Nine".to_owned(),
                external_id: None,
                is_default: false,
            },
        );
        world.put(
            &format!("{kind}-o"),
            NewEntity {
                kind: kind.to_owned(),
                name: "ops-1".to_owned(),
                external_id: None,
                is_default: false,
            },
        );
        world.map(&other, &format!("{kind}-o"));
    }
    world.rename(&other, "Nine");
    assert_eq!(world.alerts(), [alerts::AlertKind::NameTaken; 3]);
    let named = |kind: &str| {
        world
            .store
            .read_now(|db| entities::find_key(db, world.organization(), &format!("{kind}-o")))
            .unwrap()
            .name
    };
    assert_eq!([named("team"), named("concurrency_group")], ["ops-1", "ops-1"]);
}

#[test]
fn each_mapping_of_a_rule_waits_for_one_of_the_places_of_the_rule_that_matches_now() {
    let world = World::new();
    world.apply(vec![
        several("eng", &["team", "concurrency_group"]),
        several("ops", &["concurrency_group", "team"]),
    ]);
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "ops-1");
    let waiting = world.mappings(&group);
    let proposed: Vec<&str> =
        waiting.iter().map(|it| it.proposed.as_ref().unwrap().kind.as_str()).collect();
    assert_eq!(proposed, ["team", "concurrency_group"], "each its own type");
    assert_eq!(world.has(&ann), has("user", &["ops-1", "ops-1"]), "members are kept in place");
    for mapping in &waiting {
        world.approve(&mapping.id, true);
    }
    assert_eq!(world.has(&ann), has("user", &["ops-1", "ops-1"]));
    assert!(world.mappings(&group).iter().all(|it| it.flag.is_none()));
}

#[test]
fn a_place_more_of_the_rule_that_matches_now_waits_as_a_mapping_of_its_own() {
    let world = World::new();
    world.apply(vec![several("eng", &["team"]), several("ops", &["team", "concurrency_group"])]);
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "ops-1");
    let all = world.mappings(&group);
    let stand = |it: &Mapping| (it.state, it.flag, it.proposed.as_ref().unwrap().kind.clone());
    assert_eq!(stand(&all[0]).1, Some(mappings::Flag::RuleChanged));
    assert_eq!(stand(&all[1]), (MappingState::Pending, None, "concurrency_group".to_owned()));
    assert_eq!(world.has(&ann), has("user", &["ops-1"]), "nothing new without a person");
    world.approve(&all[1].id, true);
    assert_eq!(world.has(&ann), has("user", &["ops-1", "ops-1"]));
}

#[test]
fn a_mapping_for_which_the_rule_that_matches_now_has_no_place_stays_flagged() {
    let world = World::new();
    world.apply(vec![several("eng", &["team", "concurrency_group"]), several("ops", &["team"])]);
    let ann = world.person("ann");
    let group = world.group("eng-1", &[&ann]);
    world.rename(&group, "ops-1");
    let flags: Vec<_> = world.mappings(&group).iter().map(|it| it.flag.unwrap()).collect();
    assert_eq!(flags, [mappings::Flag::RuleChanged, mappings::Flag::RuleNoLongerMatches]);
    world.rename(&group, "sales");
    assert_eq!(world.has(&ann), has("user", &["sales", "sales"]), "nobody is lost");
    let flags: Vec<_> = world.mappings(&group).iter().map(|it| (it.state, it.flag)).collect();
    let stays = (MappingState::AutoApproved, Some(mappings::Flag::RuleNoLongerMatches));
    assert_eq!(flags, [stays, stays], "no rule matches: each stays as it was made");
    world.rename(&group, "eng-2");
    assert!(world.mappings(&group).iter().all(|it| it.flag.is_none()));
}
