//! Moments as people read them: how long ago, on which day, or in a log to the second.

use crate::clock::Time;
use crate::http::server::State;
use chrono::{Datelike, TimeDelta};

/// So far from now a moment is told by its distance.
const NEAR: TimeDelta = TimeDelta::days(7);

/// A moment in a table or a fact.
pub(in crate::http) struct Moment {
    /// For programs.
    pub(in crate::http) time: String,
    /// For people.
    pub(in crate::http) short: String,
    /// For people who want to know exactly.
    pub(in crate::http) full: String,
}

/// How people say when something was or will be.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    /// A sentence of the locale with a number in it.
    Near(&'static str, i64),
    /// A day.
    Day(String),
}

impl Moment {
    fn new(time: Time, short: String) -> Self {
        let full = time.to_utc().format("%-d %b %Y %H:%M:%S UTC").to_string();
        Self { time: time.to_string(), short, full }
    }
}

/// A moment by its distance from now, up to seven days, else by its day.
pub(in crate::http::console) fn when(state: &State, time: Time) -> Moment {
    let short = match said(time, state.store.clock().now()) {
        Said::Near(word, number) => {
            let key = format!("console.when.{word}");
            state.locale.fill(&key, &[("number", &number.to_string())])
        }
        Said::Day(day) => day,
    };
    Moment::new(time, short)
}

/// A day.
pub(in crate::http::console) fn day(time: Time) -> Moment {
    Moment::new(time, time.to_utc().format("%-d %b %Y").to_string())
}

/// A moment of a log, in UTC with seconds.
pub(in crate::http::console) fn second(time: Time) -> Moment {
    Moment::new(time, time.to_utc().format("%-d %b %Y %H:%M:%S").to_string())
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

/// How long something took: `640 ms`, `8.6 s`.
pub(in crate::http::console) fn took(state: &State, milliseconds: i64) -> String {
    let (key, value) = match milliseconds {
        ..1_000 => ("console.milliseconds", milliseconds.to_string()),
        _ => {
            ("console.seconds", format!("{}.{}", milliseconds / 1_000, milliseconds % 1_000 / 100))
        }
    };
    state.locale.fill(key, &[("number", &value)])
}

/// What stands behind the first of so many: `+2`, or nothing.
pub(in crate::http::console) fn more(count: usize) -> String {
    if count > 1 { format!("+{}", count - 1) } else { String::new() }
}

/// A number with separators.
pub(in crate::http::console) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
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

    #[test]
    fn numbers_have_separators() {
        let found = [0, 12, 999, 1_000, 1_284_000, -4_200].map(number);
        assert_eq!(found, ["0", "12", "999", "1,000", "1,284,000", "-4,200"]);
    }
}
