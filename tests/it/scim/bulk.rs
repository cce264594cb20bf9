//! Several requests in one.

use super::{Directory, ENTERPRISE, GROUP, USER};
use crate::gateway::{Gateway, World};
use serde_json::{Value, json};

fn request(operations: &Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations })
}

fn post(path: &str, name: &str, data: &Value) -> Value {
    json!({ "method": "POST", "path": path, "bulkId": name, "data": data })
}

fn statuses(answer: &Value) -> Vec<&str> {
    answer["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].as_str().unwrap())
        .collect()
}

#[actix_web::test]
async fn a_group_that_comes_before_its_members_is_made_with_them() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let operations = json!([
        post("/Groups", "sales", &json!({ "schemas": [GROUP], "displayName": "Sales", "members": [{ "value": "bulkId:ann" }] })),
        post("/Users", "ann", &json!({ "schemas": [USER], "userName": "ann@globex.example" })),
        { "method": "PATCH", "path": "/Users/bulkId:ann", "data": { "Operations": [{ "op": "add", "path": "title", "value": "Dr" }] } },
    ]);
    let told = directory.post("/Bulk", request(&operations)).await.is(200).body;
    assert_eq!(told["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    assert_eq!(statuses(&told), ["201", "201", "200"]);
    let at = |n: usize| {
        told["Operations"][n]["location"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()
    };
    assert_eq!(directory.members(&at(0)).await, [at(1)]);
    let ann = directory.get(&format!("/Users/{}", at(1))).await.is(200).body;
    assert_eq!(ann["title"], "Dr");
    assert_eq!(told["Operations"][2]["version"], ann["meta"]["version"]);
}

#[actix_web::test]
async fn people_who_refer_to_each_other_are_all_made() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let person = |name: &str, boss: &str| {
        post(
            "/Users",
            name,
            &json!({
                "schemas": [USER, ENTERPRISE], "userName": format!("{name}@globex.example"),
                ENTERPRISE: { "manager": { "value": format!("bulkId:{boss}") } },
            }),
        )
    };
    let operations = json!([person("ann", "bob"), person("bob", "ann")]);
    let told = directory.post("/Bulk", request(&operations)).await.is(200).body;
    assert_eq!(statuses(&told), ["201", "201"]);
    let ids: Vec<&str> = told["Operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["location"].as_str().unwrap().rsplit('/').next().unwrap())
        .collect();
    for (one, other) in [(ids[0], ids[1]), (ids[1], ids[0])] {
        let person = directory.get(&format!("/Users/{one}")).await.is(200).body;
        assert_eq!(person[ENTERPRISE]["manager"]["value"], other);
    }
}

#[actix_web::test]
async fn a_fault_is_told_at_its_place_and_after_as_many_as_allowed_the_rest_is_not_tried() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let operations = json!([
        post("/Users", "a", &json!({ "schemas": [USER] })),
        { "method": "DELETE", "path": format!("/Users/{ann}"), "version": "W/\"99\"" },
        post("/Users", "b", &json!({ "schemas": [USER], "userName": "bob@globex.example" })),
    ]);
    let told = directory.post("/Bulk", request(&operations)).await.is(200).body;
    assert_eq!(statuses(&told), ["400", "412", "201"]);
    assert_eq!(told["Operations"][0]["response"]["scimType"], "invalidValue");
    assert_eq!(told["Operations"][0]["bulkId"], "a");
    let mut stopping = request(&operations);
    stopping["failOnErrors"] = 1.into();
    let told = directory.post("/Bulk", stopping).await.is(200).body;
    assert_eq!(statuses(&told), ["400"]);
}

#[actix_web::test]
async fn more_than_a_thousand_operations_or_16_mib_are_refused() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let one = json!({ "method": "DELETE", "path": "/Users/x" });
    let told = directory.post("/Bulk", request(&vec![one; 1001].into())).await;
    told.refuses(413, "", "too_many");
    let large = json!({ "Operations": [], "x": "y".repeat(16 * 1024 * 1024) });
    directory.post("/Bulk", large).await.refuses(413, "", "body_too_large");
    directory.post("/Bulk", json!({})).await.refuses(400, "invalidSyntax", "invalid_syntax");
}
