//! Which refused tokens are told, and how often: strangers can fill no list.

use super::refused::{Refused, Why};
use crate::clock::Time;
use crate::store::ConnectionId;
use chrono::TimeDelta;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How far apart two lines of one cause at one connection are at least: after the first, and after the second.
const PAUSES: [TimeDelta; 2] = [TimeDelta::minutes(1), TimeDelta::minutes(15)];
/// And after each that follows.
const LONGEST: TimeDelta = TimeDelta::hours(1);
/// After so long without a request of a cause its pauses are as at first.
const QUIET: TimeDelta = TimeDelta::days(1);
/// Lines a minute, at all connections together, of causes for which nobody needs to have anything of ours.
const OF_ANYBODY: u32 = 60;
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// How many causes at connections are remembered. Beyond that those are forgotten whose pause is over, else all.
const MOST: usize = 10_000;
/// How many refusals are looked up at a time. What comes beyond that is not told: strangers do not keep the database busy.
const AT_ONCE: usize = 4;

/// When each cause was last told at a connection that there is, and how often it has come since.
pub(super) struct Refusals {
    memory: Mutex<Memory>,
    turns: Arc<Semaphore>,
}

#[derive(Default)]
struct Memory {
    told: HashMap<Cause, Told>,
    /// Since when lines of [`OF_ANYBODY`] are counted, and how many those are.
    minute: Option<(Time, u32)>,
}

/// Why, and at which connection.
type Cause = (ConnectionId, Discriminant<Why>);

/// What is remembered of a cause.
struct Told {
    /// When it was told.
    at: Time,
    /// When it last came.
    last: Time,
    /// How many lines it had before that one, without a quiet day between.
    before: usize,
    /// How often it has come since.
    more: u64,
}

impl Told {
    fn pause(&self) -> TimeDelta {
        PAUSES.get(self.before).copied().unwrap_or(LONGEST)
    }

    fn rests(&self, now: Time) -> bool {
        now.since(self.at) < self.pause()
    }
}

impl Default for Refusals {
    fn default() -> Self {
        Self { memory: Mutex::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Refusals {
    /// Whether it is not to be told now. It is counted then, if it has been told before.
    pub(super) fn is_held_back(&self, refused: &Refused, now: Time) -> bool {
        self.memory().is_held_back(refused, now)
    }

    /// Tells it now: how often it has come since it was told last. None: it is not to be told any more, as somebody else has just
    /// told it.
    pub(super) fn tell(&self, refused: &Refused, now: Time) -> Option<u64> {
        let mut memory = self.memory();
        (!memory.is_held_back(refused, now)).then(|| memory.tell(refused, now))
    }

    /// A turn to look one up.
    pub(super) fn turn(&self) -> Option<OwnedSemaphorePermit> {
        self.turns.clone().try_acquire_owned().ok()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn is_held_back(&mut self, refused: &Refused, now: Time) -> bool {
        let is_full = refused.why.is_anybodys()
            && self
                .minute
                .is_some_and(|(since, lines)| now.since(since) < MINUTE && lines >= OF_ANYBODY);
        match self.told.get_mut(&cause(refused)) {
            Some(told) if is_full || told.rests(now) => {
                told.last = now;
                told.more = told.more.saturating_add(1);
                true
            }
            _ => is_full,
        }
    }

    fn tell(&mut self, refused: &Refused, now: Time) -> u64 {
        if refused.why.is_anybodys() {
            let begun = self.minute.filter(|(since, _)| now.since(*since) < MINUTE);
            let (since, lines) = begun.unwrap_or((now, 0));
            self.minute = Some((since, lines.saturating_add(1)));
        }
        if self.told.len() >= MOST {
            self.told.retain(|_, told| told.rests(now));
            if self.told.len() >= MOST {
                self.told.clear();
            }
        }
        let earlier = self.told.remove(&cause(refused));
        let more = earlier.as_ref().map_or(0, |told| told.more);
        let in_a_row = earlier.filter(|told| now.since(told.last) < QUIET);
        let before = in_a_row.map_or(0, |told| told.before.saturating_add(1));
        self.told.insert(cause(refused), Told { at: now, last: now, before, more: 0 });
        more
    }
}

fn cause(refused: &Refused) -> Cause {
    (refused.connection.clone(), discriminant(&refused.why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn refused(why: Why) -> Refused {
        Refused { connection: ConnectionId::new(), why }
    }

    #[test]
    fn a_cause_is_told_ever_more_seldom_with_how_often_it_came_and_as_at_first_after_a_quiet_day() {
        let (refusals, mut now) = (Refusals::default(), Clock::default().now());
        let unknown = refused(Why::Unknown);
        let other = Refused { why: Why::Missing, ..unknown.clone() };
        assert_eq!(refusals.tell(&unknown, now), Some(0));
        assert!(refusals.is_held_back(&unknown, now) && !refusals.is_held_back(&other, now));
        assert_eq!(refusals.tell(&unknown, now), None);
        let mut more = 2;
        for minutes in [1, 15, 60, 60] {
            now = now.plus(TimeDelta::minutes(minutes));
            assert!(refusals.is_held_back(&unknown, now.minus(TimeDelta::seconds(1))), "{minutes}");
            assert!(!refusals.is_held_back(&unknown, now), "{minutes}");
            assert_eq!(refusals.tell(&unknown, now), Some(more + 1), "{minutes}");
            more = 0;
        }
        // A day on which it comes is none that is quiet.
        let later = now.plus(TimeDelta::minutes(30));
        assert!(refusals.is_held_back(&unknown, later));
        now = now.plus(TimeDelta::days(1));
        assert_eq!(refusals.tell(&unknown, now), Some(1));
        assert!(refusals.is_held_back(&unknown, now.plus(TimeDelta::minutes(59))));
        now = now.plus(TimeDelta::minutes(59)).plus(TimeDelta::days(1));
        assert_eq!(refusals.tell(&unknown, now), Some(1));
        assert_eq!(refusals.tell(&unknown, now.plus(TimeDelta::minutes(1))), Some(0));
    }

    #[test]
    fn what_anybody_can_bring_about_has_so_many_lines_a_minute_at_all_connections_together() {
        let (refusals, now) = (Refusals::default(), Clock::default().now());
        let first = refused(Why::Unknown);
        assert_eq!(refusals.tell(&first, now), Some(0));
        for n in 1..OF_ANYBODY {
            let why = if n % 2 == 0 { Why::Unknown } else { Why::Missing };
            assert_eq!(refusals.tell(&refused(why), now), Some(0), "{n}");
        }
        for why in [Why::Unknown, Why::Missing] {
            assert!(refusals.is_held_back(&refused(why), now), "nobody asks the database");
            assert_eq!(refusals.tell(&refused(why), now), None);
        }
        // Who shows a token that was ours is told of nevertheless.
        let from = "192.0.2.7".parse().unwrap();
        for why in [Why::Retired(now), Why::Revoked(now), Why::Elsewhere(from), Why::Off] {
            assert_eq!(refusals.tell(&refused(why), now), Some(0), "{why:?}");
        }
        let next = now.plus(MINUTE);
        assert_eq!(refusals.tell(&refused(Why::Missing), next), Some(0));
        assert_eq!(refusals.tell(&first, next), Some(0));
    }

    #[test]
    fn what_two_see_at_the_same_moment_is_told_once() {
        let (refusals, now) = (Refusals::default(), Clock::default().now());
        let unknown = refused(Why::Unknown);
        let barrier = std::sync::Barrier::new(8);
        let told = std::thread::scope(|scope| {
            let one = || {
                let mut told = 0;
                for n in 0..50 {
                    let now = now.plus(TimeDelta::days(n));
                    barrier.wait();
                    told += usize::from(refusals.tell(&unknown, now).is_some());
                }
                told
            };
            let all: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
            all.into_iter().map(|one| one.join().unwrap()).sum::<usize>()
        });
        assert_eq!(told, 50);
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let (refusals, now) = (Refusals::default(), Clock::default().now());
        for _ in 0..=MOST {
            refusals.tell(&refused(Why::Off), now);
        }
        assert_eq!(refusals.memory().told.len(), 1);
    }

    #[test]
    fn so_many_are_looked_up_at_a_time_and_no_more() {
        let refusals = Refusals::default();
        let turns: Vec<_> = (0..AT_ONCE).map(|_| refusals.turn().unwrap()).collect();
        assert!(refusals.turn().is_none());
        drop(turns);
        assert!(refusals.turn().is_some());
    }
}
