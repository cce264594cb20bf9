//! What directories asked for, and what came of it. Tokens and passwords are never part of it.

use crate::crypto::{MasterKey, Place};
use crate::error::Result;
use crate::store::db::or_not_found;
use crate::store::prepared::written;
use crate::store::schema::scim_requests;
use crate::store::types::word;
use crate::store::{
    ConnectionId, Db, OrganizationId, Page, ScimRequestId, ScimTokenId, Time, Tx, Window,
    on_backend,
};
use anyhow::Context;
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How many rows one statement has at most: SQLite takes 32,766 values, and a row has 16.
const AT_ONCE: usize = 500;

/// The status of what came without a token that is accepted.
const REFUSED: i32 = 401;

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
    /// A [`Message`], sealed: it tells of people.
    pub message: Option<String>,
    /// How long it took, in microseconds.
    pub micros: i64,
    /// When.
    pub created_at: Time,
    /// Why its token was refused, if it was.
    pub why: Option<Refusal>,
}

word!(
    /// Why a token was refused: more than whoever sent it is told.
    Refusal {
        /// None came.
        Missing = "missing",
        /// Its time is over.
        Retired = "retired",
        /// It was revoked.
        Revoked = "revoked",
        /// It is not accepted from where it came.
        Elsewhere = "elsewhere",
        /// It is one of the connection, which is off.
        Off = "off",
        /// It is none of the connection.
        Unknown = "unknown",
    }
);

impl Refusal {
    /// Whether it takes nothing that was ever ours: strangers bring it about as well as a directory.
    #[must_use]
    pub const fn is_anybodys(self) -> bool {
        matches!(self, Self::Missing | Self::Unknown)
    }
}

/// What came, and what it changed.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The body of the request; none: there was none, or it was a long one.
    #[serde(default)]
    pub request: Option<Value>,
    /// What each attribute that is different was and is.
    #[serde(default)]
    pub changes: Option<Value>,
}

impl Message {
    /// As it is stored.
    pub fn sealed(&self, master: &MasterKey, id: &ScimRequestId) -> Result<String> {
        let text = serde_json::to_vec(self).context("a message to be kept")?;
        master.seal(&text, &place(id))
    }
}

fn place(id: &ScimRequestId) -> Place<'_> {
    Place { table: "scim_requests", column: "message", row: id.as_str() }
}

impl Entry {
    /// Whether its token was accepted: the directory itself asked.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        self.status != REFUSED
    }

    /// Whether a stranger may have sent it.
    #[must_use]
    pub fn is_anybodys(&self) -> bool {
        !self.is_own() && self.why.is_none_or(Refusal::is_anybodys)
    }

    /// What came and what it changed; of requests without a body and a change, and of people who were erased, nothing.
    pub fn opened(&self, master: &MasterKey) -> Result<Message> {
        let Some(sealed) = &self.message else { return Ok(Message::default()) };
        let text = master.open(sealed, &place(&self.id))?;
        Ok(serde_json::from_slice(text.reveal()).context("a message that was kept")?)
    }
}

/// Which requests are wanted; none of the fields: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// At this connection.
    pub connection: Option<ConnectionId>,
    /// About this person or group.
    pub resource: Option<String>,
    /// Only those that changed something.
    pub changed: bool,
    /// Only those that were refused.
    pub failed: bool,
    /// Only those of the directory itself: its token was accepted.
    pub own: bool,
}

/// Requests whose token was accepted; of others anybody may be the sender. Written as the partial index has it.
pub(super) fn is_own() -> SqlLiteral<Bool> {
    sql("scim_requests.status <> 401")
}

/// Writes down a request in the transaction that it caused.
pub fn record(tx: &mut Tx, entry: &Entry) -> Result<()> {
    on_backend!(tx.db, conn => Recorded(entry).execute(conn))?;
    Ok(())
}

written! {
    insert Recorded: Entry, into scim_requests {
        id, organization_id, connection_id, token_id, method, path, status, code, effect, is_change, dialect,
        resource_id, message, micros, created_at, why,
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
    if let Some(resource) = &filter.resource {
        query = query.filter(scim_requests::resource_id.eq(resource.clone()));
    }
    // As the partial indexes say it: a value that is bound would not be known to be theirs.
    if filter.changed {
        query = query.filter(scim_requests::is_change);
    }
    if filter.failed {
        query = query.filter(sql::<Bool>("scim_requests.status >= 400"));
    }
    if filter.own {
        query = query.filter(is_own());
    }
    query
}
