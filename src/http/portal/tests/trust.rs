//! What a link may do once people sign in by its connection.

use super::*;
use crate::store::members::{self, NewMember, Role};
use crate::store::{Actor, MemberId, Scope};

/// A link that a member with this role made for a draft by which people sign in by now.
async fn made_by(role: Role) -> (Portal, MemberId) {
    let mut portal = Portal::new(&[], &Cover::USUAL);
    let store = portal.world.store();
    let who = NewMember { email: "sam@orbit.example".to_owned(), name: "Sam".to_owned(), role };
    let member = store.system(|tx| members::create(tx, &who));
    let connection = testing::active(store, "JumpCloud", None);
    let new = NewLink {
        connection_id: Some(connection.id.clone()),
        covers: Cover::USUAL.to_vec(),
        provider: None,
        note: None,
        days: 7,
        email: None,
        is_guarded: false,
    };
    let (actor, of) = (Actor::Member(member.id.clone()), connection.organization_id.clone());
    let made = store.write_now(&Scope::from(&of), &actor, |tx| setup_links::create(tx, &of, new));
    (portal.link, portal.token) = made.unwrap();
    assert_eq!(portal.start().await.status, 303);
    (portal, member.id)
}

#[actix_web::test]
async fn a_link_that_support_made_changes_nothing_by_which_people_sign_in() {
    for (role, is_let) in [(Role::Admin, true), (Role::Owner, true), (Role::Support, false)] {
        let (portal, _) = made_by(role).await;
        let known = portal.connection();
        let xml = metadata(&known.identity_provider.as_ref().unwrap().entity_id);
        let answer = portal.post("metadata", &[("metadata_xml", &xml)]).await;
        assert_eq!(answer.status == 303, is_let, "{role}: {}", answer.body);
        assert_eq!(portal.connection().metadata_at != known.metadata_at, is_let, "{role}");
        let told = answer.body.contains("made by somebody who may not change that");
        assert_eq!(told, !is_let, "{role}");
        let token = portal.form_token("/portal").await;
        let answer = portal.send("/portal/token", &[("form_token", &token)]).await;
        assert_eq!(answer.status == 409, !is_let, "{role}: {}", answer.status);
    }
}

#[actix_web::test]
async fn a_link_is_worth_what_its_maker_may_do_now_however_often_it_was_handed_over() {
    let (mut portal, maker) = made_by(Role::Admin).await;
    let store = portal.world.store();
    let by = Actor::Portal(portal.link.id.clone());
    let (id, of) = (portal.link.id.clone(), portal.link.organization_id.clone());
    let handed = store.write_now(&Scope::from(&of), &by, |tx| setup_links::hand_over(tx, &id));
    (portal.link, portal.token) = handed.unwrap();
    assert_eq!(portal.start().await.status, 303);
    let check = |portal: &Portal| {
        let (link, connection) = (portal.link.clone(), portal.connection());
        let store = portal.world.store();
        store.read_now(|db| setup_links::must_be_trusted(db, &link, &connection))
    };
    assert!(check(&portal).is_ok());
    portal.world.store().system(|tx| members::change_role(tx, &maker, Role::Support));
    assert_eq!(testing::refused(check(&portal)), "setup_link_not_trusted");
}

#[actix_web::test]
async fn a_link_gives_places_only_if_its_maker_may_now() {
    for (role, is_let) in [(Role::Admin, true), (Role::Support, false), (Role::Developer, false)] {
        let (portal, _) = made_by(role).await;
        let trusted = |db: &mut _| setup_links::must_be_trusted_with_places(db, &portal.link);
        assert_eq!(portal.world.store().read_now(trusted).is_ok(), is_let, "{role}");
    }
}
