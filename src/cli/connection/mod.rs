//! `vestibule connection`: the identity providers of organizations.

mod accept;
mod alias;
mod certificate;
mod contact;
mod create;
mod openid;
mod refresh;
mod show;
mod test;

pub(super) use show::described;

use super::failure::Result;
use super::output::{cell, yes};
use super::paging::Paging;
use super::shell::Shell;
use crate::store::connections::{self, ConnectionState, Filter, Known};
use crate::store::enforcement::LastWay;
use crate::store::{ConnectionId, Scope};
use crate::views::List;
use crate::views::badge;
use crate::views::connection::ConnectionView;
use clap::Subcommand;
use serde_json::json;

/// What to do with connections.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List connections, newest first
    List {
        /// Only those of this organization
        #[arg(long)]
        org: Option<String>,
        /// Only those that are `draft`, `testing`, `active`, `disabled` or `deleted`
        #[arg(long)]
        state: Option<ConnectionState>,
        /// Only those of this provider, as the guides name it
        #[arg(long)]
        idp: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one connection
    Show {
        /// Its ID
        connection: ConnectionId,
        /// Print what to enter in the provider's console instead
        #[arg(long)]
        values: bool,
    },
    /// Create a connection; prints what to enter in the provider's console
    Create(create::Arguments),
    /// Begin a test sign-in and wait for its end; exit code 8 if it fails
    Test(test::Arguments),
    /// Turn a connection on: people of the organization's domains sign in with it
    Activate {
        /// Its ID
        connection: ConnectionId,
        /// Without a test sign-in that passed
        #[arg(long)]
        skip_test: bool,
    },
    /// Turn a connection off, and end the sessions that began with it
    Disable {
        /// Its ID
        connection: ConnectionId,
        /// Although its organization requires single sign-on and has no other active connection
        #[arg(long)]
        lock_out: bool,
    },
    /// Forget by which names the provider knows people: each is found by email again
    Unlink {
        /// Its ID
        connection: ConnectionId,
    },
    /// Read the provider's metadata, from where it was or from somewhere new
    Refresh(refresh::Arguments),
    /// Accept changed metadata that waits for somebody: another entity ID or sign-on address
    Accept {
        /// Its ID
        connection: ConnectionId,
    },
    /// Certificates beside those of the provider's metadata
    #[command(subcommand)]
    Certificate(certificate::Command),
    /// Addresses of another product that lead to a connection
    #[command(subcommand)]
    Alias(alias::Command),
    /// The address at the customer that is told before the certificate ends
    Contact(contact::Arguments),
    /// Delete a connection; it can be restored for 30 days
    Delete {
        /// Its ID
        connection: ConnectionId,
        /// Although its organization requires single sign-on and has no other active connection
        #[arg(long)]
        lock_out: bool,
    },
    /// Take a deletion back; the connection comes back disabled
    Restore {
        /// The ID of the deleted connection
        connection: ConnectionId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, state, idp, paging } => {
            let organization = match org {
                Some(org) => Some(shell.organization(&org)?.id),
                None => None,
            };
            list(
                shell,
                &Filter { organization, state, provider: idp, ..Filter::default() },
                &paging,
            )
        }
        Command::Show { connection, values } => {
            let row = shell.read(|db| connections::find(db, &connection))?;
            if values && !shell.out.is_json() {
                return show::values(shell, &row);
            }
            show::connection(shell, row)
        }
        Command::Create(arguments) => create::run(shell, arguments),
        Command::Test(arguments) => test::run(shell, &arguments),
        Command::Activate { connection, skip_test } => activate(shell, &connection, skip_test),
        Command::Disable { connection, lock_out } => {
            disable(shell, &connection, LastWay::given_up(lock_out))
        }
        Command::Unlink { connection } => unlink(shell, &connection),
        Command::Refresh(arguments) => refresh::run(shell, arguments),
        Command::Accept { connection } => accept::run(shell, &connection),
        Command::Certificate(command) => certificate::run(shell, &command),
        Command::Alias(command) => alias::run(shell, &command),
        Command::Contact(arguments) => contact::run(shell, arguments),
        Command::Delete { connection, lock_out } => {
            delete(shell, &connection, LastWay::given_up(lock_out))
        }
        Command::Restore { connection } => {
            let row = shell.write(Scope::System, |tx| connections::restore(tx, &connection))?;
            show::connection(shell, row)
        }
    }
}

fn list(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let (window, now) = (paging.window()?, shell.now());
    let page = shell.read(|db| {
        let page = connections::page(db, &window, filter)?;
        connections::known_page(db, page, now)
    })?;
    let row = |known: &Known| {
        let row = &known.connection;
        let badges: Vec<&str> =
            badge::of(known, now).into_iter().map(badge::Badge::as_str).collect();
        vec![
            row.id.to_string(),
            row.name.clone(),
            row.provider.clone(),
            row.state.to_string(),
            yes(row.tested()),
            row.organization_id.to_string(),
            cell(badge::certificate_ends(row)),
            badges.join(", "),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = [
        "ID",
        "NAME",
        "PROVIDER",
        "STATE",
        "TESTED",
        "ORGANIZATION",
        "CERTIFICATE ENDS",
        "ATTENTION",
    ];
    let public_url = shell.public_url()?;
    let views = List::of(page, None).map(|known| ConnectionView::new(known, public_url, now));
    shell.out.list(&views, &heads, &rows)
}

fn activate(shell: &Shell, id: &ConnectionId, skip_test: bool) -> Result {
    let scope = shell.read(|db| connections::find(db, id))?.organization_id;
    let row = shell.write(&scope, |tx| connections::activate(tx, id, skip_test));
    let row = row.map_err(|failure| failure.of_connection(id))?;
    show::connection(shell, row)
}

fn disable(shell: &Shell, id: &ConnectionId, last: LastWay) -> Result {
    let row = shell.read(|db| connections::find(db, id))?;
    let act = format!("Turn {} off: nobody can sign in with it, and its sessions end", row.name);
    shell.confirm(&act, &row.name)?;
    let row = shell.write(&row.organization_id, |tx| connections::disable_with(tx, id, last))?;
    show::connection(shell, row)
}

fn unlink(shell: &Shell, id: &ConnectionId) -> Result {
    let row = shell.read(|db| connections::find(db, id))?;
    let act = format!("Forget all names of {}: whoever has an address is that person", row.name);
    shell.confirm(&act, &row.name)?;
    let unlinked = shell.write(&row.organization_id, |tx| connections::unlink(tx, id))?;
    let fields = [("names_forgotten", unlinked.to_string())];
    shell.out.object(&json!({ "unlinked": unlinked }), &fields)
}

fn delete(shell: &Shell, id: &ConnectionId, last: LastWay) -> Result {
    let row = shell.read(|db| connections::find(db, id))?;
    let act =
        format!("Delete the connection {} ({}): nobody can sign in with it", row.name, row.id);
    shell.confirm(&act, &row.name)?;
    shell.write(&row.organization_id, |tx| connections::delete_with(tx, id, last))?;
    shell.out.note(format!(
        "Deleted. For 30 days it can be taken back: vestibule connection restore {id}"
    ));
    Ok(())
}
