//! `vestibule doctor`: what is wrong or soon will be, each with a fix.

mod connections;
mod database;
mod machine;
mod mail;

pub(super) use database::unopened;

use super::failure::{Failure, Result};
use super::output::{Tone, pad};
use super::shell::Shell;
use crate::config::Problems;
use crate::guides::Guides;
use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    /// It works, but will not for long, or less well than it could.
    Warning,
    Failed,
}

/// One line.
#[derive(Debug, Serialize)]
struct Finding {
    name: &'static str,
    verdict: Verdict,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<String>,
}

impl Finding {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, verdict: Verdict::Ok, detail: detail.into(), fix: None }
    }

    fn warning(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        let (detail, fix) = (detail.into(), Some(fix.into()));
        Self { name, verdict: Verdict::Warning, detail, fix }
    }

    fn failed(name: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, ..Self::warning(name, detail, fix) }
    }
}

pub(super) fn run(shell: &Shell) -> Result {
    let mut findings = vec![settings(shell)?];
    findings.extend(guides(shell)?);
    let database = database::look(shell)?;
    let is_usable = database.iter().all(|finding| finding.verdict != Verdict::Failed);
    findings.extend(database);
    if is_usable {
        findings.push(database::keys(shell)?);
        findings.push(database::identifiers(shell)?);
    }
    findings.extend(machine::look(shell)?);
    if is_usable {
        findings.extend(mail::look(shell)?);
        findings.extend(connections::look(shell)?);
    }
    told(shell, &findings)?;
    let has_failed = findings.iter().any(|finding| finding.verdict == Verdict::Failed);
    if has_failed { Err(Failure::check()) } else { Ok(()) }
}

fn settings(shell: &Shell) -> Result<Finding> {
    let loaded = shell.loaded()?;
    let file = match &loaded.file {
        Some(file) => file.display().to_string(),
        None => "no file".to_owned(),
    };
    let mode = if loaded.config.is_development() { "development" } else { "production" };
    Ok(Finding::ok("settings", format!("{file}, {mode} mode")))
}

/// The folder of guides, where the settings name one.
fn guides(shell: &Shell) -> Result<Vec<Finding>> {
    let Some(folder) = &shell.config()?.guides_dir else { return Ok(Vec::new()) };
    Ok(match Guides::load(Some(folder)) {
        Ok(guides) => {
            let count = guides.all().count();
            vec![Finding::ok(
                "guides",
                format!("{}: {count} with the built-in ones", folder.display()),
            )]
        }
        Err(Problems(all)) => all
            .into_iter()
            .map(|one| Finding::failed("guides", format!("{} {}", one.what, one.why), one.fix))
            .collect(),
    })
}

fn told(shell: &Shell, findings: &[Finding]) -> Result {
    if shell.out.is_json() {
        return shell.out.json(&serde_json::json!({ "data": findings }));
    }
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or_default();
    for finding in findings {
        let (word, tone) = match finding.verdict {
            Verdict::Ok => ("ok  ", Tone::Good),
            Verdict::Warning => ("warn", Tone::Warning),
            Verdict::Failed => ("FAIL", Tone::Bad),
        };
        let word = shell.out.tone(tone, word);
        shell.out.line(format!("{word}  {}  {}", pad(finding.name, width), finding.detail))?;
        if let Some(fix) = &finding.fix {
            shell.out.line(format!("      {}  fix: {fix}", " ".repeat(width)))?;
        }
    }
    Ok(())
}
