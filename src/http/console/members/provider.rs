//! The operator's own provider: an owner chooses at which connection members sign in, and takes that back.

use super::LIST;
use crate::error::{Error, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, MEMBERS};
use crate::http::console::listing::{self, Pager};
use crate::http::console::seat::{Members, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::connections::{self, Connection, ConnectionState, Filter, Order};
use crate::store::members::provider::{self, Chosen, Standing};
use crate::store::organizations::Organization;
use crate::store::{ConnectionId, Scope, Window, names};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

/// Where it is chosen.
const PATH: &str = "/console/settings/members/provider";

/// The card on the page of the members.
pub(super) struct Card {
    /// The connection that is chosen: where its page is, its name, and its organization's.
    pub(super) chosen: Option<(String, String, String)>,
    /// What became of the choice.
    pub(super) text: String,
    /// Its badge: how it looks, and what it says.
    pub(super) badge: Option<(&'static str, String)>,
}

/// What the page of the members says of it.
pub(super) async fn card(state: &State) -> Result<Card> {
    let shown = state.store.read(provider::shown).await?;
    let say =
        |what: &str| state.locale.text(&format!("console.members.provider_{what}")).to_owned();
    let Some((chosen, connection, organization)) = shown else {
        return Ok(Card { chosen: None, text: say("none"), badge: None });
    };
    let (shape, word) = match chosen.standing(&connection) {
        Standing::On => ("ok", "on"),
        Standing::Off => ("bad", "off"),
        Standing::Changed => ("warn", "changed"),
    };
    let href = format!("/console/connections/{}", connection.id);
    Ok(Card {
        chosen: Some((href, connection.name, organization.name)),
        text: say(&format!("{word}_text")),
        badge: Some((shape, say(word))),
    })
}

/// Which part of the list is wanted.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    /// A part of the name of a connection, of its organization or of a domain.
    #[serde(default)]
    q: String,
    cursor: Option<String>,
}

struct Line {
    href: String,
    name: String,
    organization: String,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "console/members_provider.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    q: &'a str,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /console/settings/members/provider`: the connections that are turned on.
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Members>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let q = query.q.trim();
    let window = Window::parse(None, query.cursor.clone())?;
    let filter =
        Filter { state: Some(ConnectionState::Active), text: form::given(q), ..Filter::default() };
    let read = state.store.read(move |db| {
        let page = connections::page_in(db, &window, &filter, Order::Name)?;
        let of = page.data.iter().map(|it| it.organization_id.clone()).collect();
        let names = names::of(db, of, Vec::new())?;
        Ok((page, names, provider::chosen(db)?))
    });
    let (page, names, chosen) = read.await?;
    let (is_continued, next) = (query.cursor.is_some(), page.next_cursor.as_deref());
    let line = |it: &Connection| Line {
        href: format!("{PATH}/{}", it.id),
        name: it.name.clone(),
        organization: names.organization(&it.organization_id).unwrap_or_default().to_owned(),
        is_chosen: is_on(chosen.as_ref(), it),
    };
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, MEMBERS),
        pager: listing::filtered(&state, PATH, &[("q", q)], &[], is_continued, next).await?,
        lines: page.data.iter().map(line).collect(),
        q,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

fn is_on(chosen: Option<&Chosen>, connection: &Connection) -> bool {
    chosen.is_some_and(|chosen| chosen.standing(connection) == Standing::On)
}

/// `POST /console/settings/members/provider`: members sign in at no provider any more.
pub(in crate::http) async fn give_up(
    state: Data<State>,
    posted: Posted<Members>,
) -> Result<HttpResponse, PageError> {
    state.store.write(Scope::System, posted.seat.actor(), provider::give_up).await?;
    Ok(done::lead(&state, Done::OwnProviderGivenUp, LIST))
}

/// `GET /console/settings/members/provider/{connection}`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Members>,
    id: Path<ConnectionId>,
) -> Result<HttpResponse, PageError> {
    let found = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &asking(&state, &found)))
}

/// `POST /console/settings/members/provider/{connection}`
pub(in crate::http) async fn choose(
    state: Data<State>,
    posted: Posted<Members>,
    id: Path<ConnectionId>,
) -> Result<HttpResponse, PageError> {
    let found = find(&state, &id).await?;
    // A form without it has seen nothing.
    let seen = posted.text("revision").parse::<i64>().unwrap_or_default();
    let id = found.0.id.clone();
    let done = state
        .store
        .write(Scope::System, posted.seat.actor(), move |tx| provider::choose(tx, &id, seen));
    confirm::after(
        &state,
        &posted.seat,
        &asking(&state, &found),
        done.await,
        Done::OwnProviderChosen,
        LIST,
    )
}

async fn find(state: &State, id: &ConnectionId) -> Result<(Connection, Organization)> {
    let id = id.clone();
    let found = state.store.read(move |db| connections::find_with_organization(db, &id)).await?;
    if found.0.state == ConnectionState::Active {
        return Ok(found);
    }
    Err(Error::not_found("active connection", found.0.id.as_str()))
}

fn asking(state: &State, (connection, organization): &(Connection, Organization)) -> Confirm {
    let say = |what: &str| {
        let values = [
            ("name", connection.name.as_str()),
            ("organization", organization.name.as_str()),
            ("entity", connection.provider_entity_id.as_deref().unwrap_or_default()),
        ];
        state.locale.fill(&format!("console.members.provider_{what}"), &values)
    };
    Confirm {
        above: vec![(PATH.to_owned(), say("choose_title"))],
        title: say("sure_title"),
        texts: ["sure_who", "sure_trust", "sure_change"].into_iter().map(say).collect(),
        carried: vec![("revision", connection.revision.to_string())],
        action: format!("{PATH}/{}", connection.id),
        button: say("choose"),
        ..Confirm::blank(MEMBERS, PATH.to_owned())
    }
}
