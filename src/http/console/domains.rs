//! The email domains of a customer: on a page of its own and at each of its connections. What is done goes back to
//! the page on which it was asked for.

mod acts;

use super::connections::{self, Head as ConnectionHead};
use super::frame::{self, CONNECTIONS, Frame, ORGANIZATIONS};
use super::listing::{self, Moment};
use super::organization::{self, Head as OrganizationHead};
use super::seat::{Manage, Needs, Read, Seat};
use super::words::Badge;
use crate::error::{FieldError, Result};
use crate::http::error::PageError;
use crate::http::moments;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::connections::Connection;
use crate::store::domains::{self, Domain, DomainState};
use crate::store::organizations::Organization;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

/// Whose page it is.
#[expect(clippy::large_enum_variant, reason = "there is one for each page")]
enum Place {
    Organization(OrganizationHead),
    Connection(ConnectionHead),
}

struct Line {
    id: String,
    name: String,
    badge: Badge,
    /// The name and the value of the DNS record, as long as one is missing.
    record: Option<(String, String)>,
    checked: Option<Moment>,
    /// When it was looked for, when it is next, and until when.
    looks: Option<String>,
    is_live: bool,
    /// Why the last look at it found nothing, and other things that stand against an act.
    fault: Option<String>,
}

struct View {
    place: Place,
    /// Where the acts are.
    base: String,
    /// The connection to go back to; empty: the organization.
    connection: String,
    lines: Vec<Line>,
    typed: String,
    may_manage: bool,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/domains.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// Whose domains, and at which connection they are looked at.
struct Of {
    organization: Organization,
    connection: Option<Connection>,
}

impl Of {
    /// Where the page is.
    fn href(&self) -> String {
        let owner = match &self.connection {
            Some(connection) => connections::href(&connection.id),
            None => organization::href(&self.organization.id),
        };
        format!("{owner}/domains")
    }
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/console/organizations/{organization}/domains")
                .get(of_organization)
                .post(acts::add),
        )
        .service(
            web::resource("/console/organizations/{organization}/domains/{domain}/check")
                .post(acts::check),
        )
        .service(
            web::resource("/console/organizations/{organization}/domains/{domain}/vouch")
                .post(acts::vouch),
        )
        .service(
            web::resource("/console/organizations/{organization}/domains/{domain}/remove")
                .get(acts::ask_remove)
                .post(acts::remove),
        )
        .service(web::resource("/console/connections/{connection}/domains").get(of_connection));
}

/// `GET /console/organizations/{organization}/domains`
pub(in crate::http) async fn of_organization(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let of = Of { organization: organization::find(&state, &id).await?, connection: None };
    Ok(show(&state, &seat, of, String::new(), Vec::new()).await?)
}

/// What is known where the page is come to from.
#[derive(Deserialize)]
pub(in crate::http) struct Wanted {
    /// The domain that is to be added.
    #[serde(default)]
    domain: String,
}

/// `GET /console/connections/{connection}/domains`
pub(in crate::http) async fn of_connection(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    wanted: Query<Wanted>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = connections::find(&state, &id).await?;
    let of = Of { organization, connection: Some(connection) };
    Ok(show(&state, &seat, of, wanted.into_inner().domain, Vec::new()).await?)
}

/// The page, with what stands against what was tried: a fault is about the field `domain` or about the domain of an ID.
async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    of: Of,
    typed: String,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let id = of.organization.id.clone();
    let all = state.store.read(move |db| domains::list(db, &id)).await?;
    let faults = Faults::from(errors);
    let base = format!("{}/domains", organization::href(&of.organization.id));
    let connection = of.connection.as_ref().map(|one| one.id.to_string()).unwrap_or_default();
    let area = if of.connection.is_some() { CONNECTIONS } else { ORGANIZATIONS };
    let may_manage = seat.may::<Manage>();
    let place = match &of.connection {
        Some(one) => Place::Connection(ConnectionHead::of(state, seat, one, &of.organization)),
        None => Place::Organization(OrganizationHead::of(&of.organization, may_manage)),
    };
    let view = View {
        place,
        base,
        connection,
        lines: all.into_iter().map(|domain| line(state, domain, &faults)).collect(),
        typed,
        may_manage,
        faults,
    };
    Ok(frame::page(state, seat, area, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

fn line(state: &State, domain: Domain, faults: &Faults) -> Line {
    let id = domain.id.to_string();
    Line {
        badge: badge(state, &domain),
        record: (domain.state != DomainState::Verified).then(|| domain.record()),
        checked: domain.checked_at.map(listing::second),
        looks: moments::looks(state, &domain),
        is_live: domain.is_live(),
        fault: faults.of(&id).map(str::to_owned),
        name: domain.name,
        id,
    }
}

/// Why a domain is believed to be the customer's.
pub(super) fn badge(state: &State, domain: &Domain) -> Badge {
    let class = if domain.is_live() { " ok" } else { " warn" };
    let key = format!("console.domains.states.{}", domain.state);
    Badge { class, label: state.locale.text(&key).to_owned() }
}
