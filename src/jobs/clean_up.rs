//! Takes away what is over, every minute.
//!
//! Several instances may do it at once: what one has taken, another no longer finds.

use super::goes_on;
use crate::error::Result;
use crate::store::clean_up::{BATCH, Retention, Task};
use crate::store::{Actor, Scope, Store};
use crate::telemetry::{Metrics, SignInOutcome};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is done. Abandoned sign-ins are seen as such with at most this delay.
const EVERY: Duration = Duration::from_mins(1);

/// Cleans up until `stop` says `true` or is dropped; each round asks how long records are kept now. A failure is logged, and the next round tries again.
pub async fn run(
    store: Store,
    retention: impl Fn() -> Retention + Send + 'static,
    metrics: Metrics,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let retention = retention();
        for &task in Task::ALL {
            if *stop.borrow() {
                return;
            }
            if let Err(error) = finish(&store, task, retention, &metrics, &stop).await {
                tracing::warn!(task = task.name(), error = ?error, "cleaning up failed");
            }
        }
        if !goes_on(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Counts the sign-ins that ended by nobody coming back: nothing else notices.
fn count(metrics: &Metrics, task: Task, rows: usize) {
    if task == Task::Abandoned {
        (0..rows).for_each(|_| metrics.sign_in(SignInOutcome::Abandoned));
    }
}

/// Does one task until nothing is left to do, in short transactions between which others get their turn.
async fn finish(
    store: &Store,
    task: Task,
    retention: Retention,
    metrics: &Metrics,
    stop: &watch::Receiver<bool>,
) -> Result<usize> {
    let mut rows = 0;
    while !*stop.borrow() {
        let done =
            store.write(Scope::Own, Actor::System, move |tx| task.run(tx, retention)).await?;
        count(metrics, task, done);
        rows += done;
        if done == 0 || done < BATCH && !task.is_by_connection() {
            break;
        }
    }
    if rows > 0 {
        tracing::debug!(task = task.name(), rows, "cleaned up");
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{idempotency, testing};
    use chrono::TimeDelta;

    #[tokio::test]
    async fn cleaning_goes_on_until_nothing_is_left_and_stops_when_told() {
        let store = testing::store();
        let old = BATCH + 5;
        store.system(|tx| {
            (0..old).try_for_each(|n| idempotency::begin(tx, &n.to_string(), "body").map(drop))
        });
        store.clock().advance(idempotency::KEPT);
        let day = TimeDelta::days(1);
        let retention = Retention { traces: day, events: day, requests: day, removed: day };
        let (stop, stopped) = watch::channel(false);
        let metrics = Metrics::new().unwrap();
        let rows = finish(&store, Task::Answers, retention, &metrics, &stopped).await.unwrap();
        assert_eq!(rows, old);
        let job = tokio::spawn(run(store.clone(), move || retention, metrics, stopped));
        stop.send(true).unwrap();
        job.await.unwrap();
    }

    #[test]
    fn only_sign_ins_that_nobody_came_back_from_are_counted() {
        let metrics = Metrics::new().unwrap();
        count(&metrics, Task::Abandoned, 3);
        count(&metrics, Task::Tokens, 5);
        let line = r#"sign_ins_total{cause="",outcome="abandoned"} 3"#;
        let text = metrics.render().unwrap();
        assert!(text.contains(line), "{text}");
        assert_eq!(text.matches("sign_ins_total{").count(), 1);
    }
}
