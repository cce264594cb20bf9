//! What was changed, as the IT admin is told: at the connection, and what belongs to it and to their part of the setup.

use super::frame::{clock, day};
use super::seat::Seat;
use crate::error::Result;
use crate::http::server::State;
use crate::store::connections::Connection;
use crate::store::events::kinds::Kinds;
use crate::store::events::{self, Event, Filter};
use crate::store::setup_links::{Cover, SetupLink};
use crate::store::{Db, Window};

/// What happens to the organization's domains.
const DOMAINS: [&str; 5] =
    ["domain.added", "domain.verified", "domain.vouched", "domain.removed", "domain.lost"];
/// What happens to the directory's tokens, and whether it may tell of groups.
const DIRECTORY: [&str; 4] = [
    "scim.token.created",
    "scim.token.retired",
    "scim.token.revoked",
    "organization.provisioning_changed",
];

/// The newest changes that the link's holder may know of.
pub(super) fn read(
    db: &mut Db,
    link: &SetupLink,
    connection: &Connection,
    limit: i64,
) -> Result<Vec<Event>> {
    let window = Window { limit, before: None };
    let organization = Some(connection.organization_id.clone());
    let subject = Some(connection.id.to_string());
    let about = Filter { organization: organization.clone(), subject, ..Filter::default() };
    let mut found = events::page(db, &window, &about)?.data;
    let mut kinds = Vec::new();
    if link.has(Cover::Domains) {
        kinds.extend(DOMAINS.map(str::to_owned));
    }
    if link.has(Cover::Provisioning) {
        kinds.extend(DIRECTORY.map(str::to_owned));
    }
    if !kinds.is_empty() {
        let kinds = Kinds::parse(&kinds, "/kinds")?;
        let beside = Filter { organization, kinds, ..Filter::default() };
        let id = connection.id.as_str();
        // Tokens of other connections are none of theirs.
        let is_theirs = |event: &Event| event.data.get("connection_id").is_none_or(|of| of == id);
        found.extend(events::page(db, &window, &beside)?.data.into_iter().filter(is_theirs));
    }
    found.sort_unstable_by(|one, other| other.id.cmp(&one.id));
    found.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(found)
}

/// An event, when and what; none for those that tell an IT admin nothing.
pub(super) fn told(state: &State, seat: &Seat, event: &Event) -> Option<(String, String)> {
    let now = |field: &str| event.change.as_ref().and_then(|change| change.after.get(field));
    let word = match event.kind.as_str() {
        "connection.updated" if now("provider").is_some() => "provider_changed".to_owned(),
        "organization.provisioning_changed" => {
            let word = if now("groups")?.as_bool()? { "groups_on" } else { "groups_off" };
            word.to_owned()
        }
        other => other.replace('.', "_"),
    };
    let key = format!("portal.event.{word}");
    let provider = now("provider").and_then(|id| id.as_str()).unwrap_or_default();
    let provider = state.guides.find(provider).map_or(provider, |guide| guide.name.as_str());
    let domain = event.data.get("domain").and_then(|name| name.as_str()).unwrap_or_default();
    let hint = event.data.get("hint").and_then(|hint| hint.as_str()).unwrap_or_default();
    let values = [
        ("provider", provider),
        ("domain", domain),
        ("hint", hint),
        ("organization", &seat.organization.name),
    ];
    let words = state.locale.fill(&key, &values);
    let at = format!("{} {}", day(event.created_at), clock(event.created_at));
    (words != key).then_some((at, words))
}
