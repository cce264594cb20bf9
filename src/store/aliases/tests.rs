//! Where addresses of other products lead.

use super::{Address, Kind, add, all_at, is_at, leading_to, of, remove, saml_at, scim_at};
use crate::store::Tx;
use crate::store::clean_up::{Retention, Task};
use crate::store::connections::{self, Connection};
use crate::store::organizations;
use crate::store::testing::{self, TestStore, refused};
use chrono::TimeDelta;

const SHARED: &str = "https://old.example/api/oauth/saml";
const ACS: &str = "https://old.example/v1/saml/saml_conn_1/acs";
const SCIM: &str = "https://old.example/v1/scim/scim_directory_1";

fn two(store: &TestStore) -> [Connection; 2] {
    ["https://idp.example/1", "https://idp.example/2"].map(|id| testing::active(store, id, None))
}

fn put(tx: &mut Tx, connection: &Connection, text: &str) -> crate::error::Result<bool> {
    Ok(add(tx, &connection.id, &Address::parse(text)?)?.is_some())
}

#[test]
fn an_address_leads_to_one_connection_unless_it_is_shared() {
    let store = testing::store();
    let [one, other] = two(&store);
    for text in [ACS, SCIM, SHARED] {
        assert!(store.system(|tx| put(tx, &one, text)), "{text}");
        assert!(!store.system(|tx| put(tx, &one, text)), "{text} again");
    }
    for text in [ACS, SCIM] {
        assert_eq!(refused(store.try_system(|tx| put(tx, &other, text))), "alias_taken");
    }
    assert!(store.system(|tx| put(tx, &other, SHARED)));
    let elsewhere = SHARED.replace("old", "older");
    assert_eq!(refused(store.try_system(|tx| put(tx, &one, &elsewhere))), "alias_taken");

    let shared = store.read_now(|db| all_at(db, "/api/oauth/saml")).unwrap();
    assert_eq!(shared.len(), 2);
    assert!(shared.iter().all(|(alias, _)| alias.kind == Kind::SharedAcs && alias.url() == SHARED));
    for one in [&one, &other] {
        let lead = store.read_now(|db| leading_to(db, "/api/oauth/saml", &one.id)).unwrap();
        assert_eq!(lead.unwrap().connection_id, one.id);
    }
    assert!(
        store
            .read_now(|db| leading_to(db, "/v1/saml/saml_conn_1/acs", &other.id))
            .unwrap()
            .is_none()
    );
    let is_at = |host: &str| store.read_now(|db| is_at(db, "/api/oauth/saml", host)).unwrap();
    assert!(is_at("OLD.example") && !is_at("older.example"));
    assert!(store.read_now(|db| saml_at(db, "/v1/scim/scim_directory_1")).unwrap().is_none());
    let scim = store.read_now(|db| scim_at(db, "/v1/scim/scim_directory_1")).unwrap();
    assert_eq!(scim.unwrap().connection_id, one.id);
    assert!(store.read_now(|db| scim_at(db, "/v1/saml/saml_conn_1/acs")).unwrap().is_none());
    for path in ["/v1/scim/scim_directory_2", "/v1/scim/SCIM_directory_1", "/login", ""] {
        assert!(store.read_now(|db| all_at(db, path)).unwrap().is_empty(), "{path}");
    }
}

#[test]
fn an_alias_of_what_is_deleted_leads_nowhere_and_goes_with_it_for_good() {
    let store = testing::store();
    let [one, other] = two(&store);
    store.system(|tx| put(tx, &one, SHARED));
    store.system(|tx| put(tx, &one, ACS));
    store.system(|tx| put(tx, &other, SHARED));
    store.system(|tx| connections::delete(tx, &one.id));
    let path = "/api/oauth/saml";
    let left = store.read_now(|db| all_at(db, path)).unwrap();
    assert_eq!(left.iter().map(|(it, _)| &it.connection_id).collect::<Vec<_>>(), [&other.id]);
    assert!(store.read_now(|db| all_at(db, "/v1/saml/saml_conn_1/acs")).unwrap().is_empty());
    store.system(|tx| connections::restore(tx, &one.id));
    assert_eq!(store.read_now(|db| all_at(db, path)).unwrap().len(), 2);

    store.system(|tx| organizations::delete(tx, &other.organization_id));
    assert_eq!(store.read_now(|db| all_at(db, path)).unwrap().len(), 1);
    store.system(|tx| connections::delete(tx, &one.id));
    store.clock().advance(TimeDelta::days(31));
    let kept = TimeDelta::days(90);
    let retention = Retention { traces: kept, events: kept, requests: kept, removed: kept };
    for task in [Task::Connections, Task::Organizations] {
        store.system(|tx| task.run(tx, retention));
    }
    for connection in [&one, &other] {
        assert!(store.read_now(|db| of(db, &connection.id)).unwrap().is_empty());
    }
}

#[test]
fn an_alias_is_removed_as_its_connections_alone_and_both_are_events() {
    let store = testing::store();
    let [one, other] = two(&store);
    let address = Address::parse(ACS).unwrap();
    let alias = store.system(|tx| add(tx, &one.id, &address)).unwrap();
    assert_eq!(refused(store.try_system(|tx| remove(tx, &other.id, &alias.id))), "no alias");
    store.system(|tx| remove(tx, &one.id, &alias.id));
    assert!(store.read_now(|db| all_at(db, &alias.path)).unwrap().is_empty());
    let kinds = store.kinds(Some(&one.organization_id));
    assert!(kinds.ends_with(&["connection.alias_added".into(), "connection.alias_removed".into()]));
}

#[test]
fn the_names_that_a_provider_has_for_us_are_kept_and_need_another_test() {
    let store = testing::store();
    let [one, _] = two(&store);
    let (entity_id, acs) = ("https://saml.boxyhq.com".to_owned(), SHARED.to_owned());
    let keep = |tx: &mut Tx| connections::keep_addresses(tx, &one.id, &entity_id, &acs);
    let row = store.system(keep);
    assert_eq!(
        (row.entity_id("https://us"), row.acs("https://us")),
        (entity_id.clone(), acs.clone())
    );
    assert_eq!(row.own_acs("https://us"), format!("https://us/saml/{}/acs", row.id));
    assert_eq!(row.revision, one.revision + 1);
    assert_eq!(store.system(keep).revision, row.revision);
}
