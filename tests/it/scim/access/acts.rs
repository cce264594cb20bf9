//! What each act in the directory does.

use super::*;
use crate::gateway::ADA;
use crate::journeys::redeem;
use chrono::TimeDelta;
use vestibule::cause::Cause;

/// What the application is told at userinfo: the status, roles and places.
async fn userinfo(world: &World<'_>, tokens: &Value) -> (u16, Value, Value) {
    let client = UserAgent::new().into_client();
    let url = format!("{}/oauth/userinfo", world.gateway.url);
    let answer = client.get(url).bearer_auth(text(&tokens["access_token"])).send().await.unwrap();
    let status = answer.status().as_u16();
    let told: Value = answer.json().await.unwrap_or_default();
    (status, told["roles"].clone(), told["entities"].clone())
}

/// Ada signs in; the tokens.
async fn signed_in(world: &World<'_>) -> Value {
    let mut browser = UserAgent::new();
    let underway = world.begin(&mut browser).await;
    let page = world.come_back(&mut browser, &underway).await;
    redeem(world, &page).await.json()
}

/// Ada comes back from her provider and is not let in.
async fn is_kept_out(world: &World<'_>) {
    let mut browser = UserAgent::new();
    let underway = world.begin(&mut browser).await;
    let page = world.come_back(&mut browser, &underway).await;
    world.refused("switched off", Cause::UserDeprovisioned, &page);
}

#[actix_web::test]
async fn group_activated_for_provisioning_it_is_stored_roles_apply_rules_are_evaluated_members_placed()
 {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let admins = with(rule("prefix", "admins", "team"), "role", "admin".into());
    api.rules(json!([admins])).await;
    let group = jumpcloud.group("admins-eu", &[&ann]).await;
    assert_eq!(api.get(&format!("groups/{group}")).await["name"], "admins-eu");
    assert_eq!(api.mapping(&group).await["state"], "auto_approved");
    assert_eq!(api.access(&ann).await.2, ["group admins-eu, rule 1"]);
    assert_eq!(api.has(&ann).await, has("admin", &["admins-eu"]));
    let event = api.last_event(&world, &ann).await;
    assert_eq!(event["data"]["entities"][0]["name"], "admins-eu", "{event}");
}

#[actix_web::test]
async fn person_added_to_a_group_is_placed_in_every_entity_its_approved_mappings_name_and_the_role_recomputed()
 {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let eng = jumpcloud.group("eng", &[]).await;
    for place in ["payments", "ledger", "rejected"] {
        api.entity("team", place).await;
    }
    for place in ["payments", "ledger"] {
        api.map(&eng, place).await;
    }
    let rejected = json!({ "id": api.map(&eng, "rejected").await });
    api.change(&rejected, json!({ "state": "rejected" })).await;
    let body = json!({ "group_id": eng, "role": "guest" });
    api.done(Method::POST, "mappings", body).await;
    jumpcloud.add(&eng, &ann).await;
    assert_eq!(api.has(&ann).await, has("guest", &["ledger", "payments"]));
    assert_eq!(api.access(&ann).await.2, ["group eng, by hand", "group eng, by hand"]);
    let event = api.last_event(&world, &ann).await;
    assert_eq!(event["type"], "access.changed", "{event}");
    assert_eq!(
        (&event["data"]["before"]["role"], &event["data"]["role"]),
        (&json!("user"), &json!("guest"))
    );
}

#[actix_web::test]
async fn person_added_to_a_group_a_collision_raises_a_conflict() {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    api.rules(json!([rule("all", "", "concurrency_group")])).await;
    jumpcloud.group("fast", &[&ann]).await;
    let slow = jumpcloud.group("slow", &[]).await;
    jumpcloud.add(&slow, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["fast"]));
    assert_eq!(api.conflict().await["user_id"], ann);
    let raised = api.events(&world, "access.conflict_opened").await;
    assert_eq!(raised.len(), 1, "{raised:?}");
}

#[actix_web::test]
async fn person_removed_is_taken_out_only_if_no_other_group_places_them_there_and_the_role_recomputed()
 {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let (ann, boss) = (jumpcloud.person("ann").await, jumpcloud.person("boss").await);
    let one = jumpcloud.carrying("one", "admin", &[&ann, &boss]).await;
    let two = jumpcloud.group("two", &[&ann]).await;
    api.entity("team", "payments").await;
    api.entity("team", "ledger").await;
    api.map(&one, "payments").await;
    api.map(&two, "ledger").await;
    assert_eq!(api.has(&ann).await, has("admin", &["ledger", "payments"]));
    jumpcloud.remove(&one, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["ledger"]));
    let event = api.last_event(&world, &ann).await;
    assert_eq!(event["type"], "access.changed", "{event}");
    jumpcloud.remove(&two, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &[]));
    assert_eq!(api.has(&boss).await, has("admin", &["payments"]), "and nobody else");
}

#[actix_web::test]
async fn person_removed_from_an_exclusive_place_goes_to_the_organizations_default_of_its_type() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let fast = jumpcloud.group("fast", &[&ann]).await;
    api.default("concurrency_group", "general").await;
    api.entity("concurrency_group", "fast").await;
    assert_eq!(api.has(&ann).await, has("user", &["general"]));
    api.map(&fast, "fast").await;
    assert_eq!(api.has(&ann).await, has("user", &["fast"]));
    jumpcloud.remove(&fast, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["general"]));
    jumpcloud.add(&fast, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["fast"]));
    jumpcloud.delete(&fast).await;
    assert_eq!(api.has(&ann).await, has("user", &["general"]));
}

#[actix_web::test]
async fn group_roles_changed_every_member_is_recomputed_at_once() {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let boss = jumpcloud.person("boss").await;
    jumpcloud.carrying("bosses", "admin", &[&boss]).await;
    let mut people = Vec::new();
    for n in 0..5 {
        people.push(jumpcloud.person(&format!("p{n}")).await);
    }
    let members: Vec<&str> = people.iter().map(String::as_str).collect();
    let group = jumpcloud.carrying("crowd", "guest", &members).await;
    for role in ["admin", "user"] {
        jumpcloud.carries(&group, &[role]).await;
        for person in &people {
            assert_eq!(api.has(person).await.0, role);
            assert_eq!(api.last_event(&world, person).await["data"]["role"], role);
        }
    }
}

#[actix_web::test]
async fn group_deleted_members_are_unassigned_mappings_rejected_conflicts_closed_roles_recomputed()
{
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let (ann, bob) = (jumpcloud.person("ann").await, jumpcloud.person("bob").await);
    let boss = jumpcloud.person("boss").await;
    jumpcloud.carrying("bosses", "admin", &[&boss]).await;
    let fast = jumpcloud.carrying("fast", "admin", &[&ann, &bob]).await;
    let slow = jumpcloud.group("slow", &[]).await;
    for (group, place) in [(&fast, "fast"), (&slow, "slow")] {
        api.entity("concurrency_group", place).await;
        api.map(group, place).await;
    }
    jumpcloud.add(&slow, &ann).await;
    assert_eq!(api.conflict().await["user_id"], ann);
    jumpcloud.delete(&fast).await;
    jumpcloud.0.get(&format!("/Groups/{fast}")).await.is(404);
    assert_eq!(api.has(&ann).await, has("user", &["slow"]), "the waiting claim applies");
    assert_eq!(api.has(&bob).await, has("user", &[]));
    assert_eq!(api.mapping(&fast).await["state"], "rejected");
    assert_eq!(api.conflicts().await.len(), 0);
    // It is only softly gone.
    assert_eq!(jumpcloud.group("fast", &[]).await, fast);
}

#[actix_web::test]
async fn same_name_pushed_again_after_deletion_is_the_same_record_members_must_come_again_and_rules_are_evaluated()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let group = jumpcloud.group("eng", &[&ann]).await;
    jumpcloud.delete(&group).await;
    api.rules(json!([rule("all", "", "team")])).await;
    assert_eq!(api.mappings(&group).await.len(), 0);
    assert_eq!(jumpcloud.group("eng", &[]).await, group, "the same ID");
    assert_eq!(api.mapping(&group).await["state"], "auto_approved", "rules are evaluated");
    assert_eq!(api.has(&ann).await, has("user", &[]), "members must come again");
    jumpcloud.add(&group, &ann).await;
    assert_eq!(api.has(&ann).await, has("user", &["eng"]));
}

#[actix_web::test]
async fn person_deactivated_memberships_are_kept_effective_access_is_empty_and_everything_of_theirs_ends_at_once()
 {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let (ada, boss) = (jumpcloud.0.user(ADA).await, jumpcloud.person("boss").await);
    jumpcloud.carrying("bosses", "admin", &[&boss]).await;
    let eng = jumpcloud.carrying("eng", "admin", &[&ada]).await;
    api.entity("team", "payments").await;
    api.map(&eng, "payments").await;
    for how in ["off", "deleted"] {
        let tokens = signed_in(&world).await;
        let (status, roles, entities) = userinfo(&world, &tokens).await;
        assert_eq!((status, roles), (200, json!(["admin"])), "{how}");
        assert_eq!(entities[0]["key"], "payments", "{how}");
        if how == "off" {
            jumpcloud.switch(&ada, false).await;
            // Group pushes go on while somebody is off.
            assert_eq!(jumpcloud.0.members(&eng).await, [ada.as_str()], "memberships are kept");
        } else {
            jumpcloud.discard(&ada).await;
        }
        assert_eq!(userinfo(&world, &tokens).await.0, 401, "{how}");
        assert_eq!(api.has(&ada).await, has("", &[]), "{how}");
        let (person, _) = api.in_state(&ada).await;
        assert_eq!(person["access"], json!([]), "{how}: {person}");
        let event = api.last_event(&world, &ada).await;
        assert_eq!(event["type"], "access.revoked", "{how}: {event}");
        is_kept_out(&world).await;
        if how == "off" {
            jumpcloud.switch(&ada, true).await;
            assert_eq!(api.has(&ada).await, has("admin", &["payments"]));
            let event = api.last_event(&world, &ada).await;
            assert_eq!(event["type"], "access.granted", "{event}");
        }
    }
}

#[actix_web::test]
async fn person_activated_again_access_is_recomputed_from_the_kept_memberships() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let (ann, boss) = (jumpcloud.person("ann").await, jumpcloud.person("boss").await);
    jumpcloud.carrying("bosses", "admin", &[&boss]).await;
    let eng = jumpcloud.carrying("eng", "admin", &[&ann]).await;
    let ops = jumpcloud.group("ops", &[&ann]).await;
    for (group, place) in [(&eng, "payments"), (&ops, "pagers")] {
        api.entity("team", place).await;
        api.map(group, place).await;
    }
    jumpcloud.switch(&ann, false).await;
    // What happened meanwhile counts.
    jumpcloud.carries(&eng, &["guest"]).await;
    jumpcloud.remove(&ops, &ann).await;
    jumpcloud.rename(&eng, "platform").await;
    assert_eq!(api.has(&ann).await, has("", &[]));
    jumpcloud.switch(&ann, true).await;
    assert_eq!(api.has(&ann).await, has("guest", &["platform"]));
}

#[actix_web::test]
async fn a_person_is_in_the_tokens_and_the_state_as_they_are_in_their_groups() {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let (ada, boss) = (jumpcloud.0.user(ADA).await, jumpcloud.person("boss").await);
    let admins = jumpcloud.carrying("admins", "admin", &[&boss]).await;
    let eng = jumpcloud.group("eng-payments", &[]).await;
    api.entity("team", "payments").await;
    api.map(&eng, "payments").await;
    jumpcloud.add(&eng, &ada).await;
    jumpcloud.add(&admins, &ada).await;
    let (person, groups) = api.in_state(&ada).await;
    let mut theirs = [admins.clone(), eng.clone()];
    theirs.sort();
    assert_eq!((&person["groups"], groups), (&json!(theirs), 2), "{person}");
    assert_eq!(person["access"][0]["role"], "admin", "{person}");
    assert_eq!(person["access"][0]["entities"][0]["key"], "payments");
    let tokens = signed_in(&world).await;
    let (_, roles, entities) = userinfo(&world, &tokens).await;
    assert_eq!(roles, json!(["admin"]));
    assert_eq!((&entities[0]["key"], &entities[0]["type"]), (&json!("payments"), &json!("team")));
    jumpcloud.remove(&admins, &ada).await;
    jumpcloud.remove(&eng, &ada).await;
    assert_eq!(userinfo(&world, &tokens).await, (200, json!(["user"]), Value::Null));
}

#[actix_web::test]
async fn a_group_whose_members_are_all_inactive_for_24_hours_is_shown_as_probably_unbound_and_one_act_removes_it()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let (ann, bob) = (jumpcloud.person("ann").await, jumpcloud.person("bob").await);
    let group = jumpcloud.group("eng", &[&ann, &bob]).await;
    let path = format!("groups/{group}");
    let unbound = async || api.get(&path).await["probably_unbound"] == true;
    jumpcloud.switch(&ann, false).await;
    gateway.advance(TimeDelta::hours(25));
    assert!(!unbound().await, "one of them is on");
    jumpcloud.switch(&bob, false).await;
    gateway.advance(TimeDelta::hours(23));
    assert!(!unbound().await, "one of them is off for less than a day");
    gateway.advance(TimeDelta::hours(2));
    assert!(unbound().await);
    assert_eq!(api.send(Method::DELETE, &path, Value::Null, None).await.0, 204);
    jumpcloud.0.get(&format!("/Groups/{group}")).await.is(404);
}
