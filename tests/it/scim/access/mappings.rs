//! The states of mappings.

use super::*;

#[actix_web::test]
async fn only_approved_and_auto_approved_mappings_place_members() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let auto = rule("prefix", "auto-", "team");
    let asks = with(rule("prefix", "asks-", "team"), "auto_approve", false.into());
    api.rules(json!([auto, asks])).await;
    let auto = jumpcloud.group("auto-eng", &[&ann]).await;
    assert_eq!(api.mapping(&auto).await["state"], "auto_approved");
    assert_eq!(api.has(&ann).await, has("user", &["auto-eng"]));
    let asks = jumpcloud.group("asks-eng", &[&ann]).await;
    assert_eq!(api.mapping(&asks).await["state"], "pending");
    assert_eq!(api.has(&ann).await, has("user", &["auto-eng"]), "a pending one places nobody");
    api.decide_mapping(&asks, "approved").await;
    assert_eq!(api.has(&ann).await, has("user", &["asks-eng", "auto-eng"]));
    api.decide_mapping(&asks, "rejected").await;
    assert_eq!(api.has(&ann).await, has("user", &["auto-eng"]), "nor does a rejected one");
    api.decide_mapping(&auto, "rejected").await;
    assert_eq!(api.has(&ann).await, has("user", &[]));
}

#[actix_web::test]
async fn no_rule_matches_no_mapping_and_the_group_is_listed_as_unmapped() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("prefix", "eng-", "team")])).await;
    let eng = jumpcloud.group("eng-core", &[&ann]).await;
    let sales = jumpcloud.group("sales", &[&ann]).await;
    assert_eq!(api.mappings(&sales).await.len(), 0);
    let unmapped = api.get("groups?unmapped=true").await;
    assert_eq!(unmapped["data"][0]["id"], sales.as_str(), "{unmapped}");
    assert_eq!(unmapped["data"].as_array().unwrap().len(), 1, "{unmapped}");
    assert_eq!(unmapped["data"][0]["mapping"], "unmapped");
    assert_eq!(api.get(&format!("groups/{eng}")).await["mapping"], "mapped");
}

#[actix_web::test]
async fn a_rule_without_auto_approve_makes_a_pending_mapping_with_a_proposed_target() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let asks = with(rule("all", "", "team"), "auto_approve", false.into());
    let set = api.rules(json!([asks])).await;
    let eng = jumpcloud.group("eng", &[&ann]).await;
    let mapping = api.mapping(&eng).await;
    assert_eq!(mapping["state"], "pending");
    assert_eq!(mapping["rule_id"], set["rules"][0]["id"]);
    assert_eq!(mapping["proposed"], json!({ "type": "team", "entity": null }));
    assert_eq!(mapping["entity_id"], Value::Null);
    assert_eq!(api.places().await.len(), 0, "nothing is made before somebody has agreed");
    api.decide_mapping(&eng, "approved").await;
    assert_eq!(api.has(&ann).await, has("user", &["eng"]));
}

#[actix_web::test]
async fn a_deleted_entity_puts_its_mapping_back_to_pending_and_is_not_made_again_until_a_person_picks_a_target()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("all", "", "team")])).await;
    let eng = jumpcloud.group("eng", &[&ann]).await;
    assert_eq!(api.has(&ann).await, has("user", &["eng"]));
    let key = text(&api.list("entities").await[0]["key"]);
    api.delete_entity(&key).await;
    let waits = async || {
        let mapping = api.mapping(&eng).await;
        assert_eq!(mapping["flag"], "target_deleted", "{mapping}");
        assert_eq!(mapping["state"], "pending", "{mapping}");
        assert_eq!(api.has(&ann).await, has("user", &[]));
        assert_eq!(api.places().await.len(), 0, "it would be made again for ever");
    };
    waits().await;
    assert_eq!(api.alerts().await, ["target_deleted"]);
    let (status, told) = api.change(&api.mapping(&eng).await, json!({ "state": "approved" })).await;
    assert_eq!((status, &told["code"]), (409, &json!("target_deleted")), "{told}");
    jumpcloud.add(&eng, &ann).await;
    waits().await;
    jumpcloud.rename(&eng, "platform").await;
    waits().await;
    api.run().await;
    waits().await;
    api.rules(json!([rule("prefix", "plat", "team")])).await;
    waits().await;
    jumpcloud.delete(&eng).await;
    assert_eq!(jumpcloud.group("platform", &[&ann]).await, eng);
    waits().await;
    api.entity("team", "ledger").await;
    let picked = api.change(&api.mapping(&eng).await, json!({ "entity": "ledger" })).await;
    assert_eq!((picked.0, &picked.1["state"]), (200, &json!("approved")), "{}", picked.1);
    assert_eq!(api.has(&ann).await, has("user", &["ledger"]));
    assert_eq!(api.alerts().await, [] as [Value; 0]);
}

#[actix_web::test]
async fn the_group_is_deleted_its_mappings_become_rejected() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let eng = jumpcloud.group("eng", &[&ann]).await;
    for place in ["payments", "ledger"] {
        api.entity("team", place).await;
        api.map(&eng, place).await;
    }
    jumpcloud.delete(&eng).await;
    let mappings = api.mappings(&eng).await;
    let states: Vec<&Value> = mappings.iter().map(|it| &it["state"]).collect();
    assert_eq!(states, ["rejected", "rejected"]);
    assert_eq!(api.has(&ann).await, has("user", &[]));
}

#[actix_web::test]
async fn one_entity_has_at_most_one_owning_group_and_the_409_names_it_and_one_group_may_have_several_mappings()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let (one, two) = (jumpcloud.group("one", &[&ann]).await, jumpcloud.group("two", &[]).await);
    api.entity("team", "payments").await;
    api.entity("team", "ledger").await;
    api.map(&one, "payments").await;
    let body = json!({ "group_id": two, "entity": "payments" });
    let (status, told) = api.ours(Method::POST, "mappings", body).await;
    assert_eq!((status, &told["code"]), (409, &json!("entity_owned")));
    assert!(told["detail"].as_str().unwrap().contains(&one), "{told}");
    assert_eq!(api.mappings(&two).await.len(), 0);
    api.map(&one, "ledger").await;
    assert_eq!(api.has(&ann).await, has("user", &["ledger", "payments"]));
}
