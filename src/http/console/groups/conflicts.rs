//! Conflicts: two groups claim a person for places that exclude each other. Somebody decides once.

use super::say::Said;
use super::{Head, href, href_of, look};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form::{self, Choice as Way};
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Choice as Words, Moment, Pager};
use crate::http::console::seat::{Manage, Needs, Posted, Read, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::access::conflicts::{self, Choice, Conflict, Filter};
use crate::store::access::mappings::{self, Mapping};
use crate::store::{ConflictId, Db, MappingId, OrganizationId, UserId, Window, names};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

/// Which part of the list is wanted. What cannot be finds nothing.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    /// `open`, or all.
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

/// What one of the two sides gives.
struct Side {
    group: String,
    group_href: String,
    place: String,
}

struct Line {
    href: String,
    person: String,
    person_href: String,
    text: String,
    current: Side,
    incoming: Side,
    /// Who decided, and when; none: nobody has.
    decided: Option<(String, Moment)>,
}

struct ListView {
    head: Head,
    states: Vec<Words>,
    lines: Vec<Line>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "console/groups_conflicts.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: ListView,
}

/// The names of what conflicts are about.
struct About {
    mappings: HashMap<MappingId, Mapping>,
    said: Said,
    people: HashMap<UserId, String>,
}

fn about(db: &mut Db, of: &OrganizationId, all: &[Conflict]) -> Result<About> {
    let ids: Vec<MappingId> =
        all.iter().flat_map(|it| [it.first_id.clone(), it.second_id.clone()]).collect();
    let mappings = mappings::some(db, of, &ids)?;
    Ok(About {
        said: Said::of_mappings(db, of, &mappings)?,
        people: names::people(db, all.iter().map(|it| it.user_id.clone()).collect())?,
        mappings: mappings.into_iter().map(|it| (it.id.clone(), it)).collect(),
    })
}

/// `GET …/groups/conflicts`
pub(super) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let window = Window::parse(None, query.cursor.clone())?;
    let filter = Filter { open: query.state == "open", user: None };
    let read = look(&state, &seat, &id, move |db, base| {
        let of = &base.organization.id;
        let page = conflicts::page(db, &window, of, &filter)?;
        let about = about(db, of, &page.data)?;
        Ok((page, about))
    });
    let (base, (page, about)) = read.await?;
    let head = Head::of(&seat, &base);
    let at = format!("{}/conflicts", head.href);
    let label = |word: &str| match word {
        "" => state.locale.text("console.users.all").to_owned(),
        _ => state.locale.text("console.groups.undecided").to_owned(),
    };
    let to = |word: &str| listing::href(&at, &[("state", word)]);
    let parts = [("state", query.state.as_str())];
    let next = page.next_cursor.as_deref();
    let view = ListView {
        states: listing::choices(["open"], &query.state, to, label),
        lines: page.data.iter().map(|it| line(&state, &head, &about, it)).collect(),
        pager: listing::pager(&at, &parts, query.cursor.is_some(), next),
        head,
    };
    Ok(frame::page(&state, &seat, GROUPS, StatusCode::OK, |shell, frame| ListPage {
        shell,
        frame,
        view,
    }))
}

fn line(state: &State, head: &Head, about: &About, it: &Conflict) -> Line {
    let person = about.people.get(&it.user_id).cloned().unwrap_or_else(|| it.user_id.to_string());
    let side = |id: &MappingId| match about.mappings.get(id) {
        Some(mapping) => Side {
            group: about.said.group(&mapping.group_id),
            group_href: href_of(&mapping.group_id),
            place: about.said.leads(state, mapping),
        },
        None => Side {
            group: id.to_string(),
            group_href: head.href.clone(),
            place: state.locale.text("console.groups.nowhere").to_owned(),
        },
    };
    let (current, incoming) = (side(&it.current_id), side(it.incoming()));
    let values = [
        ("person", person.as_str()),
        ("current", &current.place),
        ("current_group", &current.group),
        ("incoming", &incoming.place),
        ("incoming_group", &incoming.group),
    ];
    let key = format!("console.groups.conflict.{}", it.kind);
    Line {
        href: format!("{}/conflicts/{}", head.href, it.id),
        text: state.locale.fill(&key, &values),
        person_href: format!("/console/users/{}", it.user_id),
        decided: it.decided_by.clone().zip(it.decided_at.map(listing::second)),
        person,
        current,
        incoming,
    }
}

struct View {
    head: Head,
    line: Line,
    ways: Vec<Way>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/groups_conflict.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET …/groups/conflicts/{conflict}`
pub(super) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    Ok(show(&state, &seat, &ids, Vec::new()).await?)
}

/// `POST …/groups/conflicts/{conflict}`: which of the two the person gets. It is remembered for them and these mappings.
pub(super) async fn decide(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (of, conflict): (OrganizationId, ConflictId) = (ids.0.parse()?, ids.1.parse()?);
    let choice = match posted.text("use") {
        "current" => Some(Choice::Current),
        "incoming" => Some(Choice::Incoming),
        _ => None,
    };
    let done = match choice {
        None => {
            let detail = state.locale.text("console.groups.choose_side");
            Err(Error::invalid("/use", "required", detail))
        }
        Some(choice) => {
            let id = of.clone();
            let write = state.store.write(&of, posted.seat.actor(), move |tx| {
                conflicts::decide(tx, &id, &conflict, choice)
            });
            write.await
        }
    };
    match form::mendable(done, "/use")? {
        Ok(_) => Ok(done::lead(&state, Done::ConflictDecided, &(href(&of) + "/conflicts"))),
        Err(errors) => Ok(show(&state, &posted.seat, &ids, errors).await?),
    }
}

async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    ids: &(String, String),
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let id: ConflictId = ids.1.parse()?;
    let read = look(state, seat, &ids.0, move |db, base| {
        let of = &base.organization.id;
        let conflict = conflicts::find(db, of, &id)?;
        let about = about(db, of, std::slice::from_ref(&conflict))?;
        Ok((conflict, about))
    });
    let (base, (conflict, about)) = read.await?;
    let head = Head::of(seat, &base);
    let line = line(state, &head, &about, &conflict);
    let way = |value: &str, side: &Side, id: &MappingId| Way {
        value: value.to_owned(),
        label: state.locale.fill(
            &format!("console.groups.use_{value}"),
            &[("place", &side.place), ("group", &side.group)],
        ),
        is_chosen: conflict.winner_id.as_ref() == Some(id),
    };
    let ways = vec![
        way("current", &line.current, &conflict.current_id),
        way("incoming", &line.incoming, conflict.incoming()),
    ];
    let view = View { head, line, ways, faults: Faults::from(errors) };
    Ok(frame::page(state, seat, GROUPS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}
