//! Sign-ins from the app through the gateway to oidc-provider and back.

use crate::gateway::{Customer, Gateway};
use crate::journeys::{a_member_comes_and_goes, claims};
use crate::peers::{self, App, OpenIdProvider, lent};
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use serde_json::{Value, json};
use vestibule::oidc::provider::AuthMethod;
use vestibule::store::connections::{self, Connection};
use vestibule::store::sign_in;
use vestibule::store::traces::{Outcome, TraceKind};

const ADA: &str = "ada@umbrella.example";

async fn sign_in_as(app: &App, person: &str) -> Page {
    let start = app.login_url(&[("login_hint", &format!("{person}@umbrella.example"))]);
    peers::sign_in(&mut UserAgent::new(), &start, person).await
}

/// The page tells the cause, and so does the trace.
#[track_caller]
fn refused(gateway: &Gateway, page: &Page, cause: &str) {
    assert!(page.body.contains(cause), "{cause} in {}", page.body);
    let trace = gateway.last_trace();
    assert_eq!(trace.cause.as_deref(), Some(cause), "{:?}", trace.checks);
    assert_eq!((trace.kind, trace.outcome), (TraceKind::SignIn, Outcome::Failed));
    assert!(trace.checks.last().is_some_and(|check| !check.passed), "{:?}", trace.checks);
}

/// A customer of the gateway whose provider is oidc-provider, and the app.
async fn connected<'a>(
    gateway: &'a Gateway,
    provider: &OpenIdProvider,
    app: &App,
) -> (Customer<'a>, Connection) {
    let customer = gateway.customer("umbrella.example");
    let tested = customer.meet(provider, AuthMethod::ClientSecretBasic, "RS256").await;
    gateway.adopt(app).await;
    let connection = customer.activate(&tested);
    (customer, connection)
}

#[actix_web::test]
async fn a_member_comes_in_by_oidc_provider_until_they_are_switched_off() {
    let provider = lent::oidc_provider().await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer("umbrella.example");
    let tested = customer.meet(&provider, AuthMethod::ClientSecretBasic, "RS256").await;
    let connection = customer.activate(&tested);
    a_member_comes_and_goes(&gateway, &customer, &connection, "umbrella.example").await;
}

async fn a_person_signs_in(method: AuthMethod, algorithm: &str) {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    provider.set(&json!({"keys": [1, 2]})).await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer("umbrella.example");
    let tested = customer.meet(&provider, method, algorithm).await;
    let connection = customer.activate(&tested);
    let registered = gateway.adopt(&app).await;

    let mut agent = UserAgent::new();
    let page = agent.get(app.login_url(&[("login_hint", ADA)])).await;
    assert!(page.body.contains(&format!("<p id=\"hint\">{ADA}</p>")), "{}", page.body);
    let page = agent.submit(&page.form().with("user", "ada")).await;

    let claims: Value = claims(&page);
    assert_eq!((&claims["email"], &claims["email_verified"]), (&json!(ADA), &json!(true)));
    assert_eq!(claims["name"], "Ada Lovelace");
    assert_eq!(
        (&claims["given_name"], &claims["family_name"]),
        (&json!("Ada"), &json!("Lovelace"))
    );
    assert_eq!(claims["org_id"], customer.organization.id.as_str());
    assert_eq!(claims["connection_id"], connection.id.as_str());
    let person = customer.find(ADA).expect("the person was created");
    assert_eq!(claims["sub"], person.id.as_str());
    assert_eq!(provider.proofs().await, json!([method]));

    let trace = gateway.last_trace();
    assert_eq!((trace.kind, trace.outcome), (TraceKind::SignIn, Outcome::Succeeded));
    assert_eq!(
        (trace.user_id, trace.application_id),
        (Some(person.id), Some(registered.application.id))
    );
    let checks: Vec<_> = trace.checks.iter().map(|check| check.name.key()).collect();
    assert_eq!(
        checks,
        [
            "request",
            "browser",
            "response_issuer",
            "code",
            "token_request",
            "id_token",
            "token_signature",
            "issuer",
            "audience",
            "token_time",
            "nonce",
            "subject",
            "userinfo",
            "email",
            "domain",
            "person",
        ]
    );
    assert!(trace.checks.iter().all(|check| check.passed), "{:?}", trace.checks);

    // Who comes again is the same person, known by the sub.
    let page = sign_in_as(&app, "ada").await;
    assert_eq!(crate::journeys::claims(&page)["sub"], claims["sub"]);
    let last = gateway.last_trace().checks.last().cloned().unwrap();
    assert_eq!(last.received.as_deref(), Some("known"));
}

#[actix_web::test]
async fn a_person_signs_in_where_the_secret_is_in_the_header() {
    a_person_signs_in(AuthMethod::ClientSecretBasic, "RS256").await;
}

#[actix_web::test]
async fn a_person_signs_in_where_the_secret_is_in_the_form() {
    a_person_signs_in(AuthMethod::ClientSecretPost, "RS256").await;
}

#[actix_web::test]
async fn a_person_signs_in_where_our_own_key_proves_who_we_are() {
    a_person_signs_in(AuthMethod::PrivateKeyJwt, "ES256").await;
}

#[actix_web::test]
async fn a_provider_may_change_its_key_between_two_sign_ins() {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    connected(&gateway, &provider, &app).await;
    claims(&sign_in_as(&app, "ada").await);
    provider.set(&json!({"keys": [3]})).await;
    claims(&sign_in_as(&app, "ada").await);
    // Once a minute, whoever sends tokens.
    provider.set(&json!({"keys": [5]})).await;
    refused(&gateway, &sign_in_as(&app, "ada").await, "token_invalid");
    gateway.advance(TimeDelta::minutes(1));
    claims(&sign_in_as(&app, "ada").await);
}

#[actix_web::test]
async fn a_key_that_the_provider_took_away_is_not_trusted_for_long() {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    // It was six hours ago that the connection was set up.
    gateway.advance(TimeDelta::hours(-6));
    let (_, connection) = connected(&gateway, &provider, &app).await;
    provider.set(&json!({"keys": [1, 3]})).await;
    gateway.advance(TimeDelta::hours(6));
    claims(&sign_in_as(&app, "ada").await);
    let known = gateway.read(|db| connections::openid::known_keys(db, &connection.id));
    assert_eq!(known.keys.names().collect::<Vec<_>>(), ["key-1", "key-3"]);
}

#[actix_web::test]
async fn what_is_in_the_id_token_is_not_asked_for_again() {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    connected(&gateway, &provider, &app).await;
    provider.set(&json!({"in_id_token": true})).await;
    assert_eq!(claims(&sign_in_as(&app, "ada").await)["name"], "Ada Lovelace");
    assert!(gateway.last_trace().checks.iter().all(|check| check.name.key() != "userinfo"));
}

#[actix_web::test]
async fn the_provider_s_own_refusal_is_told() {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    connected(&gateway, &provider, &app).await;
    refused(&gateway, &sign_in_as(&app, "mallory").await, "status_not_success");
    let trace = gateway.last_trace();
    let received = trace.checks.last().unwrap().received.clone().unwrap();
    assert_eq!(received, "access_denied: mallory is not assigned");
}

#[actix_web::test]
async fn an_address_that_the_provider_has_not_verified_is_refused() {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let (customer, _) = connected(&gateway, &provider, &app).await;
    provider.set(&json!({"email_verified": false})).await;
    refused(&gateway, &sign_in_as(&app, "ada").await, "email_unverified");
    provider.set(&json!({"email_verified": true, "domain": "initech.example"})).await;
    refused(&gateway, &sign_in_as(&app, "ada").await, "email_domain_not_allowed");
    assert!(customer.find(ADA).is_none());
}

#[actix_web::test]
async fn a_person_proves_themselves_anew_where_the_app_wants_it() {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    connected(&gateway, &provider, &app).await;
    let mut agent = UserAgent::new();
    let start = app.login_url(&[("login_hint", ADA)]);
    claims(&peers::sign_in(&mut agent, &start, "ada").await);
    // The gateway's session answers.
    claims(&agent.get(&start).await);
    // The provider has a session, and asks all the same.
    let anew = app.login_url(&[("login_hint", ADA), ("prompt", "login")]);
    claims(&peers::sign_in(&mut agent, &anew, "ada").await);
    let trace = gateway.last_trace();
    assert!(trace.checks.iter().any(|check| check.name.key() == "freshness"), "{:?}", trace.checks);
    // A moment is long enough ago for an app that wants nobody who is older.
    let aged = app.login_url(&[("login_hint", ADA), ("max_age", "3600")]);
    claims(&agent.get(&aged).await);
}

#[actix_web::test]
async fn a_test_sign_in_shows_what_was_received_and_creates_nothing() {
    let provider = lent::oidc_provider().await;
    let gateway = Gateway::start().await;
    let customer = gateway.customer("umbrella.example");
    let connection = customer.meet(&provider, AuthMethod::ClientSecretPost, "RS256").await;
    let test = |connection: &Connection| {
        let trace = gateway.write(|tx| sign_in::begin_test(tx, connection, TimeDelta::minutes(10)));
        format!("{}?test={}", connection.login_url(&gateway.url), trace.id)
    };
    let page = peers::sign_in(&mut UserAgent::new(), &test(&connection), "ada").await;
    assert_eq!(page.status, 200, "{}", page.body);
    for shown in ["email", ADA, "Lovelace", "family_name"] {
        assert!(page.body.contains(shown), "{shown} in {}", page.body);
    }
    assert!(customer.find(ADA).is_none());
    let active = gateway.write(|tx| connections::activate(tx, &connection.id, false));
    assert!(active.tested());

    let page = peers::sign_in(&mut UserAgent::new(), &test(&connection), "mallory").await;
    assert!(page.body.contains("status_not_success"), "{}", page.body);
    assert_eq!(gateway.last_trace().kind, TraceKind::Test);
}

#[actix_web::test]
async fn nobody_signs_in_by_a_connection_that_is_off_or_gone() {
    let (provider, app) = (lent::oidc_provider().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let (_, connection) = connected(&gateway, &provider, &app).await;
    let start = app.login_url(&[("connection", connection.id.as_str())]);
    let mut agent = UserAgent::new();
    let page = agent.get(&start).await;
    gateway.write(|tx| connections::disable(tx, &connection.id));
    let page = agent.submit(&page.form().with("user", "ada")).await;
    assert!(page.body.contains("connection_disabled"), "{}", page.body);

    gateway.write(|tx| connections::activate(tx, &connection.id, true));
    let mut agent = UserAgent::new();
    let page = agent.get(&start).await;
    gateway.write(|tx| connections::delete(tx, &connection.id));
    let page = agent.submit(&page.form().with("user", "ada")).await;
    assert_eq!(page.status, 404, "{}", page.body);
}
