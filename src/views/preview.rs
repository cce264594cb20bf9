//! What is shown of what a change of rules or mappings would do.

use super::audit::quoted;
use super::mapping::{MappingChange, NewMappingBody};
use super::rules::RuleBody;
use super::{Nullable, nullable, words};
use crate::error::Result;
use crate::store::MappingId;
use crate::store::access::mappings::{MappingPatch, MappingState};
use crate::store::access::preview::{Asked, Having, Line, Preview, Refused};
use crate::store::access::previews::Underway;
use crate::store::access::rule_sets::NewRule;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What is asked about: rules, mappings, or both.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[schema(as = NewAccessPreview)]
#[serde(deny_unknown_fields)]
pub struct PreviewQuestion {
    /// The rules as they would be; left out: as they are.
    pub rules: Option<Vec<RuleBody>>,
    /// Mappings that would be approved, rejected or moved.
    #[serde(default)]
    pub mappings: Vec<Decision>,
    /// Mappings that would be made by hand.
    #[serde(default)]
    pub new_mappings: Vec<NewMappingBody>,
}

/// What would become of a mapping. Whatever is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[schema(as = SupposedMapping)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Which mapping.
    #[schema(value_type = String)]
    pub id: MappingId,
    /// `approved` or `rejected`.
    #[schema(schema_with = words::mapping_state)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<MappingState>,
    /// Another place: the key of an entity that is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Another place: the key of a type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// With `type`: another name than the group's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The key of the role that it would give; `null`: that of its rule.
    #[serde(default, deserialize_with = "nullable", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub role: Nullable<String>,
}

impl Decision {
    /// The same for the store.
    pub fn asked(self) -> Result<(MappingId, MappingPatch)> {
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
            new_mappings: self
                .new_mappings
                .into_iter()
                .enumerate()
                .map(|(n, it)| {
                    it.asked().map_err(|error| error.below(&format!("/new_mappings/{n}")))
                })
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
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = AccessPreview)]
pub struct PreviewView {
    /// To apply exactly this, send it as `If-Match`.
    pub version: String,
    /// How many mappings would be made.
    pub mappings: usize,
    /// How many people would gain something.
    pub gain: usize,
    /// How many would lose something.
    pub lose: usize,
    /// How many would have another role.
    pub role: usize,
    /// For how many of those concerned nothing would change.
    pub same: usize,
    /// How many conflicts would be new.
    pub conflicts: usize,
    /// What applying it would answer instead; `null`: it would be applied.
    #[serde(default)]
    pub refused: Option<RefusedView>,
    /// The people for whom something would change, losses first, at most 500.
    pub people: Vec<PreviewLineView>,
}

/// Why what was previewed would be refused.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = PreviewRefused)]
pub struct RefusedView {
    /// The code of the 409.
    #[schema(example = "last_of_highest_role")]
    pub code: String,
    /// What is in the way, and what to do first.
    pub detail: String,
    /// In which application.
    pub application_id: String,
    /// Who would be the last with the highest role, and lose it.
    pub user_ids: Vec<String>,
}

impl From<Refused> for RefusedView {
    fn from(it: Refused) -> Self {
        Self {
            code: it.code.to_owned(),
            detail: it.detail,
            application_id: it.application_id.to_string(),
            user_ids: it.people.iter().map(ToString::to_string).collect(),
        }
    }
}

/// What would change for one person.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = PreviewLine)]
pub struct PreviewLineView {
    /// Who.
    pub user_id: String,
    /// In which application.
    pub application_id: String,
    /// Whether the person would lose something.
    pub is_loss: bool,
    /// What they have.
    pub before: HavingView,
    /// What they would have.
    pub after: HavingView,
    /// One line for each thing that the person would have.
    #[schema(example = json!(["team Payments: group eng-payments, rule 3"]))]
    pub because: Vec<String>,
}

/// Role and places.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Having)]
pub struct HavingView {
    /// The key of the role.
    pub role: Option<String>,
    /// The places.
    pub entities: Vec<NamedView>,
}

/// A place by type and name: it may not be there yet.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = NamedEntity)]
pub struct NamedView {
    /// The key of its type.
    #[serde(rename = "type")]
    #[schema(example = "team")]
    pub kind: String,
    /// What people call it.
    #[schema(example = "Payments")]
    pub name: String,
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
            refused: it.refused.map(RefusedView::from),
            people: it.people.into_iter().map(PreviewLineView::from).collect(),
        }
    }
}

/// The heads of the columns of [`PreviewView::to_csv`].
const COLUMNS: &str = "user_id,user,application_id,effect,role_before,role_after,entities_before,entities_after,because\r\n";

impl PreviewView {
    /// The people whom it names as CSV (RFC 4180), with the names of the columns first; `label` tells what a person is called.
    #[must_use]
    pub fn to_csv(&self, label: impl Fn(&str) -> String) -> String {
        let places = |having: &HavingView| {
            let named = having.entities.iter().map(|it| format!("{} {}", it.kind, it.name));
            named.collect::<Vec<_>>().join("; ")
        };
        let line = |it: &PreviewLineView| {
            let cells = [
                it.user_id.clone(),
                label(&it.user_id),
                it.application_id.clone(),
                if it.is_loss { "loses" } else { "gains" }.to_owned(),
                it.before.role.clone().unwrap_or_default(),
                it.after.role.clone().unwrap_or_default(),
                places(&it.before),
                places(&it.after),
                it.because.join("; "),
            ];
            cells.map(|cell| quoted(&cell)).join(",") + "\r\n"
        };
        COLUMNS.to_owned() + &self.people.iter().map(line).collect::<String>()
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
