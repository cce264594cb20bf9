//! The audit log: who did what to what, from where, and what was before and after.

use super::frame::{self, AUDIT, Frame};
use super::listing::{self, Moment, Pager};
use super::seat::{Read, Seat};
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::exported::{self, Format};
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::events::kinds::Kinds;
use crate::store::events::{self, Event, Filter};
use crate::store::names::{self, Names};
use crate::store::{Actor, Db, Page, Window, members};
use actix_web::http::header::HeaderValue;
use actix_web::web::{self, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

const LIST: &str = "/console/audit";
const EXPORT: &str = "/console/audit/export";

/// Which part of the log is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    /// An organization's ID, or `external:` and the operator's own.
    #[serde(default)]
    organization: String,
    /// `user.created`, or `user.*` for all of a noun.
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    subject: String,
    cursor: Option<String>,
}

impl ListQuery {
    fn parts(&self) -> [(&str, &str); 4] {
        [
            ("organization", self.organization.trim()),
            ("type", self.kind.trim()),
            ("actor", self.actor.trim()),
            ("subject", self.subject.trim()),
        ]
    }

    /// The records to look for; none if there can be none.
    fn filter(&self, db: &mut Db) -> Result<Option<Filter>> {
        let [organization, kind, actor, subject] = self.parts().map(|(_, value)| value.to_owned());
        let given = |text: String| (!text.is_empty()).then_some(text);
        let mut filter =
            Filter { actor: given(actor), subject: given(subject), ..Filter::default() };
        if !kind.is_empty() {
            match Kinds::parse(&[kind], "/type") {
                Ok(kinds) => filter.kinds = kinds,
                Err(_) => return Ok(None),
            }
        }
        if !organization.is_empty() {
            let Some(owner) = listing::owner(db, &organization)? else { return Ok(None) };
            filter.organization = Some(owner);
        }
        Ok(Some(filter))
    }
}

/// A field that was changed.
pub(super) struct ChangeLine {
    pub(super) field: String,
    pub(super) before: String,
    pub(super) after: String,
}

/// A record.
pub(super) struct Line {
    pub(super) time: Moment,
    pub(super) actor: String,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) subject_href: String,
    organization: Option<(String, String)>,
    origin: Option<String>,
    pub(super) changes: Vec<ChangeLine>,
}

#[derive(Template)]
#[template(path = "console/audit.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    query: &'a ListQuery,
    /// Where what is listed is to be had as CSV, and as JSON lines.
    exports: (String, String),
    lines: Vec<Line>,
    pager: Pager,
}

/// A page of the log.
pub(super) struct Found {
    page: Page<Event>,
    names: Names,
    /// What members are called who stand in the log.
    members: HashMap<String, String>,
}

impl Found {
    /// Where the next page begins.
    pub(super) fn next_cursor(&self) -> Option<&str> {
        self.page.next_cursor.as_deref()
    }

    /// The records as they are shown.
    pub(super) fn into_lines(self) -> Vec<Line> {
        let Self { page, names, members } = self;
        page.data.into_iter().map(|event| line(event, &names, &members)).collect()
    }
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/audit").get(list))
        .service(web::resource("/console/audit/export").get(export));
}

/// `GET /console/audit`
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
        let filter = wanted.filter(db)?;
        read(db, &window, filter.as_ref())
    });
    let (found, parts, is_continued) = (found.await?, query.parts(), query.cursor.is_some());
    let export = |format| {
        let parts: Vec<_> = parts.iter().copied().chain([("format", format)]).collect();
        listing::href(EXPORT, &parts)
    };
    let view = ListPage {
        exports: (export("csv"), export("jsonl")),
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, AUDIT),
        pager: listing::filtered(&state, LIST, &parts, &[], is_continued, found.next_cursor())
            .await?,
        lines: found.into_lines(),
        query: &query,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

/// How the log is written as a file, beside what of it.
#[derive(Deserialize)]
pub(in crate::http) struct Form {
    format: Format,
}

/// `GET /console/audit/export`: all of the log that the filter lets through, as CSV or JSON lines.
pub(in crate::http) async fn export(
    state: Data<State>,
    _: Seat<Read>,
    query: Query<ListQuery>,
    form: Query<Form>,
) -> Result<HttpResponse, PageError> {
    let (query, format) = (query.into_inner(), form.format);
    let filter = state.store.read(move |db| query.filter(db)).await?;
    let mut answer = exported::events(state.store.clone(), filter, format);
    let (name, value) = format.disposition();
    answer.headers_mut().insert(name, HeaderValue::from_static(value));
    Ok(answer)
}

/// A page of the log; none is wanted where there can be nothing.
pub(super) fn read(db: &mut Db, window: &Window, filter: Option<&Filter>) -> Result<Found> {
    let page = match filter {
        Some(filter) => events::page(db, window, filter)?,
        None => Page::default(),
    };
    let owners = page.data.iter().filter_map(|event| event.organization_id.clone()).collect();
    Ok(Found { names: names::of(db, owners, Vec::new())?, members: called(db)?, page })
}

/// What members are called, by how the log names them.
pub(super) fn called(db: &mut Db) -> Result<HashMap<String, String>> {
    let named = |member: members::Member| (Actor::Member(member.id).to_string(), member.name);
    Ok(members::list(db)?.into_iter().map(named).collect())
}

/// Who did something: a member's name, or what else stands in the log.
pub(super) fn who(db: &mut Db, actor: String) -> Result<String> {
    Ok(called(db)?.remove(&actor).unwrap_or(actor))
}

fn line(event: Event, names: &Names, members: &HashMap<String, String>) -> Line {
    let organization = event.organization_id.as_ref().map(|id| {
        let name = names.organization(id).map_or_else(|| id.to_string(), str::to_owned);
        (super::organization::href(id), name)
    });
    let changes = event.change.map(|change| {
        let change = change.into_inner();
        let before = |field: &str| shown(change.before.get(field).unwrap_or(&Value::Null));
        let one = |(field, after): (&String, &Value)| ChangeLine {
            field: field.clone(),
            before: before(field),
            after: shown(after),
        };
        change.after.iter().map(one).collect()
    });
    Line {
        time: listing::second(event.created_at),
        actor: members.get(&event.actor).cloned().unwrap_or(event.actor),
        kind: event.kind,
        subject_href: listing::href(LIST, &[("subject", &event.subject_id)]),
        subject: event.subject_id,
        organization,
        origin: event.origin,
        changes: changes.unwrap_or_default(),
    }
}

/// A value as people read it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
