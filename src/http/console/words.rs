//! What states are called, with the shape that goes with the word.

use super::listing;
use crate::clock::Time;
use crate::http::server::State;
use crate::store::connections::{Connection, ConnectionState, Known};
use crate::store::organizations::{Admission, Enforcement};
use crate::store::setup_links::{self, SetupLink, Way};
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

/// Whose identity provider a setup link sets up, and at which step it is; once nothing is left but a test, how many are done.
pub(super) fn at_step(state: &State, link: &SetupLink) -> String {
    let guide = link.provider.as_deref().map(|provider| state.guides.of(provider));
    let is_metadata_first = guide.is_some_and(|guide| guide.metadata.first);
    let steps = setup_links::steps(&link.covers, link.way(), is_metadata_first);
    let text = |key: &str| state.locale.text(key).to_owned();
    let provider = match link.way() {
        Way::OpenId => Some(text("portal.openid.name")),
        Way::Directory => Some(text("portal.scim.name")),
        Way::Saml => guide.map(|guide| guide.name.clone()),
    };
    let at = steps.iter().position(|step| !link.has_done(*step));
    let at = at.filter(|_| link.completed_at.is_none());
    let progress = match at {
        None if steps.is_empty() => text("console.setup_links.no_steps"),
        None => {
            let (done, all) = link.progress();
            let values = [("done", &*done.to_string()), ("all", &all.to_string())];
            state.locale.fill("console.setup_links.steps_done", &values)
        }
        Some(at) => {
            let (number, all) = (at.saturating_add(1).to_string(), steps.len().to_string());
            let values = [("number", &*number), ("all", &all)];
            state.locale.fill("console.setup_links.at_step", &values)
        }
    };
    let is_named = !steps.is_empty();
    let named = provider.filter(|_| is_named).map(|provider| {
        let values = [("provider", &*provider), ("step", &progress)];
        state.locale.fill("console.setup_links.of_provider", &values)
    });
    named.unwrap_or(progress)
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
