//! Where an exempt owner uses a break-glass code while the organization's identity provider is broken.

use super::{add_cookie, add_cookies, is_left_over, redirect_uri};
use crate::cause::Cause;
use crate::crypto::Secret;
use crate::email::Email;
use crate::error::Result;
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::outcome;
use crate::http::pages::{self, BreakGlass as View, BreakGlassFault as Fault};
use crate::http::server::State;
use crate::store::applications::{self, Application};
use crate::store::connections::Connection;
use crate::store::grants::Lifetimes;
use crate::store::organizations::{self, Organization};
use crate::store::sessions::Session;
use crate::store::sign_in::{self, BreakGlass, Completed};
use crate::store::traces::{self, Trace};
use crate::store::{Actor, Db, Scope, TraceId, Tx, break_glass};
use crate::telemetry::SignInOutcome;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use serde::Deserialize;

#[derive(Deserialize)]
pub(in crate::http) struct CodeQuery {
    trace: Option<TraceId>,
}

/// `GET /login/break-glass`: asks for the address and the code. Reading it uses nothing up.
pub(in crate::http) async fn ask(
    state: Data<State>,
    query: Query<CodeQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let trace = query.into_inner().trace;
    let browser = browser::bound(&state, &request);
    let now = state.store.clock().now();
    let trace = state
        .store
        .read(move |db| trace.map(|id| traces::by_id(db, &id)).transpose())
        .await?
        .flatten()
        .filter(|trace| sign_in::is_rescued(trace, browser.as_deref(), now));
    let email = trace.as_ref().and_then(|trace| trace.email.clone()).unwrap_or_default();
    Ok(page(&state, trace.as_ref(), &email, None))
}

#[derive(Deserialize)]
pub(in crate::http) struct CodeForm {
    trace: Option<String>,
    email: Option<String>,
    code: Option<String>,
}

/// `POST /login/break-glass`: the address and the code.
pub(in crate::http) async fn enter(
    state: Data<State>,
    form: Form<CodeForm>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let CodeForm { trace, email, code } = form.into_inner();
    let typed = email.unwrap_or_default();
    let id = trace.and_then(|id| id.parse::<TraceId>().ok());
    let (known, now) = (browser::bound(&state, &request), state.store.clock().now());
    let email = Email::parse(&typed).ok();
    let asked = email.clone();
    let place = state
        .store
        .read(move |db| place(db, id.as_ref(), known.as_deref(), now, asked.as_ref()))
        .await?;
    let Place { trace, at } = place;
    let again = |fault| Ok(page(&state, trace.as_ref(), &typed, Some(fault)));
    let Some(email) = email else { return again(Fault::Email) };
    let code = code.as_deref().and_then(break_glass::read);
    let Some(code) = code else { return again(Fault::Code) };
    let Some((organization, connection)) = at.filter(|(at, _)| !is_left_over(&state, at)) else {
        return again(Fault::Nowhere);
    };
    let (of, asked) = (organization.id.clone(), code.clone());
    let is_code = state.store.read(move |db| sign_in::is_code(db, &of, &asked)).await?;
    let attempt = Attempt { trace, organization, connection, email, code };
    if is_code {
        finish(&state, &request, attempt).await
    } else {
        refuse(&state, &request, attempt).await
    }
}

/// Refuses what is no code. Anybody can try one, so for a connection they fill the traces only up to a point.
async fn refuse(
    state: &Data<State>,
    request: &HttpRequest,
    attempt: Attempt,
) -> Result<HttpResponse, PageError> {
    let now = state.store.clock().now();
    let is_noted = state.limits.codes.add(&attempt.connection.id, now);
    let to = (attempt.connection.clone(), attempt.organization.clone());
    let trace = if is_noted {
        let (browser, _) = browser::bind(state, request);
        let (session, lifetimes) = (state.live().sign_in.session.delta(), state.lifetimes());
        let actor = Actor::SignIn(attempt.connection.id.clone());
        let write = move |tx: &mut Tx| {
            sign_in::refuse_code(tx, &attempt.asked(&browser, session, lifetimes))
        };
        Some(state.store.write(Scope::Own, actor, write).await?)
    } else {
        None
    };
    refused(state, Cause::BreakGlassRefused, trace.as_ref(), &to)
}

/// The sign-in that goes on, and where the code must be from.
struct Place {
    trace: Option<Trace>,
    at: Option<(Organization, Connection)>,
}

fn place(
    db: &mut Db,
    id: Option<&TraceId>,
    browser: Option<&str>,
    now: crate::clock::Time,
    email: Option<&Email>,
) -> Result<Place> {
    let trace = id.map(|id| traces::by_id(db, id)).transpose()?.flatten();
    let trace = trace.filter(|trace| sign_in::is_rescued(trace, browser, now));
    let application = match trace.as_ref().and_then(|trace| trace.application_id.as_ref()) {
        Some(id) => applications::by_id(db, id)?,
        None => None,
    };
    let organization = match email {
        Some(email) => organizations::by_domain(db, email.domain())?,
        None => None,
    };
    let admits = |application: &Application, organization: &Organization| {
        application.admits(&organization.id)
    };
    let organization = organization.filter(|organization| {
        application.as_ref().is_none_or(|application| admits(application, organization))
    });
    let at = match organization {
        Some(organization) => {
            sign_in::passed_by(db, &organization.id)?.map(|connection| (organization, connection))
        }
        None => None,
    };
    Ok(Place { trace, at })
}

/// What somebody entered, as far as it makes sense.
struct Attempt {
    trace: Option<Trace>,
    organization: Organization,
    connection: Connection,
    email: Email,
    code: Secret,
}

impl Attempt {
    fn asked<'a>(
        &'a self,
        browser: &'a str,
        session: TimeDelta,
        lifetimes: Lifetimes,
    ) -> BreakGlass<'a> {
        BreakGlass {
            trace: self.trace.as_ref(),
            organization: &self.organization.id,
            connection: &self.connection,
            email: &self.email,
            code: &self.code,
            browser,
            session,
            lifetimes,
        }
    }
}

fn refused(
    state: &State,
    cause: Cause,
    trace: Option<&Trace>,
    (connection, organization): &(Connection, Organization),
) -> Result<HttpResponse, PageError> {
    tracing::warn!(
        organization_id = organization.id.as_str(),
        trace_id = trace.map(|trace| trace.id.as_str()),
        %cause,
        "A break-glass code was refused."
    );
    outcome::refused(state, cause, trace, (connection, organization), &[], None)
}

async fn finish(
    state: &Data<State>,
    request: &HttpRequest,
    attempt: Attempt,
) -> Result<HttpResponse, PageError> {
    let (browser, bind) = browser::bind(state, request);
    let (session, lifetimes) = (state.live().sign_in.session.delta(), state.lifetimes());
    let actor = Actor::SignIn(attempt.connection.id.clone());
    let (attempt, trace, done) = state
        .store
        .write(&attempt.organization.id.clone(), actor, move |tx| {
            let asked = attempt.asked(&browser, session, lifetimes);
            let (trace, done) = sign_in::break_glass(tx, &asked)?;
            Ok((attempt, trace, done))
        })
        .await?;
    let Attempt { organization, connection, email, .. } = attempt;
    let (session, cookie, code) = match done {
        Completed::SignedIn { session, cookie, code } => (session, cookie, code),
        Completed::Refused(cause) => {
            return refused(state, cause, Some(&trace), &(connection, organization));
        }
        Completed::AtConsole(_) | Completed::Tested | Completed::Stale => {
            return Err(
                crate::error::Error::Busy("Something changed at this moment.".into()).into()
            );
        }
    };
    tell(organization.id.as_str(), &trace, &session);
    state.metrics.sign_in(SignInOutcome::Succeeded);
    let mut response = match (&trace.request, code) {
        (Some(asked), Some(code)) => {
            let answer = asked.return_to.code(code.reveal(), state.issuer());
            outcome::to_app(state, answer, &state.operator())
        }
        _ => outcome::home(state, &connection, &organization, &email.to_string(), true).await?,
    };
    add_cookie(&mut response, &browser::signed_in(state, &session, &cookie))?;
    add_cookies(&mut response, &bind)?;
    Ok(response)
}

/// Somebody should look whenever that happens.
fn tell(organization_id: &str, trace: &Trace, session: &Session) {
    tracing::warn!(
        organization_id,
        trace_id = trace.id.as_str(),
        user_id = session.user_id.as_str(),
        "A break-glass code was used: somebody signed in without the identity provider."
    );
}

fn page(state: &State, trace: Option<&Trace>, email: &str, fault: Option<Fault>) -> HttpResponse {
    let view = View {
        trace: trace.map_or("", |trace| trace.id.as_str()),
        email,
        fault,
        redirect_uri: trace.and_then(redirect_uri),
    };
    pages::break_glass(state, &view)
}
