//! What directories asked for, and what came of it (UX 7.11). Tokens and passwords are never part of it.

use crate::error::Result;
use crate::store::db::or_not_found;
use crate::store::prepared::written;
use crate::store::schema::scim_requests;
use crate::store::{
    ConnectionId, Db, OrganizationId, Page, ScimRequestId, ScimTokenId, Time, Tx, Window,
    on_backend,
};
use diesel::prelude::*;

/// How many rows one statement has at most: SQLite takes 32,766 values, and a row has 15.
const AT_ONCE: usize = 500;

/// A request, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = scim_requests)]
pub struct Entry {
    /// Its ID.
    pub id: ScimRequestId,
    /// Whose directory asked.
    pub organization_id: OrganizationId,
    /// At which connection.
    pub connection_id: ConnectionId,
    /// With which token.
    pub token_id: Option<ScimTokenId>,
    /// The method of HTTP.
    pub method: String,
    /// Path and query below the base URL.
    pub path: String,
    /// The status of the answer.
    pub status: i32,
    /// Why it was refused, if it was.
    pub code: Option<String>,
    /// What it did, in words.
    pub effect: String,
    /// Whether anything is different since.
    pub is_change: bool,
    /// The dialect that it was read in.
    pub dialect: String,
    /// The resource that it was about.
    pub resource_id: Option<String>,
    /// The body that came and the answer, sealed: they tell of people.
    pub message: Option<String>,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// When.
    pub created_at: Time,
}

/// Which requests are wanted; none of the fields: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// At this connection.
    pub connection: Option<ConnectionId>,
    /// Only those that changed something.
    pub changed: bool,
    /// Only those that were refused.
    pub failed: bool,
}

/// Writes down a request in the transaction that it caused.
pub fn record(tx: &mut Tx, entry: &Entry) -> Result<()> {
    on_backend!(tx.db, conn => Recorded(entry).execute(conn))?;
    Ok(())
}

written! {
    insert Recorded: Entry, into scim_requests {
        id, organization_id, connection_id, token_id, method, path, status, code, effect, is_change, dialect,
        resource_id, message, micros, created_at,
    }
}

/// Writes down several, so many at a time that their values fit into a statement of either database.
pub fn record_all(tx: &mut Tx, entries: &[Entry]) -> Result<()> {
    for some in entries.chunks(AT_ONCE) {
        on_backend!(tx.db, conn => diesel::insert_into(scim_requests::table)
            .values(some)
            .execute(conn))?;
    }
    Ok(())
}

/// Finds a request.
pub fn find(db: &mut Db, id: &ScimRequestId) -> Result<Entry> {
    or_not_found(scim_requests::table.find(id).first(db), "SCIM request", id)
}

/// A page of requests, newest first.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Entry>> {
    let mut query =
        filtered(filter).order(scim_requests::id.desc()).limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(scim_requests::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |entry: &Entry| entry.id.to_string()))
}

/// Requests after one, oldest first: what a live view shows next.
pub fn after(
    db: &mut Db,
    filter: &Filter,
    last: Option<&ScimRequestId>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let mut query = filtered(filter).order(scim_requests::id.asc()).limit(limit);
    if let Some(last) = last {
        query = query.filter(scim_requests::id.gt(last.clone()));
    }
    Ok(query.load(db)?)
}

/// How many requests a filter lets through.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(db)?)
}

fn filtered(
    filter: &Filter,
) -> scim_requests::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    let mut query = scim_requests::table.into_boxed();
    if let Some(organization) = &filter.organization {
        query = query.filter(scim_requests::organization_id.eq(organization.clone()));
    }
    if let Some(connection) = &filter.connection {
        query = query.filter(scim_requests::connection_id.eq(connection.clone()));
    }
    if filter.changed {
        query = query.filter(scim_requests::is_change.eq(true));
    }
    if filter.failed {
        query = query.filter(scim_requests::status.ge(400));
    }
    query
}
