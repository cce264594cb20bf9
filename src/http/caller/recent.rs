//! Who showed a live token a moment ago.

use crate::clock::Time;
use crate::crypto::TokenHash;
use crate::store::ConnectionId;
use crate::store::directories::Directory;
use crate::store::directories::tokens::Token;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long that is.
const MOMENT: TimeDelta = TimeDelta::seconds(5);
/// How many are remembered at most; then all are forgotten.
const MOST: usize = 10_000;

/// Directories that showed a live token a moment ago.
///
/// They spare their next request the question at the door. What the request asks is answered only if the token is found
/// live once more, in the very transaction that answers it: [`super::directory::Standing`].
#[derive(Default)]
pub(in crate::http) struct Recent(Mutex<HashMap<String, Seen>>);

/// A directory and its token, as they were.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) row: Directory,
    pub(super) token: Token,
    pub(super) at: Time,
}

impl Recent {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who showed this token at this connection, if it may come from there.
    pub(super) fn find(
        &self,
        hash: &TokenHash,
        connection: &ConnectionId,
        from: IpAddr,
        now: Time,
    ) -> Option<Seen> {
        let all = self.all();
        let seen = all.get(hash.as_str()).filter(|seen| {
            let age = now.since(seen.at);
            seen.row.connection_id == *connection
                && (TimeDelta::zero()..MOMENT).contains(&age)
                && seen.token.is_live(now)
                && seen.token.admits(from)
        });
        seen.cloned()
    }

    /// Remembers one.
    pub(super) fn put(&self, hash: &TokenHash, seen: Seen) {
        let mut all = self.all();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(hash.as_str().to_owned(), seen);
    }

    /// Forgets one, of which something else is true now.
    pub(super) fn forget(&self, hash: &TokenHash) {
        self.all().remove(hash.as_str());
    }
}
