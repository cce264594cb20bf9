//! People who sign out at the app, and at their provider, too.

use super::{Person, World, by};
use crate::gateway::Gateway;
use crate::peers::{Provider, lent};
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use serde_json::json;
use vestibule::store::connections::Settings;

/// Signs out at the app, and then at the provider, too.
async fn everywhere(world: &World<'_>, person: &mut Person) -> Page {
    let page = person.agent.get(world.app_s(person).await).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Also sign out of"), "{}", page.body);
    assert!(page.body.contains(&world.back()), "{}", page.body);
    world.is_told(person).await;
    let page = person.agent.submit(&page.form()).await;
    person.agent.settle(page).await
}

async fn a_person_signs_out_everywhere(provider: &Provider, domain: &str, binding: &str) {
    let app = lent::openid_client().await;
    provider.set(&json!({"slo": [binding]})).await;
    let gateway = Gateway::start().await;
    let world = World::of(&gateway, provider, &app, domain, by(binding)).await;
    let mut person = world.sign_in().await;
    let page = everywhere(&world, &mut person).await;
    assert_eq!(page.url.as_str(), world.back(), "{}", page.body);
    world.is_out(&mut person).await;
}

#[actix_web::test]
async fn a_person_of_pysaml2_signs_out_everywhere_by_redirect() {
    a_person_signs_out_everywhere(&*lent::pysaml2().await, "globex.example", "redirect").await;
}

#[actix_web::test]
async fn a_person_of_pysaml2_signs_out_everywhere_by_form() {
    a_person_signs_out_everywhere(&*lent::pysaml2().await, "globex.example", "post").await;
}

#[actix_web::test]
async fn a_person_of_samlp_signs_out_everywhere_by_redirect() {
    a_person_signs_out_everywhere(&*lent::samlp().await, "initech.example", "redirect").await;
}

#[actix_web::test]
async fn a_person_of_samlp_signs_out_everywhere_by_form() {
    a_person_signs_out_everywhere(&*lent::samlp().await, "initech.example", "post").await;
}

#[actix_web::test]
async fn a_provider_reads_whom_we_mean_and_checks_our_signature() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    // pysaml2 checks the signatures of logout requests where it wants signed requests at all.
    provider.set(&json!({"slo": ["redirect", "post"], "want_requests_signed": true})).await;
    for binding in ["redirect", "post"] {
        provider.forget().await;
        let gateway = Gateway::start().await;
        let settings = Settings { sign_requests: true, ..by(binding) };
        let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
        let mut person = world.sign_in().await;
        let page = everywhere(&world, &mut person).await;
        assert_eq!(page.url.as_str(), world.back(), "{}", page.body);
        let told = UserAgent::new().get(format!("{}/control/told", provider.url)).await.json();
        assert_eq!(told["name_id"], world.email());
        assert_eq!(told["session_index"].as_array().unwrap().len(), 1, "{told}");
    }
}

#[actix_web::test]
async fn the_page_says_what_is_not_signed_out() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": ["redirect"]})).await;
    let gateway = Gateway::start().await;
    let world = World::of(&gateway, &provider, &app, "globex.example", by("redirect")).await;
    for (options, sentence) in [
        (json!({"logout": "partial"}), "but not of every app"),
        (json!({"logout": "failed"}), "it did not sign you out"),
        (json!({"sign_logout": false}), "no answer that can be trusted"),
    ] {
        provider.set(&options).await;
        app.forget_ended(0).await;
        let mut person = world.sign_in().await;
        let page = everywhere(&world, &mut person).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.url.as_str().starts_with(&gateway.url), "{}", page.url);
        assert!(page.body.contains(sentence), "{sentence} in {}", page.body);
        // The person goes back to the app after reading.
        assert!(page.body.contains(&format!("href=\"{}\"", world.back())), "{}", page.body);
        assert!(!page.body.contains("http-equiv"), "{}", page.body);
        world.is_out(&mut person).await;
    }
    let samlp = lent::samlp().await;
    samlp.set(&json!({"slo": ["redirect"], "logout": "partial"})).await;
    let gateway = Gateway::start().await;
    let world = World::of(&gateway, &samlp, &app, "initech.example", by("redirect")).await;
    let mut person = world.sign_in().await;
    let page = everywhere(&world, &mut person).await;
    assert!(page.body.contains("but not of every app"), "{}", page.body);
}

#[actix_web::test]
async fn a_sign_out_goes_on_in_its_own_browser_only() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": ["redirect"]})).await;
    let gateway = Gateway::start().await;
    let world = World::of(&gateway, &provider, &app, "globex.example", by("redirect")).await;
    let mut person = world.sign_in().await;
    let page = person.agent.get(world.app_s(&person).await).await;
    let form = page.form();
    let mut other = UserAgent::new();
    let page = other.submit_once(&form).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None), "{}", page.body);

    let to_provider = person.agent.submit_once(&form).await.location().unwrap();
    let answer = person.agent.get_once(&to_provider).await.location().unwrap();
    let page = other.get_once(&answer).await;
    assert_eq!((page.status.as_u16(), page.location()), (400, None), "{}", page.body);
    let page = person.agent.get_once(&answer).await;
    assert_eq!(page.location().unwrap().as_str(), world.back());
    // Coming back to it, or asking once more, ends in the same place.
    assert_eq!(person.agent.get_once(&answer).await.location().unwrap().as_str(), world.back());
    let page = person.agent.submit_once(&form).await;
    assert_eq!(page.location().unwrap().as_str(), world.back());
    gateway.advance(TimeDelta::minutes(10));
    assert_eq!(person.agent.submit_once(&form).await.status, 400);
}

#[actix_web::test]
async fn without_an_address_at_the_provider_nothing_is_offered() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let settings = Settings::default();
    let world = World::of(&gateway, &provider, &app, "globex.example", settings).await;
    let mut person = world.sign_in().await;
    let page = person.agent.get(world.app_s(&person).await).await;
    assert_eq!(page.url.as_str(), world.back());
    world.is_told(&person).await;
}
