//! Apps that are told that sessions have ended.

use super::World;
use crate::gateway::Gateway;
use crate::peers::lent;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::SystemTime;
use vestibule::store::applications::{
    self, ApplicationPatch, IdTokenAlg, LogoutPatch, NewApplication,
};
use vestibule::store::connections::{self, Settings};
use vestibule::store::users;

/// Milliseconds since 1970, as JavaScript counts them.
fn millis() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

#[actix_web::test]
async fn an_app_knows_within_a_second_that_a_session_has_ended_whatever_the_reason() {
    type End = fn(&World<'_>, &Value);
    let ways: [(&str, End); 4] = [
        ("suspended", |world, claims| {
            let id = claims["sub"].as_str().unwrap().parse().unwrap();
            world.gateway.write(|tx| users::suspend(tx, &id));
        }),
        ("signed out by the API", |world, claims| {
            let id = claims["sub"].as_str().unwrap().parse().unwrap();
            world.gateway.write(|tx| users::end_sessions(tx, &id));
        }),
        ("erased", |world, claims| {
            let id = claims["sub"].as_str().unwrap().parse().unwrap();
            world.gateway.write(|tx| users::erase(tx, &id));
        }),
        ("connection off", |world, _| {
            world.gateway.write(|tx| connections::disable(tx, &world.connection.id));
        }),
    ];
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    for (name, end) in ways {
        world.restore();
        let person = world.sign_in().await;
        app.forget_ended(0).await;
        let before = millis();
        end(&world, &person.answer["claims"]);
        let told = app.ended(1).await.remove(0);
        let took = told["at"].as_i64().unwrap() - before;
        assert!((0..1000).contains(&took), "{name}: {took} ms");
        world.is_told(&person).await;
    }
}

#[actix_web::test]
async fn what_another_process_ends_is_told_as_well() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    let person = world.sign_in().await;
    let id = person.answer["claims"]["sub"].as_str().unwrap().parse().unwrap();
    gateway.write_elsewhere(|tx| users::end_sessions(tx, &id));
    world.is_told(&person).await;
}

#[actix_web::test]
async fn an_app_that_fails_is_told_again_later() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    let person = world.sign_in().await;
    app.forget_ended(1).await;
    let id = person.answer["claims"]["sub"].as_str().unwrap().parse().unwrap();
    gateway.write(|tx| users::end_sessions(tx, &id));
    // The first attempt fails, whenever that is; the next is due five seconds later.
    for _ in 0..8 {
        gateway.advance(TimeDelta::seconds(6));
        if !app.ended_within(1, 500).await.is_empty() {
            break;
        }
    }
    world.is_told(&person).await;
}

#[actix_web::test]
async fn an_app_signed_with_elliptic_curves_is_told_with_them() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let es256 = |new: &mut NewApplication| {
        new.id_token_alg = IdTokenAlg::Es256;
    };
    let settings = Settings::default();
    let world = World::with(&gateway, &provider, &app, "globex.example", settings, es256).await;
    let person = world.sign_in().await;
    let id = person.answer["claims"]["sub"].as_str().unwrap().parse().unwrap();
    gateway.write(|tx| users::end_sessions(tx, &id));
    world.is_told(&person).await;
}

#[actix_web::test]
async fn an_app_may_be_told_in_a_hidden_frame() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": ["redirect", "post"]})).await;
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    let uri = format!("{}/frontchannel-logout", app.url);
    let logout = LogoutPatch {
        backchannel_uri: Some(None),
        frontchannel_uri: Some(Some(uri.clone())),
        ..LogoutPatch::default()
    };
    let patch = ApplicationPatch { logout, ..ApplicationPatch::default() };
    gateway.write(|tx| applications::change(tx, &world.registered.application.id, patch));

    let mut person = world.sign_in().await;
    let sid = person.answer["claims"]["sid"].as_str().unwrap().to_owned();
    let issuer: String = url::form_urlencoded::byte_serialize(gateway.url.as_bytes()).collect();
    let frame = format!("src=\"{uri}?iss={issuer}&#38;sid={sid}\"");
    let page = person.agent.get(world.app_s(&person).await).await;
    assert!(page.body.contains(&frame), "{frame} in {}", page.body);
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.ends_with(&format!("; frame-src {}", app.url)), "{policy}");

    // The provider's logout shows the frames before it goes on, to its own page's frame if need be.
    for binding in ["redirect", "post"] {
        let mut person = world.sign_in().await;
        let page = person.agent.get(world.provider_s(Some(binding), Some("last"))).await;
        let page = match page.forms().as_slice() {
            [form] if binding == "post" => person.agent.submit(form).await,
            _ => page,
        };
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains(&uri), "{}", page.body);
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(&format!("frame-ancestors {};", provider.url)), "{policy}");
        assert!(policy.contains(&format!("frame-src {}", app.url)), "{policy}");
        assert_eq!(page.body.contains("http-equiv=\"refresh\""), binding == "redirect");
        world.is_out(&mut person).await;
    }
}

#[actix_web::test]
async fn an_app_that_cannot_be_told_makes_the_logout_partial() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": ["redirect"]})).await;
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let mute = |new: &mut NewApplication| new.logout.backchannel_uri = None;
    let world = World::with(&gateway, &provider, &app, "globex.example", settings, mute).await;
    let mut person = world.sign_in().await;
    let page = person.agent.get(world.provider_s(Some("redirect"), Some("last"))).await;
    assert_eq!(page.json()["codes"], json!(["Success", "PartialLogout"]), "{}", page.body);
    world.is_out(&mut person).await;
}
