//! Mappings and entities as they would be after a change that a preview is asked about.

mod told;

use super::Declared;
use super::entities::{self, Entity};
use super::facts::{Placing, Supposed, placing, placing_by};
use super::mappings::{self, Flag, Mapping, MappingPatch, MappingState, NewMapping, Place};
use super::recompute;
use crate::access::rules::{Ordered, Rule, Target};
use crate::error::{Error, Result};
use crate::store::directories::groups::Group;
use crate::store::schema::{entities as places, groups, mappings as mapping_rows};
use crate::store::{
    ApplicationId, Db, EntityId, GroupId, Json, MappingId, OrganizationId, RuleId, Time, UserId,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

fn named(entity: &Entity) -> (ApplicationId, String, String) {
    (entity.application_id.clone(), entity.kind.clone(), entity.name_key.clone())
}

/// Mappings and entities as they would be.
pub(super) struct Would {
    organization: OrganizationId,
    rules: Vec<Rule>,
    now: Time,
    groups: Vec<Group>,
    rows: Vec<(Mapping, Option<String>)>,
    entities: HashMap<EntityId, Entity>,
    /// By application, type and name.
    by_name: HashMap<(ApplicationId, String, String), EntityId>,
    /// What belongs to a group while the rules run.
    owned: HashSet<EntityId>,
    names: HashMap<GroupId, String>,
}

impl Would {
    pub(super) fn new(
        db: &mut Db,
        organization: &OrganizationId,
        rules: Vec<Rule>,
        now: Time,
    ) -> Result<Self> {
        let groups: Vec<Group> = groups::table
            .filter(groups::organization_id.eq(organization))
            .filter(groups::deleted_at.is_null())
            .filter(groups::is_test.eq(false))
            .order(groups::id)
            .load(db)?;
        let rows: Vec<(Mapping, Option<String>)> = mapping_rows::table
            .left_join(places::table)
            .filter(mapping_rows::organization_id.eq(organization))
            .order(mapping_rows::id)
            .select((mapping_rows::all_columns, places::kind.nullable()))
            .load(db)?;
        let entities = entities::all_of(db, organization)?;
        Ok(Self {
            organization: organization.clone(),
            rules,
            now,
            names: groups.iter().map(|it| (it.id.clone(), it.display_name.clone())).collect(),
            groups,
            rows,
            by_name: entities.iter().map(|it| (named(it), it.id.clone())).collect(),
            entities: entities.into_iter().map(|it| (it.id.clone(), it)).collect(),
            owned: HashSet::new(),
        })
    }

    /// A person would approve, reject or move a mapping, as [`mappings::change`] does it.
    pub(super) fn decide(
        &mut self,
        applications: &[Declared],
        id: &MappingId,
        patch: &MappingPatch,
    ) -> Result<()> {
        let missing = || Error::not_found("mapping", id.as_str());
        let at = self.rows.iter().position(|(it, _)| it.id == *id).ok_or_else(missing)?;
        let (mut mapping, mut kind) = self.rows.get(at).cloned().ok_or_else(missing)?;
        let application = applications.iter().find(|it| it.id == mapping.application_id);
        let application = application.ok_or_else(missing)?;
        let name = self.names.get(&mapping.group_id).cloned().unwrap_or_default();
        if let Some(role) = &patch.role {
            mappings::check_role(application, role.as_deref())?;
            mapping.role.clone_from(role);
        }
        if let Some(place) = &patch.place {
            let entity = self.arrive(application, &name, place)?;
            kind = entity.as_ref().and_then(|id| self.entities.get(id)).map(|it| it.kind.clone());
            (mapping.entity_id, mapping.proposed, mapping.flag) = (entity, None, None);
            self.refuse_owned(&mapping)?;
        } else if patch.is_approved == Some(true) {
            if mapping.flag == Some(Flag::RuleChanged) {
                mappings::follow_rule(&mut mapping, &self.rules, &name)?;
            }
            if let Some(target) = mapping.proposed.take() {
                mapping.entity_id = Some(self.entity(&mapping.application_id, &target, &name));
                kind = Some(target.kind.clone());
            }
            mapping.flag = None;
        }
        match patch.is_approved {
            Some(false) => mapping.state = MappingState::Rejected,
            Some(true) => mapping.state = MappingState::Approved,
            None if patch.place.is_some() => mapping.state = MappingState::Approved,
            None => {}
        }
        if mapping.is_placing() && (mapping.since.is_none() || patch.place.is_some()) {
            mapping.since = Some(self.now);
        }
        if let Some(row) = self.rows.get_mut(at) {
            *row = (mapping, kind);
        }
        Ok(())
    }

    /// A person would make a mapping, as [`mappings::create`] does it.
    pub(super) fn make(&mut self, application: &Declared, new: &NewMapping) -> Result<()> {
        new.check(application)?;
        let name = self.names.get(&new.group).cloned();
        let name = name.ok_or_else(|| Error::not_found("group", new.group.as_str()))?;
        let entity = self.arrive(application, &name, &new.place)?;
        let kind = entity.as_ref().and_then(|id| self.entities.get(id)).map(|it| it.kind.clone());
        let mapping = Mapping {
            id: MappingId::new(),
            organization_id: self.organization.clone(),
            application_id: application.id.clone(),
            group_id: new.group.clone(),
            entity_id: entity,
            proposed: None,
            role: new.role.clone(),
            rule_id: None,
            state: MappingState::Approved,
            flag: None,
            since: Some(self.now),
            created_at: self.now,
            updated_at: self.now,
        };
        self.refuse_owned(&mapping)?;
        self.rows.push((mapping, kind));
        Ok(())
    }

    /// The entity that a person would mean.
    fn arrive(
        &mut self,
        application: &Declared,
        group: &str,
        place: &Place,
    ) -> Result<Option<EntityId>> {
        match place {
            Place::Nowhere => Ok(None),
            Place::Key(key) => {
                let fits = |it: &&Entity| it.application_id == application.id && it.key == *key;
                let found = self.entities.values().find(fits);
                let id = found.map(|it| it.id.clone());
                id.map(Some).ok_or_else(|| Error::not_found("entity", key.as_str()))
            }
            Place::Named { kind, name } => {
                mappings::check_kind(application, kind)?;
                let target = Target { kind: kind.clone(), entity: None };
                let name = name.as_deref().unwrap_or(group);
                Ok(Some(self.entity(&application.id, &target, name)))
            }
        }
    }

    /// One entity has at most one group.
    fn refuse_owned(&self, mapping: &Mapping) -> Result<()> {
        let Some(entity) = &mapping.entity_id else { return Ok(()) };
        let is_others = |(it, _): &&(Mapping, Option<String>)| {
            it.id != mapping.id
                && it.state != MappingState::Rejected
                && it.entity_id.as_ref() == Some(entity)
        };
        let Some((other, _)) = self.rows.iter().find(is_others) else { return Ok(()) };
        let place = self.entities.get(entity).map_or(entity.as_str(), |it| &it.name);
        let group = self.names.get(&other.group_id).map_or("", String::as_str);
        Err(mappings::owned(place, group, &other.group_id))
    }

    /// The rules would run on every group that has no mapping; tells how many they would make.
    pub(super) fn run(&mut self, applications: &[Declared]) -> Result<usize> {
        let is_live = |row: &&(Mapping, Option<String>)| row.0.state != MappingState::Rejected;
        let owned = self.rows.iter().filter(is_live).filter_map(|(it, _)| it.entity_id.clone());
        self.owned = owned.collect();
        let there = self.rows.iter().filter(|(it, _)| it.flag != Some(Flag::GroupDeleted));
        let mapped: HashSet<(GroupId, ApplicationId)> =
            there.map(|(it, _)| (it.group_id.clone(), it.application_id.clone())).collect();
        let rules = self.rules.clone();
        let ordered = Ordered::new(&rules);
        let mut made = 0;
        for group in self.groups.clone() {
            for application in applications {
                if mapped.contains(&(group.id.clone(), application.id.clone())) {
                    continue;
                }
                if let Some(rule) = ordered.first(application.id.as_str(), &group.display_name) {
                    made += self.follow(&group, application, rule)?;
                }
            }
        }
        Ok(made)
    }

    fn follow(&mut self, group: &Group, application: &Declared, rule: &Rule) -> Result<usize> {
        let targets: Vec<Option<&Target>> = if rule.targets.is_empty() {
            vec![None]
        } else {
            rule.targets.iter().map(Some).collect()
        };
        for target in &targets {
            let entity = target.and_then(|target| self.aimed(group, application, target));
            let is_stuck = target.is_some() && entity.is_none();
            let is_placing = rule.auto_approve && !is_stuck;
            if let Some(entity) = entity.as_ref().filter(|_| is_placing) {
                self.owned.insert(entity.clone());
            }
            let mapping = Mapping {
                id: MappingId::new(),
                organization_id: group.organization_id.clone(),
                application_id: application.id.clone(),
                group_id: group.id.clone(),
                entity_id: entity.filter(|_| is_placing),
                proposed: target.cloned().map(Json::from),
                role: None,
                rule_id: Some(rule.id.parse::<RuleId>()?),
                state: if is_placing { MappingState::AutoApproved } else { MappingState::Pending },
                flag: None,
                since: Some(self.now),
                created_at: self.now,
                updated_at: self.now,
            };
            self.rows.push((mapping, target.map(|target| target.kind.clone())));
        }
        Ok(targets.len())
    }

    /// The entity that a rule would give to a group, if it could.
    fn aimed(
        &mut self,
        group: &Group,
        application: &Declared,
        target: &Target,
    ) -> Option<EntityId> {
        let is_there = self.named(&application.id, target, &group.display_name);
        let may_be_made = target.entity.is_none()
            && application.model.kind(&target.kind).is_some_and(|kind| kind.auto_create);
        let id = match is_there {
            Some(id) => id,
            None if may_be_made => self.entity(&application.id, target, &group.display_name),
            None => return None,
        };
        (!self.owned.contains(&id)).then_some(id)
    }

    fn named(&self, application: &ApplicationId, target: &Target, name: &str) -> Option<EntityId> {
        let Some(id) = &target.entity else {
            let key = crate::store::input::fold(name);
            return self.by_name.get(&(application.clone(), target.kind.clone(), key)).cloned();
        };
        let entity = self.entities.get(&id.parse().ok()?)?;
        let fits = entity.application_id == *application && entity.kind == target.kind;
        fits.then(|| entity.id.clone())
    }

    /// The entity that a target means, supposed to be made if it is not there.
    fn entity(&mut self, application: &ApplicationId, target: &Target, name: &str) -> EntityId {
        if let Some(id) = self.named(application, target, name) {
            return id;
        }
        let id = EntityId::new();
        let entity = Entity {
            id: id.clone(),
            organization_id: self.organization.clone(),
            application_id: application.clone(),
            kind: target.kind.clone(),
            key: id.to_string(),
            name: name.to_owned(),
            name_key: crate::store::input::fold(name),
            external_id: None,
            is_default: false,
            created_at: self.now,
            updated_at: self.now,
        };
        self.by_name.insert(named(&entity), id.clone());
        self.entities.insert(id.clone(), entity);
        id
    }

    fn placing(&self) -> Vec<Placing> {
        let rows = self.rows.iter().filter(|(it, _)| it.state != MappingState::Rejected);
        placing_by(rows.cloned().collect(), &self.rules)
    }

    pub(super) fn supposed(&self) -> Supposed {
        let mut supposed = Supposed::default();
        for placing in self.placing() {
            supposed.mappings.entry(placing.group_id.clone()).or_default().push(placing);
        }
        supposed
    }

    /// Whom the groups concern whose mappings would be others.
    pub(super) fn concerned(
        &self,
        db: &mut Db,
        organization: &OrganizationId,
    ) -> Result<Vec<UserId>> {
        type Gives = HashMap<GroupId, Vec<(MappingId, Option<EntityId>, Option<String>)>>;
        let gives = |list: Vec<Placing>| {
            let mut all: Gives = HashMap::new();
            for it in list {
                let gives = (it.id, it.entity.map(|(id, _)| id), it.role);
                all.entry(it.group_id).or_default().push(gives);
            }
            all
        };
        let (now, then) = (gives(placing(db, organization, None)?), gives(self.placing()));
        let groups: HashSet<&GroupId> = now.keys().chain(then.keys()).collect();
        let others: Vec<GroupId> = groups
            .into_iter()
            .filter(|group| now.get(*group) != then.get(*group))
            .cloned()
            .collect();
        recompute::concerned(db, organization, &others)
    }
}
