//! How old a sign-in at the provider may be, and what the app is told of that.

use super::{redeem, told};
use crate::gateway::{ADA, Gateway, Idp, Underway, World, is_in};
use crate::user_agent::{Page, UserAgent};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::Value;
use vestibule::clock::Time;
use vestibule::store::traces::Outcome;

/// Ada's answer, from a session that she has had at the provider since then.
async fn answer_since(
    world: &World<'_>,
    agent: &mut UserAgent,
    underway: &Underway,
    since: Time,
) -> Page {
    let mut issue = world.answer(underway);
    issue.authenticated_at = since;
    agent.submit_once(&underway.form(&issue.base64().unwrap())).await
}

/// What the ID token says that comes for the code of a sign-in.
async fn id_token(world: &World<'_>, page: &Page) -> Value {
    let tokens = redeem(world, page).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let tokens = tokens.json();
    let claims = tokens["id_token"].as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[actix_web::test]
async fn auth_time_is_when_the_person_signed_in_at_the_provider() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let since = gateway.now().minus(TimeDelta::hours(7));
    let page = answer_since(&world, &mut agent, &underway, since).await;
    assert_eq!(id_token(&world, &page).await["auth_time"], since.unix());

    // The session tells the same later on.
    gateway.advance(TimeDelta::minutes(5));
    let page = agent.get_once(world.app.authorize(&gateway, &[])).await;
    assert_eq!(id_token(&world, &page).await["auth_time"], since.unix());
}

#[actix_web::test]
async fn auth_time_is_neither_ahead_of_our_clock_nor_before_1970() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let now = gateway.now();
    for (said, told) in [(now.plus(TimeDelta::seconds(50)), now), (year_1(), Time::from_unix(0))] {
        let mut agent = UserAgent::new();
        let underway = world.begin(&mut agent).await;
        let page = answer_since(&world, &mut agent, &underway, said).await;
        let auth_time = id_token(&world, &page).await["auth_time"].as_i64().unwrap();
        // The clock of a gateway under test goes on.
        assert!((told.unix()..told.unix() + 20).contains(&auth_time), "{said}: {auth_time}");
    }
}

/// What providers write that do not know.
fn year_1() -> Time {
    Time::from_unix(-62_135_596_800)
}

#[actix_web::test]
async fn an_answer_from_an_old_session_is_refused_where_the_app_wants_a_fresh_sign_in() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    for wish in [("prompt", "login"), ("max_age", "0"), ("max_age", "600")] {
        let start = world.app.authorize(&gateway, &[("login_hint", ADA), wish]);
        let mut agent = UserAgent::new();
        let underway = Idp::begin(&mut agent, &start).await;
        assert!(underway.asked.force_authn);
        let since = gateway.now().minus(TimeDelta::minutes(20));
        let page = answer_since(&world, &mut agent, &underway, since).await;
        assert_eq!(page.status, 403, "{wish:?}: {}", page.body);
        assert!(page.body.contains("authentication_too_old"), "{}", page.body);
        // Whoever goes back to the app brings the code of OIDC Core for it.
        assert!(page.body.contains("error=login_required"), "{}", page.body);
        assert!(page.headers.get("set-cookie").is_none());
        let trace = gateway.last_trace();
        assert_eq!(trace.outcome, Outcome::Failed);
        assert_eq!(trace.checks.last().unwrap().received, Some(since.to_string()));

        // The same provider is believed when the person did sign in again, however long that took.
        let mut agent = UserAgent::new();
        let underway = Idp::begin(&mut agent, &start).await;
        gateway.advance(TimeDelta::minutes(1));
        let since = gateway.now();
        gateway.advance(TimeDelta::minutes(3));
        let page = answer_since(&world, &mut agent, &underway, since).await;
        assert_eq!(id_token(&world, &page).await["auth_time"], since.unix());
    }
}

#[actix_web::test]
async fn a_sign_in_within_max_age_is_taken_without_a_new_one() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let start = world.app.authorize(&gateway, &[("login_hint", ADA), ("max_age", "3600")]);
    let mut agent = UserAgent::new();
    let underway = Idp::begin(&mut agent, &start).await;
    let since = gateway.now().minus(TimeDelta::minutes(50));
    let page = answer_since(&world, &mut agent, &underway, since).await;
    assert_eq!(id_token(&world, &page).await["auth_time"], since.unix());
}

#[actix_web::test]
async fn a_session_is_as_old_as_the_sign_in_at_the_provider() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let since = gateway.now().minus(TimeDelta::minutes(50));
    is_in(&answer_since(&world, &mut agent, &underway, since).await);
    is_in(&agent.get_once(world.app.authorize(&gateway, &[("max_age", "3600")])).await);
    let start = world.app.authorize(&gateway, &[("login_hint", ADA), ("max_age", "1800")]);
    assert!(Idp::begin(&mut agent, &start).await.asked.force_authn);
    let silent = [("prompt", "none"), ("max_age", "1800")];
    let page = agent.get_once(world.app.authorize(&gateway, &silent)).await;
    assert_eq!(told(&page, "error"), "login_required");
}
