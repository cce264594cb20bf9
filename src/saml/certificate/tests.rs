//! Certificates in every form in which people paste them.

use super::*;
use crate::saml::testing;

#[test]
fn a_certificate_is_read_in_every_form() {
    let known = &testing::rsa().certificate;
    let base64 = known.base64();
    let wrapped: Vec<_> = base64.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    for text in [
        base64.clone(),
        wrapped.join("\r\n"),
        format!("\n\t{}\n", wrapped.join("\n    ")),
        base64.trim_end_matches('=').to_owned(),
        testing::rsa().pem(),
        format!("Bag Attributes\n  friendlyName: x\n{}more", testing::rsa().pem()),
    ] {
        assert_eq!(Certificate::parse(&text).as_ref(), Ok(known), "{text}");
    }
}

#[test]
fn what_is_no_certificate_is_named() {
    for (text, fault) in [
        ("*", CertificateFault::NotBase64),
        ("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----", CertificateFault::NotBase64),
        ("", CertificateFault::NotCertificate),
        ("AAAA", CertificateFault::NotCertificate),
    ] {
        assert_eq!(Certificate::parse(text), Err(fault), "{text}");
    }
}

#[test]
fn what_people_ask_of_a_certificate_is_known() {
    let certificate = &testing::rsa().certificate;
    assert_eq!(certificate.subject(), "CN=identity provider of the tests");
    assert_eq!(certificate.key_description(), "RSA 2048");
    assert_eq!(testing::ec().certificate.key_description(), "EC P-256");
    assert_eq!(certificate.not_before().unix(), 1_735_689_600);
    assert_eq!(certificate.not_after().unix(), 2_398_377_600);
    assert!(!certificate.is_expired(certificate.not_after()));
    assert!(certificate.is_expired(Time::from_unix(2_398_377_601)));
    assert_eq!(certificate.fingerprint().len(), 64);
    assert_eq!(certificate.check_key(), Ok(()));
}

#[test]
fn octets_behind_a_certificate_do_not_change_it() {
    let known = &testing::rsa().certificate;
    let longer = [known.der(), b"more"].concat();
    assert_eq!(Certificate::from_der(&longer).as_ref(), Ok(known));
}

#[test]
fn a_certificate_is_stored_as_base64() {
    let certificate = &testing::rsa().certificate;
    let json = serde_json::to_string(certificate).unwrap();
    assert_eq!(json, format!("\"{}\"", certificate.base64()));
    assert_eq!(&serde_json::from_str::<Certificate>(&json).unwrap(), certificate);
    assert!(serde_json::from_str::<Certificate>("\"AAAA\"").is_err());
}

#[test]
fn a_key_is_trusted_once_and_in_order() {
    let (one, two) = (&testing::rsa().certificate, &testing::ec().certificate);
    let keys = TrustedKeys::new(&[two.clone(), one.clone(), two.clone()]);
    let order: Vec<_> = keys.iter().map(|key| key.certificate.fingerprint()).collect();
    assert_eq!(order, [two.fingerprint(), one.fingerprint()]);
    assert!(!keys.is_empty() && TrustedKeys::default().is_empty());
}
