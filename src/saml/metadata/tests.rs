//! Metadata as real providers publish it, and what people give instead.

use super::*;
use crate::clock::Time;
use crate::saml::testing;
use chrono::TimeDelta;
use std::fmt::Write;

const OURS: &str = "https://sso.orbit.example/";

macro_rules! sample {
    ($name:literal) => {
        include_bytes!(concat!("../../../tests/data/metadata/", $name, ".xml")).as_slice()
    };
}

const REAL: &[(&str, &[u8])] = &[
    ("adfs", sample!("adfs")),
    ("entra", sample!("entra")),
    ("google", sample!("google")),
    ("jumpcloud", sample!("jumpcloud")),
    ("keycloak", sample!("keycloak")),
    ("okta", sample!("okta")),
    ("pingone", sample!("pingone")),
    ("shibboleth", sample!("shibboleth")),
    ("simplesamlphp", sample!("simplesamlphp")),
];

fn read(bytes: impl AsRef<[u8]>) -> Result<IdentityProvider, Fault> {
    parse(bytes.as_ref(), None, OURS, testing::now())
}

fn code(bytes: impl AsRef<[u8]>) -> &'static str {
    read(bytes).unwrap_err().code()
}

/// A small file with `role` inside the role, around which `entity` and `list` attributes stand.
fn file(role: &str, entity: &str) -> String {
    let certificate = testing::rsa().certificate.base64();
    let key = format!(
        "<KeyDescriptor><KeyInfo xmlns='http://www.w3.org/2000/09/xmldsig#'><X509Data>\
         <X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
    );
    format!(
        "<EntityDescriptor xmlns='urn:oasis:names:tc:SAML:2.0:metadata' {entity}>\
         <IDPSSODescriptor protocolSupportEnumeration='urn:oasis:names:tc:SAML:2.0:protocol'>\
         {key}{role}</IDPSSODescriptor></EntityDescriptor>"
    )
}

const SSO: &str = "<SingleSignOnService Binding='urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST' Location='https://idp.example/sso'/>";

#[test]
fn real_providers_are_read() {
    let mut all = String::new();
    for (name, bytes) in REAL {
        let provider = read(bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        writeln!(all, "{name}: {}", provider.entity_id).unwrap();
        for endpoint in &provider.sign_on {
            writeln!(all, "  sign on {:?} {}", endpoint.binding, endpoint.location).unwrap();
        }
        for endpoint in &provider.logout {
            let answers = endpoint.response_location.as_deref().unwrap_or("the same");
            writeln!(
                all,
                "  logout {:?} {}, answers {answers}",
                endpoint.binding, endpoint.location
            )
            .unwrap();
        }
        for certificate in &provider.certificates {
            writeln!(
                all,
                "  certificate {} {}",
                certificate.subject(),
                certificate.key_description()
            )
            .unwrap();
        }
        for format in &provider.name_id_formats {
            writeln!(all, "  format {}", format.rsplit(':').next().unwrap()).unwrap();
        }
        if provider.wants_signed_requests {
            all.push_str("  wants signed requests\n");
        }
        if let Some(until) = provider.valid_until {
            writeln!(all, "  valid until {until}").unwrap();
        }
        if let Some(seconds) = provider.cache_duration {
            writeln!(all, "  cache for {seconds} s").unwrap();
        }
    }
    insta::assert_snapshot!(all);
}

#[test]
fn a_provider_is_stored_and_read_back() {
    for (_, bytes) in REAL {
        let provider = read(bytes).unwrap();
        let stored = serde_json::to_string(&provider).unwrap();
        assert_eq!(serde_json::from_str::<IdentityProvider>(&stored).unwrap(), provider);
    }
}

#[test]
fn of_several_providers_one_is_chosen() {
    let federation = sample!("federation");
    let fault = read(federation).unwrap_err();
    assert_eq!(fault.code(), "metadata_multiple");
    assert_eq!(fault.choices(), ["https://one.example/idp", "https://two.example/idp"]);
    let choose = |entity_id| parse(federation, Some(entity_id), OURS, testing::now());
    let two = choose("https://two.example/idp").unwrap();
    assert_eq!(two.entity_id, "https://two.example/idp");
    assert_eq!(two.valid_until.unwrap().to_string(), "2029-01-01T00:00:00Z");
    assert_eq!(two.cache_duration, Some(21_600));
    assert_eq!(choose("https://app.example/sp").unwrap_err().code(), "metadata_multiple");
}

#[test]
fn an_entity_inside_extensions_is_not_an_entity() {
    let hidden = file(SSO, "entityID='hidden'");
    let text = file(SSO, "entityID='shown'").replace(
        "<IDPSSODescriptor",
        &format!("<Extensions>{hidden}</Extensions><IDPSSODescriptor"),
    );
    assert_eq!(
        parse(text.as_bytes(), Some("hidden"), OURS, testing::now()).unwrap().entity_id,
        "shown"
    );
}

#[test]
fn metadata_past_its_date_is_refused() {
    let federation = sample!("federation");
    let at = |time| parse(federation, Some("https://two.example/idp"), OURS, time);
    let end = Time::from_unix(1_861_920_000);
    assert!(at(end).is_ok());
    assert_eq!(at(end.plus(TimeDelta::seconds(1))).unwrap_err(), Fault::Expired(end));
    assert_eq!(code(file(SSO, "entityID='a' validUntil='soon'")), "metadata_invalid");
    assert_eq!(
        code(file(SSO, "entityID='a' validUntil='2026-01-31T09:29:59Z'")),
        "metadata_expired"
    );
    assert_eq!(
        code(file(SSO, "entityID='a' validUntil='2026-01-31T10:29:59+01:00'")),
        "metadata_expired"
    );
}

#[test]
fn metadata_whose_certificates_have_all_ended_is_refused() {
    assert_eq!(code(sample!("expired_certificate")), "metadata_certificate_expired");
    assert_eq!(read(sample!("one_expired_one_valid")).unwrap().certificates.len(), 2);
}

#[test]
fn metadata_without_a_usable_signing_certificate_is_refused() {
    assert_eq!(code(sample!("weak_key")), "metadata_no_certificate");
    assert!(read(sample!("weak_key")).unwrap_err().to_string().contains("RSA 1024"));
    let good = file(SSO, "entityID='a'");
    for (from, to) in [
        ("<KeyDescriptor>", "<KeyDescriptor use='encryption'>"),
        ("<X509Certificate>MII", "<X509Certificate>AAAA"),
        ("<X509Certificate>MII", "<X509Certificate>*"),
        ("X509Data", "KeyValue"),
        ("KeyDescriptor", "KeyDescription"),
    ] {
        let mut text = good.replace(from, to);
        if to == "KeyValue" {
            text = text.replace("X509Certificate", "RSAKeyValue");
            assert!(read(&text).unwrap_err().to_string().contains("KeyValue"));
        }
        assert_eq!(code(&text), "metadata_no_certificate", "{to}");
    }
}

#[test]
fn an_entity_id_is_any_text_that_can_be_seen() {
    for entity_id in ["JumpCloud", "Orbit Labs · Globex", "urn:x:y", "http://www.okta.example/exk1"]
    {
        let text = file(SSO, &format!("entityID=' {entity_id} '"));
        assert_eq!(read(text).unwrap().entity_id, entity_id);
    }
    let long = format!("entityID='{}'", "a".repeat(1025));
    for bad in
        ["", "entityID=''", "entityID='  '", "entityID='a&#x9;b'", "entityID='a&#x85;b'", &long]
    {
        assert_eq!(code(file(SSO, bad)), "metadata_invalid", "{bad}");
    }
}

#[test]
fn a_sign_on_address_is_a_web_address() {
    for bad in [
        "javascript:alert(1)",
        "data:text/html,x",
        "/sso",
        "",
        "https://a.example/&#xA;x",
        "https://a:b@a.example/",
    ] {
        assert_eq!(
            code(file(&SSO.replace("https://idp.example/sso", bad), "entityID='a'")),
            "metadata_invalid",
            "{bad}"
        );
    }
    assert!(read(file(&SSO.replace("https:", "http:"), "entityID='a'")).is_ok());
}

#[test]
fn a_provider_that_no_browser_can_reach_is_refused() {
    let fault = read(file("", "entityID='a'")).unwrap_err().to_string();
    assert!(fault.contains("none at all"), "{fault}");
    let fault =
        read(file(&SSO.replace("HTTP-POST", "SOAP"), "entityID='a'")).unwrap_err().to_string();
    assert!(fault.ends_with("it has SOAP."), "{fault}");
}

#[test]
fn our_own_metadata_is_recognised() {
    let certificates = [testing::rsa().certificate.clone()];
    let own = |entity_id| {
        let provider = ServiceProvider {
            entity_id,
            acs: "https://sso.orbit.example/saml/con_1/acs",
            logout: None,
            signing: &certificates,
            encryption: &certificates,
            signs_requests: false,
            wants_signed_assertions: true,
            name_id_formats: &[],
            organization: None,
            valid_until: None,
            cache_seconds: None,
        };
        read(provider.metadata()).unwrap_err()
    };
    let fault = own("https://sso.orbit.example/saml/con_1");
    assert_eq!(fault.code(), "metadata_is_sp");
    assert!(matches!(fault, Fault::ServiceProvider { ours: true, .. }));
    assert!(matches!(own("https://other.example/"), Fault::ServiceProvider { ours: false, .. }));
}

#[test]
fn what_is_given_instead_of_metadata_is_named() {
    let saml_1 = file(SSO, "entityID='a'").replace("SAML:2.0:protocol", "SAML:1.1:protocol");
    let other_namespace =
        file(SSO, "entityID='a'").replace("SAML:2.0:metadata", "SAML:1.0:metadata");
    let wsfed = file(SSO, "entityID='a'").replace("IDPSSODescriptor", "RoleDescriptor");
    let neither = file(SSO, "entityID='a'").replace("IDPSSODescriptor", "PDPDescriptor");
    let dtd = format!("<!DOCTYPE a [<!ENTITY b 'c'>]>{}", file(SSO, "entityID='a'"));
    let large = format!("<!--{}-->{}", "x".repeat(6 << 20), file(SSO, "entityID='a'"));
    let deep = "<a>".repeat(100_000);
    let mut all = String::new();
    for (what, bytes) in [
        ("login page", "<!DOCTYPE html>\n<html><head><title>Sign in</title>".as_bytes()),
        ("page without a type", b"\n <HTML lang=en><body>"),
        ("page in XHTML", b"<?xml version='1.0'?><!DOCTYPE html PUBLIC 'x' 'y'><html/>"),
        ("discovery", br#"{"issuer":"https://idp.example","jwks_uri":"https://idp.example/keys"}"#),
        ("keys", br#"{"keys":[]}"#),
        ("broken JSON", b"{oops"),
        ("address", b"https://idp.example/metadata"),
        ("certificate", b"-----BEGIN CERTIFICATE-----\nMII"),
        ("nothing", b" \r\n"),
        ("text", b"hello"),
        ("binary", b"\x89PNG\r\n\x1a\n"),
        ("broken", b"<EntityDescriptor"),
        ("response", b"<samlp:Response xmlns:samlp='urn:oasis:names:tc:SAML:2.0:protocol'/>"),
        ("other XML", b"<rss/>"),
        ("other namespace", other_namespace.as_bytes()),
        ("SAML 1.1", saml_1.as_bytes()),
        ("WS-Federation", wsfed.as_bytes()),
        ("no provider", neither.as_bytes()),
        ("document type", dtd.as_bytes()),
        ("too large", large.as_bytes()),
        ("too deep", deep.as_bytes()),
    ] {
        let fault = read(bytes).unwrap_err();
        writeln!(all, "{what}: {}\n  {fault}", fault.code()).unwrap();
    }
    // Why XML cannot be read is said elsewhere.
    insta::with_settings!({filters => vec![(r"can be read\. .*", "can be read. [why]")]}, {
        insta::assert_snapshot!(all);
    });
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(
        which in 0..REAL.len(),
        at in proptest::num::usize::ANY,
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..8),
        cut in 0..64_usize,
    ) {
        let mut text = REAL[which].1.to_vec();
        let at = at % text.len();
        let end = (at + cut).min(text.len());
        text.splice(at..end, bytes);
        let _ = read(text);
    }
}
