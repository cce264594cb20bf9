//! What a person may make of mappings: the same rules where it is done, and where a preview supposes it.

use super::super::{Declared, rule_sets};
use super::{Flag, Mapping, MappingPatch, MappingState, NewMapping, Place, check_role, owner};
use crate::access::rules::{self, Rule, Target};
use crate::error::{Error, Result};
use crate::store::access::entities::{self, Entity};
use crate::store::directories::all_groups;
use crate::store::input::Faults;
use crate::store::{
    ApplicationId, EntityId, GroupId, Json, MappingId, OrganizationId, RuleId, Time, Tx,
};

/// What is decided on: what there is, or what is supposed.
pub(in crate::store::access) trait Ground {
    /// The name of a group of the organization that is there.
    fn group(&mut self, id: &GroupId) -> Result<String>;
    /// The rules that hold.
    fn rules(&mut self) -> Result<Vec<Rule>>;
    /// An entity of the organization by its ID.
    fn entity(&mut self, id: &EntityId) -> Result<Entity>;
    /// An entity of the organization by its key.
    fn keyed(&mut self, key: &str) -> Result<Entity>;
    /// An entity of a type by its name, in any case.
    fn named(&mut self, of: &ApplicationId, kind: &str, name: &str) -> Result<Option<Entity>>;
    /// Makes an entity for a group of its name.
    fn make(&mut self, of: &ApplicationId, kind: &str, name: &str) -> Result<Entity>;
    /// The group that an entity belongs to, by which mapping.
    fn owner(&mut self, id: &EntityId) -> Result<Option<(MappingId, GroupId, String)>>;
}

/// An organization as it is.
pub(in crate::store::access) struct Real<'a, 'b> {
    /// What is open to change it.
    pub(in crate::store::access) tx: &'a mut Tx<'b>,
    /// Which one.
    pub(in crate::store::access) organization: &'a OrganizationId,
}

impl Ground for Real<'_, '_> {
    fn group(&mut self, id: &GroupId) -> Result<String> {
        let found = all_groups::by_id(self.tx.db, id)?;
        if found.organization_id != *self.organization || found.is_test {
            return Err(Error::not_found("group", id.as_str()));
        }
        Ok(found.display_name)
    }

    fn rules(&mut self) -> Result<Vec<Rule>> {
        rule_sets::rules(self.tx.db, self.organization)
    }

    fn entity(&mut self, id: &EntityId) -> Result<Entity> {
        entities::find(self.tx.db, self.organization, id)
    }

    fn keyed(&mut self, key: &str) -> Result<Entity> {
        entities::find_key(self.tx.db, self.organization, key)
    }

    fn named(&mut self, of: &ApplicationId, kind: &str, name: &str) -> Result<Option<Entity>> {
        entities::by_name(self.tx.db, self.organization, of, kind, name)
    }

    fn make(&mut self, of: &ApplicationId, kind: &str, name: &str) -> Result<Entity> {
        entities::for_group(self.tx, self.organization, of, kind, name)
    }

    fn owner(&mut self, id: &EntityId) -> Result<Option<(MappingId, GroupId, String)>> {
        owner(self.tx.db, id)
    }
}

/// Makes of a mapping what a person says: approved, rejected or moved, with another role.
pub(in crate::store::access) fn decide(
    ground: &mut impl Ground,
    application: &Declared,
    mapping: &mut Mapping,
    patch: MappingPatch,
    now: Time,
) -> Result<()> {
    refuse_gone(ground, mapping)?;
    if let Some(role) = patch.role {
        check_role(application, role.as_deref())?;
        mapping.role = role;
    }
    let is_moved = patch.place.is_some();
    if let Some(place) = patch.place {
        let name = ground.group(&mapping.group_id)?;
        let entity = arrive(ground, application, &name, place)?;
        refuse_owned(ground, entity.as_ref(), Some(&mapping.id))?;
        mapping.entity_id = entity.map(|entity| entity.id);
        (mapping.flag, mapping.proposed) = (None, None);
    } else if patch.is_approved == Some(true) {
        approve(ground, application, mapping)?;
        (mapping.flag, mapping.proposed) = (None, None);
    }
    match patch.is_approved {
        Some(false) => {
            mapping.state = MappingState::Rejected;
            (mapping.flag, mapping.since, mapping.proposed) = (None, None, None);
        }
        Some(true) => mapping.state = MappingState::Approved,
        None if is_moved => mapping.state = MappingState::Approved,
        None => {}
    }
    if mapping.is_placing() && (mapping.since.is_none() || is_moved) {
        mapping.since = Some(now);
    }
    Ok(())
}

/// Nothing is decided of a mapping whose group is gone: it would be forgotten that it went with the group.
fn refuse_gone(ground: &mut impl Ground, mapping: &Mapping) -> Result<()> {
    if !mapping.went_with_group() {
        return Ok(());
    }
    match ground.group(&mapping.group_id) {
        Ok(_) => Ok(()),
        Err(Error::NotFound { .. }) => Err(Error::conflict(
            "group_deleted",
            "The group of this mapping was deleted. It can be decided once the directory has pushed the group again.",
        )),
        Err(other) => Err(other),
    }
}

/// Leads a mapping where a person who approves it means it to: where a rule proposed, or where it leads already.
fn approve(ground: &mut impl Ground, application: &Declared, mapping: &mut Mapping) -> Result<()> {
    let name = ground.group(&mapping.group_id)?;
    if mapping.flag == Some(Flag::RuleChanged) {
        let rules = ground.rules()?;
        follow_rule(mapping, &rules, &name)?;
    }
    let entity = if let Some(target) = mapping.proposed.clone() {
        Some(propose(ground, application, &name, &target)?)
    } else if mapping.flag == Some(Flag::TargetDeleted) {
        return Err(Error::conflict(
            "target_deleted",
            "The entity of this mapping was deleted. Pick another one for it.",
        ));
    } else {
        mapping.entity_id.as_ref().map(|id| ground.entity(id)).transpose()?
    };
    refuse_owned(ground, entity.as_ref(), Some(&mapping.id))?;
    mapping.entity_id = entity.map(|entity| entity.id);
    Ok(())
}

/// A mapping that a person makes by hand: it places the members of the group at once.
pub(in crate::store::access) fn by_hand(
    ground: &mut impl Ground,
    organization: &OrganizationId,
    application: &Declared,
    new: NewMapping,
    now: Time,
) -> Result<Mapping> {
    new.check(application)?;
    let NewMapping { group, place, role, .. } = new;
    let name = ground.group(&group)?;
    let entity = arrive(ground, application, &name, place)?;
    refuse_owned(ground, entity.as_ref(), None)?;
    Ok(Mapping {
        id: MappingId::new(),
        organization_id: organization.clone(),
        application_id: application.id.clone(),
        group_id: group,
        entity_id: entity.map(|entity| entity.id),
        proposed: None,
        role,
        rule_id: None,
        state: MappingState::Approved,
        flag: None,
        since: Some(now),
        created_at: now,
        updated_at: now,
    })
}

/// The mapping that a rule makes for one of its places, or for its role alone. The second: the group that has the place
/// already, for which it waits.
pub(in crate::store::access) fn by_rule(
    ground: &mut impl Ground,
    application: &Declared,
    rule: &Rule,
    target: Option<&Target>,
    (organization, group, name): (&OrganizationId, &GroupId, &str),
    now: Time,
) -> Result<(Mapping, Option<Owned>)> {
    let mut mapping = Mapping {
        id: MappingId::new(),
        organization_id: organization.clone(),
        application_id: application.id.clone(),
        group_id: group.clone(),
        entity_id: None,
        proposed: target.cloned().map(Json::from),
        role: None,
        rule_id: Some(rule.id.parse::<RuleId>()?),
        state: MappingState::Pending,
        flag: None,
        since: None,
        created_at: now,
        updated_at: now,
    };
    let mut owned = None;
    match target {
        None if rule.auto_approve => mapping.state = MappingState::AutoApproved,
        None => {}
        Some(target) => owned = aim(ground, application, rule, target, name, &mut mapping)?,
    }
    if mapping.is_placing() {
        mapping.since = Some(now);
    }
    Ok((mapping, owned))
}

/// A place that a rule wants and that is another group's.
pub(in crate::store::access) struct Owned {
    /// The place.
    pub(in crate::store::access) entity: Entity,
    /// Whose it is.
    pub(in crate::store::access) owner: GroupId,
    /// What that one is called.
    pub(in crate::store::access) name: String,
}

/// The entity that a rule means, if it is there.
pub(in crate::store::access) fn meant(
    ground: &mut impl Ground,
    application: &Declared,
    target: &Target,
    name: &str,
) -> Result<Option<Entity>> {
    match &target.entity {
        Some(id) => fixed(ground, application, &target.kind, &id.parse()?),
        None => ground.named(&application.id, &target.kind, name),
    }
}

/// Finds or makes the entity that a rule means. Where it cannot or must not be, the mapping waits for a person.
fn aim(
    ground: &mut impl Ground,
    application: &Declared,
    rule: &Rule,
    target: &Target,
    name: &str,
    mapping: &mut Mapping,
) -> Result<Option<Owned>> {
    let found = meant(ground, application, target, name)?;
    if let Some(entity) = &found
        && let Some((_, owner, name)) = ground.owner(&entity.id)?
    {
        mapping.flag = Some(Flag::TargetTaken);
        return Ok(Some(Owned { entity: entity.clone(), owner, name }));
    }
    let may_be_made = target.entity.is_none()
        && application.model.kind(&target.kind).is_some_and(|kind| kind.auto_create);
    if found.is_none() && !may_be_made {
        mapping.flag = Some(Flag::TargetMissing);
        return Ok(None);
    }
    if !rule.auto_approve {
        return Ok(None);
    }
    let entity = match found {
        Some(entity) => entity,
        None => ground.make(&application.id, &target.kind, name)?,
    };
    mapping.entity_id = Some(entity.id);
    mapping.proposed = None;
    mapping.state = MappingState::AutoApproved;
    Ok(None)
}

/// The entity with this ID, if it is of this application and type.
fn fixed(
    ground: &mut impl Ground,
    application: &Declared,
    kind: &str,
    id: &EntityId,
) -> Result<Option<Entity>> {
    match ground.entity(id) {
        Ok(it) => Ok(Some(it).filter(|it| it.application_id == application.id && it.kind == kind)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Makes a mapping whose group was renamed that of the rule which matches now: that one's role counts, and its place.
fn follow_rule(mapping: &mut Mapping, rules: &[Rule], group: &str) -> Result<()> {
    let rule = rules::first(rules, mapping.application_id.as_str(), group);
    mapping.rule_id = rule.map(|rule| rule.id.parse()).transpose()?;
    if mapping.proposed.is_none() {
        mapping.entity_id = None;
    }
    Ok(())
}

/// The entity that a person means, made if need be.
fn arrive(
    ground: &mut impl Ground,
    application: &Declared,
    group: &str,
    place: Place,
) -> Result<Option<Entity>> {
    match place {
        Place::Nowhere => Ok(None),
        Place::Key(key) => {
            let entity = ground.keyed(&key)?;
            if entity.application_id != application.id {
                return Err(Error::not_found("entity", key));
            }
            Ok(Some(entity))
        }
        Place::Named { kind, name } => {
            check_kind(application, &kind)?;
            let name = match name {
                Some(name) => named(&name)?,
                None => group.to_owned(),
            };
            match ground.named(&application.id, &kind, &name)? {
                Some(found) => Ok(Some(found)),
                None => ground.make(&application.id, &kind, &name).map(Some),
            }
        }
    }
}

/// The entity that a rule proposed, made if need be: a person wants it now.
fn propose(
    ground: &mut impl Ground,
    application: &Declared,
    group: &str,
    target: &Target,
) -> Result<Entity> {
    let place = match &target.entity {
        Some(id) => return ground.entity(&id.parse()?),
        None => Place::Named { kind: target.kind.clone(), name: None },
    };
    let entity = arrive(ground, application, group, place)?;
    entity.ok_or_else(|| Error::not_found("entity", group))
}

/// One entity has at most one group.
fn refuse_owned(
    ground: &mut impl Ground,
    entity: Option<&Entity>,
    own: Option<&MappingId>,
) -> Result<()> {
    let Some(entity) = entity else { return Ok(()) };
    match ground.owner(&entity.id)?.filter(|(mapping, ..)| Some(mapping) != own) {
        None => Ok(()),
        Some((_, group, name)) => {
            let detail = format!("{} belongs to the group {name} ({group}) already.", entity.name);
            Err(Error::conflict("entity_owned", detail))
        }
    }
}

/// The name that a person gives to a place.
fn named(name: &str) -> Result<String> {
    let mut faults = Faults::default();
    let name = faults.name("/name", name);
    faults.finish()?;
    Ok(name)
}

/// Refuses a type that the application does not have.
fn check_kind(application: &Declared, kind: &str) -> Result<()> {
    if application.model.kind(kind).is_some() {
        return Ok(());
    }
    let detail = format!("{} has no entity type “{kind}”.", application.name);
    Err(Error::invalid("/type", "unknown_type", detail))
}
