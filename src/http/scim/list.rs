//! Lists (RFC 7644, 3.4.2 and 3.4.3; RFC 9865).

use super::call::Call;
use super::show::{self, List, Shown};
use crate::http::error::ScimError;
use crate::scim::query::{Given, PageOf, Query};
use crate::scim::{self, Kind};
use crate::store::directories::{Found, groups, people};
use actix_web::HttpResponse;

/// A page of people or of groups.
pub(super) async fn one_kind(
    call: &Call,
    kind: Kind,
    given: &Given,
) -> Result<HttpResponse, ScimError> {
    let query = given.of(kind)?;
    let start = query.page.clone();
    let found = page(call, kind, query).await?;
    Ok(match start {
        PageOf::Index(start) => List::from_index(start, found.total, found.data),
        PageOf::Cursor(_) => List::from_cursor(found.next, found.total, found.data),
    }
    .answer())
}

/// A page of people, and after them of groups. A filter that cannot be of one kind finds none of it.
pub(super) async fn both_kinds(call: &Call, given: &Given) -> Result<HttpResponse, ScimError> {
    let queries = (given.of(Kind::User), given.of(Kind::Group));
    let (users, groups) = match queries {
        (Err(fault), Err(_)) => return Err(fault.into()),
        (users, groups) => (users.ok(), groups.ok()),
    };
    let PageOf::Index(start) =
        users.as_ref().or(groups.as_ref()).map_or(PageOf::Index(1), |query| query.page.clone())
    else {
        let detail = "People and groups together have no cursor: ask /Users and /Groups by cursor, or use startIndex.";
        return Err(scim::Error { detail: detail.to_owned(), ..scim::Error::cursor() }.into());
    };
    let (mut total, mut shown) = (0_usize, Vec::new());
    for (kind, query) in [(Kind::User, users), (Kind::Group, groups)] {
        let Some(mut query) = query else { continue };
        // Where the page begins among those of this kind, and how much of it is left.
        query.page = PageOf::Index(start.saturating_sub(total).max(1));
        query.count = query.count.saturating_sub(shown.len());
        let found = page(call, kind, query).await?;
        let theirs = found.total.and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
        total = total.saturating_add(theirs);
        shown.extend(found.data);
    }
    Ok(List::from_index(start, i64::try_from(total).ok(), shown).answer())
}

async fn page(call: &Call, kind: Kind, query: Query) -> Result<Found<Shown>, ScimError> {
    let (base, projection) = (&call.base, query.projection.clone());
    Ok(match kind {
        Kind::User => {
            let read = call.read(move |db, directory| people::page(db, directory, &query));
            read.await?.map(|person| show::person(base, &person, &projection))
        }
        Kind::Group => {
            let read = call.read(move |db, directory| groups::page(db, directory, &query));
            read.await?.map(|group| show::group(base, group, &projection))
        }
    })
}
