//! What all pages of the portal for IT admins have in common.

use super::{DomainLine, Shell, Sign};
use crate::guides::{Kind, Value};
use crate::store::setup_links::Purpose;

/// What all pages of a visit have in common.
pub struct Frame {
    /// The organization's name.
    pub organization: String,
    /// What every form carries as `form_token`.
    pub form_token: String,
    /// What a form that makes a secret carries as `once`.
    pub once: String,
    /// What was done, or could not be done.
    pub notice: Option<Notice>,
    /// Back to the vendor's app.
    pub back: Option<String>,
    /// Whether a colleague may go on in place of whoever is here.
    pub hands_over: bool,
    /// What the visit is for.
    pub purpose: Purpose,
}

impl Frame {
    /// The key of what stands at the top of each page.
    pub(in crate::http) fn heading(&self) -> &'static str {
        match self.purpose {
            Purpose::Setup | Purpose::Renewal => "portal.for",
            Purpose::Look => "portal.at",
        }
    }

    /// Whether there is nothing to set up.
    pub(in crate::http) fn is_look(&self) -> bool {
        self.purpose == Purpose::Look
    }
}

/// Something to be told at the top of a page.
#[derive(Debug, Clone)]
pub struct Notice {
    /// How it is: [`Sign::Open`] where nothing is wrong, and nothing came of it yet.
    pub sign: Sign,
    /// What.
    pub title: String,
    /// What to do about it.
    pub text: String,
}

impl Notice {
    /// Whether it went well.
    pub(in crate::http) fn is_good(&self) -> bool {
        self.sign == Sign::Good
    }

    /// Whether nothing is wrong, and nothing came of it yet.
    pub(in crate::http) fn is_open(&self) -> bool {
        self.sign == Sign::Open
    }
}

impl<'a> Shell<'a> {
    /// A sentence with one name filled in.
    pub(in crate::http) fn with(self, key: &str, name: &str, value: &str) -> String {
        self.fill(key, &[(name, value)])
    }

    /// Whether a domain waits for its record.
    #[expect(clippy::unused_self, reason = "a template asks its shell")]
    pub(in crate::http) fn waits(self, domains: &[DomainLine]) -> bool {
        domains.iter().any(|one| !one.is_live)
    }

    /// Whether a value is copied from us.
    #[expect(clippy::unused_self, reason = "a template asks its shell")]
    pub(in crate::http) fn copies(self, entry: &Value) -> bool {
        entry.kind == Kind::Paste
    }

    /// What is done with a value in the provider's console.
    pub(in crate::http) fn verb(self, entry: &Value) -> &'a str {
        self.text(match entry.kind {
            Kind::Paste => "portal.paste",
            Kind::Choose => "portal.choose",
            Kind::Tick => "portal.tick",
            Kind::Add => "portal.add",
        })
    }
}
