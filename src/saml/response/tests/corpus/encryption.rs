//! Encrypted assertions that do not open, or that hold what an assertion may not hold.

use super::*;
use crate::saml::response::tests::encrypted::{OAEP, Sealing, signed_assertion, with};
use Cause::{
    AssertionMissing, AssertionMultiple, EncryptedUnreadable, NameIdMissing, SignatureInvalid,
    SignatureMissing, SignatureWrapping, XmlForbidden, XmlInvalid,
};
use openssl::symm::Cipher;

pub(super) fn messages() -> Vec<Message> {
    let mut messages = algorithms();
    messages.extend(values());
    messages.extend(contents());
    messages.extend(places());
    let ours = |message: Message| message.random().with(|it| it.decryption_key = Some("other_rsa"));
    messages.into_iter().map(ours).collect()
}

fn sealed() -> String {
    Sealing::gcm().seal(signed_assertion().as_bytes())
}

fn algorithms() -> Vec<Message> {
    let it = |name, tries, xml| hostile("ciphers", name, EncryptedUnreadable, tries, xml);
    let sealed = sealed();
    let gcm = Sealing::gcm().cipher.0;
    let cipher = |uri: &str| with(&sealed.replace(gcm, uri));
    let transport = |uri: &str| with(&sealed.replace(OAEP, uri));
    let inside = |what: &str| {
        let method = format!("{OAEP}\">");
        with(&sealed.replacen(&method, &format!("{method}{what}"), 1))
    };
    let digest = |uri: &str| {
        inside(&format!("<ds:DigestMethod xmlns:ds=\"{}\" Algorithm=\"{uri}\"/>", ns::SIGNATURE))
    };
    vec![
        it("3des", "Triple DES.", cipher("http://www.w3.org/2001/04/xmlenc#tripledes-cbc")),
        it(
            "aes 192",
            "AES-192-GCM, which is not in the profile.",
            cipher("http://www.w3.org/2009/xmlenc11#aes192-gcm"),
        ),
        it(
            "cbc",
            "AES-CBC, which the connection does not accept.",
            with(&Sealing::cbc().seal(signed_assertion().as_bytes())),
        ),
        it(
            "chacha",
            "A cipher that is not in the profile.",
            cipher("urn:ietf:params:xml:ns:chacha20"),
        ),
        it("no cipher", "The cipher's name is empty.", cipher("")),
        it(
            "key wrap",
            "A key wrap is named as the content's cipher.",
            cipher("http://www.w3.org/2001/04/xmlenc#kw-aes128"),
        ),
        it(
            "rsa 1.5",
            "RSA 1.5, whose padding can be asked for.",
            transport("http://www.w3.org/2001/04/xmlenc#rsa-1_5"),
        ),
        it(
            "wrapped key",
            "The key is wrapped by another secret.",
            transport("http://www.w3.org/2001/04/xmlenc#kw-aes256"),
        ),
        it(
            "agreed key",
            "The key is agreed on a curve.",
            transport("http://www.w3.org/2009/xmlenc11#ECDH-ES"),
        ),
        it("no transport", "The key's transport has no name.", transport("")),
        it(
            "oaep with md5",
            "RSA-OAEP with MD5.",
            digest("http://www.w3.org/2001/04/xmldsig-more#md5"),
        ),
        it("oaep with nothing", "RSA-OAEP with a digest without a name.", digest("")),
        it("mask of sha512", "RSA-OAEP with a mask that is not in the profile.", {
            let mask = "<m:MGF xmlns:m=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha512\"/>";
            let text = inside(mask);
            text.replace(OAEP, "http://www.w3.org/2009/xmlenc11#rsa-oaep")
        }),
    ]
}

/// Keys and ciphertexts that are cut, changed or missing.
fn values() -> Vec<Message> {
    let it = |name, tries, xml| hostile("ciphertexts", name, EncryptedUnreadable, tries, xml);
    let sealed = sealed();
    let key = vec![3; 256];
    let short = |octets: &[u8]| with(&Sealing::gcm().element(octets, &key));
    let key_element = cut(&sealed, "<xenc:EncryptedKey", "</xenc:EncryptedKey>").to_owned();
    let first = cut(&sealed, "<xenc:CipherValue>", "</xenc:CipherValue>").to_owned();
    let key_value = cut(&key_element, "<xenc:CipherValue>", "</xenc:CipherValue>").to_owned();
    let changed = |at: usize| {
        let base64 = &first["<xenc:CipherValue>".len()..first.len() - "</xenc:CipherValue>".len()];
        let mut octets = STANDARD.decode(base64).unwrap();
        let at = if at == usize::MAX { octets.len() - 1 } else { at };
        octets[at] ^= 1;
        let value = format!("<xenc:CipherValue>{}</xenc:CipherValue>", STANDARD.encode(octets));
        with(&sealed.replace(&first, &value))
    };
    let wrong = key_element.replace(
        &key_value,
        &format!("<xenc:CipherValue>{}</xenc:CipherValue>", STANDARD.encode([5; 256])),
    );
    vec![
        it("empty", "The ciphertext is empty.", short(&[])),
        it("three octets", "The ciphertext is shorter than its nonce.", short(&[1; 3])),
        it("a nonce", "The ciphertext is a nonce and nothing else.", short(&[1; 12])),
        it("fifteen octets of a tag", "The tag lacks an octet.", short(&[1; 27])),
        it("a tag", "The ciphertext is a nonce and a tag.", short(&[1; 28])),
        it("rubbish", "The ciphertext is rubbish.", short(&[1; 64])),
        it("wrong tag", "A bit of the tag is changed.", changed(usize::MAX)),
        it("wrong nonce", "A bit of the nonce is changed.", changed(0)),
        it("wrong text", "A bit of the ciphertext is changed.", changed(40)),
        it("wrong key", "The key is rubbish.", with(&sealed.replace(&key_element, &wrong))),
        it("no key", "There is no key.", with(&sealed.replace(&key_element, ""))),
        it("key without a value", "The key has no value.", {
            let data = cut(&key_element, "<xenc:CipherData>", "</xenc:CipherData>");
            with(&sealed.replace(&key_element, &key_element.replace(data, "")))
        }),
        it("short key", "The key's value is three octets.", {
            let short =
                key_element.replace(&key_value, "<xenc:CipherValue>AAAA</xenc:CipherValue>");
            with(&sealed.replace(&key_element, &short))
        }),
        it("nine keys", "The right key is the ninth.", {
            with(&sealed.replace(&key_element, &format!("{}{key_element}", wrong.repeat(8))))
        }),
        it(
            "not base64",
            "The ciphertext is not base64.",
            with(&sealed.replacen("<xenc:CipherValue>", "<xenc:CipherValue>*", 1)),
        ),
        it("reference", "The ciphertext is to be fetched.", {
            with(&sealed.replace(&first, "<xenc:CipherReference URI=\"http://evil.example/\"/>"))
        }),
        it("no data", "The encrypted assertion is empty.", {
            with(&format!("<saml:EncryptedAssertion xmlns:saml=\"{}\"/>", ns::ASSERTION))
        }),
    ]
}

/// What comes out.
fn contents() -> Vec<Message> {
    let it = |name, cause, tries, inside: &[u8]| {
        hostile("plaintexts", name, cause, tries, with(&Sealing::gcm().seal(inside)))
    };
    let signed = signed_assertion();
    let plain = plain();
    let unsigned = cut(&plain, "<saml:Assertion", "</saml:Assertion>");
    let stranger = Signing { pair: testing::other_rsa(), ..Signing::default() };
    let strange = stranger.sign(&plain, "_assertion");
    let strange = cut(&strange, "<saml:Assertion", "</saml:Assertion>");
    let text = |text: &str| text.as_bytes().to_vec();
    vec![
        it(
            "unsigned",
            SignatureMissing,
            "The assertion is encrypted and not signed.",
            &text(unsigned),
        ),
        it(
            "stranger",
            Cause::CertificateUnknown,
            "A stranger signed what is inside.",
            &text(strange),
        ),
        it(
            "changed",
            SignatureInvalid,
            "What is inside was changed after it was signed.",
            &text(&signed.replace(ANN, "eve@globex.example")),
        ),
        it("not utf 8", XmlInvalid, "What is inside is not UTF-8.", &[0xff; 40]),
        it("empty", XmlInvalid, "Nothing is inside.", b""),
        it("half", XmlInvalid, "Half an assertion is inside.", &text(&signed[..signed.len() / 2])),
        it("other element", AssertionMissing, "Another element is inside.", b"<a/>"),
        it("response", AssertionMissing, "A whole response is inside.", &text(&plain)),
        it(
            "nested assertion",
            SignatureWrapping,
            "An assertion in the assertion is inside.",
            &text(&signed.replace("<saml:Subject>", "<saml:Assertion/><saml:Subject>")),
        ),
        it(
            "two assertions",
            XmlInvalid,
            "Two assertions are inside.",
            &text(&format!("{signed}{unsigned}")),
        ),
        it(
            "encrypted again",
            AssertionMissing,
            "An encrypted assertion is inside.",
            &text(&sealed()),
        ),
        it(
            "document type",
            XmlForbidden,
            "A document type is inside.",
            &text(&format!("<!DOCTYPE a>{signed}")),
        ),
        it(
            "comment",
            XmlForbidden,
            "A comment in the name ID is inside.",
            &text(&signed.replace(ANN, "ann@globex<!-- -->.example")),
        ),
        it(
            "mark",
            XmlForbidden,
            "A byte-order mark is inside.",
            &text(&format!("\u{feff}{signed}")),
        ),
        it(
            "way out",
            XmlInvalid,
            "What is inside ends what is put around it.",
            &text(&format!("</context>{signed}<context>")),
        ),
        it(
            "copied signature",
            SignatureWrapping,
            "A forged assertion with the original's signature is inside.",
            &text(&signed.replacen("\"_assertion\"", "\"_evil\"", 1)),
        ),
    ]
}

/// Encrypted beside what is not.
fn places() -> Vec<Message> {
    let family = "encrypted and not";
    let sealed = sealed();
    let plain = plain();
    let unsigned = cut(&plain, "<saml:Assertion", "</saml:Assertion>");
    let forged = unsigned.replace("_assertion", "_evil").replace(ANN, "admin@globex.example");
    let name_id = cut(&plain, "<saml:NameID", "</saml:NameID>");
    let cbc = Sealing {
        cipher: ("http://www.w3.org/2001/04/xmlenc#aes128-cbc", Cipher::aes_128_cbc()),
        ..Sealing::gcm()
    };
    vec![
        hostile(
            family,
            "plain beside",
            AssertionMultiple,
            "A forged assertion stands beside the encrypted one.",
            with(&format!("{sealed}{forged}")),
        ),
        hostile(
            family,
            "plain before",
            AssertionMultiple,
            "A forged assertion stands before the encrypted one.",
            with(&format!("{forged}{sealed}")),
        ),
        hostile(
            family,
            "two encrypted",
            AssertionMultiple,
            "Two encrypted assertions.",
            with(&sealed.repeat(2)),
        ),
        hostile(
            family,
            "plain inside",
            SignatureWrapping,
            "A forged assertion stands in the encrypted one.",
            {
                with(&sealed.replace(
                    "</saml:EncryptedAssertion>",
                    &format!("{forged}</saml:EncryptedAssertion>"),
                ))
            },
        ),
        hostile(family, "encrypted name id", NameIdMissing, "An assertion is inside.", {
            let encrypted = sealed.replace("EncryptedAssertion", "EncryptedID");
            sign(&plain.replace(name_id, &encrypted))
        }),
        hostile(
            family,
            "exchanged",
            SignatureInvalid,
            "The encrypted assertion in a signed response was exchanged.",
            {
                let signed = Signing::default().sign(&with(&sealed), "_response");
                signed.replace(&sealed, &Sealing::gcm().seal(unsigned.as_bytes()))
            },
        ),
        hostile(
            family,
            "cbc unsigned",
            EncryptedUnreadable,
            "AES-CBC with an assertion that is not signed.",
            with(&cbc.seal(unsigned.as_bytes())),
        )
        .with(|setting| setting.allow_cbc = true),
        hostile(
            family,
            "cbc padding",
            EncryptedUnreadable,
            "AES-CBC with a padding that cannot be.",
            with(&cbc.element(&[1; 64], &[3; 256])),
        )
        .with(|setting| setting.allow_cbc = true),
        hostile(family, "cbc half block", EncryptedUnreadable, "AES-CBC with half a block.", {
            with(&cbc.element(&[1; 24], &[3; 256]))
        })
        .with(|setting| setting.allow_cbc = true),
        hostile(
            family,
            "rebound prefix",
            AssertionMissing,
            "A prefix inside is bound to something else outside.",
            {
                let declaration = format!(" xmlns:saml=\"{}\"", ns::ASSERTION);
                let sealed = Sealing::gcm()
                    .seal(signed_assertion().replacen(&declaration, "", 1).as_bytes());
                let rebound = sealed
                    .replacen(ns::ASSERTION, "urn:x", 1)
                    .replace("saml:Encrypted", "s:Encrypted");
                let outside = format!("<s:EncryptedAssertion xmlns:s=\"{}\"", ns::ASSERTION);
                with(&rebound.replacen("<s:EncryptedAssertion", &outside, 1))
            },
        ),
    ]
}
