//! A sign-in in a real browser, by email on our own page.

use crate::gateway::Gateway;
use crate::peers::{Journey, lent};
use vestibule::saml::Binding;
use vestibule::store::connections::Settings;
use vestibule::store::traces::Outcome;

async fn a_person_signs_in(javascript: bool, binding: Binding) {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway = Gateway::start().await;
    let customer = gateway.customer("globex.example");
    let settings = Settings { request_binding: Some(binding), ..Settings::default() };
    customer.connect_with(&provider, settings).await;
    gateway.adopt(&app).await;

    let email = "ada@globex.example".to_owned();
    let journey =
        Journey { start: app.login_url(&[]), email, person: "ada".to_owned(), javascript };
    let seen = journey.walk().await;

    assert_eq!(seen.app["claims"]["email"], "ada@globex.example");
    assert_eq!(seen.console, Vec::<String>::new(), "{:#?}", seen.pages);
    let login = format!("{}/login?trace=", gateway.url);
    assert!(seen.pages.iter().any(|page| page.starts_with(&login)), "{:#?}", seen.pages);
    assert_eq!(gateway.last_trace().outcome, Outcome::Succeeded);
}

#[actix_web::test]
async fn a_person_signs_in_by_email_in_a_browser() {
    a_person_signs_in(true, Binding::Redirect).await;
}

#[actix_web::test]
async fn a_person_signs_in_by_email_in_a_browser_that_posts_the_request() {
    a_person_signs_in(true, Binding::Post).await;
}

#[actix_web::test]
async fn a_person_signs_in_by_email_in_a_browser_without_scripts() {
    a_person_signs_in(false, Binding::Redirect).await;
}

#[actix_web::test]
async fn a_person_signs_in_by_email_in_a_browser_without_scripts_that_posts_the_request() {
    a_person_signs_in(false, Binding::Post).await;
}
