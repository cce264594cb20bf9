//! Signing in to the console, and what keeps a session.

use super::*;
use crate::http::browser;
use crate::store::events;
use std::net::IpAddr;

/// Where the tests' requests come from, and another place.
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

#[actix_web::test]
async fn whoever_is_not_signed_in_is_led_to_the_sign_in_and_back() {
    let mut desk = Desk::new(&[], Role::Owner);
    for (method, path, _) in routes::ROUTES.iter().filter(|(_, _, roles)| !roles.is_empty()) {
        let answer = desk.call(method, path, &[("name", "Globex")]).await;
        assert_eq!(answer.status, 303, "{method} {path}");
        assert!(answer.header("location").starts_with("/console/login?next="), "{path}");
    }
    let next = |next: &'static str| {
        [("email", "maya@orbit.example"), ("password", PASSWORD), ("next", next)]
    };
    for (wanted, goes) in [
        ("/console/organizations?q=x", "/console/organizations?q=x"),
        ("https://evil.example/console/", "/console"),
        ("//evil.example", "/console"),
        ("/console/\r\nset-cookie: a=b", "/console"),
    ] {
        let answer = desk.call("POST", "/console/login", &next(wanted)).await;
        assert_eq!(answer.header("location"), goes);
    }
    desk.cookie = Some(Cookie::new("vestibule-console", "ms_nonsense"));
    assert!(!desk.is_in().await);
}

#[actix_web::test]
async fn the_cookie_is_the_hosts_own_and_out_of_reach_of_scripts() {
    let mut desk = Desk::new(PRODUCTION, Role::Owner);
    let cookie = desk.sign_in(PASSWORD).await.header("set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-vestibule-console=ms_"), "{cookie}");
    for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
    }
    let page = desk.get("/console/organizations").await;
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("content-security-policy").contains("form-action 'self'"));
    assert!(!page.body.contains("ms_"), "the cookie is on the page");
}

#[actix_web::test]
async fn signing_in_gives_another_cookie_and_ends_what_the_browser_had() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let before = desk.cookie.clone();
    desk.sign_in(PASSWORD).await;
    assert_ne!(before.as_ref().map(Cookie::value), desk.cookie.as_ref().map(Cookie::value));
    assert!(desk.is_in().await);
    desk.cookie = before;
    assert!(!desk.is_in().await);
}

#[actix_web::test]
async fn a_session_ends_idle_and_in_any_case_and_when_it_is_signed_out() {
    let desk = Desk::signed_in(Role::Owner).await;
    let clock = desk.world.store().clock().clone();
    for _ in 0..11 {
        clock.advance(TimeDelta::minutes(65));
        assert!(desk.is_in().await);
    }
    clock.advance(TimeDelta::minutes(5));
    assert!(!desk.is_in().await, "twelve hours are over");
    let desk = Desk::signed_in(Role::Owner).await;
    desk.world.store().clock().advance(TimeDelta::minutes(120));
    assert!(!desk.is_in().await, "two hours without use");
    let desk = Desk::signed_in(Role::Viewer).await;
    assert_eq!(desk.post("/console/logout", &[]).await.status, 303);
    assert!(!desk.is_in().await, "signed out");
}

#[actix_web::test]
async fn a_form_of_another_session_or_site_does_nothing() {
    let desk = Desk::signed_in(Role::Owner).await;
    for fields in [&[("name", "Globex")][..], &[("name", "Globex"), ("form_token", "0123")]] {
        assert_eq!(desk.call("POST", "/console/organizations", fields).await.status, 403);
    }
    let form = [("email", "maya@orbit.example"), ("password", PASSWORD)];
    let foreign = TestRequest::post()
        .uri("/console/login")
        .insert_header(("sec-fetch-site", "cross-site"))
        .set_form(form);
    assert_eq!(desk.world.call(foreign).await.status, 403);
    let filter = organizations::Filter::default();
    assert_eq!(desk.world.store().read_now(|db| organizations::count(db, &filter)).unwrap(), 0);
}

#[actix_web::test]
async fn a_refused_sign_in_does_not_say_whether_there_is_such_a_member() {
    let mut desk = Desk::new(&[], Role::Owner);
    let known = desk.sign_in("a horse and a stable").await;
    let form = [("email", "nobody@orbit.example"), ("password", PASSWORD)];
    let unknown = desk.call("POST", "/console/login", &form).await;
    assert_eq!((known.status, unknown.status), (422, 422));
    let bare = |answer: &Answer| {
        answer.body.replace("Maya@orbit.example", "").replace("nobody@orbit.example", "")
    };
    assert_eq!(bare(&known), bare(&unknown));
    assert!(!known.body.contains("a horse"), "a password is on the page");
}

#[actix_web::test]
async fn one_client_tries_ten_passwords_of_a_member_in_a_minute() {
    let mut desk = Desk::new(&[], Role::Owner);
    let limits = &desk.world.state.limits;
    for _ in 0..10 {
        limits.admit_stranger("maya@orbit.example", HERE).unwrap();
    }
    let refused = desk.sign_in(PASSWORD).await;
    assert_eq!(refused.status, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    assert!(refused.body.contains("Try again in"), "{}", refused.body);
    // Neither others of this client are concerned, nor this one of others.
    let limits = &desk.world.state.limits;
    limits.admit_stranger("sam@orbit.example", HERE).unwrap();
    limits.admit_stranger("maya@orbit.example", THERE).unwrap();
}

#[actix_web::test]
async fn strangers_who_try_passwords_do_not_keep_a_member_out() {
    let mut desk = Desk::new(&[], Role::Owner);
    let limits = &desk.world.state.limits;
    for _ in 0..1000 {
        let _ = limits.admit_stranger("maya@orbit.example", THERE);
    }
    assert_eq!(desk.sign_in(PASSWORD).await.status, 303, "one client keeps everybody out");
}

/// More strangers than may try passwords of one member, and as many tries as one client has.
fn crowd(desk: &Desk, email: &str) {
    for _ in 0..10 {
        let _ = desk.world.state.limits.admit_stranger(email, HERE);
    }
    for n in 0..110 {
        let address = IpAddr::from([198, 51, 100, n]);
        let _ = desk.world.state.limits.admit_stranger(email, address);
    }
}

#[actix_web::test]
async fn very_many_strangers_keep_a_member_out_only_where_they_have_never_signed_in() {
    let mut desk = Desk::new(&[], Role::Owner);
    let known = known_by(&desk.sign_in(PASSWORD).await);
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=15552000"] {
        assert!(known.to_string().contains(attribute), "{known} lacks {attribute}");
    }
    assert!(!known.value().contains("maya"), "{known}");
    crowd(&desk, "maya@orbit.example");
    let limits = &desk.world.state.limits;
    assert!(limits.admit_stranger("maya@orbit.example", THERE).is_err(), "there are too many");
    desk.cookie = None;
    assert_eq!(desk.sign_in(PASSWORD).await.status, 429);
    let sign_in = |email: &'static str, password: &'static str, value: &str| {
        let cookie = Cookie::new(known.name().to_owned(), value.to_owned());
        let form = [("email", email), ("password", password)];
        desk.world.call(TestRequest::post().uri("/console/login").cookie(cookie).set_form(form))
    };
    let value = known.value().to_owned();
    let again = sign_in("maya@orbit.example", PASSWORD, &value).await;
    assert_eq!(again.status, 303);
    assert_ne!(known_by(&again).value(), value, "the browser gets another name each time");
    let (nonce, rest) = value.split_once('.').unwrap();
    let (since, mac) = rest.split_once('.').unwrap();
    let later = since.parse::<i64>().unwrap() + 1;
    for forged in [format!("{nonce}.{later}.{mac}"), format!("0{value}"), nonce.to_owned()] {
        crowd(&desk, "maya@orbit.example");
        assert_eq!(sign_in("maya@orbit.example", PASSWORD, &forged).await.status, 429, "{forged}");
    }
    // It is a browser of hers, and of nobody else, and not tried in without end.
    assert_eq!(sign_in("maya@orbit.example", "not it", &value).await.status, 422);
    for _ in 0..10 {
        let _ = desk.world.state.limits.admit_known(nonce);
    }
    assert_eq!(sign_in("maya@orbit.example", PASSWORD, &value).await.status, 429);
    crowd(&desk, "sam@orbit.example");
    assert_eq!(sign_in("sam@orbit.example", PASSWORD, &value).await.status, 429);
}

#[actix_web::test]
async fn a_browser_is_forgotten_after_half_a_year() {
    let mut desk = Desk::new(&[], Role::Owner);
    let known = known_by(&desk.sign_in(PASSWORD).await);
    let is_known = |desk: &Desk| {
        let request = TestRequest::get().cookie(known.clone()).to_http_request();
        let now = desk.world.store().clock().now();
        browser::known(&desk.world.state, &request, "maya@orbit.example", now).is_some()
    };
    desk.world.store().clock().advance(TimeDelta::days(179));
    assert!(is_known(&desk));
    desk.world.store().clock().advance(TimeDelta::days(1));
    assert!(!is_known(&desk));
}

#[actix_web::test]
async fn whoever_comes_by_a_link_is_in_the_audit_log_as_the_member() {
    let mut desk = Desk::new(&[], Role::Owner);
    let store = desk.world.store();
    let said = |kind: &str| {
        let filter = events::Filter { kind: Some(kind.to_owned()), ..events::Filter::default() };
        let found = store.read_now(|db| events::page(db, &Window::default(), &filter)).unwrap();
        let newest = found.data.into_iter().next().unwrap();
        (newest.actor, newest.data.into_inner())
    };
    let maya = format!("member:{}", desk.member.id);
    let link = store.system(|tx| members::admit(tx, &desk.member.id));
    let fields = [("t", link.reveal())];
    assert_eq!(desk.call("POST", "/console/first", &fields).await.status, 303);
    let by_link = serde_json::json!({ "by": "link" });
    assert_eq!(said("member.signed_in"), (maya.clone(), by_link.clone()));
    let link = store.system(|tx| members::invite(tx, &desk.member.id));
    let fields = [("t", link.reveal()), ("password", "seven lamps behind the harbour")];
    assert_eq!(desk.call("POST", "/console/first", &fields).await.status, 303);
    assert_eq!(said("member.signed_in"), (maya.clone(), by_link.clone()));
    assert_eq!(said("member.password_set").0, maya);
    desk.world = world(&[]);
    let store = desk.world.store();
    let link = store.system(members::start).unwrap();
    let fields = [
        ("t", link.reveal()),
        ("name", "Maya"),
        ("email", "maya@orbit.example"),
        ("password", PASSWORD),
    ];
    let answer = desk.call("POST", "/console/first", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/first/second-step"));
    let owner = store.read_now(members::list).unwrap().remove(0);
    let filter =
        events::Filter { kind: Some("member.signed_in".to_owned()), ..events::Filter::default() };
    let found = store.read_now(|db| events::page(db, &Window::default(), &filter)).unwrap().data;
    assert_eq!(found[0].actor, format!("member:{}", owner.id), "the first owner, too");
}

#[actix_web::test]
async fn the_first_link_is_not_used_up_by_reading_and_makes_one_owner() {
    let mut desk = Desk::new(&[], Role::Owner);
    desk.world = world(&[]);
    let token: Secret = desk.world.store().system(members::start).unwrap();
    let uri = format!("/console/first?t={}", token.reveal());
    for _ in 0..5 {
        assert_eq!(desk.get(&uri).await.status, 200);
    }
    let fill = |password: &'static str| {
        let token = token.reveal().to_owned();
        [
            ("t", token),
            ("name", "Maya".to_owned()),
            ("email", "maya@orbit.example".to_owned()),
            ("password", password.to_owned()),
        ]
    };
    let send = |form: [(&'static str, String); 4]| {
        TestRequest::post().uri("/console/first").set_form(form)
    };
    let short = desk.world.call(send(fill("short"))).await;
    assert_eq!(short.status, 422);
    assert!(short.body.contains("value=\"Maya\"") && short.body.contains("href=\"#password\""));
    let made = desk.world.call(send(fill(PASSWORD))).await;
    assert_eq!((made.status, made.header("location")), (303, "/console/first/second-step"));
    desk.take_cookie(&made);
    assert!(desk.is_in().await);
    assert_eq!(desk.world.call(send(fill(PASSWORD))).await.status, 410);
    assert_eq!(desk.get(&uri).await.status, 410);
}
