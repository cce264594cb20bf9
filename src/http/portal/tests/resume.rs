//! A setup that was begun with one link goes on by another.

use super::*;
use crate::store::directories::tokens::{self, NewToken};
use crate::store::members::{self, NewMember, Role};
use crate::store::organizations::NewOrganization;
use crate::store::{Actor, Scope, SetupLinkId};

/// Another link of the same organization, that somebody has started with in another browser.
async fn another(portal: Portal) -> Portal {
    let new = NewLink::default();
    let store = portal.world.store();
    let (link, token) = store.system(|tx| setup_links::create(tx, &portal.organization, new));
    let mut other = Portal { link, token, cookie: None, ..portal };
    assert_eq!(other.start().await.status, 303);
    other
}

fn kinds(portal: &Portal, kind: &str) -> usize {
    let kinds = portal.world.store().kinds(Some(&portal.organization));
    kinds.iter().filter(|told| *told == kind).count()
}

#[actix_web::test]
async fn a_second_link_goes_on_with_the_setup_that_was_begun_with_another() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    portal.post("create", &[]).await;
    let begun = portal.connection();
    let other = another(portal).await;
    let page = other.get("/portal/setup/provider").await.body;
    for part in ["A setup was begun here before", "Go on with JumpCloud", "begun on "] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let button = format!("name=\"resume\" value=\"{}\"", begun.id);
    assert!(page.contains(&button), "{page}");
    for _ in 0..2 {
        let went = other.post("provider", &[("resume", begun.id.as_str())]).await;
        assert_eq!(went.header("location"), "/portal/setup", "{}", went.body);
    }
    assert_eq!(other.connection().id, begun.id);
    assert_eq!(other.get("/portal/setup").await.header("location"), "/portal/setup/values");
    assert_eq!((kinds(&other, "connection.created"), kinds(&other, "setup_link.resumed")), (1, 1));
    assert!(!other.get("/portal/setup/provider").await.body.contains("name=\"resume\""));
}

#[actix_web::test]
async fn a_link_goes_on_with_nothing_of_another_organization_and_with_nothing_by_which_people_sign_in()
 {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let begun = portal.connection();
    let new = NewOrganization { name: "Initech".into(), domains: Vec::new(), ..testing::globex() };
    let organization = portal.world.store().system(|tx| organizations::create(tx, new)).id;
    let other = another(Portal { organization, ..portal }).await;
    assert!(!other.get("/portal/setup/provider").await.body.contains("name=\"resume\""));
    let refused = other.post("provider", &[("resume", begun.id.as_str())]).await;
    assert_eq!(refused.status, 404, "{}", refused.body);

    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let xml = metadata(&portal.connection().idp_entity_id("http://localhost:8080"));
    portal.post("metadata", &[("metadata_xml", &xml)]).await;
    let begun = portal.connection();
    portal.world.store().system(|tx| connections::activate(tx, &begun.id, true));
    let other = another(portal).await;
    assert!(!other.get("/portal/setup/provider").await.body.contains("name=\"resume\""));
    let refused = other.post("provider", &[("resume", begun.id.as_str())]).await;
    assert_eq!(refused.status, 404, "{}", refused.body);
    // Its metadata is told to be in use, and where the way to it is.
    other.post("provider", &[("provider", "okta")]).await;
    let refused = other.post("metadata", &[("metadata_xml", &xml)]).await.body;
    for part in ["Another connection of your company has this provider", "ask whoever sent you"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(!refused.contains("name=\"resume\""), "{refused}");
}

#[actix_web::test]
async fn metadata_of_a_setup_that_was_begun_before_leads_to_it() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let begun = portal.connection();
    let xml = metadata("https://idp.example/id");
    portal.post("metadata", &[("metadata_xml", &xml)]).await;
    let other = another(portal).await;
    other.post("provider", &[("provider", "jumpcloud")]).await;
    let own = other.connection();
    let refused = other.post("metadata", &[("metadata_url", ""), ("metadata_xml", &xml)]).await;
    assert_eq!(refused.status, 422);
    let button = format!("name=\"resume\" value=\"{}\"", begun.id);
    for part in ["It was begun before: go on with it above.", "id=\"metadata_xml-error\"", &button]
    {
        assert!(refused.body.contains(part), "{part}: {}", refused.body);
    }
    other.post("provider", &[("resume", begun.id.as_str())]).await;
    assert_eq!(other.connection().id, begun.id);
    let gone = other.world.store().read_now(|db| connections::by_id_with_organization(db, &own.id));
    assert!(gone.unwrap().is_none(), "the draft is taken away");
    // What is known of a connection of one's own is not left for another.
    let third = another(other).await;
    third.post("provider", &[("provider", "okta")]).await;
    let xml = metadata("https://idp.example/other");
    third.post("metadata", &[("metadata_xml", &xml)]).await;
    let refused = third.post("provider", &[("resume", begun.id.as_str())]).await;
    assert_eq!(refused.status, 404, "{}", refused.body);
}

#[actix_web::test]
async fn what_a_directory_rests_on_only_a_link_goes_on_with_that_is_trusted_with_it() {
    for (role, is_let) in [(Role::Admin, true), (Role::Support, false)] {
        let portal = Portal::started().await;
        portal.post("provider", &[("provider", "scim")]).await;
        let (begun, store) = (portal.connection(), portal.world.store());
        let new = NewToken { label: "Directory".to_owned(), ..NewToken::default() };
        let (_, token) = store.system(|tx| tokens::create(tx, &begun.id, new));
        let asked = TestRequest::get()
            .uri(&format!("/scim/v2/{}/Users", begun.id))
            .insert_header(("authorization", format!("Bearer {}", token.reveal())));
        assert_eq!(portal.world.call(asked).await.status, 200);
        let who = NewMember { email: "sam@orbit.example".to_owned(), name: "Sam".to_owned(), role };
        let member = store.system(|tx| members::create(tx, &who));
        let (actor, of) = (Actor::Member(member.id), portal.organization.clone());
        let made = store.write_now(&Scope::from(&of), &actor, |tx| {
            setup_links::create(tx, &of, NewLink::default())
        });
        let (link, token) = made.unwrap();
        let mut other = Portal { link, token, cookie: None, ..portal };
        other.start().await;
        let went = other.post("provider", &[("resume", begun.id.as_str())]).await;
        assert_eq!(went.status == 303, is_let, "{role}: {}", went.body);
        let link = other.world.store().read_now(|db| setup_links::find(db, &other.link.id));
        assert_eq!(link.unwrap().connection_id.is_some(), is_let, "{role}");
    }
}

#[actix_web::test]
async fn the_provider_that_whoever_made_the_link_has_chosen_only_needs_to_be_gone_on_with() {
    let portal = Portal::started().await;
    let page = portal.get("/portal/setup/provider").await.body;
    assert!(page.contains("name=\"finish\" value=\"on\">Continue"), "{page}");
    let went = portal.post("provider", &[("finish", "on")]).await;
    assert_eq!(went.header("location"), "/portal/setup/create", "{}", went.body);
    assert_eq!(portal.connection().provider, "jumpcloud");
    let other = another(portal).await;
    let page = other.get("/portal/setup/provider").await.body;
    assert!(!page.contains("name=\"finish\""), "nothing is chosen: {page}");
    let refused = other.post("provider", &[("finish", "on")]).await.body;
    assert!(refused.contains("Choose your identity provider first."), "{refused}");
}

#[actix_web::test]
async fn what_was_begun_with_a_link_that_was_taken_back_is_gone_on_with_by_nobody() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let (begun, first) = (portal.connection(), portal.link.id.clone());
    portal.world.store().system(|tx| setup_links::revoke(tx, &first));
    let other = another(portal).await;
    assert!(!other.get("/portal/setup/provider").await.body.contains("name=\"resume\""));
    let refused = other.post("provider", &[("resume", begun.id.as_str())]).await;
    assert_eq!(refused.status, 404, "{}", refused.body);
}

#[actix_web::test]
async fn a_draft_that_two_links_have_is_taken_away_by_neither() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "jumpcloud")]).await;
    let (begun, first) = (portal.connection(), portal.link.id.clone());
    let other = another(portal).await;
    other.post("provider", &[("resume", begun.id.as_str())]).await;
    let drafted = |id: &SetupLinkId| {
        let id = id.clone();
        let link = other.world.store().read_now(move |db| setup_links::find(db, &id)).unwrap();
        (link.connection_id, link.drafted)
    };
    assert_eq!(drafted(&first), (Some(begun.id.clone()), None));
    assert_eq!(drafted(&other.link.id), (Some(begun.id), None));
    // Another way would take it away.
    let refused = other.post("provider", &[("provider", "openid"), ("sure", "on")]).await;
    assert!(refused.body.contains("has begun in another way"), "{}", refused.body);
    assert_eq!(drafted(&first).0, drafted(&other.link.id).0);
}

#[actix_web::test]
async fn a_link_that_does_not_cover_a_directory_goes_on_with_none() {
    let portal = Portal::started().await;
    portal.post("provider", &[("provider", "scim")]).await;
    let begun = portal.connection();
    let store = portal.world.store();
    let new = NewLink { covers: vec![Cover::SignIn, Cover::Domains], ..NewLink::default() };
    let (link, token) = store.system(|tx| setup_links::create(tx, &portal.organization, new));
    let mut other = Portal { link, token, cookie: None, ..portal };
    other.start().await;
    assert!(!other.get("/portal/setup/provider").await.body.contains("name=\"resume\""));
    let refused = other.post("provider", &[("resume", begun.id.as_str())]).await;
    assert_eq!(refused.status, 404, "{}", refused.body);
}
