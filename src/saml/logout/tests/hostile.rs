//! Logout messages that somebody else made, or made again.

use super::*;
use crate::cause::Cause;
use crate::saml::sign::Digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::io::Write;

pub(super) fn good() -> String {
    query(&request(), carry::REQUEST, "to the app", &signer(testing::rsa()))
}

#[track_caller]
pub(super) fn refused(query: &str, cause: Cause) {
    let read = read_query(query, &trusting(&[testing::rsa()]));
    assert_eq!(read.map_err(|rejection| rejection.cause), Err(cause), "{query}");
}

/// The values of a query by their names, as they stand there.
pub(super) fn part<'a>(query: &'a str, name: &str) -> &'a str {
    let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("{name} in {query}"))
}

/// A query with these values, in this order, signed over exactly these octets.
pub(super) fn signed(pairs: &[(&str, &str)]) -> String {
    let octets: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let octets = octets.join("&");
    let signature = BASE64.encode(signer(testing::rsa()).sign(octets.as_bytes()).unwrap());
    format!("{octets}&{}", fields(&[("Signature", &signature)]))
}

pub(super) fn deflated(bytes: &[u8]) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    fields(&[("", &BASE64.encode(encoder.finish().unwrap()))])[1..].to_owned()
}

pub(super) const RSA_SHA256: &str =
    "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256";

#[test]
fn the_signature_is_over_the_octets_as_they_came_wherever_they_stood() {
    let query = good();
    let [message, state, algorithm, signature] =
        ["SAMLRequest", "RelayState", "SigAlg", "Signature"].map(|name| part(&query, name));
    let shuffled = format!(
        "Signature={signature}&utm=1&SigAlg={algorithm}&RelayState={state}&SAMLRequest={message}"
    );
    let keys = trusting(&[testing::rsa()]);
    assert!(read_query(&shuffled, &keys).is_ok());
    // Lower-case escapes, as .NET writes them, are signed as they are written.
    let lower = message.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d");
    assert_ne!(lower, message);
    let other = signed(&[("SAMLRequest", &lower), ("SigAlg", &RSA_SHA256.to_lowercase())]);
    assert!(read_query(&other.replace("sigalg", "SigAlg"), &keys).is_ok());
}

#[test]
fn octets_that_were_encoded_again_are_not_what_was_signed() {
    let query = good();
    let state = part(&query, "RelayState");
    assert_eq!(state, "to+the+app");
    refused(&query.replace(state, "to%20the%20app"), Cause::SignatureInvalid);
    let message = part(&query, "SAMLRequest");
    let lower = message.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d");
    refused(&query.replace(message, &lower), Cause::SignatureInvalid);
}

#[test]
fn what_is_changed_left_out_or_added_is_noticed() {
    let query = good();
    let state = format!("&RelayState={}", part(&query, "RelayState"));
    refused(&query.replace(&state, "&RelayState=elsewhere"), Cause::SignatureInvalid);
    refused(&query.replace(&state, ""), Cause::SignatureInvalid);
    refused(&query.replace(&state, "&RelayState="), Cause::SignatureInvalid);
    let other = signed(&[("SAMLRequest", part(&query, "SAMLRequest")), ("SigAlg", RSA_SHA256)]);
    refused(&format!("{other}&RelayState=added"), Cause::SignatureInvalid);
    // An answer is not a request: the name of the parameter is signed, too.
    refused(&query.replace("SAMLRequest=", "SAMLResponse="), Cause::SignatureInvalid);
    let algorithm = part(&query, "SigAlg");
    refused(&query.replace(algorithm, &algorithm.replace("256", "512")), Cause::SignatureInvalid);
    let weak = "http%3A%2F%2Fwww.w3.org%2F2000%2F09%2Fxmldsig%23rsa-sha1";
    refused(&query.replace(algorithm, weak), Cause::SignatureWeak);
    let mac = "http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23hmac-sha256";
    refused(&query.replace(algorithm, mac), Cause::SignatureWeak);
    let signature = part(&query, "Signature");
    refused(&query.replace(signature, "AAAA"), Cause::SignatureInvalid);
    refused(&query.replace(signature, "%00"), Cause::SignatureInvalid);
}

#[test]
fn a_parameter_that_comes_twice_is_refused_in_every_spelling() {
    let query = good();
    for name in ["SAMLRequest", "RelayState", "SigAlg", "Signature"] {
        let again = format!("{name}={}", part(&query, name));
        refused(&format!("{query}&{again}"), Cause::XmlInvalid);
        refused(&format!("{again}&{query}"), Cause::XmlInvalid);
        refused(&format!("{query}&{name}"), Cause::XmlInvalid);
    }
    refused(&format!("{query}&SAMLResponse=AAAA"), Cause::XmlInvalid);
    refused(&format!("{query}&%52elayState=x"), Cause::XmlInvalid);
    refused(&query.replace("SigAlg=", "Sig%41lg="), Cause::XmlInvalid);
    refused(&format!("{query}&SAMLEncoding=urn:other"), Cause::XmlInvalid);
    refused("", Cause::XmlInvalid);
    refused("RelayState=x", Cause::XmlInvalid);
}

#[test]
fn a_message_without_a_signature_says_nothing() {
    let query = good();
    let (unsigned, _) = query.split_once("&SigAlg").unwrap();
    refused(unsigned, Cause::SignatureMissing);
    let (without, _) = query.split_once("&Signature").unwrap();
    refused(without, Cause::SignatureMissing);
    let keys = trusting(&[testing::rsa()]);
    let form = read_form(&body(request(), carry::REQUEST, None), &keys);
    assert_eq!(form.unwrap_err().cause, Cause::SignatureMissing);
    // A signature in the message itself is none over the query.
    let inside = crate::saml::sign::enveloped(request(), &signer(testing::rsa())).unwrap().write();
    refused(&format!("SAMLRequest={}", deflated(inside.as_bytes())), Cause::SignatureMissing);
}

#[test]
fn only_keys_of_the_connection_sign() {
    let message = request();
    for keys in [trusting(&[]), trusting(&[testing::other_rsa()]), trusting(&[testing::ec()])] {
        assert_eq!(read_query(&good(), &keys).unwrap_err().cause, Cause::CertificateUnknown);
        let body = body(message.clone(), carry::REQUEST, Some(&signer(testing::rsa())));
        let cause = read_form(&body, &keys).unwrap_err().cause;
        assert_eq!(cause, Cause::CertificateUnknown);
    }
    let keys = trusting(&[testing::other_rsa(), testing::ec(), testing::rsa()]);
    assert!(read_query(&good(), &keys).is_ok());
    // A known key that signed something else is no unknown key.
    let state = part(&good(), "RelayState").to_owned();
    let cause = |keys: &TrustedKeys| {
        read_query(&good().replace(&state, "elsewhere"), keys).unwrap_err().cause
    };
    assert_eq!(cause(&keys), Cause::SignatureInvalid);
    assert_eq!(cause(&trusting(&[testing::other_rsa()])), Cause::CertificateUnknown);
}

#[test]
fn an_ended_certificate_signs_no_more() {
    let keys = trusting(&[testing::rsa()]);
    let query = good();
    let incoming = Incoming::query(&query).unwrap();
    let after = testing::rsa().certificate.not_after().plus(TimeDelta::days(1));
    let read = verify_request(&incoming, &expected(&keys), after);
    assert_eq!(read.unwrap_err().rejection.cause, Cause::CertificateExpired);
}

#[test]
fn sha_1_is_taken_by_the_connection_s_switch_alone() {
    let pair = testing::rsa();
    let weak = Signer { digest: Digest::Sha1, ..signer(pair) };
    let keys = trusting(&[pair]);
    let tolerant = Expected { allow_sha1: true, ..expected(&keys) };
    let query = query(&request(), carry::REQUEST, "", &weak);
    let body = body(request(), carry::REQUEST, Some(&weak));
    for incoming in [Incoming::query(&query).unwrap(), Incoming::form(body.as_bytes()).unwrap()] {
        let strict = verify_request(&incoming, &expected(&keys), now());
        assert_eq!(strict.unwrap_err().rejection.cause, Cause::SignatureWeak);
        assert!(verify_request(&incoming, &tolerant, now()).is_ok());
    }
}

#[test]
fn nothing_is_inflated_before_its_signature_was_checked_and_then_only_so_much() {
    let bomb = deflated(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    refused(&format!("SAMLRequest={bomb}"), Cause::SignatureMissing);
    let unknown = format!("SAMLRequest={bomb}&SigAlg={RSA_SHA256}&Signature=AAAA");
    refused(&unknown, Cause::SignatureInvalid);
    let signed_bomb = signed(&[("SAMLRequest", &bomb), ("SigAlg", RSA_SHA256)]);
    refused(&signed_bomb, Cause::ResponseTooLarge);
    for rubbish in ["AAAA", "%21%21", "", "%FF%FE"] {
        let query = signed(&[("SAMLRequest", rubbish), ("SigAlg", RSA_SHA256)]);
        refused(&query, Cause::XmlInvalid);
    }
    let dtd = deflated(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>");
    let query = signed(&[("SAMLRequest", &dtd), ("SigAlg", RSA_SHA256)]);
    refused(&query, Cause::XmlForbidden);
}

#[test]
fn a_form_is_read_from_what_is_signed_in_it_alone() {
    let keys = trusting(&[testing::rsa()]);
    let inner = crate::saml::sign::enveloped(request(), &signer(testing::rsa())).unwrap();
    let post = |xml: &str| {
        let read = read_form(&fields(&[("SAMLRequest", &BASE64.encode(xml))]), &keys);
        read.map(|request| request.name_id.value).map_err(|rejection| rejection.cause)
    };
    let text = inner.write();
    assert_eq!(post(&text), Ok("ann@globex.example".to_owned()));
    assert_eq!(post(&text.replace("ann@", "bob@")), Err(Cause::SignatureInvalid));
    // The signed request inside another, in whichever place.
    let evil = request().write().replace("_request", "_evil").replace("ann@", "bob@");
    for place in ["samlp:Extensions", "saml:Issuer", "samlp:SessionIndex"] {
        let open = format!("<{place} ");
        let wrapped = evil.replacen(
            "</samlp:LogoutRequest>",
            &format!(
                "{open}xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
                 xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{text}</{place}></samlp:LogoutRequest>"
            ),
            1,
        );
        assert_eq!(post(&wrapped), Err(Cause::SignatureWrapping), "{place}");
    }
    // Its signature moved into the other, which then covers another element.
    let start = text.find("<ds:Signature ").unwrap();
    let end = text.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
    let signature = &text[start..end];
    let moved = evil.replacen("</saml:Issuer>", &format!("</saml:Issuer>{signature}"), 1);
    assert_eq!(post(&moved), Err(Cause::SignatureWrapping));
    let same_id = moved.replace("_evil", "_request");
    assert_eq!(post(&same_id), Err(Cause::SignatureInvalid));
    let twice = fields(&[("SAMLRequest", "AAAA"), ("SAMLRequest", "AAAA")]);
    assert_eq!(read_form(&twice, &keys).unwrap_err().cause, Cause::XmlInvalid);
    let both = fields(&[("SAMLRequest", "AAAA"), ("RelayState", "1"), ("RelayState", "2")]);
    assert_eq!(read_form(&both, &keys).unwrap_err().cause, Cause::XmlInvalid);
}

#[test]
fn each_rule_of_a_request_is_kept() {
    let rebuilt = |name: &'static str, value: Option<&str>| {
        let parts = [
            ("ID", "_request"),
            ("Version", "2.0"),
            ("IssueInstant", "2026-01-31T09:30:00Z"),
            ("Destination", SLO),
        ];
        let element =
            parts.iter().fold(Element::new("samlp:LogoutRequest"), |element, (key, usual)| {
                let value = if *key == name { value } else { Some(*usual) };
                element.attribute_if(key, value)
            });
        let element =
            if name == "NotOnOrAfter" { element.attribute_if(name, value) } else { element };
        element
            .child(Element::new("saml:Issuer").text(IDP))
            .child(Element::new("saml:NameID").text("ann"))
    };
    let cases = [
        ("Version", Some("1.1"), Some(Cause::XmlInvalid)),
        ("IssueInstant", None, Some(Cause::XmlInvalid)),
        ("IssueInstant", Some("2026-01-31T09:31:00Z"), None),
        ("IssueInstant", Some("2026-01-31T09:31:01Z"), Some(Cause::ClockEarly)),
        ("IssueInstant", Some("2026-01-31T09:19:01Z"), None),
        ("IssueInstant", Some("2026-01-31T09:19:00Z"), Some(Cause::ClockLate)),
        ("NotOnOrAfter", Some("2026-01-31T09:29:01Z"), None),
        ("NotOnOrAfter", Some("2026-01-31T09:29:00Z"), Some(Cause::ClockLate)),
        ("NotOnOrAfter", Some("tomorrow"), Some(Cause::XmlInvalid)),
        ("Destination", None, Some(Cause::DestinationMismatch)),
        (
            "Destination",
            Some("https://sso.orbit.example/saml/con_2/slo"),
            Some(Cause::DestinationMismatch),
        ),
    ];
    for (name, value, cause) in cases {
        for read in both_ways(&rebuilt(name, value)) {
            assert_eq!(read.err().map(|rejection| rejection.cause), cause, "{name} {value:?}");
        }
    }
    // Without an ID an enveloped signature has nothing to refer to.
    let without = query(&rebuilt("ID", None), carry::REQUEST, "", &signer(testing::rsa()));
    refused(&without, Cause::XmlInvalid);
}

#[test]
fn another_issuer_or_nobody_named_is_refused() {
    let bare = || {
        Element::new("samlp:LogoutRequest")
            .attribute("ID", "_1")
            .attribute("Version", "2.0")
            .attribute("IssueInstant", now().to_string())
            .attribute("Destination", SLO)
    };
    let issuer = |text: &str| Element::new("saml:Issuer").text(text);
    let name = |text: &str| Element::new("saml:NameID").text(text);
    for (message, cause) in [
        (
            bare().child(issuer("https://idp.other.example/")).child(name("ann")),
            Cause::IssuerMismatch,
        ),
        (
            bare().child(issuer(IDP).attribute("Format", EMAIL)).child(name("ann")),
            Cause::IssuerMismatch,
        ),
        (bare().child(name("ann")), Cause::XmlInvalid),
        (bare().child(issuer(IDP)), Cause::NameIdMissing),
        (bare().child(issuer(IDP)).child(name(" \n")), Cause::NameIdMissing),
        (bare().child(issuer(IDP)).child(name(&"x".repeat(513))), Cause::NameIdMissing),
        (bare().child(issuer(IDP)).child(name("ann")).child(name("bob")), Cause::XmlInvalid),
        (response(&["Success"]), Cause::XmlInvalid),
    ] {
        for read in both_ways(&message) {
            assert_eq!(read.unwrap_err().cause, cause, "{}", message.write());
        }
    }
}

#[test]
fn a_request_that_is_the_provider_s_own_can_be_answered_even_if_it_is_refused() {
    let keys = trusting(&[testing::rsa()]);
    let ended = request().attribute("NotOnOrAfter", "2026-01-31T09:00:00Z");
    let signed = query(&ended, carry::REQUEST, "", &signer(testing::rsa()));
    let refused =
        verify_request(&Incoming::query(&signed).unwrap(), &expected(&keys), now()).unwrap_err();
    assert_eq!(refused.request_id.as_deref(), Some("_request"));
    let strange = query(&ended, carry::REQUEST, "", &signer(testing::other_rsa()));
    let refused =
        verify_request(&Incoming::query(&strange).unwrap(), &expected(&keys), now()).unwrap_err();
    assert_eq!(refused.request_id, None);
}
