//! Roles, kinds of places and secrets of an application, as its page lists them.

use super::href;
use crate::access::{EntityType, Placement, Reach, Role};
use crate::clock::Time;
use crate::http::console::listing::{self, Moment};
use crate::http::console::words::Badge;
use crate::http::server::State;
use crate::store::applications::{Application, ApplicationSecret};

/// A role.
pub(super) struct RoleLine {
    pub(super) rank: usize,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) is_default: bool,
}

/// A kind of places.
pub(super) struct TypeLine {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) placement: String,
    pub(super) is_made: bool,
    pub(super) is_renamed: bool,
}

/// A client secret.
pub(super) struct SecretLine {
    /// Where it is revoked.
    pub(super) href: String,
    pub(super) hint: String,
    pub(super) badge: Badge,
    pub(super) created: Moment,
    pub(super) used: Option<Moment>,
    pub(super) ends: Option<Moment>,
}

/// The roles, highest first.
pub(super) fn roles(of: &Application) -> Vec<RoleLine> {
    let one = |(at, role): (usize, &Role)| RoleLine {
        rank: at + 1,
        key: role.key.clone(),
        name: role.name.clone(),
        is_default: of.default_role.as_ref() == Some(&role.key),
    };
    of.roles.iter().enumerate().map(one).collect()
}

/// A kind of places.
pub(super) fn place(state: &State, kind: &EntityType) -> TypeLine {
    let word = match (kind.placement, kind.scope) {
        (Placement::Additive, _) => "additive",
        (Placement::Exclusive, Reach::Type) => "exclusive",
        (Placement::Exclusive, Reach::Organization) => "organization",
    };
    TypeLine {
        key: kind.key.clone(),
        name: kind.name.clone(),
        placement: state.locale.text(&format!("console.applications.place.{word}")).to_owned(),
        is_made: kind.auto_create,
        is_renamed: kind.follow_rename,
    }
}

/// A secret, as far as it is kept.
pub(super) fn secret(state: &State, row: &ApplicationSecret, now: Time) -> SecretLine {
    let (class, word) = if row.is_live(now) { (" ok", "live") } else { ("", "ended") };
    SecretLine {
        href: format!("{}/secrets/{}", href(&row.application_id), row.id),
        hint: row.hint.clone(),
        badge: Badge {
            class,
            label: state.locale.text(&format!("console.api_keys.state.{word}")).to_owned(),
        },
        created: listing::day(row.created_at),
        used: row.last_used_at.map(listing::second),
        ends: row.expires_at.map(listing::second),
    }
}
