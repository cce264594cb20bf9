//! What is asked before it is done to a person: keeping them out, and signing them out.

use super::href;
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::USERS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::UserId;
use crate::store::users::{self, User};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `GET /console/users/{user}/suspend`
pub(in crate::http) async fn ask_suspend(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &asking(&state, &user, "suspend")))
}

/// `POST /console/users/{user}/suspend`
pub(in crate::http) async fn suspend(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = find(&state, &id).await?;
    let (confirm, back) = (asking(&state, &user, "suspend"), href(&user.id));
    let done = state
        .store
        .write(&user.organization_id, posted.seat.actor(), move |tx| users::suspend(tx, &user.id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::UserSuspended, &back)
}

/// `POST /console/users/{user}/restore`: takes the operator's suspension back.
pub(in crate::http) async fn restore(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = find(&state, &id).await?;
    let back = href(&user.id);
    let done = state
        .store
        .write(&user.organization_id, posted.seat.actor(), move |tx| users::restore(tx, &user.id));
    done.await?;
    Ok(done::lead(&state, Done::UserRestored, &back))
}

/// `GET /console/users/{user}/sessions`
pub(in crate::http) async fn ask_end(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &asking(&state, &user, "sessions")))
}

/// `POST /console/users/{user}/sessions`
pub(in crate::http) async fn end(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = find(&state, &id).await?;
    let (confirm, back) = (asking(&state, &user, "sessions"), href(&user.id));
    let done = state.store.write(&user.organization_id, posted.seat.actor(), move |tx| {
        users::end_sessions(tx, &user.id)
    });
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::UserSignedOut, &back)
}

pub(super) async fn find(state: &State, id: &str) -> Result<User> {
    let id: UserId = id.parse()?;
    state.store.read(move |db| users::find(db, &id)).await
}

pub(super) fn asking(state: &State, user: &User, act: &str) -> Confirm {
    let fill = |what: &str| {
        state.locale.fill(&format!("console.users.{what}"), &[("person", user.label())])
    };
    Confirm {
        above: vec![(href(&user.id), user.label().to_owned())],
        title: fill(&format!("{act}_title")),
        texts: vec![fill(&format!("{act}_text"))],
        action: format!("{}/{act}", href(&user.id)),
        button: fill(act),
        ..Confirm::blank(USERS, href(&user.id))
    }
}
