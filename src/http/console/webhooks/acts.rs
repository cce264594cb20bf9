//! What is done with an endpoint: a test event at once; turning it off and on, another secret and deleting it when that is confirmed.

use super::{LIST, delivery, find, href, one};
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::WEBHOOKS;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::server::State;
use crate::store::webhooks::{self, Endpoint, EndpointPatch};
use crate::store::{EventId, Tx};
use crate::views::event::EventView;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono::TimeDelta;

/// How long the secret before signs beside the new one.
const OVERLAP: TimeDelta = TimeDelta::days(1);
/// The tick by which the secret before signs nothing any more.
const AT_ONCE: &str = "at_once";

/// `POST /console/webhooks/{endpoint}/test`: what came of it is on the page of the delivery.
pub(super) async fn test(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    let event = EventId::new();
    let body = EventView::test(&event, &endpoint, state.store.clock().now()).to_body()?;
    let sent = state.sender.test(posted.seat.actor(), endpoint.id, (event, body)).await?;
    Ok(done::lead(&state, Done::EventSent, &delivery::href(&sent)))
}

/// `GET /console/webhooks/{endpoint}/turn`: on if it is off, else off.
pub(super) async fn ask_turn(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &turning(&state, &endpoint, endpoint.disabled_at.is_some())))
}

/// `POST /console/webhooks/{endpoint}/turn`
pub(super) async fn turn(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    let to_on = posted.text("to") == "on";
    let confirm = turning(&state, &endpoint, to_on);
    let (id, patch) =
        (endpoint.id.clone(), EndpointPatch { enabled: Some(to_on), ..Default::default() });
    let change = move |tx: &mut Tx| webhooks::change(tx, &id, patch);
    let done = state.store.write(endpoint.scope(), posted.seat.actor(), change).await;
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done,
        if to_on { Done::EndpointOn } else { Done::EndpointOff },
        &href(&endpoint.id),
    )
}

fn turning(state: &State, of: &Endpoint, to_on: bool) -> Confirm {
    let (to, word) = if to_on { ("on", "turn_on") } else { ("off", "turn_off") };
    Confirm {
        carried: vec![("to", to.to_owned())],
        action: format!("{}/turn", href(&of.id)),
        ..asking(state, of, word)
    }
}

/// `GET /console/webhooks/{endpoint}/rotate`
pub(super) async fn ask_rotate(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &rotating(&state, &endpoint)))
}

/// `POST /console/webhooks/{endpoint}/rotate`: the endpoint's page follows, this once with the secret.
pub(super) async fn rotate(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    let confirm = rotating(&state, &endpoint);
    let overlap = if posted.text(AT_ONCE) == "1" { TimeDelta::zero() } else { OVERLAP };
    let (id, master) = (endpoint.id.clone(), state.master.clone());
    let (once, page) = (posted.once(), href(&id));
    let rotate = move |tx: &mut Tx| webhooks::rotate(tx, &master, &id, overlap);
    let make = move |tx: &mut Tx| once.make(tx, rotate, |_| page);
    match state.store.write(endpoint.scope(), posted.seat.actor(), make).await {
        Ok(Made::Before(page)) => Ok(shown_before::show(&state, &posted.seat, WEBHOOKS, &page)),
        Ok(Made::Now((endpoint, secret))) => {
            Ok(one::with_secret(&state, &posted.seat, endpoint, &secret).await?)
        }
        Err(other) => confirm::against(&state, &posted.seat, &confirm, other),
    }
}

fn rotating(state: &State, of: &Endpoint) -> Confirm {
    let at_once = state.locale.text("console.webhooks.at_once").to_owned();
    Confirm {
        tick: Some((AT_ONCE, at_once)),
        action: format!("{}/rotate", href(&of.id)),
        ..asking(state, of, "rotate")
    }
}

/// `GET /console/webhooks/{endpoint}/delete`
pub(super) async fn ask_delete(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &deleting(&state, &endpoint)))
}

/// `POST /console/webhooks/{endpoint}/delete`
pub(super) async fn delete(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    let confirm = deleting(&state, &endpoint);
    let id = endpoint.id.clone();
    let delete = move |tx: &mut Tx| webhooks::delete(tx, &id);
    let done = state.store.write(endpoint.scope(), posted.seat.actor(), delete).await;
    confirm::after(&state, &posted.seat, &confirm, done, Done::EndpointDeleted, LIST)
}

fn deleting(state: &State, of: &Endpoint) -> Confirm {
    Confirm { action: format!("{}/delete", href(&of.id)), ..asking(state, of, "delete") }
}

/// What each act says of itself, by its word in the locale.
fn asking(state: &State, of: &Endpoint, word: &str) -> Confirm {
    let hours = OVERLAP.num_hours().to_string();
    let fill = |what: &str| {
        let values = [("endpoint", of.url.as_str()), ("hours", hours.as_str())];
        state.locale.fill(&format!("console.webhooks.{what}"), &values)
    };
    Confirm {
        above: vec![(href(&of.id), of.url.clone())],
        title: fill(&format!("{word}_title")),
        texts: vec![of.url.clone(), fill(&format!("{word}_text"))],
        button: fill(word),
        ..Confirm::blank(WEBHOOKS, href(&of.id))
    }
}
