//! Rows of what a directory's acts do that `access.rs` does not tell: each over SCIM, seen through the REST API.

use super::access::{Api, ROLES, add, patch, remove, rename};
use super::{Directory, GROUP, USER};
use crate::gateway::{Gateway, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

const OWN_ROLES: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:User";

/// Makes these the rules.
async fn rule(api: &Api, rules: Value) -> Value {
    let (status, set) = api.ours(Method::PUT, "mapping_rules", json!({ "rules": rules })).await;
    assert_eq!(status, 200, "{set}");
    set
}

/// The one mapping of a group.
async fn mapping(api: &Api, group: &str) -> Value {
    let (_, list) = api.ours(Method::GET, &format!("mappings?group={group}"), Value::Null).await;
    let [mapping] = list["data"].as_array().unwrap().as_slice() else { panic!("{list}") };
    mapping.clone()
}

#[actix_web::test]
async fn who_is_removed_from_an_exclusive_place_goes_to_the_default_of_its_type() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let fast = directory.group("fast", &[&ann]).await;
    let general = json!({ "type": "concurrency_group", "name": "general", "is_default": true });
    let (status, told) = api.ours(Method::PUT, "entities/general", general).await;
    assert_eq!(status, 200, "{told}");
    api.entity("concurrency_group", "fast").await;
    api.map(&fast, "fast").await;
    assert_eq!(api.access(&ann).await.1, ["fast"]);
    patch(&directory, &fast, remove(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["general"]);
    patch(&directory, &fast, add(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["fast"]);
    directory.delete(&format!("/Groups/{fast}")).await.is(204);
    assert_eq!(api.access(&ann).await.1, ["general"]);
}

#[actix_web::test]
async fn the_role_is_the_highest_of_the_groups_else_the_persons_own_else_the_applications_default()
{
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let person = |name: &str, roles: Value| json!({ "schemas": [USER, OWN_ROLES], "userName": name, OWN_ROLES: { "roles": roles } });
    directory.post("/Users", person("boss@globex.example", json!(["admin"]))).await.is(201);
    let ann = person("ann@globex.example", json!(["admin"]));
    let ann = directory.post("/Users", ann).await.is(201).id();
    assert_eq!(api.access(&ann).await.0, "admin", "their own");
    let carrying = |name: &str, role: &str| json!({ "schemas": [GROUP], "displayName": name, ROLES: { "roles": [role] } });
    let guests = directory.post("/Groups", carrying("guests", "guest")).await.is(201).id();
    patch(&directory, &guests, add(&ann)).await;
    assert_eq!(api.access(&ann).await.0, "guest", "a group carries one, so it is not their own");
    let users = directory.post("/Groups", carrying("users", "user")).await.is(201).id();
    patch(&directory, &users, add(&ann)).await;
    assert_eq!(api.access(&ann).await.0, "user", "the highest of the groups");
    directory.put(&format!("/Groups/{users}"), carrying("users", "admin")).await.is(200);
    patch(&directory, &users, add(&ann)).await;
    assert_eq!(api.access(&ann).await.0, "admin", "it moves up");
    directory.delete(&format!("/Groups/{users}")).await.is(204);
    assert_eq!(api.access(&ann).await.0, "guest", "and down");
    patch(&directory, &guests, remove(&ann)).await;
    let path = format!("/Users/{ann}");
    directory.put(&path, person("ann@globex.example", json!([]))).await.is(200);
    assert_eq!(api.access(&ann).await.0, "user", "the default");
}

#[actix_web::test]
async fn a_rule_without_auto_approve_makes_a_pending_mapping_and_the_highest_priority_comes_first()
{
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let team = json!([{ "type": "team" }]);
    let rules = json!([
        { "match": "all", "targets": team, "auto_approve": true },
        { "match": "prefix", "pattern": "ENG-", "targets": team, "priority": 5 },
        { "match": "regex", "pattern": "pay", "targets": team, "auto_approve": true, "priority": 5 },
    ]);
    let set = rule(&api, rules).await;
    let eng = directory.group("eng-payments", &[&ann]).await;
    let made = mapping(&api, &eng).await;
    assert_eq!((&made["state"], &made["rule_id"]), (&json!("pending"), &set["rules"][1]["id"]));
    assert_eq!(made["proposed"]["type"], "team", "{made}");
    assert_eq!(api.access(&ann).await.1, Vec::<String>::new(), "only approved ones place members");
    let path = format!("mappings/{}", made["id"].as_str().unwrap());
    let approved = api.ours(Method::PATCH, &path, json!({ "state": "approved" })).await;
    assert_eq!((approved.0, &approved.1["state"]), (200, &json!("approved")));
    assert_eq!(api.access(&ann).await.1, ["eng-payments"]);
    let pay = directory.group("payroll", &[&ann]).await;
    assert_eq!(mapping(&api, &pay).await["rule_id"], set["rules"][2]["id"]);
    let other = directory.group("sales", &[&ann]).await;
    let made = mapping(&api, &other).await;
    assert_eq!(
        (&made["rule_id"], &made["state"]),
        (&set["rules"][0]["id"], &json!("auto_approved"))
    );
    assert_eq!(api.access(&ann).await.1, ["eng-payments", "payroll", "sales"]);
}

#[actix_web::test]
async fn a_rename_to_another_rule_waits_for_a_person_with_members_kept_in_place() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let targets = json!([{ "type": "team" }]);
    let by = |prefix: &str| json!({ "match": "prefix", "pattern": prefix, "targets": targets, "auto_approve": true });
    rule(&api, json!([by("eng-"), by("ops-")])).await;
    let group = directory.group("eng-core", &[&ann]).await;
    assert_eq!(api.access(&ann).await.1, ["eng-core"]);
    patch(&directory, &group, rename("ops-core")).await;
    let now = mapping(&api, &group).await;
    assert_eq!((&now["state"], &now["flag"]), (&json!("pending"), &json!("rule_changed")), "{now}");
    assert_eq!(api.access(&ann).await.1, ["ops-core"], "nobody is lost");
    let path = format!("mappings/{}", now["id"].as_str().unwrap());
    api.ours(Method::PATCH, &path, json!({ "state": "rejected" })).await;
    assert_eq!(api.access(&ann).await.1, Vec::<String>::new());
}

#[actix_web::test]
async fn a_name_that_another_place_has_is_not_taken_and_an_alert_says_so() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    api.entity("team", "Ledger").await;
    let group = directory.group("Payments", &[&ann]).await;
    let body = json!({ "group_id": group, "type": "team" });
    let (status, told) = api.ours(Method::POST, "mappings", body).await;
    assert_eq!(status, 201, "{told}");
    patch(&directory, &group, rename("Ledger")).await;
    assert_eq!(directory.get(&format!("/Groups/{group}")).await.body["displayName"], "Ledger");
    assert_eq!(api.access(&ann).await.1, ["Payments"], "the old name is kept");
    assert_eq!(api.alerts().await, ["name_taken"]);
}

#[actix_web::test]
async fn a_sub_organization_excludes_every_place_of_another_group() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let eng = directory.group("eng", &[&ann]).await;
    let eu = directory.group("eu", &[]).await;
    api.entity("team", "eng").await;
    api.entity("sub_organization", "eu").await;
    api.map(&eng, "eng").await;
    api.map(&eu, "eu").await;
    patch(&directory, &eu, add(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["eng"], "until decided the person keeps what they have");
    let conflict = api.conflicts().await.pop().unwrap();
    assert_eq!(conflict["kind"], "organization", "{conflict}");
    patch(&directory, &eng, remove(&ann)).await;
    assert_eq!((api.access(&ann).await.1, api.conflicts().await.len()), (vec!["eu".to_owned()], 0));
}

#[actix_web::test]
async fn the_same_name_pushed_again_restores_the_record_and_its_rules_are_evaluated() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let group = directory.group("eng", &[&ann]).await;
    directory.delete(&format!("/Groups/{group}")).await.is(204);
    rule(&api, json!([{ "match": "all", "targets": [{ "type": "team" }], "auto_approve": true }]))
        .await;
    assert_eq!(directory.group("eng", &[]).await, group);
    assert_eq!(mapping(&api, &group).await["state"], "auto_approved");
    assert_eq!(api.access(&ann).await.1, Vec::<String>::new(), "members must come again");
    patch(&directory, &group, add(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["eng"]);
}

#[actix_web::test]
async fn a_group_whose_members_are_all_off_for_a_day_is_probably_unbound() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let (ann, bob) =
        (directory.user("ann@globex.example").await, directory.user("bob@globex.example").await);
    let group = directory.group("eng", &[&ann, &bob]).await;
    let unbound = async || {
        let (status, told) =
            api.send(Method::GET, &format!("groups/{group}"), Value::Null, None).await;
        assert_eq!(status, 200, "{told}");
        told["probably_unbound"] == true
    };
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    directory.patch(&format!("/Users/{ann}"), off.clone()).await.is(200);
    gateway.advance(TimeDelta::hours(25));
    assert!(!unbound().await, "one of them is on");
    directory.patch(&format!("/Users/{bob}"), off).await.is(200);
    gateway.advance(TimeDelta::hours(23));
    assert!(!unbound().await, "one of them is off for less than a day");
    gateway.advance(TimeDelta::hours(2));
    assert!(unbound().await);
    let (status, _) = api.send(Method::DELETE, &format!("groups/{group}"), Value::Null, None).await;
    assert_eq!(status, 204);
    directory.get(&format!("/Groups/{group}")).await.is(404);
}
