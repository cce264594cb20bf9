//! `vestibule mapping`: which group's members belong to which entity.

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::store::access::mappings::{
    self, Filter, Mapping, MappingPatch, MappingState, NewMapping, Place,
};
use crate::store::{ApplicationId, GroupId, MappingId};
use crate::views::List;
use crate::views::mapping::MappingView;
use clap::{Args, Subcommand};

/// What to do with mappings.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List an organization's mappings, newest first
    List {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        /// Only those of this group
        #[arg(long)]
        group: Option<GroupId>,
        /// Only those in this state
        #[arg(long)]
        state: Option<MappingState>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Make a mapping by hand; it places the members of the group at once
    Create(Create),
    /// Approve a mapping that waits, with the place that its rule proposes or another one
    Approve {
        /// Its ID
        mapping: MappingId,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        /// The key of another entity
        #[arg(long)]
        entity: Option<String>,
    },
    /// Reject a mapping: it places nobody any more
    Reject {
        /// Its ID
        mapping: MappingId,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
}

/// A mapping by hand.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// The group
    group: GroupId,
    /// Whose: ID, your own ID, or name
    #[arg(long)]
    org: String,
    /// The key of an entity that is there
    #[arg(long, conflicts_with = "kind")]
    entity: Option<String>,
    /// Instead: the key of a type, of which the entity with the group's name is made
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// The key of the role that it gives
    #[arg(long)]
    role: Option<String>,
    /// The application, where there are several
    #[arg(long)]
    application: Option<ApplicationId>,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, group, state, paging } => {
            list(shell, &org, &Filter { group, state, ..Filter::default() }, &paging)
        }
        Command::Create(asked) => create(shell, asked),
        Command::Approve { mapping, org, entity } => {
            let patch =
                MappingPatch { is_approved: Some(true), place: entity.map(Place::Key), role: None };
            change(shell, &org, &mapping, patch)
        }
        Command::Reject { mapping, org } => {
            let patch = MappingPatch { is_approved: Some(false), ..MappingPatch::default() };
            change(shell, &org, &mapping, patch)
        }
    }
}

fn list(shell: &Shell, org: &str, filter: &Filter, paging: &Paging) -> Result {
    let (id, window) = (shell.organization(org)?.id, paging.window()?);
    let page = shell.read(|db| mappings::page(db, &window, &id, filter))?;
    let row = |it: &Mapping| {
        vec![
            it.id.to_string(),
            it.group_id.to_string(),
            cell(it.entity_id.clone()),
            it.state.to_string(),
            cell(it.flag),
            cell(it.role.clone()),
            cell(it.rule_id.clone()),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "GROUP", "ENTITY", "STATE", "FLAG", "ROLE", "RULE"];
    shell.out.list(&List::of(page, None).map(MappingView::from), &heads, &rows)
}

fn create(shell: &Shell, asked: Create) -> Result {
    let id = shell.organization(&asked.org)?.id;
    let place = match (asked.entity, asked.kind) {
        (Some(key), _) => Place::Key(key),
        (None, Some(kind)) => Place::Named { kind, name: None },
        (None, None) => Place::Nowhere,
    };
    let (group, application, role) = (asked.group, asked.application, asked.role);
    let new = NewMapping { group, application, place, role };
    let mapping = shell.write(&id, |tx| mappings::create(tx, &id, new))?;
    show(shell, mapping)
}

fn change(shell: &Shell, org: &str, mapping: &MappingId, patch: MappingPatch) -> Result {
    let id = shell.organization(org)?.id;
    show(shell, shell.write(&id, |tx| mappings::change(tx, &id, mapping, patch))?)
}

fn show(shell: &Shell, row: Mapping) -> Result {
    let fields = [
        ("id", row.id.to_string()),
        ("group_id", row.group_id.to_string()),
        ("entity_id", cell(row.entity_id.clone())),
        ("state", row.state.to_string()),
        ("flag", cell(row.flag)),
        ("role", cell(row.role.clone())),
        ("rule_id", cell(row.rule_id.clone())),
    ];
    shell.out.object(&MappingView::from(row), &fields)
}
