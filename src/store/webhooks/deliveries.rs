//! What became of telling an event to an endpoint: each attempt, and what was answered.

use crate::clock::Time;
use crate::crypto::{MasterKey, Place};
use crate::error::{Error, Result};
use crate::store::db::or_not_found;
use crate::store::events::Event;
use crate::store::events::kinds::TEST;
use crate::store::schema::{events, webhook_deliveries as rows, webhook_endpoints as endpoints};
use crate::store::types::word;
use crate::store::{
    Db, DeliveryId, EventId, Json, OrganizationId, Page, Tx, WebhookEndpointId, Window, on_backend,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Attempts of a delivery that are kept: more than there are by themselves.
const MOST_ATTEMPTS: usize = 50;

word!(
    /// How far a delivery is.
    State {
        /// The endpoint took it.
        Delivered = "delivered",
        /// It was not taken, and is told again.
        Retrying = "retrying",
        /// It was not taken, and is told again only if somebody wants it.
        Failed = "failed",
    }
);

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Time,
    /// The status that was answered.
    pub status: Option<u16>,
    /// Why nothing was answered, in a few words.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub millis: u32,
}

/// One attempt with what was answered to it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// What is kept for everybody to see.
    pub attempt: Attempt,
    /// The beginning of the answer, where it was a refusal.
    pub answer: Option<String>,
}

impl Sent {
    /// Whether the endpoint took it: any status of success.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.attempt.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// What became of telling an event to an endpoint.
#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = rows, treat_none_as_null = true)]
pub struct Delivery {
    /// Its ID.
    pub id: DeliveryId,
    /// To whom.
    pub endpoint_id: WebhookEndpointId,
    /// The event; for a test a number of its own.
    pub event_id: EventId,
    /// The event's kind, or [`TEST`].
    pub kind: String,
    /// Whom the event concerns.
    pub organization_id: Option<OrganizationId>,
    /// How far it is.
    pub state: State,
    /// What was sent, for a test, which is written down nowhere else.
    pub message: Option<String>,
    /// Every attempt, oldest first.
    pub attempts: Json<Vec<Attempt>>,
    /// The beginning of the last refusal, sealed.
    pub answer: Option<String>,
    /// When it is told again.
    pub next_try_at: Option<Time>,
    /// When it was told first.
    pub created_at: Time,
    /// When it was told last.
    pub updated_at: Time,
}

/// Which deliveries are wanted; none of the fields: all of them.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of endpoints that are this organization's own.
    pub organization: Option<OrganizationId>,
    /// To this endpoint.
    pub endpoint: Option<WebhookEndpointId>,
    /// That are as far as this.
    pub state: Option<State>,
    /// Of this kind.
    pub kind: Option<String>,
    /// Of this event.
    pub event: Option<EventId>,
}

impl Delivery {
    /// The beginning of the last refusal.
    pub fn answer(&self, master: &MasterKey) -> Result<Option<String>> {
        let open = |sealed: &str| master.open(sealed, &place(&self.id));
        let opened = self.answer.as_deref().map(open).transpose()?;
        Ok(opened.and_then(|bytes| bytes.to_text()).map(|text| text.reveal().to_owned()))
    }

    /// Adds an attempt.
    fn add(&mut self, master: &MasterKey, sent: &Sent, now: Time) -> Result<()> {
        let mut attempts = self.attempts.clone().into_inner();
        let beyond = (attempts.len() + 1).saturating_sub(MOST_ATTEMPTS);
        attempts.drain(..beyond.min(attempts.len()));
        attempts.push(sent.attempt.clone());
        self.attempts = attempts.into();
        let seal = |text: &String| master.seal(text.as_bytes(), &place(&self.id));
        self.answer = sent.answer.as_ref().map(seal).transpose()?;
        self.updated_at = now;
        Ok(())
    }
}

fn place(id: &DeliveryId) -> Place<'_> {
    Place { table: "webhook_deliveries", column: "answer", row: id.as_str() }
}

/// Finds a delivery.
pub fn find(db: &mut Db, id: &DeliveryId) -> Result<Delivery> {
    or_not_found(rows::table.find(id).first(db), "delivery", id)
}

/// The event that a delivery tells of. It may be gone by now.
pub fn event(db: &mut Db, delivery: &Delivery) -> Result<Event> {
    let found = events::table.find(&delivery.event_id).first(db).optional()?;
    found.ok_or_else(|| {
        Error::conflict(
            "event_gone",
            "This event is not kept any more, so it cannot be told again.",
        )
    })
}

/// A page of deliveries, newest first.
pub fn page(db: &mut Db, window: &Window, filter: &Filter) -> Result<Page<Delivery>> {
    let query = wanted(filter)
        .order(rows::id.desc())
        .filter(rows::id.lt(window.bound()))
        .limit(window.limit.saturating_add(1));
    Ok(Page::of(query.load(db)?, window, |row: &Delivery| row.id.to_string()))
}

/// How many deliveries there are.
pub fn count(db: &mut Db, filter: &Filter) -> Result<i64> {
    Ok(wanted(filter).count().get_result(db)?)
}

type Wanted<'a> = rows::BoxedQuery<'a, <Db as diesel::Connection>::Backend>;

fn wanted(filter: &Filter) -> Wanted<'_> {
    let mut query = rows::table.into_boxed();
    if let Some(organization) = &filter.organization {
        let own = endpoints::table
            .filter(endpoints::organization_id.eq(organization))
            .select(endpoints::id);
        query = query.filter(rows::endpoint_id.eq_any(own));
    }
    if let Some(endpoint) = &filter.endpoint {
        query = query.filter(rows::endpoint_id.eq(endpoint));
    }
    if let Some(state) = filter.state {
        query = query.filter(rows::state.eq(state));
    }
    if let Some(kind) = &filter.kind {
        query = query.filter(rows::kind.eq(kind));
    }
    if let Some(event) = &filter.event {
        query = query.filter(rows::event_id.eq(event));
    }
    query
}

/// Writes down that a test was sent.
pub fn tested(
    tx: &mut Tx,
    master: &MasterKey,
    endpoint: &WebhookEndpointId,
    (id, message): (EventId, String),
    sent: &Sent,
) -> Result<Delivery> {
    super::find(tx.db, endpoint)?;
    let mut row = new(endpoint, id, TEST, None, sent);
    row.add(master, sent, tx.now)?;
    row.message = Some(message);
    row.state = if sent.is_accepted() { State::Delivered } else { State::Failed };
    diesel::insert_into(rows::table).values(&row).execute(tx.db)?;
    Ok(row)
}

/// Writes down that a delivery was sent again because somebody wanted it. What is told again by itself is told then, too,
/// so that the order stays.
pub fn again(tx: &mut Tx, master: &MasterKey, id: &DeliveryId, sent: &Sent) -> Result<Delivery> {
    let held = rows::table.find(id);
    let found: QueryResult<Delivery> = match tx.db {
        Db::Postgres(conn) => held.for_update().first(conn),
        Db::Sqlite(conn) => held.first(conn),
    };
    let mut row = or_not_found(found, "delivery", id)?;
    row.add(master, sent, tx.now)?;
    row.state = match row.state {
        State::Failed if sent.is_accepted() => State::Delivered,
        state => state,
    };
    diesel::update(&row).set(&row).execute(tx.db)?;
    Ok(row)
}

/// Writes attempts down. The delivery of the last one.
pub(super) fn record(
    tx: &mut Tx,
    master: &MasterKey,
    endpoint: &WebhookEndpointId,
    tried: &[(&super::lanes::Tried, (State, Option<Time>))],
) -> Result<Option<DeliveryId>> {
    let ids: Vec<&EventId> = tried.iter().map(|(tried, _)| &tried.event.id).collect();
    let known =
        rows::table.filter(rows::endpoint_id.eq(endpoint)).filter(rows::event_id.eq_any(ids));
    let known: Vec<Delivery> = match tx.db {
        Db::Postgres(conn) => known.order(rows::id).for_update().load(conn)?,
        Db::Sqlite(conn) => known.load(conn)?,
    };
    let mut known: HashMap<EventId, Delivery> =
        known.into_iter().map(|row| (row.event_id.clone(), row)).collect();
    let (mut made, mut last) = (Vec::new(), None);
    for (tried, (state, next_try_at)) in tried {
        let (event, sent) = (&tried.event, &tried.sent);
        let before = known.remove(&event.id);
        let is_new = before.is_none();
        let mut row = before.unwrap_or_else(|| {
            let organization = event.organization_id.clone();
            new(endpoint, event.id.clone(), &event.kind, organization, sent)
        });
        row.add(master, sent, tx.now)?;
        (row.state, row.next_try_at) = (*state, *next_try_at);
        last = Some(row.id.clone());
        if is_new {
            made.push(row);
        } else {
            diesel::update(&row).set(&row).execute(tx.db)?;
        }
    }
    on_backend!(tx.db, conn => diesel::insert_into(rows::table).values(made).execute(conn))?;
    Ok(last)
}

fn new(
    endpoint: &WebhookEndpointId,
    event_id: EventId,
    kind: &str,
    organization_id: Option<OrganizationId>,
    sent: &Sent,
) -> Delivery {
    Delivery {
        id: DeliveryId::new(),
        endpoint_id: endpoint.clone(),
        event_id,
        kind: kind.to_owned(),
        organization_id,
        state: State::Failed,
        message: None,
        attempts: Vec::new().into(),
        answer: None,
        next_try_at: None,
        created_at: sent.attempt.at,
        updated_at: sent.attempt.at,
    }
}
