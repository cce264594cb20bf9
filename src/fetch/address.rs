//! Which addresses are public, and which private ones the operator allows.

use crate::error::{Error, Result};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Host;

/// Hosts and networks that may be reached although they are private: `metadata.allow_private`.
#[derive(Debug, Clone, Default)]
pub struct AllowList {
    hosts: Vec<(Host<String>, Option<u16>)>,
    networks: Vec<Network>,
}

/// A network in the notation `10.1.0.0/16`.
#[derive(Debug, Clone, Copy)]
struct Network {
    address: IpAddr,
    length: u8,
}

impl AllowList {
    /// Reads entries: a host (`idp.internal`), a host with port (`localhost:8080`) or a network (`10.1.0.0/16`).
    pub fn parse<T: AsRef<str>>(entries: &[T]) -> Result<Self> {
        let mut list = Self::default();
        for entry in entries.iter().map(AsRef::as_ref) {
            if entry.contains('/') {
                list.networks.push(Network::parse(entry).ok_or_else(|| unreadable(entry))?);
            } else {
                list.hosts.push(host(entry).ok_or_else(|| unreadable(entry))?);
            }
        }
        Ok(list)
    }

    /// Whether any host is allowed by its name.
    pub(super) fn has_names(&self) -> bool {
        !self.hosts.is_empty()
    }

    /// Whether a host is allowed by its name, whatever its addresses are.
    pub(super) fn names(&self, host: &Host<&str>, port: u16) -> bool {
        self.hosts.iter().any(|(allowed, only)| {
            allowed == &host.to_owned() && only.is_none_or(|only| only == port)
        })
    }

    /// Whether an address may be connected to: it is public, or in an allowed network.
    pub(super) fn permits(&self, address: IpAddr) -> bool {
        // An IPv4 address is the same place in whichever way it is written.
        let address = address.to_canonical();
        is_public(address) || self.networks.iter().any(|network| network.contains(address))
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let length: u8 = length.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        (length <= most).then_some(Self { address, length })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                in4(address, network.octets(), self.length)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                in6(address, network.segments(), self.length)
            }
            _ => false,
        }
    }
}

/// Whether an address is for everybody to reach: what the IANA special-purpose registries (RFC 6890) do not reserve.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public4(address),
        IpAddr::V6(address) => is_public6(address),
    }
}

fn is_public4(address: Ipv4Addr) -> bool {
    const RESERVED: [([u8; 4], u8); 16] = [
        ([0, 0, 0, 0], 8),        // this network
        ([10, 0, 0, 0], 8),       // private
        ([100, 64, 0, 0], 10),    // shared by carriers; some clouds' metadata
        ([127, 0, 0, 0], 8),      // loopback
        ([168, 63, 129, 16], 32), // public in form, but Azure's own services inside each machine
        ([169, 254, 0, 0], 16),   // link-local; most clouds' metadata
        ([172, 16, 0, 0], 12),    // private
        ([192, 0, 0, 0], 24),     // protocol assignments
        ([192, 0, 2, 0], 24),     // documentation
        ([192, 88, 99, 0], 24),   // 6to4 relays
        ([192, 168, 0, 0], 16),   // private
        ([198, 18, 0, 0], 15),    // benchmarks
        ([198, 51, 100, 0], 24),  // documentation
        ([203, 0, 113, 0], 24),   // documentation
        ([224, 0, 0, 0], 4),      // multicast
        ([240, 0, 0, 0], 4),      // reserved, broadcast
    ];
    !RESERVED.iter().any(|(network, length)| in4(address, *network, *length))
}

fn is_public6(address: Ipv6Addr) -> bool {
    const RESERVED: [([u16; 8], u8); 5] = [
        ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments, Teredo
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
        ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4 carries any IPv4 address
        ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112
        ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
    ];
    // NAT64 (RFC 6052): what an IPv6-only machine reaches an IPv4 host by.
    if in6(address, [0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96) {
        let [.., a, b, c, d] = address.octets();
        return is_public4(Ipv4Addr::new(a, b, c, d));
    }
    // Only 2000::/3 is global: loopback, link-local, unique local, multicast and the rest are outside.
    in6(address, [0x2000, 0, 0, 0, 0, 0, 0, 0], 3)
        && !RESERVED.iter().any(|(network, length)| in6(address, *network, *length))
}

fn in4(address: Ipv4Addr, network: [u8; 4], length: u8) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    (u32::from(address) ^ u32::from(Ipv4Addr::from(network))) & mask == 0
}

fn in6(address: Ipv6Addr, network: [u16; 8], length: u8) -> bool {
    let mask = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
    (u128::from(address) ^ u128::from(Ipv6Addr::from(network))) & mask == 0
}

/// A host with or without port, in the form in which the URL parser gives it.
fn host(entry: &str) -> Option<(Host<String>, Option<u16>)> {
    let colon = entry.rfind(':').filter(|_| !entry.ends_with(']'));
    match colon.and_then(|at| entry.split_at_checked(at)) {
        // An IPv6 address without brackets.
        Some((before, _)) if before.contains(':') && !before.ends_with(']') => {
            Some((Host::Ipv6(entry.parse().ok()?), None))
        }
        Some((before, port)) => {
            let port = port.strip_prefix(':')?.parse().ok()?;
            Some((Host::parse(before).ok()?, Some(port)))
        }
        None => Some((Host::parse(entry).ok()?, None)),
    }
}

fn unreadable(entry: &str) -> Error {
    Error::invalid(
        "/metadata/allow_private",
        "allow_private_unreadable",
        format!(
            "\"{entry}\" is not a host (idp.internal), a host with port (localhost:8080) or a network (10.1.0.0/16)."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(address: &str) -> bool {
        AllowList::default().permits(address.parse().unwrap())
    }

    #[test]
    fn public_addresses_are_permitted() {
        for public in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "168.63.129.17",
            "2606:4700:4700::1111",
            "2a00:1450:4001:800::200e",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert!(permits(public), "{public}");
        }
    }

    #[test]
    fn private_addresses_are_refused_in_every_form() {
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!permits(private), "{private}");
        }
    }

    #[test]
    fn an_allowed_network_is_permitted_and_its_neighbours_are_not() {
        let list = AllowList::parse(&["10.1.0.0/16", "fd00:1::/32", "192.168.7.7/32"]).unwrap();
        let permits = |address: &str| list.permits(address.parse().unwrap());
        for good in ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::9", "192.168.7.7"] {
            assert!(permits(good), "{good}");
        }
        for bad in ["10.2.0.1", "fd00:2::1", "192.168.7.8", "127.0.0.1", "::1"] {
            assert!(!permits(bad), "{bad}");
        }
        assert!(AllowList::parse(&["0.0.0.0/0"]).unwrap().permits("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_host_is_allowed_by_name_and_port() {
        let entries = ["IdP.internal", "localhost:8080", "127.0.0.1", "[::1]:99", "fd00::1"];
        let list = AllowList::parse(&entries).unwrap();
        let names = |url: &str| {
            let url = url::Url::parse(url).unwrap();
            list.names(&url.host().unwrap(), url.port_or_known_default().unwrap())
        };
        for good in [
            "https://idp.internal/x",
            "http://localhost:8080/",
            "http://127.0.0.1:5/",
            "http://2130706433/",
            "http://[::1]:99/",
            "http://[fd00::1]/",
        ] {
            assert!(names(good), "{good}");
        }
        for bad in ["http://localhost/", "http://a.idp.internal/", "http://[::1]/", "http://x/"] {
            assert!(!names(bad), "{bad}");
        }
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_an_error() {
        for bad in ["", "10.0.0.0/33", "x/8", "10.0.0.0/", "host:99999", "ho st", "http://x/"] {
            assert!(AllowList::parse(&[bad]).is_err(), "{bad}");
        }
    }
}
