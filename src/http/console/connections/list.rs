//! The list of connections: those that need somebody first, with how sign-ins and directories go.

use super::bars::{self, Bars};
use super::figures::{self, Banner, Counts, Figure};
use super::{LIST, href, protocol};
use crate::clock::Time;
use crate::error::Result;
use crate::http::console::form;
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::listing::{self, Choice, Moment, Pager};
use crate::http::console::organization;
use crate::http::console::seat::{Links, Manage, Read, Seat};
use crate::http::console::words::{self, Badge};
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::connections::{self, Attention, ConnectionState, Filter, Known, Order};
use crate::store::directories::tokens;
use crate::store::names::{self, Names};
use crate::store::traces::{self, DAYS, Day};
use crate::store::{ConnectionId, Db, OrganizationId, Page, Window, organizations};
use crate::views::badge;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;
use std::collections::HashMap;

/// How many rows a page has: each tells much.
const SHOWN: i64 = 20;

/// The states, in the order in which they are offered.
const STATES: [ConnectionState; 4] = [
    ConnectionState::Active,
    ConnectionState::Testing,
    ConnectionState::Draft,
    ConnectionState::Disabled,
];
/// The word for those that need somebody, beside the states.
pub(super) const ATTENTION: &str = "attention";
/// The orders, the usual first.
const ORDERS: [&str; 3] = ["", "name", "newest"];
/// The end of a certificate is marked when it is so near.
const NEAR: TimeDelta = TimeDelta::days(30);

/// Which part of the list is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    /// A part of the connection's, the organization's or a domain's name, or the connection's ID.
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    /// A guide's ID.
    #[serde(default)]
    provider: String,
    /// An organization's name or ID, or `external:` and the operator's own.
    #[serde(default)]
    organization: String,
    #[serde(default)]
    sort: String,
    cursor: Option<String>,
}

impl ListQuery {
    fn parts<'a>(&'a self, state: &'a str) -> [(&'a str, &'a str); 5] {
        [
            ("q", self.q.trim()),
            ("state", state),
            ("provider", self.provider.as_str()),
            ("organization", self.organization.trim()),
            ("sort", self.sort.as_str()),
        ]
    }

    /// The rows to look for; none if there can be none.
    fn filter(&self, db: &mut Db, attention: &Attention) -> Result<Option<Filter>> {
        let mut filter = Filter::default();
        if !self.q.trim().is_empty() {
            filter.text = Some(self.q.trim().to_owned());
        }
        if self.state == ATTENTION {
            filter.among = Some(attention.ids.clone());
        } else if !self.state.is_empty() {
            let Some(state) = STATES.into_iter().find(|one| one.as_str() == self.state) else {
                return Ok(None);
            };
            filter.state = Some(state);
        }
        if !self.provider.is_empty() {
            filter.provider = Some(self.provider.clone());
        }
        if !self.organization.trim().is_empty() {
            let Some(owner) = listing::owner(db, self.organization.trim())? else {
                return Ok(None);
            };
            filter.organization = Some(owner);
        }
        Ok(Some(filter))
    }
}

#[expect(clippy::struct_excessive_bools, reason = "each shows or offers something by itself")]
struct Line {
    href: String,
    id: String,
    /// The end of the ID, by which people know it again.
    short: String,
    organization: String,
    organization_href: String,
    is_demo: bool,
    /// The first email domain of the organization, and how many more it has.
    domain: Option<(String, String)>,
    name: String,
    tile: String,
    provider: String,
    protocol: String,
    badges: Vec<Badge>,
    bars: Bars,
    /// What its directory did last: `Synced` and when, or that there is none.
    directory: String,
    synced: Option<Moment>,
    ends: Option<Moment>,
    ends_soon: bool,
    traces: String,
    can_test: bool,
    is_active: bool,
}

#[derive(Template)]
#[template(path = "console/connections.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    query: &'a ListQuery,
    banner: Option<Banner>,
    figures: Vec<Figure>,
    states: Vec<Choice>,
    providers: Vec<form::Choice>,
    orders: Vec<form::Choice>,
    lines: Vec<Line>,
    pager: Pager,
    /// The demo's connection, where there is no other.
    only_demo: Option<String>,
    may_manage: bool,
    may_send: bool,
}

/// What the page reads.
struct Found {
    attention: Attention,
    counts: Counts,
    page: Page<Known>,
    names: Names,
    domains: HashMap<OrganizationId, Vec<String>>,
    days: HashMap<ConnectionId, [Day; DAYS]>,
    directories: HashMap<ConnectionId, Option<Time>>,
}

/// `GET /console/connections`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (query, now) = (query.into_inner(), state.store.clock().now());
    let window = Window { limit: SHOWN, ..Window::parse(None, query.cursor.clone())? };
    let wanted = query.clone();
    let found = state.store.read(move |db| read(db, &window, &wanted, now)).await?;
    let (parts, states) = (query.parts(&query.state), states(&state, &query, &found));
    let providers = providers(&state, &query);
    let provider = providers.iter().find(|one| one.is_chosen).map(|one| one.label.clone());
    let is_word = states.iter().any(|one| one.is_here);
    let word = if is_word { state_word(&state, &query.state) } else { String::new() };
    let words = [("state", word), ("provider", provider.unwrap_or_default())];
    let (is_continued, next) = (query.cursor.is_some(), found.page.next_cursor.as_deref());
    let pager = listing::filtered(&state, LIST, &parts, &words, is_continued, next).await?;
    let lines: Vec<Line> =
        found.page.data.iter().map(|one| line(&state, one, &found, now)).collect();
    let has_only_demo = !pager.is_filtered && found.counts.all == 1;
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, CONNECTIONS),
        banner: figures::banner(&state, &found.attention, &found.names),
        figures: figures::figures(&state, &found.attention, &found.counts),
        only_demo: lines
            .first()
            .filter(|one| has_only_demo && one.is_demo)
            .map(|one| one.href.clone()),
        may_manage: seat.may::<Manage>(),
        may_send: seat.may::<Links>(),
        orders: listing::options(&state, ORDERS, &query.sort, order_key),
        states,
        providers,
        lines,
        pager,
        query: &query,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

fn read(db: &mut Db, window: &Window, wanted: &ListQuery, now: Time) -> Result<Found> {
    let attention = connections::attention(db, now)?;
    let counts = Counts::read(db, now)?;
    let order = match wanted.sort.as_str() {
        "name" => Order::Name,
        "newest" => Order::Newest,
        _ => Order::First(&attention.ids),
    };
    let page = match wanted.filter(db, &attention)? {
        Some(filter) => connections::page_in(db, window, &filter, order)?,
        None => Page::default(),
    };
    let ids: Vec<ConnectionId> = page.data.iter().map(|one| one.id.clone()).collect();
    let owners: Vec<OrganizationId> =
        page.data.iter().map(|one| one.organization_id.clone()).collect();
    let failing = attention.failing.iter().map(|one| one.connection_id.clone()).collect();
    Ok(Found {
        domains: organizations::domains_of(db, &owners)?,
        days: traces::by_day(db, &ids, now)?,
        directories: tokens::last_uses(db, &ids)?,
        page: connections::known_page(db, page, now)?,
        names: names::of(db, owners, failing)?,
        counts,
        attention,
    })
}

/// What the order is called by its word.
fn order_key(word: &str) -> &'static str {
    match word {
        "name" => "console.connections.order.name",
        "newest" => "console.connections.order.newest",
        _ => "console.connections.order.attention",
    }
}

/// What the filter by state says for its word.
fn state_word(state: &State, word: &str) -> String {
    let key = match word {
        "" => "console.connections.all".to_owned(),
        ATTENTION => "console.connections.attention".to_owned(),
        _ => format!("console.connection_state.{word}"),
    };
    state.locale.text(&key).to_owned()
}

fn states(state: &State, query: &ListQuery, found: &Found) -> Vec<Choice> {
    let counted = |word: &str| match word {
        "" => Some(found.counts.all),
        "active" => Some(found.counts.active),
        ATTENTION => Some(i64::try_from(found.attention.ids.len()).unwrap_or(i64::MAX)),
        _ => None,
    };
    let label = |word: &str| {
        let text = state_word(state, word);
        counted(word)
            .map_or_else(|| text.clone(), |count| format!("{text} {}", listing::number(count)))
    };
    let href = |word: &str| listing::href(LIST, &query.parts(word));
    let mut words = vec![ATTENTION];
    words.extend(STATES.map(ConnectionState::as_str));
    listing::choices(words, &query.state, href, label)
}

fn providers(state: &State, query: &ListQuery) -> Vec<form::Choice> {
    let any = form::Choice {
        value: String::new(),
        label: state.locale.text("console.connections.any_provider").to_owned(),
        is_chosen: query.provider.is_empty(),
    };
    std::iter::once(any).chain(super::new::providers(state, &query.provider)).collect()
}

fn line(state: &State, known: &Known, found: &Found, now: Time) -> Line {
    let connection = &known.connection;
    let (id, of) = (&connection.id, &connection.organization_id);
    let domains = found.domains.get(of).map(Vec::as_slice).unwrap_or_default();
    let guide = state.guides.of(&connection.provider);
    let ends = badge::certificate_ends(connection);
    let is_off = connection.state == ConnectionState::Disabled;
    let (word, synced) = match found.directories.get(id) {
        None => ("none", None),
        Some(_) if is_off => ("paused", None),
        Some(None) => ("waits", None),
        Some(Some(last)) => ("synced", Some(listing::when(state, *last))),
    };
    let tail = id.as_str().len().saturating_sub(6);
    let days = found.days.get(id).copied().unwrap_or_default();
    Line {
        href: href(id),
        short: id.as_str().get(tail..).unwrap_or_default().to_owned(),
        id: id.to_string(),
        organization: found.names.organization(of).unwrap_or_default().to_owned(),
        organization_href: organization::href(of),
        is_demo: found.names.is_demo(of),
        domain: domains.first().map(|first| (first.clone(), listing::more(domains.len()))),
        name: connection.name.clone(),
        tile: guide.tile.clone(),
        provider: guide.name.clone(),
        protocol: protocol(state, connection),
        badges: words::standing(state, known, now),
        bars: bars::of(state, &days),
        directory: state.locale.text(&format!("console.connections.directory.{word}")).to_owned(),
        synced,
        ends: ends.map(|ends| listing::when(state, ends)),
        ends_soon: ends.is_some_and(|ends| ends <= now.plus(NEAR)),
        traces: listing::href("/console/traces", &[("connection", id.as_str())]),
        can_test: connection.knows_its_provider(),
        is_active: connection.state == ConnectionState::Active,
    }
}
