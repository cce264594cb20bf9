use super::portal_pages;
use crate::http::guard::{Csp, EXCEPTIONS};
use crate::http::pages::{self, AtProvider, AttributeLine, Choice, Destination, EmailFault, Offer};
use crate::http::testing::{Answer, PRODUCTION, World, read, world};
use crate::saml::carry::{Form, Outgoing};
use crate::saml::check::{Check, CheckName};
use actix_web::HttpResponse;
use actix_web::test::TestRequest;

/// A text that must not come out as it went in.
pub(super) const HOSTILE: &str = "<b>\"'&{operator}";

/// Every page that asks something, by the name of its template, with everything on it that can be.
fn every_question(world: &World) -> Vec<(&'static str, HttpResponse)> {
    let state = &world.state;
    let hostile = HOSTILE;
    let choice = Choice { connection: "con_1", name: hostile };
    let login = |fault, last| {
        let redirect_uri = Some("com.example.app:/cb");
        pages::login(
            state,
            &pages::Login {
                trace: "trc_1",
                email: hostile,
                fault,
                last,
                break_glass: Some("/login/break-glass?trace=trc_1"),
                redirect_uri,
            },
        )
    };
    let break_glass = |fault| {
        let redirect_uri = Some("com.example.app:/cb");
        let view = pages::BreakGlass { trace: "trc_1", email: hostile, fault, redirect_uri };
        pages::break_glass(state, &view)
    };
    let between = |to| {
        let fields = [("SAMLRequest", "PHg+"), ("RelayState", hostile)];
        pages::between(
            state,
            &pages::Between { action: "https://idp.example/sso", fields: &fields, to },
        )
    };
    vec![
        ("login", login(None, Some(choice))),
        ("login", login(Some(EmailFault::Invalid), None)),
        ("login", login(Some(EmailFault::TooMany(9)), None)),
        ("break_glass", break_glass(None)),
        ("break_glass", break_glass(Some(pages::BreakGlassFault::Email))),
        ("break_glass", break_glass(Some(pages::BreakGlassFault::Code))),
        ("break_glass", break_glass(Some(pages::BreakGlassFault::Nowhere))),
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
        ("onward", {
            let to = Destination::Organization(hostile);
            pages::onward(state, "https://idp.example/sso?SAMLRequest=x&RelayState=y", to)
        }),
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
    ]
}

/// Pages on which a sign-in or a test ends.
fn every_end(world: &World) -> Vec<(&'static str, HttpResponse)> {
    let state = &world.state;
    let hostile = HOSTILE;
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
    let slash = format!("{hostile}/");
    let checks = [
        check(true, None, Some(hostile)),
        check(false, Some("this"), Some(hostile)),
        check(false, Some(hostile), Some(&slash)),
    ];
    let test = |failed, fix, at_portal| {
        let view = pages::TestResult {
            organization: hostile,
            trace: "trc_1",
            at_portal,
            is_of_frame: false,
            is_again: false,
            failed,
            fix,
            attributes: &attributes,
            would: Some(pages::TestPerson {
                person: hostile.to_owned(),
                access: vec![(hostile.to_owned(), hostile.to_owned(), hostile.to_owned())],
            }),
            checks: &checks,
        };
        pages::test_result(state, &view)
    };
    let again = |why| pages::again(state, why, "/login");
    vec![
        ("test_result", test(None, None, true)),
        ("test_result", test(Some(("audience_mismatch", "Audience")), Some(hostile), false)),
        ("message", pages::no_connection(state, &pages::NoConnection { again: "/login" })),
        ("message", again(pages::Again::Cookies)),
        ("message", again(pages::Again::Back)),
        ("message", again(pages::Again::SecondTab)),
        ("message", again(pages::Again::Expired)),
        ("message", pages::started_at_provider(state, hostile, "/login/con_1")),
        (
            "message",
            pages::signed_in(
                state,
                &pages::SignedIn { email: hostile, organization: hostile, by_code: false },
            ),
        ),
        (
            "message",
            pages::signed_in(
                state,
                &pages::SignedIn { email: hostile, organization: hostile, by_code: true },
            ),
        ),
        ("message", pages::logout_refused(state, "clock_late", "req_1")),
    ]
}

/// Pages after signing out, with everything on them that can be.
fn every_sign_out(world: &World) -> Vec<(&'static str, HttpResponse)> {
    let state = &world.state;
    let frames = ["https://app.example/bye?iss=x&sid=\"<b>".to_owned()];
    let offer = Offer { logout: "lgo_1", location: "https://idp.example/slo" };
    let mut all: Vec<_> = [
        AtProvider::Unknown,
        AtProvider::Offered(offer),
        AtProvider::Complete,
        AtProvider::Partial,
        AtProvider::Failed,
        AtProvider::Unconfirmed,
        AtProvider::Began,
    ]
    .into_iter()
    .map(|provider| {
        let view = pages::SignedOut {
            organization: Some(HOSTILE),
            provider,
            untold: true,
            frames: &frames,
            return_to: Some("https://app.example/bye?state=\"<b>"),
        };
        ("signed_out", pages::signed_out(state, &view))
    })
    .collect();
    let form = Form {
        action: "https://idp.example/slo".to_owned(),
        field: "SAMLResponse",
        message: "PHg+".to_owned(),
        relay_state: HOSTILE.to_owned(),
    };
    let redirect = Outgoing::Redirect("https://idp.example/slo?SAMLResponse=\"<b>".to_owned());
    for outgoing in [redirect, Outgoing::Form(form)] {
        let provider = vec!["https://idp.example/sso".to_owned()];
        let view =
            pages::Answer { organization: HOSTILE, outgoing: &outgoing, frames: &frames, provider };
        all.push(("answer", pages::answer(state, &view)));
    }
    all
}

async fn answers(world: &World) -> Vec<(&'static str, Answer)> {
    let mut answers = Vec::new();
    let portal = portal_pages::every_one(world);
    let all = [every_question(world), every_end(world), every_sign_out(world), portal];
    for (name, page) in all.into_iter().flatten() {
        answers.push((name, read(page).await));
    }
    answers.push(("error", world.call(TestRequest::get().uri("/nothing")).await));
    answers
}

/// Attributes of htmx that no page may have, and triggers that wait for more than time.
pub(in crate::http) fn strange_attributes(body: &str) -> Vec<&str> {
    const ALLOWED: [&str; 8] =
        ["get", "post", "target", "swap", "trigger", "indicator", "push-url", "sync"];
    let attributes = body.split(" hx-").skip(1).map(|rest| rest.split('>').next().unwrap_or(rest));
    let is_strange = |attribute: &&str| {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        !ALLOWED.contains(&name) || name == "trigger" && value.contains('[')
    };
    attributes.filter(is_strange).collect()
}

#[actix_web::test]
async fn no_page_has_script_or_style_inside_and_all_text_is_escaped() {
    let world = world(PRODUCTION);
    for (name, page) in answers(&world).await {
        let body = &page.body;
        assert!(body.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
        assert_eq!(body.matches("<h1").count(), 1, "{name} has not one h1");
        assert_eq!(body.matches("<main").count(), 1, "{name}");
        let live = name.starts_with("portal") || name == "setup_step";
        assert_eq!(body.matches("<script").count(), if live { 2 } else { 1 }, "{name}");
        assert_eq!(body.contains(r#"" defer></script>"#), live, "{name}");
        assert!(body.contains(r#"type="module"></script>"#), "{name}");
        assert_eq!(strange_attributes(body), Vec::<&str>::new(), "{name}");
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
        let inputs = body.matches("<input").count() - body.matches(r#"type="hidden""#).count();
        let controls = inputs + body.matches("<textarea").count() + body.matches("<select").count();
        assert_eq!(controls, body.matches("<label for=").count(), "{name}: a control has no label");
    }
}

#[actix_web::test]
async fn every_sentence_on_every_page_is_in_the_locale() {
    let world = world(PRODUCTION);
    for (name, page) in answers(&world).await {
        let visible = page.body.replace("{operator}", "");
        let settings = visible.split_once("content='{").and_then(|(before, rest)| {
            rest.split_once("}'").map(|(_, after)| format!("{before}{after}"))
        });
        let visible = settings.unwrap_or(visible);
        assert!(!visible.contains('{'), "{name}: {}", page.body);
        let groups = ["page.", "login.", "error.", "again.", "signed_out.", "entity.", "between."];
        for group in groups.into_iter().chain(["portal."]) {
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
        let listed = EXCEPTIONS.iter().any(|exception| {
            exception.pages.contains(&name) && !exception.change.starts_with("Referrer-Policy")
        });
        assert_eq!(csp != rule, listed, "{name}: {csp}");
        // Our answer may stand in a frame of the provider that asked.
        let csp = csp.replace("ancestors https://idp.example", "ancestors 'none'");
        assert_eq!(csp != page.header("content-security-policy"), name == "answer", "{name}");
        let (fixed, forms) = csp.split_once("form-action ").unwrap();
        assert!(rule.starts_with(fixed), "{name}: {csp}");
        assert!(fixed.contains("default-src 'none'; script-src 'self';"), "{name}");
        assert!(fixed.contains("frame-ancestors 'none'"), "{name}");
        assert!(!forms.contains('*') || forms.contains("http://127.0.0.1:*"), "{name}: {csp}");
        let referrer = if csp.contains("com.example.app:")
            || matches!(name, "chooser" | "sign_out" | "login")
            || name.starts_with("portal")
            || name.starts_with("setup")
            || page.body.contains("action=\"/logout\"")
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
async fn the_result_of_a_test_leads_back_to_where_it_was_begun_and_nowhere_else() {
    let world = world(&[]);
    for at_portal in [true, false] {
        let view = pages::TestResult {
            organization: "Globex",
            trace: "trc_1",
            at_portal,
            is_of_frame: false,
            is_again: false,
            failed: None,
            fix: None,
            attributes: &[],
            would: None,
            checks: &[],
        };
        let page = read(pages::test_result(&world.state, &view)).await.body;
        assert_eq!(page.contains("href=\"/portal/setup/test\""), at_portal, "{page}");
        assert_eq!(page.contains("on which the test was begun"), at_portal, "{page}");
        assert_eq!(page.contains("href=\"/t/trc_1\""), !at_portal, "{page}");
        // A window that was opened out of a frame has no seat in the portal.
        let view = pages::TestResult { is_of_frame: true, ..view };
        let page = read(pages::test_result(&world.state, &view)).await.body;
        assert!(!page.contains("href=\"/portal/setup/test\""), "{page}");
        assert_eq!(page.contains("go back to the setup"), at_portal, "{page}");
    }
}
