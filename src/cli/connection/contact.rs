//! `vestibule connection contact`: whom the customer wants told of a connection before its certificate ends.

use crate::cli::failure::Result;
use crate::cli::output::cell;
use crate::cli::shell::Shell;
use crate::store::ConnectionId;
use crate::store::connections;
use serde_json::json;

/// Whom to tell.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The connection
    connection: ConnectionId,
    /// The address from now on; if left out, the present one is shown
    address: Option<String>,
    /// Tell nobody
    #[arg(long, conflicts_with = "address")]
    none: bool,
}

pub(super) fn run(shell: &Shell, arguments: Arguments) -> Result {
    let Arguments { connection, address, none } = arguments;
    let row = shell.read(|db| connections::find(db, &connection))?;
    let typed = if none { Some(String::new()) } else { address };
    let email = match typed {
        Some(typed) => shell
            .write(&row.organization_id, |tx| connections::set_contact(tx, &connection, &typed))?,
        None => shell.read(|db| connections::contact(db, &connection))?,
    };
    let fields = [("connection", connection.to_string()), ("email", cell(email.as_ref()))];
    shell.out.object(&json!({ "email": email }), &fields)
}
