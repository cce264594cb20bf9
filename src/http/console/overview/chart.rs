//! Sign-ins by the hour, as bars: drawn with attributes, for the policy lets no style in.

use crate::http::server::State;
use crate::store::traces::Hour;

/// The size of the drawing, in units of its own.
const HEIGHT: i64 = 80;
/// From one bar to the next.
const STEP: i64 = 20;
/// How wide a bar is.
const WIDTH: i64 = 14;

/// The bar of an hour.
pub(super) struct Bar {
    pub(super) x: i64,
    pub(super) width: i64,
    /// Where the part of those who came in begins, and how high it is.
    pub(super) good: (i64, i64),
    /// The same of those who were refused, above it.
    pub(super) bad: (i64, i64),
    /// What it says.
    pub(super) label: String,
}

/// The drawing.
pub(super) struct Chart {
    pub(super) bars: Vec<Bar>,
    pub(super) width: i64,
    pub(super) height: i64,
    /// What it says as a whole.
    pub(super) label: String,
    pub(super) succeeded: i64,
    pub(super) failed: i64,
    /// When the first bar begins, and the last.
    pub(super) from: String,
    pub(super) to: String,
}

/// The chart of these hours. A bar is as high as its share of the highest; what is there at all is seen.
pub(super) fn of(state: &State, hours: &[Hour]) -> Chart {
    let most =
        hours.iter().map(|hour| hour.succeeded + hour.failed).max().unwrap_or_default().max(1);
    let high = |number: i64| match number {
        0 => 0,
        _ => (number.saturating_mul(HEIGHT) / most).max(2),
    };
    let clock = |hour: &Hour| hour.begins.to_utc().format("%H:%M").to_string();
    let fill = |key: &str, time: &str, succeeded: i64, failed: i64| {
        let (succeeded, failed) = (succeeded.to_string(), failed.to_string());
        let values = [("time", time), ("succeeded", &*succeeded), ("failed", &*failed)];
        state.locale.fill(key, &values)
    };
    let bar = |(place, hour): (i64, &Hour)| {
        let (good, bad) = (high(hour.succeeded), high(hour.failed));
        let top = (HEIGHT - good).max(0);
        Bar {
            x: place * STEP,
            width: WIDTH,
            good: (top, good),
            bad: ((top - bad).max(0), bad),
            label: fill("console.home.hour", &clock(hour), hour.succeeded, hour.failed),
        }
    };
    let succeeded = hours.iter().map(|hour| hour.succeeded).sum();
    let failed = hours.iter().map(|hour| hour.failed).sum();
    Chart {
        bars: (0..).zip(hours).map(bar).collect(),
        width: STEP * i64::try_from(hours.len()).unwrap_or_default().max(1),
        height: HEIGHT,
        label: fill("console.home.day", "", succeeded, failed),
        succeeded,
        failed,
        from: hours.first().map(clock).unwrap_or_default(),
        to: hours.last().map(clock).unwrap_or_default(),
    }
}
