//! Which kinds of events somebody wants: `user.created`, `user.*` for all of a noun, `*` for all.

use super::KINDS;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// The kind of the event that an endpoint is tried with. It is no part of the stream, and reaches an endpoint whatever that
/// wants.
pub const TEST: &str = "test";

/// A wish for some kinds of events; none: all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kinds(Vec<String>);

impl Kinds {
    /// Takes words as people write them. One that no event has is a fault of the field at `pointer`.
    pub fn parse(words: &[String], pointer: &str) -> Result<Self> {
        let mut kept = Vec::new();
        for (at, word) in words.iter().enumerate() {
            if word != TEST && !KINDS.iter().any(|kind| fits(word, kind)) {
                let detail = format!(
                    "There is no event {word}. Give a type such as user.created, or user.* for all of a noun."
                );
                let pointer =
                    if words.len() == 1 { pointer.to_owned() } else { format!("{pointer}/{at}") };
                return Err(Error::invalid(pointer, "unknown_event", detail));
            }
            if !kept.contains(word) {
                kept.push(word.clone());
            }
        }
        Ok(Self(kept))
    }

    /// The words.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// Whether an event of this kind is wanted.
    #[must_use]
    pub fn has(&self, kind: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| fits(word, kind))
    }

    /// The kinds that are wanted; `None`: all.
    #[must_use]
    pub fn chosen(&self) -> Option<Vec<&'static str>> {
        if self.0.is_empty() || self.0.iter().any(|word| word == "*") {
            return None;
        }
        Some(KINDS.iter().copied().filter(|kind| self.has(kind)).collect())
    }
}

fn fits(word: &str, kind: &str) -> bool {
    match word.strip_suffix('*') {
        Some("") => true,
        Some(noun) => noun.ends_with('.') && kind.starts_with(noun),
        None => word == kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(words: &[&str]) -> Result<Kinds> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Kinds::parse(&words, "/events")
    }

    #[test]
    fn a_noun_with_a_star_is_all_its_events() {
        let wanted = kinds(&["user.*", "sign_in.failed", "user.*"]).unwrap();
        assert_eq!(wanted.words(), ["user.*", "sign_in.failed"]);
        assert!(wanted.has("user.created") && wanted.has("sign_in.failed"));
        assert!(!wanted.has("sign_in.succeeded") && !wanted.has("users.created"));
        assert!(wanted.chosen().unwrap().iter().all(|kind| wanted.has(kind)));
        assert_eq!(kinds(&["*"]).unwrap().chosen(), None);
        assert!(kinds(&[]).unwrap().has("anything.new"));
        assert_eq!(kinds(&["test"]).unwrap().chosen(), Some(vec![]));
    }

    #[test]
    fn a_kind_that_no_event_has_is_refused() {
        for wrong in ["user", "user.create", "us*", "", "user.*.x"] {
            assert!(kinds(&[wrong]).is_err(), "{wrong}");
        }
    }
}
