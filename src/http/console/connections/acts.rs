//! What is done with a connection at once: reading its metadata again.

use super::{PROVIDER, find, href, overview};
use crate::acts::metadata::{self, Source, Terms};
use crate::error::{Error, Result};
use crate::http::console::form;
use crate::http::console::seat::{Manage, Posted};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::connections::{Connection, Protocol};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `POST /console/connections/{connection}/refresh`: reads the metadata again at the address that is known.
pub(in crate::http) async fn refresh(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let read = read_again(&state, &posted, connection.clone()).await;
    let Err(errors) = form::mendable(read, PROVIDER)? else {
        return Ok(done::lead(&state, Done::MetadataRead, &href(&connection.id)));
    };
    Ok(overview::show(&state, &posted.seat, connection, &organization, errors).await?)
}

async fn read_again(
    state: &State,
    posted: &Posted<Manage>,
    connection: Connection,
) -> Result<Connection> {
    connection.must_speak(Protocol::Saml)?;
    let Some(url) = connection.metadata_url.clone() else {
        let why = state.locale.text("console.connections.no_address");
        return Err(Error::conflict("metadata_required", why));
    };
    let reading = state.reading(&connection, None);
    let (actor, terms) = (posted.seat.actor(), Terms::default());
    metadata::import(&state.store, actor, connection, Source::Url(url), &reading, terms).await
}
