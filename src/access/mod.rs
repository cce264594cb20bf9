//! What groups give to people, as far as it can be said without a database: roles, places, rules, conflicts.
//!
//! The rules are in docs/access.md.

pub mod person;
pub mod rules;
pub mod settle;

use serde::{Deserialize, Serialize};

/// One of an application's roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What directories, rules and tokens call it.
    pub key: String,
    /// What people call it.
    pub name: String,
}

/// How many entities of a type a person may be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// Any number.
    Additive,
    /// One.
    Exclusive,
}

/// What an exclusive place keeps a person out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Other entities of its type.
    #[default]
    Type,
    /// Every other entity, but those that the same group gives.
    Organization,
}

/// A kind of place in the vendor's app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityType {
    /// What rules, entities and tokens call it.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// How many of them a person may be in.
    pub placement: Placement,
    /// What an exclusive one keeps a person out of.
    #[serde(default)]
    pub scope: Reach,
    /// Whether a rule may make one that is not there yet.
    #[serde(default)]
    pub auto_create: bool,
    /// Whether one takes the new name of the group that it belongs to.
    #[serde(default)]
    pub follow_rename: bool,
}

/// What an application declares: its roles and its kinds of places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The roles, highest first.
    pub roles: Vec<Role>,
    /// The role of whom nothing gives one; none: such a person has none.
    pub default_role: Option<String>,
    /// The kinds of places.
    pub types: Vec<EntityType>,
}

impl Default for Model {
    /// `admin`, `user` and `guest`; teams, concurrency groups and sub-organizations.
    fn default() -> Self {
        let role = |key: &str, name: &str| Role { key: key.to_owned(), name: name.to_owned() };
        let kind = |key: &str, name: &str, placement, scope, is_made: bool| EntityType {
            key: key.to_owned(),
            name: name.to_owned(),
            placement,
            scope,
            auto_create: is_made,
            follow_rename: is_made,
        };
        Self {
            roles: vec![role("admin", "Admin"), role("user", "User"), role("guest", "Guest")],
            default_role: Some("user".to_owned()),
            types: vec![
                kind("team", "Team", Placement::Additive, Reach::Type, true),
                kind(
                    "concurrency_group",
                    "Concurrency group",
                    Placement::Exclusive,
                    Reach::Type,
                    true,
                ),
                kind(
                    "sub_organization",
                    "Sub-organization",
                    Placement::Exclusive,
                    Reach::Organization,
                    false,
                ),
            ],
        }
    }
}

impl Model {
    /// How high a role is: 0 is the highest.
    #[must_use]
    pub fn rank(&self, key: &str) -> Option<usize> {
        self.roles.iter().position(|role| role.key == key)
    }

    /// The highest role there is.
    #[must_use]
    pub fn top(&self) -> Option<&str> {
        self.roles.first().map(|role| role.key.as_str())
    }

    /// A kind of place by its key.
    #[must_use]
    pub fn kind(&self, key: &str) -> Option<&EntityType> {
        self.types.iter().find(|kind| kind.key == key)
    }
}
