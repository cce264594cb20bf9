//! A message without what it says of a person, to be passed on.

use crate::saml::xml::{self, Limits, ns};
use roxmltree::{Attribute, Node, NodeType};
use std::cmp::Reverse;
use std::ops::Range;

/// What stands in the place of a value.
const HIDDEN: &str = "[hidden]";
/// The same where a document may only have a comment.
const HIDDEN_OUTSIDE: &str = "<!--[hidden]-->";
/// SAML 1.1, which some providers answer with.
const ASSERTION_1: &str = "urn:oasis:names:tc:SAML:1.0:assertion";

/// The elements whose text says nothing of a person. The text of any other is hidden.
const HARMLESS: [(&str, &[&str]); 4] = [
    (
        ns::ASSERTION,
        &[
            "Issuer",
            "Audience",
            "AuthnContextClassRef",
            "AuthnContextDeclRef",
            "AuthenticatingAuthority",
        ],
    ),
    (ASSERTION_1, &["Audience", "ConfirmationMethod"]),
    (ns::SIGNATURE, &["DigestValue", "SignatureValue", "X509Certificate", "Modulus", "Exponent"]),
    (ns::ENCRYPTION, &["CipherValue"]),
];
/// Whose attributes are known: those of any other are hidden.
const KNOWN: [&str; 8] = [
    ns::PROTOCOL,
    ns::ASSERTION,
    ns::SIGNATURE,
    ns::ENCRYPTION,
    ns::ENCRYPTION_11,
    ASSERTION_1,
    "urn:oasis:names:tc:SAML:1.0:protocol",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
];
/// Attributes that say where a browser was.
const PLACES: [&str; 4] = ["Address", "DNSName", "IPAddress", "DNSAddress"];

/// The document with all of it hidden that could say something of a person: texts, unless their element is known to be harmless,
/// comments, what is not of SAML, addresses of browsers, and whatever could be an email address. What is encrypted stays: it tells nothing. `None`: it is
/// not well formed, so nothing of it can be told apart.
#[must_use]
pub fn redacted(text: &str) -> Option<String> {
    let document = xml::parse(text, &Limits::METADATA).ok()?;
    let root = document.root_element();
    let mut hidden = Vec::new();
    for node in root.descendants().filter(Node::is_element) {
        let is_known = node.tag_name().namespace().is_some_and(|space| KNOWN.contains(&space));
        let is_personal = |it: &Attribute<'_, '_>| {
            !is_known || PLACES.contains(&it.name()) || may_be_email(it.value())
        };
        hidden.extend(node.attributes().filter(is_personal).map(|it| it.range_value()));
        hidden.extend(texts(text, node)?);
    }
    hidden.sort_by_key(|range| (range.start, Reverse(range.end)));
    let outside = |part: &str| if part.trim().is_empty() { "" } else { HIDDEN_OUTSIDE };
    let (before, after) = (text.get(..root.range().start)?, text.get(root.range().end..)?);
    let (declaration, before) = match before.split_once("?>") {
        Some((start, rest)) if start.trim_start().starts_with("<?xml ") => (start, rest),
        _ => ("", before),
    };
    let mut out = String::with_capacity(text.len());
    if !declaration.is_empty() {
        out.push_str(declaration);
        out.push_str("?>\n");
    }
    out.push_str(outside(before));
    let mut at = root.range().start;
    for range in hidden {
        // What lies in a value that is hidden already needs no place of its own.
        if range.start >= at {
            out.push_str(text.get(at..range.start)?);
            out.push_str(HIDDEN);
            at = range.end;
        }
    }
    out.push_str(text.get(at..root.range().end)?);
    out.push_str(outside(after));
    Some(out)
}

/// What stands in an element beside its elements and is to be hidden, as it is written: text, comments and what a program is told.
/// White space alone stays. Of a value all goes, whatever it is made of.
fn texts(text: &str, node: Node<'_, '_>) -> Option<Vec<Range<usize>>> {
    if !node.has_children() || is_harmless(node) {
        return Some(Vec::new());
    }
    let mut rest = inside(text, node)?;
    let mut gaps = Vec::new();
    if node.tag_name().name() != "AttributeValue" {
        for element in node.children().filter(Node::is_element) {
            gaps.push(rest.start..element.range().start);
            rest.start = element.range().end;
        }
    }
    gaps.push(rest);
    let mut hidden = Vec::new();
    for gap in gaps {
        let written = text.get(gap.clone())?;
        let start = gap.start + (written.len() - written.trim_start().len());
        let end = gap.end - (written.len() - written.trim_end().len());
        if start < end {
            hidden.push(start..end);
        }
    }
    Some(hidden)
}

/// Where an element's contents are, between its tags.
fn inside(text: &str, node: Node<'_, '_>) -> Option<Range<usize>> {
    let whole = node.range();
    let written = text.get(whole.clone())?;
    let mut quote = None;
    let is_end = |(_, letter): &(usize, char)| {
        match (quote, *letter) {
            (None, '>') => return true,
            (None, '"' | '\'') => quote = Some(*letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
        false
    };
    let (tag, _) = written.char_indices().find(is_end)?;
    Some(whole.start + tag + 1..whole.start + written.rfind("</")?)
}

/// Whether an element holds nothing but a text that says nothing of a person.
fn is_harmless(node: Node<'_, '_>) -> bool {
    let is_known =
        HARMLESS.iter().any(|(space, names)| names.iter().any(|name| xml::is(node, space, name)));
    let is_plain = |child: Node<'_, '_>| {
        child.node_type() == NodeType::Text && !may_be_email(child.text().unwrap_or_default())
    };
    is_known && node.children().all(is_plain)
}

/// Whether a value could have an email address in it, also as a part of an address of the web.
fn may_be_email(value: &str) -> bool {
    value.contains('@') || value.contains("%40")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_says_of_a_person_is_hidden_and_the_rest_stays() {
        let text = concat!(
            r#"<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"><a:Issuer>idp</a:Issuer>"#,
            r#"<a:NameID Format="f">ada@globex.example</a:NameID><a:SubjectConfirmationData Address="192.0.2.7"/>"#,
            r#"<a:Attribute Name="mail"><a:AttributeValue>ada</a:AttributeValue><a:AttributeValue/>"#,
            r#"<a:AttributeValue><a:NameID>inner</a:NameID> more</a:AttributeValue></a:Attribute></a:Assertion>"#,
        );
        let hidden = redacted(text).unwrap();
        for gone in ["ada", "192.0.2.7", "inner", "more"] {
            assert!(!hidden.contains(gone), "{gone}: {hidden}");
        }
        for there in ["<a:Issuer>idp</a:Issuer>", r#"Format="f">[hidden]<"#, r#"Name="mail""#] {
            assert!(hidden.contains(there), "{there}: {hidden}");
        }
        assert_eq!(hidden.matches(HIDDEN).count(), 4);
        assert_eq!(redacted("<a>"), None);
        assert_eq!(redacted("<a/>").as_deref(), Some("<a/>"));
    }

    #[test]
    fn whatever_else_could_be_personal_is_hidden_too() {
        let text = concat!(
            r#"<?xml version="1.0"?><!-- for ada --><p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol""#,
            r#" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:o="urn:oasis:names:tc:SAML:1.0:assertion""#,
            r#" Destination="https://sso.example/acs?hint=ada%40globex.example" InResponseTo="_1">"#,
            "\n  <a:Issuer>https://idp.example</a:Issuer>\n  <p:Status><p:StatusCode Value=\"Responder\"/>",
            "<p:StatusMessage>No such user: ada@globex.example</p:StatusMessage></p:Status>",
            "<!-- ada, from 192.0.2.7 -->more of ada<![CDATA[ada <too>]]><?told ada?>",
            "<o:NameIdentifier>ada@globex.example</o:NameIdentifier><o:Audience>https://sso</o:Audience>",
            r#"<o:SubjectLocality IPAddress="192.0.2.7" DNSAddress="ada.laptop"/><a:Issuer>a<!--da--></a:Issuer>"#,
            r#"<a:Audience>x&#64;ada</a:Audience><x Of="ada&#64;globex.example">ada</x></p:Response><!-- ada -->"#,
        );
        let hidden = redacted(text).unwrap();
        for gone in ["ada", "192.0.2.7", "No such user", "told", "a<!--"] {
            assert!(!hidden.contains(gone), "{gone}: {hidden}");
        }
        for there in [
            "<?xml version=\"1.0\"?>",
            "\n  <a:Issuer>https://idp.example</a:Issuer>\n",
            "<p:StatusCode Value=\"Responder\"/><p:StatusMessage>[hidden]<",
            "InResponseTo=\"_1\"",
            "<o:NameIdentifier>[hidden]</o:NameIdentifier><o:Audience>https://sso</o:Audience>",
        ] {
            assert!(hidden.contains(there), "{there}: {hidden}");
        }
        assert!(xml::parse(&hidden, &Limits::METADATA).is_ok(), "{hidden}");
    }
}
