//! Users: the people of all organizations, and one of them.

mod acts;
mod edit;
mod erase;
mod one;

use super::form;
use super::frame::{self, Frame, USERS};
use super::listing::{self, Choice, Moment, Pager};
use super::seat::{Read, Seat};
use super::words::Badge;
use crate::email::Email;
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::names::{self, Names};
use crate::store::users::{self, Filter, Source, User, UserState};
use crate::store::{Db, GroupId, Page, UserId, Window};
use actix_web::web::{self, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

const LIST: &str = "/console/users";

/// The states, in the order in which they are offered.
const STATES: [UserState; 3] = [UserState::Active, UserState::Suspended, UserState::Deprovisioned];

/// The ways in which people come, in the order in which they are offered.
const SOURCES: [Source; 3] = [Source::Scim, Source::SignIn, Source::Api];

/// Which part of the list is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    /// An email address.
    #[serde(default)]
    q: String,
    #[serde(default)]
    state: String,
    /// An organization's ID, or `external:` and the operator's own.
    #[serde(default)]
    organization: String,
    #[serde(default)]
    source: String,
    /// The ID of a directory's group.
    #[serde(default)]
    group: String,
    /// `none`: those who have nothing in any application.
    #[serde(default)]
    access: String,
    cursor: Option<String>,
}

impl ListQuery {
    fn parts<'a>(&'a self, state: &'a str, source: &'a str) -> [(&'a str, &'a str); 6] {
        [
            ("q", self.q.trim()),
            ("state", state),
            ("source", source),
            ("organization", self.organization.trim()),
            ("group", self.group.trim()),
            ("access", self.access.as_str()),
        ]
    }

    /// The rows to look for; none if there can be none.
    fn filter(&self, db: &mut Db) -> Result<Option<Filter>> {
        let mut filter = Filter::default();
        if !self.q.trim().is_empty() {
            let Ok(email) = Email::parse(self.q.trim()) else { return Ok(None) };
            filter.email = Some(email);
        }
        if !self.state.is_empty() {
            let Some(state) = STATES.into_iter().find(|one| one.as_str() == self.state) else {
                return Ok(None);
            };
            filter.state = Some(state);
        }
        if !self.source.is_empty() {
            let Some(source) = SOURCES.into_iter().find(|one| one.as_str() == self.source) else {
                return Ok(None);
            };
            filter.source = Some(source);
        }
        match self.access.as_str() {
            "" => {}
            "none" => filter.without_access = true,
            _ => return Ok(None),
        }
        if !self.group.trim().is_empty() {
            let Ok(group) = self.group.trim().parse::<GroupId>() else { return Ok(None) };
            filter.group = Some(group);
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
    label: String,
    name: Option<String>,
    organization: String,
    organization_href: String,
    source: String,
    badge: Badge,
    seen: Option<Moment>,
    is_demo: bool,
}

#[derive(Template)]
#[template(path = "console/users.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    query: &'a ListQuery,
    states: Vec<Choice>,
    sources: Vec<Choice>,
    access: Vec<form::Choice>,
    lines: Vec<Line>,
    pager: Pager,
}

/// Where the page of a person is.
pub(super) fn href(id: &UserId) -> String {
    format!("{LIST}/{id}")
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/users").get(list))
        .service(web::resource("/console/users/{user}").get(one::one))
        .service(web::resource("/console/users/{user}/edit").get(edit::ask).post(edit::change))
        .service(
            web::resource("/console/users/{user}/suspend")
                .get(acts::ask_suspend)
                .post(acts::suspend),
        )
        .service(web::resource("/console/users/{user}/restore").post(acts::restore))
        .service(web::resource("/console/users/{user}/sessions").get(acts::ask_end).post(acts::end))
        .service(web::resource("/console/users/{user}/erase").get(erase::ask).post(erase::erase));
}

/// `GET /console/users`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let query = query.into_inner();
    let window = Window::parse(None, query.cursor.clone())?;
    let wanted = query.clone();
    let found = state.store.read(move |db| {
        let Some(filter) = wanted.filter(db)? else {
            return Ok((Page::default(), Names::default()));
        };
        let page = users::page(db, &window, &filter)?;
        let owners = page.data.iter().map(|user| user.organization_id.clone()).collect();
        let names = names::of(db, owners, Vec::new())?;
        Ok((page, names))
    });
    let (page, names) = found.await?;
    let parts = query.parts(&query.state, &query.source);
    let (states, sources) = (choices(&state, &query), sources(&state, &query));
    let access = listing::options(&state, ["", "none"], &query.access, access_key);
    let words = [
        ("state", listing::here(&states)),
        ("source", listing::here(&sources)),
        ("access", state.locale.text(access_key(&query.access)).to_owned()),
    ];
    let (is_continued, next) = (query.cursor.is_some(), page.next_cursor.as_deref());
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, USERS),
        pager: listing::filtered(&state, LIST, &parts, &words, is_continued, next).await?,
        states,
        sources,
        access,
        lines: page.data.iter().map(|user| line(&state, user, &names)).collect(),
        query: &query,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

fn choices(state: &State, query: &ListQuery) -> Vec<Choice> {
    let label = |word: &str| match word {
        "" => state.locale.text("console.users.all").to_owned(),
        _ => state.locale.text(&format!("console.users.states.{word}")).to_owned(),
    };
    let href = |word: &str| listing::href(LIST, &query.parts(word, &query.source));
    listing::choices(STATES.map(UserState::as_str), &query.state, href, label)
}

fn sources(state: &State, query: &ListQuery) -> Vec<Choice> {
    let label = |word: &str| match word {
        "" => state.locale.text("console.users.any_source").to_owned(),
        _ => state.locale.text(&format!("console.users.source.{word}")).to_owned(),
    };
    let href = |word: &str| listing::href(LIST, &query.parts(&query.state, word));
    listing::choices(SOURCES.map(Source::as_str), &query.source, href, label)
}

/// What the filter by access says for its word.
fn access_key(word: &str) -> &'static str {
    if word == "none" { "console.users.no_access" } else { "console.users.any_access" }
}

fn line(state: &State, user: &User, names: &Names) -> Line {
    let of = &user.organization_id;
    Line {
        href: href(&user.id),
        label: user.label().to_owned(),
        name: user.name.clone(),
        organization: names.organization(of).unwrap_or_default().to_owned(),
        organization_href: super::organization::href(of),
        source: source(state, user),
        badge: badge(state, user),
        seen: user.last_sign_in_at.map(|at| listing::when(state, at)),
        is_demo: names.is_demo(of),
    }
}

fn source(state: &State, user: &User) -> String {
    state.locale.text(&format!("console.users.source.{}", user.source)).to_owned()
}

fn badge(state: &State, user: &User) -> Badge {
    let class = match user.state() {
        UserState::Active => " ok",
        UserState::Suspended => " warn",
        UserState::Deprovisioned => "",
    };
    let key = format!("console.users.states.{}", user.state());
    Badge { class, label: state.locale.text(&key).to_owned() }
}
