//! One person: who they are, who manages that, and what happened to them lately.

use super::{LIST, badge, href, source};
use crate::clock::Time;
use crate::error::Result;
use crate::http::console::audit;
use crate::http::console::connections;
use crate::http::console::frame::{self, Frame, USERS};
use crate::http::console::groups;
use crate::http::console::listing::{self, Moment};
use crate::http::console::organization;
use crate::http::console::seat::{Manage, Read, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::access::explain::{self, Explained, Mark, Reason};
use crate::store::events::{self, Event, Filter};
use crate::store::names::{self, Names};
use crate::store::sessions::{Method, Session};
use crate::store::users::{self, Source, User};
use crate::store::{Page as Part, UserId, Window};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::Value;

/// How many events are shown.
const SHOWN: i64 = 10;
/// How many changes of attributes are looked through for when each was.
const UPDATES: i64 = 100;
/// How many sessions.
const SESSIONS: i64 = 20;

/// Something that happened.
struct EventLine {
    time: Moment,
    kind: String,
    actor: String,
}

/// Something that a person has, and why.
struct AccessLine {
    application: String,
    /// A role, or a place with its type.
    what: String,
    because: String,
    group: Option<String>,
}

/// Something that is known of a person, where it came from, and when.
struct AttributeLine {
    name: String,
    value: String,
    /// When it was last changed, as far as that is known of it.
    at: Option<Moment>,
}

/// A browser in which the person is signed in.
struct SessionLine {
    began: Moment,
    ends: Moment,
    /// The connection that they came through, and where its page is.
    through: String,
    href: String,
    by_code: bool,
}

struct View {
    href: String,
    id: String,
    label: String,
    badge: Badge,
    source: String,
    organization: String,
    organization_href: String,
    is_demo: bool,
    attributes: Vec<AttributeLine>,
    /// When something of these last changed.
    changed: Moment,
    /// Who keeps them, in a sentence; none: they can be changed here.
    managed: Option<String>,
    sessions: Vec<SessionLine>,
    seen: Option<Moment>,
    created: Moment,
    /// Since when the operator has them suspended.
    suspended: Option<Moment>,
    /// Since when the directory has.
    by_directory: Option<Moment>,
    access: Vec<AccessLine>,
    /// What of it stays although it should be less.
    held: Vec<String>,
    events: Vec<EventLine>,
    all_events: String,
    may_manage: bool,
}

#[derive(Template)]
#[template(path = "console/user.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: &'a Frame,
    view: &'a View,
    list: &'a str,
}

/// The same beside the list.
#[derive(Template)]
#[template(path = "console/_user_panel.html")]
struct Panel<'a> {
    shell: Shell<'a>,
    frame: &'a Frame,
    view: &'a View,
}

/// `GET /console/users/{user}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (id, now): (UserId, _) = (id.parse()?, state.store.clock().now());
    let found = state.store.read(move |db| {
        let user = users::find(db, &id)?;
        let of = &user.organization_id;
        let names = names::of(db, vec![of.clone()], Vec::new())?;
        let owner = (names.organization(of).unwrap_or_default().to_owned(), names.is_demo(of));
        let keeper = users::keeper(db, &user)?;
        let sessions = users::sessions_of(db, &user, now, SESSIONS)?;
        let through = sessions.iter().map(|one| one.connection_id.clone()).collect();
        let through = names::of(db, Vec::new(), through)?;
        let filter = Filter {
            organization: Some(of.clone()),
            subject: Some(user.id.to_string()),
            ..Filter::default()
        };
        let window = Window { limit: SHOWN, before: None };
        let events = events::page(db, &window, &filter)?.data;
        let updates = Filter { kind: Some("user.updated".to_owned()), ..filter };
        let told = events::page(db, &Window { limit: UPDATES, before: None }, &updates)?;
        let access = explain::of_user(db, &user)?;
        Ok((user, owner, events, access, keeper, (sessions, through, told)))
    });
    let (user, owner, events, access, keeper, (sessions, through, told)) = found.await?;
    let view = View {
        held: access.iter().filter_map(|it| held(&state, it)).collect(),
        access: access.into_iter().flat_map(lines).collect(),
        sessions: sessions.iter().map(|one| session(&state, one, &through)).collect(),
        attributes: attributes(&state, &user, &told),
        changed: listing::when(&state, keeper.as_ref().map_or(user.updated_at, |(_, _, at)| *at)),
        managed: managed(&state, &user, keeper.map(|(_, name, _)| name)),
        ..view(&state, &user, owner, events, seat.may::<Manage>())
    };
    let (shell, frame) = (frame::shell(&state), frame::frame(&state, &seat, USERS));
    let panel = Panel { shell, frame: &frame, view: &view };
    let page = Page { shell, frame: &frame, view: &view, list: LIST };
    Ok(listing::answer(&state, &request, &page, &panel))
}

/// What a person has in an application, line by line.
fn lines(it: Explained) -> Vec<AccessLine> {
    let Explained { application, role, entities, .. } = it;
    let line = |what: String, because: Reason| AccessLine {
        application: application.clone(),
        what,
        because: because.words,
        group: because.group_id.map(|id| groups::href_of(&id)),
    };
    let role = role.map(|(role, because)| line(role, because));
    let places = entities.into_iter().map(|(entity, because)| {
        let what = format!("{} {}", entity.kind, entity.name);
        line(what, because)
    });
    role.into_iter().chain(places).collect()
}

/// Why more is there than groups give, and until when.
fn held(state: &State, it: &Explained) -> Option<String> {
    let Mark { hold, until } = it.held?;
    let text = state.locale.text(&format!("console.groups.held.{hold}")).to_owned();
    let Some(until) = until else { return Some(text) };
    let time = listing::second(until).short;
    Some(format!("{text} {}", state.locale.fill("console.groups.held_until", &[("time", &time)])))
}

/// What is known of a person: what we ask for, and what else came.
fn attributes(state: &State, user: &User, told: &Part<Event>) -> Vec<AttributeLine> {
    let kept = state.store.clock().now().minus(state.live().retention.audit.delta());
    let named = |field: &str, key: &str, value: Option<&str>| {
        Some(AttributeLine {
            name: state.locale.text(key).to_owned(),
            value: value.filter(|value| !value.is_empty())?.to_owned(),
            at: changed(user, told, kept, field).map(|at| listing::when(state, at)),
        })
    };
    let own = [
        named("email", "console.login.email", Some(&user.email)),
        named("name", "console.users.name", user.name.as_deref()),
        named("given_name", "console.users.given_name", user.given_name.as_deref()),
        named("family_name", "console.users.family_name", user.family_name.as_deref()),
    ];
    let other = |(name, value): (&String, &Value)| AttributeLine {
        name: name.clone(),
        value: audit::shown(value),
        at: None,
    };
    own.into_iter().flatten().chain(user.attributes.iter().map(other)).collect()
}

/// When a field was last changed: since the person came, if no event tells of it and none is too old to be looked at or to be kept.
fn changed(user: &User, told: &Part<Event>, kept: Time, field: &str) -> Option<Time> {
    let names = |event: &&Event| {
        let fields = event.data.get("changed").and_then(Value::as_array);
        fields.is_some_and(|fields| fields.iter().any(|one| one.as_str() == Some(field)))
    };
    let last = told.data.iter().find(names).map(|event| event.created_at);
    let is_all = told.next_cursor.is_none() && user.created_at > kept;
    last.or_else(|| is_all.then_some(user.created_at))
}

/// Who keeps a person, where that is not us.
fn managed(state: &State, user: &User, keeper: Option<String>) -> Option<String> {
    if user.source != Source::Scim {
        return None;
    }
    let directory =
        keeper.unwrap_or_else(|| state.locale.text("console.users.source.scim").to_owned());
    Some(state.locale.fill("console.users.managed", &[("directory", &directory)]))
}

fn session(state: &State, session: &Session, names: &Names) -> SessionLine {
    let through = &session.connection_id;
    SessionLine {
        began: listing::when(state, session.signed_in_at),
        ends: listing::when(state, session.expires_at),
        through: names.connection(through).unwrap_or(through.as_str()).to_owned(),
        href: connections::href(through),
        by_code: session.method == Method::BreakGlass,
    }
}

fn view(
    state: &State,
    user: &User,
    (organization, is_demo): (String, bool),
    events: Vec<Event>,
    may_manage: bool,
) -> View {
    let line = |event: Event| EventLine {
        time: listing::second(event.created_at),
        kind: event.kind,
        actor: event.actor,
    };
    View {
        href: href(&user.id),
        label: user.label().to_owned(),
        badge: badge(state, user),
        source: source(state, user),
        organization_href: organization::href(&user.organization_id),
        organization,
        is_demo,
        seen: user.last_sign_in_at.map(|at| listing::when(state, at)),
        created: listing::when(state, user.created_at),
        suspended: user.suspended_at.map(|at| listing::when(state, at)),
        by_directory: user.directory_suspended_at.map(|at| listing::when(state, at)),
        changed: listing::when(state, user.updated_at),
        attributes: Vec::new(),
        sessions: Vec::new(),
        managed: None,
        access: Vec::new(),
        held: Vec::new(),
        events: events.into_iter().map(line).collect(),
        all_events: listing::href("/console/audit", &[("subject", user.id.as_str())]),
        id: user.id.to_string(),
        may_manage,
    }
}
