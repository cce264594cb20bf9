//! The cookies of a browser: one jar for each host, whatever the port (RFC 6265).

use std::collections::BTreeMap;
use url::Url;

/// Cookies by host, path and name. `Secure` ones are kept, since tests run on loopback, which
/// browsers trust; `SameSite` and `Domain` are not looked at.
#[derive(Debug, Default)]
pub(crate) struct Cookies(BTreeMap<(String, String, String), String>);

impl Cookies {
    /// Takes a `Set-Cookie` line over, or deletes the cookie that it ends (5.3).
    pub(crate) fn store(&mut self, url: &Url, line: &str) {
        let mut parts = line.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (mut path, mut ended) = (default_path(url), false);
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            match key.to_ascii_lowercase().as_str() {
                "path" if value.starts_with('/') => path = value.to_owned(),
                "max-age" => ended = value.parse().is_ok_and(|seconds: i64| seconds <= 0),
                "expires" => ended |= value.contains(" 1970 ") || value.contains("-1970 "),
                _ => {}
            }
        }
        let key = (host(url), path, name.to_owned());
        if ended {
            self.0.remove(&key);
        } else {
            self.0.insert(key, value.to_owned());
        }
    }

    /// The `Cookie` header for an address, the longest path first (5.4).
    pub(crate) fn header(&self, url: &Url) -> Option<String> {
        let host = host(url);
        let mut fitting: Vec<_> = self
            .0
            .iter()
            .filter(|((of, path, _), _)| *of == host && path_fits(url.path(), path))
            .collect();
        fitting.sort_by_key(|((_, path, _), _)| std::cmp::Reverse(path.len()));
        let pairs: Vec<_> =
            fitting.into_iter().map(|((_, _, name), value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

/// The folder of the address (5.1.4).
fn default_path(url: &Url) -> String {
    match url.path().rsplit_once('/') {
        None | Some(("", _)) => "/".to_owned(),
        Some((folder, _)) => folder.to_owned(),
    }
}

/// Whether a cookie's path covers the path of a request (5.1.4).
fn path_fits(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn a_cookie_goes_to_its_host_and_path_only() {
        let mut jar = Cookies::default();
        jar.store(&url("http://localhost:1/login"), "a=1; Path=/; HttpOnly; Secure");
        jar.store(&url("http://localhost:1/saml/x/acs"), "b=2");
        jar.store(&url("http://127.0.0.1:1/"), "c=3");

        assert_eq!(jar.header(&url("http://localhost:2/")).as_deref(), Some("a=1"));
        assert_eq!(jar.header(&url("http://localhost:1/saml/x/y")).as_deref(), Some("b=2; a=1"));
        assert_eq!(jar.header(&url("http://localhost:1/saml/xy")).as_deref(), Some("a=1"));
        assert_eq!(jar.header(&url("http://127.0.0.1:9/q")).as_deref(), Some("c=3"));
        assert_eq!(jar.header(&url("http://127.0.0.2:9/q")), None);
    }

    #[test]
    fn a_cookie_that_has_ended_is_forgotten() {
        let at = url("http://localhost/");
        let mut jar = Cookies::default();
        for ending in ["Max-Age=0", "Expires=Thu, 01 Jan 1970 00:00:00 GMT"] {
            jar.store(&at, "a=1; Path=/");
            jar.store(&at, &format!("a=; Path=/; {ending}"));
            assert_eq!(jar.header(&at), None);
        }
    }
}
