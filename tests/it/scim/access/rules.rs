//! Rules: what they match, what they make, and when they run.

use super::*;
use chrono::TimeDelta;

/// Whether each of these groups has somebody in its place by rules.
async fn placed(jumpcloud: &JumpCloud, api: &Api, names: &[&str]) -> Vec<bool> {
    let mut placed = Vec::new();
    for name in names {
        let group = jumpcloud.group(name, &[]).await;
        placed.push(api.mappings(&group).await.len() == 1);
    }
    placed
}

#[actix_web::test]
async fn exact_and_prefix_match_in_any_case_regex_anywhere_and_all_every_name() {
    for (compare, pattern, matches) in [
        ("exact", "Eng", [true, false, false]),
        ("prefix", "ENG", [true, true, false]),
        ("regex", "n[gt]-?b", [false, true, true]),
        ("all", "", [true, true, true]),
    ] {
        let gateway = Gateway::start().await;
        let (_world, jumpcloud, api) = globex(&gateway);
        api.rules(json!([rule(compare, pattern, "team")])).await;
        let names = ["eng", "eng-billing", "client-b"];
        assert_eq!(placed(&jumpcloud, &api, &names).await, matches, "{compare} {pattern}");
    }
}

#[actix_web::test]
async fn a_pattern_is_checked_on_save_and_a_regex_is_of_limited_size_and_linear_time() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    for pattern in ["(", "(?=look)ahead", "(a)\\1", "((a{100}){100}){100}"] {
        let rules = json!({ "rules": [rule("regex", pattern, "team")] });
        let (status, told) = api.ours(Method::PUT, "mapping_rules", rules).await;
        assert_eq!(status, 422, "{pattern}: {told}");
        assert_eq!(told["errors"][0]["pointer"], "/rules/0/pattern", "{told}");
    }
    assert_eq!(api.done(Method::GET, "mapping_rules", Value::Null).await["version"], 0);
    // One that takes others for ever.
    api.rules(json!([rule("regex", "^(a+)+$", "team")])).await;
    let long = "a".repeat(200) + "!";
    assert_eq!(placed(&jumpcloud, &api, &[&long]).await, [false]);
}

#[actix_web::test]
async fn a_rule_gives_several_targets_a_fixed_entity_or_the_one_with_the_groups_name_and_a_role() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let payments = api.entity("team", "payments").await;
    let targets = json!([
        { "type": "team", "entity": payments }, { "type": "team" }, { "type": "concurrency_group" },
    ]);
    let gives = with(rule("prefix", "eng", "team"), "targets", targets);
    api.rules(json!([with(gives, "role", "guest".into())])).await;
    let eng = jumpcloud.group("eng", &[]).await;
    jumpcloud.add(&eng, &ann).await;
    assert_eq!(api.has(&ann).await, has("guest", &["eng", "eng", "payments"]));
    let told = api.explained(&ann).await;
    assert_eq!(told["role"]["because"]["text"], "group eng, rule 1", "{told}");
    let kinds: Vec<&Value> =
        told["entities"].as_array().unwrap().iter().map(|it| &it["type"]).collect();
    assert!(kinds.contains(&&json!("concurrency_group")), "{told}");
    // Another group has no place left in the fixed one: it is said, and the rest is made.
    let other = jumpcloud.group("eng-other", &[]).await;
    assert_eq!(api.alerts().await, ["target_taken"]);
    let bob = jumpcloud.person("bob").await;
    jumpcloud.add(&other, &bob).await;
    assert_eq!(api.has(&bob).await, has("guest", &["eng-other", "eng-other"]));
}

#[actix_web::test]
async fn the_highest_priority_comes_first_the_first_match_wins_and_of_equal_ones_the_older() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let giving = |pattern: &str, role: &str, priority: i32| {
        let rule = with(rule("prefix", pattern, "team"), "role", role.into());
        with(rule, "priority", priority.into())
    };
    let set = api.rules(json!([giving("eng", "guest", 1), giving("e", "user", 0)])).await;
    let old = set["rules"][0]["id"].clone();
    gateway.advance(TimeDelta::seconds(1));
    // The younger one is named first, and both match.
    let kept = with(giving("eng", "guest", 1), "id", old.clone());
    let set = api.rules(json!([giving("eng-", "admin", 1), kept.clone()])).await;
    let young = set["rules"].as_array().unwrap().iter().find(|it| it["id"] != old).unwrap();
    let first = jumpcloud.group("eng-first", &[]).await;
    assert_eq!(api.mapping(&first).await["rule_id"], old, "of equal ones the older: {young}");
    let set = api.rules(json!([kept, giving("eng-", "admin", 2)])).await;
    let second = jumpcloud.group("eng-second", &[]).await;
    let mapping = api.mapping(&second).await;
    let by = set["rules"].as_array().unwrap().iter().find(|it| it["priority"] == 2).unwrap();
    assert_eq!(mapping["rule_id"], by["id"], "the highest priority first");
    let ann = jumpcloud.person("ann").await;
    jumpcloud.add(&second, &ann).await;
    assert_eq!(api.has(&ann).await.0, "admin", "and its role alone");
}

#[actix_web::test]
async fn rules_run_when_a_group_is_created_renamed_or_restored_and_never_on_a_membership_change() {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    api.rules(json!([rule("prefix", "eng-", "team")])).await;
    let made = jumpcloud.group("eng-made", &[]).await;
    assert_eq!(api.mapping(&made).await["state"], "auto_approved", "created");
    let renamed = jumpcloud.group("sales", &[]).await;
    assert_eq!(api.mappings(&renamed).await.len(), 0);
    jumpcloud.rename(&renamed, "eng-sales").await;
    assert_eq!(api.mapping(&renamed).await["state"], "auto_approved", "renamed");
    jumpcloud.delete(&made).await;
    assert_eq!(api.mapping(&made).await["state"], "rejected");
    assert_eq!(jumpcloud.group("eng-made", &[]).await, made);
    assert_eq!(api.mapping(&made).await["state"], "auto_approved", "restored");
    let before = api.events(&world, "mapping.*").await;
    let ann = jumpcloud.person("ann").await;
    jumpcloud.add(&made, &ann).await;
    jumpcloud.remove(&made, &ann).await;
    assert_eq!(api.events(&world, "mapping.*").await, before, "a membership change");
}

#[actix_web::test]
async fn run_rules_now_maps_the_groups_that_have_no_mapping_and_overwrites_none() {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.entity("team", "payments").await;
    api.entity("team", "refused").await;
    api.rules(json!([rule("prefix", "eng-", "team")])).await;
    // Groups that came while their people did not use the application.
    api.declare(&world, json!({ "organizations": [] })).await;
    let late = jumpcloud.group("eng-late", &[&ann]).await;
    let by_hand = jumpcloud.group("eng-by-hand", &[&ann]).await;
    let refused = jumpcloud.group("eng-refused", &[&ann]).await;
    api.declare(&world, json!({ "organizations": null })).await;
    assert_eq!(api.mappings(&late).await.len(), 0);
    let mapping = api.map(&by_hand, "payments").await;
    api.map(&refused, "refused").await;
    api.decide_mapping(&refused, "rejected").await;
    assert_eq!(api.has(&ann).await, has("user", &["payments"]));
    assert_eq!(api.run().await, json!({ "mappings": 1, "people": 1 }));
    assert_eq!(api.mapping(&late).await["state"], "auto_approved");
    let kept = api.mapping(&by_hand).await;
    assert_eq!((&kept["id"], &kept["state"]), (&json!(mapping), &json!("approved")));
    assert_eq!(api.mapping(&refused).await["state"], "rejected", "a person has said no");
    assert_eq!(api.has(&ann).await, has("user", &["eng-late", "payments"]));
    assert_eq!(api.run().await, json!({ "mappings": 0, "people": 0 }), "and once is enough");
}

#[actix_web::test]
async fn a_sub_organization_is_never_made_by_a_rule_and_waits_for_a_person() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("all", "", "sub_organization")])).await;
    let eu = jumpcloud.group("eu", &[&ann]).await;
    let mapping = api.mapping(&eu).await;
    assert_eq!(
        (&mapping["state"], &mapping["flag"]),
        (&json!("pending"), &json!("target_missing"))
    );
    assert_eq!((api.has(&ann).await, api.places().await.len()), (has("user", &[]), 0));
    api.entity("sub_organization", "europe").await;
    let picked = api.change(&mapping, json!({ "entity": "europe" })).await;
    assert_eq!((picked.0, &picked.1["state"]), (200, &json!("approved")), "{}", picked.1);
    assert_eq!(api.has(&ann).await, has("user", &["europe"]));
}
