//! Encrypted assertions: what opens, what does not, and that all that does not looks the same.

use super::*;
use crate::saml::issue::ContentCipher;
use openssl::encrypt::Encrypter;
use openssl::hash::MessageDigest;
use openssl::rsa::Padding;
use openssl::symm::{self, Cipher};

/// Our own key pair, for which providers encrypt.
fn ours() -> &'static Pair {
    testing::other_rsa()
}

pub(super) fn world() -> World {
    let key = DecryptionKey::new(ours().key.clone()).unwrap();
    World { decryption_keys: vec![key], ..World::new() }
}

fn encrypted(cipher: ContentCipher, signed: Signed) -> String {
    let encryption = Some((&ours().certificate, cipher));
    Issue { signed, encryption, ..issue() }.xml().unwrap()
}

/// How a plaintext of any kind is encrypted.
pub(super) struct Sealing {
    pub(super) cipher: (&'static str, Cipher),
    pub(super) transport: &'static str,
    pub(super) method: &'static str,
    pub(super) digest: MessageDigest,
    pub(super) mask: MessageDigest,
}

pub(super) const OAEP: &str = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
pub(super) const OAEP_11: &str = "http://www.w3.org/2009/xmlenc11#rsa-oaep";

impl Sealing {
    pub(super) fn gcm() -> Self {
        Self {
            cipher: ("http://www.w3.org/2009/xmlenc11#aes128-gcm", Cipher::aes_128_gcm()),
            transport: OAEP,
            method: "",
            digest: MessageDigest::sha1(),
            mask: MessageDigest::sha1(),
        }
    }

    pub(super) fn cbc() -> Self {
        Self {
            cipher: ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", Cipher::aes_128_cbc()),
            ..Self::gcm()
        }
    }

    pub(super) fn seal(&self, plaintext: &[u8]) -> String {
        let (uri, cipher) = self.cipher;
        let key = vec![7; cipher.key_len()];
        let iv = vec![9; cipher.iv_len().unwrap()];
        let sealed = if uri.ends_with("gcm") {
            let mut tag = [0; 16];
            let text =
                symm::encrypt_aead(cipher, &key, Some(&iv), &[], plaintext, &mut tag).unwrap();
            [&iv[..], &text, &tag].concat()
        } else {
            [iv.clone(), symm::encrypt(cipher, &key, Some(&iv), plaintext).unwrap()].concat()
        };
        let mut encrypter = Encrypter::new(&ours().key).unwrap();
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
        encrypter.set_rsa_oaep_md(self.digest).unwrap();
        encrypter.set_rsa_mgf1_md(self.mask).unwrap();
        let mut transported = vec![0; encrypter.encrypt_len(&key).unwrap()];
        let length = encrypter.encrypt(&key, &mut transported).unwrap();
        self.element(&sealed, &transported[..length])
    }

    pub(super) fn element(&self, sealed: &[u8], key: &[u8]) -> String {
        let value = |octets| {
            format!(
                "<xenc:CipherData><xenc:CipherValue>{}</xenc:CipherValue></xenc:CipherData>",
                STANDARD.encode(octets)
            )
        };
        format!(
            "<saml:EncryptedAssertion xmlns:saml=\"{}\"><xenc:EncryptedData xmlns:xenc=\"{}\">\
             <xenc:EncryptionMethod Algorithm=\"{}\"/>{}</xenc:EncryptedData>\
             <xenc:EncryptedKey xmlns:xenc=\"{}\"><xenc:EncryptionMethod Algorithm=\"{}\">{}</xenc:EncryptionMethod>{}</xenc:EncryptedKey>\
             </saml:EncryptedAssertion>",
            ns::ASSERTION,
            ns::ENCRYPTION,
            self.cipher.0,
            value(sealed),
            ns::ENCRYPTION,
            self.transport,
            self.method,
            value(key),
        )
    }
}

/// The response of `plain()` with its assertion replaced.
pub(super) fn with(assertion: &str) -> String {
    let plain = plain();
    plain.replace(cut(&plain, "<saml:Assertion", "</saml:Assertion>"), assertion)
}

pub(super) fn signed_assertion() -> String {
    cut(&sign(&plain()), "<saml:Assertion", "</saml:Assertion>").to_owned()
}

#[test]
fn an_encrypted_assertion_is_opened() {
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let outcome = world().verify(&encrypted(ContentCipher::Aes256Gcm, signed));
        assert_eq!(outcome.result.unwrap().name_id.value, ANN);
        assert_eq!(outcome.facts.cipher.as_deref(), Some("AES-256-GCM"));
        assert!(outcome.checks.iter().any(|check| check.name == CheckName::Decryption));
    }
    world().accepts(&with(&Sealing::gcm().seal(signed_assertion().as_bytes())));
}

#[test]
fn every_accepted_key_transport_opens() {
    let sha256 = "<ds:DigestMethod xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    let mgf = "<m:MGF xmlns:m=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/>";
    let both: &'static str = format!("{sha256}{mgf}").leak();
    let (one, two) = (MessageDigest::sha1(), MessageDigest::sha256());
    for (transport, method, digest, mask) in [
        (OAEP, sha256, two, one),
        (OAEP_11, "", one, one),
        (OAEP_11, sha256, two, one),
        (OAEP_11, both, two, two),
    ] {
        let sealing = Sealing { transport, method, digest, mask, ..Sealing::gcm() };
        world().accepts(&with(&sealing.seal(signed_assertion().as_bytes())));
    }
}

#[test]
fn an_encrypted_assertion_must_be_signed_too() {
    let rejection = world()
        .refuses(&encrypted(ContentCipher::Aes256Gcm, Signed::Nothing), Cause::SignatureMissing);
    assert!(rejection.detail.contains("Neither"));
}

#[test]
fn an_assertion_for_another_key_cannot_be_read() {
    let xml = encrypted(ContentCipher::Aes256Gcm, Signed::Both);
    World::new().refuses(&xml, Cause::EncryptedUnreadable);
    let wrong = DecryptionKey::new(testing::rsa().key.clone()).unwrap();
    World { decryption_keys: vec![wrong.clone()], ..World::new() }
        .refuses(&xml, Cause::EncryptedUnreadable);
    let mut world = world();
    world.decryption_keys.insert(0, wrong);
    world.accepts(&xml);
    assert!(DecryptionKey::new(testing::ec().key.clone()).is_none());
}

#[test]
fn aes_cbc_is_refused_unless_the_connection_allows_it() {
    let world = |allow_cbc| World { allow_cbc, ..world() };
    for signed in [Signed::Assertion, Signed::Response, Signed::Both] {
        let xml = encrypted(ContentCipher::Aes256Cbc, signed);
        world(true).accepts(&xml);
        let rejection = world(false).refuses(&xml, Cause::EncryptedUnreadable);
        assert!(rejection.detail.contains("AES-256-GCM"));
    }
}

#[test]
fn old_ciphers_and_key_transports_are_refused_with_what_to_set() {
    let xml = encrypted(ContentCipher::Aes256Gcm, Signed::Assertion);
    let gcm = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
    for cipher in ["http://www.w3.org/2001/04/xmlenc#tripledes-cbc", ""] {
        let rejection = world().refuses(&xml.replace(gcm, cipher), Cause::EncryptedUnreadable);
        assert!(rejection.detail.contains("AES-256-GCM"));
    }
    for transport in ["http://www.w3.org/2001/04/xmlenc#rsa-1_5", ""] {
        let rejection = world().refuses(&xml.replace(OAEP, transport), Cause::EncryptedUnreadable);
        assert!(rejection.detail.contains("RSA-OAEP"));
    }
}

#[test]
fn every_fault_of_decryption_has_the_same_answer() {
    let world = World { allow_cbc: true, ..world() };
    let stranger = Signing { pair: ours(), ..Signing::default() }.sign(&plain(), "_assertion");
    let stranger = cut(&stranger, "<saml:Assertion", "</saml:Assertion>");
    let unsigned = plain();
    let unsigned = cut(&unsigned, "<saml:Assertion", "</saml:Assertion>");
    let cbc = Sealing::cbc();
    let good = cbc.seal(signed_assertion().as_bytes());
    world.accepts(&with(&good));
    let key = vec![3; 256];
    let faults = [
        // Not padded, not UTF-8, not XML, not an assertion, not signed, signed by a stranger.
        cbc.element(&[1; 64], &key),
        cbc.element(&[1; 16], &key),
        cbc.element(&[1; 17], &key),
        cbc.element(&[], &key),
        cbc.element(&[1; 64], &[]),
        cbc.seal(&[0xff; 40]),
        cbc.seal(b"<a>"),
        cbc.seal(b"<a/>"),
        cbc.seal(b""),
        cbc.seal(unsigned.as_bytes()),
        cbc.seal(stranger.as_bytes()),
        cbc.seal(signed_assertion().replace(ANN, "admin@globex.example").as_bytes()),
        cbc.seal(format!("<!DOCTYPE a>{}", signed_assertion()).as_bytes()),
        Sealing::gcm().element(&[1; 64], &key),
        Sealing::gcm().element(&[1; 3], &key),
        Sealing::gcm().element(&[1; 28], &key),
    ];
    for fault in faults {
        let outcome = world.verify(&with(&fault));
        assert_eq!(outcome.result.unwrap_err(), encryption::wrong(), "{fault}");
        let last = outcome.checks.last().unwrap();
        assert_eq!((last.name, &last.received), (CheckName::Decryption, &None));
        assert_eq!(outcome.facts.signatures, Vec::<String>::new());
    }
}

#[test]
fn after_too_many_tries_cbc_is_opened_only_in_a_signed_envelope() {
    let world = World { allow_cbc: true, is_cbc_spent: true, ..world() };
    let outcome = world.verify(&encrypted(ContentCipher::Aes256Cbc, Signed::Assertion));
    assert_eq!(outcome.result.unwrap_err(), encryption::wrong());
    let last = outcome.checks.last().unwrap();
    assert_eq!((last.name, &last.received), (CheckName::Decryption, &None));
    world.accepts(&encrypted(ContentCipher::Aes256Cbc, Signed::Both));
    world.accepts(&encrypted(ContentCipher::Aes256Gcm, Signed::Assertion));
}

#[test]
fn what_is_inside_is_held_to_the_same_rules() {
    let gcm = Sealing::gcm();
    let nested = signed_assertion().replace("<saml:Subject>", "<saml:Assertion/><saml:Subject>");
    let comment = signed_assertion().replace(ANN, "ann@globex<!-- -->.example");
    for (inside, cause) in [
        (nested, Cause::SignatureWrapping),
        (comment, Cause::XmlForbidden),
        ("<a/>".to_owned(), Cause::AssertionMissing),
        (plain(), Cause::AssertionMissing),
        (signed_assertion().replace(ANN, "eve@globex.example"), Cause::SignatureInvalid),
    ] {
        world().refuses(&with(&gcm.seal(inside.as_bytes())), cause);
    }
}

#[test]
fn what_was_encrypted_in_place_is_read_in_its_place() {
    let gcm = Sealing::gcm();
    let declaration = format!(" xmlns:saml=\"{}\"", ns::ASSERTION);
    let inside = signed_assertion().replacen(&declaration, "", 1);
    assert!(Document::parse(&inside).is_err());
    let sealed = gcm.seal(inside.as_bytes());
    world().accepts(&with(&sealed));
    // A prefix bound to something else outside makes it something else inside.
    let rebound =
        sealed.replacen(ns::ASSERTION, "urn:x", 1).replace("saml:Encrypted", "s:Encrypted");
    let outside = format!("<s:EncryptedAssertion xmlns:s=\"{}\"", ns::ASSERTION);
    let rebound = rebound.replacen("<s:EncryptedAssertion", &outside, 1);
    world().refuses(&with(&rebound), Cause::AssertionMissing);
    // Nothing gets out of the place.
    let out = format!("</context>{}<context>", signed_assertion());
    world().refuses(&with(&gcm.seal(out.as_bytes())), Cause::XmlInvalid);
}

#[test]
fn many_encrypted_keys_cost_no_more_than_eight() {
    let sealed = Sealing::gcm().seal(signed_assertion().as_bytes());
    let key = cut(&sealed, "<xenc:EncryptedKey", "</xenc:EncryptedKey>").to_owned();
    let value = cut(&key, "<xenc:CipherValue>", "</xenc:CipherValue>");
    let wrong = key.replace(
        value,
        &format!("<xenc:CipherValue>{}</xenc:CipherValue>", STANDARD.encode([5; 256])),
    );
    let with_wrong =
        |count: usize| with(&sealed.replace(&key, &format!("{}{key}", wrong.repeat(count))));
    world().accepts(&with_wrong(7));
    world().refuses(&with_wrong(8), Cause::EncryptedUnreadable);
}
