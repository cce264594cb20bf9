//! What groups of directories give to people: places and a role in each application, and why. The rules are in
//! docs/access.md.

pub mod alerts;
mod because;
pub mod conflicts;
mod delta;
pub mod drafts;
pub mod entities;
pub mod explain;
mod facts;
mod guard;
mod held;
pub mod holds;
mod kept;
mod lost;
pub mod mappings;
pub mod preview;
pub mod previews;
pub mod provisioning;
mod recompute;
mod renames;
pub mod rule_sets;
mod run;
#[cfg(test)]
mod tests;
pub mod whole;
mod would;
mod write;

pub(super) use recompute::{
    after_choice, after_directory, after_switch, of_everybody, of_newcomer,
};
pub(super) use renames::group_renamed;
pub use run::{Effect, run_rules};
pub(super) use run::{directory_forgotten, group_appeared, group_removed, groups_forgotten};

use super::applications::Application;
use super::schema::{applications, organizations};
use super::{ApplicationId, Db, OrganizationId, Prepared, on_backend};
use crate::access::Model;
use crate::error::{Error, Result};
use diesel::prelude::*;

/// An application with what it declares.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The application.
    pub id: ApplicationId,
    /// What people call it.
    pub name: String,
    /// Its roles and kinds of places.
    pub model: Model,
}

/// The applications that people of an organization may use. The demo's is for the demo's people alone.
pub fn applications_of(db: &mut Db, organization: &OrganizationId) -> Result<Vec<Declared>> {
    let live = applications::table
        .filter(applications::deleted_at.is_null())
        .order(applications::id)
        .select(applications::all_columns);
    let all: Vec<Application> = on_backend!(db, conn => Prepared(live).load(conn))?;
    let in_demo = all.iter().any(|it| it.is_demo) && {
        let customer = organizations::table.find(organization).select(organizations::is_demo);
        customer.first(db).optional()?.unwrap_or_default()
    };
    let theirs = all
        .into_iter()
        .filter(|it| it.admits(organization) && (in_demo || !it.is_demo))
        .map(|it| Declared { model: it.model(), id: it.id, name: it.name });
    Ok(theirs.collect())
}

/// The application that is meant: the one named, or the only one there is.
pub fn meant(
    db: &mut Db,
    organization: &OrganizationId,
    named: Option<&ApplicationId>,
) -> Result<Declared> {
    let mut theirs = applications_of(db, organization)?;
    if let Some(named) = named {
        let found = theirs.into_iter().find(|it| it.id == *named);
        return found.ok_or_else(|| Error::not_found("application", named.as_str()));
    }
    match (theirs.pop(), theirs.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => Err(Error::invalid(
            "/application_id",
            "required",
            "The organization's people use several applications. Say which one is meant.",
        )),
        (None, _) => Err(Error::conflict(
            "no_application",
            "There is no application yet that the organization's people may use. Register one first.",
        )),
    }
}
