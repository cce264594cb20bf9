//! Whether the mail server lets us in, and whether mail gets away.

use super::Finding;
use crate::acts::mail;
use crate::cli::failure::Result;
use crate::cli::shell::Shell;
use crate::store::Window;
use crate::store::mails::{self, State};

const NAME: &str = "mail";

/// Looks without sending anything.
pub(super) fn look(shell: &Shell) -> Result<Vec<Finding>> {
    let config = shell.config()?;
    let (Some(url), Some(looked)) = (&config.email.smtp_url, shell.wait(mail::look(config))??)
    else {
        let detail = "there is no mail server: mails are shown at Settings, Email";
        let fix = "Set email.smtp_url and email.from";
        return Ok(vec![if config.is_development() {
            Finding::ok(NAME, detail)
        } else {
            Finding::warning(NAME, detail, fix)
        }]);
    };
    let mut findings = vec![match looked {
        Ok(()) => Finding::ok(NAME, format!("{url} lets us in")),
        Err(why) => {
            let fix = "Check email.smtp_url: host, port, TLS, user and password";
            Finding::failed(NAME, format!("{url}: {why}"), fix)
        }
    }];
    if config.admin.email.is_none() {
        let detail = "nobody receives alerts";
        findings.push(Finding::warning("alerts", detail, "Set admin.email"));
    }
    let window = Window { limit: 1, before: None };
    let failed = shell.read(|db| mails::page(db, &window, Some(State::Failed)))?;
    if let Some(last) = failed.data.first() {
        let said = last.said.as_deref().unwrap_or_default();
        let detail = format!("the last that failed ({}): {said}", last.created_at);
        findings.push(Finding::warning("outbox", detail, "vestibule mail list --state failed"));
    }
    Ok(findings)
}
