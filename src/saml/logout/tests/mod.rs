//! What is believed of a logout message, and what is not.

mod hostile;
mod kept;
mod ours;

use super::*;
use crate::saml::Binding;
use crate::saml::carry::{self, Outgoing};
use crate::saml::certificate::Certificate;
use crate::saml::metadata::LogoutEndpoint;
use crate::saml::sign::Signer;
use crate::saml::testing::{self, Pair, now};
use crate::saml::write::Element;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::sync::LazyLock;

const SLO: &str = "https://sso.orbit.example/saml/con_1/slo";
const ENTITY_ID: &str = "https://sso.orbit.example/saml/con_1";
const IDP: &str = "https://idp.globex.example/";
const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";

fn expected(keys: &TrustedKeys) -> Expected<'_> {
    Expected {
        slo: SLO,
        idp_entity_id: IDP,
        keys,
        decryption_keys: decryption_keys(),
        allow_sha1: false,
        allow_cbc: false,
        skew: TimeDelta::seconds(60),
    }
}

fn decryption_keys() -> &'static [DecryptionKey] {
    static KEYS: LazyLock<Vec<DecryptionKey>> =
        LazyLock::new(|| vec![DecryptionKey::new(testing::rsa().key.clone()).unwrap()]);
    &KEYS
}

fn trusting(certificates: &[&Pair]) -> TrustedKeys {
    let certificates: Vec<Certificate> =
        certificates.iter().map(|pair| pair.certificate.clone()).collect();
    TrustedKeys::new(&certificates)
}

fn ann() -> NameId {
    NameId {
        value: "ann@globex.example".to_owned(),
        format: Some(EMAIL.to_owned()),
        name_qualifier: None,
        sp_name_qualifier: None,
    }
}

fn signer(pair: &Pair) -> Signer<'_> {
    Signer::new(&pair.key, Some(&pair.certificate))
}

/// A right request of the provider.
fn request() -> Element {
    Element::new("samlp:LogoutRequest")
        .attribute("ID", "_request")
        .attribute("Version", "2.0")
        .attribute("IssueInstant", now().to_string())
        .attribute("Destination", SLO)
        .child(Element::new("saml:Issuer").text(IDP))
        .child(Element::new("saml:NameID").attribute("Format", EMAIL).text("ann@globex.example"))
        .child(Element::new("samlp:SessionIndex").text("_session"))
}

/// A right answer of the provider, with these status codes inside each other.
fn response(codes: &[&str]) -> Element {
    let code = |value: &str| {
        Element::new("samlp:StatusCode")
            .attribute("Value", format!("urn:oasis:names:tc:SAML:2.0:status:{value}"))
    };
    let status = codes
        .iter()
        .rev()
        .fold(None, |inner: Option<Element>, value| Some(code(value).children(inner)));
    Element::new("samlp:LogoutResponse")
        .attribute("ID", "_response")
        .attribute("Version", "2.0")
        .attribute("IssueInstant", now().to_string())
        .attribute("Destination", SLO)
        .attribute("InResponseTo", "_asked")
        .child(Element::new("saml:Issuer").text(IDP))
        .child(Element::new("samlp:Status").children(status))
}

/// The query of a redirect with this message.
fn query(message: &Element, parameter: &str, relay_state: &str, signer: &Signer<'_>) -> String {
    let address = carry::redirect(message, parameter, SLO, relay_state, Some(signer)).unwrap();
    address.split_once('?').unwrap().1.to_owned()
}

/// The body of a form with this message.
fn body(message: Element, field: &'static str, signer: Option<&Signer<'_>>) -> String {
    let form = carry::form(message, field, SLO, "", signer).unwrap();
    fields(&[(form.field, &form.message)])
}

fn fields(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn read_query(query: &str, keys: &TrustedKeys) -> Result<LogoutRequest, Rejection> {
    let incoming = Incoming::query(query)?;
    verify_request(&incoming, &expected(keys), now()).map_err(|refused| refused.rejection)
}

fn read_form(body: &str, keys: &TrustedKeys) -> Result<LogoutRequest, Rejection> {
    let incoming = Incoming::form(body.as_bytes())?;
    verify_request(&incoming, &expected(keys), now()).map_err(|refused| refused.rejection)
}

/// A message in both bindings, signed by the known key.
fn both_ways(message: &Element) -> [Result<LogoutRequest, Rejection>; 2] {
    let (pair, keys) = (testing::rsa(), trusting(&[testing::rsa()]));
    [
        read_query(&query(message, carry::REQUEST, "x", &signer(pair)), &keys),
        read_form(&body(message.clone(), carry::REQUEST, Some(&signer(pair))), &keys),
    ]
}

#[test]
fn a_request_by_either_binding_says_whom_it_means() {
    for read in both_ways(&request()) {
        let read = read.unwrap();
        assert_eq!(read.id, "_request");
        assert_eq!(read.name_id, ann());
        assert_eq!(read.session_indexes, ["_session"]);
        assert_eq!(read.expires_at, now().plus(LIFETIME).plus(MAX_SKEW));
    }
}

#[test]
fn several_sessions_or_all_of_them_may_be_meant() {
    let two = request().child(Element::new("samlp:SessionIndex").text(" _two\n"));
    for read in both_ways(&two) {
        assert_eq!(read.unwrap().session_indexes, ["_session", "_two"]);
    }
    let all = Element::new("samlp:LogoutRequest")
        .attribute("ID", "_1")
        .attribute("Version", "2.0")
        .attribute("IssueInstant", now().to_string())
        .attribute("Destination", SLO)
        .child(Element::new("saml:Issuer").text(IDP))
        .child(Element::new("saml:NameID").text("ann"));
    for read in both_ways(&all) {
        assert_eq!(read.unwrap().session_indexes, [""; 0]);
    }
}

#[test]
fn an_empty_session_index_is_one_and_does_not_mean_all() {
    let without = |index: Element| {
        Element::new("samlp:LogoutRequest")
            .attribute("ID", "_1")
            .attribute("Version", "2.0")
            .attribute("IssueInstant", now().to_string())
            .attribute("Destination", SLO)
            .child(Element::new("saml:Issuer").text(IDP))
            .child(Element::new("saml:NameID").text("ann"))
            .child(index)
    };
    for text in ["", " \n"] {
        for read in both_ways(&without(Element::new("samlp:SessionIndex").text(text))) {
            assert_eq!(read.unwrap().session_indexes, [""]);
        }
    }
    let element = Element::new("samlp:SessionIndex").child(Element::new("saml:Issuer"));
    for read in both_ways(&without(element)) {
        assert_eq!(read.unwrap_err().cause, crate::cause::Cause::XmlInvalid);
    }
}

#[test]
fn elliptic_curves_sign_a_query_in_either_form() {
    let (pair, keys) = (testing::ec(), trusting(&[testing::rsa(), testing::ec()]));
    let signed = query(&request(), carry::REQUEST, "", &signer(pair));
    assert!(read_query(&signed, &keys).is_ok());
    // DER, as Python's and Node's libraries make it.
    let (octets, _) = signed.split_once("&Signature=").unwrap();
    let digest = openssl::hash::MessageDigest::sha256();
    let mut with = openssl::sign::Signer::new(digest, &pair.key).unwrap();
    let der = with.sign_oneshot_to_vec(octets.as_bytes()).unwrap();
    let der = BASE64.encode(der);
    let signed = format!("{octets}&{}", fields(&[("Signature", &der)]));
    assert!(read_query(&signed, &keys).is_ok());
    assert!(read_query(&signed, &trusting(&[testing::rsa()])).is_err());
}

#[test]
fn an_answer_tells_how_far_the_provider_came() {
    let (pair, keys) = (testing::rsa(), trusting(&[testing::rsa()]));
    for (codes, status) in [
        (&["Success"][..], Status::Complete),
        (&["Success", "PartialLogout"], Status::Partial),
        (&["Responder", "PartialLogout"], Status::Partial),
        (&["PartialLogout"], Status::Partial),
        (&["Responder"], Status::Failed),
        (&["Requester", "RequestDenied"], Status::Failed),
        (&["Responder", "Success"], Status::Failed),
    ] {
        let message = response(codes);
        let query = query(&message, carry::RESPONSE, "lgo_1", &signer(pair));
        let by_query = Incoming::query(&query).unwrap();
        assert_eq!(by_query.kind, Kind::Response);
        assert_eq!(by_query.relay_state.as_deref(), Some("lgo_1"));
        let body = body(message, carry::RESPONSE, Some(&signer(pair)));
        let by_form = Incoming::form(body.as_bytes()).unwrap();
        for incoming in [by_query, by_form] {
            let read = verify_response(&incoming, &expected(&keys), now());
            let expected = LogoutResponse { in_response_to: "_asked".to_owned(), status };
            assert_eq!(read, Ok(expected), "{codes:?}");
        }
    }
}

#[test]
fn a_name_is_the_same_to_the_letter_and_what_is_left_out_stands_for_the_usual() {
    let is_same = |change: fn(&mut NameId)| {
        let mut asked = ann();
        change(&mut asked);
        is_same_name(&ann(), &asked, IDP, ENTITY_ID) && is_same_name(&asked, &ann(), IDP, ENTITY_ID)
    };
    assert!(is_same(|_| {}));
    assert!(is_same(|name| name.format = None));
    assert!(is_same(|name| {
        name.format = Some("urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified".to_owned());
    }));
    assert!(is_same(|name| name.name_qualifier = Some(IDP.to_owned())));
    assert!(is_same(|name| name.sp_name_qualifier = Some(ENTITY_ID.to_owned())));
    assert!(!is_same(|name| name.value = "Ann@globex.example".to_owned()));
    assert!(!is_same(|name| name.name_qualifier = Some("https://other.example/".to_owned())));
    assert!(!is_same(|name| name.sp_name_qualifier = Some(IDP.to_owned())));
    assert!(!is_same(|name| {
        name.format = Some("urn:oasis:names:tc:SAML:2.0:nameid-format:persistent".to_owned());
    }));
}
