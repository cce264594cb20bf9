//! What a document must look like before any signature is believed: nothing in it could be taken
//! for something else. This is what makes signature wrapping fail, whatever its placement.

use crate::cause::Cause;
use crate::saml::check::Rejection;
use crate::saml::xml::{self, ns};
use roxmltree::Node;
use std::collections::HashSet;

/// The parts of a response that matter.
pub(super) struct Shape<'a, 'input> {
    /// The response's own signature.
    pub(super) signature: Option<Node<'a, 'input>>,
    /// The one `Assertion` or `EncryptedAssertion`.
    pub(super) assertion: Node<'a, 'input>,
    /// Whether it is the latter.
    pub(super) is_encrypted: bool,
}

/// Checks a document whose root is a `Response`.
pub(super) fn response<'a, 'input>(root: Node<'a, 'input>) -> Result<Shape<'a, 'input>, Rejection> {
    let mut assertions = root.children().filter(|child| is_assertion(*child));
    let Some(assertion) = assertions.next() else {
        return Err(Rejection::new(Cause::AssertionMissing, "The response holds no assertion.")
            .expected("one assertion")
            .received("none"));
    };
    let more = assertions.count();
    if more > 0 {
        return Err(Rejection::new(
            Cause::AssertionMultiple,
            "The response holds more than one assertion.",
        )
        .expected("one assertion")
        .received((more + 1).to_string()));
    }
    check_names(root, Some(assertion))?;
    check_ids(root)?;
    Ok(Shape {
        signature: signature(root),
        assertion,
        is_encrypted: xml::is(assertion, ns::ASSERTION, "EncryptedAssertion"),
    })
}

/// Checks a document whose root is an `Assertion`, and gives the assertion's signature.
pub(super) fn assertion<'a, 'input>(
    root: Node<'a, 'input>,
) -> Result<Option<Node<'a, 'input>>, Rejection> {
    if !xml::is(root, ns::ASSERTION, "Assertion") {
        return Err(Rejection::new(
            Cause::AssertionMissing,
            "What is encrypted is not an assertion.",
        ));
    }
    check_names(root, None)?;
    check_ids(root)?;
    Ok(signature(root))
}

/// Checks a document whose root is a message without an assertion, and gives the message's signature.
pub(in crate::saml) fn message<'a, 'input>(
    root: Node<'a, 'input>,
) -> Result<Option<Node<'a, 'input>>, Rejection> {
    check_names(root, None)?;
    check_ids(root)?;
    Ok(signature(root))
}

/// The signature of `node` itself.
pub(super) fn signature<'a, 'input>(node: Node<'a, 'input>) -> Option<Node<'a, 'input>> {
    xml::child(node, ns::SIGNATURE, "Signature")
}

fn is_assertion(node: Node<'_, '_>) -> bool {
    xml::is(node, ns::ASSERTION, "Assertion") || xml::is(node, ns::ASSERTION, "EncryptedAssertion")
}

/// No name that matters stands anywhere but in its place, in any namespace.
fn check_names(root: Node<'_, '_>, assertion: Option<Node<'_, '_>>) -> Result<(), Rejection> {
    for node in root.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let in_place = match name {
            "Response" => node == root,
            "Assertion" | "EncryptedAssertion" => node == root || Some(node) == assertion,
            "Signature" => {
                let parent = node.parent_element();
                let signable = parent.is_some_and(|parent| {
                    parent == root || xml::is(parent, ns::ASSERTION, "Assertion")
                });
                xml::is(node, ns::SIGNATURE, "Signature") && signable && follows_issuer(node)
            }
            _ => true,
        };
        if !in_place {
            return Err(wrapping(format!("There is an element {name} where none may be.")));
        }
    }
    Ok(())
}

/// Right after the one `Issuer`, or first where there is none, as a response may leave it out; so there is one signature at
/// most.
fn follows_issuer(node: Node<'_, '_>) -> bool {
    let mut before = node.prev_siblings().skip(1).filter(Node::is_element);
    match before.next() {
        None => node.next_siblings().all(|after| !xml::is(after, ns::ASSERTION, "Issuer")),
        Some(issuer) => xml::is(issuer, ns::ASSERTION, "Issuer") && before.next().is_none(),
    }
}

/// Whatever is called ID, in any case: in no namespace, an `NCName`, and only once.
fn check_ids(root: Node<'_, '_>) -> Result<(), Rejection> {
    let mut seen = HashSet::new();
    for node in root.descendants() {
        for attribute in node.attributes() {
            if !attribute.name().eq_ignore_ascii_case("id") {
                continue;
            }
            let value = attribute.value();
            if attribute.namespace().is_some() || !is_ncname(value) {
                return Err(wrapping("There is an ID that is not a plain name.").received(value));
            }
            if !seen.insert(value) {
                return Err(wrapping("Two elements have the same ID.").received(value));
            }
        }
    }
    Ok(())
}

/// `NCName` (Namespaces in XML, 4), of which providers use letters, digits and a few marks.
fn is_ncname(text: &str) -> bool {
    let mut characters = text.chars();
    let starts = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    starts && characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn wrapping(detail: impl Into<String>) -> Rejection {
    Rejection::new(Cause::SignatureWrapping, detail)
}
