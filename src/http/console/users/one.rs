//! One person: who they are, who manages that, and what happened to them lately.

use super::{LIST, badge, href, source};
use crate::error::Result;
use crate::http::console::frame::{self, Frame, USERS};
use crate::http::console::listing::{self, Moment};
use crate::http::console::organization;
use crate::http::console::seat::{Manage, Read, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
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
        Ok((user, name, events))
    });
    let (user, organization, events) = found.await?;
    let view = view(&state, user, organization, events, seat.may::<Manage>());
    let page = Page {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, USERS),
        view,
        list: LIST,
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
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
        events: events.into_iter().map(line).collect(),
        all_events: listing::href("/console/audit", &[("subject", user.id.as_str())]),
        id: user.id.to_string(),
        name: user.name,
        given_name: user.given_name,
        family_name: user.family_name,
        may_manage,
    }
}
