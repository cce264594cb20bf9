//! Checks of what people type, gathered so that every fault is told at once.

use crate::error::{Error, FieldError, Result};
// A name or a search text in the form in which both databases compare it alike.
pub(super) use crate::scim::fold;
use serde_json::{Map, Value};

const LONGEST_NAME: usize = 100;
/// How long an address may be: browsers and proxies refuse longer ones.
pub(super) const LONGEST_ADDRESS: usize = 2000;
const LARGEST_METADATA: usize = 16 * 1024;

/// The faults found so far.
#[derive(Default)]
pub(super) struct Faults(Vec<FieldError>);

impl Faults {
    /// One more fault.
    pub(super) fn add(&mut self, pointer: &str, code: &str, detail: impl Into<String>) {
        self.0.push(FieldError::new(pointer, code, detail));
    }

    /// Nothing, or all of them.
    pub(super) fn finish(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }

    /// A name that people read: on one line, not empty, without spaces around it.
    pub(super) fn name(&mut self, pointer: &str, text: &str) -> String {
        let name = text.trim();
        if name.is_empty() {
            self.add(pointer, "required", "A name is needed.");
        } else if name.chars().count() > LONGEST_NAME {
            let detail = format!("A name has at most {LONGEST_NAME} characters.");
            self.add(pointer, "too_long", detail);
        } else if name.chars().any(char::is_control) {
            self.add(pointer, "invalid", "A name is one line without control characters.");
        }
        name.to_owned()
    }

    /// The vendor's own ID of a thing. ASCII only, so that both databases compare it alike.
    pub(super) fn external_id(&mut self, text: &str) {
        if text.is_empty() || text.len() > 128 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            self.add(
                "/external_id",
                "invalid",
                "An external ID has 1 to 128 ASCII letters, digits and signs, and no spaces.",
            );
        }
    }

    /// Values that the vendor keeps with a thing.
    pub(super) fn metadata(&mut self, metadata: &Map<String, Value>) {
        if serde_json::to_string(metadata).map_or(usize::MAX, |text| text.len()) > LARGEST_METADATA
        {
            self.add("/metadata", "too_long", "Metadata has at most 16 KiB as JSON.");
        }
    }

    /// The address of a web page: https, or http on this machine.
    pub(super) fn web_address(&mut self, pointer: &str, text: &str) {
        match url::Url::parse(text) {
            _ if text.len() > LONGEST_ADDRESS => {
                let detail = format!("An address has at most {LONGEST_ADDRESS} characters.");
                self.add(pointer, "too_long", detail);
            }
            Ok(url) if url.scheme() == "https" || is_loopback_http(&url) => {
                if !url.username().is_empty() || url.password().is_some() {
                    self.add(pointer, "invalid", "An address has no user name and no password.");
                }
            }
            Ok(_) => self.add(
                pointer,
                "not_https",
                "An address begins with https://, or with http:// on this machine (localhost).",
            ),
            Err(_) => self.add(
                pointer,
                "invalid",
                format!("“{}” is not a complete web address.", shorten(text)),
            ),
        }
    }
}

/// Whether this is http to the machine itself, which nobody can listen to (RFC 8252, 7.3 and 8.3).
fn is_loopback_http(url: &url::Url) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "http" && loopback
}

/// As much of a wrong input as a message shows.
fn shorten(text: &str) -> String {
    text.chars().take(120).collect()
}

/// A `LIKE` pattern (escape `!`) for everything that contains `text`.
pub(super) fn containing(text: &str) -> String {
    format!("%{}%", literal(text))
}

/// A `LIKE` pattern (escape `!`) for everything that begins with `text`.
pub(super) fn beginning_with(text: &str) -> String {
    format!("{}%", literal(text))
}

/// A `LIKE` pattern (escape `!`) for everything that ends in `text`.
pub(super) fn ending_in(text: &str) -> String {
    format!("%{}", literal(text))
}

/// A text in which `LIKE` sees nothing but itself.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern
}
