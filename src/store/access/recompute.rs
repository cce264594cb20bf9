//! People's access is computed in the transaction of the act that changes it, for those whom it concerns.

use super::facts::{Facts, Hold, Row, Someone, Supposed};
use super::guard::{self, Guard};
use super::held::{self, Holds};
use super::{Declared, applications_of, provisioning, write};
use crate::access::Model;
use crate::access::person::{self, Access};
use crate::error::Result;
use crate::store::schema::{group_members, placements, users};
use crate::store::{Actor, Db, EntityId, GroupId, MappingId, OrganizationId, Time, Tx, UserId};
use diesel::prelude::*;
use std::collections::HashSet;

/// How many people are read at once.
const AT_ONCE: usize = 2_000;
/// Of how many people everybody's access is computed in the act itself; of more the job does it.
const AT_ONCE_IN_ACT: usize = 5_000;

/// A place of a person: where, by which mapping, and the key of its type.
pub(super) type Spot = (EntityId, Option<MappingId>, String);

/// What of a person in an application is not as it should be.
#[derive(Debug, Clone)]
pub(super) struct Delta {
    pub(super) user: UserId,
    pub(super) application: Declared,
    pub(super) is_active: bool,
    /// What is kept.
    pub(super) row: Option<Row>,
    /// Where the person is.
    pub(super) spots: Vec<Spot>,
    /// The conflicts that are kept, decided or not.
    pub(super) conflicts: Vec<super::facts::Conflict>,
    /// What it should be.
    pub(super) after: Access,
    /// It is held from now on: nothing of it is written.
    pub(super) held: Option<(Hold, Option<Time>)>,
    /// Something of it is held as before, which `after` has already.
    pub(super) stays_held: bool,
}

impl Delta {
    /// The role that the person has.
    pub(super) fn role(&self) -> Option<&str> {
        self.row.as_ref()?.role.as_deref()
    }

    /// The role that the person should have.
    pub(super) fn new_role(&self) -> Option<&str> {
        self.after.role.as_ref().map(|(role, _)| role.as_str())
    }

    /// Whether role or places change.
    pub(super) fn is_change(&self) -> bool {
        let now = self.after.places.iter().map(|place| place.entity.as_str());
        self.role() != self.new_role()
            || !self.spots.iter().map(|(entity, ..)| entity.as_str()).eq(now)
    }

    /// Whether the person loses something: a higher role, or a place without one of its type instead.
    pub(super) fn is_loss(&self, kind_of: impl Fn(&str) -> Option<String>) -> bool {
        let model: &Model = &self.application.model;
        let height = |role: Option<&str>| {
            role.map_or(usize::MAX, |role| model.rank(role).unwrap_or(usize::MAX - 1))
        };
        if height(self.new_role()) > height(self.role()) {
            return true;
        }
        let count = |kind: &str| self.spots.iter().filter(|(.., it)| it == kind).count();
        let now = |kind: &str| {
            let of_kind =
                |place: &&person::Place| kind_of(&place.entity).is_some_and(|it| it == kind);
            self.after.places.iter().filter(of_kind).count()
        };
        self.spots.iter().any(|(.., kind)| now(kind) < count(kind))
    }
}

/// After an act of a directory, or of whom comes through it: what it must not take is held.
pub(in crate::store) fn after_directory(
    tx: &mut Tx,
    organization: &OrganizationId,
    people: &[UserId],
) -> Result<usize> {
    let guard = guard_of(tx);
    recompute(tx, organization, people, guard)
}

/// What is looked at where a directory may be the one who acts.
fn guard_of(tx: &Tx) -> Guard {
    let is_directory = matches!(tx.actor, Actor::Directory(_));
    if is_directory { Guard::DIRECTORY } else { Guard::NONE }
}

/// Gives somebody who was made in this transaction what the directory's roles and the defaults give: nobody has put them
/// into a group yet.
pub(in crate::store) fn of_newcomer(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: UserId,
    is_active: bool,
    roles: Vec<String>,
) -> Result<()> {
    let applications = applications_of(tx.db, organization)?;
    if applications.is_empty() {
        return Ok(());
    }
    let newcomer = Someone { id, is_active, is_test: false, roles };
    let facts = Facts::of_newcomer(tx.db, organization, newcomer)?;
    // Nothing of a newcomer is held yet.
    let deltas = deltas_of(&facts, &applications, None);
    // Who comes loses nothing, but may relieve somebody of the highest role.
    let guard = guard_of(tx);
    settle(tx, organization, &applications, deltas, guard)?;
    Ok(())
}

/// After somebody's choice about rules, mappings and places: the last of the highest role is not taken.
pub(in crate::store) fn after_choice(
    tx: &mut Tx,
    organization: &OrganizationId,
    people: &[UserId],
) -> Result<usize> {
    recompute(tx, organization, people, Guard::CHOICE)
}

/// After the operator switched people on or off, who means it.
pub(in crate::store) fn after_switch(
    tx: &mut Tx,
    organization: &OrganizationId,
    people: &[UserId],
) -> Result<usize> {
    recompute(tx, organization, people, Guard::NONE)
}

/// After something about a mapping of this group was chosen, which led to this entity before. Who is held there is in the
/// group no more.
pub(super) fn after_group(
    tx: &mut Tx,
    organization: &OrganizationId,
    group: &GroupId,
    before: Option<&EntityId>,
) -> Result<usize> {
    let mut people = members(tx.db, group)?;
    if let Some(entity) = before {
        people.extend(who_is_in(tx.db, entity)?);
        people.sort_unstable();
        people.dedup();
    }
    after_choice(tx, organization, &people)
}

/// After something that concerns everybody: in the act itself, or by the job where they are many.
pub(in crate::store) fn of_everybody(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    let theirs = users::table.filter(users::organization_id.eq(organization)).select(users::id);
    let limit = i64::try_from(AT_ONCE_IN_ACT + 1).unwrap_or(i64::MAX);
    let people: Vec<UserId> = theirs.limit(limit).load(tx.db)?;
    if people.len() <= AT_ONCE_IN_ACT {
        after_choice(tx, organization, &people)?;
        return Ok(());
    }
    provisioning::note_due(tx, organization)
}

/// The members of a group.
pub(super) fn members(db: &mut Db, group: &GroupId) -> Result<Vec<UserId>> {
    let theirs = group_members::table.filter(group_members::group_id.eq(group));
    Ok(theirs.order(group_members::user_id).select(group_members::user_id).load(db)?)
}

/// The members of these groups, each once, in the order of their IDs.
pub(super) fn members_of(db: &mut Db, groups: &[GroupId]) -> Result<Vec<UserId>> {
    let mut people: HashSet<UserId> = HashSet::new();
    for some in groups.chunks(1_000) {
        let theirs = group_members::table.filter(group_members::group_id.eq_any(some));
        let some: Vec<UserId> = theirs.select(group_members::user_id).distinct().load(db)?;
        people.extend(some);
    }
    let mut people: Vec<UserId> = people.into_iter().collect();
    people.sort_unstable();
    Ok(people)
}

/// Who is in these entities.
pub(super) fn placed_in(db: &mut Db, entities: &[EntityId]) -> Result<Vec<UserId>> {
    let mut people = Vec::new();
    for some in entities.chunks(1_000) {
        let theirs = placements::table.filter(placements::entity_id.eq_any(some));
        people.extend(theirs.select(placements::user_id).load::<UserId>(db)?);
    }
    Ok(people)
}

/// Who is in an entity.
pub(in crate::store) fn who_is_in(db: &mut Db, entity: &EntityId) -> Result<Vec<UserId>> {
    let theirs = placements::table.filter(placements::entity_id.eq(entity));
    Ok(theirs.order(placements::user_id).select(placements::user_id).load(db)?)
}

/// Makes people's access what it should be; tells for how many something changed.
pub(super) fn recompute(
    tx: &mut Tx,
    organization: &OrganizationId,
    people: &[UserId],
    guard: Guard,
) -> Result<usize> {
    let applications = applications_of(tx.db, organization)?;
    let deltas = deltas(tx.db, organization, &applications, people, None, guard.holds(tx.now))?;
    settle(tx, organization, &applications, deltas, guard)
}

fn settle(
    tx: &mut Tx,
    organization: &OrganizationId,
    applications: &[Declared],
    mut deltas: Vec<Delta>,
    guard: Guard,
) -> Result<usize> {
    guard::hold(tx, organization, &mut deltas, guard)?;
    let changed = write::write(tx, organization, &deltas)?;
    let (people, of) = guard::relieved(tx.db, organization, applications, &deltas)?;
    if !people.is_empty() {
        let holds = guard.holds(tx.now).map(Holds::but_the_floor);
        let mut more = self::deltas(tx.db, organization, &of, &people, None, holds)?;
        guard::hold(tx, organization, &mut more, guard)?;
        write::write(tx, organization, &more)?;
    }
    Ok(changed)
}

/// What is not as it should be. Of whom is held by one of `holds`, what a directory took counts as being as it should.
pub(super) fn deltas(
    db: &mut Db,
    organization: &OrganizationId,
    applications: &[Declared],
    people: &[UserId],
    supposed: Option<&Supposed>,
    holds: Option<Holds>,
) -> Result<Vec<Delta>> {
    let mut found = Vec::new();
    if applications.is_empty() {
        return Ok(found);
    }
    for some in people.chunks(AT_ONCE) {
        let facts = Facts::of(db, organization, some, supposed)?;
        found.extend(deltas_of(&facts, applications, holds));
    }
    Ok(found)
}

fn deltas_of(facts: &Facts, applications: &[Declared], holds: Option<Holds>) -> Vec<Delta> {
    let of = |who| applications.iter().filter_map(move |it| delta(facts, who, it, holds));
    facts.people.iter().flat_map(of).collect()
}

fn delta(
    facts: &Facts,
    who: &Someone,
    application: &Declared,
    holds: Option<Holds>,
) -> Option<Delta> {
    let key = (who.id.clone(), application.id.clone());
    let row = facts.rows.get(&key).cloned();
    let is_held =
        row.as_ref().zip(holds).is_some_and(|(row, holds)| holds.heed(row, &application.model));
    let spots: Vec<Spot> = facts
        .placed
        .get(&key)
        .into_iter()
        .flatten()
        .map(|(place, kind)| (place.entity_id.clone(), place.mapping_id.clone(), kind.clone()))
        .collect();
    let conflicts = facts.conflicts.get(&who.id).into_iter().flatten();
    let mut delta = Delta {
        user: who.id.clone(),
        is_active: who.is_active && !who.is_test,
        after: facts.access(who, application),
        conflicts: conflicts.filter(|it| it.application_id == application.id).cloned().collect(),
        application: application.clone(),
        row,
        spots,
        held: None,
        stays_held: false,
    };
    if is_held {
        held::keep(&mut delta, facts);
    }
    is_off(&delta).then_some(delta)
}

/// Whether what is kept differs from what should be.
fn is_off(delta: &Delta) -> bool {
    let because = delta.row.as_ref().and_then(|row| row.because.as_deref());
    let places = |it: &person::Place| (it.entity.clone(), it.mapping.clone());
    let kept = delta.spots.iter().map(|(entity, mapping, _)| {
        (entity.to_string(), mapping.as_ref().map(ToString::to_string))
    });
    let open = delta.conflicts.iter().filter(|it| it.winner_id.is_none());
    let mut open: Vec<(&str, &str)> =
        open.map(|it| (it.current_id.as_str(), it.incoming().as_str())).collect();
    let mut waiting: Vec<(&str, &str)> = delta
        .after
        .conflicts
        .iter()
        .map(|it| (it.current.as_str(), it.incoming.as_str()))
        .collect();
    open.sort_unstable();
    waiting.sort_unstable();
    delta.role() != delta.new_role()
        || because != delta.after.role.as_ref().map(|(_, source)| source)
        || !delta.stays_held && delta.row.as_ref().is_some_and(|row| row.held.is_some())
        || !kept.eq(delta.after.places.iter().map(places))
        || open != waiting
}
