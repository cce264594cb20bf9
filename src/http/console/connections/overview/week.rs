//! Sign-ins of seven days as bars, drawn with attributes, for the policy lets no style in; and how many people that were.

use crate::clock::Time;
use crate::http::console::connections::bars;
use crate::http::console::listing;
use crate::http::server::State;
use crate::store::traces::{DAYS, Day, People};
use chrono::TimeDelta;

/// How high the bars are at most.
const HEIGHT: i64 = 51;
/// Where they stand.
const GROUND: i64 = 62;
/// From one bar to the next.
const STEP: i64 = 40;

/// The bar of a day.
pub(super) struct Bar {
    pub(super) x: i64,
    /// Where the middle of it is.
    pub(super) middle: i64,
    /// Where it begins, and how high it is.
    pub(super) all: (i64, i64),
    /// The same of those who were refused, at its foot.
    pub(super) failed: (i64, i64),
    /// The day of the week.
    pub(super) day: String,
}

/// The drawing, and what is said below it.
pub(super) struct Week {
    pub(super) bars: Vec<Bar>,
    /// What it says, for those who do not see it.
    pub(super) label: String,
    pub(super) number: String,
    pub(super) text: String,
}

/// The chart of these days, of which the last is today. A bar is as high as its share of the highest; what is there at all is seen.
pub(super) fn of(state: &State, days: &[Day; DAYS], people: People, now: Time) -> Week {
    let most = days.iter().map(|day| day.succeeded + day.failed).max().unwrap_or_default().max(1);
    let high = |number: i64| match number {
        0 => 0,
        _ => (number.saturating_mul(HEIGHT) / most).max(2),
    };
    let bar = |(place, (back, day)): (i64, (i64, &Day))| {
        let (all, failed) = (high(day.succeeded + day.failed).max(1), high(day.failed));
        Bar {
            x: place * STEP,
            middle: place * STEP + STEP * 3 / 8,
            all: (GROUND - all, all),
            failed: (GROUND - failed, failed),
            day: now.minus(TimeDelta::days(back)).to_utc().format("%a").to_string(),
        }
    };
    let all: i64 = days.iter().map(|day| day.succeeded + day.failed).sum();
    let failed: i64 = days.iter().map(|day| day.failed).sum();
    let key = match (all, failed) {
        (0, _) => "nobody",
        (_, 0) => "none_failed",
        _ => "some_failed",
    };
    let values = [("people", &*self::people(state, people)), ("failed", &listing::number(failed))];
    Week {
        bars: (0..).zip((0..7_i64).rev().zip(days)).map(bar).collect(),
        label: bars::label(state, days),
        number: listing::number(all),
        text: state.locale.fill(&format!("console.connections.week.{key}"), &values),
    }
}

/// How many people that are.
pub(in crate::http::console) fn people(state: &State, people: People) -> String {
    let key = match people {
        People { is_more: true, .. } => "console.connections.week.people_or_more",
        People { count: 1, .. } => "console.connections.week.person",
        People { .. } => "console.connections.week.people",
    };
    state.locale.fill(key, &[("number", &people.count.to_string())])
}
