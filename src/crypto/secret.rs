//! Values that must not be printed, and are wiped when they are no longer needed.

use std::fmt;
use zeroize::Zeroizing;

/// A secret text. It prints as `[secret]`, is wiped on drop, and cannot be serialised.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters, by which a person tells one secret from another.
    #[must_use]
    pub fn last_four(&self) -> String {
        let from = self.0.chars().count().saturating_sub(4);
        self.0.chars().skip(from).collect()
    }

    /// Whether `other` is the same text, in constant time.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        super::constant_time_eq(self.0.as_bytes(), other.as_bytes())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// Secret bytes. They print as `[secret]`, are wiped on drop, and cannot be serialised.
#[derive(Clone)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    /// The bytes themselves, for the one place that needs them.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The bytes as text, if they are UTF-8.
    #[must_use]
    pub fn to_text(&self) -> Option<Secret> {
        std::str::from_utf8(&self.0).ok().map(|text| Secret::from(text.to_owned()))
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::from("hunter2-hunter2".to_owned());
        assert_eq!(format!("{secret} {secret:?}"), "[secret] [secret]");
        assert_eq!(format!("{:?}", SecretBytes::from(vec![1, 2])), "[secret]");
        assert_eq!(secret.last_four(), "ter2");
        assert_eq!(Secret::from("ab".to_owned()).last_four(), "ab");
    }

    #[test]
    fn a_secret_matches_itself_only() {
        let secret = Secret::from("open sesame".to_owned());
        assert!(secret.matches("open sesame"));
        assert!(!secret.matches("open sesamf"));
        assert!(!secret.matches(""));
    }
}
