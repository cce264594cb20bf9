//! What is done with a connection at once: a test sign-in, and reading its metadata again.

use super::{Head, find, href, overview};
use crate::acts::metadata::{self, Source, Terms};
use crate::error::{Error, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, CONNECTIONS, Frame};
use crate::http::console::seat::{Manage, Posted};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::connections::{Connection, Protocol};
use crate::store::{Scope, sign_in};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

/// Where what stands against an act is told: beside what is known of the provider.
const PROVIDER: &str = "/provider";

#[derive(Template)]
#[template(path = "console/connection_test.html")]
struct TestPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    head: Head,
    test: String,
    trace: String,
}

/// `POST /console/connections/{connection}/test`: begins a test, which goes on where its link is opened.
pub(in crate::http) async fn test(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    if let Err(errors) = form::mendable(connection.needs_its_provider(), PROVIDER)? {
        return Ok(overview::show(&state, &posted.seat, connection, &organization, errors).await?);
    }
    let head = Head::of(&state, &posted.seat, &connection, &organization);
    let login_url = connection.login_url(state.config.public_url.as_str());
    let lifetime = state.live().sign_in.request_ttl.delta();
    let begun = state.store.write(Scope::Own, posted.seat.actor(), move |tx| {
        sign_in::begin_test(tx, &connection, lifetime)
    });
    let trace = begun.await?;
    let page = TestPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &posted.seat, CONNECTIONS),
        head,
        test: format!("{login_url}?test={}", trace.id),
        trace: format!("/console/traces/{}", trace.id),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// `POST /console/connections/{connection}/refresh`: reads the metadata again at the address that is known.
pub(in crate::http) async fn refresh(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let read = read_again(&state, &posted, connection.clone()).await;
    let Err(errors) = form::mendable(read, PROVIDER)? else {
        return Ok(see_other(&href(&connection.id)));
    };
    Ok(overview::show(&state, &posted.seat, connection, &organization, errors).await?)
}

async fn read_again(
    state: &State,
    posted: &Posted<Manage>,
    connection: Connection,
) -> Result<Connection> {
    connection.must_speak(Protocol::Saml)?;
    let Some(url) = connection.metadata_url.clone() else {
        let why = state.locale.text("console.connections.no_address");
        return Err(Error::conflict("metadata_required", why));
    };
    let reading = state.reading(&connection, None);
    let (actor, terms) = (posted.seat.actor(), Terms::default());
    metadata::import(&state.store, actor, connection, Source::Url(url), &reading, terms).await
}
