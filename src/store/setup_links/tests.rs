//! The rules of links and visits, by their words.

use super::*;
use crate::crypto::{MasterKey, SETUP_LINK, Secret};
use crate::error::Error;
use crate::store::Window;
use crate::store::directories::tokens::{self, NewToken};
use crate::store::testing::{self, TestStore, refused};
use crate::store::{applications, connections, connections::ConnectionState, mails};
use chrono::TimeDelta;

fn organization(store: &TestStore) -> OrganizationId {
    store.system(|tx| organizations::create(tx, testing::globex())).id
}

fn new() -> NewLink {
    NewLink { provider: Some("jumpcloud".to_owned()), ..NewLink::default() }
}

fn browser() -> Secret {
    crypto::token(crypto::PORTAL)
}

fn state(store: &TestStore, id: &SetupLinkId) -> State {
    store.read_now(|db| find(db, id)).unwrap().state(store.clock().now())
}

fn started(store: &TestStore, id: &SetupLinkId, browser: &str) -> Result<SetupLink, Refusal> {
    store.system(|tx| start(tx, id, browser))
}

fn seated(store: &TestStore, browser: &str) -> bool {
    let now = store.clock().now();
    store.read_now(|db| seat(db, browser, now)).unwrap().is_some()
}

#[test]
fn a_connection_is_shaped_by_whoever_opened_a_link_for_it() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    let (of, id) = (&connection.organization_id, &connection.id);
    let shaped = || store.read_now(|db| is_shaped(db, id)).unwrap();
    let new = NewLink { connection_id: Some(id.clone()), provider: None, ..new() };
    let link = store.system(|tx| create(tx, of, new)).0.id;
    assert!(!shaped());
    started(&store, &link, browser().reveal()).unwrap();
    assert!(shaped());
}

#[test]
fn a_link_is_kept_as_a_hash_and_found_by_its_token() {
    let store = testing::store();
    let of = organization(&store);
    let (link, token) = store.system(|tx| create(tx, &of, new()));
    let token = token.reveal();
    assert!(crypto::well_formed(SETUP_LINK, token));
    assert!(!format!("{link:?}").contains(token));
    let found = |token: &str| store.read_now(|db| by_token(db, token)).unwrap();
    assert_eq!(found(token).unwrap().id, link.id);
    assert!(found(crypto::token(SETUP_LINK).reveal()).is_none());
    assert_eq!(state(&store, &link.id), State::Sent);
    store.system(|tx| organizations::delete(tx, &of));
    assert!(found(token).is_none());
}

#[test]
fn one_browser_claims_a_link_and_no_other_gets_in() {
    let store = testing::store();
    let of = organization(&store);
    let (link, _) = store.system(|tx| create(tx, &of, new()));
    let (first, second) = (browser(), browser());
    assert!(!seated(&store, first.reveal()));
    assert!(started(&store, &link.id, first.reveal()).is_ok());
    let refusal = started(&store, &link.id, second.reveal()).unwrap_err();
    assert!(matches!(refusal, Refusal::InUse(_)));
    assert!(seated(&store, first.reveal()) && !seated(&store, second.reveal()));
    assert_eq!(state(&store, &link.id), State::Opened);
}

#[test]
fn a_link_ends_by_its_time_or_because_it_is_taken_back() {
    let store = testing::store();
    let of = organization(&store);
    let ids: Vec<_> = (0..3).map(|_| store.system(|tx| create(tx, &of, new())).0.id).collect();
    let inside = browser();
    started(&store, &ids[0], inside.reveal()).unwrap();
    store.system(|tx| revoke(tx, &ids[0]));
    assert!(!seated(&store, inside.reveal()));
    assert_eq!(started(&store, &ids[0], browser().reveal()).unwrap_err(), Refusal::Revoked);
    let inside = browser();
    started(&store, &ids[1], inside.reveal()).unwrap();
    store.clock().advance(TimeDelta::days(7));
    assert!(!seated(&store, inside.reveal()));
    assert_eq!(started(&store, &ids[2], browser().reveal()).unwrap_err(), Refusal::Expired);
    let states: Vec<_> = ids.iter().map(|id| state(&store, id)).collect();
    assert_eq!(states, [State::Revoked, State::Expired, State::Expired]);
}

#[test]
fn the_first_step_drafts_the_connection_and_the_last_completes_the_link() {
    let store = testing::store();
    let of = organization(&store);
    let (link, _) = store.system(|tx| create(tx, &of, new()));
    started(&store, &link.id, browser().reveal()).unwrap();
    let draft = store.system(|tx| choose(tx, &link.id, Choice::Guide("okta"), "Okta"));
    assert_eq!((draft.state, &*draft.name), (ConnectionState::Draft, "Okta"));
    let other = store.system(|tx| choose(tx, &link.id, Choice::Guide("jumpcloud"), "JumpCloud"));
    assert_eq!((&other.id, &*other.provider, &*other.name), (&draft.id, "jumpcloud", "JumpCloud"));
    for step in link.steps() {
        assert_ne!(state(&store, &link.id), State::Completed);
        store.system(|tx| finish(tx, &link.id, step));
        store.system(|tx| finish(tx, &link.id, step));
    }
    assert_eq!(state(&store, &link.id), State::Completed);
    store.system(|tx| reopen(tx, &link.id, Step::Test));
    store.system(|tx| finish(tx, &link.id, Step::Test));
    let kinds = store.kinds(Some(&of));
    let told: Vec<_> = kinds.iter().filter(|kind| kind.starts_with("setup_link.")).collect();
    assert_eq!(told, ["setup_link.created", "setup_link.opened", "setup_link.completed"]);
}

#[test]
fn what_cannot_be_set_up_is_refused() {
    let store = testing::store();
    let of = organization(&store);
    let elsewhere = testing::active(&store, "JumpCloud", None);
    let refuse = |change: &dyn Fn(&mut NewLink)| {
        let mut new = new();
        change(&mut new);
        refused(store.try_system(|tx| create(tx, &of, new)))
    };
    assert_eq!(refuse(&|new| new.covers.clear()), "/covers required");
    assert_eq!(refuse(&|new| new.days = 31), "/days out_of_range");
    assert_eq!(refuse(&|new| new.note = Some("x".repeat(1001))), "/note too_long");
    let only = |cover| move |new: &mut NewLink| new.covers = vec![cover];
    assert_eq!(refuse(&only(Cover::Provisioning)), "/connection_id required");
    assert_eq!(refuse(&only(Cover::Certificate)), "/connection_id required");
    let other = move |new: &mut NewLink| {
        new.provider = None;
        new.connection_id = Some(elsewhere.id.clone());
    };
    assert_eq!(refuse(&other), "/connection_id not_found");
}

#[test]
fn steps_whose_end_is_reached_need_not_be_taken() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    let of = connection.organization_id.clone();
    let id = Some(connection.id);
    let with = |covers: &[Cover]| {
        let new =
            NewLink { connection_id: id.clone(), covers: covers.to_vec(), provider: None, ..new() };
        store.system(|tx| create(tx, &of, new)).0.done.into_inner()
    };
    let usual = with(&Cover::USUAL);
    assert!(usual.contains(&Step::Metadata) && !usual.contains(&Step::Test));
    assert_eq!(with(&[Cover::Certificate]), []);
}

#[test]
fn a_visit_begins_within_minutes_and_leads_back_only_to_an_app() {
    let store = testing::store();
    let of = organization(&store);
    store.system(|tx| applications::create(tx, testing::orbit()));
    let visit = |return_url: &str| NewSession {
        covers: vec![Cover::SignIn],
        connection_id: None,
        return_url: Some(return_url.to_owned()),
        person: Some("ada@globex.example".to_owned()),
    };
    let wrong = store.try_system(|tx| create_session(tx, &of, visit("https://evil.example/")));
    assert_eq!(refused(wrong), "/return_url origin_unknown");
    let back = "https://app.example/settings/sso";
    let made: Vec<_> =
        (0..2).map(|_| store.system(|tx| create_session(tx, &of, visit(back))).0).collect();
    let inside = browser();
    started(&store, &made[0].id, inside.reveal()).unwrap();
    store.clock().advance(OPENED_WITHIN);
    assert_eq!(started(&store, &made[1].id, browser().reveal()).unwrap_err(), Refusal::Expired);
    assert!(seated(&store, inside.reveal()));
    store.clock().advance(STAYS);
    assert!(!seated(&store, inside.reveal()));
    let listed = store.read_now(|db| page(db, &Window::default(), Some(&of), None)).unwrap();
    assert!(listed.data.is_empty(), "visits are not links");
}

#[test]
fn links_and_tokens_end_with_what_they_are_of_and_stay_ended() {
    let store = testing::store();
    for whole in [false, true] {
        let connection = testing::active(&store, "JumpCloud", None);
        let (of, id) = (connection.organization_id, connection.id);
        let made = |connection_id: Option<ConnectionId>| {
            let new = NewLink { connection_id, provider: None, ..new() };
            store.system(|tx| create(tx, &of, new)).0.id
        };
        let (its, other) = (made(Some(id.clone())), made(None));
        let inside = browser();
        started(&store, &its, inside.reveal()).unwrap();
        let new = NewToken { label: "JumpCloud".to_owned(), ..NewToken::default() };
        let token = store.system(|tx| tokens::create(tx, &id, new)).0.id;
        store.system(|tx| {
            if whole {
                organizations::delete(tx, &of)?;
                organizations::restore(tx, &of)?;
            } else {
                connections::delete(tx, &id)?;
                connections::restore(tx, &id)?;
            }
            Ok(())
        });
        assert_eq!(state(&store, &its), State::Revoked);
        assert!(!seated(&store, inside.reveal()));
        let goes_on = if whole { State::Revoked } else { State::Sent };
        assert_eq!(state(&store, &other), goes_on);
        let token = store.read_now(|db| tokens::find(db, &id, &token)).unwrap();
        assert_eq!(token.state(store.clock().now()), "revoked");
    }
}

#[test]
fn a_link_goes_on_when_it_takes_another_way_than_its_draft() {
    let store = testing::store();
    let of = organization(&store);
    let (link, _) = store.system(|tx| create(tx, &of, new()));
    let inside = browser();
    started(&store, &link.id, inside.reveal()).unwrap();
    let key = connections::openid::new_key().unwrap();
    let master = crate::crypto::MasterKey::generate();
    let master = crate::crypto::MasterKey::from_base64(master.reveal(), None).unwrap();
    store.system(|tx| choose(tx, &link.id, Choice::OpenId(&master, &key), "OpenID"));
    store.system(|tx| choose(tx, &link.id, Choice::Guide("okta"), "Okta"));
    assert_eq!(state(&store, &link.id), State::Opened);
    assert!(seated(&store, inside.reveal()));
}

#[test]
fn a_connection_that_people_sign_in_through_is_not_made_another_providers_by_a_link() {
    let store = testing::store();
    let connection = testing::active(&store, "Globex", None);
    let (of, id) = (&connection.organization_id, connection.id.clone());
    let other = if connection.provider == "okta" { "jumpcloud" } else { "okta" };
    let new = NewLink { connection_id: Some(id.clone()), ..NewLink::default() };
    let (link, _) = store.system(|tx| create(tx, of, new));
    started(&store, &link.id, browser().reveal()).unwrap();
    let chosen =
        |guide: &str| store.try_system(|tx| choose(tx, &link.id, Choice::Guide(guide), "x"));
    assert_eq!(testing::refused(chosen(other)), "provider_in_use");
    let after = store.read_now(|db| connections::find(db, &id)).unwrap();
    assert_eq!(after.provider, connection.provider);
    chosen(&connection.provider).unwrap();
}

fn master() -> MasterKey {
    MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", None).unwrap()
}

/// A link for one address alone.
fn guarded(store: &TestStore) -> SetupLink {
    let of = organization(store);
    let email = Some("ines@globex.example".to_owned());
    store.system(|tx| create(tx, &of, NewLink { email, is_guarded: true, ..new() })).0
}

/// Has a code mailed, and reads it there.
fn code(store: &TestStore, link: &SetupLink) -> String {
    store.clock().advance(TimeDelta::seconds(30));
    store.system(|tx| send_code(tx, &master(), &link.id));
    let page = store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap();
    let mail = &page.data[0];
    assert_eq!(mail.recipient.as_deref(), Some("ines@globex.example"));
    mail.secrets(&master(), store.clock().now()).unwrap().unwrap()["code"].clone()
}

fn typed(store: &TestStore, link: &SetupLink, code: &str) -> Result<SetupLink, Refusal> {
    store.system(|tx| start_with(tx, &master(), &link.id, browser().reveal(), code))
}

fn other(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

#[test]
fn a_link_for_one_address_starts_with_the_code_that_is_mailed_there() {
    let store = testing::store();
    let link = guarded(&store);
    let without = started(&store, &link.id, browser().reveal()).unwrap_err();
    assert_eq!(without, Refusal::Code(CodeFault::None));
    assert_eq!(typed(&store, &link, "").unwrap_err(), Refusal::Code(CodeFault::None));
    let code = code(&store, &link);
    let wrong = typed(&store, &link, &other(&code)).unwrap_err();
    assert_eq!(wrong, Refusal::Code(CodeFault::Wrong(4)));
    let spaced = format!(" {} {}", &code[..3], &code[3..]);
    assert!(typed(&store, &link, &spaced).is_ok());
    assert!(matches!(typed(&store, &link, &code), Err(Refusal::InUse(_))));
}

#[test]
fn a_code_is_good_for_ten_minutes_and_five_tries_and_once() {
    let store = testing::store();
    let link = guarded(&store);
    let late = code(&store, &link);
    store.clock().advance(CODE_LASTS);
    assert_eq!(typed(&store, &link, &late).unwrap_err(), Refusal::Code(CodeFault::None));
    let guessed = code(&store, &link);
    for left in (1..5).rev() {
        let wrong = typed(&store, &link, &other(&guessed)).unwrap_err();
        assert_eq!(wrong, Refusal::Code(CodeFault::Wrong(left)));
    }
    for last in [other(&guessed), guessed] {
        let over = typed(&store, &link, &last).unwrap_err();
        assert_eq!(over, Refusal::Code(CodeFault::None));
    }
    assert!(store.kinds(Some(&link.organization_id)).contains(&"setup_link.code_refused".into()));
    let first = code(&store, &link);
    let second = code(&store, &link);
    if first != second {
        assert!(typed(&store, &link, &first).is_err(), "the one before is good no more");
    }
}

#[test]
fn there_are_ten_codes_for_a_link_until_it_is_sent_again() {
    let store = testing::store();
    let link = guarded(&store);
    let send = |store: &TestStore| store.try_system(|tx| send_code(tx, &master(), &link.id));
    send(&store).unwrap();
    assert!(matches!(send(&store), Err(Error::TooMany { .. })), "not twice in half a minute");
    for _ in 1..10 {
        code(&store, &link);
    }
    store.clock().advance(TimeDelta::minutes(1));
    assert_eq!(refused(send(&store)), "setup_link_codes_used_up");
    store.system(|tx| renew(tx, &link.id, "ines@globex.example"));
    send(&store).unwrap();
}

#[test]
fn a_link_that_is_sent_again_has_another_token_and_lets_nobody_in_by_the_one_before() {
    let store = testing::store();
    let of = organization(&store);
    let (link, token) = store.system(|tx| create(tx, &of, new()));
    let inside = browser();
    started(&store, &link.id, inside.reveal()).unwrap();
    let (next, other) = store.system(|tx| renew(tx, &link.id, "kim@globex.example"));
    let found = |token: &Secret| store.read_now(|db| by_token(db, token.reveal())).unwrap();
    assert!(found(&token).is_none() && found(&other).is_some());
    assert!(!seated(&store, inside.reveal()));
    assert_eq!(next.email.as_deref(), Some("kim@globex.example"));
    assert_eq!(state(&store, &link.id), State::Sent);
    store.system(|tx| revoke(tx, &link.id));
    let late = store.try_system(|tx| renew(tx, &link.id, "kim@globex.example"));
    assert_eq!(refused(late), "setup_link_over");
}

#[test]
fn a_link_for_one_address_is_handed_over_to_nobody() {
    let store = testing::store();
    let link = guarded(&store);
    let handed = store.try_system(|tx| hand_over(tx, &link.id));
    assert_eq!(refused(handed), "setup_link_guarded");
    let of = link.organization_id;
    let nobody = store.try_system(|tx| create(tx, &of, NewLink { is_guarded: true, ..new() }));
    assert_eq!(refused(nobody), "/email required");
}

#[test]
fn whoever_completes_a_link_is_told_of_the_certificate_unless_somebody_is_already() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    let of = connection.organization_id.clone();
    let told = || store.read_now(|db| connections::contact(db, &connection.id)).unwrap();
    for (address, expected) in [("ines@globex.example", "ines"), ("kim@globex.example", "ines")] {
        let wanted = NewLink {
            connection_id: Some(connection.id.clone()),
            covers: vec![Cover::Certificate],
            provider: None,
            email: Some(address.to_owned()),
            ..new()
        };
        let (link, _) = store.system(|tx| create(tx, &of, wanted));
        store.system(|tx| finish(tx, &link.id, Step::Metadata));
        assert_eq!(told().unwrap().local(), expected);
    }
}

#[test]
fn a_connection_that_speaks_openid_connect_by_now_is_gone_on_with_in_that_way() {
    let store = testing::store();
    let of = organization(&store);
    let (before, link) = (
        store.system(|tx| create(tx, &of, NewLink::default())).0.id,
        store.system(|tx| create(tx, &of, NewLink::default())).0.id,
    );
    for id in [&before, &link] {
        started(&store, id, browser().reveal()).unwrap();
    }
    let key = connections::openid::new_key().unwrap();
    let master = MasterKey::generate();
    let master = MasterKey::from_base64(master.reveal(), None).unwrap();
    let begun = store.system(|tx| choose(tx, &before, Choice::OpenId(&master, &key), "OpenID")).id;
    // A link that is over is not told when its connection goes on in another way.
    store.system(|tx| {
        let done = Json::from(vec![Step::Provider, Step::Create, Step::Values]);
        let row = setup_links::table.find(&before);
        let stale = (setup_links::provider.eq(Some("okta")), setup_links::done.eq(done));
        Ok(diesel::update(row).set(stale).execute(tx.db)?)
    });
    let link = store.system(|tx| resume(tx, &link, &begun));
    assert_eq!((link.way(), &*link.done), (Way::OpenId, &vec![Step::Domain]));
}

#[test]
fn a_link_that_goes_on_with_what_is_finished_is_completed() {
    let store = testing::store();
    let of = organization(&store);
    let covers = vec![Cover::SignIn];
    let made = || NewLink { covers: covers.clone(), ..NewLink::default() };
    let (before, link) = (
        store.system(|tx| create(tx, &of, made())).0.id,
        store.system(|tx| create(tx, &of, made())).0.id,
    );
    for id in [&before, &link] {
        started(&store, id, browser().reveal()).unwrap();
    }
    let begun = store.system(|tx| choose(tx, &before, Choice::Guide("okta"), "Okta")).id;
    for step in store.read_now(|db| find(db, &before)).unwrap().steps() {
        store.system(|tx| finish(tx, &before, step));
    }
    let link = store.system(|tx| resume(tx, &link, &begun));
    assert_eq!(link.state(store.clock().now()), State::Completed);
    let told = store.kinds(Some(&of));
    assert_eq!(told.iter().filter(|kind| *kind == "setup_link.completed").count(), 2);
}

#[test]
fn a_draft_to_which_another_link_leads_is_taken_away_by_neither() {
    let store = testing::store();
    let of = organization(&store);
    let link = store.system(|tx| create(tx, &of, NewLink::default())).0.id;
    started(&store, &link, browser().reveal()).unwrap();
    let draft = store.system(|tx| choose(tx, &link, Choice::Guide("okta"), "Okta")).id;
    let begun = store.system(|tx| create(tx, &of, NewLink::default())).0.id;
    started(&store, &begun, browser().reveal()).unwrap();
    store.system(|tx| choose(tx, &begun, Choice::Guide("jumpcloud"), "JumpCloud"));
    let offered = || {
        let now = store.clock().now();
        let link = store.read_now(|db| find(db, &link)).unwrap();
        store.read_now(|db| resumable(db, &link, now)).unwrap().len()
    };
    assert_eq!(offered(), 1);
    let to_it = NewLink { connection_id: Some(draft.clone()), ..NewLink::default() };
    let other = store.system(|tx| create(tx, &of, to_it)).0.id;
    assert_eq!(offered(), 0);
    let key = connections::openid::new_key().unwrap();
    let master = MasterKey::generate();
    let master = MasterKey::from_base64(master.reveal(), None).unwrap();
    let chosen = store.try_system(|tx| choose(tx, &link, Choice::OpenId(&master, &key), "OpenID"));
    assert_eq!(refused(chosen), "other_protocol");
    assert_eq!(state(&store, &other), State::Sent);
}
