//! The rules of the second step, by their words.

use super::*;
use crate::crypto::{AppKey, MasterKey};
use crate::store::members::second_step;

fn master() -> MasterKey {
    MasterKey::from_base64(MasterKey::generate().reveal(), None).unwrap()
}

/// A member whose second step is on: the key, and the recovery codes.
fn two_steps(store: &TestStore, master: &MasterKey, id: &MemberId) -> (AppKey, Vec<Secret>) {
    let key = store.system(|tx| second_step::propose(tx, master, id));
    let code = key.code(store.clock().now().unix());
    let codes = store.system(|tx| {
        let (session, _) = begin(tx, id, None, LASTS, By::Password)?;
        second_step::confirm(tx, master, id, &code, &session.id)
    });
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
    match store.system(|tx| step(tx, master, cookie.reveal(), code, None, LASTS)) {
        Stepped::In(..) => "in",
        Stepped::Wrong => "wrong",
        Stepped::Over => "over",
    }
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
fn after_five_wrong_codes_the_password_is_asked_for_again_and_it_is_told() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let (key, _) = two_steps(&store, &master, &member.id);
    let cookie = arrive(&store, &member.id);
    for _ in 0..4 {
        assert_eq!(give(&store, &master, &cookie, "000000"), "wrong");
    }
    assert_eq!(give(&store, &master, &cookie, "000000"), "over");
    let code = key.code(store.clock().now().unix());
    assert_eq!(give(&store, &master, &cookie, &code), "over");
    let filter = events::Filter {
        kind: Some("member.second_step.refused".to_owned()),
        ..events::Filter::default()
    };
    let window = crate::store::Window::default();
    let told = store.read_now(|db| events::page(db, &window, &filter)).unwrap();
    assert_eq!(told.data.len(), 1);
}

#[test]
fn a_key_is_sealed_and_a_second_step_that_is_on_is_not_set_up_over_it() {
    let (store, master) = (testing::store(), master());
    let member = store.system(|tx| create(tx, &maya()));
    let key = store.system(|tx| second_step::propose(tx, &master, &member.id));
    let proposed =
        |master: &MasterKey| store.read_now(|db| second_step::proposed(db, master, &member.id));
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
