//! What states are called, with the shape that goes with the word.

use super::listing;
use crate::clock::Time;
use crate::http::server::State;
use crate::store::connections::{Connection, ConnectionState, Known};
use crate::store::organizations::{Admission, Enforcement};
use crate::store::setup_links::SetupLink;
use crate::views::badge as attention;

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
    let (done, all) = link.progress();
    if all == 0 {
        return state.locale.text("console.setup_links.no_steps").to_owned();
    }
    let values = [("done", &*done.to_string()), ("all", &all.to_string())];
    state.locale.fill("console.setup_links.steps_done", &values)
}

/// What a connection wants of somebody, the most urgent first, or else where it is in its life.
pub(super) fn standing(state: &State, known: &Known, now: Time) -> Vec<Badge> {
    let badges = attention::of(known, now);
    let troubles = badges.into_iter().filter(|one| attention::Badge::TROUBLES.contains(one));
    let mut found: Vec<Badge> = troubles.map(|one| trouble(state, known, one, now)).collect();
    if found.is_empty() || known.connection.state != ConnectionState::Active {
        found.push(connection(state, &known.connection));
    }
    found
}

fn trouble(state: &State, known: &Known, badge: attention::Badge, now: Time) -> Badge {
    let days = attention::certificate_ends_within(&known.connection, now).unwrap_or_default();
    let is_bad = match badge {
        attention::Badge::SignInsFailing | attention::Badge::CertificateExpired => true,
        attention::Badge::CertificateExpiring => days <= 7,
        _ => false,
    };
    let key = format!("console.trouble.{}", badge.as_str());
    Badge {
        class: if is_bad { " bad" } else { " warn" },
        label: state.locale.fill(&key, &[("days", &days.to_string())]),
    }
}

/// When a secret was last used, and from where.
pub(super) fn last_use(state: &State, at: Option<Time>, from: Option<&str>) -> String {
    let Some(at) = at else { return state.locale.text("console.token.never").to_owned() };
    let values = [("time", &*listing::second(at).short), ("address", from.unwrap_or_default())];
    state.locale.fill("console.token.last_use", &values)
}
