//! Checks as a trace keeps them: every sign-in has some twenty, and most of what they say goes without saying.

use crate::check::{Check, CheckName};
use crate::store::types::json;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::ops::Deref;

/// The checks of a trace, in order.
#[derive(Debug, Clone, Default)]
pub struct Checks(Vec<Check>);

/// One of them. A check that passed does not say so, and what was both expected and received is there once.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    name: CheckName,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    passed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    as_expected: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expected: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    received: Option<Cow<'a, str>>,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_yes(passed: &bool) -> bool {
    *passed
}

impl<'a> From<&'a Check> for Line<'a> {
    fn from(Check { name, passed, expected, received }: &'a Check) -> Self {
        let text = |text: &'a Option<String>| text.as_deref().map(Cow::Borrowed);
        let (name, passed) = (*name, *passed);
        if expected == received {
            let as_expected = text(expected);
            return Self { name, passed, as_expected, expected: None, received: None };
        }
        let (expected, received) = (text(expected), text(received));
        Self { name, passed, as_expected: None, expected, received }
    }
}

impl From<Line<'_>> for Check {
    fn from(line: Line<'_>) -> Self {
        let both = line.as_expected.map(Cow::into_owned);
        let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned).or_else(|| both.clone());
        let (expected, received) = (text(line.expected), text(line.received));
        Self { name: line.name, passed: line.passed, expected, received }
    }
}

/// How these checks are kept.
pub(in crate::store) fn kept(checks: &[Check]) -> String {
    json(&checks.iter().map(Line::from).collect::<Vec<_>>())
}

impl Serialize for Checks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Line::from))
    }
}

impl<'de> Deserialize<'de> for Checks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let lines = Vec::<Line<'_>>::deserialize(deserializer)?;
        Ok(Self(lines.into_iter().map(Check::from).collect()))
    }
}

impl Deref for Checks {
    type Target = Vec<Check>;

    fn deref(&self) -> &Vec<Check> {
        &self.0
    }
}

impl From<Vec<Check>> for Checks {
    fn from(checks: Vec<Check>) -> Self {
        Self(checks)
    }
}

impl From<Checks> for Vec<Check> {
    fn from(checks: Checks) -> Self {
        checks.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_without_saying_is_not_kept_and_comes_back() {
        let checks = vec![
            Check::of(CheckName::Audience, true, "https://one.example", "https://one.example"),
            Check::of(CheckName::Issuer, false, "https://one.example", "https://two.example"),
            Check { name: CheckName::Xml, passed: true, expected: None, received: None },
            Check::of(CheckName::Version, false, "2.0", "2.0"),
            Check { received: None, ..Check::of(CheckName::Field, true, "base64", "") },
        ];
        let text = kept(&checks);
        assert_eq!(text, json(&Checks(checks.clone())));
        assert_eq!(text.matches("one.example").count(), 2, "{text}");
        assert_eq!(text.matches("passed").count(), 2, "{text}");
        let back: Checks = serde_json::from_str(&text).unwrap();
        assert_eq!(*back, checks);
        // As earlier versions have kept them.
        let back: Checks = serde_json::from_str(&json(&checks)).unwrap();
        assert_eq!(*back, checks);
    }
}
