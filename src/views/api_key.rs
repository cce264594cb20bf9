//! What is shown of an API key.

use super::words;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::store::api_keys::{self, Scope};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// An API key, as far as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    #[schema(example = "key_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[schema(example = "Billing")]
    name: String,
    /// How it begins and ends.
    #[schema(example = "vst_live_…x7Qd")]
    hint: String,
    /// What it may do.
    #[schema(schema_with = words::scopes)]
    scopes: Vec<Scope>,
    /// The one organization it is for; `null`: all, and what belongs to none.
    organization_id: Option<String>,
    /// From where it may come; empty: from everywhere.
    #[schema(example = json!(["203.0.113.0/24"]))]
    networks: Vec<String>,
    created_at: DateTime<Utc>,
    /// From when on it is refused; `null`: never.
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
    /// The address from which it was last used.
    #[schema(example = "203.0.113.7")]
    last_used_from: Option<String>,
}

/// An API key with itself, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApiKey)]
pub struct NewApiKeyView {
    #[serde(flatten)]
    row: ApiKeyView,
    /// The key itself; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "vst_live_wZ0tq5Jp…x7Qd", required = true)]
    secret: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the key. If you have lost it, roll it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

impl From<api_keys::ApiKey> for ApiKeyView {
    fn from(row: api_keys::ApiKey) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            hint: row.hint,
            scopes: row.scopes.into_inner(),
            organization_id: row.organization_id.map(|id| id.to_string()),
            networks: row.networks.into_inner(),
            created_at: row.created_at.to_utc(),
            expires_at: row.expires_at.map(Time::to_utc),
            revoked_at: row.revoked_at.map(Time::to_utc),
            last_used_at: row.last_used_at.map(Time::to_utc),
            last_used_from: row.last_used_from,
        }
    }
}

impl NewApiKeyView {
    /// The one answer that has the secret.
    #[must_use]
    pub fn new(row: api_keys::ApiKey, secret: &Secret) -> Self {
        Self {
            row: row.into(),
            secret: Some(secret.reveal().to_owned()),
            shown_once: true,
            secret_withheld: None,
        }
    }
}
