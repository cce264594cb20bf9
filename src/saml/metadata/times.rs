//! Dates and durations of metadata.

use crate::clock::Time;
use crate::saml::xml;
use chrono::{DateTime, NaiveDateTime};

/// `xs:dateTime`; without a zone, UTC (SAML core 1.3.3).
pub(super) fn date_time(text: &str) -> Option<Time> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(Time::from(time.to_utc()));
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some(Time::from(naive.and_utc()))
}

/// `xs:duration` in seconds, with a month of 30 days. Only a hint, so what cannot be read is no fault.
pub(super) fn duration(text: &str) -> Option<u64> {
    let (date, time) = match xml::trim(text).strip_prefix('P')?.split_once('T') {
        Some((date, time)) => (date, time),
        None => (xml::trim(text).strip_prefix('P')?, ""),
    };
    let days = amounts(date, &[('Y', 365), ('M', 30), ('D', 1)])?;
    let seconds = amounts(time, &[('H', 3600), ('M', 60), ('S', 1)])?;
    days.checked_mul(86_400)?.checked_add(seconds)
}

fn amounts(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut rest = text;
    let mut sum = 0_u64;
    for (unit, worth) in units {
        if let Some((number, after)) = rest.split_once(*unit) {
            let whole = number.split('.').next().unwrap_or_default();
            sum = sum.checked_add(whole.parse::<u64>().ok()?.checked_mul(*worth)?)?;
            rest = after;
        }
    }
    rest.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_seconds() {
        for (text, seconds) in [
            ("PT6H", Some(21_600)),
            ("P1D", Some(86_400)),
            ("P0Y0M7DT0H0M0.000S", Some(604_800)),
            ("PT1H30M15.5S", Some(5_415)),
            ("PT604800S", Some(604_800)),
            ("P1M", Some(2_592_000)),
            ("1D", None),
            ("-PT1H", None),
            ("PT1X", None),
            ("PT99999999999999999999S", None),
            ("P999999999999999999Y", None),
            ("", None),
        ] {
            assert_eq!(duration(text), seconds, "{text}");
        }
    }

    #[test]
    fn dates_are_read_with_a_zone_or_as_utc() {
        let expected = Some(Time::from_unix(1_767_225_600));
        for text in ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00.000+01:00", "2026-01-01T00:00:00"]
        {
            assert_eq!(date_time(text), expected, "{text}");
        }
        for text in ["", "2026-01-01", "tomorrow", "2026-13-01T00:00:00Z"] {
            assert_eq!(date_time(text), None, "{text}");
        }
    }
}
