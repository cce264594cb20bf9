//! An app is told within a second that a directory has switched somebody off.

use super::Directory;
use crate::gateway::{ADA, Gateway, Receiver, World};
use serde_json::json;
use std::time::{Duration, Instant};
use vestibule::store::applications::{self, ApplicationPatch, LogoutPatch};
use vestibule::store::events::kinds::Kinds;
use vestibule::store::webhooks::{self, NewEndpoint};

/// What a directory does to a person who is to be out.
const OUT: [&str; 2] = ["user.suspended", "user.deprovisioned"];

/// How long it takes until Ada's being switched off or removed has arrived: as the end of a session, and as an event.
async fn measured(
    app: &Receiver,
    directory: &Directory,
    ada: &str,
    kind: &str,
) -> (Duration, Duration) {
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    let (path, began) = (format!("/Users/{ada}"), Instant::now());
    if kind == OUT[0] {
        directory.patch(&path, off).await.is(200);
    } else {
        directory.delete(&path).await.is(204);
    }
    let (mut session, mut event) = (None, None);
    while session.is_none() || event.is_none() {
        let told = app.next().await;
        let took = told.at.duration_since(began);
        if told.path == "/bye" {
            session = Some(took);
            continue;
        }
        let body = told.event();
        assert_eq!((&body["type"], &body["data"]["subject_id"]), (&json!(kind), &json!(ada)));
        event = Some(took);
    }
    (session.unwrap(), event.unwrap())
}

#[actix_web::test]
async fn an_app_is_told_within_a_second_of_a_directorys_deactivation() {
    let gateway = Gateway::start().await;
    let (world, app) = (World::of(&gateway), Receiver::start().await);
    let uri = Some(Some(format!("{}/bye", app.url)));
    let logout = LogoutPatch { backchannel_uri: uri, ..LogoutPatch::default() };
    let patch = ApplicationPatch { logout, ..ApplicationPatch::default() };
    gateway.write(|tx| applications::change(tx, &world.app.application.id, patch));
    let new = NewEndpoint {
        organization_id: None,
        url: format!("{}/hooks", app.url),
        description: None,
        events: Kinds::parse(&OUT.map(str::to_owned), "/events").unwrap(),
    };
    let master = gateway.state.master.clone();
    gateway.write(|tx| webhooks::create(tx, &master, new));
    let directory = Directory::of(&world);
    let ada = directory.user(ADA).await;
    let mut took = Vec::new();
    for _ in 0..5 {
        world.works().await;
        took.push(measured(&app, &directory, &ada, OUT[0]).await);
        let on = json!([{ "op": "replace", "value": { "active": true } }]);
        directory.patch(&format!("/Users/{ada}"), on).await.is(200);
    }
    world.works().await;
    took.push(measured(&app, &directory, &ada, OUT[1]).await);
    // Other tests run beside this one, so it is the middle one that counts.
    let middle = |of: fn(&(Duration, Duration)) -> Duration| {
        let mut all: Vec<Duration> = took.iter().map(of).collect();
        all.sort();
        all[all.len() / 2]
    };
    let (session, event) = (middle(|one| one.0), middle(|one| one.1));
    let second = Duration::from_secs(1);
    assert!(session < second && event < second, "{took:?}");
    eprintln!("back-channel logout after {session:?}, the event after {event:?}");
}
