//! What is shown of what a change of rules or mappings would do.

use crate::store::access::preview::{Having, Line, Preview};
use serde::Serialize;
use utoipa::ToSchema;

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
