//! A sign-in in a real browser, by email on our own page.

use crate::gateway::Gateway;
use crate::peers::{Journey, lent};
use serde_json::json;
use url::Url;
use vestibule::saml::Binding;
use vestibule::store::applications::NewApplication;
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
    let journey = Journey {
        start: app.login_url(&[]),
        email,
        person: "ada".to_owned(),
        javascript,
        sign_out: false,
        frame: None,
    };
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

/// Signs in and out again, at the provider, too; an app is told in a hidden frame.
async fn a_person_signs_out(javascript: bool, binding: Binding) {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    provider.set(&json!({"slo": ["redirect", "post"]})).await;
    let gateway = Gateway::start().await;
    let settings = Settings { request_binding: Some(binding), ..Settings::default() };
    gateway.customer("globex.example").connect_with(&provider, settings).await;
    let frame = |new: &mut NewApplication| {
        new.logout.frontchannel_uri = Some(format!("{}/frontchannel-logout", app.url));
    };
    gateway.adopt_with(&app, frame, |_| {}).await;
    app.forget_ended(0).await;
    let journey = Journey {
        start: app.login_url(&[("login_hint", "ada@globex.example")]),
        email: String::new(),
        person: "ada".to_owned(),
        javascript,
        sign_out: true,
        frame: None,
    };
    let seen = journey.walk().await;
    assert_eq!(seen.console, Vec::<String>::new(), "{:#?}", seen.pages);
    let end = format!("{}?state=after", app.post_logout_redirect_uri);
    assert_eq!(seen.pages.last(), Some(&end), "{:#?}", seen.pages);
    let told = app.ended(1).await;
    assert_eq!(told[0]["frame"]["sid"], seen.app["claims"]["sid"], "{told:?}");
    assert_eq!(told[0]["frame"]["iss"], gateway.url);
}

#[actix_web::test]
async fn a_person_signs_out_everywhere_in_a_browser() {
    a_person_signs_out(true, Binding::Redirect).await;
    a_person_signs_out(true, Binding::Post).await;
}

#[actix_web::test]
async fn a_person_signs_out_everywhere_in_a_browser_without_scripts() {
    a_person_signs_out(false, Binding::Redirect).await;
    a_person_signs_out(false, Binding::Post).await;
}

/// As providers do that sign out of each app in a frame of their page: without cookies of ours, and with our
/// answer's page inside.
#[actix_web::test]
async fn a_provider_signs_somebody_out_in_a_frame_of_its_page() {
    for (binding, with_frame) in
        [("redirect", false), ("post", false), ("redirect", true), ("post", true)]
    {
        let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
        provider.set(&json!({"slo": [binding]})).await;
        let gateway = Gateway::start().await;
        let customer = gateway.customer("globex.example");
        let connection = customer.connect(&provider).await;
        let change = |new: &mut NewApplication| {
            new.logout.backchannel_uri = Some(app.backchannel_logout_uri());
            if with_frame {
                new.logout.frontchannel_uri = Some(format!("{}/frontchannel-logout", app.url));
            }
        };
        gateway.adopt_with(&app, change, |_| {}).await;
        app.forget_ended(0).await;
        let entity_id = connection.entity_id(&gateway.url);
        let query = [("binding", binding), ("sp", &*entity_id), ("user", "ada"), ("index", "last")];
        let frame = Url::parse_with_params(&format!("{}/frame", provider.url), query).unwrap();
        let journey = Journey {
            start: app.login_url(&[("login_hint", "ada@globex.example")]),
            email: String::new(),
            person: "ada".to_owned(),
            javascript: true,
            sign_out: false,
            frame: Some(frame.into()),
        };
        let seen = journey.walk().await;
        assert_eq!(seen.console, Vec::<String>::new(), "{binding} {:#?}", seen.pages);
        let said = seen.frame.unwrap();
        assert!(said.contains("\"Success\""), "{binding}: {said}");
        let told = app.ended(1 + usize::from(with_frame)).await;
        assert!(told.iter().any(|told| told["claims"]["sid"] == seen.app["claims"]["sid"]));
    }
}
