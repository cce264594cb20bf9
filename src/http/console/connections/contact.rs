//! Whom the customer wants told of a connection before its certificate ends.

use super::settings::clash;
use super::{Head, find, href};
use crate::error::{Error, FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::stale::{self, Fields, Filled};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::connections::{self, Connection};
use crate::store::organizations::Organization;
use crate::store::{ConnectionId, Db, Tx};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    head: Head,
    seen: String,
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
    let typed = now(&state, &connection).await?;
    let seen = stale::seen(&fields(&typed));
    Ok(show(&state, &seat, (&connection, &organization), (typed, seen), Vec::new()))
}

/// The address that is set, as it is typed.
fn known(db: &mut Db, id: &ConnectionId) -> Result<String> {
    let contact = connections::contact(db, id)?;
    Ok(contact.map(|email| email.to_string()).unwrap_or_default())
}

async fn now(state: &State, of: &Connection) -> Result<String> {
    let id = of.id.clone();
    state.store.read(move |db| known(db, &id)).await
}

fn fields(typed: &str) -> Fields {
    stale::fields([("email", typed)])
}

/// `POST /console/connections/{connection}/contact`: left empty, nobody is told.
pub(in crate::http) async fn change(
    state: Data<State>,
    mut posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    stale::settle(&mut posted, &fields(&now(&state, &connection).await?));
    let typed = posted.text("email").to_owned();
    let filled = Filled::new(&posted, fields(&typed));
    let (id, given, seen) = (connection.id.clone(), typed.clone(), filled.clone());
    let write = move |tx: &mut Tx| {
        seen.must_fit(&fields(&known(tx.db, &id)?))?;
        connections::set_contact(tx, &id, &given)
    };
    let done = state.store.write(&organization.id, posted.seat.actor(), write).await;
    if matches!(done, Err(Error::Stale(_))) {
        let clash = clash(&connection, "contact", fields(&now(&state, &connection).await?));
        let label = || state.locale.text("console.connection_contact.email").to_owned();
        let say = |_: &str, value: &str| (label(), value.to_owned());
        return Ok(stale::show(&state, &posted, &filled, clash, say).await?);
    }
    match form::mendable(done, "/email")? {
        Ok(_) => Ok(done::lead(&state, Done::Saved, &format!("{}/settings", href(&connection.id)))),
        Err(errors) => {
            let (of, typed) = ((&connection, &organization), (typed, stale::still_seen(&posted)));
            Ok(show(&state, &posted.seat, of, typed, errors))
        }
    }
}

fn show(
    state: &State,
    seat: &Seat<Manage>,
    (connection, organization): (&Connection, &Organization),
    (contact, seen): (String, String),
    errors: Vec<FieldError>,
) -> HttpResponse {
    let head = Head::of(state, seat, connection, organization);
    let view = View { head, seen, contact, faults: Faults::from(errors) };
    frame::page(state, seat, CONNECTIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
