//! The deletion of a customer is taken back.

use super::href;
use crate::error::{Error, Result};
use crate::http::console::form;
use crate::http::console::frame::ORGANIZATIONS;
use crate::http::console::gone::{self, Gone, POINTER, RestoredBy};
use crate::http::console::seat::{Manage, Needs, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::OrganizationId;
use crate::store::organizations::{self, Organization};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The page of an organization that was deleted, as long as it can be restored.
pub(super) async fn gone<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    id: OrganizationId,
) -> Result<HttpResponse, PageError> {
    let gone = find(state, id).await?;
    Ok(gone::show(state, seat, as_gone(&gone), Vec::new()).await?)
}

/// `POST /console/organizations/{organization}/restore`
pub(in crate::http) async fn restore(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, id.parse()?).await?;
    let (id, actor) = (organization.id.clone(), posted.seat.actor());
    let done =
        state.store.write(&organization.id, actor, move |tx| organizations::restore(tx, &id));
    match form::mendable(done.await, POINTER)? {
        Ok(_) => Ok(done::lead(&state, Done::OrganizationRestored, &href(&organization.id))),
        Err(errors) => Ok(gone::show(&state, &posted.seat, as_gone(&organization), errors).await?),
    }
}

async fn find(state: &State, id: OrganizationId) -> Result<Organization> {
    let now = state.store.clock().now();
    let unknown = Error::not_found("organization", id.as_str());
    let found = state.store.read(move |db| organizations::gone(db, &id, now)).await?;
    found.ok_or(unknown)
}

fn as_gone(of: &Organization) -> Gone {
    Gone {
        area: ORGANIZATIONS,
        what: "organization",
        by: RestoredBy::Managers,
        id: of.id.to_string(),
        name: of.name.clone(),
        deleted_at: of.deleted_at.unwrap_or(of.updated_at),
        href: href(&of.id),
    }
}
