//! Reads the metadata of identity providers again, and tells of certificates that end soon.
//!
//! Several instances share the work: each takes rows that are due, which the others then leave alone. Reading the same
//! metadata twice changes nothing, and the row of a certificate says which step before its end has been told.

use super::goes_on;
use crate::acts::refresh::Refresher;
use crate::error::Result;
use crate::store::connections::{adopt_entity_ids, certificates};
use crate::store::refreshes::{self, Due};
use crate::store::{Actor, Scope, Store, Tx};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::sync::watch;

/// How often is looked for what is due.
const EVERY: Duration = Duration::from_secs(30);

/// Does what is due until `stop` says `true` or is dropped; each round is done as the settings say by then. A failure is logged, and the next round tries again.
pub async fn run(
    refresher: impl Fn() -> Refresher + Send + 'static,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        if let Err(error) = round(&refresher(), &stop).await {
            tracing::warn!(error = ?error, "reading metadata again failed");
        }
        if !goes_on(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Does what is due now: how many connections' metadata was read.
pub async fn round(refresher: &Refresher, stop: &watch::Receiver<bool>) -> Result<usize> {
    let (store, interval) = (&refresher.store, refresher.interval);
    write(store, certificates::adopt).await?;
    write(store, adopt_entity_ids).await?;
    write(store, move |tx| refreshes::adopt(tx, interval)).await?;
    let mut read = 0;
    while !*stop.borrow() {
        let due: Vec<Due> = write(store, refreshes::claim).await?;
        if due.is_empty() {
            break;
        }
        read += due.len();
        for done in join_all(due.into_iter().map(|due| refresher.refresh(due))).await {
            // The lease ends by itself, so it is tried again.
            if let Err(error) = done {
                tracing::error!(error = ?error, "what came of reading metadata was not written");
            }
        }
    }
    write(store, certificates::tell_ends).await?;
    Ok(read)
}

/// In a transaction that waits for nobody: it writes rows that it has taken, or that are not there yet.
async fn write<T: Send + 'static>(
    store: &Store,
    f: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
) -> Result<T> {
    store.write(Scope::Own, Actor::System, f).await
}
