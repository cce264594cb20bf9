//! Groups and mappings at the console.

mod drafts;
mod forms;
mod previews;
mod scene;

pub(super) use scene::{Scene, filled};

use super::Desk;
use crate::store::access::entities;
use crate::store::access::mappings::{Mapping, Place};
use crate::store::access::provisioning;
use crate::store::directories::groups;
use crate::store::members::Role;
use crate::store::{UserId, testing};
use serde_json::json;

fn place(name: &str) -> Place {
    Place::Key(name.to_owned())
}

/// What the preview of a member's draft is at.
async fn previewed(desk: &Desk, scene: &Scene<'_>) -> String {
    let answer = desk.post(&format!("{}/preview", scene.at), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").to_owned()
}

const RULE: [(&str, &str); 6] = [
    ("match", "prefix"),
    ("pattern", "eng"),
    ("same.team", "1"),
    ("role", "admin"),
    ("auto_approve", "1"),
    ("priority", "0"),
];

#[actix_web::test]
async fn an_organization_is_chosen_and_its_groups_are_turned_on_and_off_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let of = &connection.organization_id;
    let at = format!("/console/organizations/{of}/groups");
    let page = desk.get("/console/groups?q=globex").await.body;
    assert!(page.contains(&format!("href=\"{at}\"")) && page.contains(">Off<"), "{page}");
    assert!(desk.get("/console/groups?q=zzz").await.body.contains("No organizations match"));
    let named = desk.get(&format!("/console/groups?organization={of}")).await;
    assert_eq!((named.status, named.header("location")), (303, &*at));
    let uri = format!("{at}/switch");
    assert!(desk.get(&uri).await.body.contains("Turn groups on for"));
    let is_on = || desk.world.store().read_now(|db| provisioning::find(db, of)).unwrap().groups;
    assert!(!is_on(), "reading changes nothing");
    assert_eq!(desk.post(&uri, &[("to", "on")]).await.status, 303);
    assert!(is_on());
    assert!(desk.get(&uri).await.body.contains("Nothing that is stored is lost"));
    assert_eq!(desk.post(&uri, &[("to", "off")]).await.status, 303);
    assert!(!is_on());
}

#[actix_web::test]
async fn synced_groups_are_listed_with_people_and_what_they_give_and_a_viewer_is_offered_no_act() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let scene = Scene::new(&desk);
    assert!(desk.get(&scene.at).await.body.contains("None has come yet"));
    let (ann, bob) = (scene.person("ann"), scene.person("bob"));
    let eng = scene.group("eng", &[&ann, &bob]);
    scene.group("All staff", &[&ann]);
    scene.entity("team", "Payments");
    scene.map(&eng, place("Payments"), Some("admin"));
    let page = desk.get(&scene.at).await.body;
    for part in [">eng<", "<td class=\"num\">2</td>", "Payments", ">Mapped<", ">No mapping<"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = page + &desk.get(&format!("{}/mappings", scene.at)).await.body;
    let page = page + &desk.get(&format!("{}/entities", scene.at)).await.body;
    let page = page + &desk.get(&format!("/console/groups/{eng}")).await.body;
    for act in ["/switch\"", "/new\"", "/run\"", "/delete\"", "/remove\"", "/new?"] {
        assert!(!page.contains(act), "a viewer is offered {act}");
    }
}

#[actix_web::test]
async fn a_group_shows_its_members_its_mappings_the_rule_that_matches_and_what_happened() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let ann = scene.person("ann");
    scene.rule(json!({ "match": "prefix", "pattern": "eng", "auto_approve": true,
        "targets": [{ "type": "team" }], "role": "admin" }));
    let eng = scene.group("eng-payments", &[&ann]);
    let uri = format!("/console/groups/{eng}");
    let page = desk.get(&uri).await.body;
    for part in ["<h1>eng-payments</h1>", "ann@globex.example", "Rule 1", "Approved by rule"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("group.created") && !page.contains("/remove\""), "{page}");
    // Each line of what a person has tells which group and rule give it.
    let user = desk.get(&format!("/console/users/{ann}")).await.body;
    for part in ["team eng-payments", "group eng-payments, rule 1", &uri] {
        assert!(user.contains(part), "{part}: {user}");
    }
    let remove = format!("{uri}/remove");
    assert!(desk.get(&remove).await.body.contains("Members: 1."));
    assert_eq!(desk.get(&uri).await.status, 200, "reading changes nothing");
    // Whoever removes a group chooses: not what would leave nobody with the highest role.
    let refused = desk.post(&remove, &[]).await;
    assert!(
        refused.status == 422 && refused.body.contains("the role admin any more"),
        "{}",
        refused.body
    );
    scene.group("eng-bosses", &[&scene.person("bob")]);
    assert_eq!(desk.post(&remove, &[]).await.status, 303);
    assert_eq!(desk.get(&uri).await.status, 404);
    assert!(desk.get(&format!("/console/users/{ann}")).await.body.contains("default role"));
}

#[actix_web::test]
async fn places_are_made_changed_and_deleted_with_what_goes_with_them() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let at = format!("{}/entities", scene.at);
    assert!(desk.get(&at).await.body.contains("There is none yet"));
    let nothing = desk.post(&at, &[("name", "Payments"), ("key", "pay")]).await;
    assert!(nothing.status == 422 && nothing.body.contains("href=\"#type\""), "{}", nothing.body);
    assert!(nothing.body.contains("value=\"Payments\""), "what was typed is kept");
    let form = [("name", "Payments"), ("key", "pay"), ("type", "team"), ("external_id", "42")];
    assert_eq!(desk.post(&at, &form).await.status, 303);
    let taken = desk.post(&at, &form).await;
    assert!(taken.status == 422 && taken.body.contains("href=\"#key\""), "{}", taken.body);
    let find = || scene.store.read_now(|db| entities::find_key(db, &scene.of, "pay")).unwrap();
    let id = find().id;
    assert!(desk.get(&format!("{at}/{id}")).await.body.contains("value=\"42\""));
    assert_eq!(desk.post(&format!("{at}/{id}"), &[("name", "Billing")]).await.status, 303);
    let now = find();
    assert_eq!(
        (now.name.as_str(), now.external_id.as_deref(), &*now.kind),
        ("Billing", None, "team")
    );
    let ann = scene.person("ann");
    let eng = scene.group("eng", &[&ann]);
    scene.map(&eng, place("pay"), None);
    let page = desk.get(&at).await.body;
    assert!(page.contains("Billing") && page.contains(">eng<"), "{page}");
    assert!(desk.get(&format!("{at}?type=nothing")).await.body.contains("No places match"));
    let delete = format!("{at}/{id}/delete");
    let page = desk.get(&delete).await.body;
    assert!(page.contains("People: 1.") && page.contains("group eng waits"), "{page}");
    assert_eq!(scene.has(&ann).1, ["Billing"], "reading changes nothing");
    assert_eq!(desk.post(&delete, &[]).await.status, 303);
    assert!(scene.has(&ann).1.is_empty());
    // That is told until somebody has seen it.
    let page = desk.get(&scene.at).await.body;
    assert!(page.contains("Billing was deleted. The mapping of the group eng waits"), "{page}");
    let alert = scene.alerts().remove(0);
    assert_eq!(
        desk.post(&format!("{}/alerts/{}/close", scene.at, alert.id), &[]).await.status,
        303
    );
    assert!(scene.alerts().is_empty());
    assert!(scene.store.kinds(Some(&scene.of)).contains(&"access.alert_closed".to_owned()));
}

#[actix_web::test]
async fn what_is_held_happens_or_is_kept_when_that_is_confirmed() {
    for (act, places) in [("apply", 0), ("restore", 1)] {
        let desk = Desk::signed_in(Role::Owner).await;
        let scene = Scene::new(&desk);
        let people: Vec<UserId> = (0..25).map(|n| scene.person(&format!("p{n}"))).collect();
        let eng = scene.group("eng", &people.iter().collect::<Vec<_>>());
        scene.entity("team", "Payments");
        scene.map(&eng, place("Payments"), None);
        scene.push(|tx, it| groups::remove(tx, it, eng.as_str(), None));
        assert_eq!(scene.has(&people[0]).1, ["Payments"], "it is held");
        let page = desk.get(&scene.at).await.body;
        assert!(page.contains("from people at once: 25"), "{page}");
        let uri = format!("{}/holds/{act}", scene.at);
        assert!(desk.get(&uri).await.body.contains("25."));
        assert_eq!(scene.alerts().len(), 1, "reading changes nothing");
        assert_eq!(desk.post(&uri, &[]).await.status, 303);
        assert_eq!((scene.has(&people[0]).1.len(), scene.alerts().len()), (places, 0), "{act}");
    }
}

#[actix_web::test]
async fn a_conflict_is_explained_and_decided_once() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    assert!(desk.get(&format!("{}/conflicts", scene.at)).await.body.contains("No two groups"));
    let conflict = scene.conflict();
    let list = format!("{}/conflicts", scene.at);
    let page = desk.get(&format!("{list}?state=open")).await.body;
    for part in ["ann@globex.example", "Blue", "eng-Red", "Undecided"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let uri = format!("{list}/{}", conflict.id);
    let page = desk.get(&uri).await.body;
    assert!(page.contains("A person can be in one of this type only"), "{page}");
    let none = desk.post(&uri, &[]).await;
    assert!(none.status == 422 && none.body.contains("href=\"#use\""), "{}", none.body);
    assert_eq!(scene.has(&conflict.user_id).1, ["Blue"], "nothing is decided yet");
    assert_eq!(desk.post(&uri, &[("use", "incoming")]).await.status, 303);
    assert_eq!(scene.has(&conflict.user_id).1, ["Red"]);
    let page = desk.get(&list).await.body;
    assert!(page.contains(">Decided<") && page.contains(desk.member.id.as_str()), "{page}");
    assert!(desk.get(&format!("{list}?state=open")).await.body.contains("No conflicts match"));
}

#[actix_web::test]
async fn what_is_another_organizations_is_not_found() {
    let desk = Desk::signed_in(Role::Owner).await;
    let (scene, other) = (Scene::new(&desk), Scene::new(&desk));
    let (conflict, alert) = (scene.conflict(), scene.alert());
    let (entity, mapping) = (scene.entity("team", "Payments"), scene.mappings().remove(0));
    let rule = scene.rule(json!({ "match": "all", "role": "admin" })).rules[0].id.clone();
    for path in [
        format!("conflicts/{}", conflict.id),
        format!("entities/{}", entity.id),
        format!("entities/{}/delete", entity.id),
        format!("mappings/{}", mapping.id),
        format!("rules/{rule}"),
        "history/1/restore".to_owned(),
    ] {
        assert_eq!(desk.get(&format!("{}/{path}", scene.at)).await.status, 200, "{path}");
        assert_eq!(desk.get(&format!("{}/{path}", other.at)).await.status, 404, "{path}");
        let posted = desk.post(&format!("{}/{path}", other.at), &[("use", "current")]).await;
        assert!([404, 422].contains(&posted.status), "{path}: {}", posted.status);
    }
    let close = format!("{}/alerts/{}/close", other.at, alert.id);
    assert_eq!(desk.post(&close, &[]).await.status, 404);
}

#[actix_web::test]
async fn rules_run_when_that_is_confirmed() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let set = json!({ "match": "all", "targets": [{ "type": "team" }], "auto_approve": true });
    scene.rule(set);
    let ann = scene.person("ann");
    scene.group("eng", &[&ann]);
    scene.store.system(|tx| {
        use diesel::RunQueryDsl as _;
        Ok(diesel::sql_query("DELETE FROM mappings").execute(tx.db)?)
    });
    let uri = format!("{}/run", scene.at);
    assert!(desk.get(&uri).await.body.contains("Rules that hold: 1."));
    assert!(scene.mappings().is_empty(), "reading changes nothing");
    assert_eq!(desk.post(&uri, &[]).await.status, 303);
    assert_eq!(scene.mappings().len(), 1);
}

#[actix_web::test]
async fn the_oldest_set_that_is_kept_does_not_say_what_was_different() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    for pattern in ["a", "b"] {
        scene.rule(json!({ "match": "prefix", "pattern": pattern, "role": "admin" }));
    }
    let at = format!("{}/history", scene.at);
    assert!(!desk.get(&at).await.body.contains("not kept any more"));
    scene.store.system(|tx| {
        use diesel::RunQueryDsl as _;
        Ok(diesel::sql_query("DELETE FROM rule_sets WHERE version = 1").execute(tx.db)?)
    });
    let page = desk.get(&at).await.body;
    assert!(page.contains("The set before is not kept any more") && !page.contains(">New<"));
}
