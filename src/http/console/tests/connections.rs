//! Connections at the console.

use super::Desk;
use crate::cause::Cause;
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::directories::tokens;
use crate::store::members::Role;
use crate::store::organizations::{self, Enforcement};
use crate::store::{Window, enforcement, sign_in, testing, traces};

fn at(connection: &Connection, page: &str) -> String {
    format!("/console/connections/{}{page}", connection.id)
}

fn state(desk: &Desk, connection: &Connection) -> ConnectionState {
    desk.world.store().read_now(|db| connections::find(db, &connection.id)).unwrap().state
}

/// A token that is shown once, as a page shows it.
fn shown(page: &str) -> String {
    let secret = page.split("<code>").nth(1).unwrap_or_default();
    secret.split('<').next().unwrap().to_owned()
}

#[actix_web::test]
async fn connections_are_listed_and_found_by_name_state_and_organization() {
    let desk = Desk::signed_in(Role::Viewer).await;
    assert!(desk.get("/console/connections").await.body.contains("No connections yet"));
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = connection.organization_id.as_str();
    for found in ["", "q=jumpCLOUD", "q=globex", "state=active", &format!("organization={of}")] {
        let page = desk.get(&format!("/console/connections?{found}")).await.body;
        assert!(page.contains(&at(&connection, "\"")), "{found}: {page}");
    }
    for none in ["q=initech", "state=draft", "state=x", "organization=x"] {
        let page = desk.get(&format!("/console/connections?{none}")).await;
        assert_eq!(page.status, 200, "{none}");
        assert!(page.body.contains("No connections match"), "{none}: {}", page.body);
        assert!(page.body.contains("Clear filters"), "{none}");
    }
}

#[actix_web::test]
async fn a_connection_shows_what_the_provider_is_given_and_what_is_known_of_it() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let page = desk.get(&at(&connection, "")).await.body;
    let public_url = desk.world.state.config.public_url.as_str();
    for part in [
        connection.entity_id(public_url),
        connection.acs(public_url),
        connection.login_url(public_url),
        "https://idp.example/sso".to_owned(),
        "In use".to_owned(),
        "No test sign-in has passed".to_owned(),
    ] {
        assert!(page.contains(&part), "{part}: {page}");
    }
    for act in ["/turn\"", "/test\"", "/delete\"", "/refresh\""] {
        assert!(!page.contains(act), "a viewer is offered {act}");
    }
    let unknown = crate::store::ConnectionId::new();
    assert_eq!(desk.get(&format!("/console/connections/{unknown}")).await.status, 404);
}

#[actix_web::test]
async fn a_connection_is_turned_off_and_on_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let uri = at(&connection, "/turn");
    assert!(desk.get(&uri).await.body.contains("is signed out"));
    assert_eq!(state(&desk, &connection), ConnectionState::Active, "reading changes nothing");
    assert_eq!(desk.post(&uri, &[("to", "off")]).await.status, 303);
    assert_eq!(state(&desk, &connection), ConnectionState::Disabled);
    let refused = desk.post(&uri, &[("to", "on")]).await;
    assert!(refused.status == 422 && refused.body.contains("name=\"untested\""));
    assert_eq!(desk.post(&uri, &[("to", "on"), ("untested", "1")]).await.status, 303);
    assert_eq!(state(&desk, &connection), ConnectionState::Active);
}

#[actix_web::test]
async fn the_last_way_in_goes_only_when_that_is_ticked() {
    let desk = Desk::signed_in(Role::Owner).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = &connection.organization_id;
    let name = crate::domain::DomainName::parse("initech.example").unwrap();
    desk.world.store().system(|tx| {
        crate::store::domains::add(tx, of, &name, true)?;
        enforcement::set(tx, of, Enforcement::Required, true)
    });
    let refused = desk.post(&at(&connection, "/turn"), &[("to", "off")]).await;
    assert!(refused.status == 422 && refused.body.contains("locked out"), "{}", refused.body);
    let meant = [("confirm", connection.name.as_str()), ("lock_out", "1")];
    let uri = at(&connection, "/delete");
    assert_eq!(desk.post(&uri, &meant[..1]).await.status, 422);
    assert_eq!(desk.post(&uri, &[("confirm", "x"), ("lock_out", "1")]).await.status, 422);
    assert_eq!(state(&desk, &connection), ConnectionState::Active);
    assert_eq!(desk.post(&uri, &meant).await.status, 303);
    assert_eq!(desk.get(&uri).await.status, 404);
    assert!(desk.world.store().read_now(|db| organizations::find(db, of)).is_ok());
}

#[actix_web::test]
async fn a_test_sign_in_opens_at_the_provider_and_the_page_says_how_far_it_is() {
    let desk = Desk::signed_in(Role::Owner).await;
    let store = desk.world.store();
    let connection = testing::active(store, "JumpCloud", None);
    let page = desk.get(&at(&connection, "")).await.body;
    let form =
        format!("action=\"{}\" target=\"_blank\" rel=\"noopener\"", at(&connection, "/test"));
    assert!(page.contains(&form) && page.contains("Nobody has signed in as a test yet."), "{page}");
    // The answer goes on by itself: a form of the console may not lead elsewhere by a redirect.
    let begun = desk.post(&at(&connection, "/test"), &[]).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    assert!(
        begun.body.contains("http-equiv=\"refresh\" content=\"0;url=https://"),
        "{}",
        begun.body
    );
    assert!(begun.body.contains("Taking you to Globex"), "{}", begun.body);
    assert!(begun.header("set-cookie").contains("-browser="), "it is bound to the browser");
    let trace = store.read_now(|db| traces::last_test(db, &connection.id)).unwrap().unwrap();
    assert!(trace.sent_at.is_some() && begun.body.contains(trace.id.as_str()), "{}", begun.body);
    assert!(!trace.at_portal, "the result leads to the console");
    // The page is read again by itself, and only that part of it.
    let part = desk.part(&at(&connection, "")).await;
    assert_eq!((part.status, part.body.contains("<html")), (200, false), "{}", part.body);
    let href = format!("href=\"/console/traces/{}\"", trace.id);
    for said in ["Waiting for the provider", &href, "id=\"test\""] {
        assert!(part.body.contains(said), "{said}: {}", part.body);
    }
    store.system(|tx| sign_in::refuse(tx, &trace, Cause::AudienceMismatch, Vec::new(), None));
    let part = desk.part(&at(&connection, "")).await.body;
    let title = &desk.world.state.locale.cause(Cause::AudienceMismatch).title;
    assert!(part.contains("badge bad") && part.contains(title.as_str()), "{part}");
    // Nobody comes back from another.
    desk.post(&at(&connection, "/test"), &[]).await;
    store.clock().advance(chrono::TimeDelta::minutes(30));
    let part = desk.part(&at(&connection, "")).await.body;
    assert!(part.contains("Not finished in time") && !part.contains("badge ok"), "{part}");
}

#[actix_web::test]
async fn metadata_is_not_read_again_where_there_is_no_address_or_it_cannot_be_had() {
    let desk = Desk::signed_in(Role::Owner).await;
    let without = testing::active(desk.world.store(), "JumpCloud", None);
    let refused = desk.post(&at(&without, "/refresh"), &[]).await;
    assert!(refused.status == 422 && refused.body.contains("came as a file"), "{}", refused.body);
    let private = Some("https://127.0.0.1:9/metadata");
    let with = testing::active(desk.world.store(), "Okta", private);
    assert!(desk.get(&at(&with, "")).await.body.contains("Refresh now"));
    let refused = desk.post(&at(&with, "/refresh"), &[]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("role=\"alert\""), "{}", refused.body);
}

#[actix_web::test]
async fn a_directorys_token_is_shown_once_then_retired_and_revoked() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let uri = at(&connection, "/provisioning");
    assert!(desk.get(&uri).await.body.contains("There is none yet"));
    let refused = desk.post(&uri, &[("label", "")]).await;
    assert!(refused.status == 422 && refused.body.contains("href=\"#label\""), "{}", refused.body);
    let made = desk.post(&uri, &[("label", "<Production>")]).await;
    let secret = shown(&made.body);
    assert!(secret.starts_with("scim_"), "{}", made.body);
    let page = desk.get(&uri).await.body;
    assert!(!page.contains(&secret), "it is shown again");
    assert!(page.contains("&#60;Production&#62;") && page.contains(">Live<"), "{page}");
    let all = || {
        let (store, window) = (desk.world.store(), Window::default());
        store.read_now(|db| tokens::page(db, &window, &connection.id)).unwrap().data
    };
    let token = all().remove(0).id;
    let act = |act: &str| format!("{uri}/{token}/{act}");
    let asked = desk.get(&act("retire")).await.body;
    for part in ["<option value=\"168\" selected>7 days", "<option value=\"1\">1 hour", "24 hours"]
    {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    assert!(desk.get(&act("revoke")).await.body.contains("never used"));
    assert!(all()[0].retires_at.is_none(), "reading changes nothing");
    let goes_on = || {
        let token = all().remove(0);
        token.retires_at.unwrap().since(desk.world.store().clock().now()).num_minutes()
    };
    let retire = act("retire");
    assert_eq!(desk.post(&retire, &[]).await.status, 422, "nothing was chosen");
    assert_eq!(desk.post(&retire, &[("hours", "168")]).await.status, 303);
    assert!((7 * 24 * 60 - 1..=7 * 24 * 60).contains(&goes_on()), "{}", goes_on());
    assert!(desk.get(&uri).await.body.contains(">Retiring<"));
    assert_eq!(desk.post(&act("retire"), &[("hours", "24")]).await.status, 303);
    assert!((24 * 60 - 1..=24 * 60).contains(&goes_on()), "{}", goes_on());
    let other = testing::active(desk.world.store(), "Okta", None);
    let foreign = format!("{}/{token}/revoke", at(&other, "/provisioning"));
    assert_eq!(desk.post(&foreign, &[]).await.status, 404, "a token of another connection");
    assert_eq!(desk.post(&act("revoke"), &[]).await.status, 303);
    assert!(desk.get(&uri).await.body.contains(">Revoked<"));
}

#[actix_web::test]
async fn connections_that_need_somebody_come_first_and_are_told_above_the_list() {
    let desk = Desk::signed_in(Role::Admin).await;
    let store = desk.world.store();
    let failing = testing::active(store, "JumpCloud", None);
    let fine = testing::active(store, "Okta", None);
    for _ in 0..3 {
        super::traces::failed(&desk, &failing);
    }
    let page = desk.get("/console/connections").await.body;
    let place = |one: &Connection| page.find(&format!("<tr id=\"{}\"", one.id)).unwrap();
    assert!(place(&failing) < place(&fine), "{page}");
    for part in [
        "Sign-ins of Globex – JumpCloud fail now.",
        "3 of the last 3 failed",
        ">Sign-ins failing<",
        "1 failing",
        "of 2",
        "0.0% succeeded",
        "Sign-ins per day, last 7 days: 0, 0, 0, 0, 0, 0, 3. Of these were refused: 3.",
        "Not set up",
        &format!("/console/traces?outcome=failed&#38;connection={}", failing.id),
        &format!("data-copy=\"{}\"", failing.id),
        &format!("action=\"{}\"", at(&failing, "/test")),
        &at(&failing, "/turn\""),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = desk.get("/console/connections?state=attention").await.body;
    assert!(page.contains(failing.id.as_str()), "{page}");
    assert!(page.contains("State: <b>Attention"), "{page}");
    let page = desk.get("/console/connections?sort=newest").await.body;
    let place = |one: &Connection| page.find(&format!("<tr id=\"{}\"", one.id)).unwrap();
    assert!(place(&fine) < place(&failing), "{page}");
    for (query, is_there) in
        [("provider=jumpcloud", true), ("provider=okta", false), (&*format!("q={}", fine.id), true)]
    {
        let page = desk.get(&format!("/console/connections?{query}")).await.body;
        assert_eq!(page.contains(fine.id.as_str()), is_there, "{query}: {page}");
    }
}

#[actix_web::test]
async fn a_full_page_of_connections_keeps_to_its_size_and_goes_on() {
    let desk = Desk::signed_in(Role::Owner).await;
    for number in 0..21 {
        let one = testing::active(desk.world.store(), &format!("Provider {number}"), None);
        let name = format!("{number}.a-rather-long-domain.example");
        let name = crate::domain::DomainName::parse(&name).unwrap();
        let of = &one.organization_id;
        desk.world.store().system(|tx| crate::store::domains::add(tx, of, &name, true));
    }
    let page = desk.get("/console/connections").await.body;
    assert_eq!(page.matches("<tr id=").count(), 20);
    assert!(page.len() < 60_000, "{} bytes", page.len());
    let next = page.split("?cursor=").nth(1).unwrap().split('"').next().unwrap();
    let page = desk.get(&format!("/console/connections?cursor={next}")).await.body;
    assert_eq!(page.matches("<tr id=").count(), 1, "{page}");
}

#[actix_web::test]
async fn the_provisioning_tab_says_who_made_a_token_and_shows_requests_as_they_come() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let uri = at(&connection, "/provisioning");
    assert_eq!(desk.post(&uri, &[("label", "Production")]).await.status, 200);
    let page = desk.get(&uri).await.body;
    assert!(page.contains("<td>Maya O</td>"), "{page}");
    assert!(page.contains(&format!("hx-get=\"{uri}\"")), "{page}");
    assert!(page.contains("Nothing has arrived yet"), "{page}");
    assert!(!page.contains("Send a test"), "only the demo's directory is played: {page}");
    super::scim_requests::changed(&desk, &connection);
    let part = desk.part(&uri).await.body;
    assert!(part.contains("Milton B. &#60;b&#62;deactivated"), "{part}");
    assert!(!part.contains("<h1>") && !part.contains("Production"), "{part}");
    assert!(desk.get(&uri).await.body.contains("Milton B."));
}
