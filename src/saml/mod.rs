//! SAML 2.0 as a service provider: messages in and out, as pure functions.

pub mod attributes;
pub mod carry;
pub mod certificate;
pub mod check;
pub mod encryption;
pub mod inspect;
pub mod issue;
pub mod logout;
pub mod metadata;
pub mod request;
pub mod response;
mod second_reader;
pub mod sign;
pub mod signature;
#[cfg(test)]
pub(crate) mod testing;
pub mod write;
pub mod xml;

use serde::{Deserialize, Serialize};

/// How a message travels through the browser (SAML bindings 3.4 and 3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// In the query of a redirect, deflated.
    Redirect,
    /// In a form that the browser posts.
    Post,
}

impl Binding {
    /// The name of the binding in metadata and in requests.
    #[must_use]
    pub const fn urn(self) -> &'static str {
        match self {
            Self::Redirect => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
            Self::Post => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Redirect => "HTTP-Redirect",
            Self::Post => "HTTP-POST",
        }
    }

    /// The binding of that name, if it is one that a browser carries.
    #[must_use]
    pub fn from_urn(urn: &str) -> Option<Self> {
        [Self::Redirect, Self::Post].into_iter().find(|binding| binding.urn() == urn)
    }
}

/// Each address once, with the names of the bindings by which it is reached.
pub fn by_address<'a>(all: impl Iterator<Item = (&'a str, Binding)>) -> Vec<(String, String)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (location, binding) in all {
        match found.iter_mut().find(|(known, _)| *known == location) {
            Some((_, names)) if names.contains(&binding.name()) => {}
            Some((_, names)) => names.push(binding.name()),
            None => found.push((location, vec![binding.name()])),
        }
    }
    found.into_iter().map(|(location, names)| (location.to_owned(), names.join(", "))).collect()
}
