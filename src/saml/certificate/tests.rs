//! Certificates in every form in which people paste them.

use super::*;
use crate::saml::testing;
use openssl::hash::MessageDigest;
use openssl::rsa::Rsa;

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
fn what_people_paste_in_place_of_a_certificate_is_recognised_by_its_content() {
    use CertificateFault::{Address, Metadata, PrivateKey, PublicKey, Request, Xml};
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut request = openssl::x509::X509Req::builder().unwrap();
    request.set_pubkey(&key).unwrap();
    request.sign(&key, MessageDigest::sha256()).unwrap();
    let request = request.build();
    let text = |pem: Vec<u8>| String::from_utf8(pem).unwrap();
    let base64 = |der: Vec<u8>| general_purpose::STANDARD.encode(der);
    let metadata = "<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"/>";
    for (given, fault) in [
        ("https://idp.example/metadata".to_owned(), Address),
        (" HTTP://idp.example".to_owned(), Address),
        (format!("\u{feff}<?xml version=\"1.0\"?>{metadata}"), Metadata),
        ("<X509Certificate>MIIC</X509Certificate>".to_owned(), Xml),
        (text(key.private_key_to_pem_pkcs8().unwrap()), PrivateKey),
        (text(key.rsa().unwrap().private_key_to_pem().unwrap()), PrivateKey),
        (base64(key.private_key_to_der().unwrap()), PrivateKey),
        (text(request.to_pem().unwrap()), Request),
        (base64(request.to_der().unwrap()), Request),
        (text(key.public_key_to_pem().unwrap()), PublicKey),
        (base64(key.public_key_to_der().unwrap()), PublicKey),
    ] {
        let told = fault.to_string();
        assert!(
            !told.contains("aste") && !told.contains("page"),
            "it may be told to a program: {told}"
        );
        assert_eq!(Certificate::parse(&given), Err(fault), "{given}");
    }
    // Before a key stand its parameters, or what the key is for; the key is what matters.
    let ec = openssl::ec::EcKey::generate(
        &openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).unwrap(),
    );
    let ec = text(ec.unwrap().private_key_to_pem().unwrap());
    let parameters =
        "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    let public = text(key.public_key_to_pem().unwrap());
    let cipher = openssl::symm::Cipher::aes_256_cbc();
    let sealed = key.private_key_to_pem_pkcs8_passphrase(cipher, b"secret").unwrap();
    for given in [format!("{parameters}{ec}"), format!("{public}{ec}"), text(sealed)] {
        assert_eq!(Certificate::parse(&given), Err(PrivateKey), "{given}");
        assert_eq!(Certificate::shown_again(&given), "");
    }
    assert_eq!(Certificate::shown_again(&public), public);
    // A certificate with its chain or its key beside it is read as before.
    let whole = text(key.private_key_to_pem_pkcs8().unwrap()) + &testing::rsa().pem();
    assert!(Certificate::parse(&whole).is_ok());
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
fn a_certificate_is_stored_with_what_was_read_of_it() {
    let certificate = &testing::rsa().certificate;
    let json = serde_json::to_value(certificate).unwrap();
    assert_eq!(json["der"], certificate.base64());
    assert_eq!(json["fingerprint"], certificate.fingerprint());
    assert_eq!(&serde_json::from_value::<Certificate>(json).unwrap(), certificate);
    let first_release = serde_json::Value::from(certificate.base64());
    assert_eq!(&serde_json::from_value::<Certificate>(first_release).unwrap(), certificate);
}

#[test]
fn a_weak_key_is_not_trusted_whatever_is_stored_of_it() {
    let key = PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap();
    let mut builder = X509::builder().unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let weak = Certificate::from_der(&builder.build().to_der().unwrap()).unwrap();
    assert!(weak.check_key().is_err());
    let mut json = serde_json::to_value(&weak).unwrap();
    json["acceptable"] = true.into();
    let claimed: Certificate = serde_json::from_value(json).unwrap();
    assert!(claimed.check_key().is_ok());
    assert!(TrustedKeys::new(&[claimed]).is_empty());
}

#[test]
fn a_key_is_trusted_once_and_in_order() {
    let (one, two) = (&testing::rsa().certificate, &testing::ec().certificate);
    let keys = TrustedKeys::new(&[two.clone(), one.clone(), two.clone()]);
    let order: Vec<_> = keys.iter().map(|key| key.certificate.fingerprint()).collect();
    assert_eq!(order, [two.fingerprint(), one.fingerprint()]);
    assert!(!keys.is_empty() && TrustedKeys::default().is_empty());
}
