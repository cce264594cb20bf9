//! Messages built to be understood in two ways, or to cost more than they may.

use super::*;
use std::time::{Duration, Instant};

const EVIL: &str = "admin@globex.example";

/// An assertion about somebody else, not signed.
fn evil_assertion() -> String {
    let plain = plain().replace(ANN, EVIL).replace("_assertion", "_evil");
    cut(&plain, "<saml:Assertion", "</saml:Assertion>").to_owned()
}

#[track_caller]
fn never_evil(xml: &str) -> Cause {
    match World::new().verify(xml).result {
        Ok(identity) => panic!("{} accepted\n{xml}", identity.name_id.value),
        Err(rejection) => rejection.cause,
    }
}

#[test]
fn a_signed_assertion_wrapped_anywhere_is_refused() {
    let signed = sign(&plain());
    let original = cut(&signed, "<saml:Assertion", "</saml:Assertion>").to_owned();
    let evil = evil_assertion();
    let evil_with = |place: &str, what: &str| evil.replacen(place, what, 1);
    let swap = |assertion: &str| signed.replace(&original, assertion);
    let signature = cut(&original, "<ds:Signature ", "</ds:Signature>").to_owned();
    let bare = original.replace(&signature, "");
    for (name, xml) in [
        ("before", swap(&format!("{evil}{original}"))),
        ("after", swap(&format!("{original}{evil}"))),
        ("in the signature's Object", {
            let object = format!("<ds:Object>{bare}</ds:Object></ds:Signature>");
            let signature = signature.replace("</ds:Signature>", &object);
            swap(&evil_with("</saml:Issuer>", &format!("</saml:Issuer>{signature}")))
        }),
        (
            "in Extensions",
            swap(&evil).replace(
                "<samlp:Status>",
                &format!("<samlp:Extensions>{original}</samlp:Extensions><samlp:Status>"),
            ),
        ),
        (
            "in StatusDetail",
            swap(&evil).replace(
                "</samlp:Status>",
                &format!("<samlp:StatusDetail>{original}</samlp:StatusDetail></samlp:Status>"),
            ),
        ),
        (
            "in Advice",
            swap(&evil_with(
                "</saml:Conditions>",
                &format!("</saml:Conditions><saml:Advice>{original}</saml:Advice>"),
            )),
        ),
        (
            "in SubjectConfirmationData",
            swap(&evil_with(
                "</saml:SubjectConfirmationData>",
                &format!("{original}</saml:SubjectConfirmationData>"),
            )),
        ),
        (
            "in an attribute's value",
            swap(&evil_with(
                "</saml:AttributeValue>",
                &format!("{original}</saml:AttributeValue>"),
            )),
        ),
        (
            "in a nested response",
            swap(&evil).replace(
                "<samlp:Status>",
                &format!("<samlp:Extensions>{signed}</samlp:Extensions><samlp:Status>"),
            ),
        ),
        (
            "of another namespace",
            swap(&format!(
                "{evil}{}",
                original.replace("urn:oasis:names:tc:SAML:2.0:assertion", "urn:x")
            )),
        ),
        (
            "evil of another namespace inside",
            swap(&original.replace(
                "<saml:AttributeStatement>",
                "<x:Assertion xmlns:x=\"urn:x\"/><saml:AttributeStatement>",
            )),
        ),
        (
            "beside an encrypted one",
            swap(&format!("{original}<saml:EncryptedAssertion xmlns:saml=\"{}\"/>", ns::ASSERTION)),
        ),
        ("around", swap(&format!("<x:Wrap xmlns:x=\"urn:x\">{original}</x:Wrap>{evil}"))),
    ] {
        let cause = never_evil(&xml);
        assert!(
            matches!(cause, Cause::SignatureWrapping | Cause::AssertionMultiple),
            "{name}: {cause}"
        );
    }
}

#[test]
fn a_signature_that_covers_another_element_is_refused() {
    let world = World::new();
    let signed = sign(&plain());
    let signature = cut(&signed, "<ds:Signature ", "</ds:Signature>").to_owned();
    let evil =
        evil_assertion().replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
    let original = cut(&signed, "<saml:Assertion", "</saml:Assertion>");
    world.refuses(&signed.replace(original, &evil), Cause::SignatureWrapping);
    for uri in [
        "",
        "#",
        "#_response",
        "#xpointer(id('_assertion'))",
        "#xpointer(/)",
        "_assertion",
        "http://evil.example/",
        "file:///dev/urandom",
        "#_assertion ",
        "##_assertion",
    ] {
        let signing = Signing { uri: Some(uri), ..Signing::default() };
        world.refuses(&signing.sign(&plain(), "_assertion"), Cause::SignatureWrapping);
    }
    let no_uri = sign(&plain()).replace(" URI=\"#_assertion\"", "");
    world.refuses(&no_uri, Cause::SignatureWrapping);
    // A response's signature that covers only the assertion.
    let moved = sign(&plain()).replace(&signature, "").replacen(
        "</saml:Issuer>",
        &format!("</saml:Issuer>{signature}"),
        1,
    );
    assert!(matches!(never_evil(&moved), Cause::SignatureWrapping));
}

#[test]
fn signatures_stand_in_their_place_or_nowhere() {
    let signed = sign(&plain());
    let signature = cut(&signed, "<ds:Signature ", "</ds:Signature>").to_owned();
    let without = signed.replace(&signature, "");
    for xml in [
        // Twice, after the subject, inside the subject, at the end, before the issuer.
        signed.replace(&signature, &format!("{signature}{signature}")),
        without.replace("</saml:Subject>", &format!("</saml:Subject>{signature}")),
        without.replace("<saml:Subject>", &format!("<saml:Subject>{signature}")),
        without.replace("</saml:Assertion>", &format!("{signature}</saml:Assertion>")),
        signed.replace("</samlp:Response>", "<x:Signature xmlns:x=\"urn:x\"/></samlp:Response>"),
        without.replace("<samlp:Status>", &format!("<samlp:Status>{signature}")),
    ] {
        assert_eq!(never_evil(&xml), Cause::SignatureWrapping, "{xml}");
    }
}

#[test]
fn a_signature_has_one_reference_and_two_known_transforms() {
    let world = World::new();
    let signed = sign(&plain());
    let reference = cut(&signed, "<ds:Reference", "</ds:Reference>").to_owned();
    let enveloped =
        "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
    let exclusive =
        "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
    assert!(signed.contains(enveloped) && signed.contains(exclusive));
    let xslt = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"/></ds:Transform>";
    let xpath = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>not(//saml:NameID)</ds:XPath></ds:Transform>";
    let other = |uri: &str| format!("<ds:Transform Algorithm=\"{uri}\"/>");
    for (from, to) in [
        (&*reference, String::new()),
        (&*reference, format!("{reference}{reference}")),
        (enveloped, String::new()),
        (exclusive, String::new()),
        (exclusive, xslt.to_owned()),
        (exclusive, xpath.to_owned()),
        (exclusive, format!("{xpath}{exclusive}")),
        (exclusive, format!("{exclusive}{exclusive}")),
        (exclusive, other("http://www.w3.org/2002/06/xmldsig-filter2")),
        (exclusive, other("http://www.w3.org/2000/09/xmldsig#base64")),
        (exclusive, other("http://www.w3.org/2006/12/xml-c14n11")),
        (enveloped, format!("{exclusive}{enveloped}")),
        ("</ds:Signature>", "<ds:Object/></ds:Signature>".to_owned()),
        ("<ds:SignatureValue>", "<ds:SignatureValue><ds:b/>".to_owned()),
        ("<ds:SignatureValue>", "<ds:SignatureValue>*".to_owned()),
        ("<ds:SignedInfo>", "<ds:SignedInfo/><ds:SignedInfo>".to_owned()),
        ("<ds:DigestValue>", "<ds:DigestValue>AAAA</ds:DigestValue><ds:DigestValue>".to_owned()),
    ] {
        assert!(signed.contains(from), "{from}");
        world.refuses(&signed.replacen(from, &to, 1), Cause::SignatureInvalid);
    }
}

#[test]
fn ids_are_plain_and_unique() {
    let signed = sign(&plain());
    for (from, to) in [
        ("<saml:Subject>", "<saml:Subject ID=\"_assertion\">"),
        ("<saml:Subject>", "<saml:Subject Id=\"_assertion\">"),
        ("<samlp:Status>", "<samlp:Status id=\"_response\">"),
        ("<samlp:Status>", "<samlp:Status xml:id=\"_x\">"),
        ("<samlp:Status>", "<samlp:Status xmlns:x=\"urn:x\" x:ID=\"_x\">"),
        ("ID=\"_response\"", "ID=\"_response'])\""),
        ("ID=\"_response\"", "ID=\"\""),
        ("ID=\"_response\"", "ID=\"1\""),
    ] {
        assert!(signed.contains(from), "{from}");
        assert_eq!(never_evil(&signed.replacen(from, to, 1)), Cause::SignatureWrapping, "{to}");
    }
    let none = plain().replace(" ID=\"_response\"", "");
    assert_eq!(World::new().accepts(&sign(&none)).name_id.value, ANN);
}

#[test]
fn an_attribute_in_a_namespace_is_not_the_attribute_of_saml() {
    let world = World::new();
    for (from, cause) in [
        ("Recipient=", Cause::RecipientMismatch),
        ("Version=", Cause::XmlInvalid),
        ("Value=", Cause::StatusNotSuccess),
        ("Method=", Cause::RecipientMismatch),
        ("AuthnInstant=", Cause::XmlInvalid),
    ] {
        let to = format!("xmlns:x=\"urn:x\" x:{from}");
        world.refuses(&changed(from, &to), cause);
    }
    let beside =
        format!("xmlns:x=\"urn:x\" x:Recipient=\"https://evil.example/\" Recipient=\"{ACS}\"");
    world.accepts(&changed(&format!("Recipient=\"{ACS}\""), &beside));
}

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
fn one_assertion_no_more_and_no_less() {
    let world = World::new();
    let plain = plain();
    let assertion = cut(&plain, "<saml:Assertion", "</saml:Assertion>");
    world.refuses(&plain.replace(assertion, ""), Cause::AssertionMissing);
    let two = format!("{assertion}{}", assertion.replace("_assertion", "_second"));
    world.refuses(&sign(&plain.replace(assertion, &two)), Cause::AssertionMultiple);
}

#[test]
fn forbidden_constructs_are_refused_wherever_they_stand() {
    let world = World::new();
    let signed = sign(&plain());
    let dtd = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>";
    let lol = "<!DOCTYPE a [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    for xml in [
        format!("{dtd}{signed}"),
        format!("{lol}{}", signed.replace(ANN, "&b;")),
        signed.replace(ANN, "ann@globex<!-- -->.example"),
        signed.replace(ANN, "<![CDATA[ann@globex.example]]>"),
        signed.replace(ANN, "ann<?x?>@globex.example"),
        signed.replace(ENTITY, "&entity;"),
        format!("\u{feff}{signed}"),
        format!("{signed}<!-- -->"),
        format!("<?xml version=\"1.0\" encoding=\"UTF-7\"?>{signed}"),
    ] {
        world.refuses(&xml, Cause::XmlForbidden);
    }
    let wide: Vec<u8> = signed.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let outcome = world.verify_field(&STANDARD.encode(wide));
    assert_eq!(outcome.result.unwrap_err().cause, Cause::XmlForbidden);
}

#[test]
fn what_is_not_xml_is_refused() {
    let world = World::new();
    let signed = sign(&plain());
    for xml in [
        signed[..signed.len() / 2].to_owned(),
        format!("{signed}{signed}"),
        format!("{signed}x"),
        signed.replace(ANN, "ann\0"),
        signed.replace("<saml:Subject>", "<x:Subject>").replace("</saml:Subject>", "</x:Subject>"),
        signed.replace("<saml:Subject>", "<saml:Subject a='1' a='2'>"),
        signed.replace("<saml:Subject>", "<saml:Subject xmlns:saml=''>"),
        "SAMLResponse".to_owned(),
    ] {
        world.refuses(&xml, Cause::XmlInvalid);
    }
    let outcome = world.verify_field(&STANDARD.encode([0xff, 0x00, 0x80, 0x41]));
    assert_eq!(outcome.result.unwrap_err().cause, Cause::XmlInvalid);
}

#[test]
fn a_prefix_bound_anew_does_not_hide_an_element() {
    let signed = sign(&plain());
    let rebound = signed.replacen("<saml:Subject>", "<saml:Subject xmlns:saml=\"urn:x\">", 1);
    assert_eq!(never_evil(&rebound), Cause::SignatureInvalid);
    let plain = plain().replacen("<saml:Subject>", "<saml:Subject xmlns:saml=\"urn:x\">", 1);
    World::new().refuses(&sign(&plain), Cause::NameIdMissing);
}

#[test]
fn what_is_huge_is_refused_at_once() {
    let world = World::new();
    let begin = Instant::now();
    let signed = sign(&plain());
    let attributes = (0..100_000).map(|n| format!(" a{n}=''")).collect::<Vec<_>>().concat();
    for xml in [
        "a".repeat(10 * 1024 * 1024),
        signed.replace(ANN, &"a".repeat(1024 * 1024)),
        format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)),
        signed.replace("<saml:Subject>", &format!("<saml:Subject{attributes}>")),
        signed.replace("<saml:Subject>", &format!("{}<saml:Subject>", "<a/>".repeat(30_000))),
    ] {
        world.refuses(&xml, Cause::ResponseTooLarge);
    }
    // No claim to speed: only that nothing here is quadratic.
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
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
