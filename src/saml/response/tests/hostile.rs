//! What holds for every message that is built to harm, beyond the code that it is refused with (that is in `corpus`).

use super::*;
use std::time::{Duration, Instant};

const EVIL: &str = "admin@globex.example";

#[test]
fn what_a_trace_keeps_of_a_hostile_message_is_short() {
    let long = "a".repeat(100_000);
    let xml = sign(&plain()).replacen(&format!(">{IDP}<"), &format!(">{long}<"), 1);
    let outcome = World::new().verify(&xml);
    let received = outcome.checks.last().unwrap().received.as_ref().unwrap();
    assert!(received.len() < 1_100 && outcome.facts.issuer.unwrap().len() < 1_100);
    assert_eq!(outcome.result.unwrap_err().cause, Cause::IssuerMismatch);
}

#[test]
fn the_widest_message_within_the_limits_is_read_in_linear_time() {
    let values = "<saml:AttributeValue>a</saml:AttributeValue>".repeat(9_000);
    let deep = format!("{}{}", "<saml:Deep>".repeat(27), "</saml:Deep>".repeat(27));
    let names =
        (0..4_000).map(|n| format!("<saml:Attribute Name=\"n{n}\"/>")).collect::<Vec<_>>().concat();
    let spaces = (0..24).map(|n| format!(" xmlns:p{n}=\"urn:{n}\"")).collect::<Vec<_>>().concat();
    let begin = Instant::now();
    for extra in [
        format!("<saml:Attribute Name=\"wide\">{values}</saml:Attribute>"),
        names,
        format!(
            "<saml:Attribute Name=\"deep\"><saml:AttributeValue>{deep}</saml:AttributeValue></saml:Attribute>"
        ),
        format!(
            "<saml:Attribute{spaces} Name=\"spaces\">{}</saml:Attribute>",
            "<saml:AttributeValue/>".repeat(15_000)
        )
        .replacen(" xmlns:p23=\"urn:23\"", "", 1),
        format!(
            "<saml:Attribute Name=\"long\"><saml:AttributeValue>{}</saml:AttributeValue></saml:Attribute>",
            "&amp;".repeat(180_000)
        ),
    ] {
        let to = format!("<saml:AttributeStatement>{extra}");
        World::new().accepts(&changed("<saml:AttributeStatement>", &to));
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}

#[test]
fn a_stranger_cannot_make_us_digest_before_a_signature_fits() {
    let world = World::trusting(&[testing::other_rsa()]);
    let outcome = world.verify(&sign(&plain()));
    let names: Vec<_> = outcome.checks.iter().map(|check| check.name).collect();
    assert_eq!(names.last(), Some(&CheckName::AssertionSignature));
    assert!(!names.contains(&CheckName::AssertionDigest));
}

#[test]
fn two_readers_that_disagree_are_refused() {
    let identity = World::new().accepts(&sign(&plain()));
    let octets = cut(&plain(), "<saml:Assertion", "</saml:Assertion>").to_owned();
    second_reader_agrees(&octets, &identity).unwrap();
    for (from, to) in [(ANN, EVIL), ("_assertion", "_evil"), (IDP, "https://evil.example/")] {
        let rejection = second_reader_agrees(&octets.replace(from, to), &identity).unwrap_err();
        assert_eq!(rejection.cause, Cause::SignatureWrapping);
    }
    // That it cannot read is no reason.
    second_reader_agrees("<a/>", &identity).unwrap();
}

fn second_reader_agrees(octets: &str, identity: &Identity) -> Result<Note, Rejection> {
    crate::saml::second_reader::agree(octets, identity)
}
