//! The canonical form of an element: the octets that a signature covers.
//!
//! Exclusive XML Canonicalization 1.0 and Canonical XML 1.0, both without comments. One pass over
//! the tree; what was declared is kept on a stack, so no ancestor is looked at twice.

#[cfg(test)]
pub(in crate::saml) mod tests;

use roxmltree::{Node, NodeId};

/// Which canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method<'a> {
    /// Exclusive: only namespaces that are used, and those of the prefixes named here, where
    /// `#default` is the default namespace (Exclusive XML Canonicalization 1.0, 3).
    Exclusive(Vec<&'a str>),
    /// Inclusive: every namespace in force (Canonical XML 1.0).
    Inclusive,
}

impl<'a> Method<'a> {
    /// The URI of exclusive canonicalisation.
    pub const EXCLUSIVE: &'static str = "http://www.w3.org/2001/10/xml-exc-c14n#";
    /// The URI of inclusive canonicalisation.
    pub const INCLUSIVE: &'static str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";

    /// The canonical form with that URI; `prefixes` matter to the exclusive one only.
    #[must_use]
    pub fn from_uri(uri: &str, prefixes: Vec<&'a str>) -> Option<Self> {
        match uri {
            Self::EXCLUSIVE => Some(Self::Exclusive(prefixes)),
            Self::INCLUSIVE => Some(Self::Inclusive),
            _ => None,
        }
    }
}

/// The canonical form of the element `apex` and all inside it but the subtree of `without`.
#[must_use]
pub fn canonical(apex: Node<'_, '_>, without: Option<Node<'_, '_>>, method: &Method<'_>) -> String {
    let source = apex.document().input_text();
    let mut writer = Writer {
        source,
        method,
        without: without.map(|node| node.id()),
        out: String::with_capacity(apex.range().len() + 256),
        rendered: Vec::new(),
    };
    writer.element(apex, true);
    writer.out
}

struct Writer<'a> {
    source: &'a str,
    method: &'a Method<'a>,
    without: Option<NodeId>,
    out: String,
    /// Prefix and URI of the declarations written on the way to here, innermost last.
    rendered: Vec<(&'a str, &'a str)>,
}

struct Written<'a> {
    namespace: &'a str,
    local: &'a str,
    qualified: &'a str,
    value: &'a str,
}

impl<'a> Writer<'a> {
    /// Recursion is as deep as the document, which the scan has bounded.
    fn element(&mut self, node: Node<'a, 'a>, is_apex: bool) {
        let name = self.name(node);
        let attributes = self.attributes(node, is_apex);
        let mark = self.rendered.len();
        self.declare(node, name, &attributes);

        self.out.push('<');
        self.out.push_str(name);
        self.write_declarations(mark);
        for attribute in &attributes {
            self.out.push(' ');
            self.out.push_str(attribute.qualified);
            self.out.push_str("=\"");
            escape_attribute(attribute.value, &mut self.out);
            self.out.push('"');
        }
        self.out.push('>');
        for child in node.children() {
            if child.is_element() {
                if self.without != Some(child.id()) {
                    self.element(child, false);
                }
            } else if child.is_text() {
                escape_text(child.text().unwrap_or_default(), &mut self.out);
            } else if let Some(instruction) = child.pi() {
                self.instruction(instruction);
            }
        }
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
        self.rendered.truncate(mark);
    }

    /// The name as written: the tree keeps the namespace, not the prefix.
    fn name(&self, node: Node<'a, 'a>) -> &'a str {
        let tag = self.source.get(node.range().start + 1..).unwrap_or_default();
        let end = tag.bytes().position(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>'));
        tag.get(..end.unwrap_or(tag.len())).unwrap_or_default()
    }

    /// Attributes by namespace, then by local name (Canonical XML 1.0, 2.2).
    fn attributes(&self, node: Node<'a, 'a>, is_apex: bool) -> Vec<Written<'a>> {
        let mut attributes = Vec::new();
        self.collect(node, &mut attributes);
        if is_apex && *self.method == Method::Inclusive {
            // The apex inherits `xml:lang` and its like from what is left outside (2.4).
            for ancestor in node.ancestors().skip(1) {
                let mut above = Vec::new();
                self.collect(ancestor, &mut above);
                above.retain(|a| {
                    a.namespace == roxmltree::NS_XML_URI
                        && !attributes
                            .iter()
                            .any(|b| b.namespace == a.namespace && b.local == a.local)
                });
                attributes.append(&mut above);
            }
        }
        attributes.sort_unstable_by_key(|attribute| (attribute.namespace, attribute.local));
        attributes
    }

    fn collect(&self, node: Node<'a, 'a>, into: &mut Vec<Written<'a>>) {
        into.extend(node.attributes().map(|attribute| Written {
            namespace: attribute.namespace().unwrap_or_default(),
            local: attribute.name(),
            qualified: self.source.get(attribute.range_qname()).unwrap_or_default(),
            value: attribute.value(),
        }));
    }

    /// Puts the declarations that this element needs on the stack.
    fn declare(&mut self, node: Node<'a, 'a>, name: &'a str, attributes: &[Written<'a>]) {
        match self.method {
            Method::Exclusive(prefixes) => {
                self.need(prefix(name), node.tag_name().namespace().unwrap_or_default());
                for attribute in attributes {
                    let prefix = prefix(attribute.qualified);
                    if !prefix.is_empty() {
                        self.need(prefix, attribute.namespace);
                    }
                }
                for prefix in prefixes {
                    let default = *prefix == "#default";
                    let in_force = node.lookup_namespace_uri((!default).then_some(*prefix));
                    match in_force {
                        Some(uri) if default => self.need("", uri),
                        Some(uri) => self.need(prefix, uri),
                        None if default => self.need("", ""),
                        None => {}
                    }
                }
            }
            Method::Inclusive => {
                if node.default_namespace().is_none() {
                    self.need("", "");
                }
                for namespace in node.namespaces() {
                    self.need(namespace.name().unwrap_or_default(), namespace.uri());
                }
            }
        }
    }

    /// Declares `prefix` here unless the nearest declaration written says the same.
    fn need(&mut self, prefix: &'a str, uri: &'a str) {
        if prefix == "xml" {
            return;
        }
        let written = self.rendered.iter().rev().find(|(known, _)| *known == prefix);
        let in_force = match written {
            Some((_, uri)) => Some(*uri),
            None if prefix.is_empty() => Some(""),
            None => None,
        };
        if in_force != Some(uri) {
            self.rendered.push((prefix, uri));
        }
    }

    fn write_declarations(&mut self, mark: usize) {
        let Some(new) = self.rendered.get_mut(mark..) else { return };
        new.sort_unstable();
        for (prefix, uri) in new {
            self.out.push_str(" xmlns");
            if !prefix.is_empty() {
                self.out.push(':');
                self.out.push_str(prefix);
            }
            self.out.push_str("=\"");
            escape_attribute(uri, &mut self.out);
            self.out.push('"');
        }
    }

    fn instruction(&mut self, instruction: roxmltree::PI<'_>) {
        self.out.push_str("<?");
        self.out.push_str(instruction.target);
        if let Some(value) = instruction.value {
            self.out.push(' ');
            self.out.push_str(value);
        }
        self.out.push_str("?>");
    }
}

fn prefix(name: &str) -> &str {
    name.split_once(':').map(|(prefix, _)| prefix).unwrap_or_default()
}

fn escape_text(text: &str, out: &mut String) {
    escape(text, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

/// Text as it stands between the quotes of an attribute.
pub(crate) fn escape_attribute(text: &str, out: &mut String) {
    escape(text, out, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'"' => Some("&quot;"),
        b'\t' => Some("&#x9;"),
        b'\n' => Some("&#xA;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

fn escape(text: &str, out: &mut String, replacement: impl Fn(u8) -> Option<&'static str>) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(replacement) = replacement(byte) {
            out.push_str(text.get(from..at).unwrap_or_default());
            out.push_str(replacement);
            from = at + 1;
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
}
