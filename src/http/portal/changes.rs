//! What was changed, as the IT admin is told: at the connection, and what belongs to it and to their part of the setup.

use super::frame;
use super::seat::Seat;
use crate::error::Result;
use crate::http::pages::ChangeLine;
use crate::http::server::State;
use crate::store::connections::Connection;
use crate::store::events::kinds::Kinds;
use crate::store::events::{self, Event, Filter};
use crate::store::setup_links::{Cover, SetupLink, Step};
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

/// What whoever has a link does with it, beside its steps.
const LINKS: [&str; 3] =
    ["setup_link.created", "setup_link.help_wanted", "setup_link.another_wanted"];

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
    let mut kinds = LINKS.map(str::to_owned).to_vec();
    if link.has(Cover::Domains) {
        kinds.extend(DOMAINS.map(str::to_owned));
    }
    if link.has(Cover::Provisioning) {
        kinds.extend(DIRECTORY.map(str::to_owned));
    }
    let kinds = Kinds::parse(&kinds, "/kinds")?;
    let beside = Filter { organization, kinds, ..Filter::default() };
    let id = connection.id.as_str();
    // Tokens and links of other connections are none of theirs, and neither are links that the operator makes.
    let is_theirs = |event: &Event| {
        let is_of_it = event.data.get("connection_id").is_none_or(|of| of == id);
        is_of_it && (event.kind != "setup_link.created" || is_handed_over(event))
    };
    found.extend(events::page(db, &window, &beside)?.data.into_iter().filter(is_theirs));
    found.sort_unstable_by(|one, other| other.id.cmp(&one.id));
    found.truncate(usize::try_from(limit).unwrap_or_default());
    Ok(found)
}

fn is_handed_over(event: &Event) -> bool {
    event.data.get("handed_over_from").is_some()
}

/// Who did it, as far as that is told: nobody's name.
fn by(state: &State, seat: &Seat, event: &Event) -> String {
    let word = match event.actor.split_once(':') {
        Some(("portal", id)) if id == seat.link.id.as_str() => "by_you",
        Some(("portal", _)) => "by_colleague",
        Some(("cli" | "api_key" | "application" | "member", _)) => "by_operator",
        Some(("sign_in" | "provider", _)) => "by_sign_in",
        _ => "by_itself",
    };
    let operator = state.operator();
    state.locale.fill(&format!("portal.activity.{word}"), &[("operator", &operator)])
}

/// An event as a line; none for those that tell an IT admin nothing.
pub(super) fn told(state: &State, seat: &Seat, event: &Event) -> Option<ChangeLine> {
    let now = |field: &str| event.change.as_ref().and_then(|change| change.after.get(field));
    let word = match event.kind.as_str() {
        "connection.updated" if now("provider").is_some() => "provider_changed".to_owned(),
        "organization.provisioning_changed" => {
            let word = if now("groups")?.as_bool()? { "groups_on" } else { "groups_off" };
            word.to_owned()
        }
        "setup_link.created" => "handed_over".to_owned(),
        "setup_link.help_wanted" => "help_wanted".to_owned(),
        "setup_link.another_wanted" => "another_wanted".to_owned(),
        other => other.replace('.', "_"),
    };
    let key = format!("portal.event.{word}");
    let provider = now("provider").and_then(|id| id.as_str()).unwrap_or_default();
    let provider = state.guides.find(provider).map_or(provider, |guide| guide.name.as_str());
    let domain = event.data.get("domain").and_then(|name| name.as_str()).unwrap_or_default();
    let hint = event.data.get("hint").and_then(|hint| hint.as_str()).unwrap_or_default();
    let step = event.data.get("step").and_then(|step| step.as_str());
    let step = step.and_then(|step| step.parse::<Step>().ok());
    let step = step.map(|step| frame::say(state, seat, step, "name")).unwrap_or_default();
    let operator = state.operator();
    let values = [
        ("step", &*step),
        ("operator", &*operator),
        ("provider", provider),
        ("domain", domain),
        ("hint", hint),
        ("organization", &seat.organization.name),
    ];
    let words = state.locale.fill(&key, &values);
    (words != key).then(|| ChangeLine {
        at: frame::moment(event.created_at),
        what: words,
        by: by(state, seat, event),
    })
}
