//! What stays of what a directory took: what is held of it, and nothing else. What somebody chose to take goes all the
//! same, and what is new comes, unless it excludes a place that is held.

use super::delta::{Delta, Spot};
use super::facts::{Facts, Placing, Supposed, placing_by};
use super::holds::Which;
use super::kept::{Hold, Mark};
use super::mappings::{Flag, Mapping, MappingState};
use super::rule_sets;
use crate::access::person::{Place, Source};
use crate::access::rules::Rule;
use crate::access::{Model, Placement, Reach};
use crate::error::Result;
use crate::store::schema::{entities, mappings};
use crate::store::{Db, MappingId, OrganizationId, Time};
use diesel::prelude::*;
use std::collections::HashMap;

/// How many mappings are named in one statement.
const MAPPINGS: usize = 10_000;

/// Those of these mappings that still stand, as they are or are supposed to be.
pub(super) fn standing(
    db: &mut Db,
    organization: &OrganizationId,
    ids: &[MappingId],
    supposed: Option<&Supposed>,
) -> Result<HashMap<MappingId, Placing>> {
    if let Some(supposed) = supposed {
        let there =
            ids.iter().filter_map(|id| Some((id.clone(), supposed.standing.get(id)?.clone())));
        return Ok(there.collect());
    }
    let mut rows: Vec<(Mapping, Option<String>)> = Vec::new();
    for some in ids.chunks(MAPPINGS) {
        let theirs = mappings::table
            .left_join(entities::table)
            .filter(mappings::organization_id.eq(organization))
            .filter(mappings::id.eq_any(some))
            .select((mappings::all_columns, entities::kind.nullable()));
        rows.extend(theirs.load::<(Mapping, Option<String>)>(db)?);
    }
    let rules = rule_sets::rules(db, organization)?;
    Ok(standing_by(rows, &rules).into_iter().map(|it| (it.id.clone(), it)).collect())
}

/// What of mappings stands, each with the type of its entity: they place members, or would if a directory had not taken
/// their group.
pub(super) fn standing_by(
    mut rows: Vec<(Mapping, Option<String>)>,
    rules: &[Rule],
) -> Vec<Placing> {
    for (mapping, _) in &mut rows {
        if mapping.flag == Some(Flag::GroupDeleted) {
            mapping.state = MappingState::Approved;
        }
    }
    placing_by(rows, rules)
}

/// Which holds count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holds {
    now: Time,
    floor: bool,
    but: Option<Which>,
}

impl Holds {
    /// All whose time is not over.
    pub(super) fn at(now: Time) -> Self {
        Self { now, floor: true, but: None }
    }

    /// Nobody is held in the highest role any more: somebody else has it.
    pub(super) fn but_the_floor(self) -> Self {
        Self { floor: false, ..self }
    }

    /// What is meant happens now.
    pub(super) fn but(self, which: Which) -> Self {
        Self { but: Some(which), ..self }
    }

    fn heed(self, mark: Mark) -> bool {
        match mark.hold {
            Hold::Breaker => {
                let is_over = Which::Over(self.now).means(mark);
                !is_over && !self.but.is_some_and(|which| which.means(mark))
            }
            Hold::Floor => self.floor,
        }
    }
}

/// Adds to what a person should have what is held of what they have.
///
/// Who is off has nothing, whatever was held of it; but the highest role stays on record for the last who had it.
pub(super) fn keep(delta: &mut Delta, facts: &Facts, holds: Holds) {
    keep_role(delta, facts, holds);
    if !delta.is_active {
        return;
    }
    let kept: Vec<(Spot, Mark)> = delta
        .spots
        .iter()
        .filter_map(|spot| Some((spot, spot.mark.filter(|mark| holds.heed(*mark))?)))
        .filter(|(spot, _)| !is_among(&delta.after.places, spot) && stands(facts, spot))
        .filter(|(spot, _)| {
            !is_replaced(&delta.application.model, facts, &delta.after.places, &spot.kind)
        })
        .map(|(spot, mark)| (spot.clone(), mark))
        .collect();
    add(delta, kept, &|entity| facts.kind_of(entity));
}

fn keep_role(delta: &mut Delta, facts: &Facts, holds: Holds) {
    let model = &delta.application.model;
    let mark = delta.mark().filter(|mark| holds.heed(*mark));
    let Some((mark, (role, because))) = mark.zip(delta.role_because()) else { return };
    let height = |role: Option<&str>| role.and_then(|role| model.rank(role)).unwrap_or(usize::MAX);
    let kept = match because {
        // Somebody may have given the mapping a lower role.
        Source::Mapping(id) => {
            let given = id.parse::<MappingId>().ok().and_then(|id| facts.standing.get(&id));
            let given = given.and_then(|it| it.role.as_deref());
            if height(given) > height(Some(role)) { given } else { Some(role) }
        }
        Source::Default => model.default_role.as_deref().filter(|it| *it == role),
        Source::Group(_) | Source::Person => Some(role),
    };
    let is_meant = match mark.hold {
        // An application may have declared another role as its highest.
        Hold::Floor => kept.is_some() && kept == model.top(),
        Hold::Breaker => delta.is_active,
    };
    if is_meant && height(kept) < height(delta.new_role()) {
        let kept = kept.map(|role| (role.to_owned(), because.clone()));
        stay(delta, kept, mark);
    }
}

/// Has somebody stay with a role. Who is off has nothing: of theirs it is on record.
fn stay(delta: &mut Delta, kept: Option<(String, Source)>, mark: Mark) {
    let role = if delta.is_active { &mut delta.after.role } else { &mut delta.record };
    *role = kept;
    delta.held_role = Some(mark);
}

/// From now on what a directory takes of this is held; the rest of it happens. What was held before and is no more was
/// judged then.
pub(super) fn hold(delta: &mut Delta, mark: Mark, kind_of: &dyn Fn(&str) -> Option<String>) {
    let taken = delta.lost(kind_of).into_iter().filter(|spot| spot.mark.is_none());
    let taken: Vec<(Spot, Mark)> = taken.map(|spot| (spot.clone(), mark)).collect();
    if takes_role(delta) {
        hold_role(delta, mark);
    }
    add(delta, taken, kind_of);
}

/// Whether the person loses something of which nobody has judged yet whether it is held.
pub(super) fn takes(delta: &Delta, kind_of: &dyn Fn(&str) -> Option<String>) -> bool {
    takes_role(delta) || delta.lost(kind_of).iter().any(|spot| spot.mark.is_none())
}

fn takes_role(delta: &Delta) -> bool {
    delta.is_lower() && delta.mark().is_none()
}

/// From now on the role that the person has is held, on record if they are off.
pub(super) fn hold_role(delta: &mut Delta, mark: Mark) {
    let kept = delta.role_because().map(|(role, because)| (role.to_owned(), because.clone()));
    if kept.is_some() {
        stay(delta, kept, mark);
    }
}

/// Adds places that are held. What excludes one of them waits until it is held no more.
fn add(delta: &mut Delta, held: Vec<(Spot, Mark)>, kind_of: &dyn Fn(&str) -> Option<String>) {
    if held.is_empty() {
        return;
    }
    let model = &delta.application.model;
    let is_whole = |kind: &str| model.kind(kind).is_some_and(|it| it.scope == Reach::Organization);
    let is_held_whole = held.iter().any(|(spot, _)| is_whole(&spot.kind));
    let waits = |place: &Place| {
        let is_new = !delta.spots.iter().any(|spot| spot.entity.as_str() == place.entity);
        is_new && (is_held_whole || kind_of(&place.entity).is_some_and(|kind| is_whole(&kind)))
    };
    let mut places: Vec<Place> =
        delta.after.places.iter().filter(|it| !waits(it)).cloned().collect();
    for (spot, mark) in held {
        delta.held_places.insert(spot.entity.to_string(), mark);
        let mapping = spot.mapping.map(|id| id.to_string());
        places.push(Place { entity: spot.entity.to_string(), mapping });
    }
    places.sort_unstable();
    delta.after.places = places;
}

fn is_among(places: &[Place], spot: &Spot) -> bool {
    places.iter().any(|place| place.entity == spot.entity.as_str())
}

/// Whether what put the person there is still meant to.
fn stands(facts: &Facts, spot: &Spot) -> bool {
    match &spot.mapping {
        Some(id) => {
            let leads =
                |it: &Placing| it.entity.as_ref().is_some_and(|(place, _)| *place == spot.entity);
            facts.standing.get(id).is_some_and(leads)
        }
        None => facts.fallbacks.iter().any(|(_, place, _)| *place == spot.entity),
    }
}

/// Whether there is a place of an exclusive type instead: to be moved is no loss.
fn is_replaced(model: &Model, facts: &Facts, places: &[Place], kind: &str) -> bool {
    let of_kind = |it: &Place| facts.kind_of(&it.entity).is_some_and(|of| of == kind);
    model
        .kind(kind)
        .is_none_or(|it| it.placement == Placement::Exclusive && places.iter().any(of_kind))
}
