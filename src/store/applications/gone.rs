//! Applications are deleted, and restored for a while.

use super::{Application, find, hosts, machine};
use crate::error::{Error, Result};
use crate::store::access::holds;
use crate::store::ending::{self, Of};
use crate::store::input::Faults;
use crate::store::organizations::RESTORABLE;
use crate::store::schema::applications;
use crate::store::{ApplicationId, Db, Page, Time, Tx, Window, events};
use diesel::prelude::*;
use serde_json::json;

/// Deletes an application so that it can be restored: nobody signs in to it any more, and what it was granted ends.
pub fn delete(tx: &mut Tx, id: &ApplicationId) -> Result<()> {
    let application = find(tx.db, id)?;
    diesel::update(&application).set(applications::deleted_at.eq(Some(tx.now))).execute(tx.db)?;
    ending::sessions(tx, Of::Application(id))?;
    machine::end(tx, id)?;
    if !application.is_machine() {
        holds::stale_everywhere(tx)?;
    }
    let data = json!({ "name": application.name });
    events::append(tx, None, "application.deleted", id.as_str(), data)
}

/// Applications that are deleted and can still be restored, newest first.
pub fn deleted(db: &mut Db, window: &Window, now: Time) -> Result<Page<Application>> {
    let mut query = applications::table
        .filter(applications::deleted_at.gt(now.minus(RESTORABLE)))
        .order(applications::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(applications::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |application: &Application| application.id.to_string()))
}

/// How many those are.
pub fn count_deleted(db: &mut Db, now: Time) -> Result<i64> {
    let gone = applications::table.filter(applications::deleted_at.gt(now.minus(RESTORABLE)));
    Ok(gone.count().get_result(db)?)
}

/// An application that is deleted and can still be restored.
pub fn gone(db: &mut Db, id: &ApplicationId, now: Time) -> Result<Option<Application>> {
    let found = applications::table
        .find(id)
        .filter(applications::deleted_at.gt(now.minus(RESTORABLE)))
        .first(db);
    Ok(found.optional()?)
}

/// Takes a deletion back within [`RESTORABLE`]: the application has its client ID and its secrets again. What it was granted stays
/// ended. A protected host that another application took meanwhile stands against it.
pub fn restore(tx: &mut Tx, id: &ApplicationId) -> Result<Application> {
    let mut application = gone(tx.db, id, tx.now)?
        .ok_or_else(|| Error::not_found("deleted application", id.as_str()))?;
    let mut faults = Faults::default();
    hosts::check(tx.db, &mut faults, &application)?;
    faults.finish()?;
    application.deleted_at = None;
    application.updated_at = tx.now;
    diesel::update(&application).set(&application).execute(tx.db)?;
    // On Postgres a token may have been given while the application was being deleted.
    machine::end(tx, id)?;
    if !application.is_machine() {
        holds::stale_everywhere(tx)?;
    }
    let data = json!({ "name": application.name });
    events::append(tx, None, "application.restored", id.as_str(), data)?;
    Ok(application)
}
