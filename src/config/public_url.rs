//! The address at which browsers come.

use serde::Deserialize;
use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// The gateway's own address: scheme and host, perhaps a port, nothing after it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    text: String,
    host: String,
    port: u16,
    https: bool,
}

impl PublicUrl {
    /// The address without a trailing slash; `{url}/saml/…` is an address of ours.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host name or address, without port.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Host and port as a list of what may be reached has them: that port and no other.
    #[must_use]
    pub fn host_and_port(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Whether browsers come by https, so that cookies can be `Secure`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|error| format!("it is not a URL ({error})"))?;
        let https = match url.scheme() {
            "https" => true,
            "http" if is_loopback(url.host().as_ref()) => false,
            "http" => return Err("http is for loopback hosts only".to_owned()),
            other => return Err(format!("{other} is not https")),
        };
        if url.path() != "/" || text.trim().ends_with('/') {
            return Err("it has a path or ends in a slash".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("it has a query or a fragment".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it has a user name or password".to_owned());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let port = url.port_or_known_default().unwrap_or_default();
        Ok(Self { text: url.origin().ascii_serialization(), host, port, https })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

pub(super) fn is_loopback(host: Option<&Host<&str>>) -> bool {
    match host {
        Some(Host::Domain(name)) => *name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
