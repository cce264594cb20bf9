//! What is shown of entities and of the mappings to them.

use super::rules::RuleTargetView;
use super::{Nullable, nullable, words};
use crate::error::{Error, Result};
use crate::store::access::entities::Entity;
use crate::store::access::mappings::{
    Flag, Mapping, MappingPatch, MappingState, NewMapping, Place,
};
use crate::store::{ApplicationId, GroupId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A place in an application that belongs to one organization.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Entity)]
pub struct EntityView {
    #[schema(example = "ent_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    organization_id: String,
    application_id: String,
    /// The key of its type.
    #[serde(rename = "type")]
    #[schema(example = "team")]
    kind: String,
    /// Your key of it, once in an organization; its ID where a rule made it.
    #[schema(example = "payments")]
    key: String,
    #[schema(example = "Payments")]
    name: String,
    /// Your own ID of it.
    external_id: Option<String>,
    /// Everybody is in it who is in no other of its type.
    is_default: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Entity> for EntityView {
    fn from(row: Entity) -> Self {
        Self {
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            application_id: row.application_id.to_string(),
            kind: row.kind,
            key: row.key,
            name: row.name,
            external_id: row.external_id,
            is_default: row.is_default,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

/// Members of this group belong to that entity.
#[derive(Serialize, ToSchema)]
#[schema(as = Mapping)]
pub struct MappingView {
    #[schema(example = "map_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    application_id: String,
    group_id: String,
    /// Where members are placed; `null`: nowhere yet, or the mapping gives a role alone.
    entity_id: Option<String>,
    /// Where a rule would place them, if a person agrees.
    proposed: Option<RuleTargetView>,
    /// The key of the role that it gives; `null`: that of its rule.
    role: Option<String>,
    /// The rule that made it; `null`: a person did.
    rule_id: Option<String>,
    #[schema(schema_with = words::mapping_state)]
    state: MappingState,
    /// What a person should know; `null`: nothing.
    #[schema(schema_with = words::mapping_flag)]
    flag: Option<Flag>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Mapping> for MappingView {
    fn from(row: Mapping) -> Self {
        Self {
            id: row.id.to_string(),
            application_id: row.application_id.to_string(),
            group_id: row.group_id.to_string(),
            entity_id: row.entity_id.map(|id| id.to_string()),
            proposed: row.proposed.map(|target| target.into_inner().into()),
            role: row.role,
            rule_id: row.rule_id.map(|id| id.to_string()),
            state: row.state,
            flag: row.flag,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

/// A mapping by hand. It gives a place (`entity`, or `type`), a role, or both.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = NewMapping)]
#[serde(deny_unknown_fields)]
pub struct NewMappingBody {
    /// Whose members.
    #[schema(value_type = String, example = "grp_01kampz3y7f4m8t2v6c9d0e1hj")]
    pub group_id: GroupId,
    /// The application; it may be left out where people of the organization use only one.
    #[schema(value_type = Option<String>)]
    pub application_id: Option<ApplicationId>,
    /// The key of an entity that is there.
    #[schema(example = "payments")]
    pub entity: Option<String>,
    /// Instead of `entity`: the key of a type. The entity of the group's name is made if it is not there.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// With `type`: another name than the group's.
    pub name: Option<String>,
    /// The key of the role that it gives.
    #[schema(example = "admin")]
    pub role: Option<String>,
}

impl NewMappingBody {
    /// The same for the store.
    pub fn asked(self) -> Result<NewMapping> {
        let Self { group_id, application_id, entity, kind, name, role } = self;
        let place = place(entity, kind, name)?.unwrap_or(Place::Nowhere);
        Ok(NewMapping { group: group_id, application: application_id, place, role })
    }
}

/// What becomes of a mapping. Whatever is left out stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MappingPatch)]
#[serde(deny_unknown_fields)]
pub struct MappingChange {
    /// `approved` or `rejected`.
    #[schema(schema_with = words::mapping_state)]
    pub(super) state: Option<MappingState>,
    /// Another place: the key of an entity that is there.
    pub(super) entity: Option<String>,
    /// Another place: the key of a type. The entity of the group's name is made if it is not there.
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    /// With `type`: another name than the group's.
    pub(super) name: Option<String>,
    /// The key of the role that it gives; `null`: that of its rule.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) role: Nullable<String>,
}

impl MappingChange {
    /// The same for the store.
    pub fn patch(self) -> Result<MappingPatch> {
        let is_approved = match self.state {
            None => None,
            Some(MappingState::Approved) => Some(true),
            Some(MappingState::Rejected) => Some(false),
            Some(MappingState::Pending | MappingState::AutoApproved) => {
                let detail = "A person approves or rejects a mapping: approved, rejected.";
                return Err(Error::invalid("/state", "invalid", detail));
            }
        };
        let place = place(self.entity, self.kind, self.name)?;
        Ok(MappingPatch { is_approved, place, role: self.role })
    }
}

/// The place that a caller means, if they name one.
fn place(
    entity: Option<String>,
    kind: Option<String>,
    name: Option<String>,
) -> Result<Option<Place>> {
    match (entity, kind, name) {
        (Some(key), None, None) => Ok(Some(Place::Key(key))),
        (None, Some(kind), name) => Ok(Some(Place::Named { kind, name })),
        (None, None, None) => Ok(None),
        (Some(_), ..) => Err(Error::invalid("/entity", "invalid", "Give either entity or type.")),
        (None, None, Some(_)) => {
            Err(Error::invalid("/type", "required", "A name needs the type of the entity."))
        }
    }
}
