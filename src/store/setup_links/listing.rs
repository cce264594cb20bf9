//! Setup links in lists: which ones, how many are open, and which wait for the operator. Visits are no part of the lists.

use super::{Cover, Kind, SetupLink};
use crate::error::Result;
use crate::store::connections::{Connection, ConnectionState};
use crate::store::db::MultiBackend;
use crate::store::schema::{connections, organizations, setup_links};
use crate::store::{Db, OrganizationId, Page, Time, Window};
use diesel::prelude::*;
use std::collections::HashSet;

/// Among so many links that were finished last is looked for connections that wait.
const LOOKED_THROUGH: i64 = 200;

type Query<'a> = setup_links::BoxedQuery<'a, MultiBackend>;

/// A page of links, newest first: of one organization, or of all; only those that are open at a time, or all.
pub fn page(
    db: &mut Db,
    window: &Window,
    of: Option<&OrganizationId>,
    open_at: Option<Time>,
) -> Result<Page<SetupLink>> {
    let mut query =
        links(open_at).order(setup_links::id.desc()).limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(setup_links::id.lt(before));
    }
    if let Some(of) = of {
        query = query.filter(setup_links::organization_id.eq(of));
    }
    Ok(Page::of(query.load(db)?, window, |link: &SetupLink| link.id.to_string()))
}

/// How many links an organization has.
pub fn count(db: &mut Db, of: &OrganizationId) -> Result<i64> {
    Ok(links(None).filter(setup_links::organization_id.eq(of)).count().get_result(db)?)
}

/// Links that somebody can still come by and that are not completed, the newest first and `limit` at most.
pub fn open(db: &mut Db, now: Time, limit: i64) -> Result<Vec<SetupLink>> {
    Ok(links(Some(now)).order(setup_links::id.desc()).limit(limit).load(db)?)
}

/// How many links somebody can still come by that are not completed, and how many of them nobody has opened.
pub fn count_open(db: &mut Db, now: Time) -> Result<(i64, i64)> {
    let all = links(Some(now)).count().get_result(db)?;
    let unopened = links(Some(now)).filter(setup_links::opened_at.is_null());
    Ok((all, unopened.count().get_result(db)?))
}

/// Links at which somebody is stuck and has said so, and which are not over, the newest first and `limit` at most.
pub fn stuck(db: &mut Db, now: Time, limit: i64) -> Result<Vec<SetupLink>> {
    let asked = setup_links::table.filter(setup_links::help.is_not_null()).into_boxed();
    let found = still_open(asked, now).order(setup_links::created_at.desc());
    Ok(found.limit(limit).load(db)?)
}

/// Connections that wait to be turned on since somebody has finished a link to them, each with the last such link, the newest
/// first and `limit` at most.
pub fn to_turn_on(db: &mut Db, limit: usize) -> Result<Vec<(SetupLink, Connection)>> {
    let found = setup_links::table
        .inner_join(
            connections::table.on(setup_links::connection_id.eq(connections::id.nullable())),
        )
        .inner_join(organizations::table.on(organizations::id.eq(connections::organization_id)))
        .filter(organizations::deleted_at.is_null())
        .filter(setup_links::completed_at.is_not_null())
        .filter(connections::state.eq(ConnectionState::Testing))
        .order(setup_links::completed_at.desc())
        .select((setup_links::all_columns, connections::all_columns));
    let all: Vec<(SetupLink, Connection)> = found.limit(LOOKED_THROUGH).load(db)?;
    let mut seen = HashSet::new();
    let is_of_sign_in = |link: &SetupLink| link.has(Cover::SignIn);
    let ready = all
        .into_iter()
        .filter(|(link, connection)| is_of_sign_in(link) && seen.insert(connection.id.clone()));
    Ok(ready.take(limit).collect())
}

fn links<'a>(open_at: Option<Time>) -> Query<'a> {
    let query = setup_links::table.filter(setup_links::kind.eq(Kind::Link)).into_boxed();
    match open_at {
        Some(now) => still_open(query, now),
        None => query,
    }
}

/// Those that somebody can still come by and that are not completed.
fn still_open(query: Query<'_>, now: Time) -> Query<'_> {
    query
        .filter(setup_links::expires_at.gt(now))
        .filter(setup_links::completed_at.is_null())
        .filter(setup_links::revoked_at.is_null())
}
