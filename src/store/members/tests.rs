//! The rules of members, by their words.

mod second_step;

use super::*;
use crate::crypto::Secret;
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

#[test]
fn a_link_for_signing_in_sets_no_password_and_works_once() {
    let store = testing::store();
    let member = store.system(|tx| create(tx, &maya()));
    let replaced = store.system(|tx| admit(tx, &member.id));
    let link = store.system(|tx| admit(tx, &member.id));
    let redeemed = store.try_system(|tx| redeem(tx, link.reveal(), &maya(), "hash"));
    assert_eq!(refused(redeemed), "no link");
    let spend = |token: &Secret| store.try_system(|tx| spend(tx, token.reveal()));
    assert_eq!(refused(spend(&replaced)), "no link");
    assert_eq!(spend(&link).unwrap().id, member.id);
    assert_eq!(refused(spend(&link)), "no link");
    let password = store.system(|tx| invite(tx, &member.id));
    assert_eq!(refused(spend(&password)), "no link");
}
