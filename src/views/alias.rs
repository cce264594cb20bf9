//! What is shown of an address of another product that leads to a connection.

use crate::store::aliases::{Alias, Kind};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// An address of another product that leads to a connection.
#[derive(Debug, Serialize)]
pub struct AliasView {
    id: String,
    connection_id: String,
    kind: Kind,
    /// What messages that come by it must name.
    url: String,
    created_at: DateTime<Utc>,
}

impl From<Alias> for AliasView {
    fn from(row: Alias) -> Self {
        Self {
            url: row.url(),
            id: row.id.to_string(),
            connection_id: row.connection_id.to_string(),
            kind: row.kind,
            created_at: row.created_at.to_utc(),
        }
    }
}
