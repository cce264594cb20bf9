//! What is shown of webhook endpoints and of what became of telling them.

use super::words;
use crate::clock::Time;
use crate::crypto::Secret;
use crate::store::webhooks::deliveries::{Attempt, Delivery, State};
use crate::store::webhooks::{Because, Endpoint};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// An address that is told of events.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookEndpoint)]
pub struct EndpointView {
    #[schema(example = "whe_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    /// The one organization whose events it is told; `null`: those of all, and those of none.
    organization_id: Option<String>,
    #[schema(example = "https://app.example.com/webhooks")]
    url: String,
    description: Option<String>,
    /// Which events it wants: `user.created`, or `user.*` for all of a noun. None: all.
    #[schema(example = json!(["user.*", "group.*"]))]
    events: Vec<String>,
    /// Whether it is told of events.
    enabled: bool,
    /// Since when it is told nothing.
    disabled_at: Option<DateTime<Utc>>,
    #[schema(schema_with = words::disabled_because)]
    disabled_because: Option<Because>,
    /// Since when it has taken nothing. After five days it is switched off.
    failing_since: Option<DateTime<Utc>>,
    /// When something is told to it next; `null`: nothing waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_try_at: Option<DateTime<Utc>>,
    /// Until when the secret before this one signs, too.
    previous_secret_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A webhook endpoint with its secret, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = NewWebhookEndpoint)]
pub struct NewEndpointView {
    #[serde(flatten)]
    row: EndpointView,
    /// By which signatures are verified; `null` where the answer is a repeat by `Idempotency-Key`.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", required = true)]
    secret: Option<String>,
    /// Always true: it cannot be read again.
    shown_once: bool,
    /// True where the answer is a repeat, which does not have the secret. If you have lost it, rotate it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_withheld: Option<bool>,
}

/// One attempt to tell an endpoint of an event.
#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
pub struct AttemptView {
    at: DateTime<Utc>,
    /// The status that was answered; `null`: nothing was.
    #[schema(example = 503)]
    status: Option<u16>,
    /// Why nothing was answered.
    #[schema(example = "it did not answer in time")]
    error: Option<String>,
    /// How long it took, in milliseconds.
    #[schema(example = 42)]
    duration: u32,
}

/// What became of telling one event to one endpoint.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub struct DeliveryView {
    #[schema(example = "whd_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    endpoint_id: String,
    /// The event, which is `webhook-id`.
    #[schema(example = "evt_01kampz3y7f4m8t2v6c9d0e1hj")]
    event_id: String,
    #[serde(rename = "type")]
    #[schema(example = "user.suspended")]
    kind: String,
    organization_id: Option<String>,
    #[schema(schema_with = words::delivery_state)]
    state: State,
    /// Every attempt, oldest first.
    attempts: Vec<AttemptView>,
    /// When it is told again.
    next_try_at: Option<DateTime<Utc>>,
    /// The beginning of the last refusal; not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<String>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Endpoint> for EndpointView {
    fn from(row: Endpoint) -> Self {
        Self {
            id: row.id.to_string(),
            organization_id: row.organization_id.map(|id| id.to_string()),
            url: row.url,
            description: row.description,
            events: row.events.words().to_vec(),
            enabled: row.disabled_at.is_none(),
            disabled_at: row.disabled_at.map(Time::to_utc),
            disabled_because: row.disabled_because,
            failing_since: row.failing_since.map(Time::to_utc),
            next_try_at: None,
            previous_secret_until: row.previous_until.map(Time::to_utc),
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

impl EndpointView {
    /// One that is looked at by itself: with what waits for it.
    #[must_use]
    pub fn alone(row: Endpoint, next_try: Option<Time>) -> Self {
        let next_try_at = next_try.filter(|_| row.disabled_at.is_none()).map(Time::to_utc);
        Self { next_try_at, ..Self::from(row) }
    }
}

impl NewEndpointView {
    /// The one answer that has the secret.
    #[must_use]
    pub fn new(row: Endpoint, secret: &Secret) -> Self {
        Self {
            row: row.into(),
            secret: Some(secret.reveal().to_owned()),
            shown_once: true,
            secret_withheld: None,
        }
    }
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            at: attempt.at.to_utc(),
            status: attempt.status,
            error: attempt.error,
            duration: attempt.millis,
        }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(row: Delivery) -> Self {
        Self {
            id: row.id.to_string(),
            endpoint_id: row.endpoint_id.to_string(),
            event_id: row.event_id.to_string(),
            kind: row.kind,
            organization_id: row.organization_id.map(|id| id.to_string()),
            state: row.state,
            attempts: row.attempts.into_inner().into_iter().map(AttemptView::from).collect(),
            next_try_at: row.next_try_at.map(Time::to_utc),
            answer: None,
            created_at: row.created_at.to_utc(),
            updated_at: row.updated_at.to_utc(),
        }
    }
}

impl DeliveryView {
    /// One that is looked at by itself: with what was answered.
    #[must_use]
    pub fn alone(row: Delivery, answer: Option<String>) -> Self {
        Self { answer, ..Self::from(row) }
    }
}
