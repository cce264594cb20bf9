//! "What would this do?", and applying exactly that.

use super::*;
use chrono::TimeDelta;

#[actix_web::test]
async fn a_preview_tells_who_gains_loses_changes_role_and_stays_and_new_conflicts_each_with_before_after_and_because()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let mut people = Vec::new();
    for name in ["gains", "loses", "role", "same", "torn"] {
        people.push(jumpcloud.person(name).await);
    }
    let [gains, loses, role, same, torn] = people.as_slice() else { unreachable!() };
    let leaving = jumpcloud.group("leaving", &[loses]).await;
    api.entity("team", "old").await;
    api.map(&leaving, "old").await;
    jumpcloud.group("new", &[gains]).await;
    jumpcloud.group("guests", &[role]).await;
    let stays = jumpcloud.group("stays", &[same]).await;
    api.entity("team", "stays").await;
    api.map(&stays, "stays").await;
    let (fast, slow) =
        (jumpcloud.group("fast", &[torn]).await, jumpcloud.group("slow", &[torn]).await);
    for (group, place) in [(&fast, "fast"), (&slow, "slow")] {
        api.entity("concurrency_group", place).await;
        if place == "fast" {
            api.map(group, place).await;
        }
    }
    let gives_role = with(rule("exact", "guests", "team"), "targets", json!([]));
    let question = json!({
        "rules": [rule("exact", "new", "team"), with(gives_role, "role", "guest".into())],
        "mappings": [{ "id": api.mapping(&leaving).await["id"], "state": "rejected" }],
        "new_mappings": [
            { "group_id": slow, "entity": "slow" },
            { "group_id": stays, "role": "user" },
        ],
    });
    let seen = api.done(Method::POST, "mapping_rules/preview", question).await;
    let counts = ["gain", "lose", "role", "same", "conflicts"].map(|it| seen[it].clone());
    // Whose role is lower loses something too.
    assert_eq!(json!(counts), json!([1, 2, 1, 2, 1]), "{seen}");
    assert_eq!(seen["refused"], Value::Null);
    let lines = seen["people"].as_array().unwrap();
    let line = |user: &str| lines.iter().find(|it| it["user_id"] == user).unwrap();
    assert_eq!(lines[0]["user_id"], loses.as_str(), "losses first");
    let told = |user: &str| {
        let line = line(user);
        let having = |it: &Value| (it["role"].clone(), it["entities"][0]["name"].clone());
        (having(&line["before"]), having(&line["after"]))
    };
    let (user, none) = (|place: Value| (json!("user"), place), Value::Null);
    assert_eq!(told(loses), (user("old".into()), user(none.clone())));
    assert_eq!(told(gains), (user(none.clone()), user("new".into())));
    assert_eq!(told(role), (user(none.clone()), (json!("guest"), none)));
    let because = line(gains)["because"].to_string();
    assert!(because.contains("team new: group new, rule 1"), "{because}");
    assert!(lines.iter().all(|it| it["user_id"] != same.as_str()), "{lines:?}");
    // Nothing of it has happened.
    assert_eq!(api.has(loses).await, has("user", &["old"]));
    assert_eq!(api.has(gains).await, has("user", &[]));
    assert_eq!(api.mappings(&slow).await.len(), 0);
    assert_eq!(api.conflicts().await.len(), 0);
}

#[actix_web::test]
async fn apply_carries_the_previewed_version_and_is_refused_with_412_if_groups_changed_meanwhile() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    jumpcloud.group("eng-ledger", &[&ann]).await;
    let rules = json!({ "rules": [rule("prefix", "eng-", "team")] });
    let seen = api.done(Method::POST, "mapping_rules/preview", rules.clone()).await;
    let version = seen["version"].as_str().unwrap();
    let path = format!("organizations/{}/mapping_rules", api.organization);
    gateway.advance(TimeDelta::seconds(1));
    jumpcloud.group("eng-payments", &[&ann]).await;
    let (status, told) = api.send(Method::PUT, &path, rules.clone(), Some(version)).await;
    assert_eq!((status, &told["code"]), (412, &json!("version_mismatch")), "{told}");
    assert_eq!(api.has(&ann).await, has("user", &[]), "nothing was applied");
    let seen = api.done(Method::POST, "mapping_rules/preview", rules.clone()).await;
    assert_eq!((&seen["mappings"], &seen["gain"]), (&json!(2), &json!(1)), "{seen}");
    let (status, told) = api.send(Method::PUT, &path, rules, seen["version"].as_str()).await;
    assert_eq!((status, &told["effect"]), (200, &json!({ "mappings": 2, "people": 1 })), "{told}");
    assert_eq!(api.has(&ann).await, has("user", &["eng-ledger", "eng-payments"]));
    // So is a change of a mapping.
    let rejects = json!({ "state": "rejected" });
    let mapping = api.list("mappings").await.remove(0);
    let path = format!("organizations/{}/mappings/{}", api.organization, text(&mapping["id"]));
    let (status, told) = api.send(Method::PATCH, &path, rejects, seen["version"].as_str()).await;
    assert_eq!((status, &told["code"]), (412, &json!("version_mismatch")), "{told}");
}
