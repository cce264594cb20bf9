//! Name IDs and attributes that are encrypted by themselves in an assertion (SAML core 2.2.4 and 2.7.3.2).
//!
//! They are opened in octets that the provider signed and nowhere else, and put in their place. So whoever reads the
//! assertion after that, by whichever rule, reads what would have been there.

use super::{parse, shape};
use crate::cause::Cause;
use crate::saml::check::Rejection;
use crate::saml::encryption::{self, DecryptionKey};
use crate::saml::xml::{self, Limits, Method, ns};
use roxmltree::Node;
use std::ops::Range;

const ID: &str = "EncryptedID";
const ATTRIBUTE: &str = "EncryptedAttribute";
/// Each costs operations with a private key.
const MOST: usize = 16;

/// An assertion of which everything can be read.
pub(super) struct Readable {
    /// Its octets, with what was encrypted in its place.
    pub(super) octets: String,
    /// How that was encrypted.
    pub(super) cipher: &'static str,
    /// How much of it there was.
    pub(super) parts: usize,
}

/// Opens what is encrypted in an assertion, by itself; `None` where nothing is.
pub(super) fn open(
    octets: &str,
    keys: &[DecryptionKey],
    allow_cbc: bool,
) -> Result<Option<Readable>, Rejection> {
    // The names of elements are in the octets as they are, so most assertions are not parsed for this.
    if !octets.contains(ID) && !octets.contains(ATTRIBUTE) {
        return Ok(None);
    }
    let document = parse(octets)?;
    let sealed = sealed(document.root_element());
    if sealed.is_empty() {
        return Ok(None);
    }
    if sealed.len() > MOST {
        let detail = format!(
            "More than {MOST} parts of the assertion are encrypted by themselves; encrypt the assertion instead."
        );
        return Err(Rejection::new(Cause::EncryptedUnreadable, detail));
    }
    let mut opened = Vec::new();
    let mut cipher = "";
    for node in &sealed {
        let inside = encryption::open(*node, keys, allow_cbc)?;
        cipher = inside.cipher;
        opened.push((node.range(), part(&inside.octets, *node)?));
    }
    let octets = put(octets, &opened);
    let text = xml::scan(octets.as_bytes(), &Limits::RESPONSE)?;
    let document = parse(text)?;
    // What was inside is held to the rules of what is around it.
    if shape::assertion(document.root_element())?.is_some() {
        return Err(encryption::wrong());
    }
    drop(document);
    Ok(Some(Readable { octets, cipher, parts: opened.len() }))
}

/// The plaintext inside an element that declares what is declared where it was encrypted.
///
/// Providers that encrypt in place leave out declarations made further out, and XML Encryption
/// wants them found (1.1, 4.3.3). What a stranger declares there changes nothing that is signed:
/// the canonical form spells every namespace out.
pub(in crate::saml) fn in_context(text: &str, encrypted: Node<'_, '_>) -> String {
    let mut context = "<context".to_owned();
    for namespace in encrypted.namespaces().filter(|namespace| namespace.name() != Some("xml")) {
        let colon = if namespace.name().is_some() { ":" } else { "" };
        let name = namespace.name().unwrap_or_default();
        context.push_str(&[" xmlns", colon, name, "=\""].concat());
        xml::escape_attribute(namespace.uri(), &mut context);
        context.push('"');
    }
    context.push('>');
    context.push_str(text);
    context.push_str("</context>");
    context
}

/// What is encrypted where something is read: the subject's name, and attributes.
fn sealed<'a, 'input>(assertion: Node<'a, 'input>) -> Vec<Node<'a, 'input>> {
    let below = |name, inside: &'static str| {
        xml::children(assertion, ns::ASSERTION, name)
            .flat_map(move |node| xml::children(node, ns::ASSERTION, inside))
    };
    let mut all: Vec<_> =
        below("Subject", ID).chain(below("AttributeStatement", ATTRIBUTE)).collect();
    all.sort_by_key(|node| node.range().start);
    all
}

/// The one element that was inside, with every namespace that it uses spelled out.
fn part(octets: &[u8], encrypted: Node<'_, '_>) -> Result<String, Rejection> {
    let text = xml::scan(octets, &Limits::RESPONSE).map_err(|_| encryption::wrong())?;
    let context = in_context(&xml::line_ends(text), encrypted);
    let document = parse(&context).map_err(|_| encryption::wrong())?;
    let mut inside = document.root_element().children().filter(|node| !is_space(*node));
    let (Some(node), None) = (inside.next(), inside.next()) else {
        return Err(encryption::wrong());
    };
    if encrypted.tag_name().name() == ID {
        if !xml::is(node, ns::ASSERTION, "NameID") {
            let detail = "What is encrypted in place of the name ID is none.";
            return Err(Rejection::new(Cause::NameIdMissing, detail));
        }
    } else if !xml::is(node, ns::ASSERTION, "Attribute") {
        let detail = "What is encrypted in place of an attribute is none.";
        return Err(Rejection::new(Cause::EncryptedUnreadable, detail));
    }
    Ok(xml::canonical(node, None, &Method::Exclusive(Vec::new())))
}

fn is_space(node: Node<'_, '_>) -> bool {
    node.is_text() && xml::trim(node.text().unwrap_or_default()).is_empty()
}

/// The octets with each part in place of its range; the ranges are in order and apart.
fn put(octets: &str, parts: &[(Range<usize>, String)]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut from = 0;
    for (range, part) in parts {
        text.push_str(octets.get(from..range.start).unwrap_or_default());
        text.push_str(part);
        from = range.end;
    }
    text.push_str(octets.get(from..).unwrap_or_default());
    text
}
