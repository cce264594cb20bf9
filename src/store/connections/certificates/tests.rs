use super::CertificateState::{Active, Next, Retired};
use super::*;
use crate::crypto::{Algorithm, PrivateKey};
use crate::saml::metadata::IdentityProvider;
use crate::saml::testing as saml_testing;
use crate::store::connections::{self, Refreshed, has_only_gained};
use crate::store::refreshes;
use crate::store::schema::connections as rows;
use crate::store::testing::{self, TestStore, active, provider, refused};
use crate::store::{Actor, Scope, Window, events};
use std::thread;

const URL: &str = "https://idp.example/metadata";

/// A provider with these certificates, as its metadata has it.
fn with(certificates: &[&saml_testing::Pair]) -> IdentityProvider {
    let certificates = certificates.iter().map(|pair| pair.certificate.clone()).collect();
    IdentityProvider { certificates, ..provider("JumpCloud") }
}

/// An active connection whose metadata has an address.
fn connection(store: &TestStore) -> Connection {
    active(store, "JumpCloud", Some(URL))
}

fn read_again(store: &TestStore, id: &ConnectionId, found: IdentityProvider) -> Refreshed {
    store.system(|tx| {
        refreshes::adopt(tx, TimeDelta::hours(6))?;
        connections::refresh(tx, id, URL, found)
    })
}

fn states(store: &TestStore, id: &ConnectionId) -> Vec<(CertificateState, bool)> {
    let rows = store.read_now(|db| {
        let connection = connections::find(db, id)?;
        list(db, &connection)
    });
    let rows = rows.unwrap();
    let by = |pair: &saml_testing::Pair| {
        rows.iter().find(|row| row.fingerprint == pair.certificate.fingerprint())
    };
    [saml_testing::rsa(), saml_testing::ec(), saml_testing::other_rsa()]
        .into_iter()
        .filter_map(by)
        .map(|row| (row.state, row.unlisted_at.is_some()))
        .collect()
}

fn trusted(store: &TestStore, id: &ConnectionId) -> usize {
    let connection = store.read_now(|db| connections::find(db, id)).unwrap();
    connection.identity_provider.as_ref().unwrap().certificates.len()
}

fn print(pair: &saml_testing::Pair) -> &str {
    pair.certificate.fingerprint()
}

#[test]
fn a_new_certificate_is_added_beside_the_old_and_takes_over_when_it_has_signed() {
    let store = testing::store();
    let id = connection(&store).id;
    let (old, new) = (saml_testing::rsa(), saml_testing::ec());
    assert_eq!(read_again(&store, &id, with(&[old, new])), Refreshed::Changed);
    assert_eq!(states(&store, &id), [(Active, false), (Next, false)]);
    store.system(|tx| signed(tx, &id, print(new)));
    assert_eq!(states(&store, &id), [(Active, false), (Active, false)]);
    // Both are named still, so both stay.
    assert_eq!(trusted(&store, &id), 2);
    assert_eq!(read_again(&store, &id, with(&[new])), Refreshed::Changed);
    assert_eq!(read_again(&store, &id, with(&[new])), Refreshed::Unchanged);
    assert_eq!(states(&store, &id), [(Active, true), (Active, false)]);
    store.system(|tx| signed(tx, &id, print(new)));
    assert_eq!(states(&store, &id), [(Retired, true), (Active, false)]);
    assert_eq!(trusted(&store, &id), 1);
}

#[test]
fn the_last_working_certificate_is_never_removed_by_a_refresh() {
    let store = testing::store();
    let id = connection(&store).id;
    let (old, new) = (saml_testing::rsa(), saml_testing::ec());
    for _ in 0..3 {
        read_again(&store, &id, with(&[new]));
        store.clock().advance(TimeDelta::days(100));
        // The provider's metadata is ahead of what it signs with.
        store.system(|tx| signed(tx, &id, print(old)));
        assert_eq!(states(&store, &id), [(Active, true), (Next, false)]);
    }
    // One that never worked goes with the metadata that named it.
    read_again(&store, &id, with(&[saml_testing::other_rsa()]));
    assert_eq!(states(&store, &id), [(Active, true), (Retired, true), (Next, false)]);
    assert_eq!(trusted(&store, &id), 2);
}

/// So many certificates that nobody has seen yet.
fn fresh(count: usize) -> Vec<Certificate> {
    let key = PrivateKey::generate(Algorithm::Es256).unwrap();
    let made = |n| key.self_signed(&format!("{n}"), 10, saml_testing::now()).unwrap();
    (0..count).map(|n| Certificate::parse(&made(n)).unwrap()).collect()
}

#[test]
fn the_certificate_in_use_is_tried_first_however_many_are_named() {
    let store = testing::store();
    let id = connection(&store).id;
    let (old, by_hand) = (&saml_testing::rsa().certificate, &saml_testing::ec().certificate);
    let named = fresh(20);
    let trusted = || {
        let connection = store.read_now(|db| connections::find(db, &id)).unwrap();
        connection.identity_provider.unwrap().into_inner().certificates
    };
    // It stays although it is named no more, and is behind nobody.
    let found = IdentityProvider { certificates: named.clone(), ..provider("JumpCloud") };
    read_again(&store, &id, found.clone());
    assert_eq!((&trusted()[0], trusted().len()), (old, 21));
    store.system(|tx| add(tx, &id, by_hand));
    assert_eq!(trusted()[..2], [old.clone(), by_hand.clone()]);
    read_again(&store, &id, IdentityProvider { wants_signed_requests: true, ..found });
    assert_eq!(trusted()[..2], [old.clone(), by_hand.clone()]);
    // One that has signed takes over, and with it the first place.
    store.system(|tx| signed(tx, &id, named[19].fingerprint()));
    assert_eq!(trusted()[..2], [named[19].clone(), by_hand.clone()]);
}

#[test]
fn so_many_certificates_are_remembered_and_no_more() {
    let store = testing::store();
    let id = connection(&store).id;
    let mut last = String::new();
    for _ in 0..6 {
        let certificates = fresh(30);
        last = certificates[0].fingerprint().to_owned();
        read_again(&store, &id, IdentityProvider { certificates, ..provider("JumpCloud") });
        store.clock().advance(TimeDelta::hours(1));
    }
    read_again(&store, &id, with(&[saml_testing::rsa()]));
    let rows = store.read_now(|db| connections::find(db, &id).and_then(|row| list(db, &row)));
    let rows = rows.unwrap();
    assert_eq!(rows.iter().filter(|row| row.state == Retired).count(), 100);
    // The latest of them.
    assert!(rows.iter().any(|row| row.fingerprint == last));
}

#[test]
fn a_certificate_that_is_named_again_is_trusted_again() {
    let store = testing::store();
    let id = connection(&store).id;
    let (old, new) = (saml_testing::rsa(), saml_testing::ec());
    read_again(&store, &id, with(&[new]));
    store.system(|tx| signed(tx, &id, print(new)));
    assert_eq!(states(&store, &id), [(Retired, true), (Active, false)]);
    assert_eq!(read_again(&store, &id, with(&[new, old])), Refreshed::Changed);
    assert_eq!(states(&store, &id), [(Next, false), (Active, false)]);
}

#[test]
fn a_certificate_given_by_hand_stays_until_a_person_removes_it() {
    let store = testing::store();
    let id = connection(&store).id;
    let (old, by_hand) = (saml_testing::rsa(), saml_testing::ec());
    store.system(|tx| add(tx, &id, &by_hand.certificate));
    store.system(|tx| add(tx, &id, &by_hand.certificate));
    assert_eq!(read_again(&store, &id, with(&[old])), Refreshed::Unchanged);
    assert_eq!(states(&store, &id), [(Active, false), (Next, false)]);
    let rows = store.read_now(|db| connections::find(db, &id).and_then(|row| list(db, &row)));
    let row = rows.unwrap().into_iter().find(|row| row.fingerprint == print(by_hand)).unwrap();
    assert_eq!(row.source, CertificateSource::Hand);
    // Metadata may name it for a while, whoever gives it.
    for certificates in [&[old, by_hand][..], &[old]] {
        read_again(&store, &id, with(certificates));
        for url in [Some(URL.to_owned()), None, Some(URL.to_owned())] {
            store.system(|tx| connections::import(tx, &id, with(certificates), url, false));
            assert_eq!(states(&store, &id), [(Active, false), (Next, false)]);
        }
    }
    store.system(|tx| remove(tx, &id, &print(by_hand).to_ascii_uppercase()));
    assert_eq!(states(&store, &id), [(Active, false), (Retired, false)]);
    let gone = store.try_system(|tx| remove(tx, &id, print(by_hand)));
    assert_eq!(refused(gone), "no certificate");
    let kinds = store.kinds(None);
    let changes = kinds.iter().filter(|kind| *kind == "connection.certificate_changed").count();
    assert_eq!(changes, 2);
}

#[test]
fn metadata_does_not_bring_back_what_a_person_removed() {
    let store = testing::store();
    let id = connection(&store).id;
    let (kept, removed) = (saml_testing::rsa(), saml_testing::ec());
    read_again(&store, &id, with(&[kept, removed]));
    store.system(|tx| remove(tx, &id, print(removed)));
    assert_eq!(read_again(&store, &id, with(&[kept, removed])), Refreshed::Unchanged);
    assert_eq!(states(&store, &id), [(Active, false), (Retired, false)]);
    let last = store.try_system(|tx| remove(tx, &id, print(kept)));
    assert_eq!(refused(last), "certificate_last");
}

#[test]
fn a_refresh_by_a_person_does_not_bring_back_what_a_person_removed() {
    let store = testing::store();
    let id = connection(&store).id;
    let (kept, removed) = (saml_testing::rsa(), saml_testing::ec());
    read_again(&store, &id, with(&[kept, removed]));
    store.system(|tx| remove(tx, &id, print(removed)));
    let give = |certificates: &[&saml_testing::Pair], url: Option<&str>| {
        let url = url.map(str::to_owned);
        store.try_system(|tx| connections::import(tx, &id, with(certificates), url, false))
    };
    for url in [Some(URL), Some("https://idp.example/other"), None] {
        give(&[kept, removed], url).unwrap();
        assert_eq!(states(&store, &id), [(Active, false), (Retired, false)], "{url:?}");
        assert_eq!(trusted(&store, &id), 1, "{url:?}");
    }
    // The other one stays, for it is in use.
    give(&[removed], None).unwrap();
    assert_eq!(states(&store, &id), [(Active, true), (Retired, false)]);
    // Who adds that very certificate means it.
    store.system(|tx| add(tx, &id, &removed.certificate));
    assert_eq!(states(&store, &id), [(Active, true), (Next, false)]);
    give(&[kept, removed], Some(URL)).unwrap();
    assert_eq!(states(&store, &id), [(Active, false), (Next, false)]);
}

#[test]
fn a_weak_or_ended_certificate_is_not_added() {
    let store = testing::store();
    let id = connection(&store).id;
    store.clock().advance(TimeDelta::days(365 * 30));
    let done = store.try_system(|tx| add(tx, &id, &saml_testing::ec().certificate));
    assert_eq!(refused(done), "/certificate certificate_expired");
}

#[test]
fn a_provider_that_nobody_uses_yet_is_taken_over_as_it_is() {
    let store = testing::store();
    let id = connection(&store).id;
    // Another provider's certificates say nothing about this one's.
    let other = IdentityProvider { entity_id: "Other".to_owned(), ..with(&[saml_testing::ec()]) };
    store.system(|tx| connections::import(tx, &id, other, None, true));
    assert_eq!(states(&store, &id), [(Retired, true), (Active, false)]);
    assert_eq!(trusted(&store, &id), 1);
}

#[test]
fn a_sign_in_under_way_goes_on_when_a_certificate_is_added_but_not_when_one_goes() {
    let store = testing::store();
    let then = connection(&store);
    let id = &then.id;
    let now = |store: &TestStore| store.read_now(|db| connections::find(db, id)).unwrap();
    read_again(&store, id, with(&[saml_testing::rsa(), saml_testing::ec()]));
    let gained = now(&store);
    assert!(gained.revision > then.revision && has_only_gained(&then, &gained));
    store.system(|tx| remove(tx, id, print(saml_testing::rsa())));
    assert!(!has_only_gained(&then, &now(&store)));
    let moved = IdentityProvider { entity_id: "Other".to_owned(), ..with(&[saml_testing::ec()]) };
    store.system(|tx| connections::import(tx, id, moved, None, true));
    assert!(!has_only_gained(&then, &now(&store)));
}

#[test]
fn what_an_older_release_has_written_counts() {
    let store = testing::store();
    let id = connection(&store).id;
    let forget = |store: &TestStore| {
        store.system(|tx| Ok(diesel::delete(provider_certificates::table).execute(tx.db)?));
    };
    forget(&store);
    assert_eq!(states(&store, &id), [(Active, false)]);
    assert_eq!(store.system(adopt), 1);
    assert_eq!(store.system(adopt), 0);
    // It knows nothing of the rows, so the connection's row is right.
    let provider = Json::from(with(&[saml_testing::ec()]));
    store.system(|tx| {
        Ok(diesel::update(rows::table).set(rows::identity_provider.eq(provider)).execute(tx.db)?)
    });
    assert_eq!(states(&store, &id), [(Retired, false), (Active, false)]);
}

#[test]
fn the_end_of_a_certificate_is_told_once_per_step() {
    let store = testing::store();
    let made = connection(&store);
    let end = saml_testing::rsa().certificate.not_after();
    let at = |days: i64| {
        let ahead = end.minus(TimeDelta::days(days)).since(store.clock().now());
        store.clock().advance(ahead);
        store.system(tell_ends)
    };
    assert_eq!(at(61), 0);
    for days in [60, 30, 14, 7, 1] {
        assert_eq!((at(days), at(days)), (1, 0), "{days}");
    }
    assert_eq!((at(0), at(-1)), (0, 0));
    let filter = events::Filter {
        kind: Some("connection.certificate_expiring".to_owned()),
        ..events::Filter::default()
    };
    let told = store.read_now(|db| events::page(db, &Window::default(), &filter)).unwrap().data;
    let days: Vec<i64> = told.iter().map(|event| event.data["days"].as_i64().unwrap()).collect();
    assert_eq!(days, [1, 7, 14, 30, 60]);
    assert_eq!(told[0].data["is_last"], true);
    assert_eq!(told[0].subject_id, made.id.as_str());
}

#[test]
fn several_instances_tell_the_end_of_a_certificate_once() {
    let store = testing::store();
    connection(&store);
    let end = saml_testing::rsa().certificate.not_after();
    store.clock().advance(end.minus(TimeDelta::days(30)).since(store.clock().now()));
    let told = || store.write_now(&Scope::Own, &Actor::System, tell_ends).unwrap();
    let told: usize = thread::scope(|scope| {
        let instances: Vec<_> = (0..4).map(|_| scope.spawn(told)).collect();
        instances.into_iter().map(|instance| instance.join().unwrap()).sum()
    });
    assert_eq!(told, 1);
}

#[test]
fn after_a_pause_the_nearest_step_is_told_and_an_unused_connection_tells_nothing() {
    let store = testing::store();
    let made = connection(&store);
    let end = saml_testing::rsa().certificate.not_after();
    store.clock().advance(end.minus(TimeDelta::days(10)).since(store.clock().now()));
    store.system(|tx| connections::disable(tx, &made.id));
    assert_eq!(store.system(tell_ends), 0);
    store.system(|tx| connections::activate(tx, &made.id, true));
    assert_eq!((store.system(tell_ends), store.system(tell_ends)), (1, 0));
}
