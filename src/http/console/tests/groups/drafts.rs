//! What a draft of rules and mappings keeps, and what is taken back.

use super::*;
use crate::store::access::mappings;

#[actix_web::test]
async fn a_rule_is_kept_in_a_draft_previewed_and_applied() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let (ann, at) = (scene.person("ann"), scene.at.clone());
    scene.group("eng-payments", &[&ann]);
    let wrong = [("match", "regex"), ("pattern", "("), ("priority", "0"), ("role", "admin")];
    let refused = desk.post(&format!("{at}/rules"), &wrong).await;
    assert!(
        refused.status == 422 && refused.body.contains("href=\"#pattern\""),
        "{}",
        refused.body
    );
    assert!(refused.body.contains("value=\"(\""), "what was typed is kept");
    assert_eq!(desk.post(&format!("{at}/rules"), &RULE).await.status, 303);
    let page = desk.get(&format!("{at}/mappings")).await.body;
    for part in [">New<", "starts with", "Team of the group", "Changes not applied: 1"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(scene.rules().is_empty() && scene.has(&ann).1.is_empty(), "it has no effect yet");
    let preview = previewed(&desk, &scene).await;
    let page = desk.get(&preview).await.body;
    for part in [
        "<b>1</b><span>gain access",
        "ann@globex.example",
        "team eng-payments: group eng-payments, rule 1",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let csv = desk.get(&format!("{preview}/people.csv")).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.body.starts_with("user_id,user,") && csv.body.contains("ann@globex.example"));
    assert!(scene.has(&ann).1.is_empty(), "a preview writes nothing");
    let applied = desk.post(&format!("{preview}/apply"), &[]).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    assert_eq!(scene.has(&ann), (Some("admin".to_owned()), vec!["eng-payments".to_owned()]));
    assert_eq!(super::super::done::left(&applied).unwrap().value(), "changes_applied");
    let page = desk.get(applied.header("location")).await.body;
    assert!(!page.contains("not applied: "), "{page}");
    let history = desk.get(&format!("{at}/history")).await.body;
    assert!(history.contains(&format!("member:{}", desk.member.id)), "{history}");
    assert!(
        history.contains("starts with “eng”: Team of the group&#39;s name, Admin"),
        "{history}"
    );
}

#[actix_web::test]
async fn a_draft_is_its_members_own_and_is_discarded_when_that_is_confirmed() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let at = Scene::new(&desk).at;
    desk.post(&format!("{at}/rules"), &RULE).await;
    let sam = crate::store::members::NewMember {
        email: "sam@orbit.example".into(),
        name: "Sam".into(),
        role: Role::Admin,
    };
    let hash = crate::crypto::hash_password(super::super::PASSWORD).unwrap();
    desk.world.store().system(|tx| {
        let member = crate::store::members::create(tx, &sam)?;
        crate::store::members::set_password(tx, &member.id, &hash)
    });
    let own = desk.cookie.take();
    let form = [("email", "sam@orbit.example"), ("password", super::super::PASSWORD)];
    let answer = desk.call("POST", "/console/login", &form).await;
    desk.take_cookie(&answer);
    assert!(!desk.get(&format!("{at}/mappings")).await.body.contains(">New<"), "it is Maya's");
    desk.cookie = own;
    assert!(desk.get(&format!("{at}/mappings")).await.body.contains(">New<"), "it stays");
    let discard = format!("{at}/discard");
    assert!(desk.get(&discard).await.body.contains("Changes that are lost: 1."));
    assert!(desk.get(&format!("{at}/mappings")).await.body.contains(">New<"));
    assert_eq!(desk.post(&discard, &[]).await.status, 303);
    assert!(!desk.get(&format!("{at}/mappings")).await.body.contains(">New<"));
}

#[actix_web::test]
async fn a_rule_that_holds_is_changed_and_removed_by_a_draft_and_that_is_taken_back() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let id = scene.rule(json!({ "match": "exact", "pattern": "Sales", "role": "user" })).rules[0]
        .id
        .clone();
    let uri = format!("{}/rules/{id}", scene.at);
    let page = || async { desk.get(&format!("{}/mappings", scene.at)).await.body };
    assert!(desk.get(&uri).await.body.contains("value=\"Sales\""));
    let form = [("match", "exact"), ("pattern", "Support"), ("role", "user"), ("priority", "3")];
    assert_eq!(desk.post(&uri, &form).await.status, 303);
    assert!(
        page().await.contains(">Changed<")
            && desk.get(&uri).await.body.contains("value=\"Support\"")
    );
    assert_eq!(desk.post(&format!("{uri}/undo"), &[]).await.status, 303);
    assert!(page().await.contains(">Live<"));
    assert_eq!(desk.post(&format!("{uri}/remove"), &[]).await.status, 303);
    assert!(page().await.contains(">Removed<"));
    assert_eq!(scene.rules().len(), 1, "it holds until that is applied");
    let preview = previewed(&desk, &scene).await;
    assert_eq!(desk.post(&format!("{preview}/apply"), &[]).await.status, 303);
    assert!(scene.rules().is_empty());
    // And back to it by way of a draft.
    let restore = format!("{}/history/1/restore", scene.at);
    assert!(desk.get(&restore).await.body.contains("Restore set 1 of"));
    assert_eq!(desk.post(&restore, &[]).await.status, 303);
    assert!(scene.rules().is_empty() && page().await.contains(">New<"));
    let preview = previewed(&desk, &scene).await;
    assert_eq!(desk.post(&format!("{preview}/apply"), &[]).await.status, 303);
    assert_eq!(scene.rules()[0].pattern, "Sales");
}

#[actix_web::test]
async fn what_is_put_back_by_hand_to_what_is_in_force_is_no_change_of_a_draft() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    scene.entity("team", "Payments");
    let eng = scene.group("eng", &[]);
    let mapping = scene.map(&eng, place("Payments"), Some("user"));
    // As REST may have written it: the form names types in the order of the application.
    let entity = scene.entity("team", "Sales").id;
    let targets = json!([
        { "type": "team", "entity": entity },
        { "type": "concurrency_group" },
        { "type": "team" },
    ]);
    let set = scene.rule(json!({ "match": "exact", "pattern": "Sales", "targets": targets }));
    let page = async || desk.get(&format!("{}/mappings", scene.at)).await.body;
    let is_kept = || {
        let find = |db: &mut _| crate::store::access::drafts::find(db, &scene.of, &desk.member.id);
        scene.store.read_now(find).unwrap().is_some()
    };
    let none = page().await;
    assert!(!none.contains("Changes not applied"), "{none}");
    let rule = |priority| {
        vec![
            ("match", "exact"),
            ("pattern", "Sales"),
            ("same.team", "1"),
            ("same.concurrency_group", "1"),
            ("places", "Sales"),
            ("priority", priority),
        ]
    };
    let decision = |act, entity, role| vec![("act", act), ("entity", entity), ("role", role)];
    let rules = format!("{}/rules/{}", scene.at, set.rules[0].id);
    let mappings = format!("{}/mappings/{}", scene.at, mapping.id);
    for (uri, changed, put_back) in [
        (&rules, rule("3"), vec![rule("0")]),
        (
            &mappings,
            decision("move", "Sales", "admin"),
            vec![
                decision("move", "Payments", "user"),
                decision("approve", "", "user"),
                decision("stay", "", "user"),
            ],
        ),
    ] {
        for back in put_back {
            assert_eq!(desk.post(uri, &changed).await.status, 303);
            assert!(page().await.contains("Changes not applied: 1"));
            let part = desk.type_in(uri, &back).await.body;
            assert!(part.contains("Your draft changes nothing"), "{part}");
            assert_eq!((page().await, is_kept()), (none.clone(), false));
        }
    }
}

#[actix_web::test]
async fn a_draft_whose_change_others_have_applied_says_that_there_is_none() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let mapping = scene.map(&scene.group("eng", &[]), Place::Nowhere, Some("user"));
    let page = async || desk.get(&format!("{}/mappings", scene.at)).await.body;
    let uri = format!("{}/mappings/{}", scene.at, mapping.id);
    let reject = [("act", "reject"), ("role", "stay")];
    assert_eq!(desk.post(&uri, &reject).await.status, 303);
    assert!(page().await.contains("Changes not applied: 1"));
    scene.store.system(|tx| {
        let patch = mappings::MappingPatch { is_approved: Some(false), ..Default::default() };
        mappings::change(tx, &scene.of, &mapping.id, patch)
    });
    let page = page().await;
    assert!(!page.contains("Changes not applied") && !page.contains("/discard"), "{page}");
}

#[actix_web::test]
async fn mappings_are_made_moved_and_rejected_by_a_draft() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let ann = scene.person("ann");
    let (eng, ops) = (scene.group("eng", &[&ann]), scene.group("ops", &[&ann]));
    scene.entity("team", "Payments");
    let mapping = scene.map(&ops, place("Payments"), None);
    let at = format!("{}/mappings", scene.at);
    let strange = desk.post(&at, &[("group", "nobody"), ("type", "team")]).await;
    assert!(strange.status == 422 && strange.body.contains("href=\"#group\""), "{}", strange.body);
    let owned = desk.post(&at, &[("group", "ENG"), ("entity", "Payments")]).await;
    assert!(
        owned.status == 422 && owned.body.contains("belongs to the group ops"),
        "{}",
        owned.body
    );
    // Once the other one goes, it is free.
    let uri = format!("{at}/{}", mapping.id);
    let reject = [("act", "reject"), ("role", "stay")];
    assert_eq!(desk.post(&uri, &reject).await.status, 303);
    assert!(desk.get(&at).await.body.contains("Is rejected."));
    let new = [("group", eng.as_str()), ("entity", "Payments"), ("role", "admin")];
    assert_eq!(desk.post(&at, &new).await.status, 303);
    assert_eq!(scene.has(&ann), (Some("user".to_owned()), vec!["Payments".to_owned()]));
    let preview = previewed(&desk, &scene).await;
    let applied = desk.post(&format!("{preview}/apply"), &[]).await;
    assert_eq!(applied.status, 303, "{}", applied.body);
    assert_eq!(scene.has(&ann).0.as_deref(), Some("admin"));
    let groups: Vec<_> = scene.mappings().into_iter().filter(Mapping::is_placing).collect();
    assert_eq!(groups.iter().map(|it| &it.group_id).collect::<Vec<_>>(), [&eng]);
    // What is said of a mapping is taken back.
    assert_eq!(
        desk.post(&uri, &[("act", "move"), ("type", "team"), ("role", "stay")]).await.status,
        303
    );
    assert!(desk.get(&at).await.body.contains("Moves to Team of the group"));
    assert_eq!(desk.post(&format!("{uri}/undo"), &[]).await.status, 303);
    assert!(!desk.get(&at).await.body.contains("Moves to"));
    let nowhere = desk.post(&uri, &[("act", "move"), ("role", "stay")]).await;
    assert!(nowhere.status == 422 && nowhere.body.contains("href=\"#entity\""), "{}", nowhere.body);
}

#[actix_web::test]
async fn a_draft_takes_no_more_than_a_thousand_changes_and_keeps_what_it_has() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let group = scene.group("eng", &[]);
    let kept = || {
        let find = |db: &mut _| crate::store::access::drafts::find(db, &scene.of, &desk.member.id);
        scene.store.read_now(find).unwrap().map(|draft| draft.changes.into_inner())
    };
    let new: crate::views::mapping::NewMappingBody =
        serde_json::from_value(json!({ "group_id": group, "role": "admin" })).unwrap();
    let mut draft = crate::views::draft::Draft::default();
    (0..1_000).for_each(|_| {
        draft.make(None, new.clone());
    });
    let changes = draft.written().unwrap();
    scene.store.system(|tx| {
        crate::store::access::drafts::save(tx, &scene.of, &desk.member.id, None, changes.clone())
    });
    let full = desk.post(&format!("{}/rules", scene.at), &RULE).await;
    assert!(full.status == 422 && full.body.contains("at most 1000 changes"), "{}", full.body);
    assert_eq!(kept(), changes);
    let one = draft.new_mappings[0].0.clone();
    assert_eq!(desk.post(&format!("{}/mappings/{one}/undo", scene.at), &[]).await.status, 303);
    assert_eq!(desk.post(&format!("{}/rules", scene.at), &RULE).await.status, 303);
}

#[actix_web::test]
async fn of_a_mapping_whose_group_is_gone_nothing_is_offered_and_nothing_is_kept() {
    let desk = Desk::signed_in(Role::Admin).await;
    let scene = Scene::new(&desk);
    let eng = scene.group("eng", &[]);
    scene.entity("team", "Payments");
    let mapping = scene.map(&eng, place("Payments"), None);
    scene.push(|tx, it| groups::remove(tx, it, eng.as_str(), None));
    let uri = format!("{}/mappings/{}", scene.at, mapping.id);
    assert!(!desk.get(&uri).await.body.contains("name=\"act\""));
    let refused = desk.post(&uri, &[("act", "reject"), ("role", "stay")]).await;
    assert!(refused.status == 422 && refused.body.contains("was deleted"), "{}", refused.body);
    assert!(!desk.get(&format!("{}/mappings", scene.at)).await.body.contains("Is rejected."));
    scene.group("eng", &[]);
    assert!(desk.get(&uri).await.body.contains("name=\"act\""), "it is back");
}
