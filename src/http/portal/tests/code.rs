//! A link for one address alone, at its entry page. No script is needed.

use super::*;
use crate::store::setup_links::renew;
use crate::store::{Window, mails};

/// A link for one address, that nobody has started with.
fn guarded() -> Portal {
    let mut portal = Portal::new(&[], &Cover::USUAL);
    let new = NewLink {
        email: Some("ines@globex.example".to_owned()),
        is_guarded: true,
        ..NewLink::default()
    };
    let of = portal.organization.clone();
    (portal.link, portal.token) =
        portal.world.store().system(|tx| setup_links::create(tx, &of, new));
    portal
}

async fn post(portal: &Portal, uri: &str, fields: &[(&str, &str)]) -> Answer {
    let fields: Vec<_> = fields.iter().copied().chain([("token", portal.token.reveal())]).collect();
    portal.world.call(TestRequest::post().uri(uri).set_form(fields)).await
}

/// The code that was mailed last.
fn mailed(portal: &Portal) -> String {
    let store = portal.world.store();
    let page = store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap();
    let secrets = page.data[0].secrets(&portal.world.state.master, store.clock().now());
    secrets.unwrap().unwrap()["code"].clone()
}

#[actix_web::test]
async fn a_link_for_one_address_asks_for_the_code_that_is_mailed_there() {
    let mut portal = guarded();
    let page = portal.get(&portal.address()).await.body;
    assert!(page.contains("i…@globex.example") && !page.contains("ines@"), "{page}");
    assert!(page.contains("/portal/code") && !page.contains("/portal/start"), "{page}");
    let without = post(&portal, "/portal/start", &[]).await;
    assert_eq!((without.status, without.header("set-cookie")), (422, ""));
    let sent = post(&portal, "/portal/code", &[]).await;
    assert_eq!((sent.status, sent.header("location")), (303, &*portal.address()));
    assert!(portal.get(&portal.address()).await.body.contains("name=\"code\""));
    let twice = post(&portal, "/portal/code", &[]).await;
    assert!(twice.status == 422 && twice.body.contains("a moment ago"), "{}", twice.body);
    let code = mailed(&portal);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = post(&portal, "/portal/start", &[("code", wrong)]).await;
    assert!(
        refused.body.contains("id=\"faults\" autofocus><p><a href=\"#code\">"),
        "{}",
        refused.body
    );
    assert!(refused.status == 422 && refused.body.contains("so often more: 4"), "{}", refused.body);
    assert_eq!(portal.state(), State::Sent);
    let started = post(&portal, "/portal/start", &[("code", &code)]).await;
    assert_eq!((started.status, started.header("location")), (303, "/portal/setup"));
    assert!(started.header("set-cookie").contains("vestibule-portal"));
    let cookie = Cookie::parse_encoded(started.header("set-cookie").to_owned()).unwrap();
    portal.cookie = Some(cookie.into_owned());
    portal.post("provider", &[("provider", "okta")]).await;
    let page = portal.get("/portal/setup/values").await.body;
    assert!(page.contains("may lack the rights"), "{page}");
    assert!(!page.contains("/portal/hand-over"), "it is nobody else's to go on with: {page}");
}

#[actix_web::test]
async fn a_link_that_is_for_nobody_in_particular_mails_no_code() {
    let portal = Portal::new(&[], &Cover::USUAL);
    assert_eq!(post(&portal, "/portal/code", &[]).await.status, 404);
    let store = portal.world.store();
    assert!(
        store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap().data.is_empty()
    );
    store.system(|tx| renew(tx, &portal.link.id, "ines@globex.example"));
    assert_eq!(portal.get(&portal.address()).await.status, 404, "the address before is gone");
}
