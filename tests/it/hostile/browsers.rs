//! Right responses in the wrong hands: a second time, in another browser, at another connection.

use crate::gateway::{ADA, Gateway, Idp, World, form, is_in};
use crate::user_agent::UserAgent;
use chrono::TimeDelta;
use vestibule::cause::Cause;
use vestibule::store::connections::Settings;
use vestibule::store::traces::{Outcome, TraceKind};

const BINDING: &str = "vestibule-browser";
const SESSION: &str = "vestibule-session";

#[actix_web::test]
async fn a_response_is_used_once() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let form = underway.form(&world.answer(&underway).base64().unwrap());
    is_in(&agent.submit_once(&form).await);
    let first = gateway.last_trace();

    for (name, mut agent) in [("same browser", agent), ("another browser", UserAgent::new())] {
        let page = agent.submit_once(&form).await;
        world.refused(name, Cause::ResponseReplayed, &page);
        assert!(gateway.last_trace().id != first.id, "{name}");
    }
    let first = gateway.traces().into_iter().find(|trace| trace.id == first.id).unwrap();
    assert_eq!(first.outcome, Outcome::Succeeded);
    world.works().await;
}

#[actix_web::test]
async fn a_response_that_the_provider_started_is_used_once() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let settings = Settings { idp_started: true, ..Settings::default() };
    let connection = world.customer.set(&world.connection, settings);
    let response = world.idp.start(&gateway, &connection, ADA).base64().unwrap();
    let form = form(&connection.acs(&gateway.url), &[("SAMLResponse", &response)]);

    let page = UserAgent::new().submit_once(&form).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let trace = gateway.last_trace();
    assert_eq!((trace.kind, trace.outcome), (TraceKind::ProviderStarted, Outcome::Succeeded));

    let page = UserAgent::new().submit_once(&form).await;
    assert_eq!(page.status.as_u16(), Cause::ResponseReplayed.status());
    assert!(page.body.contains("response_replayed"), "{}", page.body);
    let trace = gateway.last_trace();
    assert_eq!(trace.outcome, Outcome::Failed);
    assert_eq!(trace.cause.as_deref(), Some("response_replayed"));
}

#[actix_web::test]
async fn the_response_of_another_browser_signs_nobody_in() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (mut attacker, mut victim) = (UserAgent::new(), UserAgent::new());
    let underway = world.begin(&mut attacker).await;
    let form = underway.form(&world.answer(&underway).base64().unwrap());

    let page = victim.submit_once(&form).await;
    world.refused("without a cookie", Cause::RequestUnknown, &page);
    assert!(page.headers.get("set-cookie").is_none(), "{page:?}");

    // Nor when the victim is signing in at the same time.
    let underway = world.begin(&mut attacker).await;
    world.begin(&mut victim).await;
    let form = underway.form(&world.answer(&underway).base64().unwrap());
    let page = victim.submit_once(&form).await;
    assert!(page.body.contains("request_unknown"), "{}", page.body);
    world.works().await;
}

#[actix_web::test]
async fn a_sign_in_takes_no_longer_than_it_may() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    gateway.advance(TimeDelta::hours(12));
    let form = underway.form(&world.answer(&underway).base64().unwrap());
    let page = agent.submit_once(&form).await;
    world.refused("late", Cause::RequestExpired, &page);
    world.works().await;
}

#[actix_web::test]
async fn the_response_of_one_connection_is_none_of_another() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let initech = gateway.customer("initech.example");
    let other = Idp::new("https://idp.initech.example");
    let connection = initech.connect_to(&other);
    let hint = [("login_hint", "eve@initech.example")];

    // A right answer of one, brought to the other.
    let mut agent = UserAgent::new();
    let theirs = Idp::begin(&mut agent, &world.app.authorize(&gateway, &hint)).await;
    let response = other.answer(&gateway, &theirs, ADA).base64().unwrap();
    let fields = [("SAMLResponse", &*response), ("RelayState", &*theirs.relay_state)];
    let page = agent.submit_once(&form(&world.connection.acs(&gateway.url), &fields)).await;
    world.refused("brought elsewhere", Cause::DestinationMismatch, &page);

    // One answers what the other was asked.
    let ours = world.begin(&mut agent).await;
    let response = other.answer(&gateway, &ours, ADA).base64().unwrap();
    let page = agent.submit_once(&ours.form(&response)).await;
    world.refused("answered by another", Cause::IssuerMismatch, &page);

    // One names a person of the other.
    let theirs = Idp::begin(&mut agent, &world.app.authorize(&gateway, &hint)).await;
    let response = other.answer(&gateway, &theirs, ADA).base64().unwrap();
    let page = agent.submit_once(&theirs.form(&response)).await;
    assert!(page.body.contains("email_domain_not_allowed"), "{}", page.body);
    assert_eq!(gateway.last_trace().connection_id, Some(connection.id));
    assert!(world.customer.find(ADA).is_none());
    world.works().await;
}

#[actix_web::test]
async fn a_session_that_somebody_planted_is_not_taken_over() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let planted = format!("ss_{}", "a".repeat(43));
    let mut agent = UserAgent::new();
    agent.set_cookie(&gateway.url, SESSION, &planted);
    agent.set_cookie(&gateway.url, BINDING, "not a value of ours");

    let underway = world.begin(&mut agent).await;
    let form = underway.form(&world.answer(&underway).base64().unwrap());
    let page = agent.submit_once(&form).await;
    is_in(&page);
    let set: Vec<_> = page.headers.get_all("set-cookie").iter().collect();
    let session =
        set.iter().find_map(|line| line.to_str().unwrap().strip_prefix("vestibule-session="));
    let session = session.expect("a new session");
    assert!(session.starts_with("ss_") && !session.starts_with(&planted), "{session}");

    let mut attacker = UserAgent::new();
    attacker.set_cookie(&gateway.url, SESSION, &planted);
    let silent = [("prompt", "none"), ("login_hint", ADA)];
    let page = attacker.get_once(world.app.authorize(&gateway, &silent)).await;
    let location = page.location().unwrap();
    assert!(location.query().unwrap().contains("error=login_required"), "{location}");
}
