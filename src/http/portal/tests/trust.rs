//! What a link may do once people sign in by its connection.

use super::*;
use crate::acts::metadata::{Reading, Source, Terms, import};
use crate::fetch::{AllowList, Fetcher, Limits};
use crate::store::directories::tokens;
use crate::store::members::{self, NewMember, Role};
use crate::store::setup_links::Reach;
use crate::store::{Actor, MemberId, Scope, Window};

/// A link that a member with this role made for a draft by which people sign in by now.
async fn made_by(role: Role) -> (Portal, MemberId) {
    let mut portal = Portal::new(&[], &Cover::USUAL);
    let store = portal.world.store();
    let who = NewMember { email: "sam@orbit.example".to_owned(), name: "Sam".to_owned(), role };
    let member = store.system(|tx| members::create(tx, &who));
    let connection = testing::active(store, "JumpCloud", None);
    let new = NewLink { connection_id: Some(connection.id.clone()), ..NewLink::default() };
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
    assert!(trusted(&portal, sign_in).is_ok());
    portal.world.store().system(|tx| members::change_role(tx, &maker, Role::Support));
    assert_eq!(testing::refused(trusted(&portal, sign_in)), "setup_link_not_trusted");
}

/// What is asked about.
type Asked = for<'a> fn(&'a connections::Connection) -> Reach<'a>;

/// Whether the portal's link is trusted with something in a transaction of its own.
fn trusted(portal: &Portal, reach: Asked) -> crate::error::Result<()> {
    let (by, of, connection) = (
        Actor::Portal(portal.link.id.clone()),
        portal.link.organization_id.clone(),
        portal.connection(),
    );
    let asked = |tx: &mut crate::store::Tx| setup_links::must_be_trusted(tx, reach(&connection));
    portal.world.store().write_now(&Scope::from(&of), &by, asked)
}

fn sign_in(connection: &connections::Connection) -> Reach<'_> {
    Reach::SignIn(&connection.id)
}

fn directory(connection: &connections::Connection) -> Reach<'_> {
    Reach::Directory(&connection.id)
}

fn organization(connection: &connections::Connection) -> Reach<'_> {
    Reach::Organization(&connection.organization_id)
}

fn places(_: &connections::Connection) -> Reach<'_> {
    Reach::Places
}

#[actix_web::test]
async fn a_link_gives_places_only_if_its_maker_may_now() {
    for (role, is_let) in [(Role::Admin, true), (Role::Support, false), (Role::Developer, false)] {
        let (portal, _) = made_by(role).await;
        assert_eq!(trusted(&portal, places).is_ok(), is_let, "{role}");
    }
}

#[actix_web::test]
async fn a_link_that_lost_its_maker_while_metadata_was_read_takes_nothing_over() {
    let (portal, maker) = made_by(Role::Admin).await;
    let store = portal.world.store();
    let known = portal.connection();
    store.system(|tx| members::change_role(tx, &maker, Role::Support));
    let xml = metadata(&known.identity_provider.as_ref().unwrap().entity_id);
    let fetcher = Fetcher::new(AllowList::parse::<&str>(&[]).unwrap(), Limits::default()).unwrap();
    let reading = Reading {
        fetcher: &fetcher,
        public_url: "https://sso.example.com",
        choose: None,
        signed_by: None,
        now: store.clock().now(),
    };
    let by = Actor::Portal(portal.link.id.clone());
    let (source, terms) = (Source::Xml(xml.into_bytes()), Terms::default());
    let done = import(store, by, known.clone(), source, &reading, terms).await;
    assert_eq!(testing::refused(done), "setup_link_not_trusted");
    assert_eq!(portal.connection().metadata_at, known.metadata_at);
}

#[actix_web::test]
async fn a_link_that_was_taken_back_while_something_was_read_changes_nothing() {
    let (portal, _) = made_by(Role::Owner).await;
    let id = portal.link.id.clone();
    portal.world.store().system(|tx| setup_links::revoke(tx, &id));
    let all: [Asked; 4] = [sign_in, directory, organization, places];
    for reach in all {
        assert_eq!(testing::refused(trusted(&portal, reach)), "setup_link_over");
    }
}

#[actix_web::test]
async fn a_directory_alone_is_live_once_it_has_shown_a_token_or_has_people() {
    for has_people in [false, true] {
        let (portal, _) = made_for_a_directory(Role::Support).await;
        let (store, connection) = (portal.world.store(), portal.connection());
        assert_eq!(connection.state, ConnectionState::Draft);
        let both: [Asked; 2] = [directory, organization];
        let made = portal.post("provisioning", &[("token", "on")]).await;
        assert_eq!(made.body.matches(">scim_").count(), 1, "{}", made.body);
        for reach in both {
            assert!(trusted(&portal, reach).is_ok());
        }
        let token = store.read_now(|db| tokens::page(db, &Window::default(), &connection.id));
        let token = token.unwrap().data.remove(0);
        store.system(|tx| {
            if has_people {
                return testing::provisioned(tx, &connection.id, "ada@globex.example").map(|_| ());
            }
            tokens::touch(tx, &token.id, "192.0.2.7")
        });
        for reach in both {
            assert_eq!(testing::refused(trusted(&portal, reach)), "setup_link_not_trusted");
        }
        let another = portal.post("provisioning", &[("token", "on")]).await;
        assert!(!another.body.contains(">scim_"), "{}", another.body);
        assert!(another.body.contains("a directory provisions them by it"), "{}", another.body);
        let form_token = portal.form_token("/portal").await;
        let rotated = portal.send("/portal/token", &[("form_token", &form_token)]).await;
        assert_eq!(rotated.status, 409);
        // That the step is finished is no change of the connection.
        assert_eq!(portal.post("provisioning", &[]).await.status, 303);
        assert_eq!(portal.state(), State::Completed);
    }
    let (portal, _) = made_for_a_directory(Role::Admin).await;
    let connection = portal.connection();
    portal.world.store().system(|tx| testing::provisioned(tx, &connection.id, "a@globex.example"));
    assert!(trusted(&portal, directory).is_ok());
}

/// A link that a member with this role made, with which the directory alone was chosen.
async fn made_for_a_directory(role: Role) -> (Portal, MemberId) {
    let (mut portal, member) = made_by(role).await;
    let store = portal.world.store();
    let new = NewLink::default();
    let (actor, of) = (Actor::Member(member.clone()), portal.organization.clone());
    let made = store.write_now(&Scope::from(&of), &actor, |tx| setup_links::create(tx, &of, new));
    (portal.link, portal.token) = made.unwrap();
    assert_eq!(portal.start().await.status, 303);
    assert_eq!(portal.post("provider", &[("provider", "scim")]).await.status, 303);
    (portal, member)
}
