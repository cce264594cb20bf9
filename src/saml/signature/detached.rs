//! A signature over octets, as the query of a redirect carries one (SAML bindings 3.4.4.1).

use super::{MAX_KEYS_TRIED, algorithm, decode, in_force, is_by, parts};
use crate::cause::Cause;
use crate::clock::Time;
use crate::saml::certificate::{TrustedKey, TrustedKeys};
use crate::saml::check::Rejection;
use openssl::ecdsa::EcdsaSig;
use openssl::pkey::{Id, PKeyRef, Public};

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
    let key = found.ok_or_else(|| {
        Rejection::new(
            Cause::SignatureInvalid,
            "The signature does not fit the message, with any certificate of the connection.",
        )
        .expected("a signature by a certificate of the connection")
        .received(algorithm.name)
    })?;
    in_force(key, keys, now)
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
