//! A provider that speaks OpenID Connect is made known: by its issuer, and by what we are to it.

use super::{Outcome, render};
use crate::acts::openid::{Change, configure};
use crate::crypto::Secret;
use crate::error::{Error, FieldError, Result};
use crate::http::pages::Fault;
use crate::http::portal::seat::Posted;
use crate::http::server::State;
use crate::store::connections::Protocol;
use crate::store::setup_links::Step;
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Reads what the provider says of itself, or goes on with what is known.
pub(super) async fn take(state: &Data<State>, posted: &Posted) -> Result<HttpResponse> {
    let seat = &posted.seat;
    let connection = seat.connection()?;
    connection.must_speak(Protocol::Oidc)?;
    if !posted.has("issuer") {
        connection.needs_its_provider()?;
        return super::finish(state, seat, Step::Metadata).await;
    }
    let given = |field| Some(posted.text(field).to_owned()).filter(|text| !text.is_empty());
    let change = Change {
        issuer: given("issuer"),
        client_id: given("client_id"),
        // Left empty: the one that there is goes on.
        client_secret: given("client_secret").map(Secret::from),
        ..Change::default()
    };
    let with = (&state.store, &state.master, &state.upstream);
    match configure(with, seat.actor(), connection.clone(), change).await {
        Ok(connection) => super::metadata::known(state, seat, &connection).await,
        Err(Error::Invalid(faults)) => again(state, posted, faults).await,
        Err(other) => Err(other),
    }
}

/// Shows the step again with what is wrong at each field. The secret is not shown.
async fn again(
    state: &Data<State>,
    posted: &Posted,
    faults: Vec<FieldError>,
) -> Result<HttpResponse> {
    let fault = |fault: FieldError| {
        let field = match &*fault.pointer {
            "/client_id" => "client_id",
            "/client_secret" | "/auth_method" => "client_secret",
            _ => "issuer",
        };
        Fault { field: field.to_owned(), text: fault.detail }
    };
    let outcome = Outcome {
        faults: faults.into_iter().map(fault).collect(),
        typed: ["issuer", "client_id"].map(|field| (field, posted.text(field).to_owned())).to_vec(),
        ..Outcome::default()
    };
    render(state, &posted.seat, Step::Metadata, outcome).await
}
