//! What a directory must not take at once.

use super::*;
use crate::access::{Model, Role};
use crate::store::applications::NewApplication;
use crate::store::testing::refused;
use chrono::TimeDelta;

const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";

fn admins(world: &World, members: &[&UserId]) -> GroupId {
    let body = json!({ "displayName": "admins", EXTENSION: { "roles": ["admin"] } });
    world.group_with(body, members)
}

#[test]
fn the_last_active_person_with_the_highest_role_is_never_demoted_by_a_directory() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let group = admins(&world, &[&ann, &bob]);
    world.remove(&group, &ann);
    assert_eq!(world.has(&ann), has("user", &[]));
    world.remove(&group, &bob);
    assert_eq!(world.has(&bob), has("admin", &[]), "the request succeeds, the effect is held");
    assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole]);
    assert!(world.because(&bob)[0].contains("held: nobody else has the highest role"));
    world.add(&group, &ann);
    assert_eq!(world.has(&bob), has("user", &[]), "somebody else has it now");
    assert_eq!(world.has(&ann), has("admin", &[]));
    assert_eq!(world.alerts(), []);
}

#[test]
fn deleting_the_group_of_all_who_have_the_highest_role_leaves_it_to_one() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let group = admins(&world, &[&ann, &bob]);
    world.delete(&group);
    assert_eq!(world.has(&ann), has("admin", &[]));
    assert_eq!(world.has(&bob), has("user", &[]));
}

#[test]
fn the_last_of_the_highest_role_has_nothing_when_switched_off_and_the_role_is_on_record() {
    for by_delete in [false, true] {
        let world = World::new();
        let ann = world.person("ann");
        admins(&world, &[&ann]);
        if by_delete {
            world.dismiss(&ann);
        } else {
            world.activate(&ann, false);
        }
        assert_eq!(world.has(&ann), nothing(), "effective access is empty");
        assert_eq!(world.because(&ann), [] as [String; 0]);
        let tokens = |db: &mut _| explain::told(db, &ann, &world.application);
        assert!(world.store.read_now(tokens).unwrap().is_nothing());
        let all = |db: &mut _| {
            let user = users::find(db, &ann)?;
            explain::of_user(db, &user)
        };
        assert!(world.store.read_now(all).unwrap().iter().all(|it| it.held.is_none()));
        assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole]);
        let told = ["access.granted", "access.changed", "access.alert", "access.revoked"];
        assert_eq!(world.told(), told);
        if by_delete {
            assert_eq!(world.person("ann"), ann);
        } else {
            world.activate(&ann, true);
        }
        assert_eq!(world.has(&ann), has("admin", &[]));
        assert_eq!(world.told()[4..], ["access.alert_closed", "access.granted"]);
        assert_eq!(world.alerts(), []);
    }
}

#[test]
fn that_nobody_has_the_highest_role_is_told_also_of_who_had_it_held_already() {
    let world = World::new();
    let ann = world.person("ann");
    let bosses = admins(&world, &[&ann]);
    world.remove(&bosses, &ann);
    let window = Window::parse(None, None).unwrap();
    let open = |db: &mut _| alerts::page(db, &window, world.organization(), true);
    for alert in world.store.read_now(open).unwrap().data {
        world.choose(|tx, of| alerts::close(tx, of, &alert.id)).unwrap();
    }
    assert_eq!((world.has(&ann), world.alerts()), (has("admin", &[]), vec![]));
    world.activate(&ann, false);
    assert_eq!(world.has(&ann), nothing());
    assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole]);
    world.activate(&ann, true);
    assert_eq!(world.has(&ann), has("admin", &[]), "it was on record");
}

#[test]
fn who_comes_back_to_the_role_on_record_has_it_though_no_group_gives_it_any_more() {
    let world = World::new();
    let ann = world.person("ann");
    let bosses = admins(&world, &[&ann]);
    world.activate(&ann, false);
    world.remove(&bosses, &ann);
    assert_eq!(world.has(&ann), nothing());
    world.activate(&ann, true);
    assert_eq!(world.has(&ann), has("admin", &[]));
    assert!(world.because(&ann)[0].contains("held: nobody else has the highest role"));
    assert_eq!(world.told().last().unwrap(), "access.granted");
    assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole]);
}

#[test]
fn the_floor_counts_only_active_people_so_who_is_off_lets_nobody_else_be_demoted() {
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let bosses = admins(&world, &[&ann, &bob]);
    world.activate(&ann, false);
    assert_eq!(world.alerts(), [], "bob has the role");
    world.remove(&bosses, &bob);
    assert_eq!(world.has(&bob), has("admin", &[]), "ann does not count");
    assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole]);
    // Whoever is on record is that no more when somebody active has the role.
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let bosses = admins(&world, &[&ann]);
    world.activate(&ann, false);
    world.remove(&bosses, &ann);
    world.add(&bosses, &bob);
    assert_eq!(world.alerts(), []);
    assert_eq!(world.has(&bob), has("admin", &[]));
    world.activate(&ann, true);
    assert_eq!(world.has(&ann), has("user", &[]));
    world.remove(&bosses, &bob);
    assert_eq!(world.has(&bob), has("admin", &[]), "the last");
}

#[test]
fn the_role_on_record_is_not_taken_by_a_choice_before_somebody_else_has_it() {
    let world = World::new();
    let ann = world.person("ann");
    let group = world.group("eng", &[&ann]);
    world.entity("team", "Owners");
    let mapping = world.try_map(&group, "Owners", Some("admin")).unwrap();
    world.activate(&ann, false);
    assert_eq!(world.has(&ann), nothing());
    let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
    assert_eq!(refused(world.decide_mapping(&mapping.id, reject.clone())), "last_of_highest_role");
    world.person_with("bob", &["admin"]);
    world.decide_mapping(&mapping.id, reject).unwrap();
    world.activate(&ann, true);
    assert_eq!(world.has(&ann), has("user", &[]));
}

#[test]
fn the_last_of_the_highest_role_loses_every_place_when_switched_off_and_comes_back_to_what_groups_give()
 {
    let world = World::new();
    let ann = world.person("ann");
    let (bosses, red) = (admins(&world, &[&ann]), world.group("red", &[&ann]));
    world.entity("team", "Red");
    world.map(&red, "Red");
    assert_eq!(world.has(&ann), has("admin", &["Red"]));
    world.activate(&ann, false);
    assert_eq!(world.has(&ann), nothing(), "the role is on record and nothing more");
    world.remove(&bosses, &ann);
    world.activate(&ann, true);
    assert_eq!(world.has(&ann), has("admin", &["Red"]), "nobody else has the role yet");
    world.add(&bosses, &world.person("bob"));
    assert_eq!(world.has(&ann), has("user", &["Red"]));
    assert_eq!(world.alerts(), []);
}

#[test]
fn who_is_kept_in_the_highest_role_loses_everything_else_that_the_directory_takes() {
    let world = World::new();
    let ann = world.person("ann");
    let (bosses, red) = (admins(&world, &[&ann]), world.group("red", &[&ann]));
    world.entity("team", "Red");
    world.map(&red, "Red");
    world.remove(&bosses, &ann);
    assert_eq!(world.has(&ann), has("admin", &["Red"]));
    world.remove(&red, &ann);
    assert_eq!(world.has(&ann), has("admin", &[]));
    assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole]);
    world.add(&red, &ann);
    assert_eq!(world.has(&ann), has("admin", &["Red"]));
}

#[test]
fn who_is_relieved_of_the_highest_role_keeps_what_else_is_held_of_them() {
    for by_switch in [false, true] {
        let world = World::new();
        let (ann, bob) = (world.person("ann"), world.person_with("bob", &["admin"]));
        world.choose(|tx, _| users::suspend(tx, &bob)).unwrap();
        let (bosses, red) = (admins(&world, &[&ann]), world.group("red", &[&ann]));
        world.entity("team", "Red");
        world.map(&red, "Red");
        world.remove(&bosses, &ann);
        world.breaker(Some(0));
        world.delete(&red);
        assert_eq!(world.has(&ann), has("admin", &["Red"]), "each is held");
        if by_switch {
            world.choose(|tx, _| users::restore(tx, &bob)).unwrap();
        } else {
            world.person_with("eve", &["admin"]);
        }
        assert_eq!(world.has(&ann), has("user", &["Red"]));
        assert_eq!(world.alerts(), [alerts::AlertKind::TooMuchAtOnce]);
    }
}

#[test]
fn a_group_that_a_person_removes_is_their_choice() {
    let world = World::new();
    let ann = world.person("ann");
    let bosses = admins(&world, &[&ann]);
    assert_eq!(refused(world.take_away(&bosses)), "last_of_highest_role");
    assert_eq!(world.has(&ann), has("admin", &[]));
    world.person_with("bob", &["admin"]);
    let red = world.group("red", &[&ann]);
    world.entity("team", "Red");
    world.map(&red, "Red");
    world.breaker(Some(0));
    world.take_away(&bosses).unwrap();
    world.take_away(&red).unwrap();
    assert_eq!(world.has(&ann), has("user", &[]), "what a person takes is not held");
    assert_eq!(world.alerts(), []);
}

#[test]
fn a_group_of_nobody_may_be_removed_where_the_last_of_the_highest_role_was_in_it() {
    let world = World::new();
    let ann = world.person("ann");
    let bosses = admins(&world, &[&ann]);
    world.remove(&bosses, &ann);
    world.take_away(&bosses).unwrap();
    assert_eq!(world.has(&ann), has("admin", &[]), "still the last");
    assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole]);
}

#[test]
fn who_comes_with_the_highest_role_of_one_application_takes_that_of_no_other_from_the_last() {
    let world = World::new();
    let role = |key: &str| Role { key: key.to_owned(), name: key.to_owned() };
    let model = Model {
        roles: vec![role("owner"), role("reader")],
        default_role: Some("reader".to_owned()),
        ..Model::default()
    };
    let other = NewApplication { name: "Other".to_owned(), model, ..testing::orbit() };
    let other = world.store.system(|tx| applications::create(tx, other)).0.id;
    let in_other = |user: &UserId| {
        let told = world.store.read_now(|db| explain::told(db, user, &other));
        told.unwrap().role.unwrap()
    };
    let ann = world.person("ann");
    let body = json!({ "displayName": "bosses", EXTENSION: { "roles": ["admin", "owner"] } });
    let group = world.group_with(body, &[&ann]);
    world.remove(&group, &ann);
    assert_eq!((world.has(&ann), in_other(&ann)), (has("admin", &[]), "owner".to_owned()), "held");
    world.person_with("bob", &["admin"]);
    assert_eq!(world.has(&ann), has("user", &[]), "somebody else has it now");
    assert_eq!(in_other(&ann), "owner", "nobody else has this one");
}

#[test]
fn a_person_cannot_take_the_highest_role_from_the_last_by_a_mapping() {
    let world = World::new();
    let ann = world.person("ann");
    let group = world.group("eng", &[&ann]);
    world.entity("team", "Owners");
    let mapping = world.try_map(&group, "Owners", Some("admin")).unwrap();
    assert_eq!(world.has(&ann), has("admin", &["Owners"]));
    let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
    assert_eq!(refused(world.decide_mapping(&mapping.id, reject)), "last_of_highest_role");
    assert_eq!(world.has(&ann), has("admin", &["Owners"]));
}

#[test]
fn a_choice_that_takes_the_highest_role_from_nobody_is_not_refused_where_somebody_is_held_in_it() {
    let world = World::new();
    let ann = world.person("ann");
    let group = admins(&world, &[&ann]);
    let red = world.group("red", &[&ann]);
    world.remove(&group, &ann);
    world.entity("team", "Red");
    world.map(&red, "Red");
    assert_eq!(world.has(&ann), has("admin", &["Red"]));
    assert_eq!(world.alerts(), [alerts::AlertKind::LastOfHighestRole], "held as before");
    world.person_with("bob", &["admin"]);
    assert_eq!(world.has(&ann), has("user", &["Red"]));
    assert_eq!(world.alerts(), []);
}

#[test]
fn a_group_whose_members_are_all_inactive_for_a_day_is_probably_unbound() {
    use crate::store::directories::all_groups;
    let world = World::new();
    let (ann, bob) = (world.person("ann"), world.person("bob"));
    let group = world.group("eng", &[&ann, &bob]);
    let unbound = || {
        let now = world.store.clock().now();
        world.store.read_now(|db| {
            let group = all_groups::by_id(db, &group)?;
            all_groups::unbound(db, &[group], now)
        })
    };
    world.activate(&ann, false);
    world.store.clock().advance(TimeDelta::hours(30));
    assert!(unbound().unwrap().is_empty());
    world.activate(&bob, false);
    world.store.clock().advance(TimeDelta::hours(23));
    assert!(unbound().unwrap().is_empty());
    world.store.clock().advance(TimeDelta::hours(2));
    assert_eq!(unbound().unwrap().len(), 1);
    world.activate(&bob, true);
    assert!(unbound().unwrap().is_empty());
    // Whom the directory has removed is off, too, and has been since then.
    world.dismiss(&bob);
    world.store.clock().advance(TimeDelta::hours(23));
    assert!(unbound().unwrap().is_empty());
    world.store.clock().advance(TimeDelta::hours(2));
    assert_eq!(unbound().unwrap().len(), 1);
    world.take_away(&group).unwrap();
    assert!(world.store.read_now(|db| all_groups::by_id(db, &group)).is_err());
}
