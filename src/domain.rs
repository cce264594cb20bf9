//! The name of a DNS domain: an email's right-hand side, and what a customer owns.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::Ipv4Addr;

/// A domain name in its one form: ASCII (IDNA, UTS 46), lower-case, with a dot, without one at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

/// Why a text is not a domain name, or not one that a customer may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing was given.
    #[error("A domain name is missing. It looks like globex.example.")]
    Empty,
    /// An address of a page or of a person.
    #[error(
        "“{0}” is not a domain name alone. Leave out https://, paths, ports and everything before an @."
    )]
    NotAlone(String),
    /// A host of the local network.
    #[error("“{0}” has no dot. A domain name looks like globex.example.")]
    NoDot(String),
    /// A number, not a name.
    #[error(
        "“{0}” is an IP address. A domain name is needed, as in the part of an email after the @."
    )]
    Address(String),
    /// Characters or lengths that DNS does not allow.
    #[error("“{0}” is not a valid domain name. Letters, digits, hyphens and dots are allowed.")]
    Invalid(String),
    /// A mail provider's domain, which belongs to no customer.
    #[error(
        "{0} is shared by people of many companies, so no single one can own it. Use the company's own domain."
    )]
    Shared(String),
}

impl Fault {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::Shared(_) => "domain_shared",
            _ => "domain_invalid",
        }
    }
}

impl DomainName {
    /// Reads a name as people write it: any case, any script, spaces around it.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
        let shown = || text.chars().take(80).collect::<String>();
        if text.is_empty() {
            return Err(Fault::Empty);
        }
        if text.contains(['/', '@', ':', '?', '#', '[', ']']) {
            return Err(Fault::NotAlone(shown()));
        }
        if text.chars().any(is_unseen) {
            return Err(Fault::Invalid(shown()));
        }
        let ascii = Uts46::new()
            .to_ascii(
                text.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Verify,
            )
            .map_err(|_| Fault::Invalid(shown()))?;
        if ascii.parse::<Ipv4Addr>().is_ok() {
            return Err(Fault::Address(shown()));
        }
        let Some((_, last)) = ascii.rsplit_once('.') else {
            return Err(Fault::NoDot(shown()));
        };
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Fault::Invalid(shown()));
        }
        Ok(Self(ascii.into_owned()))
    }

    /// Reads a name that one customer is to own: not a mail provider's, which strangers share.
    pub fn parse_owned(text: &str) -> Result<Self, Fault> {
        let domain = Self::parse(text)?;
        if domain.is_shared_mail() {
            return Err(Fault::Shared(domain.0));
        }
        Ok(domain)
    }

    /// The name, as it is stored and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as people read it, in its own script.
    #[must_use]
    pub fn to_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// Whether everybody can have an address here: a public mail provider, or a part of its domain.
    #[must_use]
    pub fn is_shared_mail(&self) -> bool {
        SHARED_MAIL.iter().any(|shared| {
            self.0.strip_suffix(shared).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

/// Characters that a reader does not see, or that turn the reading direction: two names could look alike.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{e0000}'..='\u{e0fff}')
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for DomainName {
    type Error = Fault;

    fn try_from(text: String) -> Result<Self, Fault> {
        Self::parse(&text)
    }
}

impl From<DomainName> for String {
    fn from(domain: DomainName) -> Self {
        domain.0
    }
}

/// Mail providers for the public. Not complete, and need not be: a domain is live only once it is verified or vouched for.
#[rustfmt::skip]
const SHARED_MAIL: &[&str] = &[
    "126.com", "139.com", "163.com", "aim.com", "aol.com", "att.net", "bellsouth.net", "bluewin.ch", "bt.com",
    "btinternet.com", "charter.net", "comcast.net", "cox.net", "daum.net", "duck.com", "earthlink.net",
    "fastmail.com", "fastmail.fm", "foxmail.com", "free.fr", "freenet.de", "gmail.com", "gmx.at", "gmx.ch",
    "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hanmail.net", "hey.com", "hotmail.ca", "hotmail.co.uk",
    "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it", "hushmail.com", "icloud.com",
    "inbox.com", "juno.com", "laposte.net", "libero.it", "list.ru", "live.ca", "live.co.uk", "live.com",
    "live.de", "live.fr", "live.nl", "mac.com", "mail.com", "mail.de", "mail.ru", "mailbox.org", "me.com",
    "msn.com", "naver.com", "orange.fr", "outlook.com", "outlook.de", "outlook.fr", "pm.me", "posteo.de",
    "proton.me", "protonmail.ch", "protonmail.com", "qq.com", "rediffmail.com", "rocketmail.com", "sbcglobal.net",
    "seznam.cz", "sfr.fr", "shaw.ca", "sina.com", "sky.com", "t-online.de", "talktalk.net", "tiscali.it",
    "tuta.com", "tutanota.com", "uol.com.br", "verizon.net", "virgilio.it", "virginmedia.com", "wanadoo.fr",
    "web.de", "wp.pl", "yahoo.ca", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.com.au",
    "yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it", "yandex.com", "yandex.ru", "yeah.net",
    "ymail.com", "zoho.com", "zohomail.com",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_has_one_form() {
        for (text, form) in [
            ("globex.example", "globex.example"),
            (" Globex.EXAMPLE \r\n", "globex.example"),
            ("Bücher.Example", "xn--bcher-kva.example"),
            ("BU\u{308}CHER.example", "xn--bcher-kva.example"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("globex。example", "globex.example"),
            ("a--b.example", "a--b.example"),
        ] {
            assert_eq!(DomainName::parse(text).unwrap().as_str(), form, "{text}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        for (text, code) in [
            ("", "required"),
            ("  ", "required"),
            ("localhost", "domain_invalid"),
            ("globex.example.", "domain_invalid"),
            (".globex.example", "domain_invalid"),
            ("globex..example", "domain_invalid"),
            ("https://globex.example", "domain_invalid"),
            ("ann@globex.example", "domain_invalid"),
            ("globex.example:443", "domain_invalid"),
            ("192.0.2.1", "domain_invalid"),
            ("１９２.0.2.1", "domain_invalid"),
            ("192.0.2.1.5", "domain_invalid"),
            ("[2001:db8::1]", "domain_invalid"),
            ("glo bex.example", "domain_invalid"),
            ("glo\u{200b}bex.example", "domain_invalid"),
            ("glo\u{ad}bex.example", "domain_invalid"),
            ("\u{202e}globex.example", "domain_invalid"),
            ("globex_.example", "domain_invalid"),
            ("-globex.example", "domain_invalid"),
            ("xn--a.example", "domain_invalid"),
            ("globex.\u{0}example", "domain_invalid"),
        ] {
            assert_eq!(DomainName::parse(text).unwrap_err().code(), code, "{text:?}");
        }
        assert!(DomainName::parse(&format!("{}.example", "a".repeat(64))).is_err());
        assert!(DomainName::parse(&format!("{}example", "a.".repeat(130))).is_err());
    }

    #[test]
    fn a_shared_mail_domain_belongs_to_no_customer() {
        for text in ["gmail.com", "GMAIL.com", "mail.yahoo.co.uk", "outlook.com"] {
            assert_eq!(DomainName::parse_owned(text).unwrap_err().code(), "domain_shared");
            assert!(DomainName::parse(text).is_ok());
        }
        assert!(DomainName::parse_owned("notgmail.com").is_ok());
    }

    #[test]
    fn a_stored_domain_is_checked_when_read() {
        assert!(serde_json::from_str::<DomainName>("\"globex.example\"").is_ok());
        assert!(serde_json::from_str::<DomainName>("\"localhost\"").is_err());
    }
}
