//! What doors do that needs more than the store: it waits for the network first, then changes something.

pub mod domains;
pub mod metadata;

use crate::config::Config;
use crate::dns::Dns;
use crate::error::Result;
use crate::fetch::{AllowList, Fetcher, Limits};
use std::net::SocketAddr;

/// What fetches documents from addresses of customers, with these settings.
pub fn fetcher(config: &Config) -> Result<Fetcher> {
    let allowed: Vec<String> =
        config.metadata.allow_private.iter().map(ToString::to_string).collect();
    Fetcher::new(AllowList::parse(&allowed)?, Limits::default())
}

/// What asks for DNS records, with these settings.
pub fn dns(config: &Config) -> Result<Dns> {
    let servers: Vec<SocketAddr> = config.dns.resolver.iter().map(|server| server.0).collect();
    Dns::new(&servers)
}
