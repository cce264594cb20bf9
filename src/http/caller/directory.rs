//! The directory of a connection, known by its token.

use super::recent::Seen;
use super::token;
use crate::clock::Time;
use crate::crypto::{self, TokenHash};
use crate::error::Error;
use crate::http::error::ScimError;
use crate::http::request::Origin;
use crate::http::scim::{Refused, Why, parts};
use crate::http::server::State;
use crate::scim;
use crate::store::aliases;
use crate::store::connections::scim_base_url;
use crate::store::directories::tokens::Token;
use crate::store::directories::{self, Known};
use crate::store::{Actor, ConnectionId, Db, ScimTokenId, Scope, Tx};
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;
use std::net::IpAddr;
use std::rc::Rc;

/// A directory that proved to have a live token of the connection in the path (RFC 6750, 2.1).
#[derive(Clone)]
pub(crate) struct Directory {
    row: Rc<directories::Directory>,
    token: ScimTokenId,
    standing: Rc<Standing>,
    /// The base URL that it was given, without a slash at its end.
    base_url: Rc<str>,
    state: Data<State>,
}

/// What a directory showed, to be looked at in the transaction that answers it.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    connection: ConnectionId,
    hash: TokenHash,
    from: IpAddr,
}

impl Standing {
    /// The directory as it is now; refused if its token is not live any more.
    pub(crate) fn directory(
        &self,
        db: &mut Db,
        now: Time,
    ) -> Result<directories::Directory, Error> {
        Ok(*self.known(db, now)?.0)
    }

    fn known(
        &self,
        db: &mut Db,
        now: Time,
    ) -> Result<(Box<directories::Directory>, Box<Token>), Error> {
        let known = directories::authenticate(db, &self.connection, &self.hash, self.from, now)?;
        accepted(known, self.from).map_err(|why| why.told().into())
    }
}

/// A directory by a live token; else why not.
fn accepted(known: Known, from: IpAddr) -> Result<(Box<directories::Directory>, Box<Token>), Why> {
    match known {
        Known::Live(row, token) => Ok((row, token)),
        Known::Retired(since) => Err(Why::Retired(since)),
        Known::Revoked(since) => Err(Why::Revoked(since)),
        Known::Elsewhere => Err(Why::Elsewhere(from)),
        Known::Off => Err(Why::Off),
        Known::Unknown => Err(Why::Unknown),
    }
}

impl Why {
    /// What the caller is told: the same for a wrong token, a revoked one, one of another connection, and where the connection is off.
    /// Nobody is to learn which it is.
    fn told(self) -> scim::Error {
        match self {
            Self::Missing => missing(),
            Self::Retired(since) => retired(since),
            Self::Revoked(_) | Self::Elsewhere(_) | Self::Off | Self::Unknown => invalid(),
        }
    }
}

/// How sure it has to be at the door who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// The database is asked.
    Asks,
    /// Who showed a live token a moment ago comes in: the database is asked by the transaction that answers.
    Remembers,
}

impl Directory {
    /// What the store knew of it a moment ago.
    pub(crate) fn row(&self) -> &directories::Directory {
        &self.row
    }

    /// What it showed.
    pub(crate) fn standing(&self) -> Standing {
        (*self.standing).clone()
    }

    /// The base URL by which it came: what it gets back stands at the address that it knows.
    pub(crate) fn base_url(&self) -> String {
        (*self.base_url).to_owned()
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

    /// Has the database asked at the door the next time: something else is known of it now.
    pub(crate) fn has_changed(&self) {
        self.state.recent.forget(&self.standing.hash);
    }
}

impl FromRequest for Directory {
    type Error = ScimError;
    type Future = LocalBoxFuture<'static, Result<Self, ScimError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { directory(&req, Door::Asks).await })
    }
}

/// The directory that asks; looked up once per request, and counted against what one may ask.
pub(crate) async fn directory(req: &HttpRequest, door: Door) -> Result<Directory, ScimError> {
    if let Some(known) = req.extensions().get::<Directory>() {
        return Ok(known.clone());
    }
    let Some(token) = token(req) else {
        let connection = req.match_info().get("connection").and_then(|id| id.parse().ok());
        return Err(refused(req, connection, Why::Missing));
    };
    let state = req
        .app_data::<Data<State>>()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the app has no state")))?;
    let Place { connection, hash, base_url } = place(state, req, token).await?;
    let (now, from) = (state.store.clock().now(), Origin::of(req).address);
    let standing = Standing { connection, hash, from };
    let recent = (door == Door::Remembers)
        .then(|| state.recent.find(&standing.hash, &standing.connection, from, now))
        .flatten();
    let seen = match recent {
        Some(seen) => seen,
        None => asked(state, req, &standing, now).await?,
    };
    state.limits.admit_directory(&seen.row.connection_id)?;
    if seen.token.is_touch_due(now) {
        state.recent.forget(&standing.hash);
        touch(state, seen.token.id.clone(), from.to_string()).await;
    }
    let (row, token) = (Rc::new(seen.row), seen.token.id);
    let standing = Rc::new(standing);
    let directory = Directory { row, token, standing, base_url, state: state.clone() };
    req.extensions_mut().insert(directory.clone());
    Ok(directory)
}

/// Where a directory asks, and by what its token is looked up.
struct Place {
    connection: ConnectionId,
    hash: TokenHash,
    base_url: Rc<str>,
}

/// At our own address only a token of ours is looked up. At an address of another product, which leads to one connection,
/// that product's tokens are, too.
async fn place(state: &State, req: &HttpRequest, token: &str) -> Result<Place, ScimError> {
    let is_ours = crypto::well_formed(crypto::SCIM_TOKEN, token);
    if let Some(id) = req.match_info().get("connection") {
        // A connection of this name cannot be: the token is as wrong as any.
        let connection: ConnectionId = id.parse().map_err(|_| invalid())?;
        if !is_ours {
            return Err(refused(req, Some(connection), Why::Unknown));
        }
        let base_url = scim_base_url(state.config.public_url.as_str(), &connection).into();
        return Ok(Place { connection, hash: crypto::hash(token), base_url });
    }
    let (base, _) = parts(req.path()).ok_or_else(invalid)?;
    let base = base.to_owned();
    let found = state.store.read(move |db| aliases::scim_at(db, &base)).await?;
    let alias = found.ok_or_else(invalid)?;
    let hash = match alias.maker() {
        _ if is_ours => Some(crypto::hash(token)),
        Some(maker) => crypto::foreign_hash(maker, token),
        None => None,
    };
    let Some(hash) = hash else {
        return Err(refused(req, Some(alias.connection_id), Why::Unknown));
    };
    let base_url = alias.url().into();
    Ok(Place { connection: alias.connection_id, hash, base_url })
}

/// What the database knows of it.
async fn asked(
    state: &State,
    req: &HttpRequest,
    standing: &Standing,
    now: Time,
) -> Result<Seen, ScimError> {
    let Standing { connection, hash, from } = standing.clone();
    let ask = move |db: &mut Db| directories::authenticate(db, &connection, &hash, from, now);
    let (row, token) = accepted(state.store.read(ask).await?, from)
        .map_err(|why| refused(req, Some(standing.connection.clone()), why))?;
    let seen = Seen { row: *row, token: *token, at: now };
    state.recent.put(&standing.hash, seen.clone());
    Ok(seen)
}

/// Refuses a request, and leaves with it why, for whoever looks at the directory.
fn refused(req: &HttpRequest, connection: Option<ConnectionId>, why: Why) -> ScimError {
    if let Some(connection) = connection {
        req.extensions_mut().insert(Refused { connection, why });
    }
    why.told().into()
}

fn missing() -> scim::Error {
    let detail = "Send the token of the connection: Authorization: Bearer scim_….";
    scim::Error::new(401, "token_missing", detail)
}

fn invalid() -> scim::Error {
    let detail = "The token is not one of this connection, or is not accepted from this address. Make one: vestibule \
                  scim token create.";
    scim::Error::new(401, "token_invalid", detail)
}

/// Only who has the token itself learns this.
fn retired(since: Time) -> scim::Error {
    let since = since.to_utc().format("%Y-%m-%d %H:%M UTC");
    let detail = format!("The token has ended at {since}. Enter a newer one in the directory.");
    scim::Error::new(401, "token_retired", detail)
}

/// Notes the use of a token. The request goes on if that fails: when a token was last used is a courtesy.
async fn touch(state: &State, id: ScimTokenId, from: String) {
    let write = move |tx: &mut Tx| directories::tokens::touch(tx, &id, &from);
    if let Err(error) = state.store.write(Scope::Own, Actor::System, write).await {
        tracing::warn!(error = ?error, "the use of a SCIM token could not be noted");
    }
}
