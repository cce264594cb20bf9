//! Access that is due: what was held for long enough happens, and after a change of an application everybody's is
//! computed anew.
//!
//! Several instances may do it at once: each organization is done in a transaction of its own that looks again at what is
//! due, so the second one finds nothing to do.

use super::goes_on;
use crate::error::Result;
use crate::store::access::holds;
use crate::store::{Actor, Store};
use std::time::Duration;
use tokio::sync::watch;

/// How often is looked for what is due.
const EVERY: Duration = Duration::from_secs(1);

/// Runs until `stop` says `true` or is dropped.
pub async fn run(store: Store, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = once(&store).await {
            tracing::warn!(error = ?error, "access that is due could not be computed");
        }
        if !goes_on(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Does what is due now; tells for how many people something changed.
pub async fn once(store: &Store) -> Result<usize> {
    let now = store.clock().now();
    let mut changed = 0;
    for organization in store.read(move |db| holds::due(db, now)).await? {
        let scope = organization.clone();
        let catch_up = move |tx: &mut crate::store::Tx| holds::catch_up(tx, &organization);
        match store.write(&scope, Actor::System, catch_up).await {
            Ok(some) => changed += some,
            // It stays due. Others do not wait for it.
            Err(error) => {
                tracing::warn!(organization = %scope, error = ?error, "access that is due could not be computed");
            }
        }
    }
    Ok(changed)
}
