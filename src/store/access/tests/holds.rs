//! What is held because a directory took too much at once.

use super::super::holds::{self, Which};
use super::super::preview::{Asked, Preview, preview};
use super::*;
use crate::store::applications::NewApplication;
use crate::store::schema::placements;
use chrono::TimeDelta;
use diesel::prelude::*;

/// Lets happen what waits.
fn apply(tx: &mut Tx, organization: &OrganizationId) -> Result<usize> {
    holds::apply(tx, organization, Which::Waiting)
}

/// A group of so many people who are all in one team.
fn crowd(world: &World, many: usize) -> (GroupId, Vec<UserId>) {
    let people: Vec<UserId> = (0..many).map(|n| world.person(&format!("p{n}"))).collect();
    let group = world.group("crowd", &people.iter().collect::<Vec<_>>());
    world.entity("team", "Crowd");
    world.map(&group, "Crowd");
    (group, people)
}

fn previewed(world: &World, asked: Asked) -> Preview {
    let (now, of) = (world.store.clock().now(), world.organization());
    world.store.read_now(|db| preview(db, of, asked, now, &mut |_, _| Ok(()))).unwrap()
}

fn in_crowd(world: &World, people: &[UserId]) -> usize {
    people.iter().filter(|it| !world.has(it).1.is_empty()).count()
}

#[test]
fn a_push_that_would_take_access_from_too_many_is_stored_and_its_effect_held() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 8);
    world.delete(&group);
    assert_eq!(in_crowd(&world, &people), 8);
    assert_eq!(world.alerts(), [alerts::AlertKind::TooMuchAtOnce]);
    let because = world.because(&people[0]);
    assert!(because[1].contains("held: too many people"), "the place is held: {because:?}");
    assert!(!because[0].contains("held"), "the role is not: {because:?}");
    assert_eq!(world.choose(apply).unwrap(), 8, "apply now");
    assert_eq!(in_crowd(&world, &people), 0);
    assert_eq!(world.alerts(), []);
}

#[test]
fn losses_within_ten_minutes_count_together() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 8);
    for user in &people[..3] {
        world.remove(&group, user);
    }
    assert_eq!(in_crowd(&world, &people), 5);
    world.remove(&group, &people[3]);
    assert_eq!(in_crowd(&world, &people), 5, "the fourth is held");
    world.store.clock().advance(TimeDelta::minutes(11));
    world.remove(&group, &people[4]);
    assert_eq!(in_crowd(&world, &people), 4);
}

#[test]
fn what_is_held_happens_after_the_hold_time() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 6);
    world.delete(&group);
    let due = || world.store.read_now(|db| holds::due(db, world.store.clock().now())).unwrap();
    assert_eq!(due(), []);
    world.store.clock().advance(TimeDelta::hours(25));
    assert_eq!(due(), [world.organization().clone()]);
    world.choose(holds::catch_up).unwrap();
    assert_eq!(in_crowd(&world, &people), 0);
    assert_eq!(due(), []);
}

#[test]
fn whom_the_operator_switches_off_loses_what_was_held() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 8);
    world.delete(&group);
    let told = world.told().len();
    world.choose(|tx, _| users::suspend(tx, &people[0])).unwrap();
    assert_eq!(world.has(&people[0]), (None, vec![]));
    assert_eq!(world.told()[told..], ["access.revoked"]);
    assert_eq!(in_crowd(&world, &people), 7, "the others are held as before");
}

#[test]
fn what_is_held_in_one_application_stays_when_the_time_of_another_is_over() {
    let mut world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 6);
    let second = NewApplication { name: "Second".to_owned(), ..testing::orbit() };
    let second = world.store.system(|tx| applications::create(tx, second)).0.id;
    let first = std::mem::replace(&mut world.application, second.clone());
    world.choose(holds::catch_up).unwrap();
    world
        .choose(|tx, id| {
            let second = meant(tx.db, id, Some(&second))?;
            let new = NewEntity {
                kind: "team".to_owned(),
                name: "Other".to_owned(),
                external_id: None,
                is_default: false,
            };
            entities::put(tx, id, &second, "Other", new)?;
            let place = Place::Key("Other".to_owned());
            let application = Some(second.id.clone());
            let new = NewMapping { group: group.clone(), application, place, role: None };
            mappings::create(tx, id, new)
        })
        .unwrap();
    world.delete(&group);
    assert_eq!(world.alerts().len(), 2, "held in both");
    // The hold of the second is shorter by an hour.
    world.store.system(|tx| {
        let theirs = placements::table.filter(placements::application_id.eq(&second));
        diesel::update(theirs)
            .set(placements::held_until.eq(Some(tx.now.minus(TimeDelta::hours(1)))))
            .execute(tx.db)?;
        Ok(())
    });
    world.choose(holds::catch_up).unwrap();
    assert_eq!(in_crowd(&world, &people), 0);
    assert_eq!(world.alerts().len(), 1, "the first's alert is not over");
    world.application = first;
    assert_eq!(in_crowd(&world, &people), 6);
}

#[test]
fn a_choice_about_somebody_who_is_held_happens_and_what_is_held_stays() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 8);
    let (red, blue) = (world.group("red", &[&people[0]]), world.group("blue", &[&people[0]]));
    world.entity("team", "Red");
    world.entity("team", "Blue");
    let red = world.try_map(&red, "Red", Some("admin")).unwrap();
    let of_group = world.mapping(&group);
    world.delete(&group);
    assert_eq!(in_crowd(&world, &people), 8, "held");
    world.try_map(&blue, "Blue", None).unwrap();
    assert_eq!(world.has(&people[0]), has("admin", &["Blue", "Crowd", "Red"]), "what is new comes");
    world.person_with("boss", &["admin"]);
    world.approve(&red.id, false);
    assert_eq!(world.has(&people[0]), has("user", &["Blue", "Crowd"]), "what is taken goes");
    assert!(world.because(&people[0]).iter().any(|it| it.contains("held: too many people")));
    assert_eq!(in_crowd(&world, &people), 8, "what is held stays");
    assert_eq!(world.choose(apply).unwrap(), 8);
    assert_eq!(world.has(&people[0]), has("user", &["Blue"]));
    assert_eq!(world.mapping(&group).id, of_group.id);
    assert_eq!(world.alerts(), []);
}

#[test]
fn taking_by_choice_all_that_is_held_leaves_nothing_held() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 8);
    for user in &people[..4] {
        world.remove(&group, user);
    }
    let held = &people[3];
    assert_eq!(world.has(held), has("user", &["Crowd"]), "the fourth is too many");
    world.approve(&world.mapping(&group).id, false);
    assert_eq!(world.has(held), has("user", &[]));
    assert_eq!(world.alerts(), [], "nothing waits");
    assert_eq!(world.choose(apply).unwrap(), 0);
}

#[test]
fn a_preview_tells_of_those_who_would_lose_what_is_held() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 8);
    for user in &people {
        world.remove(&group, user);
    }
    assert_eq!(in_crowd(&world, &people), 5, "held from the fourth on");
    let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
    let asked = Asked { mappings: vec![(world.mapping(&group).id, reject)], ..Asked::default() };
    assert_eq!(previewed(&world, asked).lose, 5);
    world.approve(&world.mapping(&group).id, false);
    assert_eq!(in_crowd(&world, &people), 0);
}

#[test]
fn what_excludes_what_is_held_waits_until_it_is_held_no_more() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 8);
    let eu = world.group("eu", &[&people[0]]);
    world.entity("sub_organization", "EU");
    world.delete(&group);
    world.try_map(&eu, "EU", None).unwrap();
    assert_eq!(world.has(&people[0]), has("user", &["Crowd"]));
    world.choose(apply).unwrap();
    assert_eq!(world.has(&people[0]), has("user", &["EU"]));
}

#[test]
fn what_is_restored_stays_until_the_directory_gives_it_back() {
    let world = World::new();
    world.breaker(Some(3));
    let (group, people) = crowd(&world, 6);
    world.change(&group, json!([{ "op": "remove", "path": "members" }]));
    assert_eq!(world.choose(holds::restore).unwrap(), 6);
    assert_eq!(world.told().last().unwrap(), "access.kept");
    world.store.clock().advance(TimeDelta::hours(25));
    world.choose(holds::catch_up).unwrap();
    assert_eq!(in_crowd(&world, &people), 6);
    world.add(&group, &people[0]);
    world.remove(&group, &people[0]);
    assert_eq!(in_crowd(&world, &people), 5, "given back, and taken again");
}

#[test]
fn the_breaker_is_off_by_a_setting() {
    let world = World::new();
    world.breaker(Some(3));
    world.breaker(None);
    let (group, people) = crowd(&world, 6);
    world.delete(&group);
    assert_eq!(in_crowd(&world, &people), 0);
}

#[test]
fn what_waits_for_a_held_place_comes_when_a_person_deletes_the_place() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let ann = world.person("ann");
    let (red, eu) = (world.group("red", &[&ann]), world.group("eu", &[]));
    world.entity("team", "Red");
    world.map(&red, "Red");
    world.entity("sub_organization", "EU");
    world.map(&eu, "EU");
    world.breaker(Some(0));
    world.delete(&red);
    world.add(&eu, &ann);
    assert_eq!(world.has(&ann), has("user", &["Red"]), "what excludes a held place waits");
    world.choose(|tx, id| entities::delete(tx, id, "Red")).unwrap();
    assert_eq!(world.has(&ann), has("user", &["EU"]));
}
