//! What happened at a connection, for the customer's IT admin, without anybody's name.

use super::{Arrivals, Frame, Shell, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use crate::saml::check::Check;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// A sign-in of whoever it was.
pub struct SignInLine {
    /// When it began.
    pub time: String,
    /// How it came about.
    pub kind: String,
    /// How far it came.
    pub result: String,
    /// The class of the shape that goes with that.
    pub class: &'static str,
    /// Why it failed.
    pub why: Option<String>,
    /// Where it is told check by check, if that may be read.
    pub href: Option<String>,
}

/// What happened lately.
pub struct PortalActivity {
    /// What all pages have.
    pub frame: Frame,
    /// The last sign-ins.
    pub sign_ins: Vec<SignInLine>,
    /// Whether each can be opened.
    pub are_open: bool,
    /// What the directory did, if provisioning is covered.
    pub arrivals: Option<Arrivals>,
    /// What was changed.
    pub events: Vec<ChangeLine>,
}

/// Something that was changed.
pub struct ChangeLine {
    /// When.
    pub at: String,
    /// What.
    pub what: String,
    /// By whom.
    pub by: String,
}

/// One sign-in, check by check.
pub struct PortalTrace {
    /// What all pages have.
    pub frame: Frame,
    /// Its ID.
    pub id: String,
    /// How it went, in a sentence.
    pub title: String,
    /// When, how, and how far it came.
    pub line: SignInLine,
    /// The code of the cause.
    pub code: Option<String>,
    /// How to mend it, in the words of the provider's console.
    pub fix: Option<String>,
    /// Where in the console.
    pub path: Option<String>,
    /// Every check in order, without personal values.
    pub checks: Vec<Check>,
}

#[derive(Template)]
#[template(path = "portal_activity.html")]
struct ActivityPage<'a> {
    shell: Shell<'a>,
    view: &'a PortalActivity,
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "portal_trace.html")]
struct TracePage<'a> {
    shell: Shell<'a>,
    view: &'a PortalTrace,
    frame: &'a Frame,
}

/// The page of what happened lately.
#[must_use]
pub fn portal_activity(state: &State, view: &PortalActivity) -> HttpResponse {
    let page = ActivityPage { shell: Shell::of(state), view, frame: &view.frame };
    respond(state, StatusCode::OK, &Csp::Portal, &page)
}

/// The page of one sign-in.
#[must_use]
pub fn portal_trace(state: &State, view: &PortalTrace) -> HttpResponse {
    let page = TracePage { shell: Shell::of(state), view, frame: &view.frame };
    respond(state, StatusCode::OK, &Csp::Portal, &page)
}
