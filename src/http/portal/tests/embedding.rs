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
