//! A provider signs with a new key: the person who comes first gets in, and nothing is done for strangers.

use super::{gateway, known, provider, round, world};
use crate::gateway::{ADA, Gateway, Idp, Key, Publisher, Underway, World, is_in};
use crate::peers::{self, lent};
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::json;
use vestibule::cause::Cause;
use vestibule::saml::issue::Issue;
use vestibule::store::connections::certificates::CertificateState::{Active, Retired};
use vestibule::store::connections::{self, Connection};
use vestibule::store::traces::Outcome;

fn idp() -> Idp {
    Idp::new("https://idp.globex.example")
}

/// An answer by the key that the gateway has not seen.
fn by_new_key(world: &World<'_>, to: &Underway) -> Issue<'static> {
    Issue { signer: Key::unknown().signer(), ..world.answer(to) }
}

async fn post(agent: &mut UserAgent, to: &Underway, answer: &Issue<'_>) -> Page {
    agent.submit_once(&to.form(&answer.base64().unwrap())).await
}

/// A sign-in that the provider answers with the new key.
async fn sign_in(world: &World<'_>) -> Page {
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    post(&mut agent, &underway, &by_new_key(world, &underway)).await
}

#[actix_web::test]
async fn a_provider_changes_its_key_and_the_next_sign_in_works_after_one_refresh() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    world.works().await;
    publisher.publish(world.idp.metadata_with(&[Key::unknown()]));
    is_in(&sign_in(&world).await);
    assert_eq!(gateway.last_trace().outcome, Outcome::Succeeded);
    // The old one goes once the new one has signed.
    let states: Vec<_> = known(&world).certificates.iter().map(|known| known.state).collect();
    assert_eq!(states, [Retired, Active]);
    is_in(&sign_in(&world).await);
    assert_eq!(publisher.answers(), [200]);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = world.come_back(&mut agent, &underway).await;
    world.refused("the old key", Cause::CertificateUnknown, &page);
}

#[actix_web::test]
async fn a_key_that_its_signature_does_not_name_is_found_as_well() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    publisher.publish(world.idp.metadata_with(&[Key::unknown()]));
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let mut answer = by_new_key(&world, &underway);
    answer.signer.certificate = None;
    is_in(&post(&mut agent, &underway, &answer).await);
    assert_eq!(publisher.answers(), [200]);
}

#[actix_web::test]
async fn an_announced_key_takes_over_without_a_refresh() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata_with(&[Key::known(), Key::unknown()]));
    let world = world(&gateway, idp(), &publisher).await;
    world.works().await;
    is_in(&sign_in(&world).await);
    world.works().await;
    assert_eq!(publisher.answers(), [0_u16; 0]);
    publisher.publish(world.idp.metadata_with(&[Key::unknown()]));
    gateway.advance(TimeDelta::hours(6));
    round(&gateway).await;
    // Whoever comes back with the old key meanwhile still gets in.
    world.works().await;
    assert_eq!(provider(&world).certificates.len(), 2);
    is_in(&sign_in(&world).await);
    assert_eq!(provider(&world).certificates.len(), 1);
}

#[actix_web::test]
async fn everybody_who_comes_at_once_gets_in_after_one_refresh() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    // So that the person is known already, and nobody has to wait for another's lock.
    world.works().await;
    publisher.publish(world.idp.metadata_with(&[Key::known(), Key::unknown()]));
    for page in join_all((0..8).map(|_| sign_in(&world))).await {
        is_in(&page);
    }
    assert_eq!(publisher.answers(), [200]);
}

#[actix_web::test]
async fn an_unknown_certificate_asks_at_most_once_a_minute() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    for _ in 0..3 {
        let page = sign_in(&world).await;
        world.refused("unknown", Cause::CertificateUnknown, &page);
    }
    assert_eq!(publisher.answers(), [200]);
    publisher.publish(world.idp.metadata_with(&[Key::known(), Key::unknown()]));
    world.refused("too soon", Cause::CertificateUnknown, &sign_in(&world).await);
    gateway.advance(TimeDelta::minutes(1));
    is_in(&sign_in(&world).await);
    assert_eq!(publisher.answers(), [200]);
}

/// What a stranger can send: each is refused, and has nothing read.
#[actix_web::test]
async fn a_stranger_has_nothing_read() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata_with(&[Key::known(), Key::unknown()]));
    let world = world(&gateway, idp(), &publisher).await;
    publisher.publish(world.idp.metadata_with(&[Key::unknown()]));
    let key = Key::stranger();
    let by_stranger = |to: &Underway| Issue { signer: key.signer(), ..world.answer(to) };
    let refuses = async |name: &str, make: &dyn Fn(&Underway) -> Issue<'static>, mine: bool| {
        let mut agent = UserAgent::new();
        let underway = world.begin(&mut agent).await;
        let mut sender = if mine { agent } else { UserAgent::new() };
        let page = post(&mut sender, &underway, &make(&underway)).await;
        assert_eq!(page.status, 400, "{name}: {}", page.body);
        assert_eq!(publisher.answers(), [0_u16; 0], "{name}");
    };
    refuses("another browser", &by_stranger, false).await;
    let other_request =
        |to: &Underway| Issue { in_response_to: Some("_0123456789".to_owned()), ..by_stranger(to) };
    refuses("another request", &other_request, true).await;
    let unasked = |to: &Underway| Issue { in_response_to: None, ..by_stranger(to) };
    refuses("no request", &unasked, true).await;
    let other =
        |to: &Underway| Issue { issuer: "https://evil.example".to_owned(), ..by_stranger(to) };
    refuses("another provider", &other, true).await;
    let known_key = |to: &Underway| Issue { audiences: vec!["x".to_owned()], ..world.answer(to) };
    refuses("a known key", &known_key, true).await;
    // A person whose provider did this has it read.
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = post(&mut agent, &underway, &by_stranger(&underway)).await;
    world.refused("unknown", Cause::CertificateUnknown, &page);
    assert_eq!(publisher.answers(), [200]);
}

#[actix_web::test]
async fn a_provider_that_nobody_here_wrote_changes_its_key_between_two_sign_ins() {
    let (provider, app) = (lent::pysaml2().await, lent::openid_client().await);
    let gateway: Gateway = gateway().await;
    let customer = gateway.customer("globex.example");
    let connection = customer.connect(&provider).await;
    gateway.adopt(&app).await;
    let sign_in = async || {
        let start = app.login_url(&[("login_hint", ADA)]);
        let page = peers::sign_in(&mut UserAgent::new(), &start, "ada").await;
        assert_eq!(page.status, 200, "{} at {}", page.body, page.url);
        assert_eq!(page.json()["claims"]["email"], ADA);
    };
    sign_in().await;
    let before = gateway.read(|db| connections::find(db, &connection.id));
    // The metadata now has the new key alone: `keys` counts the ones beside.
    provider.set(&json!({"keys": 0, "sign_with_key": 4})).await;
    sign_in().await;
    let after = gateway.read(|db| connections::find(db, &connection.id));
    let prints = |row: &Connection| {
        let known = row.identity_provider.as_ref().unwrap();
        known.certificates.iter().map(|one| one.fingerprint().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((prints(&before).len(), prints(&after).len()), (1, 1));
    assert_ne!(prints(&before), prints(&after));
    sign_in().await;
}
