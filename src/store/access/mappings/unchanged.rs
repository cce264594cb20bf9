//! Which mappings are already what somebody makes of them.

use super::{Mapping, MappingPatch, MappingState, Place, list};
use crate::error::Result;
use crate::store::access::entities::Entity;
use crate::store::schema::entities;
use crate::store::{Db, EntityId, MappingId, OrganizationId, input, names};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// Those of these mappings that are already what is made of them. One that is gone is none of them: whoever decides is
/// told that.
pub fn unchanged(
    db: &mut Db,
    organization: &OrganizationId,
    decisions: &[(MappingId, MappingPatch)],
) -> Result<HashSet<MappingId>> {
    if decisions.is_empty() {
        return Ok(HashSet::new());
    }
    let ids: Vec<MappingId> = decisions.iter().map(|(id, _)| id.clone()).collect();
    let rows = list::some(db, organization, &ids)?;
    let led: Vec<&EntityId> = rows.iter().filter_map(|it| it.entity_id.as_ref()).collect();
    let led: Vec<Entity> = entities::table.filter(entities::id.eq_any(led)).load(db)?;
    let places: HashMap<&EntityId, &Entity> = led.iter().map(|it| (&it.id, it)).collect();
    let groups = names::groups(db, rows.iter().map(|it| it.group_id.clone()).collect())?;
    let rows: HashMap<&MappingId, &Mapping> = rows.iter().map(|it| (&it.id, it)).collect();
    let is_unchanged = |(id, patch): &&(MappingId, MappingPatch)| {
        rows.get(id).is_some_and(|mapping| {
            let place = mapping.entity_id.as_ref().and_then(|id| places.get(id).copied());
            let group = groups.get(&mapping.group_id).map(String::as_str);
            is_that(mapping, patch) && is_there(patch.place.as_ref(), place, group)
        })
    };
    Ok(decisions.iter().filter(is_unchanged).map(|(id, _)| id.clone()).collect())
}

/// Whether a mapping has the state and the role that is meant for it, and nothing about it is open that a decision settles.
fn is_that(mapping: &Mapping, patch: &MappingPatch) -> bool {
    let state = match (patch.is_approved, &patch.place) {
        (Some(false), _) => MappingState::Rejected,
        (Some(true), _) | (None, Some(_)) => MappingState::Approved,
        (None, None) => mapping.state,
    };
    let is_decided = patch.is_approved.is_some() || patch.place.is_some();
    let is_open = mapping.flag.is_some() || mapping.proposed.is_some();
    mapping.state == state
        && !(is_decided && is_open)
        && patch.role.as_ref().is_none_or(|role| mapping.role == *role)
}

/// Whether a mapping of this group that leads to `place` leads where it is meant to.
fn is_there(meant: Option<&Place>, place: Option<&Entity>, group: Option<&str>) -> bool {
    match meant {
        None => true,
        Some(Place::Nowhere) => place.is_none(),
        Some(Place::Key(key)) => place.is_some_and(|it| it.key == *key),
        Some(Place::Named { kind, name }) => {
            let name = name.as_deref().or(group).map(input::fold);
            place.is_some_and(|it| it.kind == *kind && Some(&it.name_key) == name.as_ref())
        }
    }
}
