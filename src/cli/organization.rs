//! `vestibule org`: organizations.

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::config::Period;
use crate::store::organizations::{
    self, Admission, Filter, NewOrganization, Organization, OrganizationPatch,
};
use crate::store::{OrganizationId, Scope};
use crate::views::List;
use crate::views::organization::OrganizationView;
use clap::Subcommand;
use serde_json::{Map, Value};

/// What to do with organizations.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List organizations, newest first
    List {
        /// Only those with this in their name, external ID or a domain
        #[arg(long)]
        search: Option<String>,
        /// Only the one with this email domain
        #[arg(long)]
        domain: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one organization
    Show {
        /// Its ID, your own ID of it, or its name
        org: String,
    },
    /// Create an organization
    Create(Create),
    /// Change an organization
    Update(Update),
    /// Delete an organization; it can be restored for 30 days
    Delete {
        /// Its ID, your own ID of it, or its name
        org: String,
    },
    /// Let its directories push groups, or not; without a word, show it
    Groups {
        /// Its ID, your own ID of it, or its name
        org: String,
        /// `on` or `off`
        switch: Option<super::provisioning::Switch>,
    },
    /// How its directories may act: groups, and how much they may take at once
    Provisioning(super::provisioning::Provisioning),
    /// Say who must use single sign-on: everybody but exempt owners, or nobody
    Enforce(super::enforcement::Enforce),
    /// Owners who may sign in another way all the same
    #[command(subcommand)]
    Exempt(super::enforcement::Exempt),
    /// Codes by which exempt owners get in while the identity provider is broken
    #[command(subcommand)]
    BreakGlass(super::enforcement::BreakGlass),
    /// Take a deletion back
    Restore {
        /// The ID of the deleted organization
        org: OrganizationId,
    },
}

/// What a new organization is made of.
#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// What people call it
    #[arg(long)]
    name: String,
    /// Your own ID of it
    #[arg(long)]
    external_id: Option<String>,
    /// How new people arrive: `sign_in`, `scim` or `both`
    #[arg(long, default_value = "both")]
    admission: Admission,
    /// An email domain; may be given several times
    #[arg(long = "domain", value_name = "DOMAIN")]
    domains: Vec<String>,
    /// You know that the domains are theirs: they are live at once
    #[arg(long, requires = "domains")]
    vouch: bool,
    /// What you keep with it, as a JSON object
    #[arg(long, value_name = "JSON", value_parser = object)]
    metadata: Option<Map<String, Value>>,
}

/// What is to change.
#[derive(Debug, clap::Args)]
pub(super) struct Update {
    /// Its ID, your own ID of it, or its name
    org: String,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// Your own ID of it
    #[arg(long, conflicts_with = "no_external_id")]
    external_id: Option<String>,
    /// Take your own ID away
    #[arg(long)]
    no_external_id: bool,
    /// How new people arrive: `sign_in`, `scim` or `both`
    #[arg(long)]
    admission: Option<Admission>,
    /// What you keep with it, as a JSON object; takes the place of all that was there
    #[arg(long, value_name = "JSON", value_parser = object)]
    metadata: Option<Map<String, Value>>,
    /// How long its people stay signed in, like `8h` or `30d`
    #[arg(long, conflicts_with = "no_session")]
    session: Option<Period>,
    /// They stay signed in as long as everybody
    #[arg(long)]
    no_session: bool,
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("it is not a JSON object: {error}"))
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { search, domain, paging } => {
            list(shell, &Filter { text: search, domain, ..Filter::default() }, &paging)
        }
        Command::Show { org } => show(shell, shell.organization(&org)?),
        Command::Create(create) => {
            let new = NewOrganization {
                domains: super::domain::parse_names(&create.domains)?,
                name: create.name,
                external_id: create.external_id,
                admission: create.admission,
                metadata: create.metadata.unwrap_or_default(),
                is_demo: false,
                vouch: create.vouch,
            };
            show(shell, shell.write(Scope::System, |tx| organizations::create(tx, new))?)
        }
        Command::Update(update) => {
            let id = shell.organization(&update.org)?.id;
            let external_id = match (update.no_external_id, update.external_id) {
                (true, _) => Some(None),
                (false, given) => given.map(Some),
            };
            let session = update.session.map(Period::to_row);
            let patch = OrganizationPatch {
                name: update.name,
                external_id,
                admission: update.admission,
                metadata: update.metadata,
                session_seconds: if update.no_session { Some(None) } else { session.map(Some) },
            };
            show(shell, shell.write(&id, |tx| organizations::change(tx, &id, patch))?)
        }
        Command::Groups { org, switch } => super::provisioning::groups(shell, &org, switch),
        Command::Provisioning(asked) => super::provisioning::change(shell, &asked),
        Command::Enforce(asked) => super::enforcement::enforce(shell, &asked),
        Command::Exempt(command) => super::enforcement::exempt(shell, command),
        Command::BreakGlass(command) => super::enforcement::codes(shell, command),
        Command::Delete { org } => delete(shell, &shell.organization(&org)?),
        Command::Restore { org } => {
            show(shell, shell.write(Scope::System, |tx| organizations::restore(tx, &org))?)
        }
    }
}

fn list(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| organizations::page(db, &window, filter))?;
    let rows: Vec<Vec<String>> = page
        .data
        .iter()
        .map(|row| {
            vec![
                row.id.to_string(),
                row.name.clone(),
                cell(row.external_id.as_ref()),
                row.admission.to_string(),
                row.created_at.to_string(),
            ]
        })
        .collect();
    let heads = ["ID", "NAME", "EXTERNAL ID", "ADMISSION", "CREATED"];
    shell.out.list(&List::of(page, None).map(OrganizationView::from), &heads, &rows)
}

fn show(shell: &Shell, row: Organization) -> Result {
    let fields = [
        ("id", row.id.to_string()),
        ("name", row.name.clone()),
        ("external_id", cell(row.external_id.as_ref())),
        ("admission", row.admission.to_string()),
        ("enforcement", row.enforcement.to_string()),
        ("session_seconds", cell(row.session_seconds.map(|it| it.to_string()).as_ref())),
        ("created_at", row.created_at.to_string()),
        ("updated_at", row.updated_at.to_string()),
    ];
    shell.out.object(&OrganizationView::from(row), &fields)
}

fn delete(shell: &Shell, row: &Organization) -> Result {
    let act = format!(
        "Delete the organization {} ({}): its people can no longer sign in, and its domains are free for others",
        row.name, row.id
    );
    shell.confirm(&act, &row.name)?;
    // The scope of a restore, which has to wait for this.
    shell.write(Scope::System, |tx| organizations::delete(tx, &row.id))?;
    shell.out.note(format!(
        "Deleted. For 30 days it can be taken back: vestibule org restore {}",
        row.id
    ));
    Ok(())
}
