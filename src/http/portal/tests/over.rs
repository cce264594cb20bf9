//! Links that are over, and whoever asks for another one.

use super::*;
use crate::store::mails::{self, Kind};
use crate::store::{Actor, Window};
use chrono::TimeDelta;

/// A portal whose link is over.
fn expired() -> Portal {
    let portal = Portal::new(&[], &Cover::USUAL);
    portal.world.store().clock().advance(TimeDelta::days(8));
    portal
}

async fn ask(portal: &Portal) -> Answer {
    let form = [("token", portal.token.reveal())];
    portal.world.call(TestRequest::post().uri("/portal/another").set_form(form)).await
}

fn mails_of(portal: &Portal) -> Vec<mails::Mail> {
    let page = portal.world.store().read_now(|db| mails::page(db, &Window::default(), None));
    let mut all = page.unwrap().data;
    all.retain(|mail| mail.kind == Kind::LinkWanted);
    all
}

fn asked(portal: &Portal) -> usize {
    let kinds = portal.world.store().kinds(Some(&portal.organization));
    kinds.iter().filter(|kind| *kind == "setup_link.another_wanted").count()
}

#[actix_web::test]
async fn who_has_a_link_that_is_over_asks_for_another_one_once_a_day() {
    let portal = expired();
    let page = portal.get(&portal.address()).await;
    assert_eq!(page.status, 410);
    assert!(page.body.contains("action=\"/portal/another\""), "{}", page.body);
    assert_eq!(asked(&portal), 0, "to look changes nothing");
    let answer = ask(&portal).await;
    assert_eq!((answer.status, answer.header("location")), (303, &*portal.address()));
    let page = portal.get(&portal.address()).await.body;
    assert!(page.contains("has been told that you want another link"), "{page}");
    assert!(!page.contains("action=\"/portal/another\""), "{page}");
    assert_eq!(ask(&portal).await.status, 303);
    assert_eq!((asked(&portal), mails_of(&portal).len()), (1, 1));
    let mail = mails_of(&portal).remove(0);
    assert_eq!(mail.recipient, None, "it goes to the operator");
    assert_eq!(mail.data.get("organization").map(String::as_str), Some("Globex"));
    let path = format!("/console/setup-links/new?organization={}", portal.organization);
    assert_eq!(mail.data.get("path"), Some(&path));
    portal.world.store().clock().advance(TimeDelta::hours(25));
    assert!(portal.get(&portal.address()).await.body.contains("action=\"/portal/another\""));
    ask(&portal).await;
    assert_eq!((asked(&portal), mails_of(&portal).len()), (2, 2));
}

#[actix_web::test]
async fn for_a_link_that_was_taken_back_another_one_can_be_asked_for() {
    let portal = Portal::started().await;
    let id = portal.link.id.clone();
    portal.world.store().system(|tx| setup_links::revoke(tx, &id));
    let page = portal.get(&portal.address()).await.body;
    assert!(page.contains("taken back") && page.contains("/portal/another"), "{page}");
    ask(&portal).await;
    assert_eq!(asked(&portal), 1);
}

#[actix_web::test]
async fn nobody_asks_without_the_link_or_while_it_works_or_after_it_was_handed_over() {
    let portal = Portal::started().await;
    assert_eq!(ask(&portal).await.status, 303);
    let form = [("token", "sl_nonsense")];
    let stranger = TestRequest::post().uri("/portal/another").set_form(form);
    assert_eq!(portal.world.call(stranger).await.status, 404);
    let (id, of) = (portal.link.id.clone(), portal.organization.clone());
    let by = Actor::Portal(id.clone());
    let handed = |tx: &mut crate::store::Tx| setup_links::hand_over(tx, &id);
    portal.world.store().write_now(&(&of).into(), &by, handed).unwrap();
    let page = portal.get(&portal.address()).await;
    assert!(page.status == 410 && !page.body.contains("/portal/another"), "{}", page.body);
    ask(&portal).await;
    assert_eq!((asked(&portal), mails_of(&portal).len()), (0, 0));
    // Only the address of the link has its token: its ID says nothing.
    let by_id = portal.get(&format!("/portal/link/{}", portal.link.id)).await.body;
    assert!(!by_id.contains("/portal/another"), "{by_id}");
}

#[actix_web::test]
async fn who_made_another_link_has_answered_and_one_that_goes_out_by_itself_is_no_answer() {
    let portal = expired();
    let store = portal.world.store();
    let waiting = || {
        let now = store.clock().now();
        store.read_now(|db| setup_links::asked_again(db, now, 5)).unwrap().len()
    };
    ask(&portal).await;
    assert_eq!(waiting(), 1);
    let new = || NewLink::default();
    let of = &portal.organization;
    store.system(|tx| setup_links::create(tx, of, new()));
    assert_eq!(waiting(), 1);
    let by = Actor::Cli("sam".to_owned());
    store.write_now(&of.into(), &by, |tx| setup_links::create(tx, of, new())).unwrap();
    assert_eq!(waiting(), 0);
    store.clock().advance(TimeDelta::days(9));
    ask(&portal).await;
    assert_eq!(waiting(), 1);
    store.clock().advance(TimeDelta::days(7));
    assert_eq!(waiting(), 0, "nobody is told for ever");
}
