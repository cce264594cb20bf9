//! Connections: the list, and what their pages have in common.

mod acts;
mod attributes;
mod contact;
mod new;
mod overview;
mod provisioning;
mod restore;
mod routes;
mod settings;
mod setup;
mod tokens;
mod turn;

pub(super) use routes::routes;

use super::frame::{self, CONNECTIONS, Frame};
use super::listing::{self, Choice, Moment, Pager};
use super::seat::{Links, Manage, Needs, Read, Seat};
use super::words::{self, Badge};
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::saml::certificate::Certificate;
use crate::store::connections::{self, Connection, ConnectionState, Filter, Protocol};
use crate::store::names::{self, Names};
use crate::store::organizations::Organization;
use crate::store::{ConnectionId, Db, Page, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

const LIST: &str = "/console/connections";

/// The states, in the order in which they are offered.
const STATES: [ConnectionState; 4] = [
    ConnectionState::Active,
    ConnectionState::Testing,
    ConnectionState::Draft,
    ConnectionState::Disabled,
];

/// Which part of the list is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    /// A part of the connection's or the organization's name.
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    /// An organization's ID, or `external:` and the operator's own.
    #[serde(default)]
    organization: String,
    cursor: Option<String>,
}

impl ListQuery {
    fn parts<'a>(&'a self, state: &'a str) -> [(&'a str, &'a str); 3] {
        [("q", self.q.trim()), ("state", state), ("organization", self.organization.trim())]
    }

    /// The rows to look for; none if there can be none.
    fn filter(&self, db: &mut Db) -> Result<Option<Filter>> {
        let mut filter = Filter::default();
        if !self.q.trim().is_empty() {
            filter.text = Some(self.q.trim().to_owned());
        }
        if !self.state.is_empty() {
            let Some(state) = STATES.into_iter().find(|one| one.as_str() == self.state) else {
                return Ok(None);
            };
            filter.state = Some(state);
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

struct Line {
    href: String,
    organization: String,
    organization_href: String,
    name: String,
    provider: String,
    protocol: String,
    badge: Badge,
    ends: Option<Moment>,
}

#[derive(Template)]
#[template(path = "console/connections.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    query: &'a ListQuery,
    states: Vec<Choice>,
    lines: Vec<Line>,
    pager: Pager,
    may_manage: bool,
    may_send: bool,
}

/// `GET /console/connections`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let query = query.into_inner();
    let window = Window::parse(None, query.cursor.clone())?;
    let wanted = query.clone();
    let found = state.store.read(move |db| {
        let Some(filter) = wanted.filter(db)? else {
            return Ok((Page::default(), Names::default()));
        };
        let page = connections::page(db, &window, &filter)?;
        let owners = page.data.iter().map(|one| one.organization_id.clone()).collect();
        let names = names::of(db, owners, Vec::new())?;
        Ok((page, names))
    });
    let (page, names) = found.await?;
    let parts = query.parts(&query.state);
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, CONNECTIONS),
        may_manage: seat.may::<Manage>(),
        may_send: seat.may::<Links>(),
        states: choices(&state, &query),
        lines: page.data.iter().map(|one| line(&state, one, &names)).collect(),
        pager: listing::pager(LIST, &parts, query.cursor.is_some(), page.next_cursor.as_deref()),
        query: &query,
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &view))
}

fn choices(state: &State, query: &ListQuery) -> Vec<Choice> {
    let label = |word: &str| match word {
        "" => state.locale.text("console.connections.all").to_owned(),
        _ => state.locale.text(&format!("console.connection_state.{word}")).to_owned(),
    };
    let href = |word: &str| listing::href(LIST, &query.parts(word));
    listing::choices(STATES.map(ConnectionState::as_str), &query.state, href, label)
}

fn line(state: &State, connection: &Connection, names: &Names) -> Line {
    let of = &connection.organization_id;
    let known = connection.identity_provider.iter();
    let ends = known.flat_map(|known| known.certificates.iter().map(Certificate::not_after)).max();
    Line {
        href: href(&connection.id),
        organization: names.organization(of).unwrap_or_default().to_owned(),
        organization_href: super::organization::href(of),
        name: connection.name.clone(),
        provider: state.guides.of(&connection.provider).name.clone(),
        protocol: protocol(state, connection),
        badge: words::connection(state, connection),
        ends: ends.map(listing::day),
    }
}

/// Where the page of a connection is.
pub(super) fn href(id: &ConnectionId) -> String {
    format!("{LIST}/{id}")
}

fn protocol(state: &State, connection: &Connection) -> String {
    let key = match connection.protocol {
        Protocol::Saml => "console.connections.saml",
        Protocol::Oidc => "console.connections.oidc",
    };
    state.locale.text(key).to_owned()
}

/// A connection whose ID stands in a path, and its organization.
pub(super) async fn find(state: &State, id: &str) -> Result<(Connection, Organization)> {
    let id: ConnectionId = id.parse()?;
    state.store.read(move |db| connections::find_with_organization(db, &id)).await
}

/// What the pages of a connection have above them.
pub(super) struct Head {
    pub(super) href: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) tile: String,
    pub(super) badge: Badge,
    pub(super) protocol: String,
    pub(super) organization: String,
    pub(super) organization_href: String,
    pub(super) traces: String,
    /// Whether it is on.
    pub(super) is_active: bool,
    /// Whether it was made just now, so that a test comes next.
    pub(super) is_made: bool,
    pub(super) may_manage: bool,
}

impl Head {
    pub(super) fn of<N: Needs>(
        state: &State,
        seat: &Seat<N>,
        connection: &Connection,
        organization: &Organization,
    ) -> Self {
        let parts = [("connection", connection.id.as_str())];
        Self {
            href: href(&connection.id),
            id: connection.id.to_string(),
            name: connection.name.clone(),
            tile: state.guides.of(&connection.provider).tile.clone(),
            badge: words::connection(state, connection),
            protocol: protocol(state, connection),
            organization: organization.name.clone(),
            organization_href: super::organization::href(&organization.id),
            traces: listing::href("/console/traces", &parts),
            is_active: connection.state == ConnectionState::Active,
            is_made: false,
            may_manage: seat.may::<Manage>(),
        }
    }
}
