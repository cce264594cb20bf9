//! A person is forgotten, when whoever asks has typed whom.

use super::LIST;
use super::acts::{asking, find};
use crate::http::console::confirm::{self, Confirm, TYPED};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::users::{self, Source, User};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `GET /console/users/{user}/erase`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &erasing(&state, &user)))
}

/// `POST /console/users/{user}/erase`: the address is typed to confirm it.
pub(in crate::http) async fn erase(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let user = find(&state, &id).await?;
    let confirm = erasing(&state, &user);
    if let Some(page) = confirm::differs(&state, &posted.seat, &confirm, posted.text(TYPED)) {
        return Ok(page);
    }
    let done = state
        .store
        .write(&user.organization_id, posted.seat.actor(), move |tx| users::erase(tx, &user.id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::UserErased, LIST)
}

fn erasing(state: &State, user: &User) -> Confirm {
    let mut confirm = asking(state, user, "erase");
    if user.source == Source::Scim {
        confirm.texts.push(state.locale.text("console.users.erase_directory").to_owned());
    }
    Confirm { typed: Some(user.label().to_owned()), ..confirm }
}
