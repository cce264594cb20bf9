//! Responses as real providers write them, each in its own manner.

use super::*;
use crate::saml::response::tests::encrypted::{OAEP_11, Sealing, with};
use openssl::hash::MessageDigest;
use openssl::symm::Cipher;

const ASSERTION: &[&str] = &["Assertion"];
const RESPONSE: &[&str] = &["Response"];
const BOTH: &[&str] = &["Assertion", "Response"];
const NONE: &[&str] = &[];

pub(super) fn messages() -> Vec<Message> {
    let mut messages = jumpcloud();
    messages.extend(okta());
    messages.extend(entra());
    messages.extend(google_and_ping());
    messages.extend(keycloak());
    messages.extend(with_encryption());
    messages.extend(libraries());
    messages
}

/// Several changes of the unsigned message, each of which must apply.
pub(super) fn edited(edits: &[(&str, &str)]) -> String {
    edits.iter().fold(plain(), |xml, (from, to)| {
        assert!(xml.contains(from), "{from} is not in {xml}");
        xml.replace(from, to)
    })
}

/// With other prefixes for protocol and assertion.
pub(super) fn prefixed(xml: &str, protocol: &str, assertion: &str) -> String {
    renamed(&renamed(xml, "samlp", protocol), "saml", assertion)
}

fn statement() -> String {
    let plain = plain();
    cut(&plain, "<saml:AttributeStatement>", "</saml:AttributeStatement>").to_owned()
}

/// The response answers our request.
pub(super) fn answering(xml: &str) -> String {
    let answer = "InResponseTo=\"_request\" ";
    xml.replacen("ID=\"_response\"", &format!("ID=\"_response\" {}", answer.trim_end()), 1)
        .replacen("SubjectConfirmationData ", &format!("SubjectConfirmationData {answer}"), 1)
}

fn asked(message: Message) -> Message {
    message.with(|setting| setting.in_response_to = Some("_request"))
}

fn both(signing: &Signing<'_>, xml: &str) -> String {
    signing.sign(&signing.sign(xml, "_assertion"), "_response")
}

const EMAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const FORMAT: &str = "Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\"";
const ENTITY_FORMAT: &str = "Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">";

fn jumpcloud() -> Vec<Message> {
    let statement = statement();
    let consent = "<samlp:Response Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\" ";
    let manner: [(&str, &str); 4] = [
        ("<samlp:Response ", consent),
        ("<saml:Issuer>", &format!("<saml:{ENTITY_FORMAT}")),
        (EMAIL, "urn:oasis:names:tc:SAML:1.0:nameid-format:unspecified"),
        (&statement, ""),
    ];
    let bare = prefixed(&edited(&manner), "saml2p", "saml2");
    let full = prefixed(&edited(&manner[..3]), "saml2p", "saml2");
    let signing = Signing::default();
    let it = |name, manner, signed, xml| valid("jumpcloud", name, manner, signed, xml);
    vec![
        it(
            "started there",
            "Started at JumpCloud: no InResponseTo, no attributes, a format that no specification has.",
            ASSERTION,
            signing.sign(&bare, "_assertion"),
        ),
        asked(it(
            "answer",
            "Answers our request, with attributes.",
            ASSERTION,
            signing.sign(&answering(&full), "_assertion"),
        )),
        asked(it(
            "both signed",
            "The console was set to sign the response as well.",
            BOTH,
            both(&signing, &answering(&full)),
        )),
        asked(it(
            "response signed",
            "The console was set to sign the response only.",
            RESPONSE,
            signing.sign(&answering(&full), "_response"),
        )),
    ]
}

fn okta() -> Vec<Message> {
    let manner = edited(&[
        ("<saml:Issuer>", &format!("<saml:{ENTITY_FORMAT}")),
        ("attrname-format:basic", "attrname-format:unspecified"),
    ]);
    let manner = prefixed(&manner, "saml2p", "saml2");
    let signing = Signing { prefixes: "xs", ..Signing::default() };
    let it = |name, manner, signed, xml| valid("okta", name, manner, signed, xml);
    vec![
        asked(it(
            "both signed",
            "Response and assertion signed, xs among the prefixes.",
            BOTH,
            both(&signing, &answering(&manner)),
        )),
        it("started there", "Started at Okta.", BOTH, both(&signing, &manner)),
        asked(it("declared", "Begins with an XML declaration.", BOTH, {
            let declared =
                format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{}", answering(&manner));
            both(&signing, &declared)
        })),
    ]
}

fn entra() -> Vec<Message> {
    let claims = format!(
        "<saml:AttributeStatement><saml:Attribute Name=\"http://schemas.microsoft.com/identity/claims/tenantid\">\
         <saml:AttributeValue>7f8d</saml:AttributeValue></saml:Attribute>\
         <saml:Attribute Name=\"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress\">\
         <saml:AttributeValue>{ANN}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>"
    );
    let manner = edited(&[
        (&statement(), &claims),
        (EMAIL, "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"),
        ("09:35:00Z", "10:30:00.000Z"),
        ("IssueInstant=\"2026-01-31T09:30:00Z\"", "IssueInstant=\"2026-01-31T09:30:00.1234567Z\""),
    ]);
    let manner = answering(&prefixed(&manner, "samlp", ""));
    let signing = Signing { prefix: "", ..Signing::default() };
    let three = |message: Message| {
        asked(message.with(|setting| setting.keys = vec!["other_rsa", "p256", "rsa"]))
    };
    let it = |name, manner, signed, xml| valid("entra", name, manner, signed, xml);
    vec![
        three(it(
            "assertion signed",
            "No prefixes in the assertion, fractions of seconds, an hour's window, three certificates.",
            ASSERTION,
            signing.sign(&manner, "_assertion"),
        )),
        three(it(
            "response signed",
            "The same with the response signed.",
            RESPONSE,
            signing.sign(&manner, "_response"),
        )),
        three(it("both signed", "The same with both signed.", BOTH, both(&signing, &manner))),
    ]
}

fn google_and_ping() -> Vec<Message> {
    let google = edited(&[
        (EMAIL, "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"),
        ("xs:string", "xs:anyType"),
        (" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\"", ""),
    ]);
    let google = answering(&prefixed(&google, "saml2p", "saml2"));
    let ping = edited(&[
        (&format!(" {FORMAT}"), ""),
        ("NotBefore=\"2026-01-31T09:25:00Z\"", "NotBefore=\"2026-01-31T09:29:00Z\""),
    ]);
    let onelogin = edited(&[(
        "<saml:AuthnStatement ",
        "<saml:AuthnStatement SessionNotOnOrAfter=\"2026-02-01T09:30:00Z\" ",
    )]);
    let onelogin = answering(&onelogin);
    let signing = Signing::default();
    let named = Signing { prefix: "", ..Signing::default() };
    vec![
        asked(valid(
            "google",
            "assertion signed",
            "A format of SAML 1.1, xs:anyType, two certificates.",
            ASSERTION,
            named.sign(&google, "_assertion"),
        ))
        .with(|setting| setting.keys = vec!["other_rsa", "rsa"]),
        asked(valid(
            "google",
            "response signed",
            "The same with the response signed.",
            RESPONSE,
            named.sign(&google, "_response"),
        ))
        .with(|setting| setting.keys = vec!["rsa", "other_rsa"]),
        valid(
            "ping",
            "assertion signed",
            "No format of the name ID, a window of one minute before.",
            ASSERTION,
            signing.sign(&ping, "_assertion"),
        ),
        asked(valid(
            "ping",
            "response signed",
            "The response is signed.",
            RESPONSE,
            signing.sign(&answering(&ping), "_response"),
        )),
        asked(valid(
            "onelogin",
            "assertion signed",
            "Says when the session ends.",
            ASSERTION,
            signing.sign(&onelogin, "_assertion"),
        )),
        asked(valid(
            "onelogin",
            "both signed",
            "Both are signed.",
            BOTH,
            both(&signing, &onelogin),
        )),
    ]
}

fn keycloak() -> Vec<Message> {
    let role = |role: &str| {
        format!(
            "<saml:Attribute Name=\"Role\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\">\
             <saml:AttributeValue xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xsi:type=\"xs:string\">{role}</saml:AttributeValue></saml:Attribute>"
        )
    };
    let roles = format!(
        "<saml:AttributeStatement>{}{}{}</saml:AttributeStatement>",
        role("manage-account"),
        role("view-profile"),
        role("offline_access")
    );
    let manner = answering(&edited(&[
        (&statement(), &roles),
        ("09:35:00Z", "09:30:58.000Z"),
        ("NotBefore=\"2026-01-31T09:25:00Z\"", "NotBefore=\"2026-01-31T09:29:58.000Z\""),
    ]));
    let signing = Signing { prefix: "dsig", ..Signing::default() };
    let it = |name, manner, signed, xml| asked(valid("keycloak", name, manner, signed, xml));
    vec![
        it(
            "assertion signed",
            "An element Attribute for each value, a window of one minute.",
            ASSERTION,
            signing.sign(&manner, "_assertion"),
        ),
        it(
            "document signed",
            "The document is signed.",
            RESPONSE,
            signing.sign(&manner, "_response"),
        ),
        it("both signed", "Document and assertion are signed.", BOTH, both(&signing, &manner)),
    ]
}

fn with_encryption() -> Vec<Message> {
    let signing = Signing::default();
    let assertion = |xml: &str| cut(xml, "<saml:Assertion", "</saml:Assertion>").to_owned();
    let oids = format!(
        "<saml:AttributeStatement><saml:Attribute FriendlyName=\"mail\" Name=\"urn:oid:0.9.2342.19200300.100.1.3\" \
         NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\"><saml:AttributeValue>{ANN}</saml:AttributeValue></saml:Attribute>\
         <saml:Attribute Name=\"urn:oid:1.3.6.1.4.1.5923.1.1.1.10\"><saml:AttributeValue><saml:NameID>x</saml:NameID></saml:AttributeValue>\
         </saml:Attribute></saml:AttributeStatement>"
    );
    let shibboleth = answering(&edited(&[
        (&statement(), &oids),
        (
            FORMAT,
            &format!(
                "Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\" NameQualifier=\"{IDP}\" SPNameQualifier=\"{ENTITY}\""
            ),
        ),
    ]));
    let gcm = Sealing::gcm();
    let adfs = Sealing {
        cipher: ("http://www.w3.org/2001/04/xmlenc#aes256-cbc", Cipher::aes_256_cbc()),
        ..Sealing::gcm()
    };
    let sha256 = "<ds:DigestMethod xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>";
    let newer = Sealing {
        transport: OAEP_11,
        method: sha256,
        digest: MessageDigest::sha256(),
        ..Sealing::gcm()
    };
    let ours = |message: Message| message.random().with(|it| it.decryption_key = Some("other_rsa"));
    let it = |provider, name, manner, signed, xml| {
        asked(ours(valid(provider, name, manner, signed, xml)))
    };
    let around = |sealed: &str| answering(&with(sealed));
    let signed = assertion(&signing.sign(&shibboleth, "_assertion"));
    let plain_answer = assertion(&signing.sign(&answering(&plain()), "_assertion"));
    vec![
        it("shibboleth", "response signed", "Encrypted with AES-128-GCM in a signed response, a transient name ID, OIDs.", RESPONSE, {
            signing.sign(&around(&gcm.seal(assertion(&shibboleth).as_bytes())), "_response")
        }),
        it("shibboleth", "all signed", "Response and encrypted assertion are signed.", RESPONSE, {
            signing.sign(&around(&gcm.seal(signed.as_bytes())), "_response")
        }),
        it("shibboleth", "oaep of 11", "RSA-OAEP of XML Encryption 1.1 with SHA-256.", NONE, around(&newer.seal(signed.as_bytes()))),
        it("adfs", "cbc", "Encrypted with AES-256-CBC in an envelope that is not signed; the connection accepts that.", NONE, {
            around(&adfs.seal(plain_answer.as_bytes()))
        })
        .with(|setting| setting.allow_cbc = true),
        asked(valid("adfs", "assertion signed", "No prefixes in assertion and signature, not encrypted.", ASSERTION, {
            let signing = Signing { prefix: "", ..Signing::default() };
            signing.sign(&answering(&prefixed(&plain(), "samlp", "")), "_assertion")
        })),
        it("lasso", "encrypted", "RSA-SHA512 with a digest of SHA-384, encrypted with AES-256-GCM.", NONE, {
            let signing = Signing { digest: Digest::Sha512, digest_method: Some(Digest::Sha384), ..Signing::default() };
            let sealing = Sealing { cipher: ("http://www.w3.org/2009/xmlenc11#aes256-gcm", Cipher::aes_256_gcm()), ..Sealing::gcm() };
            around(&sealing.seal(assertion(&signing.sign(&answering(&plain()), "_assertion")).as_bytes()))
        }),
    ]
}

fn libraries() -> Vec<Message> {
    let signing = Signing::default();
    let lasso = Signing {
        digest: Digest::Sha512,
        digest_method: Some(Digest::Sha384),
        ..Signing::default()
    };
    let authority = edited(&[(
        "</saml:AuthnContext>",
        &format!(
            "<saml:AuthenticatingAuthority>{IDP}</saml:AuthenticatingAuthority></saml:AuthnContext>"
        ),
    )]);
    let pysaml2 = prefixed(&plain(), "ns0", "ns1");
    let it =
        |provider, name, manner, signed, xml| asked(valid(provider, name, manner, signed, xml));
    vec![
        it(
            "simplesamlphp",
            "both signed",
            "Both signed, an authority in the context.",
            BOTH,
            both(&signing, &answering(&authority)),
        ),
        it(
            "simplesamlphp",
            "assertion signed",
            "The assertion signed.",
            ASSERTION,
            signing.sign(&answering(&authority), "_assertion"),
        ),
        it(
            "pysaml2",
            "ns0",
            "The prefixes ns0 and ns1.",
            ASSERTION,
            Signing { prefix: "ns2", ..Signing::default() }
                .sign(&answering(&pysaml2), "_assertion"),
        ),
        it(
            "lasso",
            "assertion signed",
            "RSA-SHA512 with a digest of SHA-384.",
            ASSERTION,
            lasso.sign(&answering(&plain()), "_assertion"),
        ),
        it(
            "lasso",
            "both signed",
            "The same, both signed.",
            BOTH,
            both(&lasso, &answering(&plain())),
        ),
        it(
            "samlp",
            "response signed",
            "The response signed, without a certificate in it.",
            RESPONSE,
            {
                Signing { key_info: false, ..Signing::default() }
                    .sign(&answering(&plain()), "_response")
            },
        ),
        it("authentik", "assertion signed", "Names its session and lets it end.", ASSERTION, {
            let session =
                [("SessionIndex=", "SessionNotOnOrAfter=\"2026-02-01T09:30:00Z\" SessionIndex=")];
            signing.sign(&answering(&edited(&session)), "_assertion")
        }),
    ]
}
