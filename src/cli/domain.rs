//! `vestibule domain`: the email domains of an organization.

use super::failure::Result;
use super::output::{cell, yes};
use super::shell::{self, Shell};
use crate::acts;
use crate::domain::DomainName;
use crate::error::{Error, FieldError};
use crate::store::domains::{self, Domain};
use crate::views::List;
use crate::views::domain::DomainView;
use clap::Subcommand;

/// What to do with domains.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List an organization's domains
    List {
        /// Whose domains: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
    /// Add a domain; prints the DNS record that verifies it
    Add {
        /// The domain, as in email addresses
        domain: String,
        /// Whose domain: ID, your own ID, or name
        #[arg(long)]
        org: String,
        /// You know that it is theirs: it is live at once
        #[arg(long)]
        vouch: bool,
    },
    /// Look for the DNS record of a domain; exit code 8 if it is not there
    Verify {
        /// The domain or its ID
        domain: String,
        /// Whose domain: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
    /// Take a domain away: its people can no longer sign in
    Remove {
        /// The domain or its ID
        domain: String,
        /// Whose domain: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org } => list(shell, &org),
        Command::Add { domain, org, vouch } => {
            let id = shell.organization(&org)?.id;
            let name = parse(&domain)?;
            show(shell, shell.write(&id, |tx| domains::add(tx, &id, &name, vouch))?)
        }
        Command::Verify { domain, org } => verify(shell, &org, &domain),
        Command::Remove { domain, org } => remove(shell, &org, &domain),
    }
}

fn parse(name: &str) -> Result<DomainName> {
    let parsed = DomainName::parse_owned(name);
    Ok(parsed.map_err(|fault| Error::invalid("/domain", fault.code(), fault.to_string()))?)
}

/// Reads several names; every fault is told at once.
pub(super) fn parse_names(names: &[String]) -> Result<Vec<DomainName>> {
    let (mut parsed, mut faults) = (Vec::new(), Vec::new());
    for (at, name) in names.iter().enumerate() {
        match DomainName::parse_owned(name) {
            Ok(name) => parsed.push(name),
            Err(fault) => {
                let pointer = format!("/domains/{at}");
                faults.push(FieldError::new(pointer, fault.code(), fault.to_string()));
            }
        }
    }
    if faults.is_empty() { Ok(parsed) } else { Err(Error::Invalid(faults).into()) }
}

fn list(shell: &Shell, org: &str) -> Result {
    let id = shell.organization(org)?.id;
    let all = shell.read(|db| domains::list(db, &id))?;
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                row.name.clone(),
                row.state.to_string(),
                yes(row.is_live()),
                cell(row.checked_at),
            ]
        })
        .collect();
    let heads = ["ID", "DOMAIN", "STATE", "LIVE", "CHECKED"];
    shell.out.list(&List::all(all).map(DomainView::from), &heads, &rows)
}

fn show(shell: &Shell, row: Domain) -> Result {
    let (name, value) = row.record();
    let is_live = row.is_live();
    let fields = [
        ("id", row.id.to_string()),
        ("domain", row.name.clone()),
        ("state", row.state.to_string()),
        ("live", yes(is_live)),
        ("TXT record", name),
        ("TXT value", value),
    ];
    let (organization, domain) = (row.organization_id.clone(), row.name.clone());
    shell.out.object(&DomainView::from(row), &fields)?;
    if !is_live {
        shell.out.note(format!(
            "Next: have the TXT record added, then: vestibule domain verify {domain} --org {organization}"
        ));
    }
    Ok(())
}

fn verify(shell: &Shell, org: &str, reference: &str) -> Result {
    let id = shell.organization(org)?.id;
    let domain = shell.read(|db| domains::find_in(db, &id, reference))?;
    let (store, config) = (shell.store()?, shell.config()?);
    let verified = shell.wait(async {
        let dns = acts::dns(config)?;
        acts::domains::verify(store, &dns, shell::actor(), domain).await
    })?;
    show(shell, verified?)
}

fn remove(shell: &Shell, org: &str, reference: &str) -> Result {
    let id = shell.organization(org)?.id;
    let domain = shell.read(|db| domains::find_in(db, &id, reference))?;
    let act = format!("Take {} away: its people are signed out and stay out", domain.name);
    shell.confirm(&act, &domain.name)?;
    shell.write(&id, |tx| domains::remove(tx, &id, domain.id.as_str()))?;
    shell.out.note(format!("{} is no longer the organization's.", domain.name));
    Ok(())
}
