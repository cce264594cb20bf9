//! The portal in a frame of the vendor's settings page: only where that is configured, and only there.

use super::*;

const FRAMED: &[(&str, &str)] = &[
    ("public_url", "https://sso.example.com"),
    ("database.url", "sqlite://./never-opened.db"),
    ("secrets.master_key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ("portal.frame_ancestors", "https://app.example,https://admin.example:8443"),
];

/// What the policy of a page says of frames.
fn ancestors(answer: &Answer) -> &str {
    let policy = answer.header("content-security-policy");
    let (_, rest) = policy.split_once("frame-ancestors ").unwrap();
    rest.split(';').next().unwrap()
}

#[actix_web::test]
async fn only_pages_of_the_portal_stand_in_frames_and_only_in_those_that_are_named() {
    let mut portal = Portal::new(FRAMED, &Cover::USUAL);
    let named = "https://app.example https://admin.example:8443";
    assert_eq!(ancestors(&portal.get(&portal.address()).await), named);
    assert_eq!(portal.start().await.status, 303);
    portal.post("provider", &[("provider", "okta")]).await;
    for path in [
        "/portal",
        "/portal/setup/values",
        "/portal/setup/test",
        "/portal/activity",
        "/portal/hand-over",
    ] {
        let page = portal.get(path).await;
        assert_eq!((page.status, ancestors(&page)), (200, named), "{path}");
    }
    // Also what is refused there can be read there.
    assert_eq!(ancestors(&portal.get("/portal/setup/nonsense").await), named);
    let claimed = portal.get(&portal.address()).await.header("location").to_owned();
    portal.cookie = None;
    let elsewhere = portal.get(&claimed).await;
    assert_eq!((elsewhere.status, ancestors(&elsewhere)), (409, named), "it is in use");
    assert_eq!(ancestors(&portal.get("/portal").await), named, "nobody is there");
    for path in ["/login", "/console/login", "/error", "/docs/api"] {
        assert_eq!(ancestors(&portal.get(path).await), "'none'", "{path}");
    }
    let closed = Portal::new(PRODUCTION, &Cover::USUAL);
    assert_eq!(ancestors(&closed.get(&closed.address()).await), "'none'");
}

#[actix_web::test]
async fn the_cookie_goes_to_frames_of_other_sites_only_where_the_portal_stands_in_one() {
    let mut portal = Portal::new(FRAMED, &Cover::USUAL);
    let started = portal.start().await;
    let cookie = started.header("set-cookie").to_owned();
    for attribute in ["SameSite=None", "; Secure", "; Partitioned", "HttpOnly", "Path=/portal"] {
        assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
    }
    let mut closed = Portal::new(PRODUCTION, &Cover::USUAL);
    let cookie = closed.start().await.header("set-cookie").to_owned();
    assert!(cookie.contains("SameSite=Lax") && !cookie.contains("Partitioned"), "{cookie}");
}

#[actix_web::test]
async fn another_site_s_page_does_nothing_by_the_cookie_that_goes_with_it() {
    let mut portal = Portal::new(FRAMED, &Cover::USUAL);
    portal.start().await;
    let uri = "/portal/setup/provider";
    let token = portal.form_token(uri).await;
    let cookie = portal.cookie.clone().unwrap();
    let post = |header: (&'static str, &'static str), token: &str| {
        let form = [("provider", "okta"), ("form_token", token)];
        let cookie = Cookie::new(cookie.name().to_owned(), cookie.value().to_owned());
        TestRequest::post().uri(uri).cookie(cookie).insert_header(header).set_form(form)
    };
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://app.example"),
    ] {
        assert_eq!(portal.world.call(post(header, &token)).await.status, 403, "{header:?}");
    }
    let own = ("sec-fetch-site", "same-origin");
    assert_eq!(portal.world.call(post(own, "0123")).await.status, 403, "without the token");
    assert_eq!(portal.state(), State::Opened);
    assert_eq!(portal.world.call(post(own, &token)).await.status, 303);
}

/// A portal in a frame, at the step of a test that can begin.
async fn before_the_test() -> Portal {
    let mut portal = Portal::new(FRAMED, &Cover::USUAL);
    portal.start().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let connection = portal.connection().id;
    let known = testing::provider("https://idp.example/id");
    portal.world.store().system(|tx| connections::import(tx, &connection, known, None, false));
    portal
}

/// What the portal answers to a page of it that stands there, as the browser says.
async fn at(portal: &Portal, to: &'static str, request: TestRequest) -> Answer {
    let cookie = portal.cookie.as_ref().unwrap();
    let cookie = Cookie::new(cookie.name().to_owned(), cookie.value().to_owned());
    portal.world.call(request.cookie(cookie).insert_header(("sec-fetch-dest", to))).await
}

async fn begin(portal: &Portal, to: &'static str) -> Answer {
    let token = portal.form_token(TEST).await;
    let form = [("begin", "on"), ("form_token", &*token)];
    at(portal, to, TestRequest::post().uri(TEST).set_form(form)).await
}

const TEST: &str = "/portal/setup/test";

#[actix_web::test]
async fn in_a_frame_a_test_begins_at_an_address_that_a_new_window_opens_without_the_cookie() {
    let portal = before_the_test().await;
    let connection = portal.connection().id;
    let before = at(&portal, "iframe", TestRequest::get().uri(TEST)).await.body;
    assert!(!before.contains("method=\"post\" target="), "its answer stays here: {before}");
    assert!(before.contains("hx-get=\"/portal/setup/test?frame=on\""), "{before}");
    let begun = begin(&portal, "iframe").await;
    assert_eq!((begun.status, begun.header("location")), (303, TEST));

    let trace = portal.world.store().read_now(|db| traces::last_test(db, &connection)).unwrap();
    let opens = format!("/login/{connection}?test={}", trace.unwrap().id);
    let link = format!("href=\"{opens}\" target=\"_blank\" rel=\"noopener\"");
    let page = at(&portal, "iframe", TestRequest::get().uri(TEST)).await.body;
    assert!(page.contains(&link), "{page}");
    let again = TestRequest::get().uri("/portal/setup/test?frame=on");
    let part = at(&portal, "empty", again.insert_header(("HX-Request", "true"))).await.body;
    assert!(part.contains(&link), "what is read again keeps it: {part}");

    // The new window: no cookie of the portal, and nothing that asks for one.
    let opened = portal.world.call(TestRequest::get().uri(&opens)).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    assert!(opened.header("location").starts_with("https://"), "{}", opened.header("location"));
    let bound = Cookie::parse_encoded(opened.header("set-cookie").to_owned()).unwrap();
    let page = at(&portal, "iframe", TestRequest::get().uri(TEST)).await.body;
    assert!(!page.contains(&opens) && page.contains("Waiting for the provider"), "{page}");
    // Whoever opened it first may load it again, and nobody else.
    let same = TestRequest::get().uri(&opens).cookie(bound.into_owned());
    assert_eq!(portal.world.call(same).await.status, 303);
    let other = portal.world.call(TestRequest::get().uri(&opens)).await;
    assert_eq!((other.status, other.header("location")), (400, ""), "{}", other.body);
}

#[actix_web::test]
async fn the_address_of_a_test_that_was_begun_in_a_frame_is_good_for_as_long_as_a_sign_in_takes() {
    let portal = before_the_test().await;
    let connection = portal.connection().id;
    begin(&portal, "iframe").await;
    let trace = portal.world.store().read_now(|db| traces::last_test(db, &connection)).unwrap();
    let opens = format!("/login/{connection}?test={}", trace.unwrap().id);
    portal.world.store().clock().advance(chrono::TimeDelta::minutes(30));
    let page = at(&portal, "iframe", TestRequest::get().uri(TEST)).await.body;
    assert!(!page.contains(&opens), "{page}");
    let late = portal.world.call(TestRequest::get().uri(&opens)).await;
    assert_eq!((late.status, late.header("location")), (400, ""), "{}", late.body);
}

#[actix_web::test]
async fn a_portal_that_may_stand_in_a_frame_and_does_not_opens_the_provider_at_once() {
    let portal = before_the_test().await;
    let page = at(&portal, "document", TestRequest::get().uri(TEST)).await.body;
    assert!(page.contains("method=\"post\" target=\"_blank\" rel=\"noopener\""), "{page}");
    assert!(page.contains("hx-get=\"/portal/setup/test\""), "{page}");
    let begun = begin(&portal, "document").await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    assert!(begun.body.contains("http-equiv=\"refresh\" content=\"0;url=https://"));
    // A browser that does not say where its page stands is led as in a frame, which works everywhere.
    assert_eq!(portal.post("test", &[("begin", "on")]).await.header("location"), TEST);
}
