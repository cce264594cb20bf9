//! The directory of a connection: where it sends, by which token, and how much of it there is.

use super::Found;
use crate::guides::ScimValues;
use crate::http::console::listing::{self, Moment};
use crate::http::console::words::Badge;
use crate::http::console::{groups, scim_requests};
use crate::http::server::State;
use crate::store::connections::{self, ConnectionState};
use crate::store::directories::tokens::Token;

/// How many tokens are shown, the newest.
const SHOWN: usize = 3;

/// A token that is accepted now.
pub(super) struct TokenLine {
    pub(super) hint: String,
    pub(super) made: Moment,
    pub(super) used: Option<Moment>,
    pub(super) from: Option<String>,
}

/// What the directory changed last.
pub(super) struct Change {
    pub(super) href: String,
    pub(super) effect: String,
    pub(super) at: Moment,
}

/// How many people and groups a directory has, and where they are.
pub(super) struct Counts {
    pub(super) people: String,
    pub(super) users: String,
    pub(super) groups: String,
    pub(super) all: String,
}

/// The directory of a connection.
pub(super) struct Card {
    pub(super) badge: Badge,
    pub(super) base_url: String,
    /// What the provider's console calls the address.
    pub(super) called: Option<String>,
    pub(super) tokens: Vec<TokenLine>,
    /// How many more there are, if there are.
    pub(super) more: Option<String>,
    /// How many people and groups it has; none: it has never been one.
    pub(super) counts: Option<Counts>,
    pub(super) changed: Option<Change>,
    pub(super) requests: String,
}

/// What is shown of the directory.
pub(super) fn card(state: &State, found: &Found) -> Card {
    let connection = &found.known.connection;
    let public_url = state.config.public_url.as_str();
    let base_url = connections::scim_base_url(public_url, &connection.id);
    let of = &connection.organization_id;
    let users =
        || listing::href("/console/users", &[("organization", of.as_str()), ("source", "scim")]);
    let token = |token: &Token| TokenLine {
        hint: token.hint.clone(),
        made: listing::when(state, token.created_at),
        used: token.last_used_at.map(|at| listing::when(state, at)),
        from: token.last_used_from.clone(),
    };
    let more = found.tokens.len().checked_sub(SHOWN).filter(|more| *more > 0);
    Card {
        badge: badge(state, found),
        called: called(state, &connection.provider, &base_url),
        base_url,
        tokens: found.tokens.iter().take(SHOWN).map(token).collect(),
        more: more.map(|more| {
            state.locale.fill("console.connections.more_tokens", &[("number", &more.to_string())])
        }),
        counts: found.directory.as_ref().map(|one| Counts {
            people: listing::number(one.users),
            users: users(),
            groups: listing::number(one.groups),
            all: groups::href(of),
        }),
        changed: found.changed.as_ref().map(|entry| Change {
            href: scim_requests::href(&entry.id),
            effect: entry.effect.clone(),
            at: listing::when(state, entry.created_at),
        }),
        requests: scim_requests::at_connection(&connection.id),
    }
}

/// Whether it sends.
fn badge(state: &State, found: &Found) -> Badge {
    let last = found.tokens.iter().filter_map(|token| token.last_used_at).max();
    let is_off = found.known.connection.state == ConnectionState::Disabled;
    let (class, word) = match last {
        _ if found.tokens.is_empty() => ("", "none"),
        _ if is_off => ("", "paused"),
        None => (" warn", "waits"),
        Some(_) if found.known.signs.silent_since.is_some() => (" warn", "silent"),
        Some(_) => (" ok", "receiving"),
    };
    let label = state.locale.text(&format!("console.connections.directory.{word}")).to_owned();
    Badge { class, label }
}

/// What the provider's console calls the address.
fn called(state: &State, provider: &str, base_url: &str) -> Option<String> {
    let guide = state.guides.of(provider);
    let values =
        guide.fill_scim(&ScimValues { base_url, token: None, test_user: "", groups: false });
    let entry = values.into_iter().map(|(entry, _)| entry).find(|entry| entry.value == base_url)?;
    let values = [("provider", guide.name.as_str()), ("field", &entry.label)];
    Some(state.locale.fill("console.connections.called", &values))
}
