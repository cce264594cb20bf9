//! `vestibule group`: groups that directories pushed.

use super::failure::Result;
use super::output::cell;
use super::paging::Paging;
use super::shell::Shell;
use crate::store::directories::all_groups::{self, Filter};
use crate::store::directories::groups::Group;
use crate::store::{ConnectionId, GroupId};
use crate::views::List;
use crate::views::directory::GroupView;
use clap::Subcommand;

/// What to do with groups.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List groups, newest first
    List {
        /// Only those of this organization
        #[arg(long)]
        org: Option<String>,
        /// Only those of this connection's directory
        #[arg(long)]
        connection: Option<ConnectionId>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a group
    Show {
        /// Its ID
        group: GroupId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, connection, paging } => {
            let organization =
                org.as_deref().map(|org| shell.organization(org)).transpose()?.map(|it| it.id);
            list(shell, &Filter { organization, connection }, &paging)
        }
        Command::Show { group } => show(shell, &group),
    }
}

fn list(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let window = paging.window()?;
    let page = shell.read(|db| all_groups::page(db, &window, filter))?;
    let row = |group: &Group| {
        vec![
            group.id.to_string(),
            group.display_name.clone(),
            group.organization_id.to_string(),
            group.connection_id.to_string(),
            cell(Some(group.updated_at)),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "NAME", "ORGANIZATION", "CONNECTION", "CHANGED"];
    shell.out.list(&List::of(page, None).map(GroupView::from), &heads, &rows)
}

fn show(shell: &Shell, id: &GroupId) -> Result {
    let (group, members) =
        shell.read(|db| Ok((all_groups::by_id(db, id)?, all_groups::member_count(db, id)?)))?;
    let fields = [
        ("id", group.id.to_string()),
        ("name", group.display_name.clone()),
        ("external_id", group.external_id.clone()),
        ("organization_id", group.organization_id.to_string()),
        ("connection_id", group.connection_id.to_string()),
        ("members", members.to_string()),
        ("created_at", cell(Some(group.created_at))),
        ("updated_at", cell(Some(group.updated_at))),
    ];
    shell.out.object(&GroupView::from(group), &fields)
}
