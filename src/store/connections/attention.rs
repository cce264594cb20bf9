//! Connections that need somebody, of all organizations.

use super::certificates;
use crate::clock::Time;
use crate::error::Result;
use crate::store::directories::silence;
use crate::store::traces::{self, Failing};
use crate::store::{ConnectionId, Db, refreshes};

/// As many of each kind are looked for.
const MOST: usize = 100;

/// Which connections need somebody.
#[derive(Debug, Clone, Default)]
pub struct Attention {
    /// Those at which sign-ins fail now, with most failures first.
    pub failing: Vec<Failing>,
    /// All of them, the most urgent first: failing; certificates by their end; metadata; silent directories.
    pub ids: Vec<ConnectionId>,
}

/// The connections that need somebody now, each part found by an index.
pub fn attention(db: &mut Db, now: Time) -> Result<Attention> {
    let failing = traces::failing(db, now)?;
    let ending = certificates::ending(db, now, MOST)?;
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let metadata = refreshes::troubled(db, now, most)?;
    let silent = silence::silent(db, now)?;
    let all = failing
        .iter()
        .map(|one| one.connection_id.clone())
        .chain(ending.into_iter().map(|(id, _)| id))
        .chain(metadata.into_iter().map(|one| one.connection_id))
        .chain(silent.into_iter().map(|one| one.connection_id));
    let mut ids = Vec::new();
    for id in all {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(Attention { failing, ids })
}
