//! The rules of the outbox, by their words.

use super::*;
use crate::crypto::MasterKey;
use crate::store::connections::{certificates, set_contact};
use crate::store::testing::{self, TestStore, refused};
use crate::store::webhooks::{self, EndpointPatch, NewEndpoint};
use chrono::TimeDelta;

fn master() -> MasterKey {
    MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", None).unwrap()
}

fn ines() -> Email {
    Email::parse("ines@globex.example").unwrap()
}

fn link(cause: Option<&str>) -> NewMail<'static> {
    NewMail {
        kind: Kind::SetupLink,
        organization: None,
        to: None,
        subject: "lnk_1",
        values: values([("organization", "Globex".to_owned())]),
        cause: cause.map(str::to_owned),
    }
}

/// A mail with a link that is good for an hour.
fn written(store: &TestStore, master: &MasterKey) -> Mail {
    let (to, until) = (ines(), store.clock().now().plus(TimeDelta::hours(1)));
    let secret = values([("url", "https://sso.example/setup/sl_marked".to_owned())]);
    store.system(|tx| {
        let new = NewMail { to: Some(&to), ..link(None) };
        write(tx, new, Some(Secrets { master, values: secret, until }))
    });
    all(store).remove(0)
}

fn all(store: &TestStore) -> Vec<Mail> {
    store.read_now(|db| page(db, &Window::default(), None)).unwrap().data
}

fn taken(store: &TestStore) -> Vec<Taken> {
    store.system(|tx| take(tx, 10))
}

#[test]
fn a_mail_is_written_with_what_causes_it_or_not_at_all() {
    let store = testing::store();
    let done: Result<()> = store.try_system(|tx| {
        write(tx, link(None), None)?;
        Err(Error::conflict("no", "No."))
    });
    assert!(done.is_err() && all(&store).is_empty());
    store.system(|tx| write(tx, link(None), None));
    assert_eq!(all(&store)[0].state, State::Queued);
}

#[test]
fn of_a_cause_there_is_one_mail() {
    let store = testing::store();
    let news = |cause| store.system(|tx| write(tx, link(cause), None));
    assert!(news(Some("a")) && !news(Some("a")) && news(Some("b")));
    assert!(news(None) && news(None));
    assert_eq!(all(&store).len(), 4);
}

#[test]
fn what_is_taken_is_nobody_elses_until_the_lease_is_over() {
    let (store, master) = (testing::store(), master());
    written(&store, &master);
    let first = taken(&store);
    assert_eq!((first.len(), first[0].mail.attempts), (1, 1));
    assert!(taken(&store).is_empty());
    let now = store.clock().now();
    assert!(!store.read_now(|db| is_due(db, now)).unwrap());
    store.clock().advance(LEASE);
    let second = taken(&store);
    assert_eq!((second.len(), second[0].mail.attempts), (1, 2));
    // Whoever was too slow notes nothing.
    assert!(!store.system(|tx| sent(tx, &first[0], "ines@globex.example", "250 OK")));
    assert!(store.system(|tx| sent(tx, &second[0], "ines@globex.example", "250 OK")));
    store.clock().advance(TimeDelta::days(2));
    assert!(taken(&store).is_empty());
}

#[test]
fn a_secret_is_sealed_and_goes_when_the_mail_is_sent() {
    let (store, master) = (testing::store(), master());
    let mail = written(&store, &master);
    assert!(!format!("{mail:?}").contains("sl_marked"));
    let now = store.clock().now();
    let opened = mail.secrets(&master, now).unwrap().unwrap();
    assert_eq!(opened["url"], "https://sso.example/setup/sl_marked");
    let taken = taken(&store);
    store.system(|tx| sent(tx, &taken[0], "ines@globex.example", "250 2.0.0 OK\r\nBcc: x"));
    let mail = &all(&store)[0];
    assert_eq!((mail.state, mail.secret.as_ref()), (State::Sent, None));
    assert_eq!(mail.said.as_deref(), Some("250 2.0.0 OK  Bcc: x"));
    let seen = store.try_system(|tx| reveal(tx, &master, &mail.id));
    assert_eq!(refused(seen), "mail_sent");
}

#[test]
fn a_secret_that_has_ended_is_neither_shown_nor_kept() {
    let (store, master) = (testing::store(), master());
    let mail = written(&store, &master);
    let (_, seen) = store.system(|tx| reveal(tx, &master, &mail.id));
    assert!(seen.contains_key("url"));
    assert_eq!(store.kinds(None), ["mail.revealed"]);
    store.clock().advance(TimeDelta::hours(1));
    assert!(mail.is_over(store.clock().now()));
    assert_eq!(refused(store.try_system(|tx| reveal(tx, &master, &mail.id))), "mail_over");
    assert_eq!(store.system(|tx| clean_up(tx, 10)), 1);
    assert_eq!(all(&store)[0].secret, None);
}

#[test]
fn a_mail_that_is_not_taken_is_tried_for_a_day_and_then_given_up() {
    let store = testing::store();
    store.system(|tx| write(tx, link(None), None));
    let began = store.clock().now();
    let mut attempts = 0;
    loop {
        let taken = taken(&store);
        attempts += 1;
        if store.system(|tx| later(tx, &taken[0], "451 Come back later")) {
            break;
        }
        let next = all(&store)[0].due_at;
        assert!(next > store.clock().now(), "it waits");
        store.clock().advance(next.since(store.clock().now()));
    }
    let lasted = store.clock().now().since(began);
    assert!(lasted <= PATIENCE && lasted > TimeDelta::hours(20), "{lasted}");
    assert!((10..25).contains(&attempts), "{attempts}");
    let mail = &all(&store)[0];
    assert_eq!((mail.state, mail.said.as_deref()), (State::Failed, Some("451 Come back later")));
    assert_eq!(store.kinds(None), ["mail.failed"]);
}

#[test]
fn a_mail_that_was_given_up_is_sent_again_for_another_day_unless_its_link_has_ended() {
    let (store, master) = (testing::store(), master());
    let mail = written(&store, &master);
    let again = || store.try_system(|tx| again(tx, &mail.id));
    assert_eq!(refused(again()), "mail_not_given_up");
    let first = taken(&store);
    store.system(|tx| failed(tx, &first[0], "550 No such mailbox"));
    let renewed = again().unwrap();
    assert_eq!((renewed.state, renewed.attempts), (State::Queued, 0));
    let second = taken(&store);
    store.system(|tx| unsent(tx, &second[0], "there is no mail server"));
    assert_eq!(all(&store)[0].state, State::Unsent);
    store.clock().advance(TimeDelta::hours(1));
    assert_eq!(refused(again()), "mail_over");
}

#[test]
fn a_mail_is_kept_for_thirty_days() {
    let store = testing::store();
    store.system(|tx| write(tx, link(None), None));
    store.clock().advance(KEPT - TimeDelta::minutes(1));
    assert_eq!(store.system(|tx| clean_up(tx, 10)), 0);
    store.clock().advance(TimeDelta::minutes(2));
    assert_eq!(store.system(|tx| clean_up(tx, 10)), 1);
    assert!(all(&store).is_empty());
}

#[test]
fn the_operator_is_told_of_a_webhook_that_was_turned_off_but_not_by_hand() {
    let (store, master) = (testing::store(), master());
    let new = NewEndpoint {
        organization_id: None,
        url: "https://app.example/hooks".to_owned(),
        description: None,
        events: crate::store::events::kinds::Kinds::default(),
    };
    let endpoint = store.system(|tx| webhooks::create(tx, &master, new, None)).0;
    let off = EndpointPatch { enabled: Some(false), ..EndpointPatch::default() };
    store.system(|tx| webhooks::change(tx, &endpoint.id, off));
    assert!(all(&store).is_empty());
    store.system(|tx| webhook_is_off(tx, &endpoint, webhooks::Because::Gone));
    let mail = &all(&store)[0];
    assert_eq!((mail.kind, mail.recipient.as_ref()), (Kind::WebhookOff, None));
    assert_eq!(mail.data["because"], "gone");
}

#[test]
fn the_end_of_the_last_certificate_is_mailed_once_for_each_step_to_operator_and_customer() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    store.system(|tx| set_contact(tx, &connection.id, "ines@globex.example"));
    store.system(certificates::adopt);
    let end = store
        .read_now(|db| certificates::list(db, &connection))
        .unwrap()
        .iter()
        .map(|one| one.not_after)
        .max()
        .unwrap();
    let mut kinds = Vec::new();
    for days in [61, 60, 59, 30, 14, 7, 1] {
        let at = end.minus(TimeDelta::days(days)).plus(TimeDelta::minutes(1));
        store.clock().advance(at.since(store.clock().now()));
        store.system(certificates::tell_ends);
        store.system(certificates::tell_ends);
        kinds.push((days, all(&store).len()));
    }
    assert_eq!(kinds, [(61, 0), (60, 2), (59, 2), (30, 4), (14, 4), (7, 6), (1, 8)]);
    let to: Vec<_> = all(&store).into_iter().map(|mail| (mail.kind, mail.recipient)).collect();
    assert!(to.contains(&(Kind::CertificateEnding, None)));
    assert!(to.contains(&(Kind::CertificateRenewal, Some("ines@globex.example".to_owned()))));
}

#[test]
fn a_contact_is_an_address_and_no_event_keeps_it() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    let set = |text: &str| store.try_system(|tx| set_contact(tx, &connection.id, text));
    assert_eq!(refused(set("ines")), "/email email_invalid");
    set(" ines@globex.example ").unwrap();
    let of = |store: &TestStore| {
        store.read_now(|db| crate::store::connections::contact(db, &connection.id)).unwrap()
    };
    assert_eq!(of(&store), Some(ines()));
    let filter = events::Filter { kind: Some("connection.updated".into()), ..Default::default() };
    let told = store.read_now(|db| events::page(db, &Window::default(), &filter)).unwrap().data;
    assert!(!told.is_empty() && !format!("{told:?}").contains("ines"), "{told:?}");
    set("").unwrap();
    assert_eq!(of(&store), None);
}
