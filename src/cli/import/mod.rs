//! `vestibule import`: customers of another product, with the addresses that they know.

mod polis;
mod read;
mod run;
mod ssoready;
#[cfg(test)]
mod tests;

use super::failure::{Exit, Failure, Result};
use super::shell::{self, Shell};
use crate::error::Error;
use crate::store::Scope;
use clap::Subcommand;
use read::Export;
use run::{Plan, Wishes};
use serde_json::Value;

/// From which product.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// From Ory Polis, which was SAML Jackson
    Polis(Polis),
    /// From `SSOReady`
    Ssoready(Ssoready),
}

/// How, whichever product it is.
#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// The export: JSON, as docs/moving.md puts it together; - is standard input
    #[arg(long, short, value_name = "FILE")]
    file: String,
    /// Say what would be made, and make nothing
    #[arg(long)]
    dry_run: bool,
    /// Let providers start sign-ins, too
    #[arg(long)]
    idp_started: bool,
}

/// What may be done with an export of `SSOReady`.
#[derive(Debug, clap::Args)]
pub(super) struct Ssoready {
    #[command(flatten)]
    common: Common,
    /// Vouch for the domains in the export: they are live at once, without a DNS record
    #[arg(long)]
    vouch: bool,
}

/// What an export of Polis does not say.
#[derive(Debug, clap::Args)]
pub(super) struct Polis {
    #[command(flatten)]
    common: Common,
    /// Where Polis answers (its `EXTERNAL_URL`); left out: as its directories say, else our own public address
    #[arg(long, value_name = "URL")]
    external_url: Option<String>,
    /// The entity ID that providers know (its `SAML_AUDIENCE`)
    #[arg(long, value_name = "ID", default_value = polis::AUDIENCE)]
    audience: String,
}

/// Takes over what an export says.
pub(super) fn run(shell: &Shell, command: &Command) -> Result {
    match command {
        Command::Polis(arguments) => {
            let common = &arguments.common;
            let public_url = shell.public_url()?;
            let place = polis::Place {
                external_url: arguments.external_url.as_deref(),
                public_url,
                audience: &arguments.audience,
            };
            let export = polis::read(&document(&common.file)?, &place, shell.now())?;
            // It has no domains.
            carry_out(shell, common, false, &export)
        }
        Command::Ssoready(Ssoready { common, vouch }) => {
            let export = ssoready::read(&document(&common.file)?, shell.now())?;
            carry_out(shell, common, *vouch, &export)
        }
    }
}

fn document(file: &str) -> Result<Value> {
    let bytes = shell::read_file(file)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(
            Exit::Invalid,
            "malformed_file",
            format!("The file {file} is not JSON."),
            format!("{error}."),
            "Put it together as docs/moving.md says.",
        )
    })
}

fn carry_out(shell: &Shell, common: &Common, vouch: bool, export: &Export) -> Result {
    let wishes = Wishes { vouch, idp_started: common.idp_started };
    let mut plan = None;
    // As with apply, a plan is what really happened, taken back.
    let done = shell.write(Scope::System, |tx| {
        plan = Some(run::run(tx, export, wishes)?);
        if common.dry_run { Err(Error::conflict("taken_back", "")) } else { Ok(()) }
    });
    let Some(plan) = plan else { return done };
    if !common.dry_run {
        done?;
    }
    show(shell, &plan, common.dry_run)
}

fn show(shell: &Shell, plan: &Plan, is_taken_back: bool) -> Result {
    if shell.out.is_json() {
        return shell.out.json(plan);
    }
    for line in &plan.lines {
        let sign = match line.act {
            "create" => "+",
            "keep" => "=",
            _ => "!",
        };
        let why = line.reason.as_deref().unwrap_or_default();
        shell.out.line(format!("{sign} {} {}  {why}", line.what, line.name).trim_end())?;
    }
    for hint in &plan.hints {
        shell.out.line(format!("? {hint}"))?;
    }
    let made = plan.lines.iter().filter(|line| line.act == "create").count();
    let verb = if is_taken_back { "would be made" } else { "made" };
    shell.out.note(match made {
        0 => "Nothing is new: all that can be taken over is there.".to_owned(),
        1 => format!("1 thing {verb}."),
        n => format!("{n} things {verb}."),
    });
    Ok(())
}
