//! Sign-ins of seven days as bars, small enough for a row of a table: one path for all, drawn with attributes.

use crate::http::server::State;
use crate::store::traces::Day;

/// The size of the drawing.
const HEIGHT: i64 = 22;
/// From one bar to the next, in tenths.
const STEP: usize = 106;

/// The drawing.
pub(super) struct Bars {
    /// All sign-ins of each day.
    pub(super) all: String,
    /// Those that failed.
    pub(super) failed: String,
    /// What it says.
    pub(super) label: String,
}

/// The bars of these days, each as high as its share of the highest. What is there at all is seen.
pub(super) fn of(state: &State, days: &[Day]) -> Bars {
    let most = days.iter().map(|day| day.succeeded + day.failed).max().unwrap_or_default().max(1);
    let high = |number: i64| match number {
        0 => 0,
        _ => (number.saturating_mul(HEIGHT - 2) / most).max(2),
    };
    let (mut all, mut failed) = (String::new(), String::new());
    for (place, day) in days.iter().enumerate() {
        draw(&mut all, place, high(day.succeeded + day.failed).max(1));
        draw(&mut failed, place, high(day.failed));
    }
    Bars { all, failed, label: label(state, days) }
}

/// What the bars of these days say, for those who do not see them.
pub(super) fn label(state: &State, days: &[Day]) -> String {
    let numbers: Vec<String> =
        days.iter().map(|day| (day.succeeded + day.failed).to_string()).collect();
    let lost: i64 = days.iter().map(|day| day.failed).sum();
    let (numbers, lost) = (numbers.join(", "), lost.to_string());
    state.locale.fill("console.connections.bars", &[("numbers", &numbers), ("failed", &lost)])
}

fn draw(path: &mut String, place: usize, height: i64) {
    if height > 0 {
        let x = place * STEP;
        let bar = format!("M{}.{} {HEIGHT}v-{height}h8v{height}z", x / 10, x % 10);
        path.push_str(&bar);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_begins_at_its_day_and_is_as_high_as_it_is_told() {
        let mut path = String::new();
        draw(&mut path, 0, 20);
        draw(&mut path, 1, 0);
        draw(&mut path, 3, 2);
        assert_eq!(path, "M0.0 22v-20h8v20zM31.8 22v-2h8v2z");
    }
}
