//! Hostile bytes stop here: a strict scan, then a read-only tree without a document type.

mod canonical;
mod scan;

use crate::cause::Cause;
use roxmltree::{Document, Node, ParsingOptions};
use std::borrow::Cow;
use std::fmt;

pub(crate) use canonical::escape_attribute;
#[cfg(test)]
pub(in crate::saml) use canonical::tests::generated;
pub use canonical::{Method, canonical};
pub use scan::scan;

/// Namespaces of the elements that the product reads.
pub mod ns {
    /// SAML protocol: responses and requests.
    pub const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
    /// SAML assertions.
    pub const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
    /// SAML metadata.
    pub const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
    /// XML Signature.
    pub const SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
    /// XML Encryption.
    pub const ENCRYPTION: &str = "http://www.w3.org/2001/04/xmlenc#";
    /// XML Encryption 1.1.
    pub const ENCRYPTION_11: &str = "http://www.w3.org/2009/xmlenc11#";
    /// XML Schema instance: `xsi:type`, `xsi:nil`.
    pub const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
}

/// What a document may be at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Elements inside each other.
    pub depth: usize,
    /// Elements in all, comments and processing instructions included: each is a node of the tree.
    pub elements: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes: usize,
    /// Attributes in all.
    pub attributes_in_all: usize,
    /// Bytes of one attribute's value.
    pub attribute_bytes: usize,
    /// Namespace declarations in all.
    pub namespaces: usize,
    /// Namespace declarations in force at one place: keeps look-ups short.
    pub namespaces_in_scope: usize,
    /// Whether a byte-order mark, comments and processing instructions may occur.
    pub remarks: bool,
    /// Whether a namespace may be something else than an absolute URI. No such document has a canonical form (Canonical
    /// XML 1.0, 1.3), and libraries that go on all the same digest something else, or nothing.
    pub relative_namespaces: bool,
}

impl Limits {
    /// For a SAML response: no comment, no processing instruction, no byte-order mark.
    pub const RESPONSE: Self = Self {
        bytes: 1024 * 1024,
        depth: 32,
        elements: 20_000,
        attributes: 24,
        attributes_in_all: 40_000,
        attribute_bytes: 8 * 1024,
        namespaces: 2_000,
        namespaces_in_scope: 64,
        remarks: false,
        relative_namespaces: false,
    };

    /// For logout messages: as responses, but small.
    pub const LOGOUT: Self = Self { bytes: 256 * 1024, elements: 2_000, ..Self::RESPONSE };

    /// For metadata, which people edit and federations put together.
    pub const METADATA: Self = Self {
        bytes: 5 * 1024 * 1024,
        depth: 64,
        elements: 60_000,
        attributes: 64,
        attributes_in_all: 100_000,
        attribute_bytes: 16 * 1024,
        namespaces: 20_000,
        namespaces_in_scope: 128,
        remarks: true,
        relative_namespaces: true,
    };
}

/// Why a document is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// [`Cause::XmlInvalid`], [`Cause::XmlForbidden`] or [`Cause::ResponseTooLarge`].
    pub cause: Cause,
    /// One sentence for a person.
    pub detail: String,
}

impl Fault {
    fn invalid(detail: impl Into<String>) -> Self {
        Self { cause: Cause::XmlInvalid, detail: detail.into() }
    }

    fn forbidden(detail: impl Into<String>) -> Self {
        Self { cause: Cause::XmlForbidden, detail: detail.into() }
    }

    fn too_large(detail: impl Into<String>) -> Self {
        Self { cause: Cause::ResponseTooLarge, detail: detail.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

/// Reads a scanned text into a tree.
pub fn parse<'a>(text: &'a str, limits: &Limits) -> Result<Document<'a>, Fault> {
    // Each element has at most one text before and one after it, and so has each remark.
    let nodes = limits.elements.saturating_mul(3);
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: u32::try_from(nodes).unwrap_or(u32::MAX),
        entity_resolver: None,
    };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => Fault::too_large("The document has too many nodes."),
        roxmltree::Error::DtdDetected => {
            Fault::forbidden("The document has a document type (DTD); that is never accepted.")
        }
        other => Fault::invalid(format!("The XML is not well formed: {other}.")),
    })
}

/// Line ends as a parser must see them: CR LF and CR become LF (XML 1.0, 2.11).
///
/// Done before parsing, as the standard says, because the tree's own treatment of a carriage
/// return beside a character reference differs from other readers'.
#[must_use]
pub fn line_ends(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether `node` is the element `name` of `namespace`.
#[must_use]
pub fn is(node: Node<'_, '_>, namespace: &str, name: &str) -> bool {
    node.is_element()
        && node.tag_name().name() == name
        && node.tag_name().namespace() == Some(namespace)
}

/// The child elements of that name, in order.
pub fn children<'a, 'input>(
    node: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children().filter(move |child| is(*child, namespace, name))
}

/// The first child element of that name.
#[must_use]
pub fn child<'a, 'input>(
    node: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> Option<Node<'a, 'input>> {
    children(node, namespace, name).next()
}

/// The attribute of that name that is in no namespace.
///
/// The tree's own look-up by a bare name finds `x:ID` as well as `ID`: do not use it.
#[must_use]
pub fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attributes()
        .find(|attribute| attribute.name() == name && attribute.namespace().is_none())
        .map(|attribute| attribute.value())
}

/// The whole text of an element that holds nothing but text; `None` if it holds an element.
///
/// Remarks inside the text do not end it.
#[must_use]
pub fn text<'a>(node: Node<'a, '_>) -> Option<Cow<'a, str>> {
    let mut whole = Cow::Borrowed("");
    for child in node.children() {
        if child.is_element() {
            return None;
        }
        if !child.is_text() {
            continue;
        }
        let part = child.text().unwrap_or_default();
        if whole.is_empty() {
            whole = Cow::Borrowed(part);
        } else {
            whole.to_mut().push_str(part);
        }
    }
    Some(whole)
}

/// Without XML white space at both ends.
///
/// Rust's `trim` would also take away a no-break space, and so make two names equal.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_in_a_namespace_is_not_the_bare_attribute() {
        let document =
            parse(r#"<a xmlns:x="urn:x" x:ID="wrong" ID="right"/>"#, &Limits::RESPONSE).unwrap();
        assert_eq!(attribute(document.root_element(), "ID"), Some("right"));
        let document = parse(r#"<a xmlns:x="urn:x" x:ID="wrong"/>"#, &Limits::RESPONSE).unwrap();
        assert_eq!(attribute(document.root_element(), "ID"), None);
    }

    #[test]
    fn a_comment_does_not_cut_a_text_short() {
        let document = parse("<a>admin<!-- x -->@example.org</a>", &Limits::METADATA).unwrap();
        assert_eq!(text(document.root_element()).as_deref(), Some("admin@example.org"));
    }

    #[test]
    fn an_element_inside_a_text_makes_it_unreadable() {
        let document = parse("<a>admin<b/>@example.org</a>", &Limits::RESPONSE).unwrap();
        assert_eq!(text(document.root_element()), None);
    }

    #[test]
    fn only_xml_white_space_is_trimmed() {
        assert_eq!(trim(" \t\r\nann\u{a0} "), "ann\u{a0}");
    }

    #[test]
    fn carriage_returns_become_line_feeds() {
        assert_eq!(line_ends("a\r\nb\rc\n"), "a\nb\nc\n");
        assert!(matches!(line_ends("a\nb"), Cow::Borrowed(_)));
    }
}
