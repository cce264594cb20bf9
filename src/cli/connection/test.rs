//! `vestibule connection test`: a test sign-in, watched until it ends.

use crate::cli::failure::{Exit, Failure, Result};
use crate::cli::shell::Shell;
use crate::cli::trace;
use crate::store::connections;
use crate::store::traces::{self, Outcome, Trace};
use crate::store::{ConnectionId, sign_in};
use serde_json::json;
use std::thread;
use std::time::Duration;

/// How often is looked whether the test has ended.
const LOOK: Duration = Duration::from_millis(500);

/// What to test.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The connection
    connection: ConnectionId,
    /// Only print the address to open; do not wait for the end
    #[arg(long)]
    no_wait: bool,
}

pub(super) fn run(shell: &Shell, arguments: &Arguments) -> Result {
    let id = &arguments.connection;
    let connection = shell.read(|db| connections::find(db, id))?;
    connection.needs_its_provider().map_err(|error| Failure::from(error).of_connection(id))?;
    let config = shell.effective()?.config;
    let lifetime = config.sign_in.request_ttl.delta();
    let trace = shell
        .write(crate::store::Scope::Own, |tx| sign_in::begin_test(tx, &connection, lifetime))?;
    let address = format!("{}?test={}", connection.login_url(config.public_url.as_str()), trace.id);
    if arguments.no_wait {
        let view =
            json!({ "test_url": address, "trace_id": trace.id, "expires_at": trace.expires_at });
        let fields = [("test_url", address.clone()), ("trace_id", trace.id.to_string())];
        return shell.out.object(&view, &fields);
    }
    shell.out.note(format!("Open this in a browser and sign in:\n  {address}"));
    let ended = wait(shell, trace)?;
    trace::shown(shell, &ended)?;
    if ended.outcome == Outcome::Succeeded { Ok(()) } else { Err(Failure::check()) }
}

fn wait(shell: &Shell, mut trace: Trace) -> Result<Trace> {
    while trace.outcome == Outcome::InProgress {
        if shell.now() >= trace.expires_at {
            return Err(Failure::new(
                Exit::CheckFailed,
                "request_expired",
                "Nobody came back from the provider in time.",
                format!("The test ended at {}.", trace.expires_at),
                "Run the command again and open its address.",
            ));
        }
        thread::sleep(LOOK);
        trace = shell.read(|db| traces::find(db, &trace.id))?;
    }
    Ok(trace)
}
