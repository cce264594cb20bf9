//! Tokens that we issue: random, with a prefix and a checksum that scanners recognise, stored as a hash.

use super::secret::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Crc;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Prefix of an API key of a live environment.
pub const API_KEY: &str = "vst_live_";
/// Prefix of an application's client secret.
pub const CLIENT_SECRET: &str = "cs_";
/// Prefix of a directory's token.
pub const SCIM_TOKEN: &str = "scim_";
/// Prefix of a setup link's token.
pub const SETUP_LINK: &str = "sl_";
/// Prefix of the value by which a browser is let into the portal.
pub const PORTAL: &str = "po_";
/// Prefix of an authorization code.
pub const CODE: &str = "ac_";
/// Prefix of an access token.
pub const ACCESS_TOKEN: &str = "at_";
/// Prefix of an access token that an application got for itself.
pub const MACHINE_TOKEN: &str = "mt_";
/// Prefix of a refresh token.
pub const REFRESH_TOKEN: &str = "rt_";
/// Prefix of a break-glass code.
pub const BREAK_GLASS: &str = "bg";
/// Prefix of a member's cookie at the console.
pub const MEMBER: &str = "ms_";
/// Prefix of the cookie of a browser that owes the second step at the console.
pub const ARRIVAL: &str = "ma_";
/// Prefix of what the answer to a question for a passkey brings along.
pub const CEREMONY: &str = "mc_";
/// Prefix of a member's recovery code.
pub const RECOVERY: &str = "rc";
/// Prefix of a link by which a member chooses a password, or signs in once.
pub const MEMBER_LINK: &str = "ml_";
/// Prefix of a session's cookie.
pub const SESSION: &str = "ss_";

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^30 is more than 2^178.
const RANDOM: usize = 30;
/// 62^6 is more than 2^32.
const CHECKSUM: usize = 6;
const PLACES: [u32; CHECKSUM] = [916_132_832, 14_776_336, 238_328, 3844, 62, 1];

/// What is stored of a token: its SHA-256 in base64url. A token is random, so no salt and no slow hash is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    /// The text, as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, as it is stored.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<String> for TokenHash {
    /// A hash that was stored.
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Makes a token: the prefix, 30 random base-62 digits (178 bits), 6 digits CRC-32 of all before them.
#[must_use]
pub fn token(prefix: &str) -> Secret {
    let mut text = String::with_capacity(prefix.len() + RANDOM + CHECKSUM);
    text.push_str(prefix);
    let end = prefix.len() + RANDOM;
    while text.len() < end {
        for byte in super::random::<32>() {
            // 248 is the largest multiple of 62 in a byte: taking the rest too would favour some digits.
            if text.len() < end && byte < 248 {
                text.push(digit(u32::from(byte)));
            }
        }
    }
    let check = checksum(&text);
    text.push_str(&check);
    Secret::from(text)
}

/// Whether this has the shape of a token with this prefix, so that a typing error needs no look at the database.
#[must_use]
pub fn well_formed(prefix: &str, text: &str) -> bool {
    let Some(body) = text.strip_prefix(prefix) else { return false };
    if body.len() != RANDOM + CHECKSUM || !body.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    text.split_at_checked(prefix.len() + RANDOM)
        .is_some_and(|(before, check)| checksum(before) == check)
}

/// What to store of a token, and to look it up by.
#[must_use]
pub fn hash(token: &str) -> TokenHash {
    TokenHash(URL_SAFE_NO_PAD.encode(super::sha256(token.as_bytes())))
}

/// What is stored of a token of which only the SHA-256 is known.
#[must_use]
pub fn hash_of(digest: &[u8; 32]) -> TokenHash {
    TokenHash(URL_SAFE_NO_PAD.encode(digest))
}

fn checksum(text: &str) -> String {
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    let sum = crc.sum();
    PLACES.iter().map(|place| digit(sum / place)).collect()
}

fn digit(value: u32) -> char {
    DIGITS.get((value % 62) as usize).copied().map_or('0', char::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_by_prefix_and_checksum() {
        for prefix in [API_KEY, CLIENT_SECRET, CODE, ACCESS_TOKEN, MACHINE_TOKEN, REFRESH_TOKEN] {
            let made = token(prefix);
            let text = made.reveal();
            assert!(well_formed(prefix, text), "{text}");
            assert_eq!(text.len(), prefix.len() + 36);
            assert!(!well_formed("xx_", text));
            assert!(!well_formed(prefix, &text[..text.len() - 1]));
            assert!(!well_formed(prefix, &format!("{text}0")));
            assert_ne!(text, token(prefix).reveal());
        }
    }

    #[test]
    fn one_wrong_letter_breaks_the_checksum() {
        let made = token(CODE);
        let text = made.reveal();
        for at in CODE.len()..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            assert!(!well_formed(CODE, std::str::from_utf8(&bytes).unwrap()));
        }
        assert!(!well_formed(CODE, "ac_ä"));
        assert!(!well_formed(CODE, &format!("ac_{}", "é".repeat(18))));
    }

    #[test]
    fn a_hash_is_sha256_in_base64url() {
        assert_eq!(hash("abc").as_str(), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }

    #[test]
    fn every_digit_turns_up() {
        let text: String = (0..100).map(|_| token("").reveal()[..RANDOM].to_owned()).collect();
        assert!(DIGITS.iter().all(|digit| text.as_bytes().contains(digit)));
    }

    #[test]
    fn a_checksum_is_crc32_in_six_base_62_digits() {
        // CRC-32 of "123456789" is 0xCBF43926 = 3421780262.
        assert_eq!(checksum("123456789"), "3jZRME");
    }
}
