//! Moments in words: how long ago, how soon.

use super::server::State;
use crate::clock::Time;
use crate::store::domains::Domain;

/// How long ago something was, in the coarsest unit: `4 min ago`.
pub(super) fn ago(state: &State, at: Time, now: Time) -> String {
    say(state, "ago", now.since(at).num_seconds())
}

/// How long it is until something, in the coarsest unit: `in 4 min`.
pub(super) fn ahead(state: &State, at: Time, now: Time) -> String {
    say(state, "ahead", at.since(now).num_seconds())
}

/// When a domain that waits for its DNS record was looked for, when it is next, and until when that goes on by itself.
pub(super) fn looks(state: &State, domain: &Domain) -> Option<String> {
    let now = state.store.clock().now();
    let (next, until) = domain.checks()?;
    let ahead = ahead(state, next, now);
    let until = until.to_utc().format("%-d %b %H:%M").to_string();
    let values = [("ahead", ahead.as_str()), ("until", &until)];
    Some(match domain.checked_at {
        Some(at) => {
            let ago = ago(state, at, now);
            let values = [&values[..], &[("ago", ago.as_str())]].concat();
            state.locale.fill("moments.looks.again", &values)
        }
        None => state.locale.fill("moments.looks.first", &values),
    })
}

fn say(state: &State, way: &str, seconds: i64) -> String {
    let (unit, number) = apart(seconds);
    state.locale.fill(&format!("moments.{way}.{unit}"), &[("number", &number.to_string())])
}

/// Seconds in the coarsest unit of which there is one.
fn apart(seconds: i64) -> (&'static str, i64) {
    match seconds {
        ..60 => ("now", 0),
        60..3_600 => ("minutes", seconds / 60),
        3_600..86_400 => ("hours", seconds / 3_600),
        _ => ("days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_the_coarsest_unit() {
        assert_eq!(apart(-5), ("now", 0));
        assert_eq!(apart(59), ("now", 0));
        assert_eq!(apart(60), ("minutes", 1));
        assert_eq!(apart(7_199), ("hours", 1));
        assert_eq!(apart(86_400 * 3), ("days", 3));
    }
}
