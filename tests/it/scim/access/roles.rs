//! Which role somebody has, and the floor.

use super::*;
use crate::gateway::ADA;
use vestibule::cause::Cause;

/// A person with roles of their own, by a directory that knows our extension.
fn own(name: &str, roles: &[&str]) -> Value {
    let name = format!("{name}@globex.example");
    json!({ "schemas": [USER, OWN_ROLES], "userName": name, OWN_ROLES: { "roles": roles } })
}

#[actix_web::test]
async fn the_role_is_the_highest_over_all_current_groups_else_the_persons_own_else_the_applications_default()
 {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    jumpcloud.0.post("/Users", own("boss", &["admin"])).await.is(201);
    let ann = jumpcloud.0.post("/Users", own("ann", &["admin"])).await.is(201).id();
    assert_eq!(api.has(&ann).await.0, "admin", "their own");
    let guests = jumpcloud.carrying("guests", "guest", &[&ann]).await;
    assert_eq!(api.has(&ann).await.0, "guest", "a group carries one, so it is not their own");
    let users = jumpcloud.carrying("users", "user", &[&ann]).await;
    assert_eq!(api.has(&ann).await.0, "user", "the highest of the groups");
    jumpcloud.group("bare", &[&ann]).await;
    assert_eq!(api.has(&ann).await.0, "user", "one that carries none counts for nothing");
    jumpcloud.delete(&users).await;
    assert_eq!(api.has(&ann).await.0, "guest", "a group that is gone is none");
    jumpcloud.remove(&guests, &ann).await;
    assert_eq!(api.has(&ann).await.0, "admin", "their own again");
    jumpcloud.0.put(&format!("/Users/{ann}"), own("ann", &[])).await.is(200);
    assert_eq!(api.has(&ann).await.0, "user", "the default");
}

#[actix_web::test]
async fn a_persons_own_role_comes_by_the_core_attribute_too() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let body = |role: &str| json!({ "schemas": [USER], "userName": "ann@globex.example", "roles": [{ "value": role, "primary": true }] });
    let ann = jumpcloud.0.post("/Users", body("guest")).await.is(201).id();
    assert_eq!(api.has(&ann).await.0, "guest");
    jumpcloud.0.put(&format!("/Users/{ann}"), body("admin")).await.is(200);
    assert_eq!(api.has(&ann).await.0, "admin");
}

#[actix_web::test]
async fn a_group_has_the_role_of_its_mapping_or_of_the_rule_that_made_it() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let visitors = with(rule("prefix", "visitors", "team"), "role", "guest".into());
    api.rules(json!([visitors])).await;
    let group = jumpcloud.group("visitors", &[&ann]).await;
    assert_eq!(api.has(&ann).await, has("guest", &["visitors"]), "of the rule");
    let (status, told) = api.change(&api.mapping(&group).await, json!({ "role": "user" })).await;
    assert_eq!((status, &told["role"]), (200, &json!("user")), "{told}");
    assert_eq!(api.has(&ann).await.0, "user", "its own");
    api.change(&api.mapping(&group).await, json!({ "role": null })).await;
    assert_eq!(api.has(&ann).await.0, "guest", "and without, that of the rule");
    let admins = jumpcloud.group("admins", &[&ann]).await;
    let body = json!({ "group_id": admins, "role": "admin" });
    api.done(Method::POST, "mappings", body).await;
    assert_eq!(api.has(&ann).await.0, "admin", "a mapping may give a role alone");
}

#[actix_web::test]
async fn the_role_moves_both_up_and_down_on_every_change_of_membership_role_group_and_activation() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let boss = jumpcloud.person("boss").await;
    jumpcloud.carrying("bosses", "admin", &[&boss]).await;
    let ann = jumpcloud.person("ann").await;
    let admins = jumpcloud.carrying("admins", "admin", &[]).await;
    let role = async || api.has(&ann).await.0;
    assert_eq!(role().await, "user");
    jumpcloud.add(&admins, &ann).await;
    assert_eq!(role().await, "admin", "membership, up");
    jumpcloud.remove(&admins, &ann).await;
    assert_eq!(role().await, "user", "membership, down");
    jumpcloud.add(&admins, &ann).await;
    jumpcloud.carries(&admins, &["guest"]).await;
    assert_eq!(role().await, "guest", "the group's role, down");
    jumpcloud.carries(&admins, &["admin"]).await;
    assert_eq!(role().await, "admin", "the group's role, up");
    jumpcloud.delete(&admins).await;
    assert_eq!(role().await, "user", "the group is deleted");
    let again = jumpcloud.carrying("admins", "admin", &[&ann]).await;
    assert_eq!((again == admins, role().await), (true, "admin".to_owned()), "and restored");
    jumpcloud.switch(&ann, false).await;
    assert_eq!(role().await, "", "the person is off");
    jumpcloud.switch(&ann, true).await;
    assert_eq!(role().await, "admin", "and on again");
}

#[actix_web::test]
async fn the_last_active_person_with_the_highest_role_is_never_demoted_or_removed_by_a_directory() {
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let admins = jumpcloud.carrying("admins", "admin", &[&ann]).await;
    let held = async |what: &str| {
        assert_eq!(api.has(&ann).await.0, "admin", "{what}");
        assert_eq!(api.alerts().await, ["last_of_highest_role"], "{what}");
        let told = api.explained(&ann).await;
        assert_eq!(told["held"], "floor", "{what}: {told}");
    };
    jumpcloud.remove(&admins, &ann).await;
    held("removed from the group: the request succeeds, the effect is held, an alert raised").await;
    jumpcloud.add(&admins, &ann).await;
    assert_eq!((api.has(&ann).await.0, api.alerts().await.len()), ("admin".to_owned(), 0));
    jumpcloud.carries(&admins, &["user"]).await;
    held("the group is demoted").await;
    jumpcloud.carries(&admins, &["admin"]).await;
    jumpcloud.delete(&admins).await;
    held("the group is deleted").await;
    // Somebody else has it: nothing is held any more.
    let bob = jumpcloud.person("bob").await;
    assert_eq!(jumpcloud.carrying("admins", "admin", &[&bob]).await, admins);
    assert_eq!(api.has(&ann).await.0, "user");
    assert_eq!(api.alerts().await.len(), 0);
}

#[actix_web::test]
async fn the_last_of_the_highest_role_who_is_switched_off_or_deleted_is_out_and_an_alert_is_raised()
{
    let gateway = Gateway::start().await;
    let (_world, jumpcloud, api) = globex(&gateway);
    let ann = jumpcloud.person("ann").await;
    let bob = jumpcloud.person("bob").await;
    let admins = jumpcloud.carrying("admins", "admin", &[&ann]).await;
    for how in ["off", "deleted"] {
        if how == "off" {
            jumpcloud.switch(&ann, false).await;
        } else {
            jumpcloud.discard(&ann).await;
        }
        assert_eq!(api.has(&ann).await, has("", &[]), "{how}: whoever is off has nothing");
        assert_eq!(api.alerts().await, ["last_of_highest_role"], "{how}");
        assert_eq!(api.has(&bob).await.0, "user", "nobody gets it instead");
        if how == "off" {
            jumpcloud.switch(&ann, true).await;
        } else {
            assert_eq!(jumpcloud.person("ann").await, ann, "created again");
            jumpcloud.add(&admins, &ann).await;
        }
        assert_eq!((api.has(&ann).await.0, api.alerts().await.len()), ("admin".to_owned(), 0));
    }
}

#[actix_web::test]
async fn without_a_role_and_a_place_nobody_gets_into_the_app() {
    let gateway = Gateway::start().await;
    let (world, jumpcloud, api) = globex(&gateway);
    let application = format!("applications/{}", world.app.application.id);
    let none = json!({ "default_role": null });
    let (status, told) = api.send(Method::PATCH, &application, none, None).await;
    assert_eq!((status, &told["default_role"]), (200, &Value::Null), "{told}");
    let ada = jumpcloud.0.user(ADA).await;
    let mut browser = UserAgent::new();
    let underway = world.begin(&mut browser).await;
    let page = world.come_back(&mut browser, &underway).await;
    world.refused("no group", Cause::NoAccess, &page);
    let group = jumpcloud.group("users", &[&ada]).await;
    jumpcloud.carries(&group, &["user"]).await;
    world.works().await;
}
