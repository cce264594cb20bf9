//! A step of a setup, as it is shown.

pub(super) mod body;
mod tiles;

use super::done;
use super::frame::{self, address};
use super::seat::Seat;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::pages::{self, Begun, Body, Faults, Live, Notice, SetupStep, Several};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::connections::Connection;
use crate::store::setup_links::{self, Step, Way};
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

/// What became of a form that the page shows again.
#[derive(Default)]
pub(super) struct Outcome {
    /// What was done, or could not be done.
    pub(super) notice: Option<Notice>,
    /// Fields that were not taken.
    pub(super) faults: Faults,
    /// What was typed, by field.
    pub(super) typed: Vec<(&'static str, String)>,
    /// Whether what was given as metadata speaks of OpenID Connect, with which the setup can go on.
    pub(super) is_openid: bool,
    /// Which of several providers in the metadata is meant, where that is asked.
    pub(super) several: Option<Several>,
    /// A token of the directory, shown this once.
    pub(super) token: Option<crate::crypto::Secret>,
    /// The domain that is about to be taken back.
    pub(super) withdraws: String,
    /// The provider that is about to take the place of another.
    pub(super) changes: String,
    /// Setups with which the link can go on in place of what was refused.
    pub(super) begun: Vec<Connection>,
}

impl Outcome {
    /// What was typed into a field.
    pub(super) fn typed(&self, field: &str) -> String {
        let found = self.typed.iter().find(|(name, _)| *name == field);
        found.map(|(_, text)| text.clone()).unwrap_or_default()
    }
}

/// `GET /portal/setup`: the first step that is not finished; after the last, the portal's home.
pub(in crate::http) async fn next(
    state: Data<State>,
    seat: Seat,
) -> Result<HttpResponse, PageError> {
    let open = seat.open_step(&state);
    Ok(see_other(&open.map_or_else(|| "/portal".to_owned(), address)))
}

/// What is about to be done at a step.
#[derive(Deserialize)]
pub(in crate::http) struct Wanted {
    /// The domain that is to be taken back, which waits to be confirmed.
    #[serde(default)]
    withdraw: String,
    /// The provider that is to take the place of another, which waits to be confirmed.
    #[serde(default)]
    change: String,
}

/// `GET /portal/setup/{step}`
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat,
    step: Path<String>,
    wanted: Query<Wanted>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let step = find(&state, &seat, &step)?;
    if seat.connection.is_none() && !matches!(step, Step::Provider | Step::Domain) {
        return Ok(see_other(&address(Step::Provider)));
    }
    if pages::is_part(&request) {
        return Ok(part(&state, &seat, step).await?);
    }
    let Wanted { withdraw: withdraws, change: changes } = wanted.into_inner();
    Ok(render(&state, &seat, step, Outcome { withdraws, changes, ..Outcome::default() }).await?)
}

/// The part of a step that shows what arrives.
async fn part(state: &Data<State>, seat: &Seat, step: Step) -> Result<HttpResponse> {
    let view = view(state, seat, step, Outcome::default()).await?;
    let href = address(step);
    let live = match &view.body {
        Body::Provisioning { arrivals, .. } => Live::Arrivals(arrivals, &href),
        Body::Domain { domains, .. } => Live::Domains(&seat.form_token, domains),
        Body::Test { .. } => Live::Test(&view),
        _ => return Err(Error::not_found("part of the step", step.as_str())),
    };
    Ok(pages::portal_live(state, &live))
}

/// A step that the link has.
pub(super) fn find(state: &State, seat: &Seat, word: &str) -> Result<Step> {
    let step = word.parse::<Step>().ok().filter(|step| seat.steps(state).contains(step));
    step.ok_or_else(|| Error::not_found("step", word))
}

/// The step after this one. After the last it is the end of the setup, or what is not finished yet.
pub(super) fn after(state: &State, seat: &Seat, step: Step) -> String {
    let mut steps = seat.steps(state).into_iter().skip_while(|other| *other != step).skip(1);
    steps.next().map_or_else(|| done::PATH.to_owned(), address)
}

/// The page of a step.
pub(super) async fn render(
    state: &Data<State>,
    seat: &Seat,
    step: Step,
    outcome: Outcome,
) -> Result<HttpResponse> {
    Ok(pages::setup_step(state, &view(state, seat, step, outcome).await?))
}

async fn view(state: &Data<State>, seat: &Seat, step: Step, outcome: Outcome) -> Result<SetupStep> {
    let body = body::of(state, seat, step, &outcome).await?;
    let begun = match step {
        Step::Provider => resumable(state, seat).await?,
        _ => outcome.begun.clone(),
    };
    let note = outcome.typed("note");
    let steps = seat.steps(state);
    let at = steps.iter().position(|other| *other == step).unwrap_or_default();
    let (number, total) = (at.saturating_add(1).to_string(), steps.len().to_string());
    let values = [("number", &*number), ("total", &total)];
    let before = at.checked_sub(1).and_then(|at| steps.get(at));
    Ok(SetupStep {
        eyebrow: state.locale.fill("portal.eyebrow", &values),
        title: frame::say(state, seat, step, "title"),
        lead: frame::say(state, seat, step, lead(&body)),
        provider: frame::provider(state, seat),
        steps: frame::lines(state, seat, &steps, step),
        previous: before.copied().map(address),
        at: address(step),
        home: match seat.open_step(state) {
            Some(_) => "portal.later",
            None => "portal.finished.home",
        },
        finish: finish(state, seat, &body),
        frame: frame::frame(seat, outcome.notice),
        faults: outcome.faults,
        compared: compared(state, seat, &body),
        note,
        begun: begun
            .into_iter()
            .map(|of| Begun {
                id: of.id.to_string(),
                name: of.name.clone(),
                day: frame::day(of.created_at),
            })
            .collect(),
        body,
    })
}

/// The setups of the organization that were begun with another link, and with which this one can go on.
pub(super) async fn resumable(state: &Data<State>, seat: &Seat) -> Result<Vec<Connection>> {
    let (link, now) = (seat.link.clone(), state.store.clock().now());
    state.store.read(move |db| setup_links::resumable(db, &link, now)).await
}

/// Which sentence says what a step is good for. A domain that is live needs no record.
fn lead(body: &Body) -> &'static str {
    match body {
        Body::Domain { domains, .. }
            if !domains.is_empty() && domains.iter().all(|one| one.is_live) =>
        {
            "lead_live"
        }
        _ => "lead",
    }
}

/// How far the names of the provider's console can be relied on, where a step shows some.
fn compared(state: &State, seat: &Seat, body: &Body) -> Option<String> {
    let has_names = match body {
        Body::Create { path, .. } => !path.is_empty(),
        Body::Values { .. } | Body::Attributes { .. } | Body::Metadata { .. } => true,
        Body::Provisioning { values, .. } => !values.is_empty(),
        Body::Provider { .. } | Body::OpenId { .. } | Body::Domain { .. } | Body::Test { .. } => {
            false
        }
    };
    let is_guided = seat.link.way() != Way::OpenId;
    seat.guide(state).compared(&state.locale).filter(|_| has_names && is_guided)
}

/// What the button says that finishes a step, if it can be finished.
fn finish(state: &State, seat: &Seat, body: &Body) -> Option<String> {
    let key = match body {
        Body::Provider { .. } if seat.connection.is_none() && seat.link.provider.is_none() => {
            return None;
        }
        Body::Metadata { told: None, .. } | Body::Test { is_tested: false, .. } => return None,
        Body::OpenId { told, .. } if told.is_empty() => return None,
        Body::Create { .. } | Body::Values { .. } | Body::Attributes { .. } => "portal.did_that",
        Body::Provisioning { .. } => "portal.finish",
        _ => "portal.continue",
    };
    Some(state.locale.text(key).to_owned())
}
