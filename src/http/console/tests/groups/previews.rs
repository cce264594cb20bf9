//! Drafts are previewed, and what was previewed is applied.

use super::*;
use crate::store::access::previews;

#[actix_web::test]
async fn what_has_changed_since_the_preview_is_previewed_again_and_asked_again() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let (ann, bob) = (scene.person("ann"), scene.person("bob"));
    scene.group("eng-a", &[&ann]);
    desk.post(&format!("{}/rules", scene.at), &RULE).await;
    let preview = previewed(&desk, &scene).await;
    scene.store.clock().advance(chrono::TimeDelta::seconds(1));
    scene.group("eng-b", &[&bob]);
    let again = desk.post(&format!("{preview}/apply"), &[]).await;
    let to = again.header("location").to_owned();
    assert!(again.status == 303 && to.ends_with("?again=1") && !to.contains(&preview), "{to}");
    assert!(scene.rules().is_empty(), "nothing is applied");
    let page = desk.get(&to).await.body;
    assert!(page.contains("so nothing was applied") && page.contains("bob@"), "{page}");
    // A draft that is changed meanwhile is not what was previewed, either.
    desk.post(
        &format!("{}/rules", scene.at),
        &[("match", "all"), ("role", "admin"), ("priority", "0")],
    )
    .await;
    let to = to.trim_end_matches("?again=1");
    let differs = desk.post(&format!("{to}/apply"), &[]).await;
    assert!(
        differs.status == 422 && differs.body.contains("Preview them again"),
        "{}",
        differs.body
    );
    assert!(!desk.get(to).await.body.contains("/apply\""));
    assert!(scene.rules().is_empty());
}

#[actix_web::test]
async fn that_many_lose_something_has_to_be_meant_and_the_last_of_the_highest_role_stays() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let ann = scene.person("ann");
    let eng = scene.group("eng", &[&ann]);
    scene.entity("team", "Payments");
    let places = scene.map(&eng, place("Payments"), None);
    let uri = format!("{}/mappings/{}", scene.at, places.id);
    desk.post(&uri, &[("act", "reject"), ("role", "stay")]).await;
    let preview = previewed(&desk, &scene).await;
    assert!(
        desk.get(&preview).await.body.contains("name=\"meant\""),
        "one of one is more than a tenth"
    );
    let unsaid = desk.post(&format!("{preview}/apply"), &[]).await;
    assert!(
        unsaid.status == 422 && unsaid.body.contains("Tick that it is meant"),
        "{}",
        unsaid.body
    );
    assert_eq!(scene.has(&ann).1, ["Payments"]);
    assert_eq!(desk.post(&format!("{preview}/apply"), &[("meant", "1")]).await.status, 303);
    assert!(scene.has(&ann).1.is_empty());
    // Of many, one is few.
    for n in 0..20 {
        scene.person(&format!("p{n}"));
    }
    let admin = scene.map(&eng, Place::Nowhere, Some("admin"));
    let uri = format!("{}/mappings/{}", scene.at, admin.id);
    desk.post(&uri, &[("act", "reject"), ("role", "stay")]).await;
    let preview = previewed(&desk, &scene).await;
    let page = desk.get(&preview).await.body;
    assert!(!page.contains("name=\"meant\""));
    for part in ["Applying this would be refused", "last_of_highest_role", "ann@globex.example"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("/apply\""), "it is not offered");
    let refused = desk.post(&format!("{preview}/apply"), &[]).await;
    assert!(
        refused.status == 422 && refused.body.contains("the role admin any more"),
        "{}",
        refused.body
    );
    assert_eq!(scene.has(&ann).0.as_deref(), Some("admin"));
}

#[actix_web::test]
async fn a_preview_of_very_many_people_says_how_far_it_is() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    desk.post(&format!("{}/rules", scene.at), &RULE).await;
    let asked = {
        let preview = previewed(&desk, &scene).await;
        let id = preview.rsplit('/').next().unwrap().parse().unwrap();
        let now = scene.store.clock().now();
        scene.store.read_now(|db| previews::find(db, &scene.of, &id, now)).unwrap().asked
    };
    let row = scene.store.system(|tx| previews::ask(tx, &scene.of, (*asked).clone()));
    let uri = format!("{}/previews/{}", scene.at, row.id);
    let page = desk.get(&uri).await.body;
    assert!(page.contains("It has not begun yet") && page.contains("Look again"), "{page}");
    assert!(!page.contains("/apply\""), "nothing can be applied yet");
    let part = desk.part(&uri).await.body;
    assert!(part.contains("It has not begun yet") && part.contains("every 2s"), "{part}");
    assert!(part.contains(&format!("name=\"underway\" value=\"{}\"", row.id)), "{part}");
    scene.store.system(|tx| {
        let taken = previews::take(tx)?.unwrap();
        previews::note(tx, &taken.id, 10_000, 20_001)
    });
    assert!(desk.get(&uri).await.body.contains("Known of 10000 of 20001 people"));
    scene.store.system(|tx| previews::finish(tx, &row.id, Err("There is no team x.".to_owned())));
    let page = desk.get(&uri).await.body;
    assert!(page.contains("There is no team x.") && page.contains("Preview again"), "{page}");
    let part = desk.part(&uri).await.body;
    assert!(part.contains("There is no team x.") && !part.contains("every 2s"), "{part}");
}

#[actix_web::test]
async fn a_preview_that_nobody_waits_for_is_withdrawn_and_a_finished_one_stays() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let store = scene.store;
    let elsewhere = testing::active(store, "Okta", None).organization_id;
    let asked = |of: &_| store.system(|tx| previews::ask(tx, of, json!({}))).id;
    let is_there = |of: &_, id: &_| {
        let now = store.clock().now();
        store.read_now(|db| previews::find(db, of, id, now)).is_ok()
    };
    let (mine, done, theirs) = (asked(&scene.of), asked(&scene.of), asked(&elsewhere));
    store.system(|tx| previews::finish(tx, &done, Err("x".to_owned())));
    for id in [&mine, &done, &theirs] {
        store.system(|tx| previews::withdraw(tx, &scene.of, id));
    }
    assert!(!is_there(&scene.of, &mine), "nobody waits for it");
    assert!(is_there(&scene.of, &done), "somebody may have looked at it");
    assert!(is_there(&elsewhere, &theirs), "it is another organization's");
}

#[actix_web::test]
async fn a_preview_that_is_older_than_a_day_is_made_again_and_not_applied() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    desk.post(&format!("{}/rules", scene.at), &RULE).await;
    let preview = previewed(&desk, &scene).await;
    let id: crate::store::PreviewId = preview.rsplit('/').next().unwrap().parse().unwrap();
    // The time is in the ID.
    let old = preview.replace(id.as_str(), &format!("prv_{:0>26}", 1));
    let told = desk.get(&old).await;
    assert!(told.status == 409 && told.body.contains("older than a day"), "{}", told.body);
    let again = desk.post(&format!("{old}/apply"), &[]).await;
    let to = again.header("location").to_owned();
    assert!(again.status == 303 && to.ends_with("?again=1"), "{} {to}", again.status);
    assert!(scene.rules().is_empty(), "nothing is applied");
    assert!(desk.get(&to).await.body.contains("older than a day, so nothing was applied"));
}
