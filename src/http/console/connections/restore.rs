//! The deletion of a connection is taken back.

use super::href;
use crate::error::{Error, Result};
use crate::http::console::form;
use crate::http::console::frame::CONNECTIONS;
use crate::http::console::gone::{self, Gone, POINTER, RestoredBy};
use crate::http::console::seat::{Manage, Needs, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::ConnectionId;
use crate::store::connections::{self, Connection};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The page of a connection that was deleted, as long as it can be restored.
pub(super) async fn gone<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    id: &str,
) -> Result<HttpResponse, PageError> {
    let gone = find(state, id).await?;
    Ok(gone::show(state, seat, as_gone(&gone), Vec::new()).await?)
}

/// `POST /console/connections/{connection}/restore`: it is off afterwards, or a draft.
pub(in crate::http) async fn restore(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let connection = find(&state, &id).await?;
    let (id, actor) = (connection.id.clone(), posted.seat.actor());
    let scope = &connection.organization_id;
    let done = state.store.write(scope, actor, move |tx| connections::restore(tx, &id));
    match form::mendable(done.await, POINTER)? {
        Ok(_) => Ok(done::lead(&state, Done::ConnectionRestored, &href(&connection.id))),
        Err(errors) => Ok(gone::show(&state, &posted.seat, as_gone(&connection), errors).await?),
    }
}

async fn find(state: &State, id: &str) -> Result<Connection> {
    let (id, now): (ConnectionId, _) = (id.parse()?, state.store.clock().now());
    let unknown = Error::not_found("connection", id.as_str());
    let found = state.store.read(move |db| connections::gone(db, &id, now)).await?;
    found.ok_or(unknown)
}

fn as_gone(of: &Connection) -> Gone {
    Gone {
        area: CONNECTIONS,
        what: "connection",
        by: RestoredBy::Managers,
        id: of.id.to_string(),
        name: of.name.clone(),
        deleted_at: of.deleted_at.unwrap_or(of.updated_at),
        href: href(&of.id),
    }
}
