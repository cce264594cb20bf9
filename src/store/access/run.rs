//! What happens to mappings when a group appears or goes, and when somebody has the rules run.

use super::alerts::{self, AlertKind};
use super::mappings::{self, Flag, Mapping, MappingState, Owned, Real};
use super::{Declared, after_choice, applications_of, holds, recompute, rule_sets};
use crate::access::rules::{Ordered, Rule, Target};
use crate::error::Result;
use crate::store::directories::groups::Group;
use crate::store::schema::{groups, mappings as rows};
use crate::store::{GroupId, OrganizationId, Tx, UserId};
use diesel::prelude::*;
use serde_json::json;

/// What a run of the rules did.
#[derive(Debug, Clone, Copy, Default)]
pub struct Effect {
    /// How many mappings it made.
    pub mappings: usize,
    /// For how many people something changed.
    pub people: usize,
}

/// Runs the rules for a group that a directory made or restored; tells how many mappings that made.
pub(in crate::store) fn group_appeared(tx: &mut Tx, group: &Group) -> Result<usize> {
    if group.is_test {
        return Ok(0);
    }
    let rules = rule_sets::rules(tx.db, &group.organization_id)?;
    if rules.is_empty() {
        return Ok(0);
    }
    let applications = applications_of(tx.db, &group.organization_id)?;
    evaluate(tx, group, &Ordered::new(&rules), &applications)
}

/// Makes the mappings that rules give to a group that has none. A mapping that is there is never overwritten.
pub(super) fn evaluate(
    tx: &mut Tx,
    group: &Group,
    rules: &Ordered,
    applications: &[Declared],
) -> Result<usize> {
    let there = mappings::of_group(tx.db, &group.id)?;
    let mut made = 0;
    for application in applications {
        let of = |it: &&Mapping| it.application_id == application.id;
        // What went with the group may come back with it; what a person rejected stays so.
        let is_gone = |it: &Mapping| it.flag == Some(Flag::GroupDeleted);
        if there.iter().filter(of).any(|it| !is_gone(it)) {
            continue;
        }
        let Some(rule) = rules.first(application.id.as_str(), &group.display_name) else {
            continue;
        };
        let gone: Vec<&Mapping> = there.iter().filter(of).collect();
        made += follow(tx, group, application, rule, gone)?;
    }
    Ok(made)
}

/// Makes what a rule gives to a group, or takes up what went with it.
fn follow(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    rule: &Rule,
    mut gone: Vec<&Mapping>,
) -> Result<usize> {
    let targets = places(rule);
    let made = targets.len();
    for target in targets {
        put(tx, group, application, rule, target, &mut gone)?;
    }
    Ok(made)
}

/// Makes what a rule gives to a group by one of its places. If that is another group's, somebody is told.
pub(super) fn put(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    rule: &Rule,
    target: Option<&Target>,
    gone: &mut Vec<&Mapping>,
) -> Result<()> {
    let (organization, now) = (&group.organization_id, tx.now);
    let of = (organization, &group.id, group.display_name.as_str());
    let mut ground = Real { tx: &mut *tx, organization };
    let (mut mapping, owned) = mappings::by_rule(&mut ground, application, rule, target, of, now)?;
    if take_up(&mut mapping, gone) {
        mappings::save(tx, &mut mapping)?;
    } else {
        mappings::insert(tx, &mut mapping)?;
    }
    let Some(Owned { entity, owner, name }) = owned else { return Ok(()) };
    let data =
        json!({ "group_id": group.id, "entity": entity.name, "owner": owner, "owner_name": name });
    alerts::raise(tx, organization, AlertKind::TargetTaken, mapping.id.as_str(), &data)
}

/// The places that a rule gives; one that gives a role alone makes a mapping, too.
pub(super) fn places(rule: &Rule) -> Vec<Option<&Target>> {
    if rule.targets.is_empty() { vec![None] } else { rule.targets.iter().map(Some).collect() }
}

/// Makes of a new mapping the one that went with its group, if one of those that did led where it leads. Each is taken up
/// once.
pub(super) fn take_up(mapping: &mut Mapping, gone: &mut Vec<&Mapping>) -> bool {
    let Some(at) = gone.iter().position(|it| it.entity_id == mapping.entity_id) else {
        return false;
    };
    let former = gone.remove(at);
    (mapping.id, mapping.created_at) = (former.id.clone(), former.created_at);
    true
}

/// Rejects the mappings of a group that was removed. Tells whom that concerns although they are not in it: what its
/// directory took of them is held, and where a person removes the group, it is held no more.
pub(in crate::store) fn group_removed(tx: &mut Tx, group: &Group) -> Result<Vec<UserId>> {
    for mut mapping in mappings::of_group(tx.db, &group.id)? {
        if mapping.state == MappingState::Rejected {
            continue;
        }
        mapping.state = MappingState::Rejected;
        (mapping.flag, mapping.since) = (Some(Flag::GroupDeleted), None);
        mappings::save(tx, &mut mapping)?;
    }
    if recompute::is_by_directory(tx) {
        return Ok(Vec::new());
    }
    let people = holds::let_go(tx, &group.organization_id, &group.id)?;
    Ok(people.into_iter().collect())
}

/// Runs the rules on all groups of an organization, and makes everybody's access what it is by them.
pub fn run_rules(tx: &mut Tx, organization: &OrganizationId) -> Result<Effect> {
    run(tx, organization, Vec::new())
}

/// The same after something else was decided about mappings of these groups, whose effect has yet to be computed: all of
/// it is computed at once.
pub(super) fn run(
    tx: &mut Tx,
    organization: &OrganizationId,
    decided: Vec<GroupId>,
) -> Result<Effect> {
    let rules = rule_sets::rules(tx.db, organization)?;
    let applications = applications_of(tx.db, organization)?;
    let all: Vec<Group> = groups::table
        .filter(groups::organization_id.eq(organization))
        .filter(groups::deleted_at.is_null())
        .filter(groups::is_test.eq(false))
        .order(groups::id)
        .load(tx.db)?;
    let mut effect = Effect::default();
    let ordered = Ordered::new(&rules);
    for group in &all {
        effect.mappings += evaluate(tx, group, &ordered, &applications)?;
    }
    // A rule's role may be another one now, so whoever is in a group that a rule mapped is concerned.
    let mut concerned: Vec<GroupId> = rows::table
        .filter(rows::organization_id.eq(organization))
        .filter(rows::rule_id.is_not_null())
        .select(rows::group_id)
        .distinct()
        .load(tx.db)?;
    concerned.extend(decided);
    let people = recompute::concerned(tx.db, organization, &concerned)?;
    effect.people = after_choice(tx, organization, &people)?;
    Ok(effect)
}
