//! The month in which somebody compared a guide with the console that it describes.

use crate::clock::Time;
use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Deserializer, de};
use std::fmt;

/// So long what was compared is relied on.
const LASTS: Months = Months::new(12);

/// A month, written as `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(NaiveDate);

impl Month {
    /// Whether more than twelve months have passed since then, so that it has to be looked at again.
    #[must_use]
    pub fn is_old(self, now: Time) -> bool {
        let today = now.to_utc().date_naive();
        self.0
            .checked_add_months(LASTS)
            .and_then(|end| end.checked_add_months(Months::new(1)))
            .is_none_or(|end| end <= today)
    }

    /// Whether it has not begun yet.
    #[must_use]
    pub fn is_to_come(self, now: Time) -> bool {
        let today = now.to_utc().date_naive();
        (self.0.year(), self.0.month()) > (today.year(), today.month())
    }
}

impl fmt::Display for Month {
    /// `Nov 2026`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%b %Y"))
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_whole = text.len() == 7;
        let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok();
        day.filter(|_| is_whole).map(Self).ok_or_else(|| {
            de::Error::custom(format!("“{text}” is no month: one like “2026-11” is expected"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Result<Month, String> {
        let read = Month::deserialize(toml::Value::String(text.to_owned()));
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn what_was_compared_is_relied_on_for_twelve_months() {
        // 2026-11-26.
        let now = Time::from_unix(1_795_680_000);
        for (text, is_old, is_to_come) in [
            ("2026-11", false, false),
            ("2025-11", false, false),
            ("2025-10", true, false),
            ("2026-12", false, true),
        ] {
            let month = month(text).unwrap();
            assert_eq!((month.is_old(now), month.is_to_come(now)), (is_old, is_to_come), "{text}");
        }
        assert_eq!(month("2026-11").unwrap().to_string(), "Nov 2026");
    }

    #[test]
    fn a_month_is_a_year_and_a_month() {
        for text in ["2026", "2026-13", "2026-1", "Nov 2026", "2026-11-01", ""] {
            assert!(month(text).unwrap_err().contains("one like “2026-11” is expected"), "{text}");
        }
    }
}
