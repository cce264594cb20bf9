//! Mappings: members of this group belong to that entity.

mod decide;
mod list;
mod standing;
mod unchanged;

pub(super) use decide::{Ground, Owned, Real, by_hand, by_rule, decide, meant};
pub use list::{by_group, count, giving, of_groups, owners, page, some};
pub use standing::GroupMapping;
pub use unchanged::unchanged;

use super::alerts::{self, AlertKind};
use super::{Declared, recompute, renames};
use crate::access::rules::{Target, unknown_role};
use crate::error::{Error, Result};
use crate::store::db::or_not_found;
use crate::store::schema::{groups, mappings};
use crate::store::types::word;
use crate::store::{
    ApplicationId, Db, EntityId, GroupId, Json, MappingId, OrganizationId, RuleId, Time, Tx, events,
};
use diesel::prelude::*;
use serde_json::{Value, json};

word!(
    /// Whether a mapping places the members of its group.
    MappingState {
        /// Not yet: a person decides.
        Pending = "pending",
        /// Yes: a person said so.
        Approved = "approved",
        /// Yes: a rule said so.
        AutoApproved = "auto_approved",
        /// No.
        Rejected = "rejected",
    }
);

word!(
    /// What a person should know of a mapping.
    Flag {
        /// Its entity was deleted. None is made for it until a person picks one.
        TargetDeleted = "target_deleted",
        /// Its rule wants an entity that is not there and that no rule may make.
        TargetMissing = "target_missing",
        /// Its rule wants an entity that belongs to another group.
        TargetTaken = "target_taken",
        /// The group was renamed, and its rule matches no longer.
        RuleNoLongerMatches = "rule_no_longer_matches",
        /// The group was renamed, and another rule matches now. Members are where they were until a person decides.
        RuleChanged = "rule_changed",
        /// The group was deleted.
        GroupDeleted = "group_deleted",
    }
);

/// A mapping.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = mappings, treat_none_as_null = true)]
pub struct Mapping {
    /// Its ID.
    pub id: MappingId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The application whose place it gives.
    pub application_id: ApplicationId,
    /// Whose members.
    pub group_id: GroupId,
    /// Where they are placed; none: nowhere, or nowhere yet.
    pub entity_id: Option<EntityId>,
    /// Where a rule would place them.
    pub proposed: Option<Json<Target>>,
    /// The key of the role that it gives; none: that of its rule.
    pub role: Option<String>,
    /// The rule that made it.
    pub rule_id: Option<RuleId>,
    /// Whether it places members.
    pub state: MappingState,
    /// What a person should know.
    pub flag: Option<Flag>,
    /// Since when it places members.
    pub since: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

impl Mapping {
    /// Whether it was rejected with its group, and by nobody.
    #[must_use]
    pub fn went_with_group(&self) -> bool {
        self.flag == Some(Flag::GroupDeleted)
            || self.state == MappingState::Rejected && self.is_blocked()
    }

    /// Whether nothing is made for it before a person picks a place: its entity was deleted.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.flag == Some(Flag::TargetDeleted)
    }

    /// Whether it places members now.
    #[must_use]
    pub fn is_placing(&self) -> bool {
        matches!(self.state, MappingState::Approved | MappingState::AutoApproved)
            || self.state == MappingState::Pending && self.flag == Some(Flag::RuleChanged)
    }
}

/// Where a mapping leads: a place that is there, or one to be made.
#[derive(Debug, Clone)]
pub enum Place {
    /// An entity by its key.
    Key(String),
    /// The entity of this type and name, made if it is not there.
    Named {
        /// The key of the type.
        kind: String,
        /// The name; none: the group's.
        name: Option<String>,
    },
    /// Nowhere: the mapping gives a role alone.
    Nowhere,
}

/// What a person makes of a mapping; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct MappingPatch {
    /// Approved or rejected.
    pub is_approved: Option<bool>,
    /// Another place.
    pub place: Option<Place>,
    /// The role that it gives; `Some(None)`: that of its rule.
    pub role: Option<Option<String>>,
}

/// A mapping that somebody wants to make by hand.
#[derive(Debug, Clone)]
pub struct NewMapping {
    /// Whose members.
    pub group: GroupId,
    /// The application; none: the only one.
    pub application: Option<ApplicationId>,
    /// Where they are placed.
    pub place: Place,
    /// The role that it gives.
    pub role: Option<String>,
}

impl NewMapping {
    /// Refuses one that gives nothing, or a role that the application does not have.
    pub(super) fn check(&self, application: &Declared) -> Result<()> {
        check_role(application, self.role.as_deref())?;
        if matches!(self.place, Place::Nowhere) && self.role.is_none() {
            let detail = "A mapping gives a place or a role.";
            return Err(Error::invalid("/entity", "required", detail));
        }
        Ok(())
    }
}

/// Which mappings are wanted; none of the fields: all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this group.
    pub group: Option<GroupId>,
    /// To this entity.
    pub entity: Option<EntityId>,
    /// In this state.
    pub state: Option<MappingState>,
}

/// Finds a mapping of an organization.
pub fn find(db: &mut Db, organization: &OrganizationId, id: &MappingId) -> Result<Mapping> {
    let found =
        mappings::table.find(id).filter(mappings::organization_id.eq(organization)).first(db);
    or_not_found(found, "mapping", id)
}

/// Whether a mapping went with its group, and that is not back.
pub fn is_gone(db: &mut Db, mapping: &Mapping) -> Result<bool> {
    if !mapping.went_with_group() {
        return Ok(false);
    }
    let there = groups::table.find(&mapping.group_id).filter(groups::deleted_at.is_null());
    Ok(!diesel::select(diesel::dsl::exists(there)).get_result::<bool>(db)?)
}

/// The mappings of a group, in the order in which they were made.
pub(super) fn of_group(db: &mut Db, group: &GroupId) -> Result<Vec<Mapping>> {
    Ok(mappings::table.filter(mappings::group_id.eq(group)).order(mappings::id).load(db)?)
}

/// Makes a mapping by hand: it places the members of the group at once.
pub fn create(tx: &mut Tx, organization: &OrganizationId, new: NewMapping) -> Result<Mapping> {
    let mapping = written(tx, organization, new)?;
    recompute::after_group(tx, organization, &mapping.group_id)?;
    Ok(mapping)
}

/// The same without what it means to people, which has yet to be computed.
pub(super) fn written(
    tx: &mut Tx,
    organization: &OrganizationId,
    new: NewMapping,
) -> Result<Mapping> {
    let application = super::meant(tx.db, organization, new.application.as_ref())?;
    let now = tx.now;
    let mut ground = Real { tx: &mut *tx, organization };
    let mut mapping = by_hand(&mut ground, organization, &application, new, now)?;
    insert(tx, &mut mapping)?;
    Ok(mapping)
}

/// Approves, rejects or moves a mapping.
pub fn change(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &MappingId,
    patch: MappingPatch,
) -> Result<Mapping> {
    let mapping = rewritten(tx, organization, id, patch)?;
    renames::names_settled(tx, organization)?;
    recompute::after_group(tx, organization, &mapping.group_id)?;
    Ok(mapping)
}

/// The same without what it means to people, which has yet to be computed.
pub(super) fn rewritten(
    tx: &mut Tx,
    organization: &OrganizationId,
    id: &MappingId,
    patch: MappingPatch,
) -> Result<Mapping> {
    let mut mapping = find(tx.db, organization, id)?;
    let application = super::meant(tx.db, organization, Some(&mapping.application_id))?;
    let is_decided = patch.is_approved.is_some() || patch.place.is_some();
    let now = tx.now;
    let mut ground = Real { tx: &mut *tx, organization };
    decide(&mut ground, &application, &mut mapping, patch, now)?;
    if is_decided {
        // What stood in the way is decided.
        for kind in [AlertKind::TargetDeleted, AlertKind::TargetTaken] {
            alerts::over(tx, organization, kind, &[mapping.id.as_str()])?;
        }
    }
    save(tx, &mut mapping)?;
    Ok(mapping)
}

/// The group that an entity belongs to, by which mapping.
pub(super) fn owner(
    db: &mut Db,
    entity: &EntityId,
) -> Result<Option<(MappingId, GroupId, String)>> {
    let found = mappings::table
        .inner_join(groups::table)
        .filter(mappings::entity_id.eq(entity))
        .filter(mappings::state.ne(MappingState::Rejected))
        .select((mappings::id, groups::id, groups::display_name))
        .first(db);
    Ok(found.optional()?)
}

/// Refuses a role that the application does not have.
pub(super) fn check_role(application: &Declared, role: Option<&str>) -> Result<()> {
    match role.filter(|role| application.model.rank(role).is_none()) {
        Some(role) => {
            Err(Error::invalid("/role", "unknown_role", unknown_role(&application.model, role)))
        }
        None => Ok(()),
    }
}

/// Writes a new mapping.
pub(super) fn insert(tx: &mut Tx, mapping: &mut Mapping) -> Result<()> {
    diesel::insert_into(mappings::table).values(&*mapping).execute(tx.db)?;
    let of = Some(&mapping.organization_id);
    events::append(tx, of, "mapping.created", mapping.id.as_str(), told(mapping))
}

/// Writes a mapping as it is now.
pub(super) fn save(tx: &mut Tx, mapping: &mut Mapping) -> Result<()> {
    let was = told(&mappings::table.find(&mapping.id).first(tx.db)?);
    mapping.updated_at = tx.now;
    diesel::update(&*mapping).set(&*mapping).execute(tx.db)?;
    let (of, is) = (Some(&mapping.organization_id), told(mapping));
    let id = mapping.id.as_str();
    events::append_change(tx, of, "mapping.changed", id, is.clone(), (&was, &is))
}

fn told(mapping: &Mapping) -> Value {
    json!({
        "application_id": mapping.application_id,
        "group_id": mapping.group_id,
        "entity_id": mapping.entity_id,
        "state": mapping.state,
        "flag": mapping.flag,
        "role": mapping.role,
        "rule_id": mapping.rule_id,
    })
}
