//! An email address in its one form.

use crate::domain::{self, DomainName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest address that mail can carry (RFC 5321, 4.5.3.1.3).
const LONGEST: usize = 254;

/// An email address: the local part as it was written, the domain in its one form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    local: String,
    domain: DomainName,
}

/// Why a text is not an email address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing was given.
    #[error("An email address is missing. It looks like ann@globex.example.")]
    Empty,
    /// Not one `@` with something before it.
    #[error("An email address has one @ with a name before it and a domain after it.")]
    Shape,
    /// Longer than mail can carry.
    #[error("An email address has at most 254 characters.")]
    TooLong,
    /// A space, a control character or one that cannot be seen.
    #[error("An email address has no spaces, control characters or invisible characters.")]
    Character,
    /// What follows the `@` is not a domain.
    #[error("After the @: {0}")]
    Domain(#[from] domain::Fault),
}

impl Fault {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "required",
            _ => "email_invalid",
        }
    }
}

impl Email {
    /// Reads an address. Only ASCII white space around it is taken away: a no-break space is a fault, not nothing.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        if text.is_empty() {
            return Err(Fault::Empty);
        }
        if text.len() > LONGEST {
            return Err(Fault::TooLong);
        }
        if text.chars().any(domain::is_unseen) {
            return Err(Fault::Character);
        }
        let (local, domain) = text.split_once('@').ok_or(Fault::Shape)?;
        // Quoted local parts and comments (RFC 5322) could hide a second address.
        if local.is_empty()
            || local.contains(['"', '<', '>', '(', ')', ',', ';', ':', '\\', '[', ']'])
        {
            return Err(Fault::Shape);
        }
        if domain.is_empty() || domain.contains('@') {
            return Err(Fault::Shape);
        }
        let email = Self { local: local.to_owned(), domain: DomainName::parse(domain)? };
        if email.local.len() + 1 + email.domain.as_str().len() > LONGEST {
            return Err(Fault::TooLong);
        }
        Ok(email)
    }

    /// What stands before the `@`, as it was written.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The domain after the `@`.
    #[must_use]
    pub fn domain(&self) -> &DomainName {
        &self.domain
    }

    /// The form in which two addresses are compared.
    ///
    /// Only ASCII letters are folded. Unicode's lower case would turn the Kelvin sign into `k`, and so one person's
    /// address into another's.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}@{}", self.local.to_ascii_lowercase(), self.domain)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl TryFrom<String> for Email {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_has_one_form() {
        for (text, form) in [
            ("ann@globex.example", "ann@globex.example"),
            (" Ann.Lee+x@Globex.Example\n", "Ann.Lee+x@globex.example"),
            ("o'brien@globex.example", "o'brien@globex.example"),
            ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
        ] {
            assert_eq!(Email::parse(text).unwrap().to_string(), form);
        }
    }

    #[test]
    fn what_is_no_email_is_refused() {
        for text in [
            "",
            " ",
            "ann",
            "@globex.example",
            "ann@",
            "ann@@globex.example",
            "ann@b@globex.example",
            "ann@globex",
            "ann@[192.0.2.1]",
            "ann@192.0.2.1",
            "ann lee@globex.example",
            "ann@globex.example\u{a0}",
            "\u{feff}ann@globex.example",
            "a\u{200b}nn@globex.example",
            "ann\u{202e}@globex.example",
            "ann\u{0}@globex.example",
            "ann@globex.example\u{0}",
            "\"ann@evil.example\"@globex.example",
            "Ann <ann@globex.example>",
            "ann@globex.example,b",
            "mailto:ann@globex.example",
            "ann(x)@globex.example",
            "ann@globex.example.",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Email::parse(&format!("{}@a.example", "a".repeat(250))), Err(Fault::TooLong));
        // Longer once the domain is in ASCII.
        let text = format!("{}@{}example", "a".repeat(170), "ü.".repeat(20));
        assert!(text.len() <= LONGEST);
        assert_eq!(Email::parse(&text), Err(Fault::TooLong));
    }

    #[test]
    fn addresses_are_compared_without_case_of_ascii_letters_only() {
        let key = |text| Email::parse(text).unwrap().key();
        assert_eq!(key("Ann@Globex.example"), key("ann@globex.EXAMPLE"));
        assert_ne!(key("\u{212a}im@globex.example"), key("kim@globex.example"));
    }

    proptest::proptest! {
        #[test]
        fn an_email_reads_back_as_itself(text in "\\PC{0,20}@\\PC{1,12}(\\.|。)[a-zA-Z]{1,6}") {
            if let Ok(email) = Email::parse(&text) {
                proptest::prop_assert_eq!(Email::parse(&email.to_string()), Ok(email));
            }
        }
    }
}
