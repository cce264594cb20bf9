//! The directory of a connection, known by its token.

use super::token;
use crate::clock::Time;
use crate::error::Error;
use crate::http::error::ScimError;
use crate::http::request::Origin;
use crate::http::server::State;
use crate::scim;
use crate::store::directories::{self, Known};
use crate::store::{Actor, ConnectionId, ScimTokenId, Scope, Tx};
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use std::rc::Rc;

/// A directory that proved to have a live token of the connection in the path (RFC 6750, 2.1).
#[derive(Clone)]
pub(crate) struct Directory {
    row: Rc<directories::Directory>,
    token: ScimTokenId,
    state: Data<State>,
}

impl Directory {
    /// What the store knows of it.
    pub(crate) fn row(&self) -> directories::Directory {
        (*self.row).clone()
    }

    /// Its connection.
    pub(crate) fn connection(&self) -> &ConnectionId {
        &self.row.connection_id
    }

    /// Whom the audit log names.
    pub(crate) fn actor(&self) -> Actor {
        Actor::Directory(self.row.connection_id.clone())
    }

    /// The token that it showed.
    pub(crate) fn token(&self) -> &ScimTokenId {
        &self.token
    }

    /// What it is answered from.
    pub(crate) fn state(&self) -> &Data<State> {
        &self.state
    }
}

impl FromRequest for Directory {
    type Error = ScimError;
    type Future = LocalBoxFuture<'static, Result<Self, ScimError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { directory(&req).await })
    }
}

/// The directory that asks; looked up once per request, and counted against what one may ask.
pub(crate) async fn directory(req: &HttpRequest) -> Result<Directory, ScimError> {
    if let Some(known) = req.extensions().get::<Directory>() {
        return Ok(known.clone());
    }
    let token = token(req).ok_or_else(missing)?.to_owned();
    let state = req
        .app_data::<Data<State>>()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the app has no state")))?;
    // A connection of this name cannot be: the token is as wrong as any.
    let id = req.match_info().get("connection").unwrap_or_default();
    let connection: ConnectionId = id.parse().map_err(|_| invalid())?;
    let (now, address) = (state.store.clock().now(), Origin::of(req).address);
    let read = state
        .store
        .read(move |db| directories::authenticate(db, &connection, &token, address, now));
    let (row, shown) = match read.await? {
        Known::Live(row, token) => (Rc::new(*row), token),
        Known::Retired(since) => return Err(retired(since)),
        Known::Unknown => return Err(invalid()),
    };
    state.limits.admit_directory(&row.connection_id)?;
    if shown.is_touch_due(now) {
        touch(state, shown.id.clone(), address.to_string()).await;
    }
    let directory = Directory { row, token: shown.id, state: state.clone() };
    req.extensions_mut().insert(directory.clone());
    Ok(directory)
}

fn missing() -> ScimError {
    let detail = "Send the token of the connection: Authorization: Bearer scim_….";
    scim::Error::new(401, "token_missing", detail).into()
}

/// The same for a wrong token, a revoked one, and one of another connection: nobody is to learn which it is.
fn invalid() -> ScimError {
    let detail = "The token is not one of this connection, or is not accepted from this address. Make one: vestibule \
                  scim token create.";
    scim::Error::new(401, "token_invalid", detail).into()
}

/// Only who has the token itself learns this.
fn retired(since: Time) -> ScimError {
    let since = since.to_utc().format("%Y-%m-%d %H:%M UTC");
    let detail = format!("The token has ended at {since}. Enter a newer one in the directory.");
    scim::Error::new(401, "token_retired", detail).into()
}

/// Notes the use of a token. The request goes on if that fails: when a token was last used is a courtesy.
async fn touch(state: &State, id: ScimTokenId, from: String) {
    let write = move |tx: &mut Tx| directories::tokens::touch(tx, &id, &from);
    if let Err(error) = state.store.write(Scope::Own, Actor::System, write).await {
        tracing::warn!(error = ?error, "the use of a SCIM token could not be noted");
    }
}
