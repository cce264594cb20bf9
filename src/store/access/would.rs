//! Mappings and entities as they would be after a change that a preview is asked about.

mod ground;
mod told;

use super::entities::{self, Entity};
use super::facts::{Placing, Supposed, placing_by};
use super::mappings::{self, Mapping, MappingPatch, MappingState, NewMapping};
use super::run::Gone;
use super::{Declared, held, recompute, rule_sets, run};
use crate::access::rules::{Ordered, Rule};
use crate::error::{Error, Result};
use crate::store::directories::groups::Group;
use crate::store::schema::{groups, mappings as rows};
use crate::store::{ApplicationId, Db, EntityId, GroupId, MappingId, OrganizationId, Time, UserId};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// By group what its mappings give: place, role, and whether to members. What went with its group gives nothing, but something
/// may be held by it.
type Gives = HashMap<GroupId, Vec<(MappingId, Option<EntityId>, Option<String>, bool)>>;

/// Mappings and entities as they would be.
pub(super) struct Would {
    organization: OrganizationId,
    rules: Vec<Rule>,
    now: Time,
    groups: Vec<Group>,
    /// All mappings, in the order of their IDs.
    rows: Vec<Mapping>,
    /// Where a mapping is in `rows`.
    at: HashMap<MappingId, usize>,
    /// Which of `rows` has an entity.
    owners: HashMap<EntityId, usize>,
    entities: HashMap<EntityId, Entity>,
    by_key: HashMap<String, EntityId>,
    /// By application, type and name.
    by_name: HashMap<(ApplicationId, String, String), EntityId>,
    names: HashMap<GroupId, String>,
    /// What groups give now.
    gave: Gives,
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
        let mappings: Vec<Mapping> =
            rows::table.filter(rows::organization_id.eq(organization)).order(rows::id).load(db)?;
        let mut would = Self {
            organization: organization.clone(),
            rules,
            now,
            names: groups.iter().map(|it| (it.id.clone(), it.display_name.clone())).collect(),
            groups,
            rows: Vec::with_capacity(mappings.len()),
            at: HashMap::new(),
            owners: HashMap::new(),
            entities: HashMap::new(),
            by_key: HashMap::new(),
            by_name: HashMap::new(),
            gave: Gives::new(),
        };
        for entity in entities::all_of(db, organization)? {
            would.know(entity);
        }
        for mapping in mappings {
            would.put(mapping);
        }
        would.gave = would.gives(&rule_sets::rules(db, organization)?);
        Ok(would)
    }

    fn know(&mut self, entity: Entity) {
        let name = (entity.application_id.clone(), entity.kind.clone(), entity.name_key.clone());
        self.by_name.insert(name, entity.id.clone());
        self.by_key.insert(entity.key.clone(), entity.id.clone());
        self.entities.insert(entity.id.clone(), entity);
    }

    /// Adds a mapping, or has it be another than it was.
    fn put(&mut self, mapping: Mapping) {
        let at = self.at.get(&mapping.id).copied().unwrap_or(self.rows.len());
        let former = self.rows.get(at).and_then(|it| it.entity_id.as_ref());
        if let Some(former) = former.filter(|id| self.owners.get(*id) == Some(&at)) {
            self.owners.remove(former);
        }
        if let Some(entity) = &mapping.entity_id
            && mapping.state != MappingState::Rejected
        {
            self.owners.insert(entity.clone(), at);
        }
        if let Some(row) = self.rows.get_mut(at) {
            *row = mapping;
        } else {
            self.at.insert(mapping.id.clone(), at);
            self.rows.push(mapping);
        }
    }

    /// A person would approve, reject or move a mapping.
    pub(super) fn decide(
        &mut self,
        applications: &[Declared],
        id: &MappingId,
        patch: &MappingPatch,
    ) -> Result<()> {
        let missing = || Error::not_found("mapping", id.as_str());
        let row = self.at.get(id).and_then(|at| self.rows.get(*at));
        let mut mapping = row.cloned().ok_or_else(missing)?;
        let application = applications.iter().find(|it| it.id == mapping.application_id);
        let application = application
            .ok_or_else(|| Error::not_found("application", mapping.application_id.as_str()))?;
        let now = self.now;
        mappings::decide(self, application, &mut mapping, patch.clone(), now)?;
        self.put(mapping);
        Ok(())
    }

    /// A person would make a mapping.
    pub(super) fn make(&mut self, application: &Declared, new: &NewMapping) -> Result<()> {
        let (organization, now) = (self.organization.clone(), self.now);
        let mapping = mappings::by_hand(self, &organization, application, new.clone(), now)?;
        self.put(mapping);
        Ok(())
    }

    /// The rules would run on every group that has no mapping; tells how many they would make.
    pub(super) fn run(&mut self, applications: &[Declared]) -> Result<usize> {
        let mut there: HashMap<(GroupId, ApplicationId), Vec<Mapping>> = HashMap::new();
        for mapping in &self.rows {
            let of = (mapping.group_id.clone(), mapping.application_id.clone());
            there.entry(of).or_default().push(mapping.clone());
        }
        let rules = self.rules.clone();
        let ordered = Ordered::new(&rules);
        let mut made = 0;
        for group in self.groups.clone() {
            for application in applications {
                let of = (group.id.clone(), application.id.clone());
                let theirs: Vec<&Mapping> = there.get(&of).into_iter().flatten().collect();
                let Some(gone) = run::gone(&theirs) else { continue };
                if let Some(rule) = ordered.first(application.id.as_str(), &group.display_name) {
                    made += self.follow(&group, application, rule, gone)?;
                }
            }
        }
        Ok(made)
    }

    fn follow(
        &mut self,
        group: &Group,
        application: &Declared,
        rule: &Rule,
        mut gone: Gone,
    ) -> Result<usize> {
        let (targets, now) = (gone.places(self, application, rule, &group.display_name)?, self.now);
        for target in &targets {
            let of = (&group.organization_id, &group.id, group.display_name.as_str());
            let (mut mapping, _) = mappings::by_rule(self, application, rule, *target, of, now)?;
            gone.take_up(&mut mapping);
            self.put(mapping);
        }
        Ok(targets.len())
    }

    /// Mappings, each with the type of its entity.
    fn with_kinds(&self) -> Vec<(Mapping, Option<String>)> {
        let kind = |it: &Mapping| {
            it.entity_id.as_ref().and_then(|id| self.entities.get(id)).map(|it| it.kind.clone())
        };
        self.rows.iter().map(|it| (it.clone(), kind(it))).collect()
    }

    /// What stands by these rules.
    fn standing(&self, rules: &[Rule]) -> Vec<Placing> {
        held::standing_by(self.with_kinds(), rules)
    }

    pub(super) fn supposed(&self) -> Supposed {
        let mut supposed = Supposed::default();
        for placing in placing_by(self.with_kinds(), &self.rules) {
            supposed.mappings.entry(placing.group_id.clone()).or_default().push(placing);
        }
        let standing = self.standing(&self.rules).into_iter();
        supposed.standing = standing.map(|it| (it.id.clone(), it)).collect();
        supposed
    }

    fn gives(&self, rules: &[Rule]) -> Gives {
        let is_placing = |id: &MappingId| {
            self.at.get(id).and_then(|at| self.rows.get(*at)).is_some_and(Mapping::is_placing)
        };
        let mut all = Gives::new();
        for it in self.standing(rules) {
            let is_placing = is_placing(&it.id);
            let gives = (it.id, it.entity.map(|(id, _)| id), it.role, is_placing);
            all.entry(it.group_id).or_default().push(gives);
        }
        all
    }

    /// Whom the groups concern whose mappings would give something else.
    pub(super) fn concerned(
        &self,
        db: &mut Db,
        organization: &OrganizationId,
    ) -> Result<Vec<UserId>> {
        let then = self.gives(&self.rules);
        let groups: HashSet<&GroupId> = self.gave.keys().chain(then.keys()).collect();
        let others: Vec<GroupId> = groups
            .into_iter()
            .filter(|group| self.gave.get(*group) != then.get(*group))
            .cloned()
            .collect();
        recompute::concerned(db, organization, &others)
    }
}
