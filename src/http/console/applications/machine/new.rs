//! A new machine application, whose first secret is shown once.

use super::{may, offered, placed, ticked};
use crate::error::FieldError;
use crate::http::console::applications::LIST;
use crate::http::console::applications::new::{make, ways};
use crate::http::console::form::{self, Choice};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::listing;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::api_keys::Scope as May;
use crate::store::applications::{ApplicationKind, NewApplication};
use actix_web::HttpResponse;
use askama::Template;

/// What was chosen and typed.
struct Typed {
    name: String,
    scopes: Vec<May>,
    organization: String,
}

struct View {
    typed: Typed,
    ways: Vec<listing::Choice>,
    scopes: Vec<Choice>,
    faults: Faults,
    list: &'static str,
}

#[derive(Template)]
#[template(path = "console/machine_new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// The empty form.
pub(in crate::http::console::applications) fn blank(
    state: &State,
    seat: &Seat<Develop>,
) -> HttpResponse {
    let typed = Typed { name: String::new(), scopes: Vec::new(), organization: String::new() };
    show(state, seat, typed, Vec::new())
}

/// Makes an application. Its page follows, this once with the secret.
pub(in crate::http::console::applications) async fn create(
    state: &State,
    posted: &Posted<Develop>,
) -> Result<HttpResponse, PageError> {
    let typed = Typed {
        name: posted.text("name").to_owned(),
        scopes: ticked(posted),
        organization: posted.text("organization_id").to_owned(),
    };
    may(posted.seat.member.role, &typed.scopes)?;
    let bound = form::organization(state, &typed.organization).await;
    let new = bound.map(|bound| NewApplication {
        organizations: bound.map(|id| vec![id]),
        scopes: typed.scopes.clone(),
        ..NewApplication::usual(&typed.name, ApplicationKind::Machine)
    });
    match make(state, posted, new).await? {
        Ok(page) => Ok(page),
        Err(errors) => Ok(show(state, &posted.seat, typed, errors)),
    }
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = View {
        ways: ways(state, true),
        scopes: offered(seat.member.role, &typed.scopes),
        faults: Faults::from(placed(errors)),
        list: LIST,
        typed,
    };
    frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
