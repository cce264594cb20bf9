//! Attributes, settings and the end of a connection at the console.

use super::{Desk, PASSWORD};
use crate::cause::Cause;
use crate::saml::response::Attribute;
use crate::store::connections::{self, Connection, ConnectionState, Settings};
use crate::store::directories::tokens;
use crate::store::members::Role;
use crate::store::traces::Received;
use crate::store::{organizations, sign_in, testing};

fn at(connection: &Connection, page: &str) -> String {
    format!("/console/connections/{}{page}", connection.id)
}

fn settings(desk: &Desk, connection: &Connection) -> Settings {
    let now = desk.world.store().read_now(|db| connections::find(db, &connection.id)).unwrap();
    now.settings.into_inner()
}

/// A sign-in that brought this.
fn brought(desk: &Desk, connection: &Connection, all: &[(&str, &[&str])]) {
    let attribute = |(name, values): &(&str, &[&str])| Attribute {
        name: (*name).to_owned(),
        friendly_name: None,
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let received = Received {
        name_id: testing::name_id("u-4711"),
        attributes: all.iter().map(attribute).collect(),
        authn_context: None,
    };
    desk.world.store().system(|tx| {
        let trace = sign_in::begin_test(tx, connection, chrono::TimeDelta::minutes(10))?;
        sign_in::refuse(tx, &trace, Cause::UserNotProvisioned, Vec::new(), Some(received))
    });
}

#[actix_web::test]
async fn attributes_show_where_each_value_was_read_and_hide_what_is_personal() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let uri = at(&connection, "/attributes");
    let page = desk.get(&uri).await.body;
    assert!(page.contains("No sign-in has brought anything yet"), "{page}");
    assert!(!page.contains("name=\"email\""), "a viewer is offered a form");
    brought(
        &desk,
        &connection,
        &[
            ("mail", &["ada@globex.example"]),
            ("firstName", &["Ada"]),
            ("memberOf", &["<Sales>", "Staff"]),
            ("costCentre", &["4711"]),
        ],
    );
    let page = desk.get(&uri).await.body;
    for part in
        [">mail<", "a•••@globex.example", "A•••", "&#60;Sales&#62;, Staff (2)", ">costCentre<"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    for personal in ["ada@globex.example", ">Ada<", "u-4711"] {
        assert!(!page.contains(personal), "{personal} is on the page");
    }
    assert!(page.contains("Did not come"), "the last name did not come");
    assert!(!page.contains("Without it nobody can sign in"), "{page}");
}

#[actix_web::test]
async fn a_required_attribute_that_did_not_come_is_warned_of() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    brought(&desk, &connection, &[("firstName", &["Ada"])]);
    let page = desk.get(&at(&connection, "/attributes")).await.body;
    assert!(page.contains("Email address. Without it nobody can sign in"), "{page}");
}

#[actix_web::test]
async fn other_attribute_names_take_the_place_of_the_usual_ones_and_can_be_taken_back() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let uri = at(&connection, "/attributes");
    brought(&desk, &connection, &[("workMail", &["ada@globex.example"])]);
    assert!(desk.get(&uri).await.body.contains("Without it nobody can sign in"));
    let typed = [("email", "workMail\r\nmail"), ("groups", " roles ")];
    assert_eq!(desk.post(&uri, &typed).await.status, 303);
    let now = settings(&desk, &connection).attributes;
    assert_eq!(
        (now.email, now.groups),
        (vec!["workMail".into(), "mail".into()], vec!["roles".into()])
    );
    let page = desk.get(&uri).await.body;
    assert!(page.contains("workMail\nmail</textarea>") && page.contains("a•••@globex"), "{page}");
    let long = "x".repeat(301);
    let refused = desk.post(&uri, &[("email", &*long)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("href=\"#email\"") && refused.body.contains(&long));
    assert_eq!(desk.post(&uri, &[("defaults", "1")]).await.status, 303);
    assert_eq!(settings(&desk, &connection).attributes, Settings::default().attributes);
}

#[actix_web::test]
async fn every_setting_of_a_connection_is_changed_at_the_console() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let application = store.system(|tx| crate::store::applications::create(tx, testing::orbit())).0;
    let uri = at(&connection, "/settings");
    assert!(desk.get(&uri).await.body.contains(application.id.as_str()));
    let pem = crate::saml::testing::rsa().pem();
    let format = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
    let typed = [
        ("name", "Head office"),
        ("provider", "okta"),
        ("idp_started", "1"),
        ("force_authn", "1"),
        ("sign_requests", "1"),
        ("request_binding", "post"),
        ("name_id_format", format),
        ("clock_skew", "90"),
        ("allow_sha1", "1"),
        ("sha1_reason", "An <old> server"),
        ("allow_cbc", "1"),
        ("metadata_certificate", &*pem),
        ("default_application", application.id.as_str()),
    ];
    let saved = desk.post(&uri, &typed).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let now = settings(&desk, &connection);
    assert!(now.idp_started && now.force_authn && now.sign_requests, "{now:?}");
    assert!(now.allow_sha1 && now.allow_cbc, "{now:?}");
    assert_eq!(now.request_binding, Some(crate::saml::Binding::Post));
    assert_eq!((now.name_id_format.as_deref(), now.clock_skew), (Some(format), Some(90)));
    assert_eq!(now.default_application, Some(application.id.clone()));
    assert!(now.metadata_certificate.is_some());
    let page = desk.get(&uri).await.body;
    assert!(page.contains("value=\"Head office\"") && page.contains("value=\"90\""), "{page}");
    // A browser sends other line ends: a certificate that nobody touched stays to the letter.
    let crlf = pem.replace('\n', "\r\n");
    let again: Vec<_> = typed
        .iter()
        .map(
            |(name, value)| {
                if *name == "metadata_certificate" { (*name, &*crlf) } else { (*name, *value) }
            },
        )
        .collect();
    assert_eq!(desk.post(&uri, &again).await.status, 303);
    assert_eq!(settings(&desk, &connection), now);
    let overview = desk.get(&at(&connection, "")).await.body;
    assert!(overview.contains("can be forged: An &#60;old&#62; server"), "{overview}");
    // What is not ticked is off, and what is emptied is as it is everywhere.
    assert_eq!(desk.post(&uri, &typed[..2]).await.status, 303);
    let now = settings(&desk, &connection);
    assert_eq!(now, Settings { attributes: now.attributes.clone(), ..Settings::default() });
}

#[actix_web::test]
async fn a_setting_that_cannot_be_is_told_at_its_field_and_nothing_is_changed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let uri = at(&connection, "/settings");
    for (field, value, at) in [
        ("clock_skew", "600", "clock_skew"),
        ("clock_skew", "soon", "clock_skew"),
        ("allow_sha1", "1", "sha1_reason"),
        ("metadata_certificate", "nothing", "metadata_certificate"),
        ("name", "", "name"),
        ("provider", "acme", "provider"),
    ] {
        let typed = [("name", "JumpCloud"), ("provider", "jumpcloud")];
        let typed: Vec<_> =
            typed.into_iter().filter(|(name, _)| *name != field).chain([(field, value)]).collect();
        let page = desk.post(&uri, &typed).await;
        assert_eq!(page.status, 422, "{field}={value}: {}", page.body);
        assert!(page.body.contains(&format!("href=\"#{at}\"")), "{field}: {}", page.body);
        assert!(page.body.contains(&format!("id=\"{at}-error\"")), "{field}: {}", page.body);
    }
    assert_eq!(settings(&desk, &connection), Settings::default());
}

#[actix_web::test]
async fn a_deleted_connection_says_by_whom_and_is_restored() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let confirmed = [("confirm", connection.name.as_str())];
    let deleted = desk.post(&at(&connection, "/delete"), &confirmed).await;
    assert_eq!(deleted.header("location"), at(&connection, ""));
    let gone = desk.get(&at(&connection, "")).await;
    assert_eq!(gone.status, 410);
    assert!(gone.body.contains("by Maya O.") && gone.body.contains("/restore\""), "{}", gone.body);
    assert_eq!(desk.get(&at(&connection, "/settings")).await.status, 404);
    assert_eq!(desk.post(&at(&connection, "/restore"), &[]).await.status, 303);
    let now = desk.world.store().read_now(|db| connections::find(db, &connection.id)).unwrap();
    assert_eq!(now.state, ConnectionState::Disabled);
    assert_eq!(desk.post(&at(&connection, "/restore"), &[]).await.status, 404);
}

#[actix_web::test]
async fn a_deleted_organization_says_by_whom_and_is_restored_within_its_time() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let globex = desk.world.store().system(|tx| organizations::create(tx, testing::globex()));
    let uri = format!("/console/organizations/{}", globex.id);
    desk.post(&format!("{uri}/delete"), &[("confirm", "Globex")]).await;
    let gone = desk.get(&uri).await;
    assert_eq!(gone.status, 410);
    assert!(gone.body.contains("by Maya O."), "{}", gone.body);
    assert_eq!(desk.post(&format!("{uri}/restore"), &[]).await.status, 303);
    assert_eq!(desk.get(&uri).await.status, 200);
    desk.post(&format!("{uri}/delete"), &[("confirm", "Globex")]).await;
    desk.world.store().clock().advance(chrono::TimeDelta::days(31));
    desk.sign_in(PASSWORD).await;
    assert_eq!(desk.get(&uri).await.status, 404);
    assert_eq!(desk.post(&format!("{uri}/restore"), &[]).await.status, 404);
}

#[actix_web::test]
async fn what_happened_at_an_organization_is_listed_and_nothing_of_another() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let store = desk.world.store();
    let globex = store.system(|tx| organizations::create(tx, testing::globex()));
    let other = testing::active(store, "Okta", None);
    let uri = format!("/console/organizations/{}/activity", globex.id);
    let page = desk.get(&uri).await.body;
    assert!(page.contains("organization.created") && page.contains("domain.vouched"), "{page}");
    assert!(!page.contains(other.id.as_str()), "{page}");
    let page = desk.get(&format!("{uri}?cursor={}", crate::store::EventId::new())).await.body;
    assert!(page.contains("Back to the newest") || page.contains("no older records"), "{page}");
}

#[actix_web::test]
async fn a_private_key_in_place_of_the_pinned_certificate_is_not_shown_again() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let key = crate::saml::testing::PRIVATE_KEY;
    let typed = [("name", "Kept"), ("provider", "jumpcloud"), ("metadata_certificate", key)];
    let page = desk.post(&at(&connection, "/settings"), &typed).await;
    assert!(page.status == 422 && page.body.contains("private key"), "{}", page.body);
    assert!(!page.body.contains("MIIkeepme") && page.body.contains("Kept"), "{}", page.body);
}

#[actix_web::test]
async fn a_token_retires_only_when_it_is_chosen_for_how_long_it_goes_on() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let store = desk.world.store();
    let id = connection.id.clone();
    let token = store.system(|tx| tokens::another(tx, &id, "Production".to_owned())).0;
    let uri = at(&connection, &format!("/provisioning/{}/retire", token.id));
    let retires = || {
        let found = store.read_now(|db| tokens::find(db, &connection.id, &token.id));
        found.unwrap().retires_at
    };
    let wrong: [&[(&str, &str)]; 4] =
        [&[], &[("hours", "")], &[("hours", "2")], &[("hours", "soon")]];
    for wrong in wrong {
        let page = desk.post(&uri, wrong).await;
        assert!(page.status == 422 && page.body.contains("href=\"#hours\""), "{}", page.body);
        assert_eq!(retires(), None, "{wrong:?}");
    }
    assert_eq!(desk.post(&uri, &[("hours", "24")]).await.status, 303);
    assert!(retires().is_some());
}
