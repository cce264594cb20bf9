//! What directories asked for is written down: changes in their own transaction, all else a little later and
//! together with others.

use super::document::{Recognised, Sent};
use super::path::parts;
use super::refusals::Refusals;
use crate::clock::Time;
use crate::crypto::MasterKey;
use crate::error::Result;
use crate::http::caller::Directory;
use crate::http::error::ScimError;
use crate::http::request::Origin;
use crate::http::server::State;
use crate::scim::dialect::{self, Dialect, Seen};
use crate::store::directories::requests::{self, Entry, Message};
use crate::store::directories::{self, Changes};
use crate::store::{Actor, ScimRequestId, Scope, Tx};
use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};
use serde_json::Value;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many requests wait at most. More come only in a flood, and are not written down.
const MOST: usize = 5000;
/// How long they wait for others.
const PATIENCE: Duration = Duration::from_millis(500);
/// Bytes of a body that is kept.
const KEPT: usize = 64 * 1024;
/// Bytes of a path that are kept.
const PATH: usize = 1000;

/// Requests that wait to be written down.
#[derive(Default)]
pub(in crate::http) struct Waiting {
    entries: Mutex<Vec<Entry>>,
    /// What was told of refused tokens.
    pub(super) refusals: Refusals,
}

/// A change has been written down already, in the transaction that made it.
pub(super) struct Written;

/// What came of a request that changed nothing, in words.
pub(super) struct Words(pub(super) String);

/// What is known of a request before it is answered.
pub(super) fn entry(
    request: &HttpRequest,
    directory: &Directory,
    began: Instant,
    now: Time,
) -> Entry {
    let row = directory.row();
    let whole = request.uri().path_and_query().map_or("", |whole| whole.as_str());
    let base = parts(request.path()).map_or("", |(base, _)| base);
    let path = whole.strip_prefix(base).unwrap_or(whole);
    let cut = path.floor_char_boundary(PATH);
    let micros = i64::try_from(began.elapsed().as_micros()).unwrap_or(i64::MAX);
    let is_ours = |id: &&str| id.len() < 64 && id.bytes().all(|byte| byte.is_ascii_graphic());
    let id = request.match_info().get("id").filter(is_ours);
    Entry {
        id: ScimRequestId::new(),
        organization_id: row.organization_id.clone(),
        connection_id: row.connection_id.clone(),
        token_id: Some(directory.token().clone()),
        method: request.method().to_string(),
        path: path.get(..cut).unwrap_or_default().to_owned(),
        status: 200,
        code: None,
        effect: String::new(),
        is_change: false,
        dialect: row.dialect.clone(),
        resource_id: id.map(str::to_owned),
        message: None,
        micros,
        created_at: now,
        why: None,
    }
}

/// The body of a request, where it is one that is kept. Passwords are no part of it.
pub(super) fn body(request: &HttpRequest) -> Option<Value> {
    let extensions = request.extensions();
    let Sent(body) = extensions.get::<Sent>()?;
    if body.len() > KEPT {
        return None;
    }
    let mut body = serde_json::from_slice::<Value>(body).ok()?;
    forget_passwords(&mut body);
    Some(body)
}

/// What came and what it changed, sealed: they tell of people.
pub(super) fn message(
    master: &MasterKey,
    id: &ScimRequestId,
    body: Option<Value>,
    changes: Changes,
) -> Result<Option<String>> {
    if body.is_none() && changes.is_empty() {
        return Ok(None);
    }
    Message { request: body, changes: Some(changes.into_value()) }.sealed(master, id).map(Some)
}

fn forget_passwords(value: &mut Value) {
    match value {
        Value::Array(parts) => parts.iter_mut().for_each(forget_passwords),
        Value::Object(parts) => {
            let is_one = |path: &Value| {
                path.as_str().is_some_and(|path| path.to_ascii_lowercase().ends_with("password"))
            };
            let is_of_one = parts.get("path").is_some_and(is_one);
            for (name, part) in parts.iter_mut() {
                if name.to_ascii_lowercase().ends_with("password")
                    || is_of_one && name.eq_ignore_ascii_case("value")
                {
                    *part = "[secret]".into();
                } else {
                    forget_passwords(part);
                }
            }
        }
        _ => {}
    }
}

/// Notes what was answered, unless the change was written down with what it changed.
pub(super) async fn note(directory: &Directory, answer: &ServiceResponse<BoxBody>, began: Instant) {
    let (state, request) = (directory.state(), answer.request());
    learn(directory, request).await;
    if request.extensions().get::<Written>().is_some() {
        return;
    }
    let now = state.store.clock().now();
    let mut entry = entry(request, directory, began, now);
    entry.status = i32::from(answer.status().as_u16());
    let error = answer.response().error().and_then(|error| error.as_error::<ScimError>());
    if let Some(error) = error {
        let told = error.told(&Origin::of(request).id);
        entry.code = Some(told.code.to_owned());
        entry.effect = told.detail.replace('\0', "");
    } else if let Some(Words(words)) = request.extensions().get() {
        entry.effect.clone_from(words);
    } else {
        "Read.".clone_into(&mut entry.effect);
    }
    match message(&state.master, &entry.id, body(request), Changes::default()) {
        Ok(message) => entry.message = message,
        Err(error) => {
            tracing::warn!(error = ?error, "the body of a SCIM request could not be sealed");
        }
    }
    put(state, entry);
}

/// Lets an entry wait for others; the first of them has them written.
pub(super) fn put(state: &Data<State>, entry: Entry) {
    let mut entries = state.scim.entries.lock().unwrap_or_else(PoisonError::into_inner);
    if entries.len() >= MOST {
        return;
    }
    entries.push(entry);
    if entries.len() == 1 {
        let state = state.clone();
        tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            write(&state).await;
        });
    }
}

async fn write(state: &State) {
    let entries =
        mem::take(&mut *state.scim.entries.lock().unwrap_or_else(PoisonError::into_inner));
    let write = move |tx: &mut Tx| requests::record_all(tx, &entries);
    if let Err(error) = state.store.write(Scope::Own, Actor::System, write).await {
        tracing::warn!(error = ?error, "SCIM requests could not be written down");
    }
}

/// Learns which product a directory is: from its name at any time, from its habits where nothing is known yet.
async fn learn(directory: &Directory, request: &HttpRequest) {
    let row = directory.row();
    if row.is_dialect_set {
        return;
    }
    let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let by_name = dialect::recognise(Seen { agent, query: "", body: None });
    let by_habit = || {
        let seen = request.extensions().get::<Recognised>().map(|seen| seen.0);
        seen.filter(|_| row.dialect() == Dialect::Generic)
    };
    let Some(found) = by_name.or_else(by_habit).filter(|found| *found != row.dialect()) else {
        return;
    };
    directory.has_changed();
    let (scope, actor, row) = (row.organization_id.clone(), directory.actor(), row.clone());
    let write = move |tx: &mut Tx| directories::recognised(tx, &row, found);
    if let Err(error) = directory.state().store.write(&scope, actor, write).await {
        tracing::warn!(error = ?error, "the dialect of a directory could not be noted");
    }
}
