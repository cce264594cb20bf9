//! How checks are written: what passed in a line, what failed with expected and received.

use crate::cli::failure::Result;
use crate::cli::output::{Output, Tone, pad};
use crate::saml::check::Check;
use crate::store::traces::Outcome;

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
pub(in crate::cli) fn write(out: &Output, checks: &[Check]) -> Result {
    checks.iter().flat_map(|check| lines(out, check)).try_for_each(|line| out.line(line))
}

fn lines(out: &Output, check: &Check) -> Vec<String> {
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
    lines
}

/// Text from a stranger, without anything that a terminal would obey.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::Format;
    use crate::saml::check::CheckName;

    fn written(check: &Check) -> String {
        let out = Output { format: Format::Table, quiet: false, color: false };
        lines(&out, check).join("\n")
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
             \x20                  received https://sso.example/saml/con_1/"
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
