//! `vestibule user`: the people of organizations.

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::email::Email;
use crate::error::Error;
use crate::store::users::{self, Filter, User, UserState};
use crate::store::{UserId, identities};
use crate::views::List;
use crate::views::user::UserView;
use clap::Subcommand;
use serde_json::json;

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List people, newest first
    List {
        /// Only those of this organization
        #[arg(long)]
        org: Option<String>,
        /// Only the one with this email address
        #[arg(long)]
        email: Option<String>,
        /// Only those who are `active`, `suspended` or `deprovisioned`
        #[arg(long)]
        state: Option<UserState>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one person
    Show {
        /// Their ID
        user: UserId,
    },
    /// Keep a person out and sign them out
    Suspend {
        /// Their ID
        user: UserId,
    },
    /// Take a suspension back; the directory's own stays
    Restore {
        /// Their ID
        user: UserId,
    },
    /// Sign a person out everywhere
    EndSessions {
        /// Their ID
        user: UserId,
    },
    /// Forget by which names providers know a person: the next sign-in with their address counts
    Unlink {
        /// Their ID
        user: UserId,
    },
    /// Forget a person; it cannot be undone
    Erase {
        /// Their ID
        user: UserId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, email, state, paging } => {
            let email = email.as_deref().map(parse).transpose()?;
            let organization = match org {
                Some(org) => Some(shell.organization(&org)?.id),
                None => None,
            };
            list(shell, &Filter { organization, email, state, ..Filter::default() }, &paging)
        }
        Command::Show { user } => show(shell, shell.read(|db| users::find(db, &user))?),
        Command::Suspend { user } => {
            let scope = organization(shell, &user)?;
            show(shell, shell.write(&scope, |tx| users::suspend(tx, &user))?)
        }
        Command::Restore { user } => {
            let scope = organization(shell, &user)?;
            show(shell, shell.write(&scope, |tx| users::restore(tx, &user))?)
        }
        Command::EndSessions { user } => {
            let scope = organization(shell, &user)?;
            let ended = shell.write(&scope, |tx| users::end_sessions(tx, &user))?;
            let fields = [("sessions_ended", ended.to_string())];
            shell.out.object(&json!({ "sessions_ended": ended }), &fields)
        }
        Command::Unlink { user } => {
            let scope = organization(shell, &user)?;
            let unlinked = shell.write(&scope, |tx| identities::unlink(tx, &user))?;
            let fields = [("names_forgotten", unlinked.to_string())];
            shell.out.object(&json!({ "unlinked": unlinked }), &fields)
        }
        Command::Erase { user } => erase(shell, &user),
    }
}

fn parse(email: &str) -> Result<Email> {
    let parsed = Email::parse(email);
    Ok(parsed.map_err(|fault| Error::invalid("/email", "invalid", fault.to_string()))?)
}

/// Whose turn a change of this person takes.
fn organization(shell: &Shell, id: &UserId) -> Result<crate::store::OrganizationId> {
    Ok(shell.read(|db| users::find(db, id))?.organization_id)
}

fn list(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| users::page(db, &window, filter))?;
    let row = |row: &User| {
        vec![
            row.id.to_string(),
            row.email.clone(),
            cell(row.name.as_ref()),
            row.state().to_string(),
            row.source.to_string(),
            row.organization_id.to_string(),
            cell(row.last_sign_in_at),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "EMAIL", "NAME", "STATE", "SOURCE", "ORGANIZATION", "LAST SIGN-IN"];
    shell.out.list(&List::of(page, None).map(UserView::from), &heads, &rows)
}

fn show(shell: &Shell, row: User) -> Result {
    let fields = [
        ("id", row.id.to_string()),
        ("organization_id", row.organization_id.to_string()),
        ("email", row.email.clone()),
        ("name", cell(row.name.as_ref())),
        ("given_name", cell(row.given_name.as_ref())),
        ("family_name", cell(row.family_name.as_ref())),
        ("state", row.state().to_string()),
        ("source", row.source.to_string()),
        ("suspended_at", cell(row.suspended_at)),
        ("directory_suspended_at", cell(row.directory_suspended_at)),
        ("deprovisioned_at", cell(row.deprovisioned_at)),
        ("last_sign_in_at", cell(row.last_sign_in_at)),
        ("created_at", row.created_at.to_string()),
    ];
    shell.out.object(&UserView::from(row), &fields)
}

fn erase(shell: &Shell, id: &UserId) -> Result {
    let user = shell.read(|db| users::find(db, id))?;
    let act =
        format!("Erase {} and what traces tell about them; it cannot be undone", user.label());
    shell.confirm(&act, user.label())?;
    shell.write(&user.organization_id, |tx| users::erase(tx, id))?;
    shell.out.note("The person is erased.");
    Ok(())
}
