//! One endpoint: what is known of it, and what became of telling it.

use super::{LIST, delivery, find, href};
use crate::crypto::Secret;
use crate::error::Result;
use crate::http::console::frame::{self, Frame, WEBHOOKS};
use crate::http::console::listing::{self, Choice, Moment, Pager};
use crate::http::console::seat::{Develop, Needs, Read, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::names::{self, Names};
use crate::store::webhooks::deliveries::{self, Delivery, Filter, State as HowFar};
use crate::store::webhooks::{Because, Endpoint, PATIENCE, lanes};
use crate::store::{Db, Page, WebhookEndpointId, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// How far deliveries can be, in the order in which it is offered.
const HOW_FAR: [HowFar; 3] = [HowFar::Failed, HowFar::Retrying, HowFar::Delivered];

/// Which deliveries are wanted.
#[derive(Default, Deserialize)]
pub(super) struct OneQuery {
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

struct Line {
    href: String,
    told: Moment,
    kind: String,
    badge: Badge,
    attempts: usize,
    answer: String,
    next: Option<Moment>,
}

struct View {
    href: String,
    id: String,
    url: String,
    badge: Badge,
    is_on: bool,
    /// What stands against it, and what to do.
    trouble: Option<String>,
    description: Option<String>,
    events: String,
    organization: Option<(String, String)>,
    created: Moment,
    previous_until: Option<Moment>,
    failing_since: Option<Moment>,
    next: Option<Moment>,
    may_develop: bool,
    states: Vec<Choice>,
    /// A secret that was made just now: shown this once.
    secret: Option<String>,
}

#[derive(Template)]
#[template(path = "console/webhook.html")]
struct OnePage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    list: &'static str,
    view: &'a View,
    lines: Vec<Line>,
    pager: Pager,
}

struct Known {
    page: Page<Delivery>,
    next: Option<crate::clock::Time>,
    names: Names,
}

/// `GET /console/webhooks/{endpoint}`
pub(super) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<OneQuery>,
) -> Result<HttpResponse, PageError> {
    let endpoint = find(&state, &id).await?;
    Ok(show(&state, &seat, endpoint, &query, None).await?)
}

/// The page with a secret that was made just now.
pub(super) async fn with_secret<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    endpoint: Endpoint,
    secret: &Secret,
) -> Result<HttpResponse> {
    show(state, seat, endpoint, &OneQuery::default(), Some(secret.reveal().to_owned())).await
}

async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    endpoint: Endpoint,
    query: &OneQuery,
    secret: Option<String>,
) -> Result<HttpResponse> {
    let window = Window::parse(None, query.cursor.clone())?;
    let (of, wanted) = (endpoint.clone(), query.state.clone());
    let known = state.store.read(move |db| read(db, &of, &wanted, &window)).await?;
    let own = href(&endpoint.id);
    let (parts, next) = ([("state", query.state.as_str())], known.page.next_cursor.as_deref());
    let pager = listing::pager(&own, &parts, query.cursor.is_some(), next);
    let lines = known.page.data.iter().map(|one| line(state, one)).collect();
    let view = view(state, seat, &endpoint, &known, &query.state, secret);
    let page = OnePage {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, WEBHOOKS),
        list: LIST,
        view: &view,
        lines,
        pager,
    };
    Ok(respond(state, StatusCode::OK, &Csp::Page, &page))
}

fn read(db: &mut Db, endpoint: &Endpoint, how_far: &str, window: &Window) -> Result<Known> {
    Ok(Known {
        page: page(db, &endpoint.id, how_far, window)?,
        next: lanes::next_try(db, &endpoint.id)?,
        names: names::of(db, endpoint.organization_id.iter().cloned().collect(), Vec::new())?,
    })
}

/// The deliveries that are wanted; none if there can be none.
fn page(
    db: &mut Db,
    id: &WebhookEndpointId,
    how_far: &str,
    window: &Window,
) -> Result<Page<Delivery>> {
    let state = HOW_FAR.into_iter().find(|one| one.as_str() == how_far);
    if state.is_none() && !how_far.is_empty() {
        return Ok(Page::default());
    }
    deliveries::page(db, window, &Filter { endpoint: Some(id.clone()), state, ..Filter::default() })
}

fn view<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    endpoint: &Endpoint,
    known: &Known,
    how_far: &str,
    secret: Option<String>,
) -> View {
    let (now, own) = (state.store.clock().now(), href(&endpoint.id));
    let is_on = endpoint.disabled_at.is_none();
    View {
        id: endpoint.id.to_string(),
        url: endpoint.url.clone(),
        badge: super::badge(state, endpoint),
        is_on,
        trouble: trouble(state, endpoint),
        description: endpoint.description.clone(),
        events: super::events(state, endpoint),
        organization: super::organization(endpoint, &known.names),
        created: listing::day(endpoint.created_at),
        previous_until: endpoint.previous_until.filter(|end| now < *end).map(listing::second),
        failing_since: endpoint.failing_since.map(listing::second),
        next: known.next.filter(|_| is_on).map(listing::second),
        may_develop: seat.may::<Develop>(),
        states: states(state, &own, how_far),
        href: own,
        secret,
    }
}

/// Why an endpoint is told nothing, or what will become of one that fails.
fn trouble(state: &State, endpoint: &Endpoint) -> Option<String> {
    let word = match (endpoint.disabled_at, endpoint.disabled_because) {
        (Some(_), Some(Because::Failing)) => "gave_up_text",
        (Some(_), Some(Because::Gone)) => "gone_text",
        (Some(_), _) => "off_text",
        (None, _) if endpoint.failing_since.is_some() => "failing_text",
        (None, _) => return None,
    };
    let days = PATIENCE.num_days().to_string();
    Some(state.locale.fill(&format!("console.webhooks.{word}"), &[("days", &days)]))
}

fn states(state: &State, own: &str, chosen: &str) -> Vec<Choice> {
    let label = |word: &str| match word {
        "" => state.locale.text("console.traces.all").to_owned(),
        _ => state.locale.text(&format!("console.webhooks.delivery_state.{word}")).to_owned(),
    };
    let to = |word: &str| listing::href(own, &[("state", word)]);
    listing::choices(HOW_FAR.map(HowFar::as_str), chosen, to, label)
}

fn line(state: &State, delivery: &Delivery) -> Line {
    let last = delivery.attempts.last();
    Line {
        href: delivery::href(delivery),
        told: listing::second(delivery.updated_at),
        kind: delivery.kind.clone(),
        badge: delivery::badge(state, delivery.state),
        attempts: delivery.attempts.len(),
        answer: last.map(delivery::came).unwrap_or_default(),
        next: delivery.next_try_at.map(listing::second),
    }
}
