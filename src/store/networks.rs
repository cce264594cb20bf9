//! From where a secret may come: addresses and blocks of addresses, none is everywhere.

use super::input::Faults;
use crate::config::Network;
use std::net::IpAddr;

/// How many one secret may have.
const MOST: usize = 100;

/// Whether it may come from there. What cannot be read admits nobody.
pub(super) fn admit(networks: &[String], from: IpAddr) -> bool {
    let admits = |network: &String| network.parse::<Network>().is_ok_and(|it| it.contains(from));
    networks.is_empty() || networks.iter().any(admits)
}

/// Tells what is wrong with these at `/networks`.
pub(super) fn check(faults: &mut Faults, networks: &[String]) {
    for (n, network) in networks.iter().enumerate() {
        if let Err(fault) = network.parse::<Network>() {
            let detail = format!("{fault}. A network is like 192.0.2.7 or 10.0.0.0/8.");
            faults.add(&format!("/networks/{n}"), "invalid", detail);
        }
    }
    if networks.len() > MOST {
        faults.add("/networks", "too_many", "At most 100 networks can be named.");
    }
}
