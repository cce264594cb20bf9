//! Microsoft Entra ID, as it is and with its flag `aadOptscim062020`.

use super::{Directory, ENTERPRISE, GROUP, USER, sorted};
use crate::gateway::{Gateway, World};
use serde_json::{Value, json};

/// A person as Entra makes one.
async fn person(directory: &Directory, name: &str) -> String {
    let body = json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": name.split('@').next(),
        "userName": name,
        "active": true,
        "displayName": "Ann Lee",
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Ann Lee", "familyName": "Lee", "givenName": "Ann" },
        "roles": [],
    });
    directory.post("/Users", body).await.is(201).id()
}

async fn patched(directory: &Directory, id: &str, operations: Value) -> Value {
    let path = format!("/Users/{id}");
    let told = directory.patch(&path, operations).await.is(200).body;
    assert_eq!(told, directory.get(&path).await.is(200).body, "what is told is what is there");
    told
}

#[actix_web::test]
async fn the_test_of_the_connection_looks_for_a_person_who_is_not_there() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let filter = "userName eq \"3b3bd1f6-8f2d-43c3-9c3f-5b1f5d3c2b7a\"";
    let found = directory.filter("/Users", filter).await.is(200);
    assert_eq!((found.total(), found.resources().len()), (0, 0));
}

#[actix_web::test]
async fn operations_are_capitalised_and_booleans_are_words() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    for (word, is) in [("False", false), ("True", true), ("false", false), ("true", true)] {
        let operations = json!([{ "op": "Replace", "path": "active", "value": word }]);
        assert_eq!(patched(&directory, &ann, operations).await["active"], is, "{word}");
    }
    let flagged = json!([{ "op": "replace", "path": "active", "value": false }]);
    assert_eq!(patched(&directory, &ann, flagged).await["active"], false);
    let odd = json!([{ "op": "Replace", "path": "active", "value": "Perhaps" }]);
    let odd = directory.patch(&format!("/Users/{ann}"), odd).await;
    odd.refuses(400, "invalidValue", "invalid_value");
}

#[actix_web::test]
async fn a_work_email_that_does_not_exist_is_made() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    let path = "emails[type eq \"work\"].value";
    let operations = json!([{ "op": "Replace", "path": path, "value": "ann.lee@globex.example" }]);
    let told = patched(&directory, &ann, operations).await;
    assert_eq!(told["emails"], json!([{ "type": "work", "value": "ann.lee@globex.example" }]));
    let operations = json!([{ "op": "Add", "path": path, "value": "ann.new@globex.example" }]);
    let told = patched(&directory, &ann, operations).await;
    assert_eq!(told["emails"], json!([{ "type": "work", "value": "ann.new@globex.example" }]));
}

#[actix_web::test]
async fn extension_attributes_are_named_by_their_urns() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    let path = |name: &str| format!("{ENTERPRISE}:{name}");
    let operations = json!([
        { "op": "Add", "path": path("department"), "value": "Sales" },
        { "op": "Replace", "path": path("employeeNumber"), "value": "701984" },
    ]);
    let told = patched(&directory, &ann, operations).await;
    assert_eq!(told[ENTERPRISE], json!({ "department": "Sales", "employeeNumber": "701984" }));
    assert_eq!(told["schemas"], json!([USER, ENTERPRISE]));
    // Without a path, with dots in the names.
    let dotted = json!([{ "op": "Add", "value": {
        "name.givenName": "Anne",
        path("department"): "Marketing",
    }}]);
    let told = patched(&directory, &ann, dotted).await;
    assert_eq!(told["name"]["givenName"], "Anne");
    assert_eq!(told[ENTERPRISE]["department"], "Marketing");
}

#[actix_web::test]
async fn a_manager_is_a_string_or_an_object() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    let bob = person(&directory, "bob@globex.example").await;
    let path = format!("{ENTERPRISE}:manager");
    for value in [json!(bob), json!({ "value": bob }), json!([{ "value": bob }])] {
        let operations = json!([{ "op": "Replace", "path": path, "value": value }]);
        let told = patched(&directory, &ann, operations).await;
        assert_eq!(told[ENTERPRISE]["manager"]["value"], bob, "{value}");
        let operations = json!([{ "op": "Remove", "path": path }]);
        assert!(patched(&directory, &ann, operations).await.get(ENTERPRISE).is_none());
    }
}

#[actix_web::test]
async fn people_are_matched_by_external_id_in_quotes_or_without() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    for filter in ["externalId eq \"ann\"", "externalId eq ann", "EXTERNALID EQ \"ann\""] {
        assert_eq!(
            directory.filter("/Users", filter).await.is(200).ids(),
            [ann.as_str()],
            "{filter}"
        );
    }
    assert_eq!(
        directory.filter("/Users", "externalId eq \"Ann\"").await.total(),
        0,
        "its case counts"
    );
}

#[actix_web::test]
async fn groups_are_matched_by_name_without_their_members() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    let group = directory.group("Sales Team", &[&ann]).await;
    directory.group("Sales", &[]).await;
    let query = "/Groups?excludedAttributes=members&filter=displayName+eq+%22sales%20team%22";
    let found = directory.get(query).await.is(200);
    assert_eq!(found.ids(), [group.as_str()], "a missed match would make it create a duplicate");
    assert!(found.resources()[0].get("members").is_none());
    let read = directory.get(&format!("/Groups/{group}?excludedAttributes=members")).await.is(200);
    assert!(read.body.get("members").is_none());
}

#[actix_web::test]
async fn members_are_added_and_removed_with_and_without_its_flag() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    let bob = person(&directory, "bob@globex.example").await;
    let body = json!({ "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0", "displayName": "Sales", "meta": { "resourceType": "Group" } });
    let group = directory.post("/Groups", body).await.is(201).id();
    let path = format!("/Groups/{group}");
    let both = json!([{ "$ref": null, "value": ann }, { "$ref": null, "value": bob }]);
    let all = json!([{ "op": "Add", "path": "members", "value": both }]);
    directory.patch(&path, all.clone()).await.is(200);
    // Without the flag the value tells whom, with it the path does.
    let remove =
        json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": ann }] }]);
    directory.patch(&path, remove).await.is(200);
    assert_eq!(directory.members(&group).await, [bob.as_str()]);
    // It adds all again after a removal.
    directory.patch(&path, all).await.is(200);
    assert_eq!(directory.members(&group).await, sorted(&[&ann, &bob]));
    let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{bob}\"]") }]);
    directory.patch(&path, remove).await.is(200);
    assert_eq!(directory.members(&group).await, [ann]);
}

#[actix_web::test]
async fn a_change_of_the_name_is_one_patch_with_several_operations() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = person(&directory, "ann@globex.example").await;
    let told = patched(
        &directory,
        &ann,
        json!([
            { "op": "Replace", "path": "name.familyName", "value": "Leigh" },
            { "op": "Replace", "path": "displayName", "value": "Ann Leigh" },
            { "op": "Replace", "path": "userName", "value": "ann.leigh@globex.example" },
        ]),
    )
    .await;
    assert_eq!(told["name"]["familyName"], "Leigh");
    assert_eq!(told["userName"], "ann.leigh@globex.example");
    // All or nothing.
    let half = json!([
        { "op": "Replace", "path": "displayName", "value": "Half" },
        { "op": "Replace", "path": "shoeSize[", "value": 9 },
    ]);
    let half = directory.patch(&format!("/Users/{ann}"), half).await;
    half.refuses(400, "invalidPath", "patch_no_target");
    assert_eq!(directory.get(&format!("/Users/{ann}")).await.body["displayName"], "Ann Leigh");
}
