//! `vestibule org enforce`, `org exempt` and `org break-glass`: who must use single sign-on, and the ways around it.

use super::failure::Result;
use super::output::{cell, yes};
use super::shell::Shell;
use crate::email::Email;
use crate::error::Error;
use crate::store::organizations::{Enforcement, Organization};
use crate::store::{BreakGlassCodeId, break_glass, enforcement};
use crate::views::List;
use crate::views::enforcement::{
    BreakGlassCodeView, EnforcementView, ExemptOwnerView, NewBreakGlassCodeView,
};
use clap::Subcommand;

/// Whose people, and what they must.
#[derive(Debug, clap::Args)]
pub(super) struct Enforce {
    /// Its ID, your own ID of it, or its name
    org: String,
    /// `required` or `optional`; without it nothing is changed, and what it would mean is shown
    enforcement: Option<Enforcement>,
    /// Although no test sign-in passed with the present settings
    #[arg(long)]
    skip_test: bool,
}

/// What to do with exempt owners.
#[derive(Debug, Subcommand)]
pub(super) enum Exempt {
    /// List the owners who may sign in another way
    List {
        /// Its ID, your own ID of it, or its name
        org: String,
    },
    /// Name an owner who may
    Add {
        /// Its ID, your own ID of it, or its name
        org: String,
        /// The owner's email address
        email: String,
    },
    /// Take that away
    Remove {
        /// Its ID, your own ID of it, or its name
        org: String,
        /// The owner's email address, or the ID of the exemption
        owner: String,
    },
}

/// What to do with break-glass codes.
#[derive(Debug, Subcommand)]
pub(super) enum BreakGlass {
    /// Make codes; they are shown this once
    New {
        /// Its ID, your own ID of it, or its name
        org: String,
        /// How many
        #[arg(long, default_value_t = break_glass::USUAL)]
        count: usize,
        /// Revoke those that can be used now
        #[arg(long)]
        replace: bool,
    },
    /// List codes: how they end, and who used them
    List {
        /// Its ID, your own ID of it, or its name
        org: String,
    },
    /// Make a code useless at once, or all of them
    Revoke {
        /// Its ID, your own ID of it, or its name
        org: String,
        /// The ID of the code
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        code: Option<BreakGlassCodeId>,
        /// All of them
        #[arg(long)]
        all: bool,
    },
}

pub(super) fn enforce(shell: &Shell, asked: &Enforce) -> Result {
    let organization = shell.organization(&asked.org)?;
    let id = organization.id.clone();
    let Some(to) = asked.enforcement else { return show(shell, &organization) };
    if to == Enforcement::Required && organization.enforcement != to {
        let preview = shell.read(|db| enforcement::preview(db, &id))?;
        let act = format!(
            "Require single sign-on of {}: {} of its people have never come through an active connection, {} owners are exempt, {} break-glass codes are left",
            organization.name,
            preview.strangers,
            preview.owners.len(),
            organization.codes_left,
        );
        shell.confirm(&act, &organization.name)?;
    }
    let changed = shell.write(&id, |tx| enforcement::set(tx, &id, to, asked.skip_test))?;
    show(shell, &changed)?;
    if to == Enforcement::Required && changed.codes_left == 0 {
        shell.out.note(format!(
            "Next, for when the provider is broken: vestibule org exempt add {id} EMAIL, and vestibule org break-glass new {id}"
        ));
    }
    Ok(())
}

fn show(shell: &Shell, organization: &Organization) -> Result {
    let preview = shell.read(|db| enforcement::preview(db, &organization.id))?;
    let active: Vec<String> = preview
        .active
        .iter()
        .map(|one| format!("{} ({})", one.id, if one.tested() { "tested" } else { "not tested" }))
        .collect();
    let owners: Vec<&str> = preview.owners.iter().map(|owner| owner.email.as_str()).collect();
    let joined = |all: String| if all.is_empty() { "none".to_owned() } else { all };
    let fields = [
        ("enforcement", organization.enforcement.to_string()),
        ("active_connections", joined(active.join(", "))),
        ("exempt_owners", joined(owners.join(", "))),
        ("break_glass_codes_left", organization.codes_left.to_string()),
        ("people_who_never_signed_in", preview.strangers.to_string()),
    ];
    shell.out.object(&EnforcementView::new(organization, preview), &fields)
}

pub(super) fn exempt(shell: &Shell, command: Exempt) -> Result {
    match command {
        Exempt::List { org } => {
            let id = shell.organization(&org)?.id;
            let all = shell.read(|db| enforcement::owners(db, &id))?;
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|row| vec![row.id.to_string(), row.email.clone(), row.created_at.to_string()])
                .collect();
            let heads = ["ID", "EMAIL", "SINCE"];
            shell.out.list(&List::all(all).map(ExemptOwnerView::from), &heads, &rows)
        }
        Exempt::Add { org, email } => {
            let id = shell.organization(&org)?.id;
            let email = Email::parse(&email)
                .map_err(|fault| Error::invalid("/email", fault.code(), fault.to_string()))?;
            let owner = shell.write(&id, |tx| enforcement::exempt(tx, &id, &email))?;
            let fields = [
                ("id", owner.id.to_string()),
                ("email", owner.email.clone()),
                ("created_at", owner.created_at.to_string()),
            ];
            shell.out.object(&ExemptOwnerView::from(owner), &fields)
        }
        Exempt::Remove { org, owner } => {
            let id = shell.organization(&org)?.id;
            shell.write(&id, |tx| enforcement::unexempt(tx, &id, &owner))?;
            shell.out.note(format!("{owner} is not exempt any more."));
            Ok(())
        }
    }
}

pub(super) fn codes(shell: &Shell, command: BreakGlass) -> Result {
    match command {
        BreakGlass::New { org, count, replace } => new(shell, &org, count, replace),
        BreakGlass::List { org } => {
            let id = shell.organization(&org)?.id;
            let all = shell.read(|db| break_glass::list(db, &id))?;
            let row = |row: &break_glass::BreakGlassCode| {
                vec![
                    row.id.to_string(),
                    row.hint.clone(),
                    yes(row.is_live()),
                    row.created_at.to_string(),
                    cell(row.used_at),
                    cell(row.used_by.as_ref()),
                    cell(row.revoked_at),
                ]
            };
            let rows: Vec<Vec<String>> = all.iter().map(row).collect();
            let heads = ["ID", "CODE", "LIVE", "CREATED", "USED", "USED BY", "REVOKED"];
            shell.out.list(&List::all(all).map(BreakGlassCodeView::from), &heads, &rows)
        }
        BreakGlass::Revoke { org, code, .. } => {
            let id = shell.organization(&org)?.id;
            let revoked = match code {
                Some(code) => {
                    shell.write(&id, |tx| break_glass::revoke(tx, &id, &code)).map(|()| 1)
                }
                None => shell.write(&id, |tx| break_glass::revoke_all(tx, &id)),
            };
            shell.out.note(format!("Revoked: {}", revoked?));
            Ok(())
        }
    }
}

fn new(shell: &Shell, org: &str, count: usize, replace: bool) -> Result {
    let id = shell.organization(org)?.id;
    let made = shell.write(&id, |tx| break_glass::create(tx, &id, count, replace))?;
    let rows: Vec<Vec<String>> = made
        .iter()
        .map(|(row, secret)| vec![row.id.to_string(), secret.reveal().to_owned()])
        .collect();
    let views = List::all(made).map(|(row, secret)| NewBreakGlassCodeView::new(row, &secret));
    shell.out.list(&views, &["ID", "CODE"], &rows)?;
    shell.out.note(
        "The codes are shown this once. Give them to exempt owners on paper: each signs one of them in once, at /login/break-glass.",
    );
    if shell.read(|db| enforcement::owners(db, &id))?.is_empty() {
        shell.out.note(format!("Nobody can use them yet: vestibule org exempt add {id} EMAIL"));
    }
    Ok(())
}
