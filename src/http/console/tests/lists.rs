//! What all lists of the console have in common.

use super::Desk;
use super::users::ada;
use crate::http::pages::Shell;
use crate::http::testing::Answer;
use crate::store::members::Role;
use crate::store::organizations::{self, NewOrganization};
use crate::store::{OrganizationId, testing};
use actix_web::cookie::Cookie;
use actix_web::test::TestRequest;

/// Every list that has filters.
const FILTERED: [&str; 8] = [
    "/console/organizations",
    "/console/connections",
    "/console/setup-links",
    "/console/users",
    "/console/groups",
    "/console/traces",
    "/console/scim-requests",
    "/console/audit",
];

fn globex(desk: &Desk) -> OrganizationId {
    desk.world.store().system(|tx| organizations::create(tx, testing::globex())).id
}

#[actix_web::test]
async fn a_script_gets_the_list_alone_and_everybody_else_the_page() {
    let desk = Desk::signed_in(Role::Owner).await;
    testing::active(desk.world.store(), "JumpCloud", None);
    for uri in FILTERED {
        let page = desk.get(uri).await;
        let form = format!("hx-get=\"{uri}\"");
        for part in ["<!doctype html>", "hx-push-url=\"true\"", "id=\"card\"", &form] {
            assert!(page.body.contains(part), "{uri} {part}: {}", page.body);
        }
        let part = desk.part(&format!("{uri}?organization=x")).await;
        assert_eq!((part.status, part.header("vary")), (200, "HX-Request"), "{uri}");
        assert!(!part.body.contains("<!doctype") && !part.body.contains("<main"), "{uri}");
        for inside in ["id=\"lines\"", "class=\"bar\""] {
            assert!(part.body.contains(inside), "{uri} {inside}: {}", part.body);
        }
    }
}

#[actix_web::test]
async fn filters_that_are_on_are_named_and_each_is_taken_off_by_itself() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let of = globex(&desk);
    let page = desk.get(&format!("/console/users?state=active&organization={of}")).await.body;
    for part in [
        &*format!("class=\"chip\" href=\"/console/users?organization={of}\""),
        "class=\"chip\" href=\"/console/users?state=active\"",
        "Organization: <b>Globex</b>",
        "State: <b>Active</b>",
        "<a class=\"btn gho sm\" href=\"/console/users\">Clear filters</a>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = desk.get("/console/connections?q=%3Cb%3E&sort=name").await.body;
    assert!(page.contains("Text: <b>&#60;b&#62;</b>"), "{page}");
    assert_eq!(page.matches("class=\"chip\"").count(), 1, "an order is no filter: {page}");
    let page = desk.get("/console/traces?cause=audience_mismatch").await.body;
    assert!(page.contains("Cause: <b>The assertion is meant"), "{page}");
    assert!(!desk.get("/console/users").await.body.contains("class=\"chip\""));
}

#[actix_web::test]
async fn an_empty_list_says_what_it_is_for_and_how_to_see_it_at_work() {
    let desk = Desk::signed_in(Role::Owner).await;
    let others = ["/console/applications", "/console/webhooks", "/console/api-keys"];
    let has_demo = Shell::of(&desk.world.state).has_demo();
    for uri in FILTERED.into_iter().chain(others).filter(|uri| *uri != "/console/audit") {
        let page = desk.get(uri).await.body;
        assert!(page.contains("<span class=\"tile\" aria-hidden=\"true\"><svg"), "{uri}: {page}");
        let way = if has_demo { "href=\"/demo/app\"" } else { "<code>vestibule serve</code>" };
        assert!(page.contains(way), "{uri}: {page}");
        assert!(!page.contains("Clear filters"), "{uri}");
    }
}

#[actix_web::test]
async fn an_organization_is_chosen_by_its_name_also_without_a_script() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = globex(&desk);
    let offered = |typed: &str| format!("/console/choose/organization?organization={typed}");
    let page = desk.get(&offered("GLO")).await.body;
    let label = format!("Globex · {of}");
    assert_eq!(page.trim(), format!("<option value=\"{label}\"></option>"));
    assert_eq!(desk.get(&offered("x")).await.body.trim(), "");
    let form =
        |named: &str| [("organization", named.to_owned()), ("cover.sign_in", "1".to_owned())];
    let post = async |named: &str| -> Answer {
        let form = form(named);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, &**value)).collect();
        desk.post("/console/setup-links", &form).await
    };
    for named in ["globex", "Glob", &label, of.as_str()] {
        let made = post(named).await;
        assert!(made.body.contains("/setup/sl_"), "{named}: {}", made.body);
    }
    let other = NewOrganization { domains: vec![], ..testing::globex() };
    let other = desk.world.store().system(|tx| organizations::create(tx, other)).id;
    let several = post("globex").await;
    assert_eq!(several.status, 422);
    for id in [&of, &other] {
        assert!(several.body.contains(&format!("Globex · {id}")), "{}", several.body);
    }
    assert!(post(&label).await.body.contains("/setup/sl_"));
    for list in ["/console/users", "/console/setup-links"] {
        let page = desk.get(&format!("{list}?organization=initech")).await;
        assert_eq!(page.status, 200, "{list}");
    }
    let user = ada(&desk, &other);
    let page = desk.get(&format!("/console/users?organization=Globex%20%C2%B7%20{other}")).await;
    assert!(page.body.contains(user.id.as_str()), "{}", page.body);
}

#[actix_web::test]
async fn an_organization_shows_domains_connections_people_enforcement_and_the_last_sign_in() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let of = globex(&desk);
    let user = ada(&desk, &of);
    desk.world.store().system(|tx| crate::store::users::signed_in(tx, &user));
    let people = format!("<a href=\"/console/users?organization={of}\">1</a>");
    let page = desk.get("/console/organizations").await.body;
    for part in ["globex.example", ">None</a>", &people, ">Optional<", "just now"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for (query, is_there) in [
        ("enforcement=optional", true),
        ("connections=none", true),
        ("enforcement=required", false),
        ("connections=some", false),
        ("connections=x", false),
    ] {
        let page = desk.get(&format!("/console/organizations?{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        assert_eq!(page.body.contains("globex.example"), is_there, "{query}: {}", page.body);
    }
    let page = desk.get(&format!("/console/organizations/{of}/sso")).await.body;
    for part in ["Authentication &#38; SSO", "globex.example", "No connections yet"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[actix_web::test]
async fn what_belongs_to_the_demo_is_marked() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let of = globex(&desk);
    ada(&desk, &of);
    assert!(!desk.get("/console/users").await.body.contains("DEMO"));
    let demo = NewOrganization { is_demo: true, domains: vec![], ..testing::globex() };
    let demo = desk.world.store().system(|tx| organizations::create(tx, demo)).id;
    let user = ada(&desk, &demo);
    for uri in ["/console/users", "/console/organizations", "/console/groups"] {
        let page = desk.get(uri).await.body;
        assert_eq!(page.matches("DEMO").count(), 1, "{uri}: {page}");
    }
    assert!(desk.get(&format!("/console/users/{}", user.id)).await.body.contains("DEMO"));
}

#[actix_web::test]
async fn the_theme_that_a_browser_has_chosen_is_written_into_each_page() {
    let desk = Desk::signed_in(Role::Viewer).await;
    for uri in ["/console/login", "/login", "/nothing", "/docs/api"] {
        for (value, expected) in [("dark", true), ("light", true), ("\"><script>", false)] {
            let request = TestRequest::get().uri(uri).cookie(Cookie::new("theme", value));
            let page = desk.world.call(request).await.body;
            let theme = format!("<html lang=\"en\" data-theme=\"{value}\">");
            assert_eq!(page.contains(&theme), expected, "{uri} {value}: {page}");
        }
        let page = desk.world.call(TestRequest::get().uri(uri)).await.body;
        assert!(page.contains("<html lang=\"en\">"), "{uri}: {page}");
    }
}

#[actix_web::test]
async fn an_id_that_is_typed_into_a_list_leads_to_its_page_also_from_a_script() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let id = crate::store::TraceId::new();
    let uri = format!("/console/traces?q={id}");
    assert_eq!(desk.get(&uri).await.status, 303);
    let part = desk.part(&uri).await;
    assert_eq!(part.status, 204);
    assert_eq!(part.header("hx-redirect"), format!("/console/traces/{id}"));
}
