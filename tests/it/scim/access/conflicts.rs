//! Two groups claim a person for places that exclude each other.

use super::*;
use chrono::TimeDelta;

/// Two groups without anybody, each mapped to a place.
async fn two(jumpcloud: &JumpCloud, api: &Api, kinds: [&str; 2]) -> [String; 2] {
    let groups = [jumpcloud.group("one", &[]).await, jumpcloud.group("two", &[]).await];
    for ((group, place), kind) in groups.iter().zip(["one", "two"]).zip(kinds) {
        api.entity(kind, place).await;
        api.map(group, place).await;
    }
    groups
}

const EXCLUSIVE: [&str; 2] = ["concurrency_group"; 2];

#[actix_web::test]
async fn two_entities_of_one_exclusive_type_conflict_and_until_decided_the_person_keeps_what_they_have()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let [one, two] = two(&jumpcloud, &api, EXCLUSIVE).await;
    jumpcloud.add(&one, &ann).await;
    jumpcloud.add(&two, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["one"]));
    let conflict = api.conflict().await;
    assert_eq!((&conflict["kind"], &conflict["user_id"]), (&json!("exclusive"), &json!(ann)));
    assert_eq!(conflict["current_mapping_id"], api.mapping(&one).await["id"]);
    assert_eq!(conflict["incoming_mapping_id"], api.mapping(&two).await["id"]);
}

#[actix_web::test]
async fn a_sub_organization_claim_conflicts_with_any_entity_of_another_group() {
    for kinds in [["team", "sub_organization"], ["sub_organization", "team"]] {
        let gateway = Gateway::start().await;
        let (_world, jumpcloud, api) = globex(&gateway);
        let ann = jumpcloud.person("ann").await;
        let [one, two] = two(&jumpcloud, &api, kinds).await;
        jumpcloud.add(&one, &ann).await;
        jumpcloud.add(&two, &ann).await;
        assert_eq!(api.has(&ann).await, has("user", &["one"]), "{kinds:?}");
        assert_eq!(api.conflict().await["kind"], "organization", "{kinds:?}");
    }
}

#[actix_web::test]
async fn a_sub_organization_claim_conflicts_with_a_different_sub_organization() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let [one, two] = two(&jumpcloud, &api, ["sub_organization"; 2]).await;
    jumpcloud.add(&one, &ann).await;
    jumpcloud.add(&two, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["one"]));
    assert_eq!(api.conflict().await["kind"], "organization");
    // Whoever leaves both is at the root again.
    jumpcloud.remove(&one, &ann).await;
    jumpcloud.remove(&two, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &[]));
}

#[actix_web::test]
async fn additive_against_additive_never_conflicts() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    for group in two(&jumpcloud, &api, ["team"; 2]).await {
        jumpcloud.add(&group, &ann).await;
    }
    assert_eq!(api.has(&ann).await, has("user", &["one", "two"]));
    assert_eq!(api.conflicts().await.len(), 0);
}

#[actix_web::test]
async fn the_first_claim_in_time_is_current_whichever_mapping_is_older() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let [one, two] = two(&jumpcloud, &api, EXCLUSIVE).await;
    gateway.advance(TimeDelta::seconds(1));
    jumpcloud.add(&two, &ann).await;
    gateway.advance(TimeDelta::seconds(1));
    jumpcloud.add(&one, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["two"]));
    assert_eq!(api.conflict().await["current_mapping_id"], api.mapping(&two).await["id"]);
}

#[actix_web::test]
async fn of_claims_of_the_same_instant_that_with_the_lower_mapping_id_is_current() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let (one, two) = (jumpcloud.group("one", &[&ann]).await, jumpcloud.group("two", &[&ann]).await);
    gateway.advance(TimeDelta::seconds(1));
    // One act maps both.
    api.rules(json!([rule("all", "", "concurrency_group")])).await;
    let mut claims = [(api.mapping(&one).await, "one"), (api.mapping(&two).await, "two")];
    assert_eq!(claims[0].0["created_at"], claims[1].0["created_at"]);
    claims.sort_by_key(|(mapping, _)| text(&mapping["id"]));
    assert_eq!(api.has(&ann).await, has("user", &[claims[0].1]));
    assert_eq!(api.conflict().await["current_mapping_id"], claims[0].0["id"]);
}

#[actix_web::test]
async fn a_decision_is_remembered_for_that_person_and_pair_of_mappings_and_pushed_again_it_raises_nothing()
 {
    for (side, place) in [("current", "one"), ("incoming", "two")] {
        let gateway = Gateway::start().await;
        let (_world, jumpcloud, api) = globex(&gateway);
        let (ann, bob) = (jumpcloud.person("ann").await, jumpcloud.person("bob").await);
        let [one, two] = two(&jumpcloud, &api, EXCLUSIVE).await;
        jumpcloud.add(&one, &ann).await;
        jumpcloud.add(&two, &ann).await;
        api.decide(side).await;
        let as_decided = async |what: &str| {
            assert_eq!(api.has(&ann).await, has("user", &[place]), "{side}, {what}");
            assert_eq!(api.conflicts().await.len(), 0, "{side}, {what}");
        };
        as_decided("decided").await;
        for group in [&one, &two] {
            jumpcloud.add(group, &ann).await;
            as_decided("pushed again").await;
            jumpcloud.remove(group, &ann).await;
            let left = if *group == one { "two" } else { "one" };
            assert_eq!(api.has(&ann).await, has("user", &[left]), "{side}, one side went");
            jumpcloud.add(group, &ann).await;
            as_decided("taken away and pushed again").await;
        }
        jumpcloud.add(&one, &bob).await;
        jumpcloud.add(&two, &bob).await;
        assert_eq!(api.conflict().await["user_id"], bob, "of another person nothing is decided");
    }
}

#[actix_web::test]
async fn a_conflict_disappears_by_itself_if_one_side_goes_and_the_waiting_claim_applies() {
    for how in ["group deleted", "member removed", "mapping rejected"] {
        for goes in 0..2 {
            let gateway = Gateway::start().await;
            let (_world, jumpcloud, api) = globex(&gateway);
            let ann = jumpcloud.person("ann").await;
            let groups = two(&jumpcloud, &api, EXCLUSIVE).await;
            for group in &groups {
                jumpcloud.add(group, &ann).await;
            }
            assert_eq!(api.conflicts().await.len(), 1);
            match how {
                "group deleted" => jumpcloud.delete(&groups[goes]).await,
                "member removed" => jumpcloud.remove(&groups[goes], &ann).await,
                _ => api.decide_mapping(&groups[goes], "rejected").await,
            }
            let left = ["two", "one"][goes];
            assert_eq!(api.has(&ann).await, has("user", &[left]), "{how} {goes}");
            assert_eq!(api.conflicts().await.len(), 0, "{how} {goes}");
        }
    }
}

#[actix_web::test]
async fn the_final_state_does_not_depend_on_the_order_in_which_the_same_facts_and_decisions_arrived()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let [one, two] = two(&jumpcloud, &api, EXCLUSIVE).await;
    let incoming = api.mapping(&two).await["id"].clone();
    let mut ends = Vec::new();
    for (name, order) in [("ann", [&one, &two]), ("bob", [&two, &one])] {
        let person = jumpcloud.person(name).await;
        for group in order {
            jumpcloud.add(group, &person).await;
            gateway.advance(TimeDelta::seconds(1));
        }
        // The same of both wins.
        let is_incoming = api.conflict().await["incoming_mapping_id"] == incoming;
        api.decide(if is_incoming { "incoming" } else { "current" }).await;
        ends.push(api.has(&person).await);
    }
    assert_eq!(ends, [has("user", &["two"]), has("user", &["two"])]);
}
