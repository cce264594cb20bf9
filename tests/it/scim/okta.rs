//! Okta: people by PUT in custom apps, by PATCH in those of its catalogue, and groups that are pushed.

use super::{Directory, GROUP, USER, sorted};
use crate::gateway::{Gateway, World};
use serde_json::json;

#[actix_web::test]
async fn the_test_of_the_connector_reads_a_page_of_two() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let page = directory.get("/Users?startIndex=1&count=2").await.is(200);
    assert_eq!(page.total(), 0);
    assert_eq!(page.body["startIndex"], 1);
    assert!(page.body["itemsPerPage"].is_u64() && page.body["Resources"].is_array());
    directory.get("/Groups?startIndex=1&count=100").await.is(200);
}

#[actix_web::test]
async fn a_custom_app_brings_changes_and_deactivates_people_by_put() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let found = directory.filter("/Users", "userName eq \"isaac@globex.example\"").await.is(200);
    assert_eq!(found.total(), 0);
    let body = json!({
        "schemas": [USER],
        "userName": "isaac@globex.example",
        "name": { "givenName": "Isaac", "familyName": "Brock" },
        "emails": [{ "primary": true, "value": "isaac@globex.example", "type": "work" }],
        "displayName": "Isaac Brock",
        "locale": "en-US",
        "externalId": "00ujl29u0le5T6Aj10h7",
        "groups": [],
        "password": "1mz050nq",
        "active": true,
    });
    let made = directory.post("/Users", body.clone()).await.is(201);
    let id = made.id();
    assert!(!made.body.to_string().contains("1mz050nq"), "a password is never told");
    assert_eq!(made.header("location"), format!("{}/Users/{id}", directory.base));
    assert_eq!(made.body["meta"]["location"], made.header("location"));

    // It reads the person before it changes them, and sends back what it has read.
    let mut read = directory.get(&format!("/Users/{id}")).await.is(200).body;
    read["name"]["familyName"] = "Newton".into();
    let put = directory.put(&format!("/Users/{id}"), read.clone()).await.is(200);
    assert_eq!(put.body["name"]["familyName"], "Newton");
    read["active"] = false.into();
    let off = directory.put(&format!("/Users/{id}"), read).await.is(200);
    assert_eq!(off.body["active"], false);
    // Okta deletes nobody: the person is there, and comes back by the same way.
    let found = directory.filter("/Users", "userName eq \"isaac@globex.example\"").await;
    assert_eq!(found.ids(), [id]);
}

#[actix_web::test]
async fn a_catalogue_app_deactivates_and_activates_without_a_path() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let path = format!("/Users/{ann}");
    for active in [false, true] {
        let operation = json!([{ "op": "replace", "value": { "active": active } }]);
        assert_eq!(directory.patch(&path, operation).await.is(200).body["active"], active);
        assert_eq!(directory.get(&path).await.body["active"], active);
    }
}

#[actix_web::test]
async fn a_group_that_is_pushed_gets_and_loses_members_by_their_ids() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let bob = directory.user("bob@globex.example").await;
    let found = directory.filter("/Groups", "displayName eq \"Test SCIMv2\"").await.is(200);
    assert_eq!(found.total(), 0);
    let group = directory.group("Test SCIMv2", &[]).await;
    let path = format!("/Groups/{group}");
    let both = json!([{ "value": ann, "display": "ann@globex.example" }, { "value": bob }]);
    let add = json!([{ "op": "add", "path": "members", "value": both }]);
    directory.patch(&path, add).await.is(200);
    assert_eq!(directory.members(&group).await, sorted(&[&ann, &bob]));
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{ann}\"]") }]);
    directory.patch(&path, remove).await.is(200);
    assert_eq!(
        directory.members(&group).await,
        [bob.as_str()],
        "it is removed and not only said to be"
    );
    // Renamed by an object that has the ID inside.
    let rename = json!([{ "op": "replace", "value": { "id": group, "displayName": "Renamed" } }]);
    directory.patch(&path, rename).await.is(200);
    // Members may also come by a PUT.
    let put = json!({ "schemas": [GROUP], "id": group, "displayName": "Renamed", "members": [{ "value": ann }] });
    assert_eq!(directory.put(&path, put).await.is(200).members(), [ann]);
}

#[actix_web::test]
async fn an_empty_group_is_pushed_by_replacing_its_members_by_none() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("Empty", &[&ann]).await;
    let empty = json!([{ "op": "replace", "path": "members", "value": [] }]);
    directory.patch(&format!("/Groups/{group}"), empty).await.is(200);
    assert!(directory.members(&group).await.is_empty());
}

#[actix_web::test]
async fn groups_are_imported_with_their_members() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("Imported", &[&ann]).await;
    let page = directory.get("/Groups?startIndex=1&count=100").await.is(200);
    assert_eq!(page.ids(), [group]);
    assert_eq!(page.resources()[0]["members"][0]["value"], ann);
}
