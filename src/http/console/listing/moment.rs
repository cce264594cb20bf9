//! Moments as people read them: how long ago, on which day, or in a log to the second.

use crate::clock::Time;
use crate::http::moments;
use crate::http::server::State;

/// A moment in a table or a fact.
pub(in crate::http) struct Moment {
    /// For programs.
    pub(in crate::http) time: String,
    /// For people.
    pub(in crate::http) short: String,
    /// For people who want to know exactly.
    pub(in crate::http) full: String,
}

impl Moment {
    fn new(time: Time, short: String) -> Self {
        let full = time.to_utc().format("%-d %b %Y %H:%M:%S UTC").to_string();
        Self { time: time.to_string(), short, full }
    }
}

/// A moment by its distance from now, up to seven days, else by its day.
pub(in crate::http::console) fn when(state: &State, time: Time) -> Moment {
    Moment::new(time, moments::told(state, time))
}

/// A day.
pub(in crate::http::console) fn day(time: Time) -> Moment {
    Moment::new(time, time.to_utc().format("%-d %b %Y").to_string())
}

/// A moment of a log, in UTC with seconds.
pub(in crate::http::console) fn second(time: Time) -> Moment {
    Moment::new(time, time.to_utc().format("%-d %b %Y %H:%M:%S").to_string())
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
    fn numbers_have_separators() {
        let found = [0, 12, 999, 1_000, 1_284_000, -4_200].map(number);
        assert_eq!(found, ["0", "12", "999", "1,000", "1,284,000", "-4,200"]);
    }
}
