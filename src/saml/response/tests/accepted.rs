//! What real providers send is accepted, and every value is read as it was signed.

use super::*;
use crate::saml::testing::xmlsec1_verify;

#[test]
fn a_signed_assertion_a_signed_response_and_both_are_accepted() {
    let world = World::new();
    for (signed, elements) in [
        (Signed::Assertion, &["Assertion"][..]),
        (Signed::Response, &["Response"]),
        (Signed::Both, &["Response", "Assertion"]),
    ] {
        let xml = Issue { signed, ..issue() }.xml().unwrap();
        let outcome = world.verify(&xml);
        assert_eq!(outcome.result.as_ref().unwrap().name_id.value, ANN);
        assert_eq!(outcome.facts.signatures.len(), elements.len());
        let fingerprint = testing::rsa().certificate.fingerprint();
        assert_eq!(outcome.facts.certificate.as_deref(), Some(fingerprint));
        assert_eq!(outcome.facts.bytes, xml.len());
        for element in elements {
            xmlsec1_verify(&xml, element, testing::rsa()).unwrap();
        }
    }
}

#[test]
fn every_value_of_an_identity_is_read() {
    let mut issue = issue();
    issue.in_response_to = Some("_request".to_owned());
    issue.session_index = Some("_session".to_owned());
    let world = World { in_response_to: Some("_request"), ..World::new() };
    let identity = world.accepts(&issue.xml().unwrap());
    let now = testing::now();
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let attribute = |name: &str, values: &[&str]| Attribute {
        name: name.to_owned(),
        friendly_name: None,
        values: texts(values),
    };
    assert_eq!(
        identity,
        Identity {
            name_id: NameId {
                value: ANN.to_owned(),
                format: Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".to_owned()),
                name_qualifier: None,
                sp_name_qualifier: None,
            },
            session_index: Some("_session".to_owned()),
            session_not_on_or_after: None,
            attributes: vec![
                attribute("email", &[ANN]),
                attribute("groups", &["Staff", "Billing \"EU\""]),
            ],
            assertion_id: issue.assertion_id,
            expires_at: now.plus(TimeDelta::minutes(5) + MAX_SKEW),
            authn_instant: now,
            authn_context: Some(
                "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".to_owned()
            ),
            issuer: IDP.to_owned(),
            in_response_to: Some("_request".to_owned()),
        }
    );
}

#[test]
fn every_check_leaves_a_line_in_order() {
    let issue = Issue { signed: Signed::Both, ..issue() };
    let outcome = World::new().verify(&issue.xml().unwrap());
    let names: Vec<_> = outcome.checks.iter().map(|check| check.name).collect();
    // What follows is checked by those who know the sign-in and the people.
    let of_the_message = CheckName::ALL.iter().take_while(|name| **name != CheckName::Request);
    let without_decryption: Vec<_> =
        of_the_message.copied().filter(|name| *name != CheckName::Decryption).collect();
    assert_eq!(names, without_decryption);
    let audience = outcome.checks.iter().find(|check| check.name == CheckName::Audience).unwrap();
    assert_eq!(audience.title(), "Audience");
    assert_eq!(audience.received.as_deref(), Some(ENTITY));
}

#[test]
fn the_second_reader_reads_what_we_read() {
    let outcome = World::new().verify(&issue().xml().unwrap());
    let last = outcome.checks.last().unwrap();
    assert_eq!((last.name, last.received.as_deref()), (CheckName::SecondReader, None));
}

#[test]
fn an_ampersand_in_a_name_id_is_read_alike_by_both_readers() {
    let world = World::new();
    for (sent, read) in [
        ("o&apos;neil&amp;co@globex.example", "o'neil&co@globex.example"),
        ("a&#x3c;b&#62;@globex.example", "a<b>@globex.example"),
        ("\n   ann@globex.example\n  ", ANN),
        ("ünï@globex.example", "ünï@globex.example"),
    ] {
        let xml = changed(&format!(">{ANN}</saml:NameID>"), &format!(">{sent}</saml:NameID>"));
        let outcome = world.verify(&xml);
        assert_eq!(outcome.checks.last().unwrap().received, None, "{sent}");
        assert_eq!(outcome.result.unwrap().name_id.value, read);
    }
}

#[test]
fn elements_of_one_attribute_are_put_together() {
    let repeated = "<saml:AttributeStatement>\
        <saml:Attribute Name=\"role\"><saml:AttributeValue>a</saml:AttributeValue></saml:Attribute>\
        <saml:Attribute Name=\"mail\"><saml:AttributeValue> x </saml:AttributeValue></saml:Attribute>\
        <saml:Attribute Name=\"role\" FriendlyName=\"Role\"><saml:AttributeValue>b</saml:AttributeValue></saml:Attribute>\
        <saml:Attribute Name=\"none\"/><saml:Attribute><saml:AttributeValue>c</saml:AttributeValue></saml:Attribute>\
        <saml:Attribute Name=\"nil\"><saml:AttributeValue xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" i:nil=\"true\"/></saml:Attribute>\
        <saml:Attribute Name=\"id\"><saml:AttributeValue><saml:NameID>n</saml:NameID></saml:AttributeValue></saml:Attribute>";
    let identity = World::new().accepts(&changed("<saml:AttributeStatement>", repeated));
    let found: Vec<_> =
        identity.attributes.iter().map(|a| (a.name.as_str(), a.values.join(","))).collect();
    assert_eq!(
        found[..5],
        [
            ("role", "a,b".to_owned()),
            ("mail", "x".to_owned()),
            ("none", String::new()),
            ("nil", String::new()),
            ("id", "n".to_owned()),
        ]
    );
    assert_eq!(identity.attributes[0].friendly_name.as_deref(), Some("Role"));
}

#[test]
fn manners_of_real_providers_are_accepted() {
    let world = World::new();
    let restriction = format!(
        "<saml:AudienceRestriction><saml:Audience>{ENTITY}</saml:Audience></saml:AudienceRestriction>"
    );
    for (from, to) in [
        // Several audiences, several restrictions, conditions that ask nothing of us.
        ("<saml:Audience>", "<saml:Audience>https://other.example/</saml:Audience><saml:Audience>"),
        (&*restriction, &*format!("{restriction}{restriction}")),
        (
            &*restriction,
            &*format!("{restriction}<saml:OneTimeUse/><saml:ProxyRestriction Count=\"1\"/>"),
        ),
        // Fractions, as .NET writes them; an issuer with its format; consent; no conditions' window.
        ("09:35:00Z", "09:35:00.1234567Z"),
        (
            "<saml:Issuer>",
            "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">",
        ),
        (
            "<samlp:Response ",
            "<samlp:Response Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\" ",
        ),
        (" NotBefore=\"2026-01-31T09:25:00Z\"", ""),
        // A name ID of a format that no specification has; a holder-of-key confirmation beside.
        ("SAML:1.1:nameid-format:emailAddress", "SAML:1.0:nameid-format:unspecified"),
        (
            "<saml:SubjectConfirmation ",
            "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:sender-vouches\"/><saml:SubjectConfirmation ",
        ),
        // No destination where the envelope is not signed.
        (&*format!(" Destination=\"{ACS}\""), ""),
        // Pretty-printed, with line ends of Windows, with an XML declaration.
        ("><", ">\n  <"),
        ("><", ">\r\n\t<"),
        ("<samlp:Response ", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<samlp:Response "),
        // Other prefixes, and none.
        ("saml:", "saml2:"),
        ("samlp:", "ns0:"),
    ] {
        let plain = plain();
        assert!(plain.contains(from), "{from}");
        let plain = plain.replace(from, to).replace(
            "xmlns:saml=",
            &format!("xmlns:{}=", if from == "saml:" { "saml2" } else { "saml" }),
        );
        let plain =
            if from == "samlp:" { plain.replace("xmlns:samlp=", "xmlns:ns0=") } else { plain };
        let signed = sign(&xml::line_ends(&plain));
        assert_eq!(world.accepts(&signed).name_id.value, ANN, "{to}");
        xmlsec1_verify(&signed, "Assertion", testing::rsa()).unwrap();
    }
}

#[test]
fn line_ends_of_windows_do_not_break_a_signature() {
    let signed = sign(&plain().replace("><", ">\n<"));
    World::new().accepts(&signed.replace('\n', "\r\n"));
}

#[test]
fn a_base64_field_may_be_wrapped_but_not_wrong() {
    let world = World::new();
    let field = issue().base64().unwrap();
    let lines: Vec<_> = field.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    world.verify_field(&lines.join("\r\n")).result.unwrap();
    for wrong in [String::new(), " ".to_owned(), format!("{field}*"), field.replace('A', "-")] {
        let rejection = world.verify_field(&wrong).result.unwrap_err();
        assert_eq!(rejection.cause, Cause::XmlInvalid);
    }
}

/// Run it alone and optimised: `cargo test --release --lib -- --ignored --nocapture a_verification`.
#[test]
#[ignore = "a measurement, of use in an optimised build only"]
fn a_verification_takes_two_hundred_microseconds_at_most() {
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let issue =
            Issue { signed, ..issue() }.attribute("department", &["Research & Development"]);
        let field = issue.base64().unwrap();
        let world = World::new();
        let rounds = 5_000;
        let begin = std::time::Instant::now();
        for _ in 0..rounds {
            world.verify_field(&field).result.unwrap();
        }
        let each = begin.elapsed() / rounds;
        eprintln!("{signed:?}: {each:?} for {} bytes", field.len() * 3 / 4);
        assert!(signed == Signed::Both || each < std::time::Duration::from_micros(200));
    }
}

#[test]
fn the_request_of_a_response_can_be_looked_up() {
    let mut issue = issue();
    assert_eq!(in_response_to(&issue.base64().unwrap()), None);
    issue.in_response_to = Some("_request".to_owned());
    assert_eq!(in_response_to(&issue.base64().unwrap()).as_deref(), Some("_request"));
    assert_eq!(in_response_to("*"), None);
    assert_eq!(in_response_to(&STANDARD.encode("<a InResponseTo='b'/>")), None);
}
