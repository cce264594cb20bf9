//! What happens to mappings when a group appears, is renamed or goes, and when somebody has the rules run.

use super::alerts::{self, AlertKind};
use super::entities::{self, Entity};
use super::mappings::{self, Flag, Mapping, MappingState};
use super::{Declared, after_choice, applications_of, holds, recompute, rule_sets};
use crate::access::rules::{self, Ordered, Rule, Target};
use crate::error::Result;
use crate::store::directories::groups::Group;
use crate::store::input;
use crate::store::schema::{groups, mappings as rows};
use crate::store::{GroupId, Json, MappingId, OrganizationId, RuleId, Tx, UserId};
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
fn evaluate(
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
        made += follow(tx, group, application, rule, &gone)?;
    }
    Ok(made)
}

/// Makes what a rule gives to a group, or takes up what went with it.
fn follow(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    rule: &Rule,
    gone: &[&Mapping],
) -> Result<usize> {
    let targets: Vec<Option<&Target>> =
        if rule.targets.is_empty() { vec![None] } else { rule.targets.iter().map(Some).collect() };
    let made = targets.len();
    for target in targets {
        let mut mapping = Mapping {
            id: MappingId::new(),
            organization_id: group.organization_id.clone(),
            application_id: application.id.clone(),
            group_id: group.id.clone(),
            entity_id: None,
            proposed: None,
            role: None,
            rule_id: Some(rule.id.parse::<RuleId>()?),
            state: MappingState::Pending,
            flag: None,
            since: None,
            created_at: tx.now,
            updated_at: tx.now,
        };
        match target {
            None if rule.auto_approve => mapping.state = MappingState::AutoApproved,
            None => {}
            Some(target) => aim(tx, group, application, rule, target, &mut mapping)?,
        }
        if mapping.is_placing() {
            mapping.since = Some(tx.now);
        }
        let former = gone.iter().find(|it| it.entity_id == mapping.entity_id);
        match former {
            Some(former) => {
                (mapping.id, mapping.created_at) = (former.id.clone(), former.created_at);
                mappings::save(tx, &mut mapping)?;
            }
            None => mappings::insert(tx, &mut mapping)?,
        }
    }
    Ok(made)
}

/// Finds or makes the entity that a rule means. Where it cannot or must not be, the mapping waits for a person.
fn aim(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    rule: &Rule,
    target: &Target,
    mapping: &mut Mapping,
) -> Result<()> {
    let organization = &group.organization_id;
    let name = &group.display_name;
    let found = if let Some(id) = &target.entity {
        let id = id.parse()?;
        let is_there = entities::is_there(tx.db, organization, &application.id, &target.kind, &id)?;
        if is_there { Some(entities::find(tx.db, organization, &id)?) } else { None }
    } else {
        entities::by_name(tx.db, organization, &application.id, &target.kind, name)?
    };
    mapping.proposed = Some(Json::from(target.clone()));
    if let Some(entity) = &found
        && let Some((_, owner, owner_name)) = mappings::owner(tx.db, &entity.id)?
    {
        mapping.flag = Some(Flag::TargetTaken);
        let data = json!({ "group_id": group.id, "entity": entity.name, "owner": owner, "owner_name": owner_name });
        let subject = mapping.id.to_string();
        return alerts::raise(tx, organization, AlertKind::TargetTaken, &subject, &data);
    }
    let may_be_made = target.entity.is_none()
        && application.model.kind(&target.kind).is_some_and(|kind| kind.auto_create);
    if found.is_none() && !may_be_made {
        mapping.flag = Some(Flag::TargetMissing);
        return Ok(());
    }
    if !rule.auto_approve {
        return Ok(());
    }
    let entity: Entity = if let Some(entity) = found {
        entity
    } else {
        entities::for_group(tx, organization, &application.id, &target.kind, name)?
    };
    mapping.entity_id = Some(entity.id);
    mapping.proposed = None;
    mapping.state = MappingState::AutoApproved;
    Ok(())
}

/// Renames what follows a group's name, and asks the rules again; tells whether that concerns the members.
pub(in crate::store) fn group_renamed(tx: &mut Tx, group: &Group, former: &str) -> Result<bool> {
    if group.is_test {
        return Ok(false);
    }
    let theirs = mappings::of_group(tx.db, &group.id)?;
    let rules = rule_sets::rules(tx.db, &group.organization_id)?;
    let applications = applications_of(tx.db, &group.organization_id)?;
    for mut mapping in theirs {
        let Some(application) = applications.iter().find(|it| it.id == mapping.application_id)
        else {
            continue;
        };
        if mapping.is_placing() {
            rename_entity(tx, group, application, &mapping, former)?;
        }
        let is_open = mapping.state != MappingState::Rejected;
        if let Some(rule) = mapping.rule_id.clone().filter(|_| is_open) {
            ask_again(tx, group, application, &rules, &rule, &mut mapping)?;
        }
    }
    Ok(evaluate(tx, group, &Ordered::new(&rules), &applications)? > 0)
}

/// An entity that has the name of its group gets the new one, unless another has that.
fn rename_entity(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    mapping: &Mapping,
    former: &str,
) -> Result<()> {
    let Some(id) = &mapping.entity_id else { return Ok(()) };
    let entity = entities::find(tx.db, &group.organization_id, id)?;
    let follows = application.model.kind(&entity.kind).is_some_and(|kind| kind.follow_rename);
    if !follows || entity.name_key != input::fold(former) || entity.name == group.display_name {
        return Ok(());
    }
    let (organization, name) = (&group.organization_id, &group.display_name);
    let named = entities::by_name(tx.db, organization, &application.id, &entity.kind, name)?;
    match named.filter(|other| other.id != entity.id) {
        None => entities::rename(tx, entity, name).map(drop),
        Some(other) => {
            let data = json!({ "group_id": group.id, "name": name, "other": other.id });
            alerts::raise(tx, organization, AlertKind::NameTaken, entity.id.as_str(), &data)
        }
    }
}

/// Asks the rules about a mapping that one of them made, since its group has another name. Its members stay where they
/// are.
fn ask_again(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    rules: &[Rule],
    rule: &RuleId,
    mapping: &mut Mapping,
) -> Result<()> {
    let stand =
        |it: &Mapping| (it.state, it.flag, it.rule_id.clone(), it.proposed.as_deref().cloned());
    let before = stand(mapping);
    match rules::first(rules, application.id.as_str(), &group.display_name) {
        Some(first) if first.id == rule.as_str() => {
            if mapping.flag == Some(Flag::RuleChanged) {
                (mapping.state, mapping.proposed) = (MappingState::AutoApproved, None);
            }
            let is_over =
                |flag: &Flag| matches!(flag, Flag::RuleNoLongerMatches | Flag::RuleChanged);
            mapping.flag = mapping.flag.filter(|flag| !is_over(flag));
        }
        Some(other) => {
            mapping.proposed = other.targets.first().cloned().map(Json::from);
            if mapping.is_placing() {
                // Place and role are those of the former rule until a person decides.
                (mapping.state, mapping.flag) = (MappingState::Pending, Some(Flag::RuleChanged));
            } else {
                mapping.rule_id = Some(other.id.parse()?);
            }
        }
        None if mapping.flag.is_none() => mapping.flag = Some(Flag::RuleNoLongerMatches),
        None => {}
    }
    if before == stand(mapping) {
        return Ok(());
    }
    mappings::save(tx, mapping)
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
    let mapped: Vec<GroupId> = rows::table
        .filter(rows::organization_id.eq(organization))
        .filter(rows::rule_id.is_not_null())
        .select(rows::group_id)
        .distinct()
        .load(tx.db)?;
    let people = recompute::concerned(tx.db, organization, &mapped)?;
    effect.people = after_choice(tx, organization, &people)?;
    Ok(effect)
}
