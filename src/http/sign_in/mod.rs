//! People signing in: where they are sent, and how the answer ends.

mod break_glass;
mod login;

pub(super) use break_glass::{ask as ask_code, enter as enter_code};
pub(super) use login::{ask, choose, from_link};

use super::browser;
use super::error::PageError;
use super::openid;
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
use crate::store::{Actor, Scope, Tx};
use actix_web::cookie::Cookie;
use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use url::Url;

/// Sends the browser to the identity provider with our request (SAML profiles 4.1.4.1).
fn leave(
    state: &State,
    departed: &Departed,
    bind: &[Cookie<'_>],
    lead: impl FnOnce(&str) -> HttpResponse,
) -> Result<HttpResponse> {
    let connection = &departed.connection;
    if let Some(provider) = &connection.openid_provider {
        let Departed { trace, request_id, .. } = departed;
        let mut response = lead(&openid::address(state, connection, provider, trace, request_id)?);
        add_cookies(&mut response, bind)?;
        return Ok(response);
    }
    let settings = &connection.settings;
    let provider = connection.identity_provider.as_ref();
    let endpoint = provider
        .and_then(|provider| request::choose(&provider.sign_on, settings.request_binding))
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("a usable connection has no endpoint")))?;
    let public_url = state.config.public_url.as_str();
    let (issuer, acs) = (connection.entity_id(public_url), connection.acs(public_url));
    let message = AuthnRequest {
        id: &departed.request_id,
        issuer: &issuer,
        acs: &acs,
        issued_at: state.store.clock().now(),
        name_id_format: settings.name_id_format.as_deref(),
        force_authn: settings.force_authn || departed.force_authn,
    };
    let keys = state.keys();
    let signer = settings.sign_requests.then(|| keys.signer());
    let relay_state = departed.trace.id.as_str();
    let mut response = match endpoint.binding {
        Binding::Redirect => {
            lead(&message.redirect(&endpoint.location, relay_state, signer.as_ref())?)
        }
        Binding::Post => {
            let form = message.post(&endpoint.location, relay_state, signer.as_ref())?;
            let fields = [("SAMLRequest", &*form.saml_request), ("RelayState", &*form.relay_state)];
            let to = Way::Organization(&departed.organization.name);
            pages::between(state, &pages::Between { action: &form.action, fields: &fields, to })
        }
    };
    add_cookies(&mut response, bind)?;
    Ok(response)
}

/// Whether this is the demo's customer where there is no demo: a database may have come from development. The demo's
/// provider lets anybody be anybody, so nobody is let in who came that way, nor whatever was given to them.
pub(super) fn is_left_over(state: &State, organization: &Organization) -> bool {
    organization.is_demo && !state.config.demo_is_on()
}

/// Why a connection takes nobody now. Tests may use one that is not on.
pub(super) fn closed(
    state: &State,
    connection: &Connection,
    organization: &Organization,
    is_test: bool,
) -> Option<Cause> {
    if is_left_over(state, organization) {
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
    /// A member's begins now, to this page of the console.
    Console(String),
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

/// A sign-in that is written down as on its way to an identity provider.
pub(super) struct Departed {
    trace: Trace,
    connection: Box<Connection>,
    organization: Organization,
    /// The ID of our request.
    request_id: String,
    /// The person must prove themselves again there.
    force_authn: bool,
    /// Why it goes nowhere, and the trace says so.
    off: Option<Cause>,
}

/// Writes down where a sign-in goes and sends the browser there. A connection that is off says so.
pub(super) async fn depart(
    state: &Data<State>,
    request: &HttpRequest,
    departure: Departure,
) -> Result<HttpResponse, PageError> {
    let (browser, bind) = browser::bind(state, request);
    let departed = written(state, departure, browser).await?;
    away(state, &departed, &bind)
}

/// Sends a test that has begun on its way, in answer to the form that began it: by a page, as the form's own may lead nowhere else.
pub(super) async fn depart_test(
    state: &Data<State>,
    request: &HttpRequest,
    trace: Trace,
    connection: Connection,
    organization: Organization,
) -> Result<HttpResponse, PageError> {
    let (browser, bind) = browser::bind(state, request);
    let (course, connection) = (Course::Going(Box::new(trace)), Box::new(connection));
    let departure = Departure { course, connection, organization, email: None };
    let departed = written(state, departure, browser).await?;
    let to = Way::Organization(&departed.organization.name);
    let lead = |href: &str| pages::onward(state, href, to);
    away_by(state, &departed, &bind, lead)
}

/// The part of [`depart`] that writes.
async fn written(state: &Data<State>, departure: Departure, browser: String) -> Result<Departed> {
    let (writer, actor) = (state.clone(), Actor::SignIn(departure.connection.id.clone()));
    let write = move |tx: &mut Tx<'_>| set_out(tx, &writer, departure, &browser);
    state.store.write(Scope::Own, actor, write).await
}

/// Writes down where a sign-in goes.
pub(super) fn set_out(
    tx: &mut Tx<'_>,
    state: &State,
    departure: Departure,
    browser: &str,
) -> Result<Departed> {
    let Departure { course, connection, organization, email } = departure;
    let is_test = matches!(&course, Course::Going(trace) if trace.kind == TraceKind::Test);
    let force_authn = match &course {
        Course::New(asked) => asked.as_ref().is_some_and(|asked| asked.1.forces()),
        Course::Console(_) => false,
        Course::Going(trace) => trace.request.as_ref().is_some_and(|asked| asked.forces()),
    };
    let request_id = request::id_at(tx.now)?;
    let off = closed(state, &connection, &organization, is_test);
    let begins = |email| Beginning {
        kind: TraceKind::SignIn,
        application: None,
        request: None,
        toward: Some((&*connection, Some(request_id.clone()))),
        email,
        browser: Some(browser),
        lifetime: state.live().sign_in.request_ttl.delta(),
    };
    let trace = match course {
        Course::New(asked) => {
            let (application, request) = asked.map(|asked| *asked).unzip();
            let application = application.as_ref().map(|application| &application.id);
            sign_in::begin(tx, Beginning { application, request, ..begins(email) })?
        }
        Course::Console(to) => sign_in::begin_at_console(tx, begins(email), &to)?,
        Course::Going(trace) => {
            let email = email.or_else(|| trace.email.clone());
            sign_in::choose(tx, &trace, &connection, &request_id, email, browser)?
        }
    };
    if let Some(cause) = off {
        sign_in::refuse(tx, &trace, cause, Vec::new(), None)?;
    }
    Ok(Departed { trace, connection, organization, request_id, force_authn, off })
}

/// The part of [`depart`] that answers the browser.
pub(super) fn away(
    state: &State,
    departed: &Departed,
    bind: &[Cookie<'_>],
) -> Result<HttpResponse, PageError> {
    away_by(state, departed, bind, see_other)
}

fn away_by(
    state: &State,
    departed: &Departed,
    bind: &[Cookie<'_>],
    lead: impl FnOnce(&str) -> HttpResponse,
) -> Result<HttpResponse, PageError> {
    let Departed { trace, connection, organization, off, .. } = departed;
    match off {
        Some(cause) => {
            let to = (&**connection, organization);
            let mut refused = outcome::refused(state, *cause, Some(trace), to, &[], None);
            if let Err(PageError::SignIn(failure)) = &mut refused {
                failure.bind = bind.iter().map(|cookie| cookie.clone().into_owned()).collect();
            }
            refused
        }
        None => Ok(leave(state, departed, bind, lead)?),
    }
}

/// Nothing leads to a connection: what the application wants then.
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

/// The page of ours on which a sign-in goes on with a break-glass code.
pub(super) fn break_glass_path(trace: Option<&Trace>) -> String {
    match trace {
        Some(trace) => format!("/login/break-glass?trace={}", trace.id),
        None => "/login/break-glass".to_owned(),
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
