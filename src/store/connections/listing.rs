//! Connections in lists: which ones, and page by page.

use super::{Connection, ConnectionState};
use crate::error::Result;
use crate::store::input;
use crate::store::schema::{connections, organizations};
use crate::store::{Db, OrganizationId, Page, Window};
use diesel::alias;
use diesel::dsl::exists;
use diesel::prelude::*;

/// Which connections are wanted; none of the fields: all that are not deleted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this organization.
    pub organization: Option<OrganizationId>,
    /// In this state.
    pub state: Option<ConnectionState>,
    /// With this guide.
    pub provider: Option<String>,
    /// Its name or its organization's contains this, in any case.
    pub text: Option<String>,
}

/// A page of connections, newest first.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Connection>> {
    let mut query =
        filtered(filter).order(connections::id.desc()).limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(connections::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |connection: &Connection| connection.id.to_string()))
}

/// How many connections a filter lets through.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(filtered(filter).count().get_result(db)?)
}

fn filtered(
    filter: &Filter,
) -> connections::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    // Asked of each: a list of all that are there would come before the first row.
    let there = organizations::table
        .filter(organizations::id.eq(connections::organization_id))
        .filter(organizations::deleted_at.is_null());
    let mut query = connections::table.filter(exists(there)).into_boxed();
    if let Some(organization) = &filter.organization {
        query = query.filter(connections::organization_id.eq(organization.clone()));
    }
    query = match filter.state {
        Some(state) => query.filter(connections::state.eq(state)),
        None => query.filter(connections::deleted_at.is_null()),
    };
    if let Some(provider) = &filter.provider {
        query = query.filter(connections::provider.eq(provider.clone()));
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        let pattern = input::containing(&input::fold(text));
        let owners = organizations::table
            .filter(organizations::name_key.like(pattern.clone()).escape('!'))
            .select(organizations::id);
        // Found in an index of names alone, since the rows are large.
        let names = alias!(connections as names);
        let (id, name, owner) =
            names.fields((connections::id, connections::name, connections::organization_id));
        let is_meant = lower(name).like(pattern).escape('!').or(owner.eq_any(owners));
        query = query.filter(connections::id.eq_any(names.filter(is_meant).select(id)));
    }
    query
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// The text in lower case: both databases know that of ASCII.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}
