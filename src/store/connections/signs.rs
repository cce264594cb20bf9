//! What happens at connections that somebody has to know of, read for a page of them at once.

use super::{Connection, ConnectionState};
use crate::clock::Time;
use crate::error::Result;
use crate::store::directories::silence;
use crate::store::traces::{self, Failing};
use crate::store::{ConnectionId, Db};
use std::collections::HashMap;

/// What happens at a connection.
#[derive(Debug, Clone, Default)]
pub struct Signs {
    /// How sign-ins fail there now, if they do.
    pub failing: Option<Failing>,
    /// When its directory last asked, if it is silent since.
    pub silent_since: Option<Time>,
}

/// What happens at these connections. Where nobody signs in, nothing does.
pub(super) fn of(
    db: &mut Db,
    connections: &[Connection],
    now: Time,
) -> Result<HashMap<ConnectionId, Signs>> {
    let in_use = connections.iter().filter(|one| one.state == ConnectionState::Active);
    let ids: Vec<ConnectionId> = in_use.map(|one| one.id.clone()).collect();
    let mut signs = HashMap::<ConnectionId, Signs>::new();
    if ids.is_empty() {
        return Ok(signs);
    }
    for failing in traces::failing_among(db, &ids, now)? {
        let id = failing.connection_id.clone();
        signs.entry(id).or_default().failing = Some(failing);
    }
    for silent in silence::silent_among(db, &ids, now)? {
        signs.entry(silent.connection_id).or_default().silent_since = Some(silent.last);
    }
    Ok(signs)
}
