use super::*;
use crate::clock;
use crate::http::testing::{Answer, World, world};
use actix_web::http::Method;
use actix_web::test::TestRequest;

/// A gateway behind a proxy, with these limits.
fn limited(settings: &[(&str, &str)]) -> World {
    let proxy = ("proxy.trusted", "127.0.0.1");
    world(&[&[proxy], settings].concat())
}

async fn ask(world: &World, from: &str, method: Method, path: &str) -> Answer {
    let request = TestRequest::with_uri(path).method(method);
    world.call(request.insert_header(("x-forwarded-for", from))).await
}

async fn get(world: &World, from: &str, path: &str) -> u16 {
    ask(world, from, Method::GET, path).await.status
}

#[actix_web::test]
async fn an_address_that_asks_too_often_is_told_on_a_page_when_to_come_back() {
    let world = limited(&[("limits.per_address", "3")]);
    for _ in 0..3 {
        assert_eq!(get(&world, "192.0.2.1", "/login").await, 200);
    }
    for path in ["/login", "/login?trace=x", "/%6Cogin", "/oauth/authorize", "/login/con_1"] {
        let answer = ask(&world, "192.0.2.1", Method::GET, path).await;
        assert_eq!(answer.status, 429, "{path}");
        let wait: u64 = answer.header("retry-after").parse().unwrap();
        assert!((1..=20).contains(&wait), "{path}: {wait}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        assert!(answer.body.contains("Try again a little later"), "{}", answer.body);
        assert!(!answer.header("request-id").is_empty(), "{path}");
    }
    let id = ConnectionId::new();
    for path in [format!("/saml/{id}/acs"), format!("/saml/{id}/slo")] {
        assert_eq!(ask(&world, "192.0.2.1", Method::POST, &path).await.status, 429, "{path}");
    }
    // Others are not concerned, nor is what has no limit.
    assert_eq!(get(&world, "192.0.2.2", "/login").await, 200);
    assert_eq!(get(&world, "192.0.2.1", "/oauth/jwks").await, 200);
    assert_eq!(ask(&world, "192.0.2.1", Method::POST, "/oauth/token").await.status, 401);
}

#[actix_web::test]
async fn what_costs_a_signature_or_a_write_is_limited_for_those_who_sign_out_and_read_metadata_too()
{
    let world = limited(&[("limits.per_address", "2"), ("limits.per_connection", "1")]);
    let metadata = format!("/saml/{}?signed", ConnectionId::new());
    assert_eq!(get(&world, "192.0.2.1", "/oauth/logout").await, 200);
    assert_eq!(get(&world, "192.0.2.1", &metadata).await, 404);
    for path in ["/oauth/logout", &metadata] {
        assert_eq!(get(&world, "192.0.2.1", path).await, 429, "{path}");
    }
    for path in ["/oauth/logout", "/logout"] {
        assert_eq!(ask(&world, "192.0.2.1", Method::POST, path).await.status, 429, "{path}");
    }
    // Who reads metadata does not keep anybody from signing in with the connection.
    assert_eq!(get(&world, "192.0.2.2", &metadata).await, 404);
    assert_eq!(get(&world, "192.0.2.2", &metadata).await, 404);
}

#[actix_web::test]
async fn codes_are_tried_so_often_from_one_address_whatever_the_settings_say() {
    let world = limited(&[("limits.per_address", "0")]);
    let page = "/login/break-glass";
    for n in 0..20 {
        let method = if n % 2 == 0 { Method::GET } else { Method::POST };
        let status = ask(&world, "192.0.2.1", method, page).await.status;
        assert!(status < 429, "{n}: {status}");
    }
    let answer = ask(&world, "192.0.2.1", Method::POST, page).await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("retry-after").parse::<u64>().is_ok());
    // The emergency exit stays open for others, and the way in for everybody.
    assert_eq!(get(&world, "192.0.2.2", page).await, 200);
    assert_eq!(get(&world, "192.0.2.1", "/login").await, 200);
}

#[actix_web::test]
async fn an_app_that_asks_for_tokens_too_often_is_told_in_the_words_of_oauth() {
    let world = limited(&[("limits.token", "3")]);
    for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
        assert_eq!(ask(&world, "192.0.2.1", Method::POST, path).await.status, 401, "{path}");
    }
    for path in ["/oauth/token", "/oauth/introspect", "/oauth/revoke"] {
        let answer = ask(&world, "192.0.2.1", Method::POST, path).await;
        assert_eq!(answer.status, 429, "{path}");
        assert!(answer.header("retry-after").parse::<u64>().is_ok());
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"], "temporarily_unavailable");
    }
    assert_eq!(ask(&world, "192.0.2.2", Method::POST, "/oauth/token").await.status, 401);
    assert_eq!(get(&world, "192.0.2.1", "/login").await, 200);
}

#[actix_web::test]
async fn a_connection_takes_so_many_from_all_addresses_together() {
    let world = limited(&[("limits.per_address", "2"), ("limits.per_connection", "3")]);
    let (one, other) = (ConnectionId::new(), ConnectionId::new());
    let (one, other) = (format!("/login/{one}"), format!("/login/{other}"));
    // What the address has too much does not count for the connection.
    for expected in [404, 404, 429, 429, 429] {
        assert_eq!(get(&world, "192.0.2.1", &one).await, expected);
    }
    assert_eq!(get(&world, "192.0.2.2", &one).await, 404);
    assert_eq!(get(&world, "192.0.2.3", &one).await, 429);
    assert_eq!(get(&world, "192.0.2.3", &other).await, 404);
}

#[actix_web::test]
async fn a_network_of_ipv6_counts_as_one_client() {
    let world = limited(&[("limits.per_address", "2")]);
    assert_eq!(get(&world, "2001:db8:0:1::1", "/login").await, 200);
    assert_eq!(get(&world, "2001:db8:0:1:ffff::2", "/login").await, 200);
    assert_eq!(get(&world, "2001:db8:0:1::3", "/login").await, 429);
    assert_eq!(get(&world, "2001:db8:0:2::1", "/login").await, 200);
}

#[actix_web::test]
async fn a_limit_of_0_is_none() {
    let world = limited(&[
        ("limits.per_address", "0"),
        ("limits.per_connection", "0"),
        ("limits.token", "0"),
    ]);
    let path = format!("/login/{}", ConnectionId::new());
    for _ in 0..20 {
        assert_eq!(get(&world, "192.0.2.1", &path).await, 404);
        assert_eq!(ask(&world, "192.0.2.1", Method::POST, "/oauth/token").await.status, 401);
    }
}

#[test]
fn each_door_is_known_by_its_path() {
    for (path, door) in [
        ("/login", Some(Door::Page)),
        ("/oauth/authorize", Some(Door::Page)),
        ("/login/con_1", Some(Door::Connection("con_1"))),
        ("/saml/con_1/acs", Some(Door::Connection("con_1"))),
        ("/saml/con_1/slo", Some(Door::Connection("con_1"))),
        ("/oauth/token", Some(Door::Token)),
        ("/oauth/introspect", Some(Door::Token)),
        ("/oauth/revoke", Some(Door::Token)),
        ("/saml/con_1", Some(Door::Page)),
        ("/oidc/con_1/callback", Some(Door::Connection("con_1"))),
        ("/oidc/con_1/jwks", Some(Door::Page)),
        ("/oauth/logout", Some(Door::Page)),
        ("/logout", Some(Door::Page)),
        ("/.vestibule/callback", Some(Door::Page)),
        ("/auth/verify", None),
        ("/oidc//x", None),
        ("/saml//x", None),
        ("/healthz", None),
        ("/api/v1/users", None),
    ] {
        assert_eq!(Door::of(path), door, "{path}");
    }
}

#[test]
fn who_may_ask_as_often_as_anybody_is_forgotten() {
    // One request is forgiven after a thousandth of a second.
    let rate = Rate::new(NonZeroU32::new(60_000).unwrap());
    for n in 0..4 * SWEEP {
        rate.take(&n).unwrap();
        if n % SWEEP == SWEEP - 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert!(rate.limiter.len() < 16, "{}", rate.limiter.len());
}

#[test]
fn what_is_counted_begins_anew_after_a_minute() {
    let (counted, clock) = (Counted::new(2), clock::Clock::default());
    let (one, other) = (ConnectionId::new(), ConnectionId::new());
    let now = clock.now();
    assert!(counted.add(&one, now) && !counted.is_spent(&one, now));
    assert!(counted.add(&one, now) && counted.is_spent(&one, now));
    assert!(!counted.add(&one, now) && counted.add(&other, now));
    let later = now.plus(TimeDelta::minutes(1));
    assert!(!counted.is_spent(&one, later) && counted.add(&one, later));
}

#[test]
fn no_more_connections_are_counted_than_a_process_can_bear() {
    let (counted, now) = (Counted::new(2), clock::Clock::default().now());
    for _ in 0..MOST + 10 {
        assert!(counted.add(&ConnectionId::new(), now));
    }
    assert!(counted.seen.lock().unwrap().len() <= MOST);
}
