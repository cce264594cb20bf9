//! `vestibule access`: what a person has and why, conflicts, alerts, and what is held.

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::store::access::conflicts::{self, Choice, Conflict, Filter};
use crate::store::access::holds::{self, Which};
use crate::store::access::{alerts, explain};
use crate::store::{AlertId, ConflictId, UserId, users};
use crate::views::List;
use crate::views::access::{AccessView, AlertView, ConflictView};
use clap::{Subcommand, ValueEnum};

/// What to do with access.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what a person has in each application, line by line, and why
    Show {
        /// The person's ID
        user: UserId,
    },
    /// List conflicts that nobody has decided, newest first
    Conflicts {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Decide a conflict, once for this person and these two mappings
    Decide {
        /// The ID of the conflict
        conflict: ConflictId,
        /// What the person has, or what waits
        choice: Side,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
    /// List alerts that are not over, newest first
    Alerts {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Close an alert: you have seen it
    Close {
        /// The ID of the alert
        alert: AlertId,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
    /// Let happen now what is held: people lose what their directory took
    ApplyHeld {
        /// What people were let keep before, in place of what waits
        #[arg(long)]
        kept: bool,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
    /// Let people keep what is held, until their directory gives it back or somebody takes it
    RestoreHeld {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
}

/// One side of a conflict.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Side {
    /// What the person has
    Current,
    /// What waits
    Incoming,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::Show { user } => show(shell, &user),
        Command::Conflicts { org, paging } => list_conflicts(shell, &org, &paging),
        Command::Decide { conflict, choice, org } => {
            let id = shell.organization(&org)?.id;
            let choice = match choice {
                Side::Current => Choice::Current,
                Side::Incoming => Choice::Incoming,
            };
            let row = shell.write(&id, |tx| conflicts::decide(tx, &id, &conflict, choice))?;
            let fields = [("id", row.id.to_string()), ("winner", cell(row.winner_id.clone()))];
            shell.out.object(&ConflictView::from(row), &fields)
        }
        Command::Alerts { org, paging } => list_alerts(shell, &org, &paging),
        Command::Close { alert, org } => {
            let id = shell.organization(&org)?.id;
            let row = shell.write(&id, |tx| alerts::close(tx, &id, &alert))?;
            let fields = [("id", row.id.to_string()), ("closed_at", cell(row.closed_at))];
            shell.out.object(&AlertView::from(row), &fields)
        }
        Command::ApplyHeld { kept, org } => {
            let id = shell.organization(&org)?.id;
            let which = if kept { Which::Kept } else { Which::Waiting };
            let people = shell.write(&id, |tx| holds::apply(tx, &id, which))?;
            shell.out.note(format!("It has happened now for {people} people."));
            Ok(())
        }
        Command::RestoreHeld { org } => {
            let id = shell.organization(&org)?.id;
            let people = shell.write(&id, |tx| holds::restore(tx, &id))?;
            shell.out.note(format!("{people} people keep what they had."));
            Ok(())
        }
    }
}

fn show(shell: &Shell, id: &UserId) -> Result {
    let (user, all) = shell.read(|db| {
        let user = users::find(db, id)?;
        let all = explain::of_user(db, &user)?;
        Ok((user, all))
    })?;
    if shell.out.is_json() {
        return shell.out.json(&AccessView::new(&user.id, &user.organization_id, all));
    }
    for it in all {
        shell.out.line(format!("{} ({})", it.application, it.application_id))?;
        match it.role {
            Some((role, because)) => shell.out.line(format!("  role {role}: {}", because.words))?,
            None => shell.out.line("  no role")?,
        }
        for (entity, because) in it.entities {
            shell.out.line(format!("  {} {}: {}", entity.kind, entity.name, because.words))?;
        }
    }
    Ok(())
}

fn list_conflicts(shell: &Shell, org: &str, paging: &Paging) -> Result {
    let (id, window) = (shell.organization(org)?.id, paging.window()?);
    let filter = Filter { open: true, ..Filter::default() };
    let page = shell.read(|db| conflicts::page(db, &window, &id, &filter))?;
    let row = |it: &Conflict| {
        vec![
            it.id.to_string(),
            it.user_id.to_string(),
            it.kind.clone(),
            it.current_id.to_string(),
            it.incoming().to_string(),
            cell(Some(it.created_at)),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "USER", "KIND", "CURRENT", "INCOMING", "SINCE"];
    shell.out.list(&List::of(page, None).map(ConflictView::from), &heads, &rows)
}

fn list_alerts(shell: &Shell, org: &str, paging: &Paging) -> Result {
    let (id, window) = (shell.organization(org)?.id, paging.window()?);
    let page = shell.read(|db| alerts::page(db, &window, &id, true))?;
    let row = |it: &alerts::Alert| {
        vec![
            it.id.to_string(),
            it.kind.to_string(),
            it.subject_id.clone(),
            it.data.to_string(),
            cell(Some(it.created_at)),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "KIND", "ABOUT", "DATA", "SINCE"];
    shell.out.list(&List::of(page, None).map(AlertView::from), &heads, &rows)
}
