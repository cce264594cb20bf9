//! Sign-ins from the app through the gateway to a provider and back, with software nobody here wrote.

mod app;
mod break_glass;
mod clocks;
mod console;
mod ending;
mod freshness;
mod hint;
mod left_over;
mod lifetimes;
mod logout;
mod machine;
mod names;
mod operator;
mod people;
mod rotation;
mod saml;
mod slash;

pub(crate) use break_glass::codes;
pub(crate) use console::a_member_comes_and_goes;
pub(crate) use operator::Operator;

use crate::gateway::{Gateway, World, form, is_in};
use crate::peers::{self, App, Provider, lent};
use crate::user_agent::{Page, UserAgent};
use serde_json::Value;
use vestibule::store::traces::{Outcome, TraceKind};

/// What the app says of a person who is in.
pub(crate) fn claims(page: &Page) -> Value {
    assert_eq!(page.status, 200, "{} at {}", page.body, page.url);
    page.json()["claims"].clone()
}

/// A parameter of the address that the browser is sent to.
#[track_caller]
pub(crate) fn told(page: &Page, name: &str) -> String {
    let location = page.location().unwrap_or_else(|| panic!("{page:?}"));
    let pair = location.query_pairs().find(|(key, _)| key == name);
    pair.unwrap_or_else(|| panic!("{name} in {location}")).1.into_owned()
}

/// What the gateway answers when the app redeems the code of a sign-in.
pub(crate) async fn redeem(world: &World<'_>, page: &Page) -> Page {
    is_in(page);
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", &told(page, "code")),
        ("redirect_uri", &world.app.application.redirect_uris[0]),
        ("client_id", world.app.application.id.as_str()),
        ("client_secret", world.app.secret.as_deref().unwrap()),
    ];
    let to = format!("{}/oauth/token", world.gateway.url);
    UserAgent::new().submit_once(&form(&to, &fields)).await
}

async fn a_person_signs_in(provider: &Provider, app: &App, domain: &str) {
    let gateway = Gateway::start().await;
    let customer = gateway.customer(domain);
    let connection = customer.connect(provider).await;
    let registered = gateway.adopt(app).await;

    let email = format!("ada@{domain}");
    let mut agent = UserAgent::new();
    let start = app.login_url(&[("login_hint", &email)]);
    let page = peers::sign_in(&mut agent, &start, "ada").await;

    let claims = claims(&page);
    assert_eq!(claims["email"], email);
    assert_eq!(claims["email_verified"], true);
    assert_eq!(claims["given_name"], "Ada");
    assert_eq!(claims["family_name"], "Lovelace");
    assert_eq!(claims["org_id"], customer.organization.id.as_str());
    assert_eq!(claims["connection_id"], connection.id.as_str());
    assert_eq!(page.json()["userinfo"]["email"], email);
    let person = customer.find(&email).expect("the person was created");
    assert_eq!(claims["sub"], person.id.as_str());

    let trace = gateway.last_trace();
    assert_eq!(trace.outcome, Outcome::Succeeded);
    assert_eq!(trace.kind, TraceKind::SignIn);
    assert_eq!(trace.user_id, Some(person.id));
    assert_eq!(trace.application_id, Some(registered.application.id));
    assert!(trace.checks.iter().all(|check| check.passed), "{:?}", trace.checks);
}

#[actix_web::test]
async fn a_person_of_pysaml2_signs_in_to_openid_client() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    a_person_signs_in(&provider, &app, "globex.example").await;
}

#[actix_web::test]
async fn a_person_of_pysaml2_signs_in_to_authlib() {
    let (provider, app) = (lent::pysaml2().await, lent::authlib().await);
    a_person_signs_in(&provider, &app, "globex.example").await;
}

#[actix_web::test]
async fn a_person_of_samlp_signs_in_to_openid_client() {
    let (provider, app) = (lent::samlp().await, lent::openid_client().await);
    a_person_signs_in(&provider, &app, "initech.example").await;
}

#[actix_web::test]
async fn a_person_of_samlp_signs_in_to_authlib() {
    let (provider, app) = (lent::samlp().await, lent::authlib().await);
    a_person_signs_in(&provider, &app, "initech.example").await;
}
