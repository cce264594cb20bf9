//! `vestibule entity`: places in your apps that belong to one organization.

use super::failure::Result;
use super::output::{cell, yes};
use super::paging::Paging;
use super::shell::Shell;
use crate::store::access::entities::{self, Entity, Filter, NewEntity};
use crate::store::{ApplicationId, access};
use crate::views::List;
use crate::views::mapping::EntityView;
use clap::{Args, Subcommand};

/// What to do with entities.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List an organization's entities, newest first
    List {
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
        /// Only those of this type
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Make an entity, or change the one with this key
    Put(Put),
    /// Delete an entity: nobody is in it any more, and mappings to it wait for a person
    Delete {
        /// Its key
        key: String,
        /// Whose: ID, your own ID, or name
        #[arg(long)]
        org: String,
    },
}

/// What an entity is to be.
#[derive(Debug, Args)]
pub(super) struct Put {
    /// Your key of it
    key: String,
    /// Whose: ID, your own ID, or name
    #[arg(long)]
    org: String,
    /// The key of its type, for example team
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
    /// What people call it; the key if it is left out
    #[arg(long)]
    name: Option<String>,
    /// Your app's own ID of it
    #[arg(long)]
    external_id: Option<String>,
    /// Everybody is in it who is in no other of its type
    #[arg(long)]
    default: bool,
    /// The application, where there are several
    #[arg(long)]
    application: Option<ApplicationId>,
}

pub(super) fn run(shell: &Shell, command: Command) -> Result {
    match command {
        Command::List { org, kind, paging } => list(shell, &org, kind, &paging),
        Command::Put(asked) => put(shell, asked),
        Command::Delete { key, org } => delete(shell, &org, &key),
    }
}

fn list(shell: &Shell, org: &str, kind: Option<String>, paging: &Paging) -> Result {
    let (id, window) = (shell.organization(org)?.id, paging.window()?);
    let filter = Filter { kind, ..Filter::default() };
    let page = shell.read(|db| entities::page(db, &window, &id, &filter))?;
    let row = |it: &Entity| {
        vec![
            it.key.clone(),
            it.name.clone(),
            it.kind.clone(),
            cell(it.external_id.clone()),
            yes(it.is_default),
            it.id.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["KEY", "NAME", "TYPE", "EXTERNAL ID", "DEFAULT", "ID"];
    shell.out.list(&List::of(page, None).map(EntityView::from), &heads, &rows)
}

fn put(shell: &Shell, asked: Put) -> Result {
    let id = shell.organization(&asked.org)?.id;
    let new = NewEntity {
        kind: asked.kind,
        name: asked.name.unwrap_or_else(|| asked.key.clone()),
        external_id: asked.external_id,
        is_default: asked.default,
    };
    let entity = shell.write(&id, |tx| {
        let application = access::meant(tx.db, &id, asked.application.as_ref())?;
        entities::put(tx, &id, &application, &asked.key, new)
    })?;
    let fields = [
        ("id", entity.id.to_string()),
        ("key", entity.key.clone()),
        ("name", entity.name.clone()),
        ("type", entity.kind.clone()),
        ("application_id", entity.application_id.to_string()),
        ("external_id", cell(entity.external_id.clone())),
        ("is_default", yes(entity.is_default)),
    ];
    shell.out.object(&EntityView::from(entity), &fields)
}

fn delete(shell: &Shell, org: &str, key: &str) -> Result {
    let id = shell.organization(org)?.id;
    let entity = shell.read(|db| entities::find_key(db, &id, key))?;
    let act = format!("Delete the {} {}: nobody is in it any more", entity.kind, entity.name);
    shell.confirm(&act, &entity.name)?;
    shell.write(&id, |tx| entities::delete(tx, &id, key))?;
    shell.out.note(format!("{} is deleted.", entity.name));
    Ok(())
}
