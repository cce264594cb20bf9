//! What a member's draft would do, beside a form of it that is being filled in: each change of the form is kept, and this is read
//! anew.

use super::preview::told;
use super::shown::{Counts, Known, Line, Naming};
use super::{Head, look};
use crate::error::{Error, FieldError, Result};
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::previewed;
use crate::http::server::State;
use crate::store::PreviewId;
use crate::store::access::previews::{self, Underway};
use crate::views::preview::PreviewView;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use askama::Template;

/// How many people are named; all are on the page of the whole preview.
const SHOWN: usize = 8;

/// The field with the preview that a job works on for this form: another takes its place.
const UNDERWAY: &str = "underway";

/// A preview that a job works on.
struct Progress {
    id: String,
    said: String,
    done: i64,
    total: i64,
}

struct View {
    head: Head,
    /// What is wrong with what was typed, which therefore is not kept.
    faults: Vec<String>,
    /// Why it cannot be said what would happen, or what applying it would answer instead.
    fault: Option<String>,
    progress: Option<Progress>,
    counts: Option<Counts>,
    lines: Vec<Line>,
    /// How many people are not named.
    more: usize,
}

#[derive(Template)]
#[template(path = "console/_groups_beside.html")]
struct Part<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

impl View {
    fn of(head: Head) -> Self {
        Self {
            head,
            faults: Vec::new(),
            fault: None,
            progress: None,
            counts: None,
            lines: Vec::new(),
            more: 0,
        }
    }

    /// Tells what would happen.
    fn with(self, state: &State, naming: &Naming, view: &PreviewView) -> Self {
        let lines = view.people.iter().take(SHOWN).map(|it| naming.line(state, it)).collect();
        Self {
            counts: Some(Counts::of(view)),
            fault: view.refused.as_ref().map(|it| it.detail.clone()),
            lines,
            more: (view.gain + view.lose).saturating_sub(SHOWN.min(view.people.len())),
            ..self
        }
    }

    /// Tells how far a job is.
    fn under_way(self, state: &State, row: &Underway) -> Self {
        let (done, total) = (row.done.to_string(), row.total.to_string());
        let key = if row.total == 0 { "console.groups.waiting" } else { "console.groups.progress" };
        let progress = Progress {
            id: row.id.to_string(),
            said: state.locale.fill(key, &[("done", &done), ("total", &total)]),
            done: row.done,
            total: row.total,
        };
        Self { progress: Some(progress), ..self }
    }
}

/// After a change of a form: what is wrong with it, or what the draft with it would do.
pub(super) async fn answer(
    state: &State,
    posted: &Posted<Manage>,
    id: &str,
    kept: Result<(), Vec<FieldError>>,
) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let (base, ()) = look(state, seat, id, |_, _| Ok(())).await?;
    let view = View::of(Head::of(seat, &base));
    if let Err(faults) = kept {
        let faults = faults.into_iter().map(|fault| fault.detail).collect();
        return Ok(part(state, seat, View { faults, ..view }));
    }
    if base.draft.is_empty() {
        return Ok(part(state, seat, view));
    }
    let of = base.organization.id.clone();
    let question = base.draft.question(&base.rules);
    let asked = serde_json::to_value(&question).map_err(anyhow::Error::new)?;
    let view = match previewed::at_once(state, &of, question).await {
        Ok(Some(found)) => {
            let read = state.store.read(move |db| {
                let naming = Naming::read(db, &of, Some(&found))?;
                Ok((naming, found))
            });
            let (naming, found) = read.await?;
            view.with(state, &naming, &found)
        }
        Ok(None) => {
            let former = posted.text(UNDERWAY).parse::<PreviewId>().ok();
            let write = state.store.write(&base.organization.id, seat.actor(), move |tx| {
                if let Some(former) = &former {
                    previews::withdraw(tx, &of, former)?;
                }
                previews::ask(tx, &of, asked)
            });
            match write.await {
                Ok(row) => view.under_way(state, &row),
                Err(Error::TooMany { detail, .. }) => View { fault: Some(detail), ..view },
                Err(other) => return Err(other),
            }
        }
        Err(error @ (Error::Invalid(_) | Error::Conflict { .. } | Error::NotFound { .. })) => {
            View { fault: Some(told(&error)), ..view }
        }
        Err(other) => return Err(other),
    };
    Ok(part(state, seat, view))
}

/// A preview that a job worked on, as far as it is.
pub(super) fn known(state: &State, seat: &Seat<Manage>, known: &Known) -> HttpResponse {
    let view = View::of(Head::of(seat, &known.base));
    let view = match (&known.view, &known.row.fault) {
        (Some(found), _) => view.with(state, &known.naming, found),
        (None, Some(fault)) => View { fault: Some(fault.clone()), ..view },
        (None, None) => view.under_way(state, &known.row),
    };
    part(state, seat, view)
}

fn part(state: &State, seat: &Seat<Manage>, view: View) -> HttpResponse {
    let part = Part { shell: frame::shell(state), frame: frame::frame(state, seat, GROUPS), view };
    let mut answer = respond(state, StatusCode::OK, &Csp::Page, &part);
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("HX-Request"));
    answer
}
