//! What is shown of an application's secret.

use crate::clock::Time;
use crate::crypto::Secret;
use crate::store::applications::ApplicationSecret;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A client secret, as far as it is kept.
#[derive(Serialize, ToSchema)]
#[schema(as = ApplicationSecret)]
pub struct SecretView {
    #[schema(example = "sec_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    /// How it begins and ends.
    #[schema(example = "cs_…x7Qd")]
    hint: String,
    created_at: DateTime<Utc>,
    /// From when on it is refused; `null`: never.
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    last_used_at: Option<DateTime<Utc>>,
}

/// A client secret with itself, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewApplicationSecret)]
pub struct NewSecretView {
    #[serde(flatten)]
    row: SecretView,
    /// The secret itself; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "cs_wZ0tq5Jp…x7Qd", required = true)]
    secret: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the secret. If you have lost it, make another.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

impl From<ApplicationSecret> for SecretView {
    fn from(row: ApplicationSecret) -> Self {
        Self {
            id: row.id.to_string(),
            hint: row.hint,
            created_at: row.created_at.to_utc(),
            expires_at: row.expires_at.map(Time::to_utc),
            last_used_at: row.last_used_at.map(Time::to_utc),
        }
    }
}

impl NewSecretView {
    /// The one answer that has the secret.
    #[must_use]
    pub fn new(row: ApplicationSecret, secret: &Secret) -> Self {
        Self {
            row: row.into(),
            secret: Some(secret.reveal().to_owned()),
            shown_once: true,
            secret_withheld: None,
        }
    }
}
