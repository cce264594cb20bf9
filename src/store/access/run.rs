//! What happens to mappings when a group appears or goes, and when somebody has the rules run.

use super::alerts::{self, AlertKind};
use super::mappings::{self, Flag, Ground, Mapping, MappingState, Owned, Real};
use super::{Declared, after_choice, applications_of, holds, recompute, renames, rule_sets};
use crate::access::rules::{Ordered, Rule, Target};
use crate::error::Result;
use crate::store::directories::groups::Group;
use crate::store::schema::{groups, mappings as rows};
use crate::store::{ConnectionId, EntityId, GroupId, MappingId, OrganizationId, Tx, UserId};
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

/// Runs the rules for a group that a directory made or restored; tells how many mappings that made. What waited for a
/// person to pick a place waits again.
pub(in crate::store) fn group_appeared(tx: &mut Tx, group: &Group) -> Result<usize> {
    if group.is_test {
        return Ok(0);
    }
    for mut mapping in mappings::of_group(tx.db, &group.id)? {
        if mapping.state == MappingState::Rejected && mapping.is_blocked() {
            mapping.state = MappingState::Pending;
            mappings::save(tx, &mut mapping)?;
        }
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
        let theirs: Vec<&Mapping> =
            there.iter().filter(|it| it.application_id == application.id).collect();
        let Some(gone) = gone(&theirs) else { continue };
        let Some(rule) = rules.first(application.id.as_str(), &group.display_name) else {
            continue;
        };
        made += follow(tx, group, application, rule, gone)?;
    }
    Ok(made)
}

/// What went with a group and may come back with it by a rule.
pub(super) struct Gone<'a> {
    mappings: Vec<&'a Mapping>,
    /// The group has a mapping whose entity was deleted: nothing else is made before a person has picked a place for it.
    is_blocked: bool,
}

impl Gone<'_> {
    /// The places of a rule by which a mapping is made or taken up.
    pub(super) fn places<'r>(
        &self,
        ground: &mut impl Ground,
        application: &Declared,
        rule: &'r Rule,
        name: &str,
    ) -> Result<Vec<Option<&'r Target>>> {
        let mut all = Vec::new();
        for target in places(rule) {
            let leads = match target {
                _ if !self.is_blocked => true,
                Some(target) => {
                    let entity = mappings::meant(ground, application, target, name)?;
                    entity.is_some_and(|it| self.leads_to(Some(&it.id)))
                }
                None => self.leads_to(None),
            };
            if leads {
                all.push(target);
            }
        }
        Ok(all)
    }

    fn leads_to(&self, entity: Option<&EntityId>) -> bool {
        self.mappings.iter().any(|it| it.entity_id.as_ref() == entity)
    }

    /// Takes up one of them, as [`take_up`].
    pub(super) fn take_up(&mut self, mapping: &mut Mapping) -> bool {
        take_up(mapping, &mut self.mappings)
    }
}

/// What of a group's mappings in an application may come back by a rule; none: a mapping is there, or a person has
/// rejected one, and no rule overwrites that.
pub(super) fn gone<'a>(theirs: &[&'a Mapping]) -> Option<Gone<'a>> {
    let is_gone = |it: &Mapping| it.flag == Some(Flag::GroupDeleted);
    if theirs.iter().any(|it| !is_gone(it) && !it.is_blocked()) {
        return None;
    }
    let (gone, blocked): (Vec<&Mapping>, Vec<&Mapping>) = theirs.iter().partition(|it| is_gone(it));
    Some(Gone { mappings: gone, is_blocked: !blocked.is_empty() })
}

/// Makes what a rule gives to a group, or takes up what went with it.
fn follow(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    rule: &Rule,
    mut gone: Gone,
) -> Result<usize> {
    let mut ground = Real { tx: &mut *tx, organization: &group.organization_id };
    let targets = gone.places(&mut ground, application, rule, &group.display_name)?;
    let made = targets.len();
    for target in targets {
        put(tx, group, application, rule, target, &mut gone.mappings)?;
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
fn take_up(mapping: &mut Mapping, gone: &mut Vec<&Mapping>) -> bool {
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
        let organization = &group.organization_id;
        alerts::over(tx, organization, AlertKind::TargetTaken, &[mapping.id.as_str()])?;
        mapping.state = MappingState::Rejected;
        // That its entity was deleted is not forgotten: the group may come back.
        mapping.flag =
            Some(mapping.flag.filter(|_| mapping.is_blocked()).unwrap_or(Flag::GroupDeleted));
        mapping.since = None;
        mappings::save(tx, &mut mapping)?;
    }
    renames::names_settled(tx, &group.organization_id)?;
    if recompute::is_by_directory(tx) {
        return Ok(Vec::new());
    }
    let people = holds::let_go(tx, &group.organization_id, &group.id)?;
    Ok(people.into_iter().collect())
}

/// Ends the alerts of groups whose rows are about to go, with their mappings: there is nothing left to decide.
pub(in crate::store) fn groups_forgotten(
    tx: &mut Tx,
    organization: &OrganizationId,
    groups: &[&GroupId],
) -> Result<()> {
    for some in groups.chunks(alerts::AT_ONCE) {
        let theirs = rows::table.filter(rows::group_id.eq_any(some));
        let mappings: Vec<MappingId> = theirs.select(rows::id).order(rows::id).load(tx.db)?;
        let mappings: Vec<&str> = mappings.iter().map(MappingId::as_str).collect();
        for kind in [AlertKind::TargetDeleted, AlertKind::TargetTaken] {
            alerts::over(tx, organization, kind, &mappings)?;
        }
    }
    renames::forgotten(tx, organization, groups)
}

/// The same for all groups of a connection whose row is about to go.
pub(in crate::store) fn directory_forgotten(
    tx: &mut Tx,
    organization: &OrganizationId,
    connection: &ConnectionId,
) -> Result<()> {
    let mapped = rows::table.inner_join(groups::table).filter(groups::connection_id.eq(connection));
    let mapped: Vec<GroupId> = mapped.select(rows::group_id).distinct().load(tx.db)?;
    groups_forgotten(tx, organization, &mapped.iter().collect::<Vec<_>>())
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
