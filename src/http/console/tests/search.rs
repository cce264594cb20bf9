//! Search at the console.

use super::{Desk, scim_requests, traces, users};
use crate::saml::issue;
use crate::store::members::Role;
use crate::store::organizations::NewOrganization;
use crate::store::{TraceId, domains, events, organizations, testing};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

const SEARCH: &str = "/console/search";

async fn found(desk: &Desk, text: &str) -> String {
    let q: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let page = desk.get(&format!("{SEARCH}?q={q}")).await;
    assert_eq!(page.status, 200, "{text}: {}", page.body);
    page.body
}

#[actix_web::test]
async fn an_id_leads_to_its_page_at_once() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let (of, id) = (&connection.organization_id, &connection.id);
    let user = users::ada(&desk, of).id;
    let trace = traces::failed(&desk, &connection).id;
    let request = scim_requests::changed(&desk, &connection);
    let member = desk.member.id.clone();
    for (id, href) in [
        (of.as_str(), format!("/console/organizations/{of}")),
        (id.as_str(), format!("/console/connections/{id}")),
        (user.as_str(), format!("/console/users/{user}")),
        (trace.as_str(), format!("/console/traces/{trace}")),
        (request.as_str(), format!("/console/scim-requests/{request}")),
        // What has no page of its own has what happened to it.
        (member.as_str(), format!("/console/audit?subject={member}")),
    ] {
        let answer = desk.get(&format!("{SEARCH}?q=+{id}+")).await;
        assert_eq!((answer.status, answer.header("location")), (303, &*href), "{id}");
    }
    for nothing in [TraceId::new().as_str(), "req_01kampz3y7f4m8t2v6c9d0e1hj", "x", "%"] {
        assert!(found(&desk, nothing).await.contains("Nothing has this name"), "{nothing}");
    }
}

#[actix_web::test]
async fn organizations_domains_people_and_connections_are_found_by_name_and_address() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let store = desk.world.store();
    let new = NewOrganization { external_id: Some("acct-42".to_owned()), ..testing::globex() };
    let globex = store.system(|tx| organizations::create(tx, new));
    let connection = testing::active(store, "https://idp.example/entity", None);
    let user = users::ada(&desk, &globex.id);
    traces::failed(&desk, &connection);
    let domain = store.read_now(|db| domains::list(db, &globex.id)).unwrap().remove(0);
    let print = crate::saml::testing::rsa().certificate.fingerprint().to_owned();
    let pairs: Vec<&str> = (0..32).map(|at| &print[at * 2..at * 2 + 2]).collect();
    let pairs = pairs.join(":").to_uppercase();
    let entity_id = connection.entity_id(desk.world.state.config.public_url.as_str());
    for (text, part) in [
        ("GLOB", globex.id.to_string()),
        ("acct-42", globex.id.to_string()),
        ("external:acct-42", globex.id.to_string()),
        (&*domain.name, format!("/console/organizations/{}", globex.id)),
        ("ADA@globex.example", format!("/console/users/{}", user.id)),
        ("ada@globex.example", "/console/traces?q=ada%40globex.example".to_owned()),
        ("https://idp.example/entity", connection.id.to_string()),
        (&*entity_id, connection.id.to_string()),
        (&*print, connection.id.to_string()),
        (&*pairs, connection.id.to_string()),
    ] {
        let page = found(&desk, text).await;
        assert!(page.contains(&part), "{text}: {part}: {page}");
    }
    for none in ["lobex", "acct-4", "da@globex.example", "https://idp.example", "g"] {
        assert!(found(&desk, none).await.contains("Nothing has this name"), "{none}");
    }
}

#[actix_web::test]
async fn a_pasted_message_is_decoded_and_checked_and_nothing_of_it_is_kept() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let response = concat!(
        r#"<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r" Version="2.0" "#,
        r#"IssueInstant="2026-01-31T09:30:00Z" Destination="https://sso.example/<x>"></samlp:Response>"#,
    )
    .replace("<x>", "&lt;x&gt;");
    let count = |desk: &Desk| {
        let all = events::Filter::default();
        let window = crate::store::Window { limit: 200, before: None };
        desk.world.store().read_now(|db| events::page(db, &window, &all)).unwrap().data.len()
    };
    let before = count(&desk);
    for text in [response.clone(), BASE64.encode(&response)] {
        let page = desk.post(SEARCH, &[("text", &text)]).await;
        assert_eq!(page.status, 200);
        for part in ["A response", "destination", "https://sso.example/&#60;x&#62;", "Not checked"]
        {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
    }
    let page = desk.post(SEARCH, &[("text", "not a message")]).await;
    assert_eq!(page.status, 422);
    assert!(page.body.contains("aria-invalid=\"true\"") && page.body.contains(">not a message<"));
    assert_eq!(count(&desk), before);
}

#[actix_web::test]
async fn pasted_metadata_is_checked_as_a_connection_would() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let pair = crate::saml::testing::rsa();
    let good = issue::metadata(
        "https://idp.example",
        "https://idp.example/sso",
        &[&pair.certificate],
        None,
    )
    .unwrap();
    let page = desk.post(SEARCH, &[("text", &good)]).await.body;
    assert!(page.contains("A connection can use it"), "{page}");
    let without = good.replace("IDPSSODescriptor", "SPSSODescriptor");
    let page = desk.post(SEARCH, &[("text", &without)]).await.body;
    assert!(page.contains("Something is wrong with it") && page.contains("metadata_"), "{page}");
}

#[actix_web::test]
async fn every_page_has_the_box_and_a_shortcut_that_finds_it() {
    let desk = Desk::signed_in(Role::Viewer).await;
    for page in ["/console", "/console/users", SEARCH] {
        let page = desk.get(page).await.body;
        assert_eq!(page.matches("data-search").count(), 1, "{page}");
        assert!(page.contains("action=\"/console/search\""), "{page}");
    }
    assert!(include_str!("../../../../assets/app.js").contains("[data-search]"));
}
