//! `vestibule setup-link`: links by which a customer's IT admin sets single sign-on up alone.

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::crypto::Secret;
use crate::error::Error;
use crate::store::setup_links::{self, Cover, NewLink, SetupLink};
use crate::store::{ConnectionId, Scope, SetupLinkId};
use crate::views::List;
use crate::views::setup_link::{NewSetupLinkView, SetupLinkView, address};
use clap::Subcommand;

/// What to do with setup links.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Create a link; it is shown this once. Send it to the IT admin
    Create {
        /// Whose single sign-on is set up: ID, your own ID, or name
        #[arg(long)]
        org: String,
        /// What the IT admin sets up, with commas between: `sign_in`, `domains`, `provisioning`, `groups`, `certificate`, `traces`
        #[arg(long, value_delimiter = ',', default_value = "sign_in,domains,provisioning")]
        covers: Vec<Cover>,
        /// The connection to set up; if left out, one is drafted in the first step
        #[arg(long)]
        connection: Option<ConnectionId>,
        /// The identity provider, if it is known beforehand: jumpcloud, okta, entra, …
        #[arg(long)]
        idp: Option<String>,
        /// What the IT admin reads before they start
        #[arg(long)]
        note: Option<String>,
        /// For how many days it is good, 1 to 30; if left out, as the setting `portal.link_days` says
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=30))]
        days: Option<u32>,
        /// The address of the IT admin: the link is mailed there
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
        /// Only who reads mail at that address starts with it: a code is mailed there before
        #[arg(long, requires = "to")]
        only: bool,
    },
    /// Mail a link again, with another address: the one before opens nothing any more
    Send {
        /// The ID of the link
        link: SetupLinkId,
        /// The address to mail it to; that of the time before if left out
        #[arg(long, value_name = "ADDRESS")]
        to: Option<String>,
    },
    /// List an organization's links, newest first
    List {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Take a link back; whoever came by it is out at once
    Revoke {
        /// The ID of the link
        link: SetupLinkId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::Create { org, covers, connection, idp, note, days, to, only } => {
            let days = match days {
                Some(days) => days,
                None => shell.effective()?.config.portal.link_days.days(),
            };
            let new = NewLink {
                connection_id: connection,
                covers,
                provider: idp,
                note,
                days,
                email: to,
                is_guarded: only,
            };
            create(shell, &org, new)
        }
        Command::Send { link, to } => send(shell, &link, to),
        Command::List { org, paging } => list(shell, &org, &paging),
        Command::Revoke { link } => revoke(shell, &link),
    }
}

fn create(shell: &Shell, org: &str, new: NewLink) -> Result {
    if let Some(id) = &new.provider {
        let guides = shell.guides()?;
        let known: Vec<&str> = guides.all().map(|guide| guide.id.as_str()).collect();
        let unknown = || {
            Error::invalid("/idp", "invalid", format!("“{id}” is none of {}.", known.join(", ")))
        };
        guides.find(id).map_err(|_| unknown())?;
    }
    let organization = shell.organization(org)?;
    let (public_url, master) = (shell.public_url()?, shell.master()?);
    let (link, token) = shell.write(&organization.id, |tx| {
        let (link, token) = setup_links::create(tx, &organization.id, new)?;
        setup_links::mail(tx, &master, &link, &address(public_url, &token))?;
        Ok((link, token))
    })?;
    shown(shell, link, &token)
}

fn send(shell: &Shell, id: &SetupLinkId, to: Option<String>) -> Result {
    let present = shell.read(|db| setup_links::find(db, id))?;
    let email = to.or(present.email).unwrap_or_default();
    let (public_url, master) = (shell.public_url()?, shell.master()?);
    let (link, token) = shell.write(&present.organization_id, |tx| {
        let (link, token) = setup_links::renew(tx, id, &email)?;
        setup_links::mail(tx, &master, &link, &address(public_url, &token))?;
        Ok((link, token))
    })?;
    shown(shell, link, &token)
}

fn shown(shell: &Shell, link: SetupLink, token: &Secret) -> Result {
    let (public_url, now) = (shell.public_url()?, shell.now());
    let to = link.email.clone();
    let fields = [
        ("id", link.id.to_string()),
        ("url", address(public_url, token)),
        ("expires_at", link.expires_at.to_string()),
    ];
    shell.out.object(&NewSetupLinkView::new(link, token, public_url, now), &fields)?;
    if let Some(to) = to {
        shell.out.note(format!("It is mailed to {to} by the running gateway."));
    }
    shell.out.note("The link is shown this once. The first browser that starts with it has it.");
    Ok(())
}

fn list(shell: &Shell, org: &str, paging: &Paging) -> Result {
    let (organization, window, now) = (shell.organization(org)?, paging.window()?, shell.now());
    let page = shell.read(|db| setup_links::page(db, &window, Some(&organization.id), None))?;
    let row = |link: &SetupLink| {
        vec![
            link.id.to_string(),
            link.hint.clone(),
            link.covers.iter().map(|cover| cover.as_str()).collect::<Vec<_>>().join(","),
            SetupLinkView::new(link.clone(), now).progress(),
            cell(link.opened_at),
            cell(link.opened_from.as_ref()),
            link.expires_at.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "LINK", "COVERS", "STATE", "OPENED", "FROM", "ENDS"];
    let view = List::of(page, None).map(|link| SetupLinkView::new(link, now));
    shell.out.list(&view, &heads, &rows)
}

fn revoke(shell: &Shell, id: &SetupLinkId) -> Result {
    let link = shell.read(|db| setup_links::find(db, id))?;
    let progress = SetupLinkView::new(link.clone(), shell.now()).progress();
    shell.confirm(&format!("Revoke the setup link {} ({progress})", link.hint), &link.hint)?;
    let scope = Scope::from(&link.organization_id);
    shell.write(scope, |tx| setup_links::revoke(tx, id))?;
    shell.out.note(format!("{} is revoked.", link.hint));
    Ok(())
}
