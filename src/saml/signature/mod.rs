//! One enveloped signature: keys in, signed octets out (XML Signature 1.1, SAML core 5.4).
//!
//! What a stranger may cause is bounded by the order: shape first, then the signature over the
//! small `SignedInfo` with keys that we chose, and only then the digest of the message. `KeyInfo`
//! never gives a key; it only says in the trace which certificate was meant.

mod algorithm;
mod detached;
mod parts;

use algorithm::{Algorithm, Hash};
use parts::Parts;

pub use detached::verify_octets;

use super::certificate::{self, TrustedKey, TrustedKeys};
use super::check::Rejection;
use super::xml::{self, Method, ns};
use crate::cause::Cause;
use crate::clock::Time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::bn::BigNum;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::memcmp;
use openssl::pkey::{Id, PKeyRef, Public};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::Padding;
use roxmltree::Node;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const MAX_KEYS_TRIED: usize = 8;
const MAX_PREFIXES: usize = 32;
const MAX_NAMED_CERTIFICATE: usize = 16 * 1024;

/// A signature of acceptable shape, not verified yet.
pub struct Signature<'a, 'input> {
    node: Node<'a, 'input>,
    parent: Node<'a, 'input>,
    signed_info: Node<'a, 'input>,
    signed_info_method: Method<'a>,
    algorithm: Algorithm,
    value: Vec<u8>,
    transform: Method<'a>,
    digest: Hash,
    digest_name: &'static str,
    digest_value: Vec<u8>,
    named: Option<Vec<u8>>,
}

/// A signature that one of our keys made; its digest is still to be compared.
pub struct Signed<'a, 'input, 'k> {
    signature: Signature<'a, 'input>,
    /// The key that fits.
    pub key: &'k TrustedKey,
}

impl<'a, 'input> Signature<'a, 'input> {
    /// Reads `node`, a `Signature` child of the element it must cover.
    pub fn read(node: Node<'a, 'input>, allow_sha1: bool) -> Result<Self, Rejection> {
        let parent = node.parent_element().ok_or_else(|| parts::malformed("has no parent"))?;
        let mut parts = Parts::of(node)?;
        let signed_info = parts.next(ns::SIGNATURE, "SignedInfo")?;
        let value = parts::base64(parts.next(ns::SIGNATURE, "SignatureValue")?)?;
        let key_info = parts.optional(ns::SIGNATURE, "KeyInfo");
        // An Object could hold what is signed instead of the parent.
        parts.end()?;

        let mut parts = Parts::of(signed_info)?;
        let method = parts.next(ns::SIGNATURE, "CanonicalizationMethod")?;
        let signed_info_method = canonical_method(method)?;
        let algorithm =
            algorithm::signature_method(parts.next(ns::SIGNATURE, "SignatureMethod")?, allow_sha1)?;
        let reference = parts.next(ns::SIGNATURE, "Reference")?;
        parts.end()?;

        check_reference(reference, parent)?;
        let mut parts = Parts::of(reference)?;
        let transform = transform(parts.next(ns::SIGNATURE, "Transforms")?)?;
        let digest = parts.next(ns::SIGNATURE, "DigestMethod")?;
        let (digest, digest_name) = algorithm::digest_method(digest, allow_sha1)?;
        let digest_value = parts::base64(parts.next(ns::SIGNATURE, "DigestValue")?)?;
        parts.end()?;

        Ok(Self {
            node,
            parent,
            signed_info,
            signed_info_method,
            algorithm,
            value,
            transform,
            digest,
            digest_name,
            digest_value,
            named: key_info.and_then(named_certificate),
        })
    }

    /// How it is signed, as a person says it: `RSA-SHA256`.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm.name
    }

    /// DER of the certificate that `KeyInfo` names: a hint for people, never a key.
    #[must_use]
    pub fn named_certificate(&self) -> Option<&[u8]> {
        self.named.as_deref()
    }

    /// Finds the key among `keys` that made this signature.
    pub fn verify(
        self,
        keys: &TrustedKeys,
        now: Time,
    ) -> Result<Signed<'a, 'input, '_>, Rejection> {
        let octets = xml::canonical(self.signed_info, None, &self.signed_info_method);
        let hash = self.algorithm.hash.of(octets.as_bytes());
        let named = |key: &&TrustedKey| self.named.as_deref() == Some(key.certificate.der());
        let fitting = || keys.iter().filter(|key| key.key.id() == self.algorithm.key);
        let first = fitting().filter(named);
        let rest = fitting().filter(|key| !named(key));
        let found = first
            .chain(rest)
            .take(MAX_KEYS_TRIED)
            .find(|key| is_by(self.algorithm, &self.value, &key.key, &hash).unwrap_or(false));
        let Some(key) = found else {
            let is_ours = self.named.is_none() || keys.iter().any(|key| named(&key));
            return Err(self.no_key_fits(is_ours));
        };
        let key = in_force(key, keys, now)?;
        Ok(Signed { signature: self, key })
    }

    fn no_key_fits(&self, named_is_ours: bool) -> Rejection {
        if named_is_ours {
            return Rejection::new(
                Cause::SignatureInvalid,
                "The signature does not fit the message, with any certificate of the connection.",
            )
            .expected("a signature by a certificate of the connection")
            .received(self.algorithm.name);
        }
        let fingerprint = self.named.as_deref().map(certificate::fingerprint).unwrap_or_default();
        Rejection::new(
            Cause::CertificateUnknown,
            "The signature is by a certificate that the connection does not know.",
        )
        .expected("a certificate of the connection")
        .received(fingerprint)
    }
}

impl Signed<'_, '_, '_> {
    /// The octets that the signature covers, if the message is the one that was signed.
    ///
    /// They are all that may be read of the message.
    pub fn octets(&self) -> Result<String, Rejection> {
        let signature = &self.signature;
        let octets = xml::canonical(signature.parent, Some(signature.node), &signature.transform);
        let digest = signature.digest.of(octets.as_bytes());
        let is_same = digest.len() == signature.digest_value.len()
            && memcmp::eq(&digest, &signature.digest_value);
        if is_same {
            return Ok(octets);
        }
        Err(Rejection::new(Cause::SignatureInvalid, "The message was changed after it was signed.")
            .expected(STANDARD.encode(&signature.digest_value))
            .received(STANDARD.encode(digest)))
    }

    /// How it is signed, as a person says it: `RSA-SHA256 · SHA-256 · exclusive C14N`.
    #[must_use]
    pub fn description(&self) -> String {
        let canonical = match self.signature.transform {
            Method::Exclusive(_) => "exclusive C14N",
            Method::Inclusive => "inclusive C14N",
        };
        format!("{} · {} · {canonical}", self.signature.algorithm.name, self.signature.digest_name)
    }
}

/// Whether a key made this signature of octets with this hash.
fn is_by(
    algorithm: Algorithm,
    value: &[u8],
    key: &PKeyRef<Public>,
    hash: &[u8],
) -> Result<bool, ErrorStack> {
    let mut context = PkeyCtx::new(key)?;
    context.verify_init()?;
    if algorithm.key == Id::RSA {
        context.set_rsa_padding(Padding::PKCS1)?;
        context.set_signature_md(algorithm.hash.md())?;
        return context.verify(hash, value);
    }
    // XML Signature writes r and s side by side, each as long as the curve's order.
    let length = key.ec_key()?.group().order_bits().div_ceil(8) as usize;
    if value.len() != 2 * length {
        return Ok(false);
    }
    let (r, s) = value.split_at(length);
    let signature =
        EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?;
    context.verify(hash, &signature.to_der()?)
}

/// The key itself, unless its certificate has ended: a renewed certificate may hold the same key.
fn in_force<'k>(
    key: &'k TrustedKey,
    keys: &'k TrustedKeys,
    now: Time,
) -> Result<&'k TrustedKey, Rejection> {
    if !key.certificate.is_expired(now) {
        return Ok(key);
    }
    keys.iter()
        .find(|other| !other.certificate.is_expired(now) && other.key.public_eq(&key.key))
        .ok_or_else(|| {
            Rejection::new(
                Cause::CertificateExpired,
                "The certificate that made the signature has ended.",
            )
            .expected(format!("a certificate that is valid at {now}"))
            .received(format!(
                "{}, ended {}",
                key.certificate.fingerprint(),
                key.certificate.not_after()
            ))
        })
}

/// The signature covers the element that it is in, and nothing else (SAML core 5.4.2).
fn check_reference(reference: Node<'_, '_>, parent: Node<'_, '_>) -> Result<(), Rejection> {
    let id = xml::attribute(parent, "ID").unwrap_or_default();
    let uri = xml::attribute(reference, "URI");
    if !id.is_empty() && uri.and_then(|uri| uri.strip_prefix('#')) == Some(id) {
        return Ok(());
    }
    Err(Rejection::new(
        Cause::SignatureWrapping,
        "The signature covers another element than the one that it stands in.",
    )
    .expected(format!("#{id}"))
    .received(uri.unwrap_or("no reference")))
}

/// Exactly: take the signature out, then canonicalise (SAML core 5.4.4).
fn transform<'a>(transforms: Node<'a, '_>) -> Result<Method<'a>, Rejection> {
    let mut parts = Parts::of(transforms)?;
    let enveloped = parts.next(ns::SIGNATURE, "Transform")?;
    if xml::attribute(enveloped, "Algorithm") != Some(ENVELOPED) {
        return Err(parts::malformed("does not begin with the enveloped-signature transform"));
    }
    Parts::of(enveloped)?.end()?;
    let method = canonical_method(parts.next(ns::SIGNATURE, "Transform")?)?;
    parts.end()?;
    Ok(method)
}

fn canonical_method<'a>(node: Node<'a, '_>) -> Result<Method<'a>, Rejection> {
    let uri = xml::attribute(node, "Algorithm").unwrap_or_default();
    // No comment passes the scan, so the forms with and without comments are the same here.
    let method = match uri {
        "http://www.w3.org/2001/10/xml-exc-c14n#WithComments" => Method::EXCLUSIVE,
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments" => Method::INCLUSIVE,
        other => other,
    };
    let mut parts = Parts::of(node)?;
    let mut prefixes = Vec::new();
    if let Some(list) = parts.optional(Method::EXCLUSIVE, "InclusiveNamespaces") {
        let list = xml::attribute(list, "PrefixList").unwrap_or_default();
        prefixes.extend(list.split_ascii_whitespace());
    }
    parts.end()?;
    if prefixes.len() > MAX_PREFIXES {
        return Err(parts::malformed("names too many namespace prefixes"));
    }
    Method::from_uri(method, prefixes)
        .ok_or_else(|| parts::malformed("uses a transform that is not accepted").received(uri))
}

/// The first certificate in `KeyInfo`, if it is of a size that certificates have.
fn named_certificate(key_info: Node<'_, '_>) -> Option<Vec<u8>> {
    let data = xml::child(key_info, ns::SIGNATURE, "X509Data")?;
    let certificate = xml::child(data, ns::SIGNATURE, "X509Certificate")?;
    let text = xml::text(certificate).filter(|text| text.len() <= MAX_NAMED_CERTIFICATE)?;
    decode(&text)
}

/// Strict base64 with white space anywhere, as line-wrapping providers send it.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    if text.bytes().any(is_space) {
        let packed: Vec<u8> = text.bytes().filter(|byte| !is_space(*byte)).collect();
        STANDARD.decode(packed).ok()
    } else {
        STANDARD.decode(text).ok()
    }
}
