//! `OneLogin`, Ping, Google, authentik, `CyberArk`, Rippling, and whoever enters the base URL in another way.

use super::{Directory, GROUP, PATCH, USER};
use crate::gateway::{Gateway, World};
use reqwest::Method;
use serde_json::json;

#[actix_web::test]
async fn onelogin_reads_what_the_server_can_do_first_and_writes_old_urns() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    directory.get("/ServiceProviderConfig?").await.is(200);
    directory.get("/Users?filter=userName%20eq%20%22ann%40globex.example%22&").await.is(200);
    let body = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:1.0"],
        "userName": "ann@globex.example",
        "name": { "givenName": "Ann", "familyName": "Lee", "formatted": "Ann Lee" },
        "emails": [{ "value": "ann@globex.example", "primary": true }],
        "active": true,
    });
    let made = directory.post("/Users", body).await.is(201);
    assert_eq!(made.body["schemas"], json!([USER]));
    let group = json!({ "schemas": ["urn:scim:schemas:core:2.0:Group"], "displayName": "Role" });
    let group = directory.post("/Groups", group).await.is(201).id();
    let body = json!({ "schemas": [PATCH], "Operations": [
        { "op": "add", "path": "members", "value": [{ "value": made.id() }] },
    ]});
    let path = format!("/Groups/{group}");
    directory
        .send(Method::PATCH, &path, &[("content-type", "application/json")], Some(body.to_string()))
        .await
        .is(200);
    assert_eq!(directory.members(&group).await, [made.id()]);
}

#[actix_web::test]
async fn ping_merges_a_work_email() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let operations = json!([
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "ann.lee@globex.example" },
        { "op": "add", "path": "emails", "value": [{ "type": "home", "value": "ann@home.example" }] },
    ]);
    let told = directory.patch(&format!("/Users/{ann}"), operations).await.is(200);
    let emails = told.body["emails"].as_array().unwrap();
    assert_eq!(emails.len(), 2);
    assert_eq!(emails[0]["value"], "ann.lee@globex.example");
    assert_eq!(emails[0]["primary"], true);
}

#[actix_web::test]
async fn authentik_finds_every_block_of_what_the_server_can_do() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let config = directory.get("/ServiceProviderConfig").await.is(200).body;
    assert!(config["bulk"]["maxOperations"].is_u64() && config["bulk"]["maxPayloadSize"].is_u64());
    for block in ["patch", "bulk", "changePassword", "sort", "etag"] {
        assert!(config[block]["supported"].is_boolean(), "{block}");
    }
    assert!(config["filter"]["maxResults"].is_u64());
    // It compares the groups that it finds by name, and sends the whole group again.
    let group = directory.group("authentik Admins", &[]).await;
    let again = json!({ "schemas": [GROUP], "externalId": "b3", "displayName": "authentik Admins", "members": [] });
    assert_eq!(
        directory.put(&format!("/Groups/{group}"), again).await.is(200).body["externalId"],
        "b3"
    );
}

#[actix_web::test]
async fn cyberark_asks_for_one_person_a_type_and_a_schema() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    directory.user("ann@globex.example").await;
    assert_eq!(directory.get("/Users?count=1").await.is(200).resources().len(), 1);
    assert_eq!(directory.get("/ResourceTypes/User").await.is(200).body["schema"], USER);
    assert_eq!(directory.get(&format!("/Schemas/{USER}")).await.is(200).body["id"], USER);
    assert_eq!(directory.get(&format!("/Schemas/{GROUP}")).await.is(200).body["name"], "Group");
    directory.get("/Schemas/urn:none").await.refuses(404, "", "not_found");
    directory.get("/ResourceTypes/Shoe").await.refuses(404, "", "not_found");
}

#[actix_web::test]
async fn rippling_may_repeat_a_create_and_there_is_one_person() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let body = json!({
        "schemas": [USER], "userName": "ann@globex.example", "externalId": "rip-1",
        "emails": [{ "value": "ann@globex.example", "primary": true }],
        "name": { "givenName": "Ann", "familyName": "Lee" },
    });
    let made = directory.post("/Users", body.clone()).await.is(201);
    assert_eq!(made.body["active"], true, "a person whom nobody calls inactive is active");
    let again =
        directory.post("/Users", body.clone()).await.refuses(409, "uniqueness", "unique_conflict");
    assert!(again.detail().contains(&made.id()));
    assert_eq!(directory.get("/Users").await.total(), 1);
    // After a removal the same external ID is the same person.
    directory.delete(&format!("/Users/{}", made.id())).await.is(204);
    let mut renamed = body;
    renamed["userName"] = "ann.lee@globex.example".into();
    assert_eq!(directory.post("/Users", renamed).await.is(201).id(), made.id());
}

#[actix_web::test]
async fn slashes_too_many_in_the_base_url_mean_nothing() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    for path in ["/Users/", "//Users", "//Users//", "/Users/?count=1"] {
        assert_eq!(directory.get(path).await.is(200).ids(), [ann.as_str()], "{path}");
    }
    assert_eq!(directory.get(&format!("//Users/{ann}/")).await.is(200).id(), ann);
}

#[actix_web::test]
async fn a_base_url_that_ends_in_a_resource_is_recognised_and_explained() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    for path in [
        "/Users/Users",
        "/Users/Users?filter=userName%20eq%20%22a%22",
        "/Users/ServiceProviderConfig",
        "/Groups/Users/usr_1",
    ] {
        let told = directory.get(path).await.refuses(404, "", "base_url_too_long");
        assert!(told.detail().contains("Enter the base URL without /"), "{path}: {}", told.body);
    }
    directory.post("/Users/Users", json!({})).await.refuses(404, "", "base_url_too_long");
}

#[actix_web::test]
async fn names_and_urns_are_read_whatever_their_case_and_what_is_unknown_is_left_out() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let body = json!({
        "SCHEMAS": [USER.to_uppercase()],
        "username": "ann@globex.example",
        "Active": "True",
        "Emails": [{ "VALUE": "ann@globex.example", "Primary": "True" }],
        "shoeSize": 39,
        "urn:example:unknown": { "a": 1 },
        "id": "mine",
        "meta": { "version": "mine" },
    });
    let made = directory.post("/Users", body).await.is(201).body;
    assert_eq!(made["userName"], "ann@globex.example");
    assert_eq!((&made["active"], &made["emails"][0]["primary"]), (&json!(true), &json!(true)));
    assert!(made.get("shoeSize").is_none() && made["id"] != "mine", "{made}");
}
