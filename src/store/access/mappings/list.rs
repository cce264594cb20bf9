//! Mappings as lists need them: pages, those of groups, and whose places are.

use super::{Filter, Flag, Mapping, MappingState};
use crate::error::Result;
use crate::store::schema::{groups, mappings};
use crate::store::{ConnectionId, Db, EntityId, GroupId, MappingId, OrganizationId, Page, Window};
use diesel::dsl::exists;
use diesel::prelude::*;
use std::collections::HashMap;

/// A page of an organization's mappings, newest first.
pub fn page(
    db: &mut Db,
    window: &Window,
    organization: &OrganizationId,
    filter: &Filter,
) -> Result<Page<Mapping>> {
    let mut query = filtered(organization, filter)
        .order(mappings::id.desc())
        .limit(window.limit.saturating_add(1));
    if let Some(before) = &window.before {
        query = query.filter(mappings::id.lt(before));
    }
    Ok(Page::of(query.load(db)?, window, |mapping: &Mapping| mapping.id.to_string()))
}

/// How many mappings a filter lets through.
pub fn count(db: &mut Db, organization: &OrganizationId, filter: &Filter) -> Result<i64> {
    Ok(filtered(organization, filter).count().get_result(db)?)
}

/// The mappings of these groups, in the order in which they were made.
pub fn of_groups(db: &mut Db, ids: &[GroupId]) -> Result<Vec<Mapping>> {
    Ok(mappings::table.filter(mappings::group_id.eq_any(ids)).order(mappings::id).load(db)?)
}

/// The mappings of each of these groups; who has none is not named.
pub fn by_group(db: &mut Db, ids: &[GroupId]) -> Result<HashMap<GroupId, Vec<Mapping>>> {
    let mut all: HashMap<GroupId, Vec<Mapping>> = HashMap::new();
    for mapping in of_groups(db, ids)? {
        all.entry(mapping.group_id.clone()).or_default().push(mapping);
    }
    Ok(all)
}

/// How many groups of a connection's directory give something at this moment. Test groups are none of them.
pub fn giving(db: &mut Db, connection: &ConnectionId) -> Result<i64> {
    let by_decision = [MappingState::Approved, MappingState::AutoApproved];
    let until_decided =
        mappings::state.eq(MappingState::Pending).and(mappings::flag.eq(Flag::RuleChanged));
    let placing = mappings::table
        .filter(mappings::group_id.eq(groups::id))
        .filter(mappings::state.eq_any(by_decision).or(until_decided.assume_not_null()));
    let found = groups::table
        .filter(groups::connection_id.eq(connection))
        .filter(groups::deleted_at.is_null())
        .filter(groups::is_test.eq(false))
        .filter(exists(placing));
    Ok(found.count().get_result(db)?)
}

/// The groups to which these entities belong.
pub fn owners(db: &mut Db, of: &[EntityId]) -> Result<HashMap<EntityId, (GroupId, String)>> {
    let rows: Vec<(Option<EntityId>, GroupId, String)> = mappings::table
        .inner_join(groups::table)
        .filter(mappings::entity_id.eq_any(of))
        .filter(mappings::state.ne(MappingState::Rejected))
        .select((mappings::entity_id, groups::id, groups::display_name))
        .load(db)?;
    Ok(rows.into_iter().filter_map(|(entity, id, name)| Some((entity?, (id, name)))).collect())
}

/// These mappings of an organization.
pub fn some(db: &mut Db, organization: &OrganizationId, ids: &[MappingId]) -> Result<Vec<Mapping>> {
    let found = mappings::table
        .filter(mappings::id.eq_any(ids))
        .filter(mappings::organization_id.eq(organization));
    Ok(found.order(mappings::id).load(db)?)
}

fn filtered(
    organization: &OrganizationId,
    filter: &Filter,
) -> mappings::BoxedQuery<'static, <Db as diesel::Connection>::Backend> {
    let mut query =
        mappings::table.filter(mappings::organization_id.eq(organization.clone())).into_boxed();
    if let Some(group) = &filter.group {
        query = query.filter(mappings::group_id.eq(group.clone()));
    }
    if let Some(entity) = &filter.entity {
        query = query.filter(mappings::entity_id.eq(entity.clone()));
    }
    if let Some(state) = filter.state {
        query = query.filter(mappings::state.eq(state));
    }
    query
}
