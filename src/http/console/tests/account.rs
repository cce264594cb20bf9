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
    let now = desk.world.store().clock().now();
    desk.world.store().read_now(|db| second_step::proposed(db, master, id, now)).unwrap()
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
async fn wrong_codes_count_for_the_member_who_is_told_after_signing_in() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let (key, codes) = set_up(&desk).await;
    let step = "/console/login/second";
    for n in 0..5 {
        // Each time the password is given anew.
        desk.cookie = None;
        desk.sign_in(PASSWORD).await;
        let answer = desk.call("POST", step, &[("code", "000000")]).await;
        assert_eq!(answer.status, if n < 4 { 422 } else { 429 }, "{n}");
    }
    desk.cookie = None;
    desk.sign_in(PASSWORD).await;
    let page = desk.get(step).await.body;
    assert!(page.contains("for 15 minutes") && page.contains("A recovery code"), "{page}");
    let right = code(&desk, &key);
    assert_eq!(desk.call("POST", step, &[("code", &right)]).await.status, 429);
    let fields = [("code", &*codes[0]), ("next", "/console/users")];
    let done = desk.call("POST", step, &fields).await;
    assert_eq!(done.header("location"), "/console/account?next=%2Fconsole%2Fusers");
    desk.take_cookie(&done);
    let page = desk.get(done.header("location")).await.body;
    assert!(page.contains("Somebody knows your password"), "{page}");
    assert!(page.contains("name=\"next\" value=\"/console/users\""), "{page}");
    for (next, goes) in [("/console/users", "/console/users"), ("https://evil.example", "/console")]
    {
        let seen = desk.post("/console/account/second-step/seen", &[("next", next)]).await;
        assert_eq!(seen.header("location"), goes);
    }
    assert!(!desk.get("/console/account").await.body.contains("Somebody knows"));
    desk.cookie = None;
    desk.sign_in(PASSWORD).await;
    let again = desk.call("POST", step, &[("code", &*codes[1])]).await;
    assert_eq!(again.header("location"), "/console");
}

/// Gives a code in the desk's browser, or in one that is known besides.
async fn give(desk: &Desk, code: &str, known: Option<&Cookie<'static>>) -> Answer {
    let request = TestRequest::post().uri("/console/login/second").set_form([("code", code)]);
    let cookies = desk.cookie.iter().chain(known).cloned();
    desk.world.call(cookies.fold(request, TestRequest::cookie)).await
}

#[actix_web::test]
async fn wrong_codes_elsewhere_close_the_second_step_but_in_a_browser_that_is_known() {
    let mut desk = Desk::signed_in(Role::Owner).await;
    let (key, codes) = set_up(&desk).await;
    let step = "/console/login/second";
    desk.sign_in(PASSWORD).await;
    let known = known_by(&desk.call("POST", step, &[("code", &*codes[0])]).await);
    desk.sign_in(PASSWORD).await;
    for _ in 0..5 {
        desk.call("POST", step, &[("code", "000000")]).await;
    }
    let right = code(&desk, &key);
    assert_eq!(give(&desk, &right, None).await.status, 429);
    let forged = Cookie::new(known.name().to_owned(), format!("{}0", known.value()));
    assert_eq!(give(&desk, &right, Some(&forged)).await.status, 429);
    let get = TestRequest::get().uri(step).cookie(desk.cookie.clone().unwrap());
    let page = desk.world.call(get.cookie(known.clone())).await.body;
    assert!(!page.contains("for 15 minutes"), "{page}");
    desk.sign_in(PASSWORD).await;
    for _ in 0..4 {
        assert_eq!(give(&desk, "000000", Some(&known)).await.status, 422);
    }
    let done = give(&desk, &right, Some(&known)).await;
    assert_eq!(done.header("location"), "/console/account?next=%2Fconsole");
    // What is tried there has an end, too.
    desk.sign_in(PASSWORD).await;
    let late = give(&desk, &code(&desk, &key), Some(&known)).await;
    assert_eq!(late.status, 429);
}

#[actix_web::test]
async fn whoever_is_signed_in_tries_the_password_ten_times_a_minute() {
    let desk = Desk::signed_in(Role::Owner).await;
    for _ in 0..10 {
        desk.world.state.limits.admit_known(desk.member.id.as_str()).unwrap();
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
async fn the_key_is_shown_with_a_picture_once_for_each_time_that_the_password_is_given() {
    let desk = Desk::signed_in(Role::Owner).await;
    for password in ["", "a horse and a stable"] {
        let refused = desk.post("/console/account/second-step", &[("password", password)]).await;
        assert_eq!(refused.status, 422);
        assert!(proposed(&desk).is_none() && !refused.body.contains("<svg class=\"qr\""));
    }
    let shown = desk.post("/console/account/second-step", &[("password", PASSWORD)]).await;
    let key = proposed(&desk).unwrap();
    let text = key.text().unwrap();
    let shows = |body: &str| body.contains(text.reveal()) || body.contains("<svg class=\"qr\"");
    assert!(shows(&shown.body));
    let confirm = "/console/account/second-step/confirm";
    let wrong = desk.post(confirm, &[("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    assert!(!shows(&wrong.body) && wrong.body.contains("href=\"#code\""), "{}", wrong.body);
    let code = code(&desk, &key);
    let done = desk.post(confirm, &[("code", &code)]).await;
    assert!(done.body.contains("Recovery codes") && !shows(&done.body));
    for path in ["/console/account/second-step", "/console/account"] {
        assert!(!shows(&desk.get(path).await.body), "{path}");
    }
    assert_eq!(desk.post(confirm, &[("code", &code)]).await.header("location"), "/console/account");
}

#[actix_web::test]
async fn a_proposed_key_ends_after_ten_minutes() {
    let desk = Desk::signed_in(Role::Owner).await;
    desk.post("/console/account/second-step", &[("password", PASSWORD)]).await;
    let key = proposed(&desk).unwrap();
    desk.world.store().clock().advance(TimeDelta::minutes(10));
    let code = code(&desk, &key);
    let fields = [("code", &*code)];
    let late = desk.post("/console/account/second-step/confirm", &fields).await;
    assert_eq!(late.status, 422);
    assert!(late.body.contains("href=\"#password\""), "{}", late.body);
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
    // The same form once more makes no others: those on the first page go on.
    let (path, number) = ("/console/account/recovery-codes", "0123456789abcdef");
    let fields = [("password", PASSWORD), ("once", number)];
    let made = desk.post(path, &fields).await;
    assert_eq!(made.body.matches("<li><code>rc_").count(), 10);
    let again = desk.post(path, &fields).await;
    assert_eq!((again.status, again.body.matches("<code>rc_").count()), (409, 0));
    let of = desk.member.id.clone();
    let left = desk.world.store().read_now(|db| members::second_step::codes_left(db, &of));
    assert_eq!(left.unwrap(), 10);
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
    assert_eq!((done.status, done.header("location")), (303, "/console/account"));
    assert_eq!(done::left(&done).unwrap().value(), "password_changed");
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
