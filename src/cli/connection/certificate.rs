//! `vestibule connection certificate`: what a provider may sign with, beside what its metadata names.

use super::show;
use crate::cli::failure::Result;
use crate::cli::shell::{self, Shell};
use crate::error::Error;
use crate::saml::certificate::Certificate;
use crate::store::connections::{self, certificates};
use crate::store::{ConnectionId, TraceId};
use clap::Subcommand;

/// What to do with a connection's certificates.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// Trust a certificate until it is removed
    Add {
        /// The connection
        connection: ConnectionId,
        /// The file with the certificate, PEM or base64; - is standard input
        #[arg(required_unless_present = "trace")]
        file: Option<String>,
        /// A sign-in that failed with `certificate_unknown`, whose answer names the certificate
        #[arg(long, requires = "fingerprint", conflicts_with = "file")]
        trace: Option<TraceId>,
        /// Its SHA-256 in hexadecimal, as the IT admin has confirmed it
        #[arg(long, requires = "trace")]
        fingerprint: Option<String>,
    },
    /// Trust a certificate no more, at once; metadata does not bring it back
    Remove {
        /// The connection
        connection: ConnectionId,
        /// Its SHA-256, in hexadecimal
        fingerprint: String,
    },
}

pub(super) fn run(shell: &Shell, command: &Command) -> Result {
    match command {
        Command::Add { connection, trace: Some(trace), fingerprint, .. } => {
            let print = fingerprint.as_deref().unwrap_or_default();
            let (scope, master) = (
                shell.read(|db| connections::find(db, connection))?.organization_id,
                shell.master()?,
            );
            let row = shell.write(&scope, |tx| {
                certificates::accept(tx, &master, connection, (trace, print))
            })?;
            show::connection(shell, row)
        }
        Command::Add { connection, file, .. } => {
            let file = file.as_deref().unwrap_or_default();
            let text = String::from_utf8_lossy(&shell::read_file(file)?).into_owned();
            let certificate = Certificate::parse(&text).map_err(|fault| {
                Error::invalid("/certificate", "certificate_invalid", fault.to_string())
            })?;
            let scope = shell.read(|db| connections::find(db, connection))?.organization_id;
            let row = shell.write(&scope, |tx| certificates::add(tx, connection, &certificate))?;
            show::connection(shell, row)
        }
        Command::Remove { connection, fingerprint } => {
            let row = shell.read(|db| connections::find(db, connection))?;
            let act = format!("Trust the certificate {fingerprint} of {} no more", row.name);
            shell.confirm(&act, &row.name)?;
            let scope = row.organization_id;
            let row =
                shell.write(&scope, |tx| certificates::remove(tx, connection, fingerprint))?;
            show::connection(shell, row)
        }
    }
}
