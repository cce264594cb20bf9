//! What a member's draft would do, person by person, before it is done.

use super::say::Said;
use super::{Base, Head, beside, look};
use crate::error::Result;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Pager};
use crate::http::console::seat::{Manage, Seat};
use crate::http::error::PageError;
use crate::http::pages::{Shell, is_part};
use crate::http::server::State;
use crate::store::access::preview;
use crate::store::access::previews::{self, Underway};
use crate::store::{ApplicationId, Db, OrganizationId, PreviewId, UserId, names};
use crate::views::preview::{HavingView, PreviewLineView, PreviewView};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

/// Why the page is shown.
#[derive(Deserialize)]
pub(super) struct ShowQuery {
    /// Something had changed when what was previewed before was to be applied.
    #[serde(default)]
    again: String,
    /// After how many of the people named the page begins.
    cursor: Option<usize>,
}

/// How many people are on a page.
const SHOWN: usize = 50;
/// How many are named as the last with the highest role.
const LAST: usize = 10;

/// What the page has to tell beside the preview.
#[derive(Default)]
pub(super) struct Told {
    /// Why it was not applied.
    pub(super) fault: Option<String>,
    /// It was previewed again because something had changed.
    pub(super) is_again: bool,
    /// After how many of the people named the page begins.
    pub(super) from: usize,
}

/// A preview with what it stands on.
pub(super) struct Known {
    pub(super) base: Base,
    pub(super) row: Underway,
    /// What would happen, once it is known.
    pub(super) view: Option<PreviewView>,
    /// Somebody has to say that it is meant.
    pub(super) takes_much: bool,
    pub(super) naming: Naming,
}

/// What a preview's people, roles and places are called.
pub(super) struct Naming {
    people: HashMap<UserId, String>,
    said: Said,
}

impl Naming {
    /// The names of what a preview tells of.
    pub(super) fn read(
        db: &mut Db,
        of: &OrganizationId,
        view: Option<&PreviewView>,
    ) -> Result<Self> {
        let named = view.iter().flat_map(|view| &view.people).map(|line| &line.user_id);
        let refused = view.iter().filter_map(|view| view.refused.as_ref());
        let named = named.chain(refused.flat_map(|it| &it.user_ids));
        let ids = named.filter_map(|id| id.parse().ok()).collect();
        Ok(Self { people: names::people(db, ids)?, said: Said::of(db, of)? })
    }

    fn person(&self, id: &str) -> String {
        let known = id.parse().ok().and_then(|id: UserId| self.people.get(&id).cloned());
        known.unwrap_or_else(|| id.to_owned())
    }

    /// What changes for somebody.
    pub(super) fn line(&self, state: &State, line: &PreviewLineView) -> Line {
        let application: Option<ApplicationId> = line.application_id.parse().ok();
        let has = |having: &HavingView| {
            let role =
                having.role.as_deref().map(|role| self.said.role(application.as_ref(), role));
            let places = having.entities.iter().map(|it| {
                format!("{} {}", self.said.kind(application.as_ref(), &it.kind), it.name)
            });
            let all: Vec<String> = role.into_iter().chain(places).collect();
            if all.is_empty() {
                return state.locale.text("console.groups.nothing").to_owned();
            }
            all.join(", ")
        };
        Line {
            href: format!("/console/users/{}", line.user_id),
            label: self.person(&line.user_id),
            application: self.said.application(application.as_ref()),
            is_loss: line.is_loss,
            before: has(&line.before),
            after: has(&line.after),
            because: line.because.clone(),
        }
    }
}

impl Known {
    /// A preview of the organization.
    pub(super) async fn read(
        state: &State,
        seat: &Seat<Manage>,
        organization: &str,
        preview: &str,
    ) -> Result<Self> {
        let (id, now): (PreviewId, _) = (preview.parse()?, state.store.clock().now());
        let read = look(state, seat, organization, move |db, base| {
            let of = &base.organization.id;
            let row = previews::find(db, of, &id, now)?;
            let view: Option<PreviewView> = match &row.result {
                None => None,
                Some(result) => {
                    Some(serde_json::from_value((**result).clone()).map_err(anyhow::Error::new)?)
                }
            };
            let lose = view.as_ref().map_or(0, |view| view.lose);
            let much = preview::takes_much(db, of, lose)?;
            let naming = Naming::read(db, of, view.as_ref())?;
            Ok((row, view, much, naming))
        });
        let (base, (row, view, takes_much, naming)) = read.await?;
        Ok(Self { base, row, view, takes_much, naming })
    }

    /// Whether the draft is another than the one that was previewed.
    pub(super) fn is_other(&self) -> bool {
        let now = serde_json::to_value(self.base.draft.question(&self.base.rules));
        now.ok().as_ref() != Some(&*self.row.asked)
    }
}

/// What changes for somebody.
pub(super) struct Line {
    pub(super) href: String,
    pub(super) label: String,
    pub(super) application: Option<String>,
    pub(super) is_loss: bool,
    pub(super) before: String,
    pub(super) after: String,
    because: Vec<String>,
}

/// What applying it would answer instead.
struct Refused {
    code: String,
    detail: String,
    /// Who would be the last, at most [`LAST`].
    people: Vec<(String, String)>,
}

/// For how many something changes.
pub(super) struct Counts {
    pub(super) gain: usize,
    pub(super) role: usize,
    pub(super) lose: usize,
    pub(super) same: usize,
    conflicts: usize,
    mappings: usize,
}

impl Counts {
    pub(super) fn of(view: &PreviewView) -> Self {
        Self {
            gain: view.gain,
            role: view.role,
            lose: view.lose,
            same: view.same,
            conflicts: view.conflicts,
            mappings: view.mappings,
        }
    }
}

struct View {
    head: Head,
    href: String,
    told: Told,
    is_other: bool,
    counts: Option<Counts>,
    refused: Option<Refused>,
    lines: Vec<Line>,
    pager: Pager,
    /// How many people are not named.
    more: usize,
    takes_much: bool,
    /// How far it is, in words, while it is worked on.
    progress: Option<String>,
    done: i64,
    total: i64,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "console/groups_preview.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET …/groups/previews/{preview}`
pub(super) async fn show(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
    query: Query<ShowQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let known = Known::read(&state, &seat, &ids.0, &ids.1).await?;
    if is_part(&request) {
        return Ok(beside::known(&state, &seat, &known));
    }
    let from = query.cursor.unwrap_or_default();
    let told = Told { fault: None, is_again: query.again == "1", from };
    Ok(page(&state, &seat, &known, told))
}

/// `GET …/groups/previews/{preview}/people.csv`
pub(super) async fn export(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let known = Known::read(&state, &seat, &ids.0, &ids.1).await?;
    let body = known.view.as_ref().map(|view| view.to_csv(|id| known.naming.person(id)));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"preview.csv\""))
        .body(body.unwrap_or_default()))
}

/// The page of a preview.
pub(super) fn page(state: &State, seat: &Seat<Manage>, known: &Known, told: Told) -> HttpResponse {
    let status = match told.fault {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let head = Head::of(seat, &known.base);
    let row = &known.row;
    let (done, total) = (row.done.to_string(), row.total.to_string());
    let key = if row.total == 0 { "console.groups.waiting" } else { "console.groups.progress" };
    let progress = || state.locale.fill(key, &[("done", &done), ("total", &total)]);
    let named = known.view.as_ref().map(|view| view.people.as_slice()).unwrap_or_default();
    let lines = named.iter().skip(told.from).take(SHOWN).map(|it| known.naming.line(state, it));
    let href = format!("{}/previews/{}", head.href, row.id);
    let next = told.from.saturating_add(SHOWN);
    let next = (next < named.len()).then(|| next.to_string());
    let view = View {
        pager: listing::pager(&href, &[], told.from > 0, next.as_deref()),
        href,
        is_other: known.is_other(),
        more: known.view.as_ref().map_or(0, |it| (it.gain + it.lose).saturating_sub(named.len())),
        counts: known.view.as_ref().map(Counts::of),
        refused: known.view.as_ref().and_then(|it| it.refused.as_ref()).map(|it| Refused {
            code: it.code.clone(),
            detail: it.detail.clone(),
            people: it
                .user_ids
                .iter()
                .take(LAST)
                .map(|id| (format!("/console/users/{id}"), known.naming.person(id)))
                .collect(),
        }),
        lines: lines.collect(),
        told,
        takes_much: known.takes_much,
        progress: row.finished_at.is_none().then(progress),
        done: row.done,
        total: row.total,
        fault: row.fault.clone(),
        head,
    };
    frame::page(state, seat, GROUPS, status, |shell, frame| Page { shell, frame, view })
}
