//! What is shown of an event: the same in the stream, in a webhook and on the command line.

use crate::clock::Time;
use crate::error::Result;
use crate::store::events::Event;
use crate::store::events::feed::Part;
use crate::store::events::kinds::TEST;
use crate::store::webhooks::Endpoint;
use crate::store::webhooks::deliveries::{self, Delivery};
use crate::store::{Db, EventId};
use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Something that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventView {
    /// The same in every delivery: by it you know what you have seen.
    #[schema(example = "evt_01kampz3y7f4m8t2v6c9d0e1hj")]
    id: String,
    #[serde(rename = "type")]
    #[schema(example = "user.suspended")]
    kind: String,
    timestamp: DateTime<Utc>,
    /// Its number among the events of its organization, from 1 and without gaps; among those of no organization if it
    /// has none.
    #[schema(example = 17)]
    sequence: Option<i64>,
    /// `organization_id` (or `null`), `subject_id` of the thing it happened to, `actor` who did it, and what else is
    /// worth knowing, by type. It does not tell who a person is.
    data: Map<String, Value>,
}

/// Events, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = EventList)]
pub struct EventsView {
    data: Vec<EventView>,
    /// Give it as `cursor` to get what happens after these. It is always there, also where nothing has happened.
    #[schema(example = "4711")]
    next_cursor: String,
}

impl EventView {
    /// A message that is no event: it only shows that an endpoint is reached.
    #[must_use]
    pub fn test(id: &EventId, endpoint: &Endpoint, now: Time) -> Self {
        let mut data = Map::new();
        let organization = endpoint.organization_id.as_ref().map(|id| Value::from(id.as_str()));
        data.insert("organization_id".to_owned(), organization.unwrap_or_default());
        data.insert("subject_id".to_owned(), endpoint.id.as_str().into());
        Self {
            id: id.to_string(),
            kind: TEST.to_owned(),
            timestamp: now.to_utc(),
            sequence: None,
            data,
        }
    }

    /// The body of a webhook.
    pub fn to_body(&self) -> Result<String> {
        Ok(serde_json::to_string(self).context("an event as JSON")?)
    }
}

/// What a delivery sends, word for word: a test's own message, or the event as long as it is kept.
pub fn body(db: &mut Db, delivery: &Delivery) -> Result<String> {
    match &delivery.message {
        Some(message) => Ok(message.clone()),
        None => EventView::from(deliveries::event(db, delivery)?).to_body(),
    }
}

impl From<Event> for EventView {
    fn from(row: Event) -> Self {
        let mut data = match row.data.into_inner() {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let organization = row.organization_id.map(|id| Value::from(id.as_str()));
        data.insert("organization_id".to_owned(), organization.unwrap_or_default());
        data.insert("subject_id".to_owned(), row.subject_id.into());
        data.insert("actor".to_owned(), row.actor.into());
        Self {
            id: row.id.to_string(),
            kind: row.kind,
            timestamp: row.created_at.to_utc(),
            sequence: row.sequence,
            data,
        }
    }
}

impl From<Part> for EventsView {
    fn from(part: Part) -> Self {
        let next_cursor = part.cursor.to_string();
        Self { data: part.events.into_iter().map(EventView::from).collect(), next_cursor }
    }
}
