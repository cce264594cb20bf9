//! One group: who is in it, what its mappings give, and what happened to it. The directory changes it, nobody here.

use super::say::{self, Said};
use super::{href, href_of};
use crate::access::rules::Ordered;
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Moment, Pager};
use crate::http::console::seat::{Manage, Posted, Read, Seat};
use crate::http::console::words::Badge;
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::access::mappings;
use crate::store::directories::all_groups;
use crate::store::directories::groups::Group;
use crate::store::events::{self, Event, Filter};
use crate::store::{Db, GroupId, Page as Rows, UserId, Window, names};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;
use std::slice;

/// How many events are shown.
const SHOWN: i64 = 10;

/// Which part of the members is wanted.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<String>,
}

struct MappingLine {
    href: String,
    leads: String,
    role: Option<String>,
    made_by: String,
    badge: Badge,
    flag: Option<String>,
}

struct EventLine {
    time: Moment,
    kind: String,
    actor: String,
}

struct View {
    href: String,
    id: String,
    name: String,
    external_id: Option<String>,
    roles: Vec<String>,
    organization: String,
    is_demo: bool,
    organization_href: String,
    connection: String,
    connection_href: String,
    changed: Moment,
    is_unbound: bool,
    people: i64,
    /// The rules that match its name, by number, one for each application.
    rules: Vec<String>,
    mappings: Vec<MappingLine>,
    add: String,
    /// The members: address and what they are called.
    lines: Vec<(String, String)>,
    pager: Pager,
    events: Vec<EventLine>,
    all_events: String,
    may_manage: bool,
}

#[derive(Template)]
#[template(path = "console/group.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

struct Found {
    group: Group,
    organization: String,
    is_demo: bool,
    connection: String,
    is_unbound: bool,
    people: i64,
    matched: Vec<(usize, Option<String>)>,
    rules: Vec<crate::access::rules::Rule>,
    mappings: Vec<mappings::Mapping>,
    said: Said,
    members: Rows<UserId>,
    called: HashMap<UserId, String>,
    events: Vec<Event>,
}

/// `GET /console/groups/{group}`
pub(super) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let id: GroupId = id.parse()?;
    let window = Window::parse(None, query.cursor.clone())?;
    let now = state.store.clock().now();
    let read = state.store.read(move |db| read(db, &id, &window, now));
    let found = read.await?;
    let may_manage = seat.may::<Manage>();
    let page = Page {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, GROUPS),
        view: view(&state, found, query.cursor.is_some(), may_manage),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

fn read(db: &mut Db, id: &GroupId, window: &Window, now: crate::clock::Time) -> Result<Found> {
    let group = all_groups::by_id(db, id)?;
    let of = &group.organization_id;
    let names = names::of(db, vec![of.clone()], vec![group.connection_id.clone()])?;
    let rules = super::rules(db, of)?;
    let mappings = mappings::of_groups(db, slice::from_ref(id))?;
    let said = Said::of_mappings(db, of, &mappings)?;
    let ordered = Ordered::new(&rules);
    let matched = said.applications.iter().filter_map(|application| {
        let rule = ordered.first(application.id.as_str(), &group.display_name)?;
        let at = rules.iter().position(|it| it.id == rule.id)?;
        Some((at + 1, said.application(Some(&application.id))))
    });
    let members = all_groups::members(db, window, id)?;
    let filter = Filter {
        organization: Some(of.clone()),
        subject: Some(id.to_string()),
        ..Filter::default()
    };
    let newest = Window { limit: SHOWN, before: None };
    Ok(Found {
        organization: names.organization(of).unwrap_or_default().to_owned(),
        is_demo: names.is_demo(of),
        connection: names.connection(&group.connection_id).unwrap_or_default().to_owned(),
        is_unbound: !all_groups::unbound(db, slice::from_ref(&group), now)?.is_empty(),
        people: all_groups::member_count(db, &group)?,
        matched: matched.collect(),
        called: names::people(db, members.data.clone())?,
        events: events::page(db, &newest, &filter)?.data,
        members,
        mappings,
        said,
        rules,
        group,
    })
}

fn view(state: &State, found: Found, is_continued: bool, may_manage: bool) -> View {
    let (group, said) = (found.group, found.said);
    let at = href_of(&group.id);
    let organization_href = href(&group.organization_id);
    let mapping = |it: &mappings::Mapping| MappingLine {
        href: format!("{organization_href}/mappings/{}", it.id),
        leads: said.leads(state, it),
        role: it.role.as_deref().map(|role| said.role(Some(&it.application_id), role)),
        made_by: say::made_by(state, it, &found.rules),
        badge: say::state(state, it),
        flag: it.flag.map(|flag| say::flag(state, flag)),
    };
    let member = |id: &UserId| {
        let label = found.called.get(id).cloned().unwrap_or_else(|| id.to_string());
        (format!("/console/users/{id}"), label)
    };
    let event = |it: Event| EventLine {
        time: listing::second(it.created_at),
        kind: it.kind,
        actor: it.actor,
    };
    let matched = |(number, application): &(usize, Option<String>)| {
        let number = number.to_string();
        let text = state.locale.fill("console.groups.by_rule", &[("number", &number)]);
        application.as_ref().map_or_else(|| text.clone(), |of| format!("{text} ({of})"))
    };
    View {
        id: group.id.to_string(),
        external_id: form::given(&group.external_id),
        roles: group.roles.iter().map(|role| said.role(None, role)).collect(),
        organization: found.organization,
        is_demo: found.is_demo,
        connection: found.connection,
        connection_href: crate::http::console::connections::href(&group.connection_id),
        changed: listing::second(group.updated_at),
        is_unbound: found.is_unbound,
        people: found.people,
        rules: found.matched.iter().map(matched).collect(),
        mappings: found.mappings.iter().map(mapping).collect(),
        add: listing::href(
            &format!("{organization_href}/mappings/new"),
            &[("group", group.id.as_str())],
        ),
        lines: found.members.data.iter().map(member).collect(),
        pager: listing::pager(&at, &[], is_continued, found.members.next_cursor.as_deref()),
        events: found.events.into_iter().map(event).collect(),
        all_events: listing::href("/console/audit", &[("subject", group.id.as_str())]),
        name: group.display_name,
        href: at,
        organization_href,
        may_manage,
    }
}

/// `GET /console/groups/{group}/remove`
pub(super) async fn ask_remove(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(confirm::ask(&state, &seat, &removing(&state, &id).await?.1))
}

/// `POST /console/groups/{group}/remove`: as if its directory had removed it.
pub(super) async fn remove(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (group, confirm) = removing(&state, &id).await?;
    let to = href(&group.organization_id);
    let of = group.organization_id.clone();
    let done =
        state.store.write(&of, posted.seat.actor(), move |tx| all_groups::remove(tx, &group.id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::GroupRemoved, &to)
}

async fn removing(state: &State, id: &str) -> Result<(Group, Confirm)> {
    let id: GroupId = id.parse()?;
    let read = state.store.read(move |db| {
        let group = all_groups::by_id(db, &id)?;
        Ok((all_groups::member_count(db, &group)?, group))
    });
    let (people, group) = read.await?;
    let at = href_of(&group.id);
    let values = [("group", group.display_name.as_str()), ("people", &people.to_string())];
    let fill = |key: &str| state.locale.fill(&format!("console.groups.{key}"), &values);
    let confirm = Confirm {
        above: vec![(at.clone(), group.display_name.clone())],
        title: fill("remove_title"),
        texts: vec![fill("remove_text"), fill("remove_again")],
        action: format!("{at}/remove"),
        button: fill("remove"),
        ..Confirm::blank(GROUPS, at)
    };
    Ok((group, confirm))
}
