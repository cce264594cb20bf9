//! Types of the settings of mail: which server takes it, and who it is from.

use super::public_url::is_loopback;
use super::values::{Secret, without_password};
use crate::email::Email;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt;
use url::Url;

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// TLS from the first byte: `smtps://`.
    Wrapped,
    /// By STARTTLS, or nothing is sent.
    Required,
    /// Not at all: to this machine, or because it was said.
    None,
}

/// The server that takes our mail: `smtp://user:password@host:port` or `smtps://…`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SmtpUrl {
    shown: String,
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is protected.
    pub tls: MailTls,
    /// User and password, where it wants them.
    pub login: Option<(String, Secret)>,
}

impl TryFrom<String> for SmtpUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|error| format!("it is not a URL ({error})"))?;
        let host = match url.host_str() {
            Some(host) if !host.is_empty() => host.trim_matches(['[', ']']).to_owned(),
            _ => return Err("it names no host".to_owned()),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("it has a path or a fragment".to_owned());
        }
        let is_here = host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
            || is_loopback(url.host().as_ref());
        let (tls, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (MailTls::Wrapped, 465),
            ("smtp", None) if is_here => (MailTls::None, 25),
            ("smtp", None | Some("tls=required")) => (MailTls::Required, 587),
            ("smtp", Some("tls=none")) => (MailTls::None, 25),
            ("smtp" | "smtps", _) => {
                return Err(
                    "after ? only tls=required and tls=none are understood, for smtp".to_owned()
                );
            }
            _ => return Err("it begins with neither smtp:// nor smtps://".to_owned()),
        };
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) => return Err("it has a password without a user".to_owned()),
            (_, None) => return Err("it has a user without a password".to_owned()),
            (user, Some(password)) => Some((decoded(user)?, Secret::new(decoded(password)?))),
        };
        if login.is_some() && tls == MailTls::None && !is_here {
            return Err("without TLS its password would be readable on the way".to_owned());
        }
        let port = url.port().unwrap_or(port);
        Ok(Self { shown: without_password(text, "smtp://[secret]"), host, port, tls, login })
    }
}

fn decoded(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(Cow::into_owned).map_err(|_| "its user or password is not UTF-8".to_owned())
}

impl fmt::Display for SmtpUrl {
    /// Without any password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who mail is from: an address, or a name and an address in `<>`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Sender {
    /// The name; none: that of the brand.
    pub name: Option<String>,
    /// The address.
    pub email: Email,
}

impl TryFrom<String> for Sender {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|rest| rest.split_once('<')) {
            Some((name, address)) => (Some(name.trim().trim_matches('"').trim()), address),
            None => (None, text),
        };
        let name = name.filter(|name| !name.is_empty());
        if name.is_some_and(|name| name.chars().any(char::is_control) || name.contains(['<', '>']))
        {
            return Err("its name has characters that a name does not have".to_owned());
        }
        let email = Email::parse(address).map_err(|fault| fault.to_string())?;
        Ok(Self { name: name.map(str::to_owned), email })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(text: &str) -> Result<SmtpUrl, String> {
        SmtpUrl::try_from(text.to_owned())
    }

    #[test]
    fn a_mail_server_is_reached_by_tls_unless_it_is_here_or_that_is_said() {
        for (text, tls, port) in [
            ("smtps://mail.example.com", MailTls::Wrapped, 465),
            ("smtp://mail.example.com", MailTls::Required, 587),
            ("smtp://mail.example.com:2525/", MailTls::Required, 2525),
            ("smtp://mail.example.com?tls=none", MailTls::None, 25),
            ("smtp://localhost:1025", MailTls::None, 1025),
            ("smtp://127.0.0.1", MailTls::None, 25),
            ("smtp://[::1]:25", MailTls::None, 25),
            ("smtp://localhost:1025?tls=required", MailTls::Required, 1025),
        ] {
            let url = smtp(text).unwrap();
            assert_eq!((url.tls, url.port), (tls, port), "{text}");
        }
    }

    #[test]
    fn what_is_no_mail_server_is_refused() {
        for text in [
            "mail.example.com",
            "https://mail.example.com",
            "smtp://",
            "smtp://mail.example.com/path",
            "smtp://mail.example.com?tls=maybe",
            "smtps://mail.example.com?tls=none",
            "smtp://user@mail.example.com",
            "smtp://:secret@mail.example.com",
            "smtp://user:secret@mail.example.com?tls=none",
        ] {
            assert!(smtp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_is_read_and_never_shown() {
        let url = smtp("smtp://robot%40example.com:p%40ss%2Fword@mail.example.com").unwrap();
        let (user, password) = url.login.clone().unwrap();
        assert_eq!((user.as_str(), password.reveal()), ("robot@example.com", "p@ss/word"));
        for shown in [url.to_string(), format!("{url:?}")] {
            assert!(!shown.contains("ss%2F") && shown.contains("mail.example.com"), "{shown}");
        }
    }

    #[test]
    fn a_sender_is_an_address_with_or_without_a_name() {
        let sender = |text: &str| Sender::try_from(text.to_owned());
        let both = sender("Orbit Labs <no-reply@orbit.example>").unwrap();
        assert_eq!(both.name.as_deref(), Some("Orbit Labs"));
        assert_eq!(both.email.to_string(), "no-reply@orbit.example");
        assert_eq!(sender("no-reply@orbit.example").unwrap().name, None);
        for text in ["Orbit Labs", "A\r\nBcc: x <a@b.example>", "a <b> <a@b.example>", "<>"] {
            assert!(sender(text).is_err(), "{text}");
        }
    }
}
