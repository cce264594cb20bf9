//! What a response must say, rule by rule (SAML core 2 and 3, profiles 4.1.4).

use super::statements;
use super::{Expected, Identity, MAX_SKEW, NameId, time};
use crate::cause::Cause;
use crate::clock::Time;
use crate::saml::check::{CheckName, Note, Rejection, Trace};
use crate::saml::second_reader;
use crate::saml::xml::{self, ns};
use chrono::TimeDelta;
use roxmltree::Node;

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const ENTITY: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
const NAME_ID_MAX: usize = 512;

/// What is read, all of it from signed octets but an envelope that is not signed.
pub(super) struct Parts<'a, 'input> {
    /// The `Response`.
    pub(super) envelope: Node<'a, 'input>,
    /// Whether the envelope is signed.
    pub(super) envelope_is_signed: bool,
    /// The `Assertion`.
    pub(super) assertion: Node<'a, 'input>,
    /// The octets that the assertion was read from.
    pub(super) octets: &'a str,
}

/// The root is a `Response`.
pub(super) fn check_root(root: Node<'_, '_>) -> Result<Note, Rejection> {
    let name = root.tag_name();
    if xml::is(root, ns::PROTOCOL, "Response") {
        return Ok(Note::default());
    }
    Err(invalid("The document is not a SAML 2.0 response.")
        .expected(format!("{{{}}}Response", ns::PROTOCOL))
        .received(format!("{{{}}}{}", name.namespace().unwrap_or_default(), name.name())))
}

/// The provider says Success, in the top-level status code (core 3.2.2.2).
pub(super) fn check_status(root: Node<'_, '_>) -> Result<Note, Rejection> {
    let status = only(root, ns::PROTOCOL, "Status")?
        .ok_or_else(|| invalid("The response has no status."))?;
    let top = only(status, ns::PROTOCOL, "StatusCode")?
        .ok_or_else(|| invalid("The response's status has no code."))?;
    let value = xml::attribute(top, "Value").unwrap_or_default();
    if value == SUCCESS {
        return Ok(Note::received(value));
    }
    let below =
        xml::child(top, ns::PROTOCOL, "StatusCode").and_then(|code| xml::attribute(code, "Value"));
    let message = xml::child(status, ns::PROTOCOL, "StatusMessage").and_then(xml::text);
    let mut received = value.to_owned();
    for part in [below, message.as_deref().map(xml::trim)].into_iter().flatten() {
        received.push_str(" · ");
        received.push_str(part);
    }
    Err(Rejection::new(
        Cause::StatusNotSuccess,
        "The identity provider itself refused the sign-in.",
    )
    .expected(SUCCESS)
    .received(received))
}

/// Applies every rule in order and builds the identity.
pub(super) fn read(
    parts: &Parts<'_, '_>,
    expected: &Expected<'_>,
    now: Time,
    trace: &mut Trace,
) -> Result<Identity, Rejection> {
    let rules = Rules {
        expected,
        now,
        skew: expected.skew.clamp(TimeDelta::zero(), MAX_SKEW),
        envelope: parts.envelope,
        assertion: parts.assertion,
    };
    trace.check(CheckName::Version, rules.version())?;
    trace.check(CheckName::Destination, rules.destination(parts.envelope_is_signed))?;
    trace.check(CheckName::Issuer, rules.issuer())?;
    trace.check(CheckName::IssueInstant, rules.issue_instant())?;
    let subject = rules.subject();
    let (subject, name_id) = trace.note(CheckName::Subject, subject, |(_, name_id)| {
        // The name itself is personal; a trace shows its kind.
        Note::received(name_id.format.as_deref().unwrap_or("no format"))
    })?;
    let bearer = rules.confirmation(subject, trace)?;
    trace.check(CheckName::Conditions, rules.conditions())?;
    trace.check(CheckName::Audience, rules.audience())?;
    let statement = statements::authn(parts.assertion, &rules);
    let statement = trace.note(CheckName::AuthnStatement, statement, |statement| {
        Note::received(statement.context.as_deref().unwrap_or("no context"))
    })?;
    let identity = Identity {
        name_id,
        session_index: statement.session_index,
        session_not_on_or_after: statement.session_not_on_or_after,
        attributes: statements::attributes(parts.assertion),
        assertion_id: xml::attribute(parts.assertion, "ID").unwrap_or_default().to_owned(),
        expires_at: bearer.plus(MAX_SKEW),
        authn_instant: statement.instant,
        authn_context: statement.context,
        issuer: expected.idp_entity_id.to_owned(),
        in_response_to: expected.in_response_to.map(str::to_owned),
    };
    trace.check(CheckName::SecondReader, second_reader::agree(parts.octets, &identity))?;
    Ok(identity)
}

pub(super) struct Rules<'a, 'input> {
    pub(super) expected: &'a Expected<'a>,
    now: Time,
    skew: TimeDelta,
    pub(super) envelope: Node<'a, 'input>,
    assertion: Node<'a, 'input>,
}

impl<'a, 'input> Rules<'a, 'input> {
    /// Core 2.3.3 and 3.2.2; an assertion without an ID could be used again and again.
    fn version(&self) -> Result<Note, Rejection> {
        for node in [self.envelope, self.assertion] {
            let version = xml::attribute(node, "Version").unwrap_or_default();
            if version != "2.0" {
                return Err(invalid("The message is not of SAML 2.0.")
                    .expected("2.0")
                    .received(version));
            }
        }
        if xml::attribute(self.assertion, "ID").is_none_or(str::is_empty) {
            return Err(invalid("The assertion has no ID."));
        }
        Ok(Note::received("2.0"))
    }

    /// Core 3.2.2, bindings 3.5.5.2: a signed response must say where it was sent.
    fn destination(&self, is_signed: bool) -> Result<Note, Rejection> {
        let acs = self.expected.acs;
        match xml::attribute(self.envelope, "Destination") {
            Some(destination) if destination == acs => Ok(Note::both(acs, destination)),
            None if !is_signed => Ok(Note::received("none; the envelope is not signed")),
            other => Err(Rejection::new(
                Cause::DestinationMismatch,
                "The response was sent to another address than this connection's ACS URL.",
            )
            .expected(acs)
            .received(other.unwrap_or("none"))),
        }
    }

    /// Core 2.2.5, profiles 4.1.4.2: of the assertion, and of the response if it names one.
    fn issuer(&self) -> Result<Note, Rejection> {
        let expected = self.expected.idp_entity_id;
        let of_response = only(self.envelope, ns::ASSERTION, "Issuer")?;
        let of_assertion = only(self.assertion, ns::ASSERTION, "Issuer")?
            .ok_or_else(|| invalid("The assertion names no issuer."))?;
        for issuer in of_response.into_iter().chain([of_assertion]) {
            let text = xml::text(issuer).unwrap_or_default();
            let received = xml::trim(&text);
            let is_entity = xml::attribute(issuer, "Format").is_none_or(|format| format == ENTITY);
            if received != expected || !is_entity {
                return Err(Rejection::new(
                    Cause::IssuerMismatch,
                    "The response is by another identity provider than this connection's.",
                )
                .expected(expected)
                .received(received));
            }
        }
        Ok(Note::both(expected, expected))
    }

    fn issue_instant(&self) -> Result<Note, Rejection> {
        for node in [self.envelope, self.assertion] {
            let issued = required_time(node, "IssueInstant")?;
            self.begun("The message was issued in the future.", issued)?;
        }
        Ok(Note::received(xml::attribute(self.assertion, "IssueInstant").unwrap_or_default()))
    }

    /// Core 2.4.1: whom the assertion is about.
    fn subject(&self) -> Result<(Node<'a, 'input>, NameId), Rejection> {
        let missing = |detail: &str| Rejection::new(Cause::NameIdMissing, detail);
        let subject = only(self.assertion, ns::ASSERTION, "Subject")?
            .ok_or_else(|| missing("The assertion has no subject."))?;
        let node = only(subject, ns::ASSERTION, "NameID")?
            .ok_or_else(|| missing("The subject has no name ID."))?;
        let text = xml::text(node).unwrap_or_default();
        let value = xml::trim(&text);
        if value.is_empty() {
            return Err(missing("The name ID is empty."));
        }
        if value.chars().count() > NAME_ID_MAX {
            return Err(missing("The name ID is longer than 512 characters."));
        }
        if value.chars().any(is_deceptive) {
            return Err(missing("The name ID holds white space, control or invisible characters."));
        }
        let owned = |name| xml::attribute(node, name).map(str::to_owned);
        let name_id = NameId {
            value: value.to_owned(),
            format: owned("Format"),
            name_qualifier: owned("NameQualifier"),
            sp_name_qualifier: owned("SPNameQualifier"),
        };
        Ok((subject, name_id))
    }

    /// Core 2.5.1: a condition that is not understood makes the assertion invalid.
    fn conditions(&self) -> Result<Note, Rejection> {
        let node = self.conditions_node()?;
        for child in node.children().filter(Node::is_element) {
            let name = child.tag_name();
            let known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];
            if name.namespace() != Some(ns::ASSERTION) || !known.contains(&name.name()) {
                return Err(invalid("The assertion has a condition that is not understood.")
                    .expected(known.join(", "))
                    .received(name.name()));
            }
        }
        let begin = optional_time(node, "NotBefore")?;
        let end = optional_time(node, "NotOnOrAfter")?;
        if let (Some(begin), Some(end)) = (begin, end)
            && begin >= end
        {
            return Err(invalid("The assertion's time window ends before it begins.")
                .received(format!("{begin} to {end}")));
        }
        if let Some(begin) = begin {
            self.begun("The assertion's time window has not begun.", begin)?;
        }
        if let Some(end) = end {
            self.ended(end)?;
        }
        let show = |time: Option<Time>| time.map_or("any time".to_owned(), |time| time.to_string());
        Ok(Note::received(format!("{} to {}", show(begin), show(end))))
    }

    /// Core 2.5.1.4: all restrictions must hold, each by one of its audiences.
    fn audience(&self) -> Result<Note, Rejection> {
        let expected = self.expected.entity_id;
        let node = self.conditions_node()?;
        let mismatch = |received: String| {
            Rejection::new(
                Cause::AudienceMismatch,
                "The assertion is meant for another service provider.",
            )
            .expected(expected)
            .received(received)
        };
        let mut count = 0;
        for restriction in xml::children(node, ns::ASSERTION, "AudienceRestriction") {
            count += 1;
            let audiences: Vec<String> = xml::children(restriction, ns::ASSERTION, "Audience")
                .filter_map(xml::text)
                .map(|text| xml::trim(&text).to_owned())
                .collect();
            if !audiences.iter().any(|audience| audience == expected) {
                return Err(mismatch(audiences.join(", ")));
            }
        }
        if count == 0 {
            return Err(mismatch("no audience restriction".to_owned()));
        }
        Ok(Note::both(expected, expected))
    }

    fn conditions_node(&self) -> Result<Node<'a, 'input>, Rejection> {
        only(self.assertion, ns::ASSERTION, "Conditions")?.ok_or_else(|| {
            Rejection::new(Cause::AudienceMismatch, "The assertion has no conditions.")
                .expected(self.expected.entity_id)
                .received("no audience restriction")
        })
    }

    /// Refuses what is in the future by more than clocks may differ.
    pub(super) fn begun(&self, detail: &str, begin: Time) -> Result<(), Rejection> {
        if begin <= self.now.plus(self.skew) {
            return Ok(());
        }
        let seconds = begin.since(self.now).num_seconds();
        Err(Rejection::new(Cause::ClockEarly, format!("{detail} It is {seconds} s too early."))
            .expected(format!("{} or before", self.now.plus(self.skew)))
            .received(begin.to_string()))
    }

    /// Refuses what ended: a moment that is not on or after `end` is inside.
    pub(super) fn ended(&self, end: Time) -> Result<(), Rejection> {
        if self.now < end.plus(self.skew) {
            return Ok(());
        }
        let seconds = self.now.since(end).num_seconds();
        Err(Rejection::new(Cause::ClockLate, format!("It ended {seconds} s ago."))
            .expected(format!("after {}", self.now.minus(self.skew)))
            .received(end.to_string()))
    }
}

/// The child of that name; more than one is not SAML.
pub(in crate::saml) fn only<'a, 'input>(
    node: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> Result<Option<Node<'a, 'input>>, Rejection> {
    let mut found = xml::children(node, namespace, name);
    let first = found.next();
    if found.next().is_some() {
        return Err(invalid(&format!("There is more than one {name}.")));
    }
    Ok(first)
}

pub(in crate::saml) fn required_time(node: Node<'_, '_>, name: &str) -> Result<Time, Rejection> {
    optional_time(node, name)?.ok_or_else(|| invalid(&format!("{name} is missing.")))
}

pub(in crate::saml) fn optional_time(
    node: Node<'_, '_>,
    name: &str,
) -> Result<Option<Time>, Rejection> {
    xml::attribute(node, name).map(parse_time).transpose()
}

pub(super) fn parse_time(text: &str) -> Result<Time, Rejection> {
    time::parse(text).ok_or_else(|| {
        invalid("A time is not in the form that SAML prescribes.")
            .expected("2026-01-31T09:30:00Z")
            .received(text)
    })
}

pub(in crate::saml) fn invalid(detail: &str) -> Rejection {
    Rejection::new(Cause::XmlInvalid, detail)
}

/// Characters that make two names look alike, or a name look like another.
fn is_deceptive(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}
