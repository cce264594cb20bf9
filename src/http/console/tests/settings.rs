//! The settings at the console: shown with where they came from, changed, and refused.

use super::*;
use crate::config::{self, Flags, Surroundings};
use crate::http::server::State;
use crate::store::{configuration, events};
use crate::telemetry::Metrics;
use serde_json::json;

async fn desk(settings: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::new(settings, Role::Admin);
    assert_eq!(desk.sign_in(PASSWORD).await.status, 303);
    desk
}

/// A form as a page has it: what the fields were, and what of them is typed anew.
fn form<'a>(fields: &'a [(&'a str, &'a str, &'a str)], revision: &'a str) -> Vec<(String, String)> {
    let mut form = vec![("revision".to_owned(), revision.to_owned())];
    for (key, was, typed) in fields {
        form.push((format!("was:{key}"), (*was).to_owned()));
        form.push(((*key).to_owned(), (*typed).to_owned()));
    }
    form
}

async fn send(desk: &Desk, page: &str, form: &[(String, String)]) -> Answer {
    let form: Vec<(&str, &str)> = form.iter().map(|(key, value)| (&**key, &**value)).collect();
    desk.post(&format!("/console/settings/{page}"), &form).await
}

#[actix_web::test]
async fn a_setting_is_shown_with_where_it_came_from_and_a_secret_never() {
    let mut desk = Desk::new(PRODUCTION, Role::Viewer);
    desk.sign_in(PASSWORD).await;
    // Over https the cookie has another name, which a test's browser sends back as it is.
    let general = desk.get("/console/settings/general").await;
    assert_eq!(general.status, 200);
    for part in ["public_url", "https://sso.example.com", "Locked", "Set by a flag", "[secret]"] {
        assert!(general.body.contains(part), "{part} is not in {}", general.body);
    }
    assert!(!general.body.contains("AAAAAAAA"), "the master key is on the page");
    assert!(general.body.contains("VESTIBULE_PUBLIC_URL"));
    let retention = desk.get("/console/settings/retention").await.body;
    assert!(retention.contains("Built in: 400d."), "{retention}");
    assert!(!retention.contains("name=\"retention.audit\""), "a viewer is offered no form");
    let branding = desk.get("/console/settings/branding").await.body;
    assert!(branding.contains("Orbit Labs"), "{branding}");
}

#[actix_web::test]
async fn what_is_saved_is_in_effect_at_once_and_in_the_audit_log_with_before_and_after() {
    let desk = desk(NO_NETWORK).await;
    let page = desk.get("/console/settings/retention").await.body;
    assert!(page.contains("name=\"was:retention.traces\" value=\"30d\""), "{page}");
    let sent =
        form(&[("retention.traces", "30d", "7d"), ("retention.requests", "30d", "30d")], "0");
    let answer = send(&desk, "retention", &sent).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/settings/retention"));
    assert_eq!(done::left(&answer).unwrap().value(), "settings_saved");
    assert_eq!(desk.world.state.live().retention.traces.to_string(), "7d");
    let page = desk.get("/console/settings/retention").await.body;
    for part in ["value=\"7d\"", "Changed by Maya O", "name=\"reset\""] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let found = desk.world.store().read_now(|db| {
        let filter = events::Filter { kind: Some("settings.changed".into()), ..Default::default() };
        events::page(db, &Window::default(), &filter)
    });
    let found = found.unwrap().data;
    assert_eq!(found.len(), 1);
    let change = found[0].change.as_ref().unwrap();
    assert_eq!(json!(change.before), json!({ "retention.traces": "30d" }));
    assert_eq!(json!(change.after), json!({ "retention.traces": "7d" }));
    assert_eq!(found[0].actor, format!("member:{}", desk.member.id));

    let reset = [
        ("revision".to_owned(), "1".to_owned()),
        ("reset".to_owned(), "retention.traces".to_owned()),
    ];
    assert_eq!(send(&desk, "retention", &reset).await.status, 303);
    assert_eq!(desk.world.state.live().retention.traces.to_string(), "30d");
    let page = desk.get("/console/settings/retention").await.body;
    assert!(!page.contains("name=\"reset\""), "{page}");
}

#[actix_web::test]
async fn another_process_follows_as_soon_as_it_has_looked() {
    let desk = desk(NO_NETWORK).await;
    let state = &desk.world.state;
    let loaded = config::load_from(&Flags::default(), &Surroundings::default()).unwrap();
    let metrics = Metrics::new().unwrap();
    let other = State::new(loaded, state.store.clone(), state.master.clone(), metrics).unwrap();
    let sent = form(&[("brand.name", "Vestibule", "Orbit Labs")], "0");
    assert_eq!(send(&desk, "branding", &sent).await.status, 303);
    assert_eq!((&*state.operator(), &*other.operator()), ("Orbit Labs", "Vestibule"));
    other.renew_settings().unwrap();
    assert_eq!(other.operator(), "Orbit Labs");
}

#[actix_web::test]
async fn a_value_that_cannot_be_is_told_at_its_field_and_what_was_typed_stays() {
    let desk = desk(NO_NETWORK).await;
    let sent = form(
        &[
            ("sign_in.session", "8h", "soon"),
            ("sign_in.clock_skew", "60s", "5m"),
            ("oidc.code_ttl", "60s", "30s"),
        ],
        "0",
    );
    let answer = send(&desk, "sign-in", &sent).await;
    assert_eq!(answer.status, 422);
    for part in [
        "href=\"#sign_in.session\"",
        "id=\"sign_in.session-error\"",
        "id=\"sign_in.clock_skew-error\"",
        "it is not from 0s to 3m",
        "value=\"soon\"",
        "value=\"30s\"",
        "aria-invalid=\"true\"",
    ] {
        assert!(answer.body.contains(part), "{part} is not in {}", answer.body);
    }
    assert_eq!(desk.world.state.live().oidc.code_ttl.to_string(), "1m", "all of it or nothing");
}

#[actix_web::test]
async fn what_somebody_else_has_changed_meanwhile_is_shown_with_both_values_to_choose() {
    let desk = desk(NO_NETWORK).await;
    let theirs = form(&[("console.idle", "2h", "1h")], "0");
    assert_eq!(send(&desk, "security", &theirs).await.status, 303);
    let mine = form(&[("console.idle", "2h", "3h"), ("console.session", "12h", "12h")], "0");
    let answer = send(&desk, "security", &mine).await;
    assert_eq!(answer.status, 409);
    for part in
        ["Changed by Maya O", "It is 1h now.", "You typed 3h.", "value=\"3h\"", "value=\"1h\""]
    {
        assert!(answer.body.contains(part), "{part} is not in {}", answer.body);
    }
    assert!(answer.body.contains("name=\"revision\" value=\"1\""), "{}", answer.body);
    // What was not touched is as it is now, also where something else is refused.
    let wrong = form(&[("console.idle", "2h", "2h"), ("console.session", "12h", "x")], "0");
    let answer = send(&desk, "security", &wrong).await;
    assert_eq!(answer.status, 422);
    let field = "name=\"console.idle\" type=\"text\" value=\"1h\"";
    assert!(answer.body.contains(field), "{}", answer.body);
    let chosen = form(&[("console.idle", "1h", "3h")], "1");
    assert_eq!(send(&desk, "security", &chosen).await.status, 303);
    assert_eq!(desk.world.state.live().console.idle.to_string(), "3h");
    // Whoever has not touched what somebody else changed does not change it back.
    let other = form(&[("console.idle", "2h", "2h"), ("console.session", "12h", "11h")], "0");
    assert_eq!(send(&desk, "security", &other).await.status, 303);
    assert_eq!(desk.world.state.live().console.idle.to_string(), "3h");
    assert_eq!(desk.world.state.live().console.session.to_string(), "11h");
}

#[actix_web::test]
async fn what_a_flag_fixes_has_no_field_and_is_not_written() {
    let desk = desk(&[("retention.traces", "9d"), ("dns.resolver", "127.0.0.1:9")]).await;
    let page = desk.get("/console/settings/retention").await.body;
    assert!(!page.contains("name=\"retention.traces\""), "{page}");
    let sent = form(&[("retention.traces", "9d", "1d")], "0");
    let answer = send(&desk, "retention", &sent).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("fixed by flag"), "{}", answer.body);
    let rows = desk.world.store().read_now(configuration::rows).unwrap();
    assert!(rows.is_empty());
}

#[actix_web::test]
async fn the_name_and_the_accent_that_are_saved_are_on_the_pages_of_a_sign_in() {
    let desk = desk(NO_NETWORK).await;
    let sent =
        form(&[("brand.name", "Vestibule", "Orbit <Labs>"), ("brand.accent", "", "#ffd400")], "0");
    assert_eq!(send(&desk, "branding", &sent).await.status, 303);
    let login = desk.get("/login").await.body;
    assert!(login.contains("Orbit &#60;Labs&#62;"), "{login}");
    assert!(login.contains("/assets/brand/accent-ffd400.css"), "{login}");
    let console = desk.get("/console/organizations").await.body;
    assert!(!console.contains("accent-ffd400"), "the console keeps the accent of the product");
    let refused = form(&[("brand.accent", "#ffd400", "#808080")], "1");
    let answer = send(&desk, "branding", &refused).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("the nearest shade that is accepted is #"), "{}", answer.body);
}

#[actix_web::test]
async fn a_preview_shows_what_was_typed_and_saves_nothing() {
    let desk = desk(NO_NETWORK).await;
    let mut sent =
        form(&[("brand.name", "Vestibule", "Orbit & Co"), ("brand.accent", "", "#ffd400")], "0");
    sent.push(("preview".to_owned(), "1".to_owned()));
    let page = send(&desk, "branding", &sent).await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").ends_with("; frame-src 'self'"));
    assert!(page.body.contains("value=\"Orbit &#38; Co\""), "{}", page.body);
    let address = "/console/settings/branding/preview/login?name=Orbit+%26+Co&accent=%23ffd400";
    assert!(page.body.contains(&address.replace('&', "&#38;")), "{}", page.body);
    assert_eq!(desk.world.state.operator(), "Vestibule");
    for (name, part) in [("login", "Continue"), ("portal", "Globex"), ("error", "Globex")] {
        let preview = desk.get(&address.replace("login", name)).await;
        assert!(preview.body.contains("Orbit &#38; Co"), "{name}: {}", preview.body);
        assert!(
            preview.body.contains("accent-ffd400.css") && preview.body.contains(part),
            "{name}"
        );
        assert!(!preview.body.contains("<script") && !preview.body.contains("autofocus"), "{name}");
        let policy = preview.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'self'; form-action 'none'"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
    }
    assert_eq!(desk.get("/console/settings/branding/preview/other").await.status, 404);
}

#[actix_web::test]
async fn another_site_cannot_have_a_preview_shown() {
    let desk = desk(NO_NETWORK).await;
    for (site, status) in
        [("cross-site", 303), ("none", 303), ("same-site", 303), ("same-origin", 200)]
    {
        let request = TestRequest::get()
            .uri("/console/settings/branding/preview/login?name=Evil")
            .insert_header(("sec-fetch-site", site))
            .cookie(desk.cookie.clone().unwrap());
        assert_eq!(desk.world.call(request).await.status, status, "{site}");
    }
}

/// Sends files as a browser does.
async fn upload(desk: &Desk, files: &[(&str, &[u8])]) -> Answer {
    let page = desk.get("/console/organizations").await.body;
    let token = page.split("name=\"form_token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let mut body = Vec::new();
    let head = "--b\r\ncontent-disposition: form-data; name=\"form_token\"\r\n\r\n";
    body.extend(format!("{head}{token}\r\n").into_bytes());
    for (name, content) in files {
        let head = format!("content-disposition: form-data; name=\"{name}\"; filename=\"logo\"");
        body.extend(format!("--b\r\n{head}\r\ncontent-type: image/png\r\n\r\n").into_bytes());
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(b"--b--\r\n");
    let request = TestRequest::post()
        .uri("/console/settings/branding/logos")
        .insert_header(("content-type", "multipart/form-data; boundary=b"))
        .cookie(desk.cookie.clone().unwrap())
        .set_payload(body);
    desk.world.call(request).await
}

#[actix_web::test]
async fn a_logo_is_on_the_pages_and_goes_again() {
    let desk = desk(NO_NETWORK).await;
    let drawing = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script><circle r=\"4\" onclick=\"x\"/></svg>";
    let answer = upload(&desk, &[("light", drawing), ("dark", b"\x89PNG\r\n\x1a\nx")]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let login = desk.get("/login").await.body;
    let address = |ending: &str| {
        let rest = login
            .split("src=\"/assets/brand/")
            .find(|rest| rest.split('"').next().is_some_and(|name| name.ends_with(ending)));
        format!("/assets/brand/{}", rest.unwrap().split('"').next().unwrap())
    };
    let logo = desk.get(&address(".svg")).await;
    assert_eq!(logo.header("content-type"), "image/svg+xml");
    assert!(logo.body.contains("circle"), "{}", logo.body);
    assert!(!logo.body.contains("script") && !logo.body.contains("onclick"), "{}", logo.body);
    assert_eq!(desk.get(&address(".png")).await.status, 200);

    let large = vec![0xff; 300_000];
    for (content, why) in
        [(&b"GIF89a"[..], "no PNG, JPEG"), (b"<html></html>", "no PNG, JPEG"), (&large, "256 kB")]
    {
        let answer = upload(&desk, &[("light", content)]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains(why), "{why}: {}", answer.body);
    }
    assert_eq!(upload(&desk, &[]).await.status, 422);
    let gone = desk.post("/console/settings/branding/logos", &[("remove", "light")]).await;
    assert_eq!(gone.status, 303);
    let login = desk.get("/login").await.body;
    let mut logos = login.split("/assets/brand/").skip(1).filter_map(|it| it.split('"').next());
    assert!(!logos.any(|name| name.contains(".svg")), "{login}");
}

#[actix_web::test]
async fn the_limits_of_a_directory_are_changed_and_what_is_no_number_is_told() {
    let desk = desk(NO_NETWORK).await;
    let made = testing::active(desk.world.store(), "globex", None);
    let path = format!("/console/organizations/{}/groups/limits", made.organization_id);
    let page = desk.get(&path).await;
    assert!(page.body.contains("value=\"20\"") && page.body.contains("value=\"30\""));
    let sent = [("breaker", "1"), ("most_people", "5"), ("most_percent", "x"), ("hold_hours", "2")];
    let refused = desk.post(&path, &sent).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Enter a whole number.") && refused.body.contains("value=\"x\""));
    let sent = [("most_people", "5"), ("most_percent", "101"), ("hold_hours", "2")];
    assert_eq!(desk.post(&path, &sent).await.status, 422);
    let sent =
        [("breaker", "1"), ("most_people", "5"), ("most_percent", "50"), ("hold_hours", "2")];
    assert_eq!(desk.post(&path, &sent).await.status, 303);
    let page = desk.get(path.trim_end_matches("/limits")).await.body;
    assert!(page.contains("more than 5 people and more than 50 %"), "{page}");
}
