//! The question to an identity provider: an `AuthnRequest`, by redirect or by a form.

use super::Binding;
use super::carry;
use super::metadata::Endpoint;
use super::sign::Signer;
use super::write::Element;
use crate::clock::Time;
use crate::crypto;
use crate::error::Result;
use anyhow::Context;

/// What we ask for (SAML core 3.4.1).
#[derive(Debug, Clone, Copy)]
pub struct AuthnRequest<'a> {
    /// A new [`id`], which the response has to name.
    pub id: &'a str,
    /// Our entity ID.
    pub issuer: &'a str,
    /// Where the response is to be posted.
    pub acs: &'a str,
    /// When we ask.
    pub issued_at: Time,
    /// The name ID format wished for. Without one no `NameIDPolicy` is sent: the provider's choice.
    pub name_id_format: Option<&'a str>,
    /// The person must prove who they are again, even with a session there.
    pub force_authn: bool,
}

/// A form that the browser posts by itself (SAML bindings 3.5.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostForm {
    /// Where to.
    pub action: String,
    /// The field `SAMLRequest`: base64, not deflated.
    pub saml_request: String,
    /// The field `RelayState`.
    pub relay_state: String,
}

/// A new ID for a message or an assertion: `_` and 160 random bits (SAML core 1.3.4).
pub fn id() -> Result<String> {
    let mut bytes = [0; 20];
    openssl::rand::rand_bytes(&mut bytes).context("random bytes")?;
    Ok(format!("_{}", crypto::hex(&bytes)))
}

/// A new ID for a request that is written down: the time, and as many random bits as [`id`] has. So the index of those
/// that are written down grows at its end, and not another page of it is written for each.
pub fn id_at(now: Time) -> Result<String> {
    let mut bytes = [0; 28];
    let (at, random) = bytes.split_at_mut(8);
    at.copy_from_slice(&now.to_utc().timestamp_micros().to_be_bytes());
    openssl::rand::rand_bytes(random).context("random bytes")?;
    Ok(format!("_{}", crypto::hex(&bytes)))
}

/// The endpoint to ask at: the wished binding if the provider has it, else its own, redirect before form.
#[must_use]
pub fn choose(endpoints: &[Endpoint], wish: Option<Binding>) -> Option<&Endpoint> {
    wish.into_iter()
        .chain([Binding::Redirect, Binding::Post])
        .find_map(|binding| endpoints.iter().find(|endpoint| endpoint.binding == binding))
}

impl AuthnRequest<'_> {
    /// The address to send the browser to (SAML bindings 3.4.4), signed over its exact octets if there is a key.
    pub fn redirect(
        &self,
        location: &str,
        relay_state: &str,
        signer: Option<&Signer<'_>>,
    ) -> Result<String> {
        carry::redirect(&self.element(location), carry::REQUEST, location, relay_state, signer)
    }

    /// The form for the browser to post, with a signature in the message if there is a key.
    pub fn post(
        &self,
        location: &str,
        relay_state: &str,
        signer: Option<&Signer<'_>>,
    ) -> Result<PostForm> {
        let form =
            carry::form(self.element(location), carry::REQUEST, location, relay_state, signer)?;
        Ok(PostForm {
            action: form.action,
            saml_request: form.message,
            relay_state: form.relay_state,
        })
    }

    /// The message itself. `RequestedAuthnContext` is left out: how strongly a person signs in is the customer's
    /// policy, and asking for a password makes providers refuse those who used a key.
    fn element(&self, destination: &str) -> Element {
        let policy = self.name_id_format.map(|format| {
            Element::new("samlp:NameIDPolicy")
                .attribute("AllowCreate", "true")
                .attribute("Format", format)
        });
        Element::new("samlp:AuthnRequest")
            .attribute("ID", self.id)
            .attribute("Version", "2.0")
            .attribute("IssueInstant", self.issued_at.to_string())
            .attribute("Destination", destination)
            .attribute("AssertionConsumerServiceURL", self.acs)
            .attribute("ProtocolBinding", Binding::Post.urn())
            .attribute_if("ForceAuthn", self.force_authn.then_some("true"))
            .child(Element::new("saml:Issuer").text(self.issuer))
            .children(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::testing::{self, xmlsec1_verify};
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD as BASE64;
    use flate2::read::DeflateDecoder;
    use openssl::bn::BigNum;
    use openssl::ecdsa::EcdsaSig;
    use openssl::hash::MessageDigest;
    use openssl::sign::Verifier;
    use std::io::Read;
    use url::Url;

    fn request() -> AuthnRequest<'static> {
        AuthnRequest {
            id: "_0123456789abcdef",
            issuer: "https://sso.orbit.example/saml/con_1",
            acs: "https://sso.orbit.example/saml/con_1/acs",
            issued_at: testing::now(),
            name_id_format: Some("urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"),
            force_authn: false,
        }
    }

    fn parameter(address: &str, name: &str) -> Option<String> {
        let url = Url::parse(address).unwrap();
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    fn inflate(message: &str) -> String {
        let mut text = String::new();
        let deflated = BASE64.decode(message).unwrap();
        DeflateDecoder::new(&*deflated).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_request_by_redirect_is_deflated() {
        let address = request().redirect("https://idp.example/sso", "trc_1", None).unwrap();
        assert_eq!(parameter(&address, "RelayState").as_deref(), Some("trc_1"));
        assert_eq!(parameter(&address, "SigAlg"), None);
        let message = inflate(&parameter(&address, "SAMLRequest").unwrap());
        insta::assert_snapshot!(message.replace("><", ">\n<"));
    }

    #[test]
    fn a_request_by_form_is_plain_base64() {
        let form = request().post("https://idp.example/sso?a=1", "trc_1", None).unwrap();
        assert_eq!(form.action, "https://idp.example/sso?a=1");
        assert_eq!(form.relay_state, "trc_1");
        let message = String::from_utf8(BASE64.decode(form.saml_request).unwrap()).unwrap();
        assert!(message.starts_with("<samlp:AuthnRequest "));
        assert!(!message.contains("Signature"));
    }

    #[test]
    fn another_library_reads_our_request() {
        let asked = AuthnRequest { force_authn: true, ..request() };
        let message = asked.element("https://idp.example/sso?a=1&b=2").write();
        let read: samael::schema::AuthnRequest = message.parse().unwrap();
        assert_eq!(read.id, asked.id);
        assert_eq!(read.destination.as_deref(), Some("https://idp.example/sso?a=1&b=2"));
        assert_eq!(read.issuer_value().as_deref(), Some(asked.issuer));
        assert_eq!(read.assertion_consumer_service_url.as_deref(), Some(asked.acs));
        assert_eq!(read.force_authn, Some(true));
        assert_eq!(read.issue_instant, asked.issued_at.to_utc());
        assert_eq!(read.name_id_policy.unwrap().format.as_deref(), asked.name_id_format);
    }

    #[test]
    fn without_a_format_no_name_id_policy_is_sent() {
        let asked = AuthnRequest { name_id_format: None, ..request() };
        assert!(!asked.element("https://idp.example").write().contains("NameIDPolicy"));
    }

    #[test]
    fn the_query_of_the_sign_on_address_is_kept() {
        for (location, begins) in [
            ("https://idp.example/sso", "https://idp.example/sso?SAMLRequest="),
            ("https://idp.example/sso?", "https://idp.example/sso?SAMLRequest="),
            (
                "https://idp.example/sso?idpid=C01%2F",
                "https://idp.example/sso?idpid=C01%2F&SAMLRequest=",
            ),
            ("https://idp.example/sso?a=1&", "https://idp.example/sso?a=1&SAMLRequest="),
            ("https://idp.example/sso?a=1#top", "https://idp.example/sso?a=1&SAMLRequest="),
        ] {
            let address = request().redirect(location, "trc_1", None).unwrap();
            assert!(address.starts_with(begins), "{address}");
            assert!(!address.contains('#'));
        }
    }

    #[test]
    fn a_redirect_is_signed_over_its_exact_octets() {
        for (pair, algorithm) in [(testing::rsa(), "rsa-sha256"), (testing::ec(), "ecdsa-sha256")] {
            let signer = Signer::new(&pair.key, None);
            let address = request()
                .redirect("https://idp.example/sso?a=1", "x=1&y +/ü", Some(&signer))
                .unwrap();
            assert!(parameter(&address, "SigAlg").unwrap().ends_with(algorithm));
            assert_eq!(parameter(&address, "RelayState").as_deref(), Some("x=1&y +/ü"));
            let signature = BASE64.decode(parameter(&address, "Signature").unwrap()).unwrap();
            let (_, query) = address.split_once("?a=1&").unwrap();
            let (octets, _) = query.split_once("&Signature=").unwrap();
            let digest = openssl::hash::hash(MessageDigest::sha256(), octets.as_bytes()).unwrap();
            let key = pair.certificate.public_key().unwrap();
            let fits = match key.ec_key() {
                Ok(key) => {
                    let (r, s) = signature.split_at(signature.len() / 2);
                    let [r, s] = [r, s].map(|part| BigNum::from_slice(part).unwrap());
                    EcdsaSig::from_private_components(r, s).unwrap().verify(&digest, &key).unwrap()
                }
                Err(_) => Verifier::new(MessageDigest::sha256(), &key)
                    .unwrap()
                    .verify_oneshot(&signature, octets.as_bytes())
                    .unwrap(),
            };
            assert!(fits, "{algorithm}");
        }
    }

    #[test]
    fn another_program_accepts_a_signed_form() {
        let pair = testing::rsa();
        let signer = Signer::new(&pair.key, Some(&pair.certificate));
        let form = request().post("https://idp.example/sso", "", Some(&signer)).unwrap();
        let message = String::from_utf8(BASE64.decode(form.saml_request).unwrap()).unwrap();
        xmlsec1_verify(&message, "AuthnRequest", pair).unwrap();
    }

    #[test]
    fn the_wished_binding_is_used_if_the_provider_has_it() {
        let endpoint = |binding| Endpoint { binding, location: "https://idp.example".to_owned() };
        let (redirect, post) = (endpoint(Binding::Redirect), endpoint(Binding::Post));
        let both = [post.clone(), redirect.clone()];
        assert_eq!(choose(&both, None), Some(&redirect));
        assert_eq!(choose(&both, Some(Binding::Post)), Some(&post));
        assert_eq!(choose(&both[..1], Some(Binding::Redirect)), Some(&post));
        assert_eq!(choose(&both[1..], Some(Binding::Post)), Some(&redirect));
        assert_eq!(choose(&[], None), None);
    }

    #[test]
    fn an_id_is_long_random_and_an_ncname() {
        let (one, other) = (id().unwrap(), id().unwrap());
        assert_eq!(one.len(), 41);
        assert!(one.starts_with('_') && one[1..].bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }

    #[test]
    fn an_id_with_the_time_is_as_random_and_sorts_after_those_before_it() {
        let now = testing::now();
        let (one, other) = (id_at(now).unwrap(), id_at(now).unwrap());
        let later = id_at(now.plus(chrono::TimeDelta::microseconds(1))).unwrap();
        assert_eq!(one.len(), 1 + 16 + 40);
        assert!(one.starts_with('_') && one[1..].bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, other);
        assert!(one < later && other < later);
    }
}
