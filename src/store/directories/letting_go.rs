//! What a directory keeps no longer: people who are erased, and what the clean-up takes in short batches.

use super::Directory;
use super::tokens::count_more;
use crate::error::Result;
use crate::store::access;
use crate::store::db;
use crate::store::schema::{
    connections, directories, directory_users, group_members, groups, users,
};
use crate::store::users::{self as people, Source, User};
use crate::store::{ConnectionId, GroupId, Time, Tx, UserId, events};
use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde_json::json;

/// What of a directory is taken away, as of when.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Due {
    /// Users and groups that only tested the connection, made until then.
    Tests(Time),
    /// People and groups that a directory without a rule of its own removed until then; the groups of one with a rule, too.
    Removed(Time),
    /// People whom a directory with a rule of its own removed so long before this that the rule lets go of them.
    Ruled(Time),
    /// People of connections that were deleted until then.
    Directories(Time),
}

/// A person in question: who, and whether the directory had removed them.
type Gone = (UserId, bool);

/// Takes away what is due of one connection, at most so many of each kind; tells how many.
pub(in crate::store) fn over(tx: &mut Tx, due: Due, limit: i64) -> Result<usize> {
    let Some(directory) = next(tx, due)? else { return Ok(0) };
    // What the directory does at the same time comes before or after.
    db::lock(tx.db, &directory.organization_id)?;
    let gone = people_due(tx, &directory, due, limit)?;
    let (kept, erased): (Vec<Gone>, Vec<Gone>) = match due {
        Due::Directories(_) => gone.into_iter().partition(|(_, is_removed)| !is_removed),
        Due::Tests(_) | Due::Removed(_) | Due::Ruled(_) => (Vec::new(), gone),
    };
    let live = erased.iter().chain(&kept).filter(|(_, is_removed)| !is_removed).count();
    let ids: Vec<&UserId> = erased.iter().map(|(id, _)| id).collect();
    match due {
        // Nobody was told that they came.
        Due::Tests(_) => {
            diesel::delete(users::table.filter(users::id.eq_any(&ids))).execute(tx.db)?;
        }
        Due::Removed(_) | Due::Ruled(_) | Due::Directories(_) => {
            let theirs: Vec<User> = users::table.filter(users::id.eq_any(&ids)).load(tx.db)?;
            people::erase_all(tx, &directory.organization_id, &theirs)?;
        }
    }
    hand_over(tx, &directory, &kept)?;
    let groups = groups_due(tx, &directory, due, limit)?;
    let all: Vec<&GroupId> = groups.iter().map(|(id, _)| id).collect();
    access::groups_forgotten(tx, &directory.organization_id, &all)?;
    diesel::delete(groups::table.filter(groups::id.eq_any(&all))).execute(tx.db)?;
    let live_groups = groups.iter().filter(|(_, is_removed)| !is_removed).count();
    let fewer = |n: usize| i64::try_from(n).map_or(0, |n| -n);
    count_more(tx, &directory.connection_id, fewer(live), fewer(live_groups))?;
    Ok(erased.len() + kept.len() + groups.len())
}

/// A directory of which something is due.
fn next(tx: &mut Tx, due: Due) -> Result<Option<Directory>> {
    let connection: Option<ConnectionId> = match due {
        Due::Tests(then) => {
            let user = directory_users::table
                .filter(directory_users::is_test.eq(true))
                .filter(directory_users::created_at.le(then))
                .select(directory_users::connection_id)
                .first(tx.db)
                .optional()?;
            match user {
                Some(found) => Some(found),
                None => groups::table
                    .filter(groups::is_test.eq(true))
                    .filter(groups::created_at.le(then))
                    .filter(not(exists(real_members())))
                    .select(groups::connection_id)
                    .first(tx.db)
                    .optional()?,
            }
        }
        Due::Removed(then) => {
            let ruled = directories::table
                .filter(directories::removal_days.is_not_null())
                .select(directories::connection_id);
            let user = directory_users::table
                .filter(directory_users::deleted_at.le(then))
                .filter(directory_users::connection_id.ne_all(ruled))
                .select(directory_users::connection_id)
                .first(tx.db)
                .optional()?;
            match user {
                Some(found) => Some(found),
                None => groups::table
                    .filter(groups::deleted_at.le(then))
                    .select(groups::connection_id)
                    .first(tx.db)
                    .optional()?,
            }
        }
        Due::Ruled(now) => next_ruled(tx, now)?,
        Due::Directories(then) => connections::table
            .inner_join(
                directory_users::table.on(directory_users::connection_id.eq(connections::id)),
            )
            .filter(connections::deleted_at.le(then))
            .select(connections::id)
            .first(tx.db)
            .optional()?,
    };
    let Some(connection) = connection else { return Ok(None) };
    Ok(directories::table.find(connection).first(tx.db).optional()?)
}

/// A connection whose directory has a rule of its own by which somebody is to be let go of. There are few different rules.
fn next_ruled(tx: &mut Tx, now: Time) -> Result<Option<ConnectionId>> {
    let rules: Vec<Option<i32>> = directories::table
        .filter(directories::removal_days.is_not_null())
        .select(directories::removal_days)
        .distinct()
        .load(tx.db)?;
    for days in rules.into_iter().flatten() {
        let theirs = directories::table
            .filter(directories::removal_days.eq(days))
            .select(directories::connection_id);
        let found: Option<ConnectionId> = directory_users::table
            .filter(directory_users::deleted_at.le(ruled(now, days)))
            .filter(directory_users::connection_id.eq_any(theirs))
            .select(directory_users::connection_id)
            .first(tx.db)
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Until when somebody has to have been removed to be let go of by a rule of so many days.
fn ruled(now: Time, days: i32) -> Time {
    now.minus(TimeDelta::days(i64::from(days)))
}

fn people_due(tx: &mut Tx, directory: &Directory, due: Due, limit: i64) -> Result<Vec<Gone>> {
    let query = directory_users::table
        .filter(directory_users::connection_id.eq(&directory.connection_id))
        .select((directory_users::user_id, directory_users::deleted_at.is_not_null()))
        .limit(limit)
        .into_boxed();
    let query = match due {
        Due::Tests(then) => query
            .filter(directory_users::is_test.eq(true))
            .filter(directory_users::created_at.le(then)),
        Due::Removed(_) if directory.removal_days.is_some() => return Ok(Vec::new()),
        Due::Removed(then) => query.filter(directory_users::deleted_at.le(then)),
        Due::Ruled(now) => match directory.removal_days {
            Some(days) => query.filter(directory_users::deleted_at.le(ruled(now, days))),
            None => return Ok(Vec::new()),
        },
        Due::Directories(_) => query,
    };
    Ok(query.load(tx.db)?)
}

fn groups_due(
    tx: &mut Tx,
    directory: &Directory,
    due: Due,
    limit: i64,
) -> Result<Vec<(GroupId, bool)>> {
    let query = groups::table
        .filter(groups::connection_id.eq(&directory.connection_id))
        .select((groups::id, groups::deleted_at.is_not_null()))
        .limit(limit)
        .into_boxed();
    let query = match due {
        Due::Tests(then) => {
            let tests = query.filter(groups::is_test.eq(true)).filter(groups::created_at.le(then));
            tests.filter(not(exists(real_members())))
        }
        Due::Removed(then) => query.filter(groups::deleted_at.le(then)),
        // They go with the connection, when nobody is in them any more.
        Due::Directories(_) | Due::Ruled(_) => return Ok(Vec::new()),
    };
    Ok(query.load(tx.db)?)
}

/// Who is in the group that is looked at and does more than test the connection: it is a group like any other.
#[diesel::dsl::auto_type]
fn real_members() -> _ {
    group_members::table
        .inner_join(directory_users::table)
        .filter(group_members::group_id.eq(groups::id))
        .filter(directory_users::is_test.eq(false))
}

/// Makes people whose directory is no more people of the vendor. Whom the directory had off stays off: now by the
/// operator's word, which the operator can take back.
fn hand_over(tx: &mut Tx, directory: &Directory, kept: &[Gone]) -> Result<()> {
    let ids: Vec<&UserId> = kept.iter().map(|(id, _)| id).collect();
    let theirs = || users::table.filter(users::id.eq_any(ids.clone()));
    diesel::update(theirs())
        .filter(users::suspended_at.is_null())
        .set(users::suspended_at.eq(users::directory_suspended_at))
        .execute(tx.db)?;
    diesel::update(theirs())
        .set((
            users::source.eq(Source::SignIn),
            users::directory_suspended_at.eq(None::<Time>),
            users::updated_at.eq(tx.now),
        ))
        .execute(tx.db)?;
    let rows = directory_users::table.filter(directory_users::user_id.eq_any(ids.clone()));
    diesel::delete(rows).execute(tx.db)?;
    let settled: Vec<UserId> = kept.iter().map(|(id, _)| id.clone()).collect();
    access::after_switch(tx, &directory.organization_id, &settled)?;
    for id in ids {
        let data = json!({ "changed": ["source"] });
        events::append(tx, Some(&directory.organization_id), "user.updated", id.as_str(), data)?;
    }
    Ok(())
}

/// Lets the directory that keeps a person, if one does, know of them no longer; their groups are others without them.
pub(in crate::store) fn let_go(tx: &mut Tx, user: &UserId) -> Result<()> {
    let live: Option<ConnectionId> = directory_users::table
        .filter(directory_users::user_id.eq(user))
        .filter(directory_users::deleted_at.is_null())
        .select(directory_users::connection_id)
        .first(tx.db)
        .optional()?;
    if let Some(connection) = live {
        count_more(tx, &connection, -1, 0)?;
        groups_changed(tx, user)?;
    }
    Ok(())
}

/// Notes that the groups of a person have other members than before.
pub(super) fn groups_changed(tx: &mut Tx, user: &UserId) -> Result<()> {
    let theirs = group_members::table
        .filter(group_members::user_id.eq(user))
        .select(group_members::group_id);
    diesel::update(groups::table.filter(groups::id.eq_any(theirs)))
        .set((groups::revision.eq(groups::revision + 1), groups::updated_at.eq(tx.now)))
        .execute(tx.db)?;
    Ok(())
}

/// Takes a person out of every group: they were those of a directory that does not keep them any more.
pub(super) fn leave_groups(tx: &mut Tx, user: &UserId) -> Result<()> {
    let theirs = group_members::table.filter(group_members::user_id.eq(user));
    diesel::delete(theirs).execute(tx.db)?;
    Ok(())
}
