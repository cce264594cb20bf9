//! The job: what has changed is taken over, what is the same is not sent, what fails is told.

use super::{gateway, known, provider, round, world};
use crate::gateway::{Gateway, Idp, Key, Publisher, World};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::Value;
use std::time::{Duration, Instant};
use vestibule::store::connections::certificates::CertificateState::{Active, Next};
use vestibule::store::connections::{self, Settings};
use vestibule::store::{Window, events, refreshes};

const ENTITY: &str = "https://idp.globex.example";

fn idp() -> Idp {
    Idp::new(ENTITY)
}

/// The data of a connection's events of this kind, newest first.
fn told(world: &World<'_>, kind: &str) -> Vec<Value> {
    let filter = events::Filter {
        subject: Some(world.connection.id.to_string()),
        kind: Some(kind.to_owned()),
        ..events::Filter::default()
    };
    let page = world.gateway.read(|db| events::page(db, &Window::default(), &filter));
    page.data.into_iter().map(|event| event.data.into_inner()).collect()
}

fn alerts(world: &World<'_>) -> Vec<refreshes::Alert> {
    let known = known(world);
    let refresh = known.refresh.expect("it was due once");
    refresh.alerts(&known.connection, world.gateway.now())
}

/// Advances to where metadata is due, and does what is due.
async fn due(gateway: &Gateway) {
    gateway.advance(TimeDelta::hours(6));
    assert_eq!(round(gateway).await, 1);
}

#[actix_web::test]
async fn what_has_changed_is_taken_over_and_what_has_not_is_not_sent_again() {
    let gateway = gateway().await;
    let (publisher, idp) = (Publisher::start(idp().metadata()), idp());
    let world = world(&gateway, idp, &publisher).await;
    assert_eq!(round(&gateway).await, 0);
    due(&gateway).await;
    due(&gateway).await;
    due(&gateway).await;
    assert_eq!(publisher.answers(), [200, 304, 304]);
    assert_eq!(told(&world, "connection.metadata_changed").len(), 1);

    publisher.publish(world.idp.metadata_with(&[Key::known(), Key::unknown()]));
    due(&gateway).await;
    due(&gateway).await;
    assert_eq!(publisher.answers(), [200, 304]);
    let certificates = known(&world).certificates;
    let states: Vec<_> = certificates.iter().map(|known| known.state).collect();
    assert_eq!(states, [Active, Next]);
    let told = told(&world, "connection.metadata_changed");
    let difference = &told[0]["differences"][0];
    assert_eq!((told.len(), &difference["field"]), (2, &"certificates".into()));
    assert_eq!(difference["was"].as_array().unwrap().len(), 1);
    assert_eq!(difference["is"].as_array().unwrap().len(), 2);
    assert_eq!(told[0]["by"], "refresh");
    world.works().await;
}

#[actix_web::test]
async fn metadata_that_cannot_be_had_for_a_day_is_told_and_nobody_is_locked_out() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    due(&gateway).await;
    for (number, broken) in ["", "<html><body>Sign in</body></html>", ""].into_iter().enumerate() {
        if broken.is_empty() {
            publisher.fail();
        } else {
            publisher.publish(broken.to_owned());
        }
        gateway.advance(TimeDelta::hours(if number == 0 { 6 } else { 12 }));
        assert_eq!(round(&gateway).await, 1);
    }
    assert_eq!(publisher.answers(), [200, 503, 200, 503]);
    assert_eq!(alerts(&world)[0].code, "metadata_unreachable");
    assert_eq!(told(&world, "connection.metadata_unreachable").len(), 1);
    world.works().await;

    publisher.publish(world.idp.metadata());
    due(&gateway).await;
    assert_eq!(alerts(&world), []);
    assert_eq!(told(&world, "connection.metadata_recovered").len(), 1);
}

#[actix_web::test]
async fn another_entity_id_waits_for_a_person_while_people_go_on_signing_in() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    let other = Idp::new("https://other.example");
    publisher.publish(other.metadata_with(&[Key::unknown()]));
    due(&gateway).await;
    due(&gateway).await;
    assert_eq!(publisher.answers(), [200, 304]);
    assert_eq!(provider(&world).entity_id, ENTITY);
    assert_eq!(provider(&world).certificates.len(), 1);
    let held = told(&world, "connection.metadata_held");
    assert_eq!((held.len(), &held[0]["differences"][0]["is"][0]), (1, &other.entity_id.into()));
    let alert = alerts(&world).remove(0);
    assert_eq!(alert.code, "metadata_entity_changed");
    world.works().await;

    let change = alert.change.unwrap();
    gateway.write(|tx| connections::accept(tx, &world.connection.id, &change));
    assert_eq!(provider(&world).entity_id, "https://other.example");
    assert_eq!(provider(&world).certificates, [Key::unknown().certificate().clone()]);
    assert_eq!(alerts(&world), []);
}

#[actix_web::test]
async fn where_a_certificate_is_pinned_only_what_it_signed_is_taken_over() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    let pinned = Some(Key::known().certificate().base64());
    let settings = Settings { metadata_certificate: pinned, ..Settings::default() };
    world.customer.set(&world.connection, settings);
    let both = [Key::known(), Key::unknown()];
    for signer in [None, Some(Key::unknown().signer())] {
        publisher.publish(world.idp.metadata_by(&both, signer.as_ref()));
        due(&gateway).await;
        let refresh = known(&world).refresh.unwrap();
        assert_eq!(refresh.fault_code.as_deref(), Some("metadata_signature_invalid"));
        assert_eq!(provider(&world).certificates.len(), 1);
    }
    publisher.publish(world.idp.metadata_by(&both, Some(&Key::known().signer())));
    due(&gateway).await;
    assert_eq!(provider(&world).certificates.len(), 2);
    world.works().await;
}

#[actix_web::test]
async fn instances_on_one_database_read_each_file_once() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    let world = world(&gateway, idp(), &publisher).await;
    gateway.advance(TimeDelta::hours(6));
    let read: usize = join_all((0..4).map(|_| round(&gateway))).await.into_iter().sum();
    assert_eq!((read, publisher.answers().len()), (1, 1));
    assert!(known(&world).refresh.unwrap().fetched_at.is_some());
}

#[actix_web::test]
async fn two_processes_on_one_postgres_read_a_file_once() {
    let gateway = gateway().await;
    let publisher = Publisher::start(idp().metadata());
    // Due already when the processes start, for they go by the machine's clock.
    gateway.advance(TimeDelta::hours(-7));
    let world = world(&gateway, idp(), &publisher).await;
    gateway.advance(TimeDelta::hours(7));
    let (one, other) = tokio::join!(gateway.beside(), gateway.beside());
    // SQLite serves one process.
    let (Some(_one), Some(_other)) = (one, other) else { return };
    let is_read = || known(&world).refresh.is_some_and(|row| row.fetched_at.is_some());
    let patience = Instant::now() + Duration::from_mins(1);
    while !is_read() {
        assert!(Instant::now() < patience, "nobody reads it");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // A round of this process comes after the first of both others, which leave it nothing.
    assert_eq!(round(&gateway).await, 0);
    assert_eq!(publisher.answers(), [200]);
}
