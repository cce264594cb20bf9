//! What the pages of the portal have round their contents.

use super::seat::Seat;
use crate::clock::Time;
use crate::guides::GENERIC;
use crate::http::once;
use crate::http::pages::{Frame, Notice, Sign, StepLine};
use crate::http::server::State;
use crate::store::setup_links::{Step, Way};
use chrono::TimeDelta;

/// How long the tokens before go on when another is made in the portal.
pub(super) const OVERLAP: TimeDelta = TimeDelta::days(1);

/// `22 Nov 2025`.
pub(super) fn day(time: Time) -> String {
    time.to_utc().format("%-d %b %Y").to_string()
}

/// `14:02:11`, in UTC, as the heading of every list of moments says.
pub(super) fn clock(time: Time) -> String {
    time.to_utc().format("%H:%M:%S").to_string()
}

/// `22 Nov 2025 14:02:11`, in UTC.
pub(super) fn moment(time: Time) -> String {
    format!("{} {}", day(time), clock(time))
}

/// The address of a step.
pub(super) fn address(step: Step) -> String {
    format!("/portal/setup/{step}")
}

/// What the provider is called in a sentence.
pub(super) fn provider(state: &State, seat: &Seat) -> String {
    let guide = seat.guide(state);
    let is_chosen = seat.connection.is_some() || seat.link.provider.is_some();
    if is_chosen && guide.id != GENERIC {
        guide.name.clone()
    } else {
        state.locale.text("guide.provider").to_owned()
    }
}

pub(super) fn frame(seat: &Seat, notice: Option<Notice>) -> Frame {
    Frame {
        organization: seat.organization.name.clone(),
        form_token: seat.form_token.clone(),
        once: once::number(),
        notice,
        back: seat.link.return_url.clone(),
        purpose: seat.link.purpose(),
        hands_over: !seat.link.is_guarded,
    }
}

/// What a form reads that made a token before, as a page that is loaded again sends it.
pub(super) fn shown_before(state: &State) -> Notice {
    let text = |key: &str| state.locale.text(&format!("portal.token_before.{key}")).to_owned();
    Notice { sign: Sign::Bad, title: text("title"), text: text("text") }
}

/// What becomes of the tokens that there are when another is made.
pub(super) fn of_tokens(state: &State, live: usize) -> String {
    let word = match live {
        0 => "none",
        1 => "one",
        _ => "several",
    };
    state.locale.fill(&format!("portal.tokens.{word}"), &[("number", &live.to_string())])
}

/// A sentence of a step.
pub(super) fn say(state: &State, seat: &Seat, step: Step, what: &str) -> String {
    // Where SAML has metadata, OpenID Connect has an issuer and a client ID.
    let word = match (seat.link.way(), step) {
        (Way::OpenId, Step::Metadata) => "openid",
        _ => step.as_str(),
    };
    let (key, provider) = (format!("portal.step.{word}.{what}"), provider(state, seat));
    let operator = state.operator();
    let values = [
        ("provider", &*provider),
        ("organization", &seat.organization.name),
        ("operator", &operator),
    ];
    state.locale.fill(&key, &values)
}

/// The list of steps, of which one is here. Those that are finished can be opened again, and so can the first that is
/// not. A test that was left out says so.
pub(super) fn lines(state: &State, seat: &Seat, steps: &[Step], here: Step) -> Vec<StepLine> {
    let mut open = steps.iter().copied().filter(|step| !seat.has_done(*step));
    let (first, second) = (open.next(), open.next());
    let is_all_else_done = second.is_none();
    // A test can be left out: what comes after it waits for nothing.
    let second = second.filter(|_| first == Some(Step::Test));
    let place = |wanted| steps.iter().position(|step| *step == wanted);
    let is_past = |at: usize| {
        let mut later = steps.iter().skip(at.saturating_add(1));
        is_all_else_done || place(here) > Some(at) || later.any(|step| seat.has_done(*step))
    };
    let line = |(at, step): (usize, &Step)| {
        let is_done = seat.has_done(*step);
        let opens = (is_done || [first, second].contains(&Some(*step))) && here != *step;
        let is_left_out = *step == Step::Test && !is_done && here != *step && is_past(at);
        let hint = if is_left_out {
            state.locale.text("portal.untested").to_owned()
        } else {
            say(state, seat, *step, "hint")
        };
        StepLine {
            number: at.saturating_add(1),
            name: say(state, seat, *step, "name"),
            hint,
            href: opens.then(|| address(*step)),
            is_done: is_done && here != *step,
            is_here: here == *step,
        }
    };
    steps.iter().enumerate().map(line).collect()
}
