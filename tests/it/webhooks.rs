//! Apps are told of events: verified by libraries that others wrote, and whatever becomes of the gateway meanwhile.

use crate::gateway::{Gateway, Receiver};
use crate::peers::WebhooksApp;
use chrono::TimeDelta;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;
use vestibule::error::Result;
use vestibule::store::events::{self, kinds::Kinds};
use vestibule::store::webhooks::{self, Endpoint, NewEndpoint};
use vestibule::store::{OrganizationId, Tx};

/// A new endpoint and its secret.
fn endpoint(gateway: &Gateway, url: &str, events: &[&str]) -> (Endpoint, String) {
    let words: Vec<String> = events.iter().map(|word| (*word).to_owned()).collect();
    let new = NewEndpoint {
        organization_id: None,
        url: url.to_owned(),
        description: None,
        events: Kinds::parse(&words, "/events").unwrap(),
    };
    let master = gateway.state.master.clone();
    let (endpoint, secret) = gateway.write(|tx| webhooks::create(tx, &master, new, None));
    (endpoint, secret.reveal().to_owned())
}

fn append(tx: &mut Tx, organization: &OrganizationId, subject: &str) -> Result<()> {
    let data = json!({ "sign": "ž “ü”" });
    events::append(tx, Some(organization), "user.created", subject, data)
}

#[actix_web::test]
async fn the_published_libraries_of_two_languages_verify_each_signature() {
    let gateway = Gateway::start().await;
    let globex = OrganizationId::new();
    for app in [WebhooksApp::javascript().await, WebhooksApp::python().await] {
        let (endpoint, old) = endpoint(&gateway, &app.hooks, &["user.*"]);
        let tell = async |subject: &str| {
            gateway.write(|tx| append(tx, &globex, subject));
            // An endpoint has no order with another: this one's next message.
            let told = app.told(1).await.remove(0);
            assert_eq!(told["event"]["data"]["subject_id"], subject, "{told}");
            assert_eq!(told["event"]["id"], told["id"]);
            assert_eq!(told["event"]["data"]["sign"], "ž “ü”");
        };
        app.verify_by(&old).await;
        tell("usr_1").await;

        // While the secret is rotated, both are good.
        let (master, overlap) = (gateway.state.master.clone(), TimeDelta::hours(1));
        let (_, new) = gateway.write(|tx| webhooks::rotate(tx, &master, &endpoint.id, overlap));
        tell("usr_2").await;
        app.verify_by(new.reveal()).await;
        tell("usr_3").await;

        // Without an overlap the one before is not.
        let none = TimeDelta::zero();
        gateway.write(|tx| webhooks::rotate(tx, &master, &endpoint.id, none));
        gateway.write(|tx| append(tx, &globex, "usr_4"));
        let refused = app.told(1).await.remove(0);
        assert!(refused["refused"].is_string(), "{refused}");
        gateway.write(|tx| webhooks::delete(tx, &endpoint.id));
    }
}

/// What each organization's events were when they were seen first.
type Seen = BTreeMap<String, Vec<i64>>;

/// Everything that is told, until each organization has had so many events.
async fn all(app: &Receiver, organizations: usize, each: usize, mut act: impl AsyncFnMut(usize)) {
    let (mut seen, mut ids) = (Seen::new(), HashSet::new());
    for count in 0.. {
        act(count).await;
        let told = app.next().await.event();
        if ids.insert(told["id"].as_str().unwrap().to_owned()) {
            let organization = told["data"]["organization_id"].as_str().unwrap().to_owned();
            seen.entry(organization).or_default().push(told["sequence"].as_i64().unwrap());
        }
        if ids.len() == organizations * each {
            break;
        }
    }
    let right: Vec<i64> = (1..=i64::try_from(each).unwrap()).collect();
    assert!(seen.len() == organizations && seen.values().all(|one| one == &right), "{seen:?}");
}

/// What a minute does: whoever took something and died has it no longer.
fn end_leases(gateway: &Gateway) {
    let past = gateway.now().minus(TimeDelta::minutes(1));
    let past = past.to_utc().format("%Y-%m-%d %H:%M:%S").to_string();
    gateway.write(|tx| {
        use diesel::RunQueryDsl;
        let sql = format!("UPDATE webhook_lanes SET due_at = '{past}'");
        Ok(diesel::sql_query(sql).execute(tx.db)?)
    });
}

#[actix_web::test]
async fn killing_an_instance_loses_nothing() {
    let (gateway, app) = (Gateway::apart().await, Receiver::start().await);
    endpoint(&gateway, &app.url, &["user.*"]);
    let organizations: Vec<_> = (0..4).map(|_| OrganizationId::new()).collect();
    gateway.write(|tx| {
        for at in 0..50 {
            for organization in &organizations {
                append(tx, organization, &at.to_string())?;
            }
        }
        Ok(())
    });
    // Killed three times while it tells.
    all(&app, organizations.len(), 50, async |count| {
        if [5, 40, 90].contains(&count) {
            gateway.process().kill();
            end_leases(&gateway);
            gateway.process().start_again().await;
        }
    })
    .await;
}

#[actix_web::test]
async fn several_processes_tell_each_event_once() {
    let (gateway, app) = (Gateway::apart().await, Receiver::start().await);
    let Some((_other, _)) = gateway.beside().await else { return };
    endpoint(&gateway, &app.url, &["user.*"]);
    let organizations: Vec<_> = (0..8).map(|_| OrganizationId::new()).collect();
    for at in 0..20 {
        gateway
            .write(|tx| organizations.iter().try_for_each(|one| append(tx, one, &at.to_string())));
    }
    all(&app, organizations.len(), 20, async |_| {}).await;
    assert!(app.within(Duration::from_secs(2)).await.is_none(), "an event is told twice");
}
