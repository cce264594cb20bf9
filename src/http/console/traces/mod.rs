//! Sign-in traces: every attempt, why it failed, and what to change.

mod detail;
mod download;
mod reveal;

use super::frame::{self, Frame, TRACES};
use super::listing::{self, Choice, Live, Moment, Pager};
use super::seat::{Read, Seat};
use super::words::Badge;
use crate::cause::Cause;
use crate::email::Email;
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::names::{self, Names};
use crate::store::traces::{self, Filter, Listed, Outcome};
use crate::store::{ConnectionId, Db, Page, TraceId, Window};
use crate::views::trace::masked;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

const LIST: &str = "/console/traces";

/// The results, in the order in which they are offered.
const OUTCOMES: [Outcome; 4] =
    [Outcome::Failed, Outcome::Succeeded, Outcome::InProgress, Outcome::Abandoned];

/// Which part of the list is wanted. What is left open, or cannot be, is empty or finds nothing.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    /// An email address, or a trace's ID.
    #[serde(default)]
    q: String,
    #[serde(default)]
    outcome: String,
    /// An organization's ID, or `external:` and the operator's own.
    #[serde(default)]
    organization: String,
    #[serde(default)]
    connection: String,
    /// The code of a cause.
    #[serde(default)]
    cause: String,
    /// `off`: the page stays as it is.
    #[serde(default)]
    live: String,
    cursor: Option<String>,
}

impl ListQuery {
    fn parts<'a>(&'a self, outcome: &'a str) -> [(&'a str, &'a str); 5] {
        [
            ("q", self.q.trim()),
            ("outcome", outcome),
            ("organization", self.organization.trim()),
            ("connection", self.connection.trim()),
            ("cause", self.cause.trim()),
        ]
    }

    /// The rows to look for; none if there can be none.
    fn filter(&self, db: &mut Db) -> Result<Option<Filter>> {
        let mut filter = Filter::default();
        let (q, organization) = (self.q.trim(), self.organization.trim());
        if !q.is_empty() {
            let Ok(email) = Email::parse(q) else { return Ok(None) };
            filter.email = Some(email.to_string());
        }
        if !self.outcome.is_empty() {
            let Some(outcome) = OUTCOMES.into_iter().find(|one| one.as_str() == self.outcome)
            else {
                return Ok(None);
            };
            filter.outcome = Some(outcome);
        }
        if !organization.is_empty() {
            let Some(owner) = listing::owner(db, organization)? else { return Ok(None) };
            filter.organization = Some(owner);
        }
        if !self.connection.is_empty() {
            let Ok(id) = self.connection.trim().parse::<ConnectionId>() else { return Ok(None) };
            filter.connection = Some(id);
        }
        if !self.cause.is_empty() {
            let Some(cause) = Cause::from_code(self.cause.trim()) else { return Ok(None) };
            filter.cause = Some(cause.code().to_owned());
        }
        Ok(Some(filter))
    }
}

struct Line {
    id: String,
    href: String,
    began: Moment,
    badge: Badge,
    person: Option<String>,
    organization: Option<String>,
    is_demo: bool,
    connection: Option<String>,
    cause: Option<String>,
    took: Option<String>,
}

#[derive(Template)]
#[template(path = "console/traces.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    query: &'a ListQuery,
    outcomes: Vec<Choice>,
    lines: Vec<Line>,
    pager: Pager,
    live: Option<Live>,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/traces").get(list))
        .service(web::resource("/console/traces/{trace}").get(detail::one))
        .service(web::resource("/console/traces/{trace}/reveal").post(reveal::reveal))
        .service(
            web::resource("/console/traces/{trace}/download")
                .get(download::download)
                .post(download::whole),
        )
        .service(web::resource("/t/{trace}").get(short));
}

/// `GET /t/{trace}`: the short address, which stands in mails and on error pages.
pub(in crate::http) async fn short(id: Path<String>) -> Result<HttpResponse, PageError> {
    let id: TraceId = id.parse()?;
    Ok(see_other(&format!("{LIST}/{id}")))
}

/// `GET /console/traces`: the list, or its lines alone where a page asks for them again.
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let query = query.into_inner();
    if let Ok(id) = query.q.trim().parse::<TraceId>() {
        return Ok(listing::lead(&request, &format!("{LIST}/{id}")));
    }
    let window = Window::parse(None, query.cursor.clone())?;
    let wanted = query.clone();
    let found = state.store.read(move |db| {
        let Some(filter) = wanted.filter(db)? else {
            return Ok((Page::default(), Names::default()));
        };
        let page = traces::page(db, &window, &filter)?;
        let names = names_of(db, &page.data)?;
        Ok((page, names))
    });
    let (page, names) = found.await?;
    let (parts, is_continued) = (query.parts(&query.outcome), query.cursor.is_some());
    let (outcomes, next) = (choices(&state, &query), page.next_cursor.as_deref());
    let words = [("outcome", listing::here(&outcomes))];
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, TRACES),
        pager: listing::filtered(&state, LIST, &parts, &words, is_continued, next).await?,
        outcomes,
        lines: page.data.iter().map(|trace| line(&state, trace, &names)).collect(),
        live: listing::live(LIST, &parts, is_continued, &query.live),
        query: &query,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

fn names_of(db: &mut Db, traces: &[Listed]) -> Result<Names> {
    let organizations = traces.iter().filter_map(|trace| trace.organization_id.clone());
    let connections = traces.iter().filter_map(|trace| trace.connection_id.clone());
    names::of(db, organizations.collect(), connections.collect())
}

fn choices(state: &State, query: &ListQuery) -> Vec<Choice> {
    let label = |word: &str| match word {
        "" => state.locale.text("console.traces.all").to_owned(),
        _ => state.locale.text(&format!("console.traces.outcome.{word}")).to_owned(),
    };
    let href = |word: &str| listing::href(LIST, &query.parts(word));
    listing::choices(OUTCOMES.map(Outcome::as_str), &query.outcome, href, label)
}

fn badge(state: &State, outcome: Outcome) -> Badge {
    let class = match outcome {
        Outcome::Succeeded => " ok",
        Outcome::Failed => " bad",
        Outcome::InProgress => " acc",
        Outcome::Abandoned => "",
    };
    let label = state.locale.text(&format!("console.traces.outcome.{outcome}")).to_owned();
    Badge { class, label }
}

fn line(state: &State, trace: &Listed, names: &Names) -> Line {
    Line {
        id: trace.id.to_string(),
        href: format!("{LIST}/{}", trace.id),
        began: listing::second(trace.started_at),
        badge: badge(state, trace.outcome),
        person: trace.email.as_deref().map(masked),
        organization: organization(trace, names),
        is_demo: trace.organization_id.as_ref().is_some_and(|id| names.is_demo(id)),
        connection: connection(trace, names),
        cause: title(state, trace),
        took: trace
            .finished_at
            .map(|end| listing::took(state, end.since(trace.started_at).num_milliseconds())),
    }
}

/// Why it failed, in words.
fn title(state: &State, trace: &Listed) -> Option<String> {
    let cause = Cause::from_code(trace.cause.as_deref()?)?;
    Some(state.locale.cause(cause).title.clone())
}

/// What the organization is called; its ID when it is gone.
fn organization(trace: &Listed, names: &Names) -> Option<String> {
    let id = trace.organization_id.as_ref()?;
    Some(names.organization(id).map_or_else(|| id.to_string(), str::to_owned))
}

/// What the connection is called; its ID when it is gone.
fn connection(trace: &Listed, names: &Names) -> Option<String> {
    let id = trace.connection_id.as_ref()?;
    Some(names.connection(id).map_or_else(|| id.to_string(), str::to_owned))
}
