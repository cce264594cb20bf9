//! Setup links in lists: which ones, and how many are open.

use super::{Kind, SetupLink};
use crate::error::Result;
use crate::store::schema::setup_links;
use crate::store::{Db, OrganizationId, Page, Time, Window};
use diesel::prelude::*;

/// A page of links, newest first, without visits: of one organization, or of all; only those that are open at a time, or all.
pub fn page_of(
    db: &mut Db,
    window: &Window,
    of: Option<&OrganizationId>,
    open_at: Option<Time>,
) -> Result<Page<SetupLink>> {
    let mut query = setup_links::table
        .filter(setup_links::kind.eq(Kind::Link))
        .order(setup_links::id.desc())
        .limit(window.limit.saturating_add(1))
        .into_boxed();
    if let Some(before) = &window.before {
        query = query.filter(setup_links::id.lt(before));
    }
    if let Some(of) = of {
        query = query.filter(setup_links::organization_id.eq(of));
    }
    if let Some(now) = open_at {
        query = query
            .filter(setup_links::expires_at.gt(now))
            .filter(setup_links::completed_at.is_null())
            .filter(setup_links::revoked_at.is_null());
    }
    Ok(Page::of(query.load(db)?, window, |link: &SetupLink| link.id.to_string()))
}

/// How many links somebody can still come by that are not completed, and how many of them nobody has opened.
pub fn count_open(db: &mut Db, now: Time) -> Result<(i64, i64)> {
    let open = || {
        setup_links::table
            .filter(setup_links::expires_at.gt(now))
            .filter(setup_links::kind.eq(Kind::Link))
            .filter(setup_links::completed_at.is_null())
            .filter(setup_links::revoked_at.is_null())
    };
    let all = open().count().get_result(db)?;
    let unopened = open().filter(setup_links::opened_at.is_null()).count().get_result(db)?;
    Ok((all, unopened))
}
