//! `vestibule scim`: tokens of directories, and what directories ask for.

use super::failure::Result;
use super::output::{Format, cell};
use super::paging::Paging;
use super::shell::Shell;
use crate::store::connections::{self, Connection};
use crate::store::directories;
use crate::store::directories::requests::{self, Entry, Filter};
use crate::store::directories::tokens::{self, NewToken, Token};
use crate::store::{ConnectionId, ScimRequestId, ScimTokenId, Scope, Tx, Window};
use crate::views::List;
use crate::views::directory::{
    DirectoryView, NewScimTokenView, ScimRequestDetailView, ScimRequestView, ScimTokenView,
};
use chrono::TimeDelta;
use clap::Subcommand;
use serde_json::Value;
use std::thread;
use std::time::Duration;

/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);

/// What to do about provisioning.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tokens with which a directory proves who it is
    #[command(subcommand)]
    Token(TokenCommand),
    /// What becomes of people whom a directory removes: they are off at once, and erased after a while
    Removal {
        /// The connection whose directory it is
        connection: ConnectionId,
        /// They are erased after so many days
        #[arg(long, conflicts_with = "usual", value_parser = clap::value_parser!(i32).range(1..=3650))]
        days: Option<i32>,
        /// They are erased when the installation's time for that is over
        #[arg(long)]
        usual: bool,
    },
    /// One request of a directory: what came, and what was before and after
    Request {
        /// Its ID, as `requests --json` has it
        id: ScimRequestId,
    },
    /// What directories asked for, and what it did
    Requests {
        /// Only those of this organization
        #[arg(long)]
        org: Option<String>,
        /// Only those of this connection
        #[arg(long)]
        connection: Option<ConnectionId>,
        /// Only those that changed something
        #[arg(long, conflicts_with = "failed")]
        changed: bool,
        /// Only those that were refused
        #[arg(long)]
        failed: bool,
        /// Go on with those that come
        #[arg(long, short)]
        follow: bool,
        #[command(flatten)]
        paging: Paging,
    },
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Create a token; it is shown this once, with the base URL to enter beside it
    Create {
        /// The connection whose directory it is for
        connection: ConnectionId,
        /// What people call it; the connection's name if left out
        #[arg(long)]
        label: Option<String>,
        /// From where it is accepted, like `203.0.113.0/24`, with commas between; everywhere if left out
        #[arg(long, value_delimiter = ',')]
        networks: Vec<String>,
        /// For how many days it is good; for ever if left out
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: Option<u32>,
    },
    /// List a connection's tokens, newest first
    List {
        /// The connection
        connection: ConnectionId,
        #[command(flatten)]
        paging: Paging,
    },
    /// Let a token end after a while, in which another takes its place
    Retire {
        /// The ID of the token
        token: ScimTokenId,
        /// For how many hours it goes on
        #[arg(long, default_value_t = 168, value_parser = clap::value_parser!(u32).range(0..=2160))]
        overlap_hours: u32,
    },
    /// Make a token useless at once
    Revoke {
        /// The ID of the token
        token: ScimTokenId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::Token(TokenCommand::Create { connection, label, networks, days }) => {
            create(shell, &connection, label, networks, days)
        }
        Command::Token(TokenCommand::List { connection, paging }) => {
            list(shell, &connection, &paging)
        }
        Command::Token(TokenCommand::Retire { token, overlap_hours }) => {
            retire(shell, &token, TimeDelta::hours(i64::from(overlap_hours)))
        }
        Command::Token(TokenCommand::Revoke { token }) => revoke(shell, &token),
        Command::Removal { connection, days, usual } => removal(shell, &connection, days, usual),
        Command::Request { id } => show(shell, &id),
        Command::Requests { org, connection, changed, failed, follow, paging } => {
            let organization =
                org.as_deref().map(|org| shell.organization(org)).transpose()?.map(|it| it.id);
            let filter = Filter { organization, connection, changed, failed, ..Filter::default() };
            if follow { tail(shell, &filter) } else { page(shell, &filter, &paging) }
        }
    }
}

/// Shows what becomes of people whom a directory removes, after it was changed if that is asked.
fn removal(shell: &Shell, id: &ConnectionId, days: Option<i32>, is_usual: bool) -> Result {
    let row = shell.read(|db| connections::find(db, id))?;
    let directory = if days.is_some() || is_usual {
        let set = |tx: &mut Tx| directories::set_removal(tx, id, days);
        Some(shell.write(&row.organization_id, set)?)
    } else {
        shell.read(|db| directories::by_connection(db, id))?
    };
    let days = directory.as_ref().and_then(|directory| directory.removal_days);
    let shown = days.map_or_else(|| "usual".to_owned(), |days| days.to_string());
    let view = DirectoryView::new(id, directory.as_ref(), shell.public_url()?);
    shell.out.object(&view, &[("connection", id.to_string()), ("removal_days", shown)])
}

fn create(
    shell: &Shell,
    connection: &ConnectionId,
    label: Option<String>,
    networks: Vec<String>,
    days: Option<u32>,
) -> Result {
    let Connection { organization_id, name, .. } =
        shell.read(|db| connections::find(db, connection))?;
    let now = shell.now();
    let new = NewToken {
        label: label.unwrap_or(name),
        networks,
        expires_at: days.map(|days| now.plus(TimeDelta::days(i64::from(days)))),
    };
    let (token, secret) =
        shell.write(Scope::from(&organization_id), |tx| tokens::create(tx, connection, new))?;
    let public_url = shell.public_url()?;
    let fields = [
        ("id", token.id.to_string()),
        ("base_url", connections::scim_base_url(public_url, connection)),
        ("label", token.label.clone()),
        ("expires_at", cell(token.expires_at)),
        ("secret", secret.reveal().to_owned()),
    ];
    shell.out.object(&NewScimTokenView::new(token, &secret, public_url, now), &fields)?;
    shell.out.note("The token is shown this once. Enter it with the base URL at the directory.");
    Ok(())
}

fn list(shell: &Shell, connection: &ConnectionId, paging: &Paging) -> Result {
    shell.read(|db| connections::find(db, connection))?;
    let window = paging.window()?;
    let page = shell.read(|db| tokens::page(db, &window, connection))?;
    let now = shell.now();
    let row = |token: &Token| {
        vec![
            token.id.to_string(),
            token.label.clone(),
            token.hint.clone(),
            token.state(now).to_owned(),
            cell(token.ends_at()),
            cell(token.last_used_at),
            cell(token.last_used_from.as_ref()),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "LABEL", "TOKEN", "STATE", "ENDS", "LAST USED", "FROM"];
    let view = List::of(page, None).map(|token| ScimTokenView::new(token, now));
    shell.out.list(&view, &heads, &rows)
}

/// The token's connection, and whose turn a change of it takes.
fn owner(shell: &Shell, token: &ScimTokenId) -> Result<Connection> {
    shell.read(|db| {
        let connection = tokens::connection_of(db, token)?;
        connections::find(db, &connection)
    })
}

fn retire(shell: &Shell, id: &ScimTokenId, overlap: TimeDelta) -> Result {
    let owner = owner(shell, id)?;
    let scope = Scope::from(&owner.organization_id);
    let token = shell.write(scope, |tx| tokens::retire(tx, &owner.id, id, overlap))?;
    let fields = [
        ("id", token.id.to_string()),
        ("state", token.state(shell.now()).to_owned()),
        ("ends_at", cell(token.ends_at())),
    ];
    shell.out.object(&ScimTokenView::new(token, shell.now()), &fields)
}

fn revoke(shell: &Shell, id: &ScimTokenId) -> Result {
    let owner = owner(shell, id)?;
    let token = shell.read(|db| tokens::find(db, &owner.id, id))?;
    let used = match (token.last_used_at, &token.last_used_from) {
        (Some(at), Some(from)) => format!("last used {at} from {from}"),
        _ => "never used".to_owned(),
    };
    shell.confirm(&format!("Revoke the token {} ({used})", token.hint), &token.label)?;
    let scope = Scope::from(&owner.organization_id);
    shell.write(scope, |tx| tokens::revoke(tx, &owner.id, id))?;
    shell.out.note(format!("{} is revoked.", token.hint));
    Ok(())
}

fn row(entry: &Entry) -> Vec<String> {
    vec![
        entry.created_at.to_string(),
        entry.connection_id.to_string(),
        entry.method.clone(),
        entry.path.clone(),
        entry.status.to_string(),
        cell(entry.code.as_ref()),
        entry.effect.clone(),
    ]
}

fn show(shell: &Shell, id: &ScimRequestId) -> Result {
    let entry = shell.read(|db| requests::find(db, id))?;
    let message = entry.opened(&shell.master()?)?;
    let changes = message.changes.clone().unwrap_or_default();
    let mut fields = vec![
        ("id", entry.id.to_string()),
        ("time", entry.created_at.to_string()),
        ("connection", entry.connection_id.to_string()),
        ("dialect", entry.dialect.clone()),
        ("request", format!("{} {}", entry.method, entry.path)),
        ("status", entry.status.to_string()),
        ("code", cell(entry.code.as_ref())),
        ("effect", entry.effect.clone()),
        ("body", cell(message.request.as_ref())),
    ];
    for (name, change) in changes.as_object().into_iter().flatten() {
        fields.push((name, told(change)));
    }
    shell.out.object(&ScimRequestDetailView::new(entry, message), &fields)
}

/// What was before, and what is after.
fn told(change: &Value) -> String {
    match (change.get("before"), change.get("after")) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        _ => change.to_string(),
    }
}

fn page(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| requests::page(db, &window, filter))?;
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["TIME", "CONNECTION", "METHOD", "PATH", "STATUS", "CODE", "EFFECT"];
    shell.out.list(&List::of(page, None).map(ScimRequestView::from), &heads, &rows)
}

fn tail(shell: &Shell, filter: &Filter) -> Result {
    let newest = Window { limit: 1, before: None };
    let mut last =
        shell.read(|db| requests::page(db, &newest, filter))?.data.pop().map(|entry| entry.id);
    shell.out.note("Waiting for requests. Ctrl C ends it.");
    loop {
        let entries = shell.read(|db| requests::after(db, filter, last.as_ref(), 200))?;
        for entry in entries {
            last = Some(entry.id.clone());
            match shell.out.format {
                Format::Json | Format::JsonLines => {
                    let line = serde_json::to_string(&ScimRequestView::from(entry));
                    shell.out.line(line.map_err(anyhow::Error::new)?)?;
                }
                Format::Tabs => shell.out.line(row(&entry).join("\t"))?,
                Format::Table => shell.out.line(row(&entry).join("  "))?,
            }
        }
        thread::sleep(LOOK);
    }
}
