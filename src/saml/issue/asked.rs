//! What a service provider asked an identity provider for.

use crate::saml::inspect;
use crate::saml::xml::{self, Limits, ns};

/// The parts of an `AuthnRequest` that an answer needs (SAML core 3.4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The request's ID, for `InResponseTo`.
    pub id: String,
    /// Who asks; also the audience of the answer.
    pub issuer: String,
    /// Where the answer is wanted. Whoever answers must know the address already.
    pub acs: String,
    /// The person must prove who they are again.
    pub force_authn: bool,
}

impl Asked {
    /// Reads the parameter or form field `SAMLRequest`, deflated or not.
    pub fn read(field: &str) -> Result<Self, String> {
        let (_, bytes) = inspect::decode(field.as_bytes())?;
        let text = xml::scan(&bytes, &Limits::RESPONSE).map_err(|fault| fault.detail)?;
        let document = xml::parse(text, &Limits::RESPONSE).map_err(|fault| fault.detail)?;
        let root = document.root_element();
        if !xml::is(root, ns::PROTOCOL, "AuthnRequest") {
            return Err("This is not an AuthnRequest.".to_owned());
        }
        let needed = |name: &str| {
            let value = xml::attribute(root, name).filter(|value| !value.is_empty());
            value.map(str::to_owned).ok_or_else(|| format!("The request has no {name}."))
        };
        let issuer = xml::child(root, ns::ASSERTION, "Issuer").and_then(xml::text);
        Ok(Self {
            id: needed("ID")?,
            issuer: xml::trim(&issuer.ok_or("The request has no Issuer.")?).to_owned(),
            acs: needed("AssertionConsumerServiceURL")?,
            force_authn: matches!(xml::attribute(root, "ForceAuthn"), Some("true" | "1")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::request::AuthnRequest;
    use crate::saml::testing;

    #[test]
    fn a_provider_reads_what_we_asked() {
        let request = AuthnRequest {
            id: "_1",
            issuer: "https://sso.orbit.example/saml/con_1?a&b",
            acs: "https://sso.orbit.example/saml/con_1/acs",
            issued_at: testing::now(),
            name_id_format: None,
            force_authn: true,
        };
        let expected = Asked {
            id: request.id.to_owned(),
            issuer: request.issuer.to_owned(),
            acs: request.acs.to_owned(),
            force_authn: true,
        };
        let location = "https://idp.example/sso";
        let form = request.post(location, "trc_1", None).unwrap();
        assert_eq!(Asked::read(&form.saml_request), Ok(expected.clone()));
        let address = request.redirect(location, "trc_1", None).unwrap();
        let url = url::Url::parse(&address).unwrap();
        let (_, field) = url.query_pairs().find(|(name, _)| name == "SAMLRequest").unwrap();
        assert_eq!(Asked::read(&field), Ok(expected));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let message = |text: &str| Asked::read(text);
        assert!(message("").is_err());
        assert!(message("<a/>").is_err());
        assert!(message("<!DOCTYPE a><a/>").is_err());
        assert!(
            message("<p:AuthnRequest xmlns:p='urn:oasis:names:tc:SAML:2.0:protocol' ID='_1'/>")
                .is_err()
        );
    }
}
