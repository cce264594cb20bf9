//! What may be done to one person or group, whether a request asks for it or an operation of a bulk request.

use super::call::Call;
use super::log::{self, Words, Written};
use super::show::{self, Shown};
use super::version::Versions;
use crate::error::Result;
use crate::http::error::ScimError;
use crate::scim::{self, Kind, Resource, patch as patches, resource};
use crate::store::directories::{Directory, Effect, groups, people, requests};
use crate::store::{ScimRequestId, Tx};
use actix_web::http::StatusCode;
use actix_web::{HttpMessage, HttpResponse};
use serde_json::Value;
use std::mem;

/// What was done.
pub(super) struct Done {
    pub(super) status: StatusCode,
    /// The resource as it is now; none: it is gone.
    pub(super) shown: Option<Shown>,
}

impl Done {
    /// The answer to a request.
    pub(super) fn answer(&self) -> HttpResponse {
        match &self.shown {
            Some(shown) => shown.answer(self.status),
            None => HttpResponse::build(self.status).finish(),
        }
    }
}

/// Makes a resource, or restores the one that was deleted.
pub(super) async fn create(call: &Call, kind: Kind, body: Value) -> Result<Done, ScimError> {
    let resource = Resource::parse(kind, &body)?;
    let projection = call.given.projection(kind);
    let shown = match kind {
        Kind::User => {
            let made = write(call, StatusCode::CREATED, move |tx, directory| {
                people::create(tx, directory, resource)
            });
            show::person(&call.base, &made.await?, &projection)
        }
        Kind::Group => {
            let members = resource::members(&body)?.unwrap_or_default();
            let shows = projection.wants("members");
            let made = write(call, StatusCode::CREATED, move |tx, directory| {
                groups::create(tx, directory, resource, &members, shows)
            });
            show::group(&call.base, made.await?, &projection)
        }
    };
    Ok(Done { status: StatusCode::CREATED, shown: Some(shown) })
}

/// Reads one.
pub(super) async fn find(call: &Call, kind: Kind, id: &str) -> Result<Shown, ScimError> {
    let id = id.to_owned();
    let projection = call.given.projection(kind);
    Ok(match kind {
        Kind::User => {
            let shows = projection.wants("groups");
            let read = call.read(move |db, directory| people::find(db, directory, &id, shows));
            show::person(&call.base, &read.await?, &projection)
        }
        Kind::Group => {
            let shows = projection.wants("members");
            let read = call.read(move |db, directory| groups::find(db, directory, &id, shows));
            show::group(&call.base, read.await?, &projection)
        }
    })
}

/// What of a body cannot be read is told only to whoever has seen what is there now: that it is another by now comes first
/// (RFC 9110, 13.2.1).
pub(super) async fn readable<T, E: Into<ScimError>>(
    call: &Call,
    kind: Kind,
    id: &str,
    versions: &Versions,
    read: Result<T, E>,
) -> Result<T, ScimError> {
    let fault = match read {
        Ok(read) => return Ok(read),
        Err(fault) => fault.into(),
    };
    if let Some(only) = &versions.only {
        let current = find(call, kind, id).await?.version;
        let now = Versions::named(Some(&current)).only;
        if !now.iter().flatten().any(|revision| only.contains(revision)) {
            return Err(scim::Error::version(&current).into());
        }
    }
    Err(fault)
}

/// Puts what the body says in the place of what was there. A body that is silent about members leaves them.
pub(super) async fn replace(
    call: &Call,
    kind: Kind,
    id: &str,
    body: Value,
    versions: &Versions,
) -> Result<Done, ScimError> {
    let resource = Resource::parse(kind, &body);
    let resource = readable(call, kind, id, versions, resource).await?;
    let (id, only, projection) =
        (id.to_owned(), versions.only.clone(), call.given.projection(kind));
    let shown = match kind {
        Kind::User => {
            let done = write(call, StatusCode::OK, move |tx, directory| {
                people::replace(tx, directory, &id, resource, only.as_deref())
            });
            show::person(&call.base, &done.await?, &projection)
        }
        Kind::Group => {
            let members = resource::members(&body);
            let members = readable(call, kind, &id, versions, members).await?;
            let shows = projection.wants("members");
            let done = write(call, StatusCode::OK, move |tx, directory| {
                groups::replace(tx, directory, &id, resource, members, only.as_deref(), shows)
            });
            show::group(&call.base, done.await?, &projection)
        }
    };
    Ok(Done { status: StatusCode::OK, shown: Some(shown) })
}

/// Changes some of it (RFC 7644, 3.5.2).
pub(super) async fn patch(
    call: &Call,
    kind: Kind,
    id: &str,
    body: Value,
    versions: &Versions,
) -> Result<Done, ScimError> {
    let operations = patches::parse(kind, &body);
    let operations = readable(call, kind, id, versions, operations).await?;
    let (id, only, projection) =
        (id.to_owned(), versions.only.clone(), call.given.projection(kind));
    let shown = match kind {
        Kind::User => {
            let done = write(call, StatusCode::OK, move |tx, directory| {
                people::patch(tx, directory, &id, &operations, only.as_deref())
            });
            show::person(&call.base, &done.await?, &projection)
        }
        Kind::Group => {
            let shows = projection.wants("members");
            let done = write(call, StatusCode::OK, move |tx, directory| {
                groups::patch(tx, directory, &id, &operations, only.as_deref(), shows)
            });
            show::group(&call.base, done.await?, &projection)
        }
    };
    Ok(Done { status: StatusCode::OK, shown: Some(shown) })
}

/// Takes it away. It can be restored by making it again.
pub(super) async fn remove(
    call: &Call,
    kind: Kind,
    id: &str,
    versions: &Versions,
) -> Result<Done, ScimError> {
    let (id, only) = (id.to_owned(), versions.only.clone());
    write(call, StatusCode::NO_CONTENT, move |tx, directory| match kind {
        Kind::User => Ok(((), people::remove(tx, directory, &id, only.as_deref())?)),
        Kind::Group => Ok(((), groups::remove(tx, directory, &id, only.as_deref())?)),
    })
    .await?;
    Ok(Done { status: StatusCode::NO_CONTENT, shown: None })
}

/// What an act was on.
trait Subject {
    /// Its ID; none: the address names it.
    fn id(&self) -> Option<String>;
}

impl Subject for people::Person {
    fn id(&self) -> Option<String> {
        Some(self.row.user_id.to_string())
    }
}

impl Subject for groups::Crowd {
    fn id(&self) -> Option<String> {
        Some(self.group.id.to_string())
    }
}

impl Subject for () {
    fn id(&self) -> Option<String> {
        None
    }
}

/// One transaction of the organization, in the name of its directory. What it changed is written down in it.
async fn write<T: Subject + Send + 'static>(
    call: &Call,
    status: StatusCode,
    act: impl FnOnce(&mut Tx, &Directory) -> Result<(T, Effect)> + Send + 'static,
) -> Result<T, ScimError> {
    let (scope, actor) = (call.directory.row().organization_id.clone(), call.directory.actor());
    let standing = call.directory.standing();
    let now = call.state.store.clock().now();
    let mut entry = log::entry(&call.request, &call.directory, call.began, now);
    entry.status = i32::from(status.as_u16());
    let (state, body) = (call.state.clone(), log::body(&call.request));
    let write = move |tx: &mut Tx| {
        let directory = standing.directory(tx.db, tx.now)?;
        let (done, mut effect) = act(tx, &directory)?;
        if effect.is_change {
            let changes = mem::take(&mut effect.changes);
            // Only now it has its turn: requests are in the order of what they changed.
            entry.id = ScimRequestId::new();
            entry.message = log::message(&state.master, &entry.id, body, changes)?;
            entry.resource_id = done.id().or(entry.resource_id);
            entry.effect.clone_from(&effect.words);
            entry.is_change = true;
            requests::record(tx, &entry)?;
        }
        Ok((done, effect))
    };
    let (done, effect) = call.state.store.write(&scope, actor, write).await?;
    if effect.is_change {
        call.request.extensions_mut().insert(Written);
    } else {
        call.request.extensions_mut().insert(Words(effect.words));
    }
    Ok(done)
}
