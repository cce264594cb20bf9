//! What happens to mappings when a group is renamed: nobody is lost.

use super::alerts::{self, Alert, AlertKind};
use super::entities::{self, Entity};
use super::mappings::{self, Flag, Mapping, MappingState};
use super::{Declared, applications_of, rule_sets, run};
use crate::access::rules::{self, Ordered, Rule, Target};
use crate::error::Result;
use crate::store::directories::groups::Group;
use crate::store::{Db, EntityId, GroupId, Json, OrganizationId, RuleId, Tx, input};
use serde_json::{Value, json};
use std::collections::HashSet;

/// A mapping, and the type of the entity that it leads to.
type Led = (Mapping, Option<String>);
/// One of the places of a rule; none: its role alone.
type Given<'a> = Option<&'a Target>;
/// Whether a mapping is to become that of a place.
type Fits<'a> = &'a dyn Fn(&Led, Given<'_>) -> bool;

/// Renames what follows a group's name, and asks the rules again; tells whether that concerns the members.
pub(in crate::store) fn group_renamed(tx: &mut Tx, group: &Group, former: &str) -> Result<bool> {
    if group.is_test {
        return Ok(false);
    }
    let theirs = mappings::of_group(tx.db, &group.id)?;
    let rules = rule_sets::rules(tx.db, &group.organization_id)?;
    let applications = applications_of(tx.db, &group.organization_id)?;
    for application in &applications {
        let mut open: Vec<Led> = Vec::new();
        for (mapping, kind) in follow(tx, group, application, &theirs, former)? {
            if mapping.rule_id.is_some() && mapping.state != MappingState::Rejected {
                open.push((mapping, kind));
            }
        }
        ask_again(tx, group, application, &rules, open)?;
    }
    names_settled(tx, &group.organization_id)?;
    Ok(run::evaluate(tx, group, &Ordered::new(&rules), &applications)? > 0)
}

/// The entities to which a group's mappings place members get its name, whatever they are called, where their type says
/// so. Of several of one type the one that has the group's former name is the first, and then the older mapping's: only one
/// can have the name. Tells the mappings in their order, each with the type of its entity.
fn follow(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    theirs: &[Mapping],
    former: &str,
) -> Result<Vec<Led>> {
    let (mut led, mut places) = (Vec::new(), Vec::new());
    for mapping in theirs.iter().filter(|it| it.application_id == application.id) {
        let found = mapping.entity_id.as_ref();
        let entity =
            found.map(|id| entities::find(tx.db, &group.organization_id, id)).transpose()?;
        led.push((mapping.clone(), entity.as_ref().map(|it| it.kind.clone())));
        places.extend(entity.filter(|_| mapping.is_placing()));
    }
    let former = input::fold(former);
    places.sort_by_key(|it| it.name_key != former);
    for entity in places {
        if application.model.kind(&entity.kind).is_some_and(|kind| kind.follow_rename) {
            rename(tx, group, entity)?;
        }
    }
    Ok(led)
}

/// Gives an entity the name of its group. If another has it the entity keeps its own, and somebody is told; it gets the
/// next one all the same.
fn rename(tx: &mut Tx, group: &Group, entity: Entity) -> Result<()> {
    let (organization, name) = (&group.organization_id, &group.display_name);
    let named = entities::by_name(tx.db, organization, &entity.application_id, &entity.kind, name)?;
    if let Some(other) = named.filter(|other| other.id != entity.id) {
        let data = json!({ "group_id": group.id, "name": name, "other": other.id });
        return alerts::raise(tx, organization, AlertKind::NameTaken, entity.id.as_str(), &data);
    }
    if entity.name != *name {
        entities::rename(tx, entity, name)?;
    }
    Ok(())
}

/// Closes the alerts of names that stand in nobody's way any more.
pub(super) fn names_settled(tx: &mut Tx, organization: &OrganizationId) -> Result<()> {
    let mut over = Vec::new();
    for alert in alerts::open(tx.db, organization, AlertKind::NameTaken)? {
        if !is_in_the_way(tx.db, organization, &alert)? {
            over.push(alert.subject_id);
        }
    }
    let over: Vec<&str> = over.iter().map(String::as_str).collect();
    alerts::over(tx, organization, AlertKind::NameTaken, &over)
}

/// Closes the alerts of names that groups had whose rows are about to go.
pub(super) fn forgotten(
    tx: &mut Tx,
    organization: &OrganizationId,
    groups: &[&GroupId],
) -> Result<()> {
    let gone: HashSet<&str> = groups.iter().map(|id| id.as_str()).collect();
    let open = alerts::open(tx.db, organization, AlertKind::NameTaken)?;
    let is_theirs = |alert: &&Alert| {
        alert.data.get("group_id").and_then(Value::as_str).is_some_and(|id| gone.contains(id))
    };
    let over: Vec<&str> = open.iter().filter(is_theirs).map(|it| it.subject_id.as_str()).collect();
    alerts::over(tx, organization, AlertKind::NameTaken, &over)
}

/// Whether the entity of an alert still belongs to the group that was renamed, and another one has that one's name.
fn is_in_the_way(db: &mut Db, organization: &OrganizationId, alert: &Alert) -> Result<bool> {
    let Ok(id) = alert.subject_id.parse::<EntityId>() else { return Ok(false) };
    let Some((_, group, name)) = mappings::owner(db, &id)? else { return Ok(false) };
    if alert.data.get("group_id") != Some(&json!(group)) {
        return Ok(false);
    }
    let entity = entities::find(db, organization, &id)?;
    let named = entities::by_name(db, organization, &entity.application_id, &entity.kind, &name)?;
    Ok(named.is_some_and(|other| other.id != id))
}

/// Asks the rules about the mappings that rules made, since their group has another name. Members stay where they are.
///
/// Where another rule matches now, each mapping waits to become that of one of its places, and each of its places that is
/// left waits as a mapping of its own.
fn ask_again(
    tx: &mut Tx,
    group: &Group,
    application: &Declared,
    rules: &[Rule],
    open: Vec<Led>,
) -> Result<()> {
    if open.is_empty() {
        return Ok(());
    }
    let first = rules::first(rules, application.id.as_str(), &group.display_name);
    let is_of =
        |it: &Mapping, rule: &Rule| it.rule_id.as_ref().is_some_and(|id| id.as_str() == rule.id);
    let other = first.filter(|rule| !open.iter().any(|(it, _)| is_of(it, rule)));
    let mut left = other.map(run::places).unwrap_or_default();
    let becomes = paired(&open, &mut left);
    for ((mut mapping, _), becomes) in open.into_iter().zip(becomes) {
        let before = stand(&mapping);
        match (first, becomes) {
            (Some(rule), _) if is_of(&mapping, rule) => stay(&mut mapping),
            (Some(rule), Some(target)) => wait(&mut mapping, rule, target)?,
            _ => lose(&mut mapping),
        }
        if before != stand(&mapping) {
            mappings::save(tx, &mut mapping)?;
        }
    }
    let Some(rule) = other else { return Ok(()) };
    let waits = Rule { auto_approve: false, ..rule.clone() };
    for target in left {
        run::put(tx, group, application, &waits, target, &mut Vec::new())?;
    }
    Ok(())
}

/// What of a mapping the rules may make another.
fn stand(it: &Mapping) -> (MappingState, Option<Flag>, Option<RuleId>, Option<Target>) {
    (it.state, it.flag, it.rule_id.clone(), it.proposed.as_deref().cloned())
}

/// Which of a rule's places each mapping is to become: first the one to which it leads, then one of the same type, then
/// what is left in its order. What no mapping becomes stays in `left`.
fn paired<'a>(open: &[Led], left: &mut Vec<Given<'a>>) -> Vec<Option<Given<'a>>> {
    let leads = |(it, _): &Led, target: Given<'_>| {
        let wanted = target.and_then(|target| target.entity.as_deref());
        wanted.is_some() && wanted == it.entity_id.as_ref().map(EntityId::as_str)
    };
    let is_alike = |(_, kind): &Led, target: Given<'_>| {
        target.is_some_and(|target| Some(&target.kind) == kind.as_ref())
    };
    let fits: [Fits<'_>; 3] = [&leads, &is_alike, &|_, _| true];
    let mut becomes = vec![None; open.len()];
    for fit in fits {
        for (led, becomes) in open.iter().zip(&mut becomes).filter(|(_, it)| it.is_none()) {
            let at = left.iter().position(|target| fit(led, *target));
            *becomes = at.map(|at| left.remove(at));
        }
    }
    becomes
}

/// The same rule matches as before.
fn stay(mapping: &mut Mapping) {
    if mapping.flag == Some(Flag::RuleChanged) {
        (mapping.state, mapping.proposed) = (MappingState::AutoApproved, None);
    }
    let is_over = |flag: &Flag| matches!(flag, Flag::RuleNoLongerMatches | Flag::RuleChanged);
    mapping.flag = mapping.flag.filter(|flag| !is_over(flag));
}

/// No rule has anything for it: it stays as it was made.
fn lose(mapping: &mut Mapping) {
    if mapping.flag == Some(Flag::RuleChanged) {
        (mapping.state, mapping.proposed) = (MappingState::AutoApproved, None);
    } else if mapping.flag.is_some() {
        return;
    }
    mapping.flag = Some(Flag::RuleNoLongerMatches);
}

/// Another rule matches: place and role are those of the former one until a person decides.
fn wait(mapping: &mut Mapping, rule: &Rule, target: Option<&Target>) -> Result<()> {
    mapping.proposed = target.cloned().map(Json::from);
    if mapping.is_placing() {
        (mapping.state, mapping.flag) = (MappingState::Pending, Some(Flag::RuleChanged));
    } else {
        mapping.rule_id = Some(rule.id.parse()?);
    }
    Ok(())
}
