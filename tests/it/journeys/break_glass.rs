//! The identity provider is broken, and an exempt owner gets in all the same.

use super::{redeem, told};
use crate::gateway::{ADA, Gateway, Key, World, is_in};
use crate::user_agent::{Page, UserAgent};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use serde_json::{Value, json};
use vestibule::cause::Cause;
use vestibule::crypto;
use vestibule::email::Email;
use vestibule::store::enforcement::LastWay;
use vestibule::store::organizations::Enforcement;
use vestibule::store::traces::Outcome;
use vestibule::store::{break_glass, connections, enforcement, events, sessions, users};

/// Codes of the customer, whose exempt owner Ada is and who requires single sign-on.
pub(crate) fn codes(world: &World<'_>, count: usize) -> Vec<String> {
    let id = &world.customer.organization.id;
    world.gateway.write(|tx| {
        enforcement::exempt(tx, id, &Email::parse(ADA).unwrap())?;
        enforcement::set(tx, id, Enforcement::Required, true)?;
        let made = break_glass::create(tx, id, count, false)?;
        Ok(made.into_iter().map(|(_, secret)| secret.reveal().to_owned()).collect())
    })
}

/// The address to which the page offers a code.
fn offered(page: &Page) -> String {
    let at = page.body.find("/login/break-glass").unwrap_or_else(|| panic!("{}", page.body));
    let path = page.body[at..].split('"').next().unwrap();
    page.url.join(path).unwrap().into()
}

/// Enters address and code on the page for them.
async fn enter(agent: &mut UserAgent, page: &str, email: &str, code: &str) -> Page {
    let form = agent.get_once(page).await.form();
    agent.submit_once(&form.with("email", email).with("code", code)).await
}

fn claims(tokens: &Value) -> Value {
    let token = tokens["id_token"].as_str().unwrap_or_else(|| panic!("{tokens}"));
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// A sign-in that the provider breaks: it signs with a key that nobody knows.
async fn broken(world: &World<'_>, agent: &mut UserAgent) -> Page {
    let start = world.app.authorize(world.gateway, &[("login_hint", ADA), ("nonce", "n-1")]);
    let start = start.replace("scope=openid+email+profile", "scope=openid+email+offline_access");
    let underway = crate::gateway::Idp::begin(agent, &start).await;
    let mut answer = world.answer(&underway);
    answer.signer = Key::stranger().signer();
    let page = agent.submit_once(&underway.form(&answer.base64().unwrap())).await;
    assert!(page.body.contains("certificate_unknown"), "{}", page.body);
    page
}

#[actix_web::test]
async fn an_exempt_owner_gets_into_the_app_by_a_code_while_the_provider_is_broken() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let codes = codes(&world, 2);
    let mut agent = UserAgent::new();
    let failed = broken(&world, &mut agent).await;
    let page = enter(&mut agent, &offered(&failed), ADA, &codes[0].to_uppercase()).await;
    is_in(&page);
    assert_eq!(told(&page, "state"), "state-of-the-app");

    let trace = gateway.last_trace();
    assert_eq!(trace.outcome, Outcome::Succeeded);
    let checks: Vec<_> = trace.checks.iter().map(|check| check.name.key()).collect();
    assert_eq!(checks, ["break_glass_code", "exempt_owner", "domain", "person"]);
    assert_eq!(trace.user_id, world.customer.find(ADA).map(|user| user.id));

    let tokens = redeem(&world, &page).await.json();
    let claims = claims(&tokens);
    assert_eq!(claims["amr"], json!(["otp"]));
    assert_eq!(claims["acr"], "urn:vestibule:acr:break_glass");
    assert_eq!((&claims["email"], &claims["nonce"]), (&json!(ADA), &json!("n-1")));
    assert_eq!(tokens["refresh_token"], Value::Null);

    let filter = events::Filter {
        kind: Some("break_glass_code.used".to_owned()),
        ..events::Filter::default()
    };
    let window = vestibule::store::Window::default();
    let used = gateway.read(|db| events::page(db, &window, &filter)).data.remove(0);
    assert_eq!(used.data["codes_left"], 1);
    assert_eq!(used.data["trace_id"], trace.id.as_str());
    assert!(!format!("{used:?}").contains(ADA));
}

#[actix_web::test]
async fn a_session_by_a_code_lasts_an_hour_and_needs_no_connection() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let codes = codes(&world, 2);
    let id = &world.connection.id;
    gateway.write(|tx| connections::disable_with(tx, id, LastWay::GiveUp).map(drop));
    let mut agent = UserAgent::new();
    // Where the connection is off the person does not even get to the provider.
    let start = world.app.authorize(&gateway, &[("login_hint", ADA)]);
    let off = agent.get_once(&start).await;
    assert_eq!(off.status, 503);
    let page = enter(&mut agent, &offered(&off), ADA, &codes[0]).await;
    is_in(&page);
    assert_eq!(redeem(&world, &page).await.status, 200);

    let silent = world.app.authorize(&gateway, &[("prompt", "none"), ("login_hint", ADA)]);
    is_in(&agent.get_once(&silent).await);
    gateway.advance(TimeDelta::minutes(59));
    is_in(&agent.get_once(&silent).await);
    gateway.advance(TimeDelta::minutes(1));
    assert_eq!(told(&agent.get_once(&silent).await, "error"), "login_required");
}

#[actix_web::test]
async fn a_deactivated_person_does_not_get_in_by_a_code_nor_stay_in() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let codes = codes(&world, 2);
    let user = world.customer.person(ADA);
    let mut agent = UserAgent::new();
    let start = format!("{}/login/break-glass", gateway.url);
    let failed = broken(&world, &mut agent).await;
    let page = enter(&mut agent, &offered(&failed), ADA, &codes[0]).await;
    is_in(&page);
    gateway.write(|tx| users::suspend(tx, &user.id).map(drop));
    assert_eq!(redeem(&world, &page).await.json()["error"], "invalid_grant");
    let page = enter(&mut agent, &start, ADA, &codes[1]).await;
    world.refused("suspended", Cause::UserSuspended, &page);
    let left = gateway
        .read(|db| vestibule::store::organizations::find(db, &world.customer.organization.id));
    assert_eq!(left.codes_left, 1);
}

#[actix_web::test]
async fn a_code_works_once_and_its_trace_says_what_was_wrong_with_another() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let codes = codes(&world, 2);
    let page = format!("{}/login/break-glass", gateway.url);
    let mut agent = UserAgent::new();
    // Without an app the person is signed in, and the app's next request is answered by that.
    assert_eq!(enter(&mut agent, &page, ADA, &codes[0]).await.status, 200);
    let silent = world.app.authorize(&gateway, &[("prompt", "none")]);
    is_in(&agent.get_once(&silent).await);

    let mut other = UserAgent::new();
    let refused = enter(&mut other, &page, ADA, &codes[0]).await;
    world.refused("used", Cause::BreakGlassRefused, &refused);
    let failed_at = |name: &str| {
        let trace = gateway.last_trace();
        assert_eq!(trace.checks.last().unwrap().name.key(), name);
    };
    failed_at("break_glass_code");
    let refused = enter(&mut other, &page, "eve@globex.example", &codes[1]).await;
    world.refused("not an owner", Cause::BreakGlassRefused, &refused);
    failed_at("exempt_owner");
    assert!(world.customer.find("eve@globex.example").is_none());

    // What cannot be a code of theirs is told on the page, and written down nowhere.
    let before = gateway.traces().len();
    let last = if codes[1].ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", &codes[1][..codes[1].len() - 1]);
    for (email, code) in
        [(ADA, &*mistyped), (ADA, ""), ("ada", &*codes[1]), ("ada@elsewhere.example", &*codes[1])]
    {
        let answer = enter(&mut other, &page, email, code).await;
        assert_eq!(answer.status, 422, "{email} {code}: {}", answer.body);
    }
    assert_eq!(gateway.traces().len(), before);
    assert_eq!(enter(&mut other, &page, ADA, &codes[1]).await.status, 200);
}

#[actix_web::test]
async fn tries_of_codes_fill_the_traces_up_to_a_point_and_a_right_code_works_all_the_while() {
    let gateway = Gateway::with(&[("proxy.trusted", "127.0.0.1")]).await;
    let world = World::of(&gateway);
    let codes = codes(&world, 1);
    let page = format!("{}/login/break-glass", gateway.url);
    let before = gateway.traces().len();
    for n in 0..70 {
        // Each from another network, as a crowd of machines would.
        let mut agent = UserAgent::from_address(&format!("198.51.100.{n}"));
        let guess = crypto::paper_code(crypto::BREAK_GLASS);
        let answer = enter(&mut agent, &page, ADA, guess.reveal()).await;
        assert!(answer.body.contains("break_glass_refused"), "{}", answer.body);
    }
    assert_eq!(gateway.traces().len() - before, 60);
    let mut owner = UserAgent::from_address("203.0.113.7");
    assert_eq!(enter(&mut owner, &page, ADA, &codes[0]).await.status, 200);
    assert_eq!(gateway.last_trace().outcome, Outcome::Succeeded);
}

#[actix_web::test]
async fn the_sign_in_of_another_browser_is_not_finished_by_a_code() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let codes = codes(&world, 1);
    let failed = broken(&world, &mut UserAgent::new()).await;
    // The owner is lured to a stranger's sign-in: the code of the app goes to nobody.
    let mut owner = UserAgent::new();
    let page = enter(&mut owner, &offered(&failed), ADA, &codes[0]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.location().is_none());
}

#[actix_web::test]
async fn the_link_is_there_only_where_somebody_has_a_code() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let login = format!("{}/login", gateway.url);
    let has_link = |page: &Page| page.body.contains("/login/break-glass");
    let mut agent = UserAgent::new();
    assert!(!has_link(&agent.get_once(&login).await));
    assert!(!has_link(&broken(&world, &mut agent).await));
    codes(&world, 1);
    assert!(has_link(&agent.get_once(&login).await));
    assert!(has_link(&broken(&world, &mut agent).await));
    let id = &world.customer.organization.id;
    gateway.write(|tx| break_glass::revoke_all(tx, id).map(drop));
    assert!(!has_link(&agent.get_once(&login).await));
    assert!(!has_link(&broken(&world, &mut agent).await));
}

#[actix_web::test]
async fn whoever_came_by_a_code_is_not_sent_to_the_provider_to_sign_out() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let codes = codes(&world, 1);
    let mut agent = UserAgent::new();
    let failed = broken(&world, &mut agent).await;
    let page = enter(&mut agent, &offered(&failed), ADA, &codes[0]).await;
    let tokens = redeem(&world, &page).await.json();
    let sid = claims(&tokens)["sid"].as_str().unwrap().parse().unwrap();
    let hint = tokens["id_token"].as_str().unwrap();
    let out = agent.get_once(format!("{}/oauth/logout?id_token_hint={hint}", gateway.url)).await;
    assert_eq!(out.status, 200, "{}", out.body);
    assert!(out.forms().is_empty(), "{}", out.body);
    let session = gateway.read(|db| sessions::by_id(db, &sid)).unwrap();
    assert!(session.ended_at.is_some());
}
