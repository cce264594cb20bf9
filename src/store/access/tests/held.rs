//! A hold covers what was held, and nothing else.

use super::super::holds::{self, Which};
use super::super::preview::{Asked, preview};
use super::*;
use chrono::TimeDelta;

const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";

/// Ann, her groups `blue` and `red` with the team of each, in an organization that has an admin besides.
struct Held {
    world: World,
    ann: UserId,
    blue: GroupId,
    red: GroupId,
}

impl Held {
    /// Blue is gone, and what it gave is held.
    fn new() -> Self {
        let world = World::new();
        world.person_with("boss", &["admin"]);
        let ann = world.person("ann");
        let (blue, red) = (world.group("blue", &[&ann]), world.group("red", &[&ann]));
        for (group, name) in [(&blue, "Blue"), (&red, "Red")] {
            world.entity("team", name);
            world.map(group, name);
        }
        let held = Self { world, ann, blue, red };
        held.while_too_much(|world| world.remove(&held.blue, &held.ann));
        held.has("user", &["Blue", "Red"]);
        held
    }

    /// Whatever the directory takes now is too much; what it takes later is not.
    fn while_too_much(&self, act: impl FnOnce(&World)) {
        self.world.breaker(Some(0));
        act(&self.world);
        self.world.breaker(Some(20));
        self.pass(TimeDelta::minutes(11));
    }

    fn pass(&self, time: TimeDelta) {
        self.world.store.clock().advance(time);
        self.world.choose(holds::catch_up).unwrap();
    }

    #[track_caller]
    fn has(&self, role: &str, places: &[&str]) {
        assert_eq!(self.world.has(&self.ann), has(role, places));
    }

    fn apply(&self, which: Which) -> usize {
        self.world.choose(|tx, id| holds::apply(tx, id, which)).unwrap()
    }

    fn restore(&self) {
        self.world.choose(holds::restore).unwrap();
    }

    /// How many would lose something if this mapping were rejected.
    fn would_lose(&self, mapping: &MappingId) -> usize {
        let reject = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
        let asked = Asked { mappings: vec![(mapping.clone(), reject)], ..Asked::default() };
        let (now, of) = (self.world.store.clock().now(), self.world.organization());
        let seen = |db: &mut _| preview(db, of, asked, now, &mut |_, _| Ok(()));
        self.world.store.read_now(seen).unwrap().lose
    }
}

#[test]
fn who_is_held_loses_what_the_directory_takes_later() {
    let held = Held::new();
    held.world.remove(&held.red, &held.ann);
    held.has("user", &["Blue"]);
    assert_eq!(held.world.told().last().unwrap(), "access.changed");
    assert_eq!(held.apply(Which::Waiting), 1);
    held.has("user", &[]);
}

#[test]
fn what_the_directory_takes_later_is_held_by_itself_where_that_is_too_much_again() {
    let held = Held::new();
    held.pass(TimeDelta::hours(12));
    held.while_too_much(|world| world.remove(&held.red, &held.ann));
    held.has("user", &["Blue", "Red"]);
    held.pass(TimeDelta::hours(12));
    held.has("user", &["Red"]);
    assert_eq!(held.world.alerts(), [alerts::AlertKind::TooMuchAtOnce], "red waits");
    held.pass(TimeDelta::hours(12));
    held.has("user", &[]);
    assert_eq!(held.world.alerts(), []);
}

#[test]
fn what_follows_within_ten_minutes_of_too_much_is_held_as_well() {
    let world = World::new();
    world.breaker(Some(3));
    let people: Vec<UserId> = (0..8).map(|n| world.person(&format!("p{n}"))).collect();
    let (crowd, red) = (
        world.group("crowd", &people[..5].iter().collect::<Vec<_>>()),
        world.group("red", &people[5..].iter().collect::<Vec<_>>()),
    );
    for (group, name) in [(&crowd, "Crowd"), (&red, "Red")] {
        world.entity("team", name);
        world.map(group, name);
    }
    world.delete(&crowd);
    world.store.clock().advance(TimeDelta::minutes(9));
    world.remove(&red, &people[5]);
    assert_eq!(world.has(&people[5]), has("user", &["Red"]), "the sixth within ten minutes");
    world.store.clock().advance(TimeDelta::minutes(11));
    world.remove(&red, &people[6]);
    assert_eq!(world.has(&people[6]), has("user", &[]));
}

#[test]
fn what_somebody_let_happen_counts_no_more() {
    let world = World::new();
    world.breaker(Some(3));
    let people: Vec<UserId> = (0..6).map(|n| world.person(&format!("p{n}"))).collect();
    let crowd = world.group("crowd", &people[..5].iter().collect::<Vec<_>>());
    let red = world.group("red", &[&people[5]]);
    for (group, name) in [(&crowd, "Crowd"), (&red, "Red")] {
        world.entity("team", name);
        world.map(group, name);
    }
    world.delete(&crowd);
    world.choose(|tx, id| holds::apply(tx, id, Which::Waiting)).unwrap();
    world.remove(&red, &people[5]);
    assert_eq!(world.has(&people[5]), has("user", &[]));
}

#[test]
fn what_a_push_gives_comes_although_what_it_takes_is_held() {
    let world = World::new();
    let ann = world.person("ann");
    let body = json!({ "displayName": "guests", EXTENSION: { "roles": ["guest"] } });
    let guests = world.group_with(body, &[&ann]);
    world.entity("team", "Guests");
    world.map(&guests, "Guests");
    assert_eq!(world.has(&ann), has("guest", &["Guests"]));
    world.breaker(Some(0));
    world.delete(&guests);
    assert_eq!(world.has(&ann), has("user", &["Guests"]), "the higher role comes, the place stays");
    let because = world.because(&ann);
    assert_eq!(because[0], "user: the application's default role");
    assert!(because[1].contains("held: too many people"), "{because:?}");
    let changed = "access.changed";
    assert_eq!(world.told()[1..], [changed, changed, changed, "access.alert"]);
}

#[test]
fn what_people_are_let_keep_is_exactly_what_was_held() {
    let held = Held::new();
    held.restore();
    assert_eq!(held.world.alerts(), []);
    assert!(held.world.because(&held.ann)[1].contains("kept: the directory took it"));
    held.pass(TimeDelta::days(30));
    held.has("user", &["Blue", "Red"]);
    held.world.remove(&held.red, &held.ann);
    held.has("user", &["Blue"]);
}

#[test]
fn what_people_are_let_keep_is_simply_given_once_the_directory_gives_it_again() {
    let held = Held::new();
    held.restore();
    held.world.add(&held.blue, &held.ann);
    held.has("user", &["Blue", "Red"]);
    assert_eq!(held.apply(Which::Kept), 0, "nothing is kept any more");
    held.world.remove(&held.blue, &held.ann);
    held.has("user", &["Red"]);
}

#[test]
fn what_people_are_let_keep_ends_with_a_word_of_its_own() {
    let held = Held::new();
    held.restore();
    held.while_too_much(|world| world.remove(&held.red, &held.ann));
    assert_eq!(held.apply(Which::Waiting), 1);
    held.has("user", &["Blue"]);
    assert_eq!(held.apply(Which::Waiting), 0);
    held.has("user", &["Blue"]);
    assert_eq!(held.apply(Which::Kept), 1);
    held.has("user", &[]);
}

#[test]
fn whoever_the_directory_switches_off_loses_what_is_held_and_comes_back_to_what_groups_give() {
    for is_kept in [false, true] {
        let held = Held::new();
        if is_kept {
            held.restore();
        }
        held.world.breaker(Some(0));
        held.world.activate(&held.ann, false);
        assert_eq!(held.world.has(&held.ann), (None, vec![]));
        // That nothing waits any more is told after it.
        let told = held.world.told();
        let last = told.iter().rfind(|kind| *kind != "access.alert_closed");
        assert_eq!(last.unwrap(), "access.revoked");
        assert_eq!(held.world.alerts(), [alerts::AlertKind::ManySwitchedOff], "nothing waits");
        held.world.activate(&held.ann, true);
        held.has("user", &["Red"]);
    }
}

#[test]
fn whoever_the_directory_removes_loses_what_is_held() {
    let held = Held::new();
    held.world.breaker(Some(0));
    held.world.push(|tx, it| people::remove(tx, it, held.ann.as_str(), None)).unwrap();
    assert_eq!(held.world.has(&held.ann), (None, vec![]));
    let back = held.world.person("ann");
    assert_eq!(back, held.ann);
    held.has("user", &["Red"]);
}

#[test]
fn whoever_is_switched_off_counts_among_those_who_lose_something() {
    let world = World::new();
    world.breaker(Some(3));
    let people: Vec<UserId> = (0..6).map(|n| world.person(&format!("p{n}"))).collect();
    let crowd = world.group("crowd", &people.iter().collect::<Vec<_>>());
    world.entity("team", "Crowd");
    world.map(&crowd, "Crowd");
    for user in &people[..3] {
        world.activate(user, false);
    }
    world.remove(&crowd, &people[3]);
    assert_eq!(world.has(&people[3]), has("user", &["Crowd"]), "the fourth is held");
    world.activate(&people[4], false);
    assert_eq!(world.has(&people[4]), (None, vec![]), "nobody who is off has anything");
}

#[test]
fn where_very_many_are_switched_off_at_once_nothing_is_held_and_an_alert_says_how_many() {
    let world = World::new();
    world.breaker(Some(3));
    let people: Vec<UserId> = (0..6).map(|n| world.person(&format!("p{n}"))).collect();
    for user in &people[..5] {
        world.activate(user, false);
        assert_eq!(world.has(user), (None, vec![]));
    }
    let window = Window::parse(None, None).unwrap();
    let page = |db: &mut _| alerts::page(db, &window, world.organization(), true);
    let open = world.store.read_now(page).unwrap().data;
    assert_eq!(
        (open[0].kind, &open[0].data["people"]),
        (alerts::AlertKind::ManySwitchedOff, &json!(5))
    );
    assert_eq!(open.len(), 1);
    assert_eq!(world.choose(|tx, id| holds::apply(tx, id, Which::Waiting)).unwrap(), 0);
}

#[test]
fn a_group_that_a_person_removes_takes_what_was_held_by_it() {
    let held = Held::new();
    held.world.take_away(&held.blue).unwrap();
    held.has("user", &["Red"]);
    assert_eq!(held.world.alerts(), [], "nothing waits");
}

/// Ann has the role of admin by a mapping of blue that gives nothing else, and blue is taken.
fn by_role_alone() -> (Held, Mapping) {
    let held = Held::new();
    let world = &held.world;
    world.add(&held.blue, &held.ann);
    let new = NewMapping {
        group: held.blue.clone(),
        application: None,
        place: Place::Nowhere,
        role: Some("admin".to_owned()),
    };
    let mapping = world.choose(|tx, id| mappings::create(tx, id, new)).unwrap();
    held.while_too_much(|world| world.remove(&held.blue, &held.ann));
    held.has("admin", &["Blue", "Red"]);
    (held, mapping)
}

#[test]
fn rejecting_a_mapping_that_gives_a_role_alone_takes_the_role_of_who_is_held_in_it() {
    let (held, mapping) = by_role_alone();
    assert_eq!(held.would_lose(&mapping.id), 1, "and a preview tells of it");
    held.world.approve(&mapping.id, false);
    held.has("user", &["Blue", "Red"]);
}

#[test]
fn a_lower_role_of_a_mapping_is_that_of_who_is_held_by_it_and_a_higher_one_is_not() {
    let (held, mapping) = by_role_alone();
    let give = |role: &str| {
        let role = Some(Some(role.to_owned()));
        held.world.decide_mapping(&mapping.id, MappingPatch { role, ..MappingPatch::default() })
    };
    give("guest").unwrap();
    held.has("user", &["Blue", "Red"]);
    give("admin").unwrap();
    held.has("user", &["Blue", "Red"]);
}

#[test]
fn another_role_of_a_rule_reaches_who_is_held_in_it() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let ann = world.person("ann");
    let admins = NewRule {
        targets: vec![],
        role: Some("admin".to_owned()),
        ..rule(Match::Prefix, "eng", "team")
    };
    let set = world.apply(vec![admins.clone()]);
    let eng = world.group("eng", &[&ann]);
    assert_eq!(world.has(&ann), has("admin", &[]));
    world.breaker(Some(0));
    world.remove(&eng, &ann);
    assert_eq!(world.has(&ann), has("admin", &[]), "held");
    let id = Some(set.rules[0].id.parse().unwrap());
    world.apply(vec![NewRule { id, role: Some("guest".to_owned()), ..admins }]);
    assert_eq!(world.has(&ann), has("user", &[]));
    assert_eq!(world.alerts(), []);
}

#[test]
fn a_deleted_entity_takes_the_role_of_who_is_held_in_it_by_its_mapping() {
    let world = World::new();
    world.person_with("boss", &["admin"]);
    let ann = world.person("ann");
    let (fast, slow) = (world.group("fast", &[&ann]), world.group("slow", &[]));
    world.entity("concurrency_group", "Fast");
    world.entity("concurrency_group", "Slow");
    world.try_map(&fast, "Fast", Some("admin")).unwrap();
    world.map(&slow, "Slow");
    world.breaker(Some(0));
    world.remove(&fast, &ann);
    world.add(&slow, &ann);
    assert_eq!(world.has(&ann), has("admin", &["Slow"]), "moved, and the role is held");
    world.choose(|tx, id| entities::delete(tx, id, "Fast")).unwrap();
    assert_eq!(world.has(&ann), has("user", &["Slow"]));
}

#[test]
fn a_conflict_is_over_for_who_only_waits_once_the_entity_is_deleted() {
    let world = World::new();
    let ann = world.person("ann");
    let (fast, slow) = (world.group("fast", &[&ann]), world.group("slow", &[&ann]));
    world.entity("concurrency_group", "Fast");
    world.entity("concurrency_group", "Slow");
    world.map(&fast, "Fast");
    world.map(&slow, "Slow");
    assert_eq!(world.conflicts().len(), 1);
    world.choose(|tx, id| entities::delete(tx, id, "Slow")).unwrap();
    assert_eq!(world.conflicts().len(), 0);
    assert_eq!(world.has(&ann), has("user", &["Fast"]));
}

#[test]
fn the_alert_says_how_many_wait_and_is_over_once_the_directory_gives_it_all_back() {
    let world = World::new();
    world.breaker(Some(3));
    let people: Vec<UserId> = (0..8).map(|n| world.person(&format!("p{n}"))).collect();
    let crowd = world.group("crowd", &people.iter().collect::<Vec<_>>());
    world.entity("team", "Crowd");
    world.map(&crowd, "Crowd");
    for user in &people {
        world.remove(&crowd, user);
    }
    let window = Window::parse(None, None).unwrap();
    let page = |db: &mut _| alerts::page(db, &window, world.organization(), true);
    let open = world.store.read_now(page).unwrap().data;
    assert_eq!(open[0].data["people"], 5, "all but the first three");
    for user in &people[3..] {
        assert_eq!(world.alerts(), [alerts::AlertKind::TooMuchAtOnce]);
        world.add(&crowd, user);
    }
    assert_eq!(world.alerts(), []);
}

#[test]
fn what_waited_for_its_time_is_not_held_again_where_the_directory_acts_before_the_job() {
    let held = Held::new();
    held.world.store.clock().advance(TimeDelta::hours(25));
    held.world.breaker(Some(0));
    held.world.add(&held.world.group("green", &[]), &held.ann);
    held.has("user", &["Red"]);
}

#[test]
fn what_is_held_in_an_application_that_is_gone_is_due_once() {
    let held = Held::new();
    held.world.store.system(|tx| applications::delete(tx, &held.world.application));
    held.world.choose(holds::catch_up).unwrap();
    held.world.store.clock().advance(TimeDelta::hours(25));
    let due = || {
        let now = held.world.store.clock().now();
        held.world.store.read_now(|db| holds::due(db, now)).unwrap()
    };
    assert_eq!(due(), [held.world.organization().clone()]);
    held.world.choose(holds::catch_up).unwrap();
    assert_eq!(due(), []);
}
