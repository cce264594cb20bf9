//! Whether groups are taken, and that they are stored as soon as they are pushed.

use super::*;
use futures_util::future::join_all;

#[actix_web::test]
async fn groups_are_refused_while_they_are_off_and_the_answer_says_how_to_turn_them_on() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let group = jumpcloud.group("Engineering", &[&ann]).await;
    api.entity("team", "payments").await;
    api.map(&group, "payments").await;
    let path = format!("/Groups/{group}");
    api.limit(json!({ "groups": false })).await;
    let body = json!({ "schemas": [GROUP], "displayName": "Sales" });
    let directory = &jumpcloud.0;
    let refused = directory.post("/Groups", body.clone()).await.refuses(403, "", "groups_off");
    assert!(refused.detail().contains("vestibule org groups"), "{}", refused.body);
    directory.put(&path, body).await.refuses(403, "", "groups_off");
    jumpcloud.renames(&group, "Sales").await.refuses(403, "", "groups_off");
    directory.delete(&path).await.refuses(403, "", "groups_off");
    assert_eq!(directory.get(&path).await.is(200).body["displayName"], "Engineering", "it is read");
    assert_eq!(directory.get("/Groups").await.is(200).ids(), [group.as_str()]);
    let bob = jumpcloud.person("bob").await;
    assert_eq!(api.has(&ann).await, has("user", &["payments"]), "nothing stored is lost");
    api.limit(json!({ "groups": true })).await;
    jumpcloud.add(&group, &bob).await;
    assert_eq!(api.has(&bob).await, has("user", &["payments"]), "and it goes on");
}

#[actix_web::test]
async fn groups_and_memberships_are_stored_as_soon_as_they_are_pushed_mapped_or_not() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let (ann, bob) = (jumpcloud.person("ann").await, jumpcloud.person("bob").await);
    let group = jumpcloud.group("eng", &[&ann]).await;
    jumpcloud.add(&group, &bob).await;
    assert_eq!(api.mappings(&group).await.len(), 0);
    assert_eq!(api.get(&format!("groups/{group}")).await["name"], "eng");
    let members = api.get(&format!("groups/{group}/members")).await;
    assert_eq!(members["data"].as_array().unwrap().len(), 2, "{members}");
    api.entity("team", "payments").await;
    api.map(&group, "payments").await;
    for person in [&ann, &bob] {
        assert_eq!(api.has(person).await, has("user", &["payments"]));
    }
}

#[actix_web::test]
async fn a_groups_roles_apply_even_if_no_mapping_exists() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let admins = jumpcloud.carrying("admins", "admin", &[&ann]).await;
    assert_eq!(api.mappings(&admins).await.len(), 0);
    assert_eq!(api.has(&ann).await, has("admin", &[]));
}

#[actix_web::test]
async fn two_patches_at_the_same_moment_lose_nothing() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let group = jumpcloud.group("eng", &[]).await;
    api.entity("team", "payments").await;
    api.map(&group, "payments").await;
    let mut people = Vec::new();
    for n in 0..20 {
        people.push(jumpcloud.person(&format!("p{n}")).await);
    }
    let (leaving, coming) = people.split_at(10);
    join_all(leaving.iter().map(|it| jumpcloud.add(&group, it))).await;
    let leave = join_all(leaving.iter().map(|it| jumpcloud.remove(&group, it)));
    let come = join_all(coming.iter().map(|it| jumpcloud.add(&group, it)));
    futures_util::future::join(leave, come).await;
    for (n, person) in people.iter().enumerate() {
        let places: &[&str] = if n < 10 { &[] } else { &["payments"] };
        assert_eq!(api.has(person).await, has("user", places));
    }
}

#[actix_web::test]
async fn adding_a_member_twice_or_removing_one_who_is_not_there_is_a_success_and_no_event() {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let (ann, bob) = (jumpcloud.person("ann").await, jumpcloud.person("bob").await);
    let group = jumpcloud.group("eng", &[]).await;
    api.entity("team", "payments").await;
    api.map(&group, "payments").await;
    jumpcloud.add(&group, &ann).await;
    // By its first removal the directory is known for JumpCloud, which is an event.
    jumpcloud.add(&group, &bob).await;
    jumpcloud.remove(&group, &bob).await;
    let before = api.events(&world, "").await;
    jumpcloud.add(&group, &ann).await;
    jumpcloud.remove(&group, &bob).await;
    let after = api.events(&world, "").await;
    assert_eq!(after[before.len()..], [] as [Value; 0]);
    assert_eq!(api.has(&ann).await, has("user", &["payments"]));
    jumpcloud.remove(&group, &ann).await;
    assert!(api.events(&world, "").await.len() > before.len(), "a removal that removes is told");
}
