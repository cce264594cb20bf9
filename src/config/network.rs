//! Settings that name networks, hosts and name servers.

use serde::Deserialize;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// An address or a block of addresses: `10.0.0.0/8`, `192.0.2.7`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether `address` is in it. An IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let differing = own.to_bits() ^ other.to_bits();
                differing.leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = match text.trim().split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text.trim(), None),
        };
        let address: IpAddr =
            address.parse().map_err(|_| format!("{address} is not an IP address"))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| match bits.parse() {
            Ok(bits) if bits <= most => Ok(bits),
            _ => Err(format!("/{bits} is not a prefix from /0 to /{most}")),
        })?;
        Ok(Self { address, bits })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// A host that may be asked although its address is private.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AllowedHost {
    /// A name, at one port or at any.
    Name {
        /// In lower case.
        name: String,
        /// Any port if absent.
        port: Option<u16>,
    },
    /// Whatever has an address in this network.
    Network(Network),
}

impl fmt::Display for AllowedHost {
    /// As it is written in the settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, port: Some(port) } => write!(f, "{name}:{port}"),
            Self::Name { name, port: None } => f.write_str(name),
            Self::Network(network) => network.fmt(f),
        }
    }
}

impl AllowedHost {
    /// Whether a request to `host` at `port`, which resolved to `address`, is allowed by this entry.
    #[must_use]
    pub fn allows(&self, host: &str, port: u16, address: IpAddr) -> bool {
        match self {
            Self::Name { name, port: only } => {
                name.eq_ignore_ascii_case(host) && only.is_none_or(|only| only == port)
            }
            Self::Network(network) => network.contains(address),
        }
    }
}

impl TryFrom<String> for AllowedHost {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        if text.contains('/') || text.parse::<IpAddr>().is_ok() {
            return text.parse().map(Self::Network);
        }
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => {
                (name, Some(port.parse().map_err(|_| format!("{port} is not a port"))?))
            }
            None => (text, None),
        };
        let named = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty() || !name.chars().all(named) {
            return Err(format!("{text} is not a host name, an address or a network"));
        }
        Ok(Self::Name { name: name.to_ascii_lowercase(), port })
    }
}

/// A name server: an address, with a port unless it is 53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DnsServer(pub SocketAddr);

impl TryFrom<String> for DnsServer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let address = text.parse().or_else(|_| text.parse().map(|ip| SocketAddr::new(ip, 53)));
        address.map(Self).map_err(|_| format!("{text} is not an IP address, with or without port"))
    }
}
