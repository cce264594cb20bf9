//! Conflicts: two groups claim a person for places that exclude each other. A person decides once.

pub use super::kept::Conflict;

use super::{after_choice, write};
use crate::error::Result;
use crate::store::db::or_not_found;
use crate::store::schema::access_conflicts;
use crate::store::{ConflictId, Db, OrganizationId, Page, Tx, UserId, Window};
use diesel::prelude::*;

/// Which conflicts are wanted; none of the fields: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this person.
    pub user: Option<UserId>,
    /// Only those that nobody has decided.
    pub open: bool,
}

/// Which of the two places a person gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The one they have.
    Current,
    /// The one that waits.
    Incoming,
}

/// Finds a conflict of an organization.
pub fn find(db: &mut Db, organization: &OrganizationId, id: &ConflictId) -> Result<Conflict> {
    let found = access_conflicts::table
        .find(id)
        .filter(access_conflicts::organization_id.eq(organization))
        .first(db);
    or_not_found(found, "conflict", id)
}

/// A page of an organization's conflicts, newest first.
pub fn page(
    db: &mut Db,
    window: &Window,
    organization: &OrganizationId,
    filter: &Filter,
) -> Result<Page<Conflict>> {
    let mut query = filtered(organization, filter)
        .order(access_conflicts::id.desc())
        .limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(access_conflicts::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |conflict: &Conflict| conflict.id.to_string()))
}

/// How many conflicts a filter lets through.
pub fn count(db: &mut Db, organization: &OrganizationId, filter: &Filter) -> Result<i64> {
    Ok(filtered(organization, filter).count().get_result(db)?)
}

/// Decides a conflict. It is remembered for this person and these two mappings.
pub fn decide(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &ConflictId,
    choice: Choice,
) -> Result<Conflict> {
    let mut conflict = find(tx.db, organization, id)?;
    let winner = match choice {
        Choice::Current => conflict.current_id.clone(),
        Choice::Incoming => conflict.incoming().clone(),
    };
    if conflict.winner_id.as_ref() == Some(&winner) {
        return Ok(conflict);
    }
    conflict.winner_id = Some(winner);
    conflict.decided_at = Some(tx.now);
    conflict.decided_by = Some(tx.actor.to_string());
    diesel::update(access_conflicts::table.find(id))
        .set((
            access_conflicts::winner_id.eq(&conflict.winner_id),
            access_conflicts::decided_at.eq(conflict.decided_at),
            access_conflicts::decided_by.eq(&conflict.decided_by),
        ))
        .execute(tx.db)?;
    write::tell_conflict(tx, &conflict, "access.conflict_decided")?;
    after_choice(tx, organization, std::slice::from_ref(&conflict.user_id))?;
    Ok(conflict)
}

fn filtered(
    organization: &OrganizationId,
    filter: &Filter,
) -> access_conflicts::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    let mut query = access_conflicts::table
        .filter(access_conflicts::organization_id.eq(organization.clone()))
        .into_boxed();
    if let Some(user) = &filter.user {
        query = query.filter(access_conflicts::user_id.eq(user.clone()));
    }
    if filter.open {
        query = query.filter(access_conflicts::winner_id.is_null());
    }
    query
}
