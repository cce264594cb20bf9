//! A message without what it says of a person, to be passed on.

use crate::saml::xml::{self, Limits, ns};
use roxmltree::Node;
use std::ops::Range;

/// What stands in the place of a value.
const HIDDEN: &str = "[hidden]";

/// The document with every name of a person, every value of an attribute and every address of a browser hidden. What is encrypted stays: it
/// tells nothing. `None`: it is not well formed, so nothing of it can be told apart.
#[must_use]
pub fn redacted(text: &str) -> Option<String> {
    let document = xml::parse(text, &Limits::METADATA).ok()?;
    let mut hidden: Vec<Range<usize>> = document.descendants().flat_map(personal).collect();
    hidden.sort_by_key(|range| range.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for range in hidden {
        // What lies in a value that is hidden already needs no place of its own.
        if range.start >= at {
            out.push_str(text.get(at..range.start)?);
            out.push_str(HIDDEN);
            at = range.end;
        }
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// Where a node says something of a person: in its contents, or in an attribute.
fn personal(node: Node<'_, '_>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = node
        .attributes()
        .filter(|attribute| attribute.name() == "Address")
        .map(|attribute| attribute.range_value())
        .collect();
    let is_value = ["NameID", "BaseID", "AttributeValue"]
        .iter()
        .any(|name| xml::is(node, ns::ASSERTION, name));
    if is_value && let (Some(first), Some(last)) = (node.first_child(), node.last_child()) {
        found.push(first.range().start..last.range().end);
    }
    found
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
}
