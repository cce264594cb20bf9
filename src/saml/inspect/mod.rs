//! Shows what a message or a metadata file says, and every check of it that needs nothing but itself.

mod decode;
mod facts;
mod offline;
mod pretty;
mod redact;
mod signers;
#[cfg(test)]
mod tests;

use super::check::Check;
use super::metadata;
use super::xml::{self, Limits, ns};
use crate::clock::Time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use roxmltree::Node;
use serde::Serialize;

pub use decode::Wrapping;
pub(super) use decode::decode;
pub use facts::Fact;
pub use redact::redacted;
pub use signers::signers;

/// What can be said of a document by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// How it was wrapped.
    pub wrapping: Wrapping,
    /// What it is.
    pub kind: Kind,
    /// The document, one element a line; `None` if it is not well formed.
    pub xml: Option<String>,
    /// What it says, in the order of the document. Nothing of it is verified.
    pub facts: Vec<Fact>,
    /// Every check that could be made, in order. If one failed, it is the last.
    pub checks: Vec<Check>,
    /// The first fault.
    pub problem: Option<Problem>,
    /// What can only be said with a connection at hand, as sentences.
    pub not_checked: Vec<&'static str>,
}

/// What a document is, by its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A provider's answer.
    Response,
    /// An assertion without its response.
    Assertion,
    /// A request to sign somebody in.
    AuthnRequest,
    /// A request to sign somebody out.
    LogoutRequest,
    /// The answer to that.
    LogoutResponse,
    /// Who a party is.
    Metadata,
    /// Something else.
    Other,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A cause of a failed sign-in, or a code of faulty metadata.
    pub code: &'static str,
    /// One sentence for a person who can mend it.
    pub detail: String,
}

/// Looks at `input`: XML, base64, deflated base64, or an address, query or form body with such a parameter.
///
/// `Err` is a sentence that says why there is nothing to look at.
pub fn inspect(input: &[u8], now: Time) -> Result<Inspection, String> {
    let (wrapping, bytes) = decode(input)?;
    let mut inspection = Inspection {
        wrapping,
        kind: Kind::Other,
        xml: None,
        facts: Vec::new(),
        checks: Vec::new(),
        problem: None,
        not_checked: Vec::new(),
    };
    // The wider limits, to show also what a sign-in would refuse.
    let limits = Limits::METADATA;
    let text = match xml::scan(&bytes, &limits) {
        Ok(text) => text,
        Err(fault) => return Ok(inspection.unreadable(&fault)),
    };
    let document = match xml::parse(text, &limits) {
        Ok(document) => document,
        Err(fault) => return Ok(inspection.unreadable(&fault)),
    };
    let root = document.root_element();
    inspection.kind = kind(root);
    inspection.xml = Some(pretty::pretty(text));
    inspection.facts = facts::facts(root);
    match inspection.kind {
        Kind::Response => offline::verify(&mut inspection, root, &bytes, now),
        Kind::Metadata => inspection.check_metadata(root, &bytes, now),
        _ => {}
    }
    Ok(inspection)
}

/// What people have in their hands as the form field `SAMLResponse` that a sign-in would bring.
///
/// `Err` is a sentence that says why it is none.
pub fn field(input: &[u8]) -> Result<String, String> {
    decode::decode(input).map(|(_, xml)| BASE64.encode(xml))
}

impl Inspection {
    fn unreadable(mut self, fault: &xml::Fault) -> Self {
        self.problem = Some(Problem { code: fault.cause.code(), detail: fault.detail.clone() });
        self
    }

    /// Metadata of a service provider has nothing to check here.
    fn check_metadata(&mut self, root: Node<'_, '_>, bytes: &[u8], now: Time) {
        let is_provider = |node| xml::is(node, ns::METADATA, "IDPSSODescriptor");
        if !root.descendants().any(is_provider) {
            return;
        }
        if let Err(fault) = metadata::parse(bytes, None, "", now) {
            self.problem = Some(Problem { code: fault.code(), detail: fault.to_string() });
        }
    }
}

fn kind(root: Node<'_, '_>) -> Kind {
    [
        (ns::PROTOCOL, "Response", Kind::Response),
        (ns::ASSERTION, "Assertion", Kind::Assertion),
        (ns::PROTOCOL, "AuthnRequest", Kind::AuthnRequest),
        (ns::PROTOCOL, "LogoutRequest", Kind::LogoutRequest),
        (ns::PROTOCOL, "LogoutResponse", Kind::LogoutResponse),
        (ns::METADATA, "EntityDescriptor", Kind::Metadata),
        (ns::METADATA, "EntitiesDescriptor", Kind::Metadata),
    ]
    .into_iter()
    .find(|(namespace, name, _)| xml::is(root, namespace, name))
    .map_or(Kind::Other, |(_, _, kind)| kind)
}
