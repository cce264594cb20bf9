//! `vestibule group`: groups that directories pushed.

use super::failure::Result;
use super::output::{cell, yes};
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
    let now = shell.now();
    let (page, unbound) = shell.read(|db| {
        let page = all_groups::page(db, &window, filter)?;
        let unbound = all_groups::unbound(db, &page.data, now)?;
        Ok((page, unbound))
    })?;
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
    let view = |group: Group| {
        let is_unbound = unbound.contains(&group.id);
        GroupView::new(group, is_unbound)
    };
    shell.out.list(&List::of(page, None).map(view), &heads, &rows)
}

fn show(shell: &Shell, id: &GroupId) -> Result {
    let now = shell.now();
    let (group, members, is_unbound) = shell.read(|db| {
        let group = all_groups::by_id(db, id)?;
        let is_unbound = !all_groups::unbound(db, std::slice::from_ref(&group), now)?.is_empty();
        let people = all_groups::member_count(db, &group)?;
        Ok((group, people, is_unbound))
    })?;
    let fields = [
        ("id", group.id.to_string()),
        ("name", group.display_name.clone()),
        ("external_id", group.external_id.clone()),
        ("organization_id", group.organization_id.to_string()),
        ("connection_id", group.connection_id.to_string()),
        ("members", members.to_string()),
        ("roles", group.roles.join(" ")),
        ("probably_unbound", yes(is_unbound)),
        ("created_at", cell(Some(group.created_at))),
        ("updated_at", cell(Some(group.updated_at))),
    ];
    shell.out.object(&GroupView::new(group, is_unbound), &fields)
}
