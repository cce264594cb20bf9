//! Handing a setup over to a colleague.

use super::{Frame, Shell, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// What comes of handing over; afterwards the colleague's link. Posted to its own address.
pub struct HandOver {
    /// What all pages have.
    pub frame: Frame,
    /// The step with which the colleague goes on; none: all are finished.
    pub step: Option<String>,
    /// What else is left to do, by the names of the steps.
    pub left: Vec<String>,
    /// When the link ends.
    pub ends: String,
    /// The address that was made just now, shown this once.
    pub link: Option<String>,
}

#[derive(Template)]
#[template(path = "portal_hand_over.html")]
struct HandOverPage<'a> {
    shell: Shell<'a>,
    view: &'a HandOver,
    frame: &'a Frame,
}

/// The page on which a setup is handed over.
#[must_use]
pub fn portal_hand_over(state: &State, view: &HandOver) -> HttpResponse {
    let page = HandOverPage { shell: Shell::of(state), view, frame: &view.frame };
    respond(state, StatusCode::OK, &Csp::Portal, &page)
}
