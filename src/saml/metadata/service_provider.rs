//! Our own metadata, for the provider of one connection.

use crate::clock::Time;
use crate::error::Result;
use crate::saml::Binding;
use crate::saml::certificate::Certificate;
use crate::saml::request;
use crate::saml::sign::{self, Signer};
use crate::saml::write::Element;

/// What a provider is told about us (SAML metadata 2.4.4).
#[derive(Debug, Clone, Copy)]
pub struct ServiceProvider<'a> {
    /// The connection's own entity ID.
    pub entity_id: &'a str,
    /// Where responses are to be posted.
    pub acs: &'a str,
    /// Where logout messages go. Left out as long as nothing answers there.
    pub logout: Option<&'a str>,
    /// The certificates of the keys that we sign with, the one in use first.
    pub signing: &'a [Certificate],
    /// The certificates to encrypt for. Some providers send plain, even unsigned, assertions if there is none.
    pub encryption: &'a [Certificate],
    /// Our requests are signed, all of them.
    pub signs_requests: bool,
    /// The assertion itself must be signed, not only the response around it.
    pub wants_signed_assertions: bool,
    /// Name ID formats, the preferred first.
    pub name_id_formats: &'a [&'a str],
    /// Who runs this gateway.
    pub organization: Option<Organization<'a>>,
    /// Until when this holds, if not until further notice.
    pub valid_until: Option<Time>,
    /// After how many seconds it is worth reading again, if anybody reads it more than once.
    pub cache_seconds: Option<u64>,
}

/// Whom people think they sign in to.
#[derive(Debug, Clone, Copy)]
pub struct Organization<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its website.
    pub url: &'a str,
}

/// The ciphers that we open, best first. Without the list some libraries choose 3DES.
const ENCRYPTION_METHODS: [&str; 4] = [
    "http://www.w3.org/2009/xmlenc11#aes256-gcm",
    "http://www.w3.org/2009/xmlenc11#aes128-gcm",
    "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
    "http://www.w3.org/2009/xmlenc11#rsa-oaep",
];

impl ServiceProvider<'_> {
    /// The metadata document.
    #[must_use]
    pub fn metadata(&self) -> String {
        self.entity().write_document()
    }

    /// The same, signed as a whole (SAML metadata 3).
    pub fn signed_metadata(&self, signer: &Signer<'_>) -> Result<String> {
        let entity = self.entity().attribute("ID", request::id()?);
        Ok(sign::enveloped(entity, signer)?.write_document())
    }

    fn entity(&self) -> Element {
        let cached = self.cache_seconds.map(|seconds| format!("PT{seconds}S"));
        Element::new("md:EntityDescriptor")
            .attribute("entityID", self.entity_id)
            .attribute_if("validUntil", self.valid_until.map(|until| until.to_string()))
            .attribute_if("cacheDuration", cached)
            .child(self.role())
            .children(self.organization.map(organization))
    }

    fn role(&self) -> Element {
        let signing = self.signing.iter().map(|certificate| key("signing", certificate));
        let encryption =
            self.encryption.iter().map(|certificate| {
                key("encryption", certificate).children(ENCRYPTION_METHODS.map(|method| {
                    Element::new("md:EncryptionMethod").attribute("Algorithm", method)
                }))
            });
        let logout = self.logout.into_iter().flat_map(|location| {
            [Binding::Redirect, Binding::Post]
                .map(|binding| endpoint("md:SingleLogoutService", binding, location))
        });
        let formats =
            self.name_id_formats.iter().map(|format| Element::new("md:NameIDFormat").text(*format));
        let acs = endpoint("md:AssertionConsumerService", Binding::Post, self.acs)
            .attribute("index", "0")
            .attribute("isDefault", "true");
        Element::new("md:SPSSODescriptor")
            .attribute("protocolSupportEnumeration", "urn:oasis:names:tc:SAML:2.0:protocol")
            .attribute("AuthnRequestsSigned", self.signs_requests.to_string())
            .attribute("WantAssertionsSigned", self.wants_signed_assertions.to_string())
            .children(signing)
            .children(encryption)
            .children(logout)
            .children(formats)
            .child(acs)
    }
}

/// A `KeyDescriptor` of either role.
pub(in crate::saml) fn key(purpose: &str, certificate: &Certificate) -> Element {
    Element::new("md:KeyDescriptor").attribute("use", purpose).child(sign::key_info(certificate))
}

/// An endpoint element of either role.
pub(in crate::saml) fn endpoint(name: &'static str, binding: Binding, location: &str) -> Element {
    Element::new(name).attribute("Binding", binding.urn()).attribute("Location", location)
}

fn organization(organization: Organization<'_>) -> Element {
    let said = |name, text| Element::new(name).attribute("xml:lang", "en").text(text);
    Element::new("md:Organization")
        .child(said("md:OrganizationName", organization.name))
        .child(said("md:OrganizationDisplayName", organization.name))
        .child(said("md:OrganizationURL", organization.url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::certificate::TrustedKeys;
    use crate::saml::testing;
    use samael::metadata::EntityDescriptor;

    fn sample(certificates: &[Certificate]) -> ServiceProvider<'_> {
        ServiceProvider {
            entity_id: "https://sso.orbit.example/saml/con_1?a&b",
            acs: "https://sso.orbit.example/saml/con_1/acs",
            logout: None,
            signing: certificates,
            encryption: certificates,
            signs_requests: true,
            wants_signed_assertions: true,
            name_id_formats: &[
                "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
                "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            ],
            organization: Some(Organization { name: "Orbit <Labs>", url: "https://orbit.example" }),
            valid_until: None,
            cache_seconds: Some(86_400),
        }
    }

    #[test]
    fn our_metadata_says_everything_a_provider_needs() {
        let certificates = [testing::rsa().certificate.clone()];
        let text = sample(&certificates).metadata();
        insta::with_settings!({filters => vec![(r"MII[A-Za-z0-9+/=]+", "[certificate]")]}, {
            insta::assert_snapshot!(text.replace("><", ">\n<"));
        });
    }

    #[test]
    fn logout_is_listed_only_where_it_answers() {
        let certificates = [testing::rsa().certificate.clone()];
        let mut provider = sample(&certificates);
        assert!(!provider.metadata().contains("SingleLogoutService"));
        provider.logout = Some("https://sso.orbit.example/saml/con_1/logout");
        assert_eq!(provider.metadata().matches("<md:SingleLogoutService ").count(), 2);
    }

    #[test]
    fn signed_metadata_is_signed_as_a_whole_by_what_another_program_accepts() {
        let pair = testing::rsa();
        let certificates = [pair.certificate.clone()];
        let mut provider = sample(&certificates);
        provider.valid_until = Some(testing::now());
        let signer = Signer::new(&pair.key, Some(&pair.certificate));
        let text = provider.signed_metadata(&signer).unwrap();
        assert!(text.contains(&format!("validUntil=\"{}\"", testing::now())), "{text}");
        assert!(text.contains("cacheDuration=\"PT86400S\""), "{text}");
        testing::xmlsec1_verify(&text, "EntityDescriptor", pair).unwrap();
        let keys = TrustedKeys::new(&certificates);
        super::super::verify(text.as_bytes(), &keys, testing::now()).unwrap();
    }

    #[test]
    fn another_library_reads_our_metadata() {
        let certificates = [testing::rsa().certificate.clone(), testing::ec().certificate.clone()];
        let provider = sample(&certificates);
        let read: EntityDescriptor = provider.metadata().parse().unwrap();
        assert_eq!(read.entity_id.as_deref(), Some(provider.entity_id));
        let role = &read.sp_sso_descriptors.unwrap()[0];
        assert_eq!(role.assertion_consumer_services[0].location, provider.acs);
        assert_eq!(role.assertion_consumer_services[0].index, 0);
        assert_eq!(role.key_descriptors.as_ref().unwrap().len(), 4);
        assert_eq!(role.authn_requests_signed, Some(true));
        assert_eq!(role.want_assertions_signed, Some(true));
    }
}
