//! Signatures that we make: one enveloped in XML that we wrote, or over the octets of a query.

use super::certificate::Certificate;
use super::write::Element;
use crate::error::Result;
use anyhow::{Context, anyhow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use openssl::bn::BigNumContext;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::pkey::{Id, PKeyRef, Private};

/// Exclusive XML Canonicalization 1.0 without comments.
pub(super) const EXCLUSIVE_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";

/// The hash under a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Digest {
    /// Weak. Here so that a provider can be imitated whose messages we refuse.
    Sha1,
    /// What everybody understands.
    #[default]
    Sha256,
    /// Longer.
    Sha384,
    /// Longest.
    Sha512,
}

impl Digest {
    fn message_digest(self) -> MessageDigest {
        match self {
            Self::Sha1 => MessageDigest::sha1(),
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha384 => MessageDigest::sha384(),
            Self::Sha512 => MessageDigest::sha512(),
        }
    }

    /// The `DigestMethod` (RFC 9231, 2.1; XML Encryption 1.1, 5.8).
    const fn uri(self) -> &'static str {
        match self {
            Self::Sha1 => "http://www.w3.org/2000/09/xmldsig#sha1",
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }
}

/// A private key, with what is said about it beside the signature.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// An RSA or an elliptic curve key.
    pub key: &'a PKeyRef<Private>,
    /// Named in `KeyInfo`, so that the reader sees which of our certificates fits.
    pub certificate: Option<&'a Certificate>,
    /// The hash; the key decides the rest of the algorithm.
    pub digest: Digest,
}

impl<'a> Signer<'a> {
    /// Signs with SHA-256.
    #[must_use]
    pub const fn new(key: &'a PKeyRef<Private>, certificate: Option<&'a Certificate>) -> Self {
        Self { key, certificate, digest: Digest::Sha256 }
    }

    /// The `SignatureMethod` or `SigAlg` (RFC 9231, 2.3).
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match (self.key.id() == Id::EC, self.digest) {
            (false, Digest::Sha1) => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
            (false, Digest::Sha256) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            (false, Digest::Sha384) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            (false, Digest::Sha512) => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            (true, Digest::Sha1) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1",
            (true, Digest::Sha256) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            (true, Digest::Sha384) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
            (true, Digest::Sha512) => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        }
    }

    /// Signs octets. An ECDSA signature is r and s side by side (RFC 9231, 2.3.6), not DER.
    pub fn sign(&self, octets: &[u8]) -> Result<Vec<u8>> {
        let mut signer = openssl::sign::Signer::new(self.digest.message_digest(), self.key)
            .context("a signing key that OpenSSL cannot use")?;
        let signature = signer.sign_oneshot_to_vec(octets).context("signing")?;
        if self.key.id() == Id::EC {
            return Ok(self.side_by_side(&signature).context("an ECDSA signature")?);
        }
        Ok(signature)
    }

    fn side_by_side(&self, der: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut order = openssl::bn::BigNum::new()?;
        self.key.ec_key()?.group().order(&mut order, &mut *BigNumContext::new()?)?;
        let width = order.num_bytes();
        let signature = EcdsaSig::from_der(der)?;
        let mut octets = signature.r().to_vec_padded(width)?;
        octets.extend(signature.s().to_vec_padded(width)?);
        Ok(octets)
    }
}

/// Puts a signature over `element` into it, right behind its issuer (SAML core 5.4) or, in metadata, first.
///
/// One reference to the element's own `ID`, enveloped-signature and exclusive canonicalisation, as SAML core 5.4.2
/// to 5.4.4 ask.
pub fn enveloped(mut element: Element, signer: &Signer<'_>) -> Result<Element> {
    let id = element.value("ID").ok_or_else(|| anyhow!("only an element with an ID is signed"))?;
    let digest = hash(signer.digest.message_digest(), element.write().as_bytes())
        .context("hashing a message")?;
    let signed_info = signed_info(&element, id, &BASE64.encode(digest), signer);
    let value = signer.sign(signed_info.write().as_bytes())?;
    let signature = Element::new("ds:Signature")
        .child(signed_info)
        .child(Element::new("ds:SignatureValue").text(BASE64.encode(value)))
        .children(signer.certificate.map(key_info));
    element.insert_after("saml:Issuer", signature);
    Ok(element)
}

/// `ds:KeyInfo` that names a certificate.
pub(super) fn key_info(certificate: &Certificate) -> Element {
    Element::new("ds:KeyInfo").child(
        Element::new("ds:X509Data")
            .child(Element::new("ds:X509Certificate").text(certificate.base64())),
    )
}

fn signed_info(element: &Element, id: &str, digest: &str, signer: &Signer<'_>) -> Element {
    let algorithm = |name, uri: &str| Element::new(name).attribute("Algorithm", uri);
    // Prefixes that only attribute values use are seen by exclusive canonicalisation only when they are listed.
    let prefixes = element.prefixes_in_values();
    let inclusive = (!prefixes.is_empty()).then(|| {
        Element::new("ec:InclusiveNamespaces").attribute("PrefixList", prefixes.join(" "))
    });
    Element::new("ds:SignedInfo")
        .child(algorithm("ds:CanonicalizationMethod", EXCLUSIVE_C14N))
        .child(algorithm("ds:SignatureMethod", signer.algorithm()))
        .child(
            Element::new("ds:Reference")
                .attribute("URI", format!("#{id}"))
                .child(
                    Element::new("ds:Transforms")
                        .child(algorithm(
                            "ds:Transform",
                            "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
                        ))
                        .child(algorithm("ds:Transform", EXCLUSIVE_C14N).children(inclusive)),
                )
                .child(algorithm("ds:DigestMethod", signer.digest.uri()))
                .child(Element::new("ds:DigestValue").text(digest)),
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saml::testing::{self, Pair, xmlsec1_verify};

    fn assertion() -> Element {
        let value = |text| {
            Element::new("saml:AttributeValue")
                .declaring(&["xs"])
                .attribute("xsi:type", "xs:string")
                .text(text)
        };
        Element::new("saml:Assertion")
            .attribute("Version", "2.0")
            .attribute("ID", "_1")
            .child(Element::new("saml:Issuer").text("https://idp.example/?a&b"))
            .child(Element::new("saml:Subject").child(Element::new("saml:NameID").text("Ä <>&\r")))
            .child(
                Element::new("saml:Attribute")
                    .attribute("Name", "a\"&<>\t\n")
                    .child(value("one"))
                    .child(value("two\r\n")),
            )
    }

    fn response(assertion: Element) -> Element {
        Element::new("samlp:Response")
            .attribute("ID", "_2")
            .child(Element::new("saml:Issuer").text("https://idp.example/"))
            .child(Element::new("samlp:Status"))
            .child(assertion)
    }

    fn check(pair: &Pair, digest: Digest) {
        let signer = Signer { digest, ..Signer::new(&pair.key, Some(&pair.certificate)) };
        let inner = enveloped(assertion(), &signer).unwrap();
        xmlsec1_verify(&inner.write(), "Assertion", pair).unwrap();
        let both = enveloped(response(inner), &signer).unwrap().write();
        xmlsec1_verify(&both, "Assertion", pair).unwrap();
        xmlsec1_verify(&both, "Response", pair).unwrap();
        let changed = both.replace("one", "One");
        assert!(xmlsec1_verify(&changed, "Assertion", pair).is_err());
        assert!(xmlsec1_verify(&changed, "Response", pair).is_err());
    }

    #[test]
    fn another_program_accepts_our_rsa_signatures() {
        for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
            check(testing::rsa(), digest);
        }
    }

    #[test]
    fn another_program_accepts_our_ecdsa_signatures() {
        // Twenty times: r or s is shorter than the curve now and then.
        for _ in 0..20 {
            let signer = Signer::new(&testing::ec().key, None);
            assert_eq!(signer.sign(b"octets").unwrap().len(), 64);
        }
        check(testing::ec(), Digest::Sha256);
        check(testing::ec(), Digest::Sha384);
    }

    #[test]
    fn a_signature_stands_right_behind_the_issuer() {
        let signer = Signer::new(&testing::rsa().key, None);
        let text = enveloped(assertion(), &signer).unwrap().write();
        assert!(text.contains("</saml:Issuer><ds:Signature "));
        let entity = Element::new("md:EntityDescriptor").attribute("ID", "_3");
        let text =
            enveloped(entity.child(Element::new("md:Organization")), &signer).unwrap().write();
        assert!(text.contains("ID=\"_3\"><ds:Signature "));
        assert!(enveloped(Element::new("md:EntityDescriptor"), &signer).is_err());
    }
}
