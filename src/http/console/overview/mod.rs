//! The overview: what to do first in a new installation, later what needs somebody, and how sign-ins go.

mod attention;
mod chart;
mod directory;
mod first;

pub(super) use self::directory::parts as demo_parts;

use self::attention::{Matter, Matters};
use self::chart::Chart;
use self::first::{Begun, Item};
use super::form::Choice;
use super::frame::{self, Frame, OVERVIEW};
use super::listing::{self, Moment};
use super::seat::{Develop, Manage, Read, Seat};
use super::words;
use crate::clock::Time;
use crate::config::DatabaseUrl;
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::events::{self, Event, Filter};
use crate::store::names::{self, Names};
use crate::store::setup_links::{self, SetupLink};
use crate::store::traces::{self, Hour};
use crate::store::{Actor, ConnectionId, Db, OrganizationId, Window, members};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use askama::Template;
use std::collections::HashMap;

/// How many lines each part has at most.
const SHOWN: i64 = 5;
/// How many events are looked through for changes, the newest.
const LOOKED_THROUGH: i64 = 200;
/// How many changes are shown.
const CHANGES: usize = 8;
/// Events of every day, which are no changes that somebody made: the beginnings of their kinds.
const OF_EVERY_DAY: [&str; 9] = [
    "access.",
    "group.",
    "logout",
    "member.signed_",
    "portal_session.",
    "session.",
    "setup_link.opened",
    "sign_in.",
    "user.",
];

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console").get(show))
        .service(web::resource("/console/demo/scim").post(directory::push));
}

/// A setup link that somebody can come by.
struct LinkLine {
    organization: String,
    href: String,
    steps: String,
    ends: Moment,
}

/// A certificate that ends.
struct EndingLine {
    connection: String,
    href: String,
    ends: Moment,
    has_ended: bool,
}

/// Something that somebody changed.
struct ChangeLine {
    time: Moment,
    kind: String,
    href: String,
    actor: String,
    organization: Option<String>,
}

/// What the installation is.
struct Instance {
    version: &'static str,
    database: &'static str,
    place: String,
    address: String,
    is_development: bool,
    discovery: String,
}

struct View {
    title: String,
    is_new: bool,
    has_demo: bool,
    /// Which directories the demo plays; none for whom it does not.
    parts: Vec<Choice>,
    items: Vec<Item>,
    done: String,
    matters: Vec<Matter>,
    chart: Chart,
    ending: Vec<EndingLine>,
    links: Vec<LinkLine>,
    changes: Vec<ChangeLine>,
    instance: Instance,
}

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// What the page reads.
struct Found {
    begun: Begun,
    matters: Matters,
    hours: Vec<Hour>,
    links: Vec<SetupLink>,
    changes: Vec<Event>,
    names: Names,
    /// What members are called who changed something.
    members: HashMap<String, String>,
}

/// `GET /console`
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat<Read>,
) -> Result<HttpResponse, PageError> {
    let now = state.store.clock().now();
    let found = state.store.read(move |db| read(db, now)).await?;
    let view = view(&state, &seat, found, now);
    Ok(frame::page(&state, &seat, OVERVIEW, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view,
    }))
}

/// Everything on the page, each part found by an index and none longer than is shown.
fn read(db: &mut Db, now: Time) -> Result<Found> {
    let matters = Matters::read(db, now)?;
    let links = setup_links::open(db, now, SHOWN)?;
    let window = Window { limit: LOOKED_THROUGH, before: None };
    let mut changes = events::page(db, &window, &Filter::default())?.data;
    changes.retain(|event| !OF_EVERY_DAY.iter().any(|start| event.kind.starts_with(start)));
    changes.truncate(CHANGES);
    let organizations: Vec<OrganizationId> = links
        .iter()
        .map(|link| link.organization_id.clone())
        .chain(changes.iter().filter_map(|event| event.organization_id.clone()))
        .chain(matters.alerts.iter().map(|alert| alert.organization_id.clone()))
        .chain(matters.wanted.iter().map(|link| link.organization_id.clone()))
        .chain(matters.domains.iter().map(|domain| domain.organization_id.clone()))
        .chain(matters.stuck.iter().map(|link| link.organization_id.clone()))
        .collect();
    let connections: Vec<ConnectionId> = matters.connections();
    let named = |member: members::Member| (Actor::Member(member.id).to_string(), member.name);
    Ok(Found {
        begun: Begun::read(db)?,
        hours: traces::by_hour(db, now)?,
        names: names::of(db, organizations, connections)?,
        members: members::list(db)?.into_iter().map(named).collect(),
        matters,
        links,
        changes,
    })
}

fn view(state: &State, seat: &Seat<Read>, found: Found, now: Time) -> View {
    let Found { begun, matters, hours, links, changes, names, members } = found;
    let items = first::items(state, &begun, seat.may::<Manage>(), seat.may::<Develop>());
    let done = items.iter().filter(|item| item.is_done).count().to_string();
    let (is_new, all) = (begun.is_new(state), items.len().to_string());
    let title = match (is_new, begun.has_demo && state.config.demo_is_on()) {
        (true, true) => "console.home.welcome_demo",
        (true, false) => "console.home.welcome",
        (false, _) => "console.area.overview",
    };
    View {
        title: state.locale.text(title).to_owned(),
        is_new,
        has_demo: begun.has_demo && state.config.demo_is_on(),
        parts: if seat.may::<Manage>() { directory::parts() } else { Vec::new() },
        done: state.locale.fill("console.home.done", &[("done", &done), ("all", &all)]),
        items,
        ending: matters
            .ending
            .iter()
            .map(|(id, ends)| ending(state, id, *ends, &names, now))
            .collect(),
        matters: attention::lines(state, &matters, &names, now),
        chart: chart::of(state, &hours),
        links: links.iter().map(|link| line(state, link, &names)).collect(),
        changes: changes.into_iter().map(|event| change(event, &names, &members)).collect(),
        instance: instance(state),
    }
}

fn ending(state: &State, id: &ConnectionId, ends: Time, names: &Names, now: Time) -> EndingLine {
    EndingLine {
        connection: names.connection(id).unwrap_or(id.as_str()).to_owned(),
        href: super::connections::href(id),
        ends: listing::when(state, ends),
        has_ended: ends <= now,
    }
}

fn line(state: &State, link: &SetupLink, names: &Names) -> LinkLine {
    let of = &link.organization_id;
    LinkLine {
        organization: names.organization(of).unwrap_or(of.as_str()).to_owned(),
        href: listing::href("/console/setup-links", &[("organization", of.as_str())]),
        steps: words::at_step(state, link),
        ends: listing::when(state, link.expires_at),
    }
}

fn change(event: Event, names: &Names, members: &HashMap<String, String>) -> ChangeLine {
    let organization = event.organization_id.as_ref().and_then(|id| names.organization(id));
    ChangeLine {
        time: listing::second(event.created_at),
        href: listing::href("/console/audit", &[("subject", &event.subject_id)]),
        organization: organization.map(str::to_owned),
        actor: members.get(&event.actor).cloned().unwrap_or(event.actor),
        kind: event.kind,
    }
}

fn instance(state: &State) -> Instance {
    let config = &state.config;
    let address = config.public_url.as_str();
    Instance {
        version: env!("CARGO_PKG_VERSION"),
        database: match config.database.url {
            DatabaseUrl::Sqlite(_) => "SQLite",
            DatabaseUrl::Postgres(_) => "Postgres",
        },
        place: config.database.url.to_string(),
        is_development: config.is_development(),
        discovery: format!("{address}/.well-known/openid-configuration"),
        address: address.to_owned(),
    }
}
