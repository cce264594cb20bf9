//! Sends mail, and tells apps and the operator of sign-ins that fail.
//!
//! Several instances may do it at once: each takes rows that no other one holds. Whoever stops between sending and noting that
//! it was sent leaves a mail that is sent again, with the same ID. What is told of once has a cause that is written once.

use super::goes_on;
use crate::acts::mail::Poster;
use crate::error::Result;
use crate::store::{Actor, Db, Scope, Store, Tx, connections, mails};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often is looked for what is to be sent.
const EVERY: Duration = Duration::from_secs(1);
/// How often is looked for sign-ins that fail.
const WATCHED_EVERY: Duration = Duration::from_mins(1);

/// Sends until `stop` says `true` or is dropped; what is under way is finished. A failure is logged, and the next round tries
/// again.
pub async fn run(store: Store, poster: Poster, mut stop: watch::Receiver<bool>) {
    let mut watched: Option<Instant> = None;
    loop {
        if watched.is_none_or(|at| at.elapsed() >= WATCHED_EVERY) {
            watched = Some(Instant::now());
            if let Err(error) = watch_sign_ins(&store).await {
                tracing::warn!(error = ?error, "sign-ins that fail could not be looked for");
            }
        }
        if let Err(error) = poster.go(&stop).await {
            tracing::warn!(error = ?error, "mail could not be sent");
        }
        if !goes_on(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Tells of each connection at which sign-ins begin to fail, or fail no more, and writes a mail for each that fails and of which
/// nobody was told today.
pub async fn watch_sign_ins(store: &Store) -> Result<()> {
    let now = store.clock().now();
    let look = move |db: &mut Db| Ok((connections::turned(db, now)?, mails::failing(db, now)?));
    let (turn, found) = store.read(look).await?;
    if turn.is_empty() && found.is_empty() {
        return Ok(());
    }
    let tell = move |tx: &mut Tx| {
        connections::tell_turned(tx, &turn)?;
        mails::sign_ins_fail(tx, &found)
    };
    store.write(Scope::Own, Actor::System, tell).await
}
