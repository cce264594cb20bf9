//! Mail, taken by a server that others wrote and read by Python's own reader.

use crate::cli::Place;
use crate::gateway::Gateway;
use crate::peers::MailServer;
use crate::user_agent::UserAgent;
use serde_json::json;
use std::time::{Duration, Instant};
use vestibule::email::Email;
use vestibule::store::Window;
use vestibule::store::mails::{self, Kind, Mail, NewMail, State, Values};
use vestibule::store::setup_links::{self, NewLink};

/// `p@ss/word`, as it is written in an address.
const PASSWORD: &str = "p%40ss%2Fword";

fn mails(gateway: &Gateway) -> Vec<Mail> {
    gateway.read(|db| mails::page(db, &Window::default(), None)).data
}

/// The newest mail, once something was tried and it looks as it should.
async fn until(gateway: &Gateway, is_so: impl Fn(&Mail) -> bool) -> Mail {
    let began = Instant::now();
    loop {
        let mail = mails(gateway).remove(0);
        if is_so(&mail) {
            return mail;
        }
        assert!(began.elapsed() < Duration::from_secs(40), "{mail:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A mail that says something to an address.
fn write(gateway: &Gateway, to: &str) {
    let to = Email::parse(to).unwrap();
    gateway.write(|tx| {
        let new = NewMail {
            kind: Kind::SignInsFailing,
            organization: None,
            to: Some(&to),
            subject: "con_1",
            values: Values::from([
                ("organization".to_owned(), "Globex".to_owned()),
                ("path".to_owned(), "/console/traces".to_owned()),
            ]),
            cause: None,
        };
        mails::write(tx, new, None)
    });
}

#[actix_web::test]
async fn a_setup_link_is_mailed_by_starttls_and_password_as_a_message_that_others_read() {
    let server = MailServer::start().await;
    let gateway = Gateway::apart_with(&server.safe(PASSWORD)).await;
    let globex = gateway.customer("globex.example");
    let new = NewLink {
        note: Some("Grüße <b>\r\nBcc: evil@evil.example".to_owned()),
        email: Some("ines@globex.example".to_owned()),
        ..NewLink::default()
    };
    let url = gateway.write(|tx| {
        let (link, token) = setup_links::create(tx, &globex.organization.id, new)?;
        let url = format!("{}/setup/{}", gateway.url, token.reveal());
        setup_links::mail(tx, &gateway.state.master, &link, &url)?;
        Ok(url)
    });
    let came = server.mails(1).await.remove(0);
    assert_eq!((&came["tls"], &came["signed_in"]), (&json!(true), &json!(true)));
    assert_eq!(came["from"], "no-reply@orbit.example");
    assert_eq!(came["to"], json!(["ines@globex.example"]));
    assert_eq!((&came["defects"], &came["type"]), (&json!([]), &json!("multipart/alternative")));
    assert_eq!(came["headers"]["from"], "Orbit Läbs <no-reply@orbit.example>");
    assert_eq!(came["headers"]["subject"], "Set up single sign-on for globex with Orbit Läbs");
    assert_eq!(came["headers"]["auto-submitted"], "auto-generated");
    let mail = until(&gateway, |mail| mail.state == State::Sent).await;
    let id = format!("<{}@orbit.example>", mail.id);
    assert_eq!(came["headers"]["message-id"], id);
    assert!(!came["names"].as_array().unwrap().contains(&json!("bcc")), "{came}");
    for part in ["plain", "html"] {
        let text = came[part].as_str().unwrap();
        assert!(text.contains(&url) && text.contains("Grüße"), "{text}");
    }
    assert!(!came["html"].as_str().unwrap().contains("<b>\r"), "{came}");
    assert_eq!((mail.secret, mail.attempts), (None, 1));
    assert!(mail.said.unwrap().starts_with("250"));
    // The address in it opens the portal.
    assert_eq!(UserAgent::new().get(url).await.status, 200);
}

#[actix_web::test]
async fn a_mail_that_is_refused_is_not_tried_again_and_one_that_must_wait_is() {
    let server = MailServer::start().await;
    let gateway = Gateway::apart_with(&server.plain("")).await;
    write(&gateway, "refused@globex.example");
    let refused = until(&gateway, |mail| mail.state != State::Queued).await;
    assert_eq!((refused.state, refused.attempts), (State::Failed, 1));
    assert!(refused.said.unwrap().contains("There is no such mailbox"));
    write(&gateway, "later@globex.example");
    let later = until(&gateway, |mail| mail.said.is_some()).await;
    assert_eq!(later.state, State::Queued);
    assert!(later.said.unwrap().contains("Come back later"));
    assert!(later.due_at > gateway.now());
    // What comes after a refusal arrives all the same.
    write(&gateway, "ines@globex.example");
    let came = server.mails(1).await;
    assert_eq!(
        (came[0]["to"][0].as_str(), &came[0]["tls"]),
        (Some("ines@globex.example"), &json!(false))
    );
    let tried = server.tried().await;
    assert_eq!(tried.iter().filter(|to| to.starts_with("refused@")).count(), 1, "{tried:?}");
}

#[actix_web::test]
async fn a_server_that_does_not_answer_keeps_nobody_else_waiting() {
    let server = MailServer::start().await;
    let gateway = Gateway::apart_with(&server.plain("")).await;
    write(&gateway, "slow@globex.example");
    until(&gateway, |mail| mail.attempts == 1).await;
    assert_eq!(UserAgent::new().get(format!("{}/readyz", gateway.url)).await.status, 200);
    let slow = until(&gateway, |mail| mail.said.is_some()).await;
    assert_eq!(slow.state, State::Queued);
    assert!(slow.said.unwrap().contains("no answer within"));
    write(&gateway, "ines@globex.example");
    assert_eq!(server.mails(1).await[0]["to"][0], "ines@globex.example");
}

#[actix_web::test]
async fn nothing_is_sent_to_a_server_that_has_no_tls_where_it_is_wanted() {
    let server = MailServer::start().await;
    let gateway = Gateway::apart_with(&server.plain("?tls=required")).await;
    write(&gateway, "ines@globex.example");
    let mail = until(&gateway, |mail| mail.said.is_some()).await;
    assert!(
        mail.state == State::Queued && mail.said.as_ref().unwrap().contains("STARTTLS"),
        "{mail:?}"
    );
    assert!(server.tried().await.is_empty());
}

#[actix_web::test]
async fn several_processes_send_each_mail_once() {
    let server = MailServer::start().await;
    let settings = server.safe(PASSWORD);
    let gateway = Gateway::apart_with(&settings).await;
    let beside = gateway.beside_with(&settings).await;
    for number in 0..30 {
        write(&gateway, &format!("person-{number}@globex.example"));
    }
    server.mails(30).await;
    until(&gateway, |_| mails(&gateway).iter().all(|mail| mail.state == State::Sent)).await;
    assert_eq!(server.mails(30).await.len(), 30);
    drop(beside);
}

#[actix_web::test]
async fn the_command_line_looks_at_the_server_and_sends_a_test() {
    let server = MailServer::start().await;
    let with = |settings: Vec<(&str, String)>| {
        settings.into_iter().fold(Place::new(), |place, (name, value)| place.with(name, &value))
    };
    let place = with(server.safe(PASSWORD));
    let doctor = |place: &Place| String::from_utf8(place.run(&["doctor"]).stdout).unwrap();
    let said = doctor(&place);
    assert!(said.contains("lets us in") && !said.contains(PASSWORD), "{said}");
    let test = place.text(&["mail", "test", "ines@globex.example"]);
    assert!(test.contains("250"), "{test}");
    let came = server.mails(1).await.remove(0);
    assert_eq!(came["headers"]["subject"], "A test from Orbit Läbs");
    assert!(place.text(&["mail", "list"]).trim().is_empty());
    assert_eq!(place.exit(&["mail", "test", "refused@globex.example"]), 7);
    assert_eq!(place.exit(&["mail", "test", "nobody"]), 6);
    let shown = place.text(&["config", "show"]);
    assert!(shown.contains("smtp://") && !shown.contains("p%40ss"), "{shown}");
    let wrong = with(server.safe("wrong"));
    let said = doctor(&wrong);
    assert!(said.contains("FAIL  mail") && said.contains("535"), "{said}");
    assert_eq!(server.mails(1).await.len(), 1, "looking sends nothing");
}
