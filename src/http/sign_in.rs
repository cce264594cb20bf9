//! People signing in: where they are sent, and how the answer ends.

use super::browser;
use super::error::PageError;
use super::pages::{self, Choice};
use super::saml::{Decided, Verdict};
use super::server::State;
use crate::cause::Cause;
use crate::crypto::Place;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::oidc::answer::Answer as AppAnswer;
use crate::oidc::authorize::AuthorizationRequest;
use crate::saml::Binding;
use crate::saml::check::Check;
use crate::saml::attributes::Profile;
use crate::saml::request::{self, AuthnRequest};
use crate::saml::response::Identity;
use crate::store::applications::{self, Application};
use crate::store::connections::{Connection, ConnectionState};
use crate::store::destinations::{self, Destination, Hints};
use crate::store::grants::Lifetimes;
use crate::store::organizations::Organization;
use crate::store::sign_in::{self, Answer, Arrival, Beginning, Completed};
use crate::store::traces::{self, Trace, TraceKind};
use crate::store::{Actor, ConnectionId, OrganizationId, Scope, TraceId};
use crate::telemetry::SignInOutcome;
use actix_web::cookie::Cookie;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Form, Path, Query};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use serde::Deserialize;
use std::sync::Arc;

/// A response is kept, sealed, with the trace of its failure up to this size.
const KEPT_MESSAGE: usize = 256 * 1024;

/// A sign-in that is about to leave for an identity provider.
pub(super) struct Leaving<'a> {
    pub(super) connection: &'a Connection,
    pub(super) organization: &'a Organization,
    /// The trace's ID, which is the relay state.
    pub(super) trace: &'a TraceId,
    /// The ID of our request.
    pub(super) request_id: &'a str,
    /// The person must prove themselves again there.
    pub(super) force_authn: bool,
}

/// Sends the browser to the identity provider with our request (SAML profiles 4.1.4.1).
pub(super) fn leave(state: &State, leaving: &Leaving<'_>, bind: Cookie<'_>) -> Result<HttpResponse> {
    let connection = leaving.connection;
    let settings = &connection.settings;
    let provider = connection.identity_provider.as_ref();
    let endpoint = provider
        .and_then(|provider| request::choose(&provider.sign_on, settings.request_binding))
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a usable connection has no endpoint")))?;
    let public_url = state.config.public_url.as_str();
    let (issuer, acs) = (connection.entity_id(public_url), connection.acs(public_url));
    let message = AuthnRequest {
        id: leaving.request_id,
        issuer: &issuer,
        acs: &acs,
        issued_at: state.store.clock().now(),
        name_id_format: settings.name_id_format.as_deref(),
        force_authn: settings.force_authn || leaving.force_authn,
    };
    let signer = state.keys.signer(settings.sign_requests);
    let relay_state = leaving.trace.as_str();
    let mut response = match endpoint.binding {
        Binding::Redirect => {
            see_other(&message.redirect(&endpoint.location, relay_state, signer.as_ref())?)
        }
        Binding::Post => {
            let form = message.post(&endpoint.location, relay_state, signer.as_ref())?;
            let fields =
                [("SAMLRequest", &*form.saml_request), ("RelayState", &*form.relay_state)];
            let to = &leaving.organization.name;
            pages::between(state, &pages::Between { action: &form.action, fields: &fields, to })
        }
    };
    add_cookie(&mut response, &bind)?;
    Ok(response)
}

/// Why a connection takes nobody now. Tests may use one that is not on.
pub(super) fn closed(connection: &Connection, is_test: bool) -> Option<Cause> {
    match connection.state {
        ConnectionState::Active => None,
        ConnectionState::Testing | ConnectionState::Disabled if is_test => None,
        ConnectionState::Draft | ConnectionState::Testing => Some(Cause::ConnectionDraft),
        ConnectionState::Disabled | ConnectionState::Deleted => Some(Cause::ConnectionDisabled),
    }
}

#[derive(Deserialize)]
pub(super) struct LoginQuery {
    trace: Option<TraceId>,
}

/// `GET /login`: asks for the email address (UX 9.1).
pub(super) async fn ask(
    state: Data<State>,
    query: Query<LoginQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let remembered = browser::remembered(&state, &request);
    let trace = query.into_inner().trace;
    let id = trace.clone();
    let (trace, last) = state
        .store
        .read(move |db| {
            let trace = id.map(|id| traces::by_id(db, &id)).transpose()?.flatten();
            let hints = Hints {
                connection: remembered.map(|id| id.to_string()),
                ..Hints::default()
            };
            Ok((trace, destinations::find(db, &hints, None)?))
        })
        .await?;
    if let Some(trace) = &trace
        && !sign_in::is_open(trace, state.store.clock().now())
    {
        return Ok(pages::expired(&state, trace));
    }
    let last = match &last {
        Destination::Connection(connection, organization)
            if closed(connection, false).is_none() =>
        {
            Some(Choice { connection: connection.id.as_str(), name: &organization.name })
        }
        _ => None,
    };
    let view = pages::Login {
        trace: trace.as_ref().map_or("", |trace| trace.id.as_str()),
        email: trace.as_ref().and_then(|trace| trace.email.as_deref()).unwrap_or_default(),
        fault: None,
        last,
    };
    Ok(pages::login(&state, &view))
}

#[derive(Deserialize)]
pub(super) struct LoginForm {
    trace: Option<String>,
    email: Option<String>,
    connection: Option<String>,
}

/// `POST /login`: the typed email address, or the connection that was chosen.
pub(super) async fn choose(
    state: Data<State>,
    form: Form<LoginForm>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let form = form.into_inner();
    let email = form.email.unwrap_or_default();
    let trace = form.trace.filter(|id| !id.is_empty()).map(|id| id.parse::<TraceId>()).transpose()?;
    if form.connection.is_none()
        && let Err(fault) = Email::parse(&email)
    {
        return Ok(pages::email_again(&state, trace.as_ref(), &email, &fault));
    }
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
        && !sign_in::is_open(trace, state.store.clock().now())
    {
        return Ok(pages::expired(&state, trace));
    }
    match destination {
        Destination::Connection(connection, organization) => {
            let course = going.map_or(Course::New(None), Course::Going);
            let email = (!email.is_empty()).then_some(email);
            depart(&state, &request, Departure { course, connection, organization, email }).await
        }
        Destination::Choice(organization, connections) => {
            let trace = going.as_ref().map_or("", |trace| trace.id.as_str());
            Ok(pages::choose(&state, trace, &email, &organization.name, &connections))
        }
        Destination::Unasked | Destination::Nowhere => {
            nowhere(&state, going, application.as_ref(), &email)
        }
    }
}

#[derive(Deserialize)]
pub(super) struct LinkQuery {
    /// The trace of a test sign-in.
    test: Option<TraceId>,
}

/// `GET /login/{connection}`: the connection's own login URL; with `test`, a test sign-in.
pub(super) async fn from_link(
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
            let (connection, organization) =
                crate::store::connections::find_with_organization(db, &id)?;
            Ok((connection, organization, test))
        })
        .await?;
    let course = match test {
        None => Course::New(None),
        Some(test) => {
            let mine = test.kind == TraceKind::Test
                && test.connection_id.as_ref() == Some(&connection.id)
                && sign_in::is_open(&test, state.store.clock().now());
            if !mine {
                return Ok(pages::expired(&state, &test));
            }
            Course::Going(test)
        }
    };
    let connection = Box::new(connection);
    depart(&state, &request, Departure { course, connection, organization, email: None }).await
}

/// Whether a sign-in begins now or goes on.
pub(super) enum Course {
    /// It begins, with what an application asked if one did.
    New(Option<(Application, AuthorizationRequest)>),
    /// It began before.
    Going(Trace),
}

/// A sign-in and where it goes.
pub(super) struct Departure {
    pub(super) course: Course,
    pub(super) connection: Box<Connection>,
    pub(super) organization: Organization,
    pub(super) email: Option<String>,
}

/// Writes down where a sign-in goes and sends the browser there. A connection that is off says so.
pub(super) async fn depart(
    state: &Data<State>,
    request: &HttpRequest,
    departure: Departure,
) -> Result<HttpResponse, PageError> {
    let Departure { course, connection, organization, email } = departure;
    let is_test = matches!(&course, Course::Going(trace) if trace.kind == TraceKind::Test);
    let force_authn = match &course {
        Course::New(asked) => asked.as_ref().is_some_and(|(_, asked)| asked.asks_again()),
        Course::Going(trace) => trace.request.as_ref().is_some_and(|asked| asked.asks_again()),
    };
    let request_id = request::id()?;
    let (browser, bind) = browser::bind(state, request);
    let off = closed(&connection, is_test);
    let lifetime = state.config.sign_in.request_ttl.delta();
    let actor = Actor::SignIn(connection.id.clone());
    let (trace, connection, request_id) = state
        .store
        .write(Scope::Own, actor, move |tx| {
            let trace = match course {
                Course::New(asked) => {
                    let (application, asked) = asked.unzip();
                    let beginning = Beginning {
                        kind: TraceKind::SignIn,
                        application: application.as_ref().map(|application| &application.id),
                        request: asked,
                        toward: Some((&connection, Some(request_id.clone()))),
                        email,
                        browser: Some(&browser),
                        lifetime,
                    };
                    sign_in::begin(tx, beginning)?
                }
                Course::Going(trace) => {
                    let email = email.or_else(|| trace.email.clone());
                    sign_in::choose(tx, trace, &connection, &request_id, email, &browser)?
                }
            };
            if let Some(cause) = off {
                sign_in::refuse(tx, &trace, cause, Vec::new(), None)?;
            }
            Ok((trace, connection, request_id))
        })
        .await?;
    if let Some(cause) = off {
        let failure = Failure { cause, trace: &trace, connection: &connection, organization: &organization, checks: &[] };
        return failed(state, &failure);
    }
    let leaving = Leaving {
        connection: &connection,
        organization: &organization,
        trace: &trace.id,
        request_id: &request_id,
        force_authn,
    };
    Ok(leave(state, &leaving, bind)?)
}

/// Nothing leads to a connection: what the application wants then (UX 9.1.4).
pub(super) fn nowhere(
    state: &State,
    trace: Option<Trace>,
    application: Option<&Application>,
    email: &str,
) -> Result<HttpResponse, PageError> {
    let asked = trace.as_ref().and_then(|trace| trace.request.as_ref());
    if let (Some(application), Some(asked)) = (application, asked)
        && let Some(answer) = application.without_connection(asked, email, state.issuer())
    {
        return Ok(to_app(state, answer, &application.name));
    }
    let trace = trace.as_ref().map_or("", |trace| trace.id.as_str());
    Ok(pages::no_connection(state, email, trace))
}

/// Ends a sign-in: the person is in, or is told why not.
pub(super) async fn finish(
    state: &Data<State>,
    verdict: Verdict,
) -> Result<HttpResponse, PageError> {
    let Verdict { connection, organization, trace, checks, decided, message } = verdict;
    match decided {
        Decided::Refused(cause) => {
            let trace = record(state, &connection, trace, cause, checks.clone(), message).await?;
            let failure = Failure { cause, trace: &trace, connection: &connection, organization: &organization, checks: &checks };
            failed(state, &failure)
        }
        Decided::Accepted { identity, profile, arrival } => {
            let accepted = Accepted { connection, organization, trace, checks, identity, profile };
            admit(state, accepted, *arrival).await
        }
    }
}

/// A response that passed, and whom it speaks of.
struct Accepted {
    connection: Arc<Connection>,
    organization: Organization,
    trace: Option<Trace>,
    checks: Vec<Check>,
    identity: Box<Identity>,
    profile: Box<Profile>,
}

/// Writes down that a person is in. Somebody may change the person while the response is checked: then
/// it is decided once more, with the organization's lock.
async fn admit(
    state: &Data<State>,
    accepted: Accepted,
    arrival: Arrival,
) -> Result<HttpResponse, PageError> {
    let accepted = Arc::new(accepted);
    let known = matches!(arrival, Arrival::Known(_));
    let is_test = accepted.trace.as_ref().is_some_and(|trace| trace.kind == TraceKind::Test);
    let first = if known && !is_test { Scope::Own } else { accepted.scope() };
    let (mut trace, mut done) = write_down(state, &accepted, arrival, first).await?;
    if matches!(done, Completed::Stale) {
        (trace, done) = write_down(state, &accepted, Arrival::New, accepted.scope()).await?;
    }
    match done {
        Completed::SignedIn { session, cookie, code } => {
            state.metrics.sign_in(SignInOutcome::Succeeded);
            let answer = match (&trace.request, code) {
                (Some(asked), Some(code)) => {
                    to_app(state, asked.return_to.code(code.reveal(), state.issuer()), "")
                }
                _ => home(state, &accepted).await?,
            };
            let mut response = answer;
            add_cookie(&mut response, &browser::signed_in(state, &session, &cookie))?;
            add_cookie(&mut response, &browser::remember(state, &accepted.connection.id)?)?;
            Ok(response)
        }
        Completed::Tested => {
            let tested = pages::Tested {
                organization: &accepted.organization,
                trace: &trace,
                identity: Some(&accepted.identity),
                checks: &accepted.checks,
                cause: None,
            };
            Ok(pages::tested(state, &accepted.connection, &tested))
        }
        Completed::Refused(cause) => {
            let failure = Failure {
                cause,
                trace: &trace,
                connection: &accepted.connection,
                organization: &accepted.organization,
                checks: &accepted.checks,
            };
            failed(state, &failure)
        }
        Completed::Stale => {
            Err(Error::Busy("The person was changed at this moment.".to_owned()).into())
        }
    }
}

impl Accepted {
    fn scope(&self) -> Scope {
        Scope::from(&self.organization.id)
    }
}

async fn write_down(
    state: &Data<State>,
    accepted: &Arc<Accepted>,
    arrival: Arrival,
    scope: Scope,
) -> Result<(Trace, Completed)> {
    let accepted = accepted.clone();
    let (session, lifetimes) = (state.config.sign_in.session.delta(), state.lifetimes());
    let actor = Actor::SignIn(accepted.connection.id.clone());
    state
        .store
        .write(scope, actor, move |tx| {
            let trace = match &accepted.trace {
                Some(trace) => trace.clone(),
                None => sign_in::begin(tx, unasked(&accepted.connection))?,
            };
            let answer = Answer {
                trace: &trace,
                connection: &accepted.connection,
                organization: &accepted.organization,
                identity: &accepted.identity,
                profile: &accepted.profile,
                arrival: &arrival,
                checks: accepted.checks.clone(),
                session,
                lifetimes,
            };
            let done = sign_in::complete(tx, answer)?;
            Ok((trace, done))
        })
        .await
}

/// The trace of a response that nobody asked for.
fn unasked(connection: &Connection) -> Beginning<'_> {
    Beginning {
        kind: TraceKind::ProviderStarted,
        application: None,
        request: None,
        toward: Some((connection, None)),
        email: None,
        browser: None,
        lifetime: TimeDelta::zero(),
    }
}

/// Writes down a refusal: in the trace of the sign-in if that is still open, otherwise in one of its own.
async fn record(
    state: &Data<State>,
    connection: &Arc<Connection>,
    trace: Option<Trace>,
    cause: Cause,
    checks: Vec<Check>,
    message: Option<String>,
) -> Result<Trace> {
    let (connection, sealer) = (connection.clone(), state.clone());
    let actor = Actor::SignIn(connection.id.clone());
    state
        .store
        .write(Scope::Own, actor, move |tx| {
            let mut trace = match trace {
                Some(trace) if trace.finished_at.is_none() => trace,
                _ => sign_in::begin(tx, unasked(&connection))?,
            };
            if let Some(message) = message.filter(|message| message.len() <= KEPT_MESSAGE) {
                let place = Place { table: "traces", column: "message", row: trace.id.as_str() };
                trace.message = Some(sealer.master.seal(message.as_bytes(), &place)?);
            }
            sign_in::refuse(tx, &trace, cause, checks, None)?;
            Ok(trace)
        })
        .await
}

/// A sign-in that did not complete.
pub(super) struct Failure<'a> {
    pub(super) cause: Cause,
    pub(super) trace: &'a Trace,
    pub(super) connection: &'a Connection,
    pub(super) organization: &'a Organization,
    pub(super) checks: &'a [Check],
}

/// Tells the person, and through the link back the app, why a sign-in did not complete (UX 9.3).
pub(super) fn failed(state: &State, failure: &Failure<'_>) -> Result<HttpResponse, PageError> {
    state.metrics.sign_in(SignInOutcome::Failed(failure.cause));
    if failure.trace.kind == TraceKind::Test {
        let tested = pages::Tested {
            organization: failure.organization,
            trace: failure.trace,
            identity: None,
            checks: failure.checks,
            cause: Some(failure.cause),
        };
        return Ok(pages::tested(state, failure.connection, &tested));
    }
    Ok(pages::failed(state, failure))
}

/// Sends the answer of an authorization request on its way.
pub(super) fn to_app(state: &State, answer: AppAnswer, name: &str) -> HttpResponse {
    match answer {
        AppAnswer::Redirect(location) => see_other(&location),
        AppAnswer::Form { action, fields } => {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            pages::between(state, &pages::Between { action: &action, fields: &fields, to: name })
        }
    }
}

/// Where a person goes who is signed in while no application waits: to the application's own start of a
/// sign-in (OIDC Core 4), which the session then answers at once; without one, to a page that says so.
async fn home(state: &Data<State>, accepted: &Accepted) -> Result<HttpResponse> {
    let wished = accepted.connection.settings.default_application.clone();
    let organization = accepted.organization.id.clone();
    let application =
        state.store.read(move |db| applications::home_of(db, &organization, wished.as_ref())).await?;
    let email = accepted.profile.email.to_string();
    let start = application.and_then(|application| application.start(state.issuer(), &email));
    Ok(match start {
        Some(location) => see_other(&location),
        None => pages::signed_in(
            state,
            &pages::SignedIn { email: &email, organization: &accepted.organization.name },
        ),
    })
}

/// Redirects with GET, whatever the method was.
pub(super) fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// Adds a cookie. One that cannot be written as a header would be a fault of ours.
pub(super) fn add_cookie(response: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<()> {
    response
        .add_cookie(cookie)
        .map_err(|error| Error::Internal(anyhow::Error::new(error).context("a cookie")))
}
