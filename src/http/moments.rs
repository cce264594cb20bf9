//! Moments in words: how long ago, how soon, on which day.

use super::server::State;
use crate::clock::Time;
use crate::store::domains::Domain;
use chrono::{Datelike, TimeDelta};

/// So far from now a moment is told by its distance.
const NEAR: TimeDelta = TimeDelta::days(7);

/// How people say when something was or will be.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// A sentence of the locale with a number in it.
    Near(&'static str, i64),
    /// A day.
    Day(String),
}

/// A moment by its distance from now, up to seven days, else by its day: `4 min ago`, `in 2 hours`, `12 Nov`.
pub(super) fn told(state: &State, time: Time) -> String {
    match said(time, state.store.clock().now()) {
        Said::Near(word, number) => {
            let key = format!("moments.{word}");
            state.locale.fill(&key, &[("number", &number.to_string())])
        }
        Said::Day(day) => day,
    }
}

/// When a domain that waits for its DNS record was looked for, when it is next, and until when that goes on by itself.
pub(super) fn looks(state: &State, domain: &Domain) -> Option<String> {
    let (next, until) = domain.checks()?;
    let ahead = told(state, next);
    let until = until.to_utc().format("%-d %b %H:%M").to_string();
    let values = [("ahead", ahead.as_str()), ("until", &until)];
    Some(match domain.checked_at {
        Some(at) => {
            let ago = told(state, at);
            let values = [&values[..], &[("ago", ago.as_str())]].concat();
            state.locale.fill("moments.looks.again", &values)
        }
        None => state.locale.fill("moments.looks.first", &values),
    })
}

fn said(time: Time, now: Time) -> Said {
    let (distance, is_past) =
        if time <= now { (now.since(time), true) } else { (time.since(now), false) };
    if distance > NEAR {
        let format =
            if time.to_utc().year() == now.to_utc().year() { "%-d %b" } else { "%-d %b %Y" };
        return Said::Day(time.to_utc().format(format).to_string());
    }
    // What was is told by what has passed of it; what comes is rounded, so that eight hours are not seven a moment later.
    let (minutes, hours, days) = if is_past {
        (distance.num_minutes(), distance.num_hours(), distance.num_days())
    } else {
        let minutes = (distance.num_seconds() + 30) / 60;
        let hours = (minutes + 30) / 60;
        (
            minutes,
            if minutes < 60 { 0 } else { hours },
            if hours < 24 { 0 } else { (hours + 12) / 24 },
        )
    };
    let (past, future, number) = match (days, hours, minutes) {
        (0, 0, 0) => ("now", "soon", 0),
        (0, 0, minutes) => ("minutes_ago", "in_minutes", minutes),
        (0, 1, _) => ("hour_ago", "in_hour", 1),
        (0, hours, _) => ("hours_ago", "in_hours", hours),
        (1, ..) => ("day_ago", "in_day", 1),
        (days, ..) => ("days_ago", "in_days", days),
    };
    Said::Near(if is_past { past } else { future }, number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_near_for_seven_days_and_then_a_day_of_this_year_or_another() {
        // 2026-11-26 08:00:00.
        let now = Time::from_unix(1_795_680_000);
        let near = |word, number| Said::Near(word, number);
        let on = |day: &str| Said::Day(day.to_owned());
        for (seconds, expected) in [
            (0, near("now", 0)),
            (-59, near("now", 0)),
            (-4 * 60, near("minutes_ago", 4)),
            (-3_600, near("hour_ago", 1)),
            (-86_399, near("hours_ago", 23)),
            (-86_400, near("day_ago", 1)),
            (-7 * 86_400, near("days_ago", 7)),
            (-7 * 86_400 - 1, on("19 Nov")),
            (-365 * 86_400, on("26 Nov 2025")),
            (20, near("soon", 0)),
            (120, near("in_minutes", 2)),
            (59 * 60, near("in_minutes", 59)),
            (8 * 3_600 - 1, near("in_hours", 8)),
            (86_400 - 1, near("in_day", 1)),
            (86_400 * 3, near("in_days", 3)),
            (86_400 * 8, on("4 Dec")),
            (86_400 * 90, on("24 Feb 2027")),
        ] {
            let time = now.plus(TimeDelta::seconds(seconds));
            assert_eq!(said(time, now), expected, "{seconds}");
        }
    }
}
