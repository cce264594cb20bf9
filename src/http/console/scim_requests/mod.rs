//! SCIM requests: what directories asked for, what it did, and why it was refused.

mod detail;
mod replay;

pub(super) use detail::one;

use super::frame::{self, Frame, SCIM_REQUESTS};
use super::listing::{self, Choice, Live, Moment, Pager};
use super::seat::{Read, Seat};
use super::words::Badge;
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::directories::requests::{self, Entry, Filter};
use crate::store::names::{self, Names};
use crate::store::{ConnectionId, Db, GroupId, Page, ScimRequestId, UserId, Window};
use actix_web::web::{self, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// The address of the list.
const LIST: &str = "/console/scim-requests";

/// Which requests can be wanted beside all.
const ONLY: [&str; 2] = ["changed", "failed"];

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/scim-requests").get(list))
        .service(web::resource("/console/scim-requests/{request}").get(one))
        .service(web::resource("/console/scim-requests/{request}/replay").post(replay::replay));
}

/// Which part of the list is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    /// The ID of a request, or of the person or group that it was about.
    #[serde(default)]
    q: String,
    #[serde(default)]
    only: String,
    /// An organization's ID, or `external:` and the operator's own.
    #[serde(default)]
    organization: String,
    #[serde(default)]
    connection: String,
    /// `off`: the page stays as it is.
    #[serde(default)]
    live: String,
    cursor: Option<String>,
}

impl ListQuery {
    fn parts<'a>(&'a self, only: &'a str) -> [(&'a str, &'a str); 4] {
        [
            ("q", self.q.trim()),
            ("only", only),
            ("organization", self.organization.trim()),
            ("connection", self.connection.trim()),
        ]
    }

    /// The rows to look for; none if there can be none.
    fn filter(&self, db: &mut Db) -> Result<Option<Filter>> {
        let [q, only, organization, connection] = self.parts(&self.only).map(|(_, value)| value);
        let mut filter = Filter::default();
        if !q.is_empty() {
            if q.parse::<UserId>().is_err() && q.parse::<GroupId>().is_err() {
                return Ok(None);
            }
            filter.resource = Some(q.to_owned());
        }
        match only {
            "" => {}
            "changed" => filter.changed = true,
            "failed" => filter.failed = true,
            _ => return Ok(None),
        }
        if !organization.is_empty() {
            let Some(owner) = listing::owner(db, organization)? else { return Ok(None) };
            filter.organization = Some(owner);
        }
        if !connection.is_empty() {
            let Ok(id) = connection.parse::<ConnectionId>() else { return Ok(None) };
            filter.connection = Some(id);
        }
        Ok(Some(filter))
    }
}

/// A request in a line.
struct Line {
    id: String,
    href: String,
    time: Moment,
    method: String,
    path: String,
    effect: String,
    badge: Badge,
    connection: String,
    is_demo: bool,
    took: String,
}

#[derive(Template)]
#[template(path = "console/scim_requests.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    query: &'a ListQuery,
    choices: Vec<Choice>,
    lines: Vec<Line>,
    pager: Pager,
    live: Option<Live>,
}

/// Where the requests at a connection are listed.
pub(super) fn at_connection(id: &ConnectionId) -> String {
    listing::href(LIST, &[("connection", id.as_str())])
}

/// Where a request is shown.
pub(super) fn href(id: &ScimRequestId) -> String {
    format!("{LIST}/{id}")
}

/// `GET /console/scim-requests`: the list, or its lines alone where a page asks for them again.
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let query = query.into_inner();
    if let Ok(id) = query.q.trim().parse::<ScimRequestId>() {
        return Ok(listing::lead(&request, &href(&id)));
    }
    let window = Window::parse(None, query.cursor.clone())?;
    let wanted = query.clone();
    let found = state.store.read(move |db| {
        let Some(filter) = wanted.filter(db)? else {
            return Ok((Page::default(), Names::default()));
        };
        let page = requests::page(db, &window, &filter)?;
        let connections = page.data.iter().map(|entry| entry.connection_id.clone()).collect();
        let owners = page.data.iter().map(|entry| entry.organization_id.clone()).collect();
        let names = names::of(db, owners, connections)?;
        Ok((page, names))
    });
    let (page, names) = found.await?;
    let (parts, is_continued) = (query.parts(&query.only), query.cursor.is_some());
    let (choices, next) = (choices(&state, &query), page.next_cursor);
    let words = [("only", listing::here(&choices))];
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, SCIM_REQUESTS),
        pager: listing::filtered(&state, LIST, &parts, &words, is_continued, next.as_deref())
            .await?,
        choices,
        lines: page.data.into_iter().map(|entry| line(&state, entry, &names)).collect(),
        live: listing::live(LIST, &parts, is_continued, &query.live),
        query: &query,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

fn choices(state: &State, query: &ListQuery) -> Vec<Choice> {
    let label = |word: &str| {
        let word = if word.is_empty() { "all" } else { word };
        state.locale.text(&format!("console.scim_requests.only.{word}")).to_owned()
    };
    let href = |word: &str| listing::href(LIST, &query.parts(word));
    listing::choices(ONLY, &query.only, href, label)
}

fn line(state: &State, entry: Entry, names: &Names) -> Line {
    let connection = names.connection(&entry.connection_id);
    Line {
        href: href(&entry.id),
        time: listing::second(entry.created_at),
        path: readable(&entry.path),
        badge: badge(entry.status),
        connection: connection.unwrap_or(entry.connection_id.as_str()).to_owned(),
        took: took(state, entry.micros),
        is_demo: names.is_demo(&entry.organization_id),
        id: entry.id.to_string(),
        method: entry.method,
        effect: entry.effect,
    }
}

/// A path as people read it.
fn readable(path: &str) -> String {
    percent_decode_str(path).decode_utf8_lossy().into_owned()
}

/// The status of an answer, with whose fault it is.
fn badge(status: i32) -> Badge {
    let class = match status {
        ..400 => " ok",
        400..500 => " warn",
        _ => " bad",
    };
    Badge { class, label: status.to_string() }
}

/// How long an answer took; what took less than a millisecond counts as one.
fn took(state: &State, micros: i64) -> String {
    listing::took(state, micros.saturating_add(999) / 1_000)
}
