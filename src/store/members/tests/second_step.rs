//! The rules of the second step, by their words.

use super::*;
use crate::crypto::{AppKey, MasterKey};
use crate::store::members::second_step::{self, CLOSED, Confirmed, PROPOSAL_LASTS};

fn master() -> MasterKey {
    MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap()
}

/// A member whose second step is on: the key, and the recovery codes.
fn two_steps(store: &TestStore, master: &MasterKey, id: &MemberId) -> (AppKey, Vec<Secret>) {
    let key = store.system(|tx| second_step::propose(tx, master, id));
    let code = key.code(store.clock().now().unix());
    let done = store.system(|tx| {
        let (session, _) = begin(tx, id, None, LASTS, By::Password)?;
        second_step::confirm(tx, master, id, &code, &session.id)
    });
    let Confirmed::On(codes) = done else { panic!("{done:?}") };
    store.clock().advance(TimeDelta::seconds(30));
    (key, codes)
}

fn arrive(store: &TestStore, id: &MemberId) -> Secret {
    match store.system(|tx| enter(tx, id, None, LASTS, By::Password)) {
        Entered::Owes(cookie) => cookie,
        Entered::In(..) => panic!("the password alone lets in"),
    }
}

fn give(store: &TestStore, master: &MasterKey, cookie: &Secret, code: &str) -> &'static str {
    give_in(store, master, cookie, (code, false))
}

/// Gives a code in a browser that is known, or not.
fn give_in(
    store: &TestStore,
    master: &MasterKey,
    cookie: &Secret,
    code: (&str, bool),
) -> &'static str {
    match store.system(|tx| step(tx, master, cookie.reveal(), code, None, LASTS)) {
        Stepped::In(..) => "in",
        Stepped::Wrong => "wrong",
        Stepped::Closed(_) => "closed",
        Stepped::Over => "over",
    }
}

/// The events of a kind.
fn told(store: &TestStore, kind: &str) -> Vec<events::Event> {
    let filter = events::Filter { kind: Some(kind.to_owned()), ..events::Filter::default() };
    let window = crate::store::Window::default();
    store.read_now(|db| events::page(db, &window, &filter)).unwrap().data
}

#[test]
fn a_password_alone_gives_no_session_where_the_second_step_is_on() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let enter = || store.system(|tx| enter(tx, &member.id, None, LASTS, By::Password));
    assert!(matches!(enter(), Entered::In(..)));
    store.system(|tx| second_step::propose(tx, &master, &member.id));
    assert!(matches!(enter(), Entered::In(..)), "a proposed key is not asked for");
    let (key, _) = two_steps(&store, &master, &member.id);
    let cookie = arrive(&store, &member.id);
    assert!(!is_live(&store, cookie.reveal()));
    let code = |store: &TestStore| key.code(store.clock().now().unix());
    assert_eq!(give(&store, &master, &cookie, &code(&store)), "in");
    assert_eq!(give(&store, &master, &cookie, &code(&store)), "over", "it is open once");
    let late = arrive(&store, &member.id);
    store.clock().advance(ARRIVAL_LASTS);
    assert_eq!(give(&store, &master, &late, &code(&store)), "over");
    let reset = arrive(&store, &member.id);
    store.system(|tx| reset_password(tx, &member.id));
    assert_eq!(give(&store, &master, &reset, &code(&store)), "over", "the password is another");
}

#[test]
fn a_code_of_the_app_lets_in_once_and_none_before_it_any_more() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let (key, _) = two_steps(&store, &master, &member.id);
    let now = store.clock().now().unix();
    let (before, shown) = (key.code(now - 30), key.code(now));
    assert_eq!(
        give(&store, &master, &arrive(&store, &member.id), &before),
        "wrong",
        "it confirmed"
    );
    assert_eq!(give(&store, &master, &arrive(&store, &member.id), &shown), "in");
    for used in [before, shown] {
        assert_eq!(give(&store, &master, &arrive(&store, &member.id), &used), "wrong");
    }
}

#[test]
fn a_recovery_code_lets_its_member_in_once() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let other = NewMember { email: "sam@orbit.example".into(), ..maya() };
    let other = store.system(|tx| create(tx, &other));
    let (_, codes) = two_steps(&store, &master, &member.id);
    let (_, theirs) = two_steps(&store, &master, &other.id);
    assert_eq!(codes.len(), 10);
    let give = |code: &str| give(&store, &master, &arrive(&store, &member.id), code);
    assert_eq!(give(theirs[0].reveal()), "wrong");
    assert_eq!(give(&codes[0].reveal().to_uppercase().replace('-', " ")), "in");
    assert_eq!(give(codes[0].reveal()), "wrong");
    let left = store.read_now(|db| second_step::codes_left(db, &member.id)).unwrap();
    assert_eq!(left, 9);
    let renewed = store.system(|tx| second_step::renew_codes(tx, &member.id));
    assert_eq!(give(codes[1].reveal()), "wrong", "it was replaced");
    assert_eq!(give(renewed[0].reveal()), "in");
}

#[test]
fn five_wrong_codes_of_a_member_from_whichever_browsers_close_the_second_step_for_a_while_and_it_is_told()
 {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let (key, codes) = two_steps(&store, &master, &member.id);
    let code = || key.code(store.clock().now().unix());
    let alarm = || store.read_now(|db| second_step::alarm(db, &member.id)).unwrap();
    for _ in 0..4 {
        assert_eq!(give(&store, &master, &arrive(&store, &member.id), "000000"), "wrong");
    }
    assert!(told(&store, "member.second_step.refused").is_empty() && alarm().is_none());
    assert_eq!(give(&store, &master, &arrive(&store, &member.id), "000000"), "closed");
    let events = told(&store, "member.second_step.refused");
    assert_eq!((events.len(), &events[0].data["tries"]), (1, &serde_json::json!(5)));
    assert!(alarm().is_some());
    // Nothing of the app is looked at, and what is tried meanwhile neither counts nor is told again.
    for _ in 0..9 {
        assert_eq!(give(&store, &master, &arrive(&store, &member.id), &code()), "closed");
    }
    let now = store.clock().now();
    let until = store.read_now(|db| second_step::closed(db, &member.id, now)).unwrap().unwrap();
    assert!(until.since(now) <= CLOSED && until.since(now) > CLOSED - TimeDelta::minutes(1));
    assert_eq!(told(&store, "member.second_step.refused").len(), 1);
    // The member has other ways: a recovery code, and a browser that is known.
    let recovery = codes[0].reveal();
    assert_eq!(give(&store, &master, &arrive(&store, &member.id), recovery), "in");
    let known = arrive(&store, &member.id);
    assert_eq!(give_in(&store, &master, &known, (&code(), true)), "in");
    store.clock().advance(CLOSED);
    assert_eq!(give(&store, &master, &arrive(&store, &member.id), &code()), "in");
    assert!(alarm().is_some(), "the member has not said that they know");
    store.system(|tx| second_step::acknowledge(tx, &member.id));
    assert!(alarm().is_none());
    store.system(|tx| second_step::acknowledge(tx, &member.id));
    assert_eq!(told(&store, "member.second_step.acknowledged").len(), 1);
}

#[test]
fn a_right_code_ends_the_count_of_wrong_ones_and_another_password_opens_the_second_step() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let (key, _) = two_steps(&store, &master, &member.id);
    let code = || key.code(store.clock().now().unix());
    for _ in 0..2 {
        for _ in 0..4 {
            assert_eq!(give(&store, &master, &arrive(&store, &member.id), "000000"), "wrong");
        }
        assert_eq!(give(&store, &master, &arrive(&store, &member.id), &code()), "in");
        store.clock().advance(TimeDelta::seconds(30));
    }
    for _ in 0..5 {
        give(&store, &master, &arrive(&store, &member.id), "000000");
    }
    assert_eq!(give(&store, &master, &arrive(&store, &member.id), &code()), "closed");
    store.system(|tx| set_password(tx, &member.id, "hash"));
    assert_eq!(give(&store, &master, &arrive(&store, &member.id), &code()), "in");
    assert!(store.read_now(|db| second_step::alarm(db, &member.id)).unwrap().is_none());
}

#[test]
fn a_browser_that_was_wrong_ten_times_is_asked_for_the_password_again() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    two_steps(&store, &master, &member.id);
    let cookie = arrive(&store, &member.id);
    let given: Vec<_> = (0..10).map(|_| give(&store, &master, &cookie, "000000")).collect();
    assert_eq!(given[..4], ["wrong"; 4]);
    assert_eq!(given[4..9], ["closed"; 5]);
    assert_eq!(given[9], "over");
}

#[test]
fn the_audit_log_says_what_came_before_the_second_step() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let (key, _) = two_steps(&store, &master, &member.id);
    let Entered::Owes(cookie) = store.system(|tx| enter(tx, &member.id, None, LASTS, By::Link))
    else {
        panic!("a link is a second step")
    };
    let code = key.code(store.clock().now().unix());
    assert_eq!(give(&store, &master, &cookie, &code), "in");
    let said = told(&store, "member.signed_in").remove(0);
    assert_eq!((&said.data["by"], &said.data["after"]), (&"second_step".into(), &"link".into()));
}

#[test]
fn a_proposed_key_ends_after_ten_minutes_and_after_five_wrong_codes() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let session = store.system(|tx| begin(tx, &member.id, None, LASTS, By::Password)).0;
    let propose = || store.system(|tx| second_step::propose(tx, &master, &member.id));
    let confirm = |code: &str| {
        store.system(|tx| second_step::confirm(tx, &master, &member.id, code, &session.id))
    };
    let cleaned = || store.system(second_step::forget_proposals);
    let code = |key: &AppKey| key.code(store.clock().now().unix());
    assert!(matches!(confirm("000000"), Confirmed::Over), "none was proposed");
    let late = propose();
    store.clock().advance(PROPOSAL_LASTS - TimeDelta::seconds(1));
    assert_eq!(cleaned(), 0);
    assert!(matches!(confirm("000000"), Confirmed::Wrong));
    store.clock().advance(TimeDelta::seconds(1));
    assert!(matches!(confirm(&code(&late)), Confirmed::Over));
    assert_eq!(cleaned(), 1);
    let tried = propose();
    for _ in 0..4 {
        assert!(matches!(confirm("000000"), Confirmed::Wrong));
    }
    assert!(matches!(confirm("000000"), Confirmed::Over));
    assert!(matches!(confirm(&code(&tried)), Confirmed::Over));
    let key = propose();
    assert!(matches!(confirm(&code(&key)), Confirmed::On(_)));
    store.clock().advance(PROPOSAL_LASTS);
    assert_eq!(cleaned(), 0, "what is on stays");
}

#[test]
fn a_key_is_sealed_and_a_second_step_that_is_on_is_not_set_up_over_it() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let key = store.system(|tx| second_step::propose(tx, &master, &member.id));
    let now = store.clock().now();
    let proposed = |master: &MasterKey| {
        store.read_now(|db| second_step::proposed(db, master, &member.id, now))
    };
    assert_eq!(proposed(&master).unwrap().unwrap().reveal(), key.reveal());
    assert!(proposed(&self::master()).is_err(), "it opens with another master key");
    two_steps(&store, &master, &member.id);
    let again = store.try_system(|tx| second_step::propose(tx, &master, &member.id));
    assert_eq!(refused(again.map(drop)), "second_step_on");
    store.system(|tx| second_step::remove(tx, &member.id));
    let entered = store.system(|tx| enter(tx, &member.id, None, LASTS, By::Password));
    assert!(matches!(entered, Entered::In(..)));
    let none = store.try_system(|tx| second_step::remove(tx, &member.id));
    assert_eq!(refused(none), "no second step");
}

#[test]
fn turning_the_second_step_on_and_changing_the_password_signs_other_browsers_out() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let begin = || store.system(|tx| begin(tx, &member.id, None, LASTS, By::Password));
    let ((mine, cookie), (_, other)) = (begin(), begin());
    let key = store.system(|tx| second_step::propose(tx, &master, &member.id));
    let code = key.code(store.clock().now().unix());
    store.system(|tx| second_step::confirm(tx, &master, &member.id, &code, &mine.id));
    assert!(is_live(&store, cookie.reveal()) && !is_live(&store, other.reveal()));
    let (_, other) = begin();
    let change = |known: Option<&str>| {
        store.try_system(|tx| change_password(tx, &member.id, known, "hash", &mine.id))
    };
    assert_eq!(refused(change(Some("another"))), "password_changed");
    assert!(is_live(&store, other.reveal()));
    change(None).unwrap();
    assert!(is_live(&store, cookie.reveal()) && !is_live(&store, other.reveal()));
}
