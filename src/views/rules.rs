//! Rules: as people and programs write them, the body of a request and the file of the command line, and as they are shown.

use crate::access::rules::{Match, Rule, Target};
use crate::store::access::rule_sets::{NewRule, RuleSet};
use crate::store::{ApplicationId, RuleId};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = NewMappingRule)]
#[serde(deny_unknown_fields)]
pub struct RuleBody {
    /// The ID that it has; left out: it is new.
    #[schema(value_type = Option<String>)]
    pub id: Option<RuleId>,
    /// The application; it may be left out where people of the organization use only one.
    #[schema(value_type = Option<String>)]
    pub application_id: Option<ApplicationId>,
    /// How the name of a group is compared: `exact` and `prefix` in any case, `regex` anywhere in it, `all`.
    #[serde(rename = "match", alias = "kind")]
    #[schema(value_type = String, example = "prefix")]
    pub compare: Match,
    /// With what; empty for `all`.
    #[serde(default)]
    #[schema(example = "eng-")]
    pub pattern: String,
    /// The places that it gives.
    #[serde(default)]
    #[schema(example = json!([{ "type": "team" }]))]
    pub targets: Vec<TargetBody>,
    /// The key of the role that its mappings give.
    pub role: Option<String>,
    /// Its mappings need nobody's approval.
    #[serde(default)]
    pub auto_approve: bool,
    /// Rules of a higher priority are asked first; of equal ones the older.
    #[serde(default)]
    pub priority: i32,
}

/// A place that a rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = NewRuleTarget)]
#[serde(deny_unknown_fields)]
pub struct TargetBody {
    /// The key of the entity type.
    #[serde(rename = "type")]
    #[schema(example = "team")]
    pub kind: String,
    /// The ID of an entity; left out: the one with the group's name.
    pub entity: Option<String>,
}

/// The whole set of rules.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = NewMappingRules)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// In the order in which they were made.
    pub rules: Vec<RuleBody>,
}

impl RuleBody {
    /// Whether a rule that holds is this one already. Among its types it makes no difference in which order they are named; no
    /// form can tell that.
    #[must_use]
    pub fn is(&self, held: &Rule) -> bool {
        let ordered = |mut rule: Self| {
            rule.targets.sort_by_key(|it| it.entity.is_none().then(|| it.kind.clone()));
            rule
        };
        ordered(self.clone()) == ordered(Self::from(held.clone()))
    }
}

impl From<RuleBody> for NewRule {
    fn from(body: RuleBody) -> Self {
        let target = |it: TargetBody| Target { kind: it.kind, entity: it.entity };
        Self {
            id: body.id,
            application_id: body.application_id,
            compare: body.compare,
            pattern: body.pattern,
            targets: body.targets.into_iter().map(target).collect(),
            role: body.role,
            auto_approve: body.auto_approve,
            priority: body.priority,
        }
    }
}

impl From<Rule> for RuleBody {
    fn from(rule: Rule) -> Self {
        let target = |it: Target| TargetBody { kind: it.kind, entity: it.entity };
        Self {
            id: rule.id.parse().ok(),
            application_id: rule.application_id.parse().ok(),
            compare: rule.compare,
            pattern: rule.pattern,
            targets: rule.targets.into_iter().map(target).collect(),
            role: rule.role,
            auto_approve: rule.auto_approve,
            priority: rule.priority,
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
