//! An organization's groups: whether they are on, what somebody should look at, and the groups themselves. The directory
//! changes them, nobody here.

use super::say::Said;
use super::{Head, look};
use crate::clock::Time;
use crate::error::Result;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Moment, Pager};
use crate::http::console::seat::{Read, Seat};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::access::alerts::{self, Alert, AlertKind};
use crate::store::access::mappings::{self, GroupMapping, Mapping, MappingState};
use crate::store::directories::all_groups::{self, Filter};
use crate::store::directories::groups::Group;
use crate::store::{Db, GroupId, OrganizationId, Page as Rows, UserId, Window, names};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// How many alerts are shown, the newest.
const SHOWN: i64 = 20;

/// Which part of the list is wanted.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    cursor: Option<String>,
}

struct AlertLine {
    text: String,
    since: Moment,
    /// Where somebody says that they have seen it; none: it is decided instead.
    close: Option<String>,
}

struct Line {
    href: String,
    name: String,
    people: i64,
    leads: Vec<String>,
    badge: Badge,
    is_unbound: bool,
    changed: Moment,
}

struct View {
    head: Head,
    limits: String,
    alerts: Vec<AlertLine>,
    has_more_alerts: bool,
    lines: Vec<Line>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "console/groups.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

struct Found {
    alerts: Rows<Alert>,
    groups: Rows<Group>,
    sizes: HashMap<GroupId, i64>,
    unbound: HashSet<GroupId>,
    mappings: HashMap<GroupId, Vec<Mapping>>,
    said: Said,
    people: HashMap<UserId, String>,
}

/// `GET /console/organizations/{organization}/groups`
pub(super) async fn show(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let window = Window::parse(None, query.cursor.clone())?;
    let now = state.store.clock().now();
    let read =
        look(&state, &seat, &id, move |db, base| read(db, &base.organization.id, &window, now));
    let (base, found) = read.await?;
    let head = Head::of(&seat, &base);
    let settings = &base.provisioning;
    let limits = state.locale.fill(
        if settings.breaker { "console.groups.limits" } else { "console.groups.no_limits" },
        &[
            ("people", &settings.most_people.to_string()),
            ("percent", &settings.most_percent.to_string()),
            ("hours", &settings.hold_hours.to_string()),
        ],
    );
    let next = found.groups.next_cursor.as_deref();
    let view = View {
        limits,
        alerts: found.alerts.data.iter().map(|it| alert(&state, &head, it, &found)).collect(),
        has_more_alerts: found.alerts.next_cursor.is_some(),
        lines: found.groups.data.iter().map(|it| line(&state, it, &found)).collect(),
        pager: listing::pager(&head.href, &[], query.cursor.is_some(), next),
        head,
    };
    Ok(frame::page(&state, &seat, GROUPS, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view,
    }))
}

fn read(db: &mut Db, of: &OrganizationId, window: &Window, now: Time) -> Result<Found> {
    let newest = Window { limit: SHOWN, before: None };
    let alerts = alerts::page(db, &newest, of, true)?;
    let filter = Filter { organization: Some(of.clone()), ..Filter::default() };
    let groups = all_groups::page(db, window, &filter)?;
    let ids: Vec<GroupId> = groups.data.iter().map(|group| group.id.clone()).collect();
    let mappings = mappings::by_group(db, &ids)?;
    let all: Vec<Mapping> = mappings.values().flatten().cloned().collect();
    let mut said = Said::of_mappings(db, of, &all)?;
    let told = alerts.data.iter().filter_map(|it| it.data.get("group_id")?.as_str()?.parse().ok());
    said.groups = names::groups(db, told.collect())?;
    let about = |it: &Alert| match it.kind {
        AlertKind::LastOfHighestRole => it.subject_id.parse().ok(),
        _ => None,
    };
    let people = names::people(db, alerts.data.iter().filter_map(about).collect())?;
    Ok(Found {
        sizes: all_groups::sizes(db, &groups.data)?,
        unbound: all_groups::unbound(db, &groups.data, now)?,
        alerts,
        groups,
        mappings,
        said,
        people,
    })
}

fn alert(state: &State, head: &Head, alert: &Alert, found: &Found) -> AlertLine {
    let text = |key: &str| {
        let value = alert.data.get(key);
        let text = value.and_then(|it| it.as_str().map(str::to_owned));
        text.or_else(|| value.map(ToString::to_string)).unwrap_or_default()
    };
    let group =
        text("group_id").parse().map_or_else(|_| text("group_id"), |id| found.said.group(&id));
    let person =
        alert.subject_id.parse().ok().and_then(|id: UserId| found.people.get(&id).cloned());
    let values = [
        ("person", person.unwrap_or_else(|| alert.subject_id.clone())),
        ("role", found.said.role(text("application_id").parse().ok().as_ref(), &text("role"))),
        ("people", text("people")),
        ("until", text("until").replace('T', " ").chars().take(16).collect()),
        ("group", group),
        ("entity", text("entity")),
        ("name", text("name")),
        ("owner", text("owner_name")),
    ];
    let values: Vec<(&str, &str)> =
        values.iter().map(|(key, value)| (*key, value.as_str())).collect();
    AlertLine {
        text: state.locale.fill(&format!("console.groups.alert.{}", alert.kind), &values),
        since: listing::second(alert.created_at),
        close: (alert.kind != AlertKind::TooMuchAtOnce)
            .then(|| format!("{}/alerts/{}/close", head.href, alert.id)),
    }
}

fn line(state: &State, group: &Group, found: &Found) -> Line {
    let mappings = found.mappings.get(&group.id).map(Vec::as_slice).unwrap_or_default();
    let (class, word) = match GroupMapping::of(mappings) {
        GroupMapping::Unmapped => (" dash", "unmapped"),
        GroupMapping::Mapped => (" ok", "mapped"),
        GroupMapping::Pending => (" warn", "waits"),
        GroupMapping::Rejected => (" dash", "rejected"),
    };
    Line {
        href: super::href_of(&group.id),
        name: group.display_name.clone(),
        people: found.sizes.get(&group.id).copied().unwrap_or_default(),
        leads: mappings
            .iter()
            .filter(|it| it.state != MappingState::Rejected)
            .map(|it| found.said.leads(state, it))
            .collect(),
        badge: Badge {
            class,
            label: state.locale.text(&format!("console.groups.{word}")).to_owned(),
        },
        is_unbound: found.unbound.contains(&group.id),
        changed: listing::second(group.updated_at),
    }
}
