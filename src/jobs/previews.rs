//! Previews of very many people are worked on, one after the other.

use super::goes_on;
use crate::error::{Error, Result};
use crate::store::access::preview::{Asked, preview};
use crate::store::access::previews::{self, Underway};
use crate::store::{Actor, Scope, Store};
use crate::views::preview::{PreviewQuestion, PreviewView};
use std::time::Duration;
use tokio::sync::watch;

/// How often is looked for one.
const EVERY: Duration = Duration::from_secs(1);

/// Runs until `stop` says `true` or is dropped.
pub async fn run(store: Store, mut stop: watch::Receiver<bool>) {
    loop {
        if let Err(error) = once(&store).await {
            tracing::warn!(error = ?error, "a preview could not be worked on");
        }
        if !goes_on(EVERY, &mut stop).await {
            return;
        }
    }
}

/// Works on the oldest one that waits; tells whether there was one.
pub async fn once(store: &Store) -> Result<bool> {
    let taken = store.write(Scope::Own, Actor::System, previews::take).await?;
    let Some(row) = taken else { return Ok(false) };
    store.apart(move |store| work(store, &row)).await?;
    Ok(true)
}

fn work(store: &Store, row: &Underway) -> Result<()> {
    let (scope, actor) = (Scope::Own, Actor::System);
    let mut noted = |done: usize, total: usize| {
        let (done, total) = (number(done), number(total));
        store.write_now(&scope, &actor, |tx| previews::note(tx, &row.id, done, total))
    };
    let found = asked(row).and_then(|asked| {
        let now = store.clock().now();
        store.read_now(|db| preview(db, &row.organization_id, asked, now, &mut noted))
    });
    let result = match found {
        // It is tried again when its lease is over.
        Err(error @ (Error::Busy(_) | Error::Internal(_))) => return Err(error),
        Err(error) => Err(error.to_string()),
        Ok(found) => {
            Ok(serde_json::to_value(PreviewView::from(found)).map_err(anyhow::Error::new)?)
        }
    };
    store.write_now(&scope, &actor, |tx| previews::finish(tx, &row.id, result))
}

fn asked(row: &Underway) -> Result<Asked> {
    let question: PreviewQuestion = serde_json::from_value((*row.asked).clone())
        .map_err(|error| Error::invalid("", "malformed", error.to_string()))?;
    question.asked()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;
    use serde_json::json;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_preview_is_worked_on_once_and_says_how_far_it_is() {
        let store = testing::store();
        let organization = testing::active(&store, "JumpCloud", None).organization_id;
        store.system(|tx| crate::store::applications::create(tx, testing::orbit()));
        let rule = json!({ "match": "all", "role": "admin" });
        let question = json!({ "rules": [rule], "mappings": [] });
        let row = store.system(|tx| previews::ask(tx, &organization, question));
        let look = || {
            let now = store.clock().now();
            store.read_now(|db| previews::find(db, &organization, &row.id, now)).unwrap()
        };
        assert_eq!((look().finished_at, look().total), (None, 0));
        // Another instance does not take up what one has.
        let taken = store.write_now(&Scope::Own, &Actor::System, previews::take).unwrap();
        assert_eq!(taken.map(|row| row.id), Some(row.id.clone()));
        assert!(!once(&store).await.unwrap());
        // Unless it says nothing any more.
        store.clock().advance(chrono::TimeDelta::minutes(3));
        assert!(once(&store).await.unwrap());
        let done = look();
        assert!(done.finished_at.is_some() && done.fault.is_none(), "{done:?}");
        assert_eq!(done.result.unwrap()["gain"], 0);
        assert!(!once(&store).await.unwrap(), "nothing waits");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_preview_of_what_cannot_be_says_why() {
        let store = testing::store();
        let organization = testing::active(&store, "JumpCloud", None).organization_id;
        store.system(|tx| crate::store::applications::create(tx, testing::orbit()));
        let question = json!({ "rules": [{ "match": "all", "role": "king" }] });
        let row = store.system(|tx| previews::ask(tx, &organization, question));
        assert!(once(&store).await.unwrap());
        let now = store.clock().now();
        let done = store.read_now(|db| previews::find(db, &organization, &row.id, now)).unwrap();
        assert!(done.fault.unwrap().contains("king"));
    }
}
