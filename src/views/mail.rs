//! Mails. What is secret in them is in no view.

use crate::clock::Time;
use crate::store::mails::{Kind, Mail, State};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A mail of the outbox.
#[derive(Debug, Serialize)]
pub struct MailView {
    id: String,
    kind: Kind,
    organization_id: Option<String>,
    /// To whom; `null`: to whoever receives alerts.
    to: Option<String>,
    /// The thing that it is about.
    subject_id: String,
    state: State,
    attempts: i32,
    /// What the server said last, or why there was none.
    said: Option<String>,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<Mail> for MailView {
    fn from(row: Mail) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind,
            organization_id: row.organization_id.map(|id| id.to_string()),
            to: row.recipient,
            subject_id: row.subject_id,
            state: row.state,
            attempts: row.attempts,
            said: row.said,
            created_at: row.created_at.to_utc(),
            finished_at: row.finished_at.map(Time::to_utc),
        }
    }
}
