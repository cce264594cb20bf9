//! What a page says once to whoever an act has led there.

use super::Desk;
use super::routes::sources_by_file;
use crate::http::testing::Answer;
use crate::store::members::Role;
use crate::store::testing;
use actix_web::cookie::Cookie;
use actix_web::test::TestRequest;
use std::collections::BTreeMap;

/// What an answer has the browser keep, to be said on the next page.
pub(super) fn left(answer: &Answer) -> Option<Cookie<'static>> {
    let cookies = answer.headers.get_all("set-cookie").map(|value| value.to_str().unwrap());
    let cookie = cookies.map(|text| Cookie::parse(text.to_owned()).unwrap());
    cookie.into_iter().find(|cookie| cookie.name().ends_with("-console-done"))
}

/// Asks for a page as a browser that keeps this beside its session.
pub(super) async fn asked(desk: &Desk, uri: &str, kept: &Cookie<'static>, is_part: bool) -> Answer {
    let session = desk.cookie.clone().unwrap();
    let mut request = TestRequest::get().uri(uri).cookie(session).cookie(kept.clone());
    if is_part {
        request = request.insert_header(("HX-Request", "true"));
    }
    desk.world.call(request).await
}

/// What the page says in passing.
fn toast(page: &str) -> &str {
    let (_, rest) = page.split_once("<div class=\"toast").unwrap();
    let (tag, rest) = rest.split_once('>').unwrap();
    assert!(tag.contains("role=\"status\""), "{tag}");
    rest.split_once("</div>").unwrap().0
}

#[actix_web::test]
async fn a_small_act_is_told_by_a_toast_on_the_next_page_and_on_no_other() {
    let desk = Desk::signed_in(Role::Owner).await;
    let connection = testing::active(desk.world.store(), "Okta", None);
    let page = format!("/console/connections/{}", connection.id);
    let done = desk.post(&format!("{page}/contact"), &[("email", "it@globex.example")]).await;
    assert_eq!((done.status, done.header("location")), (303, &*format!("{page}/settings")));
    let kept = left(&done).unwrap();
    assert!(kept.http_only().unwrap() && kept.value() == "saved", "{kept}");

    // A part of a page that is read again by itself says nothing, and takes nothing away.
    let part = asked(&desk, &page, &kept, true).await;
    assert!(left(&part).is_none() && !part.body.contains("Saved."), "{}", part.body);

    let next = asked(&desk, &format!("{page}/settings"), &kept, false).await;
    assert_eq!((next.status, toast(&next.body)), (200, "Saved."));
    let over = left(&next).unwrap();
    assert!(over.value().is_empty() && over.max_age().unwrap().is_zero(), "{over}");
    assert_eq!(toast(&desk.get(&format!("{page}/settings")).await.body), "");
}

#[actix_web::test]
async fn an_act_with_a_next_step_is_told_by_a_banner() {
    let desk = Desk::signed_in(Role::Owner).await;
    let connection = testing::active(desk.world.store(), "Okta", None);
    let page = format!("/console/connections/{}", connection.id);
    let kept = Cookie::new("vestibule-console-done", "connection_made");
    let next = asked(&desk, &page, &kept, false).await.body;
    let (_, banner) = next.split_once("<main").unwrap();
    let told = "The connection is created. Test a sign-in before you turn it on.";
    assert!(banner.contains(told) && banner.contains("role=\"status\""), "{banner}");
    assert_eq!(toast(&next), "");
}

#[actix_web::test]
async fn a_page_says_nothing_that_is_not_in_the_list() {
    let desk = Desk::signed_in(Role::Owner).await;
    for strange in ["<b>hello</b>", "saved%20", "SAVED", "console.done.saved", ""] {
        let kept = Cookie::new("vestibule-console-done", strange);
        let page = asked(&desk, "/console/organizations?done=saved", &kept, false).await;
        assert_eq!((page.status, toast(&page.body)), (200, ""), "{strange}");
        assert!(left(&page).is_none(), "{strange}");
    }
}

#[actix_web::test]
async fn what_is_gone_says_that_it_was_deleted() {
    let desk = Desk::signed_in(Role::Owner).await;
    let connection = testing::active(desk.world.store(), "Okta", None);
    let page = format!("/console/connections/{}", connection.id);
    let named = [("confirm", &*connection.name)];
    let done = desk.post(&format!("{page}/delete"), &named).await;
    let gone = asked(&desk, done.header("location"), &left(&done).unwrap(), false).await;
    assert_eq!((gone.status, toast(&gone.body)), (410, "The connection is deleted."));
    assert!(left(&gone).unwrap().value().is_empty());
}

/// Ways on that say nothing: how often a file has one, and why.
const SILENT: &[(&str, usize, &str)] = &[
    ("account/passkeys.rs", 3, "browsers make no passkeys for this host"),
    ("account/second_step.rs", 4, "there is a second step already, or none"),
    ("applications/access.rs", 1, "a page that a machine application does not have"),
    ("applications/code.rs", 1, "a page that a machine application does not have"),
    ("entry.rs", 3, "signing in and out"),
    ("first.rs", 1, "nothing is left to offer"),
    ("groups/preview.rs", 2, "the page is the answer"),
    ("listing/mod.rs", 1, "a list leads to the one that was meant"),
    ("members/second_step.rs", 2, "there is no second step"),
    ("own_provider.rs", 2, "signing in"),
    ("passkey.rs", 2, "signing in"),
    ("search/mod.rs", 1, "the page is what was found"),
    ("seat.rs", 1, "signing in comes first"),
    ("second.rs", 1, "signing in"),
    ("settings/preview.rs", 1, "a page that there is not"),
    ("traces/mod.rs", 1, "a short address"),
];

#[test]
fn whatever_leads_on_says_that_an_act_is_done_or_has_a_reason_not_to() {
    let leads = |text: &str| text.matches("see_other(").count();
    let files = sources_by_file();
    let found: BTreeMap<&str, usize> =
        files.iter().map(|(name, text)| (&**name, leads(text))).filter(|(_, n)| *n > 0).collect();
    let known: BTreeMap<&str, usize> = SILENT.iter().map(|(name, n, _)| (*name, *n)).collect();
    assert_eq!(found, known, "done::lead says what was done; see_other says nothing");
}
