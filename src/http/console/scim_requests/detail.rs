//! One request of a directory: what came, what was answered, what it changed, and what to change where it was refused.

use super::{LIST, badge, readable, took};
use crate::error::{Error, Result};
use crate::guides::Guide;
use crate::http::console::audit::shown;
use crate::http::console::frame::{self, Frame, SCIM_REQUESTS};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Needs, Read, Reveal, Seat};
use crate::http::console::words::Badge;
use crate::http::console::{connections as connection_pages, organization, users};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use crate::store::directories::requests::{self, Entry, Message, Refusal};
use crate::store::directories::{Effect, replay, tokens};
use crate::store::organizations::Organization;
use crate::store::{Db, ScimRequestId, UserId};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;
use serde_json::Value;

/// In the place of a value that is not shown.
const HIDDEN: &str = "•••";

/// Refusals that the customer's IT admin can end, each with a sentence of its own.
const BY_ADMIN: &[&str] = &[
    "token_missing",
    "token_invalid",
    "token_retired",
    "base_url_too_long",
    "not_found",
    "unique_conflict",
    "filter_unsupported",
    "invalid_cursor",
    "patch_no_target",
    "invalid_value",
    "invalid_syntax",
    "read_only",
    "required",
    "too_many",
    "version_mismatch",
    "body_too_large",
    "unsupported_media_type",
    "method_not_allowed",
    "not_implemented",
];
/// Those of them that are about groups.
const IN_GROUPS: &[&str] = &["unknown_member", "patch_no_members"];
/// Refusals of a token whose cause is known, which is more than its code tells.
const OF_TOKENS: &[&str] = &["token_revoked", "token_unknown"];
/// Refusals that nobody at the customer can end.
const BY_US: &[&str] = &[
    "connection_off",
    "token_elsewhere",
    "groups_off",
    "too_many_requests",
    "unavailable",
    "internal_error",
];

/// What something was and is.
struct ChangeLine {
    name: String,
    before: String,
    after: String,
}

/// What to change, and where.
struct Fix {
    sentence: String,
    place: Option<String>,
}

/// What came of doing a request once more.
pub(super) struct Replayed {
    /// What it would do, or why it would be refused.
    said: String,
    /// Why it would be refused: our word.
    code: Option<String>,
    changes: Vec<ChangeLine>,
}

impl Replayed {
    /// It would be done.
    pub(super) fn done(effect: Effect) -> Self {
        let changes = changes(&effect.changes.into_value());
        Self { said: effect.words, code: None, changes }
    }

    /// It would be refused.
    pub(super) fn refused(code: &str, detail: String) -> Self {
        Self { said: detail, code: Some(code.to_owned()), changes: Vec::new() }
    }
}

struct View {
    id: String,
    title: String,
    badge: Badge,
    time: Moment,
    method: String,
    path: String,
    took: String,
    /// Why it was refused: our word, and what the directory was told; of a token, what it was not told.
    refusal: Option<(String, String)>,
    /// What that is called: a key.
    refusal_name: &'static str,
    fix: Option<Fix>,
    changes: Vec<ChangeLine>,
    /// What came.
    body: Option<String>,
    /// Body and values tell of people, and are not for this role.
    is_hidden: bool,
    connection: String,
    connection_href: String,
    all: String,
    organization: String,
    is_demo: bool,
    organization_href: String,
    dialect: String,
    token: Option<String>,
    /// The thing that it was about, and its page.
    resource: Option<(String, Option<String>)>,
}

impl View {
    /// Leaves the names of attributes, and nothing that they say of a person.
    fn hide_values(&mut self) {
        (self.is_hidden, self.body) = (self.body.is_some(), None);
        for line in &mut self.changes {
            (line.before, line.after) = (HIDDEN.to_owned(), HIDDEN.to_owned());
        }
        if let Some((path, _)) = self.path.split_once('?') {
            self.path = path.to_owned();
        }
    }
}

#[derive(Template)]
#[template(path = "console/scim_request.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
    list: &'a str,
    /// Where it is done once more, if that can be and this role may.
    replay: Option<String>,
    replayed: Option<Replayed>,
}

/// What the page reads.
struct Found {
    entry: Entry,
    /// None: it is gone for good.
    of: Option<(Connection, Organization)>,
    token: Option<String>,
}

/// `GET /console/scim-requests/{request}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(render(&state, &seat, id.parse()?, None).await?)
}

/// The page of a request, with what would come of doing it once more.
pub(super) async fn render<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    id: ScimRequestId,
    replayed: Option<Replayed>,
) -> Result<HttpResponse> {
    let found = state.store.read(move |db| read(db, &id)).await?;
    let message = found.entry.opened(&state.master)?;
    let is_possible =
        seat.may::<Reveal>() && found.of.is_some() && replay::is_possible(&found.entry, &message);
    let mut view = view(state, found, &message);
    if !seat.may::<Reveal>() {
        view.hide_values();
    }
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, SCIM_REQUESTS),
        replay: is_possible.then(|| format!("{LIST}/{}/replay", view.id)),
        view,
        list: LIST,
        replayed,
    };
    Ok(respond(state, StatusCode::OK, &Csp::Page, &page))
}

fn read(db: &mut Db, id: &ScimRequestId) -> Result<Found> {
    let entry = requests::find(db, id)?;
    let of = connections::by_id_with_organization(db, &entry.connection_id)?;
    let token = match &entry.token_id {
        Some(token) => match tokens::find(db, &entry.connection_id, token) {
            Ok(token) => Some(format!("{} {}", token.label, token.hint)),
            Err(Error::NotFound { .. }) => None,
            Err(other) => return Err(other),
        },
        None => None,
    };
    Ok(Found { entry, of, token })
}

fn view(state: &State, found: Found, message: &Message) -> View {
    let Found { entry, of, token } = found;
    let path = readable(&entry.path);
    let guide = of.as_ref().map(|(connection, _)| state.guides.of(&connection.provider));
    let is_of_token = !entry.is_own();
    let cause = entry.why.map(cause).or(entry.code.as_deref());
    let fix = cause.map(|cause| fix(state, cause, guide));
    let name = |name: Option<&str>, id: &str| name.unwrap_or(id).to_owned();
    let connection = of.as_ref().map(|(connection, _)| connection.name.as_str());
    let organization = of.as_ref().map(|(_, organization)| organization.name.as_str());
    let resource = entry.resource_id.map(|id| {
        let href = id.parse::<UserId>().ok().map(|id| users::href(&id));
        (id, href)
    });
    View {
        id: entry.id.to_string(),
        title: match entry.effect.as_str() {
            "" => format!("{} {path}", entry.method),
            effect => effect.to_owned(),
        },
        badge: badge(entry.status),
        time: listing::second(entry.created_at),
        took: took(state, entry.micros),
        connection: name(connection, entry.connection_id.as_str()),
        connection_href: connection_pages::href(&entry.connection_id),
        all: super::at_connection(&entry.connection_id),
        organization: name(organization, entry.organization_id.as_str()),
        is_demo: of.as_ref().is_some_and(|(_, organization)| organization.is_demo),
        organization_href: organization::href(&entry.organization_id),
        refusal: entry.code.map(|code| (code, entry.effect)),
        refusal_name: if is_of_token {
            "console.scim_requests.why"
        } else {
            "console.scim_requests.told"
        },
        fix,
        changes: message.changes.as_ref().map(changes).unwrap_or_default(),
        is_hidden: false,
        body: message.request.as_ref().map(|body| format!("{body:#}")),
        method: entry.method,
        dialect: entry.dialect,
        resource,
        token,
        path,
    }
}

/// The name of the sentence that ends the refusal of a token.
fn cause(why: Refusal) -> &'static str {
    match why {
        Refusal::Missing => "token_missing",
        Refusal::Retired => "token_retired",
        Refusal::Revoked => "token_revoked",
        Refusal::Elsewhere => "token_elsewhere",
        Refusal::Off => "connection_off",
        Refusal::Unknown => "token_unknown",
    }
}

/// What ends a refusal, in the words of the provider's console as far as it is the IT admin who does it.
fn fix(state: &State, code: &str, guide: Option<&Guide>) -> Fix {
    let is_known =
        [BY_ADMIN, OF_TOKENS, IN_GROUPS, BY_US].iter().any(|codes| codes.contains(&code));
    let key = format!("console.scim_requests.fix.{}", if is_known { code } else { "other" });
    let place = guide.filter(|_| is_known && !BY_US.contains(&code)).and_then(|guide| {
        let [_, path, groups] = guide.scim_paths(&state.locale, Some(&state.operator()));
        let path = if IN_GROUPS.contains(&code) { groups } else { path };
        let steps: Vec<&str> =
            std::iter::once(guide.name.as_str()).chain(path.iter().map(String::as_str)).collect();
        (!path.is_empty()).then(|| steps.join(" › "))
    });
    Fix { sentence: state.locale.text(&key).to_owned(), place }
}

/// What each attribute was and is; of members who came and who went.
fn changes(kept: &Value) -> Vec<ChangeLine> {
    let line = |(name, change): (&String, &Value)| {
        let of = |kind: &str| change.get(kind).unwrap_or(&Value::Null);
        let (before, after) = match change.get("added_count") {
            Some(_) => (counted(change, "removed", "−"), counted(change, "added", "+")),
            None => (shown(of("before")), shown(of("after"))),
        };
        ChangeLine { name: name.clone(), before, after }
    };
    kept.as_object().into_iter().flatten().map(line).collect()
}

/// Who came or who went: how many, and their IDs as far as they are kept.
fn counted(change: &Value, kind: &str, sign: &str) -> String {
    let number = change.get(format!("{kind}_count")).and_then(Value::as_u64).unwrap_or_default();
    let ids = change.get(kind).and_then(Value::as_array).into_iter().flatten();
    let ids: Vec<&str> = ids.filter_map(Value::as_str).collect();
    match number {
        0 => "–".to_owned(),
        _ => format!("{sign}{number}: {}", ids.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Locale;
    use serde_json::json;

    #[test]
    fn every_refusal_that_is_known_has_a_sentence() {
        let locale = Locale::load("en").unwrap();
        for code in [BY_ADMIN, OF_TOKENS, IN_GROUPS, BY_US, &["other"]].into_iter().flatten() {
            let key = format!("console.scim_requests.fix.{code}");
            assert_ne!(locale.text(&key), key);
        }
    }

    #[test]
    fn members_are_told_by_who_came_and_who_went() {
        let members =
            json!({ "added": ["usr_1"], "added_count": 1, "removed": [], "removed_count": 0 });
        let kept = json!({ "active": { "before": true, "after": null }, "members": members });
        let told: Vec<_> =
            changes(&kept).into_iter().map(|line| (line.name, line.before, line.after)).collect();
        let line = |name: &str, a: &str, b: &str| (name.to_owned(), a.to_owned(), b.to_owned());
        assert_eq!(told, [line("active", "true", "–"), line("members", "–", "+1: usr_1")]);
    }
}
