//! One person: who they are, who manages that, and what happened to them lately.

use super::{LIST, badge, href, source};
use crate::error::Result;
use crate::http::console::frame::{self, Frame, USERS};
use crate::http::console::groups;
use crate::http::console::listing::{self, Moment};
use crate::http::console::organization;
use crate::http::console::seat::{Manage, Read, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::access::explain::{self, Explained, Mark, Reason};
use crate::store::events::{self, Event, Filter};
use crate::store::names;
use crate::store::users::{self, User};
use crate::store::{UserId, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

/// How many events are shown.
const SHOWN: i64 = 10;

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

struct View {
    href: String,
    id: String,
    label: String,
    badge: Badge,
    source: String,
    organization: String,
    organization_href: String,
    name: Option<String>,
    given_name: Option<String>,
    family_name: Option<String>,
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
    frame: Frame,
    view: View,
    list: &'a str,
}

/// `GET /console/users/{user}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: UserId = id.parse()?;
    let found = state.store.read(move |db| {
        let user = users::find(db, &id)?;
        let of = &user.organization_id;
        let names = names::of(db, vec![of.clone()], Vec::new())?;
        let name = names.organization(of).unwrap_or_default().to_owned();
        let filter = Filter {
            organization: Some(of.clone()),
            subject: Some(user.id.to_string()),
            ..Filter::default()
        };
        let window = Window { limit: SHOWN, before: None };
        let events = events::page(db, &window, &filter)?.data;
        let access = explain::of_user(db, &user)?;
        Ok((user, name, events, access))
    });
    let (user, organization, events, access) = found.await?;
    let view = View {
        held: access.iter().filter_map(|it| held(&state, it)).collect(),
        access: access.into_iter().flat_map(lines).collect(),
        ..view(&state, user, organization, events, seat.may::<Manage>())
    };
    let page = Page {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, USERS),
        view,
        list: LIST,
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
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

fn view(
    state: &State,
    user: User,
    organization: String,
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
        badge: badge(state, &user),
        source: source(state, &user),
        organization_href: organization::href(&user.organization_id),
        organization,
        seen: user.last_sign_in_at.map(listing::second),
        created: listing::day(user.created_at),
        suspended: user.suspended_at.map(listing::second),
        by_directory: user.directory_suspended_at.map(listing::second),
        access: Vec::new(),
        held: Vec::new(),
        events: events.into_iter().map(line).collect(),
        all_events: listing::href("/console/audit", &[("subject", user.id.as_str())]),
        id: user.id.to_string(),
        name: user.name,
        given_name: user.given_name,
        family_name: user.family_name,
        may_manage,
    }
}
