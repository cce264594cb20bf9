//! What is left of a setup: what stands against its being complete, and what can wait.

use super::Standing;
use crate::http::pages::Missing;
use crate::http::portal::frame::{self, address};
use crate::http::portal::seat::Seat;
use crate::http::server::State;
use crate::store::connections::{Connection, ConnectionState};
use crate::store::domains::Domain;
use crate::store::setup_links::{Cover, Step, Way};

/// Whether a step can be left out: a directory, where people sign in without one.
fn is_optional(seat: &Seat, step: Step) -> bool {
    let signs_in = seat.link.has(Cover::SignIn) && seat.link.way() != Way::Directory;
    step == Step::Provisioning && signs_in
}

/// What a step is called, and that it is optional where it is.
fn named(state: &State, seat: &Seat, step: Step) -> String {
    let name = frame::say(state, seat, step, "name");
    if is_optional(seat, step) {
        state.locale.fill("portal.lacks.optional", &[("step", &name)])
    } else {
        name
    }
}

/// The steps that are needed and not finished while nobody signs in by the connection yet. Domains that wait are told apart, and so is
/// the test where there is a connection to test.
pub(in crate::http::portal) fn unfinished(
    state: &State,
    seat: &Seat,
    known: &Standing,
) -> Vec<Step> {
    let is_active = |of: &Connection| of.state == ConnectionState::Active;
    if seat.connection.as_ref().is_some_and(is_active) {
        return Vec::new();
    }
    let is_waited_for = known.waiting_domains().next().is_some() && !are_extra(seat, known);
    let has_connection = seat.connection.is_some();
    let is_told_apart =
        |step: Step| step == Step::Test && has_connection || step == Step::Domain && is_waited_for;
    let mut steps = seat.steps(state);
    steps
        .retain(|step| !seat.has_done(*step) && !is_told_apart(*step) && !is_optional(seat, *step));
    steps
}

/// Whether the connection stays off for want of a test.
pub(super) fn is_untested(state: &State, seat: &Seat) -> bool {
    let is_off = |of: &Connection| {
        matches!(of.state, ConnectionState::Draft | ConnectionState::Testing) && !of.tested()
    };
    seat.connection.as_ref().is_some_and(is_off) && seat.steps(state).contains(&Step::Test)
}

/// What is left of this link to do, by the names of the steps: those that nobody has taken, and those at which [`missing`] is done.
/// A connection may be on of which a link has everything before it: a certificate to renew, a directory to connect.
pub(in crate::http::portal) fn left(state: &State, seat: &Seat, known: &Standing) -> Vec<String> {
    let is_untested = is_untested(state, seat);
    let waits = known.waiting_domains().next().is_some() && !are_extra(seat, known);
    let is_left = |step: &Step| match step {
        Step::Test => is_untested || seat.connection.is_none(),
        Step::Domain if waits => true,
        step => !seat.has_done(*step),
    };
    let steps = seat.steps(state).into_iter().filter(is_left);
    steps.map(|step| named(state, seat, step)).collect()
}

/// What stands against a setup's being complete, each with the step at which it is done: steps that are not finished, the test
/// without which the connection stays off, and domains that wait for their records, unless another one is live by which people
/// sign in.
pub(in crate::http::portal) fn missing(
    state: &State,
    seat: &Seat,
    known: &Standing,
) -> Vec<Missing> {
    let steps = seat.steps(state);
    let text = |key: &str| format!("portal.lacks.{key}");
    let mut found = Vec::new();
    let open = unfinished(state, seat, known);
    if let Some(first) = open.first() {
        let names: Vec<String> =
            open.iter().map(|step| frame::say(state, seat, *step, "name")).collect();
        let is_open = |step: &Step| is_optional(seat, *step) && !seat.has_done(*step);
        let optional: Vec<String> =
            steps.iter().copied().filter(is_open).map(|step| named(state, seat, step)).collect();
        let names = [names, optional].concat().join(", ");
        found.push(Missing {
            text: state.locale.fill(&text("steps"), &[("steps", &names)]),
            label: state.locale.text("portal.home.go_on").to_owned(),
            href: address(*first),
        });
    }
    if is_untested(state, seat) {
        found.push(Missing {
            text: state.locale.text(&text("test")).to_owned(),
            label: state.locale.text("portal.test_begin").to_owned(),
            href: address(Step::Test),
        });
    }
    if !are_extra(seat, known) {
        found.extend(waiting(state, seat, known));
    }
    found
}

/// Whether the domains that wait are more than what signing in needs, as one is live.
fn are_extra(seat: &Seat, known: &Standing) -> bool {
    seat.link.has(Cover::SignIn) && !known.live_domains().is_empty()
}

/// Each domain that waits for its record, where the link covers them.
fn waiting(state: &State, seat: &Seat, known: &Standing) -> Vec<Missing> {
    let covered = seat.steps(state).contains(&Step::Domain);
    let line = |domain: &Domain| {
        let name = [("domain", domain.name.as_str())];
        Missing {
            text: state.locale.fill("portal.lacks.domain", &name),
            label: state.locale.fill("portal.lacks.check", &name),
            href: address(Step::Domain),
        }
    };
    known.waiting_domains().filter(|_| covered).map(line).collect()
}

/// What nothing waits for: domains beside the one that is live, and the directory.
pub(in crate::http::portal) fn later(state: &State, seat: &Seat, known: &Standing) -> Vec<Missing> {
    let domains = if are_extra(seat, known) { waiting(state, seat, known) } else { Vec::new() };
    domains.into_iter().chain(directory_later(state, seat, known)).collect()
}

/// How a directory stands that does nothing yet, where the link covers one.
fn directory_later(state: &State, seat: &Seat, known: &Standing) -> Option<Missing> {
    let covered = seat.link.has(Cover::Provisioning) && seat.connection.is_some();
    if !covered || known.directory.is_some() && known.asked_at().is_some() {
        return None;
    }
    let word = if known.tokens.is_empty() { "scim_off" } else { "scim_waits" };
    Some(Missing {
        text: state.locale.text(&format!("portal.lacks.{word}")).to_owned(),
        label: frame::say(state, seat, Step::Provisioning, "name"),
        href: address(Step::Provisioning),
    })
}
