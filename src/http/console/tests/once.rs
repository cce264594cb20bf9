//! Forms that make a secret, sent twice.

use super::Desk;
use crate::http::testing::Answer;
use crate::store::api_keys;
use crate::store::directories::tokens;
use crate::store::mails;
use crate::store::members::{self, Role};
use crate::store::{Window, setup_links, testing, webhooks};

const BEFORE: &str = "This secret was already shown";

/// The number of the form of a page that is sent to `action`.
fn number(page: &str, action: &str) -> String {
    let form = page.split(&format!("action=\"{action}\"")).nth(1).unwrap_or_default();
    let field = form.split("name=\"once\" value=\"").nth(1).unwrap_or_default();
    let number = field.split('"').next().unwrap_or_default().to_owned();
    assert_eq!(number.len(), 32, "no number at {action}: {page}");
    number
}

/// Sends the form of a page, and the same once more.
async fn twice(desk: &Desk, page: &str, action: &str, fields: &[(&str, &str)]) -> (Answer, Answer) {
    let number = number(&desk.get(page).await.body, action);
    let fields: Vec<_> = fields.iter().copied().chain([("once", number.as_str())]).collect();
    let first = desk.post(action, &fields).await;
    assert_eq!(first.status, 200, "{}", first.body);
    assert!(!first.body.contains(BEFORE), "{}", first.body);
    (first, desk.post(action, &fields).await)
}

/// The same, where the first makes something and the second nothing: `made` tells what there is.
async fn counted<T: PartialEq + std::fmt::Debug>(
    desk: &Desk,
    (page, action): (&str, &str),
    fields: &[(&str, &str)],
    made: impl Fn(&Desk) -> T,
) -> (Answer, Answer) {
    let number = number(&desk.get(page).await.body, action);
    let fields: Vec<_> = fields.iter().copied().chain([("once", number.as_str())]).collect();
    let before = made(desk);
    let first = desk.post(action, &fields).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let once = made(desk);
    assert_ne!(once, before, "nothing was made");
    let second = desk.post(action, &fields).await;
    assert_eq!(made(desk), once, "it was made twice");
    (first, second)
}

/// How many mails were written, and how many events.
fn told_of(desk: &Desk) -> (usize, usize) {
    let store = desk.world.store();
    let mails = store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap().data.len();
    (mails, store.kinds(None).len())
}

/// That the second answer says so, leads to what was made and shows nothing that `first` showed.
fn told(first: &Answer, second: &Answer, page: &str) {
    assert_eq!(second.status, 409, "{}", second.body);
    assert!(second.body.contains(BEFORE), "{}", second.body);
    assert!(second.body.contains(&format!("href=\"{page}\"")), "{}", second.body);
    let secret = first.body.split("<code>").nth(1).unwrap_or_default().split('<').next();
    let secret = secret.filter(|secret| secret.len() > 10).expect("no secret was shown");
    assert!(!second.body.contains(secret), "it is shown again");
}

#[actix_web::test]
async fn a_repeated_form_of_a_scim_token_makes_no_second_token() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let page = format!("/console/connections/{}/provisioning", connection.id);
    let (first, second) = twice(&desk, &page, &page, &[("label", "Production")]).await;
    told(&first, &second, &page);
    let count =
        |desk: &Desk| desk.world.store().read_now(|db| tokens::count(db, &connection.id)).unwrap();
    assert_eq!(count(&desk), 1);
    // A number is of one form: at another it is a new one.
    let given = number(&desk.get(&page).await.body, &page);
    let key = [("name", "Backend"), ("scope.users:read", "1"), ("once", given.as_str())];
    assert_eq!(desk.post("/console/api-keys", &key).await.status, 200);
    assert_eq!(desk.post(&page, &[("label", "Third"), ("once", &given)]).await.status, 200);
    assert_eq!(count(&desk), 2);
    // Whoever opens the page anew makes another.
    let number = number(&desk.get(&page).await.body, &page);
    let other = [("label", "Second"), ("once", number.as_str())];
    assert_eq!(desk.post(&page, &other).await.status, 200);
    assert_eq!(count(&desk), 3);
}

#[actix_web::test]
async fn a_form_that_was_refused_is_sent_again_with_its_number() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let page = format!("/console/connections/{}/provisioning", connection.id);
    let number = number(&desk.get(&page).await.body, &page);
    let long = "x".repeat(1000);
    let fields = [("label", long.as_str()), ("once", number.as_str())];
    assert_eq!(desk.post(&page, &fields).await.status, 422);
    let fields = [("label", "Production"), ("once", number.as_str())];
    assert_eq!(desk.post(&page, &fields).await.status, 200);
}

#[actix_web::test]
async fn a_number_of_one_session_takes_nothing_from_another() {
    let mut desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "JumpCloud", None);
    let page = format!("/console/connections/{}/provisioning", connection.id);
    let fields = [("label", "Production"), ("once", "0123456789abcdef0123456789abcdef")];
    assert_eq!(desk.post(&page, &fields).await.status, 200);
    assert_eq!(desk.sign_in(super::PASSWORD).await.status, 303);
    assert_eq!(desk.post(&page, &fields).await.status, 200);
}

#[actix_web::test]
async fn a_repeated_form_of_an_api_key_makes_and_rolls_no_second_key() {
    let desk = Desk::signed_in(Role::Developer).await;
    let list = "/console/api-keys";
    let fields = [("name", "Billing"), ("scope.users:read", "1"), ("days", "30")];
    let (first, second) = twice(&desk, "/console/api-keys/new", list, &fields).await;
    told(&first, &second, "/console/api-keys");
    let all = |desk: &Desk| {
        let page = |db: &mut crate::store::Db| api_keys::page(db, &Window::default(), None);
        desk.world.store().read_now(page).unwrap().data
    };
    assert_eq!(all(&desk).len(), 1);
    let roll = format!("{list}/{}/roll", all(&desk)[0].id);
    let (first, second) = twice(&desk, &roll, &roll, &[]).await;
    told(&first, &second, "/console/api-keys");
    assert_eq!(all(&desk).len(), 2);
}

#[actix_web::test]
async fn a_repeated_form_of_an_application_makes_no_second_application_and_no_second_secret() {
    let desk = Desk::signed_in(Role::Developer).await;
    let list = "/console/applications";
    let fields = [("name", "Orbit"), ("kind", "web"), ("redirect_uris", "https://app.example/cb")];
    let (first, second) = twice(&desk, "/console/applications/new", list, &fields).await;
    let all =
        desk.world.store().read_now(|db| crate::store::applications::page(db, &Window::default()));
    let all = all.unwrap().data;
    assert_eq!(all.len(), 1);
    let page = format!("{list}/{}", all[0].id);
    told(&first, &second, &page);
    let (first, second) = twice(&desk, &page, &format!("{page}/secrets"), &[]).await;
    told(&first, &second, &page);
    let secrets = |db: &mut crate::store::Db| crate::store::applications::secrets(db, &all[0].id);
    assert_eq!(desk.world.store().read_now(secrets).unwrap().len(), 2);
}

#[actix_web::test]
async fn a_repeated_form_of_a_webhook_makes_no_second_endpoint_and_rotates_once() {
    let desk = Desk::signed_in(Role::Developer).await;
    let list = "/console/webhooks";
    let fields = [("url", "https://hooks.example/in"), ("noun.user", "1")];
    let all = |desk: &Desk| {
        let page = |db: &mut crate::store::Db| webhooks::page(db, &Window::default(), None);
        desk.world.store().read_now(page).unwrap().data
    };
    let ids = |desk: &Desk| all(desk).into_iter().map(|one| one.id).collect::<Vec<_>>();
    let (first, second) = counted(&desk, ("/console/webhooks/new", list), &fields, ids).await;
    let all_now = all(&desk);
    assert_eq!(all_now.len(), 1);
    let own = format!("{list}/{}", all_now[0].id);
    told(&first, &second, &own);
    let rotate = format!("{own}/rotate");
    let secrets = |desk: &Desk| {
        let one = all(desk).remove(0);
        (one.secret, one.previous_secret, told_of(desk))
    };
    let (first, second) = counted(&desk, (&rotate, &rotate), &[], secrets).await;
    told(&first, &second, &own);
}

#[actix_web::test]
async fn a_repeated_form_of_a_setup_link_makes_no_second_link() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = testing::active(desk.world.store(), "JumpCloud", None).organization_id;
    let list = "/console/setup-links";
    let fields = [("organization", of.as_str()), ("cover.sign_in", "1"), ("days", "7")];
    let (first, second) = twice(&desk, "/console/setup-links/new", list, &fields).await;
    told(&first, &second, list);
    let page = |db: &mut crate::store::Db| setup_links::page(db, &Window::default(), None, None);
    assert_eq!(desk.world.store().read_now(page).unwrap().data.len(), 1);
}

#[actix_web::test]
async fn a_repeated_form_of_a_member_takes_no_password_away_a_second_time() {
    let desk = Desk::signed_in(Role::Owner).await;
    let list = "/console/settings/members";
    let fields = [("name", "Sam"), ("email", "sam@orbit.example"), ("role", "viewer")];
    let made = |desk: &Desk| {
        let members = desk.world.store().read_now(members::list).unwrap().len();
        (members, told_of(desk))
    };
    let (_, second) = counted(&desk, (list, list), &fields, made).await;
    assert!(second.body.contains(BEFORE), "{}", second.body);
    assert_eq!(made(&desk).0, 2);
    let member = desk.other(Role::Viewer);
    let own = format!("{list}/{}", member.id);
    let (first, second) = counted(&desk, (&own, &format!("{own}/link")), &[], made).await;
    assert_eq!(second.status, 409);
    // The link that the first made is good still.
    let link = first.body.split("/console/first?t=").nth(1).unwrap();
    let link = link.split(['<', '"']).next().unwrap();
    let store = desk.world.store();
    let now = store.clock().now();
    let found = store.read_now(|db| members::link(db, link, now)).unwrap();
    assert_eq!(found.and_then(|(_, of)| of).map(|of| of.id), Some(member.id));
}

#[actix_web::test]
async fn a_repeated_form_that_sends_a_setup_link_again_gives_it_no_second_address() {
    let desk = Desk::signed_in(Role::Admin).await;
    let of = testing::active(desk.world.store(), "JumpCloud", None).organization_id;
    let new = setup_links::NewLink::default();
    let link = desk.world.store().system(|tx| setup_links::create(tx, &of, new.clone())).0;
    let uri = format!("/console/setup-links/{}/send", link.id);
    let made = |desk: &Desk| {
        let found = desk.world.store().read_now(|db| setup_links::find(db, &link.id)).unwrap();
        (found.hash, told_of(desk))
    };
    let fields = [("email", "kim@globex.example")];
    let (first, second) = counted(&desk, (&uri, &uri), &fields, made).await;
    told(&first, &second, "/console/setup-links");
    assert_eq!(told_of(&desk).0, 1, "one mail");
}
