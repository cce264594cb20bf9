//! Rules as people and programs write them: the body of a request, and the file of the command line.

use crate::access::rules::{Match, Rule, Target};
use crate::store::access::rule_sets::NewRule;
use crate::store::{ApplicationId, RuleId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
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
    #[serde(rename = "match")]
    #[schema(value_type = String, example = "prefix")]
    pub compare: Match,
    /// With what; empty for `all`.
    #[serde(default)]
    #[schema(example = "eng-")]
    pub pattern: String,
    /// The places that it gives.
    #[serde(default)]
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
#[derive(Debug, Deserialize, Serialize, ToSchema)]
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
