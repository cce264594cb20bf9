//! What is shown of groups' effects: roles, places, mappings, rules, conflicts, and what a person has.

use super::words;
use crate::access::rules::{Match, Rule, Target};
use crate::access::{EntityType, Placement, Reach, Role};
use crate::clock::Time;
use crate::store::access::alerts::{Alert, AlertKind};
use crate::store::access::conflicts::Conflict;
use crate::store::access::entities::Entity;
use crate::store::access::explain::{Explained, Hold, Reason};
use crate::store::access::mappings::{Flag, Mapping, MappingState};
use crate::store::access::preview::{Having, Line, Preview};
use crate::store::access::provisioning::Provisioning;
use crate::store::access::rule_sets::RuleSet;
use crate::store::{OrganizationId, UserId};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
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

/// A place that a rule gives.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleTarget)]
pub struct RuleTargetView {
    /// The key of the entity type.
    #[serde(rename = "type")]
    #[schema(example = "team")]
    kind: String,
    /// The ID of the entity; `null`: the one with the group's name.
    entity: Option<String>,
}

impl From<Target> for RuleTargetView {
    fn from(target: Target) -> Self {
        Self { kind: target.kind, entity: target.entity }
    }
}

/// A rule.
#[derive(Serialize, ToSchema)]
#[schema(as = MappingRule)]
pub struct RuleView {
    #[schema(example = "rul_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    application_id: String,
    /// How the name of a group is compared: `exact`, `prefix`, `regex` or `all`.
    #[serde(rename = "match")]
    #[schema(value_type = String, example = "prefix")]
    compare: Match,
    /// With what.
    #[schema(example = "eng-")]
    pattern: String,
    targets: Vec<RuleTargetView>,
    /// The key of the role that its mappings give.
    role: Option<String>,
    /// Its mappings need nobody's approval.
    auto_approve: bool,
    /// Rules of a higher priority are asked first; of equal ones the older.
    priority: i32,
    created_at: DateTime<Utc>,
}

impl From<Rule> for RuleView {
    fn from(rule: Rule) -> Self {
        Self {
            id: rule.id,
            application_id: rule.application_id,
            compare: rule.compare,
            pattern: rule.pattern,
            targets: rule.targets.into_iter().map(RuleTargetView::from).collect(),
            role: rule.role,
            auto_approve: rule.auto_approve,
            priority: rule.priority,
            created_at: rule.created_at.to_utc(),
        }
    }
}

/// The rules of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = MappingRules)]
pub struct RuleSetView {
    /// Counts the sets that were applied; 0: none yet.
    version: i64,
    rules: Vec<RuleView>,
    /// Who applied it.
    author: Option<String>,
    /// What it did: `mappings` that were made, and `people` for whom something changed.
    #[schema(value_type = Option<Object>)]
    effect: Option<Value>,
    applied_at: Option<DateTime<Utc>>,
}

impl From<Option<RuleSet>> for RuleSetView {
    fn from(set: Option<RuleSet>) -> Self {
        let Some(set) = set else {
            return Self {
                version: 0,
                rules: Vec::new(),
                author: None,
                effect: None,
                applied_at: None,
            };
        };
        Self {
            version: set.version,
            rules: set.rules.into_inner().into_iter().map(RuleView::from).collect(),
            author: Some(set.author),
            effect: Some(set.effect.into_inner()),
            applied_at: Some(set.created_at.to_utc()),
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
    /// have lost something at once); `null`: nothing is held.
    #[schema(schema_with = words::hold)]
    held: Option<Hold>,
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
            held: it.held.map(|(hold, _)| hold),
            held_until: it.held.and_then(|(_, until)| until).map(Time::to_utc),
        }
    }
}

/// What a change of rules or mappings would do.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessPreview)]
pub struct PreviewView {
    /// To apply exactly this, send it as `If-Match`.
    version: String,
    /// How many mappings would be made.
    mappings: usize,
    /// How many people would gain something.
    gain: usize,
    /// How many would lose something.
    lose: usize,
    /// How many would have another role.
    role: usize,
    /// For how many of those concerned nothing would change.
    same: usize,
    /// How many conflicts would be new.
    conflicts: usize,
    /// The people for whom something would change, losses first, at most 500.
    people: Vec<PreviewLineView>,
}

/// What would change for one person.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewLine)]
pub struct PreviewLineView {
    user_id: String,
    application_id: String,
    is_loss: bool,
    before: HavingView,
    after: HavingView,
    /// One line for each thing that the person would have.
    #[schema(example = json!(["team Payments: group eng-payments, rule 3"]))]
    because: Vec<String>,
}

/// Role and places.
#[derive(Serialize, ToSchema)]
#[schema(as = Having)]
pub struct HavingView {
    role: Option<String>,
    entities: Vec<NamedView>,
}

/// A place by type and name: it may not be there yet.
#[derive(Serialize, ToSchema)]
#[schema(as = NamedEntity)]
pub struct NamedView {
    #[serde(rename = "type")]
    #[schema(example = "team")]
    kind: String,
    #[schema(example = "Payments")]
    name: String,
}

impl From<Preview> for PreviewView {
    fn from(it: Preview) -> Self {
        Self {
            version: it.version,
            mappings: it.mappings,
            gain: it.gain,
            lose: it.lose,
            role: it.role,
            same: it.same,
            conflicts: it.conflicts,
            people: it.people.into_iter().map(PreviewLineView::from).collect(),
        }
    }
}

impl From<Line> for PreviewLineView {
    fn from(it: Line) -> Self {
        Self {
            user_id: it.user_id.to_string(),
            application_id: it.application_id.to_string(),
            is_loss: it.is_loss,
            before: it.before.into(),
            after: it.after.into(),
            because: it.because,
        }
    }
}

impl From<Having> for HavingView {
    fn from(it: Having) -> Self {
        let named = |(kind, name)| NamedView { kind, name };
        Self { role: it.role, entities: it.entities.into_iter().map(named).collect() }
    }
}
