//! `vestibule mail`: whether mail arrives, and what was sent.

use super::failure::{Exit, Failure, Result};
use super::output::cell;
use super::paging::Paging;
use super::shell::{self, Shell};
use crate::acts::mail::{Poster, Sent};
use crate::config::Live;
use crate::email::Email;
use crate::error::Error;
use crate::store::mails::{self, Mail, State};
use crate::store::{MailId, Scope};
use crate::views::List;
use crate::views::mail::MailView;
use clap::Subcommand;
use serde_json::json;
use std::sync::Arc;

/// What to do with mail.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List mails, newest first
    List {
        /// Only those that are `queued`, `sent`, `failed` or `unsent`
        #[arg(long)]
        state: Option<State>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Send a test now, and say what the server said
    Test {
        /// Where to
        address: String,
    },
    /// Have a mail sent again that was given up; the running gateway sends it
    Again {
        /// The ID of the mail
        mail: MailId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { state, paging } => list(shell, state, &paging),
        Command::Test { address } => test(shell, &address),
        Command::Again { mail } => {
            let again = shell.write(Scope::Own, |tx| mails::again(tx, &mail))?;
            let fields = [("id", again.id.to_string()), ("state", again.state.to_string())];
            shell.out.object(&MailView::from(again), &fields)
        }
    }
}

/// What sends mail by these settings.
fn poster(shell: &Shell) -> Result<Poster> {
    let live = Arc::new(Live::new(shell.effective()?));
    Ok(Poster::new(live, shell.store()?.clone(), shell.master()?)?)
}

fn list(shell: &Shell, state: Option<State>, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| mails::page(db, &window, state))?;
    let row = |mail: &Mail| {
        vec![
            mail.id.to_string(),
            mail.kind.to_string(),
            cell(mail.recipient.as_ref()),
            mail.state.to_string(),
            mail.attempts.to_string(),
            cell(mail.said.as_ref()),
            mail.created_at.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "MAIL", "TO", "STATE", "ATTEMPTS", "SAID", "WRITTEN"];
    shell.out.list(&List::of(page, None).map(MailView::from), &heads, &rows)
}

fn test(shell: &Shell, address: &str) -> Result {
    let to = Email::parse(address)
        .map_err(|fault| Error::invalid("/address", fault.code(), fault.to_string()))?;
    let poster = poster(shell)?;
    let (state, said) = match shell.wait(poster.test(shell::actor(), &to))?? {
        Some(Sent::Taken(said)) => ("sent", said),
        Some(Sent::Refused(said)) => return Err(not_taken("mail_refused", said)),
        Some(Sent::NotNow(said)) => return Err(not_taken("mail_not_taken", said)),
        None => {
            return Err(Failure::new(
                Exit::Usage,
                "no_mail_server",
                "There is no mail server to send by.",
                "email.smtp_url is not set.",
                "Set email.smtp_url and email.from",
            ));
        }
    };
    let fields = [("to", to.to_string()), ("state", state.to_owned()), ("said", said.clone())];
    shell.out.object(&json!({ "to": to, "state": state, "said": said }), &fields)
}

fn not_taken(code: &'static str, said: String) -> Failure {
    let fix = "Check email.smtp_url and email.from; vestibule doctor looks at the way there";
    Failure::new(Exit::Unreachable, code, "The mail was not taken.", said, fix)
}
