//! What a document says, as a list for people.

use crate::saml::certificate::Certificate;
use crate::saml::xml;
use roxmltree::Node;
use serde::Serialize;

/// One thing that a document says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// A stable word: `audience`.
    pub name: &'static str,
    /// As it was written, without white space around it.
    pub value: String,
}

/// Which elements say something: their name, the attribute (or `None` for the text), and what it is called here.
const KNOWN: &[(&str, Option<&str>, &str)] = &[
    ("Response", Some("ID"), "id"),
    ("Response", Some("IssueInstant"), "issued_at"),
    ("Response", Some("Destination"), "destination"),
    ("Response", Some("InResponseTo"), "in_response_to"),
    ("AuthnRequest", Some("ID"), "id"),
    ("AuthnRequest", Some("IssueInstant"), "issued_at"),
    ("AuthnRequest", Some("Destination"), "destination"),
    ("AuthnRequest", Some("AssertionConsumerServiceURL"), "acs"),
    ("AuthnRequest", Some("AssertionConsumerServiceIndex"), "acs_index"),
    ("AuthnRequest", Some("ProtocolBinding"), "binding"),
    ("AuthnRequest", Some("ForceAuthn"), "force_authn"),
    ("AuthnRequest", Some("IsPassive"), "is_passive"),
    ("LogoutRequest", Some("ID"), "id"),
    ("LogoutRequest", Some("IssueInstant"), "issued_at"),
    ("LogoutRequest", Some("Destination"), "destination"),
    ("LogoutRequest", Some("NotOnOrAfter"), "not_on_or_after"),
    ("LogoutResponse", Some("ID"), "id"),
    ("LogoutResponse", Some("IssueInstant"), "issued_at"),
    ("LogoutResponse", Some("Destination"), "destination"),
    ("LogoutResponse", Some("InResponseTo"), "in_response_to"),
    ("Issuer", None, "issuer"),
    ("StatusCode", Some("Value"), "status"),
    ("StatusMessage", None, "status_message"),
    ("NameIDPolicy", Some("Format"), "name_id_policy"),
    ("Assertion", Some("ID"), "assertion_id"),
    ("NameID", None, "name_id"),
    ("NameID", Some("Format"), "name_id_format"),
    ("SessionIndex", None, "session_index"),
    ("SubjectConfirmationData", Some("Recipient"), "recipient"),
    ("SubjectConfirmationData", Some("InResponseTo"), "in_response_to"),
    ("SubjectConfirmationData", Some("NotOnOrAfter"), "confirmation_not_on_or_after"),
    ("Conditions", Some("NotBefore"), "not_before"),
    ("Conditions", Some("NotOnOrAfter"), "not_on_or_after"),
    ("Audience", None, "audience"),
    ("AuthnStatement", Some("AuthnInstant"), "authn_instant"),
    ("AuthnStatement", Some("SessionIndex"), "session_index"),
    ("AuthnStatement", Some("SessionNotOnOrAfter"), "session_not_on_or_after"),
    ("AuthnContextClassRef", None, "authn_context"),
    ("SignatureMethod", Some("Algorithm"), "signature_algorithm"),
    ("DigestMethod", Some("Algorithm"), "digest_algorithm"),
    ("EncryptionMethod", Some("Algorithm"), "encryption_algorithm"),
    ("EntityDescriptor", Some("entityID"), "entity_id"),
    ("EntityDescriptor", Some("validUntil"), "valid_until"),
    ("EntityDescriptor", Some("cacheDuration"), "cache_duration"),
    ("SingleSignOnService", Some("Location"), "sign_on"),
    ("SingleLogoutService", Some("Location"), "logout"),
    ("AssertionConsumerService", Some("Location"), "acs"),
    ("NameIDFormat", None, "name_id_format"),
];

/// Walks the document once, in its order; what is said twice is listed once.
pub(super) fn facts(root: Node<'_, '_>) -> Vec<Fact> {
    let mut found: Vec<Fact> = Vec::new();
    for node in root.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        for (_, attribute, fact) in KNOWN.iter().filter(|(element, _, _)| *element == name) {
            let value = match attribute {
                Some(attribute) => xml::attribute(node, attribute).map(str::to_owned),
                None => xml::text(node).map(std::borrow::Cow::into_owned),
            };
            add(&mut found, fact, value);
        }
        match name {
            "Attribute" => add(&mut found, "attribute", attribute(node)),
            "X509Certificate" => add(&mut found, "certificate", certificate(node)),
            _ => {}
        }
    }
    found
}

fn add(found: &mut Vec<Fact>, name: &'static str, value: Option<String>) {
    // A federation's metadata says more than anybody reads.
    const MOST: usize = 1000;
    let Some(value) = value.map(|value| xml::trim(&value).to_owned()) else { return };
    let fact = Fact { name, value };
    if found.len() < MOST && !fact.value.is_empty() && !found.contains(&fact) {
        found.push(fact);
    }
}

fn attribute(node: Node<'_, '_>) -> Option<String> {
    let name = xml::attribute(node, "Name")?;
    let values: Vec<String> = node
        .children()
        .filter(Node::is_element)
        .map(|value| {
            xml::text(value).map_or_else(|| "(XML)".to_owned(), |text| xml::trim(&text).to_owned())
        })
        .collect();
    Some(format!("{name} = {}", values.join(" | ")))
}

fn certificate(node: Node<'_, '_>) -> Option<String> {
    let text = xml::text(node)?;
    Some(match Certificate::parse(&text) {
        Ok(certificate) => format!(
            "{}, {}, until {}, SHA-256 {}",
            certificate.subject(),
            certificate.key_description(),
            certificate.not_after(),
            certificate.fingerprint()
        ),
        Err(fault) => fault.to_string(),
    })
}
