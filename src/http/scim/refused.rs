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
use chrono::TimeDelta;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::Semaphore;

/// How far apart two lines of one cause at one connection are at least: strangers cannot fill the list.
const APART: TimeDelta = TimeDelta::minutes(1);
/// How many causes at connections are remembered. Beyond that those are forgotten that were told long enough ago, else all.
const MOST: usize = 10_000;
/// How many refusals are looked up at a time. What comes beyond that is not told: strangers do not keep the database busy.
const AT_ONCE: usize = 4;

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

/// When each cause was last told at a connection that there is, and how often it has come since.
pub(super) struct Refusals {
    told: Mutex<HashMap<Cause, (Time, u64)>>,
    turns: Arc<Semaphore>,
}

/// Why, and at which connection.
type Cause = (ConnectionId, Discriminant<Why>);

impl Default for Refusals {
    fn default() -> Self {
        Self { told: Mutex::default(), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Refusals {
    /// Whether it was told a moment ago. It is counted then.
    fn is_told(&self, refused: &Refused, now: Time) -> bool {
        match self.all().get_mut(&key(refused)) {
            Some((at, count)) if now.since(*at) < APART => {
                *count = count.saturating_add(1);
                true
            }
            _ => false,
        }
    }

    /// Tells it now: how often it has come since it was told last. None: somebody else has just told it.
    fn tell(&self, refused: &Refused, now: Time) -> Option<u64> {
        if self.is_told(refused, now) {
            return None;
        }
        let mut all = self.all();
        if all.len() >= MOST {
            all.retain(|_, (at, _)| now.since(*at) < APART);
            if all.len() >= MOST {
                all.clear();
            }
        }
        Some(all.insert(key(refused), (now, 0)).map_or(0, |(_, count)| count))
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Cause, (Time, u64)>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(refused: &Refused) -> Cause {
    (refused.connection.clone(), discriminant(&refused.why))
}

/// Notes that a request was refused, once it has been answered: how long the answer takes tells nothing.
pub(super) fn note(request: &HttpRequest, began: Instant) {
    let Some(refused) = request.extensions().get::<Refused>().cloned() else { return };
    let Some(state) = request.app_data::<Data<State>>().cloned() else { return };
    let now = state.store.clock().now();
    if state.scim.refusals.is_told(&refused, now) {
        return;
    }
    let Ok(turn) = state.scim.refusals.turns.clone().try_acquire_owned() else { return };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_cause_is_told_once_a_minute_and_then_with_how_often_it_came() {
        let (refusals, now) = (Refusals::default(), Clock::default().now());
        let refused = Refused { connection: ConnectionId::new(), why: Why::Unknown };
        let other = Refused { why: Why::Missing, ..refused.clone() };
        assert_eq!(refusals.tell(&refused, now), Some(0));
        assert!(refusals.is_told(&refused, now) && !refusals.is_told(&other, now));
        assert_eq!(refusals.tell(&refused, now), None);
        assert_eq!(refusals.tell(&refused, now.plus(APART)), Some(2));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let (refusals, now) = (Refusals::default(), Clock::default().now());
        for _ in 0..=MOST {
            let refused = Refused { connection: ConnectionId::new(), why: Why::Unknown };
            refusals.tell(&refused, now);
        }
        assert_eq!(refusals.all().len(), 1);
    }

    #[test]
    fn so_many_are_looked_up_at_a_time_and_no_more() {
        let refusals = Refusals::default();
        let turns: Vec<_> = (0..AT_ONCE).map(|_| refusals.turns.try_acquire().unwrap()).collect();
        assert!(refusals.turns.try_acquire().is_err());
        drop(turns);
        assert!(refusals.turns.try_acquire().is_ok());
    }
}
