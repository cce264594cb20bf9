//! Where people are sent, who may come in, and when they are asked again.

use super::told;
use crate::gateway::{ADA, Gateway, Idp, World, is_in};
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use vestibule::store::applications::NoConnection;
use vestibule::store::connections::{self, Connection, Settings};
use vestibule::store::organizations::Admission;
use vestibule::store::sign_in;
use vestibule::store::traces::{Outcome, TraceKind};
use vestibule::store::users;

/// The answer sends the browser to the provider, for this connection.
#[track_caller]
fn leaves_for(gateway: &Gateway, page: &Page, connection: &Connection) {
    assert_eq!(Idp::read(page).asked.issuer, connection.entity_id(&gateway.url));
}

#[actix_web::test]
async fn a_person_types_an_email_address_where_nothing_is_known() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let page = agent.get(world.app.authorize(&gateway, &[])).await;
    assert_eq!((page.status.as_u16(), page.url.path()), (200, "/login"));

    let wrong = agent.submit(&page.form().with("email", "ada at globex")).await;
    assert_eq!(wrong.status, 422);
    let typed = agent.submit_once(&wrong.form().with("email", "Ada@GLOBEX.example")).await;
    leaves_for(&gateway, &typed, &world.connection);
    let page = world.come_back(&mut agent, &Idp::read(&typed)).await;
    is_in(&page);
    assert_eq!(told(&page, "state"), "state-of-the-app");
    assert_eq!(told(&page, "iss"), gateway.url);

    // The next time the browser remembers where it was.
    let page = agent.get(world.app.authorize(&gateway, &[("prompt", "select_account")])).await;
    assert!(page.body.contains(world.connection.id.as_str()), "{}", page.body);
}

#[actix_web::test]
async fn every_hint_leads_to_its_connection() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let organization = &world.customer.organization;
    let external = organization.external_id.clone().unwrap();
    let mut agent = UserAgent::new();
    for hint in [
        ("login_hint", ADA),
        ("login_hint", "nobody.yet@globex.example"),
        ("domain_hint", "GLOBEX.example"),
        ("organization", organization.id.as_str()),
        ("organization", &external),
        ("connection", world.connection.id.as_str()),
    ] {
        let page = agent.get_once(world.app.authorize(&gateway, &[hint])).await;
        leaves_for(&gateway, &page, &world.connection);
    }
}

#[actix_web::test]
async fn a_hint_that_leads_nowhere_ends_as_the_application_wishes() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    for hint in [
        ("login_hint", "ada@nowhere.example"),
        ("domain_hint", "nowhere.example"),
        ("organization", "nobody"),
        ("connection", "con_nothing"),
    ] {
        let page = UserAgent::new().get(world.app.authorize(&gateway, &[hint])).await;
        assert_eq!(page.status, 200, "{hint:?}: {}", page.body);
        assert!(page.body.contains("/login?trace="), "{hint:?}: {}", page.body);
    }
    let hint = [("login_hint", "ada@nowhere.example")];
    let telling = gateway.register(|new| new.no_connection = NoConnection::Error);
    let page = UserAgent::new().get_once(telling.authorize(&gateway, &hint)).await;
    assert_eq!(told(&page, "error"), "access_denied");
    assert_eq!(told(&page, "error_description"), "no_connection");

    let own = gateway.register(|new| {
        new.no_connection = NoConnection::Fallback;
        new.fallback_url = Some("https://app.example/password".to_owned());
    });
    let page = UserAgent::new().get_once(own.authorize(&gateway, &hint)).await;
    assert_eq!(
        page.location().unwrap().as_str(),
        "https://app.example/password?email=ada%40nowhere.example"
    );
}

#[actix_web::test]
async fn a_person_chooses_between_the_connections_of_a_company() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let second = Idp::new("https://second.globex.example");
    let other = world.customer.connect_to(&second);
    let mut agent = UserAgent::new();
    let page = agent.get(world.app.authorize(&gateway, &[("login_hint", ADA)])).await;
    assert_eq!(page.status, 200);
    for connection in [&world.connection, &other] {
        assert!(page.body.contains(connection.id.as_str()), "{}", page.body);
    }
    let form = page.forms().remove(0).with("connection", other.id.as_str());
    let page = agent.submit_once(&form).await;
    leaves_for(&gateway, &page, &other);
    let underway = Idp::read(&page);
    let response = second.answer(&gateway, &underway, ADA).base64().unwrap();
    is_in(&agent.submit_once(&underway.form(&response)).await);
}

#[actix_web::test]
async fn an_application_of_one_customer_signs_in_nobody_of_another() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let initech = gateway.customer("initech.example");
    let ids = vec![initech.organization.id.clone()];
    let app = gateway.register(|new| new.organizations = Some(ids));
    let page = UserAgent::new().get(app.authorize(&gateway, &[("login_hint", ADA)])).await;
    assert_eq!(page.status, 200);
    let mut agent = UserAgent::new();
    world.sign_in(&mut agent).await;
    let page = agent.get_once(app.authorize(&gateway, &[("prompt", "none")])).await;
    assert_eq!(told(&page, "error"), "login_required");
}

/// Tries to sign Ada in, and returns the cause of the refusal.
async fn refusal(world: &World<'_>) -> String {
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = world.come_back(&mut agent, &underway).await;
    let trace = world.gateway.last_trace();
    assert_eq!(trace.outcome, Outcome::Failed);
    let cause = trace.cause.unwrap();
    assert!(page.body.contains(&cause), "{}", page.body);
    assert!(page.headers.get("set-cookie").is_none());
    cause
}

#[actix_web::test]
async fn a_person_whom_the_directory_has_not_brought_is_refused_where_only_it_admits() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    world.customer.admit(Admission::Directory);
    assert_eq!(refusal(&world).await, "user_not_provisioned");
    assert!(world.customer.find(ADA).is_none());

    let person = world.customer.person(ADA);
    world.works().await;
    assert_eq!(gateway.last_trace().user_id, Some(person.id));
}

#[actix_web::test]
async fn a_suspended_person_cannot_sign_in_and_is_signed_out() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    world.sign_in(&mut agent).await;
    let person = world.customer.find(ADA).unwrap();
    gateway.write(|tx| users::suspend(tx, &person.id));

    let page = agent.get_once(world.app.authorize(&gateway, &[("prompt", "none")])).await;
    assert_eq!(told(&page, "error"), "login_required");
    assert_eq!(refusal(&world).await, "user_suspended");
    gateway.write(|tx| users::restore(tx, &person.id));
    world.works().await;
}

#[actix_web::test]
async fn a_connection_that_is_off_says_so_and_takes_nobody() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    gateway.write(|tx| connections::disable(tx, &world.connection.id));
    let page = world.come_back(&mut agent, &underway).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("connection_disabled"), "{}", page.body);
    let page = agent.get(world.app.authorize(&gateway, &[("login_hint", ADA)])).await;
    assert_eq!(page.status, 503);
    assert_eq!(gateway.last_trace().cause.as_deref(), Some("connection_disabled"));
    world.customer.activate(&world.connection);
    world.works().await;
}

#[actix_web::test]
async fn a_second_app_is_answered_from_the_session() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let second = gateway.register(|new| new.name = "Second".to_owned());
    let silent = [("prompt", "none")];
    let page = agent.get_once(second.authorize(&gateway, &silent)).await;
    assert_eq!(told(&page, "error"), "login_required");

    world.sign_in(&mut agent).await;
    for parameters in [&silent[..], &[], &[("login_hint", ADA)]] {
        is_in(&agent.get_once(second.authorize(&gateway, parameters)).await);
    }
    // Not for another person, and not when the session is over.
    let other = [("login_hint", "grace@globex.example"), ("prompt", "none")];
    let page = agent.get_once(second.authorize(&gateway, &other)).await;
    assert_eq!(told(&page, "error"), "login_required");
    gateway.advance(TimeDelta::days(2));
    let page = agent.get_once(second.authorize(&gateway, &silent)).await;
    assert_eq!(told(&page, "error"), "login_required");
}

#[actix_web::test]
async fn a_person_is_asked_again_when_the_app_wants_it() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    world.sign_in(&mut agent).await;
    gateway.advance(TimeDelta::minutes(10));

    let ask = |more: (&'static str, &'static str)| {
        world.app.authorize(&gateway, &[("login_hint", ADA), more])
    };
    is_in(&agent.get_once(ask(("max_age", "3600"))).await);
    let page = agent.get_once(ask(("max_age", "60"))).await;
    let underway = Idp::read(&page);
    is_in(&world.come_back(&mut agent, &underway).await);
    is_in(&agent.get_once(ask(("max_age", "60"))).await);

    let page = agent.get_once(ask(("prompt", "login"))).await;
    assert!(Idp::read(&page).asked.force_authn);
    let page = agent.get_once(ask(("max_age", "0"))).await;
    assert!(Idp::read(&page).asked.force_authn);
}

#[actix_web::test]
async fn a_person_starts_at_the_login_url_of_the_connection() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let page = agent.get_once(world.connection.login_url(&gateway.url)).await;
    leaves_for(&gateway, &page, &world.connection);
    let page = world.come_back(&mut agent, &Idp::read(&page)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains(ADA), "{}", page.body);
}

#[actix_web::test]
async fn a_test_sign_in_tests_the_connection_and_signs_nobody_in() {
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let idp = Idp::new("https://idp.globex.example");
    let connection = customer.test(&idp, Settings::default());
    let app = gateway.register(|_| {});

    // Nobody else comes in yet.
    let page = UserAgent::new().get(app.authorize(&gateway, &[("login_hint", ADA)])).await;
    assert_ne!(gateway.last_trace().outcome, Outcome::Succeeded, "{page:?}");
    let page = UserAgent::new().get(connection.login_url(&gateway.url)).await;
    assert_eq!(page.status, 503);
    assert!(page.body.contains("connection_draft"), "{}", page.body);

    let url = test_url(&gateway, &connection);
    let mut agent = UserAgent::new();
    let underway = Idp::begin(&mut agent, &url).await;
    let response = idp.answer(&gateway, &underway, ADA).base64().unwrap();
    let page = agent.submit_once(&underway.form(&response)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.headers.get("set-cookie").is_none(), "{page:?}");
    assert!(customer.find(ADA).is_none());
    assert!(page.body.contains("would be created."), "{}", page.body);
    assert!(page.body.contains("<th scope=\"row\">"), "{}", page.body);
    let trace = gateway.last_trace();
    assert_eq!((trace.kind, trace.outcome), (TraceKind::Test, Outcome::Succeeded));
    let tested = gateway.read(|db| connections::find(db, &connection.id));
    assert!(tested.tested());

    // The address counts once.
    let page = UserAgent::new().get(&url).await;
    assert!(page.location().is_none(), "{page:?}");
    gateway.write(|tx| connections::activate(tx, &connection.id, false));
}

/// The address of a test sign-in that begins now.
fn test_url(gateway: &Gateway, connection: &Connection) -> String {
    let lifetime = TimeDelta::minutes(15);
    let trace = gateway.write(|tx| sign_in::begin_test(tx, connection, lifetime));
    format!("{}?test={}", connection.login_url(&gateway.url), trace.id)
}

#[actix_web::test]
async fn a_test_sign_in_that_fails_says_what_to_mend() {
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let idp = Idp::new("https://idp.globex.example");
    let connection = customer.test(&idp, Settings::default());
    let url = test_url(&gateway, &connection);
    let mut agent = UserAgent::new();
    let underway = Idp::begin(&mut agent, &url).await;
    let mut issue = idp.answer(&gateway, &underway, ADA);
    issue.audiences = vec!["https://elsewhere.example".to_owned()];
    let page = agent.submit_once(&underway.form(&issue.base64().unwrap())).await;
    assert!(page.body.contains("audience_mismatch"), "{}", page.body);
    assert!(page.body.contains(&connection.entity_id(&gateway.url)), "{}", page.body);
    assert!(!gateway.read(|db| connections::find(db, &connection.id)).tested());
}

#[actix_web::test]
async fn a_test_that_is_refused_after_the_message_was_verified_shows_what_was_received() {
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let idp = Idp::new("https://idp.globex.example");
    let connection = customer.test(&idp, Settings::default());
    let url = test_url(&gateway, &connection);
    let mut agent = UserAgent::new();
    let underway = Idp::begin(&mut agent, &url).await;
    let issue = idp.answer(&gateway, &underway, "eve@initech.example");
    let issue = issue.attribute("nickname", &["Evie"]).attribute("sn", &["Moneypenny"]);
    let page = agent.submit_once(&underway.form(&issue.base64().unwrap())).await;
    assert!(page.body.contains("email_domain_not_allowed"), "{}", page.body);
    assert!(page.body.contains("a domain of the organization: globex.example"), "{}", page.body);
    assert!(!page.body.contains("Nothing was received"), "{}", page.body);
    for (value, used_as) in [("Moneypenny", "family_name"), ("Evie", "not used")] {
        let (_, after) = page.body.split_once(value).unwrap();
        let (line, _) = after.split_once("</tr>").unwrap();
        assert!(line.contains(used_as), "{value}: {line}");
    }
}

#[actix_web::test]
async fn a_person_whose_name_changes_at_the_provider_has_the_new_one() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    for name in ["Ada", "Augusta"] {
        let mut agent = UserAgent::new();
        let underway = world.begin(&mut agent).await;
        let issue = world.answer(&underway).attribute("givenName", &[name]);
        is_in(&agent.submit_once(&underway.form(&issue.base64().unwrap())).await);
        let person = world.customer.find(ADA).unwrap();
        assert_eq!(person.given_name.as_deref(), Some(name));
        assert!(person.last_sign_in_at.is_some());
    }
}
