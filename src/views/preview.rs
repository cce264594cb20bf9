//! What is shown of what a change of rules or mappings would do.

use super::mapping::MappingChange;
use super::rules::RuleBody;
use super::{Nullable, nullable, words};
use crate::error::Result;
use crate::store::MappingId;
use crate::store::access::mappings::{MappingPatch, MappingState};
use crate::store::access::preview::{Asked, Having, Line, Preview};
use crate::store::access::previews::Underway;
use crate::store::access::rule_sets::NewRule;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What is asked about: rules, mappings, or both.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = NewAccessPreview)]
#[serde(deny_unknown_fields)]
pub struct PreviewQuestion {
    /// The rules as they would be; left out: as they are.
    rules: Option<Vec<RuleBody>>,
    /// Mappings that would be approved, rejected or moved.
    #[serde(default)]
    mappings: Vec<Decision>,
}

/// What would become of a mapping. Whatever is left out stays as it is.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = SupposedMapping)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    #[schema(value_type = String)]
    id: MappingId,
    /// `approved` or `rejected`.
    #[schema(schema_with = words::mapping_state)]
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<MappingState>,
    /// Another place: the key of an entity that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    entity: Option<String>,
    /// Another place: the key of a type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// With `type`: another name than the group's.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The key of the role that it would give; `null`: that of its rule.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    role: Nullable<String>,
}

impl Decision {
    fn asked(self) -> Result<(MappingId, MappingPatch)> {
        let Self { id, state, entity, kind, name, role } = self;
        Ok((id, MappingChange { state, entity, kind, name, role }.patch()?))
    }
}

impl PreviewQuestion {
    /// The same for the store.
    pub fn asked(self) -> Result<Asked> {
        Ok(Asked {
            rules: self.rules.map(|list| list.into_iter().map(NewRule::from).collect()),
            mappings: self
                .mappings
                .into_iter()
                .enumerate()
                .map(|(n, it)| it.asked().map_err(|error| error.below(&format!("/mappings/{n}"))))
                .collect::<Result<_>>()?,
        })
    }
}

/// A preview that is being worked on, or was.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewUnderway)]
pub struct PreviewUnderwayView {
    #[schema(example = "prv_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    /// `running`, `done` or `failed`.
    #[schema(example = "running")]
    state: &'static str,
    /// Of how many people it is known.
    done: i64,
    /// Of how many it is asked; 0 while that is not known.
    total: i64,
    /// What would happen; `null` until it is done.
    #[schema(value_type = Option<PreviewView>)]
    preview: Option<Value>,
    /// Why it cannot be said; `null` unless it failed.
    fault: Option<String>,
}

impl From<Underway> for PreviewUnderwayView {
    fn from(row: Underway) -> Self {
        let state = match (&row.fault, row.finished_at) {
            (Some(_), _) => "failed",
            (None, Some(_)) => "done",
            (None, None) => "running",
        };
        Self {
            id: row.id.to_string(),
            state,
            done: if state == "done" { row.total } else { row.done },
            total: row.total,
            preview: row.result.map(crate::store::Json::into_inner),
            fault: row.fault,
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
