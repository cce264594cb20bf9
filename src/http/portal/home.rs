//! The page to come back to: what there is, and what can be changed without a setup.

use super::frame::{self, address, day};
use super::provider::Given;
use super::seat::{Posted, Seat};
use super::step::body::{arrivals, domain_line};
use crate::clock::Time;
use crate::crypto::Secret;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::pages::{self, Arrivals, Live, Notice, PortalHome, TokenLine};
use crate::http::server::State;
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::directories::tokens::{self, Token};
use crate::store::domains::{self, Domain};
use crate::store::events::{self, Event};
use crate::store::setup_links::{self, Cover, Reach, Step, Way};
use crate::store::{Db, OrganizationId, Scope, Window};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

/// How long the tokens before go on when another is made here.
const OVERLAP: TimeDelta = TimeDelta::days(1);
/// How many events are shown.
const SHOWN: i64 = 10;

/// What the page reads.
struct Known {
    domains: Vec<Domain>,
    tokens: Vec<Token>,
    arrivals: Arrivals,
    activity: Vec<Event>,
    /// Who is told of the certificate.
    contact: Option<Email>,
}

/// `GET /portal`
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    if pages::is_part(&request) {
        let id = seat.connection()?.id.clone();
        let arrivals = state.store.read(move |db| arrivals(db, &id)).await?;
        return Ok(pages::portal_live(&state, &Live::Arrivals(&arrivals, "/portal")));
    }
    Ok(render(&state, &seat, None).await?)
}

/// `POST /portal/token`: another token takes the place of those before, which go on for a day.
pub(in crate::http) async fn rotate(
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    let connection = seat.connection()?;
    if !seat.link.has(Cover::Provisioning) {
        return Err(Error::not_found("step", Step::Provisioning.as_str()).into());
    }
    let (id, label) = (connection.id.clone(), connection.name.clone());
    let secret = state
        .store
        .write(Scope::from(&connection.organization_id), seat.actor(), move |tx| {
            setup_links::must_be_trusted(tx, Reach::Directory(&id))?;
            Ok(tokens::rotate(tx, &id, label, OVERLAP)?.1)
        })
        .await?;
    Ok(render(&state, seat, Some(&secret)).await?)
}

async fn render(
    state: &Data<State>,
    seat: &Seat,
    new_token: Option<&Secret>,
) -> Result<HttpResponse> {
    let (of, connection, now) =
        (seat.organization.id.clone(), seat.connection.clone(), state.store.clock().now());
    let known = state.store.read(move |db| read(db, &of, connection.as_ref())).await?;
    let covers = |cover| seat.link.has(cover);
    let guide = seat.guide(state);
    let connection = seat.connection.as_ref();
    let given = connection.map(|connection| Given::of(state, connection));
    let steps = seat.steps(state);
    let first = steps.first().copied().map(address).unwrap_or_default();
    let open = steps.into_iter().find(|step| !seat.link.has_done(*step));
    let is_complete = open.is_none() && !first.is_empty();
    let notice = is_complete.then(|| Notice {
        is_good: true,
        title: state.locale.text("portal.complete.title").to_owned(),
        text: state.locale.fill("portal.complete.text", &[("operator", &state.operator())]),
    });
    let base_url = connection.filter(|_| covers(Cover::Provisioning)).map(|connection| {
        connections::scim_base_url(state.config.public_url.as_str(), &connection.id)
    });
    let view = PortalHome {
        frame: frame::frame(seat, notice),
        provider: frame::provider(state, seat),
        tile: guide.tile.clone(),
        state: connection
            .filter(|_| seat.link.way() != Way::Directory)
            .map(|connection| standing(state, connection)),
        unfinished: open.map(address),
        first,
        has_groups: covers(Cover::Groups),
        has_traces: covers(Cover::Traces) && connection.is_some(),
        facts: connection
            .map(|connection| facts(state, connection, known.contact.as_ref()))
            .unwrap_or_default(),
        values: given
            .filter(|_| covers(Cover::SignIn) && seat.link.way() != Way::Directory)
            .map(|given| given.fill(state, guide))
            .unwrap_or_default(),
        domains: known.domains.into_iter().map(|domain| domain_line(state, domain)).collect(),
        base_url,
        tokens: known.tokens.into_iter().map(|token| line(state, token, now)).collect(),
        new_token: new_token.map(|token| token.reveal().to_owned()),
        arrivals: known.arrivals,
        activity: known.activity.iter().filter_map(|event| told(state, event)).collect(),
    };
    Ok(pages::portal_home(state, &view))
}

fn read(db: &mut Db, of: &OrganizationId, connection: Option<&Connection>) -> Result<Known> {
    let domains = domains::list(db, of)?;
    let Some(Connection { id, .. }) = connection else {
        let arrivals = Arrivals { requests: Vec::new(), counts: String::new() };
        let (tokens, activity) = (Vec::new(), Vec::new());
        return Ok(Known { domains, tokens, arrivals, activity, contact: None });
    };
    let window = Window { limit: 200, before: None };
    let mut tokens = tokens::page(db, &window, id)?.data;
    tokens.retain(|token| token.revoked_at.is_none());
    let filter = events::Filter {
        organization: Some(of.clone()),
        subject: Some(id.to_string()),
        ..events::Filter::default()
    };
    let activity = events::page(db, &Window { limit: SHOWN, before: None }, &filter)?.data;
    let contact = connections::contact(db, id)?;
    Ok(Known { domains, tokens, arrivals: arrivals(db, id)?, activity, contact })
}

/// The state of a connection in a word, and whether it is good.
fn standing(state: &State, connection: &Connection) -> (String, bool) {
    let (key, is_good) = match connection.state {
        ConnectionState::Active => ("portal.state.active", true),
        ConnectionState::Testing if connection.tested() => ("portal.state.ready", true),
        ConnectionState::Draft | ConnectionState::Testing => ("portal.state.setup", false),
        ConnectionState::Disabled | ConnectionState::Deleted => ("portal.state.off", false),
    };
    (state.locale.text(key).to_owned(), is_good)
}

fn facts(state: &State, connection: &Connection, contact: Option<&Email>) -> Vec<(String, String)> {
    let name = |key| state.locale.text(key).to_owned();
    if let Some(known) = &connection.openid_provider {
        return vec![
            (name("portal.openid.issuer"), known.issuer.clone()),
            (name("portal.openid.client_id"), known.client_id.clone()),
        ];
    }
    let Some(known) = &connection.identity_provider else { return Vec::new() };
    let ends = known.certificates.iter().map(|one| day(one.not_after()));
    let renewal = match &connection.metadata_url {
        Some(url) => url.clone(),
        None => name("portal.by_hand"),
    };
    let mut facts = vec![
        (name("portal.fact.entity_id"), known.entity_id.clone()),
        (name("portal.fact.certificate"), ends.collect::<Vec<_>>().join(", ")),
        (name("portal.fact.renewal"), renewal),
    ];
    facts.extend(contact.map(|email| (name("portal.fact.contact"), email.to_string())));
    facts
}

fn line(state: &State, token: Token, now: Time) -> TokenLine {
    let used = match (token.last_used_at, &token.last_used_from) {
        (Some(at), Some(from)) => format!("{}, {from}", day(at)),
        _ => state.locale.text("portal.never").to_owned(),
    };
    TokenLine { state: token.state(now).to_owned(), hint: token.hint, used }
}

/// An event, when and what; none for those that tell an IT admin nothing.
pub(super) fn told(state: &State, event: &Event) -> Option<(String, String)> {
    let key = format!("portal.event.{}", event.kind.replace('.', "_"));
    let words = state.locale.fill(&key, &[]);
    let at = format!("{} {}", day(event.created_at), frame::clock(event.created_at));
    (words != key).then_some((at, words))
}
