//! People's access is computed in the transaction of the act that changes it, for those whom it concerns.

use super::delta::{Delta, Spot};
use super::facts::{Facts, Someone, Supposed};
use super::guard::{self, Guard};
use super::held::{self, Holds};
use super::lost::Off;
use super::{Declared, applications_of, holds, provisioning, write};
use crate::access::person::Own;
use crate::error::Result;
use crate::store::schema::{group_members, placements, users};
use crate::store::{Actor, Db, EntityId, GroupId, OrganizationId, Tx, UserId};
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// How many people are read at once.
const AT_ONCE: usize = 2_000;
/// Of how many people everybody's access is computed in the act itself; of more the job does it.
const AT_ONCE_IN_ACT: usize = 5_000;

/// After an act that is a directory's as a rule: what it must not take is held. What a person does in its place is their
/// choice.
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
    if is_by_directory(tx) { Guard::DIRECTORY } else { Guard::CHOICE }
}

/// Whether a directory acts, and no person.
pub(super) fn is_by_directory(tx: &Tx) -> bool {
    matches!(tx.actor, Actor::Directory(_))
}

/// Gives somebody who was made in this transaction what the directory's roles and the defaults give: nobody has put them
/// into a group yet.
pub(in crate::store) fn of_newcomer(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: UserId,
    is_active: bool,
    own: Own,
) -> Result<()> {
    let applications = applications_of(tx.db, organization)?;
    if applications.is_empty() {
        return Ok(());
    }
    let newcomer = Someone { id, off: (!is_active).then_some(Off::There), is_test: false, own };
    let facts = Facts::of_newcomer(tx.db, organization, newcomer)?;
    // Nothing of a newcomer is held yet.
    let deltas = deltas_of(&facts, &applications, None);
    // Who comes loses nothing, but may relieve somebody of the highest role.
    let guard = guard_of(tx);
    settle(tx, organization, deltas, guard)?;
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

/// After something about a mapping of this group was chosen.
pub(super) fn after_group(
    tx: &mut Tx,
    organization: &OrganizationId,
    group: &GroupId,
) -> Result<usize> {
    let people = concerned(tx.db, organization, std::slice::from_ref(group))?;
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

/// Whom these groups and their mappings concern: their members, and of whom something is held that they gave. Each once,
/// in the order of their IDs.
pub(super) fn concerned(
    db: &mut Db,
    organization: &OrganizationId,
    groups: &[GroupId],
) -> Result<Vec<UserId>> {
    let mut people: BTreeSet<UserId> = holds::held_by(db, organization, groups)?;
    for some in groups.chunks(1_000) {
        let theirs = group_members::table.filter(group_members::group_id.eq_any(some));
        let some: Vec<UserId> = theirs.select(group_members::user_id).distinct().load(db)?;
        people.extend(some);
    }
    Ok(people.into_iter().collect())
}

/// Who is in an entity.
pub(super) fn who_is_in(db: &mut Db, entity: &EntityId) -> Result<Vec<UserId>> {
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
    recompute_by(tx, organization, people, guard, guard.holds(tx.now))
}

/// The same where it was said which holds count.
pub(super) fn recompute_by(
    tx: &mut Tx,
    organization: &OrganizationId,
    people: &[UserId],
    guard: Guard,
    holds: Option<Holds>,
) -> Result<usize> {
    let applications = applications_of(tx.db, organization)?;
    let deltas = deltas(tx.db, organization, &applications, people, None, holds)?;
    settle(tx, organization, deltas, guard)
}

fn settle(
    tx: &mut Tx,
    organization: &OrganizationId,
    mut deltas: Vec<Delta>,
    guard: Guard,
) -> Result<usize> {
    let tripped = guard::hold(tx, organization, &mut deltas, guard)?;
    let changed = write::write(tx, organization, &deltas)?;
    let (people, of) = guard::relieved(tx.db, organization, &deltas)?;
    if !people.is_empty() {
        // What else is held of them stays, whatever was meant for others.
        let holds = Some(Holds::at(tx.now).but_the_floor());
        let more = self::deltas(tx.db, organization, &of, &people, None, holds)?;
        write::write(tx, organization, &more)?;
        deltas.extend(more);
    }
    holds::tell(tx, organization, &tripped, &deltas)?;
    Ok(changed)
}

/// What is not as it should be. What is held by one of `holds` counts as being as it should.
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
    let placed = facts.placed.get(&key).into_iter().flatten();
    let spots = placed.map(|(place, kind)| Spot {
        entity: place.entity_id.clone(),
        mapping: place.mapping_id.clone(),
        kind: kind.clone(),
        mark: place.mark(),
    });
    let conflicts = facts.conflicts.get(&who.id).into_iter().flatten();
    let mut delta = Delta {
        user: who.id.clone(),
        is_active: who.is_active() && !who.is_test,
        off: who.off,
        after: facts.access(who, application),
        conflicts: conflicts.filter(|it| it.application_id == application.id).cloned().collect(),
        application: application.clone(),
        row: facts.rows.get(&key).cloned(),
        spots: spots.collect(),
        held_role: None,
        record: None,
        held_places: HashMap::new(),
    };
    if let Some(holds) = holds {
        held::keep(&mut delta, facts, holds);
    }
    delta.is_off().then_some(delta)
}
