//! `vestibule audit`: who did what, and whether that was written down as it was.

use super::failure::{Exit, Failure, Result};
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::clock::Time;
use crate::store::Window;
use crate::store::events::chain::{self, Link, Verdict};
use crate::store::events::kinds::Kinds;
use crate::store::events::{self, Event, Filter};
use crate::views::List;
use crate::views::audit::{AuditEventView, COLUMNS};
use chrono::{DateTime, Utc};
use clap::{Subcommand, ValueEnum};

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what was done, newest first
    List {
        #[command(flatten)]
        wanted: Wanted,
        #[command(flatten)]
        paging: Paging,
    },
    /// Write all of it to standard output, newest first
    Export {
        #[command(flatten)]
        wanted: Wanted,
        /// How it is written
        #[arg(long, value_enum, default_value_t = Form::Jsonl)]
        format: Form,
    },
    /// Look whether nothing was changed or taken out since it was written; exit code 8 if something was
    Verify {
        /// The end of the chain as an earlier run told it, which must be in it still
        #[arg(long, value_name = "NUMBER:HASH", value_parser = link)]
        expect: Option<Link>,
    },
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A JSON document a line
    Jsonl,
    /// With the names of columns first
    Csv,
}

/// Which records are wanted.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// Only those of this organization
    #[arg(long)]
    org: Option<String>,
    /// Only those of these types, with commas between: `user.created`, or `user.*`
    #[arg(long = "type", value_name = "TYPES", value_delimiter = ',')]
    kinds: Vec<String>,
    /// Only what this one did: `cli:ada`, or `api_key:` or `application:` and an ID
    #[arg(long)]
    actor: Option<String>,
    /// Only what happened to the thing with this ID
    #[arg(long)]
    subject: Option<String>,
    /// Only from this time on: `2026-01-31T09:30:00Z`
    #[arg(long)]
    since: Option<DateTime<Utc>>,
    /// Only before this time
    #[arg(long)]
    until: Option<DateTime<Utc>>,
}

impl Wanted {
    fn filter(self, shell: &Shell) -> Result<Filter> {
        let organization = self.org.as_deref().map(|org| shell.organization(org)).transpose()?;
        Ok(Filter {
            organization: organization.map(|found| found.id),
            kinds: Kinds::parse(&self.kinds, "/type")?,
            actor: self.actor,
            subject: self.subject,
            since: self.since.map(Time::from),
            until: self.until.map(Time::from),
            ..Filter::default()
        })
    }
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { wanted, paging } => list(shell, &wanted.filter(shell)?, &paging),
        Command::Export { wanted, format } => export(shell, &wanted.filter(shell)?, format),
        Command::Verify { expect } => verify(shell, expect.as_ref()),
    }
}

fn list(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| events::page(db, &window, filter))?;
    let row = |event: &Event| {
        vec![
            event.created_at.to_string(),
            event.kind.clone(),
            event.actor.clone(),
            cell(event.origin.as_ref()),
            event.subject_id.clone(),
            cell(event.organization_id.as_ref()),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["TIME", "TYPE", "WHO", "FROM", "WHAT", "ORGANIZATION"];
    shell.out.list(&List::of(page, None).map(AuditEventView::from), &heads, &rows)
}

fn export(shell: &Shell, filter: &Filter, format: Form) -> Result {
    if format == Form::Csv {
        shell.out.text(COLUMNS)?;
    }
    let mut before = None;
    loop {
        let window = Window { limit: 1000, before };
        let page = shell.read(|db| events::page(db, &window, filter))?;
        let mut text = String::new();
        for view in page.data.into_iter().map(AuditEventView::from) {
            text.push_str(&match format {
                Form::Jsonl => view.to_json_line()?,
                Form::Csv => view.to_csv(),
            });
        }
        shell.out.text(&text)?;
        match page.next_cursor {
            Some(cursor) => before = Some(cursor),
            None => return Ok(()),
        }
    }
}

fn verify(shell: &Shell, expect: Option<&Link>) -> Result {
    let store = shell.store()?;
    match chain::verify(|f| store.read_now(|db| f(db)), expect)? {
        Verdict::Whole { count, after, head } => {
            let fields = [
                ("verdict", "whole".to_owned()),
                ("events", count.to_string()),
                ("after", after.to_string()),
                ("head", format!("{}:{}", head.position, head.hash)),
            ];
            let json: serde_json::Map<String, serde_json::Value> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
                .collect();
            shell.out.object(&json, &fields)?;
            shell.out.note("Keep the head elsewhere, and give it as --expect another time.");
            Ok(())
        }
        Verdict::Broken { position, id, why } => {
            let what = id.map_or_else(String::new, |id| format!(" ({id})"));
            Err(Failure::new(
                Exit::CheckFailed,
                "audit_chain_broken",
                format!(
                    "The audit log is not as it was written: first at number {position}{what}."
                ),
                format!("{}.", sentence(why.words())),
                "Compare with a backup or an export from before, and find out who can write to the database.",
            ))
        }
    }
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default()
        + letters.as_str()
}

fn link(text: &str) -> std::result::Result<Link, String> {
    let (position, hash) = text.split_once(':').ok_or("it has no : in it")?;
    let position = position.parse().map_err(|_| "what is before the : is no number")?;
    Ok(Link { position, hash: hash.to_owned() })
}
