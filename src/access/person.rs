//! What one person has in one application, and why.

use super::Model;
use super::settle::{self, Claim, Collision};
use crate::clock::Time;
use serde::{Deserialize, Serialize};

/// A group that a person is in.
#[derive(Debug, Clone, Copy)]
pub struct Belongs<'a> {
    /// The group.
    pub group: &'a str,
    /// Keys of the roles that it carries.
    pub roles: &'a [String],
    /// Since when the person is in it.
    pub since: Time,
}

/// A mapping that places members.
#[derive(Debug, Clone, Copy)]
pub struct Mapping<'a> {
    /// Its ID.
    pub id: &'a str,
    /// Whose members.
    pub group: &'a str,
    /// Where: the entity and the key of its type; none: it gives a role alone.
    pub entity: Option<(&'a str, &'a str)>,
    /// The key of the role that it gives.
    pub role: Option<&'a str>,
    /// Since when it places them.
    pub since: Time,
}

/// An entity in which everybody is who is in no other of its type.
#[derive(Debug, Clone, Copy)]
pub struct Fallback<'a> {
    /// The entity.
    pub entity: &'a str,
    /// The key of its type.
    pub kind: &'a str,
}

/// Roles that the directory gives to a person by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Keys of the roles.
    pub roles: Vec<String>,
    /// The one that counts, if the application knows it; else the highest does.
    pub primary: Option<String>,
}

/// All that counts for one person.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// The groups that the person is in.
    pub groups: Vec<Belongs<'a>>,
    /// The person's own roles.
    pub own: Option<&'a Own>,
    /// The mappings of those groups.
    pub mappings: Vec<Mapping<'a>>,
    /// The organization's default entities.
    pub fallbacks: &'a [Fallback<'a>],
    /// Where the person is by mappings now: the entities.
    pub placed: Vec<&'a str>,
}

/// Where a role comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "id", rename_all = "snake_case")]
pub enum Source {
    /// This group carries it.
    Group(String),
    /// This mapping gives it.
    Mapping(String),
    /// The directory gives it to the person.
    Person,
    /// The application gives it to everybody.
    Default,
}

/// A place of a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The entity.
    pub entity: String,
    /// By which mapping; none: it is the default entity of its type.
    pub mapping: Option<String>,
}

/// Two mappings that want the person in places that exclude each other, of which nobody chose one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What holds.
    pub current: String,
    /// What waits.
    pub incoming: String,
    /// Why they exclude each other.
    pub collision: Collision,
}

/// What a person has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The role and where it comes from.
    pub role: Option<(String, Source)>,
    /// The places, in the order of their IDs.
    pub places: Vec<Place>,
    /// What waits for somebody's choice.
    pub conflicts: Vec<Conflict>,
}

/// Finds out what an active person has. `winner` tells which of two mappings somebody chose.
pub fn access(
    model: &Model,
    facts: &Facts,
    winner: impl Fn(&str, &str) -> Option<String>,
) -> Access {
    let joined = |group: &str| facts.groups.iter().find(|it| it.group == group).map(|it| it.since);
    let mut claims: Vec<Claim> = facts
        .mappings
        .iter()
        .filter_map(|mapping| {
            let (entity, kind) = mapping.entity?;
            Some(Claim {
                mapping: mapping.id,
                group: mapping.group,
                entity,
                kind: model.kind(kind)?,
                since: joined(mapping.group)?.max(mapping.since),
                is_placed: facts.placed.contains(&entity),
            })
        })
        .collect();
    claims.sort_by_key(|claim| claim.mapping);
    let settled = settle::settle(&claims, winner);
    let held: Vec<&Claim> = settled.held.iter().filter_map(|at| claims.get(*at)).collect();
    let mut places: Vec<Place> = held
        .iter()
        .map(|claim| Place {
            entity: claim.entity.to_owned(),
            mapping: Some(claim.mapping.to_owned()),
        })
        .collect();
    places.extend(fallbacks(model, facts.fallbacks, &held));
    places.sort_unstable();
    let mapping = |at: usize| claims.get(at).map_or("", |claim| claim.mapping).to_owned();
    let conflicts = settled
        .open
        .iter()
        .map(|(current, incoming, collision)| Conflict {
            current: mapping(*current),
            incoming: mapping(*incoming),
            collision: *collision,
        })
        .collect();
    Access { role: role(model, facts, &held), places, conflicts }
}

/// The default entities of those exclusive types in which no group places the person. Who is in a place that takes the
/// whole person is in none.
fn fallbacks(model: &Model, fallbacks: &[Fallback], held: &[&Claim]) -> Vec<Place> {
    let is_taken = held.iter().any(|claim| claim.kind.scope == super::Reach::Organization);
    let is_free = |kind: &str| !held.iter().any(|claim| claim.kind.key == kind);
    fallbacks
        .iter()
        .filter(|it| !is_taken && model.kind(it.kind).is_some() && is_free(it.kind))
        .map(|it| Place { entity: it.entity.to_owned(), mapping: None })
        .collect()
}

/// The highest role of the groups, and of the mappings by which the person is somewhere; else the person's own, first the
/// one that the directory calls the primary; else the default. A key that the application does not know counts for nothing.
fn role(model: &Model, facts: &Facts, held: &[&Claim]) -> Option<(String, Source)> {
    let of_groups = facts.groups.iter().flat_map(|it| {
        it.roles.iter().map(|role| (role.as_str(), Source::Group(it.group.to_owned())))
    });
    let of_mappings = facts.mappings.iter().filter_map(|mapping| {
        let applies = match mapping.entity {
            Some(_) => held.iter().any(|claim| claim.mapping == mapping.id),
            None => facts.groups.iter().any(|it| it.group == mapping.group),
        };
        let role = mapping.role.filter(|_| applies)?;
        Some((role, Source::Mapping(mapping.id.to_owned())))
    });
    let highest = |roles: &mut dyn Iterator<Item = (&str, Source)>| {
        let known =
            roles.filter_map(|(role, from)| Some((model.rank(role)?, role.to_owned(), from)));
        let mut known: Vec<_> = known.collect();
        // Of equal ones the one that was there first in the list of groups, so that the answer does not wander.
        known.sort_by_key(|(rank, ..)| *rank);
        known.into_iter().next().map(|(_, role, from)| (role, from))
    };
    let primary = facts.own.and_then(|own| own.primary.as_deref());
    let primary = primary.into_iter().map(|role| (role, Source::Person));
    let own = facts.own.into_iter().flat_map(|own| &own.roles);
    let own = own.map(|role| (role.as_str(), Source::Person));
    let default = || model.default_role.clone().map(|role| (role, Source::Default));
    highest(&mut of_groups.chain(of_mappings))
        .or_else(|| highest(&mut { primary }))
        .or_else(|| highest(&mut { own }))
        .or_else(default)
}

#[cfg(test)]
mod tests;
