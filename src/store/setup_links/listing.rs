//! Setup links in lists: which ones, and how many are open. Visits are no part of them.

use super::{Kind, SetupLink};
use crate::error::Result;
use crate::store::db::MultiBackend;
use crate::store::schema::setup_links;
use crate::store::{Db, OrganizationId, Page, Time, Window};
use diesel::prelude::*;

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

fn links<'a>(open_at: Option<Time>) -> setup_links::BoxedQuery<'a, MultiBackend> {
    let query = setup_links::table.filter(setup_links::kind.eq(Kind::Link)).into_boxed();
    let Some(now) = open_at else { return query };
    query
        .filter(setup_links::expires_at.gt(now))
        .filter(setup_links::completed_at.is_null())
        .filter(setup_links::revoked_at.is_null())
}
