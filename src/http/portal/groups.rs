//! What groups of the directory give, for a link that covers it: the list, and giving a group a place. How many people it
//! concerns is told before anything is done, and who they are is not.

use super::frame;
use super::seat::{Posted, Seat};
use crate::access::Model;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::pages::{self, GroupLine, PortalGroup, PortalGroups, Would};
use crate::http::previewed;
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::access::mappings::{self, MappingState};
use crate::store::access::{self, preview, provisioning};
use crate::store::directories::all_groups::{self, Filter};
use crate::store::directories::groups::Group;
use crate::store::setup_links::{self, Cover, Reach};
use crate::store::{Db, EntityId, GroupId, Window, names};
use crate::views::mapping::NewMappingBody;
use crate::views::preview::PreviewQuestion;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use std::slice;

const LIST: &str = "/portal/groups";

/// Which part of the list is wanted.
#[derive(Deserialize)]
pub(in crate::http) struct ListQuery {
    cursor: Option<String>,
}

/// The place that a group is to give.
#[derive(Clone, Default, Deserialize)]
pub(in crate::http) struct Place {
    /// The key of a type: the place of the group's name.
    #[serde(default, rename = "type")]
    kind: String,
    /// The key of a place.
    #[serde(default)]
    entity: String,
}

/// Only a link that covers groups opens these pages.
fn covered(seat: &Seat) -> Result<()> {
    if seat.link.has(Cover::Groups) {
        return Ok(());
    }
    Err(Error::not_found("page", LIST))
}

/// `GET /portal/groups`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    covered(&seat)?;
    let window = Window::parse(None, query.cursor.clone())?;
    let of = seat.organization.id.clone();
    let read = state.store.read(move |db| {
        let is_on = provisioning::find(db, &of)?.groups;
        let filter = Filter { organization: Some(of), ..Filter::default() };
        let page = all_groups::page(db, &window, &filter)?;
        Ok((is_on, lines(db, &page.data)?, page.next_cursor))
    });
    let (is_on, lines, next) = read.await?;
    let view = PortalGroups {
        frame: frame::frame(&seat, None),
        is_on,
        lines,
        first: query.cursor.is_some().then(|| LIST.to_owned()),
        next: next.map(|cursor| format!("{LIST}?cursor={cursor}")),
    };
    Ok(pages::portal_groups(&state, &view))
}

fn lines(db: &mut Db, groups: &[Group]) -> Result<Vec<GroupLine>> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id.clone()).collect();
    let mappings = mappings::by_group(db, &ids)?;
    let sizes = all_groups::sizes(db, groups)?;
    let entities: Vec<EntityId> =
        mappings.values().flatten().filter_map(|it| it.entity_id.clone()).collect();
    let called = names::entities(db, entities)?;
    let line = |group: &Group| {
        let theirs = mappings.get(&group.id).map(Vec::as_slice).unwrap_or_default();
        let placing = theirs.iter().filter(|it| it.is_placing());
        GroupLine {
            href: format!("{LIST}/{}", group.id),
            name: group.display_name.clone(),
            people: sizes.get(&group.id).copied().unwrap_or_default(),
            gives: placing.filter_map(|it| called.get(it.entity_id.as_ref()?).cloned()).collect(),
            waits: theirs.iter().any(|it| it.state == MappingState::Pending),
        }
    };
    Ok(groups.iter().map(line).collect())
}

/// `GET /portal/groups/{group}`: with a place that is chosen, also what would happen.
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat,
    id: Path<String>,
    query: Query<Place>,
) -> Result<HttpResponse, PageError> {
    Ok(show(&state, &seat, &id, query.into_inner(), None).await?)
}

/// `POST /portal/groups/{group}`: gives the place that was previewed, if nothing has changed since.
pub(in crate::http) async fn give(
    state: Data<State>,
    posted: Posted,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    let (group, ..) = find(&state, seat, &id).await?;
    let place = Place { kind: posted.text("type").into(), entity: posted.text("entity").into() };
    let seen = posted.text("version").to_owned();
    let question = question(&group, &place);
    let say = |key: &str| refusal(&state, key);
    let refused = match previewed::at_once(&state, &seat.organization.id, question.clone()).await {
        Ok(Some(view)) => {
            let of = seat.organization.id.clone();
            let lose = view.lose;
            let much = state.store.read(move |db| preview::takes_much(db, &of, lose)).await?;
            much.then(|| say("takes_much"))
        }
        Ok(None) => Some(say("large")),
        Err(error) => Some(told(error)?),
    };
    if refused.is_some() {
        return Ok(show(&state, seat, &id, place, refused).await?);
    }
    let (of, asked) = (seat.organization.id.clone(), question.asked()?);
    let write = state.store.write(&seat.organization.id, seat.actor(), move |tx| {
        setup_links::must_be_trusted(tx, Reach::Places)?;
        preview::apply(tx, &of, asked, &seen)
    });
    match write.await {
        Ok(_) => Ok(see_other(&format!("{LIST}/{}", group.id))),
        Err(Error::Stale(_)) => Ok(show(&state, seat, &id, place, Some(say("again"))).await?),
        Err(error) => {
            let told = told(error)?;
            Ok(show(&state, seat, &id, Place::default(), Some(told)).await?)
        }
    }
}

fn refusal(state: &State, key: &str) -> String {
    let operator = state.operator();
    state.locale.fill(&format!("portal.synced.{key}"), &[("operator", &operator)])
}

/// What stands against it, in words.
fn told(error: Error) -> Result<String> {
    match error {
        Error::Invalid(_) | Error::Conflict { .. } | Error::NotFound { .. } => {
            Ok(error.to_string())
        }
        other => Err(other),
    }
}

fn question(group: &Group, place: &Place) -> PreviewQuestion {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let new = NewMappingBody {
        group_id: group.id.clone(),
        application_id: None,
        entity: given(&place.entity),
        kind: given(&place.kind),
        name: None,
        role: None,
    };
    PreviewQuestion { new_mappings: vec![new], ..PreviewQuestion::default() }
}

/// A group of the organization, and what there is to give: nothing where its people use several applications.
async fn find(state: &State, seat: &Seat, id: &str) -> Result<(Group, GroupLine, Option<Model>)> {
    covered(seat)?;
    let (id, of): (GroupId, _) = (id.parse()?, seat.organization.id.clone());
    let read = state.store.read(move |db| {
        let group = all_groups::by_id(db, &id)?;
        let missing = || Error::not_found("group", id.as_str());
        if group.organization_id != of || group.is_test {
            return Err(missing());
        }
        let mut applications = access::applications_of(db, &of)?;
        let only = if applications.len() == 1 { applications.pop() } else { None };
        let line = lines(db, slice::from_ref(&group))?.pop().ok_or_else(missing)?;
        Ok((group, line, only.map(|it| it.model)))
    });
    read.await
}

async fn show(
    state: &State,
    seat: &Seat,
    id: &str,
    place: Place,
    mut fault: Option<String>,
) -> Result<HttpResponse> {
    let (group, line, model) = find(state, seat, id).await?;
    let mut would = None;
    let is_chosen = !place.kind.is_empty() || !place.entity.is_empty();
    if is_chosen {
        let asked = question(&group, &place);
        match previewed::at_once(state, &seat.organization.id, asked).await {
            Ok(None) => fault = fault.or_else(|| Some(refusal(state, "large"))),
            Err(error) => {
                let told = told(error)?;
                fault = fault.or(Some(told));
            }
            Ok(Some(view)) => {
                would = Some(Would {
                    kind: place.kind.clone(),
                    entity: place.entity.clone(),
                    version: view.version,
                    gain: view.gain,
                    lose: view.lose,
                    role: view.role,
                    same: view.same,
                });
            }
        }
    }
    let kinds = model.map(|model| model.types).unwrap_or_default().into_iter();
    let view = PortalGroup {
        frame: frame::frame(seat, None),
        group: line,
        kinds: kinds.map(|it| (it.key.clone(), it.name, it.key == place.kind)).collect(),
        entity: place.entity,
        fault,
        would,
    };
    Ok(pages::portal_group(state, &view))
}
