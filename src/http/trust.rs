//! The certificates of connections, parsed once and kept until the connection changes.

use crate::saml::certificate::TrustedKeys;
use crate::store::ConnectionId;
use crate::store::connections::Connection;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Connections whose keys are kept. Beyond that all are dropped and parsed again as they are needed.
const MOST: usize = 10_000;

/// Parsed keys by connection, each with the revision that they belong to.
#[derive(Default)]
pub struct Trust {
    known: RwLock<HashMap<ConnectionId, (i64, TrustedKeys)>>,
}

impl Trust {
    /// The keys that sign for a connection as it is in this row. A connection without keys trusts nobody.
    pub fn keys(&self, connection: &Connection) -> TrustedKeys {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((revision, keys)) = known.get(&connection.id)
            && *revision == connection.revision
        {
            return keys.clone();
        }
        drop(known);
        let certificates = connection
            .identity_provider
            .as_ref()
            .map_or(&[][..], |provider| &provider.certificates);
        let keys = TrustedKeys::new(certificates);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(connection.id.clone(), (connection.revision, keys.clone()));
        keys
    }
}
