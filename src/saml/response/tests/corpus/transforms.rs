//! Transforms that change, cost or hide something, and canonical forms of nothing. Each is rightly signed by the provider's
//! key, so that only the rule refuses it.

use super::*;
use Cause::{SignatureInvalid, XmlInvalid};

const ENVELOPED: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
const EXCLUSIVE: &str =
    "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>";
const XSLT: &str = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">\
    <xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\">\
    <xsl:template match=\"/\"><xsl:for-each select=\"//*/ancestor::*//*\"/></xsl:template>\
    </xsl:stylesheet></ds:Transform>";
const XPATH: &str = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
    <ds:XPath>not(ancestor-or-self::*[local-name()='NameID'])</ds:XPath></ds:Transform>";
const NOTHING: &str = "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
    <ds:XPath>false()</ds:XPath></ds:Transform>";

fn edited(edits: &[(&str, &str)]) -> String {
    Signing { edits, ..Signing::default() }.sign(&plain(), "_assertion")
}

fn instead(transform: &str) -> String {
    edited(&[(EXCLUSIVE, transform)])
}

fn other(uri: &str) -> String {
    instead(&format!("<ds:Transform Algorithm=\"{uri}\"/>"))
}

pub(super) fn messages() -> Vec<Message> {
    let mut messages = orders();
    messages.extend(kinds());
    messages.extend(nothing());
    messages
}

fn orders() -> Vec<Message> {
    let it = |name, tries, xml| hostile("transforms", name, SignatureInvalid, tries, xml);
    let signed = sign(&plain());
    let all = cut(&signed, "<ds:Transforms>", "</ds:Transforms>");
    vec![
        it("none", "There are no transforms.", edited(&[(all, "")])),
        it("empty", "The list of transforms is empty.", edited(&[(all, "<ds:Transforms/>")])),
        it("no enveloped", "The signature is not taken out.", edited(&[(ENVELOPED, "")])),
        it("no canonicalisation", "There is no canonicalisation.", edited(&[(EXCLUSIVE, "")])),
        it("reversed", "The canonicalisation comes first.", {
            edited(&[(EXCLUSIVE, ""), (ENVELOPED, &format!("{EXCLUSIVE}{ENVELOPED}"))])
        }),
        it("canonicalised twice", "A third transform follows.", instead(&EXCLUSIVE.repeat(2))),
        it("enveloped twice", "The signature is taken out twice.", {
            edited(&[(ENVELOPED, &ENVELOPED.repeat(2))])
        }),
        it("fifty", "There are fifty transforms.", instead(&EXCLUSIVE.repeat(50))),
        it("five hundred", "There are five hundred transforms.", instead(&EXCLUSIVE.repeat(500))),
        it("of another namespace", "A transform is in another namespace.", {
            instead(
                "<x:Transform xmlns:x=\"urn:x\" Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
            )
        }),
        it("33 prefixes", "The canonicalisation names 33 prefixes.", {
            let prefixes: Vec<_> = (0..33).map(|n| format!("p{n}")).collect();
            let prefixes = prefixes.join(" ");
            Signing { prefixes: &prefixes, ..Signing::default() }.sign(&plain(), "_assertion")
        }),
        it("text between", "Text stands between the transforms.", {
            edited(&[(EXCLUSIVE, &format!("x{EXCLUSIVE}"))])
        }),
        it("child of enveloped", "The enveloped-signature transform has a child.", {
            let inside = ENVELOPED.replace("/>", "><ds:XPath>true()</ds:XPath></ds:Transform>");
            edited(&[(ENVELOPED, &inside)])
        }),
    ]
}

fn kinds() -> Vec<Message> {
    let it = |name, tries, xml| hostile("transforms", name, SignatureInvalid, tries, xml);
    vec![
        it("xslt", "A style sheet transforms the message.", instead(XSLT)),
        it("xslt before", "A style sheet runs before the canonicalisation.", {
            instead(&format!("{XSLT}{EXCLUSIVE}"))
        }),
        it("xpath", "An XPath leaves the name ID out.", instead(XPATH)),
        it("xpath before", "An XPath leaves the name ID out before the canonicalisation.", {
            instead(&format!("{XPATH}{EXCLUSIVE}"))
        }),
        it(
            "xpath in place of enveloped",
            "An XPath stands for the enveloped-signature transform.",
            edited(&[(ENVELOPED, XPATH)]),
        ),
        it("filter 2", "An XPath filter 2.0 chooses what is signed.", {
            other("http://www.w3.org/2002/06/xmldsig-filter2")
        }),
        it(
            "base64",
            "The text is taken for base64.",
            other("http://www.w3.org/2000/09/xmldsig#base64"),
        ),
        it("decrypt", "A decryption is asked for.", other("http://www.w3.org/2002/07/decrypt#XML")),
        it("xpointer", "An XPointer chooses what is signed.", {
            other("http://www.w3.org/2001/04/xmldsig-more/xptr")
        }),
        it("canonical 1 1", "Canonical XML 1.1, which is not in the profile.", {
            other("http://www.w3.org/2006/12/xml-c14n11")
        }),
        it("unknown", "A transform that nobody knows.", other("urn:x")),
        it("no algorithm", "A transform without an algorithm.", instead("<ds:Transform/>")),
        it("algorithm of another namespace", "The algorithm is an attribute in a namespace.", {
            instead(
                "<ds:Transform xmlns:x=\"urn:x\" x:Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
            )
        }),
    ]
}

/// What is digested or signed is empty, whatever the message says.
fn nothing() -> Vec<Message> {
    let family = "canonicalisation to nothing";
    let it = |name, tries, xml| hostile(family, name, SignatureInvalid, tries, xml);
    let relative = |name, tries, xml| hostile(family, name, XmlInvalid, tries, xml);
    let declared = plain().replace("<saml:Subject>", "<saml:Subject xmlns:n=\"relative\">");
    let canonical = format!("<ds:CanonicalizationMethod Algorithm=\"{}\"/>", Method::EXCLUSIVE);
    let method =
        |inside: &str| edited(&[(&canonical, &format!("<ds:CanonicalizationMethod {inside}"))]);
    let empty = |value_of, digest_of, xml: &str| {
        Signing { digest_of, value_of, ..Signing::default() }.sign(xml, "_assertion")
    };
    vec![
        it("xpath of nothing", "An XPath leaves nothing to be signed.", {
            instead(&format!("{NOTHING}{EXCLUSIVE}"))
        }),
        it(
            "digest of nothing",
            "The key signed the digest of nothing.",
            empty(None, Some(""), &plain()),
        ),
        relative(
            "relative namespace",
            "A relative namespace makes some libraries digest nothing.",
            empty(None, Some(""), &declared),
        ),
        it("signature of nothing", "The key signed nothing.", empty(Some(""), None, &plain())),
        relative(
            "signature of nothing, relative",
            "A relative namespace makes some libraries check the signature of nothing.",
            {
                let signing = Signing {
                    value_of: Some(""),
                    edits: &[("<ds:SignedInfo>", "<ds:SignedInfo xmlns:n=\"relative\">")],
                    ..Signing::default()
                };
                signing.sign(&plain(), "_assertion")
            },
        ),
        it("unknown method", "SignedInfo has a canonical form that nobody knows.", {
            method("Algorithm=\"urn:x\"/>")
        }),
        it("no method", "SignedInfo names no canonical form.", edited(&[(&canonical, "")])),
        it("method of a style sheet", "SignedInfo is canonicalised by a style sheet.", {
            method(
                "Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"><xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"/></ds:CanonicalizationMethod>",
            )
        }),
        it("method of an xpath", "SignedInfo is canonicalised by an XPath.", {
            method(
                "Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>false()</ds:XPath></ds:CanonicalizationMethod>",
            )
        }),
        it("minimal", "SignedInfo is canonicalised by the minimal form of 2000.", {
            method("Algorithm=\"http://www.w3.org/2000/09/xmldsig#minimal\"/>")
        }),
    ]
}
