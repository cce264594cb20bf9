//! Mail at the console.

use super::Desk;
use crate::email::Email;
use crate::store::mails::{self, Kind, Mail, NewMail, Secrets, State, Values};
use crate::store::members::Role;
use crate::store::{Window, testing};
use chrono::TimeDelta;

const PAGE: &str = "/console/settings/email";

/// A mail with a link that nobody could be sent.
fn of_kind(desk: &Desk, kind: Kind) -> Mail {
    let (store, master) = (desk.world.store(), &desk.world.state.master);
    let to = Email::parse("ines@globex.example").unwrap();
    let link = Values::from([("url".to_owned(), "https://sso.example/setup/sl_marked".to_owned())]);
    let until = store.clock().now().plus(TimeDelta::hours(1));
    store.system(|tx| {
        let new = NewMail {
            kind,
            organization: None,
            to: Some(&to),
            subject: "lnk_1",
            values: Values::from([("organization".to_owned(), "<i>Globex".to_owned())]),
            cause: None,
        };
        mails::write(tx, new, Some(Secrets { master, values: link, until }))?;
        let taken = mails::take(tx, 10)?;
        taken.iter().try_for_each(|one| mails::unsent(tx, one, "there is no mail server"))
    });
    store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap().data.remove(0)
}

/// A setup link that nobody could be sent.
pub(super) fn unsent(desk: &Desk) -> Mail {
    of_kind(desk, Kind::SetupLink)
}

fn now(desk: &Desk, mail: &Mail) -> Mail {
    desk.world.store().read_now(|db| mails::find(db, &mail.id)).unwrap()
}

#[actix_web::test]
async fn the_outbox_says_of_each_mail_how_far_it_is() {
    let desk = Desk::signed_in(Role::Admin).await;
    assert!(desk.get(PAGE).await.body.contains("There is no such mail"));
    let mail = unsent(&desk);
    let page = desk.get(PAGE).await.body;
    for part in ["ines@globex.example", ">Not sent<", "there is no mail server", "email.smtp_url"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("sl_marked"));
    assert!(!desk.get(&format!("{PAGE}?state=sent")).await.body.contains(mail.id.as_str()));
    assert!(desk.get(&format!("{PAGE}?state=unsent")).await.body.contains(mail.id.as_str()));
}

#[actix_web::test]
async fn a_link_in_a_mail_is_shown_to_who_asks_for_it_and_that_is_kept() {
    let desk = Desk::signed_in(Role::Admin).await;
    let mail = unsent(&desk);
    let uri = format!("{PAGE}/{}", mail.id);
    let page = desk.get(&uri).await.body;
    assert!(!page.contains("sl_marked") && page.contains("&#60;i&#62;Globex"), "{page}");
    let shown = desk.post(&format!("{uri}/reveal"), &[]).await;
    assert!(shown.status == 200 && shown.body.contains("/setup/sl_marked"), "{}", shown.body);
    assert!(desk.world.store().kinds(None).contains(&"mail.revealed".to_owned()));
    desk.world.store().clock().advance(TimeDelta::hours(1));
    let over = desk.post(&format!("{uri}/reveal"), &[]).await;
    assert!(over.status == 422 && !over.body.contains("sl_marked"));
}

#[actix_web::test]
async fn a_link_by_which_a_member_signs_in_is_an_owners_to_see() {
    for (role, may) in [(Role::Admin, false), (Role::Owner, true)] {
        let desk = Desk::signed_in(role).await;
        for kind in [Kind::Invitation, Kind::PasswordReset] {
            let mail = of_kind(&desk, kind);
            let uri = format!("{PAGE}/{}", mail.id);
            assert_eq!(desk.get(&uri).await.body.contains("/reveal\""), may, "{role}");
            let shown = desk.post(&format!("{uri}/reveal"), &[]).await;
            assert_eq!(shown.status, if may { 200 } else { 403 }, "{role} {kind}");
            assert_eq!(shown.body.contains("sl_marked"), may, "{role} {kind}");
        }
    }
}

#[actix_web::test]
async fn a_mail_that_was_not_sent_is_sent_again() {
    let desk = Desk::signed_in(Role::Owner).await;
    let mail = unsent(&desk);
    let uri = format!("{PAGE}/{}/again", mail.id);
    assert_eq!(desk.post(&uri, &[]).await.status, 303);
    assert_eq!(now(&desk, &mail).state, State::Queued);
    let twice = desk.post(&uri, &[]).await;
    assert!(twice.status == 422 && twice.body.contains("still will be"), "{}", twice.body);
}

#[actix_web::test]
async fn without_a_server_there_is_no_test_to_send() {
    let desk = Desk::signed_in(Role::Admin).await;
    assert!(!desk.get(PAGE).await.body.contains("/test\""));
    let answer = desk.post(&format!("{PAGE}/test"), &[]).await;
    assert!(answer.status == 422 && answer.body.contains("email.smtp_url"), "{}", answer.body);
}

#[actix_web::test]
async fn a_link_is_mailed_with_the_invitation_of_a_member() {
    let desk = Desk::signed_in(Role::Owner).await;
    let form = [("name", "Sam"), ("email", "sam@orbit.example"), ("role", "viewer")];
    let page = desk.post("/console/settings/members", &form).await.body;
    let (store, master) = (desk.world.store(), &desk.world.state.master);
    let mail =
        store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap().data.remove(0);
    assert_eq!(
        (mail.kind, mail.recipient.as_deref()),
        (Kind::Invitation, Some("sam@orbit.example"))
    );
    let secrets = mail.secrets(master, store.clock().now()).unwrap().unwrap();
    assert!(page.contains(&secrets["url"]), "{page}");
}

#[actix_web::test]
async fn who_is_told_of_a_certificate_is_changed_at_the_connection() {
    let desk = Desk::signed_in(Role::Admin).await;
    let connection = testing::active(desk.world.store(), "Okta", None);
    let uri = format!("/console/connections/{}/contact", connection.id);
    let wrong = desk.post(&uri, &[("email", "ines <i>")]).await;
    assert!(wrong.status == 422 && wrong.body.contains("href=\"#email\""), "{}", wrong.body);
    assert_eq!(desk.post(&uri, &[("email", "ines@globex.example")]).await.status, 303);
    assert!(desk.get(&uri).await.body.contains("value=\"ines@globex.example\""));
}
