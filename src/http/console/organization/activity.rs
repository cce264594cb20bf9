//! What happened at a customer, newest first: the audit log of this organization.

use super::{Head, find, href};
use crate::http::console::audit::{self, Line};
use crate::http::console::frame::{self, Frame, ORGANIZATIONS};
use crate::http::console::listing::{self, Pager};
use crate::http::console::seat::{Manage, Read, Seat};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::Window;
use crate::store::events::Filter;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// Which part of the list is wanted.
#[derive(Deserialize)]
pub(in crate::http) struct ActivityQuery {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "console/organization_activity.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    head: Head,
    lines: Vec<Line>,
    pager: Pager,
    audit: String,
}

/// `GET /console/organizations/{organization}/activity`
pub(in crate::http) async fn activity(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<ActivityQuery>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let window = Window::parse(None, query.cursor.clone())?;
    let filter = Filter { organization: Some(organization.id.clone()), ..Filter::default() };
    let found = state.store.read(move |db| audit::read(db, &window, Some(&filter))).await?;
    let at = format!("{}/activity", href(&organization.id));
    let (is_continued, next) = (query.cursor.is_some(), found.next_cursor());
    let page = Page {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, ORGANIZATIONS),
        head: Head::of(&organization, seat.may::<Manage>()),
        pager: listing::pager(&at, &[], is_continued, next),
        lines: found.into_lines(),
        audit: listing::href("/console/audit", &[("organization", organization.id.as_str())]),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}
