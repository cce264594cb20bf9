//! Where two texts differ that ought to be the same, so that a person sees the slash that they would read over.

use super::Check;
use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

/// From which likeness on, of 1, single characters are marked. Below it the texts have nothing to do with each other.
const ALIKE: f32 = 0.7;

/// What it is that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A slash at the end.
    Slash,
    /// Upper and lower case.
    Case,
    /// Spaces, or other characters that cannot be seen.
    Space,
    /// Characters.
    Characters,
}

impl DifferenceKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Slash, Self::Case, Self::Space, Self::Characters];

    /// The stable word for programs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Slash => "slash",
            Self::Case => "case",
            Self::Space => "space",
            Self::Characters => "characters",
        }
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Its characters.
    pub text: String,
    /// Whether the other text does not have them here.
    pub differs: bool,
}

/// Where two texts differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is that differs.
    pub kind: DifferenceKind,
    /// What had to be there, in parts.
    pub expected: Vec<Piece>,
    /// What was there, in parts.
    pub received: Vec<Piece>,
}

impl Difference {
    /// Where two texts differ; none if they are the same, or have nothing to do with each other.
    #[must_use]
    pub fn between(expected: &str, received: &str) -> Option<Self> {
        // Of two moments it matters how far they are apart, and not which of their digits are the same.
        if moment(received).is_some() {
            return None;
        }
        let found = TextDiff::from_chars(expected, received);
        if expected == received || found.ratio() < ALIKE {
            return None;
        }
        let mut difference =
            Self { kind: DifferenceKind::Characters, expected: Vec::new(), received: Vec::new() };
        for change in found.iter_all_changes() {
            let (text, tag) = (change.value(), change.tag());
            if tag != ChangeTag::Insert {
                append(&mut difference.expected, text, tag == ChangeTag::Delete);
            }
            if tag != ChangeTag::Delete {
                append(&mut difference.received, text, tag == ChangeTag::Insert);
            }
        }
        difference.kind = kind((expected, received), &difference);
        Some(difference)
    }
}

fn append(pieces: &mut Vec<Piece>, text: &str, differs: bool) {
    match pieces.last_mut() {
        Some(last) if last.differs == differs => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), differs }),
    }
}

fn kind((expected, received): (&str, &str), difference: &Difference) -> DifferenceKind {
    let is_unseen =
        |c: char| c.is_whitespace() || c.is_control() || ('\u{200b}'..='\u{200f}').contains(&c);
    let pieces = difference.expected.iter().chain(&difference.received);
    let mut marked = pieces.filter(|piece| piece.differs).flat_map(|piece| piece.text.chars());
    if expected.trim_end_matches('/') == received.trim_end_matches('/') {
        DifferenceKind::Slash
    } else if marked.all(is_unseen) {
        DifferenceKind::Space
    } else if expected.to_lowercase() == received.to_lowercase() {
        DifferenceKind::Case
    } else {
        DifferenceKind::Characters
    }
}

/// A failed check as it is shown: both texts in parts, unmarked where single characters say nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What it is that differs, if single characters do.
    pub kind: Option<DifferenceKind>,
    /// What had to be there; none if that was not said.
    pub expected: Option<Vec<Piece>>,
    /// What was there; none if that was not said.
    pub received: Option<Vec<Piece>>,
    /// By how many seconds a moment is later than it may be, or earlier where that is below zero.
    pub apart: Option<i64>,
}

/// The moment that a text names, if it names one.
fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    text.split_whitespace().find_map(|word| DateTime::parse_from_rfc3339(word).ok())
}

impl Check {
    /// Where expected and received differ, of a check that failed.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        match (&self.expected, &self.received) {
            (Some(expected), Some(received)) if !self.passed => {
                Difference::between(expected, received)
            }
            _ => None,
        }
    }

    /// By how many seconds what came of a check that failed is apart from what is allowed, where both are moments.
    fn apart(&self) -> Option<i64> {
        if self.passed {
            return None;
        }
        let (limit, came) =
            (moment(self.expected.as_deref()?)?, moment(self.received.as_deref()?)?);
        Some(came.signed_duration_since(limit).num_seconds())
    }

    /// Expected and received in parts, the differing ones marked.
    #[must_use]
    pub fn compared(&self) -> Compared {
        if let Some(Difference { kind, expected, received }) = self.difference() {
            return Compared {
                kind: Some(kind),
                expected: Some(expected),
                received: Some(received),
                apart: None,
            };
        }
        let whole = |text: &Option<String>| {
            let text = text.clone()?;
            Some(vec![Piece { text, differs: false }])
        };
        Compared {
            kind: None,
            expected: whole(&self.expected),
            received: whole(&self.received),
            apart: self.apart(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both texts with what differs in brackets, and what it is.
    fn marked(expected: &str, received: &str) -> Option<(String, String, &'static str)> {
        let found = Difference::between(expected, received)?;
        let shown = |pieces: &[Piece]| {
            let one = |piece: &Piece| {
                if piece.differs { format!("[{}]", piece.text) } else { piece.text.clone() }
            };
            pieces.iter().map(one).collect::<String>()
        };
        Some((shown(&found.expected), shown(&found.received), found.kind.key()))
    }

    const ENTITY: &str = "https://sso.example/saml/con_1";

    fn of(received: &str) -> (String, &'static str) {
        let (_, received, kind) = marked(ENTITY, received).unwrap();
        (received, kind)
    }

    #[test]
    fn of_two_moments_it_is_told_how_far_they_are_apart() {
        let limit = "2026-11-27T05:04:00Z or before";
        let check = |received: &str| {
            Check::of(crate::check::CheckName::IssueInstant, false, limit, received)
        };
        let found = check("2026-11-27T06:03:00Z").compared();
        assert_eq!((found.kind, found.apart), (None, Some(59 * 60)));
        assert_eq!(check("2026-11-27T05:03:30.5Z").compared().apart, Some(-29));
        assert_eq!(check("tomorrow").compared().apart, None);
    }

    #[test]
    fn a_trailing_slash_is_marked() {
        let (expected, received, kind) = marked(ENTITY, &format!("{ENTITY}/")).unwrap();
        assert_eq!((expected.as_str(), kind), (ENTITY, "slash"));
        assert_eq!(received, "https://sso.example/saml/con_1[/]");
        let (expected, received, kind) = marked(&format!("{ENTITY}/"), ENTITY).unwrap();
        assert_eq!((received.as_str(), kind), (ENTITY, "slash"));
        assert_eq!(expected, "https://sso.example/saml/con_1[/]");
    }

    #[test]
    fn a_case_is_marked() {
        let wrong = "https://sso.example/SAML/con_1";
        assert_eq!(of(wrong), ("https://sso.example/[SAML]/con_1".to_owned(), "case"));
    }

    #[test]
    fn a_space_is_marked() {
        let wrong = format!(" {ENTITY}\n");
        assert_eq!(of(&wrong), (format!("[ ]{ENTITY}[\n]"), "space"));
        assert_eq!(of("https://sso.example/saml/con_1\u{200b}").1, "space");
    }

    #[test]
    fn other_characters_are_marked() {
        let wrong = "http://sso.example/saml/con_1";
        let (expected, received, kind) = marked(ENTITY, wrong).unwrap();
        assert_eq!((expected.as_str(), kind), ("http[s]://sso.example/saml/con_1", "characters"));
        assert_eq!(received, wrong);
    }

    #[test]
    fn texts_that_have_nothing_to_do_with_each_other_are_not_marked() {
        assert_eq!(marked(ENTITY, "urn:amazon:cognito:sp:eu-west-1_Aa1"), None);
        assert_eq!(marked("at most 60 s old", "2026-11-25T10:00:00Z"), None);
        assert_eq!(marked(ENTITY, ENTITY), None);
        assert_eq!(marked("", "a"), None);
    }

    #[test]
    fn only_what_failed_is_compared() {
        use crate::check::CheckName;
        let check = |passed| Check::of(CheckName::Audience, passed, ENTITY, &format!("{ENTITY}/"));
        assert_eq!(check(true).difference(), None);
        assert!(check(false).difference().is_some());
        let missing = Check { received: None, ..check(false) };
        let shown = missing.compared();
        assert_eq!(shown.received, None);
        assert_eq!(shown.expected, Some(vec![Piece { text: ENTITY.to_owned(), differs: false }]));
    }
}
