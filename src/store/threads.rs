//! The threads that sign-ins are worked on where the database is a file of ours: as many as can work at once.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};

/// A piece of work. It answers whoever waits for it itself.
type Job = Box<dyn FnOnce() + Send>;

/// A few threads. Of those that are idle the one that worked last is woken, whose memory is still near the processor: a
/// pool that wakes each in turn, as tokio's does, finds all of it cold. They end with this.
///
/// One is kept for what others wait for: however long those who read and compute wait for the database, it is done.
pub(super) struct Threads(Arc<Shared>);

struct Shared {
    /// How many pieces of work are done at once, but for the urgent.
    most: usize,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    urgent: VecDeque<Job>,
    jobs: VecDeque<Job>,
    /// How many jobs are done now, but for the urgent.
    working: usize,
    /// Those that wait for work, the last to begin at the end.
    idle: Vec<Thread>,
    begun: usize,
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does next, and whether that is urgent.
    fn next(&self, line: &mut Line) -> Option<(Job, bool)> {
        if let Some(job) = line.urgent.pop_front() {
            return Some((job, true));
        }
        if line.working == self.most {
            return None;
        }
        let job = line.jobs.pop_front()?;
        line.working += 1;
        Some((job, false))
    }
}

impl Threads {
    /// As many as there are processors, one more for when one waits for the database, and the one for what is urgent. None
    /// begins before it is needed.
    pub(super) fn of_this_machine() -> Self {
        Self::new(thread::available_parallelism().map_or(2, usize::from) + 1)
    }

    fn new(most: usize) -> Self {
        Self(Arc::new(Shared { most, line: Mutex::default() }))
    }

    /// Does it on one of them, as soon as one is free.
    pub(super) fn run(&self, job: impl FnOnce() + Send + 'static) {
        let mut line = self.0.lock();
        line.jobs.push_back(Box::new(job));
        // Those that wait before it have each woken a thread.
        if line.working + line.jobs.len() <= self.0.most {
            self.wake(line);
        }
    }

    /// Does before everything else what others wait for.
    pub(super) fn run_urgent(&self, job: impl FnOnce() + Send + 'static) {
        let mut line = self.0.lock();
        line.urgent.push_back(Box::new(job));
        self.wake(line);
    }

    fn wake(&self, mut line: MutexGuard<'_, Line>) {
        if let Some(idle) = line.idle.pop() {
            drop(line);
            idle.unpark();
        } else if line.begun <= self.0.most {
            line.begun += 1;
            drop(line);
            self.begin();
        }
    }

    fn begin(&self) {
        let shared = self.0.clone();
        let begun = thread::Builder::new().name("sign-ins".to_owned()).spawn(move || work(&shared));
        let Err(error) = begun else { return };
        tracing::error!(%error, "a thread could not be begun");
        let mut line = self.0.lock();
        line.begun -= 1;
        if line.begun == 0 {
            // Nobody would ever do it. Who waits for it is told by its end.
            let jobs = (std::mem::take(&mut line.urgent), std::mem::take(&mut line.jobs));
            drop(line);
            drop(jobs);
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut line = self.0.lock();
        line.is_over = true;
        for idle in line.idle.drain(..) {
            idle.unpark();
        }
    }
}

fn work(shared: &Shared) {
    let mut line = shared.lock();
    loop {
        if let Some((job, is_urgent)) = shared.next(&mut line) {
            drop(line);
            // Whoever waits hears of a panic by never being answered.
            catch_unwind(AssertUnwindSafe(job)).ok();
            line = shared.lock();
            line.working -= usize::from(!is_urgent);
        } else if line.is_over {
            return;
        } else {
            line.idle.push(thread::current());
            drop(line);
            thread::park();
            line = shared.lock();
            // It may have woken by itself.
            let own = thread::current().id();
            line.idle.retain(|idle| idle.id() != own);
        }
    }
}

#[cfg(test)]
mod tests;
