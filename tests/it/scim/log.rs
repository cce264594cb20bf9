//! What directories asked for is written down, with what it did.

use super::{Directory, ENTERPRISE, USER};
use crate::gateway::{Gateway, World};
use crate::user_agent::UserAgent;
use serde_json::{Value, json};
use std::time::Duration;
use vestibule::crypto::Place;
use vestibule::store::Window;
use vestibule::store::api_keys::{self, NewApiKey, Scope};
use vestibule::store::directories::requests::{self, Entry, Filter, Message};

fn entries(gateway: &Gateway) -> Vec<Entry> {
    let window = Window { limit: 200, before: None };
    gateway.read(|db| requests::page(db, &window, &Filter::default())).data
}

/// Waits until so many are written down; newest first.
pub(crate) async fn written(gateway: &Gateway, count: usize) -> Vec<Entry> {
    for _ in 0..200 {
        let entries = entries(gateway);
        if entries.len() >= count {
            return entries;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?}", entries(gateway));
}

#[actix_web::test]
async fn a_change_is_written_down_with_what_it_changed_and_the_rest_a_little_later() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let body =
        json!({ "schemas": [USER], "userName": "ann@globex.example", "password": "hunter2" });
    let ann = directory.post("/Users", body).await.is(201).id();
    // At once: it is of the same transaction.
    let made = entries(&gateway).remove(0);
    assert_eq!((made.method.as_str(), made.path.as_str(), made.status), ("POST", "/Users", 201));
    assert!(made.is_change && made.code.is_none() && !made.effect.is_empty(), "{made:?}");
    assert_eq!(made.resource_id.as_deref(), Some(ann.as_str()));
    assert!(made.token_id.is_some());

    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    directory.patch(&format!("/Users/{ann}"), off.clone()).await.is(200);
    let changed = entries(&gateway).remove(0);
    assert!(changed.is_change && changed.effect.contains("deactivated"), "{changed:?}");
    // What changes nothing, reads and refusals.
    directory.patch(&format!("/Users/{ann}"), off).await.is(200);
    directory.get(&format!("/Users/{ann}?attributes=userName")).await.is(200);
    directory.get("/Users/nobody").await.is(404);
    directory.filter("/Users", "shoe").await.is(400);
    let all = written(&gateway, 6).await;
    let of = |n: usize| (all[n].status, all[n].code.as_deref(), all[n].is_change);
    assert_eq!(of(0), (400, Some("filter_unsupported"), false));
    assert_eq!(of(1), (404, Some("not_found"), false));
    assert_eq!(of(2), (200, None, false));
    assert_eq!(of(3), (200, None, false));
    assert_eq!(all[2].path, format!("/Users/{ann}?attributes=userName"));
    assert_eq!(all.len(), 6);
}

#[actix_web::test]
async fn the_body_is_sealed_and_neither_password_nor_token_is_in_it() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let body =
        json!({ "schemas": [USER], "userName": "ann@globex.example", "password": "hunter2" });
    let ann = directory.post("/Users", body).await.is(201).id();
    let operations = json!([
        { "op": "replace", "path": "password", "value": "hunter3" },
        { "op": "replace", "value": { "Password": "hunter4", "title": "Dr" } },
    ]);
    directory.patch(&format!("/Users/{ann}"), operations).await.is(200);
    let all = written(&gateway, 2).await;
    for entry in &all {
        let sealed = entry.message.as_deref().unwrap();
        // What is sealed may have any three letters, but never these signs.
        assert!(!sealed.contains("ann@globex.example"), "{sealed}");
        let place = Place { table: "scim_requests", column: "message", row: entry.id.as_str() };
        let opened = gateway.state.master.open(sealed, &place).unwrap();
        let text = String::from_utf8(opened.reveal().to_vec()).unwrap();
        assert!(text.contains("[secret]") && !text.contains("hunter"), "{text}");
        assert!(
            !text.contains(&directory.token) && !format!("{entry:?}").contains(&directory.token)
        );
    }
}

/// What a request changed.
fn changes(gateway: &Gateway, entry: &Entry) -> Value {
    entry.opened(&gateway.state.master).unwrap().changes.unwrap()
}

#[actix_web::test]
async fn of_a_change_it_is_kept_what_was_before_and_what_is_after() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let path = format!("/Users/{ann}");
    let made = changes(&gateway, &entries(&gateway)[0]);
    assert_eq!(made["userName"], json!({ "before": null, "after": "ann@globex.example" }));

    let operations = json!([
        { "op": "replace", "path": "active", "value": false },
        { "op": "add", "path": "title", "value": "Dr" },
        { "op": "add", "path": format!("{ENTERPRISE}:department"), "value": "R&D" },
        { "op": "replace", "path": "password", "value": "hunter2" },
    ]);
    directory.patch(&path, operations).await.is(200);
    let changed = json!({
        "active": { "before": true, "after": false },
        "title": { "before": null, "after": "Dr" },
        format!("{ENTERPRISE}:department"): { "before": null, "after": "R&D" },
    });
    assert_eq!(changes(&gateway, &entries(&gateway)[0]), changed);

    // The same by REST.
    let new = NewApiKey {
        name: "Test".to_owned(),
        scopes: vec![Scope::TracesRead],
        organization_id: None,
        expires_at: None,
        networks: Vec::new(),
    };
    let key = gateway.write(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
    let client = UserAgent::new().into_client();
    let url = format!("{}/api/v1/scim_requests/{}", gateway.url, entries(&gateway)[0].id);
    let told: Value = client.get(url).bearer_auth(key).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&told["changes"], &told["request"]["Operations"][1]["value"]),
        (&changed, &json!("Dr"))
    );
    assert_eq!(told["request"]["Operations"][3]["value"], "[secret]");

    let group = directory.group("Sales", &[&ann]).await;
    let rename = json!([
        { "op": "replace", "value": { "displayName": "Platform" } },
        { "op": "remove", "path": "members" },
    ]);
    directory.patch(&format!("/Groups/{group}"), rename).await.is(200);
    let renamed = json!({
        "displayName": { "before": "Sales", "after": "Platform" },
        "members": { "added": [], "added_count": 0, "removed": [ann], "removed_count": 1 },
    });
    assert_eq!(changes(&gateway, &entries(&gateway)[0]), renamed);

    directory.delete(&path).await.is(204);
    let removed = changes(&gateway, &entries(&gateway)[0]);
    assert_eq!(removed["title"], json!({ "before": "Dr", "after": null }));

    // Who is erased is erased from here, too.
    gateway.write(|tx| vestibule::store::users::erase(tx, &ann.parse().unwrap()));
    for entry in entries(&gateway).iter().filter(|one| one.resource_id.as_deref() == Some(&ann)) {
        assert_eq!(entry.opened(&gateway.state.master).unwrap(), Message::default());
    }
}

#[actix_web::test]
async fn a_directory_is_recognised_by_its_name_and_by_its_habits() {
    for (headers, body, dialect) in [
        (&[("user-agent", "Okta SCIM Client 1.0.0")][..], json!({}), "okta"),
        (
            &[],
            json!({ "Operations": [{ "op": "Replace", "path": "title", "value": "Dr" }] }),
            "entra",
        ),
    ] {
        let gateway = Gateway::start().await;
        let world = World::of(&gateway);
        let directory = Directory::of(&world);
        let ann = directory.user("ann@globex.example").await;
        let path = format!("/Users/{ann}");
        directory.send(reqwest::Method::PATCH, &path, headers, Some(body.to_string())).await;
        let id = &world.connection.id;
        let kept = gateway.read(|db| vestibule::store::directories::find(db, id));
        assert_eq!(kept.dialect, dialect);
    }
}
