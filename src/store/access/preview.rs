//! What a change of rules or mappings would do, before it is done. Nothing is written.

use super::entities::{self, Entity};
use super::facts::{Placing, Supposed, placing, placing_by};
use super::mappings::{self, Flag, Mapping, MappingState};
use super::recompute::{self, Delta};
use super::rule_sets::{self, NewRule};
use super::{Declared, applications_of};
use crate::access::person::Source;
use crate::access::rules::{self, Rule, Target};
use crate::error::Result;
use crate::store::directories::groups::Group;
use crate::store::schema::{entities as places, groups, mappings as mapping_rows};
use crate::store::{
    ApplicationId, Db, EntityId, GroupId, Json, MappingId, OrganizationId, RuleId, Time, UserId,
};
use diesel::prelude::*;
use std::collections::{HashMap, HashSet};

/// How many people a preview names; it counts all.
pub const MOST_NAMED: usize = 500;
/// After how many people it is said how far a preview is.
const AT_ONCE: usize = 2_000;

/// What is asked about.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The rules as they would be; none: as they are.
    pub rules: Option<Vec<NewRule>>,
    /// Mappings that would be approved (true) or rejected (false).
    pub mappings: Vec<(MappingId, bool)>,
}

/// What would happen.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// To apply exactly this, send it as `If-Match`.
    pub version: String,
    /// How many mappings would be made.
    pub mappings: usize,
    /// How many people would gain something.
    pub gain: usize,
    /// How many would lose something.
    pub lose: usize,
    /// How many would have another role.
    pub role: usize,
    /// For how many of those concerned nothing would change.
    pub same: usize,
    /// How many conflicts would be new.
    pub conflicts: usize,
    /// The people for whom something would change, losses first, at most [`MOST_NAMED`].
    pub people: Vec<Line>,
}

/// What would change for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub user_id: UserId,
    /// In which application.
    pub application_id: ApplicationId,
    /// Whether the person would lose something.
    pub is_loss: bool,
    /// What they have.
    pub before: Having,
    /// What they would have.
    pub after: Having,
    /// Why, in words: one line for each thing they would have.
    pub because: Vec<String>,
}

/// Role and places.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Having {
    /// The key of the role.
    pub role: Option<String>,
    /// The places: type and name.
    pub entities: Vec<(String, String)>,
}

/// Finds out what would happen. `noted` hears of how many people it is known, of how many.
pub fn preview(
    db: &mut Db,
    organization: &OrganizationId,
    asked: Asked,
    now: Time,
    noted: &mut dyn FnMut(usize, usize) -> Result<()>,
) -> Result<Preview> {
    let version = rule_sets::version(db, organization)?;
    let applications = applications_of(db, organization)?;
    let rules = match asked.rules {
        Some(new) => rule_sets::checked(db, organization, new, now)?,
        None => rule_sets::rules(db, organization)?,
    };
    let mut would = Would::new(db, organization, rules, now)?;
    for (id, is_approved) in &asked.mappings {
        would.decide(id, *is_approved)?;
    }
    let made = would.run(&applications)?;
    let people = would.concerned(db, organization)?;
    let supposed = would.supposed();
    let mut deltas = Vec::new();
    for (at, some) in people.chunks(AT_ONCE).enumerate() {
        noted(at * AT_ONCE, people.len())?;
        let found = recompute::deltas(db, organization, &applications, some, Some(&supposed), now)?;
        deltas.extend(found);
    }
    let preview = Preview { version, mappings: made, ..Preview::default() };
    Ok(would.told(preview, people.len(), &deltas))
}

/// Mappings and entities as they would be.
struct Would {
    organization: OrganizationId,
    rules: Vec<Rule>,
    now: Time,
    groups: Vec<Group>,
    rows: Vec<(Mapping, Option<String>)>,
    entities: HashMap<EntityId, Entity>,
    owned: HashSet<EntityId>,
    names: HashMap<GroupId, String>,
}

impl Would {
    fn new(
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
        let is_live = |row: &&(Mapping, Option<String>)| row.0.state != MappingState::Rejected;
        let owned =
            rows.iter().filter(is_live).filter_map(|(it, _)| it.entity_id.clone()).collect();
        let entities = entities::all_of(db, organization)?;
        Ok(Self {
            organization: organization.clone(),
            rules,
            now,
            names: groups.iter().map(|it| (it.id.clone(), it.display_name.clone())).collect(),
            groups,
            rows,
            entities: entities.into_iter().map(|it| (it.id.clone(), it)).collect(),
            owned,
        })
    }

    /// A person would approve or reject a mapping.
    fn decide(&mut self, id: &MappingId, is_approved: bool) -> Result<()> {
        let Some(at) = self.rows.iter().position(|(it, _)| it.id == *id) else { return Ok(()) };
        let Some((mut mapping, mut kind)) = self.rows.get(at).cloned() else { return Ok(()) };
        if is_approved {
            let name = self.names.get(&mapping.group_id).cloned().unwrap_or_default();
            if mapping.flag == Some(Flag::RuleChanged) {
                mappings::follow_rule(&mut mapping, &self.rules, &name)?;
            }
            mapping.state = MappingState::Approved;
            mapping.flag = None;
            mapping.since = Some(self.now);
            if let Some(target) = mapping.proposed.take() {
                let application = mapping.application_id.clone();
                let entity = self.entity(&application, &target, &name);
                kind = Some(target.kind.clone());
                mapping.entity_id = Some(entity);
            }
        } else {
            mapping.state = MappingState::Rejected;
        }
        if let Some(row) = self.rows.get_mut(at) {
            *row = (mapping, kind);
        }
        Ok(())
    }

    /// The rules would run on every group that has no mapping; tells how many they would make.
    fn run(&mut self, applications: &[Declared]) -> Result<usize> {
        let mut made = 0;
        for group in self.groups.clone() {
            for application in applications {
                let is_mapped = self.rows.iter().any(|(it, _)| {
                    it.group_id == group.id
                        && it.application_id == application.id
                        && it.flag != Some(Flag::GroupDeleted)
                });
                let id = application.id.as_str();
                let rule = rules::first(&self.rules, id, &group.display_name).cloned();
                if let Some(rule) = rule.filter(|_| !is_mapped) {
                    made += self.follow(&group, application, &rule)?;
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
        let key = crate::store::input::fold(name);
        let fits = |it: &&Entity| {
            it.application_id == *application
                && it.kind == target.kind
                && match &target.entity {
                    Some(id) => it.id.as_str() == id,
                    None => it.name_key == key,
                }
        };
        self.entities.values().find(fits).map(|it| it.id.clone())
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
        self.entities.insert(id.clone(), entity);
        id
    }

    fn placing(&self) -> Vec<Placing> {
        let rows = self.rows.iter().filter(|(it, _)| it.state != MappingState::Rejected);
        placing_by(rows.cloned().collect(), &self.rules)
    }

    fn supposed(&self) -> Supposed {
        let mut supposed = Supposed::default();
        for placing in self.placing() {
            supposed.mappings.entry(placing.group_id.clone()).or_default().push(placing);
        }
        supposed
    }

    /// The members of the groups whose mappings would be others.
    fn concerned(&self, db: &mut Db, organization: &OrganizationId) -> Result<Vec<UserId>> {
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
        let mut people: HashSet<UserId> = HashSet::new();
        for group in groups {
            if now.get(group) != then.get(group) {
                people.extend(recompute::members(db, group)?);
            }
        }
        let mut people: Vec<UserId> = people.into_iter().collect();
        people.sort_unstable();
        Ok(people)
    }

    fn told(&self, mut preview: Preview, concerned: usize, deltas: &[Delta]) -> Preview {
        let kind_of = |entity: &str| {
            let id: EntityId = entity.parse().ok()?;
            self.entities.get(&id).map(|it| it.kind.clone())
        };
        let (mut changed, mut lines) = (HashSet::new(), Vec::new());
        for delta in deltas {
            let known = delta.conflicts.len();
            preview.conflicts += delta.after.conflicts.len().saturating_sub(known);
            if !delta.is_change() {
                continue;
            }
            changed.insert(&delta.user);
            let is_loss = delta.is_loss(kind_of);
            preview.lose += usize::from(is_loss);
            preview.gain += usize::from(!is_loss);
            preview.role += usize::from(delta.role() != delta.new_role());
            lines.push((is_loss, delta));
        }
        preview.same = concerned.saturating_sub(changed.len());
        lines.sort_by_key(|(is_loss, _)| !is_loss);
        let named = lines.into_iter().take(MOST_NAMED);
        preview.people = named.map(|(is_loss, delta)| self.line(delta, is_loss)).collect();
        preview
    }

    fn line(&self, delta: &Delta, is_loss: bool) -> Line {
        let named =
            |id: &EntityId| self.entities.get(id).map(|it| (it.kind.clone(), it.name.clone()));
        let after =
            delta.after.places.iter().filter_map(|place| named(&place.entity.parse().ok()?));
        let mut because: Vec<String> = Vec::new();
        if let Some((role, source)) = &delta.after.role {
            because.push(format!("{role}: {}", self.source(source)));
        }
        for place in &delta.after.places {
            let Some((kind, name)) = place.entity.parse().ok().and_then(|id| named(&id)) else {
                continue;
            };
            let by = match &place.mapping {
                Some(mapping) => self.mapping(mapping),
                None => "the default of its type".to_owned(),
            };
            because.push(format!("{kind} {name}: {by}"));
        }
        Line {
            user_id: delta.user.clone(),
            application_id: delta.application.id.clone(),
            is_loss,
            before: Having {
                role: delta.role().map(str::to_owned),
                entities: delta.spots.iter().filter_map(|(id, ..)| named(id)).collect(),
            },
            after: Having { role: delta.new_role().map(str::to_owned), entities: after.collect() },
            because,
        }
    }

    fn source(&self, source: &Source) -> String {
        match source {
            Source::Group(id) => self.group(id),
            Source::Mapping(id) => self.mapping(id),
            Source::Person => "the directory gives it to the person".to_owned(),
            Source::Default => "the application's default role".to_owned(),
        }
    }

    fn group(&self, id: &str) -> String {
        let name = self.names.iter().find(|(group, _)| group.as_str() == id);
        format!("group {}", name.map_or(id, |(_, name)| name))
    }

    fn mapping(&self, id: &str) -> String {
        let Some((mapping, _)) = self.rows.iter().find(|(it, _)| it.id.as_str() == id) else {
            return "a mapping".to_owned();
        };
        let rule = mapping.rule_id.as_ref();
        let number = self.rules.iter().position(|it| rule.is_some_and(|id| it.id == id.as_str()));
        let by = number.map_or_else(|| ", by hand".to_owned(), |at| format!(", rule {}", at + 1));
        self.group(mapping.group_id.as_str()) + &by
    }
}
