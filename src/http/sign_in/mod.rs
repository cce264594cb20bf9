//! People signing in: where they are sent, and how the answer ends.

mod login;

pub(super) use login::{ask, choose, from_link};

use super::browser;
use super::error::PageError;
use super::outcome;
use super::pages::{self, Choice, Chooser, Destination as Way, NoConnection};
use super::server::State;
use crate::cause::Cause;
use crate::error::{Error, Result};
use crate::oidc;
use crate::oidc::answer::Answer as AppAnswer;
use crate::oidc::authorize::AuthorizationRequest;
use crate::saml::Binding;
use crate::saml::request::{self, AuthnRequest};
use crate::store::applications::{Application, NoConnection as NoWay};
use crate::store::connections::{Connection, ConnectionState};
use crate::store::organizations::Organization;
use crate::store::sign_in::{self, Beginning};
use crate::store::traces::{Trace, TraceKind};
use crate::store::{Actor, Scope, TraceId};
use actix_web::cookie::Cookie;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use url::Url;

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
pub(super) fn leave(
    state: &State,
    leaving: &Leaving<'_>,
    bind: &[Cookie<'_>],
) -> Result<HttpResponse> {
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
    let keys = state.keys();
    let signer = settings.sign_requests.then(|| keys.signer());
    let relay_state = leaving.trace.as_str();
    let mut response = match endpoint.binding {
        Binding::Redirect => {
            see_other(&message.redirect(&endpoint.location, relay_state, signer.as_ref())?)
        }
        Binding::Post => {
            let form = message.post(&endpoint.location, relay_state, signer.as_ref())?;
            let fields = [("SAMLRequest", &*form.saml_request), ("RelayState", &*form.relay_state)];
            let to = Way::Organization(&leaving.organization.name);
            pages::between(state, &pages::Between { action: &form.action, fields: &fields, to })
        }
    };
    add_cookies(&mut response, bind)?;
    Ok(response)
}

/// Why a connection takes nobody now. Tests may use one that is not on. The demo's, whose provider lets anybody be
/// anybody, takes people only where the demo is on: a database may have come from development.
pub(super) fn closed(
    state: &State,
    connection: &Connection,
    organization: &Organization,
    is_test: bool,
) -> Option<Cause> {
    if organization.is_demo && !state.config.demo_is_on() {
        return Some(Cause::ConnectionDisabled);
    }
    match connection.state {
        ConnectionState::Active => None,
        ConnectionState::Testing | ConnectionState::Disabled if is_test => None,
        ConnectionState::Draft | ConnectionState::Testing => Some(Cause::ConnectionDraft),
        ConnectionState::Disabled | ConnectionState::Deleted => Some(Cause::ConnectionDisabled),
    }
}

/// Whether a sign-in begins now or goes on.
pub(super) enum Course {
    /// It begins, with what an application asked if one did.
    New(Option<Box<(Application, AuthorizationRequest)>>),
    /// It began before.
    Going(Box<Trace>),
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
        Course::New(asked) => asked.as_ref().is_some_and(|asked| asked.1.forces()),
        Course::Going(trace) => trace.request.as_ref().is_some_and(|asked| asked.forces()),
    };
    let request_id = request::id()?;
    let (browser, bind) = browser::bind(state, request);
    let off = closed(state, &connection, &organization, is_test);
    let lifetime = state.config.sign_in.request_ttl.delta();
    let actor = Actor::SignIn(connection.id.clone());
    let (trace, connection, request_id) = state
        .store
        .write(Scope::Own, actor, move |tx| {
            let trace = match course {
                Course::New(asked) => {
                    let (application, asked) = asked.map(|asked| *asked).unzip();
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
                    sign_in::choose(tx, &trace, &connection, &request_id, email, &browser)?
                }
            };
            if let Some(cause) = off {
                sign_in::refuse(tx, &trace, cause, Vec::new(), None)?;
            }
            Ok((trace, connection, request_id))
        })
        .await?;
    if let Some(cause) = off {
        return outcome::refused(state, cause, &trace, &connection, &organization, &[]);
    }
    let leaving = Leaving {
        connection: &connection,
        organization: &organization,
        trace: &trace.id,
        request_id: &request_id,
        force_authn,
    };
    Ok(leave(state, &leaving, &bind)?)
}

/// Nothing leads to a connection: what the application wants then (UX 9.1.4).
pub(super) fn nowhere(
    state: &State,
    trace: Option<&Trace>,
    application: Option<&Application>,
    email: &str,
) -> HttpResponse {
    let asked = trace.and_then(|trace| trace.request.as_ref());
    if let (Some(application), Some(asked)) = (application, asked)
        && let Some(answer) = without_connection(application, asked, email, state.issuer())
    {
        return outcome::to_app(state, answer, &application.name);
    }
    let again = login_path(trace);
    pages::no_connection(state, &NoConnection { again: &again })
}

fn without_connection(
    application: &Application,
    asked: &AuthorizationRequest,
    email: &str,
    issuer: &str,
) -> Option<AppAnswer> {
    match (application.no_connection, &application.fallback_url) {
        (NoWay::Error, _) => {
            let error = oidc::Error::AccessDenied("no_connection".into());
            Some(asked.return_to.error(&error, issuer))
        }
        (NoWay::Fallback, Some(address)) => {
            let mut address = Url::parse(address).ok()?;
            address.query_pairs_mut().append_pair("email", email);
            Some(AppAnswer::Redirect(address.into()))
        }
        (NoWay::Page | NoWay::Fallback, _) => None,
    }
}

/// Asks which of several connections to use.
pub(super) fn chooser(
    state: &State,
    trace: Option<&Trace>,
    email: &str,
    organization: &Organization,
    connections: &[Connection],
) -> HttpResponse {
    let choices: Vec<Choice<'_>> = connections
        .iter()
        .map(|connection| Choice { connection: connection.id.as_str(), name: &connection.name })
        .collect();
    let view = Chooser {
        trace: trace.map_or("", |trace| trace.id.as_str()),
        email,
        organization: &organization.name,
        choices: &choices,
        redirect_uri: trace.and_then(redirect_uri),
    };
    pages::chooser(state, &view)
}

/// The page of ours on which a sign-in goes on with another email address.
pub(super) fn login_path(trace: Option<&Trace>) -> String {
    match trace {
        Some(trace) if trace.finished_at.is_none() => format!("/login?trace={}", trace.id),
        _ => "/login".to_owned(),
    }
}

fn redirect_uri(trace: &Trace) -> Option<&str> {
    trace.request.as_ref().map(|asked| asked.return_to.redirect_uri.as_str())
}

/// Redirects with GET, whatever the method was.
pub(super) fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// Adds several cookies.
pub(super) fn add_cookies(response: &mut HttpResponse, cookies: &[Cookie<'_>]) -> Result<()> {
    cookies.iter().try_for_each(|cookie| add_cookie(response, cookie))
}

/// Adds a cookie. One that cannot be written as a header would be a fault of ours.
pub(super) fn add_cookie(response: &mut HttpResponse, cookie: &Cookie<'_>) -> Result<()> {
    response
        .add_cookie(cookie)
        .map_err(|error| Error::Internal(anyhow::Error::new(error).context("a cookie")))
}
