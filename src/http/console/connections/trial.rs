//! A test sign-in of a connection, which goes on in a window of its own, and what came of the last one.

use super::{PROVIDER, find, href, overview};
use crate::cause::Cause;
use crate::error::Result;
use crate::http::console::form;
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Manage, Posted};
use crate::http::console::words::Badge;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::depart_test;
use crate::store::connections::{Connection, ConnectionState};
use crate::store::traces::{self, Outcome, Trace};
use crate::store::{Scope, sign_in};
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

/// The last test sign-in.
pub(super) struct Trial {
    /// Where it is read again.
    pub(super) here: String,
    pub(super) last: Option<Last>,
    /// Where the connection is turned on now, once its test has passed while somebody looked.
    pub(super) turn: Option<String>,
}

/// How far it has come.
pub(super) struct Last {
    pub(super) badge: Badge,
    pub(super) began: Moment,
    pub(super) trace: String,
    /// Why it did not pass.
    pub(super) cause: Option<String>,
}

#[derive(Template)]
#[template(path = "console/_trial.html")]
struct Part<'a> {
    shell: Shell<'a>,
    trial: &'a Trial,
}

/// `POST /console/connections/{connection}/test`: begins a test and leads to the provider.
pub(in crate::http) async fn test(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    if let Err(errors) = form::mendable(connection.needs_its_provider(), PROVIDER)? {
        return Ok(overview::show(&state, &posted.seat, connection, &organization, errors).await?);
    }
    let lifetime = state.live().sign_in.request_ttl.delta();
    let begun = state.store.write(Scope::Own, posted.seat.actor(), move |tx| {
        Ok((sign_in::begin_test(tx, &connection, lifetime)?, connection))
    });
    let (trace, connection) = begun.await?;
    depart_test(&state, &request, trace, connection, organization).await
}

/// What came of the last one, as htmx puts it in the place of what was known before.
pub(super) async fn part(
    state: &State,
    connection: &Connection,
    may_turn: bool,
) -> Result<HttpResponse> {
    let id = connection.id.clone();
    let last = state.store.read(move |db| traces::last_test(db, &id)).await?;
    let has_passed = last.as_ref().is_some_and(|trace| trace.outcome == Outcome::Succeeded);
    let is_ready = connection.state != ConnectionState::Active && connection.tested();
    let turn = || format!("{}/turn", href(&connection.id));
    let trial = Trial {
        turn: (may_turn && is_ready && has_passed).then(turn),
        ..of(state, connection, last.as_ref())
    };
    let part = Part { shell: Shell::of(state), trial: &trial };
    let mut answer = respond(state, StatusCode::OK, &Csp::Page, &part);
    answer.headers_mut().insert(header::VARY, HeaderValue::from_static("HX-Request"));
    Ok(answer)
}

/// What is said of the last one.
pub(super) fn of(state: &State, connection: &Connection, last: Option<&Trace>) -> Trial {
    Trial { here: href(&connection.id), last: last.map(|last| told(state, last)), turn: None }
}

fn told(state: &State, trace: &Trace) -> Last {
    let (class, key) = match trace.outcome {
        Outcome::Succeeded => (" ok", "page.test.passed"),
        Outcome::Failed => (" bad", "page.test.failed"),
        _ if trace.is_left(state.store.clock().now()) => ("", "portal.test_left"),
        Outcome::InProgress | Outcome::Abandoned => ("", "portal.test_waiting"),
    };
    let title = |code: &str| {
        let cause = Cause::from_code(code);
        cause.map_or_else(|| code.to_owned(), |it| state.locale.cause(it).title.clone())
    };
    Last {
        badge: Badge { class, label: state.locale.text(key).to_owned() },
        began: listing::when(state, trace.started_at),
        trace: format!("/console/traces/{}", trace.id),
        cause: trace.cause.as_deref().map(title),
    }
}
