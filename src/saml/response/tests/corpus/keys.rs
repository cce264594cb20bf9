//! Keys that the message brings, keys that are not the connection's, and signatures of odd lengths.

use super::*;
use Cause::{CertificateExpired, CertificateUnknown, SignatureInvalid, SignatureMissing};
use openssl::bn::BigNum;

const FAMILY: &str = "keys";

pub(super) fn messages() -> Vec<Message> {
    let mut messages = strangers();
    messages.extend(key_infos());
    messages.extend(values());
    messages.extend(points());
    messages
}

fn by(pair: &Pair, key_info: bool) -> String {
    Signing { pair, key_info, ..Signing::default() }.sign(&plain(), "_assertion")
}

fn strangers() -> Vec<Message> {
    let it = |name, cause, tries, xml| hostile(FAMILY, name, cause, tries, xml);
    let stranger = Signing { pair: testing::other_rsa(), ..Signing::default() };
    // 2046-02-01, after the end of every certificate.
    let after_all = 2_400_000_000;
    vec![
        it("unsigned", SignatureMissing, "Nothing is signed.", plain()),
        it("stranger", CertificateUnknown, "A stranger signed and shows their certificate.", {
            by(testing::other_rsa(), true)
        }),
        it("silent stranger", SignatureInvalid, "A stranger signed and shows no certificate.", {
            by(testing::other_rsa(), false)
        }),
        it(
            "stranger behind our certificate",
            SignatureInvalid,
            "A stranger signed and shows the provider's certificate.",
            {
                let (theirs, ours) = (testing::other_rsa(), testing::rsa());
                by(theirs, true).replace(&theirs.certificate.base64(), &ours.certificate.base64())
            },
        ),
        it(
            "stranger with a curve",
            CertificateUnknown,
            "A stranger signed with P-256.",
            by(testing::ec(), true),
        )
        .random(),
        it(
            "strange response",
            CertificateUnknown,
            "A stranger signed the response, the provider the assertion.",
            stranger.sign(&sign(&plain()), "_response"),
        ),
        it(
            "strange assertion",
            CertificateUnknown,
            "A stranger signed the assertion, the provider the response.",
            Signing::default().sign(&stranger.sign(&plain(), "_assertion"), "_response"),
        ),
        it("rsa 1024", CertificateUnknown, "The connection was given a key that is too small.", {
            by(testing::small_rsa(), true)
        })
        .with(|setting| setting.keys = vec!["rsa_1024"]),
        it(
            "secp256k1",
            CertificateUnknown,
            "The connection was given a curve that is not accepted.",
            by(testing::k256(), true),
        )
        .with(|setting| setting.keys = vec!["k256"])
        .random(),
        it("no key", CertificateUnknown, "The connection has no key.", sign(&plain()))
            .with(|setting| setting.keys = Vec::new()),
        it(
            "no key and unsigned",
            SignatureMissing,
            "The connection has no key, and nothing is signed.",
            plain().replace("_assertion", "_a"),
        )
        .with(|setting| setting.keys = Vec::new()),
        it(
            "ended certificate",
            CertificateExpired,
            "The certificate has ended.",
            by(testing::rsa(), false),
        )
        .with(|setting| setting.arrives = Some(after_all)),
    ]
}

/// What stands in `KeyInfo` gives no key.
fn key_infos() -> Vec<Message> {
    let stranger = testing::other_rsa();
    let rsa = stranger.key.rsa().unwrap();
    let bare = by(stranger, false);
    let with = |inside: &str| {
        bare.replace(
            "</ds:Signature>",
            &format!("<ds:KeyInfo>{inside}</ds:KeyInfo></ds:Signature>"),
        )
    };
    let value = format!(
        "<ds:KeyValue><ds:RSAKeyValue><ds:Modulus>{}</ds:Modulus><ds:Exponent>AQAB</ds:Exponent></ds:RSAKeyValue></ds:KeyValue>",
        STANDARD.encode(rsa.n().to_vec())
    );
    let der = STANDARD.encode(stranger.key.public_key_to_der().unwrap());
    let certificate = |base64: &str| {
        format!("<ds:X509Data><ds:X509Certificate>{base64}</ds:X509Certificate></ds:X509Data>")
    };
    let (ours, theirs) = (testing::rsa().certificate.base64(), stranger.certificate.base64());
    let it = |name, cause, tries, inside: &str| hostile(FAMILY, name, cause, tries, with(inside));
    vec![
        it("key value", SignatureInvalid, "KeyInfo brings the stranger's key.", &value),
        it(
            "key value of 11",
            SignatureInvalid,
            "KeyInfo brings the stranger's key as a DEREncodedKeyValue.",
            &format!(
                "<d:DEREncodedKeyValue xmlns:d=\"http://www.w3.org/2009/xmldsig11#\">{der}</d:DEREncodedKeyValue>"
            ),
        ),
        it("retrieval", SignatureInvalid, "KeyInfo says where a key can be fetched.", {
            "<ds:RetrievalMethod URI=\"http://evil.example/key\"/>"
        }),
        it("key name", SignatureInvalid, "KeyInfo names a file as the key.", {
            "<ds:KeyName>/etc/ssl/private/key.pem</ds:KeyName>"
        }),
        it(
            "two certificates",
            SignatureInvalid,
            "KeyInfo shows the provider's certificate, then the stranger's.",
            &format!("{}{}", certificate(&ours), certificate(&theirs)),
        ),
        it(
            "certificate and key value",
            SignatureInvalid,
            "KeyInfo shows the provider's certificate and the stranger's key.",
            &format!("{}{value}", certificate(&ours)),
        ),
        it(
            "rubbish certificate",
            CertificateUnknown,
            "KeyInfo shows rubbish as a certificate.",
            &certificate("QUJD"),
        ),
        it(
            "huge certificate",
            SignatureInvalid,
            "KeyInfo shows a certificate of 20 KB.",
            &certificate(&"QUJD".repeat(7_000)),
        ),
        it(
            "certificate with an element",
            SignatureInvalid,
            "KeyInfo hides an element in a certificate.",
            &certificate(&format!("<ds:x/>{theirs}")),
        ),
    ]
}

fn with_value(xml: &str, octets: &[u8]) -> String {
    let old = cut(xml, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let value = STANDARD.encode(octets);
    xml.replace(old, &format!("<ds:SignatureValue>{value}</ds:SignatureValue>"))
}

fn value(xml: &str) -> Vec<u8> {
    let text = cut(xml, "<ds:SignatureValue>", "</ds:SignatureValue>");
    let (begin, end) = ("<ds:SignatureValue>".len(), "</ds:SignatureValue>".len());
    STANDARD.decode(&text[begin..text.len() - end]).unwrap()
}

/// RSA signatures that are none.
fn values() -> Vec<Message> {
    let signed = sign(&plain());
    let right = value(&signed);
    let modulus = testing::rsa().key.rsa().unwrap().n().to_vec();
    let it = |name, tries, octets: &[u8]| {
        hostile(FAMILY, name, SignatureInvalid, tries, with_value(&signed, octets))
    };
    vec![
        it("rsa empty", "The signature is empty.", &[]),
        it("rsa one octet", "The signature is one octet.", &[1]),
        it("rsa short", "The signature lacks its last octet.", &right[..255]),
        it("rsa long", "The signature has an octet too many.", &[&right[..], &[0]].concat()),
        it(
            "rsa led by a zero",
            "The signature begins with a zero too many.",
            &[&[0], &right[..]].concat(),
        ),
        it("rsa zero", "The signature is zero.", &[0; 256]),
        it("rsa one", "The signature is one.", &[&[0; 255][..], &[1]].concat()),
        it("rsa modulus", "The signature is the key's modulus.", &modulus),
        it("rsa beyond", "The signature is larger than the modulus.", &[0xff; 256]),
        it("rsa 10 KB", "The signature has 10,000 octets.", &[1; 10_000]),
        hostile(FAMILY, "rsa not base64", SignatureInvalid, "The signature is not base64.", {
            signed.replace("<ds:SignatureValue>", "<ds:SignatureValue>*")
        }),
        hostile(
            FAMILY,
            "rsa with an element",
            SignatureInvalid,
            "The signature's value holds an element.",
            signed.replace("<ds:SignatureValue>", "<ds:SignatureValue><ds:x/>"),
        ),
        hostile(FAMILY, "no value", SignatureInvalid, "The signature has no value.", {
            signed.replace(cut(&signed, "<ds:SignatureValue>", "</ds:SignatureValue>"), "")
        }),
        hostile(
            FAMILY,
            "changed",
            SignatureInvalid,
            "A group was changed after it was signed.",
            signed.replace("Staff", "Admins"),
        ),
        hostile(
            FAMILY,
            "changed signed info",
            SignatureInvalid,
            "A space was put into what is signed.",
            signed.replace("<ds:SignedInfo>", "<ds:SignedInfo> "),
        ),
    ]
}

/// ECDSA signatures of another form than r and s side by side.
fn points() -> Vec<Message> {
    let pair = testing::ec();
    let signed = by(pair, true);
    let right = value(&signed);
    assert_eq!(right.len(), 64);
    let (r, s) = right.split_at(32);
    let number = |octets| BigNum::from_slice(octets).unwrap();
    let der = openssl::ecdsa::EcdsaSig::from_private_components(number(r), number(s)).unwrap();
    let der = der.to_der().unwrap();
    let it = |name, tries, octets: &[u8]| {
        hostile(FAMILY, name, SignatureInvalid, tries, with_value(&signed, octets))
            .with(|setting| setting.keys = vec!["p256"])
            .random()
    };
    vec![
        it("ecdsa der", "The ECDSA signature is in DER.", &der),
        it("ecdsa padded", "r and s have a zero too many each.", &[&[0], r, &[0], s].concat()),
        it(
            "ecdsa of p384's length",
            "r and s are as long as those of P-384.",
            &[&[0; 16], r, &[0; 16], s].concat(),
        ),
        it("ecdsa short", "The last octet of s is missing.", &right[..63]),
        it("ecdsa swapped", "s stands before r.", &[s, r].concat()),
        it("ecdsa zeros", "r and s are zero.", &[0; 64]),
        it("ecdsa ones", "r and s are larger than the curve's order.", &[0xff; 64]),
        it("ecdsa empty", "The ECDSA signature is empty.", &[]),
    ]
}
