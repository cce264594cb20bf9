//! Hosts behind a proxy that asks who is there before it lets a request through (forward authentication).

use url::{Host, Url};

/// Below this path of a protected host it is us who answer: the proxy passes it on.
pub const PREFIX: &str = "/.vestibule/";
/// Where a person goes to sign in, with the path to come back to behind `to=`.
pub const SIGN_IN: &str = "/.vestibule/sign-in";
/// Where the code comes to.
pub const CALLBACK: &str = "/.vestibule/callback";
/// Where a person goes to sign out.
pub const SIGN_OUT: &str = "/.vestibule/sign-out";

/// Bytes of a path that a person comes back to.
const LONGEST_PATH: usize = 4096;

/// A host, with its port where that is not the usual one, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedHost(String);

impl ProtectedHost {
    /// Reads a host as an operator or a proxy writes it.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const SHAPE: &str =
            "This is no host. Write it like app.example.com, or app.example.com:8443.";
        if text.contains(['*', '/', '\\', '@', '?', '#', ' ', ',']) {
            return Err(SHAPE);
        }
        let scheme = if is_local(text) { "http" } else { "https" };
        let url = Url::parse(&format!("{scheme}://{text}/")).map_err(|_| SHAPE)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SHAPE)?;
        Ok(Self(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }))
    }

    /// As it is stored and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this machine, where TLS is not needed.
    #[must_use]
    pub fn is_local(&self) -> bool {
        is_local(&self.0)
    }

    /// Where the code comes to.
    #[must_use]
    pub fn callback(&self) -> String {
        self.address(CALLBACK)
    }

    /// The address of a path there.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        let scheme = if self.is_local() { "http" } else { "https" };
        format!("{scheme}://{}{path}", self.0)
    }
}

fn is_local(text: &str) -> bool {
    match Url::parse(&format!("http://{text}/")).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The path on a protected host that a person comes back to: never an address elsewhere, never one of ours there.
#[must_use]
pub fn way_back(path: &str) -> &str {
    let is_path = path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with(PREFIX)
        && path.len() <= LONGEST_PATH
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_path { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_compared_in_one_form() {
        let host = |text: &str| ProtectedHost::parse(text).map(|host| host.0);
        assert_eq!(host("App.Example.COM").unwrap(), "app.example.com");
        assert_eq!(host("app.example.com:443").unwrap(), "app.example.com");
        assert_eq!(host("app.example.com:8443").unwrap(), "app.example.com:8443");
        assert_eq!(host("bücher.example").unwrap(), "xn--bcher-kva.example");
        assert_eq!(host("localhost:8081").unwrap(), "localhost:8081");
        for wrong in ["", "*.example.com", "a/b", "https://a.example", "a@b.example", "a b", "a,b"]
        {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_this_machine_needs_no_tls() {
        let callback = |text: &str| ProtectedHost::parse(text).unwrap().callback();
        assert_eq!(callback("app.example.com"), "https://app.example.com/.vestibule/callback");
        assert_eq!(callback("localhost:8081"), "http://localhost:8081/.vestibule/callback");
        assert_eq!(callback("a.localhost:81"), "http://a.localhost:81/.vestibule/callback");
        assert_eq!(callback("localhost.example"), "https://localhost.example/.vestibule/callback");
    }

    #[test]
    fn the_way_back_leads_nowhere_else() {
        assert_eq!(way_back("/reports?year=2026&a=%20b"), "/reports?year=2026&a=%20b");
        for wrong in [
            "",
            "reports",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "/a\r\nSet-Cookie: x",
            "/.vestibule/sign-out",
            "javascript:alert(1)",
        ] {
            assert_eq!(way_back(wrong), "/", "{wrong}");
        }
        assert_eq!(way_back(&format!("/{}", "a".repeat(5000))), "/");
    }
}
