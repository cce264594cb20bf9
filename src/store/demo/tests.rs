//! Whether the demo comes, stays and goes.

use super::*;
use crate::store::connections::ConnectionState;
use crate::store::organizations::OrganizationPatch;
use crate::store::testing::{self, TestStore};

const URL: &str = "http://localhost:8080";

fn master() -> MasterKey {
    MasterKey::from_base64("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", None).unwrap()
}

fn set_up(store: &TestStore, url: &str) -> Demo {
    up(store, &master(), url, &Actor::System).unwrap()
}

#[test]
fn the_demo_is_set_up_once_however_often_it_is_asked_for() {
    let store = testing::store();
    assert!(store.read_now(find).unwrap().is_none());
    let first = set_up(&store, URL);
    let events = store.kinds(Some(&first.organization.id)).len();
    let second = set_up(&store, URL);
    assert_eq!(second.organization.id, first.organization.id);
    assert_eq!(second.connection.id, first.connection.id);
    assert_eq!(second.connection.revision, first.connection.revision);
    assert_eq!(second.application.id, first.application.id);
    assert_eq!(store.kinds(Some(&first.organization.id)).len(), events);
    let found = store.read_now(find).unwrap().unwrap();
    assert_eq!(found.connection.state, ConnectionState::Active);
    assert!(found.organization.is_demo && found.application.is_demo);
    let owner = store.read_now(|db| domains::owner(db, &domain().unwrap())).unwrap();
    assert_eq!(owner, Some(found.organization.id));
}

#[test]
fn the_demos_connection_knows_a_certificate_that_is_valid_and_one_that_has_ended() {
    let store = testing::store();
    let connection = set_up(&store, URL).connection;
    let now = store.clock().now();
    let provider = connection.identity_provider.unwrap();
    let ended: Vec<bool> =
        provider.certificates.iter().map(|certificate| certificate.is_expired(now)).collect();
    assert_eq!(ended, [false, true]);
    assert_eq!(provider.entity_id, "http://localhost:8080/demo/idp");
}

#[test]
fn the_demo_follows_the_public_address_and_mends_what_was_changed() {
    let store = testing::store();
    let first = set_up(&store, URL);
    store.system(|tx| {
        connections::disable(tx, &first.connection.id)?;
        domains::remove(tx, &first.organization.id, DOMAIN)?;
        let patch =
            OrganizationPatch { name: Some("Renamed".to_owned()), ..OrganizationPatch::default() };
        organizations::change(tx, &first.organization.id, patch)
    });
    let second = set_up(&store, "http://localhost:9090");
    assert_eq!(second.connection.id, first.connection.id);
    assert_eq!(second.connection.state, ConnectionState::Active);
    let provider = second.connection.identity_provider.unwrap();
    assert_eq!(provider.entity_id, "http://localhost:9090/demo/idp");
    assert_eq!(*second.application.redirect_uris, ["http://localhost:9090/demo/app/callback"]);
    assert!(store.read_now(|db| domains::owner(db, &domain().unwrap())).unwrap().is_some());
    let found = store.read_now(find).unwrap().unwrap();
    assert_eq!(found.organization.name, "Renamed");
}

#[test]
fn the_demo_goes_without_a_trace_and_leaves_others_alone() {
    let store = testing::store();
    let other = store.system(|tx| organizations::create(tx, testing::globex()));
    set_up(&store, URL);
    let removed = down(&store, &Actor::System).unwrap();
    assert_eq!(removed, Removed { organizations: 1, applications: 1 });
    assert!(store.read_now(find).unwrap().is_none());
    assert!(store.read_now(|db| keys::load(db, &master())).unwrap().is_none());
    assert!(store.read_now(|db| organizations::find(db, &other.id)).is_ok());
    let nothing = Removed { organizations: 0, applications: 0 };
    assert_eq!(down(&store, &Actor::System).unwrap(), nothing);
    set_up(&store, URL);
    assert!(store.read_now(find).unwrap().is_some());
}
