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
/// What comes of it for what the person may do in the app.
const REVOKED: &str = "access.revoked";

/// How long it takes until Ada's being switched off or removed has arrived: as the end of a session, as an event, and as what
/// it means for what she may do in the app.
async fn measured(app: &Receiver, directory: &Directory, ada: &str, kind: &str) -> [Duration; 3] {
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    let (path, began) = (format!("/Users/{ada}"), Instant::now());
    if kind == OUT[0] {
        directory.patch(&path, off).await.is(200);
    } else {
        directory.delete(&path).await.is(204);
    }
    let mut took = [Duration::MAX; 3];
    while took.contains(&Duration::MAX) {
        let told = app.next().await;
        let at = if told.path == "/bye" {
            0
        } else {
            let body = told.event();
            assert_eq!(body["data"]["subject_id"], ada, "{body}");
            let what = [kind, REVOKED].into_iter().position(|it| body["type"] == it);
            what.unwrap_or_else(|| panic!("{body}")) + 1
        };
        took[at] = told.at.duration_since(began);
    }
    took
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
        events: Kinds::parse(&[OUT[0], OUT[1], REVOKED].map(str::to_owned), "/events").unwrap(),
    };
    let master = gateway.state.master.clone();
    gateway.write(|tx| webhooks::create(tx, &master, new, None));
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
    let middle = |what: usize| {
        let mut all: Vec<Duration> = took.iter().map(|one| one[what]).collect();
        all.sort();
        all[all.len() / 2]
    };
    let all = [0, 1, 2].map(middle);
    assert!(all.iter().all(|one| *one < Duration::from_secs(1)), "{took:?}");
    eprintln!("after {all:?}: back-channel logout, the person's event, access.revoked");
}
