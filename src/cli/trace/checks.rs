//! How checks are written: what passed in a line, what failed with expected and received.

use crate::check::{Check, Piece};
use crate::cli::failure::Result;
use crate::cli::output::{Output, Tone, pad};
use crate::locale::Locale;
use crate::store::traces::Outcome;
use crate::views::trace as views;

/// Titles of checks are padded to this width, as far as they are shorter.
const TITLE: usize = 32;

/// How far a sign-in has come, in its colour.
pub(super) fn outcome(out: &Output, outcome: Outcome) -> String {
    let tone = match outcome {
        Outcome::Succeeded => Tone::Good,
        Outcome::Failed => Tone::Bad,
        Outcome::InProgress | Outcome::Abandoned => Tone::Warning,
    };
    out.tone(tone, outcome.as_str())
}

/// Writes checks line by line.
pub(in crate::cli) fn write(out: &Output, checks: &[Check], locale: &Locale) -> Result {
    checks.iter().flat_map(|check| lines(out, check, locale)).try_for_each(|line| out.line(line))
}

fn lines(out: &Output, check: &Check, locale: &Locale) -> Vec<String> {
    let title = check.title();
    if check.passed {
        let word = out.tone(Tone::Good, "pass");
        let remark = check.received.as_deref().unwrap_or_default();
        let line = format!("  {word}  {}  {}", pad(title, TITLE), shown(remark));
        return vec![line.trim_end().to_owned()];
    }
    let word = out.tone(Tone::Bad, "FAIL");
    let indent = " ".repeat(title.chars().count() + 11);
    let received = check.received.as_ref().map(|text| format!("received {}", shown(text)));
    let Some(expected) = &check.expected else {
        let said = received.map(|text| format!("   {text}")).unwrap_or_default();
        return vec![format!("  {word}  {title}{said}")];
    };
    let mut lines = vec![format!("  {word}  {title}   expected {}", shown(expected))];
    let received = received.unwrap_or_else(|| "received nothing".to_owned());
    lines.push(format!("{indent}{received}"));
    if let Some(difference) = check.difference() {
        let margin = format!("{indent}{}", " ".repeat("received ".len()));
        let under = |pieces| carets(pieces).map(|carets| format!("{margin}{carets}"));
        let what = views::differs(difference.kind, locale);
        let mut marks = (under(&difference.expected), under(&difference.received));
        // What differs is said once, behind the last marks.
        if let Some(last) = marks.1.as_mut().or(marks.0.as_mut()) {
            *last = format!("{last} {what}");
        }
        lines.splice(1..1, marks.0);
        lines.extend(marks.1);
    }
    lines
}

/// Marks under the pieces that differ; none if none does.
fn carets(pieces: &[Piece]) -> Option<String> {
    let mark = |piece: &Piece| {
        let mark = if piece.differs { "^" } else { " " };
        mark.repeat(piece.text.chars().count())
    };
    let marks: String = pieces.iter().map(mark).collect();
    marks.contains('^').then(|| marks.trim_end().to_owned())
}

/// Text from a stranger, without anything that a terminal would obey.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::CheckName;
    use crate::cli::output::Format;

    fn written(check: &Check) -> String {
        let out = Output { format: Format::Table, quiet: false, color: false };
        lines(&out, check, &Locale::load("en").unwrap()).join("\n")
    }

    #[test]
    fn a_failed_check_shows_what_was_expected_above_what_was_received() {
        let check = Check {
            name: CheckName::Audience,
            passed: false,
            expected: Some("https://sso.example/saml/con_1".to_owned()),
            received: Some("https://sso.example/saml/con_1/".to_owned()),
        };
        assert_eq!(
            written(&check),
            "  FAIL  Audience   expected https://sso.example/saml/con_1\n\
             \x20                  received https://sso.example/saml/con_1/\n\
             \x20                                                         ^ A slash at the end"
        );
    }

    #[test]
    fn what_is_missing_is_marked_in_what_was_expected() {
        let check =
            Check::of(CheckName::Issuer, false, "https://idp.example/a/", "https://idp.example/a");
        assert_eq!(
            written(&check),
            "  FAIL  Issuer   expected https://idp.example/a/\n\
             \x20                                              ^ A slash at the end\n\
             \x20                received https://idp.example/a"
        );
    }

    #[test]
    fn a_passed_check_is_one_line_with_its_remark() {
        let check = Check {
            name: CheckName::Xml,
            passed: true,
            expected: None,
            received: Some("no DTD, 7.2 KB".to_owned()),
        };
        assert_eq!(written(&check), "  pass  XML is well formed                no DTD, 7.2 KB");
    }

    #[test]
    fn a_terminal_obeys_nothing_that_a_stranger_wrote() {
        assert_eq!(shown("a\u{1b}[2Jb\u{7}"), "a·[2Jb·");
    }
}
