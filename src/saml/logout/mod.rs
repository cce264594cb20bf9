//! Single logout: requests and answers, read and written (SAML core 3.7, profiles 4.4).
//!
//! Both ways through the browser end in the same place: octets that a key of the connection signed,
//! from which alone anything is read. A message without a signature says nothing.

mod incoming;
mod subject;
#[cfg(test)]
mod tests;
mod write;

pub use incoming::{Incoming, Kind};
pub use write::{Answer, NewLogoutRequest, NewLogoutResponse, choose, choose_answer};

use super::certificate::TrustedKeys;
use super::check::Rejection;
use super::encryption::DecryptionKey;
use super::response::{MAX_SKEW, NameId, invalid, only, optional_time, required_time};
use super::xml::{self, Limits, ns};
use crate::cause::Cause;
use crate::clock::Time;
use chrono::TimeDelta;
use roxmltree::Node;

/// How long a request counts that names no end of its own.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);

const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const REQUESTER: &str = "urn:oasis:names:tc:SAML:2.0:status:Requester";
const RESPONDER: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const PARTIAL_LOGOUT: &str = "urn:oasis:names:tc:SAML:2.0:status:PartialLogout";
const REQUEST_DENIED: &str = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied";

/// What the caller knows: all of it from our own store.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The connection's single logout service.
    pub slo: &'a str,
    /// The provider's entity ID.
    pub idp_entity_id: &'a str,
    /// The provider's signing keys.
    pub keys: &'a TrustedKeys,
    /// Our keys that providers encrypt for.
    pub decryption_keys: &'a [DecryptionKey],
    /// Whether signatures with SHA-1 are accepted.
    pub allow_sha1: bool,
    /// Whether AES-CBC is accepted.
    pub allow_cbc: bool,
    /// How far clocks may differ; more than [`MAX_SKEW`] counts as that.
    pub skew: TimeDelta,
}

/// A provider wants somebody signed out. Every value was signed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutRequest {
    /// Its ID, to be seen once.
    pub id: String,
    /// Until when the ID must be remembered: afterwards no setting accepts the request.
    pub expires_at: Time,
    /// Whom.
    pub name_id: NameId,
    /// From which of its sessions; none: from all of them (core 3.7.1). One that is there and empty is not none.
    pub session_indexes: Vec<String>,
}

/// Why a request is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong.
    pub rejection: Rejection,
    /// The request's ID, if the provider really sent it: then it gets an answer.
    pub request_id: Option<String>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, request_id: None }
    }
}

/// What a provider answers. Every value was signed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutResponse {
    /// The ID of the request that it answers: the caller knows whether that is one of ours.
    pub in_response_to: String,
    /// What it has done.
    pub status: Status,
}

/// What a provider says it has done (core 3.7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The person is signed out there and at whatever else it knows.
    Complete,
    /// Signed out there, but not everywhere that it knows (`PartialLogout`, core 3.2.2.2).
    Partial,
    /// It did not do it.
    Failed,
}

/// Verifies a `LogoutRequest` (core 3.7.1, profiles 4.4.4.1).
pub fn verify_request(
    incoming: &Incoming<'_>,
    expected: &Expected<'_>,
    now: Time,
) -> Result<LogoutRequest, Refused> {
    let octets = incoming.signed_octets(expected, now)?;
    let document = xml::parse(&octets, &Limits::LOGOUT).map_err(Rejection::from)?;
    let root = document.root_element();
    let rules = Rules { root, expected, now };
    let id = rules.head("LogoutRequest")?;
    let answerable = |rejection| Refused { rejection, request_id: Some(id.clone()) };
    let expires_at = rules.window().map_err(answerable)?;
    let name_id = subject::read(root, expected).map_err(answerable)?;
    let session_indexes = session_indexes(root).map_err(answerable)?;
    Ok(LogoutRequest { id, expires_at, name_id, session_indexes })
}

/// The indexes of a request (core 3.7.1). An empty one is kept as what it is, the index of no session: left out, it would
/// turn a request for one session into a request for all.
fn session_indexes(root: Node<'_, '_>) -> Result<Vec<String>, Rejection> {
    let unreadable = || invalid("A SessionIndex of the request holds more than text.");
    xml::children(root, ns::PROTOCOL, "SessionIndex")
        .map(|node| Ok(xml::trim(&xml::text(node).ok_or_else(unreadable)?).to_owned()))
        .collect()
}

/// Verifies a `LogoutResponse` (core 3.7.2, profiles 4.4.4.2).
pub fn verify_response(
    incoming: &Incoming<'_>,
    expected: &Expected<'_>,
    now: Time,
) -> Result<LogoutResponse, Rejection> {
    let octets = incoming.signed_octets(expected, now)?;
    let document = xml::parse(&octets, &Limits::LOGOUT)?;
    let root = document.root_element();
    Rules { root, expected, now }.head("LogoutResponse")?;
    let in_response_to = xml::attribute(root, "InResponseTo").ok_or_else(|| {
        Rejection::new(Cause::RequestUnknown, "The message does not say which request it answers.")
    })?;
    Ok(LogoutResponse { in_response_to: in_response_to.to_owned(), status: status(root)? })
}

/// Whether a session that began with `known` is one that `asked` speaks of (core 3.3.4).
///
/// `provider` and `ours` are the entity IDs. The name must be the same to the letter. What one side leaves out of the rest stands for the usual:
/// the qualifiers for the provider and for us (core 8.3.7), the format for any.
#[must_use]
pub fn is_same_name(known: &NameId, asked: &NameId, provider: &str, ours: &str) -> bool {
    let is_said = |format: &&str| !format.ends_with(":unspecified");
    let formats =
        (known.format.as_deref().filter(is_said), asked.format.as_deref().filter(is_said));
    let same_format = match formats {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let same = |one: &Option<String>, other: &Option<String>, usual: &str| {
        one.as_deref().unwrap_or(usual) == other.as_deref().unwrap_or(usual)
    };
    known.value == asked.value
        && same_format
        && same(&known.name_qualifier, &asked.name_qualifier, provider)
        && same(&known.sp_name_qualifier, &asked.sp_name_qualifier, ours)
}

struct Rules<'a, 'input> {
    root: Node<'a, 'input>,
    expected: &'a Expected<'a>,
    now: Time,
}

impl Rules<'_, '_> {
    /// What both kinds of message have in common (core 3.2.1 and 3.2.2); gives the message's ID.
    fn head(&self, name: &str) -> Result<String, Rejection> {
        if !xml::is(self.root, ns::PROTOCOL, name) {
            return Err(invalid(&format!("The document is not a SAML 2.0 {name}."))
                .expected(format!("{{{}}}{name}", ns::PROTOCOL))
                .received(self.root.tag_name().name()));
        }
        let version = xml::attribute(self.root, "Version").unwrap_or_default();
        if version != "2.0" {
            return Err(invalid("The message is not of SAML 2.0.")
                .expected("2.0")
                .received(version));
        }
        let id = xml::attribute(self.root, "ID").unwrap_or_default();
        if id.is_empty() || id.len() > 256 {
            return Err(invalid("The message has no usable ID."));
        }
        self.issuer()?;
        self.destination()?;
        let issued = required_time(self.root, "IssueInstant")?;
        if issued > self.now.plus(self.skew()) {
            let seconds = issued.since(self.now).num_seconds();
            let detail = format!("The message was issued in the future, by {seconds} s.");
            return Err(Rejection::new(Cause::ClockEarly, detail)
                .expected(format!("{} or before", self.now.plus(self.skew())))
                .received(issued.to_string()));
        }
        Ok(id.to_owned())
    }

    /// Core 2.2.5; profiles 4.4.4.1 and 4.4.4.2 require it.
    fn issuer(&self) -> Result<(), Rejection> {
        let expected = self.expected.idp_entity_id;
        let issuer = only(self.root, ns::ASSERTION, "Issuer")?
            .ok_or_else(|| invalid("The message names no issuer."))?;
        let text = xml::text(issuer).unwrap_or_default();
        let is_entity = xml::attribute(issuer, "Format").is_none_or(|format| format == ENTITY);
        if xml::trim(&text) == expected && is_entity {
            return Ok(());
        }
        Err(Rejection::new(
            Cause::IssuerMismatch,
            "The message is by another identity provider than this connection's.",
        )
        .expected(expected)
        .received(xml::trim(&text)))
    }

    /// A signed message must say where it was sent (bindings 3.4.5.2 and 3.5.5.2).
    fn destination(&self) -> Result<(), Rejection> {
        let received = xml::attribute(self.root, "Destination");
        if received == Some(self.expected.slo) {
            return Ok(());
        }
        Err(Rejection::new(
            Cause::DestinationMismatch,
            "The message was sent to another address than this connection's logout address.",
        )
        .expected(self.expected.slo)
        .received(received.unwrap_or("none")))
    }

    /// A request counts until the end that it names, or for [`LIFETIME`]. Gives when every clock is past that.
    fn window(&self) -> Result<Time, Rejection> {
        let end = match optional_time(self.root, "NotOnOrAfter")? {
            Some(end) => end,
            None => required_time(self.root, "IssueInstant")?.plus(LIFETIME),
        };
        if self.now < end.plus(self.skew()) {
            return Ok(end.plus(MAX_SKEW));
        }
        let seconds = self.now.since(end).num_seconds();
        Err(Rejection::new(Cause::ClockLate, format!("The request ended {seconds} s ago."))
            .expected(format!("after {}", self.now.minus(self.skew())))
            .received(end.to_string()))
    }

    fn skew(&self) -> TimeDelta {
        self.expected.skew.clamp(TimeDelta::zero(), MAX_SKEW)
    }
}

/// The status of an answer. Some providers put `PartialLogout` below Success, some below Responder, some
/// on top: wherever it stands, somebody is still signed in somewhere.
fn status(root: Node<'_, '_>) -> Result<Status, Rejection> {
    let status =
        only(root, ns::PROTOCOL, "Status")?.ok_or_else(|| invalid("The message has no status."))?;
    let top = only(status, ns::PROTOCOL, "StatusCode")?
        .ok_or_else(|| invalid("The message's status has no code."))?;
    let codes = status
        .descendants()
        .filter(|node| xml::is(*node, ns::PROTOCOL, "StatusCode"))
        .filter_map(|node| xml::attribute(node, "Value"));
    if codes.into_iter().any(|code| code == PARTIAL_LOGOUT) {
        return Ok(Status::Partial);
    }
    match xml::attribute(top, "Value") {
        Some(SUCCESS) => Ok(Status::Complete),
        _ => Ok(Status::Failed),
    }
}
