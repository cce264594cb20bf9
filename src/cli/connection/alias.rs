//! `vestibule connection alias`: addresses of another product that lead to a connection.

use crate::cli::failure::Result;
use crate::cli::shell::Shell;
use crate::store::aliases;
use crate::store::connections;
use crate::store::{AliasId, ConnectionId, Page};
use crate::views::List;
use crate::views::alias::AliasView;
use clap::Subcommand;

/// What to do with a connection's aliases. `vestibule import` makes them.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// List the addresses of another product that lead to a connection
    List {
        /// The connection
        connection: ConnectionId,
    },
    /// Have an address lead nowhere, once the customer has entered ours
    Remove {
        /// The connection
        connection: ConnectionId,
        /// The alias
        alias: AliasId,
    },
}

pub(super) fn run(shell: &Shell, command: &Command) -> Result {
    match command {
        Command::List { connection } => {
            let all = shell.read(|db| {
                let row = connections::find(db, connection)?;
                aliases::of(db, &row.id)
            })?;
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|alias| vec![alias.id.to_string(), alias.kind.to_string(), alias.url()])
                .collect();
            let page = Page { data: all, next_cursor: None };
            shell.out.list(
                &List::of(page, None).map(AliasView::from),
                &["ID", "KIND", "URL"],
                &rows,
            )
        }
        Command::Remove { connection, alias } => {
            let row = shell.read(|db| connections::find(db, connection))?;
            let act = format!("Answer nothing for {} at the address {alias} any more", row.name);
            shell.confirm(&act, &row.name)?;
            shell.write(&row.organization_id, |tx| aliases::remove(tx, &row.id, alias))?;
            shell.out.note("Removed. Whatever still uses the address is refused.");
            Ok(())
        }
    }
}
