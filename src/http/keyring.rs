//! Opens the installation's own keys, and makes those that are missing.

use crate::config::Config;
use crate::crypto::MasterKey;
use crate::error::{Error, Result};
use crate::store::keys::{self, KeyRing, OwnPair};
use crate::store::{Actor, Scope, Store};
use anyhow::Context;
use std::path::Path;

/// Takes the next steps of rotation, then opens every key.
pub(super) fn open(config: &Config, store: &Store, master: &MasterKey) -> Result<KeyRing> {
    let own = match (&config.saml.cert, &config.saml.key) {
        (Some(certificate), Some(key)) => {
            Some(OwnPair { certificate: read(certificate)?, key: read(key)? })
        }
        _ => None,
    };
    let name = config.public_url.host();
    store.write_now(&Scope::System, &Actor::System, |tx| keys::keep(tx, master, name))?;
    store.read_now(|db| keys::load(db, master, own.as_ref(), store.clock().now()))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("reading {}", path.display()))
        .map_err(Error::Internal)
}
