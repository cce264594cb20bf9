//! What the vendor's program does to what groups give, over REST, and what an app's library reads of it in tokens.

use super::*;
use crate::gateway::{ADA, Idp};
use crate::journeys::claims;
use crate::peers::lent;

impl Api {
    /// What is answered with 200 to a GET about the organization.
    async fn read(&self, path: &str) -> Value {
        let (status, told) = self.ours(Method::GET, path, Value::Null).await;
        assert_eq!(status, 200, "{path}: {told}");
        told
    }

    /// What is answered with 200 to a POST about the organization.
    async fn act(&self, path: &str, body: Value) -> Value {
        let (status, told) = self.ours(Method::POST, path, body).await;
        assert_eq!(status, 200, "{path}: {told}");
        told
    }
}

#[actix_web::test]
async fn an_earlier_set_of_rules_is_restored_from_the_history() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let first = json!({ "rules": [
        { "match": "prefix", "pattern": "eng-", "targets": [{ "type": "team" }], "auto_approve": true, "priority": 3 },
    ] });
    for rules in [first, json!({ "rules": [] })] {
        let (status, told) = api.ours(Method::PUT, "mapping_rules", rules).await;
        assert_eq!(status, 200, "{told}");
    }
    directory.group("eng-payments", &[&ann]).await;
    assert_eq!(api.access(&ann).await.1, [] as [&str; 0], "no rule holds");
    let history = api.read("mapping_rules/history").await;
    let sets = history["data"].as_array().unwrap();
    let told = sets.iter().map(|it| (&it["version"], it["rules"].as_array().unwrap().len()));
    assert_eq!(told.collect::<Vec<_>>(), [(&json!(2), 0), (&json!(1), 1)], "{history}");
    assert!(sets.iter().all(|it| it["author"].as_str().unwrap().starts_with("api_key:")));
    assert!(sets.iter().all(|it| it["applied_at"].is_string()), "{history}");

    // As the documentation says.
    let mut rule = sets[1]["rules"][0].clone();
    for field in ["id", "created_at"] {
        rule.as_object_mut().unwrap().remove(field).unwrap();
    }
    let (status, told) = api.ours(Method::PUT, "mapping_rules", json!({ "rules": [rule] })).await;
    assert_eq!((status, &told["version"]), (200, &json!(3)), "{told}");
    assert_eq!(told["effect"], json!({ "mappings": 1, "people": 1 }));
    assert_eq!(told["rules"][0]["priority"], 3);
    assert_eq!(api.access(&ann).await.1, ["eng-payments"]);
    assert_eq!(api.read("mapping_rules/history").await["data"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn the_rules_that_hold_are_run_when_somebody_says_so() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let all = json!({ "rules": [{ "match": "all", "targets": [{ "type": "team" }], "auto_approve": true }] });
    assert_eq!(api.ours(Method::PUT, "mapping_rules", all).await.0, 200);
    // The app is another customer's for a while, so the group is mapped in none.
    let other = gateway.customer("initech.example").organization.id;
    api.declare(&world, json!({ "organizations": [other] })).await;
    directory.group("eng", &[&ann]).await;
    api.declare(&world, json!({ "organizations": null })).await;
    assert_eq!(api.access(&ann).await.1, [] as [&str; 0]);
    let done = api.act("mapping_rules/run", json!({})).await;
    assert_eq!(done, json!({ "mappings": 1, "people": 1 }));
    assert_eq!(api.access(&ann).await.1, ["eng"]);
    let again = api.act("mapping_rules/run", json!({})).await;
    assert_eq!(again, json!({ "mappings": 0, "people": 0 }));
}

#[actix_web::test]
async fn people_keep_what_is_held_when_that_is_restored_and_the_answer_says_what_is_held() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let bob = directory.user("bob@globex.example").await;
    let crowd = directory.group("crowd", &[&ann, &bob]).await;
    api.entity("team", "crowd").await;
    api.map(&crowd, "crowd").await;
    let limits = json!({ "most_people": 1, "most_percent": 10, "hold_hours": 2 });
    assert_eq!(api.ours(Method::PATCH, "provisioning", limits).await.0, 200);
    let before = api.explained(&ann).await;
    assert_eq!((&before["held"], &before["held_until"]), (&Value::Null, &Value::Null), "{before}");
    directory.delete(&format!("/Groups/{crowd}")).await.is(204);

    let held = api.explained(&ann).await;
    assert_eq!(
        (&held["held"], held["held_until"].is_string()),
        (&json!("breaker"), true),
        "{held}"
    );
    let because = held["entities"][0]["because"]["text"].as_str().unwrap();
    assert!(because.ends_with("held: too many people would have lost something at once"), "{held}");
    assert_eq!(api.act("access_holds/restore", json!({})).await, json!({ "people": 2 }));
    let kept = api.explained(&ann).await;
    assert_eq!((&kept["held"], &kept["held_until"]), (&json!("breaker"), &Value::Null), "{kept}");
    let because = kept["entities"][0]["because"]["text"].as_str().unwrap();
    assert!(because.ends_with("kept: the directory took it, and somebody said that it stays"));
    assert_eq!(api.alerts().await, [] as [Value; 0]);
    let told = api.events(&world, "access.kept,access.alert_closed").await;
    let types: Vec<&Value> = told.iter().map(|it| &it["type"]).collect();
    assert_eq!(types, ["access.alert_closed", "access.kept"]);
    assert_eq!(told[1]["data"]["people"], 2);
    assert_eq!(told[0]["data"]["alert"], "too_much_at_once");

    assert_eq!(api.act("access_holds/restore", json!({})).await["people"], 0);
    assert_eq!(api.act("access_holds/apply", json!({})).await["people"], 0, "nothing waits");
    assert_eq!(api.access(&ann).await.1, ["crowd"]);
    assert_eq!(api.act("access_holds/apply", json!({ "kept": true })).await["people"], 2);
    assert_eq!(api.access(&ann).await.1, [] as [&str; 0]);
}

#[actix_web::test]
async fn an_alert_is_closed_by_whoever_has_seen_it_and_the_role_says_why_it_is_held() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let admins = JumpCloud(directory.clone()).carrying("admins", "admin", &[&ann]).await;
    let role = api.explained(&ann).await["role"].clone();
    assert_eq!(role["key"], "admin");
    assert_eq!(
        role["because"],
        json!({ "text": "group admins", "group_id": admins, "mapping_id": null, "rule_id": null })
    );
    patch(&directory, &admins, remove(&ann)).await;
    let held = api.explained(&ann).await;
    assert_eq!((&held["held"], &held["held_until"]), (&json!("floor"), &Value::Null), "{held}");
    assert_eq!(
        held["role"]["because"]["text"],
        "group admins, held: nobody else has the highest role"
    );
    let list = api.read("access_alerts?open=true").await;
    let alert = &list["data"][0];
    assert_eq!(
        (&alert["kind"], &alert["subject_id"]),
        (&json!("last_of_highest_role"), &json!(ann))
    );
    let path = format!("access_alerts/{}/close", alert["id"].as_str().unwrap());
    let closed = api.act(&path, json!({})).await;
    assert!(closed["closed_at"].is_string(), "{closed}");
    assert_eq!(api.act(&path, json!({})).await, closed, "a second time changes nothing");
    assert_eq!(api.alerts().await, [] as [Value; 0]);
    assert_eq!(api.read("access_alerts").await["data"][0], closed, "it is still on record");
    let told = api.events(&world, "access.alert_closed").await;
    assert_eq!((told.len(), &told[0]["data"]["subject_id"]), (1, &json!(ann)), "{told:?}");
    assert!(told[0]["data"]["actor"].as_str().unwrap().starts_with("api_key:"), "{told:?}");
    assert_eq!(api.access(&ann).await.0, "admin", "what is held stays");
    let never = "access_alerts/alr_01kampz3y7f4m8t2v6c9d0e1hj/close";
    let (status, told) = api.ours(Method::POST, never, json!({})).await;
    assert_eq!((status, &told["code"]), (404, &json!("not_found")), "{told}");
}

#[actix_web::test]
async fn a_conflict_is_decided_for_what_the_person_has_and_that_is_remembered() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let (fast, slow) = (directory.group("fast", &[&ann]).await, directory.group("slow", &[]).await);
    for (group, key) in [(&fast, "fast"), (&slow, "slow")] {
        api.entity("concurrency_group", key).await;
        api.map(group, key).await;
    }
    patch(&directory, &slow, add(&ann)).await;
    let conflict = api.conflicts().await.pop().unwrap();
    let path = format!("access_conflicts/{}/decide", conflict["id"].as_str().unwrap());
    let (status, told) = api.ours(Method::POST, &path, json!({ "use": "both" })).await;
    assert_eq!(status, 422, "{told}");
    let decided = api.act(&path, json!({ "use": "current" })).await;
    assert_eq!(decided["winner_mapping_id"], conflict["current_mapping_id"], "{decided}");
    assert!(decided["decided_by"].as_str().unwrap().starts_with("api_key:"), "{decided}");
    assert_eq!(
        (api.access(&ann).await.1, api.conflicts().await),
        (vec!["fast".to_owned()], vec![])
    );
    for _ in 0..2 {
        patch(&directory, &slow, remove(&ann)).await;
        patch(&directory, &slow, add(&ann)).await;
        assert_eq!(api.conflicts().await, [] as [Value; 0], "pushed again, it raises nothing");
        assert_eq!(api.access(&ann).await.1, ["fast"]);
    }
    patch(&directory, &fast, remove(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["slow"], "one side is gone, so the other applies");
    let never = "access_conflicts/cfl_01kampz3y7f4m8t2v6c9d0e1hj/decide";
    assert_eq!(api.ours(Method::POST, never, json!({ "use": "current" })).await.0, 404);
}

#[actix_web::test]
async fn a_type_of_the_operators_own_is_obeyed() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let desk = json!({ "key": "desk", "name": "Desk", "placement": "exclusive" });
    let club = json!({ "key": "club", "name": "Club", "placement": "additive", "auto_create": true, "follow_rename": true });
    api.declare(&world, json!({ "entity_types": [desk, club] })).await;
    let ann = directory.user("ann@globex.example").await;
    let body = json!({ "type": "desk", "name": "Lobby", "is_default": true });
    assert_eq!(api.ours(Method::PUT, "entities/lobby", body).await.0, 200);
    assert_eq!(api.access(&ann).await.1, ["Lobby"], "who is nowhere else is in the default one");
    let (status, told) =
        api.ours(Method::PUT, "entities/x", json!({ "type": "team", "name": "x" })).await;
    assert_eq!((status, &told["errors"][0]["code"]), (422, &json!("unknown_type")), "{told}");

    let rules = json!({ "rules": [
        { "match": "prefix", "pattern": "red", "targets": [{ "type": "desk" }, { "type": "club" }], "auto_approve": true },
        { "match": "prefix", "pattern": "blue", "targets": [{ "type": "desk" }], "auto_approve": true },
    ] });
    assert_eq!(api.ours(Method::PUT, "mapping_rules", rules).await.0, 200);
    let red = directory.group("red", &[&ann]).await;
    // Rules make clubs and no desks.
    let mappings = api.read(&format!("mappings?group={red}")).await;
    let stands: Vec<_> = mappings["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["state"].as_str().unwrap(), it["flag"].as_str()))
        .collect();
    assert_eq!(stands, [("auto_approved", None), ("pending", Some("target_missing"))]);
    assert_eq!(api.read("entities?type=desk").await["data"].as_array().unwrap().len(), 1);
    assert_eq!(api.access(&ann).await.1, ["Lobby", "red"]);
    api.entity("desk", "blue").await;
    let blue = directory.group("blue", &[]).await;
    assert_eq!(
        api.read(&format!("mappings?group={blue}")).await["data"][0]["state"],
        "auto_approved"
    );
    let id = mappings["data"][1]["id"].as_str().unwrap();
    api.entity("desk", "window").await;
    let moved =
        api.ours(Method::PATCH, &format!("mappings/{id}"), json!({ "entity": "window" })).await;
    assert_eq!((moved.0, &moved.1["state"]), (200, &json!("approved")), "{moved:?}");
    assert_eq!(api.access(&ann).await.1, ["red", "window"], "no more in the default one");

    // A person has one desk, and any number of clubs.
    patch(&directory, &blue, add(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["red", "window"]);
    let conflict = api.conflicts().await.pop().unwrap();
    assert_eq!(conflict["kind"], "exclusive", "{conflict}");
    let path = format!("access_conflicts/{}/decide", conflict["id"].as_str().unwrap());
    api.act(&path, json!({ "use": "incoming" })).await;
    assert_eq!(api.access(&ann).await.1, ["blue", "red"]);

    // Clubs follow the name of their group, desks keep theirs.
    patch(&directory, &red, rename("red-velvet")).await;
    patch(&directory, &blue, rename("blue-moon")).await;
    assert_eq!(api.access(&ann).await.1, ["blue", "red-velvet"]);
    patch(&directory, &blue, remove(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["red-velvet", "window"]);
    patch(&directory, &red, remove(&ann)).await;
    assert_eq!(api.access(&ann).await.1, ["Lobby"]);
    // A type of which there are places stays.
    let club =
        json!({ "entity_types": [{ "key": "club", "name": "Club", "placement": "additive" }] });
    let path = format!("applications/{}", world.app.application.id);
    let (status, told) = api.send(Method::PATCH, &path, club, None).await;
    assert!((400..500).contains(&status), "{told}");
}

#[actix_web::test]
async fn a_type_that_becomes_exclusive_excludes_for_everybody_who_is_there() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ann = directory.user("ann@globex.example").await;
    let room = |placement: &str| json!({ "entity_types": [{ "key": "room", "name": "Room", "placement": placement }] });
    api.declare(&world, room("additive")).await;
    for key in ["one", "two"] {
        let group = directory.group(key, &[&ann]).await;
        api.entity("room", key).await;
        api.map(&group, key).await;
    }
    assert_eq!(api.access(&ann).await.1, ["one", "two"]);
    api.declare(&world, room("exclusive")).await;
    assert_eq!(api.access(&ann).await.1, ["one"], "the first claim in time");
    assert_eq!(api.conflicts().await.len(), 1);
    api.declare(&world, room("additive")).await;
    assert_eq!((api.access(&ann).await.1.len(), api.conflicts().await.len()), (2, 0));
}

#[actix_web::test]
async fn groups_are_off_at_first_for_an_organization_that_is_made_over_the_api() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let api = Api::of(&world);
    let post = async |path: &str, body: Value| {
        let (status, told) = api.send(Method::POST, path, body, None).await;
        assert_eq!(status, 201, "{path}: {told}");
        told
    };
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();
    let initech = text(&post("organizations", json!({ "name": "Initech" })).await["id"]);
    let path = format!("organizations/{initech}");
    let connection = json!({ "name": "Directory", "provider": "jumpcloud" });
    let connection = post(&format!("{path}/connections"), connection).await;
    let tokens = format!("connections/{}/scim/tokens", text(&connection["id"]));
    let token = post(&tokens, json!({ "label": "JumpCloud" })).await;
    let client = UserAgent::new().into_client();
    let directory =
        Directory { client, base: text(&token["base_url"]), token: text(&token["secret"]) };

    let provisioning = format!("{path}/provisioning");
    let (_, told) = api.send(Method::GET, &provisioning, Value::Null, None).await;
    assert_eq!((&told["groups"], &told["breaker"]), (&json!(false), &json!(true)), "{told}");
    let group = json!({ "schemas": [GROUP], "displayName": "Engineering" });
    directory.post("/Groups", group.clone()).await.refuses(403, "", "groups_off");
    let ann = json!({ "schemas": [USER], "userName": "ann@initech.example", "active": true });
    directory.post("/Users", ann).await.is(201);
    assert_eq!(directory.get("/Groups").await.is(200).total(), 0, "reading works");
    let on = json!({ "groups": true });
    assert_eq!(api.send(Method::PATCH, &provisioning, on, None).await.0, 200);
    directory.post("/Groups", group).await.is(201);
}

#[actix_web::test]
async fn an_apps_library_reads_roles_and_entities_in_the_id_token_that_it_verified() {
    let app = lent::openid_client().await;
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    // The customer's people use two apps now, each with its own places.
    let id = gateway.adopt(&app).await.application.id;
    let (directory, api) = (Directory::of(&world), Api::of(&world));
    let ada = directory.user(ADA).await;
    let boss = directory.user("boss@globex.example").await;
    let admins = JumpCloud(directory.clone()).carrying("admins", "admin", &[&boss]).await;
    patch(&directory, &admins, add(&ada)).await;
    let eng = directory.group("eng-payments", &[&ada]).await;
    let body =
        json!({ "application_id": id, "type": "team", "name": "Payments", "external_id": "42" });
    assert_eq!(api.ours(Method::PUT, "entities/payments", body).await.0, 200);
    let body = json!({ "application_id": id, "group_id": eng, "entity": "payments" });
    assert_eq!(api.ours(Method::POST, "mappings", body).await.0, 201);

    let sign_in = async || {
        let mut agent = UserAgent::new();
        let page = agent.get_once(app.login_url(&[("login_hint", ADA)])).await;
        let underway = Idp::begin(&mut agent, page.location().unwrap().as_str()).await;
        let response = world.answer(&underway).base64().unwrap();
        agent.submit(&underway.form(&response)).await
    };
    let page = sign_in().await;
    let entity = &claims(&page)["entities"][0];
    let told = ["type", "key", "name", "external_id"].map(|name| entity[name].as_str().unwrap());
    assert_eq!(told, ["team", "payments", "Payments", "42"], "{entity}");
    assert_eq!(claims(&page)["roles"], json!(["admin"]));
    let userinfo = &page.json()["userinfo"];
    assert_eq!((&userinfo["roles"], &userinfo["entities"][0]), (&json!(["admin"]), entity));

    // What the directory takes is gone from the next token, and from the answer to the one that is there.
    patch(&directory, &admins, remove(&ada)).await;
    directory.delete(&format!("/Groups/{eng}")).await.is(204);
    let later =
        app.userinfo(page.json()["tokens"]["access_token"].as_str().unwrap()).await.unwrap();
    assert_eq!((&later["roles"], &later["entities"]), (&json!(["user"]), &Value::Null), "{later}");
    let claims = claims(&sign_in().await);
    assert_eq!(
        (&claims["roles"], &claims["entities"]),
        (&json!(["user"]), &Value::Null),
        "{claims}"
    );
}
