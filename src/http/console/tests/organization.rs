//! One customer at the console.

use super::Desk;
use crate::store::connections::{self, ConnectionPatch, Settings};
use crate::store::members::Role;
use crate::store::organizations::{self, Admission, Enforcement, Organization};
use crate::store::{enforcement, testing, users};

fn made(desk: &Desk) -> Organization {
    desk.world.store().system(|tx| organizations::create(tx, testing::globex()))
}

fn now(desk: &Desk, id: &crate::store::OrganizationId) -> Organization {
    desk.world.store().read_now(|db| organizations::find(db, id)).unwrap()
}

#[actix_web::test]
async fn an_organization_shows_its_domains_connections_and_facts() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let globex = made(&desk);
    let page = desk.get(&format!("/console/organizations/{}", globex.id)).await.body;
    for part in ["<h1>Globex</h1>", "globex.example", "No identity provider is connected yet"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("/settings\""), "a viewer is offered what they may not do");
    let page = desk.get(&format!("/console/organizations/{}", connection.organization_id)).await;
    for part in ["Globex – JumpCloud", ">Active<", "No email domain is known yet"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let unknown = crate::store::OrganizationId::new();
    assert_eq!(desk.get(&format!("/console/organizations/{unknown}")).await.status, 404);
}

#[actix_web::test]
async fn an_organizations_name_own_id_and_admission_are_changed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let (one, other) = (made(&desk), testing::active(desk.world.store(), "JumpCloud", None));
    let uri = format!("/console/organizations/{}/settings", one.id);
    let form = [("name", "Globex Inc"), ("external_id", "g-17"), ("admission", "scim")];
    assert_eq!(desk.post(&uri, &form).await.status, 303);
    let changed = now(&desk, &one.id);
    assert_eq!((&*changed.name, changed.admission), ("Globex Inc", Admission::Directory));
    assert_eq!(changed.external_id.as_deref(), Some("g-17"));
    let uri = format!("/console/organizations/{}/settings", other.organization_id);
    let taken = desk.post(&uri, &form).await;
    assert!(taken.status == 422 && taken.body.contains("href=\"#external_id\""), "{}", taken.body);
    let empty = desk.post(&uri, &[("name", "")]).await;
    assert!(empty.status == 422 && empty.body.contains("href=\"#name\""), "{}", empty.body);
}

#[actix_web::test]
async fn an_organization_is_deleted_with_its_name_typed_and_told_what_goes_with_it() {
    let desk = Desk::signed_in(Role::Owner).await;
    let globex = made(&desk);
    let uri = format!("/console/organizations/{}/delete", globex.id);
    let page = desk.get(&uri).await.body;
    for part in ["email domains: 1", "people: 0", "taken back on its page"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let (cancel, delete) = (page.find(">Cancel<"), page.find("<button class=\"btn dan\">"));
    assert!(cancel.is_some() && cancel < delete, "the safe choice comes first");
    let refused = desk.post(&uri, &[("confirm", "globex")]).await;
    assert!(
        refused.status == 422 && refused.body.contains("href=\"#confirm\""),
        "{}",
        refused.body
    );
    assert!(now(&desk, &globex.id).deleted_at.is_none());
    assert_eq!(desk.post(&uri, &[("confirm", "Globex")]).await.status, 303);
    assert_eq!(desk.get(&uri).await.status, 404);
}

#[actix_web::test]
async fn single_sign_on_is_required_when_there_is_a_way_in() {
    let desk = Desk::signed_in(Role::Admin).await;
    let globex = made(&desk);
    let uri = format!("/console/organizations/{}/enforcement", globex.id);
    let page = desk.get(&uri).await.body;
    assert!(page.contains("Require single sign-on of Globex?"), "{page}");
    assert!(page.contains("No owner is exempt"), "{page}");
    let refused = desk.post(&uri, &[("to", "required")]).await;
    assert!(refused.status == 422 && refused.body.contains("locked out"), "{}", refused.body);
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = connection.organization_id.clone();
    let name = crate::domain::DomainName::parse("initech.example").unwrap();
    desk.world.store().system(|tx| crate::store::domains::add(tx, &of, &name, true));
    let uri = format!("/console/organizations/{of}/enforcement");
    let (ada, hank) = ("ada@initech.example", "hank@initech.example");
    desk.world.store().system(|tx| {
        users::create(tx, testing::person(&of, ada))?;
        let hank = users::create(tx, testing::person(&of, hank))?;
        enforcement::exempt(tx, &of, &hank.email()?)
    });
    let page = desk.get(&uri).await.body;
    for part in ["No test sign-in has passed with its", "1 person has never come", ada, hank] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let id = &connection.id;
    desk.world.store().system(|tx| connections::record_test(tx, id, connection.revision));
    assert!(desk.get(&uri).await.body.contains("A test sign-in passed: just now."));
    let patch = ConnectionPatch {
        settings: Some(Settings { force_authn: true, ..Settings::default() }),
        ..ConnectionPatch::default()
    };
    desk.world.store().system(|tx| connections::change(tx, id, patch));
    let untested = desk.post(&uri, &[("to", "required")]).await;
    assert!(untested.status == 422 && untested.body.contains("name=\"untested\""));
    assert_eq!(desk.post(&uri, &[("to", "required"), ("untested", "1")]).await.status, 303);
    assert_eq!(now(&desk, &of).enforcement, Enforcement::Required);
    assert!(desk.get(&uri).await.body.contains("Make single sign-on optional"));
    assert_eq!(desk.post(&uri, &[("to", "optional")]).await.status, 303);
    assert_eq!(now(&desk, &of).enforcement, Enforcement::Optional);
}

#[actix_web::test]
async fn an_organizations_metadata_is_shown_and_changed_and_what_is_no_object_is_kept_to_be_mended()
{
    let desk = Desk::signed_in(Role::Admin).await;
    let one = made(&desk);
    let uri = format!("/console/organizations/{}/settings", one.id);
    let form = |metadata| [("name", "Globex"), ("admission", "both"), ("metadata", metadata)];
    let wrong = desk.post(&uri, &form("[\"<gold>\"]")).await;
    assert!(wrong.status == 422 && wrong.body.contains("href=\"#metadata\""), "{}", wrong.body);
    assert!(wrong.body.contains("[&#34;&#60;gold&#62;&#34;]"), "{}", wrong.body);
    assert_eq!(desk.post(&uri, &form("{\"plan\": \"<gold>\", \"seats\": 5}")).await.status, 303);
    let page = desk.get(&format!("/console/organizations/{}", one.id)).await.body;
    assert!(page.contains("&#60;gold&#62;") && page.contains(">seats<"), "{page}");
    // A form without the field leaves it as it is.
    assert_eq!(desk.post(&uri, &[("name", "Globex Inc")]).await.status, 303);
    assert_eq!(now(&desk, &one.id).metadata.len(), 2);
    assert_eq!(desk.post(&uri, &form("")).await.status, 303);
    assert!(now(&desk, &one.id).metadata.is_empty());
}

#[actix_web::test]
async fn how_long_people_stay_signed_in_is_typed_as_a_period_or_left_to_what_counts_everywhere() {
    let desk = Desk::signed_in(Role::Admin).await;
    let one = made(&desk);
    let uri = format!("/console/organizations/{}/settings", one.id);
    assert!(desk.get(&uri).await.body.contains("what counts everywhere: 8h"));
    let form = |session| [("name", "Globex"), ("admission", "both"), ("session", session)];
    for wrong in ["soon", "1s", "400d"] {
        let page = desk.post(&uri, &form(wrong)).await;
        assert!(page.status == 422 && page.body.contains("id=\"session-error\""), "{}", page.body);
    }
    assert_eq!(desk.post(&uri, &form("30m")).await.status, 303);
    assert_eq!(now(&desk, &one.id).session_seconds, Some(1800));
    assert!(desk.get(&uri).await.body.contains("value=\"30m\""));
    // A form without the field leaves it as it is.
    assert_eq!(desk.post(&uri, &[("name", "Globex Inc")]).await.status, 303);
    assert_eq!(now(&desk, &one.id).session_seconds, Some(1800));
    assert_eq!(desk.post(&uri, &form("")).await.status, 303);
    assert_eq!(now(&desk, &one.id).session_seconds, None);
}
