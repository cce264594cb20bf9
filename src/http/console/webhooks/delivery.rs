//! One delivery: each attempt, what was sent and what was answered.

use super::href as endpoint_href;
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, WEBHOOKS};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Develop, Needs, Posted, Read, Seat};
use crate::http::console::words::Badge;
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Faults, Shell, respond};
use crate::http::server::State;
use crate::store::webhooks::deliveries::{self, Attempt, Delivery, State as HowFar};
use crate::store::webhooks::{self, Endpoint};
use crate::store::{Db, DeliveryId, WebhookEndpointId};
use crate::views::event;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// Where what stands against sending it again is told: beside what was sent.
const REQUEST: &str = "/request";

/// Where the page of a delivery is.
pub(super) fn href(delivery: &Delivery) -> String {
    format!("{}/deliveries/{}", endpoint_href(&delivery.endpoint_id), delivery.id)
}

/// How far a delivery is, as a word and a shape.
pub(super) fn badge(state: &State, how_far: HowFar) -> Badge {
    let class = match how_far {
        HowFar::Delivered => " ok",
        HowFar::Retrying => " warn",
        HowFar::Failed => " bad",
    };
    let key = format!("console.webhooks.delivery_state.{how_far}");
    Badge { class, label: state.locale.text(&key).to_owned() }
}

/// What came of an attempt: the status, or why there was none.
pub(super) fn came(attempt: &Attempt) -> String {
    let error = || attempt.error.clone().unwrap_or_default();
    attempt.status.map_or_else(error, |status| status.to_string())
}

struct AttemptLine {
    at: Moment,
    is_taken: bool,
    came: String,
    took: String,
}

struct View {
    href: String,
    endpoint_href: String,
    url: String,
    id: String,
    event: String,
    kind: String,
    badge: Badge,
    told: Moment,
    next: Option<Moment>,
    attempts: Vec<AttemptLine>,
    /// What is sent; none: the event is not kept any more.
    body: Option<String>,
    /// The beginning of the last refusal.
    answer: Option<String>,
    may_develop: bool,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/webhook_delivery.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    list: &'static str,
    view: &'a View,
}

/// `GET /console/webhooks/{endpoint}/deliveries/{delivery}`
pub(super) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    Ok(show(&state, &seat, &ids, Vec::new()).await?)
}

/// `POST /console/webhooks/{endpoint}/deliveries/{delivery}/again`: sent once more, at once.
pub(super) async fn again(
    state: Data<State>,
    posted: Posted<Develop>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (endpoint, id) = parsed(&ids)?;
    let read = move |db: &mut Db| {
        let (_, delivery) = find(db, &endpoint, &id)?;
        let body = event::body(db, &delivery)?;
        Ok((delivery, body))
    };
    match form::mendable(state.store.read(read).await, REQUEST)? {
        Ok((delivery, body)) => {
            let own = href(&delivery);
            state.sender.again(posted.seat.actor(), delivery.id, body).await?;
            Ok(done::lead(&state, Done::EventSent, &own))
        }
        Err(errors) => Ok(show(&state, &posted.seat, &ids, errors).await?),
    }
}

fn parsed((endpoint, id): &(String, String)) -> Result<(WebhookEndpointId, DeliveryId)> {
    Ok((endpoint.parse()?, id.parse()?))
}

/// A delivery to this endpoint, and no other's.
fn find(db: &mut Db, of: &WebhookEndpointId, id: &DeliveryId) -> Result<(Endpoint, Delivery)> {
    let (endpoint, delivery) = (webhooks::find(db, of)?, deliveries::find(db, id)?);
    if delivery.endpoint_id != endpoint.id {
        return Err(Error::not_found("delivery", id.as_str()));
    }
    Ok((endpoint, delivery))
}

async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    ids: &(String, String),
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let (of, id) = parsed(ids)?;
    let read = move |db: &mut Db| {
        let (endpoint, delivery) = find(db, &of, &id)?;
        let body = match event::body(db, &delivery) {
            Ok(body) => Some(body),
            Err(Error::Conflict { .. }) => None,
            Err(other) => return Err(other),
        };
        Ok((endpoint, delivery, body))
    };
    let (endpoint, delivery, body) = state.store.read(read).await?;
    let view = View {
        href: href(&delivery),
        endpoint_href: endpoint_href(&endpoint.id),
        url: endpoint.url,
        id: delivery.id.to_string(),
        event: delivery.event_id.to_string(),
        kind: delivery.kind.clone(),
        badge: badge(state, delivery.state),
        told: listing::second(delivery.created_at),
        next: delivery.next_try_at.map(listing::second),
        attempts: delivery.attempts.iter().rev().map(|one| line(state, one)).collect(),
        answer: delivery.answer(&state.master)?,
        body,
        may_develop: seat.may::<Develop>(),
        faults: Faults::from(errors),
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, WEBHOOKS),
        list: super::LIST,
        view: &view,
    };
    Ok(respond(state, view.faults.status(), &Csp::Page, &page))
}

fn line(state: &State, attempt: &Attempt) -> AttemptLine {
    AttemptLine {
        at: listing::second(attempt.at),
        is_taken: attempt.status.is_some_and(|status| (200..300).contains(&status)),
        came: came(attempt),
        took: listing::took(state, i64::from(attempt.millis)),
    }
}
