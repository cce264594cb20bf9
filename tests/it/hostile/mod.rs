//! Responses that are wrong or made to harm: each is refused with its cause, and the next sign-in works.

mod browsers;
mod flood;
mod forms;
mod memory;

use crate::gateway::{ADA, Gateway, Key, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use vestibule::cause::Cause;
use vestibule::saml::issue::{Issue, Signed, Status};

/// A name, the cause, and what is wrong with the response.
type Wrong = (&'static str, Cause, fn(&mut Issue<'static>));
/// A name, the cause, and what is made of a right response.
type Harm = (&'static str, Cause, fn(String) -> Vec<u8>);

/// Each response with one thing wrong, and why it is refused.
fn wrong() -> Vec<Wrong> {
    vec![
        ("another audience", Cause::AudienceMismatch, |it| {
            it.audiences = vec!["https://elsewhere.example".to_owned()];
        }),
        ("no audience", Cause::AudienceMismatch, |it| it.audiences.clear()),
        ("another recipient", Cause::RecipientMismatch, |it| {
            it.recipient = "https://elsewhere.example/acs".to_owned();
        }),
        ("another destination", Cause::DestinationMismatch, |it| {
            it.destination = Some("https://elsewhere.example/acs".to_owned());
        }),
        ("another issuer", Cause::IssuerMismatch, |it| {
            it.issuer = "https://idp.elsewhere.example".to_owned();
        }),
        ("expired", Cause::ClockLate, |it| {
            it.not_before = it.issued_at.minus(TimeDelta::hours(2));
            it.not_on_or_after = it.issued_at.minus(TimeDelta::hours(1));
            it.issued_at = it.issued_at.minus(TimeDelta::hours(2));
        }),
        ("early", Cause::ClockEarly, |it| {
            it.not_before = it.issued_at.plus(TimeDelta::hours(1));
            it.not_on_or_after = it.issued_at.plus(TimeDelta::hours(2));
        }),
        ("unsigned", Cause::SignatureMissing, |it| it.signed = Signed::Nothing),
        ("an unknown key", Cause::CertificateUnknown, |it| it.signer = Key::unknown().signer()),
        ("another request", Cause::RequestUnknown, |it| {
            it.in_response_to = Some("_of_another_sign_in".to_owned());
        }),
        ("no request", Cause::RequestUnknown, |it| it.in_response_to = None),
        ("no name", Cause::NameIdMissing, |it| it.name_id.clear()),
        ("no email", Cause::EmailMissing, |it| it.name_id = "0815".to_owned()),
        ("another company's email", Cause::EmailDomainNotAllowed, |it| {
            it.name_id = "ada@initech.example".to_owned();
        }),
        ("the provider's refusal", Cause::StatusNotSuccess, |it| {
            it.status = Status::Refused {
                reason: "AuthnFailed".to_owned(),
                message: "Not assigned".to_owned(),
            };
        }),
    ]
}

#[actix_web::test]
async fn a_wrong_response_is_refused_with_its_cause_and_the_next_sign_in_works() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    for (name, cause, spoil) in wrong() {
        world
            .refuses(name, cause, |underway| {
                let mut issue = world.answer(underway);
                spoil(&mut issue);
                underway.form(&issue.base64().unwrap())
            })
            .await;
    }
}

/// Puts another person's unsigned assertion into a signed response.
fn wrapped(xml: &str, place: &str, at: &str) -> String {
    let start = xml.find("<saml:Assertion").unwrap();
    let end = xml.find("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
    let original = &xml[start..end];
    let evil = original.replace(ADA, "admin@globex.example").replacen(
        "<saml:Assertion ID=\"",
        "<saml:Assertion ID=\"_evil",
        1,
    );
    let without = xml.replace(original, &evil);
    without.replacen(at, &format!("<{place}>{original}</{place}>{at}"), 1)
}

#[actix_web::test]
async fn a_message_made_to_harm_is_refused_with_its_cause_and_the_next_sign_in_works() {
    let gateway = Gateway::start().await;
    let world = World::of(&gateway);
    let cases: [Harm; 11] = [
        ("wrapped in Extensions", Cause::SignatureWrapping, |xml| {
            wrapped(&xml, "samlp:Extensions", "<samlp:Status>").into_bytes()
        }),
        ("two assertions", Cause::AssertionMultiple, |xml| {
            let end = xml.find("</saml:Assertion>").unwrap() + "</saml:Assertion>".len();
            let start = xml.find("<saml:Assertion").unwrap();
            let assertion = xml[start..end].to_owned();
            xml.replace(&assertion, &format!("{assertion}{assertion}")).into_bytes()
        }),
        ("somebody else's name", Cause::SignatureInvalid, |xml| {
            xml.replace(ADA, "eve@globex.example").into_bytes()
        }),
        ("a DTD", Cause::XmlForbidden, |xml| {
            format!("<!DOCTYPE r [<!ENTITY a \"b\">]>{xml}").into_bytes()
        }),
        ("entities in entities", Cause::XmlForbidden, |_| {
            let line = |n: u32| format!("<!ENTITY e{} \"&e{n};&e{n};&e{n};&e{n};\">", n + 1);
            let lines: String = (0..30).map(line).collect();
            format!("<!DOCTYPE r [<!ENTITY e0 \"lol\">{lines}]><r>&e30;</r>").into_bytes()
        }),
        ("a comment in the name", Cause::XmlForbidden, |xml| {
            xml.replace(ADA, "ada@globex.example<!---->.evil.example").into_bytes()
        }),
        ("a processing instruction", Cause::XmlForbidden, |xml| {
            xml.replacen("<samlp:Status>", "<?php?><samlp:Status>", 1).into_bytes()
        }),
        ("100,000 nested elements", Cause::ResponseTooLarge, |_| {
            format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)).into_bytes()
        }),
        ("binary rubbish", Cause::XmlInvalid, |_| {
            (0..5000_u32).map(|n| u8::try_from((n * n * 31 + n * 7) % 251).unwrap()).collect()
        }),
        ("half a response", Cause::XmlInvalid, |xml| xml.as_bytes()[..xml.len() / 2].to_vec()),
        ("another document", Cause::XmlInvalid, |_| b"<html xmlns=\"a\"/>".to_vec()),
    ];
    for (name, cause, make) in cases {
        world
            .refuses(name, cause, |underway| {
                let xml = make(world.answer(underway).xml().unwrap());
                underway.form(&BASE64.encode(xml))
            })
            .await;
    }
}
