//! Tokens that other products made, as far as they go on working: by which hash each is looked up.

use super::token::{TokenHash, hash, hash_of};

/// A product whose customers can be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Maker {
    /// Ory Polis, which was SAML Jackson.
    Polis,
    /// `SSOReady`.
    SsoReady,
}

/// What a token of `SSOReady` begins with.
const SSOREADY: &str = "ssoready_scim_bearer_token_";
/// 36^25 is more than 2^128.
const SSOREADY_DIGITS: usize = 25;
/// What is shorter could be guessed.
const SHORTEST: usize = 20;
const LONGEST: usize = 200;

/// By what a directory's token of another product is looked up. `None`: that product makes none like it.
///
/// It is never one of ours, so nothing that we made is looked up twice.
#[must_use]
pub fn foreign_hash(maker: Maker, token: &str) -> Option<TokenHash> {
    if token.starts_with(super::SCIM_TOKEN) {
        return None;
    }
    match maker {
        Maker::Polis => {
            let is_one = (SHORTEST..=LONGEST).contains(&token.len())
                && token.bytes().all(|byte| byte.is_ascii_graphic());
            is_one.then(|| hash(token))
        }
        // The product keeps the SHA-256 of the 16 octets that the digits stand for.
        Maker::SsoReady => {
            let digits = token.strip_prefix(SSOREADY)?;
            let is_digit = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase();
            if digits.len() != SSOREADY_DIGITS || !digits.bytes().all(is_digit) {
                return None;
            }
            let number = u128::from_str_radix(digits, 36).ok()?;
            Some(hash_of(&super::sha256(&number.to_be_bytes())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_ssoready_is_known_by_what_its_digits_stand_for() {
        let token = |digits: &str| format!("{SSOREADY}{digits}");
        let one = foreign_hash(Maker::SsoReady, &token(&format!("{:0>25}", "10"))).unwrap();
        let mut octets = [0_u8; 16];
        octets[15] = 36;
        assert_eq!(one, hash_of(&crate::crypto::sha256(&octets)));
        for wrong in ["", "1", &"0".repeat(26), &"Z".repeat(25), &"z".repeat(25), &"+".repeat(25)] {
            assert!(foreign_hash(Maker::SsoReady, &token(wrong)).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_token_of_ours_is_none_of_another_product() {
        let ours = crate::crypto::token(crate::crypto::SCIM_TOKEN);
        assert!(foreign_hash(Maker::Polis, ours.reveal()).is_none());
        assert!(foreign_hash(Maker::Polis, "too-short").is_none());
        assert!(foreign_hash(Maker::Polis, "AbCdEfGhIjKlMnOpQrStUv").is_some());
    }
}
