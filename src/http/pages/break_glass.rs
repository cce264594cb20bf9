//! The page on which an exempt owner uses a break-glass code.

use super::{Shell, respond};
use crate::http::guard::Csp;
use crate::http::server::State;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

/// Asks for an address and a code. Posted to `/login/break-glass` as `trace`, `email` and `code`.
pub struct BreakGlass<'a> {
    /// The sign-in that goes on.
    pub trace: &'a str,
    /// What was typed before.
    pub email: &'a str,
    /// What is wrong with what was typed.
    pub fault: Option<BreakGlassFault>,
    /// The redirect address of the application, where the answer may lead.
    pub redirect_uri: Option<&'a str>,
}

/// Why what was typed cannot be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakGlassFault {
    /// It is not an email address.
    Email,
    /// It is not a code, or mistyped.
    Code,
    /// No organization has the domain of the address.
    Nowhere,
}

#[derive(Template)]
#[template(path = "break_glass.html")]
struct BreakGlassPage<'a> {
    shell: Shell<'a>,
    view: &'a BreakGlass<'a>,
    email_fault: Option<&'a str>,
    code_fault: Option<&'a str>,
}

/// The page that asks for a code.
#[must_use]
pub fn break_glass(state: &State, view: &BreakGlass<'_>) -> HttpResponse {
    let shell = Shell::of(state);
    let (email_fault, code_fault) = match view.fault {
        None => (None, None),
        Some(BreakGlassFault::Email) => (Some(shell.text("login.email_invalid")), None),
        Some(BreakGlassFault::Code) => (None, Some(shell.text("break_glass.code_invalid"))),
        Some(BreakGlassFault::Nowhere) => (Some(shell.text("break_glass.nowhere")), None),
    };
    let status = match view.fault {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let csp = Csp::SignIn(view.redirect_uri.map(str::to_owned));
    respond(state, status, &csp, &BreakGlassPage { shell, view, email_fault, code_fault })
}
