//! One connection: what the provider is given, what is known of it, its directory, and how it all goes.

mod directory;
mod health;
mod provider;
pub(super) mod week;

use self::directory::Card;
use self::health::Health;
use self::provider::{CertificateLine, Given, KnownLine};
use self::week::Week;
use super::trial::{self, Trial};
use super::{Head, accept, find, restore};
use crate::clock::Time;
use crate::error::{Error, FieldError, Result};
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Manage, Needs, Read, Seat};
use crate::http::console::{audit, words};
use crate::http::error::PageError;
use crate::http::metadata_form;
use crate::http::pages::{Faults, Shell, Sign, is_part};
use crate::http::server::State;
use crate::store::connections::{self, Connection, Known};
use crate::store::directories::requests::{self, Entry};
use crate::store::directories::tokens::{self, Token};
use crate::store::directories::{self, Directory};
use crate::store::domains::{self, Domain};
use crate::store::events::{self, Event, Filter};
use crate::store::organizations::Organization;
use crate::store::refreshes::Alert;
use crate::store::traces::{self, DAYS, Day, Listed, People, Trace};
use crate::store::{ConnectionId, Db, Window};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

/// What the page reads, each part found by an index and none longer than is shown.
struct Found {
    known: Known,
    /// The event of its making, and what whoever made it is called.
    made: Option<(Event, String)>,
    /// When a test sign-in last passed.
    tested: Option<Time>,
    domains: Vec<Domain>,
    directory: Option<Directory>,
    tokens: Vec<Token>,
    /// What the directory changed last.
    changed: Option<Entry>,
    last: Option<Listed>,
    test: Option<Trace>,
    days: [Day; DAYS],
    people: People,
}

/// Something to look at.
struct AlertLine {
    text: String,
    /// What was, and what would be.
    changes: Vec<String>,
    /// Where it is accepted, for whoever may.
    accept: Option<String>,
}

/// What is known of the customer.
struct Customer {
    name: String,
    href: String,
    external_id: Option<String>,
    enforcement: String,
    admission: String,
}

struct View {
    head: Head,
    is_tested: bool,
    given: Given,
    /// What is known of the provider.
    known: Vec<KnownLine>,
    /// When that was last read, and when it is next.
    read: Option<Moment>,
    next: Option<Moment>,
    /// Whether the metadata has an address at which it can be read again.
    may_refresh: bool,
    alerts: Vec<AlertLine>,
    /// Where another certificate is trusted, for whoever may.
    add_certificate: Option<String>,
    certificates: Vec<CertificateLine>,
    directory: Card,
    trial: Trial,
    health: Health,
    week: Week,
    customer: Customer,
    /// The address of the metadata, where a provider speaks OpenID Connect there by now, with which the connection can go on.
    switch: Option<String>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/connection.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET /console/connections/{connection}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = match find(&state, &id).await {
        Err(Error::NotFound { .. }) if !is_part(&request) => {
            return restore::gone(&state, &seat, &id).await;
        }
        other => other?,
    };
    if is_part(&request) {
        return Ok(trial::part(&state, &connection, seat.may::<Manage>()).await?);
    }
    Ok(show(&state, &seat, connection, &organization, Vec::new()).await?)
}

/// The page, with what stood against an act that was tried on it.
pub(super) async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    connection: Connection,
    organization: &Organization,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let now = state.store.clock().now();
    let found = state.store.read(move |db| read(db, connection, now)).await?;
    let head = Head::of(state, seat, &found.known.connection, organization);
    let head = Head { origin: Some(origin(state, &found)), ..head };
    let view = view(state, &found, organization, head, errors, now);
    let status = view.faults.status();
    Ok(frame::page(state, seat, CONNECTIONS, status, |shell, frame| Page { shell, frame, view }))
}

fn read(db: &mut Db, connection: Connection, now: Time) -> Result<Found> {
    let (id, of) = (connection.id.clone(), connection.organization_id.clone());
    let made = match made(db, &id)? {
        Some(event) => {
            let who = audit::who(db, event.actor.clone())?;
            Some((event, who))
        }
        None => None,
    };
    let changes =
        requests::Filter { connection: Some(id.clone()), changed: true, ..Default::default() };
    let window = Window { limit: 1, before: None };
    Ok(Found {
        made,
        tested: connections::tested_at(db, std::slice::from_ref(&id))?.remove(&id),
        domains: domains::list(db, &of)?,
        directory: directories::by_connection(db, &id)?,
        tokens: tokens::live(db, &id, now)?,
        changed: requests::page(db, &window, &changes)?.data.pop(),
        last: traces::last_ended(db, &id)?,
        test: traces::last_test(db, &id)?,
        days: traces::by_day(db, std::slice::from_ref(&id), now)?.remove(&id).unwrap_or_default(),
        people: traces::people(db, &id, now)?,
        known: connections::known(db, connection, now)?,
    })
}

/// The event of a connection's making, as long as that is remembered.
fn made(db: &mut Db, id: &ConnectionId) -> Result<Option<Event>> {
    let filter = Filter {
        kind: Some("connection.created".to_owned()),
        subject: Some(id.to_string()),
        ..Filter::default()
    };
    let window = Window { limit: 1, before: None };
    Ok(events::page(db, &window, &filter)?.data.pop())
}

/// When it was made, and how.
fn origin(state: &State, found: &Found) -> String {
    let day = listing::when(state, found.known.connection.created_at).short;
    let fill = |key: &str, who: &str| {
        let key = format!("console.connections.origin.{key}");
        state.locale.fill(&key, &[("day", &day), ("who", who)])
    };
    match &found.made {
        None => fill("day", ""),
        Some((event, who)) => match event.actor.split_once(':') {
            Some(("portal", _)) => fill("link", ""),
            Some(("api_key" | "application", _)) => fill("program", ""),
            Some(("cli", name)) => fill("shell", name),
            Some(("member", _)) => fill("member", who),
            _ => fill("day", ""),
        },
    }
}

fn view(
    state: &State,
    found: &Found,
    organization: &Organization,
    head: Head,
    errors: Vec<FieldError>,
    now: Time,
) -> View {
    let Known { connection, certificates, refresh, .. } = &found.known;
    let is_openid = metadata_form::is_openid(&errors) && !connection.is_used();
    let alerts = refresh.iter().flat_map(|refresh| refresh.alerts(connection, now));
    let alert = |alert: Alert| AlertLine {
        text: alert.detail,
        changes: alert.differences.iter().map(|one| accept::difference(state, one)).collect(),
        accept: alert.change.filter(|_| head.may_manage).map(|_| format!("{}/accept", head.href)),
    };
    let plain = |text| AlertLine { text, changes: Vec::new(), accept: None };
    let base = head.may_manage.then_some(head.href.as_str());
    let has_certificates = connection.identity_provider.is_some();
    let read = refresh.as_ref().and_then(|refresh| refresh.fetched_at);
    let read = read.max(connection.metadata_at);
    View {
        is_tested: connection.tested(),
        given: provider::given(state, connection),
        known: provider::known(state, connection),
        read: read.map(|at| listing::when(state, at)),
        next: refresh.as_ref().map(|refresh| listing::when(state, refresh.next_try_at)),
        may_refresh: connection.metadata_url.is_some(),
        alerts: alerts.map(alert).chain(weaker(state, connection).into_iter().map(plain)).collect(),
        add_certificate: base
            .filter(|_| has_certificates)
            .map(|base| format!("{base}/certificates/new")),
        certificates: certificates
            .iter()
            .map(|one| provider::certificate(state, base, one, now))
            .collect(),
        directory: directory::card(state, found),
        trial: trial::of(state, connection, found.test.as_ref()),
        health: health::of(state, found, now),
        week: week::of(state, &found.days, found.people, now),
        customer: Customer {
            name: organization.name.clone(),
            href: head.organization_href.clone(),
            external_id: organization.external_id.clone(),
            enforcement: words::enforcement(state, organization.enforcement),
            admission: words::admission(state, organization.admission),
        },
        switch: connection.metadata_url.clone().filter(|_| is_openid),
        faults: Faults::from(errors),
        head,
    }
}

/// What less is asked of the provider than should be: it is told as long as it is so.
fn weaker(state: &State, connection: &Connection) -> Vec<String> {
    let settings = &connection.settings;
    let reason = settings.sha1_reason.as_deref().unwrap_or_default();
    let sha1 = || state.locale.fill("console.connections.sha1", &[("reason", reason)]);
    let cbc = || state.locale.text("console.connections.cbc").to_owned();
    settings.allow_sha1.then(sha1).into_iter().chain(settings.allow_cbc.then(cbc)).collect()
}
