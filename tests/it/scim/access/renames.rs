//! What a rename of a group does to its mappings and places.

use super::*;

#[actix_web::test]
async fn a_name_that_is_taken_in_that_directory_is_refused_with_uniqueness() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("all", "", "team")])).await;
    let (one, _two) = (jumpcloud.group("one", &[&ann]).await, jumpcloud.group("two", &[]).await);
    jumpcloud.renames(&one, "TWO").await.refuses(409, "uniqueness", "unique_conflict");
    assert_eq!(api.has(&ann).await, has("user", &["one"]));
    jumpcloud.rename(&one, "ONE").await;
    assert_eq!(api.has(&ann).await, has("user", &["ONE"]), "its own is not taken");
}

#[actix_web::test]
async fn entities_with_follow_rename_are_renamed_with_their_group_and_others_are_not() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let eng = jumpcloud.group("eng", &[&ann]).await;
    let eu = jumpcloud.group("eu", &[]).await;
    api.entity("team", "eng").await;
    api.entity("sub_organization", "eu").await;
    api.map(&eng, "eng").await;
    api.map(&eu, "eu").await;
    jumpcloud.rename(&eng, "platform").await;
    jumpcloud.rename(&eu, "europe").await;
    assert_eq!(api.has(&ann).await, has("user", &["platform"]), "a rename loses nobody");
    assert_eq!(api.places().await, ["eu", "platform"], "a sub-organization keeps its name");
    let bob = jumpcloud.person("bob").await;
    jumpcloud.add(&eu, &bob).await;
    assert_eq!(api.has(&bob).await, has("user", &["eu"]));
}

#[actix_web::test]
async fn if_the_app_has_another_entity_of_that_name_the_old_name_is_kept_an_alert_raised_and_the_request_never_fails()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.entity("team", "ledger").await;
    let group = jumpcloud.group("payments", &[&ann]).await;
    api.done(Method::POST, "mappings", json!({ "group_id": group, "type": "team" })).await;
    jumpcloud.rename(&group, "Ledger").await;
    let now = jumpcloud.0.get(&format!("/Groups/{group}")).await.is(200);
    assert_eq!(now.body["displayName"], "Ledger", "the group has its new name");
    assert_eq!(api.has(&ann).await, has("user", &["payments"]), "and the place its old one");
    assert_eq!(api.alerts().await, ["name_taken"]);
}

#[actix_web::test]
async fn on_a_rename_a_mapping_made_by_hand_stays() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let group = jumpcloud.group("sales", &[&ann]).await;
    api.entity("sub_organization", "emea").await;
    let mapping = api.map(&group, "emea").await;
    api.rules(json!([rule("prefix", "eng-", "team")])).await;
    jumpcloud.rename(&group, "eng-sales").await;
    let now = api.mapping(&group).await;
    assert_eq!((&now["id"], &now["state"]), (&json!(mapping), &json!("approved")), "{now}");
    assert_eq!(now["flag"], Value::Null, "{now}");
    assert_eq!(api.has(&ann).await, has("user", &["emea"]));
}

#[actix_web::test]
async fn on_a_rename_a_mapping_made_by_a_rule_stays_if_the_same_rule_still_matches() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("prefix", "eng-", "team")])).await;
    let group = jumpcloud.group("eng-payments", &[&ann]).await;
    let before = api.mapping(&group).await;
    jumpcloud.rename(&group, "eng-billing").await;
    let now = api.mapping(&group).await;
    assert_eq!((&now["id"], &now["state"]), (&before["id"], &json!("auto_approved")), "{now}");
    assert_eq!(now["flag"], Value::Null, "{now}");
    assert_eq!(now["entity_id"], before["entity_id"], "the same place");
    assert_eq!(api.has(&ann).await, has("user", &["eng-billing"]));
}

#[actix_web::test]
async fn if_another_rule_matches_now_it_goes_back_to_pending_with_its_members_kept_in_place_until_decided()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let (ann, bob) = (jumpcloud.person("ann").await, jumpcloud.person("bob").await);
    let (eng, ops) = (rule("prefix", "eng-", "team"), rule("prefix", "ops-", "concurrency_group"));
    let set = api.rules(json!([eng, ops])).await;
    let group = jumpcloud.group("eng-core", &[&ann]).await;
    jumpcloud.rename(&group, "ops-core").await;
    let now = api.mapping(&group).await;
    assert_eq!((&now["state"], &now["flag"]), (&json!("pending"), &json!("rule_changed")), "{now}");
    assert_eq!(now["proposed"]["type"], "concurrency_group", "{now}");
    assert_eq!(now["rule_id"], set["rules"][0]["id"], "it is still by the rule that made it");
    assert_eq!(api.has(&ann).await, has("user", &["ops-core"]), "nobody is lost");
    jumpcloud.add(&group, &bob).await;
    // Whoever comes meanwhile is where the others are: whether they came before the rename does not count.
    assert_eq!(api.has(&bob).await, has("user", &["ops-core"]));
    api.decide_mapping(&group, "approved").await;
    assert_eq!(api.mapping(&group).await["rule_id"], set["rules"][1]["id"]);
    for person in [&ann, &bob] {
        let told = api.explained(person).await;
        assert_eq!(told["entities"][0]["type"], "concurrency_group", "{told}");
        assert_eq!(told["entities"].as_array().unwrap().len(), 1, "{told}");
    }
    let other = jumpcloud.group("eng-web", &[&ann]).await;
    jumpcloud.rename(&other, "ops-web").await;
    assert_eq!(api.has(&ann).await.1.len(), 2);
    api.decide_mapping(&other, "rejected").await;
    assert_eq!(api.has(&ann).await.1.len(), 1, "rejected, it ends");
}

#[actix_web::test]
async fn if_none_matches_it_stays_flagged_rule_no_longer_matches() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("prefix", "eng-", "team")])).await;
    let group = jumpcloud.group("eng-sales", &[&ann]).await;
    jumpcloud.rename(&group, "sales").await;
    let now = api.mapping(&group).await;
    assert_eq!(now["state"], "auto_approved", "{now}");
    assert_eq!(now["flag"], "rule_no_longer_matches", "{now}");
    assert_eq!(api.has(&ann).await, has("user", &["sales"]));
    jumpcloud.rename(&group, "eng-sales").await;
    assert_eq!(api.mapping(&group).await["flag"], Value::Null);
}

#[actix_web::test]
async fn an_unmapped_group_that_is_renamed_so_that_a_rule_matches_is_mapped() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("prefix", "eng-", "team")])).await;
    let group = jumpcloud.group("sales", &[&ann]).await;
    assert_eq!(api.mappings(&group).await.len(), 0);
    jumpcloud.rename(&group, "eng-sales").await;
    assert_eq!(api.mapping(&group).await["state"], "auto_approved");
    assert_eq!(api.has(&ann).await, has("user", &["eng-sales"]));
}
