//! The subject's confirmation: whoever bears the assertion is the person, here, now, and in answer
//! to this request (SAML profiles 4.1.4).

use super::semantics::{Rules, invalid, only, parse_time};
use super::time;
use crate::cause::Cause;
use crate::clock::Time;
use crate::saml::check::{CheckName, Note, Rejection, Trace};
use crate::saml::xml::{self, ns};
use roxmltree::Node;

const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

impl<'a, 'input> Rules<'a, 'input> {
    /// One bearer confirmation must hold in all its parts (profiles 4.1.4.2 and 4.1.4.3). If none
    /// does, the trace tells of the first. Gives the latest end of any of them: so long could the
    /// assertion be accepted.
    pub(super) fn confirmation(
        &self,
        subject: Node<'a, 'input>,
        trace: &mut Trace,
    ) -> Result<Time, Rejection> {
        let mut told: Option<(Trace, Result<(), Rejection>)> = None;
        let mut latest = None;
        for confirmation in xml::children(subject, ns::ASSERTION, "SubjectConfirmation") {
            if xml::attribute(confirmation, "Method") != Some(BEARER) {
                continue;
            }
            let data = xml::child(confirmation, ns::ASSERTION, "SubjectConfirmationData");
            let end = data.and_then(|data| xml::attribute(data, "NotOnOrAfter"));
            latest = latest.max(end.and_then(time::parse));
            if told.as_ref().is_some_and(|(_, result)| result.is_ok()) {
                continue;
            }
            let mut lines = Trace::default();
            let result = self.bearer(confirmation, &mut lines);
            if result.is_ok() || told.is_none() {
                told = Some((lines, result));
            }
        }
        let Some((lines, result)) = told else {
            let none =
                Rejection::new(Cause::RecipientMismatch, "The subject has no bearer confirmation.");
            let none = Err(none.expected(BEARER).received("none"));
            return trace.note(CheckName::Recipient, none, |_| Note::default());
        };
        trace.0.extend(lines.0);
        result?;
        latest.ok_or_else(|| invalid("The bearer confirmation does not say when it ends."))
    }

    fn bearer(&self, confirmation: Node<'_, '_>, trace: &mut Trace) -> Result<(), Rejection> {
        let data = only(confirmation, ns::ASSERTION, "SubjectConfirmationData");
        let data = data.ok().flatten();
        let attribute = |name| data.and_then(|data| xml::attribute(data, name));
        trace.check(CheckName::Recipient, self.recipient(attribute("Recipient")))?;
        let end = attribute("NotOnOrAfter");
        let end = self.confirmation_end(end, attribute("NotBefore").is_some());
        trace.check(CheckName::Confirmation, end)?;
        trace.check(CheckName::InResponseTo, self.in_response_to(attribute("InResponseTo")))
    }

    fn recipient(&self, received: Option<&str>) -> Result<Note, Rejection> {
        let acs = self.expected.acs;
        if received == Some(acs) {
            return Ok(Note::both(acs, acs));
        }
        Err(Rejection::new(
            Cause::RecipientMismatch,
            "The assertion is for another address than this connection's ACS URL.",
        )
        .expected(acs)
        .received(received.unwrap_or("none")))
    }

    fn confirmation_end(&self, end: Option<&str>, has_begin: bool) -> Result<Note, Rejection> {
        if has_begin {
            return Err(invalid("The bearer confirmation has a NotBefore, which SAML forbids."));
        }
        let text = end.ok_or_else(|| {
            Rejection::new(Cause::ClockLate, "The bearer confirmation does not say when it ends.")
                .expected("NotOnOrAfter")
                .received("none")
        })?;
        self.ended(parse_time(text)?)?;
        Ok(Note::received(text))
    }

    /// Profiles 4.1.4.3 and 4.1.5: ours, or none at all when the provider started.
    fn in_response_to(&self, confirmed: Option<&str>) -> Result<Note, Rejection> {
        let expected = self.expected.in_response_to;
        let of_response = xml::attribute(self.envelope, "InResponseTo");
        let matches = confirmed == expected && of_response.is_none_or(|id| Some(id) == expected);
        if matches {
            return Ok(Note::both(expected.unwrap_or("none"), confirmed.unwrap_or("none")));
        }
        let detail = if expected.is_some() {
            "The response does not answer the request that this sign-in began with."
        } else {
            "The response answers a request, but none was sent: a sign-in that starts at the \
             identity provider must not carry InResponseTo."
        };
        let received = if confirmed == expected { of_response } else { confirmed };
        Err(Rejection::new(Cause::RequestUnknown, detail)
            .expected(expected.unwrap_or("none"))
            .received(received.unwrap_or("none")))
    }
}
