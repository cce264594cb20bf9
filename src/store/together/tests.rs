//! Writes that are committed together.

use super::*;
use crate::store::Window;
use crate::store::events::{self, Filter};
use crate::store::testing::{self, TestStore, refused};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use serde_json::json;

/// How many transactions are open in each other: one, or one and a savepoint.
fn depth(tx: &mut Tx) -> Option<u32> {
    let Db::Sqlite(conn) = &mut *tx.db else { return None };
    let status = AnsiTransactionManager::transaction_manager_status_mut(conn);
    status.transaction_depth().unwrap().map(std::num::NonZeroU32::get)
}

fn append(tx: &mut Tx, subject: &str) -> Result<Option<u32>> {
    events::append(tx, None, "api_key.created", subject, json!({}))?;
    Ok(depth(tx))
}

fn subjects(store: &Store) -> Vec<String> {
    let window = Window { limit: 200, before: None };
    let page = store.read_now(|db| events::page(db, &window, &Filter::default())).unwrap();
    let mut all: Vec<String> = page.data.into_iter().map(|event| event.subject_id).collect();
    all.sort();
    all
}

type Answer = oneshot::Receiver<Result<Option<u32>>>;

/// Leaves a write, as [`Store::write`] does.
fn leave(
    store: &TestStore,
    act: impl FnOnce(&mut Tx) -> Result<Option<u32>> + Send + 'static,
) -> (Answer, Option<Lead>) {
    let (asker, answer) = oneshot::channel();
    let together = store.together.as_ref().unwrap();
    (answer, together.leave(store, None, (Actor::System, None), asker, act))
}

fn conflict() -> Error {
    Error::conflict("no", "No.")
}

#[test]
fn what_waits_is_written_in_one_transaction_and_what_fails_is_undone_alone() {
    let store = testing::store();
    if !store.is_sqlite() {
        return;
    }
    let (mut first, lead) = leave(&store, |tx| append(tx, "one"));
    let (mut failed, none) = leave(&store, |tx| {
        append(tx, "two")?;
        Err(conflict())
    });
    let (mut broken, _) = leave(&store, |tx| {
        append(tx, "three")?;
        panic!("a fault of ours");
    });
    let (mut last, _) = leave(&store, |tx| append(tx, "four"));
    assert!(none.is_none() && subjects(&store).is_empty());
    assert!(first.try_recv().is_err(), "nobody is answered before the commit");
    drop(lead.unwrap());
    assert_eq!(first.try_recv().unwrap().unwrap(), Some(1));
    assert_eq!(last.try_recv().unwrap().unwrap(), Some(2));
    assert_eq!(refused(failed.try_recv().unwrap()), "no");
    assert!(matches!(broken.try_recv().unwrap(), Err(Error::Internal(_))));
    assert_eq!(subjects(&store), ["four", "one"]);
    // Whoever comes next leads again.
    let (mut next, lead) = leave(&store, |tx| append(tx, "five"));
    drop(lead.unwrap());
    assert_eq!(next.try_recv().unwrap().unwrap(), Some(1));
}

#[test]
fn a_first_write_that_fails_takes_nothing_with_it() {
    let store = testing::store();
    if !store.is_sqlite() {
        return;
    }
    let (mut failed, lead) = leave(&store, |tx| {
        append(tx, "one")?;
        Err(conflict())
    });
    let (mut next, _) = leave(&store, |tx| append(tx, "two"));
    drop(lead.unwrap());
    assert_eq!(refused(failed.try_recv().unwrap()), "no");
    assert_eq!(next.try_recv().unwrap().unwrap(), Some(1));
    assert_eq!(subjects(&store), ["two"]);
}

#[test]
fn who_is_coming_is_waited_for_and_nobody_else() {
    let together = Arc::new(Together::new());
    let (begun, long) = (Instant::now(), Duration::from_secs(20));
    assert!(together.next(begun + long).is_none());
    assert!(begun.elapsed() < long / 2);
    let coming = together.coming();
    let pause = Duration::from_millis(20);
    assert!(together.next(Instant::now() + pause).is_none());
    assert!(begun.elapsed() >= pause);
    std::thread::scope(|threads| {
        threads.spawn(move || {
            std::thread::sleep(pause);
            drop(coming);
        });
        assert!(together.next(Instant::now() + long).is_none());
    });
    assert!(begun.elapsed() < long);
    assert_eq!(together.lock().coming, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_answered_finds_what_was_written() {
    let store = testing::store();
    let mut all = Vec::new();
    for at in 0..40 {
        let writer = (*store).clone();
        all.push(tokio::spawn(async move {
            let subject = format!("{at:02}");
            let act = move |_: &Store| {
                let write = move |tx: &mut Tx| match at % 4 {
                    3 => append(tx, &subject).and(Err(conflict())),
                    _ => append(tx, &subject),
                };
                Ok(match at % 5 {
                    4 => Next::Done(None),
                    _ => Next::write(Scope::Own, Actor::System, write),
                })
            };
            let answer = writer.apart_then(act).await;
            let found = subjects(&writer);
            let is_written = at % 4 != 3 && at % 5 != 4;
            assert_eq!(found.contains(&format!("{at:02}")), is_written, "{at}");
            assert_eq!(answer.is_ok(), at % 4 != 3 || at % 5 == 4, "{at}");
        }));
    }
    for one in all {
        one.await.unwrap();
    }
    // Who wants the connection alone gets it, too.
    store.system(|tx| append(tx, "alone"));
    assert!(subjects(&store).contains(&"alone".to_owned()));
}
