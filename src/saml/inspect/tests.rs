//! What people see of messages that they bring.

use super::*;
use crate::saml::issue::{ContentCipher, Issue, Signed, Status};
use crate::saml::sign::{Digest, Signer};
use crate::saml::testing;
use chrono::TimeDelta;
use std::fmt::Write;

fn issue() -> Issue<'static> {
    let pair = testing::rsa();
    let signer = Signer::new(&pair.key, Some(&pair.certificate));
    let mut issue = Issue::new(
        "https://idp.globex.example/",
        "https://sso.orbit.example/saml/con_1/acs",
        "https://sso.orbit.example/saml/con_1",
        "ann@globex.example",
        testing::now(),
        signer,
    )
    .unwrap()
    .attribute("groups", &["Staff", "Billing"]);
    issue.response_id = "_response".to_owned();
    issue.assertion_id = "_assertion".to_owned();
    issue.session_index = Some("_session".to_owned());
    issue
}

fn look(issue: &Issue<'_>) -> Inspection {
    inspect(issue.base64().unwrap().as_bytes(), testing::now()).unwrap()
}

fn shown(inspection: &Inspection) -> String {
    let mut out = format!("{:?} {:?}\n", inspection.wrapping, inspection.kind);
    for fact in &inspection.facts {
        writeln!(out, "  {}: {}", fact.name, fact.value).unwrap();
    }
    for check in &inspection.checks {
        let mark = if check.passed { "pass" } else { "FAIL" };
        writeln!(
            out,
            "  {mark} {} {:?}",
            check.title(),
            check.received.as_deref().unwrap_or_default()
        )
        .unwrap();
    }
    writeln!(out, "  problem: {:?}", inspection.problem.as_ref().map(|problem| problem.code))
        .unwrap();
    for sentence in &inspection.not_checked {
        writeln!(out, "  not checked: {sentence}").unwrap();
    }
    out
}

#[test]
fn a_response_is_shown_with_every_check_that_needs_nothing_else() {
    let inspection = look(&issue());
    let filters =
        vec![(r"[0-9a-f]{64}", "[fingerprint]"), (r"[0-9]+ bytes|[0-9.]+ [kK]i?B", "[size]")];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(shown(&inspection));
    });
    let xml = inspection.xml.unwrap();
    assert!(xml.contains("\n    <saml:Subject>\n      <saml:NameID Format="));
}

fn problem(issue: &Issue<'_>) -> Option<&'static str> {
    look(issue).problem.map(|problem| problem.code)
}

#[test]
fn faults_that_a_message_shows_by_itself_are_found() {
    let right = issue();
    assert_eq!(problem(&right), None);
    assert_eq!(problem(&Issue { signed: Signed::Both, ..right.clone() }), None);
    assert_eq!(
        problem(&Issue { signed: Signed::Nothing, ..right.clone() }),
        Some("signature_missing")
    );
    assert_eq!(
        problem(&Issue { audiences: Vec::new(), ..right.clone() }),
        Some("audience_mismatch")
    );
    assert_eq!(problem(&Issue { name_id: String::new(), ..right.clone() }), Some("nameid_missing"));
    let weak = Signer { digest: Digest::Sha1, ..right.signer };
    assert_eq!(problem(&Issue { signer: weak, ..right.clone() }), Some("signature_weak"));
    let status = Status::Refused { reason: "AuthnFailed".to_owned(), message: "No.".to_owned() };
    assert_eq!(problem(&Issue { status, ..right.clone() }), Some("status_not_success"));
    let elsewhere = Some("https://other.example/acs".to_owned());
    assert_eq!(
        problem(&Issue { destination: elsewhere, ..right.clone() }),
        Some("destination_mismatch")
    );
    let changed = right.xml().unwrap().replace("Staff", "Admin");
    let changed = inspect(changed.as_bytes(), testing::now()).unwrap();
    assert_eq!(changed.problem.unwrap().code, "signature_invalid");
}

#[test]
fn the_age_of_a_message_does_not_hide_its_other_faults() {
    let years_later = testing::now().plus(TimeDelta::days(700));
    let old = inspect(issue().base64().unwrap().as_bytes(), years_later).unwrap();
    assert_eq!(old.problem.as_ref().unwrap().code, "clock_late");
    assert!(!old.checks.last().unwrap().passed);
    assert!(old.checks.iter().rev().skip(1).all(|check| check.passed));
    assert!(old.checks.len() > 15);
    let wrong = Issue { audiences: Vec::new(), ..issue() };
    let old = inspect(wrong.base64().unwrap().as_bytes(), years_later).unwrap();
    assert_eq!(old.problem.unwrap().code, "audience_mismatch");
}

#[test]
fn what_needs_a_key_is_said_not_to_be_checked() {
    let pair = testing::rsa();
    let sealed = look(&Issue {
        encryption: Some((&pair.certificate, ContentCipher::Aes256Gcm)),
        signed: Signed::Both,
        ..issue()
    });
    assert_eq!(sealed.problem, None);
    assert!(sealed.checks.iter().all(|check| check.passed));
    assert!(sealed.not_checked.iter().any(|sentence| sentence.contains("encrypted")));
    let unnamed = look(&Issue { signer: Signer::new(&pair.key, None), ..issue() });
    assert_eq!(unnamed.problem, None);
    assert!(unnamed.not_checked.iter().any(|sentence| sentence.contains("does not carry")));
}

#[test]
fn what_a_sign_in_would_refuse_is_still_shown() {
    let text = issue().xml().unwrap().replace("<saml:Subject>", "<!-- x --><saml:Subject>");
    let inspection = inspect(text.as_bytes(), testing::now()).unwrap();
    assert_eq!(inspection.problem.unwrap().code, "xml_forbidden");
    assert!(inspection.xml.unwrap().contains("<!-- x -->"));
    let broken = inspect(b"<a><b></a>", testing::now()).unwrap();
    assert_eq!(broken.problem.unwrap().code, "xml_invalid");
    assert_eq!(broken.xml, None);
}

#[test]
fn requests_and_metadata_are_shown_too() {
    let request = crate::saml::request::AuthnRequest {
        id: "_1",
        issuer: "https://sso.orbit.example/saml/con_1",
        acs: "https://sso.orbit.example/saml/con_1/acs",
        issued_at: testing::now(),
        name_id_format: None,
        force_authn: true,
    };
    let address = request.redirect("https://idp.example/sso?a=1", "trc_1", None).unwrap();
    let inspection = inspect(address.as_bytes(), testing::now()).unwrap();
    assert_eq!(
        (inspection.wrapping, inspection.kind),
        (Wrapping::DeflatedBase64, Kind::AuthnRequest)
    );
    let fact =
        |name| inspection.facts.iter().find(|fact| fact.name == name).unwrap().value.as_str();
    assert_eq!((fact("force_authn"), fact("acs")), ("true", request.acs));

    let file = include_bytes!("../../../tests/data/metadata/okta.xml");
    let inspection = inspect(file, testing::now()).unwrap();
    assert_eq!((inspection.kind, inspection.problem.clone()), (Kind::Metadata, None));
    let file = include_bytes!("../../../tests/data/metadata/expired_certificate.xml");
    let inspection = inspect(file, testing::now()).unwrap();
    assert_eq!(inspection.problem.unwrap().code, "metadata_certificate_expired");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]
    #[test]
    fn no_message_makes_the_inspection_panic(
        at in proptest::num::usize::ANY,
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..6),
        cut in 0..40_usize,
    ) {
        let mut text = issue().xml().unwrap().into_bytes();
        let at = at % text.len();
        let end = (at + cut).min(text.len());
        text.splice(at..end, bytes);
        let _ = inspect(&text, testing::now());
    }
}
