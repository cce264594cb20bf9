//! What each act of a directory does.

use super::*;
use crate::store::testing::refused;

#[test]
fn person_added_to_a_group_is_placed_in_every_entity_its_approved_mappings_name() {
    let world = World::new();
    let (ann, eng) = (world.person("ann"), world.group("eng", &[]));
    world.entity("team", "Payments");
    world.entity("team", "Ledger");
    world.map(&eng, "Payments");
    world.map(&eng, "Ledger");
    world.add(&eng, &ann);
    assert_eq!(world.has(&ann), has("user", &["Ledger", "Payments"]));
    let because = world.because(&ann);
    assert_eq!(because[1], "team Payments: group eng, by hand");
    assert_eq!(world.told(), ["access.granted", "access.changed"]);
    world.add(&eng, &ann);
    assert_eq!(world.told().len(), 2, "adding twice is a success and no event");
}

#[test]
fn person_removed_is_taken_out_only_if_no_other_group_places_them_there_and_the_role_is_recomputed()
{
    let world = World::new();
    let ann = world.person("ann");
    let admins = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";
    let boss = world.person("boss");
    let body = json!({ "displayName": "admins", admins: { "roles": ["admin"] } });
    let one = world.group_with(body, &[&ann, &boss]);
    let two = world.group("two", &[&ann]);
    world.entity("team", "Payments");
    world.entity("team", "Ledger");
    world.map(&one, "Payments");
    world.map(&two, "Ledger");
    assert_eq!(world.has(&ann), has("admin", &["Ledger", "Payments"]));
    world.remove(&one, &ann);
    assert_eq!(world.has(&ann), has("user", &["Ledger"]));
    world.remove(&one, &ann);
    world.remove(&two, &ann);
    assert_eq!(world.has(&ann), has("user", &[]));
}

/// Where everybody is who is in no other concurrency group.
fn shared(world: &World) {
    let default = NewEntity {
        kind: "concurrency_group".to_owned(),
        name: "Shared".to_owned(),
        external_id: None,
        is_default: true,
    };
    world.put("shared", default);
}

#[test]
fn a_removed_member_of_a_concurrency_group_goes_to_the_organizations_default() {
    let world = World::new();
    let ann = world.person("ann");
    let fast = world.group("fast", &[&ann]);
    world.entity("concurrency_group", "Fast");
    world.map(&fast, "Fast");
    shared(&world);
    assert_eq!(world.has(&ann), has("user", &["Fast"]));
    world.remove(&fast, &ann);
    assert_eq!(world.has(&ann), has("user", &["Shared"]));
}

#[test]
fn whoever_is_in_a_default_entity_that_is_deleted_is_told_to_leave() {
    let world = World::new();
    let ann = world.person("ann");
    shared(&world);
    assert_eq!(world.has(&ann), has("user", &["Shared"]));
    let told = world.told().len();
    world.choose(|tx, id| entities::delete(tx, id, "shared")).unwrap();
    assert_eq!(world.has(&ann), has("user", &[]));
    assert_eq!(world.told()[told..], ["access.changed"]);
}

#[test]
fn a_groups_roles_apply_even_if_no_mapping_exists_and_move_both_up_and_down() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let group = world.group("people", &[&ann, &bob]);
    let urn = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";
    let roles =
        |roles: Value| json!([{ "op": "replace", "path": format!("{urn}:roles"), "value": roles }]);
    world.change(&group, roles(json!(["guest"])));
    assert_eq!([world.has(&ann).0, world.has(&bob).0], [has("guest", &[]).0, has("guest", &[]).0]);
    world.change(&group, roles(json!(["user"])));
    assert_eq!(world.has(&ann), has("user", &[]));
}

#[test]
fn the_persons_own_role_counts_if_no_group_carries_one() {
    let world = World::new();
    let ann = world.person_with("ann", &["guest"]);
    assert_eq!(world.has(&ann), has("guest", &[]));
    assert_eq!(world.because(&ann), ["guest: the directory gives it to the person"]);
}

#[test]
fn group_deleted_members_are_unassigned_mappings_rejected_conflicts_closed_roles_recomputed() {
    let world = World::new();
    let ann = world.person("ann");
    let (one, two) = (world.group("one", &[&ann]), world.group("two", &[&ann]));
    world.entity("concurrency_group", "A");
    world.entity("concurrency_group", "B");
    world.map(&one, "A");
    world.map(&two, "B");
    assert_eq!(world.conflicts().len(), 1);
    assert_eq!(world.has(&ann), has("user", &["A"]));
    world.delete(&one);
    assert_eq!(world.mapping(&one).state, MappingState::Rejected);
    assert_eq!(world.conflicts().len(), 0);
    assert_eq!(world.has(&ann), has("user", &["B"]), "the waiting claim applies");
}

#[test]
fn same_name_pushed_again_after_deletion_members_must_come_again_and_rules_are_evaluated() {
    let world = World::new();
    world.apply(vec![rule(Match::Prefix, "eng", "team")]);
    let ann = world.person("ann");
    let group = world.group("eng-payments", &[&ann]);
    assert_eq!(world.has(&ann), has("user", &["eng-payments"]));
    world.delete(&group);
    assert_eq!(world.has(&ann), has("user", &[]));
    assert_eq!(world.group("ENG-payments", &[]), group);
    assert_eq!(world.has(&ann), has("user", &[]));
    assert_eq!(world.mapping(&group).state, MappingState::AutoApproved);
    world.add(&group, &ann);
    assert_eq!(world.has(&ann).1.len(), 1);
}

#[test]
fn person_deactivated_memberships_are_kept_and_effective_access_is_empty() {
    let world = World::new();
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    world.entity("team", "Payments");
    world.map(&eng, "Payments");
    world.activate(&ann, false);
    assert_eq!(world.has(&ann), (None, vec![]));
    assert_eq!(world.told().last().unwrap(), "access.revoked");
    world.activate(&ann, true);
    assert_eq!(world.has(&ann), has("user", &["Payments"]), "recomputed from the kept memberships");
    assert_eq!(world.told().last().unwrap(), "access.granted");
}

#[test]
fn the_operators_suspension_takes_access_and_gives_it_back() {
    let world = World::new();
    let ann = world.person("ann");
    world.choose(|tx, _| users::suspend(tx, &ann)).unwrap();
    assert_eq!(world.has(&ann), (None, vec![]));
    world.choose(|tx, _| users::restore(tx, &ann)).unwrap();
    assert_eq!(world.has(&ann), has("user", &[]));
}

#[test]
fn one_entity_has_at_most_one_owning_group_and_the_refusal_names_it() {
    let world = World::new();
    let (one, two) = (world.group("one", &[]), world.group("two", &[]));
    world.entity("team", "Payments");
    let mapping = world.map(&one, "Payments");
    let refusal = world.try_map(&two, "Payments", None);
    assert!(refusal.as_ref().unwrap_err().to_string().contains("one"), "{refusal:?}");
    assert_eq!(refused(refusal), "entity_owned");
    world.approve(&mapping.id, false);
    world.map(&two, "Payments");
}

#[test]
fn a_deleted_entity_leaves_a_pending_mapping_that_no_rule_fills_until_a_person_picks_a_target() {
    let world = World::new();
    world.apply(vec![rule(Match::All, "", "team")]);
    let ann = world.person("ann");
    let group = world.group("eng", &[&ann]);
    let entity = world.mapping(&group).entity_id.unwrap();
    let key = entity.to_string();
    world.choose(|tx, id| entities::delete(tx, id, &key)).unwrap();
    let mapping = world.mapping(&group);
    assert_eq!(
        (mapping.state, mapping.flag),
        (MappingState::Pending, Some(mappings::Flag::TargetDeleted))
    );
    assert_eq!(world.has(&ann), has("user", &[]));
    assert_eq!(world.alerts(), [alerts::AlertKind::TargetDeleted]);
    // Neither the rules nor a rename nor an approval makes it again.
    world.choose(super::super::run_rules).unwrap();
    world.rename(&group, "eng-2");
    let approve = MappingPatch { is_approved: Some(true), ..MappingPatch::default() };
    assert_eq!(refused(world.decide_mapping(&mapping.id, approve)), "target_deleted");
    assert_eq!(world.has(&ann), has("user", &[]));
    world.entity("team", "Payments");
    let place = Some(Place::Key("Payments".to_owned()));
    world.decide_mapping(&mapping.id, MappingPatch { place, ..MappingPatch::default() }).unwrap();
    assert_eq!(world.has(&ann), has("user", &["Payments"]));
    assert_eq!(world.alerts(), []);
}

#[test]
fn a_decision_is_remembered_for_that_person_and_pair_of_mappings() {
    let world = World::new();
    let ann = world.person("ann");
    let (one, two) = (world.group("one", &[&ann]), world.group("two", &[]));
    world.entity("concurrency_group", "A");
    world.entity("concurrency_group", "B");
    world.map(&one, "A");
    world.map(&two, "B");
    world.add(&two, &ann);
    assert_eq!(world.has(&ann), has("user", &["A"]), "an open conflict changes nothing");
    let conflict = world.conflicts().pop().unwrap();
    world.decide(&conflict, Choice::Incoming);
    assert_eq!(world.has(&ann), has("user", &["B"]));
    world.remove(&two, &ann);
    assert_eq!(world.has(&ann), has("user", &["A"]));
    world.add(&two, &ann);
    assert_eq!(world.has(&ann), has("user", &["B"]));
    assert_eq!(world.conflicts().len(), 0, "pushed again, it raises nothing");
}

#[test]
fn a_sub_organization_excludes_every_other_type_of_another_group() {
    let world = World::new();
    let ann = world.person("ann");
    let (one, two) = (world.group("one", &[&ann]), world.group("two", &[&ann]));
    world.entity("team", "Payments");
    world.entity("sub_organization", "EU");
    world.map(&one, "Payments");
    world.map(&two, "EU");
    let conflict = world.conflicts().pop().unwrap();
    assert_eq!(conflict.kind, "organization");
    assert_eq!(world.has(&ann), has("user", &["Payments"]));
    world.decide(&conflict, Choice::Incoming);
    assert_eq!(world.has(&ann), has("user", &["EU"]));
}

#[test]
fn groups_are_refused_while_the_organization_has_them_off_and_nothing_stored_is_lost() {
    let world = World::new();
    let ann = world.person("ann");
    let eng = world.group("eng", &[&ann]);
    world.entity("team", "Payments");
    world.map(&eng, "Payments");
    let switch = |on: bool| {
        let patch = ProvisioningPatch { groups: Some(on), ..ProvisioningPatch::default() };
        world.choose(|tx, id| provisioning::change(tx, id, &patch)).unwrap();
    };
    switch(false);
    let removed = world.push(|tx, it| groups::remove(tx, it, eng.as_str(), None));
    let error = removed.unwrap_err();
    assert!(matches!(error, crate::error::Error::Scim { status: 403, .. }));
    assert!(error.to_string().contains("vestibule org groups"), "{error}");
    let found = world.push(|tx, it| groups::find(tx.db, it, eng.as_str(), true)).unwrap();
    assert_eq!(found.members, Some(vec![ann.clone()]));
    assert_eq!(world.has(&ann), has("user", &["Payments"]));
    world.person("bob");
    switch(true);
    world.remove(&eng, &ann);
    assert_eq!(world.has(&ann), has("user", &[]));
}
