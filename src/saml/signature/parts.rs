//! The elements that a signature is made of, in the order that the schema gives.

use crate::cause::Cause;
use crate::saml::check::Rejection;
use crate::saml::xml;
use roxmltree::Node;

/// The child elements of one element, taken in the order that the schema gives.
pub(super) struct Parts<'a, 'input>(std::vec::IntoIter<Node<'a, 'input>>);

impl<'a, 'input> Parts<'a, 'input> {
    pub(super) fn of(node: Node<'a, 'input>) -> Result<Self, Rejection> {
        let is_text = |child: &Node<'_, '_>| {
            child.is_text() && !xml::trim(child.text().unwrap_or_default()).is_empty()
        };
        if node.children().any(|child| is_text(&child)) {
            return Err(malformed("holds text between its elements"));
        }
        let elements: Vec<_> = node.children().filter(Node::is_element).collect();
        Ok(Self(elements.into_iter()))
    }

    pub(super) fn next(
        &mut self,
        namespace: &str,
        name: &str,
    ) -> Result<Node<'a, 'input>, Rejection> {
        self.optional(namespace, name)
            .ok_or_else(|| malformed(&format!("has no {name} in its place")))
    }

    pub(super) fn optional(&mut self, namespace: &str, name: &str) -> Option<Node<'a, 'input>> {
        let first = *self.0.as_slice().first()?;
        xml::is(first, namespace, name).then(|| self.0.next()).flatten()
    }

    pub(super) fn end(&self) -> Result<(), Rejection> {
        match self.0.as_slice().first() {
            None => Ok(()),
            Some(other) => Err(malformed(&format!(
                "holds {}, which has no place there",
                other.tag_name().name()
            ))),
        }
    }
}

/// The octets in an element of base64.
pub(super) fn base64(node: Node<'_, '_>) -> Result<Vec<u8>, Rejection> {
    xml::text(node)
        .and_then(|text| super::decode(&text))
        .ok_or_else(|| malformed(&format!("has a {} that is not base64", node.tag_name().name())))
}

/// A signature that is not built as SAML prescribes.
pub(super) fn malformed(what: &str) -> Rejection {
    Rejection::new(Cause::SignatureInvalid, format!("The signature {what}."))
}
