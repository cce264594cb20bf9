//! More than anybody honest sends: it is turned away, and honest people come in all the while.

use crate::gateway::{ADA, Gateway, Idp, Key, World, form, is_in};
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use reqwest::header::CONTENT_TYPE;
use std::collections::HashMap;
use vestibule::cause::Cause;
use vestibule::saml::certificate::Certificate;
use vestibule::saml::issue::{ContentCipher, Issue, Signed};
use vestibule::store::connections::Settings;
use vestibule::store::{Window, events};

const FLOOD: usize = 2000;

/// Posts rubbish from one address; how often each status was the answer.
async fn flood(world: &World<'_>, from: &str) -> HashMap<u16, usize> {
    let acs = world.connection.acs(&world.gateway.url);
    let client = UserAgent::new().into_client();
    let mut answers = HashMap::new();
    for _ in 0..FLOOD {
        let post = client
            .post(&acs)
            .header("x-forwarded-for", from)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("SAMLResponse=QUJDREVG");
        let answer = post.send().await.unwrap();
        assert_eq!(answer.headers().contains_key("retry-after"), answer.status() == 429);
        *answers.entry(answer.status().as_u16()).or_default() += 1;
    }
    answers
}

#[actix_web::test]
async fn rubbish_from_one_address_leaves_sign_ins_from_another_working() {
    let settings = [("proxy.trusted", "127.0.0.1"), ("limits.per_address", "100")];
    let gateway = Gateway::with(&settings).await;
    let world = World::of(&gateway);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let answers = flood(&world, "203.0.113.66").await;
    // As many as the limit, and what is forgiven while the flood lasts.
    let taken = answers[&400];
    assert!((100..FLOOD / 2).contains(&taken) && taken + answers[&429] == FLOOD, "{answers:?}");
    is_in(&world.come_back(&mut agent, &underway).await);
    world.works().await;
}

#[actix_web::test]
async fn responses_that_nobody_asked_for_fill_the_traces_up_to_a_point() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let acs = world.connection.acs(&gateway.url);
    let rubbish = form(&acs, &[("SAMLResponse", "QUJDREVG")]);
    for n in 0..70 {
        let page = UserAgent::new().submit_once(&rubbish).await;
        assert_eq!(page.status, 400);
        assert!(page.body.contains("xml_invalid"), "{}", page.body);
        assert_eq!(gateway.traces().len(), (n + 1).min(60));
    }
    // What somebody did ask for is written down all the same.
    world.refuses("rubbish", Cause::XmlInvalid, |underway| underway.form("QUJDREVG")).await;
    gateway.advance(TimeDelta::minutes(1));
    let page = UserAgent::new().submit_once(&rubbish).await;
    world.refused("a minute later", Cause::XmlInvalid, &page);
}

#[actix_web::test]
async fn refused_logout_messages_fill_the_events_up_to_a_point() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let slo = world.connection.slo(&gateway.url);
    let filter = events::Filter {
        organization: Some(world.customer.organization.id.clone()),
        kind: Some("logout.refused".to_owned()),
        ..events::Filter::default()
    };
    let told = || {
        let window = Window { limit: 200, before: None };
        gateway.read(|db| events::page(db, &window, &filter)).data
    };
    let rubbish = form(&slo, &[("SAMLRequest", "QUJDREVG")]);
    for n in 0..70 {
        let page = UserAgent::new().submit_once(&rubbish).await;
        assert!(page.body.contains("xml_invalid"), "{}", page.body);
        let told = told();
        assert_eq!(told.len(), (n + 1).min(60));
        if n == 0 {
            assert_eq!(told[0].data["cause"], "xml_invalid");
            assert_eq!(told[0].subject_id, world.connection.id.as_str());
            // Whoever calls support gives the reference that the page shows.
            let reference = told[0].data["request_id"].as_str().unwrap();
            assert!(page.body.contains(reference), "{}", page.body);
        }
    }
    gateway.advance(TimeDelta::minutes(1));
    UserAgent::new().get_once(format!("{slo}?SAMLRequest=QUJD")).await;
    assert_eq!(told().len(), 61);
}

/// Ada's answer, encrypted for us.
async fn encrypted(world: &World<'_>, cipher: ContentCipher, change: fn(&mut Issue<'_>)) -> Page {
    let ours = world.gateway.state.keys().encryption_certificates()[0].clone();
    let certificate: Certificate = ours;
    let mut agent = UserAgent::new();
    let start = world.app.authorize(world.gateway, &[("login_hint", ADA)]);
    let underway = Idp::begin(&mut agent, &start).await;
    let response = {
        let mut issue = world.answer(&underway);
        change(&mut issue);
        Issue { encryption: Some((&certificate, cipher)), ..issue }.base64().unwrap()
    };
    agent.submit_once(&underway.form(&response)).await
}

#[actix_web::test]
async fn after_too_many_tries_with_cbc_nothing_is_opened_for_a_minute() {
    let gateway = Gateway::start().await;
    let settings = Settings { allow_cbc: true, ..Settings::default() };
    let world = World::with(&gateway, settings);
    let (cbc, gcm) = (ContentCipher::Aes256Cbc, ContentCipher::Aes256Gcm);
    for n in 0..20 {
        let page = encrypted(&world, cbc, |it| it.signer = Key::unknown().signer()).await;
        world.refused(&format!("try {n}"), Cause::EncryptedUnreadable, &page);
    }
    let page = encrypted(&world, cbc, |_| {}).await;
    world.refused("a right one", Cause::EncryptedUnreadable, &page);
    // What a stranger cannot have changed is opened as ever.
    is_in(&encrypted(&world, gcm, |_| {}).await);
    is_in(&encrypted(&world, cbc, |it| it.signed = Signed::Both).await);
    gateway.advance(TimeDelta::minutes(1));
    is_in(&encrypted(&world, cbc, |_| {}).await);
}
