//! What an application may declare of roles and places.

use super::Application;
use crate::access::{Model, Placement, Reach};
use crate::error::{Error, Result};
use crate::store::Db;
use crate::store::input::Faults;
use crate::store::schema::entities;
use diesel::prelude::*;
use std::collections::HashSet;

/// How many roles and kinds of places an application has at most.
const MOST: usize = 50;

/// Gathers what is wrong with a declaration.
pub(super) fn check(faults: &mut Faults, model: &Model) {
    let roles = model.roles.iter().map(|role| (role.key.as_str(), role.name.as_str()));
    each(faults, "/roles", roles);
    let types = model.types.iter().map(|kind| (kind.key.as_str(), kind.name.as_str()));
    each(faults, "/entity_types", types);
    if let Some(role) = &model.default_role
        && model.rank(role).is_none()
    {
        let detail = format!("“{role}” is none of the application's roles.");
        faults.add("/default_role", "unknown_role", detail);
    }
    for (at, kind) in model.types.iter().enumerate() {
        if kind.scope == Reach::Organization && kind.placement != Placement::Exclusive {
            let detail = "A type with the scope organization is exclusive.";
            faults.add(&format!("/entity_types/{at}/placement"), "invalid", detail);
        }
    }
}

fn each<'a>(faults: &mut Faults, pointer: &str, all: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut seen = HashSet::new();
    for (at, (key, name)) in all.enumerate() {
        if at == MOST {
            faults.add(pointer, "too_many", format!("At most {MOST} can be declared."));
        }
        let is_key = |sign: u8| sign.is_ascii_alphanumeric() || matches!(sign, b'_' | b'-' | b'.');
        if key.is_empty() || key.len() > 64 || !key.bytes().all(is_key) {
            let detail = "A key has 1 to 64 ASCII letters, digits and the signs _ - .";
            faults.add(&format!("{pointer}/{at}/key"), "invalid", detail);
        }
        if !seen.insert(key) {
            faults.add(&format!("{pointer}/{at}/key"), "duplicate", "Two have this key.");
        }
        faults.name(&format!("{pointer}/{at}/name"), name);
    }
}

/// Refuses to take away a kind of places of which there are some.
pub(super) fn keep(db: &mut Db, before: &Application, after: &Application) -> Result<()> {
    let model = after.model();
    for gone in before.entity_types.iter().filter(|kind| model.kind(&kind.key).is_none()) {
        let theirs = entities::table
            .filter(entities::application_id.eq(&after.id))
            .filter(entities::kind.eq(&gone.key));
        if diesel::select(diesel::dsl::exists(theirs)).get_result(db)? {
            let detail = format!("There are entities of the type {}. Delete them first.", gone.key);
            return Err(Error::conflict("entity_type_in_use", detail));
        }
    }
    Ok(())
}
