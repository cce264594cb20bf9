//! `JumpCloud`, from its first test of the connection to the last group.

use super::{Directory, GROUP, USER, sorted};
use crate::gateway::{ADA, Gateway, World};
use crate::user_agent::UserAgent;
use serde_json::{Value, json};
use vestibule::cause::Cause;
use vestibule::store::api_keys::{self, NewApiKey, Scope};
use vestibule::store::{ConnectionId, Window};
use vestibule::store::{events, users};

pub(super) fn person(email: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": email,
        "name": { "givenName": "Test", "familyName": "User" },
        "emails": [{ "type": "work", "primary": true, "value": email }],
        "active": true,
    })
}

/// Test Connection and Activate: a person and a group are made, changed, and taken away again.
async fn test_connection(directory: &Directory, email: &str) -> (String, String) {
    let found = directory.filter("/Users", &format!("userName eq \"{email}\"")).await.is(200);
    assert_eq!((found.total(), found.resources().len()), (0, 0));
    let made = directory.post("/Users", person(email)).await.is(201);
    let id = made.id();
    assert!(made.body["id"].is_string(), "the ID is a JSON string");
    assert_eq!(directory.get(&format!("/Users/{id}")).await.is(200).body["userName"], email);
    let mut changed = person(email);
    changed["name"]["familyName"] = "Changed".into();
    changed["id"] = id.clone().into();
    let changed = directory.put(&format!("/Users/{id}"), changed).await.is(200);
    assert_eq!(changed.body["name"]["familyName"], "Changed");

    directory.get("/Groups").await.is(200);
    let group = json!({
        "schemas": [GROUP], "displayName": "JumpCloud SCIM Test Group", "members": [{ "value": id }],
    });
    let group = directory.post("/Groups", group).await.is(201).id();
    let renamed = json!([
        { "op": "replace", "value": { "id": group, "displayName": "JumpCloud SCIM Test Group 2" } },
    ]);
    let renamed = directory.patch(&format!("/Groups/{group}"), renamed).await.is(200);
    assert_eq!(renamed.body["displayName"], "JumpCloud SCIM Test Group 2");
    directory.delete(&format!("/Groups/{group}")).await.is(204);
    directory.delete(&format!("/Users/{id}")).await.is(204);
    directory.get(&format!("/Users/{id}")).await.refuses(404, "", "not_found");
    (id, group)
}

#[actix_web::test]
async fn test_connection_passes_with_a_new_email_and_again_with_the_same() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = Directory::of(&world);
    for email in ["scim-test-1@globex.example", "jumpcloud.probe@globex.example"] {
        let (first, _) = test_connection(&directory, email).await;
        // At every later edit it runs again with the same address: the record that was deleted is restored.
        let (again, _) = test_connection(&directory, email).await;
        assert_eq!(first, again);
    }
}

/// What the operator copies into the console: base URL and token, as the API gives them.
async fn copied(gateway: &Gateway, connection: &ConnectionId) -> Directory {
    let new = NewApiKey {
        name: "Test".to_owned(),
        scopes: vec![Scope::ConnectionsWrite],
        organization_id: None,
        expires_at: None,
        networks: Vec::new(),
    };
    super::groups_on(gateway, connection);
    let key = gateway.write(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
    let client = UserAgent::new().into_client();
    let url = format!("{}/api/v1/connections/{connection}/scim/tokens", gateway.url);
    let request = client.post(url).bearer_auth(key).json(&json!({ "label": "JumpCloud" }));
    let made: Value = request.send().await.unwrap().json().await.unwrap();
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    Directory { client, base: text("base_url"), token: text("secret") }
}

#[actix_web::test]
async fn the_whole_cycle_works_from_the_copied_base_url_to_a_second_test_with_the_same_email() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let directory = copied(&gateway, &world.connection.id).await;
    let probe = "new.probe@globex.example";
    // Test Connection, then Activate.
    let (first, _) = test_connection(&directory, probe).await;
    test_connection(&directory, probe).await;

    // People, each looked up before; then the group that is bound, adopted where it is there.
    let mut people = Vec::new();
    for email in [ADA, "bob@globex.example"] {
        let look_up = format!("userName eq \"{email}\"");
        assert_eq!(directory.filter("/Users", &look_up).await.total(), 0);
        people.push(directory.post("/Users", person(email)).await.is(201).id());
        assert_eq!(directory.filter("/Users", &look_up).await.total(), 1);
    }
    let members: Vec<Value> = people.iter().map(|id| json!({ "value": id })).collect();
    let body = json!({ "schemas": [GROUP], "displayName": "Engineering", "members": members });
    let group = directory.post("/Groups", body.clone()).await.is(201).id();
    let path = format!("/Groups/{group}");
    directory.put(&path, body).await.is(200);
    world.works().await;

    // Renamed, and one taken out.
    let rename = json!([{ "op": "replace", "value": { "displayName": "Platform" } }]);
    directory.patch(&path, rename).await.is(200);
    let remove = json!([{ "op": "remove", "path": "members", "value": [{ "value": people[1] }] }]);
    directory.patch(&path, remove).await.is(200);
    assert_eq!(directory.members(&group).await, people[..1]);

    // Suspended: out, but not out of the group; back again.
    let ada = format!("/Users/{}", people[0]);
    let mut off = person(ADA);
    off["active"] = false.into();
    directory.put(&ada, off).await.is(200);
    let mut agent = UserAgent::new();
    let underway = world.begin(&mut agent).await;
    let page = world.come_back(&mut agent, &underway).await;
    world.refused("a sign-in of who is suspended", Cause::UserDeprovisioned, &page);
    assert_eq!(directory.members(&group).await, people[..1]);
    directory.put(&ada, person(ADA)).await.is(200);
    world.works().await;

    // A later edit tests again with the same email, and disturbs nobody.
    let (again, _) = test_connection(&directory, probe).await;
    assert_eq!(first, again);
    assert_eq!(directory.get("/Users").await.is(200).total(), 2);
    assert_eq!(directory.members(&group).await, people[..1]);
}

#[actix_web::test]
async fn a_test_leaves_no_events_behind() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let before = told(&gateway);
    test_connection(&Directory::of(&world), "scim-test-2@globex.example").await;
    let after: Vec<String> = told(&gateway).into_iter().skip(before.len()).collect();
    let of_people =
        after.iter().filter(|kind| kind.starts_with("user.") || kind.starts_with("group."));
    assert_eq!(of_people.count(), 0, "{after:?}");
}

#[actix_web::test]
async fn a_test_user_is_in_no_list_of_people_but_that_of_tests() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let test = directory.post("/Users", person("scim-test-5@globex.example")).await.is(201).id();
    let ann = directory.user("ann@globex.example").await;
    let listed = |tests: bool| -> Vec<String> {
        let filter = users::Filter { tests, ..users::Filter::default() };
        let page = gateway.read(|db| users::page(db, &Window::default(), &filter));
        page.data.into_iter().map(|user| user.id.to_string()).collect()
    };
    assert_eq!(listed(false), [ann.as_str()]);
    assert_eq!(listed(true), [test.as_str()]);
    directory.delete(&format!("/Users/{test}")).await.is(204);
    assert_eq!((listed(false), listed(true)), (vec![ann], vec![test]));
}

/// The kinds of all events, oldest first.
fn told(gateway: &Gateway) -> Vec<String> {
    let window = Window { limit: 200, before: None };
    let page = gateway.read(|db| events::page(db, &window, &events::Filter::default()));
    page.data.into_iter().rev().map(|event| event.kind).collect()
}

#[actix_web::test]
async fn where_delete_is_refused_a_put_that_deactivates_ends_the_test() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let id = directory.post("/Users", person("scim-test-3@globex.example")).await.is(201).id();
    let off =
        json!({ "schemas": [USER], "userName": "scim-test-3@globex.example", "active": false });
    assert_eq!(directory.put(&format!("/Users/{id}"), off).await.is(200).body["active"], false);
}

#[actix_web::test]
async fn people_and_groups_are_brought_renamed_and_removed() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let bob = directory.user("bob@globex.example").await;
    // Members in the POST count.
    let group = directory.group("Engineering", &[&ann]).await;
    let path = format!("/Groups/{group}");
    assert_eq!(directory.members(&group).await, [ann.as_str()]);

    // One person for each request, and again: it is idempotent.
    let add = |id: &str| json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]);
    let added = directory.patch(&path, add(&bob)).await.is(200);
    let again = directory.patch(&path, add(&bob)).await.is(200);
    assert_eq!(directory.members(&group).await, sorted(&[&ann, &bob]));
    assert_eq!(added.body["meta"], again.body["meta"], "a repeat is no new version");

    // Not of the RFC: what is to be removed is in the value.
    let remove =
        |id: &str| json!([{ "op": "remove", "path": "members", "value": [{ "value": id }] }]);
    let removed = directory.patch(&path, remove(&bob)).await.is(200);
    let again = directory.patch(&path, remove(&bob)).await.is(200);
    assert_eq!(directory.members(&group).await, [ann.as_str()]);
    assert_eq!(removed.body["meta"], again.body["meta"]);

    // Renamed without a path.
    let rename = json!([{ "op": "replace", "value": { "displayName": "Platform" } }]);
    assert_eq!(directory.patch(&path, rename).await.is(200).body["displayName"], "Platform");
    assert_eq!(directory.filter("/Groups", "displayName eq \"engineering\"").await.total(), 0);
    assert_eq!(
        directory.filter("/Groups", "displayName eq \"PLATFORM\"").await.ids(),
        [group.as_str()]
    );
    assert_eq!(directory.members(&group).await, [ann.as_str()]);

    // Every bound group is synchronised again on any change.
    let whole =
        json!({ "schemas": [GROUP], "displayName": "Platform", "members": [{ "value": bob }] });
    directory.put(&path, whole).await.is(200);
    assert_eq!(directory.members(&group).await, [bob]);
}

#[actix_web::test]
async fn a_group_that_is_made_again_is_the_same_group() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("Sales", &[&ann]).await;
    directory.delete(&format!("/Groups/{group}")).await.is(204);
    assert_eq!(directory.group("Sales", &[]).await, group);
    // A live one of the same name is in the way.
    let again =
        directory.post("/Groups", json!({ "schemas": [GROUP], "displayName": "sales" })).await;
    let again = again.refuses(409, "uniqueness", "unique_conflict");
    assert!(again.detail().contains(&group), "{}", again.body);
}

#[actix_web::test]
async fn an_expired_password_deactivates_and_a_new_one_brings_all_memberships_back() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("Engineering", &[&ann]).await;
    for active in [false, false, true] {
        let mut body = person("ann@globex.example");
        body["active"] = active.into();
        let put = directory.put(&format!("/Users/{ann}"), body).await.is(200);
        assert_eq!(put.body["active"], active);
        assert_eq!(directory.members(&group).await, [ann.as_str()]);
    }
    let shown = directory.get(&format!("/Users/{ann}")).await.is(200);
    assert_eq!(shown.body["groups"][0]["value"], group);
}

#[actix_web::test]
async fn a_put_may_leave_out_active_and_the_user_name() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let path = format!("/Users/{ann}");
    let off = json!([{ "op": "replace", "path": "active", "value": false }]);
    directory.patch(&path, off).await.is(200);
    let without = json!({ "schemas": [USER], "name": { "givenName": "Ann", "familyName": "New" } });
    let put = directory.put(&path, without).await.is(200);
    assert_eq!(put.body["name"]["familyName"], "New");
    assert_eq!(put.body["userName"], "ann@globex.example");
    assert_eq!(put.body["active"], false, "nobody said that the person is on again");
}

#[actix_web::test]
async fn a_person_who_is_brought_twice_is_one_person() {
    let gateway = Gateway::start().await;
    let directory = Directory::of(&World::of(&gateway));
    let ann = directory.user("ann@globex.example").await;
    let again = directory.post("/Users", person("Ann@globex.example")).await;
    let again = again.refuses(409, "uniqueness", "unique_conflict");
    assert!(again.detail().contains(&ann), "the existing ID is named: {}", again.body);
}
