//! Providers that sign people out.

use super::{World, denied};
use crate::gateway::{Gateway, form};
use crate::peers::lent;
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use serde_json::json;
use vestibule::store::connections::Settings;

async fn a_provider_signs_somebody_out(binding: &str) {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": [binding]})).await;
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    for index in [Some("last"), None] {
        app.forget_ended(0).await;
        let mut person = world.sign_in().await;
        world.is_in(&mut person).await;
        let page = person.agent.get(world.provider_s(Some(binding), index)).await;
        let page = person.agent.settle(page).await;
        let told = page.json();
        assert_eq!(told["codes"], json!(["Success"]), "{told}");
        assert_eq!(told["is_signed"], true, "{told}");
        assert_eq!(told["issuer"], world.connection.entity_id(&gateway.url));
        world.is_told(&person).await;
        world.is_out(&mut person).await;
    }
}

#[actix_web::test]
async fn pysaml2_signs_somebody_out_by_redirect() {
    a_provider_signs_somebody_out("redirect").await;
}

#[actix_web::test]
async fn pysaml2_signs_somebody_out_by_form() {
    a_provider_signs_somebody_out("post").await;
}

async fn samlp_signs_somebody_out(binding: &str) {
    let (provider, app) = (lent::samlp().await, lent::openid_client().await);
    provider.set(&json!({"slo": [binding]})).await;
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "initech.example", settings).await;
    let mut person = world.sign_in().await;
    let page = person.agent.get(world.provider_s(None, None)).await;
    let page = person.agent.settle(page).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.url.as_str().starts_with(&provider.url), "{}", page.url);
    world.is_told(&person).await;
    world.is_out(&mut person).await;
}

#[actix_web::test]
async fn samlp_signs_somebody_out_by_redirect() {
    samlp_signs_somebody_out("redirect").await;
}

#[actix_web::test]
async fn samlp_signs_somebody_out_by_form() {
    samlp_signs_somebody_out("post").await;
}

#[actix_web::test]
async fn a_provider_s_request_is_enough_without_cookies_and_counts_once() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": ["redirect"]})).await;
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    let mut person = world.sign_in().await;
    // As in a frame of the provider's page: no cookie of ours travels.
    let mut frame = UserAgent::new();
    let start = frame.get_once(world.provider_s(Some("redirect"), Some("last"))).await;
    let request = start.location().unwrap();
    assert_eq!(frame.get(&request).await.json()["codes"], json!(["Success"]));
    world.is_told(&person).await;
    world.is_out(&mut person).await;

    let mut person = world.sign_in().await;
    denied(&frame.get(&request).await, "response_replayed");
    world.is_in(&mut person).await;

    // Another session than the named one goes on.
    let mut other = world.sign_in().await;
    frame.get(world.provider_s(Some("redirect"), Some("last"))).await;
    world.is_out(&mut other).await;
    world.is_in(&mut person).await;
}

#[actix_web::test]
async fn a_logout_message_that_is_not_the_provider_s_changes_nothing() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": ["redirect", "post"]})).await;
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    let mut person = world.sign_in().await;
    let refused = |page: &Page, code: &str| {
        assert_eq!(page.status, 400, "{}", page.body);
        assert!(page.body.contains(code), "{code} in {}", page.body);
    };
    let slo = world.connection.slo(&gateway.url);
    let begin = world.provider_s(Some("redirect"), None);
    let request = person.agent.get_once(&begin).await.location().unwrap().to_string();
    let mut agent = UserAgent::new();
    refused(&agent.get_once(format!("{request}&RelayState=x")).await, "signature_invalid");
    let twice = format!("{request}&SAMLRequest=x");
    refused(&agent.get_once(twice).await, "xml_invalid");
    refused(&agent.get_once(&slo).await, "xml_invalid");

    provider.set(&json!({"sign_logout": false})).await;
    for binding in ["redirect", "post"] {
        let page = agent.get_once(world.provider_s(Some(binding), None)).await;
        let page = match page.location() {
            Some(location) => agent.get_once(location).await,
            None => agent.submit_once(&page.form()).await,
        };
        refused(&page, "signature_missing");
    }
    // A key that the connection does not know.
    provider.set(&json!({"sign_logout": true, "sign_with_key": 2})).await;
    let unknown = agent.get_once(&begin).await.location().unwrap();
    refused(&agent.get_once(unknown).await, "certificate_unknown");
    // Ten minutes later, with clocks that may differ by one.
    gateway.advance(TimeDelta::minutes(11));
    denied(&agent.get(&request).await, "clock_late");
    gateway.advance(-TimeDelta::minutes(11));
    world.is_in(&mut person).await;
}

#[actix_web::test]
async fn rubbish_at_the_single_logout_service_is_refused() {
    let gateway = Gateway::start().await;
    let world = crate::gateway::World::of(&gateway);
    let slo = world.connection.slo(&gateway.url);
    let mut agent = UserAgent::new();
    for query in
        ["", "SAMLRequest", "SAMLRequest=%00%FF", "SAMLResponse=AAAA&RelayState=lgo_1", "&&=&=="]
    {
        let page = agent.get_once(format!("{slo}?{query}")).await;
        assert_eq!(page.status, 400, "{query}: {}", page.body);
    }
    let large = "QUJD".repeat(200_000);
    let deep = "<a>".repeat(50_000);
    for (field, value) in [
        ("SAMLRequest", ""),
        ("SAMLRequest", "%"),
        ("SAMLResponse", &large),
        ("SAMLRequest", &deep),
    ] {
        let page = agent.submit_once(&form(&slo, &[(field, value), ("RelayState", "\0")])).await;
        assert_eq!(page.status, 400, "{field}: {}", page.body);
    }
    let page = agent.submit_once(&form(&slo, &[("SAMLRequest", &"QUJD".repeat(500_000))])).await;
    assert_eq!(page.status, 413, "{}", page.body);
    let nobody = format!("{}/saml/con_00000000000000000000000000/slo", gateway.url);
    assert_eq!(agent.get_once(nobody).await.status, 404);
    let page =
        agent.submit_once(&form(&format!("{}/logout", gateway.url), &[("logout", "x")])).await;
    assert!(page.status.is_client_error(), "{}", page.status);
    world.works().await;
}
