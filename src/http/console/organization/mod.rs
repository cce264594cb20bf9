//! One customer: what is known of it, its domains and connections.

mod activity;
mod acts;
mod purge;
mod restore;
mod settings;
mod sso;

use super::frame::{self, Frame, ORGANIZATIONS};
use super::listing::{self, Moment};
use super::seat::{Links, Manage, Read, Seat};
use super::words;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::connections::{self, known_page};
use crate::store::domains::{self, Domain};
use crate::store::organizations::{self, Enforcement, Organization};
use crate::store::{Db, OrganizationId, Window, users};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, ServiceConfig};
use askama::Template;
use serde_json::Value;

/// How many connections the page names.
const SHOWN: i64 = 50;

/// Where the page of an organization is.
pub(super) fn href(id: &OrganizationId) -> String {
    format!("/console/organizations/{id}")
}

/// An organization whose ID stands in a path.
pub(super) async fn find(state: &State, id: &str) -> Result<Organization> {
    let id: OrganizationId = id.parse()?;
    state.store.read(move |db| organizations::find(db, &id)).await
}

/// What the pages of an organization have above them.
pub(super) struct Head {
    pub(super) href: String,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) is_demo: bool,
    pub(super) may_manage: bool,
}

impl Head {
    pub(super) fn of(organization: &Organization, may_manage: bool) -> Self {
        Self {
            href: href(&organization.id),
            id: organization.id.to_string(),
            name: organization.name.clone(),
            is_demo: organization.is_demo,
            may_manage,
        }
    }
}

struct DomainLine {
    name: String,
    badge: words::Badge,
}

struct ConnectionLine {
    href: String,
    name: String,
    provider: String,
    badges: Vec<words::Badge>,
}

#[derive(Template)]
#[template(path = "console/organization.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    head: Head,
    external_id: Option<String>,
    /// What the operator keeps with it.
    metadata: Vec<(String, String)>,
    created: Moment,
    admission: String,
    enforcement: String,
    is_required: bool,
    people: String,
    domains: Vec<DomainLine>,
    connections: Vec<ConnectionLine>,
    traces: String,
    may_send: bool,
}

struct Known {
    organization: Organization,
    domains: Vec<Domain>,
    connections: Vec<connections::Known>,
    people: i64,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/organizations/{organization}").get(one))
        .service(
            web::resource("/console/organizations/{organization}/settings")
                .get(settings::settings)
                .post(settings::change),
        )
        .service(
            web::resource("/console/organizations/{organization}/enforcement")
                .get(acts::ask_enforcement)
                .post(acts::enforce),
        )
        .service(web::resource("/console/organizations/{organization}/sso").get(sso::show))
        .service(
            web::resource("/console/organizations/{organization}/activity").get(activity::activity),
        )
        .service(
            web::resource("/console/organizations/{organization}/delete")
                .get(acts::ask_delete)
                .post(acts::delete),
        )
        .service(
            web::resource("/console/organizations/{organization}/purge")
                .get(purge::ask)
                .post(purge::purge),
        )
        .service(
            web::resource("/console/organizations/{organization}/restore").post(restore::restore),
        );
}

/// `GET /console/organizations/{organization}`
pub(in crate::http) async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let id: OrganizationId = id.parse()?;
    let of = id.clone();
    let now = state.store.clock().now();
    let known = match state.store.read(move |db| read(db, &id, now)).await {
        Err(Error::NotFound { .. }) => return restore::gone(&state, &seat, of).await,
        other => other?,
    };
    let organization = &known.organization;
    let page = Page {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, ORGANIZATIONS),
        head: Head::of(organization, seat.may::<Manage>()),
        may_send: seat.may::<Links>(),
        external_id: organization.external_id.clone(),
        metadata: organization.metadata.iter().map(kept).collect(),
        created: listing::when(&state, organization.created_at),
        admission: words::admission(&state, organization.admission),
        enforcement: words::enforcement(&state, organization.enforcement),
        is_required: organization.enforcement == Enforcement::Required,
        people: listing::number(known.people),
        domains: known.domains.into_iter().map(|one| domain(&state, one)).collect(),
        connections: known.connections.iter().map(|one| connection(&state, one, now)).collect(),
        traces: listing::href("/console/traces", &[("organization", organization.id.as_str())]),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

fn read(db: &mut Db, id: &OrganizationId, now: Time) -> Result<Known> {
    let organization = organizations::find(db, id)?;
    let of = connections::Filter { organization: Some(id.clone()), ..Default::default() };
    let window = Window { limit: SHOWN, before: None };
    let page = connections::page(db, &window, &of)?;
    let everybody = users::Filter { organization: Some(id.clone()), ..Default::default() };
    Ok(Known {
        domains: domains::list(db, id)?,
        connections: known_page(db, page, now)?.data,
        people: users::count(db, &everybody)?,
        organization,
    })
}

fn domain(state: &State, domain: Domain) -> DomainLine {
    DomainLine { badge: super::domains::badge(state, &domain), name: domain.name }
}

/// A value of the operator's, as people read it.
fn kept((key, value): (&String, &Value)) -> (String, String) {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    (key.clone(), text)
}

fn connection(state: &State, known: &connections::Known, now: Time) -> ConnectionLine {
    let connection = &known.connection;
    ConnectionLine {
        href: super::connections::href(&connection.id),
        name: connection.name.clone(),
        provider: state.guides.of(&connection.provider).name.clone(),
        badges: words::standing(state, known, now),
    }
}
