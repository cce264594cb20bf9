//! Gives events their places in the stream (decision 27), soon after they are committed.
//!
//! Several instances may do it at once: only one has the turn, and what one has numbered the others no longer find.

use crate::error::Result;
use crate::store::events::numbering::{self, BATCH, Done};
use crate::store::{Actor, Scope, Store};
use std::time::Duration;
use tokio::sync::watch;

/// How often is looked for what another process has left. What this one appends is seen at once.
const EVERY: Duration = Duration::from_secs(1);
/// How long is waited for more when something was appended: in a flood of sign-ins one transaction numbers many.
const GATHER: Duration = Duration::from_millis(50);

/// Numbers until `stop` says `true` or is dropped. A failure is logged, and the next round tries again.
pub async fn run(store: Store, mut stop: watch::Receiver<bool>) {
    let mut again = false;
    loop {
        match round(&store).await {
            Ok(done) => again = done == Done::Elsewhere,
            Err(error) => tracing::warn!(error = ?error, "events could not be numbered"),
        }
        let pause = if again { GATHER } else { EVERY };
        tokio::select! {
            () = store.news() => tokio::time::sleep(GATHER).await,
            () = tokio::time::sleep(pause) => {}
            changed = stop.changed() => {
                if changed.is_err() || *stop.borrow() {
                    return;
                }
            }
        }
    }
}

/// Numbers what there is: how many, or that another instance is at it.
pub async fn round(store: &Store) -> Result<Done> {
    let mut count = 0;
    while store.read(numbering::is_due).await? {
        let number = |tx: &mut crate::store::Tx| {
            let done = numbering::number(tx)?;
            Ok((done, numbering::head(tx.db)?))
        };
        let (done, head) = store.write(Scope::Own, Actor::System, number).await?;
        let Done::Events(some) = done else { return Ok(done) };
        store.announce(head);
        count += some;
        if some < BATCH {
            break;
        }
    }
    Ok(Done::Events(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::events;
    use crate::store::testing;
    use serde_json::json;

    #[tokio::test(flavor = "multi_thread")]
    async fn events_are_numbered_soon_by_one_of_several_instances() {
        let store = testing::store();
        let (stop, stopped) = watch::channel(false);
        let jobs: Vec<_> =
            (0..3).map(|_| tokio::spawn(run((*store).clone(), stopped.clone()))).collect();
        let mut numbered = store.numbered();
        for at in 0..20 {
            let tell = move |tx: &mut crate::store::Tx| {
                events::append(tx, None, "user.created", &at.to_string(), json!({}))
            };
            store.write(Scope::Own, Actor::System, tell).await.unwrap();
        }
        let all = numbered.wait_for(|position| *position == 20);
        tokio::time::timeout(Duration::from_secs(20), all).await.unwrap().unwrap();
        stop.send(true).unwrap();
        for job in jobs {
            job.await.unwrap();
        }
        assert!(!store.read_now(numbering::is_due).unwrap());
    }
}
