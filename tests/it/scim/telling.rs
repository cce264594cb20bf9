//! An app is told within a second that a directory has switched somebody off.

use super::Directory;
use crate::gateway::{ADA, Gateway, Receiver, World};
use serde_json::json;
use std::time::{Duration, Instant};
use vestibule::store::applications::{self, ApplicationPatch, LogoutPatch};
use vestibule::store::events::kinds::Kinds;
use vestibule::store::webhooks::{self, NewEndpoint};

/// How long one switching off takes to arrive: as the end of a session, and as an event.
async fn measured(app: &Receiver, directory: &Directory, ada: &str) -> (Duration, Duration) {
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    let began = Instant::now();
    directory.patch(&format!("/Users/{ada}"), off).await.is(200);
    let (mut session, mut event) = (None, None);
    while session.is_none() || event.is_none() {
        let told = app.next().await;
        eprintln!("{told:?}");
        let took = told.at.duration_since(began);
        match told.path.as_str() {
            "/bye" => session = Some(took),
            _ => {
                let body = told.event();
                assert_eq!(
                    (&body["type"], &body["data"]["subject_id"]),
                    (&json!("user.deprovisioned"), &json!(ada))
                );
                event = Some(took);
            }
        }
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
        events: Kinds::parse(&["user.deprovisioned".to_owned()], "/events").unwrap(),
    };
    let master = gateway.state.master.clone();
    gateway.write(|tx| webhooks::create(tx, &master, new));
    let directory = Directory::of(&world);
    let ada = directory.user(ADA).await;
    let mut took = Vec::new();
    for _ in 0..5 {
        world.works().await;
        took.push(measured(&app, &directory, &ada).await);
        let on = json!([{ "op": "replace", "value": { "active": true } }]);
        directory.patch(&format!("/Users/{ada}"), on).await.is(200);
    }
    // Other tests run beside this one, so it is the middle one that counts.
    let middle = |of: fn(&(Duration, Duration)) -> Duration| {
        let mut all: Vec<Duration> = took.iter().map(of).collect();
        all.sort();
        all[2]
    };
    let (session, event) = (middle(|one| one.0), middle(|one| one.1));
    let second = Duration::from_secs(1);
    assert!(session < second && event < second, "{took:?}");
    eprintln!("back-channel logout after {session:?}, user.deprovisioned after {event:?}");
}
