//! How a member comes to the console by the operator's own provider: a sign-in as any, whose result goes to no application.

use super::entry::{self, LOGIN, NextQuery};
use super::{listing, seat};
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::http::sign_in::{Course, Departure, closed, depart, see_other};
use crate::store::connections::Connection;
use crate::store::members::provider;
use crate::store::organizations::Organization;
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};

/// Where a sign-in begins.
const PATH: &str = "/console/login/provider";

/// What the page of the sign-in offers: what the way says, and where it leads.
pub(super) async fn way(state: &State, next: &str) -> Result<Option<(String, String)>> {
    let href = listing::href(PATH, &[("next", next)]);
    let label = |name: &str| state.locale.fill("console.login.provider", &[("name", name)]);
    Ok(usable(state).await?.map(|(connection, _)| (label(&connection.name), href)))
}

async fn usable(state: &State) -> Result<Option<(Connection, Organization)>> {
    let found = state.store.read(provider::usable).await?;
    Ok(found.filter(|(connection, organization)| {
        closed(state, connection, organization, false).is_none()
    }))
}

/// `GET /console/login/provider`: off to the provider. A browser that is signed in goes where it wanted to.
pub(in crate::http) async fn begin(
    state: Data<State>,
    request: HttpRequest,
    query: Query<NextQuery>,
) -> Result<HttpResponse, PageError> {
    let to = entry::inside(&query.next);
    if seat::is_in(&state, &request).await? {
        return Ok(see_other(to));
    }
    let Some((connection, organization)) = usable(&state).await? else {
        return Ok(see_other(&listing::href(LOGIN, &[("next", &query.next)])));
    };
    let course = Course::Console(to.to_owned());
    let connection = Box::new(connection);
    depart(&state, &request, Departure { course, connection, organization, email: None }).await
}
