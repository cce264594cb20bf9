//! What letters say, and that nobody writes anything else into them.

use super::*;
use crate::store::testing;
use crate::store::{MailId, Window, mails};
use lettre::message::Mailbox;

const HOSTILE: &str = "<script>alert(1)</script>\r\nBcc: evil@evil.example\r\n\r\n&";

fn words(locale: &Locale) -> Words<'_> {
    Words { locale, lang: "en", brand: HOSTILE.to_owned(), public_url: "https://sso.example.com" }
}

/// A mail of each kind, full of hostile text.
fn mails() -> Vec<Mail> {
    let names = [
        "organization",
        "connection",
        "application",
        "name",
        "url",
        "note",
        "day",
        "link",
        "minutes",
        "failed",
        "of",
        "cause",
    ];
    let data: Values =
        names.into_iter().map(|name| (name.to_owned(), HOSTILE.to_owned())).collect();
    let store = testing::store();
    for word in Kind::WORDS {
        let mut values = data.clone();
        values.insert("path".to_owned(), "/console/x".to_owned());
        values.insert("because".to_owned(), "gone".to_owned());
        let new = mails::NewMail {
            kind: word.parse().unwrap(),
            organization: None,
            to: None,
            subject: "x",
            values,
            cause: None,
        };
        store.system(|tx| mails::write(tx, new, None));
    }
    store.read_now(|db| mails::page(db, &Window::default(), None)).unwrap().data
}

#[test]
fn no_name_makes_another_header_or_markup() {
    let locale = Locale::load("en").unwrap();
    let from = Mailbox::new(Some(one_line(HOSTILE)), "no-reply@orbit.example".parse().unwrap());
    let to = Email::parse("ines@globex.example").unwrap();
    for mail in mails() {
        let secrets = Values::from([
            ("url".to_owned(), "https://sso.example.com/setup/sl_x".to_owned()),
            ("code".to_owned(), "123456".to_owned()),
        ]);
        let letter = Letter::of(&words(&locale), &mail, Some(&secrets));
        let id = MailId::new();
        let now = Time::from_unix(1_800_000_000);
        let message = letter.message(&from, &to, id.as_str(), now).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.to_lowercase().contains("\r\nbcc:"), "{}: {head}", mail.kind);
        assert_eq!(message.envelope().to().len(), 1);
        assert!(head.contains(&format!("Message-ID: <{id}@orbit.example>")), "{head}");
        assert!(head.contains("Auto-Submitted: auto-generated"), "{head}");
        assert!(!letter.html().unwrap().contains("<script"), "{}", mail.kind);
        // Every sentence is there, and every name of it is filled in.
        let plain = letter.plain().unwrap();
        assert!(!plain.contains('{') && !plain.contains("mail."), "{}: {plain}", mail.kind);
        assert!(!letter.subject.contains('{') && !letter.subject.contains("mail."));
    }
}

#[test]
fn a_link_or_code_is_hidden_unless_it_is_given() {
    let locale = Locale::load("en").unwrap();
    for mail in mails() {
        let letter = Letter::of(&words(&locale), &mail, None);
        match mail.kind {
            Kind::SetupCode => assert_eq!(letter.code.as_deref(), Some(HIDDEN)),
            Kind::WebhookOff => {
                let (_, url) = letter.link.unwrap();
                assert_eq!(url, "https://sso.example.com/console/x");
            }
            _ => assert_eq!(letter.code, None),
        }
    }
}
