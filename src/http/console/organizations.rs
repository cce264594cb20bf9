//! Customers: the list, and a new one.

use super::form::{self, FieldFault};
use super::frame::{self, Frame, ORGANIZATIONS};
use super::listing::{self, Moment, Pager};
use super::seat::{Manage, Posted, Read, Seat};
use crate::domain::DomainName;
use crate::error::{Error, FieldError, Result};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::organizations::{self, Admission, Filter, NewOrganization, Organization};
use crate::store::{Scope, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

/// Which part of the list is wanted.
#[derive(Deserialize)]
pub(in crate::http) struct ListQuery {
    #[serde(default)]
    q: String,
    cursor: Option<String>,
}

struct Line {
    id: String,
    name: String,
    external_id: Option<String>,
    is_demo: bool,
    created: Moment,
}

#[derive(Template)]
#[template(path = "console/organizations.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    q: &'a str,
    lines: Vec<Line>,
    pager: Pager,
    may_create: bool,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/organizations").get(list).post(create))
        .service(web::resource("/console/organizations/new").get(new));
}

/// `GET /console/organizations`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let q = query.q.trim();
    let window = Window::parse(None, query.cursor.clone())?;
    let text = (!q.is_empty()).then(|| q.to_owned());
    let filter = Filter { text, ..Filter::default() };
    let page = state.store.read(move |db| organizations::page(db, &window, &filter)).await?;
    let (is_continued, next) = (query.cursor.is_some(), page.next_cursor.as_deref());
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, ORGANIZATIONS),
        q,
        pager: listing::pager(ORGANIZATIONS.href(), &[("q", q)], is_continued, next),
        lines: page.data.into_iter().map(line).collect(),
        may_create: seat.may::<Manage>(),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &view))
}

fn line(organization: Organization) -> Line {
    Line {
        id: organization.id.to_string(),
        name: organization.name,
        external_id: organization.external_id,
        is_demo: organization.is_demo,
        created: listing::day(organization.created_at),
    }
}

/// What was typed into the form.
#[derive(Default)]
struct Typed {
    name: String,
    external_id: String,
    domains: String,
}

struct NewView {
    typed: Typed,
    faults: Vec<FieldFault>,
}

impl NewView {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/organization_new.html")]
struct NewPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a NewView,
}

/// `GET /console/organizations/new`
pub(in crate::http) async fn new(state: Data<State>, seat: Seat<Manage>) -> HttpResponse {
    show(&state, &seat, Typed::default(), Vec::new())
}

/// `POST /console/organizations`
pub(in crate::http) async fn create(
    state: Data<State>,
    posted: Posted<Manage>,
) -> Result<HttpResponse, PageError> {
    let typed = Typed {
        name: posted.text("name").to_owned(),
        external_id: posted.text("external_id").to_owned(),
        domains: posted.text("domains").to_owned(),
    };
    let made = make(&state, &posted, &typed).await;
    let field = match &made {
        Err(Error::Conflict { code, .. }) if code.starts_with("domain") => "/domains",
        _ => "/external_id",
    };
    match form::mendable(made, field)? {
        Ok(made) => Ok(see_other(&listing::href(ORGANIZATIONS.href(), &[("q", &made.name)]))),
        Err(errors) => Ok(show(&state, &posted.seat, typed, errors)),
    }
}

async fn make(state: &State, posted: &Posted<Manage>, typed: &Typed) -> Result<Organization> {
    let mut domains = Vec::new();
    for name in typed.domains.split([',', '\n', ' ', '\r']).filter(|name| !name.is_empty()) {
        let unfit = || format!("“{name}” is not an email domain. Enter one as in globex.example.");
        let domain =
            DomainName::parse(name).map_err(|_| Error::invalid("/domains", "invalid", unfit()))?;
        domains.push(domain);
    }
    let new = NewOrganization {
        name: typed.name.clone(),
        external_id: (!typed.external_id.is_empty()).then(|| typed.external_id.clone()),
        admission: Admission::Both,
        metadata: serde_json::Map::new(),
        is_demo: false,
        domains,
        vouch: false,
    };
    let actor = posted.seat.actor();
    state.store.write(Scope::System, actor, move |tx| organizations::create(tx, new)).await
}

fn show(state: &State, seat: &Seat<Manage>, typed: Typed, errors: Vec<FieldError>) -> HttpResponse {
    let status = form::status(&errors);
    let view = NewView { typed, faults: form::faults(errors) };
    let page = NewPage {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, ORGANIZATIONS),
        view: &view,
    };
    respond(state, status, &Csp::Page, &page)
}
