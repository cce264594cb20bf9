//! Addresses of other products: which there are, and one way to write each.
//!
//! None of them is an address of ours, so an alias cannot take a route away.

use super::Kind;
use crate::crypto::Maker;
use crate::error::{Error, Result};
use url::{Host, Url};

/// What an address of each product looks like: what stands before and after the product's own ID.
const SHAPES: &[(Maker, Kind, &str, &str)] = &[
    (Maker::Polis, Kind::Scim, "/api/scim/v2.0/", ""),
    (Maker::SsoReady, Kind::Acs, "/v1/saml/", "/acs"),
    (Maker::SsoReady, Kind::Scim, "/v1/scim/", ""),
];
/// The one address of all connections of Polis.
const SHARED: &str = "/api/oauth/saml";
/// An ID of another product has at most so many characters.
const LONGEST_ID: usize = 100;

/// An address at which another product answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and port: `https://sso.example.com`.
    pub origin: String,
    /// The path, in its one form.
    pub path: String,
    /// What is done there.
    pub kind: Kind,
}

impl Address {
    /// Reads an address as the other product wrote it. A SCIM base URL may end in a slash, and in a query that is meant
    /// for the directory.
    pub fn parse(text: &str) -> Result<Self> {
        let read = Url::parse(text.trim()).map_err(|error| fault(text, &error.to_string()))?;
        let is_local = match read.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        if read.scheme() != "https" && !(read.scheme() == "http" && is_local) {
            return Err(fault(text, "it does not begin with https"));
        }
        if !read.username().is_empty() || read.password().is_some() || read.fragment().is_some() {
            return Err(fault(text, "it has a user name, a password or a fragment"));
        }
        let (path, has_query) = (read.path(), read.query().is_some());
        let whole = path.strip_suffix('/').unwrap_or(path);
        let Some((_, kind)) = shape(whole) else {
            return Err(fault(text, "no product that is known has such an address"));
        };
        if kind != Kind::Scim && (has_query || whole != path) {
            return Err(fault(text, "it ends in a query or a slash"));
        }
        let origin = read.origin().ascii_serialization();
        Ok(Self { origin, path: whole.to_owned(), kind })
    }

    /// The address as text.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }
}

/// Whose address a path is, and what is done there. Only the one form of each is known: none with what is escaped, no
/// slashes too many, nothing after it.
pub(super) fn shape(path: &str) -> Option<(Maker, Kind)> {
    if path == SHARED {
        return Some((Maker::Polis, Kind::SharedAcs));
    }
    SHAPES.iter().find_map(|(maker, kind, before, after)| {
        let id = path.strip_prefix(before)?.strip_suffix(after)?;
        is_id(id).then_some((*maker, *kind))
    })
}

fn is_id(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(is_part)
}

fn fault(text: &str, why: &str) -> Error {
    let detail = format!(
        "The address {text} cannot be kept: {why}. Expected is one like https://HOST{SHARED}, \
         https://HOST/api/scim/v2.0/ID, https://HOST/v1/saml/ID/acs or https://HOST/v1/scim/ID."
    );
    Error::invalid("", "address_unknown", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (text, origin, path, kind) in [
            ("https://Old.example/api/oauth/saml", "https://old.example", SHARED, Kind::SharedAcs),
            (
                "https://old.example:443/api/scim/v2.0/58b5-1/?aadOptscim062020",
                "https://old.example",
                "/api/scim/v2.0/58b5-1",
                Kind::Scim,
            ),
            (
                "http://localhost:5225/v1/saml/saml_conn_1/acs",
                "http://localhost:5225",
                "/v1/saml/saml_conn_1/acs",
                Kind::Acs,
            ),
            (
                "https://old.example/v1/x/../scim/s_1",
                "https://old.example",
                "/v1/scim/s_1",
                Kind::Scim,
            ),
        ] {
            let read = Address::parse(text).unwrap();
            assert_eq!((&*read.origin, &*read.path, read.kind), (origin, path, kind), "{text}");
        }
    }

    #[test]
    fn an_alias_never_takes_the_place_of_a_route_of_ours() {
        for path in [
            "/",
            "/login",
            "/oauth/authorize",
            "/api/v1/connections",
            "/saml/con_1/acs",
            "/scim/v2/con_1",
            "/api/oauth/saml/",
            "/api/oauth/saml?x=1",
            "/v1/saml/a%2Fb/acs",
            "/v1/saml//acs",
            "/v1/saml/a/b/acs",
            "/v1/saml/a/acs/",
            "/v1/scim/",
            "/v1/scim/a/Users",
            "/api/scim/v2.0/.",
        ] {
            assert!(shape(path).is_none(), "{path}");
        }
        for text in [
            "http://old.example/api/oauth/saml",
            "https://me@old.example/api/oauth/saml",
            "https://old.example/saml/con_1/acs",
            "https://old.example/v1/saml/a/acs?x=1",
            "/api/oauth/saml",
        ] {
            assert!(Address::parse(text).is_err(), "{text}");
        }
    }
}
