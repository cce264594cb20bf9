//! What an assertion states: that the person signed in, and what is known of them (core 2.7).

use super::Attribute;
use super::semantics::{Rules, invalid, optional_time, required_time};
use crate::clock::Time;
use crate::saml::check::Rejection;
use crate::saml::xml::{self, ns};
use roxmltree::Node;
use std::collections::HashMap;

/// A statement of a sign-in.
pub(super) struct Authn {
    pub(super) instant: Time,
    pub(super) context: Option<String>,
    pub(super) session_index: Option<String>,
    pub(super) session_not_on_or_after: Option<Time>,
}

/// The first `AuthnStatement` (core 2.7.2); no session that is stated may have ended, and no sign-in be ahead.
pub(super) fn authn(assertion: Node<'_, '_>, rules: &Rules<'_, '_>) -> Result<Authn, Rejection> {
    let mut first = None;
    for statement in xml::children(assertion, ns::ASSERTION, "AuthnStatement") {
        let session_end = optional_time(statement, "SessionNotOnOrAfter")?;
        if let Some(end) = session_end {
            rules.ended(end)?;
        }
        let instant = required_time(statement, "AuthnInstant")?;
        rules.begun("The person is said to have signed in in the future.", instant)?;
        first.get_or_insert_with(|| Authn {
            instant,
            context: context(statement),
            session_index: xml::attribute(statement, "SessionIndex").map(str::to_owned),
            session_not_on_or_after: session_end,
        });
    }
    first.ok_or_else(|| {
        invalid("The assertion does not state that the person signed in.")
            .expected("AuthnStatement")
            .received("none")
    })
}

fn context(statement: Node<'_, '_>) -> Option<String> {
    let context = xml::child(statement, ns::ASSERTION, "AuthnContext")?;
    let class = xml::child(context, ns::ASSERTION, "AuthnContextClassRef")
        .or_else(|| xml::child(context, ns::ASSERTION, "AuthnContextDeclRef"))?;
    Some(xml::trim(&xml::text(class)?).to_owned())
}

/// Every attribute with a name, in order of first mention. Some providers repeat the element for
/// each value: elements of the same name are put together.
pub(super) fn attributes(assertion: Node<'_, '_>) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let nodes = xml::children(assertion, ns::ASSERTION, "AttributeStatement")
        .flat_map(|statement| xml::children(statement, ns::ASSERTION, "Attribute"));
    for node in nodes {
        let Some(name) = xml::attribute(node, "Name").filter(|name| !name.is_empty()) else {
            continue;
        };
        let values = xml::children(node, ns::ASSERTION, "AttributeValue").filter_map(value);
        let friendly_name = || xml::attribute(node, "FriendlyName").map(str::to_owned);
        let place = *places.entry(name).or_insert(attributes.len());
        match attributes.get_mut(place) {
            Some(known) => {
                known.values.extend(values);
                known.friendly_name = known.friendly_name.take().or_else(friendly_name);
            }
            None => attributes.push(Attribute {
                name: name.to_owned(),
                friendly_name: friendly_name(),
                values: values.collect(),
            }),
        }
    }
    attributes
}

/// The text of a value, or of the name ID in it (`eduPersonTargetedID`); none if it is nil.
fn value(node: Node<'_, '_>) -> Option<String> {
    let nil = node.attribute((ns::SCHEMA_INSTANCE, "nil"));
    if matches!(nil, Some("true" | "1")) {
        return None;
    }
    let text = match xml::text(node) {
        Some(text) => text,
        None => xml::text(xml::child(node, ns::ASSERTION, "NameID")?)?,
    };
    Some(xml::trim(&text).to_owned())
}
