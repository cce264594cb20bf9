//! A member's own account: the second step, the password, the browsers.

use super::*;
use crate::crypto::AppKey;
use crate::store::members::{By, Lasts, Session, second_step};

const LASTS: Lasts = Lasts { idle: TimeDelta::hours(2), most: TimeDelta::hours(12) };

/// Another browser in which the desk's member is signed in.
pub(super) fn elsewhere(desk: &Desk) -> Session {
    let store = desk.world.store();
    store.system(|tx| members::begin(tx, &desk.member.id, None, LASTS, By::Password)).0
}

/// Sets the second step up by the pages; the key, and the recovery codes.
pub(super) async fn set_up(desk: &Desk) -> (AppKey, Vec<String>) {
    let shown = desk.post("/console/account/second-step", &[("password", PASSWORD)]).await;
    assert_eq!(shown.status, 200);
    let key = proposed(desk).unwrap();
    assert!(shown.body.contains(key.text().unwrap().reveal()), "the key is not on the page");
    let code = code(desk, &key);
    let done = desk.post("/console/account/second-step/confirm", &[("code", &code)]).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let codes = done.body.split("<li><code>").skip(1);
    let codes = codes.map(|part| part.split('<').next().unwrap().to_owned()).collect();
    desk.world.store().clock().advance(TimeDelta::seconds(30));
    (key, codes)
}

fn proposed(desk: &Desk) -> Option<AppKey> {
    let (id, master) = (&desk.member.id, &desk.world.state.master);
    desk.world.store().read_now(|db| second_step::proposed(db, master, id)).unwrap()
}

fn code(desk: &Desk, key: &AppKey) -> String {
    key.code(desk.world.store().clock().now().unix())
}

#[actix_web::test]
async fn with_a_second_step_the_password_leads_to_the_code_and_the_code_in() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let (key, codes) = set_up(&desk).await;
    assert_eq!(codes.len(), 10);
    assert!(desk.is_in().await, "the browser that set it up stays signed in");
    desk.cookie = None;
    let form =
        [("email", "maya@orbit.example"), ("password", PASSWORD), ("next", "/console/users")];
    let asked = desk.call("POST", "/console/login", &form).await;
    assert_eq!(asked.header("location"), "/console/login/second?next=%2Fconsole%2Fusers");
    let cookie = asked.header("set-cookie").to_owned();
    assert!(cookie.starts_with("vestibule-console-step=ma_"), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("Max-Age=300"), "{cookie}");
    desk.take_cookie(&asked);
    assert!(!desk.is_in().await, "the password alone is no session");
    assert_eq!(desk.get("/console/login/second").await.status, 200);
    let wrong = desk.call("POST", "/console/login/second", &[("code", "12 34 56")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("href=\"#code\""), "{}", wrong.body);
    let code = code(&desk, &key);
    let fields = [("code", &*code), ("next", "/console/users")];
    let done = desk.call("POST", "/console/login/second", &fields).await;
    assert_eq!((done.status, done.header("location")), (303, "/console/users"));
    let arrival = desk.cookie.clone();
    desk.take_cookie(&done);
    assert!(desk.is_in().await);
    desk.cookie = arrival;
    let again = desk.call("POST", "/console/login/second", &fields).await;
    assert_eq!(again.header("location"), "/console/login", "it is open once");
}

#[actix_web::test]
async fn a_browser_that_gave_no_password_is_asked_for_it_first() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let (key, _) = set_up(&desk).await;
    let code = code(&desk, &key);
    for cookie in
        [None, Some(Cookie::new("vestibule-console-step", "ma_nonsense")), desk.cookie.clone()]
    {
        desk.cookie = cookie;
        for method in ["GET", "POST"] {
            let answer = desk.call(method, "/console/login/second", &[("code", &code)]).await;
            assert_eq!((answer.status, answer.header("location")), (303, "/console/login"));
        }
    }
}

#[actix_web::test]
async fn codes_are_tried_ten_times_a_minute_whatever_strangers_try() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let (key, _) = set_up(&desk).await;
    let arrived = desk.sign_in(PASSWORD).await;
    desk.take_cookie(&arrived);
    for _ in 0..10 {
        let _ = desk.world.state.limits.admit_member("maya@orbit.example");
    }
    let right = code(&desk, &key);
    let done = desk.call("POST", "/console/login/second", &[("code", &right)]).await;
    assert_eq!(done.header("location"), "/console", "strangers used the tries up");
    desk.world.store().clock().advance(TimeDelta::minutes(1));
    let desk = Desk::signed_in(Role::Owner).await;
    for _ in 0..10 {
        let _ = desk.world.state.limits.admit_member(desk.member.id.as_str());
    }
    let refused = desk.post("/console/account/second-step", &[("password", PASSWORD)]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Too many tries"), "{}", refused.body);
}

#[actix_web::test]
async fn a_recovery_code_lets_in_by_the_page() {
    let mut desk = Desk::signed_in(Role::Viewer).await;
    let (_, codes) = set_up(&desk).await;
    desk.sign_in(PASSWORD).await;
    let done = desk.call("POST", "/console/login/second", &[("code", &codes[3])]).await;
    desk.take_cookie(&done);
    let page = desk.get("/console/account").await.body;
    assert!(page.contains("Recovery codes left: 9."), "{page}");
    assert!(!page.contains(&codes[0]), "a code is shown again");
}

#[actix_web::test]
async fn the_key_is_shown_with_a_picture_and_again_when_the_code_is_wrong_and_never_after() {
    let desk = Desk::signed_in(Role::Owner).await;
    for password in ["", "a horse and a stable"] {
        let refused = desk.post("/console/account/second-step", &[("password", password)]).await;
        assert_eq!(refused.status, 422);
        assert!(proposed(&desk).is_none() && !refused.body.contains("<svg class=\"qr\""));
    }
    desk.post("/console/account/second-step", &[("password", PASSWORD)]).await;
    let key = proposed(&desk).unwrap();
    let wrong = desk.post("/console/account/second-step/confirm", &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body.contains(key.text().unwrap().reveal())
            && wrong.body.contains("<svg class=\"qr\"")
    );
    let code = code(&desk, &key);
    let done = desk.post("/console/account/second-step/confirm", &[("code", &code)]).await;
    assert!(!done.body.contains(key.text().unwrap().reveal()));
    for path in ["/console/account/second-step", "/console/account"] {
        let page = desk.get(path).await;
        assert!(!page.body.contains(key.text().unwrap().reveal()), "{path}");
    }
}

#[actix_web::test]
async fn removal_and_new_codes_ask_for_the_password() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let (_, codes) = set_up(&desk).await;
    for path in ["/console/account/recovery-codes", "/console/account/second-step/remove"] {
        assert_eq!(desk.get(path).await.status, 200, "{path}");
        for fields in [&[][..], &[("password", "a horse and a stable")]] {
            let refused = desk.post(path, fields).await;
            assert_eq!(refused.status, 422, "{path}");
            assert!(refused.body.contains("href=\"#password\""), "{path}");
        }
    }
    let made = desk.post("/console/account/recovery-codes", &[("password", PASSWORD)]).await;
    assert_eq!(made.body.matches("<li><code>rc_").count(), 10);
    assert!(!made.body.contains(&codes[0]));
    let gone = desk.post("/console/account/second-step/remove", &[("password", PASSWORD)]).await;
    assert_eq!(gone.header("location"), "/console/account");
    desk.cookie = None;
    desk.sign_in(PASSWORD).await;
    assert!(desk.is_in().await, "the password alone lets in again");
}

#[actix_web::test]
async fn an_owner_resets_the_second_step_of_another_and_not_their_own() {
    let desk = Desk::signed_in(Role::Owner).await;
    let other = desk.other(Role::Admin);
    let (master, store) = (&desk.world.state.master, desk.world.store());
    store.system(|tx| {
        let key = second_step::propose(tx, master, &other.id)?;
        let session = members::begin(tx, &other.id, None, LASTS, By::Password)?.0;
        second_step::confirm(tx, master, &other.id, &key.code(tx.now.unix()), &session.id)
    });
    let path = format!("/console/settings/members/{}", other.id);
    assert!(desk.get(&path).await.body.contains("Reset second step"));
    assert!(desk.get("/console/settings/members").await.body.contains("Second step on"));
    let path = format!("{path}/second-step");
    assert_eq!(desk.get(&path).await.status, 200);
    let is_on = || store.read_now(|db| second_step::since(db, &other.id)).unwrap().is_some();
    assert!(is_on(), "asking changes nothing");
    assert_eq!(desk.post(&path, &[]).await.status, 303);
    assert!(!is_on());
    let own = format!("/console/settings/members/{}/second-step", desk.member.id);
    assert_eq!(desk.post(&own, &[]).await.status, 403);
}

#[actix_web::test]
async fn a_link_for_a_password_is_no_second_step() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    set_up(&desk).await;
    let link = desk.world.store().system(|tx| members::invite(tx, &desk.member.id));
    desk.cookie = None;
    let form = [("t", link.reveal()), ("password", "nine boats under a violet moon")];
    let chosen = desk.call("POST", "/console/first", &form).await;
    assert!(chosen.header("location").starts_with("/console/login/second"));
    desk.take_cookie(&chosen);
    assert!(!desk.is_in().await);
}

#[actix_web::test]
async fn a_member_changes_their_password_by_the_old_one_and_other_browsers_are_out() {
    let mut desk = Desk::signed_in(Role::Viewer).await;
    let mine = desk.cookie.clone();
    desk.cookie = None;
    desk.sign_in(PASSWORD).await;
    let other = std::mem::replace(&mut desk.cookie, mine);
    let new = "nine boats under a violet moon";
    let change = |old: &'static str, new: &'static str| [("old", old), ("password", new)];
    for (fields, field) in
        [(change("a horse and a stable", new), "old"), (change(PASSWORD, "short"), "password")]
    {
        let refused = desk.post("/console/account/password", &fields).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains(&format!("href=\"#{field}\"")), "{}", refused.body);
        assert!(!refused.body.contains(new), "a password is on the page");
    }
    let done = desk.post("/console/account/password", &change(PASSWORD, new)).await;
    assert_eq!(done.status, 200);
    assert!(done.body.contains("Your password is changed"), "{}", done.body);
    assert!(desk.is_in().await);
    desk.cookie = other;
    assert!(!desk.is_in().await, "the other browser");
    assert_eq!(desk.sign_in(PASSWORD).await.status, 422);
    assert_eq!(desk.sign_in(new).await.status, 303);
}

#[actix_web::test]
async fn a_member_sees_their_browsers_and_signs_one_or_all_others_out() {
    let desk = Desk::signed_in(Role::Viewer).await;
    let (first, second) = (elsewhere(&desk), elsewhere(&desk));
    let there = async |session: &Session| {
        let path = format!("/console/account/sessions/{}", session.id);
        desk.get("/console/account").await.body.contains(&path)
    };
    assert!(there(&first).await && there(&second).await);
    desk.post(&format!("/console/account/sessions/{}", first.id), &[]).await;
    assert!(!there(&first).await && there(&second).await);
    desk.post("/console/account/sessions", &[]).await;
    assert!(!there(&second).await && desk.is_in().await);
    // Somebody else's is not found.
    let other = desk.other(Role::Owner);
    let store = desk.world.store();
    let theirs = store.system(|tx| members::begin(tx, &other.id, None, LASTS, By::Password)).0;
    let path = format!("/console/account/sessions/{}", theirs.id);
    assert_eq!(desk.post(&path, &[]).await.status, 404);
}

#[actix_web::test]
async fn a_link_for_signing_in_asks_for_no_password_and_for_the_second_step() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let link = |desk: &Desk| desk.world.store().system(|tx| members::admit(tx, &desk.member.id));
    let token = link(&desk);
    let page = desk.get(&format!("/console/first?t={}", token.reveal())).await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("type=\"password\""), "{}", page.body);
    let answer = desk.call("POST", "/console/first", &[("t", token.reveal())]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console"));
    assert_eq!(desk.call("POST", "/console/first", &[("t", token.reveal())]).await.status, 410);
    desk.take_cookie(&answer);
    set_up(&desk).await;
    let token = link(&desk);
    let answer = desk.call("POST", "/console/first", &[("t", token.reveal())]).await;
    assert!(answer.header("location").starts_with("/console/login/second"));
    desk.take_cookie(&answer);
    assert!(!desk.is_in().await);
}
