//! What is shown of an organization.

use super::words;
use crate::store::organizations::{Admission, Enforcement, Organization};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A customer of yours.
#[derive(Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationView {
    #[schema(example = "org_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    /// Your own ID of this customer. Wherever a path takes an organization it takes `external:` and this, too.
    #[schema(example = "globex-17")]
    external_id: Option<String>,
    #[schema(example = "Globex")]
    name: String,
    /// How new people arrive.
    #[schema(schema_with = words::admission)]
    admission: Admission,
    /// Whether its people must use single sign-on.
    #[schema(schema_with = words::enforcement)]
    enforcement: Enforcement,
    /// How many seconds its people stay signed in; `null`: as long as everybody.
    #[schema(example = 28800)]
    session_seconds: Option<i32>,
    /// Whatever you keep with it. Nothing here reads it.
    metadata: Map<String, Value>,
    /// Whether it belongs to the built-in demo.
    is_demo: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Organization> for OrganizationView {
    fn from(row: Organization) -> Self {
        Self {
            id: row.id.to_string(),
            external_id: row.external_id,
            name: row.name,
            admission: row.admission,
            enforcement: row.enforcement,
            session_seconds: row.session_seconds,
            metadata: row.metadata.into_inner(),
            is_demo: row.is_demo,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}
