//! Whom the customer wants told of a connection before its certificate ends.

use super::{Head, find, href};
use crate::error::{FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::Tx;
use crate::store::connections::{self, Connection};
use crate::store::organizations::Organization;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    head: Head,
    contact: String,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/connection_contact.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/connections/{connection}/contact`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let of = connection.id.clone();
    let contact = state.store.read(move |db| connections::contact(db, &of)).await?;
    let typed = contact.map(|email| email.to_string()).unwrap_or_default();
    Ok(show(&state, &seat, (&connection, &organization), typed, Vec::new()))
}

/// `POST /console/connections/{connection}/contact`: left empty, nobody is told.
pub(in crate::http) async fn change(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let typed = posted.text("email").to_owned();
    let (id, given) = (connection.id.clone(), typed.clone());
    let write = move |tx: &mut Tx| connections::set_contact(tx, &id, &given);
    let done = state.store.write(&organization.id, posted.seat.actor(), write).await;
    match form::mendable(done, "/email")? {
        Ok(_) => Ok(see_other(&format!("{}/settings", href(&connection.id)))),
        Err(errors) => Ok(show(&state, &posted.seat, (&connection, &organization), typed, errors)),
    }
}

fn show(
    state: &State,
    seat: &Seat<Manage>,
    (connection, organization): (&Connection, &Organization),
    contact: String,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let head = Head::of(state, seat, connection, organization);
    let view = View { head, contact, faults: Faults::from(errors) };
    frame::page(state, seat, CONNECTIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
