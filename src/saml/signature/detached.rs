//! A signature over octets, as the query of a redirect carries one (SAML bindings 3.4.4.1).

use super::algorithm::Algorithm;
use super::{MAX_KEYS_TRIED, algorithm, decode, in_force, is_by, parts};
use crate::cause::Cause;
use crate::clock::Time;
use crate::saml::certificate::{TrustedKey, TrustedKeys};
use crate::saml::check::Rejection;
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKeyRef, Public};
use openssl::rsa::Padding;
use std::ops::RangeInclusive;

/// How long a signature of an RSA key is that a certificate may have.
const RSA_OCTETS: RangeInclusive<usize> = 256..=2048;

/// Finds the key among `keys` that signed `octets` with the algorithm of that URI. `signature` is base64.
pub fn verify_octets<'k>(
    octets: &[u8],
    uri: &str,
    signature: &str,
    keys: &'k TrustedKeys,
    allow_sha1: bool,
    now: Time,
) -> Result<&'k TrustedKey, Rejection> {
    let algorithm = algorithm::of_uri(uri, allow_sha1)?;
    let value = decode(signature)
        .filter(|value| !value.is_empty())
        .ok_or_else(|| parts::malformed("is not base64"))?;
    let hash = algorithm.hash.of(octets);
    let found =
        keys.iter().filter(|key| key.key.id() == algorithm.key).take(MAX_KEYS_TRIED).find(|key| {
            let fits = |value: &[u8]| is_by(algorithm, value, &key.key, &hash).unwrap_or(false);
            fits(&value) || side_by_side(&value, &key.key).is_some_and(|value| fits(&value))
        });
    let key = found.ok_or_else(|| no_key_fits(algorithm, &value, keys))?;
    in_force(key, keys, now)
}

/// Why no key fits. A query names no certificate, but an RSA signature opens with the key that made it, whatever it was made
/// of, and with no other. A signature of ECDSA does not tell.
fn no_key_fits(algorithm: Algorithm, value: &[u8], keys: &TrustedKeys) -> Rejection {
    let of_kind = keys.iter().filter(|key| key.key.id() == algorithm.key);
    let is_signature = algorithm.key != Id::RSA || RSA_OCTETS.contains(&value.len());
    let is_known =
        |key: &TrustedKey| algorithm.key != Id::RSA || opens(&key.key, value).unwrap_or(false);
    let is_unknown = is_signature && !of_kind.take(MAX_KEYS_TRIED).any(is_known);
    let (cause, detail) = if is_unknown {
        (
            Cause::CertificateUnknown,
            "The signature is by a certificate that the connection does not know.",
        )
    } else {
        (
            Cause::SignatureInvalid,
            "The signature does not fit the message, with any certificate of the connection.",
        )
    };
    Rejection::new(cause, detail)
        .expected("a signature by a certificate of the connection")
        .received(algorithm.name)
}

/// Whether an RSA signature has the padding that only its own key shows (RFC 8017, 9.2).
fn opens(key: &PKeyRef<Public>, value: &[u8]) -> Result<bool, ErrorStack> {
    let rsa = key.rsa()?;
    let mut opened = vec![0; usize::try_from(rsa.size()).unwrap_or_default()];
    Ok(rsa.public_decrypt(value, &mut opened, Padding::PKCS1).is_ok())
}

/// An ECDSA signature in DER, as some libraries put it into a query, in the form of RFC 9231, 2.3.6.
fn side_by_side(value: &[u8], key: &PKeyRef<Public>) -> Option<Vec<u8>> {
    if key.id() != Id::EC {
        return None;
    }
    let width = i32::try_from(key.ec_key().ok()?.group().order_bits().div_ceil(8)).ok()?;
    let signature = EcdsaSig::from_der(value).ok()?;
    let mut octets = signature.r().to_vec_padded(width).ok()?;
    octets.extend(signature.s().to_vec_padded(width).ok()?);
    Some(octets)
}
