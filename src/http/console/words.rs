//! What states are called, with the shape that goes with the word.

use super::listing;
use crate::clock::Time;
use crate::http::server::State;
use crate::store::connections::{Connection, ConnectionState};
use crate::store::organizations::{Admission, Enforcement};
use crate::store::setup_links::SetupLink;

/// A state as a word and a shape.
pub(in crate::http) struct Badge {
    /// The class of its shape.
    pub(in crate::http) class: &'static str,
    /// The word.
    pub(in crate::http) label: String,
}

/// How new people arrive.
pub(super) fn admission(state: &State, admission: Admission) -> String {
    state.locale.text(&format!("console.admission.{admission}")).to_owned()
}

/// Whether single sign-on is required.
pub(super) fn enforcement(state: &State, enforcement: Enforcement) -> String {
    state.locale.text(&format!("console.enforcement.{enforcement}")).to_owned()
}

/// Where a connection is in its life.
pub(super) fn connection(state: &State, connection: &Connection) -> Badge {
    let (class, word) = match connection.state {
        ConnectionState::Active => (" ok", "active"),
        ConnectionState::Testing if connection.tested() => (" acc", "ready"),
        ConnectionState::Draft => (" warn", "draft"),
        ConnectionState::Testing => (" warn", "testing"),
        ConnectionState::Disabled => ("", "disabled"),
        ConnectionState::Deleted => ("", "deleted"),
    };
    Badge {
        class,
        label: state.locale.text(&format!("console.connection_state.{word}")).to_owned(),
    }
}

/// How many steps of a setup link are done of how many.
pub(super) fn steps_done(state: &State, link: &SetupLink) -> String {
    let all = link.steps();
    let done = all.iter().filter(|step| link.has_done(**step)).count();
    if all.is_empty() {
        return state.locale.text("console.setup_links.no_steps").to_owned();
    }
    let values = [("done", &*done.to_string()), ("all", &all.len().to_string())];
    state.locale.fill("console.setup_links.steps_done", &values)
}

/// When a secret was last used, and from where.
pub(super) fn last_use(state: &State, at: Option<Time>, from: Option<&str>) -> String {
    let Some(at) = at else { return state.locale.text("console.token.never").to_owned() };
    let values = [("time", &*listing::second(at).short), ("address", from.unwrap_or_default())];
    state.locale.fill("console.token.last_use", &values)
}
