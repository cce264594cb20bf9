//! The overview of the console.

use super::{Desk, scim_requests, setup_links, traces};
use crate::http::testing::PRODUCTION;
use crate::store::access::alerts::AlertKind;
use crate::store::connections::Connection;
use crate::store::directories::tokens::{self, NewToken};
use crate::store::events::kinds::Kinds;
use crate::store::members::Role;
use crate::store::webhooks::{self, NewEndpoint};
use crate::store::{Actor, applications, demo, organizations, testing};

fn customer(desk: &Desk) -> Connection {
    testing::active(desk.world.store(), "JumpCloud", None)
}

async fn overview(desk: &Desk) -> String {
    let page = desk.get("/console").await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body
}

#[actix_web::test]
async fn a_new_instance_shows_the_demo_and_a_list_that_ticks_itself() {
    let desk = Desk::signed_in(Role::Owner).await;
    let page = overview(&desk).await;
    assert!(page.contains("<h1>Welcome</h1>") && page.contains("1 of 5 done"), "{page}");
    assert!(!page.contains("/demo/app"), "there is no demo: {page}");
    let store = desk.world.store();
    let state = &desk.world.state;
    demo::up(store, &state.master, state.config.public_url.as_str(), &Actor::System).unwrap();
    let page = overview(&desk).await;
    for part in ["See a sign-in work first", "/demo/app/sign-in?as=ada", "1 of 5 done"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("/console/organizations/new") && page.contains("http://localhost"));
    store.system(|tx| applications::create(tx, testing::orbit()));
    store.system(|tx| organizations::create(tx, testing::globex()));
    assert!(overview(&desk).await.contains("3 of 5 done"));
}

#[actix_web::test]
async fn an_instance_with_app_customer_and_address_is_no_longer_new() {
    let mut desk = Desk::new(PRODUCTION, Role::Viewer);
    assert_eq!(desk.sign_in(super::PASSWORD).await.status, 303);
    assert!(overview(&desk).await.contains("2 of 5 done"));
    let store = desk.world.store();
    store.system(|tx| applications::create(tx, testing::orbit()));
    customer(&desk);
    let page = overview(&desk).await;
    assert!(page.contains("<h1>Overview</h1>") && !page.contains("of 5 done"), "{page}");
    for part in [env!("CARGO_PKG_VERSION"), "SQLite", "https://sso.example.com", "Production"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("Nothing needs you at the moment."), "{page}");
}

#[actix_web::test]
async fn what_needs_somebody_is_told_with_the_way_to_it() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = customer(&desk);
    traces::failed(&desk, &connection);
    traces::failed(&desk, &connection);
    assert!(!overview(&desk).await.contains("Sign-ins at"), "two failures may be an accident");
    traces::failed(&desk, &connection);
    let store = desk.world.store();
    let new = NewEndpoint {
        organization_id: None,
        url: "https://app.example/hook".to_owned(),
        description: None,
        events: Kinds::default(),
    };
    store.system(|tx| {
        let (endpoint, _) = webhooks::create(tx, &desk.world.state.master, new, None)?;
        testing::endpoint_fails(tx, &endpoint.id)?;
        testing::alert(tx, &connection.organization_id, AlertKind::NameTaken)
    });
    let page = overview(&desk).await;
    for part in [
        "Sign-ins at Globex – JumpCloud fail",
        "3 of the last 3: The assertion is meant for a different address",
        &format!("outcome=failed&#38;connection={}", connection.id),
        "A webhook endpoint fails",
        "https://app.example/hook",
        "Access of Globex needs a look",
        "another place has that name already",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("0 came in and 3 were refused"), "{page}");
}

#[actix_web::test]
async fn the_overview_shows_open_links_and_changes_but_not_what_happens_every_day() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = customer(&desk);
    let link = setup_links::made(&desk, &connection.organization_id);
    traces::failed(&desk, &connection);
    scim_requests::changed(&desk, &connection);
    let new = NewToken { label: "Okta".into(), ..NewToken::default() };
    desk.world.store().system(|tx| tokens::create(tx, &connection.id, new));
    let page = overview(&desk).await;
    assert!(page.contains("step 1 of 8") && page.contains("scim.token.created"), "{page}");
    assert!(!page.contains("sign_in.failed"), "{page}");
    desk.world.store().system(|tx| crate::store::setup_links::revoke(tx, &link.id));
    assert!(overview(&desk).await.contains("None is open."));
}

#[actix_web::test]
async fn who_wants_another_setup_link_is_told_of_until_there_is_one() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = customer(&desk);
    let link = setup_links::made(&desk, &connection.organization_id);
    let store = desk.world.store();
    store.system(|tx| crate::store::setup_links::revoke(tx, &link.id));
    store.system(|tx| crate::store::setup_links::ask_again(tx, &link.id));
    let page = overview(&desk).await;
    let href = format!("/console/setup-links/new?organization={}", link.organization_id);
    for part in ["Globex wants another setup link", &link.hint, &href] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let list = desk.get("/console/setup-links").await.body;
    assert!(list.contains("Another link is asked for"), "{list}");
    assert!(!list.contains(&href), "a viewer makes none: {list}");
}

#[actix_web::test]
async fn who_is_stuck_at_a_setup_and_what_is_to_be_turned_on_is_told() {
    use crate::store::connections;
    use crate::store::setup_links as links;
    let desk = Desk::signed_in(Role::Viewer).await;
    let store = desk.world.store();
    let of = customer(&desk).organization_id;
    let ready = store.system(|tx| {
        let draft = connections::create(tx, &of, testing::connection())?;
        let made = connections::import(tx, &draft.id, testing::provider("Okta"), None, false)?;
        connections::record_test(tx, &made.id, made.revision)?;
        connections::find(tx.db, &made.id)
    });
    let new =
        || links::NewLink { connection_id: Some(ready.id.clone()), ..links::NewLink::default() };
    let (link, _) = store.system(|tx| links::create(tx, &ready.organization_id, new()));
    let note = "There is no field for the ACS URL.".to_owned();
    let asked = links::Asked {
        step: links::Step::Values,
        missing: links::Missing::Names,
        note: note.clone(),
    };
    store.system(|tx| links::ask_for_help(tx, &link.id, asked));
    let page = overview(&desk).await;
    for part in ["asks for help with its setup", &note, "/console/setup-links?organization="] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for step in link.steps() {
        store.system(|tx| links::finish(tx, &link.id, step));
    }
    let page = overview(&desk).await;
    assert!(!page.contains("asks for help"), "{page}");
    for part in ["is set up", "turn it on", &format!("/console/connections/{}", ready.id)] {
        assert!(page.contains(part), "{part}: {page}");
    }
    store.system(|tx| connections::activate(tx, &ready.id, false));
    assert!(!overview(&desk).await.contains("turn it on"));
}

#[actix_web::test]
async fn a_domain_that_waits_for_its_dns_record_for_longer_than_a_day_needs_somebody() {
    let mut desk = Desk::signed_in(Role::Viewer).await;
    let of = customer(&desk).organization_id;
    let add = |desk: &Desk, name: &str, vouch| {
        let name = crate::domain::DomainName::parse(name).unwrap();
        desk.world.store().system(|tx| crate::store::domains::add(tx, &of, &name, vouch))
    };
    add(&desk, "globex.example", true);
    add(&desk, "globx.example", false);
    assert!(!overview(&desk).await.contains("waits for its DNS record"));
    desk.world.store().clock().advance(chrono::TimeDelta::hours(24));
    desk.sign_in(super::PASSWORD).await;
    let page = overview(&desk).await;
    for part in [
        "globx.example of Globex waits for its DNS record",
        "remove it if it was mistyped",
        &format!("/console/organizations/{of}/domains"),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("globex.example of"), "{page}");
    assert!(!page.contains("no longer looked for"), "{page}");
    // The one that waits longest is the most urgent.
    add(&desk, "later.example", false);
    desk.world.store().clock().advance(chrono::TimeDelta::hours(24));
    desk.sign_in(super::PASSWORD).await;
    let page = overview(&desk).await;
    let (first, later) = (page.find("globx.example of"), page.find("later.example of"));
    assert!(first.is_some() && first < later, "{page}");
    // After three days nobody looks for it by themselves.
    desk.world.store().clock().advance(chrono::TimeDelta::hours(30));
    desk.sign_in(super::PASSWORD).await;
    let store = desk.world.store();
    let waiting = store.read_now(|db| crate::store::domains::find_in(db, &of, "globx.example"));
    let waiting = waiting.unwrap();
    store.system(|tx| crate::store::domains::verify(tx, &waiting, &[]));
    let page = overview(&desk).await;
    assert_eq!(page.matches("no longer looked for by itself").count(), 1, "{page}");
}
