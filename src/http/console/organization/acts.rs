//! What is asked before it is done to a customer: requiring single sign-on, and deleting it.

use super::{find, href};
use crate::clock::Time;
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm, TYPED};
use crate::http::console::frame::ORGANIZATIONS;
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use crate::store::enforcement::{self, ExemptOwner, LockedOut};
use crate::store::organizations::{self, Enforcement, Organization};
use crate::store::{ConnectionId, Db, domains, users};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use std::collections::HashMap;

/// `GET /console/organizations/{organization}/enforcement`: the other of what is set now.
pub(in crate::http) async fn ask_enforcement(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let to = other(organization.enforcement);
    Ok(confirm::ask(&state, &seat, &enforcing(&state, &organization, to).await?))
}

/// `POST /console/organizations/{organization}/enforcement`
pub(in crate::http) async fn enforce(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let required = Enforcement::Required;
    let to = if posted.text("to") == required.as_str() { required } else { Enforcement::Optional };
    let confirm = enforcing(&state, &organization, to).await?;
    let (id, untested) = (organization.id.clone(), posted.text("untested") == "1");
    let done = state.store.write(&organization.id, posted.seat.actor(), move |tx| {
        enforcement::set(tx, &id, to, untested)
    });
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done.await,
        if to == required { Done::SsoRequired } else { Done::SsoOptional },
        &href(&organization.id),
    )
}

fn other(now: Enforcement) -> Enforcement {
    match now {
        Enforcement::Optional => Enforcement::Required,
        Enforcement::Required => Enforcement::Optional,
    }
}

/// What requiring single sign-on means: the ways in, when each was tested, who is exempt, and who would be locked out.
struct Meaning {
    active: Vec<Connection>,
    tested: HashMap<ConnectionId, Time>,
    owners: Vec<ExemptOwner>,
    locked_out: LockedOut,
}

async fn enforcing(state: &State, of: &Organization, to: Enforcement) -> Result<Confirm> {
    let (is_required, id) = (to == Enforcement::Required, of.id.clone());
    let read = move |db: &mut Db| {
        if !is_required {
            return Ok(None);
        }
        let active = connections::active_in(db, &id)?;
        let ids: Vec<ConnectionId> = active.iter().map(|one| one.id.clone()).collect();
        Ok(Some(Meaning {
            tested: connections::tested_at(db, &ids)?,
            owners: enforcement::owners(db, &id)?,
            locked_out: enforcement::locked_out(db, &id)?,
            active,
        }))
    };
    let meant = state.store.read(read).await?;
    let word = if is_required { "require" } else { "leave" };
    let say = |key: &str| state.locale.text(&format!("console.organization.{key}")).to_owned();
    let texts = meant.as_ref().map_or_else(|| vec![say("leave_text")], |it| meaning(state, it));
    let is_untested = meant.is_some_and(|meant| !meant.active.iter().any(Connection::tested));
    Ok(Confirm {
        above: vec![(href(&of.id), of.name.clone())],
        title: state
            .locale
            .fill(&format!("console.organization.{word}_title"), &[("organization", &of.name)]),
        texts,
        tick: is_untested.then(|| ("untested", say("untested"))),
        carried: vec![("to", to.to_string())],
        action: format!("{}/enforcement", href(&of.id)),
        button: say(word),
        ..Confirm::blank(ORGANIZATIONS, href(&of.id))
    })
}

/// What it means to require it.
fn meaning(state: &State, meant: &Meaning) -> Vec<String> {
    let fill = |key: &str, values: &[(&str, &str)]| {
        state.locale.fill(&format!("console.organization.{key}"), values)
    };
    let way = |one: &Connection| {
        let at = meant.tested.get(&one.id).map(|at| listing::when(state, *at).short);
        let values = [("connection", one.name.as_str()), ("time", at.as_deref().unwrap_or("–"))];
        fill(if one.tested() { "require_way" } else { "require_way_untested" }, &values)
    };
    let mut texts: Vec<String> = meant.active.iter().map(way).collect();
    if texts.is_empty() {
        texts.push(fill("require_nothing", &[]));
    }
    let LockedOut { count, is_more, first } = &meant.locked_out;
    let names = first.join(", ");
    let number = count.to_string();
    let values = [("number", number.as_str()), ("names", names.as_str())];
    texts.push(match (count, is_more) {
        (0, _) => fill("require_nobody", &[]),
        _ if *is_more => fill("require_strangers_or_more", &values),
        (1, _) => fill("require_stranger", &values),
        _ if *count > first.len() => fill("require_strangers_first", &values),
        _ => fill("require_strangers", &values),
    });
    let owners: Vec<_> = meant.owners.iter().map(|owner| owner.email.as_str()).collect();
    texts.push(if owners.is_empty() {
        fill("require_no_owner", &[])
    } else {
        fill("require_owners", &[("owners", &owners.join(", "))])
    });
    texts
}

/// `GET /console/organizations/{organization}/delete`
pub(in crate::http) async fn ask_delete(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &deleting(&state, &organization).await?))
}

/// `POST /console/organizations/{organization}/delete`: its name is typed to confirm it.
pub(in crate::http) async fn delete(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let confirm = deleting(&state, &organization).await?;
    if let Some(page) = confirm::differs(&state, &posted.seat, &confirm, posted.text(TYPED)) {
        return Ok(page);
    }
    let id = organization.id.clone();
    let done = state
        .store
        .write(&organization.id, posted.seat.actor(), move |tx| organizations::delete(tx, &id));
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done.await,
        Done::OrganizationDeleted,
        &href(&organization.id),
    )
}

async fn deleting(state: &State, of: &Organization) -> Result<Confirm> {
    let id = of.id.clone();
    let counts = move |db: &mut Db| {
        let theirs = connections::Filter { organization: Some(id.clone()), ..Default::default() };
        let people = users::Filter { organization: Some(id.clone()), ..Default::default() };
        let domains = domains::list(db, &id)?.len();
        Ok((connections::count(db, &theirs)?, domains, users::count(db, &people)?))
    };
    let (connections, domains, people) = state.store.read(counts).await?;
    let values = [
        ("organization", of.name.as_str()),
        ("connections", &connections.to_string()),
        ("domains", &domains.to_string()),
        ("people", &people.to_string()),
    ];
    let fill = |key: &str| state.locale.fill(&format!("console.organization.{key}"), &values);
    Ok(Confirm {
        above: vec![(href(&of.id), of.name.clone())],
        title: fill("delete_title"),
        texts: vec![fill("delete_takes"), fill("delete_keeps")],
        typed: Some(of.name.clone()),
        action: format!("{}/delete", href(&of.id)),
        button: fill("delete"),
        ..Confirm::blank(ORGANIZATIONS, href(&of.id))
    })
}
