mod aliases;
mod network;
mod pages;
mod portal_pages;
mod versions;

pub(in crate::http) use pages::strange_attributes;

use super::server::State;
use super::testing::{PRODUCTION, world};
use crate::store::{Actor, demo};
use actix_web::test::TestRequest;

#[actix_web::test]
async fn every_answer_has_an_id_and_is_not_kept() {
    let world = world(PRODUCTION);
    for path in ["/healthz", "/nothing", "/api/v1/nothing", "/version"] {
        let answer = world.call(TestRequest::get().uri(path)).await;
        assert!(answer.header("request-id").starts_with("req_"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("strict-transport-security"), "max-age=63072000", "{path}");
    }
}

#[actix_web::test]
async fn a_form_from_another_site_gets_a_page_and_no_handler() {
    let world = world(PRODUCTION);
    let request = TestRequest::post().uri("/login").insert_header(("sec-fetch-site", "cross-site"));
    let answer = world.call(request).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("another site"), "{}", answer.body);
}

#[actix_web::test]
async fn plain_http_is_led_to_https_if_a_trusted_proxy_saw_it() {
    let trusting = [PRODUCTION, &[("proxy.trusted", "127.0.0.0/8")]].concat();
    let request =
        || TestRequest::get().uri("/login?trace=1").insert_header(("x-forwarded-proto", "http"));
    let answer = world(&trusting).call(request()).await;
    assert_eq!(answer.status, 308);
    assert_eq!(answer.header("location"), "https://sso.example.com/login?trace=1");
    assert_ne!(world(PRODUCTION).call(request()).await.status, 308);
}

#[actix_web::test]
async fn files_are_kept_for_ever_under_a_name_of_their_content() {
    let world = world(&[]);
    let assets = &world.state.assets;
    for (name, kind, most) in [
        ("app.css", "text/css; charset=utf-8", 40_000),
        ("app.js", "text/javascript; charset=utf-8", 60_000),
        ("vendor/htmx.min.js", "text/javascript; charset=utf-8", 60_000),
        ("icon.svg", "image/svg+xml", 2_000),
    ] {
        let answer = world.call(TestRequest::get().uri(assets.link(name))).await;
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(answer.body.len() < most, "{name} is {} bytes", answer.body.len());
    }
    let css = world.call(TestRequest::get().uri(assets.link("app.css"))).await;
    let font = assets.link("vendor/inter.woff2");
    assert!(css.body.contains(&format!("url(\"{font}\")")));
    let font = world.call(TestRequest::get().uri(font)).await;
    assert_eq!((font.status, font.header("content-type")), (200, "font/woff2"));
    assert_eq!(world.call(TestRequest::get().uri("/assets/app.css")).await.status, 404);
    assert_eq!(world.call(TestRequest::get().uri("/assets/VENDOR.toml")).await.status, 404);
}

#[actix_web::test]
async fn a_file_is_compressed_for_those_who_take_it() {
    let world = world(&[]);
    let link = world.state.assets.link("app.css");
    for (accepted, coding) in
        [("gzip, br", "gzip"), ("br;q=1.0, gzip;q=0.8", "gzip"), ("gzip;q=0", ""), ("identity", "")]
    {
        let request = TestRequest::get().uri(link).insert_header(("accept-encoding", accepted));
        let answer = world.call(request).await;
        assert_eq!(answer.header("content-encoding"), coding, "{accepted}");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
    }
}

#[actix_web::test]
async fn a_server_is_ready_when_its_database_answers_and_is_migrated() {
    let world = world(&[]);
    assert_eq!(world.call(TestRequest::get().uri("/healthz")).await.status, 200);
    let ready = world.call(TestRequest::get().uri("/readyz")).await;
    assert_eq!((ready.status, &*ready.body), (200, r#"{"database":"ok","ready":true}"#));
}

#[actix_web::test]
async fn metrics_are_for_this_machine_and_trusted_networks() {
    let trusting = world(&[("proxy.trusted", "127.0.0.1, 10.0.0.0/8")]);
    let from = |client: &'static str| {
        TestRequest::get().uri("/metrics").insert_header(("x-forwarded-for", client))
    };
    for (client, status) in [("203.0.113.9", 403), ("10.1.1.1", 200)] {
        assert_eq!(trusting.call(from(client)).await.status, status, "{client}");
    }
    let alone = world(&[]);
    alone.call(TestRequest::get().uri("/saml/con_1/nothing")).await;
    let answer = alone.call(TestRequest::get().uri("/metrics")).await;
    assert_eq!(answer.status, 200);
    let line = r#"http_requests_total{method="GET",route="unmatched",status="404"} 1"#;
    assert!(answer.body.contains(line), "{}", answer.body);
}

#[actix_web::test]
async fn the_demo_of_a_development_database_takes_nobody_in_production() {
    for (settings, status) in [(PRODUCTION, 503), (&[][..], 303)] {
        let world = world(settings);
        let State { store, master, config, .. } = &**world.state;
        let demo = demo::up(store, master, config.public_url.as_str(), &Actor::System).unwrap();
        let path = format!("/login/{}", demo.connection.id);
        let answer = world.call(TestRequest::get().uri(&path)).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        if status == 503 {
            assert!(answer.body.contains("connection_disabled"), "{}", answer.body);
            let form = TestRequest::post()
                .uri(&format!("/saml/{}/acs", demo.connection.id))
                .insert_header(("content-type", "application/x-www-form-urlencoded"))
                .set_payload("SAMLResponse=PGEvPg");
            let answer = world.call(form).await;
            assert_eq!(answer.status, 503, "{}", answer.body);
        }
    }
}

#[test]
fn files_of_others_are_those_that_are_listed() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/vendor");
    let list = std::fs::read_to_string(folder.join("VENDOR.toml")).unwrap();
    let list: toml::Table = list.parse().unwrap();
    let mut there: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "VENDOR.toml")
        .collect();
    there.sort();
    assert_eq!(there, list.keys().cloned().collect::<Vec<_>>());
    for (name, about) in &list {
        let hash = crate::crypto::sha256(&std::fs::read(folder.join(name)).unwrap());
        assert_eq!(about["sha256"].as_str(), Some(&*crate::crypto::hex(&hash)), "{name}");
        assert!(about["license"].is_str() && about["source"].is_str(), "{name}");
    }
}
