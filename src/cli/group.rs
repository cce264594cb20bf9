//! `vestibule group`: groups that directories pushed.

use super::failure::Result;
use super::output::{cell, yes};
use super::paging::Paging;
use super::shell::Shell;
use crate::store::directories::all_groups::{self, Filter, Known};
use crate::store::{ConnectionId, GroupId, Page};
use crate::views::List;
use crate::views::directory::GroupView;
use clap::Subcommand;
use std::slice;

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
        /// Only those that have no mapping
        #[arg(long)]
        unmapped: bool,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a group
    Show {
        /// Its ID
        group: GroupId,
    },
    /// Remove a group, as its directory would: its members lose what it gave
    Remove {
        /// Its ID
        group: GroupId,
    },
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, connection, unmapped, paging } => {
            let organization =
                org.as_deref().map(|org| shell.organization(org)).transpose()?.map(|it| it.id);
            list(shell, &Filter { organization, connection, unmapped }, &paging)
        }
        Command::Show { group } => show(shell, &group),
        Command::Remove { group } => remove(shell, &group),
    }
}

fn list(shell: &Shell, filter: &Filter, paging: &Paging) -> Result {
    let window = paging.window()?;
    let now = shell.now();
    let page = shell.read(|db| {
        let Page { data, next_cursor } = all_groups::page(db, &window, filter)?;
        let known = all_groups::known(db, &data, now)?;
        Ok(Page { data: data.into_iter().map(known).collect(), next_cursor })
    })?;
    let row = |Known { group, is_unbound, mapping }: &Known| {
        vec![
            group.id.to_string(),
            group.display_name.clone(),
            group.organization_id.to_string(),
            group.connection_id.to_string(),
            mapping.to_string(),
            yes(*is_unbound),
            cell(Some(group.updated_at)),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "NAME", "ORGANIZATION", "CONNECTION", "MAPPING", "UNBOUND", "CHANGED"];
    shell.out.list(&List::of(page, None).map(GroupView::from), &heads, &rows)
}

fn show(shell: &Shell, id: &GroupId) -> Result {
    let now = shell.now();
    let (known, members) = shell.read(|db| {
        let group = all_groups::by_id(db, id)?;
        let known = all_groups::known(db, slice::from_ref(&group), now)?;
        let people = all_groups::member_count(db, &group)?;
        Ok((known(group), people))
    })?;
    let group = &known.group;
    let fields = [
        ("id", group.id.to_string()),
        ("name", group.display_name.clone()),
        ("external_id", group.external_id.clone()),
        ("organization_id", group.organization_id.to_string()),
        ("connection_id", group.connection_id.to_string()),
        ("members", members.to_string()),
        ("roles", group.roles.join(" ")),
        ("mapping", known.mapping.to_string()),
        ("probably_unbound", yes(known.is_unbound)),
        ("created_at", cell(Some(group.created_at))),
        ("updated_at", cell(Some(group.updated_at))),
    ];
    shell.out.object(&GroupView::from(known), &fields)
}

fn remove(shell: &Shell, id: &GroupId) -> Result {
    let (group, people) = shell.read(|db| {
        let group = all_groups::by_id(db, id)?;
        let people = all_groups::member_count(db, &group)?;
        Ok((group, people))
    })?;
    let name = &group.display_name;
    shell.confirm(&format!("Remove the group {name} with {people} people in it"), name)?;
    shell.write(&group.organization_id, |tx| all_groups::remove(tx, id))?;
    shell.out.note(format!("{name} is removed."));
    Ok(())
}
