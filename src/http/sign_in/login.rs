//! Where a person says who they are: by email address, by a choice, or by the login URL of their connection.

use super::{Course, Departure, break_glass_path, chooser, closed, depart, nowhere, redirect_uri};
use crate::email::Email;
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::pages::{self, Again, Choice, EmailFault};
use crate::http::server::State;
use crate::store::destinations::{self, Destination, Hints};
use crate::store::sign_in;
use crate::store::traces::{self, Trace, TraceKind};
use crate::store::{ConnectionId, TraceId, applications, break_glass, connections};
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

#[derive(Deserialize)]
pub(in crate::http) struct LoginQuery {
    trace: Option<TraceId>,
}

/// `GET /login`: asks for the email address.
pub(in crate::http) async fn ask(
    state: Data<State>,
    query: Query<LoginQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let remembered = browser::remembered(&state, &request);
    let trace = query.into_inner().trace;
    let id = trace.clone();
    let (trace, last, has_codes) = state
        .store
        .read(move |db| {
            let trace = id.map(|id| traces::by_id(db, &id)).transpose()?.flatten();
            let hints =
                Hints { connection: remembered.map(|id| id.to_string()), ..Hints::default() };
            Ok((trace, destinations::find(db, &hints, None)?, break_glass::any(db)?))
        })
        .await?;
    if let Some(trace) = &trace
        && let Some(page) = over(&state, &request, trace)
    {
        return Ok(page);
    }
    let last = match &last {
        Destination::Connection(connection, organization)
            if closed(&state, connection, organization, false).is_none() =>
        {
            Some(Choice { connection: connection.id.as_str(), name: &organization.name })
        }
        _ => None,
    };
    let break_glass = has_codes.then(|| break_glass_path(trace.as_ref()));
    let view = pages::Login {
        trace: trace.as_ref().map_or("", |trace| trace.id.as_str()),
        email: trace.as_ref().and_then(|trace| trace.email.as_deref()).unwrap_or_default(),
        fault: None,
        last,
        break_glass: break_glass.as_deref(),
        redirect_uri: trace.as_ref().and_then(redirect_uri),
    };
    Ok(pages::login(&state, &view))
}

#[derive(Deserialize)]
pub(in crate::http) struct LoginForm {
    trace: Option<String>,
    email: Option<String>,
    connection: Option<String>,
}

/// `POST /login`: the typed email address, or the connection that was chosen.
pub(in crate::http) async fn choose(
    state: Data<State>,
    form: Form<LoginForm>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let form = form.into_inner();
    let email = form.email.unwrap_or_default();
    let trace =
        form.trace.filter(|id| !id.is_empty()).map(|id| id.parse::<TraceId>()).transpose()?;
    let unreadable = form.connection.is_none() && Email::parse(&email).is_err();
    let hints = Hints {
        connection: form.connection,
        email: (!email.is_empty()).then(|| email.clone()),
        ..Hints::default()
    };
    let (going, application, destination) = state
        .store
        .read(move |db| {
            let trace = trace.map(|id| traces::find(db, &id)).transpose()?;
            let application = match trace.as_ref().and_then(|t| t.application_id.as_ref()) {
                Some(id) => Some(applications::find(db, id)?),
                None => None,
            };
            let destination = destinations::find(db, &hints, application.as_ref())?;
            Ok((trace, application, destination))
        })
        .await?;
    if let Some(trace) = &going
        && let Some(page) = over(&state, &request, trace)
    {
        return Ok(page);
    }
    if unreadable {
        let view = pages::Login {
            trace: going.as_ref().map_or("", |trace| trace.id.as_str()),
            email: &email,
            fault: Some(EmailFault::Invalid),
            last: None,
            break_glass: None,
            redirect_uri: going.as_ref().and_then(redirect_uri),
        };
        return Ok(pages::login(&state, &view));
    }
    match destination {
        Destination::Connection(connection, organization) => {
            let course = going.map_or(Course::New(None), |trace| Course::Going(Box::new(trace)));
            let email = (!email.is_empty()).then_some(email);
            depart(&state, &request, Departure { course, connection, organization, email }).await
        }
        Destination::Choice(organization, connections) => {
            Ok(chooser(&state, going.as_ref(), &email, &organization, &connections))
        }
        Destination::Unasked | Destination::Nowhere => {
            Ok(nowhere(&state, going.as_ref(), application.as_ref(), &email))
        }
    }
}

#[derive(Deserialize)]
pub(in crate::http) struct LinkQuery {
    /// The trace of a test sign-in.
    test: Option<TraceId>,
}

/// `GET /login/{connection}`: the connection's own login URL; with `test`, a test sign-in.
pub(in crate::http) async fn from_link(
    state: Data<State>,
    connection: Path<ConnectionId>,
    query: Query<LinkQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (id, test) = (connection.into_inner(), query.into_inner().test);
    let (connection, organization, test) = state
        .store
        .read(move |db| {
            let test = test.map(|test| traces::find(db, &test)).transpose()?;
            let (connection, organization) = connections::find_with_organization(db, &id)?;
            Ok((connection, organization, test))
        })
        .await?;
    let browser = browser::bound(&state, &request);
    let course = match test {
        None => Course::New(None),
        Some(test) => {
            let mine = test.kind == TraceKind::Test
                && test.connection_id.as_ref() == Some(&connection.id)
                && sign_in::goes_on(&test, browser.as_deref(), state.store.clock().now());
            if !mine {
                return Ok(pages::again(&state, Again::Expired, "/login"));
            }
            Course::Going(Box::new(test))
        }
    };
    let connection = Box::new(connection);
    depart(&state, &request, Departure { course, connection, organization, email: None }).await
}

/// The page for a sign-in that cannot go on here: over, or begun in another browser.
fn over(state: &State, request: &HttpRequest, trace: &Trace) -> Option<HttpResponse> {
    let browser = browser::bound(state, request);
    if sign_in::goes_on(trace, browser.as_deref(), state.store.clock().now()) {
        return None;
    }
    let why = if trace.finished_at.is_some() {
        Again::Back
    } else if browser.is_none() {
        Again::Cookies
    } else {
        Again::Expired
    };
    Some(pages::again(state, why, "/login"))
}
