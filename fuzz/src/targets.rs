//! Entrances for whatever a stranger sends: each takes any octets, and panics where something is found.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;
use openssl::pkey::PKey;
use serde_json::{Value, json};
use std::sync::LazyLock;
use vestibule::clock::Time;
use vestibule::saml::certificate::{Certificate, TrustedKeys};
use vestibule::saml::encryption::DecryptionKey;
use vestibule::saml::inspect;
use vestibule::saml::issue::Asked;
use vestibule::saml::logout::{self, Incoming};
use vestibule::saml::metadata;
use vestibule::saml::response::{self, Expected, Form, Outcome};
use vestibule::scim::{self, Kind, Resource};

/// Whom the valid messages of the corpus speak of.
const ANN: &str = "ann@globex.example";
/// A message that shows its signer's certificate.
const SIGNED: &str = include_str!("../../tests/data/responses/valid/jumpcloud/answer.xml");

static KEYS: LazyLock<TrustedKeys> = LazyLock::new(|| {
    let (_, after) = SIGNED.split_once("X509Certificate>").expect("a certificate");
    let (text, _) = after.split_once("</").expect("its end");
    TrustedKeys::new(&[Certificate::parse(text).expect("that certificate")])
});

/// The key that the encrypted messages of the corpus are for.
static DECRYPTION_KEYS: LazyLock<Vec<DecryptionKey>> = LazyLock::new(|| {
    let pem = include_bytes!("../../tests/data/keys/other_rsa.pem");
    let key = PKey::private_key_from_pem(pem).expect("a key");
    DecryptionKey::new(key).into_iter().collect()
});

/// 2026-01-31T09:30:00Z, when the corpus was made.
fn now() -> Time {
    Time::from_unix(1_769_851_800)
}

fn verify(field: &str, in_response_to: Option<&str>) -> Outcome {
    let expected = Expected {
        acs: "https://sso.orbit.example/saml/con_1/acs",
        entity_id: "https://sso.orbit.example/saml/con_1",
        idp_entity_id: "https://idp.globex.example/",
        keys: &KEYS,
        decryption_keys: &DECRYPTION_KEYS,
        in_response_to,
        allow_sha1: false,
        allow_cbc: true,
        is_cbc_spent: false,
        skew: TimeDelta::seconds(60),
    };
    response::verify(field, &expected, now())
}

/// Nobody but Ann comes in, and the trace says why not.
fn check(field: &str) {
    let asked = response::in_response_to(field);
    for in_response_to in [None, asked.as_deref(), Some("_request")] {
        let outcome = verify(field, in_response_to);
        let failed = outcome.checks.iter().filter(|check| !check.passed).count();
        assert_eq!(failed, usize::from(outcome.result.is_err()), "{:?}", outcome.checks);
        if let Ok(identity) = outcome.result {
            assert_eq!(identity.name_id.value, ANN, "somebody else came in");
        }
    }
}

/// A document, as it is in the field `SAMLResponse`.
pub fn response(document: &[u8]) {
    check(&BASE64.encode(document));
}

/// The body of the form that a browser posts.
pub fn form(body: &[u8]) {
    if let Ok(field) = Form::read(body).response {
        check(&field);
    }
}

/// The query of a redirect, or whatever else somebody pastes.
pub fn redirect(query: &[u8]) {
    // That there is nothing to look at is an answer.
    let _ = inspect::inspect(query, now());
    if let Ok(text) = std::str::from_utf8(query) {
        let _ = Asked::read(text);
    }
}

/// A provider's metadata.
pub fn metadata(document: &[u8]) {
    let ours = "https://sso.orbit.example/";
    if let Ok(provider) = metadata::parse(document, None, ours, now()) {
        assert!(!provider.certificates.is_empty(), "nothing could be verified");
        assert!(!provider.sign_on.is_empty(), "nobody could sign in");
    }
    let _ = metadata::verify(document, &KEYS, now());
}

/// What comes to the logout address: the query of a redirect, or the body of a form.
pub fn logout(octets: &[u8]) {
    let expected = logout::Expected {
        slo: "https://sso.orbit.example/saml/con_1/slo",
        idp_entity_id: "https://idp.globex.example/",
        keys: &KEYS,
        decryption_keys: &DECRYPTION_KEYS,
        allow_sha1: false,
        allow_cbc: true,
        skew: TimeDelta::seconds(60),
    };
    let query = std::str::from_utf8(octets).ok().and_then(|query| Incoming::query(query).ok());
    for incoming in query.into_iter().chain(Incoming::form(octets).ok()) {
        // The corpus holds no logout message that the provider signed.
        assert!(logout::verify_request(&incoming, &expected, now()).is_err(), "nobody asked");
        assert!(logout::verify_response(&incoming, &expected, now()).is_err(), "nobody answered");
    }
}

/// A person or a group that a directory keeps.
fn kept(kind: Kind) -> Resource {
    let body = json!({
        "userName": "ann@globex.example", "displayName": "Ann", "active": true, "name": { "givenName": "Ann" },
        "emails": [{ "value": "ann@globex.example", "type": "work", "primary": true }, { "value": "ann@home.example" }],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "manager": { "value": "usr_2" } },
    });
    Resource::parse(kind, &body).expect("a resource")
}

/// A filter: written and read again it is the same.
pub fn filter(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    for kind in Kind::ALL {
        let Ok(filter) = scim::filter::parse(kind, text) else { continue };
        match scim::filter::parse(kind, &filter.to_string()) {
            Ok(again) => assert_eq!(again, filter),
            // What is at a limit may be beyond it when it is written in full.
            Err(error) => {
                let told = error.to_string();
                assert!(told.contains("longer than") || told.contains("nested deeper"), "{told}");
            }
        }
        let _ = scim::filter::matches(&filter, kept(kind).attributes());
    }
}

/// The body of a PATCH, or of a POST: what comes of it is in its form, complete, and changed or not as is told.
pub fn patch(body: &[u8]) {
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return };
    for kind in Kind::ALL {
        let before = kept(kind);
        let mut after = before.clone();
        let changed = scim::patch::parse(kind, &body).and_then(|operations| match kind {
            Kind::User => scim::patch::apply(&mut after, &operations),
            Kind::Group => scim::patch::apply_to_group(&mut after, &operations).map(|it| it.0),
        });
        assert_eq!(changed.unwrap_or_default(), before != after, "told otherwise");
        for resource in Resource::parse(kind, &body).into_iter().chain([after]) {
            let again = Resource::parse(kind, &Value::Object(resource.attributes().clone()));
            assert_eq!(again.as_ref(), Ok(&resource), "not in its form");
        }
    }
}
