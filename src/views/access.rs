//! What is shown of groups' effects: what a person has and why, conflicts, alerts, and how directories may act.

use super::mapping::EntityView;
use super::words;
use crate::clock::Time;
use crate::store::access::alerts::{Alert, AlertKind};
use crate::store::access::conflicts::Conflict;
use crate::store::access::entities::Entity;
use crate::store::access::explain::{Explained, Hold, Reason};
use crate::store::access::provisioning::Provisioning;
use crate::store::{OrganizationId, UserId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How an organization's directories may act.
#[derive(Serialize, ToSchema)]
#[schema(as = Provisioning)]
pub struct ProvisioningView {
    /// Directories may push groups.
    groups: bool,
    /// What would take access from too many people at once is held.
    breaker: bool,
    /// Too many: more people than this …
    #[schema(example = 20)]
    most_people: i32,
    /// … who are also more than this part of all, in percent, within ten minutes.
    #[schema(example = 30)]
    most_percent: i32,
    /// For how many hours it is held.
    #[schema(example = 24)]
    hold_hours: i32,
}

impl From<Provisioning> for ProvisioningView {
    fn from(row: Provisioning) -> Self {
        Self {
            groups: row.groups,
            breaker: row.breaker,
            most_people: row.most_people,
            most_percent: row.most_percent,
            hold_hours: row.hold_hours,
        }
    }
}

/// Two groups claim a person for places that exclude each other.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessConflict)]
pub struct ConflictView {
    #[schema(example = "cfl_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    application_id: String,
    user_id: String,
    /// `exclusive`: two places of one type; `organization`: one of them takes the whole person.
    #[schema(example = "exclusive")]
    kind: String,
    /// The mapping that holds.
    current_mapping_id: String,
    /// The mapping that waits.
    incoming_mapping_id: String,
    /// The mapping that somebody chose; `null`: nobody has decided.
    winner_mapping_id: Option<String>,
    decided_at: Option<DateTime<Utc>>,
    decided_by: Option<String>,
    created_at: DateTime<Utc>,
}

impl From<Conflict> for ConflictView {
    fn from(row: Conflict) -> Self {
        Self {
            incoming_mapping_id: row.incoming().to_string(),
            id: row.id.to_string(),
            application_id: row.application_id.to_string(),
            user_id: row.user_id.to_string(),
            kind: row.kind,
            current_mapping_id: row.current_id.to_string(),
            winner_mapping_id: row.winner_id.map(|id| id.to_string()),
            decided_at: row.decided_at.map(Time::to_utc),
            decided_by: row.decided_by,
            created_at: row.created_at.to_utc(),
        }
    }
}

/// What somebody should look at.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessAlert)]
pub struct AlertView {
    #[schema(example = "alr_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(schema_with = words::alert_kind)]
    kind: AlertKind,
    /// The thing that it is about.
    subject_id: String,
    #[schema(value_type = Object)]
    data: Value,
    created_at: DateTime<Utc>,
    /// When it was over, or somebody had seen it.
    closed_at: Option<DateTime<Utc>>,
}

impl From<Alert> for AlertView {
    fn from(row: Alert) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind,
            subject_id: row.subject_id,
            data: row.data.into_inner(),
            created_at: row.created_at.to_utc(),
            closed_at: row.closed_at.map(Time::to_utc),
        }
    }
}

/// Why somebody has something.
#[derive(Serialize, ToSchema)]
#[schema(as = Because)]
pub struct ReasonView {
    /// In words.
    #[schema(example = "group eng-payments, rule 3")]
    text: String,
    group_id: Option<String>,
    mapping_id: Option<String>,
    rule_id: Option<String>,
}

impl From<Reason> for ReasonView {
    fn from(reason: Reason) -> Self {
        Self {
            text: reason.words,
            group_id: reason.group_id.map(|id| id.to_string()),
            mapping_id: reason.mapping_id.map(|id| id.to_string()),
            rule_id: reason.rule_id,
        }
    }
}

/// What a person has in each application, line by line.
#[derive(Serialize, ToSchema)]
#[schema(as = UserAccess)]
pub struct AccessView {
    user_id: String,
    organization_id: String,
    applications: Vec<ApplicationAccessView>,
}

/// What a person has in one application.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationAccess)]
pub struct ApplicationAccessView {
    application_id: String,
    #[schema(example = "Orbit")]
    application: String,
    /// `null`: the person has no role there, or is off.
    role: Option<HeldRoleView>,
    entities: Vec<HeldEntityView>,
    /// Why more is there than groups give: `floor` (nobody else has the highest role) or `breaker` (too many people would
    /// have lost something at once); `null`: nothing is held. The reason of each line says what is held.
    #[schema(schema_with = words::hold)]
    held: Option<Hold>,
    /// When the first of it happens. `null` with `breaker`: somebody has said that the person keeps it.
    held_until: Option<DateTime<Utc>>,
}

/// A role with the reason.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldRole)]
pub struct HeldRoleView {
    #[schema(example = "admin")]
    key: String,
    because: ReasonView,
}

/// A place with the reason.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldEntity)]
pub struct HeldEntityView {
    #[serde(flatten)]
    entity: EntityView,
    because: ReasonView,
}

impl AccessView {
    /// What `user` of `organization` has.
    #[must_use]
    pub fn new(user: &UserId, organization: &OrganizationId, all: Vec<Explained>) -> Self {
        Self {
            user_id: user.to_string(),
            organization_id: organization.to_string(),
            applications: all.into_iter().map(ApplicationAccessView::from).collect(),
        }
    }
}

impl From<Explained> for ApplicationAccessView {
    fn from(it: Explained) -> Self {
        let role = it.role.map(|(key, reason)| HeldRoleView { key, because: reason.into() });
        let entity = |(entity, reason): (Entity, Reason)| HeldEntityView {
            entity: entity.into(),
            because: reason.into(),
        };
        Self {
            application_id: it.application_id.to_string(),
            application: it.application,
            role,
            entities: it.entities.into_iter().map(entity).collect(),
            held: it.held.map(|mark| mark.hold),
            held_until: it.held.and_then(|mark| mark.until).map(Time::to_utc),
        }
    }
}
