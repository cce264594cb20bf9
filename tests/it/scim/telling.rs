//! An app is told of what a directory does, and within a second that it has switched somebody off.

use super::access::{add, numbered, patch, rename};
use super::jumpcloud::person;
use super::{Directory, GROUP};
use crate::gateway::{ADA, Api, Gateway, Receiver, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use vestibule::store::applications::{self, ApplicationPatch, LogoutPatch};
use vestibule::store::events::kinds::Kinds;
use vestibule::store::webhooks::{self, NewEndpoint};

/// What a directory does to a person who is to be out.
const OUT: [&str; 2] = ["user.suspended", "user.deprovisioned"];
/// What comes of it for what the person may do in the app.
const REVOKED: &str = "access.revoked";

/// The ways in which a directory takes somebody out, each with the event about the person.
const WAYS: [(Way, &str); 3] = [(Way::Put, OUT[0]), (Way::Patch, OUT[0]), (Way::Delete, OUT[1])];

/// How a directory says that somebody is out.
#[derive(Clone, Copy)]
enum Way {
    /// The whole person, who is not active: as `JumpCloud` does.
    Put,
    /// That alone: as Okta and Entra do.
    Patch,
    Delete,
}

/// An endpoint for these events at an app.
fn endpoint(gateway: &Gateway, app: &Receiver, events: &[&str]) {
    let events: Vec<String> = events.iter().map(|it| (*it).to_owned()).collect();
    let new = NewEndpoint {
        organization_id: None,
        url: format!("{}/hooks", app.url),
        description: None,
        events: Kinds::parse(&events, "/events").unwrap(),
    };
    let master = gateway.state.master.clone();
    gateway.write(|tx| webhooks::create(tx, &master, new, None));
}

/// What `JumpCloud` sends of Ada, whole.
fn whole(ada: &str, is_active: bool) -> Value {
    let mut body = person(ADA);
    (body["id"], body["active"]) = (json!(ada), json!(is_active));
    body
}

/// How long it takes until Ada's being switched off or removed has arrived: as the end of a session, as an event, and as what
/// it means for what she may do in the app.
async fn measured(
    app: &Receiver,
    directory: &Directory,
    ada: &str,
    (way, kind): (Way, &str),
) -> [Duration; 3] {
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    let (path, began) = (format!("/Users/{ada}"), Instant::now());
    match way {
        Way::Put => directory.put(&path, whole(ada, false)).await.is(200),
        Way::Patch => directory.patch(&path, off).await.is(200),
        Way::Delete => directory.delete(&path).await.is(204),
    };
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
    endpoint(&gateway, &app, &[OUT[0], OUT[1], REVOKED]);
    let directory = Directory::of(&world);
    let ada = directory.post("/Users", person(ADA)).await.is(201).id();
    for way in WAYS {
        let mut took = Vec::new();
        for _ in 0..3 {
            world.works().await;
            took.push(measured(&app, &directory, &ada, way).await);
            let path = format!("/Users/{ada}");
            match way.0 {
                Way::Delete => directory.post("/Users", person(ADA)).await.is(201),
                Way::Put | Way::Patch => directory.put(&path, whole(&ada, true)).await.is(200),
            };
        }
        // Other tests run beside this one, so it is the middle one that counts.
        let middle = |what: usize| {
            let mut all: Vec<Duration> = took.iter().map(|one| one[what]).collect();
            all.sort();
            all[all.len() / 2]
        };
        let all = [0, 1, 2].map(middle);
        assert!(all.iter().all(|one| *one < Duration::from_secs(1)), "{took:?}");
        eprintln!("after {all:?}: back-channel logout, {}, access.revoked", way.1);
    }
}

#[actix_web::test]
async fn each_act_on_a_group_and_on_a_token_is_told_by_its_own_event() {
    let gateway = Gateway::start().await;
    let (world, app) = (World::of(&gateway), Receiver::start().await);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    // What has happened already has its place before there is an endpoint, which is told of what comes.
    numbered(&gateway).await;
    endpoint(&gateway, &app, &["group.*", "scim.token.*"]);
    let next = async || {
        let mut told = app.next().await.event();
        (told["type"].as_str().unwrap().to_owned(), told["data"].take())
    };
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("eng", &[]).await;
    assert_eq!(next().await.0, "group.created");
    patch(&directory, &group, rename("platform")).await;
    let (kind, data) = next().await;
    assert_eq!((kind.as_str(), &data["subject_id"]), ("group.renamed", &json!(group)));
    assert_eq!((&data["name"], &data["former"]), (&json!("platform"), &json!("eng")));
    patch(&directory, &group, rename("platform")).await;
    let other = json!([{ "op": "replace", "value": { "externalId": "42" } }]);
    patch(&directory, &group, other).await;
    let (kind, data) = next().await;
    assert_eq!((kind.as_str(), &data["name"]), ("group.updated", &json!("platform")), "{data}");
    patch(&directory, &group, add(&ann)).await;
    assert_eq!(next().await.0, "group.member.added");
    directory.delete(&format!("/Groups/{group}")).await.is(204);
    let rest = [next().await.0, next().await.0];
    assert_eq!(rest, ["group.member.removed", "group.removed"]);
    let body = json!({ "schemas": [GROUP], "displayName": "Platform" });
    assert_eq!(directory.post("/Groups", body).await.is(201).id(), group);
    assert_eq!(next().await.0, "group.restored");

    let tokens = format!("connections/{}/scim/tokens", world.connection.id);
    let (_, made) = api.send(Method::POST, &tokens, json!({ "label": "New" }), None).await;
    assert_eq!(next().await.0, "scim.token.created");
    let path = format!("{tokens}/{}", made["id"].as_str().unwrap());
    for _ in 0..2 {
        let retire = json!({ "retire_in": 3600 });
        let (status, told) = api.send(Method::PATCH, &path, retire, None).await;
        assert_eq!((status, &told["state"]), (200, &json!("retiring")), "{told}");
    }
    let (kind, data) = next().await;
    assert_eq!((kind.as_str(), &data["subject_id"]), ("scim.token.retired", &made["id"]));
    assert_eq!(data["connection_id"], world.connection.id.as_str(), "{data}");
    assert_eq!(api.send(Method::DELETE, &path, Value::Null, None).await.0, 204);
    assert_eq!(next().await.0, "scim.token.revoked", "to be retired again is nothing new");
}
