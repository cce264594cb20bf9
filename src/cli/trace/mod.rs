//! `vestibule trace`: what happened in each sign-in, check by check.

mod checks;
mod tail;
mod timeline;

pub(super) use checks::write as write_checks;

use super::failure::Result;
use super::output::{Output, cell};
use super::paging::Paging;
use super::shell::{Shell, actor};
use crate::acts;
use crate::cause::Cause;
use crate::config::Period;
use crate::guides::Fix;
use crate::store::connections::{self, Connection};
use crate::store::organizations;
use crate::store::traces::{self, Filter, Listed, Outcome, Purge, Trace};
use crate::store::{ConnectionId, TraceId};
use crate::views::List;
use crate::views::trace::{self as views, TraceDetailView, TraceView};
use clap::Subcommand;
use serde_json::json;

/// What to do with traces.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List sign-ins, newest first
    List {
        #[command(flatten)]
        wanted: Wanted,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one sign-in with every check and what to change
    Show {
        /// Its ID, which error pages call the reference
        trace: TraceId,
    },
    /// Take an organization's sign-ins away before their time, for good
    Purge {
        /// Whose: its ID, your own ID of it, or its name
        #[arg(long)]
        org: String,
        /// Only those that are older, such as 7d; without it all that have ended
        #[arg(long, value_name = "PERIOD")]
        older_than: Option<Period>,
    },
    /// Follow sign-ins as they end
    Tail {
        #[command(flatten)]
        wanted: Wanted,
        /// How many that have ended already
        #[arg(long, short = 'n', default_value_t = 10, value_parser = clap::value_parser!(i64).range(0..=200))]
        lines: i64,
    },
}

/// Which sign-ins are wanted.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// Only those of this organization
    #[arg(long)]
    org: Option<String>,
    /// Only those of this connection
    #[arg(long)]
    connection: Option<ConnectionId>,
    /// Only those that are `in_progress`, `succeeded`, `failed` or `abandoned`
    #[arg(long)]
    outcome: Option<Outcome>,
    /// Only those with this email address
    #[arg(long)]
    email: Option<String>,
}

impl Wanted {
    fn filter(self, shell: &Shell) -> Result<Filter> {
        let organization = match self.org {
            Some(org) => Some(shell.organization(&org)?.id),
            None => None,
        };
        Ok(Filter {
            organization,
            connection: self.connection,
            outcome: self.outcome,
            email: self.email,
            cause: None,
        })
    }
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { wanted, paging } => list(shell, &wanted.filter(shell)?, &paging),
        Command::Show { trace } => shown(shell, &shell.read(|db| traces::find(db, &trace))?),
        Command::Purge { org, older_than } => purge(shell, &org, older_than),
        Command::Tail { wanted, lines } => tail::run(shell, &wanted.filter(shell)?, lines),
    }
}

fn list(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| traces::page(db, &window, filter))?;
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "STARTED", "OUTCOME", "CAUSE", "KIND", "PERSON", "CONNECTION"];
    let locale = shell.locale()?;
    let views = List::of(page, None).map(|trace| TraceView::new(&trace, &locale));
    shell.out.list(&views, &heads, &rows)
}

fn row(trace: &Listed) -> Vec<String> {
    vec![
        trace.id.to_string(),
        trace.started_at.to_string(),
        trace.outcome.to_string(),
        cell(trace.cause.as_ref()),
        trace.kind.to_string(),
        cell(trace.email.as_deref().map(views::masked)),
        cell(trace.connection_id.as_ref()),
    ]
}

fn purge(shell: &Shell, org: &str, older_than: Option<Period>) -> Result {
    let organization = shell.organization(org)?;
    let before = older_than.map_or(shell.now(), |age| shell.now().minus(age.delta()));
    let purge = Purge { organization: organization.id.clone(), before };
    let count = shell.read(|db| traces::purgeable(db, &purge))?;
    let act = format!(
        "Purge {count} sign-in traces of {} that began before {before}; this cannot be undone",
        organization.name
    );
    shell.confirm(&act, &organization.name)?;
    let purged = shell.wait(acts::purge::traces(shell.store()?, actor(), purge))??;
    shell.out.object(&json!({ "purged": purged }), &[("purged", purged.to_string())])
}

/// Shows a trace with its checks and what to change.
pub(super) fn shown(shell: &Shell, trace: &Trace) -> Result {
    let timeline = shell.read(|db| traces::timeline(db, trace))?;
    let (organization, connection) = shell.read(|db| {
        let connection = match &trace.connection_id {
            Some(id) => connections::by_id_with_organization(db, id)?,
            None => None,
        };
        match (connection, &trace.organization_id) {
            (Some((connection, organization)), _) => Ok((Some(organization), Some(connection))),
            (None, Some(id)) => Ok((organizations::by_id(db, id)?, None)),
            (None, None) => Ok((None, None)),
        }
    })?;
    let fix = fix(shell, trace, connection.as_ref())?;
    let locale = shell.locale()?;
    if shell.out.is_json() {
        return shell.out.json(&TraceDetailView::new(trace, &timeline, &locale, fix));
    }
    let names: Vec<&str> = organization
        .iter()
        .map(|organization| organization.name.as_str())
        .chain(connection.iter().map(|connection| connection.name.as_str()))
        .collect();
    let time = trace.started_at.to_string().replace('T', " ");
    let outcome = checks::outcome(&shell.out, trace.outcome);
    let cause = trace.cause.clone();
    let place = (!names.is_empty()).then(|| names.join(" – "));
    let head: Vec<String> =
        [Some(outcome), cause, place, Some(time)].into_iter().flatten().collect();
    shell.out.line(head.join("  "))?;
    timeline::write(&shell.out, &timeline, trace.started_at, &locale)?;
    checks::write(&shell.out, &trace.checks, &locale)?;
    fix.map_or(Ok(()), |fix| write_fix(&shell.out, &fix))
}

/// Writes what to change: the way to the field, and what to do there.
pub(super) fn write_fix(out: &Output, fix: &Fix) -> Result {
    out.line(format!("  fix   {}", fix.line().unwrap_or_else(|| fix.sentence.clone())))?;
    if fix.field.is_some() {
        out.line(format!("        {}", fix.sentence))?;
    }
    Ok(())
}

fn fix(shell: &Shell, trace: &Trace, connection: Option<&Connection>) -> Result<Option<Fix>> {
    let Some(cause) = trace.cause.as_deref().and_then(Cause::from_code) else { return Ok(None) };
    let (guides, locale) = (shell.guides()?, shell.locale()?);
    Ok(Some(views::fix((&guides, &locale), shell.public_url()?, cause, connection)))
}
