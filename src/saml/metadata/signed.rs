//! Metadata that its publisher signed.

use super::Fault;
use crate::clock::Time;
use crate::saml::certificate::TrustedKeys;
use crate::saml::signature::Signature;
use crate::saml::xml::{self, Limits, ns};

/// Verifies the signature over the whole file by one of `keys` and gives the octets that it covers (SAML metadata 3).
///
/// [`super::parse`] is to read these octets and not the file, so that nothing unsigned is believed.
pub fn verify(bytes: &[u8], keys: &TrustedKeys, now: Time) -> Result<String, Fault> {
    let unreadable = |fault: xml::Fault| {
        Fault::Invalid(format!("This is not metadata that can be read. {fault}"))
    };
    // What is signed has a canonical form.
    let limits = Limits { relative_namespaces: false, ..Limits::METADATA };
    let text = xml::scan(bytes, &limits).map(xml::line_ends).map_err(unreadable)?;
    let document = xml::parse(&text, &limits).map_err(unreadable)?;
    let root = document.root_element();
    let signature = xml::child(root, ns::SIGNATURE, "Signature").ok_or_else(|| {
        Fault::Signature(
            "it is not signed, and this connection takes signed metadata only.".to_owned(),
        )
    })?;
    Signature::read(signature, false)
        .and_then(|signature| signature.verify(keys, now)?.octets())
        .map_err(|rejection| Fault::Signature(rejection.detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::issue;
    use crate::saml::metadata;
    use crate::saml::sign::Signer;
    use crate::saml::testing::{self, xmlsec1_verify};

    fn file() -> String {
        let pair = testing::rsa();
        let signer = Signer::new(&pair.key, Some(&pair.certificate));
        issue::metadata(
            "https://idp.example/",
            "https://idp.example/sso",
            &[&pair.certificate],
            Some(&signer),
        )
        .unwrap()
    }

    fn keys(pair: &testing::Pair) -> TrustedKeys {
        TrustedKeys::new(std::slice::from_ref(&pair.certificate))
    }

    #[test]
    fn signed_metadata_is_read_from_what_was_signed() {
        let octets = verify(file().as_bytes(), &keys(testing::rsa()), testing::now()).unwrap();
        let provider = metadata::parse(octets.as_bytes(), None, "", testing::now()).unwrap();
        assert_eq!(provider.entity_id, "https://idp.example/");
        xmlsec1_verify(&file(), "EntityDescriptor", testing::rsa()).unwrap();
    }

    #[test]
    fn metadata_by_another_key_changed_or_unsigned_is_refused() {
        let right = keys(testing::rsa());
        let code = |text: &str, keys: &TrustedKeys| {
            verify(text.as_bytes(), keys, testing::now()).unwrap_err().code()
        };
        let changed = file().replace("idp.example/sso", "evil.example/sso");
        let unsigned = include_str!("../../../tests/data/metadata/okta.xml");
        let wrapped = file().replace(
            "<md:EntityDescriptor ",
            "<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"><md:EntityDescriptor ",
        ) + "</md:EntitiesDescriptor>";
        assert_eq!(code(&file(), &keys(testing::other_rsa())), "metadata_signature_invalid");
        for text in [changed.as_str(), unsigned, &wrapped] {
            assert_eq!(code(text, &right), "metadata_signature_invalid");
        }
        assert_eq!(code("<a", &right), "metadata_invalid");
        let relative =
            file().replace("<md:EntityDescriptor ", "<md:EntityDescriptor xmlns:a=\"a\" ");
        assert_eq!(code(&relative, &right), "metadata_invalid");
    }
}
