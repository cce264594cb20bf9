//! Keys, algorithms and certificates: what a signature must be.

use super::*;
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509Builder;

/// A certificate over `key` that ends at `end`, seconds of 1970.
fn pair(key: PKey<Private>, end: i64) -> Pair {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_not_before(&Asn1Time::from_unix(1_600_000_000).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(end).unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let certificate = Certificate::from_der(&builder.build().to_der().unwrap()).unwrap();
    Pair { key, certificate }
}

fn curve(nid: Nid) -> PKey<Private> {
    let group = EcGroup::from_curve_name(nid).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

const FAR: i64 = 2_300_000_000;

#[test]
fn an_unsigned_response_is_refused() {
    let world = World::new();
    world.refuses(&plain(), Cause::SignatureMissing);
    // Also by a connection that, against all rules, has no key.
    let keys = TrustedKeys::default();
    World { keys: keys.clone(), ..World::new() }.refuses(&plain(), Cause::SignatureMissing);
    World { keys, ..World::new() }.refuses(&sign(&plain()), Cause::CertificateUnknown);
}

#[test]
fn a_changed_message_does_not_fit_its_signature() {
    let world = World::new();
    let xml = issue().xml().unwrap();
    for (from, to) in [
        (ANN, "admin@globex.example"),
        ("Staff", "staff"),
        ("<saml:AttributeStatement>", "<saml:AttributeStatement> "),
        ("09:35:00Z", "19:35:00Z"),
    ] {
        assert!(xml.contains(from));
        world.refuses(&xml.replacen(from, to, 1), Cause::SignatureInvalid);
    }
    // In what is signed itself, too.
    world.refuses(&xml.replace("<ds:SignedInfo>", "<ds:SignedInfo> "), Cause::SignatureInvalid);
}

#[test]
fn a_certificate_that_the_connection_does_not_know_is_named() {
    let world = World::trusting(&[testing::other_rsa()]);
    let outcome = world.verify(&issue().xml().unwrap());
    let rejection = outcome.result.unwrap_err();
    assert_eq!(rejection.cause, Cause::CertificateUnknown);
    let certificate = &testing::rsa().certificate;
    assert_eq!(rejection.received.as_deref(), Some(certificate.fingerprint()));
    assert_eq!(outcome.facts.unknown_certificate.as_ref(), Some(certificate));
    // No certificate is named, or one of ours: then it is the signature that is wrong.
    let silent = Signing { key_info: false, ..Signing::default() }.sign(&plain(), "_assertion");
    world.refuses(&silent, Cause::SignatureInvalid);
    let (theirs, ours) = (certificate.base64(), testing::other_rsa().certificate.base64());
    world.refuses(&sign(&plain()).replace(&theirs, &ours), Cause::SignatureInvalid);
}

#[test]
fn a_key_in_the_message_is_never_used() {
    let world = World::new();
    let pair = testing::other_rsa();
    let rsa = pair.key.rsa().unwrap();
    let value = format!(
        "<ds:KeyInfo><ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue></ds:KeyInfo></ds:Signature>",
        STANDARD.encode(rsa.n().to_vec())
    );
    let signed =
        Signing { pair, key_info: false, ..Signing::default() }.sign(&plain(), "_assertion");
    world.refuses(&signed.replace("</ds:Signature>", &value), Cause::SignatureInvalid);
    let signed = Signing { pair, ..Signing::default() }.sign(&plain(), "_assertion");
    world.refuses(&signed, Cause::CertificateUnknown);
}

#[test]
fn a_certificate_that_has_ended_is_refused() {
    let old =
        pair(PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap(), testing::now().unix() - 1);
    let xml = Signing { pair: &old, ..Signing::default() }.sign(&plain(), "_assertion");
    World::trusting(&[&old]).refuses(&xml, Cause::CertificateExpired);
    // The same key in a renewed certificate is fine, wherever it stands.
    let renewed = pair(old.key.clone(), FAR);
    World::trusting(&[&old, &renewed]).accepts(&xml);
    World::trusting(&[&renewed, &old]).accepts(&xml);
    // To the last second.
    let last = pair(old.key.clone(), testing::now().unix());
    World::trusting(&[&last]).accepts(&xml);
}

#[test]
fn any_of_several_certificates_may_have_signed() {
    let (first, second, third) = (testing::other_rsa(), testing::ec(), testing::rsa());
    let world = World::trusting(&[first, second, third]);
    for pair in [first, second, third] {
        for key_info in [true, false] {
            let xml = Signing { pair, key_info, ..Signing::default() }.sign(&plain(), "_assertion");
            let outcome = world.verify(&xml);
            outcome.result.unwrap();
            assert_eq!(outcome.facts.certificate.as_deref(), Some(pair.certificate.fingerprint()));
        }
    }
}

#[test]
fn rsa_and_the_three_curves_are_accepted_with_every_hash() {
    for nid in [Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1] {
        let pair = pair(curve(nid), FAR);
        for digest in [Digest::Sha256, Digest::Sha512] {
            let xml =
                Signing { pair: &pair, digest, ..Signing::default() }.sign(&plain(), "_assertion");
            World::trusting(&[&pair]).accepts(&xml);
            testing::xmlsec1_verify(&xml, "Assertion", &pair).unwrap();
        }
    }
    for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
        let mut issue = issue();
        issue.signer.digest = digest;
        World::new().accepts(&issue.xml().unwrap());
    }
}

#[test]
fn small_and_odd_keys_are_not_trusted() {
    let small = pair(PKey::from_rsa(Rsa::generate(1024).unwrap()).unwrap(), FAR);
    let odd = pair(curve(Nid::SECP256K1), FAR);
    assert_eq!(small.certificate.key_description(), "RSA 1024");
    for pair in [small, odd] {
        assert!(pair.certificate.check_key().is_err());
        assert!(TrustedKeys::new(std::slice::from_ref(&pair.certificate)).is_empty());
        let xml = Signing { pair: &pair, ..Signing::default() }.sign(&plain(), "_assertion");
        World::trusting(&[&pair]).refuses(&xml, Cause::CertificateUnknown);
    }
}

#[test]
fn a_response_signed_with_sha_1_is_refused_unless_the_connection_allows_it() {
    let xml = Signing { digest: Digest::Sha1, ..Signing::default() }.sign(&plain(), "_assertion");
    World::new().refuses(&xml, Cause::SignatureWeak);
    World { allow_sha1: true, ..World::new() }.accepts(&xml);
    // The digest alone is enough.
    let xml = sign(&plain()).replace(
        "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>",
        "<ds:DigestMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#sha1\"/>",
    );
    World::new().refuses(&xml, Cause::SignatureWeak);
}

#[test]
fn algorithms_that_confuse_keys_are_refused() {
    let xml = sign(&plain());
    let rsa_sha256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    for other in [
        "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-md5",
        "http://www.w3.org/2000/09/xmldsig#dsa-sha1",
        "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "",
    ] {
        World::new().refuses(&xml.replace(rsa_sha256, other), Cause::SignatureWeak);
    }
    // ECDSA with an RSA key, RSA with a curve's.
    let ecdsa = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
    World::new().refuses(&xml.replace(rsa_sha256, ecdsa), Cause::SignatureInvalid);
    let world = World::trusting(&[testing::ec(), testing::rsa()]);
    world.refuses(&xml.replace(rsa_sha256, ecdsa), Cause::SignatureInvalid);
}

#[test]
fn ecdsa_signatures_have_exactly_the_length_of_their_curve() {
    let pair = testing::ec();
    let world = World::trusting(&[pair]);
    let xml = Signing { pair, ..Signing::default() }.sign(&plain(), "_assertion");
    let value = cut(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let octets = STANDARD.decode(&value[19..value.len() - 20]).unwrap();
    assert_eq!(octets.len(), 64);
    let padded = [&[0; 1], &octets[..32], &[0; 1], &octets[32..]].concat();
    let der = {
        let (r, s) = octets.split_at(32);
        let (r, s) = (BigNum::from_slice(r).unwrap(), BigNum::from_slice(s).unwrap());
        openssl::ecdsa::EcdsaSig::from_private_components(r, s).unwrap().to_der().unwrap()
    };
    for wrong in [padded, der, octets[..63].to_vec(), vec![0; 64], vec![0xff; 64], Vec::new()] {
        let value_of = |octets| format!("<ds:SignatureValue>{octets}</ds:SignatureValue>");
        let changed = xml.replace(value, &value_of(STANDARD.encode(wrong)));
        world.refuses(&changed, Cause::SignatureInvalid);
    }
    for length in [0, 1, 255, 257, 10_000] {
        let xml = sign(&plain());
        let value = cut(&xml, "<ds:SignatureValue>", "</ds:SignatureValue>");
        let other =
            format!("<ds:SignatureValue>{}</ds:SignatureValue>", STANDARD.encode(vec![1; length]));
        World::new().refuses(&xml.replace(value, &other), Cause::SignatureInvalid);
    }
}

#[test]
fn both_canonical_forms_are_accepted_and_prefixes_counted() {
    let world = World::new();
    for transform in [Method::EXCLUSIVE, Method::INCLUSIVE] {
        for canonical in [Method::EXCLUSIVE, Method::INCLUSIVE] {
            let signing = Signing { canonical, transform, ..Signing::default() };
            let xml = signing.sign(&plain(), "_assertion");
            world.accepts(&xml);
            testing::xmlsec1_verify(&xml, "Assertion", testing::rsa()).unwrap();
        }
    }
    let many = |count: usize| (0..count).map(|n| format!("p{n} ")).collect::<Vec<_>>().concat();
    let prefixes = many(32);
    world.accepts(
        &Signing { prefixes: &prefixes, ..Signing::default() }.sign(&plain(), "_assertion"),
    );
    let prefixes = many(33);
    let xml = Signing { prefixes: &prefixes, ..Signing::default() }.sign(&plain(), "_assertion");
    world.refuses(&xml, Cause::SignatureInvalid);
}

#[test]
fn both_signatures_must_hold_if_there_are_two() {
    let world = World::new();
    let inner = sign(&plain());
    let stranger = Signing { pair: testing::other_rsa(), ..Signing::default() };
    world.refuses(&stranger.sign(&inner, "_response"), Cause::CertificateUnknown);
    let inner = stranger.sign(&plain(), "_assertion");
    world.refuses(&Signing::default().sign(&inner, "_response"), Cause::CertificateUnknown);
    let both = Signing::default().sign(&sign(&plain()), "_response");
    world.accepts(&both);
    let message = "</samlp:StatusCode><samlp:StatusMessage>x</samlp:StatusMessage>";
    world.refuses(&both.replace("</samlp:StatusCode>", message), Cause::SignatureInvalid);
}
