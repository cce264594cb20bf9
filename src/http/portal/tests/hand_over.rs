//! A setup is handed over to a colleague.

use super::*;

#[actix_web::test]
async fn what_is_handed_over_goes_on_in_the_colleague_s_browser_and_ends_in_this_one() {
    let mut portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let connection = portal.connection();
    assert!(portal.get("/portal/setup").await.header("location").ends_with("/create"));
    let asked = portal.get("/portal/hand-over").await.body;
    let (keep, give) = (asked.find("Keep it here").unwrap(), asked.find("Make the link").unwrap());
    assert!(keep < give && asked.contains("Create the app"), "{asked}");
    // To look changes nothing.
    assert_eq!(portal.state(), State::InProgress);
    assert_eq!(portal.send("/portal/hand-over", &[]).await.status, 403);
    let token = portal.form_token("/portal/hand-over").await;
    let given = portal.send("/portal/hand-over", &[("form_token", &token)]).await;
    assert!(given.body.contains("once") && given.status == 200, "{}", given.body);
    let secret = given.body.split("/setup/sl_").nth(1).unwrap();
    let secret = format!("sl_{}", secret.split(['<', '"']).next().unwrap());

    // Whoever loads the page again, or goes back, is told what became of it, and who makes another link.
    let again = portal.send("/portal/hand-over", &[("form_token", &token)]).await;
    for left in [again, portal.get("/portal/hand-over").await, portal.get("/portal").await] {
        assert_eq!(left.status, 401);
        for part in ["You handed this setup over on ", "If that link is lost, ask "] {
            assert!(left.body.contains(part), "{part}: {}", left.body);
        }
        assert!(!left.body.contains("in which you started"), "{}", left.body);
    }
    let before = portal.get(&portal.address()).await;
    assert!(before.status == 410 && before.body.contains("This setup was handed over"));
    assert!(!before.body.contains("taken back"), "{}", before.body);
    assert_eq!(portal.state(), State::Revoked);
    let before = portal.link.clone();
    let store = portal.world.store();
    let link = store.read_now(|db| setup_links::by_token(db, &secret)).unwrap().unwrap();
    assert_eq!(link.covers.clone().into_inner(), before.covers.clone().into_inner());
    assert_eq!(
        (link.expires_at, link.organization_id),
        (before.expires_at, before.organization_id)
    );
    assert_eq!(link.connection_id, Some(connection.id));
    assert_eq!(link.created_by, format!("portal:{}", before.id));
    portal.token = Secret::from(secret);
    portal.link.id = link.id;
    portal.cookie = None;
    let entry = portal.get(&portal.address()).await.body;
    for part in
        ["A colleague handed the setup over to you", "Left to do: Create the app, Copy values"]
    {
        assert!(entry.contains(part), "{part}: {entry}");
    }
    assert!(!entry.contains("about 15 minutes"), "{entry}");
    assert_eq!(portal.start().await.status, 303);
    assert!(portal.get("/portal/setup").await.header("location").ends_with("/create"));
    let activity = portal.get("/portal/activity").await.body;
    let line = activity.split("The setup was handed over to a colleague").nth(1).unwrap();
    assert!(line.split("</li>").next().unwrap().contains("by another setup link"), "{activity}");
}

#[actix_web::test]
async fn a_link_that_is_over_cannot_be_handed_over() {
    let portal = Portal::started().await;
    let (store, id) = (portal.world.store(), portal.link.id.clone());
    store.system(|tx| setup_links::revoke(tx, &id));
    let refused = store.try_system(|tx| setup_links::hand_over(tx, &id));
    assert_eq!(testing::refused(refused), "setup_link_over");
}

#[actix_web::test]
async fn revoking_a_link_revokes_what_it_was_handed_over_to() {
    let portal = Portal::started().await;
    let (store, id) = (portal.world.store(), portal.link.id.clone());
    let (second, _) = store.system(|tx| setup_links::hand_over(tx, &id));
    let (third, _) = store.system(|tx| setup_links::hand_over(tx, &second.id));
    store.system(|tx| setup_links::revoke(tx, &id));
    let third = store.read_now(|db| setup_links::find(db, &third.id)).unwrap();
    assert!(third.revoked_at.is_some());
}

#[actix_web::test]
async fn a_colleague_may_choose_another_protocol_than_the_one_that_was_begun() {
    let mut portal = Portal::started().await;
    portal.post("provider", &[("provider", "okta")]).await;
    let drafted = portal.connection();
    let store = portal.world.store();
    // Drafts are older than the link that is handed over.
    store.clock().advance(chrono::TimeDelta::minutes(5));
    let (link, secret) = store.system(|tx| setup_links::hand_over(tx, &portal.link.id));
    portal.token = secret;
    portal.link = link;
    portal.cookie = None;
    portal.start().await;
    let chosen = portal.post("provider", &[("provider", "openid")]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    let now = portal.connection();
    assert_ne!(now.id, drafted.id);
    assert_eq!(now.protocol, connections::Protocol::Oidc);
    let store = portal.world.store();
    assert!(store.read_now(|db| connections::find(db, &drafted.id)).is_err());
}

#[actix_web::test]
async fn a_draft_of_somebody_else_s_is_not_taken_away() {
    let portal = Portal::started().await;
    let store = portal.world.store();
    let new = testing::connection();
    let draft = store.system(|tx| connections::create(tx, &portal.organization, new));
    let new = NewLink { connection_id: Some(draft.id.clone()), ..NewLink::default() };
    let (link, token) = store.system(|tx| setup_links::create(tx, &portal.organization, new));
    let mut other = Portal { link, token, cookie: None, ..portal };
    other.start().await;
    let refused = other.post("provider", &[("provider", "openid")]).await;
    assert!(refused.body.contains("could not be done"), "{}", refused.body);
    assert_eq!(other.connection().id, draft.id);
}

#[actix_web::test]
async fn a_setup_of_which_every_step_was_taken_is_handed_over_with_what_is_missing_or_as_done() {
    let mut portal = Portal::new(&[], &[Cover::Domains]);
    portal.start().await;
    portal.post("domain", &[("domain", "globex.test")]).await;
    portal.post("domain", &[]).await;
    let asked = portal.get("/portal/hand-over").await.body;
    assert!(asked.contains("Left to do: Email domain.") && !asked.contains("finished"), "{asked}");
    let store = portal.world.store();
    store.system(|tx| crate::store::domains::withdraw(tx, &portal.organization, "globex.test"));
    assert!(portal.get("/portal/hand-over").await.body.contains("Every step is finished."));
    let by = crate::store::Actor::Portal(portal.link.id.clone());
    let (of, id) = (portal.organization.clone(), portal.link.id.clone());
    let (_, token) =
        store.write_now(&(&of).into(), &by, |tx| setup_links::hand_over(tx, &id)).unwrap();
    portal.token = token;
    let entry = portal.get(&portal.address()).await.body;
    assert!(entry.contains("All is done. You look after it here from now on."), "{entry}");
}

#[actix_web::test]
async fn what_is_handed_over_of_a_connection_that_is_on_is_left_to_do_until_it_is_done() {
    for (cover, step) in
        [(Cover::Certificate, "Metadata"), (Cover::Provisioning, "User provisioning")]
    {
        let mut portal = Portal::new(&[], &[Cover::Domains]);
        let store = portal.world.store();
        let connection = testing::active(store, "JumpCloud", None);
        let of = connection.organization_id.clone();
        let new = NewLink {
            connection_id: Some(connection.id.clone()),
            covers: vec![cover],
            ..NewLink::default()
        };
        let (first, token) = store.system(|tx| setup_links::create(tx, &of, new));
        portal.token = token;
        portal.start().await;
        let asked = portal.get("/portal/hand-over").await.body;
        assert!(asked.contains(&format!("Left to do: {step}.")), "{cover:?}: {asked}");
        let handed_over = |portal: &Portal, link: &SetupLink| {
            let (by, id) = (crate::store::Actor::Portal(link.id.clone()), link.id.clone());
            let write = |tx: &mut crate::store::Tx| setup_links::hand_over(tx, &id);
            portal.world.store().write_now(&(&of).into(), &by, write).unwrap()
        };
        let (second, token) = handed_over(&portal, &first);
        portal.token = token;
        let entry = portal.get(&portal.address()).await.body;
        assert!(entry.contains(&format!("Left to do: {step}.")), "{cover:?}: {entry}");
        assert!(!entry.contains("All is done"), "{cover:?}: {entry}");
        // Whoever has taken its steps has nothing to hand over but the looking after.
        let steps = second.steps();
        let store = portal.world.store();
        for step in steps {
            store.system(|tx| setup_links::finish(tx, &second.id, step));
        }
        let (_, token) = handed_over(&portal, &second);
        portal.token = token;
        let entry = portal.get(&portal.address()).await.body;
        assert!(entry.contains("All is done"), "{cover:?}: {entry}");
    }
}

#[actix_web::test]
async fn who_had_a_link_that_was_taken_back_or_ended_is_told_that() {
    let portal = Portal::started().await;
    let (store, id) = (portal.world.store(), portal.link.id.clone());
    store.system(|tx| setup_links::revoke(tx, &id));
    let left = portal.get("/portal").await;
    assert!(
        left.status == 401 && left.body.contains("Your link was taken back on"),
        "{}",
        left.body
    );
    let portal = Portal::started().await;
    portal.world.store().clock().advance(chrono::TimeDelta::days(8));
    let left = portal.get("/portal").await;
    assert!(left.status == 401 && left.body.contains("Your link ended on"), "{}", left.body);
}
