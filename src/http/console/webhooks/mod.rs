//! Webhooks: which addresses are told of events, and what became of telling them.

mod acts;
mod delivery;
mod fields;
mod new;
mod one;
mod routes;
mod settings;

pub(super) use routes::routes;

use super::frame::{self, Frame, WEBHOOKS};
use super::listing::{self, Moment, Pager};
use super::seat::{Develop, Read, Seat};
use super::words::Badge;
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::names::{self, Names};
use crate::store::webhooks::deliveries::Delivery;
use crate::store::webhooks::{self, Because, Endpoint, listing as endpoints};
use crate::store::{Db, Page, WebhookEndpointId, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

const LIST: &str = "/console/webhooks";

/// Where the page of an endpoint is.
pub(super) fn href(id: &WebhookEndpointId) -> String {
    format!("{LIST}/{id}")
}

/// An endpoint whose ID stands in a path.
async fn find(state: &State, id: &str) -> Result<Endpoint> {
    let id: WebhookEndpointId = id.parse()?;
    state.store.read(move |db| webhooks::find(db, &id)).await
}

/// Which part of the list is wanted.
#[derive(Deserialize)]
struct ListQuery {
    cursor: Option<String>,
}

struct Line {
    href: String,
    url: String,
    description: Option<String>,
    events: String,
    organization: Option<(String, String)>,
    badge: Badge,
    last: Option<(Moment, Badge)>,
    next: Option<Moment>,
}

#[derive(Template)]
#[template(path = "console/webhooks.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    lines: Vec<Line>,
    pager: Pager,
    may_make: bool,
}

/// What a list knows of its endpoints besides their rows.
struct Known {
    page: Page<Endpoint>,
    last: HashMap<WebhookEndpointId, Delivery>,
    next: HashMap<WebhookEndpointId, crate::clock::Time>,
    names: Names,
}

/// `GET /console/webhooks`
async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let window = Window::parse(None, query.cursor.clone())?;
    let known = state.store.read(move |db| read(db, &window)).await?;
    let (is_continued, next) = (query.cursor.is_some(), known.page.next_cursor.as_deref());
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, WEBHOOKS),
        lines: known.page.data.iter().map(|one| line(&state, one, &known)).collect(),
        pager: listing::pager(LIST, &[], is_continued, next),
        may_make: seat.may::<Develop>(),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &view))
}

fn read(db: &mut Db, window: &Window) -> Result<Known> {
    let page = webhooks::page(db, window, None)?;
    let ids: Vec<_> = page.data.iter().map(|one| one.id.clone()).collect();
    // What is taken at once waits for a moment only: a next attempt is worth telling of those that fail.
    let failing = page.data.iter().filter(|one| one.failing_since.is_some());
    let failing: Vec<_> = failing.map(|one| one.id.clone()).collect();
    let owners = page.data.iter().filter_map(|one| one.organization_id.clone()).collect();
    Ok(Known {
        last: endpoints::last(db, &ids)?,
        next: endpoints::next_tries(db, &failing)?,
        names: names::of(db, owners, Vec::new())?,
        page,
    })
}

fn line(state: &State, endpoint: &Endpoint, known: &Known) -> Line {
    let next = known.next.get(&endpoint.id).filter(|_| endpoint.disabled_at.is_none());
    Line {
        href: href(&endpoint.id),
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        events: events(state, endpoint),
        organization: organization(endpoint, &known.names),
        badge: badge(state, endpoint),
        last: known.last.get(&endpoint.id).map(|last| {
            (listing::when(state, last.updated_at), delivery::badge(state, last.state))
        }),
        next: next.map(|at| listing::when(state, *at)),
    }
}

/// The one organization that an endpoint is told of: its page, and its name.
fn organization(endpoint: &Endpoint, names: &Names) -> Option<(String, String)> {
    let id = endpoint.organization_id.as_ref()?;
    let name = names.organization(id).map_or_else(|| id.to_string(), str::to_owned);
    Some((super::organization::href(id), name))
}

/// Which events an endpoint wants, on one line.
fn events(state: &State, endpoint: &Endpoint) -> String {
    match endpoint.events.words() {
        [] => state.locale.text("console.webhooks.all_events").to_owned(),
        words => words.join(", "),
    }
}

fn badge(state: &State, endpoint: &Endpoint) -> Badge {
    let (class, word) = match (endpoint.disabled_at, endpoint.disabled_because) {
        (Some(_), Some(Because::Failing)) => (" bad", "gave_up"),
        (Some(_), Some(Because::Gone)) => (" bad", "gone"),
        (Some(_), _) => ("", "off"),
        (None, _) if endpoint.failing_since.is_some() => (" warn", "failing"),
        (None, _) => (" ok", "on"),
    };
    Badge { class, label: state.locale.text(&format!("console.webhooks.state.{word}")).to_owned() }
}
