//! Deleting an application, with its name typed.

use super::{LIST, find, href, machine};
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm, TYPED};
use crate::http::console::frame::APPLICATIONS;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::applications::{self, Application};
use crate::store::{Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `GET /console/applications/{application}/delete`
pub(super) async fn ask_delete(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    machine::covered(&seat, &application)?;
    Ok(confirm::ask(&state, &seat, &deleting(&state, &application)))
}

/// `POST /console/applications/{application}/delete`: its name is typed to confirm it.
pub(super) async fn delete(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    machine::covered(&posted.seat, &application)?;
    let confirm = deleting(&state, &application);
    if let Some(page) = confirm::differs(&state, &posted.seat, &confirm, posted.text(TYPED)) {
        return Ok(page);
    }
    let (id, role) = (application.id.clone(), posted.seat.member.role);
    let delete = move |tx: &mut Tx| {
        machine::covered_now(tx.db, role, &id)?;
        applications::delete(tx, &id)
    };
    let done = state.store.write(Scope::System, posted.seat.actor(), delete).await;
    confirm::after(&state, &posted.seat, &confirm, done, Done::ApplicationDeleted, LIST)
}

fn deleting(state: &State, of: &Application) -> Confirm {
    let values = [("application", of.name.as_str())];
    let fill = |key: &str| state.locale.fill(&format!("console.applications.{key}"), &values);
    Confirm {
        above: vec![(href(&of.id), of.name.clone())],
        title: fill("delete_title"),
        texts: vec![
            fill(if of.is_machine() { "machine.delete_takes" } else { "delete_takes" }),
            fill("delete_keeps"),
        ],
        typed: Some(of.name.clone()),
        action: format!("{}/delete", href(&of.id)),
        button: fill("delete"),
        ..Confirm::blank(APPLICATIONS, href(&of.id))
    }
}
