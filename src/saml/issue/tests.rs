//! Whether other programs take our responses for real ones.

use super::*;
use crate::saml::testing::{self, xmlsec1_decrypt, xmlsec1_verify};

const ACS: &str = "https://sso.orbit.example/saml/con_1/acs";
const AUDIENCE: &str = "https://sso.orbit.example/saml/con_1";

fn issue() -> Issue<'static> {
    let pair = testing::rsa();
    let signer = Signer::new(&pair.key, Some(&pair.certificate));
    Issue::new(
        "https://idp.globex.example/",
        ACS,
        AUDIENCE,
        "ann@globex.example",
        testing::now(),
        signer,
    )
    .unwrap()
    .attribute("email", &["ann@globex.example"])
    .attribute("firstName", &["Ann <&>"])
    .attribute("groups", &["Staff", "Billing \"EU\""])
}

#[test]
fn a_response_looks_like_a_real_one() {
    let mut issue = issue();
    issue.response_id = "_response".to_owned();
    issue.assertion_id = "_assertion".to_owned();
    issue.session_index = Some("_session".to_owned());
    issue.in_response_to = Some("_request".to_owned());
    let text = issue.xml().unwrap();
    assert!((3_500..8_000).contains(&text.len()), "{}", text.len());
    let filters = vec![(r">[A-Za-z0-9+/]{40,}=*<", ">[base64]<")];
    insta::with_settings!({filters => filters}, {
        insta::assert_snapshot!(text.replace("><", ">\n<"));
    });
}

#[test]
fn another_program_accepts_each_way_of_signing() {
    let pair = testing::rsa();
    for (signed, elements) in [
        (Signed::Assertion, &["Assertion"][..]),
        (Signed::Response, &["Response"]),
        (Signed::Both, &["Assertion", "Response"]),
    ] {
        let text = Issue { signed, ..issue() }.xml().unwrap();
        assert_eq!(text.matches("<ds:Signature ").count(), elements.len());
        for element in elements {
            xmlsec1_verify(&text, element, pair).unwrap();
            assert!(xmlsec1_verify(&text, element, testing::other_rsa()).is_err());
        }
    }
    let text = Issue { signed: Signed::Nothing, ..issue() }.xml().unwrap();
    assert!(!text.contains("Signature"));
}

#[test]
fn another_library_reads_our_response() {
    let issue = issue();
    let read: samael::schema::Response = issue.xml().unwrap().parse().unwrap();
    let assertion = read.assertion.unwrap();
    assert_eq!(assertion.id, issue.assertion_id);
    assert_eq!(assertion.issuer.value.as_deref(), Some("https://idp.globex.example/"));
    assert_eq!(assertion.subject.unwrap().name_id.unwrap().value, "ann@globex.example");
    let statement = &assertion.attribute_statements.unwrap()[0];
    assert_eq!(statement.attributes[2].values.len(), 2);
}

#[test]
fn another_program_opens_an_encrypted_assertion() {
    let pair = testing::rsa();
    for cipher in [ContentCipher::Aes256Gcm, ContentCipher::Aes256Cbc] {
        let encryption = Some((&pair.certificate, cipher));
        let text = Issue { encryption, signed: Signed::Both, ..issue() }.xml().unwrap();
        assert!(!text.contains("ann@globex.example") && !text.contains("<saml:Assertion "));
        xmlsec1_verify(&text, "Response", pair).unwrap();
        let opened = xmlsec1_decrypt(&text, pair);
        assert!(opened.contains("ann@globex.example"));
        xmlsec1_verify(&opened, "Assertion", pair).unwrap();
    }
}

#[test]
fn a_refusal_has_a_status_and_no_assertion() {
    let status =
        Status::Refused { reason: "AuthnFailed".to_owned(), message: "Not assigned.".to_owned() };
    let text = Issue { status, signed: Signed::Nothing, ..issue() }.xml().unwrap();
    assert!(text.contains("status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\""));
    assert!(!text.contains("Assertion"));
}

#[test]
fn each_part_can_be_left_out() {
    let text = Issue {
        destination: None,
        audiences: Vec::new(),
        name_id_format: None,
        session_index: None,
        attributes: Vec::new(),
        ..issue()
    }
    .xml()
    .unwrap();
    for absent in
        ["Destination", "AudienceRestriction", " Format=", "SessionIndex", "AttributeStatement"]
    {
        assert!(!text.contains(absent), "{absent}");
    }
}
