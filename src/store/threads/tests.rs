use super::Threads;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, ThreadId};

/// Waits until no thread works.
fn rest(threads: &Threads) {
    loop {
        let line = threads.0.lock();
        if line.jobs.is_empty() && line.idle.len() == line.begun {
            return;
        }
        drop(line);
        thread::yield_now();
    }
}

/// Runs a job that tells which thread it is on, and waits until all are idle again.
fn one(threads: &Threads) -> ThreadId {
    let (told, heard) = channel();
    threads.run(move || told.send(thread::current().id()).unwrap());
    let id = heard.recv().unwrap();
    rest(threads);
    id
}

/// Runs jobs that hold a thread each until all have begun: which threads they are on, and a job that waits behind them.
fn all_at_once(threads: &Threads, count: usize) -> (Vec<ThreadId>, Receiver<()>) {
    let (told, heard) = channel();
    let mut held = Vec::new();
    for _ in 0..count {
        let (go, wait) = channel::<()>();
        let told = told.clone();
        held.push(go);
        threads.run(move || {
            told.send(thread::current().id()).unwrap();
            wait.recv().ok();
        });
    }
    let ids = (0..count).map(|_| heard.recv().unwrap()).collect();
    let (late, behind) = channel();
    threads.run(move || late.send(()).unwrap());
    assert!(behind.try_recv().is_err(), "it began although all threads are taken");
    drop(held);
    (ids, behind)
}

#[test]
fn the_thread_that_worked_last_is_woken_first() {
    let threads = Threads::new(3);
    all_at_once(&threads, 3).1.recv().unwrap();
    rest(&threads);
    let last = one(&threads);
    for _ in 0..5 {
        assert_eq!(one(&threads), last);
    }
}

#[test]
fn there_are_no_more_threads_than_were_asked_for_and_what_comes_then_waits() {
    let threads = Threads::new(2);
    let (mut ids, behind) = all_at_once(&threads, 2);
    behind.recv().unwrap();
    ids.dedup();
    assert_eq!(ids.len(), 2);
    assert_eq!(threads.0.lock().begun, 2);
}

#[test]
fn a_panic_ends_no_thread() {
    let threads = Threads::new(1);
    let id = one(&threads);
    threads.run(|| std::panic::panic_any("a panic of this test"));
    assert_eq!(one(&threads), id);
}

#[test]
fn what_was_asked_for_is_done_before_the_threads_end() {
    let (told, heard) = channel();
    let threads = Threads::new(1);
    for at in 0..100 {
        let told = told.clone();
        threads.run(move || told.send(at).unwrap());
    }
    let shared = threads.0.clone();
    drop((threads, told));
    assert_eq!(heard.iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    while std::sync::Arc::strong_count(&shared) > 1 {
        thread::yield_now();
    }
}

#[test]
fn what_others_wait_for_is_done_however_long_the_rest_takes() {
    let threads = Threads::new(2);
    let (told, heard) = channel();
    let held: Vec<_> = (0..5)
        .map(|_| {
            let (go, wait) = channel::<()>();
            let told = told.clone();
            threads.run(move || {
                told.send(()).unwrap();
                wait.recv().ok();
            });
            go
        })
        .collect();
    (0..2).for_each(|_| heard.recv().unwrap());
    let (done, urgent) = channel();
    threads.run_urgent(move || done.send(()).unwrap());
    urgent.recv().unwrap();
    assert!(heard.try_recv().is_err(), "a job began on the thread that is kept");
    drop(held);
    (0..3).for_each(|_| heard.recv().unwrap());
}
