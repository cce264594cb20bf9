//! Responses and metadata as an identity provider makes them: for the demo provider, the tests and the benchmark.

mod asked;
mod encrypt;
#[cfg(test)]
mod tests;
mod wrong;

use super::Binding;
use super::certificate::Certificate;
use super::metadata;
use super::request;
use super::sign::{self, Signer};
use super::write::Element;
use crate::clock::Time;
use crate::error::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::TimeDelta;

pub use asked::Asked;
pub use encrypt::ContentCipher;
pub use wrong::{Wrong, not_assigned};

const CONTEXT: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";

/// What a response says. [`Issue::new`] makes a right one; every part can be set wrong.
#[derive(Clone)]
pub struct Issue<'a> {
    /// The response's own ID.
    pub response_id: String,
    /// The assertion's own ID.
    pub assertion_id: String,
    /// The provider's entity ID.
    pub issuer: String,
    /// `Destination`. `None`: left out.
    pub destination: Option<String>,
    /// `Recipient` of the subject confirmation.
    pub recipient: String,
    /// Each an `AudienceRestriction` of its own. None: no restriction.
    pub audiences: Vec<String>,
    /// The request that is answered. `None`: started at the provider.
    pub in_response_to: Option<String>,
    /// Who.
    pub name_id: String,
    /// In what format. `None`: left out.
    pub name_id_format: Option<String>,
    /// Names and values, in order.
    pub attributes: Vec<(String, Vec<String>)>,
    /// `IssueInstant`.
    pub issued_at: Time,
    /// `AuthnInstant`.
    pub authenticated_at: Time,
    /// `NotBefore` of the conditions.
    pub not_before: Time,
    /// `NotOnOrAfter` of conditions and confirmation.
    pub not_on_or_after: Time,
    /// The provider's session.
    pub session_index: Option<String>,
    /// The top-level status and the one below it, with a message.
    pub status: Status,
    /// What is signed.
    pub signed: Signed,
    /// The key for it.
    pub signer: Signer<'a>,
    /// The service provider's certificate and the cipher. `None`: sent readable.
    pub encryption: Option<(&'a Certificate, ContentCipher)>,
}

/// What the provider says of the attempt (SAML core 3.2.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// With an assertion.
    Success,
    /// Without an assertion.
    Refused {
        /// The last part of the second-level status: `AuthnFailed`.
        reason: String,
        /// A sentence for a person.
        message: String,
    },
}

/// Which elements carry a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// The assertion, as most providers do.
    Assertion,
    /// The response around it.
    Response,
    /// Both.
    Both,
    /// None.
    Nothing,
}

impl<'a> Issue<'a> {
    /// A right response about `name_id`, an email address, with a signed assertion, valid for five minutes.
    pub fn new(
        issuer: &str,
        acs: &str,
        audience: &str,
        name_id: &str,
        now: Time,
        signer: Signer<'a>,
    ) -> Result<Self> {
        Ok(Self {
            response_id: request::id()?,
            assertion_id: request::id()?,
            issuer: issuer.to_owned(),
            destination: Some(acs.to_owned()),
            recipient: acs.to_owned(),
            audiences: vec![audience.to_owned()],
            in_response_to: None,
            name_id: name_id.to_owned(),
            name_id_format: Some(
                "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress".to_owned(),
            ),
            attributes: Vec::new(),
            issued_at: now,
            authenticated_at: now,
            not_before: now.minus(TimeDelta::minutes(5)),
            not_on_or_after: now.plus(TimeDelta::minutes(5)),
            session_index: Some(request::id()?),
            status: Status::Success,
            signed: Signed::Assertion,
            signer,
            encryption: None,
        })
    }

    /// With an attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        self.attributes.push((name.to_owned(), values));
        self
    }

    /// The response as XML.
    pub fn xml(&self) -> Result<String> {
        let response = self.response()?;
        let signed = matches!(self.signed, Signed::Response | Signed::Both);
        let response = if signed { sign::enveloped(response, &self.signer)? } else { response };
        Ok(response.write())
    }

    /// The response as the form field `SAMLResponse`.
    pub fn base64(&self) -> Result<String> {
        Ok(BASE64.encode(self.xml()?))
    }

    fn response(&self) -> Result<Element> {
        let response = Element::new("samlp:Response")
            .attribute("ID", &*self.response_id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", self.issued_at.to_string())
            .attribute_if("Destination", self.destination.clone())
            .attribute_if("InResponseTo", self.in_response_to.clone())
            .child(Element::new("saml:Issuer").text(&*self.issuer))
            .child(status(&self.status));
        if self.status != Status::Success {
            return Ok(response);
        }
        let mut assertion = self.assertion();
        if matches!(self.signed, Signed::Assertion | Signed::Both) {
            assertion = sign::enveloped(assertion, &self.signer)?;
        }
        Ok(response.child(match self.encryption {
            Some((certificate, cipher)) => encrypt::assertion(&assertion, certificate, cipher)?,
            None => assertion,
        }))
    }

    fn assertion(&self) -> Element {
        let attributes = (!self.attributes.is_empty()).then(|| {
            Element::new("saml:AttributeStatement")
                .children(self.attributes.iter().map(|(name, values)| attribute(name, values)))
        });
        Element::new("saml:Assertion")
            .attribute("ID", &*self.assertion_id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", self.issued_at.to_string())
            .child(Element::new("saml:Issuer").text(&*self.issuer))
            .child(self.subject())
            .child(self.conditions())
            .child(self.authn_statement())
            .children(attributes)
    }

    fn subject(&self) -> Element {
        let data = Element::new("saml:SubjectConfirmationData")
            .attribute_if("InResponseTo", self.in_response_to.clone())
            .attribute("NotOnOrAfter", self.not_on_or_after.to_string())
            .attribute("Recipient", &*self.recipient);
        Element::new("saml:Subject")
            .child(
                Element::new("saml:NameID")
                    .attribute_if("Format", self.name_id_format.clone())
                    .text(&*self.name_id),
            )
            .child(Element::new("saml:SubjectConfirmation").attribute("Method", BEARER).child(data))
    }

    fn conditions(&self) -> Element {
        Element::new("saml:Conditions")
            .attribute("NotBefore", self.not_before.to_string())
            .attribute("NotOnOrAfter", self.not_on_or_after.to_string())
            .children(self.audiences.iter().map(|audience| {
                Element::new("saml:AudienceRestriction")
                    .child(Element::new("saml:Audience").text(&**audience))
            }))
    }

    fn authn_statement(&self) -> Element {
        Element::new("saml:AuthnStatement")
            .attribute("AuthnInstant", self.authenticated_at.to_string())
            .attribute_if("SessionIndex", self.session_index.clone())
            .child(
                Element::new("saml:AuthnContext")
                    .child(Element::new("saml:AuthnContextClassRef").text(CONTEXT)),
            )
    }
}

/// `EncryptedID` for the holder of `certificate` (SAML core 2.2.4).
#[cfg(test)]
pub(super) fn encrypted_id(
    name_id: &Element,
    certificate: &Certificate,
    cipher: ContentCipher,
) -> Result<Element> {
    encrypt::element("saml:EncryptedID", name_id, certificate, cipher)
}

/// The provider's own metadata, with both bindings at one address, signed if there is a signer.
pub fn metadata(
    entity_id: &str,
    sign_on: &str,
    certificates: &[&Certificate],
    signer: Option<&Signer<'_>>,
) -> Result<String> {
    let role = Element::new("md:IDPSSODescriptor")
        .attribute("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:2.0:protocol")
        .attribute("WantAuthnRequestsSigned", "false")
        .children(certificates.iter().map(|certificate| metadata::key("signing", certificate)))
        .child(
            Element::new("md:NameIDFormat")
                .text("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
        )
        .children(
            [Binding::Redirect, Binding::Post]
                .map(|binding| metadata::endpoint("md:SingleSignOnService", binding, sign_on)),
        );
    let entity = Element::new("md:EntityDescriptor").attribute("entityID", entity_id);
    Ok(match signer {
        None => entity.child(role),
        Some(signer) => {
            sign::enveloped(entity.attribute("ID", request::id()?).child(role), signer)?
        }
    }
    .write_document())
}

fn status(status: &Status) -> Element {
    let code = |value: &str| Element::new("samlp:StatusCode").attribute("Value", value);
    match status {
        Status::Success => Element::new("samlp:Status").child(code(SUCCESS)),
        Status::Refused { reason, message } => Element::new("samlp:Status")
            .child(
                code("urn:oasis:names:tc:SAML:2.0:status:Responder")
                    .child(code(&format!("urn:oasis:names:tc:SAML:2.0:status:{reason}"))),
            )
            .child(Element::new("samlp:StatusMessage").text(&**message)),
    }
}

fn attribute(name: &str, values: &[String]) -> Element {
    Element::new("saml:Attribute")
        .attribute("Name", name)
        .attribute("NameFormat", "urn:oasis:names:tc:SAML:2.0:attrname-format:basic")
        .children(values.iter().map(|value| {
            Element::new("saml:AttributeValue")
                .declaring(&["xs"])
                .attribute("xsi:type", "xs:string")
                .text(&**value)
        }))
}
