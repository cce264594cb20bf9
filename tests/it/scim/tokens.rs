//! Who may call: tokens, connections, and how often.

use super::log::written;
use super::{Directory, ERROR, Reply, USER};
use crate::gateway::{Gateway, Idp, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use vestibule::store::ConnectionId;
use vestibule::store::connections::{self, Settings};
use vestibule::store::directories::requests::Refusal;
use vestibule::store::directories::tokens::{self, NewToken};

/// A refusal that says who nobody is.
fn refused(reply: Reply, code: &str, challenge: &str) -> String {
    let reply = reply.refuses(401, "", code);
    assert_eq!(reply.header("www-authenticate"), challenge);
    reply.detail().to_owned()
}

const INVALID: &str = r#"Bearer realm="scim", error="invalid_token""#;

#[actix_web::test]
async fn a_wrong_a_revoked_and_another_connection_s_token_are_answered_alike() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let other = world.customer.test(&Idp::new("https://other.globex.example"), Settings::default());
    let elsewhere = Directory::at(&gateway, &other.id);
    let new = NewToken { label: "Old".to_owned(), ..NewToken::default() };
    let (row, secret) = gateway.write(|tx| tokens::create(tx, &world.connection.id, new));
    gateway.write(|tx| tokens::revoke(tx, &world.connection.id, &row.id));
    let mut told = Vec::new();
    for token in [secret.reveal(), elsewhere.token.as_str(), "scim_nonsense", "x"] {
        let stranger = Directory { token: token.to_owned(), ..directory.clone() };
        told.push(refused(stranger.get("/Users").await, "token_invalid", INVALID));
    }
    let nowhere =
        Directory { base: format!("{}/scim/v2/con_nonsense", gateway.url), ..directory.clone() };
    told.push(refused(nowhere.get("/Users").await, "token_invalid", INVALID));
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    directory.get("/Users").await.is(200);
}

#[actix_web::test]
async fn without_a_token_not_even_the_body_is_looked_at() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    for path in ["/Users", "/Groups", "/ServiceProviderConfig", "/Bulk", "/Users/x"] {
        let url = format!("{}{path}", directory.base);
        for authorization in [None, Some("Basic YTpi"), Some("Bearer "), Some("scim_x")] {
            let mut request = directory.client.post(&url).body("{");
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{path}");
            assert_eq!(answer.headers()["www-authenticate"], r#"Bearer realm="scim""#);
            let body: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(body["schemas"], json!([ERROR]));
            assert!(body["detail"].as_str().unwrap().ends_with("[token_missing]"), "{body}");
        }
    }
}

#[actix_web::test]
async fn a_token_that_was_retired_works_until_then_and_says_since_when_it_does_not() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let new = NewToken { label: "Old".to_owned(), ..NewToken::default() };
    let (row, secret) = gateway.write(|tx| tokens::create(tx, &world.connection.id, new));
    let old = Directory { token: secret.reveal().to_owned(), ..directory.clone() };
    let at = gateway.now().plus(TimeDelta::hours(24));
    gateway.write(|tx| tokens::retire(tx, &world.connection.id, &row.id, TimeDelta::hours(24)));
    old.get("/Users").await.is(200);
    gateway.advance(TimeDelta::hours(25));
    let told = refused(old.get("/Users").await, "token_retired", INVALID);
    assert!(told.contains(&at.to_utc().format("%Y-%m-%d %H:%M UTC").to_string()), "{told}");
    directory.get("/Users").await.is(200);
}

#[actix_web::test]
async fn a_token_ends_when_it_is_said_to_and_counts_only_from_its_networks() {
    let gateway = Gateway::with(&[("proxy.trusted", "127.0.0.1")]).await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let new = NewToken {
        label: "Office".to_owned(),
        networks: vec!["203.0.113.0/24".to_owned()],
        expires_at: Some(gateway.now().plus(TimeDelta::hours(1))),
    };
    let (_, secret) = gateway.write(|tx| tokens::create(tx, &world.connection.id, new));
    let office = Directory { token: secret.reveal().to_owned(), ..directory };
    let from = |address: &'static str| {
        let office = office.clone();
        async move { office.send(Method::GET, "/Users", &[("x-forwarded-for", address)], None).await }
    };
    from("203.0.113.7").await.is(200);
    refused(from("198.51.100.7").await, "token_invalid", INVALID);
    gateway.advance(TimeDelta::hours(2));
    refused(from("203.0.113.7").await, "token_retired", INVALID);
    refused(from("198.51.100.7").await, "token_invalid", INVALID);
}

#[actix_web::test]
async fn a_draft_takes_people_and_a_disabled_or_deleted_connection_knows_no_token() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let draft = world.customer.draft("Later", Settings::default());
    Directory::at(&gateway, &draft.id).user("ann@globex.example").await;
    let directory = Directory::of(&world);
    gateway.write(|tx| connections::disable(tx, &world.connection.id));
    refused(directory.get("/Users").await, "token_invalid", INVALID);
    world.customer.activate(&world.connection);
    directory.get("/Users").await.is(200);
    gateway.write(|tx| connections::delete(tx, &world.connection.id));
    refused(directory.get("/Users").await, "token_invalid", INVALID);
}

#[actix_web::test]
async fn a_directory_that_asks_too_often_is_told_in_scim_when_to_come_back() {
    let gateway =
        Gateway::with(&[("limits.directory", "20"), ("proxy.trusted", "127.0.0.1")]).await;
    let directory = Directory::of(&World::of(&gateway));
    let mut refusals = 0;
    for n in 0..30 {
        // From many addresses: it is the connection that counts.
        let from = format!("203.0.113.{n}");
        let reply = directory
            .send(Method::GET, "/Users?count=0", &[("x-forwarded-for", &from)], None)
            .await;
        if reply.status == 429 {
            assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
            reply.refuses(429, "", "too_many_requests");
            refusals += 1;
        }
    }
    assert!((5..=10).contains(&refusals), "{refusals}");
    // What strangers send does not count against it.
    let gateway =
        Gateway::with(&[("limits.directory", "20"), ("proxy.trusted", "127.0.0.1")]).await;
    let directory = Directory::of(&World::of(&gateway));
    let stranger = Directory { token: "scim_x".to_owned(), ..directory.clone() };
    for _ in 0..40 {
        stranger.send(Method::GET, "/Users", &[("x-forwarded-for", "198.51.100.1")], None).await;
    }
    directory
        .send(Method::GET, "/Users", &[("x-forwarded-for", "203.0.113.1")], None)
        .await
        .is(200);
}

#[actix_web::test]
async fn a_directory_with_a_burst_of_changes_is_not_held_up() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    for n in 0..50 {
        let body = json!({ "schemas": [USER], "userName": format!("p{n}@globex.example") });
        directory.post("/Users", body).await.is(201);
    }
    assert_eq!(directory.get("/Users").await.total(), 50);
}

#[actix_web::test]
async fn a_refused_token_is_told_to_whoever_looks_at_the_directory_once_a_minute() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let other = world.customer.test(&Idp::new("https://other.globex.example"), Settings::default());
    let elsewhere = Directory::at(&gateway, &other.id);
    for token in [elsewhere.token.as_str(), "scim_nonsense", "x"] {
        directory.with_token(token).get(&format!("/Users/{token}?filter={token}")).await;
    }
    let told = written(&gateway, 1).await;
    let first = &told[0];
    assert_eq!((first.status, first.code.as_deref()), (401, Some("token_invalid")), "{first:?}");
    assert_eq!((first.method.as_str(), first.path.as_str()), ("GET", "/Users"), "{first:?}");
    assert_eq!(first.effect, "Refused: the token is not known at this connection.");
    assert!(first.connection_id == world.connection.id && first.message.is_none(), "{first:?}");
    // Another cause is told at once, and the same again after a minute, with how often it came.
    let new = NewToken { label: "Old".to_owned(), ..NewToken::default() };
    let (row, secret) = gateway.write(|tx| tokens::create(tx, &world.connection.id, new));
    gateway.write(|tx| tokens::revoke(tx, &world.connection.id, &row.id));
    directory.with_token(secret.reveal()).get("/Users").await;
    let told = written(&gateway, 2).await;
    assert!(told[0].effect.starts_with("Refused: the token was revoked at "), "{:?}", told[0]);
    directory.with_token("").get("/Groups").await;
    let told = written(&gateway, 3).await;
    assert_eq!(told[0].effect, "Refused: no token came with the request.");
    gateway.advance(TimeDelta::minutes(2));
    directory.with_token("scim_nonsense").get("/Users").await;
    let told = written(&gateway, 4).await;
    assert!(
        told[0].effect.ends_with("So were 2 more since the last that is shown."),
        "{:?}",
        told[0]
    );
    // Where there is no connection nobody looks.
    let nowhere = ConnectionId::new();
    let nowhere =
        Directory { base: format!("{}/scim/v2/{nowhere}", gateway.url), ..directory.clone() };
    nowhere.get("/Users").await;
    directory.get("/Users").await.is(200);
    let told = written(&gateway, 5).await;
    assert_eq!((told.len(), told[0].status), (5, 200), "{told:?}");
    for entry in &told {
        let whole = format!("{entry:?}");
        assert!(!whole.contains(secret.reveal()) && !whole.contains("nonsense"), "{whole}");
        assert!(!whole.contains(elsewhere.token.as_str()), "{whole}");
    }
}

#[actix_web::test]
async fn why_a_token_was_refused_is_kept_beside_what_the_caller_was_told() {
    let gateway = Gateway::with(&[("proxy.trusted", "127.0.0.1")]).await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    let new = NewToken {
        label: "Office".to_owned(),
        networks: vec!["203.0.113.0/24".to_owned()],
        ..NewToken::default()
    };
    let (_, secret) = gateway.write(|tx| tokens::create(tx, &world.connection.id, new));
    let office = directory.with_token(secret.reveal());
    office.send(Method::GET, "/Users", &[("x-forwarded-for", "198.51.100.7")], None).await;
    let told = written(&gateway, 1).await;
    assert_eq!(told[0].why, Some(Refusal::Elsewhere));
    assert!(told[0].effect.contains("not accepted from 198.51.100.7"), "{:?}", told[0]);
    // A good token where the connection is off, and one that never was.
    gateway.write(|tx| connections::disable(tx, &world.connection.id));
    directory.get("/Users").await.refuses(401, "", "token_invalid");
    let told = written(&gateway, 2).await;
    assert_eq!(told[0].why, Some(Refusal::Off), "{:?}", told[0]);
    assert!(told[0].effect.contains("the connection is off"), "{:?}", told[0]);
    directory.with_token("scim_nonsense").get("/Users").await;
    let told = written(&gateway, 3).await;
    assert_eq!(told[0].why, Some(Refusal::Unknown), "{:?}", told[0]);
    assert!(told.iter().all(|one| one.code.as_deref() == Some("token_invalid")), "{told:?}");
}
