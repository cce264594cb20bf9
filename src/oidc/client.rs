//! An application, as OAuth sees it: a client with registered addresses.

use crate::cause::Cause;
use crate::crypto::Algorithm;
use url::{Host, Url};

/// What the protocol needs to know of an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The application's ID, which is the `client_id`.
    pub id: String,
    /// What kind of program it is.
    pub kind: ClientKind,
    /// Where answers may go.
    pub redirect_uris: Vec<String>,
    /// Where the browser may go after signing out.
    pub post_logout_redirect_uris: Vec<String>,
    /// How its ID tokens are signed.
    pub id_token_alg: Algorithm,
}

/// What kind of program an application is (RFC 6749 section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs on a person's device, in a browser or as a program of its own (RFC 8252); has no secret.
    Native,
    /// Runs on a server without a person, keeps a secret, and gets tokens for itself alone (RFC 6749 section 4.4).
    Machine,
}

/// A redirect address that is not registered. Nothing may be sent there, so a page tells it (RFC 6749 section 3.1.2.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRedirect {
    /// What the request said.
    pub received: String,
    /// Those that are registered.
    pub registered: Vec<String>,
}

impl ClientKind {
    /// Whether it cannot keep a secret, so that PKCE is all its protection.
    #[must_use]
    pub const fn is_public(self) -> bool {
        matches!(self, Self::Native)
    }
}

impl Client {
    /// Finds a redirect address among the registered ones: letter by letter (RFC 9700 section 4.1.3), but for the port of
    /// a native application's loopback address (RFC 8252 section 7.3).
    pub fn check_redirect(&self, received: &str) -> Result<(), UnknownRedirect> {
        let native = self.kind == ClientKind::Native;
        let matches = |registered: &String| {
            registered == received || native && same_but_for_port(registered, received)
        };
        if self.redirect_uris.iter().any(matches) {
            return Ok(());
        }
        Err(UnknownRedirect {
            received: received.to_owned(),
            registered: self.redirect_uris.clone(),
        })
    }
}

impl UnknownRedirect {
    /// The cause for trace and page.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        Cause::AppRedirectInvalid
    }

    /// The registered address that is most like it, if one is, for the developer who made a typing error. Costs the product of the lengths of both for each of them, so
    /// it is not asked for within a transaction.
    #[must_use]
    pub fn nearest(&self) -> Option<&str> {
        let received: String = self.received.chars().take(512).collect();
        self.registered
            .iter()
            .map(|address| (strsim::normalized_levenshtein(address, &received), address.as_str()))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(likeness, _)| *likeness > 0.5)
            .map(|(_, address)| address)
    }
}

/// Checks an address before it is registered, for redirects and for after signing out; says what is wrong with it.
pub fn check_registered(kind: ClientKind, address: &str) -> Result<(), &'static str> {
    if !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("An address has no spaces, and other letters than ASCII are percent-encoded.");
    }
    if address.contains(['*', '\\']) {
        return Err("An address is matched letter by letter: it has no wildcards.");
    }
    let url = Url::parse(address).map_err(|_| "This is not an absolute address.")?;
    if url.fragment().is_some() {
        return Err("An address has no fragment (the part after #).");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("An address has no user name or password.");
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err("An address starts with https, except on localhost, 127.0.0.1 and [::1]."),
        // RFC 8252 section 7.1: a domain name turned round, which also keeps javascript: and data: out.
        scheme if kind == ClientKind::Native && is_domain_like(scheme) => Ok(()),
        _ if kind == ClientKind::Native => {
            Err("A scheme of your own is a domain name turned round: com.example.app:/callback.")
        }
        _ => Err("An address starts with https."),
    }
}

/// Whether two addresses have scheme, host and port in common.
#[must_use]
pub fn same_origin(one: &str, other: &str) -> bool {
    let origin = |address: &str| Url::parse(address).ok().map(|url| url.origin());
    origin(one).is_some_and(|one| one.is_tuple() && origin(other).as_ref() == Some(&one))
}

fn is_domain_like(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Compares as text: what is not understood by both sides alike cannot slip through.
fn same_but_for_port(registered: &str, received: &str) -> bool {
    ["http://127.0.0.1", "http://[::1]", "http://localhost"].iter().any(|host| {
        let rest =
            |address: &str| address.strip_prefix(host).and_then(without_port).map(str::to_owned);
        matches!((rest(registered), rest(received)), (Some(a), Some(b)) if a == b)
    })
}

/// What follows the port, if all before it is a port or nothing.
fn without_port(rest: &str) -> Option<&str> {
    let rest = match rest.strip_prefix(':') {
        Some(port) => {
            let rest = port.trim_start_matches(|c: char| c.is_ascii_digit());
            (1..=5).contains(&(port.len() - rest.len())).then_some(rest)?
        }
        None => rest,
    };
    (rest.is_empty() || rest.starts_with(['/', '?'])).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(kind: ClientKind, registered: &[&str]) -> Client {
        Client {
            id: "app_1".to_owned(),
            kind,
            redirect_uris: registered.iter().map(|&address| address.to_owned()).collect(),
            post_logout_redirect_uris: vec![],
            id_token_alg: Algorithm::Rs256,
        }
    }

    #[test]
    fn a_redirect_address_is_matched_letter_by_letter() {
        let client = client(ClientKind::Web, &["https://app.example/callback"]);
        assert!(client.check_redirect("https://app.example/callback").is_ok());
        for other in [
            "https://app.example/callback/",
            "https://app.example/Callback",
            "https://APP.example/callback",
            "https://app.example:443/callback",
            "https://app.example/callback?x=1",
            "https://app.example/callback#",
            "https://app.example/callback/../callback",
            "https://app.example@evil.example/callback",
            "http://app.example/callback",
            "",
        ] {
            assert!(client.check_redirect(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_native_application_may_take_any_loopback_port() {
        let native = client(ClientKind::Native, &["http://127.0.0.1/cb", "http://[::1]:1/cb?a=1"]);
        for good in ["http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://[::1]:8/cb?a=1"] {
            assert!(native.check_redirect(good).is_ok(), "{good}");
        }
        for bad in [
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:123456/cb",
            "http://127.0.0.1:80@evil.example/cb",
            "http://127.0.0.1.evil.example/cb",
            "http://127.0.0.1:80.evil.example/cb",
            "http://127.0.0.1:80/cb2",
            "https://127.0.0.1:80/cb",
            "http://localhost:80/cb",
            "http://[::1]:8/cb",
        ] {
            assert!(native.check_redirect(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_native_application_may_take_any_port() {
        let web = client(ClientKind::Web, &["http://localhost:3000/cb"]);
        assert!(web.check_redirect("http://localhost:3000/cb").is_ok());
        assert!(web.check_redirect("http://localhost:3001/cb").is_err());
    }

    #[test]
    fn the_developer_sees_the_nearest_registered_address() {
        let client = client(
            ClientKind::Web,
            &["https://app.example/callback", "https://staging.app.example/sso/return"],
        );
        let unknown = client.check_redirect("https://app.example/calback").unwrap_err();
        assert_eq!(unknown.nearest(), Some("https://app.example/callback"));
        assert_eq!(unknown.cause(), Cause::AppRedirectInvalid);
        let unknown = client.check_redirect("xyz:").unwrap_err();
        assert_eq!(unknown.nearest(), None);
    }

    #[test]
    fn addresses_that_would_be_unsafe_are_not_registered() {
        for (kind, address, good) in [
            (ClientKind::Web, "https://app.example/cb", true),
            (ClientKind::Web, "https://app.example/cb?tenant=1", true),
            (ClientKind::Web, "http://localhost:3000/cb", true),
            (ClientKind::Web, "http://127.0.0.1:3000/cb", true),
            (ClientKind::Web, "http://app.example/cb", false),
            (ClientKind::Web, "https://*.app.example/cb", false),
            (ClientKind::Web, "https://app.example/cb#x", false),
            (ClientKind::Web, "https://user@app.example/cb", false),
            (ClientKind::Web, "com.example.app:/cb", false),
            (ClientKind::Web, "javascript:alert(1)", false),
            (ClientKind::Web, "/cb", false),
            (ClientKind::Web, "https://app.example/\\cb", false),
            (ClientKind::Native, "com.example.app:/cb", true),
            (ClientKind::Native, "http://127.0.0.1/cb", true),
            (ClientKind::Native, "myapp:/cb", false),
            (ClientKind::Native, "com.:/cb", false),
            (ClientKind::Native, "http://10.0.0.1/cb", false),
            (ClientKind::Web, "http://localhost.example/cb", false),
            (ClientKind::Web, "https://app.example/ä", false),
            (ClientKind::Web, "https://app.example/c b", false),
            (ClientKind::Web, "", false),
            (ClientKind::Native, "data:text/html,x", false),
            (ClientKind::Native, "https://app.example/", true),
        ] {
            assert_eq!(check_registered(kind, address).is_ok(), good, "{address}");
        }
    }
}
