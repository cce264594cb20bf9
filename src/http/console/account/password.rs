//! Another password, for whoever knows the present one.

use super::{PATH, Telling, prove, show};
use crate::crypto;
use crate::error::{FieldError, Result};
use crate::http::console::seat::{Posted, Read};
use crate::http::console::{entry, form};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::Scope;
use crate::store::members;
use actix_web::HttpResponse;
use actix_web::web::Data;

/// `POST /console/account/password`: every other browser is signed out.
pub(in crate::http) async fn change(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    let (old, new) = (posted.typed("old").to_owned(), posted.typed("password").to_owned());
    if let Some(fault) = prove(&state, seat, &old, "/old").await? {
        return Ok(show(&state, seat, refused(vec![fault])).await?);
    }
    let fits = members::check_password(&new, &seat.member.email, &seat.member.name);
    if let Err(errors) = form::mendable(fits, "/password")? {
        return Ok(show(&state, seat, refused(errors)).await?);
    }
    let hash = entry::apart(&state, move || crypto::hash_password(&new)).await?;
    let (id, keep) = (seat.member.id.clone(), seat.session.id.clone());
    let known = seat.member.password.clone();
    let done = state.store.write(Scope::System, seat.actor(), move |tx| {
        members::change_password(tx, &id, known.as_deref(), &hash, &keep)
    });
    match form::mendable(done.await, "/old")? {
        Ok(()) => Ok(done::lead(&state, Done::PasswordChanged, PATH)),
        Err(errors) => Ok(show(&state, seat, refused(errors)).await?),
    }
}

fn refused(errors: Vec<FieldError>) -> Telling {
    Telling { errors, ..Telling::default() }
}
