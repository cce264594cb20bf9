//! What is shown of entities and of the mappings to them.

use super::rules::RuleTargetView;
use super::words;
use crate::store::access::entities::Entity;
use crate::store::access::mappings::{Flag, Mapping, MappingState};
use chrono::{DateTime, Utc};
use serde::Serialize;
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
