use super::guard::{Csp, EXCEPTIONS};
use super::pages::{self, AttributeLine, Choice, Destination, EmailFault};
use super::testing::{Answer, PRODUCTION, World, read, world};
use crate::saml::check::{Check, CheckName};
use actix_web::HttpResponse;
use actix_web::test::TestRequest;

/// Every page there is, by the name of its template, with everything on it that can be.
fn every_page(world: &World) -> Vec<(&'static str, HttpResponse)> {
    let state = &world.state;
    let hostile = "<b>\"'&{operator}";
    let choice = Choice { connection: "con_1", name: hostile };
    let login = |fault, last| {
        let redirect_uri = Some("com.example.app:/cb");
        pages::login(
            state,
            &pages::Login { trace: "trc_1", email: hostile, fault, last, redirect_uri },
        )
    };
    let between = |to| {
        let fields = [("SAMLRequest", "PHg+"), ("RelayState", hostile)];
        pages::between(
            state,
            &pages::Between { action: "https://idp.example/sso", fields: &fields, to },
        )
    };
    let values = [hostile.to_owned(), "two".to_owned()];
    let attributes = [
        AttributeLine { name: "email", values: &values, used_as: Some("email") },
        AttributeLine { name: hostile, values: &[], used_as: None },
    ];
    let check = |passed, expected: Option<&str>, received: Option<&str>| Check {
        name: CheckName::Audience,
        passed,
        expected: expected.map(str::to_owned),
        received: received.map(str::to_owned),
    };
    let checks = [check(true, None, Some(hostile)), check(false, Some("this"), Some(hostile))];
    let test = |failed, fix| {
        let view = pages::TestResult {
            organization: hostile,
            trace: "trc_1",
            failed,
            fix,
            attributes: &attributes,
            checks: &checks,
        };
        pages::test_result(state, &view)
    };
    let again = |why| pages::again(state, why, "/login");
    vec![
        ("login", login(None, Some(choice))),
        ("login", login(Some(EmailFault::Invalid), None)),
        ("login", login(Some(EmailFault::TooMany(9)), None)),
        (
            "chooser",
            pages::chooser(
                state,
                &pages::Chooser {
                    trace: "trc_1",
                    email: hostile,
                    organization: hostile,
                    choices: &[choice, choice],
                    redirect_uri: None,
                },
            ),
        ),
        ("between", between(Destination::Organization(hostile))),
        ("between", between(Destination::Application(hostile))),
        (
            "sign_out",
            pages::sign_out(
                state,
                &pages::SignOut {
                    action: "/oauth/logout",
                    fields: &[("state", hostile)],
                    back: Some("/login"),
                    redirect_uri: None,
                },
            ),
        ),
        (
            "entity",
            pages::entity(
                state,
                &pages::Entity {
                    organization: hostile,
                    entity_id: "https://sso.example.com/saml/con_1",
                    acs: "https://sso.example.com/saml/con_1/acs",
                },
            ),
        ),
        ("test_result", test(None, None)),
        ("test_result", test(Some(("audience_mismatch", "Audience")), Some(hostile))),
        ("message", pages::no_connection(state, &pages::NoConnection { again: "/login" })),
        ("message", again(pages::Again::Cookies)),
        ("message", again(pages::Again::Back)),
        ("message", again(pages::Again::SecondTab)),
        ("message", again(pages::Again::Expired)),
        ("message", pages::started_at_provider(state, hostile, "/login/con_1")),
        (
            "message",
            pages::signed_in(state, &pages::SignedIn { email: hostile, organization: hostile }),
        ),
        (
            "message",
            pages::signed_out(
                state,
                &pages::SignedOut { organization: Some(hostile), back: Some("/login") },
            ),
        ),
    ]
}

async fn answers(world: &World) -> Vec<(&'static str, Answer)> {
    let mut answers = Vec::new();
    for (name, page) in every_page(world) {
        answers.push((name, read(page).await));
    }
    answers.push(("error", world.call(TestRequest::get().uri("/nothing")).await));
    answers
}

#[actix_web::test]
async fn no_page_has_script_or_style_inside_and_all_text_is_escaped() {
    let world = world(PRODUCTION);
    for (name, page) in answers(&world).await {
        let body = &page.body;
        assert!(body.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
        assert_eq!(body.matches("<h1").count(), 1, "{name} has not one h1");
        assert_eq!(body.matches("<main").count(), 1, "{name}");
        assert_eq!(body.matches("<script").count(), 1, "{name}");
        assert!(body.contains(r#"type="module"></script>"#), "{name}");
        assert!(!body.contains("<style") && !body.contains(" style="), "{name} has a style inside");
        assert!(!body.contains("<b>\""), "{name} has unescaped text");
        assert!(!body.contains("javascript:"), "{name}");
        let bytes = body.as_bytes();
        let handler = body.match_indices(" on").any(|(at, _)| {
            let rest = &bytes[at + 3..];
            let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            letters > 0 && rest.get(letters) == Some(&b'=')
        });
        assert!(!handler, "{name} has an event handler inside");
        assert!(body.len() < 60_000, "{name} is {} bytes", body.len());
        assert!(body.contains(r##"<a class="skip" href="#main">"##), "{name}");
        let controls = body.matches("<input").count() - body.matches(r#"type="hidden""#).count();
        assert_eq!(controls, body.matches("<label for=").count(), "{name}: a control has no label");
    }
}

#[actix_web::test]
async fn every_sentence_on_every_page_is_in_the_locale() {
    let world = world(PRODUCTION);
    for (name, page) in answers(&world).await {
        let visible = page.body.replace("{operator}", "");
        assert!(!visible.contains('{'), "{name}: {}", page.body);
        for group in ["page.", "login.", "error.", "again.", "signed_out.", "entity.", "between."] {
            let key = visible
                .split(['>', '<', '"'])
                .find(|text| text.starts_with(group) && !text.contains(' '));
            assert_eq!(key, None, "{name} shows a key");
        }
    }
}

#[actix_web::test]
async fn every_page_has_the_headers_and_departs_from_the_policy_only_as_the_table_says() {
    let world = world(PRODUCTION);
    let rule = Csp::Page.policy(false).into_owned();
    for (name, page) in answers(&world).await {
        let csp = page.header("content-security-policy");
        let listed = EXCEPTIONS.iter().any(|exception| exception.pages.contains(&name));
        assert_eq!(csp != rule, listed, "{name}: {csp}");
        let (fixed, forms) = csp.split_once("form-action ").unwrap();
        assert!(rule.starts_with(fixed), "{name}: {csp}");
        assert!(fixed.contains("default-src 'none'; script-src 'self';"), "{name}");
        assert!(fixed.contains("frame-ancestors 'none'"), "{name}");
        assert!(!forms.contains('*') || forms.contains("http://127.0.0.1:*"), "{name}: {csp}");
        let referrer = if csp.contains("com.example.app:")
            || matches!(name, "chooser" | "sign_out" | "login")
        {
            "same-origin"
        } else {
            "no-referrer"
        };
        assert_eq!(page.header("referrer-policy"), referrer, "{name}");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin", "{name}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{name}");
    }
    for exception in EXCEPTIONS {
        assert!(!exception.change.is_empty() && !exception.reason.is_empty());
    }
}

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
async fn a_server_starts_on_a_free_port_and_finishes_running_requests_when_it_stops() {
    let world = world(&[]);
    let listener = super::server::listen("127.0.0.1:0".parse().unwrap()).unwrap();
    let running = super::server::start(world.state.clone(), listener).unwrap();
    let address = running.address();
    let answer = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    })
    .await
    .unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    running.stop().await.unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}
