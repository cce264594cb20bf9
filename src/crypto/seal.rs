//! Secrets that we must read again are sealed: AES-256-GCM, bound to their place in the database.

use super::secret::{Secret, SecretBytes};
use crate::error::{Error, Result};
use anyhow::anyhow;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::symm::{self, Cipher};
use std::fmt;

const NONCE: usize = 12;
const TAG: usize = 16;

/// The key of all sealed secrets, and the one before it while a rotation is under way.
#[derive(Clone)]
pub struct MasterKey {
    current: Key,
    previous: Option<Key>,
}

/// Where a sealed secret is kept. Moved to another place, it does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The ID of the row.
    pub row: &'a str,
}

#[derive(Clone)]
struct Key {
    /// Tells which key sealed a value; says nothing about the key itself.
    id: String,
    root: SecretBytes,
    seal: SecretBytes,
}

impl MasterKey {
    /// Makes a new key, as the base64 text that the configuration takes.
    #[must_use]
    pub fn generate() -> Secret {
        Secret::from(STANDARD.encode(super::random::<32>()))
    }

    /// Reads the current key, and the previous one during a rotation: 32 bytes each, in base64.
    pub fn from_base64(current: &str, previous: Option<&str>) -> Result<Self> {
        Ok(Self {
            current: Key::parse(current, "/secrets/master_key")?,
            previous: previous
                .map(|text| Key::parse(text, "/secrets/master_key_previous"))
                .transpose()?,
        })
    }

    /// Seals a secret for one place: `v1.`, key ID, `.`, base64url of nonce, ciphertext and tag.
    pub fn seal(&self, plaintext: &[u8], place: &Place<'_>) -> Result<String> {
        let key = &self.current;
        let nonce = super::random::<NONCE>();
        let mut tag = [0; TAG];
        let sealed = symm::encrypt_aead(
            Cipher::aes_256_gcm(),
            key.seal.reveal(),
            Some(&nonce),
            &place.bytes(),
            plaintext,
            &mut tag,
        )
        .map_err(super::internal)?;
        let body = URL_SAFE_NO_PAD.encode([&nonce[..], &sealed, &tag].concat());
        Ok(format!("v1.{}.{body}", key.id))
    }

    /// Opens what was sealed for this place, by the current key or the previous one.
    pub fn open(&self, sealed: &str, place: &Place<'_>) -> Result<SecretBytes> {
        let fault = |why: &str| {
            Error::Internal(anyhow!("{}.{} of {}: {why}", place.table, place.column, place.row))
        };
        let (id, body) = sealed
            .strip_prefix("v1.")
            .and_then(|rest| rest.split_once('.'))
            .ok_or_else(|| fault("is not a sealed secret"))?;
        let key = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .find(|key| key.id == id)
            .ok_or_else(|| fault("was sealed with a master key that is not configured"))?;
        let body = URL_SAFE_NO_PAD.decode(body).map_err(|_| fault("is damaged"))?;
        let (nonce, rest) = body.split_at_checked(NONCE).ok_or_else(|| fault("is too short"))?;
        let (text, tag) = rest
            .len()
            .checked_sub(TAG)
            .and_then(|at| rest.split_at_checked(at))
            .ok_or_else(|| fault("is too short"))?;
        let cipher = Cipher::aes_256_gcm();
        symm::decrypt_aead(cipher, key.seal.reveal(), Some(nonce), &place.bytes(), text, tag)
            .map(SecretBytes::from)
            .map_err(|_| fault("does not open: damaged, or moved from another place"))
    }

    /// Whether this was sealed with the current key, so that a rotation may pass it by.
    #[must_use]
    pub fn is_current(&self, sealed: &str) -> bool {
        sealed.strip_prefix("v1.").and_then(|rest| rest.split_once('.')).map(|(id, _)| id)
            == Some(self.current.id.as_str())
    }

    /// A key for one other purpose, such as signing a cookie: it tells nothing about this key or any other purpose's.
    pub fn derive(&self, purpose: &str) -> Result<SecretBytes> {
        derive(self.current.root.reveal(), purpose)
    }

    /// [`Self::derive`] from the previous key, so that what it signed is still known during a rotation.
    pub fn derive_previous(&self, purpose: &str) -> Result<Option<SecretBytes>> {
        self.previous.as_ref().map(|key| derive(key.root.reveal(), purpose)).transpose()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Place<'_> {
    /// The associated data. Table and column are names in our source without NUL, so no two places look alike.
    fn bytes(&self) -> Vec<u8> {
        [self.table, self.column, self.row].join("\0").into_bytes()
    }
}

impl Key {
    fn parse(text: &str, pointer: &str) -> Result<Self> {
        let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
        let root = SecretBytes::from(bytes);
        if root.reveal().len() != 32 {
            return Err(Error::invalid(
                pointer,
                "master_key_invalid",
                "A master key is 32 random bytes in base64. `openssl rand -base64 32` makes one.",
            ));
        }
        let id = derive(root.reveal(), "key id")?;
        let id = super::hex(id.reveal().get(..4).unwrap_or_default());
        Ok(Self { id, seal: derive(root.reveal(), "seal")?, root })
    }
}

fn derive(root: &[u8], purpose: &str) -> Result<SecretBytes> {
    let key = super::hmac_sha256(root, format!("vestibule {purpose}").as_bytes())?;
    Ok(SecretBytes::from(key.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { table: "applications", column: "client_secret", row: "app_1" };

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; 32])
    }

    #[test]
    fn a_sealed_secret_opens_at_its_place() {
        let master = MasterKey::from_base64(&key(1), None).unwrap();
        let sealed = master.seal(b"top secret", &PLACE).unwrap();
        assert!(sealed.starts_with("v1."));
        assert_eq!(master.open(&sealed, &PLACE).unwrap().reveal(), b"top secret");
        assert_ne!(sealed, master.seal(b"top secret", &PLACE).unwrap());
    }

    #[test]
    fn a_sealed_secret_does_not_open_anywhere_else() {
        let master = MasterKey::from_base64(&key(1), None).unwrap();
        let sealed = master.seal(b"top secret", &PLACE).unwrap();
        for other in [
            Place { table: "connections", ..PLACE },
            Place { column: "other", ..PLACE },
            Place { row: "app_2", ..PLACE },
        ] {
            assert!(master.open(&sealed, &other).is_err());
        }
    }

    #[test]
    fn a_damaged_secret_does_not_open() {
        let master = MasterKey::from_base64(&key(1), None).unwrap();
        let sealed = master.seal(b"", &PLACE).unwrap();
        assert_eq!(master.open(&sealed, &PLACE).unwrap().reveal(), b"");
        let body = sealed.rsplit_once('.').unwrap();
        let mut bytes = URL_SAFE_NO_PAD.decode(body.1).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            let damaged = format!("{}.{}", body.0, URL_SAFE_NO_PAD.encode(&bytes));
            assert!(master.open(&damaged, &PLACE).is_err());
            bytes[at] ^= 1;
        }
        for damaged in ["", "v1.", "v1..", "v1.x.y", "v2.x.y", &sealed[..sealed.len() - 1]] {
            assert!(master.open(damaged, &PLACE).is_err(), "{damaged}");
        }
        let short = format!("{}.{}", body.0, URL_SAFE_NO_PAD.encode([0; 27]));
        assert!(master.open(&short, &PLACE).is_err());
    }

    #[test]
    fn a_rotated_key_still_opens_and_seals_no_more() {
        let old = MasterKey::from_base64(&key(1), None).unwrap();
        let sealed = old.seal(b"top secret", &PLACE).unwrap();
        let rotating = MasterKey::from_base64(&key(2), Some(&key(1))).unwrap();
        assert_eq!(rotating.open(&sealed, &PLACE).unwrap().reveal(), b"top secret");
        assert!(!rotating.is_current(&sealed));
        let again = rotating.seal(b"top secret", &PLACE).unwrap();
        assert!(rotating.is_current(&again));
        assert!(old.open(&again, &PLACE).is_err());
        let cookie = old.derive("cookie").unwrap();
        let previous = rotating.derive_previous("cookie").unwrap().unwrap();
        assert_eq!(previous.reveal(), cookie.reveal());
        assert_ne!(rotating.derive("cookie").unwrap().reveal(), cookie.reveal());
        assert_ne!(old.derive("other").unwrap().reveal(), cookie.reveal());
    }

    #[test]
    fn a_master_key_has_32_bytes_and_is_never_printed() {
        let generated = MasterKey::generate();
        let master = MasterKey::from_base64(generated.reveal(), None).unwrap();
        assert_eq!(format!("{master:?}"), "[secret]");
        for bad in ["", "c2hvcnQ=", "not base64!", &STANDARD.encode([0; 33])] {
            assert!(matches!(MasterKey::from_base64(bad, None), Err(Error::Invalid(_))));
        }
    }
}
