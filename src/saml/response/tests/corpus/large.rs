//! Messages too large to be kept: made when they are needed.

use super::*;
use crate::saml::response::tests::encrypted::{Sealing, signed_assertion, with};
use Cause::{
    AssertionMissing, AudienceMismatch, CertificateUnknown, EncryptedUnreadable, ResponseTooLarge,
    SignatureInvalid, SignatureMissing, XmlInvalid,
};
use std::fmt::Write as _;

const FAMILY: &str = "large";

pub(super) fn messages() -> Vec<Message> {
    let mut messages = beyond_the_limits();
    messages.extend(within_the_limits());
    messages.extend(signed());
    messages
}

fn repeated(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect::<Vec<_>>().concat()
}

fn in_subject(signed: &str, what: &str) -> String {
    signed.replacen("<saml:Subject>", &format!("<saml:Subject>{what}"), 1)
}

fn on_subject(signed: &str, attributes: &str) -> String {
    signed.replacen("<saml:Subject>", &format!("<saml:Subject{attributes}>"), 1)
}

fn beyond_the_limits() -> Vec<Message> {
    let it = |name, tries, xml: String| hostile(FAMILY, name, ResponseTooLarge, tries, xml);
    let signed = sign(&plain());
    let nested = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    vec![
        it("10 MB", "Ten megabytes of a letter.", "a".repeat(10 << 20)),
        it("10 MB of tags", "Ten megabytes of tags.", "<a>".repeat((10 << 20) / 3)),
        it(
            "10 MB in a value",
            "A right response with a name ID of ten megabytes.",
            signed.replace(ANN, &"a".repeat(10 << 20)),
        ),
        it(
            "1 MiB in a value",
            "A right response with a name ID of 1 MiB.",
            signed.replace(ANN, &"a".repeat(1 << 20)),
        ),
        it("depth 100,000", "A hundred thousand elements in each other.", nested(100_000)),
        it("depth 33", "One level more than is read.", nested(33)),
        it(
            "depth in a value",
            "A right response with a deep value.",
            in_subject(&signed, &nested(30_000)),
        ),
        it(
            "100,000 elements",
            "A hundred thousand elements.",
            in_subject(&signed, &"<a/>".repeat(100_000)),
        ),
        it("100,000 attributes", "A hundred thousand attributes of one element.", {
            on_subject(&signed, &repeated(100_000, |n| format!(" a{n}=\"\"")))
        }),
        it(
            "25 attributes",
            "One attribute more than is read.",
            on_subject(&signed, &repeated(25, |n| format!(" a{n}=\"\""))),
        ),
        it(
            "attributes of many",
            "As many attributes of one element as is read, of each of many.",
            {
                let attributes = repeated(24, |n| format!(" a{n}=\"\""));
                in_subject(&signed, &format!("<a{attributes}/>").repeat(5_000))
            },
        ),
        it(
            "namespaces",
            "Three thousand declarations.",
            in_subject(&signed, &repeated(3_000, |n| format!("<a xmlns=\"urn:{n}\"/>"))),
        ),
        it("namespaces in force", "A hundred declarations in force at one place.", {
            let level = |n: usize| repeated(20, |m| format!(" xmlns:p{n}_{m}=\"urn:p\""));
            let open = repeated(5, |n| format!("<a{}>", level(n)));
            in_subject(&signed, &format!("{open}{}", "</a>".repeat(5)))
        }),
        it(
            "a long attribute",
            "An attribute of 9,000 octets.",
            on_subject(&signed, &format!(" a=\"{}\"", "a".repeat(9_000))),
        ),
        it(
            "a long name",
            "A name of 100,000 octets.",
            in_subject(&signed, &format!("<{}/>", "a".repeat(100_000))),
        ),
        it("a long attribute's name", "An attribute's name of 100,000 octets.", {
            on_subject(&signed, &format!(" {}=\"\"", "a".repeat(100_000)))
        }),
        Message::new(
            FAMILY,
            "long field",
            "A field of ten megabytes of white space.",
            Err(ResponseTooLarge),
            Content::Field(format!("{}{}", " ".repeat(10 << 20), STANDARD.encode(&signed))),
        ),
    ]
}

/// As much as is let in, and refused only later.
#[expect(clippy::too_many_lines, reason = "a table of messages")]
fn within_the_limits() -> Vec<Message> {
    let it = |name, cause, tries, xml: String| hostile(FAMILY, name, cause, tries, xml);
    let plain = plain();
    let wide = |what: &str| in_subject(&plain, what);
    let room = 1_000_000;
    let key = with(&Sealing::gcm().seal(signed_assertion().as_bytes()));
    let encrypted_key = cut(&key, "<xenc:EncryptedKey", "</xenc:EncryptedKey>").to_owned();
    let assertion = cut(&plain, "<saml:Assertion", "</saml:Assertion>");
    vec![
        it("brackets", XmlInvalid, "A million opening brackets.", "<".repeat(room)),
        it(
            "ampersands",
            XmlInvalid,
            "A million ampersands.",
            format!("<a>{}</a>", "&".repeat(room)),
        ),
        it(
            "quotes",
            XmlInvalid,
            "A million quotes in a tag.",
            format!("<a {}>", "\"".repeat(room)),
        ),
        it(
            "equals signs",
            XmlInvalid,
            "A million equals signs in a tag.",
            format!("<a {}>", "=".repeat(room)),
        ),
        it(
            "spaces in a tag",
            XmlInvalid,
            "A million spaces in a tag.",
            format!("<a{}", " ".repeat(room)),
        ),
        it("ends", XmlInvalid, "Half a million ends.", format!("<a>{}", "</".repeat(room / 2))),
        it(
            "references",
            XmlInvalid,
            "A hundred thousand references, and no end.",
            format!("<a>{}", "&#x41;".repeat(room / 6)),
        ),
        it(
            "elements",
            SignatureMissing,
            "As many elements as are read.",
            wide(&"<a/>".repeat(19_900)),
        ),
        it(
            "elements and texts",
            SignatureMissing,
            "As many elements as are read, with texts between.",
            wide(&"<a>x</a>y".repeat(19_900)),
        ),
        it(
            "elements with long names",
            SignatureMissing,
            "As many elements as fit, with names of fifty letters.",
            wide(&format!("<{}/>", "a".repeat(50)).repeat(18_000)),
        ),
        it("attributes", SignatureMissing, "As many attributes as are read.", {
            let attributes = repeated(24, |n| format!(" a{n}=\"\""));
            wide(&format!("<a{attributes}/>").repeat(1_600))
        }),
        it(
            "ids",
            SignatureMissing,
            "Fifteen thousand IDs.",
            wide(&repeated(15_000, |n| format!("<a ID=\"_{n}\"/>"))),
        ),
        it(
            "ids that begin alike",
            SignatureMissing,
            "Two thousand long IDs that differ at their end.",
            {
                let long = "a".repeat(400);
                wide(&repeated(2_000, |n| format!("<a ID=\"{long}{n}\"/>")))
            },
        ),
        it("declarations", SignatureMissing, "As many declarations as are read.", {
            wide(&repeated(1_990, |n| format!("<a:b xmlns:a=\"urn:{n}\"/>")))
        }),
        it(
            "declarations in force",
            SignatureMissing,
            "As many declarations in force as are read, around many elements.",
            {
                let level = |n: usize| repeated(20, |m| format!(" xmlns:p{n}_{m}=\"urn:p{n}{m}\""));
                let open = repeated(3, |n| format!("<a{}>", level(n)));
                wide(&format!(
                    "{open}{}{}",
                    "<p0_0:a p0_1:b=\"\"/>".repeat(18_000),
                    "</a>".repeat(3)
                ))
            },
        ),
        it(
            "references that hold",
            SignatureMissing,
            "A value of references.",
            plain.replace("Staff", &"&#x41;".repeat(room / 6)),
        ),
        it(
            "text of carriage returns",
            SignatureMissing,
            "A value of carriage returns.",
            plain.replace("Staff", &"\r".repeat(room)),
        ),
        it(
            "certificates",
            SignatureInvalid,
            "A stranger's KeyInfo with certificates of a megabyte.",
            {
                let one = format!(
                    "<ds:X509Certificate>{}</ds:X509Certificate>",
                    testing::other_rsa().certificate.base64()
                );
                let silent =
                    Signing { pair: testing::other_rsa(), key_info: false, ..Signing::default() };
                let many = format!(
                    "<ds:KeyInfo><ds:X509Data><ds:X509SubjectName/></ds:X509Data><ds:X509Data>{}</ds:X509Data></ds:KeyInfo></ds:Signature>",
                    one.repeat(900)
                );
                silent.sign(&plain, "_assertion").replace("</ds:Signature>", &many)
            },
        ),
        it("transforms", SignatureInvalid, "Fifteen thousand transforms.", {
            let transform = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
            sign(&plain).replace(
                "</ds:Transforms>",
                &format!("{}</ds:Transforms>", transform.repeat(12_000)),
            )
        }),
        it(
            "digest of a stranger",
            CertificateUnknown,
            "A digest of a megabyte in SignedInfo, signed by a stranger.",
            {
                let digest = format!("<ds:DigestValue>{}", "QUJD".repeat(room / 4 - 3_000));
                let edits = &[("<ds:DigestValue>", digest.as_str())];
                Signing { pair: testing::other_rsa(), edits, ..Signing::default() }
                    .sign(&plain, "_assertion")
            },
        ),
        it(
            "signature of white space",
            SignatureInvalid,
            "A signature's value of a megabyte of white space.",
            {
                let value = format!("<ds:SignatureValue>{}", " ".repeat(room));
                sign(&plain).replace("<ds:SignatureValue>", &value).replacen(ANN, "x", 1)
            },
        ),
        it("encrypted keys", EncryptedUnreadable, "Seven hundred encrypted keys, none for us.", {
            let other = encrypted_key.replace(
                cut(&encrypted_key, "<xenc:CipherValue>", "</xenc:CipherValue>"),
                &format!("<xenc:CipherValue>{}</xenc:CipherValue>", STANDARD.encode([5; 256])),
            );
            key.replace(&encrypted_key, &other.repeat(700))
        })
        .with(|setting| setting.decryption_key = Some("other_rsa")),
        it("ciphertext", EncryptedUnreadable, "A ciphertext of 700 KB with a wrong tag.", {
            with(&Sealing::gcm().element(&vec![7; 700_000], &[3; 256]))
        })
        .with(|setting| setting.decryption_key = Some("other_rsa")),
        it(
            "no assertion",
            AssertionMissing,
            "A response of nothing but elements.",
            plain.replace(assertion, &"<a/>".repeat(19_000)),
        ),
    ]
}

/// By the provider's own key, and refused at the end: what a hostile customer can cause.
fn signed() -> Vec<Message> {
    let it = |name, tries, what: &str, signing: &Signing<'_>| {
        let plain = plain().replace(&format!(">{ENTITY}<"), ">urn:other<").replacen(
            "<saml:AttributeStatement>",
            &format!("<saml:AttributeStatement>{what}"),
            1,
        );
        hostile(FAMILY, name, AudienceMismatch, tries, signing.sign(&plain, "_assertion"))
    };
    let response = |name, tries, what: &str| {
        let plain = plain().replace(&format!(">{ENTITY}<"), ">urn:other<").replacen(
            "<saml:AttributeStatement>",
            &format!("<saml:AttributeStatement>{what}"),
            1,
        );
        let both = Signing::default().sign(&sign(&plain), "_response");
        hostile(FAMILY, name, AudienceMismatch, tries, both)
    };
    let mut names = String::new();
    for n in 0..9_000 {
        write!(names, "<saml:Attribute Name=\"n{n}\"></saml:Attribute>").unwrap();
    }
    let spaces = repeated(20, |n| format!(" xmlns:p{n}=\"urn:{n}\""));
    let in_force = format!(
        "<saml:Attribute{spaces} Name=\"spaces\">{}</saml:Attribute>",
        "<saml:AttributeValue></saml:AttributeValue>".repeat(9_000)
    );
    let prefixes: Vec<_> = (0..32).map(|n| format!("p{n}")).collect();
    let inclusive = Signing {
        canonical: Method::INCLUSIVE,
        transform: Method::INCLUSIVE,
        ..Signing::default()
    };
    let listed = Signing { prefixes: &prefixes.join(" "), ..Signing::default() };
    let values = "<saml:AttributeValue>a</saml:AttributeValue>".repeat(9_000);
    let values = format!("<saml:Attribute Name=\"wide\">{values}</saml:Attribute>");
    vec![
        it("signed attributes", "Nine thousand attributes.", &names, &Signing::default()),
        it(
            "signed declarations, inclusive",
            "Twenty declarations in force around nine thousand elements, inclusive.",
            &in_force,
            &inclusive,
        ),
        it(
            "signed declarations, listed",
            "Twenty declarations in force around nine thousand elements, all listed.",
            &in_force,
            &listed,
        ),
        it("signed values", "Nine thousand values.", &values, &Signing::default()),
        response(
            "signed twice",
            "Nine thousand attributes in a response that is signed as well.",
            &names,
        ),
    ]
}

#[test]
fn what_is_too_large_to_be_kept_is_refused_too() {
    let mut wrong = Vec::new();
    for message in messages() {
        let outcome = message.outcome_of(message.bytes()).map(|identity| identity.name_id.value);
        let cause = outcome.as_ref().err().map(|rejection| rejection.cause);
        if cause != message.expected.err() {
            wrong.push(format!("{}: {outcome:?}, not {:?}", message.name, message.expected));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
