//! Whom a logout request speaks of: a name ID, readable or encrypted (SAML core 2.2.3 and 2.2.4).

use super::Expected;
use crate::cause::Cause;
use crate::saml::check::Rejection;
use crate::saml::encryption;
use crate::saml::response::{NameId, in_context, only};
use crate::saml::xml::{self, Limits, ns};
use roxmltree::Node;

const LONGEST: usize = 512;

/// The one `NameID` or `EncryptedID` of a request.
pub(super) fn read(root: Node<'_, '_>, expected: &Expected<'_>) -> Result<NameId, Rejection> {
    let plain = only(root, ns::ASSERTION, "NameID")?;
    let encrypted = only(root, ns::ASSERTION, "EncryptedID")?;
    match (plain, encrypted) {
        (Some(node), None) => name_id(node),
        (None, Some(node)) => opened(node, expected),
        (None, None) => Err(missing("The request names nobody.")),
        (Some(_), Some(_)) => Err(missing("The request names somebody in two ways.")),
    }
}

/// The message is signed, so it is the provider who asks us to decrypt; still there is one answer to every fault.
fn opened(node: Node<'_, '_>, expected: &Expected<'_>) -> Result<NameId, Rejection> {
    let opened = encryption::open(node, expected.decryption_keys, expected.allow_cbc)
        .map_err(|rejection| Rejection { detail: unreadable().detail, ..rejection })?;
    let text = xml::scan(&opened.octets, &Limits::LOGOUT).map_err(|_| unreadable())?;
    let text = xml::line_ends(text);
    if let Ok(alone) = xml::parse(&text, &Limits::LOGOUT) {
        return inside(Some(alone.root_element()));
    }
    // What was declared further out may be used inside.
    let context = in_context(&text, node);
    let document = xml::parse(&context, &Limits::LOGOUT).map_err(|_| unreadable())?;
    inside(document.root_element().first_element_child())
}

fn inside(node: Option<Node<'_, '_>>) -> Result<NameId, Rejection> {
    let node = node.filter(|node| xml::is(*node, ns::ASSERTION, "NameID"));
    name_id(node.ok_or_else(unreadable)?)
}

fn name_id(node: Node<'_, '_>) -> Result<NameId, Rejection> {
    let text = xml::text(node).unwrap_or_default();
    let value = xml::trim(&text);
    if value.is_empty() || value.chars().count() > LONGEST {
        return Err(missing("The request's name ID is empty, or longer than 512 characters."));
    }
    let owned = |name| xml::attribute(node, name).map(str::to_owned);
    Ok(NameId {
        value: value.to_owned(),
        format: owned("Format"),
        name_qualifier: owned("NameQualifier"),
        sp_name_qualifier: owned("SPNameQualifier"),
    })
}

fn missing(detail: &str) -> Rejection {
    Rejection::new(Cause::NameIdMissing, detail)
}

fn unreadable() -> Rejection {
    Rejection::new(Cause::EncryptedUnreadable, "The name ID cannot be opened with our keys.")
}
