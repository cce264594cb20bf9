//! The XML that we write: escaped, and already in its canonical form.
//!
//! An [`Element`] is written as Exclusive XML Canonicalization 1.0 would write it: namespaces where they are first
//! used, attributes in order, no empty-element tags. What we sign is therefore exactly what we send, and no
//! canonicaliser stands between the two.

use std::borrow::Cow;

/// The prefixes that we write, and what they stand for.
const NAMESPACES: &[(&str, &str)] = &[
    ("ds", "http://www.w3.org/2000/09/xmldsig#"),
    ("ec", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    ("md", "urn:oasis:names:tc:SAML:2.0:metadata"),
    ("mdui", "urn:oasis:names:tc:SAML:metadata:ui"),
    ("saml", "urn:oasis:names:tc:SAML:2.0:assertion"),
    ("samlp", "urn:oasis:names:tc:SAML:2.0:protocol"),
    ("xenc", "http://www.w3.org/2001/04/xmlenc#"),
    ("xml", "http://www.w3.org/XML/1998/namespace"),
    ("xs", "http://www.w3.org/2001/XMLSchema"),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// An element with its content, to be written once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    name: &'static str,
    also_declares: &'static [&'static str],
    attributes: Vec<(&'static str, String)>,
    content: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// An empty element of that name, whose prefix is one of ours.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, also_declares: &[], attributes: Vec::new(), content: Vec::new() }
    }

    /// With an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// With an attribute, if there is a value.
    #[must_use]
    pub fn attribute_if(self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// With a prefix declared that only attribute values use, as `xs` in `xsi:type="xs:string"`.
    #[must_use]
    pub const fn declaring(mut self, prefixes: &'static [&'static str]) -> Self {
        self.also_declares = prefixes;
        self
    }

    /// With a child at the end.
    #[must_use]
    pub fn child(mut self, child: Self) -> Self {
        self.content.push(Node::Element(child));
        self
    }

    /// With children at the end.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.content.extend(children.into_iter().map(Node::Element));
        self
    }

    /// With text at the end.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.content.push(Node::Text(text.into()));
        self
    }

    /// The value of an attribute.
    #[must_use]
    pub fn value(&self, attribute: &str) -> Option<&str> {
        self.attributes.iter().find(|(name, _)| *name == attribute).map(|(_, value)| value.as_str())
    }

    /// The prefixes that attribute values use here or below, as declared by [`Element::declaring`].
    pub(super) fn prefixes_in_values(&self) -> Vec<&'static str> {
        let mut prefixes = self.also_declares.to_vec();
        for node in &self.content {
            if let Node::Element(element) = node {
                prefixes.extend(element.prefixes_in_values());
            }
        }
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes
    }

    /// Puts `child` behind the first child of that name, or first where there is none.
    pub(super) fn insert_after(&mut self, name: &str, child: Self) {
        let found = self
            .content
            .iter()
            .position(|node| matches!(node, Node::Element(element) if element.name == name));
        self.content.insert(found.map_or(0, |at| at + 1), Node::Element(child));
    }

    /// The element as text, which is also its exclusive canonical form.
    #[must_use]
    pub fn write(&self) -> String {
        let mut out = String::with_capacity(4096);
        self.write_into(&mut out, &mut Vec::new());
        out
    }

    /// The element as a document with its declaration.
    #[must_use]
    pub fn write_document(&self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", self.write())
    }

    fn write_into(&self, out: &mut String, scope: &mut Vec<&'static str>) {
        let outer = scope.len();
        out.push('<');
        out.push_str(self.name);
        let mut used: Vec<&'static str> = std::iter::once(prefix(self.name))
            .chain(self.attributes.iter().map(|(name, _)| prefix(name)))
            .chain(self.also_declares.iter().copied())
            // `xml` is bound by the standard and never declared.
            .filter(|prefix| !matches!(*prefix, "" | "xml"))
            .collect();
        used.sort_unstable();
        used.dedup();
        for prefix in used {
            if !scope.contains(&prefix) {
                write_attribute(out, &format!("xmlns:{prefix}"), namespace(prefix));
                scope.push(prefix);
            }
        }
        let mut attributes: Vec<_> = self.attributes.iter().collect();
        attributes.sort_by_key(|(name, _)| (namespace(prefix(name)), local(name)));
        for (name, value) in attributes {
            write_attribute(out, name, value);
        }
        out.push('>');
        for node in &self.content {
            match node {
                Node::Element(element) => element.write_into(out, scope),
                Node::Text(text) => out.push_str(&escape_text(text)),
            }
        }
        out.push_str("</");
        out.push_str(self.name);
        out.push('>');
        scope.truncate(outer);
    }
}

/// Text as it may stand between tags (Canonical XML 1.0, 2.3).
#[must_use]
pub fn escape_text(text: &str) -> Cow<'_, str> {
    escape(text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Text as it may stand in an attribute between double quotes (Canonical XML 1.0, 2.3).
#[must_use]
pub fn escape_attribute(text: &str) -> Cow<'_, str> {
    escape(text, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '"' => Some("&quot;"),
        '\t' => Some("&#x9;"),
        '\n' => Some("&#xA;"),
        '\r' => Some("&#xD;"),
        _ => None,
    })
}

/// Escapes, and puts a replacement character for what XML 1.0 cannot say at all.
fn escape(text: &str, entity: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    if text.chars().all(|c| entity(c).is_none() && is_xml(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match entity(c) {
            Some(entity) => out.push_str(entity),
            None if is_xml(c) => out.push(c),
            None => out.push(char::REPLACEMENT_CHARACTER),
        }
    }
    Cow::Owned(out)
}

/// XML 1.0, production 2.
const fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn write_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    out.push_str(&escape_attribute(value));
    out.push('"');
}

fn prefix(name: &'static str) -> &'static str {
    name.split_once(':').map_or("", |(prefix, _)| prefix)
}

fn local(name: &'static str) -> &'static str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

fn namespace(prefix: &str) -> &'static str {
    NAMESPACES.iter().find(|(known, _)| *known == prefix).map_or("", |(_, uri)| uri)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::process::Command;

    /// What libxml2 makes of the text, by `xmllint --exc-c14n`.
    fn canonical_by_libxml2(text: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let output = Command::new("xmllint")
            .arg("--exc-c14n")
            .arg(file.path())
            .output()
            .expect("xmllint (libxml2-utils) is needed by this test");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn what_we_write_is_its_own_canonical_form() {
        let element = Element::new("samlp:Response")
            .attribute("Version", "2.0")
            .attribute("Destination", "https://a.example/?a=1&b=\"2\"<>\t\r\n")
            .attribute("xsi:nil", "x")
            .child(Element::new("saml:Issuer").text("Ä & <b> ]]> \r\n \"q\""))
            .child(
                Element::new("saml:AttributeValue")
                    .attribute("xsi:type", "plain")
                    .child(Element::new("saml:NameID"))
                    .child(Element::new("samlp:Status")),
            );
        assert_eq!(canonical_by_libxml2(&element.write()), element.write());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn whatever_we_write_reads_back_as_it_was(text in any::<String>(), value in any::<String>()) {
            let written = Element::new("saml:NameID").attribute("Format", &*value).text(&*text).write();
            let document = roxmltree::Document::parse(&written).unwrap();
            let root = document.root_element();
            let expected = |s: &str| s.chars().map(|c| if is_xml(c) { c } else { '\u{fffd}' }).collect::<String>();
            prop_assert_eq!(root.text().unwrap_or_default(), expected(&text));
            prop_assert_eq!(root.attribute("Format").unwrap(), expected(&value));
            prop_assert_eq!(canonical_by_libxml2(&written), written);
        }
    }

    #[test]
    fn a_value_cannot_leave_its_place() {
        let written = Element::new("saml:Issuer")
            .attribute("Format", "\"/><script>")
            .text("</saml:Issuer><script>\u{0}")
            .write();
        insta::assert_snapshot!(written, @r#"<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Format="&quot;/>&lt;script>">&lt;/saml:Issuer&gt;&lt;script&gt;�</saml:Issuer>"#);
    }

    #[test]
    fn every_prefix_we_use_is_known() {
        for (prefix, uri) in NAMESPACES {
            assert_eq!(namespace(prefix), *uri);
        }
        assert!(NAMESPACES.is_sorted());
    }
}
