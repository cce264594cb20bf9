//! Passwords of members: Argon2id (RFC 9106), with the memory and rounds that OWASP recommends.

use crate::error::{Error, Result};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// How a hash begins: algorithm, version, memory in KiB, rounds, lanes.
const HEAD: &str = "$argon2id$v=19$m=19456,t=2,p=1$";
const MEMORY: u32 = 19_456;
const ROUNDS: u32 = 2;
const LANES: u32 = 1;
const LENGTH: usize = 32;

/// What is stored of a password, in the form that PHC proposes. Takes some ten milliseconds and 19 MiB.
pub fn hash_password(password: &str) -> Result<String> {
    let salt = super::random::<16>();
    let hash = derive(password, &salt)?;
    Ok(format!("{HEAD}{}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash)))
}

/// Whether this is the password of the hash. Where there is no hash it takes as long and is not.
pub fn is_password(password: &str, stored: Option<&str>) -> Result<bool> {
    let parts = stored.and_then(|stored| stored.strip_prefix(HEAD)?.split_once('$'));
    let parts = parts.and_then(|(salt, hash)| {
        Some((STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(hash).ok()?))
    });
    let is_known = parts.is_some();
    let (salt, hash) = parts.unwrap_or_else(|| (vec![0; 16], vec![0; LENGTH]));
    let is_same = super::constant_time_eq(&derive(password, &salt)?, &hash);
    Ok(is_known && is_same)
}

fn derive(password: &str, salt: &[u8]) -> Result<[u8; LENGTH]> {
    let failed = |error: argon2::Error| Error::Internal(anyhow::anyhow!("Argon2: {error}"));
    let params = Params::new(MEMORY, ROUNDS, LANES, Some(LENGTH)).map_err(failed)?;
    let mut hash = [0; LENGTH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut hash)
        .map_err(failed)?;
    Ok(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_fits_its_hash() {
        let hash = hash_password("a horse and a staple").unwrap();
        assert!(is_password("a horse and a staple", Some(&hash)).unwrap());
        assert!(!is_password("a horse and a stable", Some(&hash)).unwrap());
        assert_ne!(hash, hash_password("a horse and a staple").unwrap());
        for damaged in [None, Some(""), Some("$argon2id$"), Some("plain"), hash.get(..40)] {
            assert!(!is_password("a horse and a staple", damaged).unwrap(), "{damaged:?}");
        }
    }
}
