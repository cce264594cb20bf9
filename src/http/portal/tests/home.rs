//! The portal's home: how things stand.

use super::*;
use crate::cause::Cause;
use crate::domain::DomainName;
use crate::email::Email;
use crate::store::connections::Connection;
use crate::store::directories::tokens::{self, NewToken};
use crate::store::sign_in::{self, Beginning};
use crate::store::traces::TraceKind;
use crate::store::{domains, enforcement};

/// A portal at a connection that people sign in by.
async fn active(covers: &[Cover]) -> (Portal, Connection) {
    let mut portal = Portal::new(&[], &Cover::USUAL);
    let store = portal.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let of = connection.organization_id.clone();
    let new = NewLink {
        connection_id: Some(connection.id.clone()),
        covers: covers.to_vec(),
        ..NewLink::default()
    };
    (portal.link, portal.token) = store.system(|tx| setup_links::create(tx, &of, new));
    portal.organization = of;
    portal.start().await;
    (portal, connection)
}

/// A sign-in that failed by its audience.
fn fail(portal: &Portal, connection: &Connection) {
    portal.world.store().system(|tx| {
        let beginning = Beginning {
            kind: TraceKind::SignIn,
            application: None,
            request: None,
            toward: Some((connection, None)),
            email: None,
            browser: None,
            lifetime: chrono::TimeDelta::minutes(10),
        };
        let trace = sign_in::begin(tx, beginning)?;
        sign_in::refuse(tx, &trace, Cause::AudienceMismatch, Vec::new(), None)
    });
}

#[actix_web::test]
async fn it_says_who_must_use_single_sign_on_and_how_many_owners_are_exempt() {
    let (portal, connection) = active(&Cover::USUAL).await;
    let (store, of) = (portal.world.store(), &connection.organization_id);
    let home = portal.get("/portal").await.body;
    assert!(
        home.contains("Nobody has to") && home.contains("can require single sign-on"),
        "{home}"
    );
    store.system(|tx| {
        domains::add(tx, of, &DomainName::parse("globex.test").unwrap(), true)?;
        enforcement::set(tx, of, organizations::Enforcement::Required, true)
    });
    let home = portal.get("/portal").await.body;
    assert!(home.contains("Everyone at Globex") && home.contains("Nobody is exempt."), "{home}");
    for (email, said) in [("kim", "One owner is exempt"), ("ines", "2 owners are exempt")] {
        let email = Email::parse(&format!("{email}@globex.example")).unwrap();
        store.system(|tx| enforcement::exempt(tx, of, &email));
        let home = portal.get("/portal").await.body;
        assert!(home.contains(said), "{said}: {home}");
        assert!(!home.contains("kim@"), "an owner is named: {home}");
    }
}

#[actix_web::test]
async fn its_checks_are_clear_or_say_what_there_is_to_look_at() {
    let (portal, connection) = active(&Cover::USUAL).await;
    let store = portal.world.store();
    let home = portal.get("/portal").await.body;
    for part in ["No email domain yet", "No sign-in lately", "All clear"] {
        assert!(home.contains(part), "{part}: {home}");
    }
    let of = &connection.organization_id;
    store.system(|tx| domains::add(tx, of, &DomainName::parse("globex.test").unwrap(), false));
    let home = portal.get("/portal").await.body;
    assert!(home.contains("waits for its DNS record") && home.contains("1 to look at"), "{home}");
    for _ in 0..3 {
        fail(&portal, &connection);
    }
    let home = portal.get("/portal").await.body;
    for part in [
        "Last sign-in failed",
        "meant for a different address",
        "Sign-ins fail one after the other",
        "3 to look at",
    ] {
        assert!(home.contains(part), "{part}: {home}");
    }
}

#[actix_web::test]
async fn a_directory_that_has_not_asked_is_told_from_one_that_has() {
    let (portal, connection) = active(&Cover::USUAL).await;
    let store = portal.world.store();
    let home = portal.get("/portal").await.body;
    assert!(home.contains(">Waiting<") && home.contains("has not asked yet"), "{home}");
    let new = NewToken { label: "Okta".to_owned(), ..NewToken::default() };
    let (_, secret) = store.system(|tx| tokens::create(tx, &connection.id, new));
    let uri = format!("/scim/v2/{}/Users", connection.id);
    let bearer = ("authorization", format!("Bearer {}", secret.reveal()));
    let asked = portal.world.call(TestRequest::get().uri(&uri).insert_header(bearer)).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let home = portal.get("/portal").await.body;
    for part in [">Receiving<", "People: 0, groups: 0.", "Directory asks"] {
        assert!(home.contains(part), "{part}: {home}");
    }
}

#[actix_web::test]
async fn a_link_for_something_else_is_told_of_no_sign_in_and_no_directory() {
    let (portal, connection) = active(&[Cover::Certificate]).await;
    for _ in 0..3 {
        fail(&portal, &connection);
    }
    let home = portal.get("/portal").await.body;
    assert!(!home.contains("Last sign-in failed") && !home.contains("Sign-ins fail"), "{home}");
    assert!(!home.contains("Directory") && !home.contains("Base URL"), "{home}");
    assert!(home.contains("Signing certificate") && home.contains("Valid until "), "{home}");
}
