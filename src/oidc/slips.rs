//! What is allowed of a registered address, and is mostly a mistake all the same: told to whoever registers it.

use url::Url;

/// A likely mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slip {
    /// It is on this machine, and the gateway is in production.
    Local,
    /// It is the gateway's own.
    Ours,
    /// It leads to the front page of the app.
    FrontPage,
    /// It ends in a slash, which many libraries do not send.
    Slash,
    /// It is not written as libraries write it: a host in capitals, a port that goes without saying.
    Spelling,
    /// It has a query, which is a part of what is compared.
    Query,
}

impl Slip {
    /// Every slip.
    pub const ALL: &'static [Self] =
        &[Self::Local, Self::Ours, Self::FrontPage, Self::Slash, Self::Spelling, Self::Query];

    /// The stable word.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Ours => "ours",
            Self::FrontPage => "front_page",
            Self::Slash => "slash",
            Self::Spelling => "spelling",
            Self::Query => "query",
        }
    }
}

/// What is probably wrong with an address that codes are sent to. `issuer`: the gateway's own.
#[must_use]
pub fn slips(address: &str, issuer: &str, is_production: bool) -> Vec<Slip> {
    let Ok(url) = Url::parse(address) else { return Vec::new() };
    if !matches!(url.scheme(), "https" | "http") {
        return Vec::new();
    }
    let is_ours = Url::parse(issuer).is_ok_and(|ours| ours.origin() == url.origin());
    let is_bare = matches!(url.path(), "" | "/");
    let found = [
        (Slip::Local, is_production && url.scheme() == "http"),
        (Slip::Ours, is_ours),
        (Slip::FrontPage, is_bare),
        (Slip::Slash, !is_bare && url.path().ends_with('/')),
        (Slip::Spelling, !is_bare && url.as_str() != address),
        (Slip::Query, url.query().is_some()),
    ];
    found.into_iter().filter_map(|(slip, is_so)| is_so.then_some(slip)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(address: &str) -> Vec<Slip> {
        slips(address, "https://sso.example", true)
    }

    #[test]
    fn what_is_likely_a_mistake_is_told_of_an_address() {
        assert_eq!(of("https://app.example/callback"), []);
        assert_eq!(of("com.example.app:/callback"), []);
        assert_eq!(of("http://localhost:3000/callback"), [Slip::Local]);
        assert_eq!(of("https://sso.example/callback"), [Slip::Ours]);
        assert_eq!(of("https://app.example"), [Slip::FrontPage]);
        assert_eq!(of("https://app.example/callback/"), [Slip::Slash]);
        assert_eq!(of("https://App.example/callback"), [Slip::Spelling]);
        assert_eq!(of("https://app.example:443/callback"), [Slip::Spelling]);
        assert_eq!(of("https://app.example/callback?x=1"), [Slip::Query]);
        assert_eq!(slips("http://localhost/cb", "http://localhost:8080", false), []);
    }
}
