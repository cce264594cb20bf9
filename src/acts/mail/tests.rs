//! What becomes of mails where there is no server, or none that answers. `tests/it/mail.rs` has one that does.

use super::*;
use crate::config::{Flags, Loaded, Put, Surroundings, load_from};
use crate::store::connections::{certificates, set_contact};
use crate::store::mails::{Secrets, State};
use crate::store::testing::{self, TestStore};
use crate::store::{Window, mails::NewMail};
use chrono::TimeDelta;

fn master() -> MasterKey {
    MasterKey::from_base64("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", None).unwrap()
}

fn loaded(settings: &[(&str, &str)]) -> Loaded {
    let settings = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let flags = Flags { config: None, settings: settings.collect() };
    load_from(&flags, &Surroundings::default()).unwrap()
}

fn poster(store: &TestStore, settings: &[(&str, &str)]) -> Poster {
    Poster::new(Arc::new(Live::new(loaded(settings))), (**store).clone(), master()).unwrap()
}

#[test]
fn a_mail_has_the_name_that_the_operator_has_now() {
    let store = testing::store();
    let live = Arc::new(Live::new(loaded(&[])));
    let poster = Poster::new(live.clone(), (*store).clone(), master()).unwrap();
    written(&store, Some("ines@globex.example"));
    let foot = || poster.letter(&all(&store)[0], None).foot;
    assert!(!foot().contains("Orbit Labs"), "{}", foot());
    live.take(1, &Put::from([("brand.name", "Orbit Labs".to_owned())]));
    assert!(foot().contains("Orbit Labs"), "{}", foot());
}

/// Nobody listens at port 1.
const NOBODY: &[(&str, &str)] =
    &[("email.smtp_url", "smtp://127.0.0.1:1"), ("email.from", "no-reply@orbit.example")];

async fn go(poster: &Poster) {
    let (_stop, stopped) = watch::channel(false);
    poster.go(&stopped).await.unwrap();
}

fn all(store: &TestStore) -> Vec<Mail> {
    store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap().data
}

/// A mail with a link that is good for an hour; without an address it is the operator's.
fn written(store: &TestStore, to: Option<&str>) {
    let to = to.map(|text| Email::parse(text).unwrap());
    let until = store.clock().now().plus(TimeDelta::hours(1));
    let values = Values::from([("url".to_owned(), "https://sso.example/setup/sl_x".to_owned())]);
    store.system(|tx| {
        let new = NewMail {
            kind: Kind::SetupLink,
            organization: None,
            to: to.as_ref(),
            subject: "lnk_1",
            values: Values::new(),
            cause: None,
        };
        mails::write(tx, new, Some(Secrets { master: &master(), values, until }))
    });
}

#[tokio::test]
async fn without_a_server_a_mail_is_kept_to_be_shown() {
    let store = testing::store();
    let poster = poster(&store, &[]);
    written(&store, Some("ines@globex.example"));
    go(&poster).await;
    let mail = all(&store).remove(0);
    assert_eq!(mail.state, State::Unsent);
    assert!(mail.said.as_ref().unwrap().contains("email.smtp_url"));
    let secrets = mail.secrets(&master(), store.clock().now()).unwrap();
    let letter = poster.letter(&mail, secrets.as_ref());
    assert!(letter.plain().unwrap().contains("https://sso.example/setup/sl_x"));
    assert!(!poster.letter(&mail, None).plain().unwrap().contains("sl_x"));
    assert!(look(&loaded(&[]).config).await.unwrap().is_none());
}

#[tokio::test]
async fn an_alert_that_nobody_receives_is_kept_to_be_shown() {
    let store = testing::store();
    written(&store, None);
    go(&poster(&store, NOBODY)).await;
    let mail = all(&store).remove(0);
    assert_eq!(mail.state, State::Unsent);
    assert!(mail.said.unwrap().contains("admin.email"));
}

#[tokio::test]
async fn a_mail_waits_for_a_server_that_cannot_be_reached() {
    let store = testing::store();
    let poster = poster(&store, NOBODY);
    written(&store, Some("ines@globex.example"));
    go(&poster).await;
    let mail = all(&store).remove(0);
    assert_eq!((mail.state, mail.attempts), (State::Queued, 1));
    assert!(mail.due_at > store.clock().now() && mail.said.is_some(), "{mail:?}");
    go(&poster).await;
    assert_eq!(all(&store)[0].attempts, 1, "it is not due yet");
    assert!(look(&loaded(NOBODY).config).await.unwrap().unwrap().is_err());
}

#[tokio::test]
async fn a_mail_whose_link_has_ended_is_not_sent() {
    let store = testing::store();
    written(&store, Some("ines@globex.example"));
    store.clock().advance(TimeDelta::hours(1));
    go(&poster(&store, NOBODY)).await;
    let mail = all(&store).remove(0);
    assert_eq!(mail.state, State::Failed);
    assert!(mail.said.unwrap().contains("had ended"));
}

#[tokio::test]
async fn the_mail_about_a_certificate_brings_a_link_that_opens_nothing_else() {
    let store = testing::store();
    let connection = testing::active(&store, "JumpCloud", None);
    store.system(|tx| set_contact(tx, &connection.id, "ines@globex.example"));
    let end = connection.identity_provider.as_ref().unwrap().certificates[0].not_after();
    let ahead = end.minus(TimeDelta::days(7)).since(store.clock().now());
    store.clock().advance(ahead);
    store.system(certificates::tell_ends);
    let poster = poster(&store, &[]);
    go(&poster).await;
    store.clock().advance(TimeDelta::minutes(5));
    go(&poster).await;
    let mail = all(&store).into_iter().find(|one| one.kind == Kind::CertificateRenewal).unwrap();
    let secrets = mail.secrets(&master(), store.clock().now()).unwrap().unwrap();
    let token = secrets["url"].rsplit('/').next().unwrap().to_owned();
    let link = store.read_now(|db| setup_links::by_token(db, &token)).unwrap().unwrap();
    assert_eq!(*link.covers, [Cover::Certificate]);
    assert_eq!((link.connection_id.as_ref(), &*link.created_by), (Some(&connection.id), "system"));
    let of = connection.organization_id;
    assert_eq!(store.read_now(|db| setup_links::count(db, &of)).unwrap(), 1);
}
