//! When something was last used is known to the minute: finer would be a write for each use.

use super::Time;
use chrono::TimeDelta;

const EXACT: TimeDelta = TimeDelta::minutes(1);

/// Whether a use at `now` is worth writing down.
pub(super) fn is_due(last: Option<Time>, now: Time) -> bool {
    last.is_none_or(|last| last <= due_before(now))
}

/// The last use that a use at `now` is written down after.
pub(super) fn due_before(now: Time) -> Time {
    now.minus(EXACT)
}
