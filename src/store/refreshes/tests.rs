use super::*;
use crate::store::connections::{self, Refreshed};
use crate::store::testing::{self, TestStore, active, provider, refused};
use crate::store::{Actor, Scope, Store};
use std::thread;

const URL: &str = "https://idp.example/metadata";
const INTERVAL: TimeDelta = TimeDelta::hours(6);

fn connection(store: &TestStore) -> Connection {
    active(store, "JumpCloud", Some(URL))
}

fn row(store: &TestStore, id: &ConnectionId) -> Refresh {
    store.read_now(|db| by_connection(db, id)).unwrap().unwrap()
}

/// Every row that is due, taken as an instance takes it.
fn taken(store: &Store) -> usize {
    let claim = || store.write_now(&Scope::Own, &Actor::System, claim).unwrap().len();
    std::iter::from_fn(|| Some(claim()).filter(|count| *count > 0)).sum()
}

fn copy(etag: &str) -> Copy {
    let validators = Validators { etag: Some(etag.to_owned()), last_modified: None };
    Copy { validators, ..Copy::default() }
}

fn kinds(store: &TestStore, kind: &str) -> usize {
    store.kinds(None).into_iter().filter(|other| other == kind).count()
}

#[test]
fn metadata_with_an_address_is_due_after_the_interval() {
    let store = testing::store();
    let made = connection(&store);
    active(&store, "without an address", None);
    assert_eq!(store.system(|tx| adopt(tx, INTERVAL)), 1);
    assert_eq!(store.system(|tx| adopt(tx, INTERVAL)), 0);
    assert_eq!(taken(&store), 0);
    store.clock().advance(INTERVAL);
    assert_eq!((taken(&store), taken(&store)), (1, 0));
    // Whoever took it may have died.
    store.clock().advance(TimeDelta::minutes(5));
    assert_eq!(taken(&store), 1);
    store.system(|tx| fetched(tx, &made, &copy("1"), INTERVAL));
    store.clock().advance(INTERVAL - INTERVAL / 10 - TimeDelta::minutes(1));
    assert_eq!(taken(&store), 0);
    store.clock().advance(INTERVAL / 10 + TimeDelta::minutes(1));
    assert_eq!(taken(&store), 1);
}

#[test]
fn a_connection_that_nobody_uses_is_left_alone_until_it_is_on_again() {
    let store = testing::store();
    let made = connection(&store);
    store.system(|tx| adopt(tx, INTERVAL));
    store.system(|tx| connections::disable(tx, &made.id));
    store.clock().advance(INTERVAL);
    assert_eq!(taken(&store), 0);
    store.system(|tx| connections::activate(tx, &made.id, true));
    store.clock().advance(TimeDelta::hours(1));
    assert_eq!(taken(&store), 1);
}

#[test]
fn several_instances_share_the_work() {
    let store = testing::store();
    let many = 40;
    for _ in 0..many {
        connection(&store);
    }
    store.system(|tx| adopt(tx, INTERVAL));
    store.clock().advance(INTERVAL);
    let took: Vec<usize> = thread::scope(|scope| {
        let instances: Vec<_> = (0..4).map(|_| scope.spawn(|| taken(&store))).collect();
        instances.into_iter().map(|instance| instance.join().unwrap()).collect()
    });
    assert_eq!(took.iter().sum::<usize>(), many, "{took:?}");
}

#[test]
fn a_file_may_ask_to_be_read_sooner_and_never_later() {
    let now = crate::saml::testing::now();
    let between = |wait: TimeDelta, least: i64, most: i64| {
        assert!((least..=most).contains(&wait.num_seconds()), "{wait}");
    };
    between(wait(INTERVAL, None, None, now), 19_440, 21_600);
    between(wait(INTERVAL, Some(3600), None, now), 3240, 3600);
    between(wait(INTERVAL, Some(604_800), None, now), 19_440, 21_600);
    between(wait(INTERVAL, Some(1), None, now), 270, 300);
    between(wait(INTERVAL, None, Some(now.plus(TimeDelta::hours(2))), now), 3240, 3600);
    between(wait(INTERVAL, None, Some(now.minus(TimeDelta::hours(2))), now), 270, 300);
}

#[test]
fn after_a_failure_the_pause_doubles_up_to_six_hours() {
    let minutes = |failures| pause(failures, TimeDelta::days(1)).num_minutes();
    let pauses: Vec<i64> = (1..=9).map(minutes).collect();
    assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 360, 360]);
    assert_eq!(pause(9, TimeDelta::minutes(30)), TimeDelta::minutes(30));
    assert_eq!(pause(i32::MAX, INTERVAL), INTERVAL);
}

#[test]
fn a_copy_is_recognised_only_at_its_own_address_and_while_it_is_valid() {
    let store = testing::store();
    let made = connection(&store);
    let known = || {
        store.clock().advance(INTERVAL);
        store.system(claim).remove(0).known.etag
    };
    store.system(|tx| adopt(tx, INTERVAL));
    assert_eq!(known(), None);
    store.system(|tx| fetched(tx, &made, &copy("1"), INTERVAL));
    assert_eq!(known().as_deref(), Some("1"));
    store.system(|tx| unmodified(tx, &made, INTERVAL));
    assert_eq!(known().as_deref(), Some("1"));
    let ends = Some(store.clock().now().plus(TimeDelta::hours(1)));
    store.system(|tx| fetched(tx, &made, &Copy { valid_until: ends, ..copy("2") }, INTERVAL));
    assert_eq!(known(), None);
    store.system(|tx| fetched(tx, &made, &copy("3"), INTERVAL));
    let other = Some("https://idp.example/other".to_owned());
    store.system(|tx| connections::import(tx, &made.id, provider("JumpCloud"), other, false));
    assert_eq!(known(), None);
    // Nor where the file has to be signed from now on: what was read may not have been.
    store.system(|tx| fetched(tx, &made, &copy("4"), INTERVAL));
    let pinned = Some(crate::saml::testing::rsa().pem());
    let settings = connections::Settings { metadata_certificate: pinned, ..Default::default() };
    let patch = connections::ConnectionPatch { settings: Some(settings), ..Default::default() };
    store.system(|tx| connections::change(tx, &made.id, patch));
    assert_eq!(known(), None);
}

#[test]
fn after_a_day_without_metadata_somebody_is_told_once() {
    let store = testing::store();
    let made = connection(&store);
    store.system(|tx| adopt(tx, INTERVAL));
    let fail = || store.system(|tx| failed(tx, &made, "metadata_unreachable", "Away.", INTERVAL));
    let alerts = || row(&store, &made.id).alerts(&made, store.clock().now());
    fail();
    store.clock().advance(TimeDelta::hours(23));
    fail();
    assert_eq!((alerts(), kinds(&store, "connection.metadata_unreachable")), (vec![], 0));
    store.clock().advance(TimeDelta::hours(1));
    fail();
    fail();
    assert_eq!(alerts()[0].code, "metadata_unreachable");
    assert_eq!(kinds(&store, "connection.metadata_unreachable"), 1);
    store.system(|tx| unmodified(tx, &made, INTERVAL));
    assert_eq!((alerts(), kinds(&store, "connection.metadata_recovered")), (vec![], 1));
    assert_eq!(row(&store, &made.id).failures, 0);
}

#[test]
fn another_entity_id_or_sign_on_address_waits_for_a_person() {
    let store = testing::store();
    let made = connection(&store);
    let id = &made.id;
    store.system(|tx| adopt(tx, INTERVAL));
    let mut moved = provider("JumpCloud");
    moved.sign_on[0].location = "https://elsewhere.example/sso".to_owned();
    let again = |found: &IdentityProvider| {
        store.system(|tx| connections::refresh(tx, id, URL, found.clone()))
    };
    for (found, code, times) in [
        (&moved, "metadata_sign_on_changed", 1),
        (&moved, "metadata_sign_on_changed", 1),
        (&provider("Other"), "metadata_entity_changed", 2),
    ] {
        assert_eq!(again(found), Refreshed::Held);
        assert_eq!(row(&store, id).alerts(&made, store.clock().now())[0].code, code);
        assert_eq!(kinds(&store, "connection.metadata_held"), times);
    }
    let connection = store.read_now(|db| connections::find(db, id)).unwrap();
    assert_eq!((connection.revision, connection.updated_at), (made.revision, made.updated_at));
    // It goes by itself when the provider takes it back.
    assert_eq!(again(&provider("JumpCloud")), Refreshed::Unchanged);
    assert_eq!(row(&store, id).alerts(&made, store.clock().now()), []);
    let nothing = store.try_system(|tx| connections::accept(tx, id, "any"));
    assert_eq!(refused(nothing), "nothing_to_accept");
}

#[test]
fn a_person_accepts_what_they_have_seen_and_nothing_else() {
    let store = testing::store();
    let made = connection(&store);
    let id = &made.id;
    store.system(|tx| adopt(tx, INTERVAL));
    store.system(|tx| connections::refresh(tx, id, URL, provider("Other")));
    let seen = row(&store, id).change().unwrap();
    store.system(|tx| connections::refresh(tx, id, URL, provider("Third")));
    let unseen = store.try_system(|tx| connections::accept(tx, id, &seen));
    assert_eq!(refused(unseen), "metadata_changed_again");
    let seen = row(&store, id).change().unwrap();
    let after = store.system(|tx| connections::accept(tx, id, &seen));
    assert_eq!(after.identity_provider.as_ref().unwrap().entity_id, "Third");
    assert_eq!(after.metadata_url.as_deref(), Some(URL));
    assert_eq!(row(&store, id).alerts(&after, store.clock().now()), []);
}

#[test]
fn metadata_of_an_address_that_was_replaced_meanwhile_changes_nothing() {
    let store = testing::store();
    let made = connection(&store);
    let other = Some("https://idp.example/other".to_owned());
    store.system(|tx| connections::import(tx, &made.id, provider("JumpCloud"), other, false));
    let late = store.system(|tx| connections::refresh(tx, &made.id, URL, provider("JumpCloud")));
    assert_eq!(late, Refreshed::Superseded);
}

#[test]
fn an_unknown_certificate_asks_once_a_minute_whichever_instance_it_comes_to() {
    let store = testing::store();
    let made = connection(&store);
    let asked = || store.write_now(&Scope::Own, &Actor::System, |tx| ask(tx, &made.id)).unwrap();
    let granted: Vec<bool> = thread::scope(|scope| {
        let many: Vec<_> = (0..4).map(|_| scope.spawn(asked)).collect();
        many.into_iter().map(|one| matches!(one.join().unwrap(), Asked::Granted(_))).collect()
    });
    assert_eq!(granted.into_iter().filter(|granted| *granted).count(), 1);
    assert!(matches!(asked(), Asked::Underway(_)));
    store.system(|tx| fetched(tx, &made, &copy("1"), INTERVAL));
    assert!(matches!(asked(), Asked::Refused));
    store.clock().advance(TimeDelta::minutes(1));
    match asked() {
        // All of it is read, whatever a cache on the way may say.
        Asked::Granted(due) => assert_eq!(due.known, Validators::default()),
        other => panic!("{other:?}"),
    }
    let without = active(&store, "without an address", None);
    let refused = store.system(|tx| ask(tx, &without.id));
    assert!(matches!(refused, Asked::Refused));
}
