//! The ways in which foreign providers ask, sign and encrypt.

use super::claims;
use crate::gateway::{Customer, Gateway};
use crate::peers::{self, App, Provider, lent};
use crate::user_agent::{Page, UserAgent};
use serde_json::{Value, json};
use vestibule::saml::Binding;
use vestibule::store::connections::Settings;
use vestibule::store::traces::{Outcome, TraceKind};

async fn sign_in(app: &App, domain: &str) -> Page {
    let start = app.login_url(&[("login_hint", &format!("ada@{domain}"))]);
    peers::sign_in(&mut UserAgent::new(), &start, "ada").await
}

/// Signs Ada in with each of these options of the provider, by each binding.
async fn every_way(provider: &Provider, app: &App, domain: &str, ways: &[Value]) {
    let gateway = Gateway::start().await;
    let customer = gateway.customer(domain);
    let connection = customer.connect(provider).await;
    gateway.adopt(app).await;
    for binding in [Binding::Redirect, Binding::Post] {
        let settings = Settings { request_binding: Some(binding), ..Settings::default() };
        customer.set(&connection, settings);
        for way in ways {
            provider.set(way).await;
            let page = sign_in(app, domain).await;
            assert_eq!(claims(&page)["email"], format!("ada@{domain}"), "{binding:?} {way}");
        }
    }
}

fn ways() -> Vec<Value> {
    let signed = [(true, false), (false, true), (true, true)];
    let plain = signed.map(|(assertion, response)| {
        json!({"sign_assertion": assertion, "sign_response": response, "encrypt": null})
    });
    let sealed = ["aes128-gcm", "aes256-gcm"]
        .map(|cipher| json!({"sign_assertion": true, "sign_response": false, "encrypt": cipher}));
    plain.into_iter().chain(sealed).collect()
}

#[actix_web::test]
async fn pysaml2_may_sign_and_encrypt_as_it_likes_by_either_binding() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    every_way(&provider, &app, "globex.example", &ways()).await;
}

#[actix_web::test]
async fn samlp_may_sign_and_encrypt_as_it_likes_by_either_binding() {
    let (provider, app) = (lent::samlp().await, lent::authlib().await);
    every_way(&provider, &app, "initech.example", &ways()).await;
}

/// A provider that wants signed requests gets them if the connection says so, and refuses others.
async fn requests_are_signed(provider: &Provider, app: &App, domain: &str) {
    provider.set(&json!({"want_requests_signed": true})).await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer(domain);
    let signing = Settings { sign_requests: true, ..Settings::default() };
    let connection = customer.connect_with(provider, signing.clone()).await;
    gateway.adopt(app).await;
    for binding in [Binding::Redirect, Binding::Post] {
        let with = Settings { request_binding: Some(binding), ..signing.clone() };
        customer.set(&connection, with);
        assert_eq!(claims(&sign_in(app, domain).await)["email"], format!("ada@{domain}"));
    }
    customer.set(&connection, Settings::default());
    let mut agent = UserAgent::new();
    let start = app.login_url(&[("login_hint", &format!("ada@{domain}"))]);
    let page = agent.get(&start).await;
    assert!(page.url.as_str().starts_with(&provider.url), "{}", page.url);
    let forms = page.forms();
    let page = match forms.as_slice() {
        [form] => agent.submit(&form.clone().with("user", "ada")).await,
        _ => page,
    };
    assert_eq!(page.status, 400, "{}", page.body);
}

#[actix_web::test]
async fn pysaml2_gets_the_signed_requests_that_it_wants() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    requests_are_signed(&provider, &app, "globex.example").await;
}

#[actix_web::test]
async fn samlp_gets_the_signed_requests_that_it_wants() {
    let (provider, app) = (lent::samlp().await, lent::openid_client().await);
    requests_are_signed(&provider, &app, "initech.example").await;
}

#[actix_web::test]
async fn a_provider_may_sign_with_any_certificate_of_its_metadata_and_no_other() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"keys": 2})).await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    gateway.adopt(&app).await;
    assert_eq!(connection.identity_provider.as_ref().unwrap().certificates.len(), 2);
    for key in [1, 2] {
        provider.set(&json!({"sign_with_key": key})).await;
        claims(&sign_in(&app, "globex.example").await);
    }
    provider.set(&json!({"keys": 3, "sign_with_key": 3})).await;
    refused(&gateway, &sign_in(&app, "globex.example").await, "certificate_unknown");

    customer.import(&connection, &provider.metadata_url).await;
    claims(&sign_in(&app, "globex.example").await);
}

#[actix_web::test]
async fn what_is_weak_is_refused_unless_the_connection_takes_it() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    gateway.adopt(&app).await;

    provider.set(&json!({"signature": "sha1"})).await;
    refused(&gateway, &sign_in(&app, "globex.example").await, "signature_weak");
    let reason = Some("the provider is being replaced".to_owned());
    let settings = Settings { allow_sha1: true, sha1_reason: reason, ..Settings::default() };
    customer.set(&connection, settings);
    claims(&sign_in(&app, "globex.example").await);

    provider.set(&json!({"signature": "sha256", "encrypt": "aes256-cbc"})).await;
    refused(&gateway, &sign_in(&app, "globex.example").await, "encrypted_unreadable");
    customer.set(&connection, Settings { allow_cbc: true, ..Settings::default() });
    claims(&sign_in(&app, "globex.example").await);

    // Triple DES, pysaml2's own choice, is never taken.
    provider.set(&json!({"encrypt": "default"})).await;
    refused(&gateway, &sign_in(&app, "globex.example").await, "encrypted_unreadable");
}

#[actix_web::test]
async fn what_the_provider_refuses_is_told_to_the_person_and_the_app() {
    for (provider, domain) in
        [(lent::pysaml2().await, "globex.example"), (lent::samlp().await, "initech.example")]
    {
        let app = lent::openid_client().await;
        let gateway = Gateway::start().await;
        let customer: Customer<'_> = gateway.customer(domain);
        customer.connect(&provider).await;
        gateway.adopt(&app).await;
        let start = app.login_url(&[("login_hint", &format!("mallory@{domain}"))]);
        let mut agent = UserAgent::new();
        let page = peers::sign_in(&mut agent, &start, "mallory").await;
        assert_eq!(page.status, 403);
        refused(&gateway, &page, "status_not_success");
        assert!(page.body.contains(&format!("{}?error=access_denied", app.redirect_uri)));
    }
}

fn refused(gateway: &Gateway, page: &Page, code: &str) {
    assert!(page.body.contains(code), "{code} in {}", page.body);
    let trace = gateway.last_trace();
    assert_eq!(trace.cause.as_deref(), Some(code), "{:?}", trace.checks);
    assert_eq!(trace.outcome, Outcome::Failed);
    assert!(page.body.contains(trace.id.as_str()));
}

async fn a_provider_starts_a_sign_in(provider: &Provider, domain: &str) {
    let app = lent::openid_client().await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer(domain);
    let connection = customer.connect(provider).await;
    gateway.adopt(&app).await;
    let start = provider.start_url(&connection.entity_id(&gateway.url), "ada");

    // Not taken by default: the page offers to start here, and that leads on.
    let mut agent = UserAgent::new();
    let page = agent.get(&start).await;
    let page = agent.settle(page).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains(&format!("/login/{}", connection.id)), "{}", page.body);
    assert_eq!(gateway.last_trace().cause.as_deref(), Some("idp_started_not_allowed"));

    customer.set(&connection, Settings { idp_started: true, ..Settings::default() });
    let mut agent = UserAgent::new();
    let page = agent.get(&start).await;
    let page = agent.settle(page).await;
    // The gateway sends the person to the app's own start, and the session answers at once.
    assert_eq!(claims(&page)["email"], format!("ada@{domain}"));
    let trace = gateway.last_trace();
    assert_eq!((trace.kind, trace.outcome), (TraceKind::ProviderStarted, Outcome::Succeeded));
}

#[actix_web::test]
async fn pysaml2_starts_a_sign_in_where_that_is_allowed() {
    a_provider_starts_a_sign_in(&*lent::pysaml2().await, "globex.example").await;
}

#[actix_web::test]
async fn samlp_starts_a_sign_in_where_that_is_allowed() {
    a_provider_starts_a_sign_in(&*lent::samlp().await, "initech.example").await;
}
