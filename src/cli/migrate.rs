//! `vestibule migrate`: brings the database to this version.

use super::failure::Result;
use super::shell::Shell;
use serde_json::json;

/// How to migrate.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only say what is pending
    #[arg(long)]
    status: bool,
}

pub(super) fn run(shell: &Shell, arguments: &Arguments) -> Result {
    if arguments.status {
        shell.existing_file()?;
    }
    let store = shell.raw_store()?;
    let pending = store.pending_migrations()?;
    if !arguments.status {
        store.migrate()?;
    }
    if shell.out.is_json() {
        let key = if arguments.status { "pending" } else { "applied" };
        return shell.out.json(&json!({ key: pending }));
    }
    if pending.is_empty() {
        shell.out.note("The database is up to date.");
    }
    let state = if arguments.status { "pending" } else { "applied" };
    pending.iter().try_for_each(|name| shell.out.fields(&[(state, name.clone())]))
}
