//! Organizations: the customers of the app.

use super::access::provisioning;
use super::db::or_conflict;
use super::directories::tokens;
use super::ending::{self, Of};
use super::input::{self, Faults};
use super::schema::{connections, domains as domain_rows, organizations};
use super::types::word;
use super::{
    Db, Json, OrganizationId, Page, Prepared, Time, Tx, Window, applications, domains, events,
    on_backend, setup_links,
};
use crate::domain::DomainName;
use crate::error::{Error, Result};
use chrono::TimeDelta;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use serde_json::{Map, Value, json};
use std::ops::RangeInclusive;

pub use summary::{Summary, domains_of, summaries};

/// How long a deleted organization, connection or application can be restored.
pub const RESTORABLE: TimeDelta = TimeDelta::days(30);

word!(
    /// How new people arrive in an organization.
    Admission {
        /// By their first sign-in.
        SignIn = "sign_in",
        /// From the directory only.
        Directory = "scim",
        /// Either way.
        Both = "both",
    }
);

word!(
    /// Whether the people of an organization must use single sign-on.
    Enforcement {
        /// They may.
        Optional = "optional",
        /// They must, but for exempt owners.
        Required = "required",
    }
);

/// A customer of the app.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(treat_none_as_null = true)]
pub struct Organization {
    /// Its ID.
    pub id: OrganizationId,
    /// The vendor's own ID of it.
    pub external_id: Option<String>,
    /// What people call it.
    pub name: String,
    /// `name` folded for search.
    pub name_key: String,
    /// How new people arrive.
    pub admission: Admission,
    /// Made by the demo.
    pub is_demo: bool,
    /// Whatever the vendor wants to keep with it.
    pub metadata: Json<Map<String, Value>>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
    /// When it was deleted; [`RESTORABLE`] later it is gone.
    pub deleted_at: Option<Time>,
    /// Whether its people must use single sign-on.
    pub enforcement: Enforcement,
    /// How many of its break-glass codes can still be used.
    pub codes_left: i32,
    /// How many seconds its people stay signed in; none: as long as everybody.
    pub session_seconds: Option<i32>,
}

impl Organization {
    /// How long its people stay signed in where everybody else does for `usual`.
    #[must_use]
    pub fn session(&self, usual: TimeDelta) -> TimeDelta {
        self.session_seconds.map_or(usual, |seconds| TimeDelta::seconds(i64::from(seconds)))
    }
}

/// How many seconds people may stay signed in: from a minute to a year.
const SESSIONS: RangeInclusive<i32> = 60..=365 * 24 * 60 * 60;

/// What a new organization is made of.
#[derive(Debug, Clone)]
pub struct NewOrganization {
    /// What people call it.
    pub name: String,
    /// The vendor's own ID of it.
    pub external_id: Option<String>,
    /// How new people arrive.
    pub admission: Admission,
    /// Whatever the vendor wants to keep with it.
    pub metadata: Map<String, Value>,
    /// Made by the demo.
    pub is_demo: bool,
    /// Its email domains.
    pub domains: Vec<DomainName>,
    /// The operator vouches for the domains: they are live at once.
    pub vouch: bool,
}

/// What is to change; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct OrganizationPatch {
    /// What people call it.
    pub name: Option<String>,
    /// The vendor's own ID of it; `Some(None)` takes it away.
    pub external_id: Option<Option<String>>,
    /// How new people arrive.
    pub admission: Option<Admission>,
    /// Takes the place of all metadata.
    pub metadata: Option<Map<String, Value>>,
    /// How many seconds its people stay signed in; `Some(None)`: as long as everybody.
    pub session_seconds: Option<Option<i32>>,
}

/// Which organizations are wanted; none of the fields: all that are not deleted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Is this one.
    pub only: Option<OrganizationId>,
    /// Name, external ID or a domain contains this, in any case.
    pub text: Option<String>,
    /// Has exactly this domain, live or not.
    pub domain: Option<String>,
    /// Must use single sign-on, or may.
    pub enforcement: Option<Enforcement>,
    /// Has a connection, or none.
    pub connected: Option<bool>,
}

/// Finds an organization that is not deleted.
pub fn find(db: &mut Db, id: &OrganizationId) -> Result<Organization> {
    by_id(db, id)?.ok_or_else(|| Error::not_found("organization", id.as_str()))
}

/// Finds an organization that is not deleted, if there is one.
pub fn by_id(db: &mut Db, id: &OrganizationId) -> Result<Option<Organization>> {
    let found = organizations::table.find(id).filter(organizations::deleted_at.is_null()).first(db);
    Ok(found.optional()?)
}

/// Finds the organization in which the domain of this name is live.
pub fn by_domain(db: &mut Db, name: &DomainName) -> Result<Option<Organization>> {
    let query = organizations::table
        .inner_join(domain_rows::table)
        .filter(organizations::deleted_at.is_null())
        .filter(domain_rows::name.eq(name.as_str()))
        .filter(domain_rows::live_at.is_not_null())
        .select(organizations::all_columns);
    Ok(on_backend!(db, conn => Prepared(query.limit(1)).get_result(conn)).optional()?)
}

/// Finds an organization by the vendor's own ID.
pub fn by_external_id(db: &mut Db, external_id: &str) -> Result<Option<Organization>> {
    let found = organizations::table
        .filter(organizations::external_id.eq(external_id))
        .filter(organizations::deleted_at.is_null())
        .first(db);
    Ok(found.optional()?)
}

/// Finds an organization by `org_…`, or by `external:` and the vendor's own ID.
pub fn resolve(db: &mut Db, reference: &str) -> Result<Organization> {
    match reference.strip_prefix("external:") {
        Some(external_id) => by_external_id(db, external_id)?
            .ok_or_else(|| Error::not_found("organization", reference)),
        None => find(db, &reference.parse()?),
    }
}

/// The organizations whose names begin with this text, in any case: the first `limit` by name. The index gives their order;
/// it is read from its beginning, since databases order letters in different ways.
pub fn beginning_with(db: &mut Db, text: &str, limit: i64) -> Result<Vec<Organization>> {
    let found = organizations::table
        .filter(organizations::name_key.like(input::beginning_with(&input::fold(text))).escape('!'))
        .filter(organizations::deleted_at.is_null())
        .order(organizations::name_key)
        .limit(limit);
    Ok(found.load(db)?)
}

/// The organizations that are called so, in any case: `limit` at most.
pub fn called(db: &mut Db, name: &str, limit: i64) -> Result<Vec<Organization>> {
    let found = organizations::table
        .filter(organizations::name_key.eq(input::fold(name)))
        .filter(organizations::deleted_at.is_null())
        .order(organizations::id)
        .limit(limit);
    Ok(found.load(db)?)
}

/// A page of organizations, newest first.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Organization>> {
    let mut query =
        filtered(filter).order(organizations::id.desc()).limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(organizations::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |organization: &Organization| organization.id.to_string()))
}

/// How many organizations a filter lets through.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(db)?)
}

/// Makes an organization with its domains.
pub fn create(tx: &mut Tx, new: NewOrganization) -> Result<Organization> {
    let mut faults = Faults::default();
    let name = faults.name("/name", &new.name);
    if let Some(external_id) = &new.external_id {
        faults.external_id(external_id);
    }
    faults.metadata(&new.metadata);
    faults.finish()?;
    let organization = Organization {
        id: OrganizationId::new(),
        external_id: new.external_id,
        name_key: input::fold(&name),
        name,
        admission: new.admission,
        is_demo: new.is_demo,
        metadata: Json::from(new.metadata),
        created_at: tx.now,
        updated_at: tx.now,
        deleted_at: None,
        enforcement: Enforcement::Optional,
        codes_left: 0,
        session_seconds: None,
    };
    let done = diesel::insert_into(organizations::table).values(&organization).execute(tx.db);
    or_conflict(done, EXTERNAL_ID_TAKEN, external_id_taken(&organization))?;
    let data = json!({ "name": organization.name, "external_id": organization.external_id });
    let id = &organization.id;
    events::append(tx, Some(id), "organization.created", id.as_str(), data)?;
    provisioning::begin(tx, id)?;
    for domain in &new.domains {
        domains::add(tx, id, domain, new.vouch)?;
    }
    Ok(organization)
}

/// Changes what the patch names. What is the same already makes no event.
pub fn change(tx: &mut Tx, id: &OrganizationId, patch: OrganizationPatch) -> Result<Organization> {
    let mut organization = find(tx.db, id)?;
    let before = kept(&organization);
    let mut faults = Faults::default();
    let mut changed = Vec::new();
    if let Some(name) = patch.name.map(|name| faults.name("/name", &name))
        && name != organization.name
    {
        changed.push("name");
        organization.name_key = input::fold(&name);
        organization.name = name;
    }
    if let Some(external_id) = patch.external_id
        && external_id != organization.external_id
    {
        changed.push("external_id");
        if let Some(external_id) = &external_id {
            faults.external_id(external_id);
        }
        organization.external_id = external_id;
    }
    if let Some(admission) = patch.admission
        && admission != organization.admission
    {
        changed.push("admission");
        organization.admission = admission;
    }
    if let Some(metadata) = patch.metadata
        && metadata != *organization.metadata
    {
        changed.push("metadata");
        faults.metadata(&metadata);
        organization.metadata = Json::from(metadata);
    }
    if let Some(seconds) = patch.session_seconds
        && seconds != organization.session_seconds
    {
        changed.push("session_seconds");
        if seconds.is_some_and(|seconds| !SESSIONS.contains(&seconds)) {
            let detail = "People stay signed in for a minute at least and 365 days at most.";
            faults.add("/session_seconds", "invalid", detail);
        }
        organization.session_seconds = seconds;
    }
    faults.finish()?;
    if changed.is_empty() {
        return Ok(organization);
    }
    organization.updated_at = tx.now;
    save(tx, &organization)?;
    let data = json!({ "changed": changed });
    let change = (&before, &kept(&organization));
    events::append_change(tx, Some(id), "organization.updated", id.as_str(), data, change)?;
    Ok(organization)
}

/// What the audit log keeps of an organization, before a change and after it.
fn kept(organization: &Organization) -> Value {
    json!({
        "name": organization.name,
        "external_id": organization.external_id,
        "admission": organization.admission,
        "metadata": *organization.metadata,
        "session_seconds": organization.session_seconds,
    })
}

/// Deletes an organization so that it can be restored: nobody signs in any more, and its domains are free for others. The tokens
/// of its directories and of programs that are for it alone, and the links to its setup, end and stay ended.
pub fn delete(tx: &mut Tx, id: &OrganizationId) -> Result<()> {
    let mut organization = find(tx.db, id)?;
    organization.deleted_at = Some(tx.now);
    organization.updated_at = tx.now;
    save(tx, &organization)?;
    domains::release(tx, id)?;
    let ended = ending::sessions(tx, Of::Organization(id))?;
    let tokens = tokens::revoke_all(tx, tokens::Of::Organization(id))?;
    let links = setup_links::revoke_all(tx, id)?;
    applications::end_machine_tokens_of(tx, id)?;
    let data = json!({
        "name": organization.name,
        "sessions_ended": ended,
        "tokens_revoked": tokens,
        "setup_links_revoked": links,
    });
    events::append(tx, Some(id), "organization.deleted", id.as_str(), data)
}

/// An organization that is deleted and can still be restored.
pub fn gone(db: &mut Db, id: &OrganizationId, now: Time) -> Result<Option<Organization>> {
    let found = organizations::table
        .find(id)
        .filter(organizations::deleted_at.gt(now.minus(RESTORABLE)))
        .first(db);
    Ok(found.optional()?)
}

/// Takes a deletion back within [`RESTORABLE`]. A domain that another customer took meanwhile becomes pending.
pub fn restore(tx: &mut Tx, id: &OrganizationId) -> Result<Organization> {
    let mut organization = gone(tx.db, id, tx.now)?
        .ok_or_else(|| Error::not_found("deleted organization", id.as_str()))?;
    organization.deleted_at = None;
    organization.updated_at = tx.now;
    save(tx, &organization)?;
    domains::reclaim(tx, id)?;
    // On Postgres a program may have got a token while its organization was being deleted.
    applications::end_machine_tokens_of(tx, id)?;
    events::append(tx, Some(id), "organization.restored", id.as_str(), json!({}))?;
    Ok(organization)
}

fn filtered(
    filter: &Filter,
) -> organizations::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    let mut query = organizations::table.filter(organizations::deleted_at.is_null()).into_boxed();
    if let Some(only) = &filter.only {
        query = query.filter(organizations::id.eq(only.clone()));
    }
    if let Some(enforcement) = filter.enforcement {
        query = query.filter(organizations::enforcement.eq(enforcement));
    }
    if let Some(is_connected) = filter.connected {
        let theirs = connections::table
            .filter(connections::organization_id.eq(organizations::id))
            .filter(connections::deleted_at.is_null());
        query = if is_connected {
            query.filter(exists(theirs))
        } else {
            query.filter(not(exists(theirs)))
        };
    }
    if let Some(name) = &filter.domain {
        let owners = domain_rows::table
            .filter(domain_rows::name.eq(input::fold(name)))
            .select(domain_rows::organization_id);
        query = query.filter(organizations::id.eq_any(owners));
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        let pattern = input::containing(&input::fold(text));
        let owners = domain_rows::table
            .filter(domain_rows::name.like(pattern.clone()).escape('!'))
            .select(domain_rows::organization_id);
        // External IDs are ASCII, of which both databases know the lower case.
        let external_id = lower(organizations::external_id.assume_not_null());
        query = query.filter(
            organizations::name_key
                .like(pattern.clone())
                .escape('!')
                .or(external_id.like(pattern).escape('!'))
                .or(organizations::id.eq_any(owners)),
        );
    }
    query
}

fn save(tx: &mut Tx, organization: &Organization) -> Result<()> {
    let done = diesel::update(organization).set(organization).execute(tx.db);
    or_conflict(done, EXTERNAL_ID_TAKEN, external_id_taken(organization))?;
    Ok(())
}

const EXTERNAL_ID_TAKEN: &str = "external_id_taken";

fn external_id_taken(organization: &Organization) -> String {
    let id = organization.external_id.as_deref().unwrap_or_default();
    format!("Another organization has the external ID “{id}”.")
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The text in lower case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

mod summary;
#[cfg(test)]
mod tests;
