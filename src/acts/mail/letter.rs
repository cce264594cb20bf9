//! The words of a mail: what its row says, filled into its sentences.

use super::server::unusable;
use crate::clock::Time;
use crate::config::Sender;
use crate::email::Email;
use crate::error::Result;
use crate::locale::Locale;
use crate::store::mails::{Kind, Mail, Values};
use askama::Template;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use std::time::{Duration, SystemTime};

/// What stands in place of a link or code that is not to be shown.
const HIDDEN: &str = "…";

/// A mail as its recipient reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its subject, on one line.
    pub subject: String,
    /// Its paragraphs.
    pub texts: Vec<String>,
    /// What it leads to: words and address.
    pub link: Option<(String, String)>,
    /// A code to type.
    pub code: Option<String>,
    /// Who sends it and why.
    pub foot: String,
    lang: String,
}

/// What every letter needs.
pub(super) struct Words<'a> {
    pub(super) locale: &'a Locale,
    pub(super) lang: &'a str,
    pub(super) brand: String,
    pub(super) public_url: &'a str,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Plain<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    letter: &'a Letter,
}

impl Letter {
    /// The mail of a row. Without `secrets` a link or code is hidden.
    pub(super) fn of(words: &Words<'_>, mail: &Mail, secrets: Option<&Values>) -> Self {
        let hidden = Values::new();
        let secrets = secrets.unwrap_or(&hidden);
        let mut values: Vec<(&str, &str)> =
            mail.data.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        values.push(("operator", words.brand.as_str()));
        let because = mail.data.get("because").map(String::as_str).unwrap_or_default();
        let because = words.locale.text(&format!("mail.because.{because}")).to_owned();
        values.push(("reason", &because));
        let say = |what: &str| words.locale.fill(&format!("mail.{}.{what}", mail.kind), &values);
        let note = mail.data.get("note").filter(|note| !note.is_empty());
        let note = note.map(|note| {
            let of = words.locale.fill("mail.note", &[("operator", words.brand.as_str())]);
            format!("{of} {note}")
        });
        let url = match (mail.data.get("path"), secrets.get("url")) {
            (_, Some(url)) => Some(url.clone()),
            (Some(path), None) if mail.kind != Kind::CertificateRenewal => {
                Some(format!("{}{path}", words.public_url))
            }
            _ if mail.secret_until.is_some() => Some(HIDDEN.to_owned()),
            _ => None,
        };
        // Whoever gets a code has the page open on which it is typed.
        let url = url.filter(|_| mail.kind != Kind::SetupCode);
        let code = (mail.kind == Kind::SetupCode)
            .then(|| secrets.get("code").cloned().unwrap_or_else(|| HIDDEN.to_owned()));
        let texts = say("text").split("\n\n").map(one_line).collect::<Vec<_>>();
        Self {
            subject: one_line(&say("subject")),
            texts: texts.into_iter().chain(note).collect(),
            link: url.map(|url| (say("button"), url)),
            code,
            foot: words.locale.fill("mail.foot", &[("operator", words.brand.as_str())]),
            lang: words.lang.to_owned(),
        }
    }

    /// A mail by which somebody sees whether mail arrives.
    pub(super) fn test(words: &Words<'_>) -> Self {
        let say = |what: &str| {
            let values = [("operator", words.brand.as_str()), ("url", words.public_url)];
            words.locale.fill(&format!("mail.test.{what}"), &values)
        };
        Self {
            subject: one_line(&say("subject")),
            texts: vec![say("text")],
            link: None,
            code: None,
            foot: words.locale.fill("mail.foot", &[("operator", words.brand.as_str())]),
            lang: words.lang.to_owned(),
        }
    }

    /// The text that a reader without HTML sees.
    pub fn plain(&self) -> Result<String> {
        Plain { letter: self }.render().map_err(unusable)
    }

    fn html(&self) -> Result<String> {
        Html { letter: self }.render().map_err(unusable)
    }

    /// The message as it is sent. `id` is the same each time, so that one that arrives twice is seen as one.
    pub(super) fn message(
        &self,
        from: &Mailbox,
        to: &Email,
        id: &str,
        now: Time,
    ) -> Result<Message> {
        let at = SystemTime::UNIX_EPOCH
            + Duration::from_secs(u64::try_from(now.unix()).unwrap_or_default());
        let part = |kind, text| SinglePart::builder().header(kind).body(text);
        let both = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, self.plain()?))
            .singlepart(part(ContentType::TEXT_HTML, self.html()?));
        Message::builder()
            .from(from.clone())
            .to(Mailbox::new(None, address(to)?))
            .subject(&self.subject)
            .date(at)
            .message_id(Some(format!("<{id}@{}>", from.email.domain())))
            // No answer of a machine is wanted (RFC 3834, 5).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(both)
            .map_err(unusable)
    }
}

/// Who letters are from.
pub(super) fn mailbox(from: &Sender, brand: &str) -> Result<Mailbox> {
    let name = from.name.clone().unwrap_or_else(|| one_line(brand));
    Ok(Mailbox::new(Some(name), address(&from.email)?))
}

fn address(email: &Email) -> Result<Address> {
    Address::new(email.local(), email.domain().as_str()).map_err(unusable)
}

/// Without line breaks and other controls, which would begin another line of a header.
fn one_line(text: &str) -> String {
    text.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests;
