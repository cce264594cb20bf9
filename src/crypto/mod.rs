//! All cryptography goes through here, and from here to OpenSSL: random, hashes, sealed secrets, tokens, keys. Passwords
//! alone are hashed by the crate `argon2`, the codes of authenticator apps are those of `totp-rs`, and passkeys are checked
//! by `webauthn-rs`, which is built on OpenSSL.

mod app_key;
mod foreign;
mod key;
mod paper;
mod passkey;
mod password;
mod seal;
mod secret;
mod token;
mod webhook;

pub use app_key::AppKey;
pub use foreign::{Maker, foreign_hash};
pub use key::{Algorithm, PrivateKey, PublicKey};
pub use paper::{paper_code, read_paper_code};
pub use passkey::{Asked, Made, Proof, RelyingParty};
pub use password::{hash_password, is_password};
pub use seal::{MasterKey, Place};
pub use secret::{Secret, SecretBytes};
pub use token::hash_of;
pub use token::{
    ACCESS_TOKEN, API_KEY, ARRIVAL, BREAK_GLASS, CEREMONY, CLIENT_SECRET, CODE, MACHINE_TOKEN,
    MEMBER, MEMBER_LINK, PORTAL, RECOVERY, REFRESH_TOKEN, SCIM_TOKEN, SESSION, SETUP_LINK,
    TokenHash, hash, token, well_formed,
};
pub use webhook::{WEBHOOK_SECRET, WebhookKey, webhook_secret};

use crate::error::{Error, Result};
use openssl::error::ErrorStack;
use openssl::sha::Sha256;
use zeroize::Zeroizing;

/// Fills an array with random bytes.
///
/// Without a source of randomness nothing here is safe, so the process ends if there is none.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if openssl::rand::rand_bytes(&mut bytes).is_err() {
        tracing::error!("The system gives no random bytes; nothing secure can be done without.");
        std::process::abort();
    }
    bytes
}

/// An ID for an XML message: `_` and 40 hexadecimal digits, an `xs:ID` with 160 random bits (SAML core 1.3.4).
#[must_use]
pub fn random_id() -> String {
    format!("_{}", hex(&random::<20>()))
}

/// The SHA-256 digest.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    // In one call OpenSSL would look for its implementation by name each time.
    let mut sha = Sha256::new();
    sha.update(data);
    sha.finish()
}

/// The HMAC-SHA256 of `data` under `key` (RFC 2104). An empty key is an error.
///
/// OpenSSL has it too, but reads the key and looks for both algorithms by name each time.
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> Result<[u8; 32]> {
    if key.is_empty() {
        return Err(Error::Internal(anyhow::anyhow!("an empty key")));
    }
    let mut block = Zeroizing::new([0; 64]);
    let hashed = Zeroizing::new(sha256(key));
    let fitting = if key.len() > block.len() { &*hashed } else { key };
    block.iter_mut().zip(fitting).for_each(|(to, from)| *to = *from);
    let half = |pad: u8, data: &[u8]| {
        let mut sha = Sha256::new();
        sha.update(&*Zeroizing::new(block.map(|byte| byte ^ pad)));
        sha.update(data);
        sha.finish()
    };
    Ok(half(0x5c, &half(0x36, data)))
}

/// Compares without telling by its duration where the first difference is. The length is no secret.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && openssl::memcmp::eq(a, b)
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit =
        |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 15));
    }
    text
}

fn internal(error: ErrorStack) -> Error {
    Error::Internal(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_that_of_rfc_4231() {
        let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?").unwrap();
        assert_eq!(hex(&mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let mac = hmac_sha256(&[0xaa; 131], long).unwrap();
        assert_eq!(hex(&mac), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn hmac_is_that_of_openssl() {
        for length in [1, 63, 64, 65, 200] {
            let (key, data) = (vec![7; length], random::<32>());
            let theirs = openssl::pkey::PKey::hmac(&key).unwrap();
            let digest = openssl::hash::MessageDigest::sha256();
            let mut signer = openssl::sign::Signer::new(digest, &theirs).unwrap();
            let theirs = signer.sign_oneshot_to_vec(&data).unwrap();
            assert_eq!(hmac_sha256(&key, &data).unwrap().to_vec(), theirs);
        }
    }

    #[test]
    fn an_empty_key_is_no_key() {
        assert!(hmac_sha256(b"", b"data").is_err());
    }

    #[test]
    fn different_lengths_are_different() {
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abcd"));
        assert!(!constant_time_eq(b"abc", b"abd"));
    }

    #[test]
    fn an_xml_id_begins_with_an_underscore_and_has_160_bits() {
        let id = random_id();
        assert_eq!(id.len(), 41);
        assert!(id.starts_with('_'));
        assert_ne!(id, random_id());
    }
}
