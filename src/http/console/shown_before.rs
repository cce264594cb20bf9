//! What a form reads that made its secret before, as a page that is loaded again sends it.

use super::frame::{self, Area, Frame};
use super::seat::{Needs, Seat};
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

#[derive(Template)]
#[template(path = "console/shown_before.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    area: Area,
    /// Where what was made has its page.
    made: &'a str,
}

/// The page in place of a second secret.
pub(super) fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    area: Area,
    page: &str,
) -> HttpResponse {
    let frame = frame::frame(state, seat, area);
    let shown = Page { shell: frame::shell(state), frame, area, made: page };
    respond(state, StatusCode::CONFLICT, &Csp::Page, &shown)
}
