//! The deletion of an application is taken back.

use super::{href, machine};
use crate::error::{Error, Result};
use crate::http::console::form;
use crate::http::console::frame::APPLICATIONS;
use crate::http::console::gone::{self, Gone, POINTER, RestoredBy};
use crate::http::console::seat::{Develop, Needs, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::applications::{self, Application};
use crate::store::{ApplicationId, Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The page of an application that was deleted, as long as it can be restored.
pub(super) async fn gone<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    id: &str,
) -> Result<HttpResponse, PageError> {
    let gone = find(state, id).await?;
    Ok(gone::show(state, seat, as_gone(&gone), Vec::new()).await?)
}

/// `POST /console/applications/{application}/restore`
pub(super) async fn restore(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    let (id, role) = (application.id.clone(), posted.seat.member.role);
    let restore = move |tx: &mut Tx| {
        let restored = applications::restore(tx, &id)?;
        machine::held_to(role, &restored)
    };
    let done = state.store.write(Scope::System, posted.seat.actor(), restore).await;
    match form::mendable(done, POINTER)? {
        Ok(()) => Ok(done::lead(&state, Done::ApplicationRestored, &href(&application.id))),
        Err(errors) => Ok(gone::show(&state, &posted.seat, as_gone(&application), errors).await?),
    }
}

async fn find(state: &State, id: &str) -> Result<Application> {
    let (id, now): (ApplicationId, _) = (id.parse()?, state.store.clock().now());
    let unknown = Error::not_found("application", id.as_str());
    let found = state.store.read(move |db| applications::gone(db, &id, now)).await?;
    found.ok_or(unknown)
}

fn as_gone(of: &Application) -> Gone {
    Gone {
        area: APPLICATIONS,
        what: "application",
        by: RestoredBy::Developers,
        id: of.id.to_string(),
        name: of.name.clone(),
        deleted_at: of.deleted_at.unwrap_or(of.updated_at),
        href: href(&of.id),
    }
}
