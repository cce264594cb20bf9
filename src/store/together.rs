//! Writes that are committed together, on SQLite: it has one writer, and a commit costs as much as what is written by it.
//!
//! Whoever comes while somebody writes leaves the write here and goes. Whoever writes does it in the same transaction,
//! behind a savepoint: what fails is undone alone. Everybody is answered after the commit, and no sooner.

use super::db::{self, POOL_PATIENCE};
use super::threads::Threads;
use super::{Actor, Db, Pool, Scope, Store, Tx, answered, origin};
use crate::error::{Error, Result};
use anyhow::Context;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Writes of one transaction at most.
const MOST: usize = 32;
/// How long a transaction is kept open for those who are about to write.
const PATIENCE: Duration = Duration::from_millis(1);
/// How often, and for how long each time, those who write alone are let go first.
const COURTESY: (usize, Duration) = (20, Duration::from_micros(100));

/// What a write does in its transaction.
type Act<T> = Box<dyn FnOnce(&mut Tx) -> Result<T> + Send>;

/// What comes of reading and computing.
pub enum Next<T> {
    /// An answer.
    Done(T),
    /// A write, in one transaction, that answers.
    Write(Scope, Actor, Act<T>),
}

impl<T> Next<T> {
    /// A write that answers.
    #[must_use]
    pub fn write(
        scope: Scope,
        actor: Actor,
        act: impl FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    ) -> Self {
        Self::Write(scope, actor, Box::new(act))
    }

    /// The same, with another answer made of it.
    #[must_use]
    pub fn map<U>(self, f: impl FnOnce(T) -> U + Send + 'static) -> Next<U>
    where
        T: 'static,
    {
        match self {
            Self::Done(value) => Next::Done(f(value)),
            Self::Write(scope, actor, act) => Next::write(scope, actor, move |tx| act(tx).map(f)),
        }
    }
}

/// The writes that wait for their turn.
pub(super) struct Together {
    /// Who reads, computes and writes.
    pub(super) threads: Threads,
    line: Mutex<Line>,
    /// Rung when there is nobody to wait for any more.
    all_there: Condvar,
    /// Those who want the writer's connection for themselves.
    alone: AtomicUsize,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Box<dyn Write>>,
    /// Those who read and compute now, and may leave a write here.
    coming: usize,
    /// Somebody writes, and will look here again.
    is_led: bool,
    /// Whoever writes waits for those who are coming.
    is_awaited: bool,
}

/// A write, and who waits for its answer.
trait Write: Send {
    /// Does it in an open transaction. False: it has to be undone.
    fn act(&mut self, store: &Store, db: &mut Db) -> bool;
    /// Answers, once it is committed or undone.
    fn answer(self: Box<Self>, store: &Store, committed: bool);
}

struct Asked<T, F> {
    actor: Actor,
    from: Option<IpAddr>,
    since: Instant,
    act: Option<F>,
    done: Result<T>,
    rings: bool,
    tells: bool,
    asker: oneshot::Sender<Result<T>>,
}

impl<T, F> Write for Asked<T, F>
where
    T: Send,
    F: FnOnce(&mut Tx) -> Result<T> + Send,
{
    fn act(&mut self, store: &Store, db: &mut Db) -> bool {
        let waited = self.since.elapsed();
        store.waited(Pool::Writers, waited);
        let Some(act) = self.act.take().filter(|_| waited < POOL_PATIENCE) else { return false };
        let (actor, from, now) = (&self.actor, self.from, store.clock.now());
        let mut tx = Tx { db, actor, now, rings: false, tells: false };
        // A panic must not take the writes of others with it.
        let acted = catch_unwind(AssertUnwindSafe(|| origin::within(from, || act(&mut tx))));
        (self.rings, self.tells) = (tx.rings, tx.tells);
        self.done = acted.unwrap_or_else(|_| Err(Error::Internal(anyhow::anyhow!("a panic"))));
        self.done.is_ok()
    }

    fn answer(self: Box<Self>, store: &Store, committed: bool) {
        let done = self.done.and_then(|value| if committed { Ok(value) } else { Err(busy()) });
        if done.is_ok() {
            store.ring(self.rings, self.tells);
        }
        // Whoever asked may have gone.
        self.asker.send(done).ok();
    }
}

fn busy() -> Error {
    Error::Busy("The database is busy.".to_owned())
}

/// Somebody who may leave a write, until it is here or will not come.
pub(super) struct Coming(Arc<Together>);

impl Drop for Coming {
    fn drop(&mut self) {
        let mut line = self.0.lock();
        line.coming = line.coming.saturating_sub(1);
        if line.coming == 0 && line.is_awaited {
            self.0.all_there.notify_one();
        }
    }
}

/// Somebody who waits for the writer's connection.
pub(super) struct Alone<'a>(&'a Together);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.alone.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whoever drops this writes what waits: so it is done whatever becomes of the task that was to do it.
pub(super) struct Lead(Store, Arc<Together>);

impl Drop for Lead {
    fn drop(&mut self) {
        let Self(store, together) = self;
        while let Some(first) = together.first() {
            let all = together.write(store, first);
            for (write, committed) in all {
                write.answer(store, committed);
            }
        }
    }
}

impl Together {
    pub(super) fn new() -> Self {
        Self {
            threads: Threads::of_this_machine(),
            line: Mutex::default(),
            all_there: Condvar::new(),
            alone: AtomicUsize::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a write may come.
    pub(super) fn coming(self: &Arc<Self>) -> Coming {
        self.lock().coming += 1;
        Coming(self.clone())
    }

    /// Says that somebody waits for the writer's connection.
    pub(super) fn alone(self: &Arc<Self>) -> Alone<'_> {
        self.alone.fetch_add(1, Ordering::Relaxed);
        Alone(self)
    }

    /// Leaves a write to be done: by whoever writes now, or else by whoever gets the [`Lead`].
    pub(super) fn leave<T, F>(
        self: &Arc<Self>,
        store: &Store,
        coming: Option<Coming>,
        (actor, from): (Actor, Option<IpAddr>),
        asker: oneshot::Sender<Result<T>>,
        act: F,
    ) -> Option<Lead>
    where
        T: Send + 'static,
        F: FnOnce(&mut Tx) -> Result<T> + Send + 'static,
    {
        let (act, done, since) = (Some(act), Err(busy()), Instant::now());
        let write = Asked { actor, from, since, act, done, rings: false, tells: false, asker };
        let mut line = self.lock();
        line.waiting.push_back(Box::new(write));
        let leads = !std::mem::replace(&mut line.is_led, true);
        drop(line);
        drop(coming);
        leads.then(|| Lead(store.clone(), self.clone()))
    }

    /// The write that a transaction begins with. None: there is none, and nobody leads any more.
    fn first(&self) -> Option<Box<dyn Write>> {
        let mut line = self.lock();
        let first = line.waiting.pop_front();
        line.is_led = first.is_some();
        first
    }

    /// The next one of a transaction. Those who are coming are waited for, until then at most.
    fn next(&self, until: Instant) -> Option<Box<dyn Write>> {
        let mut line = self.lock();
        let left = until.saturating_duration_since(Instant::now());
        if line.waiting.is_empty() && line.coming > 0 && !left.is_zero() {
            line.is_awaited = true;
            let waited = self.all_there.wait_timeout_while(line, left, |line| line.coming > 0);
            line = waited.unwrap_or_else(PoisonError::into_inner).0;
            line.is_awaited = false;
        }
        line.waiting.pop_front()
    }

    /// Does a write, and those that wait or come, in one transaction: all that were done, and whether they count.
    fn write(&self, store: &Store, first: Box<dyn Write>) -> Vec<(Box<dyn Write>, bool)> {
        self.give_way();
        let begun = db::get(&store.writers).and_then(|mut db| {
            db::begin(&mut db, &Scope::Own)?;
            Ok(db)
        });
        let mut all = vec![first];
        let mut db = match begun {
            Ok(db) => db,
            Err(error) => {
                tracing::warn!(%error, "the database does not take writes now");
                all.extend(self.lock().waiting.drain(..));
                return each(all, false);
            }
        };
        let is_done = all.last_mut().is_some_and(|first| first.act(store, &mut db));
        if !is_done {
            db::rollback(&mut db);
            return each(all, false);
        }
        let until = Instant::now() + PATIENCE;
        let mut done = Ok(());
        while all.len() < MOST
            && done.is_ok()
            && let Some(mut next) = self.next(until)
        {
            done = act_apart(store, &mut db, &mut *next);
            all.push(next);
        }
        let done = done.and_then(|()| db::commit(&mut db));
        if let Err(error) = &done {
            tracing::error!(%error, "writes could not be committed together");
            db::rollback(&mut db);
        }
        each(all, done.is_ok())
    }

    /// Lets those who write alone have the connection: who leads would always be there before them.
    fn give_way(&self) {
        let (times, pause) = COURTESY;
        for _ in 0..times {
            if self.alone.load(Ordering::Relaxed) == 0 {
                return;
            }
            std::thread::sleep(pause);
        }
    }
}

fn each(all: Vec<Box<dyn Write>>, committed: bool) -> Vec<(Box<dyn Write>, bool)> {
    all.into_iter().map(|write| (write, committed)).collect()
}

/// Does a write behind a savepoint. An error: the transaction cannot go on.
fn act_apart(store: &Store, db: &mut Db, write: &mut dyn Write) -> Result<()> {
    db::mark(db)?;
    if write.act(store, db) { db::commit(db) } else { db::undo(db) }
}

impl Store {
    /// Reads and computes as in [`Store::apart`], and then does what comes of it.
    pub async fn apart_then<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<Next<T>> + Send + 'static,
    {
        let (store, from) = (self.clone(), origin::address());
        let turn = self.turns.clone().acquire_owned().await.context("a turn to compute")?;
        let coming = self.together.as_ref().map(Together::coming);
        let (asker, answer) = oneshot::channel();
        let work = move || {
            let next = origin::within(from, || f(&store));
            drop(turn);
            let (scope, actor, act) = match next {
                Ok(Next::Write(scope, actor, act)) => (scope, actor, act),
                // Whoever asked may have gone.
                Ok(Next::Done(value)) => return drop(asker.send(Ok(value))),
                Err(error) => return drop(asker.send(Err(error))),
            };
            // Where nobody writes now, this thread does.
            if let Some(together) = store.shared(&scope) {
                drop(together.leave(&store, coming, (actor, from), asker, act));
            } else {
                drop(coming);
                let done = origin::within(from, || store.write_now(&scope, &actor, act));
                drop(asker.send(done));
            }
        };
        match &self.together {
            Some(together) => together.threads.run(work),
            None => drop(tokio::task::spawn_blocking(work)),
        }
        answered(answer).await
    }

    /// Where writes of this scope are left to be written together: those that are short and wait for nobody.
    pub(super) fn shared(&self, scope: &Scope) -> Option<&Arc<Together>> {
        let is_short = matches!(scope, Scope::Own | Scope::Among(_));
        self.together.as_ref().filter(|_| is_short)
    }
}

#[cfg(test)]
mod tests;
