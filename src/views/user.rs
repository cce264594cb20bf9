//! What is shown of a user.

use super::words;
use crate::clock::Time;
use crate::store::users::{Source, User, UserState};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A person of an organization.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserView {
    /// Also the `sub` of ID tokens.
    #[schema(example = "usr_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    organization_id: String,
    #[schema(schema_with = words::user_state)]
    state: UserState,
    /// Which way they came.
    #[schema(schema_with = words::user_source)]
    source: Source,
    #[schema(example = "ada@globex.example")]
    email: Option<String>,
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
    /// What else the identity provider said in the last sign-in.
    attributes: Map<String, Value>,
    /// When they were suspended here.
    suspended_at: Option<DateTime<Utc>>,
    /// When their directory suspended them.
    directory_suspended_at: Option<DateTime<Utc>>,
    /// When their directory removed them.
    deprovisioned_at: Option<DateTime<Utc>>,
    last_sign_in_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<User> for UserView {
    fn from(row: User) -> Self {
        Self {
            state: row.state(),
            id: row.id.to_string(),
            organization_id: row.organization_id.to_string(),
            email: Some(row.email).filter(|email| !email.is_empty()),
            name: row.name,
            given_name: row.given_name,
            family_name: row.family_name,
            source: row.source,
            attributes: row.attributes.into_inner(),
            suspended_at: row.suspended_at.map(Time::to_utc),
            directory_suspended_at: row.directory_suspended_at.map(Time::to_utc),
            deprovisioned_at: row.deprovisioned_at.map(Time::to_utc),
            last_sign_in_at: row.last_sign_in_at.map(Time::to_utc),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}
