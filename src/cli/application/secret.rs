//! `vestibule application secret`.

use crate::cli::failure::Result;
use crate::cli::output::cell;
use crate::cli::shell::Shell;
use crate::store::applications::{self, ApplicationSecret};
use crate::store::{ApplicationId, Scope, SecretId};
use crate::views::List;
use crate::views::secret::{NewSecretView, SecretView};
use chrono::TimeDelta;
use clap::Subcommand;

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Command {
    /// List an application's secrets
    List {
        /// The application
        application: ApplicationId,
    },
    /// Make another secret; it is shown this once
    Create {
        /// The application
        application: ApplicationId,
        /// For how many days it is good; for ever if left out
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: Option<u32>,
    },
    /// Make a secret useless at once
    Revoke {
        /// The application
        application: ApplicationId,
        /// The ID of the secret
        secret: SecretId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { application } => list(shell, &application),
        Command::Create { application, days } => create(shell, &application, days),
        Command::Revoke { application, secret } => revoke(shell, &application, &secret),
    }
}

fn list(shell: &Shell, application: &ApplicationId) -> Result {
    let all = shell.read(|db| {
        applications::find(db, application)?;
        applications::secrets(db, application)
    })?;
    let row = |row: &ApplicationSecret| {
        vec![
            row.id.to_string(),
            row.hint.clone(),
            row.created_at.to_string(),
            cell(row.expires_at),
            cell(row.last_used_at),
        ]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    let heads = ["ID", "SECRET", "CREATED", "EXPIRES", "LAST USED"];
    shell.out.list(&List::all(all).map(SecretView::from), &heads, &rows)
}

fn create(shell: &Shell, application: &ApplicationId, days: Option<u32>) -> Result {
    let ends = days.map(|days| shell.now().plus(TimeDelta::days(i64::from(days))));
    let (row, secret) =
        shell.write(Scope::System, |tx| applications::add_secret(tx, application, ends))?;
    let fields = [
        ("id", row.id.to_string()),
        ("expires_at", cell(row.expires_at)),
        ("client_secret", secret.reveal().to_owned()),
    ];
    shell.out.object(&NewSecretView::new(row, &secret), &fields)?;
    shell.out.note("The client secret is shown this once. Keep it where secrets are kept.");
    Ok(())
}

fn revoke(shell: &Shell, application: &ApplicationId, id: &SecretId) -> Result {
    let (owner, all) = shell.read(|db| {
        Ok((applications::find(db, application)?, applications::secrets(db, application)?))
    })?;
    let used = all.iter().find(|row| &row.id == id).and_then(|row| row.last_used_at);
    let used = used.map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    shell.confirm(&format!("Revoke a secret of {} ({used})", owner.name), &owner.name)?;
    shell.write(Scope::System, |tx| applications::revoke_secret(tx, application, id))?;
    shell.out.note("The secret is revoked.");
    Ok(())
}
