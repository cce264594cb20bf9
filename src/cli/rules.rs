//! `vestibule rules`: rules that make mappings by themselves.

use super::failure::{Exit, Failure, Result};
use super::shell::{self, Shell};
use crate::store::access::preview::{Asked, Having, Line, preview};
use crate::store::access::rule_sets::{self, NewRule};
use crate::store::{OrganizationId, access};
use crate::views::preview::PreviewView;
use crate::views::rules::{RuleBody, RuleSetView, Rules};
use clap::Subcommand;

/// After how many people a preview says how far it is.
const NOTED: usize = 10_000;

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the rules as JSON, as `apply` reads them
    Export {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
    /// Say who would gain and lose what; exit code 8 if anybody loses something
    Preview {
        /// The file with the rules, or - for standard input
        file: String,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        /// It is meant that people lose something
        #[arg(long)]
        allow_removals: bool,
    },
    /// Put a set of rules in the place of those that hold, and run it; exit code 8 if anybody would lose something
    Apply {
        /// The file with the rules, or - for standard input
        file: String,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        /// It is meant that people lose something
        #[arg(long)]
        allow_removals: bool,
    },
    /// Run the rules on all groups that have no mapping
    Run {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
    /// List the sets that were applied, newest first
    History {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::Export { org } => {
            let id = shell.organization(&org)?.id;
            let set = shell.read(|db| rule_sets::current(db, &id))?;
            let rules = set.map(|set| set.rules.into_inner()).unwrap_or_default();
            shell.out.json(&Rules { rules: rules.into_iter().map(RuleBody::from).collect() })
        }
        Command::Preview { file, org, allow_removals } => {
            let id = shell.organization(&org)?.id;
            let seen = look(shell, &id, read(&file)?)?;
            let lose = seen.lose;
            show(shell, seen)?;
            refuse_losses(lose, allow_removals)
        }
        Command::Apply { file, org, allow_removals } => {
            apply(shell, &org, &read(&file)?, allow_removals)
        }
        Command::Run { org } => {
            let id = shell.organization(&org)?.id;
            let effect = shell.write(&id, |tx| access::run_rules(tx, &id))?;
            shell.out.note(format!(
                "{} mappings were made, and something changed for {} people.",
                effect.mappings, effect.people
            ));
            Ok(())
        }
        Command::History { org } => history(shell, &org),
    }
}

fn read(file: &str) -> Result<Vec<NewRule>> {
    let bytes = shell::read_file(file)?;
    let rules: Rules = serde_json::from_slice(&bytes).map_err(|error| {
        Failure::new(
            Exit::Invalid,
            "malformed_json",
            format!("The file {file} has no rules."),
            format!("{error}."),
            "Write it as vestibule rules export does.",
        )
    })?;
    Ok(rules.rules.into_iter().map(NewRule::from).collect())
}

fn look(
    shell: &Shell,
    id: &OrganizationId,
    rules: Vec<NewRule>,
) -> Result<access::preview::Preview> {
    let now = shell.now();
    let asked = Asked { rules: Some(rules), ..Asked::default() };
    // Of very many people it takes a while, so it says how far it is.
    let mut noted = |done: usize, total: usize| {
        if total > NOTED && done > 0 && done.is_multiple_of(NOTED) {
            shell.out.note(format!("{done} of {total} people"));
        }
        Ok(())
    };
    shell.read(|db| preview(db, id, asked, now, &mut noted))
}

fn show(shell: &Shell, seen: access::preview::Preview) -> Result {
    if shell.out.is_json() {
        return shell.out.json(&PreviewView::from(seen));
    }
    shell.out.line(format!(
        "{} mappings would be made. {} people gain, {} lose, {} get another role, {} stay as they are. {} new conflicts.",
        seen.mappings, seen.gain, seen.lose, seen.role, seen.same, seen.conflicts
    ))?;
    for line in &seen.people {
        shell.out.line(told(line))?;
    }
    if let Some(refused) = &seen.refused {
        let (code, detail) = (refused.code, &refused.detail);
        shell.out.note(format!("Applying them would be refused ({code}): {detail}"));
    }
    Ok(())
}

fn told(line: &Line) -> String {
    let having = |it: &Having| {
        let places = it.entities.iter().map(|(kind, name)| format!("{kind} {name}"));
        let all: Vec<String> = it.role.iter().cloned().chain(places).collect();
        if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
    };
    let sign = if line.is_loss { "-" } else { "+" };
    format!("{sign} {}  {} → {}", line.user_id, having(&line.before), having(&line.after))
}

fn refuse_losses(lose: usize, is_meant: bool) -> Result {
    if lose == 0 || is_meant {
        return Ok(());
    }
    Err(Failure::new(
        Exit::CheckFailed,
        "removals",
        format!("{lose} people would lose something."),
        "Rules that take access are applied only if that is meant.",
        "Look at the preview, then add --allow-removals.",
    ))
}

fn apply(shell: &Shell, org: &str, rules: &[NewRule], is_meant: bool) -> Result {
    let id = shell.organization(org)?.id;
    let seen = look(shell, &id, rules.to_vec())?;
    refuse_losses(seen.lose, is_meant)?;
    let set = shell
        .write(&id, |tx| rule_sets::apply(tx, &id, rules.to_vec(), Some(seen.version.as_str())))?;
    let fields = [
        ("version", set.version.to_string()),
        ("rules", set.rules.len().to_string()),
        ("author", set.author.clone()),
        ("effect", set.effect.to_string()),
    ];
    shell.out.object(&RuleSetView::from(Some(set)), &fields)
}

fn history(shell: &Shell, org: &str) -> Result {
    let id = shell.organization(org)?.id;
    let sets = shell.read(|db| rule_sets::history(db, &id))?;
    let rows: Vec<Vec<String>> = sets
        .iter()
        .map(|set| {
            vec![
                set.version.to_string(),
                set.rules.len().to_string(),
                set.author.clone(),
                set.effect.to_string(),
                super::output::cell(Some(set.created_at)),
            ]
        })
        .collect();
    let heads = ["VERSION", "RULES", "AUTHOR", "EFFECT", "APPLIED"];
    let list = crate::views::List::all(sets).map(|set| RuleSetView::from(Some(set)));
    shell.out.list(&list, &heads, &rows)
}
