//! The rules of members, by their words.

use super::*;
use crate::crypto::{AppKey, MasterKey, Secret};
use crate::store::testing::{self, TestStore, refused};
use chrono::TimeDelta;

const LASTS: Lasts = Lasts { idle: TimeDelta::hours(2), most: TimeDelta::hours(12) };

fn maya() -> NewMember {
    NewMember { email: "Maya@Orbit.example".into(), name: "Maya".into(), role: Role::Owner }
}

fn is_live(store: &TestStore, cookie: &str) -> bool {
    let now = store.clock().now();
    store.read_now(|db| live(db, cookie, LASTS, now)).unwrap().is_some()
}

#[test]
fn an_address_is_of_one_member_however_it_is_written() {
    let store = testing::store();
    let member = store.system(|tx| create(tx, &maya()));
    let again = NewMember { email: "maya@ORBIT.example".into(), ..maya() };
    assert_eq!(refused(store.try_system(|tx| create(tx, &again))), "email_taken");
    let found = store.read_now(|db| by_email(db, "MAYA@orbit.example")).unwrap().unwrap();
    assert_eq!(found.id, member.id);
    assert!(store.read_now(|db| by_email(db, "nobody")).unwrap().is_none());
}

#[test]
fn the_first_link_makes_one_owner_and_no_second() {
    let store = testing::store();
    let old = store.system(start).unwrap();
    let token = store.system(start).unwrap();
    let redeem = |token: &str| store.try_system(|tx| redeem(tx, token, &maya(), "hash"));
    assert_eq!(refused(redeem(old.reveal())), "no link");
    assert_eq!(redeem(token.reveal()).unwrap().role, Role::Owner);
    assert_eq!(refused(redeem(token.reveal())), "no link");
    assert!(store.system(start).is_none());
}

#[test]
fn a_link_is_good_for_an_hour() {
    let store = testing::store();
    let token = store.system(start).unwrap();
    let found = |token: &str| {
        let now = store.clock().now();
        store.read_now(|db| link(db, token, now)).unwrap().is_some()
    };
    store.clock().advance(TimeDelta::minutes(59));
    assert!(found(token.reveal()) && found(token.reveal()));
    store.clock().advance(TimeDelta::minutes(1));
    assert!(!found(token.reveal()));
}

#[test]
fn a_session_ends_when_it_is_not_used_and_after_half_a_day_in_any_case() {
    let store = testing::store();
    let member = store.system(|tx| create(tx, &maya()));
    let begin = || store.system(|tx| begin(tx, &member.id, None, LASTS, By::Password));
    let (_, idle) = begin();
    store.clock().advance(TimeDelta::minutes(119));
    assert!(is_live(&store, idle.reveal()));
    store.clock().advance(TimeDelta::minutes(1));
    assert!(!is_live(&store, idle.reveal()));
    let (session, used) = begin();
    for _ in 0..11 {
        store.clock().advance(TimeDelta::hours(1));
        assert!(is_live(&store, used.reveal()));
        store.system(|tx| touch(tx, &session.id));
    }
    store.clock().advance(TimeDelta::hours(1));
    assert!(!is_live(&store, used.reveal()));
}

#[test]
fn a_new_password_and_a_reset_end_every_session() {
    let store = testing::store();
    let member = store.system(|tx| create(tx, &maya()));
    let begin = || store.system(|tx| begin(tx, &member.id, None, LASTS, By::Password)).1;
    let first = begin();
    store.system(|tx| set_password(tx, &member.id, "hash"));
    assert!(!is_live(&store, first.reveal()));
    let (second, link) = (begin(), store.system(|tx| invite(tx, &member.id)));
    store.system(|tx| reset_password(tx, &member.id));
    assert!(!is_live(&store, second.reveal()));
    let redeemed = store.try_system(|tx| redeem(tx, link.reveal(), &maya(), "hash"));
    assert_eq!(refused(redeemed), "no link");
    assert!(store.read_now(|db| find(db, &member.id)).unwrap().password.is_none());
}

#[test]
fn a_password_that_is_guessed_soon_is_refused() {
    let check = |password: &str| match check_password(password, "maya@orbit.example", "Maya Orbit")
    {
        Ok(()) => "taken".to_owned(),
        refusal => refused(refusal),
    };
    assert_eq!(check("short words"), "/password too_short");
    assert_eq!(check(&"long words ".repeat(20)), "/password too_long");
    for common in [
        "aaaaaaaaaaaaaaaa",
        "password1234",
        "qwertyqwerty1!",
        "P@ssw0rdP@ssw0rd",
        "qwertyuiop[]",
        "abcdefghijkl",
        "manchesterunited",
        "maya@orbit.example",
        "MayaOrbit2026!",
        "vestibule2026",
    ] {
        assert_eq!(check(common), "/password too_common", "{common}");
    }
    assert_eq!(check("seven lamps behind the harbour"), "taken");
    assert_eq!(check("kx4-9fq2-wzr7"), "taken");
    assert_eq!(check("a horse and a staple"), "taken");
}

#[test]
fn another_role_ends_sessions_and_the_last_owner_who_can_sign_in_stays() {
    let store = testing::store();
    let maya = store.system(|tx| create(tx, &maya()));
    let sam =
        NewMember { email: "sam@orbit.example".into(), name: "Sam".into(), role: Role::Owner };
    let sam = store.system(|tx| create(tx, &sam));
    store.system(|tx| set_password(tx, &maya.id, "hash"));
    let demote = |id: &MemberId| store.try_system(|tx| change_role(tx, id, Role::Viewer));
    assert_eq!(refused(demote(&maya.id)), "last_owner");
    assert_eq!(refused(store.try_system(|tx| remove(tx, &maya.id))), "last_owner");
    store.system(|tx| set_password(tx, &sam.id, "hash"));
    let (_, cookie) = store.system(|tx| begin(tx, &maya.id, None, LASTS, By::Password));
    assert_eq!(demote(&maya.id).unwrap().role, Role::Viewer);
    assert!(!is_live(&store, cookie.reveal()));
    store.system(|tx| remove(tx, &maya.id));
    let left = store.read_now(list).unwrap();
    assert_eq!(left.iter().map(|member| &member.id).collect::<Vec<_>>(), [&sam.id]);
}

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

#[test]
fn a_refused_password_is_told_why() {
    for (password, why) in [
        ("qwertyuiopasdfgh", "many people have"),
        ("aaaaaaaaaaaaaaaa", "repeats itself"),
        ("mayaorbit1990", "your name, your address"),
        ("vestibulevestibule", "the name of this program"),
    ] {
        let refusal = check_password(password, "maya@orbit.example", "Maya Orbit").unwrap_err();
        assert!(refusal.to_string().contains(why), "{password}: {refusal}");
    }
}
