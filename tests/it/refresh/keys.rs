//! The gateway's own SAML keys change with an overlap.

use crate::gateway::{Gateway, MASTER_KEY, World, is_in};
use crate::user_agent::{Page, UserAgent};
use chrono::TimeDelta;
use vestibule::crypto::MasterKey;
use vestibule::saml::certificate::Certificate;
use vestibule::saml::issue::{ContentCipher, Issue};
use vestibule::store::keys::saml::{self as keys, ANNOUNCED, OPENED, PURPOSES, SIGNS_STILL};

fn rotate(gateway: &Gateway) {
    let master = MasterKey::from_base64(MASTER_KEY, None).unwrap();
    gateway.write(|tx| keys::rotate(tx, &master, "localhost", &PURPOSES, false));
    gateway.state.renew_keys().unwrap();
}

/// Moves the clock, and does what the job for keys does.
fn after(gateway: &Gateway, time: TimeDelta) {
    gateway.advance(time);
    gateway.state.renew_keys().unwrap();
}

async fn metadata(world: &World<'_>) -> String {
    let address = world.connection.entity_id(&world.gateway.url);
    UserAgent::new().get(&address).await.body
}

/// A sign-in with an assertion that is encrypted for this certificate.
async fn sign_in(world: &World<'_>, certificate: &Certificate) -> Page {
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    // Spelt out for its lifetime, which is the certificate's.
    let mut answer: Issue<'_> = world.answer(&underway);
    answer.encryption = Some((certificate, ContentCipher::Aes256Gcm));
    agent.submit_once(&underway.form(&answer.base64().unwrap())).await
}

#[actix_web::test]
async fn both_certificates_are_published_and_the_old_key_still_opens_until_it_is_gone() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let old = gateway.state.keys().encryption_certificates()[0].clone();
    let published = async || {
        let text = metadata(&world).await;
        let of = |uses: &str| text.matches(&format!("<md:KeyDescriptor use=\"{uses}\">")).count();
        (of("signing"), of("encryption"))
    };
    assert_eq!(published().await, (1, 1));
    rotate(&gateway);
    assert_eq!(published().await, (2, 2));
    let new = gateway.state.keys().encryption_certificates()[1].clone();
    for certificate in [&old, &new] {
        is_in(&sign_in(&world, certificate).await);
    }
    after(&gateway, ANNOUNCED);
    // Other instances may sign with the old key still.
    assert_eq!(published().await, (2, 1));
    after(&gateway, SIGNS_STILL);
    assert_eq!(published().await, (1, 1));
    assert!(metadata(&world).await.contains(&new.base64()));
    for certificate in [&old, &new] {
        is_in(&sign_in(&world, certificate).await);
    }
    after(&gateway, OPENED);
    is_in(&sign_in(&world, &new).await);
    let page = sign_in(&world, &old).await;
    assert!(page.body.contains("encrypted_unreadable"), "{}", page.body);
}
