//! What is asked before it is done to a customer: requiring single sign-on, and deleting it.

use super::{find, href};
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm, TYPED};
use crate::http::console::frame::ORGANIZATIONS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use crate::store::enforcement::{self, Preview};
use crate::store::organizations::{self, Enforcement, Organization};
use crate::store::{Db, domains, users};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

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
    confirm::after(&state, &posted.seat, &confirm, done.await, &href(&organization.id))
}

fn other(now: Enforcement) -> Enforcement {
    match now {
        Enforcement::Optional => Enforcement::Required,
        Enforcement::Required => Enforcement::Optional,
    }
}

async fn enforcing(state: &State, of: &Organization, to: Enforcement) -> Result<Confirm> {
    let (is_required, id) = (to == Enforcement::Required, of.id.clone());
    let preview = state.store.read(move |db| enforcement::preview(db, &id)).await?;
    let word = if is_required { "require" } else { "leave" };
    let say = |key: &str| state.locale.text(&format!("console.organization.{key}")).to_owned();
    let texts = if is_required { meaning(state, &preview) } else { vec![say("leave_text")] };
    let is_tested = preview.active.iter().any(Connection::tested);
    Ok(Confirm {
        above: vec![(href(&of.id), of.name.clone())],
        title: state
            .locale
            .fill(&format!("console.organization.{word}_title"), &[("organization", &of.name)]),
        texts,
        tick: (is_required && !is_tested).then(|| ("untested", say("untested"))),
        hidden: Some(("to", to.as_str())),
        action: format!("{}/enforcement", href(&of.id)),
        button: say(word),
        ..Confirm::blank(ORGANIZATIONS, href(&of.id))
    })
}

/// What it means to require it.
fn meaning(state: &State, preview: &Preview) -> Vec<String> {
    let names: Vec<_> = preview.active.iter().map(|one| one.name.as_str()).collect();
    let fill = |key: &str, values: &[(&str, &str)]| {
        state.locale.fill(&format!("console.organization.{key}"), values)
    };
    let ways = if names.is_empty() {
        fill("require_nothing", &[])
    } else {
        fill("require_ways", &[("connections", &names.join(", "))])
    };
    let strangers = fill("require_strangers", &[("number", &preview.strangers.to_string())]);
    let owners: Vec<_> = preview.owners.iter().map(|owner| owner.email.as_str()).collect();
    let owners = if owners.is_empty() {
        fill("require_no_owner", &[])
    } else {
        fill("require_owners", &[("owners", &owners.join(", "))])
    };
    vec![ways, strangers, owners]
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
    confirm::after(&state, &posted.seat, &confirm, done.await, &href(&organization.id))
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
