//! Rules: which groups belong to which places without anybody saying so one by one.

use super::Model;
use crate::clock::Time;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;

/// The largest pattern, compiled.
const LARGEST_REGEX: usize = 1 << 18;
/// How long a pattern is at most.
const LONGEST_PATTERN: usize = 500;
/// How many places one rule gives at most.
const MOST_TARGETS: usize = 20;

/// How a rule compares the name of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// The name is this, in any case.
    Exact,
    /// The name begins with this, in any case.
    Prefix,
    /// This regular expression is found in the name.
    Regex,
    /// Every group.
    All,
}

/// A place that a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The key of the entity type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The ID of the entity; left out: the one with the group's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its ID.
    pub id: String,
    /// The application whose places it gives.
    pub application_id: String,
    /// How it compares.
    #[serde(rename = "match")]
    pub compare: Match,
    /// With what; empty for [`Match::All`].
    pub pattern: String,
    /// The places.
    pub targets: Vec<Target>,
    /// The key of the role that its mappings give.
    pub role: Option<String>,
    /// Its mappings need nobody's approval.
    pub auto_approve: bool,
    /// Rules of a higher priority are asked first.
    pub priority: i32,
    /// When it was made: of equal rules the older one is asked first.
    pub created_at: Time,
}

/// A fault of a rule: the field, the code, what is wrong.
pub type Fault = (&'static str, &'static str, String);

impl Rule {
    /// Whether it matches the name of a group.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        match self.compare {
            Match::Exact => name.to_lowercase() == self.pattern.to_lowercase(),
            Match::Prefix => name.to_lowercase().starts_with(&self.pattern.to_lowercase()),
            Match::Regex => compile(&self.pattern).is_ok_and(|regex| regex.is_match(name)),
            Match::All => true,
        }
    }

    /// What is wrong with it.
    #[must_use]
    pub fn faults(&self, model: &Model) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        let length = self.pattern.chars().count();
        match self.compare {
            Match::All if length > 0 => {
                let detail = "A rule for all groups has no pattern.".to_owned();
                faults.push(("pattern", "invalid", detail));
            }
            Match::Exact | Match::Prefix | Match::Regex if length == 0 => {
                faults.push(("pattern", "required", "What is the name compared with?".to_owned()));
            }
            _ if length > LONGEST_PATTERN => {
                let detail = format!("A pattern has at most {LONGEST_PATTERN} characters.");
                faults.push(("pattern", "too_long", detail));
            }
            Match::Regex => {
                if let Err(why) = compile(&self.pattern) {
                    let why = why.to_string();
                    let last = why.lines().last().unwrap_or_default().trim().to_owned();
                    let detail = format!("This is not a regular expression: {last}.");
                    faults.push(("pattern", "invalid", detail));
                }
            }
            _ => {}
        }
        if self.targets.len() > MOST_TARGETS {
            let detail = format!("A rule gives at most {MOST_TARGETS} places.");
            faults.push(("targets", "too_many", detail));
        }
        if self
            .targets
            .iter()
            .enumerate()
            .any(|(at, it)| self.targets.iter().skip(at + 1).any(|other| other == it))
        {
            let detail = "Two places of the rule are the same one.".to_owned();
            faults.push(("targets", "duplicate", detail));
        }
        if self.targets.is_empty() && self.role.is_none() {
            let detail = "A rule gives a place or a role.".to_owned();
            faults.push(("targets", "required", detail));
        }
        for target in &self.targets {
            if model.kind(&target.kind).is_none() {
                let known: Vec<&str> = model.types.iter().map(|kind| kind.key.as_str()).collect();
                let detail = format!(
                    "The application has no entity type “{}”, but {}.",
                    target.kind,
                    known.join(", ")
                );
                faults.push(("targets", "unknown_type", detail));
            }
        }
        if let Some(role) = &self.role
            && model.rank(role).is_none()
        {
            faults.push(("role", "unknown_role", unknown_role(model, role)));
        }
        faults
    }
}

/// Says that an application has no such role, and which ones it has.
#[must_use]
pub fn unknown_role(model: &Model, role: &str) -> String {
    let known: Vec<&str> = model.roles.iter().map(|role| role.key.as_str()).collect();
    format!("The application has no role “{role}”, but {}.", known.join(", "))
}

/// Rules in the order in which they are asked, to be asked about many groups: a pattern is compiled once, when it is
/// first needed.
#[derive(Debug)]
pub struct Ordered<'a>(Vec<(&'a Rule, OnceCell<Option<Regex>>)>);

impl<'a> Ordered<'a> {
    /// Puts rules in their order: by priority and then by age.
    #[must_use]
    pub fn new(rules: &'a [Rule]) -> Self {
        let mut rules: Vec<&Rule> = rules.iter().collect();
        rules.sort_by(|a, b| order(a).cmp(&order(b)));
        Self(rules.into_iter().map(|rule| (rule, OnceCell::new())).collect())
    }

    /// The rule that a group of this name follows: the first that matches.
    #[must_use]
    pub fn first(&self, application: &str, name: &str) -> Option<&'a Rule> {
        let mut theirs = self.0.iter().filter(|(rule, _)| rule.application_id == application);
        let found = theirs.find(|(rule, pattern)| match rule.compare {
            Match::Regex => pattern
                .get_or_init(|| compile(&rule.pattern).ok())
                .as_ref()
                .is_some_and(|regex| regex.is_match(name)),
            _ => rule.matches(name),
        });
        found.map(|(rule, _)| *rule)
    }
}

/// The rule that one group of this name follows.
#[must_use]
pub fn first<'a>(rules: &'a [Rule], application: &str, name: &str) -> Option<&'a Rule> {
    Ordered::new(rules).first(application, name)
}

fn order(rule: &Rule) -> (std::cmp::Reverse<i32>, Time, &str) {
    (std::cmp::Reverse(rule.priority), rule.created_at, &rule.id)
}

/// Linear in the name's length whatever the pattern says, and bounded in size.
fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(LARGEST_REGEX).dfa_size_limit(LARGEST_REGEX).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(compare: Match, pattern: &str) -> Rule {
        Rule {
            id: format!("rul_{pattern}"),
            application_id: "app_1".to_owned(),
            compare,
            pattern: pattern.to_owned(),
            targets: vec![Target { kind: "team".to_owned(), entity: None }],
            role: None,
            auto_approve: true,
            priority: 0,
            created_at: Time::from_unix(0),
        }
    }

    #[test]
    fn exact_and_prefix_are_compared_in_any_case() {
        assert!(rule(Match::Exact, "Eng").matches("ENG"));
        assert!(!rule(Match::Exact, "Eng").matches("Engineering"));
        assert!(rule(Match::Prefix, "eng-").matches("ENG-Payments"));
        assert!(!rule(Match::Prefix, "eng-").matches("my eng-team"));
        assert!(rule(Match::All, "").matches("anything"));
    }

    #[test]
    fn a_regular_expression_is_found_anywhere_and_in_linear_time() {
        assert!(rule(Match::Regex, "pay(ments|roll)").matches("eng-payments-eu"));
        assert!(!rule(Match::Regex, "^pay").matches("eng-payments"));
        let slow = rule(Match::Regex, "(a+)+$");
        assert!(!slow.matches(&("a".repeat(50_000) + "b")));
    }

    #[test]
    fn a_regular_expression_is_checked_on_save_and_limited_in_size() {
        let codes = |rule: Rule| -> Vec<&'static str> {
            rule.faults(&Model::default()).into_iter().map(|fault| fault.1).collect()
        };
        assert_eq!(codes(rule(Match::Regex, "(")), ["invalid"]);
        assert_eq!(codes(rule(Match::Regex, r"\w{500}{500}")), ["invalid"]);
        assert_eq!(codes(rule(Match::Regex, "")), ["required"]);
        assert_eq!(codes(rule(Match::All, "x")), ["invalid"]);
        assert_eq!(codes(rule(Match::Prefix, &"x".repeat(501))), ["too_long"]);
        assert_eq!(codes(rule(Match::Prefix, "x")), Vec::<&str>::new());
        let nothing = Rule { targets: vec![], ..rule(Match::All, "") };
        assert_eq!(codes(nothing), ["required"]);
        let strange = Rule { role: Some("boss".to_owned()), ..rule(Match::All, "") };
        assert_eq!(codes(strange), ["unknown_role"]);
    }

    #[test]
    fn the_highest_priority_is_asked_first_and_then_the_older_rule() {
        let late = |rule: Rule| Rule {
            created_at: Time::from_unix(0).plus(chrono::TimeDelta::days(1)),
            ..rule
        };
        let rules = [
            late(Rule { id: "rul_late".to_owned(), ..rule(Match::All, "") }),
            Rule { id: "rul_early".to_owned(), ..rule(Match::All, "") },
            late(Rule { priority: 5, ..rule(Match::Prefix, "eng") }),
        ];
        let found = |name: &str| first(&rules, "app_1", name).map(|rule| rule.id.as_str());
        assert_eq!(found("eng-payments"), Some("rul_eng"));
        assert_eq!(found("sales"), Some("rul_early"));
        assert!(first(&rules, "app_2", "sales").is_none());
    }
}
