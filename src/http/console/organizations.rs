//! Customers: the list, and a new one.

use super::form;
use super::frame::{self, Frame, ORGANIZATIONS};
use super::listing::{self, Choice, Moment, Pager};
use super::seat::{Manage, Posted, Read, Seat};
use super::words::{self, Badge};
use crate::domain::DomainName;
use crate::error::{Error, FieldError, Result};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Faults, Shell, respond};
use crate::http::server::State;
use crate::store::organizations::{
    self, Admission, Enforcement, Filter, NewOrganization, Organization, Summary,
};
use crate::store::{OrganizationId, Page, Scope, Window};
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;
use std::collections::HashMap;

/// What a filter by connections can ask for.
const CONNECTED: [&str; 3] = ["", "some", "none"];

/// Which part of the list is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    enforcement: String,
    /// `some` or `none`: with a connection, or without.
    #[serde(default)]
    connections: String,
    cursor: Option<String>,
}

impl ListQuery {
    fn parts<'a>(&'a self, enforcement: &'a str) -> [(&'a str, &'a str); 3] {
        let connections = self.connections.as_str();
        [("q", self.q.trim()), ("enforcement", enforcement), ("connections", connections)]
    }

    /// The rows to look for; none if there can be none.
    fn filter(&self) -> Option<Filter> {
        let q = self.q.trim();
        let mut filter =
            Filter { text: (!q.is_empty()).then(|| q.to_owned()), ..Filter::default() };
        if !self.enforcement.is_empty() {
            let wanted = self.enforcement.as_str();
            filter.enforcement = Some(ENFORCEMENTS.into_iter().find(|one| one.as_str() == wanted)?);
        }
        filter.connected = match self.connections.as_str() {
            "" => None,
            "some" => Some(true),
            "none" => Some(false),
            _ => return None,
        };
        Some(filter)
    }
}

const ENFORCEMENTS: [Enforcement; 2] = [Enforcement::Required, Enforcement::Optional];

struct Line {
    href: String,
    name: String,
    external_id: Option<String>,
    is_demo: bool,
    /// The first of its email domains, and how many more there are.
    domain: Option<(String, String)>,
    connections: String,
    connections_href: String,
    people: String,
    people_href: String,
    enforcement: Badge,
    seen: Option<Moment>,
}

#[derive(Template)]
#[template(path = "console/organizations.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    q: &'a str,
    query: &'a ListQuery,
    enforcements: Vec<Choice>,
    connected: Vec<form::Choice>,
    lines: Vec<Line>,
    pager: Pager,
    may_create: bool,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/organizations").get(list).post(create))
        .service(web::resource("/console/choose/organization").get(choose))
        .service(web::resource("/console/organizations/new").get(new));
}

/// `GET /console/organizations`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let query = query.into_inner();
    let window = Window::parse(None, query.cursor.clone())?;
    let filter = query.filter();
    let read = state.store.read(move |db| {
        let Some(filter) = filter else { return Ok((Page::default(), HashMap::new())) };
        let page = organizations::page(db, &window, &filter)?;
        let ids: Vec<OrganizationId> = page.data.iter().map(|one| one.id.clone()).collect();
        Ok((page, organizations::summaries(db, &ids)?))
    });
    let (page, mut summaries): (Page<Organization>, HashMap<OrganizationId, Summary>) =
        read.await?;
    let (list, parts) = (ORGANIZATIONS.href(), query.parts(&query.enforcement));
    let enforcements = enforcements(&state, &query);
    let words = [
        ("enforcement", listing::here(&enforcements)),
        ("connections", state.locale.text(connected(&query.connections)).to_owned()),
    ];
    let (is_continued, next) = (query.cursor.is_some(), page.next_cursor);
    let line = |one: Organization| {
        let summary = summaries.remove(&one.id).unwrap_or_default();
        line(&state, one, summary)
    };
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, ORGANIZATIONS),
        q: query.q.trim(),
        pager: listing::filtered(&state, list, &parts, &words, is_continued, next.as_deref())
            .await?,
        enforcements,
        connected: listing::options(&state, CONNECTED, &query.connections, connected),
        lines: page.data.into_iter().map(line).collect(),
        may_create: seat.may::<Manage>(),
        query: &query,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

fn enforcements(state: &State, query: &ListQuery) -> Vec<Choice> {
    let label = |word: &str| match word {
        "" => state.locale.text("console.organizations.all").to_owned(),
        _ => state.locale.text(&format!("console.enforcement.{word}")).to_owned(),
    };
    let href = |word: &str| listing::href(ORGANIZATIONS.href(), &query.parts(word));
    listing::choices(ENFORCEMENTS.map(Enforcement::as_str), &query.enforcement, href, label)
}

/// What the filter by connections says for its word.
fn connected(word: &str) -> &'static str {
    match word {
        "some" => "console.organizations.connected",
        "none" => "console.organizations.unconnected",
        _ => "console.organizations.any_connection",
    }
}

fn line(state: &State, organization: Organization, summary: Summary) -> Line {
    let Summary { domains, connections: (all, active), people, last_sign_in_at } = summary;
    let of = [("organization", organization.id.as_str())];
    let more = listing::more(domains.len());
    let connections = match all {
        0 => state.locale.text("console.organizations.no_connection").to_owned(),
        _ => state.locale.fill(
            "console.organizations.connections_on",
            &[("active", &active.to_string()), ("all", &all.to_string())],
        ),
    };
    let class = match organization.enforcement {
        Enforcement::Required => " ok",
        Enforcement::Optional => "",
    };
    let label = words::enforcement(state, organization.enforcement);
    Line {
        href: super::organization::href(&organization.id),
        domain: domains.into_iter().next().map(|first| (first, more)),
        connections,
        connections_href: listing::href("/console/connections", &of),
        people: listing::number(people),
        people_href: listing::href("/console/users", &of),
        enforcement: Badge { class, label },
        seen: last_sign_in_at.map(|at| listing::when(state, at)),
        name: organization.name,
        external_id: organization.external_id,
        is_demo: organization.is_demo,
    }
}

/// What is being typed into a field that names an organization.
#[derive(Deserialize)]
pub(in crate::http) struct ChooseQuery {
    #[serde(default)]
    organization: String,
    /// The same where the field of a form has this name.
    #[serde(default)]
    organization_id: String,
}

#[derive(Template)]
#[template(path = "console/_organization_options.html")]
struct Offers {
    offers: Vec<String>,
}

/// `GET /console/choose/organization`: the organizations that may be meant by what is being typed, for a field's list.
pub(in crate::http) async fn choose(
    state: Data<State>,
    _seat: Seat<Read>,
    query: Query<ChooseQuery>,
) -> Result<HttpResponse, PageError> {
    let ChooseQuery { organization, organization_id } = query.into_inner();
    let typed = if organization.is_empty() { organization_id } else { organization };
    let found = state.store.read(move |db| listing::offered(db, &typed)).await?;
    let offers = found.iter().map(listing::labelled).collect();
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &Offers { offers }))
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
    faults: Faults,
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
        Ok(made) => Ok(done::lead(
            &state,
            Done::OrganizationAdded,
            &listing::href(ORGANIZATIONS.href(), &[("q", &made.name)]),
        )),
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
    let view = NewView { typed, faults: Faults::from(errors) };
    let status = view.faults.status();
    frame::page(state, seat, ORGANIZATIONS, status, |shell, frame| NewPage {
        shell,
        frame,
        view: &view,
    })
}
