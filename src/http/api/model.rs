//! What an application declares of roles and places, as programs write it.

use crate::access::{EntityType, Placement, Reach, Role};
use serde::Deserialize;
use utoipa::ToSchema;

/// One of an application's roles.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewRole)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleBody {
    /// What directories, rules and tokens call it.
    #[schema(example = "admin")]
    key: String,
    /// What people call it.
    #[schema(example = "Admin")]
    name: String,
}

/// A kind of place in an application.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewEntityType)]
#[serde(deny_unknown_fields)]
pub(super) struct EntityTypeBody {
    /// What rules, entities and tokens call it.
    #[schema(example = "team")]
    key: String,
    /// What people call it.
    #[schema(example = "Team")]
    name: String,
    /// `additive`: a person may be in many; `exclusive`: in one.
    #[schema(value_type = String, example = "additive")]
    placement: Placement,
    /// What an exclusive one keeps a person out of: others of its type (`type`, if it is left out) or every other place
    /// (`organization`).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "type")]
    scope: Reach,
    /// Whether a rule may make one that is not there yet; no if it is left out.
    #[serde(default)]
    auto_create: bool,
    /// Whether one is renamed with its group; no if it is left out.
    #[serde(default)]
    follow_rename: bool,
}

impl From<RoleBody> for Role {
    fn from(body: RoleBody) -> Self {
        Self { key: body.key, name: body.name }
    }
}

impl From<EntityTypeBody> for EntityType {
    fn from(body: EntityTypeBody) -> Self {
        Self {
            key: body.key,
            name: body.name,
            placement: body.placement,
            scope: body.scope,
            auto_create: body.auto_create,
            follow_rename: body.follow_rename,
        }
    }
}
