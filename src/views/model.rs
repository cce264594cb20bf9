//! What is shown of an application's roles and kinds of places.

use crate::access::{EntityType, Placement, Reach, Role};
use serde::Serialize;
use utoipa::ToSchema;

/// One of an application's roles.
#[derive(Serialize, ToSchema)]
#[schema(as = Role)]
pub struct RoleView {
    /// What directories, rules and tokens call it.
    #[schema(example = "admin")]
    key: String,
    #[schema(example = "Admin")]
    name: String,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        Self { key: role.key, name: role.name }
    }
}

/// A kind of place in an application.
#[derive(Serialize, ToSchema)]
#[schema(as = EntityType)]
pub struct EntityTypeView {
    /// What rules, entities and tokens call it.
    #[schema(example = "team")]
    key: String,
    #[schema(example = "Team")]
    name: String,
    /// `additive`: a person may be in many; `exclusive`: in one.
    #[schema(value_type = String, example = "additive")]
    placement: Placement,
    /// What an exclusive one keeps a person out of: others of its `type`, or every other place of the `organization`.
    #[schema(value_type = String, example = "type")]
    scope: Reach,
    /// Whether a rule may make one that is not there yet.
    auto_create: bool,
    /// Whether one is renamed with its group.
    follow_rename: bool,
}

impl From<EntityType> for EntityTypeView {
    fn from(kind: EntityType) -> Self {
        Self {
            key: kind.key,
            name: kind.name,
            placement: kind.placement,
            scope: kind.scope,
            auto_create: kind.auto_create,
            follow_rename: kind.follow_rename,
        }
    }
}
