//! Times as SAML writes them (core 1.3.3): `xs:dateTime` in UTC.

use crate::clock::Time;
use chrono::NaiveDate;

/// Reads `2026-01-31T09:30:00Z`, with a fraction of any length. Other zones, leap seconds and
/// times without a zone are refused.
pub(super) fn parse(text: &str) -> Option<Time> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut micros = 0;
    for position in 0..6 {
        let digit = fraction.as_bytes().get(position).map_or(0, |byte| u32::from(byte - b'0'));
        micros = micros * 10 + digit;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(Time::from(date.and_hms_micro_opt(hour, minute, second, micros)?.and_utc()))
}

/// Three numbers of exactly that many digits.
fn numbers(text: &str, separator: char, lengths: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let mut found = [0; 3];
    for (slot, length) in found.iter_mut().zip(lengths) {
        let part = parts.next()?;
        if part.len() != length || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *slot = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utc_with_and_without_a_fraction_is_read() {
        let time = parse("2026-01-31T09:30:00Z").unwrap();
        assert_eq!(time.to_string(), "2026-01-31T09:30:00Z");
        let time = parse("2026-01-31T09:30:00.1234567890123Z").unwrap();
        assert_eq!(time.to_utc().timestamp_subsec_micros(), 123_456);
        assert!(parse("2024-02-29T23:59:59.9Z").is_some());
    }

    #[test]
    fn another_zone_a_leap_second_and_half_a_time_are_refused() {
        for text in [
            "",
            "Z",
            "2026-01-31",
            "2026-01-31T09:30:00",
            "2026-01-31T09:30:00+00:00",
            "2026-01-31T09:30:60Z",
            "2026-01-31T24:00:00Z",
            "2026-01-31T09:30Z",
            "2026-01-31T09:30:00.Z",
            "2026-01-31T09:30:00,5Z",
            "2025-02-29T00:00:00Z",
            "+026-01-31T09:30:00Z",
            "12026-01-31T09:30:00Z",
            "2026-1-31T09:30:00Z",
            "2026-01-31 09:30:00Z",
            "2026-01-31T09:30:00z",
            " 2026-01-31T09:30:00Z",
            "2026-01-31T09:30:00.1-Z",
            "2026-01-31-T09:30:00Z",
            "２026-01-31T09:30:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
