//! Verifies a SAML response: bytes in, an identity or a rejection out.
//!
//! The order is part of the defence. Each step may only refuse, nothing expensive is done before a
//! signature of a key that we chose was checked, and every value comes from the octets that were
//! signed, read again. An unsigned envelope may refuse; it never grants.

mod confirmation;
mod form;
mod readable;
mod semantics;
mod shape;
mod statements;
#[cfg(test)]
mod tests;
mod time;

pub(super) use readable::in_context;
pub(super) use semantics::{invalid, only, optional_time, required_time};
pub(super) use shape::message as check_message;

use super::certificate::{Certificate, TrustedKeys};
use super::check::{self, Check, CheckName, Note, Rejection, Trace};
use super::encryption::{self, DecryptionKey, Opened};
use super::signature::{self, Signature};
use super::xml::{self, Limits, Method, ns};
use crate::cause::Cause;
use crate::clock::Time;
use chrono::TimeDelta;
use roxmltree::{Document, Node};
use serde::{Deserialize, Serialize};

pub use form::Form;

/// However a connection is set, clocks may differ by no more.
pub const MAX_SKEW: TimeDelta = TimeDelta::seconds(180);

/// Base64 of the largest document, with room for line ends.
const MAX_FIELD: usize = 2 * Limits::RESPONSE.bytes;

/// What the caller knows: all of it from our own store.
#[derive(Debug)]
pub struct Expected<'a> {
    /// The connection's assertion consumer service.
    pub acs: &'a str,
    /// Our entity ID towards this provider.
    pub entity_id: &'a str,
    /// The provider's entity ID.
    pub idp_entity_id: &'a str,
    /// The provider's signing keys.
    pub keys: &'a TrustedKeys,
    /// Our keys that providers encrypt for.
    pub decryption_keys: &'a [DecryptionKey],
    /// The ID of our request; `None` if the provider started and nothing was asked.
    pub in_response_to: Option<&'a str>,
    /// Whether signatures with SHA-1 are accepted.
    pub allow_sha1: bool,
    /// Whether AES-CBC is accepted.
    pub allow_cbc: bool,
    /// Too many tries with AES-CBC have failed of late: no more is opened, unless the envelope is signed.
    pub is_cbc_spent: bool,
    /// How far clocks may differ; more than [`MAX_SKEW`] counts as that.
    pub skew: TimeDelta,
}

/// What came of a verification.
#[derive(Debug)]
pub struct Outcome {
    /// Every check that ran, in order. If one failed, it is the last.
    pub checks: Vec<Check>,
    /// Who signed in, or why not.
    pub result: Result<Identity, Rejection>,
    /// What else a trace shows.
    pub facts: Facts,
}

/// What a trace shows of a message. Not verified: for people to look at, not to act on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Size of the decoded document.
    pub bytes: usize,
    /// The response's ID.
    pub response_id: Option<String>,
    /// The request that the response says it answers.
    pub in_response_to: Option<String>,
    /// The provider that the response says it comes from.
    pub issuer: Option<String>,
    /// Each signature that was verified: `response: RSA-SHA256 · SHA-256 · exclusive C14N`.
    pub signatures: Vec<String>,
    /// SHA-256 of the certificate whose key made the last verified signature.
    pub certificate: Option<String>,
    /// How the assertion was encrypted: `AES-256-GCM`.
    pub cipher: Option<String>,
    /// The certificate that a signature names but the connection does not know, so that somebody
    /// who recognises its fingerprint can accept it.
    pub unknown_certificate: Option<Certificate>,
    /// A signature fits no key of the connection and names no certificate, so that nobody can tell whether it is wrong or
    /// by a new key.
    #[serde(default)]
    pub is_unnamed: bool,
}

/// The name by which the provider knows the person (SAML core 2.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameId {
    /// The name itself.
    pub value: String,
    /// What kind of name it is; unknown kinds are fine.
    pub format: Option<String>,
    /// The domain of the name.
    pub name_qualifier: Option<String>,
    /// The service provider for which the name was made.
    pub sp_name_qualifier: Option<String>,
}

/// An attribute of the person (SAML core 2.7.3.1); elements of the same name are one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name, as the provider's administrator chose it.
    pub name: String,
    /// Its name for people.
    pub friendly_name: Option<String>,
    /// Its values, in order.
    pub values: Vec<String>,
}

/// Who signed in. Every value was signed by the connection's provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's name for the person.
    pub name_id: NameId,
    /// The provider's name for the session, needed for logout.
    pub session_index: Option<String>,
    /// When the provider wants the session to end.
    pub session_not_on_or_after: Option<Time>,
    /// What the provider says about the person.
    pub attributes: Vec<Attribute>,
    /// The assertion's ID, to be seen once.
    pub assertion_id: String,
    /// Until when the ID must be remembered: afterwards no setting accepts the assertion.
    pub expires_at: Time,
    /// When the person proved who they are.
    pub authn_instant: Time,
    /// How, as the provider calls it.
    pub authn_context: Option<String>,
    /// The provider's entity ID.
    pub issuer: String,
    /// Our request that was answered.
    pub in_response_to: Option<String>,
}

/// Verifies the form field `SAMLResponse`.
#[must_use]
pub fn verify(field: &str, expected: &Expected<'_>, now: Time) -> Outcome {
    let mut verifier = Verifier { expected, now, trace: Trace::default(), facts: Facts::default() };
    let result = verifier.verify(field);
    Outcome { checks: verifier.trace.0, result, facts: verifier.facts }
}

/// The ID of the request that a response says it answers. Not verified: only to look up a request
/// whose relay state was lost.
#[must_use]
pub fn in_response_to(field: &str) -> Option<String> {
    unverified(field, |root| xml::attribute(root, "InResponseTo").map(str::to_owned))
}

/// The provider that a response says it comes from. Not verified: only to look up whose keys it must be held against.
#[must_use]
pub fn issuer(field: &str) -> Option<String> {
    unverified(field, |root| {
        let assertion = || xml::child(root, ns::ASSERTION, "Assertion");
        let issuer = xml::child(root, ns::ASSERTION, "Issuer")
            .or_else(|| xml::child(assertion()?, ns::ASSERTION, "Issuer"))?;
        xml::text(issuer).map(|text| xml::trim(&text).to_owned())
    })
}

/// Reads something of a response that nobody has verified.
fn unverified<T>(field: &str, read: impl FnOnce(Node<'_, '_>) -> Option<T>) -> Option<T> {
    let bytes = decode(field).ok()?;
    let text = xml::scan(&bytes, &Limits::RESPONSE).ok()?;
    let document = xml::parse(text, &Limits::RESPONSE).ok()?;
    let root = document.root_element();
    if xml::is(root, ns::PROTOCOL, "Response") { read(root) } else { None }
}

struct Verifier<'a> {
    expected: &'a Expected<'a>,
    now: Time,
    trace: Trace,
    facts: Facts,
}

impl Verifier<'_> {
    fn verify(&mut self, field: &str) -> Result<Identity, Rejection> {
        let bytes = self.trace.note(CheckName::Field, decode(field), size)?;
        self.facts.bytes = bytes.len();
        let text =
            xml::scan(&bytes, &Limits::RESPONSE).map(xml::line_ends).map_err(Rejection::from);
        let text = self.trace_fault(CheckName::Xml, text)?;
        let document = self.trace_fault(CheckName::Xml, parse(&text))?;
        self.trace.check(CheckName::Xml, Ok(Note::received("no DTD, no entities")))?;

        let root = document.root_element();
        self.trace.check(CheckName::Response, semantics::check_root(root))?;
        self.remember(root);
        self.trace.check(CheckName::Status, semantics::check_status(root))?;
        let shape = self.trace.note(CheckName::Assertion, shape::response(root), |shape| {
            Note::received(if shape.is_encrypted { "encrypted" } else { "not encrypted" })
        })?;
        let signed_response = match shape.signature {
            Some(node) => Some(self.signed_octets(node, Level::Response)?),
            None => None,
        };
        // From here the envelope is read from what was signed, if it was.
        let signed_document = signed_response.as_deref().map(parse).transpose()?;
        let envelope = signed_document.as_ref().map_or(root, Document::root_element);
        let octets = self.assertion(&shape, signed_document.as_ref())?;
        let octets = self.readable(octets)?;
        let assertion = parse(&octets)?;
        let facts = semantics::Parts {
            envelope,
            envelope_is_signed: signed_document.is_some(),
            assertion: assertion.root_element(),
            octets: &octets,
        };
        semantics::read(&facts, self.expected, self.now, &mut self.trace)
    }

    /// The octets of the assertion, signed by itself or as a part of the response.
    fn assertion(
        &mut self,
        shape: &Shape<'_, '_>,
        signed: Option<&Document<'_>>,
    ) -> Result<String, Rejection> {
        let node = match signed {
            Some(document) => shape::response(document.root_element())?.assertion,
            None => shape.assertion,
        };
        if !shape.is_encrypted {
            // Its own signature is verified in its place in the message, where inclusive
            // canonicalisation sees the namespaces that the provider saw.
            return self.covered(shape::signature(shape.assertion), node, signed.is_some());
        }
        let expected = self.expected;
        if expected.is_cbc_spent && signed.is_none() && encryption::is_cbc(node) {
            return self.trace_fault(CheckName::Decryption, Err(encryption::wrong()));
        }
        let opened = encryption::open(node, expected.decryption_keys, expected.allow_cbc);
        let opened = self.trace_fault(CheckName::Decryption, opened)?;
        self.facts.cipher = Some(opened.cipher.to_owned());
        if opened.is_authenticated || signed.is_some() {
            return self.opened(&opened, node, signed.is_some());
        }
        // Without authentication each answer of ours tells a stranger something about the
        // plaintext: there is one answer until a signature was found to fit.
        let mut quiet = Verifier { trace: Trace::default(), facts: Facts::default(), ..*self };
        let octets = quiet.opened(&opened, node, false).map_err(|_| encryption::wrong());
        let octets = self.trace_fault(CheckName::Decryption, octets)?;
        self.trace.0.append(&mut quiet.trace.0);
        self.facts.signatures.append(&mut quiet.facts.signatures);
        self.facts.certificate = quiet.facts.certificate;
        Ok(octets)
    }

    /// What was inside an encrypted assertion, under the same rules as the response.
    fn opened(
        &mut self,
        opened: &Opened,
        encrypted: Node<'_, '_>,
        response_is_signed: bool,
    ) -> Result<String, Rejection> {
        let text = xml::scan(&opened.octets, &Limits::RESPONSE).map(xml::line_ends);
        let text = self.trace_fault(CheckName::Decryption, text.map_err(Rejection::from))?;
        let context;
        let (document, is_alone) = if let Ok(document) = parse(&text) {
            (document, true)
        } else {
            context = in_context(&text, encrypted);
            (self.trace_fault(CheckName::Decryption, parse(&context))?, false)
        };
        let top = document.root_element();
        let root = if is_alone { Some(top) } else { top.first_element_child() };
        let shape = root
            .ok_or_else(|| Rejection::new(Cause::AssertionMissing, "What is encrypted is empty."))
            .and_then(|root| Ok((root, shape::assertion(root)?)));
        let note = |_: &_| Note::received(opened.cipher);
        let (root, signature) = self.trace.note(CheckName::Decryption, shape, note)?;
        self.covered(signature, root, response_is_signed)
    }

    /// The assertion with what is encrypted in it by itself. Only now: nobody but the provider could have put it there.
    fn readable(&mut self, octets: String) -> Result<String, Rejection> {
        let (keys, allow_cbc) = (self.expected.decryption_keys, self.expected.allow_cbc);
        let opened = readable::open(&octets, keys, allow_cbc);
        let Some(opened) = self.trace_fault(CheckName::Decryption, opened)? else {
            return Ok(octets);
        };
        let note = format!("{}, {} of its parts", opened.cipher, opened.parts);
        self.trace.check(CheckName::Decryption, Ok(Note::received(note)))?;
        self.facts.cipher.get_or_insert_with(|| opened.cipher.to_owned());
        Ok(opened.octets)
    }

    fn covered(
        &mut self,
        signature: Option<Node<'_, '_>>,
        assertion: Node<'_, '_>,
        response_is_signed: bool,
    ) -> Result<String, Rejection> {
        let (octets, covers) = match (signature, response_is_signed) {
            (Some(node), true) => {
                (self.signed_octets(node, Level::Assertion)?, "response and assertion are signed")
            }
            (Some(node), false) => {
                (self.signed_octets(node, Level::Assertion)?, "the assertion is signed")
            }
            (None, true) => (
                xml::canonical(assertion, None, &Method::Exclusive(Vec::new())),
                "the response is signed",
            ),
            (None, false) => {
                let missing = Rejection::new(
                    Cause::SignatureMissing,
                    "Neither the response nor the assertion is signed.",
                )
                .expected("a signature of the assertion, the response or both")
                .received("none");
                return self.trace_fault(CheckName::Coverage, Err(missing));
            }
        };
        self.trace.check(CheckName::Coverage, Ok(Note::received(covers)))?;
        Ok(octets)
    }

    /// Verifies one signature and gives the octets that it covers.
    fn signed_octets(&mut self, node: Node<'_, '_>, level: Level) -> Result<String, Rejection> {
        let (by, what, name) = match level {
            Level::Response => {
                (CheckName::ResponseSignature, CheckName::ResponseDigest, "response")
            }
            Level::Assertion => {
                (CheckName::AssertionSignature, CheckName::AssertionDigest, "assertion")
            }
        };
        let signature = self.trace_fault(by, Signature::read(node, self.expected.allow_sha1))?;
        let named = signature.named_certificate().map(<[u8]>::to_vec);
        let signed = signature.verify(self.expected.keys, self.now);
        if signed.as_ref().is_err_and(|rejection| rejection.cause == Cause::CertificateUnknown) {
            self.facts.unknown_certificate = named.and_then(|der| Certificate::from_der(&der).ok());
        } else if signed.is_err() {
            self.facts.is_unnamed = named.is_none();
        }
        let signed = self.trace.note(by, signed, |signed| {
            let fingerprint = signed.key.certificate.fingerprint();
            Note::received(format!("{} · {fingerprint}", signed.description()))
        })?;
        self.facts.certificate = Some(signed.key.certificate.fingerprint().to_owned());
        self.facts.signatures.push(format!("{name}: {}", signed.description()));
        self.trace.note(what, signed.octets(), |_| Note::default())
    }

    /// Notes a failure now; success is noted by a later line.
    fn trace_fault<T>(
        &mut self,
        name: CheckName,
        result: Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        match result {
            Ok(value) => Ok(value),
            Err(rejection) => self.trace.note(name, Err(rejection), |_| Note::default()),
        }
    }

    fn remember(&mut self, root: Node<'_, '_>) {
        let owned = |name| xml::attribute(root, name).map(check::shorten);
        self.facts.response_id = owned("ID");
        self.facts.in_response_to = owned("InResponseTo");
        self.facts.issuer = xml::child(root, ns::ASSERTION, "Issuer")
            .and_then(xml::text)
            .map(|text| check::shorten(xml::trim(&text)));
    }
}

use shape::Shape;

#[derive(Clone, Copy)]
enum Level {
    Response,
    Assertion,
}

fn decode(field: &str) -> Result<Vec<u8>, Rejection> {
    if field.len() > MAX_FIELD {
        return Err(Rejection::new(
            Cause::ResponseTooLarge,
            format!("The form field has {} bytes; at most {MAX_FIELD} are read.", field.len()),
        ));
    }
    let bytes = signature::decode(field).filter(|bytes| !bytes.is_empty());
    bytes.ok_or_else(|| Rejection::new(Cause::XmlInvalid, "The form field is not base64."))
}

#[expect(clippy::ptr_arg, reason = "called with a reference to what a check gave")]
fn size(bytes: &Vec<u8>) -> Note {
    Note::received(format!("{} bytes", bytes.len()))
}

fn parse(text: &str) -> Result<Document<'_>, Rejection> {
    Ok(xml::parse(text, &Limits::RESPONSE)?)
}
