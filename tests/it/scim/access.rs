//! What `JumpCloud`'s groups give to people: each act over SCIM, seen through the REST API, the tokens and the events.

use super::{Directory, GROUP};
use crate::gateway::{ADA, Gateway, World};
use crate::journeys::redeem;
use crate::user_agent::UserAgent;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use vestibule::cause::Cause;
use vestibule::store::api_keys::{self, NewApiKey, Scope};

pub(crate) const ROLES: &str = "urn:ietf:params:scim:schemas:extension:vestibule:2.0:Group";

/// The vendor's program.
pub(super) struct Api {
    client: Client,
    base: String,
    key: String,
    organization: String,
}

impl Api {
    pub(super) fn of(world: &World<'_>) -> Self {
        let new = NewApiKey {
            name: "Test".to_owned(),
            scopes: Scope::WORDS.iter().map(|word| word.parse().unwrap()).collect(),
            organization_id: None,
            expires_at: None,
            networks: Vec::new(),
        };
        let key = world.gateway.write(|tx| api_keys::create(tx, new)).1.reveal().to_owned();
        let organization = world.customer.organization.id.to_string();
        let base = format!("{}/api/v1", world.gateway.url);
        Self { client: UserAgent::new().into_client(), base, key, organization }
    }

    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Value,
        seen: Option<&str>,
    ) -> (u16, Value) {
        let mut request =
            self.client.request(method, format!("{}/{path}", self.base)).bearer_auth(&self.key);
        if let Some(seen) = seen {
            request = request.header("if-match", format!("\"{seen}\""));
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }

    /// What is answered to a request about the organization.
    pub(super) async fn ours(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        self.send(method, &format!("organizations/{}/{path}", self.organization), body, None).await
    }

    pub(super) async fn entity(&self, kind: &str, key: &str) {
        let body = json!({ "type": kind, "name": key });
        let (status, told) = self.ours(Method::PUT, &format!("entities/{key}"), body).await;
        assert_eq!(status, 200, "{told}");
    }

    pub(super) async fn map(&self, group: &str, entity: &str) -> String {
        let body = json!({ "group_id": group, "entity": entity });
        let (status, told) = self.ours(Method::POST, "mappings", body).await;
        assert_eq!(status, 201, "{told}");
        told["id"].as_str().unwrap().to_owned()
    }

    /// Role and names of places of a person, and why.
    pub(super) async fn access(&self, user: &str) -> (Value, Vec<String>, Vec<String>) {
        let (status, told) =
            self.send(Method::GET, &format!("users/{user}/access"), Value::Null, None).await;
        assert_eq!(status, 200, "{told}");
        let it = &told["applications"][0];
        let entities = it["entities"].as_array().unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut names: Vec<String> = entities.iter().map(|it| text(&it["name"])).collect();
        names.sort();
        let why = entities.iter().map(|it| text(&it["because"]["text"])).collect();
        (it["role"]["key"].clone(), names, why)
    }

    /// A person in the state of the whole organization, and how many groups that has.
    async fn in_state(&self, user: &str) -> (Value, usize) {
        let (status, told) = self.ours(Method::GET, "state", Value::Null).await;
        assert_eq!(status, 200, "{told}");
        let users = told["users"].as_array().unwrap();
        let found = users.iter().find(|it| it["id"] == user).cloned().unwrap();
        (found, told["groups"].as_array().unwrap().len())
    }

    pub(super) async fn conflicts(&self) -> Vec<Value> {
        let (_, told) = self.ours(Method::GET, "access_conflicts?open=true", Value::Null).await;
        told["data"].as_array().unwrap().clone()
    }

    pub(super) async fn alerts(&self) -> Vec<Value> {
        let (_, told) = self.ours(Method::GET, "access_alerts?open=true", Value::Null).await;
        told["data"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect()
    }

    /// The last event about a person's access, once all are numbered.
    async fn last_event(&self, world: &World<'_>, user: &str) -> Value {
        vestibule::jobs::number::round(&world.gateway.state.store).await.unwrap();
        let (_, told) =
            self.send(Method::GET, "events?limit=200&type=access.*", Value::Null, None).await;
        let events = told["data"].as_array().unwrap_or_else(|| panic!("{told}"));
        events.iter().rev().find(|it| it["data"]["subject_id"] == user).cloned().unwrap_or_default()
    }
}

pub(crate) fn add(id: &str) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }])
}

pub(crate) fn remove(id: &str) -> Value {
    json!([{ "op": "remove", "path": "members", "value": [{ "value": id }] }])
}

pub(super) fn rename(name: &str) -> Value {
    json!([{ "op": "replace", "value": { "displayName": name } }])
}

pub(crate) async fn patch(directory: &Directory, group: &str, operations: Value) {
    directory.patch(&format!("/Groups/{group}"), operations).await.is(200);
}

#[actix_web::test]
async fn groups_are_refused_while_they_are_off_and_the_answer_says_how_to_turn_them_on() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let group = directory.group("Engineering", &[]).await;
    let path = format!("/Groups/{group}");
    let (_, told) = api.ours(Method::PATCH, "provisioning", json!({ "groups": false })).await;
    assert_eq!(told["groups"], false, "{told}");
    let body = json!({ "schemas": [GROUP], "displayName": "Sales" });
    let refused = directory.post("/Groups", body.clone()).await.refuses(403, "", "groups_off");
    assert!(refused.detail().contains("vestibule org groups"), "{}", refused.body);
    directory.put(&path, body).await.refuses(403, "", "groups_off");
    directory.patch(&path, rename("Sales")).await.refuses(403, "", "groups_off");
    directory.delete(&path).await.refuses(403, "", "groups_off");
    assert_eq!(directory.get(&path).await.is(200).body["displayName"], "Engineering");
    directory.user("ann@globex.example").await;
    api.ours(Method::PATCH, "provisioning", json!({ "groups": true })).await;
    patch(&directory, &group, rename("Platform")).await;
}

#[actix_web::test]
async fn a_person_is_placed_by_their_groups_and_taken_out_with_them_and_the_tokens_say_so() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ada = directory.user(ADA).await;
    let boss = directory.user("boss@globex.example").await;
    let admins = json!({ "schemas": [GROUP], "displayName": "admins", ROLES: { "roles": ["admin"] }, "members": [{ "value": boss }] });
    let admins = directory.post("/Groups", admins).await.is(201).id();
    let eng = directory.group("eng-payments", &[]).await;
    api.entity("team", "payments").await;
    api.map(&eng, "payments").await;

    patch(&directory, &eng, add(&ada)).await;
    patch(&directory, &admins, add(&ada)).await;
    let (role, places, why) = api.access(&ada).await;
    assert_eq!((role, places), (json!("admin"), vec!["payments".to_owned()]));
    assert_eq!(why, ["group eng-payments, by hand"]);
    let event = api.last_event(&world, &ada).await;
    assert_eq!(
        (&event["type"], &event["data"]["role"]),
        (&json!("access.changed"), &json!("admin")),
        "{event}"
    );
    assert_eq!(event["data"]["before"]["role"], "user");
    assert_eq!(event["data"]["entities"][0]["key"], "payments");

    let (person, groups) = api.in_state(&ada).await;
    let mut theirs = [admins.clone(), eng.clone()];
    theirs.sort();
    assert_eq!((&person["groups"], groups), (&json!(theirs), 2), "{person}");
    assert_eq!(person["access"][0]["role"], "admin", "{person}");
    assert_eq!(person["access"][0]["entities"][0]["key"], "payments");

    let mut browser = UserAgent::new();
    let underway = world.begin(&mut browser).await;
    let page = world.come_back(&mut browser, &underway).await;
    let tokens = redeem(&world, &page).await.json();
    let userinfo = |tokens: &Value| {
        let client = UserAgent::new().into_client();
        let token = tokens["access_token"].as_str().unwrap().to_owned();
        client.get(format!("{}/oauth/userinfo", gateway.url)).bearer_auth(token).send()
    };
    let told: Value = userinfo(&tokens).await.unwrap().json().await.unwrap();
    assert_eq!(told["roles"], json!(["admin"]), "{told}");
    assert_eq!(told["entities"][0]["key"], "payments");
    assert_eq!(told["entities"][0]["type"], "team");

    patch(&directory, &admins, remove(&ada)).await;
    patch(&directory, &eng, remove(&ada)).await;
    patch(&directory, &eng, remove(&ada)).await;
    let told: Value = userinfo(&tokens).await.unwrap().json().await.unwrap();
    assert_eq!((&told["roles"], &told["entities"]), (&json!(["user"]), &Value::Null), "{told}");
    assert_eq!(api.access(&ada).await.0, "user");

    patch(&directory, &eng, add(&ada)).await;
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    directory.patch(&format!("/Users/{ada}"), off).await.is(200);
    assert_eq!(userinfo(&tokens).await.unwrap().status(), 401);
    assert_eq!(api.access(&ada).await, (Value::Null, vec![], vec![]));
    let (person, _) = api.in_state(&ada).await;
    assert_eq!((&person["groups"], &person["access"]), (&json!([eng]), &json!([])), "{person}");
    assert_eq!(api.last_event(&world, &ada).await["type"], "access.revoked");
    let on = json!([{ "op": "replace", "value": { "active": true } }]);
    directory.patch(&format!("/Users/{ada}"), on).await.is(200);
    assert_eq!(api.access(&ada).await.1, ["payments"], "the memberships were kept");
}

#[actix_web::test]
async fn rules_map_groups_and_a_rename_loses_nobody() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let before = directory.group("eng-ledger", &[&ann]).await;
    let rules = json!({ "rules": [
        { "match": "prefix", "pattern": "eng-", "targets": [{ "type": "team" }], "auto_approve": true },
    ] });
    let (_, seen) = api.ours(Method::POST, "mapping_rules/preview", rules.clone()).await;
    assert_eq!(
        (&seen["mappings"], &seen["gain"], &seen["lose"]),
        (&json!(1), &json!(1), &json!(0)),
        "{seen}"
    );
    assert_eq!(api.access(&ann).await.1, Vec::<String>::new());
    let version = seen["version"].as_str().unwrap();
    let path = format!("organizations/{}/mapping_rules", api.organization);
    gateway.advance(chrono::TimeDelta::seconds(1));
    let late = directory.group("eng-payments", &[&ann]).await;
    let (status, told) = api.send(Method::PUT, &path, rules.clone(), Some(version)).await;
    assert_eq!((status, &told["code"]), (412, &json!("version_mismatch")), "{told}");
    let (_, seen) = api.ours(Method::POST, "mapping_rules/preview", rules.clone()).await;
    let (status, told) = api.send(Method::PUT, &path, rules, seen["version"].as_str()).await;
    assert_eq!((status, &told["effect"]), (200, &json!({ "mappings": 2, "people": 1 })), "{told}");
    assert_eq!(api.access(&ann).await.1, ["eng-ledger", "eng-payments"]);
    assert_eq!(api.access(&ann).await.2[0], "group eng-ledger, rule 1");

    patch(&directory, &late, rename("eng-billing")).await;
    assert_eq!(api.access(&ann).await.1, ["eng-billing", "eng-ledger"]);
    patch(&directory, &late, rename("eng-ledger-2")).await;
    let taken = directory.patch(&format!("/Groups/{late}"), rename("ENG-LEDGER")).await;
    taken.refuses(409, "uniqueness", "unique_conflict");
    patch(&directory, &before, rename("sales")).await;
    let (_, told) = api.ours(Method::GET, &format!("mappings?group={before}"), Value::Null).await;
    assert_eq!(told["data"][0]["flag"], "rule_no_longer_matches", "{told}");
    assert_eq!(api.access(&ann).await.1, ["eng-ledger-2", "sales"]);

    directory.delete(&format!("/Groups/{before}")).await.is(204);
    assert_eq!(api.access(&ann).await.1, ["eng-ledger-2"]);
    assert_eq!(directory.group("sales", &[]).await, before, "the same record");
    assert_eq!(api.access(&ann).await.1, ["eng-ledger-2"], "members must come again");
}

#[actix_web::test]
async fn a_conflict_is_decided_once_and_goes_with_either_side() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let (fast, slow) = (directory.group("fast", &[&ann]).await, directory.group("slow", &[]).await);
    api.entity("concurrency_group", "fast").await;
    api.entity("concurrency_group", "slow").await;
    api.map(&fast, "fast").await;
    api.map(&slow, "slow").await;
    patch(&directory, &slow, add(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["fast"], "until decided the person keeps what they have");
    let conflict = api.conflicts().await.pop().unwrap();
    assert_eq!(conflict["kind"], "exclusive");
    patch(&directory, &slow, remove(&ann)).await;
    assert_eq!(api.conflicts().await.len(), 0, "it disappears if one side goes");
    patch(&directory, &slow, add(&ann)).await;
    let conflict = api.conflicts().await.pop().unwrap();
    let decide = format!("access_conflicts/{}/decide", conflict["id"].as_str().unwrap());
    let (status, told) = api.ours(Method::POST, &decide, json!({ "use": "incoming" })).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(api.access(&ann).await.1, ["slow"]);
    patch(&directory, &slow, remove(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["fast"]);
    patch(&directory, &slow, add(&ann)).await;
    assert_eq!(
        (api.access(&ann).await.1, api.conflicts().await.len()),
        (vec!["slow".to_owned()], 0)
    );
}

#[actix_web::test]
async fn an_entity_has_one_owner_and_a_deleted_one_waits_for_a_person() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let (one, two) = (directory.group("one", &[&ann]).await, directory.group("two", &[]).await);
    api.entity("team", "payments").await;
    let mapping = api.map(&one, "payments").await;
    let body = json!({ "group_id": two, "entity": "payments" });
    let (status, told) = api.ours(Method::POST, "mappings", body).await;
    assert_eq!((status, &told["code"]), (409, &json!("entity_owned")));
    assert!(told["detail"].as_str().unwrap().contains(&one), "{told}");
    let (status, _) = api.ours(Method::DELETE, "entities/payments", Value::Null).await;
    assert_eq!(status, 204);
    assert_eq!(api.access(&ann).await.1, Vec::<String>::new());
    assert_eq!(api.alerts().await, ["target_deleted"]);
    let path = format!("mappings/{mapping}");
    let (status, told) = api.ours(Method::PATCH, &path, json!({ "state": "approved" })).await;
    assert_eq!((status, &told["code"]), (409, &json!("target_deleted")), "{told}");
    api.entity("team", "ledger").await;
    let (status, told) = api.ours(Method::PATCH, &path, json!({ "entity": "ledger" })).await;
    assert_eq!((status, &told["state"]), (200, &json!("approved")), "{told}");
    assert_eq!((api.access(&ann).await.1, api.alerts().await), (vec!["ledger".to_owned()], vec![]));
}

#[actix_web::test]
async fn the_last_of_the_highest_role_and_a_push_that_takes_too_much_are_held() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let admins = json!({ "schemas": [GROUP], "displayName": "admins", ROLES: { "roles": ["admin"] }, "members": [{ "value": ann }] });
    let admins = directory.post("/Groups", admins).await.is(201).id();
    patch(&directory, &admins, remove(&ann)).await;
    assert_eq!(api.access(&ann).await.0, "admin");
    assert_eq!(api.alerts().await, ["last_of_highest_role"]);
    let bob = directory.user("bob@globex.example").await;
    patch(&directory, &admins, add(&bob)).await;
    assert_eq!((api.access(&ann).await.0, api.alerts().await), (json!("user"), vec![]));

    let crowd = directory.group("crowd", &[&ann, &bob]).await;
    api.entity("team", "crowd").await;
    api.map(&crowd, "crowd").await;
    let limits = json!({ "most_people": 1, "most_percent": 10 });
    let (status, _) = api.ours(Method::PATCH, "provisioning", limits).await;
    assert_eq!(status, 200);
    directory.delete(&format!("/Groups/{crowd}")).await.is(204);
    assert_eq!(api.access(&ann).await.1, ["crowd"]);
    assert_eq!(api.alerts().await, ["too_much_at_once"]);
    let (_, told) = api.ours(Method::POST, "access_holds/apply", json!({})).await;
    assert_eq!(told["people"], 2, "{told}");
    assert_eq!((api.access(&ann).await.1, api.alerts().await), (vec![], vec![]));
}

#[actix_web::test]
async fn without_a_role_and_a_place_nobody_gets_into_the_app() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let application = format!("applications/{}", world.app.application.id);
    let none = json!({ "default_role": null });
    let (status, told) = api.send(Method::PATCH, &application, none, None).await;
    assert_eq!((status, &told["default_role"]), (200, &Value::Null), "{told}");
    let ada = directory.user(ADA).await;
    let mut browser = UserAgent::new();
    let underway = world.begin(&mut browser).await;
    let page = world.come_back(&mut browser, &underway).await;
    world.refused("no group", Cause::NoAccess, &page);
    directory.group("users", &[&ada]).await;
    let roles = json!({ "schemas": [GROUP], "displayName": "users", ROLES: { "roles": ["user"] } });
    let group = directory.filter("/Groups", "displayName eq \"users\"").await.ids().remove(0);
    directory.put(&format!("/Groups/{group}"), roles).await.is(200);
    world.sign_in(&mut UserAgent::new()).await;
}
