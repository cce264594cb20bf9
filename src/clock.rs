//! The only place that asks for the time.

use chrono::{DateTime, DurationRound, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A moment in UTC with microseconds, the finest unit that both databases keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "DateTime<Utc>", into = "DateTime<Utc>")]
pub struct Time(NaiveDateTime);

impl Time {
    /// The moment `seconds` after 1970-01-01T00:00:00Z, or 1970 itself if that is out of range.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self::from(DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH))
    }

    /// Whole seconds since 1970-01-01T00:00:00Z: the `NumericDate` of RFC 7519.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0.and_utc().timestamp()
    }

    /// This moment as chrono knows it.
    #[must_use]
    pub fn to_utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    /// This moment in UTC without saying so, as databases keep it.
    pub(crate) fn as_naive(&self) -> &NaiveDateTime {
        &self.0
    }

    /// This moment without its fraction of a second.
    #[must_use]
    pub fn whole_seconds(self) -> Self {
        Self(self.0.duration_trunc(TimeDelta::seconds(1)).unwrap_or(self.0))
    }

    /// `delta` later; the same moment if the sum is out of range.
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Self {
        self.0.checked_add_signed(delta).map_or(self, Self)
    }

    /// `delta` earlier; the same moment if the difference is out of range.
    #[must_use]
    pub fn minus(self, delta: TimeDelta) -> Self {
        self.0.checked_sub_signed(delta).map_or(self, Self)
    }

    /// How long after `earlier` this is; negative if it is before.
    #[must_use]
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0 - earlier.0
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(value: DateTime<Utc>) -> Self {
        Self(value.naive_utc().trunc_subsecs(6))
    }
}

impl From<Time> for DateTime<Utc> {
    fn from(value: Time) -> Self {
        value.to_utc()
    }
}

impl fmt::Display for Time {
    /// `xs:dateTime` and RFC 3339 in UTC with seconds: `2026-01-31T09:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// Tells the time: the machine's, moved by as much as a test wishes.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_micros: Arc<AtomicI64>,
}

impl Clock {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Time {
        let offset = TimeDelta::microseconds(self.offset_micros.load(Ordering::Relaxed));
        #[expect(clippy::disallowed_methods, reason = "this is the one place")]
        let now = Utc::now();
        Time::from(now).plus(offset)
    }

    /// Moves this clock, and every clone of it, by `delta`.
    pub fn advance(&self, delta: TimeDelta) {
        self.offset_micros
            .fetch_add(delta.num_microseconds().unwrap_or_default(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_microseconds_and_no_more() {
        let nanos = DateTime::from_timestamp(1, 123_456_789).unwrap();
        assert_eq!(Time::from(nanos).to_utc().timestamp_subsec_nanos(), 123_456_000);
    }

    #[test]
    fn moving_a_clock_moves_its_clones() {
        let clock = Clock::default();
        let clone = clock.clone();
        let before = clone.now();
        clock.advance(TimeDelta::hours(1));
        assert!(clone.now().since(before) >= TimeDelta::hours(1));
    }
}
