//! Requests whose token was refused are told to whoever looks at the directory, and nothing more than before to whoever sent them.

use super::log::put;
use super::path::{ENDPOINTS, parts};
use crate::clock::Time;
use crate::error::Result;
use crate::http::server::State;
use crate::scim::dialect::Dialect;
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::directories::requests::{Entry, Refusal};
use crate::store::directories::{self, Directory};
use crate::store::{ConnectionId, Db, ScimRequestId};
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};
use std::net::IpAddr;
use std::time::Instant;

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Why {
    /// None came.
    Missing,
    /// Its time is over since then.
    Retired(Time),
    /// It was revoked then.
    Revoked(Time),
    /// It is not accepted from this address.
    Elsewhere(IpAddr),
    /// It is one of the connection, which is off.
    Off,
    /// It is none of the connection.
    Unknown,
}

impl Why {
    /// Whether it takes nothing that was ever ours: strangers bring it about as well as a directory.
    pub(super) fn is_anybodys(self) -> bool {
        self.refusal().is_anybodys()
    }

    /// The word that is kept.
    fn refusal(self) -> Refusal {
        match self {
            Self::Missing => Refusal::Missing,
            Self::Retired(_) => Refusal::Retired,
            Self::Revoked(_) => Refusal::Revoked,
            Self::Elsewhere(_) => Refusal::Elsewhere,
            Self::Off => Refusal::Off,
            Self::Unknown => Refusal::Unknown,
        }
    }

    /// What whoever looks at the directory is told. Nobody but the connection's own people read it.
    fn words(self) -> String {
        let day = |at: Time| at.to_utc().format("%Y-%m-%d %H:%M UTC");
        match self {
            Self::Missing => "Refused: no token came with the request.".to_owned(),
            Self::Retired(since) => format!("Refused: the token has ended at {}.", day(since)),
            Self::Revoked(since) => format!("Refused: the token was revoked at {}.", day(since)),
            Self::Elsewhere(from) => {
                format!("Refused: the token is not accepted from {from}, where it came from.")
            }
            Self::Off => {
                "Refused: the connection is off, so no token of it is accepted.".to_owned()
            }
            Self::Unknown => "Refused: the token is not known at this connection.".to_owned(),
        }
    }

    /// The code that the caller was told.
    fn code(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Retired(_) => "token_retired",
            Self::Revoked(_) | Self::Elsewhere(_) | Self::Off | Self::Unknown => "token_invalid",
        }
    }
}

/// A request that was refused at the address of a connection, if there is one of this name.
#[derive(Debug, Clone)]
pub(in crate::http) struct Refused {
    pub(in crate::http) connection: ConnectionId,
    pub(in crate::http) why: Why,
}

/// Notes that a request was refused, once it has been answered: how long the answer takes tells nothing.
pub(super) fn note(request: &HttpRequest, began: Instant) {
    let Some(refused) = request.extensions().get::<Refused>().cloned() else { return };
    let Some(state) = request.app_data::<Data<State>>().cloned() else { return };
    let now = state.store.clock().now();
    if state.scim.refusals.is_held_back(&refused, now) {
        return;
    }
    let Some(turn) = state.scim.refusals.turn() else { return };
    let (method, path) = (method(request), path(request));
    let micros = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
    tokio::spawn(async move {
        let id = refused.connection.clone();
        let (connection, directory) = match state.store.read(move |db| at(db, &id)).await {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(error = ?error, "a refused SCIM request could not be noted");
                return;
            }
        };
        drop(turn);
        let Some(more) = state.scim.refusals.tell(&refused, now) else { return };
        let mut effect = refused.why.words();
        if more > 0 {
            effect = format!("{effect} So were {more} more since the last that is shown.");
        }
        let dialect =
            directory.map_or_else(|| Dialect::Generic.as_str().to_owned(), |it| it.dialect);
        let entry = Entry {
            id: ScimRequestId::new(),
            organization_id: connection.organization_id,
            connection_id: connection.id,
            token_id: None,
            method,
            path,
            status: 401,
            code: Some(refused.why.code().to_owned()),
            effect,
            is_change: false,
            dialect,
            resource_id: None,
            message: None,
            micros,
            created_at: now,
            why: Some(refused.why.refusal()),
        };
        put(&state, entry);
    });
}

/// The connection and its directory, if there is one.
fn at(db: &mut Db, id: &ConnectionId) -> Result<Option<(Connection, Option<Directory>)>> {
    let Some((connection, _)) = connections::by_id_with_organization(db, id)? else {
        return Ok(None);
    };
    if connection.state == ConnectionState::Deleted {
        return Ok(None);
    }
    let directory = directories::by_connection(db, id)?;
    Ok(Some((connection, directory)))
}

/// The method, where it is one that a directory uses: a stranger may send any word.
fn method(request: &HttpRequest) -> String {
    let usual = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let method = request.method();
    if usual.contains(method) { method.to_string() } else { "–".to_owned() }
}

/// Which endpoint was asked, and nothing else of the path: whatever a stranger writes there is not kept.
fn path(request: &HttpRequest) -> String {
    let below = parts(request.path()).map_or("", |(_, below)| below);
    let first = below.split('/').nth(1).unwrap_or_default();
    let known = ENDPOINTS.iter().find(|known| known.eq_ignore_ascii_case(first));
    format!("/{}", known.copied().unwrap_or_default())
}
