//! What the profile allows beyond any one provider's manner.

use super::providers::{edited, prefixed};
use super::*;
use crate::saml::response::tests::encrypted::{OAEP, OAEP_11, Sealing, signed_assertion, with};
use openssl::hash::MessageDigest;
use openssl::symm::Cipher;

const ASSERTION: &[&str] = &["Assertion"];
const RESPONSE: &[&str] = &["Response"];

pub(super) fn messages() -> Vec<Message> {
    let mut messages = algorithms();
    messages.extend(canonical_forms());
    messages.extend(encrypted());
    messages.extend(white_space());
    messages.extend(contents());
    messages
}

fn algorithms() -> Vec<Message> {
    let it = |name, manner, pair, digest| {
        let xml = Signing { pair, digest, ..Signing::default() }.sign(&plain(), "_assertion");
        valid("algorithms", name, manner, ASSERTION, xml)
    };
    let curve = |name, manner, pair, key, digest| {
        it(name, manner, pair, digest).random().with(|setting| setting.keys = vec![key])
    };
    let (p256, p384, p521) = (testing::ec(), testing::p384(), testing::p521());
    vec![
        it("rsa sha384", "RSA with SHA-384.", testing::rsa(), Digest::Sha384),
        it("rsa sha512", "RSA with SHA-512.", testing::rsa(), Digest::Sha512),
        it(
            "rsa sha1",
            "RSA with SHA-1, where the connection accepts that.",
            testing::rsa(),
            Digest::Sha1,
        )
        .with(|setting| setting.allow_sha1 = true),
        curve("p256", "P-256 with SHA-256.", p256, "p256", Digest::Sha256),
        curve("p256 sha512", "P-256 with SHA-512.", p256, "p256", Digest::Sha512),
        curve("p384", "P-384 with SHA-384.", p384, "p384", Digest::Sha384),
        curve("p521", "P-521 with SHA-512.", p521, "p521", Digest::Sha512),
        curve("p521 sha256", "P-521 with SHA-256.", p521, "p521", Digest::Sha256),
        curve("among others", "P-384 among keys of other kinds.", p384, "p384", Digest::Sha256)
            .with(|setting| setting.keys = vec!["rsa", "p256", "p521", "other_rsa", "p384"]),
        valid(
            "algorithms",
            "mixed",
            "The assertion signed with P-256, the response with RSA.",
            &[],
            {
                let inner =
                    Signing { pair: p256, ..Signing::default() }.sign(&plain(), "_assertion");
                Signing::default().sign(&inner, "_response")
            },
        )
        .random()
        .with(|setting| setting.keys = vec!["rsa", "p256"]),
    ]
}

fn canonical_forms() -> Vec<Message> {
    let it = |name, manner, signed, xml| valid("canonical forms", name, manner, signed, xml);
    let inclusive = Signing {
        canonical: Method::INCLUSIVE,
        transform: Method::INCLUSIVE,
        ..Signing::default()
    };
    let around = plain().replacen(
        "<samlp:Response ",
        "<samlp:Response xmlns:unused=\"urn:unused\" xml:lang=\"en\" ",
        1,
    );
    let many: Vec<_> = (0..32).map(|n| format!("p{n}")).collect();
    let many = many.join(" ");
    vec![
        it(
            "inclusive",
            "Inclusive canonicalisation of both.",
            ASSERTION,
            inclusive.sign(&around, "_assertion"),
        ),
        it(
            "inclusive response",
            "Inclusive canonicalisation of the response.",
            RESPONSE,
            inclusive.sign(&around, "_response"),
        ),
        it(
            "inclusive signed info",
            "Inclusive canonicalisation of SignedInfo alone.",
            ASSERTION,
            {
                Signing { canonical: Method::INCLUSIVE, ..Signing::default() }
                    .sign(&around, "_assertion")
            },
        ),
        it("inclusive element", "Inclusive canonicalisation of the element alone.", ASSERTION, {
            Signing { transform: Method::INCLUSIVE, ..Signing::default() }
                .sign(&around, "_assertion")
        }),
        it("prefixes", "Exclusive canonicalisation with prefixes that are listed.", ASSERTION, {
            Signing { prefixes: "xs unused #default", ..Signing::default() }
                .sign(&around, "_assertion")
        }),
        it("32 prefixes", "As many prefixes as may be listed.", ASSERTION, {
            Signing { prefixes: &many, ..Signing::default() }.sign(&plain(), "_assertion")
        }),
        it("with comments", "The form with comments, of which there are none.", ASSERTION, {
            let with = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments\"></ds:Transform>";
            let edits = &[("http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>", with)];
            Signing { edits, ..Signing::default() }.sign(&plain(), "_assertion")
        }),
        it("no certificate", "No certificate is shown.", ASSERTION, {
            Signing { key_info: false, ..Signing::default() }.sign(&plain(), "_assertion")
        }),
        it("key name", "A key's name is shown beside the certificate.", ASSERTION, {
            sign(&plain()).replace("<ds:KeyInfo>", "<ds:KeyInfo><ds:KeyName>k</ds:KeyName>")
        }),
        it("signature id", "Signature and reference have IDs of their own.", ASSERTION, {
            let edits = &[
                ("<ds:Reference ", "<ds:Reference Id=\"_reference\" "),
                ("<ds:SignedInfo>", "<ds:SignedInfo Id=\"_info\">"),
            ];
            Signing { edits, ..Signing::default() }.sign(&plain(), "_assertion")
        }),
    ]
}

fn encrypted() -> Vec<Message> {
    let sha256 = "<ds:DigestMethod xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    let mask = "<m:MGF xmlns:m=\"http://www.w3.org/2009/xmlenc11#\" Algorithm=\"http://www.w3.org/2009/xmlenc11#mgf1sha256\"/>";
    let both: &'static str = format!("{sha256}{mask}").leak();
    let (one, two) = (MessageDigest::sha1(), MessageDigest::sha256());
    let aes256 = ("http://www.w3.org/2009/xmlenc11#aes256-gcm", Cipher::aes_256_gcm());
    let seal = |sealing: &Sealing| with(&sealing.seal(signed_assertion().as_bytes()));
    let transport = |transport, method, digest, mask| {
        seal(&Sealing { transport, method, digest, mask, ..Sealing::gcm() })
    };
    let it = |name, manner, signed, xml| {
        valid("encryption", name, manner, signed, xml)
            .random()
            .with(|setting| setting.decryption_key = Some("other_rsa"))
    };
    let declaration = format!(" xmlns:saml=\"{}\"", ns::ASSERTION);
    vec![
        it("aes 128 gcm", "AES-128-GCM.", &[], seal(&Sealing::gcm())),
        it("aes 256 gcm", "AES-256-GCM.", &[], seal(&Sealing { cipher: aes256, ..Sealing::gcm() })),
        it(
            "aes 128 cbc",
            "AES-128-CBC, where the connection accepts that.",
            &[],
            seal(&Sealing::cbc()),
        )
        .with(|setting| setting.allow_cbc = true),
        it("oaep sha256", "RSA-OAEP with SHA-256.", &[], transport(OAEP, sha256, two, one)),
        it("oaep 11", "RSA-OAEP of XML Encryption 1.1.", &[], transport(OAEP_11, "", one, one)),
        it(
            "oaep 11 sha256",
            "RSA-OAEP of XML Encryption 1.1 with SHA-256 for digest and mask.",
            &[],
            transport(OAEP_11, both, two, two),
        ),
        it(
            "unsigned in a signed response",
            "The encrypted assertion is not signed, the response around it is.",
            RESPONSE,
            {
                let plain = plain();
                let sealed = Sealing::gcm()
                    .seal(cut(&plain, "<saml:Assertion", "</saml:Assertion>").as_bytes());
                Signing::default().sign(&with(&sealed), "_response")
            },
        ),
        it("in place", "Declarations that are further out are missing inside.", &[], {
            with(&Sealing::gcm().seal(signed_assertion().replacen(&declaration, "", 1).as_bytes()))
        }),
        it("wrapped", "The base64 of the ciphertext is in lines.", &[], {
            in_lines(&seal(&Sealing::gcm()), "<xenc:CipherValue>", "</xenc:CipherValue>", "\n")
        }),
        it("several keys", "Keys for others stand before ours.", &[], {
            let sealed = seal(&Sealing::gcm());
            let key = cut(&sealed, "<xenc:EncryptedKey", "</xenc:EncryptedKey>").to_owned();
            let value = cut(&key, "<xenc:CipherValue>", "</xenc:CipherValue>");
            let other =
                format!("<xenc:CipherValue>{}</xenc:CipherValue>", STANDARD.encode([5; 256]));
            let other = key.replace(value, &other);
            sealed.replace(&key, &format!("{}{key}", other.repeat(3)))
        }),
    ]
}

/// The first text between `begin` and `end` in lines.
fn in_lines(xml: &str, begin: &str, end: &str, line_end: &str) -> String {
    let value = cut(xml, begin, end);
    let inner = &value[begin.len()..value.len() - end.len()];
    let lines: Vec<_> = inner.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    xml.replace(value, &format!("{begin}{line_end}{}{line_end}{end}", lines.join(line_end)))
}

fn white_space() -> Vec<Message> {
    let it = |name, manner, xml| valid("white space", name, manner, ASSERTION, xml);
    let signed = sign(&plain());
    let field = STANDARD.encode(&signed);
    let lines: Vec<_> = field.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    let of_field = |name, manner, field: String| {
        Message::new("white space", name, manner, Ok(()), Content::Field(field))
    };
    vec![
        it("pretty printed", "One element a line.", sign(&plain().replace("><", ">\n  <"))),
        it("pretty printed for windows", "Lines that end with CR and LF.", {
            sign(&plain().replace("><", ">\n\t<")).replace('\n', "\r\n")
        }),
        it("around", "White space around the response.", format!("\n\n{signed}\n\n")),
        it(
            "declared",
            "An XML declaration.",
            format!("<?xml version='1.0' encoding='utf-8' standalone=\"no\" ?>\n{signed}"),
        ),
        it("signature in lines", "The signature's base64 is in lines.", {
            in_lines(&signed, "<ds:SignatureValue>", "</ds:SignatureValue>", "\n")
        }),
        it("certificate in lines", "The certificate's base64 is in lines of Windows.", {
            in_lines(&signed, "<ds:X509Certificate>", "</ds:X509Certificate>", "\r\n")
        }),
        it("values", "White space around name ID, audience and issuer.", {
            sign(&edited(&[
                (&format!(">{ANN}</saml:NameID>"), &format!(">\n {ANN}\t</saml:NameID>")),
                (&format!("{ENTITY}</saml:Audience>"), &format!("\n{ENTITY} </saml:Audience>")),
                (&format!("{IDP}</saml:Issuer>"), &format!("\n{IDP}\n</saml:Issuer>")),
            ]))
        }),
        it("in tags", "White space in tags, single quotes and empty elements.", {
            signed
                .replacen("<samlp:Status>", "<samlp:Status  >", 1)
                .replacen("</samlp:Status>", "</samlp:Status\n>", 1)
                .replacen("\"></samlp:StatusCode>", "\" />", 1)
                .replacen("Version=\"2.0\"", "Version = '2.0'", 1)
        }),
        of_field("field in lines", "The form field is in lines.", lines.join("\r\n")),
        of_field(
            "field with spaces",
            "The form field has spaces around it.",
            format!(" \t{field}\n"),
        ),
        Message::new(
            "white space",
            "form",
            "A whole form with a relay state.",
            Ok(()),
            Content::Form({
                let field: String =
                    url::form_urlencoded::byte_serialize(field.as_bytes()).collect();
                format!("RelayState=trc_1&SAMLResponse={field}&other=1")
            }),
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of messages")]
fn contents() -> Vec<Message> {
    let it = |name, manner, xml: String| valid("contents", name, manner, ASSERTION, sign(&xml));
    let plain = plain();
    let restriction = cut(&plain, "<saml:AudienceRestriction>", "</saml:AudienceRestriction>");
    let confirmation = cut(&plain, "<saml:SubjectConfirmation ", "</saml:SubjectConfirmation>");
    let statement = cut(&plain, "<saml:AuthnStatement", "</saml:AuthnStatement>");
    let attributes = cut(&plain, "<saml:AttributeStatement>", "</saml:AttributeStatement>");
    let change = |from: &str, to: &str| edited(&[(from, to)]);
    vec![
        it(
            "several audiences",
            "Several audiences in one restriction.",
            change("<saml:Audience>", "<saml:Audience>urn:other</saml:Audience><saml:Audience>"),
        ),
        it(
            "several restrictions",
            "Several restrictions that all name us.",
            change(restriction, &restriction.repeat(3)),
        ),
        it("known conditions", "OneTimeUse and ProxyRestriction.", {
            change(
                restriction,
                &format!(
                    "{restriction}<saml:OneTimeUse></saml:OneTimeUse><saml:ProxyRestriction Count=\"1\"></saml:ProxyRestriction>"
                ),
            )
        }),
        it(
            "no window",
            "Conditions without a window.",
            change(" NotBefore=\"2026-01-31T09:25:00Z\" NotOnOrAfter=\"2026-01-31T09:35:00Z\"", ""),
        ),
        it(
            "fractions",
            "Fractions of seconds of many digits.",
            change(":00Z\"", ":00.123456789012Z\"")
                .replace("09:30:00.123456789012Z", "09:29:59.9Z"),
        ),
        it(
            "no destination",
            "An envelope that is not signed does not say where it was sent.",
            change(&format!(" Destination=\"{ACS}\""), ""),
        ),
        it("no response id", "The response has no ID.", change(" ID=\"_response\"", "")),
        it("no response issuer", "The response has no issuer.", {
            let issuer = cut(&plain, "<saml:Issuer", "</saml:Issuer>");
            change(issuer, "")
        }),
        it("holder of key beside", "A confirmation of another kind beside the bearer's.", {
            change(
                confirmation,
                &format!(
                    "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:holder-of-key\"></saml:SubjectConfirmation>{confirmation}"
                ),
            )
        }),
        it("second bearer right", "The second bearer confirmation is for us.", {
            change(
                confirmation,
                &format!("{}{confirmation}", confirmation.replace(ACS, "https://other.example/")),
            )
        }),
        it(
            "two statements",
            "Two statements of a sign-in.",
            change(statement, &statement.repeat(2)),
        ),
        it("no context class", "A context without a class.", {
            let class = cut(&plain, "<saml:AuthnContextClassRef>", "</saml:AuthnContextClassRef>");
            change(class, "")
        }),
        it("no attributes", "No attributes.", change(attributes, "")),
        it("extensions", "Extensions and a status message in the envelope.", {
            change(
                "<samlp:Status>",
                "<samlp:Extensions><x:y xmlns:x=\"urn:x\"></x:y></samlp:Extensions><samlp:Status>",
            )
            .replace(
                "</samlp:StatusCode>",
                "</samlp:StatusCode><samlp:StatusMessage>ok</samlp:StatusMessage>",
            )
        }),
        it(
            "advice",
            "Advice that says nothing of an assertion.",
            change("</saml:Conditions>", "</saml:Conditions><saml:Advice></saml:Advice>"),
        ),
        it("references", "Characters written as references.", {
            change(
                &format!(">{ANN}</saml:NameID>"),
                ">&#97;&#x6E;n&#64;globex.example</saml:NameID>",
            )
        }),
        it("foreign attributes", "Attributes of another namespace beside those of SAML.", {
            let beside = "xmlns:x=\"urn:x\" x:Recipient=\"https://evil.example/\" Recipient=";
            change("Recipient=", beside)
        }),
        it(
            "other type",
            "Values of another type of XML Schema.",
            change("xs:string", "xs:integer"),
        ),
        it("other prefixes", "Prefixes that say the contrary.", {
            renamed(&prefixed(&plain, "other", "samlp"), "other", "saml")
        }),
        it(
            "beyond ascii",
            "Values of languages beyond ASCII.",
            change("Staff", "Ünïcode &amp; 漢字"),
        ),
    ]
}
