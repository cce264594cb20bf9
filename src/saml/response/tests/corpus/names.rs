//! IDs, prefixes, namespaces and attributes that are one thing to one reader and another to the next.

use super::*;
use Cause::{
    NameIdMissing, RecipientMismatch, SignatureInvalid, SignatureWrapping, StatusNotSuccess,
    XmlInvalid,
};

pub(super) fn messages() -> Vec<Message> {
    let mut messages = ids();
    messages.extend(prefixes());
    messages.extend(attributes());
    messages
}

/// Changes a message after it was signed.
fn after(from: &str, to: &str) -> String {
    let signed = sign(&plain());
    assert!(signed.contains(from), "{from}");
    signed.replacen(from, to, 1)
}

fn ids() -> Vec<Message> {
    let it =
        |name, tries, from, to| hostile("ids", name, SignatureWrapping, tries, after(from, to));
    vec![
        it(
            "same in the assertion",
            "The subject has the assertion's ID.",
            "<saml:Subject>",
            "<saml:Subject ID=\"_assertion\">",
        ),
        it(
            "same in the response",
            "The response has the assertion's ID.",
            "ID=\"_response\"",
            "ID=\"_assertion\"",
        ),
        it(
            "capital i",
            "An Id, as signatures have it, is the assertion's.",
            "<saml:Subject>",
            "<saml:Subject Id=\"_assertion\">",
        ),
        it(
            "small",
            "An id is the response's.",
            "<samlp:Status>",
            "<samlp:Status id=\"_response\">",
        ),
        it(
            "mixed case",
            "An iD is the assertion's.",
            "<samlp:Status>",
            "<samlp:Status iD=\"_assertion\">",
        ),
        it(
            "on the signature",
            "The signature has the assertion's ID.",
            "<ds:SignedInfo>",
            "<ds:SignedInfo Id=\"_assertion\">",
        ),
        it("xml id", "An xml:id.", "<samlp:Status>", "<samlp:Status xml:id=\"_x\">"),
        it(
            "xml id of the assertion",
            "An xml:id is the assertion's.",
            "<samlp:Status>",
            "<samlp:Status xml:id=\"_assertion\">",
        ),
        it(
            "in a namespace",
            "An ID in a namespace.",
            "<samlp:Status>",
            "<samlp:Status xmlns:x=\"urn:x\" x:ID=\"_x\">",
        ),
        it(
            "in saml's namespace",
            "An ID in the namespace of assertions.",
            "<samlp:Status>",
            "<samlp:Status xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" saml:ID=\"_assertion\">",
        ),
        it("quote", "An ID would end a query.", "ID=\"_response\"", "ID=\"_response'])\""),
        it("empty", "An ID is empty.", "ID=\"_response\"", "ID=\"\""),
        it("digit", "An ID begins with a digit.", "ID=\"_response\"", "ID=\"1\""),
        it("colon", "An ID has a colon.", "ID=\"_response\"", "ID=\"x:_response\""),
        it("space", "An ID is surrounded by spaces.", "ID=\"_response\"", "ID=\" _assertion \""),
        it(
            "written otherwise",
            "An ID is the assertion's, written as references.",
            "ID=\"_response\"",
            "ID=\"&#95;assertion\"",
        ),
        it(
            "line feed",
            "An ID ends with a line feed.",
            "ID=\"_response\"",
            "ID=\"_response&#10;\"",
        ),
    ]
}

fn prefixes() -> Vec<Message> {
    let it = |name, cause, tries, xml| hostile("prefixes", name, cause, tries, xml);
    let foreign = "<saml:Subject xmlns:saml=\"urn:x\">";
    let xml_prefix = "xmlns:xml=\"urn:x\"";
    vec![
        it(
            "bound anew",
            SignatureInvalid,
            "A prefix is bound to another namespace after signing.",
            after("<saml:Subject>", foreign),
        ),
        it(
            "bound anew and signed",
            NameIdMissing,
            "The provider signed a subject of another namespace.",
            changed("<saml:Subject>", foreign),
        ),
        it(
            "default bound anew",
            NameIdMissing,
            "The signed subject is of the default namespace, which is none.",
            {
                let plain = plain().replace("saml:Subject>", "Subject>");
                sign(&plain)
            },
        ),
        it("undeclared", XmlInvalid, "A prefix is not declared.", {
            after("<saml:Subject>", "<x:Subject>").replacen("</saml:Subject>", "</x:Subject>", 1)
        }),
        it("undeclared on an attribute", XmlInvalid, "An attribute's prefix is not declared.", {
            after("<saml:Subject>", "<saml:Subject x:a=\"1\">")
        }),
        it("taken back", XmlInvalid, "A prefix is taken back.", {
            after("<saml:Subject>", "<saml:Subject xmlns:saml=\"\">")
        }),
        it("xml bound", XmlInvalid, "The prefix xml is bound to something else.", {
            after("<saml:Subject>", &format!("<saml:Subject {xml_prefix}>"))
        }),
        it("xmlns bound", XmlInvalid, "The prefix xmlns is bound.", {
            after("<saml:Subject>", "<saml:Subject xmlns:xmlns=\"urn:x\">")
        }),
        it(
            "bound to xml's namespace",
            XmlInvalid,
            "Another prefix is bound to the namespace of xml.",
            {
                after(
                    "<saml:Subject>",
                    "<saml:Subject xmlns:x=\"http://www.w3.org/XML/1998/namespace\">",
                )
            },
        ),
        it(
            "bound to xmlns's namespace",
            XmlInvalid,
            "A prefix is bound to the namespace of declarations.",
            after("<saml:Subject>", "<saml:Subject xmlns:x=\"http://www.w3.org/2000/xmlns/\">"),
        ),
        it("declared by another prefix", XmlInvalid, "An attribute called xmlns has a prefix.", {
            after("<saml:Subject>", "<saml:Subject xmlns:x=\"urn:x\" x:xmlns=\"urn:y\">")
        }),
        it("colon first", XmlInvalid, "A name begins with a colon.", {
            after("<saml:Subject>", "<:Subject>").replacen("</saml:Subject>", "</:Subject>", 1)
        }),
        it("two colons", XmlInvalid, "A name has two colons.", {
            after("<saml:Subject>", "<saml:x:Subject>").replacen(
                "</saml:Subject>",
                "</saml:x:Subject>",
                1,
            )
        }),
        it(
            "ends another",
            XmlInvalid,
            "An element ends under another prefix of the same namespace.",
            {
                let declared = format!("<saml:Subject xmlns:s=\"{}\">", ns::ASSERTION);
                after("<saml:Subject>", &declared).replacen("</saml:Subject>", "</s:Subject>", 1)
            },
        ),
        it(
            "response of the assertion's namespace",
            XmlInvalid,
            "The response is in the namespace of assertions.",
            plain().replace(ns::PROTOCOL, ns::ASSERTION),
        ),
        it("other case", NameIdMissing, "The provider signed a nameid in small letters.", {
            sign(&plain().replace("saml:NameID", "saml:nameid"))
        }),
    ]
}

fn attributes() -> Vec<Message> {
    let it = |name, cause, tries, xml| hostile("attributes", name, cause, tries, xml);
    let foreign = |name: &str| changed(name, &format!("xmlns:x=\"urn:x\" x:{name}"));
    let twice = |more: &str| after("<saml:Subject>", &format!("<saml:Subject {more}>"));
    vec![
        it(
            "recipient in a namespace",
            RecipientMismatch,
            "Recipient is in a namespace.",
            foreign("Recipient="),
        ),
        it("version in a namespace", XmlInvalid, "Version is in a namespace.", foreign("Version=")),
        it(
            "value in a namespace",
            StatusNotSuccess,
            "The status's Value is in a namespace.",
            foreign("Value="),
        ),
        it(
            "method in a namespace",
            RecipientMismatch,
            "The confirmation's Method is in a namespace.",
            foreign("Method="),
        ),
        it(
            "instant in a namespace",
            XmlInvalid,
            "AuthnInstant is in a namespace.",
            foreign("AuthnInstant="),
        ),
        it(
            "recipient in small letters",
            RecipientMismatch,
            "Recipient is written in small letters.",
            changed("Recipient=", "recipient="),
        ),
        it("twice", XmlInvalid, "An attribute stands twice.", twice("a=\"1\" a=\"2\"")),
        it("twice by prefixes", XmlInvalid, "An attribute stands twice under two prefixes.", {
            twice("xmlns:x=\"urn:x\" xmlns:y=\"urn:x\" x:a=\"1\" y:a=\"2\"")
        }),
        it(
            "declared twice",
            XmlInvalid,
            "A prefix is declared twice.",
            twice("xmlns:x=\"urn:x\" xmlns:x=\"urn:y\""),
        ),
        it(
            "default declared twice",
            XmlInvalid,
            "The default namespace is declared twice.",
            twice("xmlns=\"urn:x\" xmlns=\"urn:y\""),
        ),
        it("recipient twice", XmlInvalid, "Recipient stands twice, first as it must be.", {
            after("Recipient=", &format!("Recipient=\"{ACS}\" Recipient="))
        }),
        it(
            "id twice",
            XmlInvalid,
            "The assertion has two IDs.",
            after("ID=\"_assertion\"", "ID=\"_x\" ID=\"_assertion\""),
        ),
        it("without quotes", XmlInvalid, "A value has no quotes.", twice("a=1")),
        it("without a value", XmlInvalid, "An attribute has no value.", twice("a")),
        it("with a tag", XmlInvalid, "A value holds a tag.", twice("a=\"<b/>\"")),
        it(
            "no space between",
            XmlInvalid,
            "Nothing stands between two attributes.",
            twice("a=\"1\"b=\"2\""),
        ),
    ]
}
