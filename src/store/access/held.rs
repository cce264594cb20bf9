//! What stays of a person who is held: what a directory took. What somebody chose to take goes all the same, and what is
//! new comes, unless it excludes a place that is held.

use super::facts::{Facts, Hold, Placing, Row, Supposed, placing_by};
use super::mappings::{Flag, Mapping, MappingState};
use super::recompute::{Delta, Spot};
use super::rule_sets;
use crate::access::person::{Place, Source};
use crate::access::{Model, Placement, Reach};
use crate::error::Result;
use crate::store::schema::{entities, mappings};
use crate::store::{Db, EntityId, MappingId, OrganizationId, Time};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// How many mappings are named in one statement.
const MAPPINGS: usize = 10_000;

/// Those of these mappings that still stand, as they are or are supposed to be: they place members, or would if a directory
/// had not taken their group.
pub(super) fn standing(
    db: &mut Db,
    organization: &OrganizationId,
    ids: &[MappingId],
    supposed: Option<&Supposed>,
) -> Result<HashMap<MappingId, Placing>> {
    let mut rows: Vec<(Mapping, Option<String>)> = Vec::new();
    for some in ids.chunks(MAPPINGS) {
        let theirs = mappings::table
            .left_join(entities::table)
            .filter(mappings::organization_id.eq(organization))
            .filter(mappings::id.eq_any(some))
            .select((mappings::all_columns, entities::kind.nullable()));
        rows.extend(theirs.load::<(Mapping, Option<String>)>(db)?);
    }
    let is_gone = |row: &Mapping| row.flag == Some(Flag::GroupDeleted);
    if supposed.is_some() {
        rows.retain(|(mapping, _)| is_gone(mapping));
    }
    for (mapping, _) in rows.iter_mut().filter(|(mapping, _)| is_gone(mapping)) {
        mapping.state = MappingState::Approved;
    }
    let rules = rule_sets::rules(db, organization)?;
    let known: HashSet<&MappingId> = ids.iter().collect();
    let would = supposed.into_iter().flat_map(|it| it.mappings.values().flatten());
    let would = would.filter(|it| known.contains(&it.id)).cloned();
    Ok(placing_by(rows, &rules).into_iter().chain(would).map(|it| (it.id.clone(), it)).collect())
}

/// Which holds count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holds {
    now: Time,
    floor: bool,
}

impl Holds {
    /// All whose time is not over.
    pub(super) fn at(now: Time) -> Self {
        Self { now, floor: true }
    }

    /// Nobody is held in the highest role any more: somebody else has it.
    pub(super) fn but_the_floor(self) -> Self {
        Self { floor: false, ..self }
    }

    /// Whether what is kept of a person in an application is held.
    pub(super) fn heed(self, row: &Row, model: &Model) -> bool {
        match row.held {
            Some(Hold::Breaker) => row.held_until.is_none_or(|until| until > self.now),
            // An application may have declared another role as its highest.
            Some(Hold::Floor) => self.floor && row.role.as_deref() == model.top(),
            None => false,
        }
    }
}

/// Adds to what a person should have what is held of what they have. Where that is nothing, nothing is held any more.
pub(super) fn keep(delta: &mut Delta, facts: &Facts) {
    let is_role_kept = keep_role(delta, facts);
    let is_place_kept = keep_places(delta, facts);
    delta.stays_held = is_role_kept || is_place_kept;
}

fn keep_role(delta: &mut Delta, facts: &Facts) -> bool {
    let model = &delta.application.model;
    let kept = delta.row.as_ref().and_then(|row| Some((row.role.clone()?, row.because.clone()?)));
    let Some((role, because)) = kept else { return false };
    let because = because.into_inner();
    let height = |role: &str| model.rank(role).unwrap_or(usize::MAX);
    if height(&role) >= delta.new_role().map_or(usize::MAX, height) {
        return false;
    }
    let stands = match &because {
        Source::Mapping(id) => id.parse::<MappingId>().is_ok_and(|id| {
            facts.standing.get(&id).is_some_and(|it| it.role.as_ref() == Some(&role))
        }),
        Source::Default => model.default_role.as_deref() == Some(&*role),
        Source::Group(_) | Source::Person => true,
    };
    if stands {
        delta.after.role = Some((role, because));
    }
    stands
}

fn keep_places(delta: &mut Delta, facts: &Facts) -> bool {
    let model = &delta.application.model;
    let is_there =
        |entity: &EntityId| delta.after.places.iter().any(|it| it.entity == entity.as_str());
    let kept: Vec<&Spot> = delta
        .spots
        .iter()
        .filter(|(entity, ..)| !is_there(entity))
        .filter(|(entity, mapping, kind)| {
            stands(facts, entity, mapping.as_ref())
                && !is_replaced(model, facts, &delta.after.places, kind)
        })
        .collect();
    if kept.is_empty() {
        return false;
    }
    let is_whole = |kind: &str| model.kind(kind).is_some_and(|it| it.scope == Reach::Organization);
    let is_kept_whole = kept.iter().any(|(.., kind)| is_whole(kind));
    // What excludes what is held waits until it is held no more.
    let waits = |place: &Place| {
        let is_new = !delta.spots.iter().any(|(entity, ..)| entity.as_str() == place.entity);
        is_new
            && (is_kept_whole || facts.kind_of(&place.entity).is_some_and(|kind| is_whole(&kind)))
    };
    let mut places: Vec<Place> =
        delta.after.places.iter().filter(|it| !waits(it)).cloned().collect();
    places.extend(kept.into_iter().map(|(entity, mapping, _)| Place {
        entity: entity.to_string(),
        mapping: mapping.as_ref().map(ToString::to_string),
    }));
    places.sort_unstable();
    delta.after.places = places;
    true
}

/// Whether what put the person there is still meant to.
fn stands(facts: &Facts, entity: &EntityId, mapping: Option<&MappingId>) -> bool {
    match mapping {
        Some(id) => {
            let leads = |it: &Placing| it.entity.as_ref().is_some_and(|(place, _)| place == entity);
            facts.standing.get(id).is_some_and(leads)
        }
        None => facts.fallbacks.iter().any(|(_, place, _)| place == entity),
    }
}

/// Whether there is a place of an exclusive type instead: to be moved is no loss.
fn is_replaced(model: &Model, facts: &Facts, places: &[Place], kind: &str) -> bool {
    let of_kind = |it: &Place| facts.kind_of(&it.entity).is_some_and(|of| of == kind);
    model
        .kind(kind)
        .is_none_or(|it| it.placement == Placement::Exclusive && places.iter().any(of_kind))
}
