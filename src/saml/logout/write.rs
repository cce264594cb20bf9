//! Logout messages of ours. They are signed, always (SAML profiles 4.4.4.1 and 4.4.4.2).

use super::{PARTIAL_LOGOUT, REQUEST_DENIED, REQUESTER, RESPONDER, SUCCESS};
use crate::clock::Time;
use crate::error::Result;
use crate::saml::Binding;
use crate::saml::carry::{self, Outgoing};
use crate::saml::metadata::LogoutEndpoint;
use crate::saml::response::NameId;
use crate::saml::sign::Signer;
use crate::saml::write::Element;
use chrono::TimeDelta;

/// How long a request of ours counts.
const LIFETIME: TimeDelta = TimeDelta::minutes(5);
const BY_USER: &str = "urn:oasis:names:tc:SAML:2.0:logout:user";

/// Asks a provider to sign somebody out (SAML core 3.7.1).
#[derive(Debug, Clone, Copy)]
pub struct NewLogoutRequest<'a> {
    /// A new [`crate::saml::request::id`], which the answer has to name.
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// When we ask.
    pub issued_at: Time,
    /// Whom, as the provider named them when the session began.
    pub name_id: &'a NameId,
    /// The provider's name for the session.
    pub session_index: Option<&'a str>,
}

/// Answers a provider (SAML core 3.7.2).
#[derive(Debug, Clone, Copy)]
pub struct NewLogoutResponse<'a> {
    /// A new [`crate::saml::request::id`].
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// When we answer.
    pub issued_at: Time,
    /// The request's ID.
    pub in_response_to: &'a str,
    /// What we did.
    pub answer: Answer,
}

/// What we did about a request (SAML core 3.2.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// No session that was meant is left, and every app of one is told.
    Success,
    /// No session that was meant is left, but some app of one cannot be told.
    Partial,
    /// The request was not one to follow; the word says why.
    Refused(&'static str),
    /// We could not.
    Failed,
}

/// Where to ask: by the wished binding if the provider takes it, else by its own, redirect before form.
#[must_use]
pub fn choose(endpoints: &[LogoutEndpoint], wish: Option<Binding>) -> Option<&LogoutEndpoint> {
    wish.into_iter()
        .chain([Binding::Redirect, Binding::Post])
        .find_map(|binding| endpoints.iter().find(|endpoint| endpoint.binding == binding))
}

/// Where to answer what came by `binding`, and how: in the same way if the provider takes that.
#[must_use]
pub fn choose_answer(endpoints: &[LogoutEndpoint], binding: Binding) -> Option<(Binding, &str)> {
    let endpoint = choose(endpoints, Some(binding))?;
    let location = endpoint.response_location.as_ref().unwrap_or(&endpoint.location);
    Some((endpoint.binding, location))
}

impl NewLogoutRequest<'_> {
    /// The message on its way.
    pub fn send(
        &self,
        endpoint: &LogoutEndpoint,
        relay_state: &str,
        signer: &Signer<'_>,
    ) -> Result<Outgoing> {
        let location = &endpoint.location;
        send(
            self.element(location),
            carry::REQUEST,
            endpoint.binding,
            location,
            relay_state,
            signer,
        )
    }

    fn element(&self, destination: &str) -> Element {
        let NameId { value, format, name_qualifier, sp_name_qualifier } = self.name_id;
        let name_id = Element::new("saml:NameID")
            .attribute_if("Format", format.clone())
            .attribute_if("NameQualifier", name_qualifier.clone())
            .attribute_if("SPNameQualifier", sp_name_qualifier.clone())
            .text(&**value);
        Element::new("samlp:LogoutRequest")
            .attribute("ID", self.id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", self.issued_at.to_string())
            .attribute("Destination", destination)
            .attribute("NotOnOrAfter", self.issued_at.plus(LIFETIME).to_string())
            .attribute("Reason", BY_USER)
            .child(Element::new("saml:Issuer").text(self.issuer))
            .child(name_id)
            .children(
                self.session_index.map(|index| Element::new("samlp:SessionIndex").text(index)),
            )
    }
}

impl NewLogoutResponse<'_> {
    /// The message on its way to where [`choose_answer`] said.
    pub fn send(
        &self,
        (binding, location): (Binding, &str),
        relay_state: &str,
        signer: &Signer<'_>,
    ) -> Result<Outgoing> {
        send(self.element(location), carry::RESPONSE, binding, location, relay_state, signer)
    }

    fn element(&self, destination: &str) -> Element {
        Element::new("samlp:LogoutResponse")
            .attribute("ID", self.id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", self.issued_at.to_string())
            .attribute("Destination", destination)
            .attribute("InResponseTo", self.in_response_to)
            .child(Element::new("saml:Issuer").text(self.issuer))
            .child(self.status())
    }

    fn status(&self) -> Element {
        let (top, below, message) = match self.answer {
            Answer::Success => (SUCCESS, None, None),
            Answer::Partial => (SUCCESS, Some(PARTIAL_LOGOUT), None),
            Answer::Refused(why) => (REQUESTER, Some(REQUEST_DENIED), Some(why)),
            Answer::Failed => (RESPONDER, None, None),
        };
        let code = |value: &str| Element::new("samlp:StatusCode").attribute("Value", value);
        Element::new("samlp:Status")
            .child(code(top).children(below.map(code)))
            .children(message.map(|text| Element::new("samlp:StatusMessage").text(text)))
    }
}

fn send(
    message: Element,
    parameter: &'static str,
    binding: Binding,
    location: &str,
    relay_state: &str,
    signer: &Signer<'_>,
) -> Result<Outgoing> {
    Ok(match binding {
        Binding::Redirect => Outgoing::Redirect(carry::redirect(
            &message,
            parameter,
            location,
            relay_state,
            Some(signer),
        )?),
        Binding::Post => {
            Outgoing::Form(carry::form(message, parameter, location, relay_state, Some(signer))?)
        }
    })
}
