//! What an act takes with it, before it is done: the safe choice comes first, and the button names the act.

use super::form::Choice;
use super::frame::{self, Area, Frame};
use super::seat::{Needs, Seat};
use crate::error::{Error, FieldError, Result};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use actix_web::HttpResponse;
use askama::Template;

/// The field in which a name is typed, and where what is wrong with the act is told.
pub(super) const TYPED: &str = "confirm";

/// An act that waits to be confirmed.
pub(super) struct Confirm {
    /// Where in the console it is.
    pub(super) area: Area,
    /// The pages above it: address and name.
    pub(super) above: Vec<(String, String)>,
    /// What is asked.
    pub(super) title: String,
    /// What goes with it.
    pub(super) texts: Vec<String>,
    /// What has to be typed.
    pub(super) typed: Option<String>,
    /// What can be ticked: the field's name, and what it says.
    pub(super) tick: Option<(&'static str, String)>,
    /// What is chosen of: the field's name, what it says, and the choices.
    pub(super) choice: Option<(&'static str, String, Vec<Choice>)>,
    /// Whether the member's own password is asked for.
    pub(super) password: bool,
    /// What is sent along: fields and their values.
    pub(super) carried: Vec<(&'static str, String)>,
    /// Where it is sent.
    pub(super) action: String,
    /// The safe choice.
    pub(super) cancel: String,
    /// Names the act.
    pub(super) button: String,
}

impl Confirm {
    /// What an act in an area asks at least; `cancel` is the safe choice. The rest is for the act to say.
    pub(super) fn blank(area: Area, cancel: String) -> Self {
        Self {
            area,
            above: Vec::new(),
            title: String::new(),
            texts: Vec::new(),
            typed: None,
            tick: None,
            choice: None,
            password: false,
            carried: Vec::new(),
            action: String::new(),
            cancel,
            button: String::new(),
        }
    }
}

struct View<'a> {
    confirm: &'a Confirm,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/confirm.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View<'a>,
}

/// The page that asks.
pub(super) fn ask<N: Needs>(state: &State, seat: &Seat<N>, confirm: &Confirm) -> HttpResponse {
    show(state, seat, confirm, Vec::new())
}

/// Whether what had to be typed was typed; else the page that says so.
pub(super) fn differs<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    confirm: &Confirm,
    given: &str,
) -> Option<HttpResponse> {
    let wanted = confirm.typed.as_deref()?;
    if given == wanted.trim() {
        return None;
    }
    let detail = state.locale.text("console.confirm.differs");
    Some(show(state, seat, confirm, vec![fault("differs", detail)]))
}

/// The page once more, with what is wrong with a field of it.
pub(super) fn refused<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    confirm: &Confirm,
    error: FieldError,
) -> HttpResponse {
    show(state, seat, confirm, vec![error])
}

/// On to `to` when it is done, where the page says that it is; what stands against it is told on the page that asked.
pub(super) fn after<N: Needs, T>(
    state: &State,
    seat: &Seat<N>,
    confirm: &Confirm,
    done: Result<T>,
    said: Done,
    to: &str,
) -> Result<HttpResponse, PageError> {
    match done {
        Ok(_) => Ok(done::lead(state, said, to)),
        Err(error) => against(state, seat, confirm, error),
    }
}

/// What stands against an act, on the page that asked.
pub(super) fn against<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    confirm: &Confirm,
    error: Error,
) -> Result<HttpResponse, PageError> {
    match error {
        Error::Conflict { code, detail } => {
            Ok(show(state, seat, confirm, vec![fault(code, detail)]))
        }
        other => Err(other.into()),
    }
}

fn fault(code: &str, detail: impl Into<String>) -> FieldError {
    FieldError::new(format!("/{TYPED}"), code, detail)
}

fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    confirm: &Confirm,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = View { confirm, faults: Faults::from(errors) };
    frame::page(state, seat, confirm.area, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
