//! How a sign-in ends: written down, and told to the person and the app.

mod tested;

pub(super) use tested::{Received, lines};

use super::browser;
use super::console;
use super::error::{Failure, PageError};
use super::pages::{self, Destination};
use super::request::Origin;
use super::server::State;
use super::sign_in::{add_cookie, break_glass_path, login_path, see_other};
use super::verdict::{Accepted, Decided, Looked, Verdict};
use crate::cause::Cause;
use crate::error::{Error, Result};
use crate::oidc;
use crate::oidc::answer::Answer as AppAnswer;
use crate::saml::check::Check;
use crate::store::applications;
use crate::store::connections::Connection;
use crate::store::organizations::Organization;
use crate::store::sign_in::{self, Answer, Arrival, Beginning, Completed, Desk};
use crate::store::traces::{self, Trace, TraceKind};
use crate::store::{Actor, Next, Scope, Tx};
use crate::telemetry::SignInOutcome;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use std::net::IpAddr;
use std::sync::Arc;

/// What was found about a provider's answer.
pub(super) enum Judged {
    /// Nothing is written down yet.
    Open(Box<Verdict>),
    /// It lets somebody in who is known and unchanged, and that is written down.
    Written(Box<Written>),
}

/// A response that passed, and what came of it.
pub(super) struct Written {
    arrived: Arc<Arrived>,
    trace: Trace,
    done: Completed,
}

impl Judged {
    /// Whether the person may come in, as far as it is decided.
    pub(super) fn is_accepted(&self) -> bool {
        match self {
            Self::Open(verdict) => matches!(verdict.decided, Decided::Accepted(_)),
            Self::Written(_) => true,
        }
    }
}

/// Decides who arrives, and writes down in the same transaction that they are in, where that is somebody known and unchanged,
/// as most are. Everything else is for [`finish`].
pub(super) fn written(state: &Data<State>, looked: Looked) -> Result<Next<Judged>> {
    if looked.decided.is_err() || !is_usual(looked.trace.as_ref()) {
        let verdict = looked.decide_apart(&state.store)?;
        return Ok(Next::Done(Judged::Open(Box::new(verdict))));
    }
    let scope = Scope::Among(looked.organization.id.clone());
    let (actor, writer) = (Actor::SignIn(looked.connection.id.clone()), state.clone());
    Ok(Next::write(scope, actor, move |tx| {
        let mut verdict = looked.decide(tx.db)?;
        let accepted = match verdict.decided {
            Decided::Accepted(accepted) if matches!(accepted.arrival, Arrival::Known(_)) => {
                accepted
            }
            decided => {
                verdict.decided = decided;
                return Ok(Judged::Open(Box::new(verdict)));
            }
        };
        let Verdict { connection, organization, trace, checks, .. } = verdict;
        let arrived = Arc::new(Arrived { connection, organization, checks, accepted, desk: None });
        let (trace, done) = write_down(&writer, &arrived, trace, Arrives::Here)(tx)?;
        Ok(Judged::Written(Box::new(Written { arrived, trace, done })))
    }))
}

/// Whether nothing is written of somebody known and unchanged but rows that nobody else writes: it is neither a test, nor does
/// it lead to the console.
fn is_usual(trace: Option<&Trace>) -> bool {
    !trace.is_some_and(|trace| matches!(trace.kind, TraceKind::Test | TraceKind::Console))
}

/// Ends a sign-in: the person is in, or is told why not.
pub(super) async fn finish(
    state: &Data<State>,
    judged: Judged,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let from = Origin::of(request).address;
    let verdict = match judged {
        Judged::Open(verdict) => *verdict,
        Judged::Written(written) => return admitted(state, *written, from).await,
    };
    let Verdict { connection, organization, trace, checks, decided, kept, received, .. } = verdict;
    match decided {
        Decided::Refused(cause) => {
            // A page that is loaded again posts its answer once more. Where that was a test, it is nobody's sign-in.
            if let Some(test) = trace.as_ref().filter(|trace| tested::is_over(trace)) {
                return Ok(tested::again(state, test, (&connection, &organization)));
            }
            // What nobody asked for is anybody's to send: it fills the traces only up to a point.
            let is_asked = trace.as_ref().is_some_and(|trace| trace.finished_at.is_none());
            let now = state.store.clock().now();
            if !is_asked && !state.limits.unasked.add(&connection.id, now) {
                return refused(state, cause, None, (&connection, &organization), &checks, None);
            }
            let trace = record(state, &connection, trace, cause, checks.clone(), kept).await?;
            let to = (&*connection, &organization);
            refused(state, cause, Some(&trace), to, &checks, received.as_deref())
        }
        Decided::Accepted(accepted) => {
            let is_alone =
                is_usual(trace.as_ref()) && matches!(accepted.arrival, Arrival::Known(_));
            let is_console = trace.as_ref().is_some_and(|trace| trace.kind == TraceKind::Console);
            let desk = is_console.then(|| Desk {
                before: browser::member(state, request),
                lasts: console::lasts(state),
            });
            let arrived = Arrived { connection, organization, checks, accepted, desk };
            let scope = match &arrived.organization.id {
                id if is_alone => Scope::Among(id.clone()),
                _ => arrived.locked(),
            };
            let arrived = Arc::new(arrived);
            let write = write_down(state, &arrived, trace, Arrives::Before);
            let (trace, done) = state.store.write(scope, arrived.actor(), write).await?;
            admitted(state, Written { arrived, trace, done }, from).await
        }
    }
}

/// A response that passed, and all that it takes to write it down.
struct Arrived {
    connection: Arc<Connection>,
    organization: Organization,
    checks: Vec<Check>,
    accepted: Box<Accepted>,
    /// Of a member who signs in to the console.
    desk: Option<Desk>,
}

impl Arrived {
    fn actor(&self) -> Actor {
        Actor::SignIn(self.connection.id.clone())
    }

    /// The scope in which a person changes. Members and the choice of their provider are the installation's.
    fn locked(&self) -> Scope {
        if self.desk.is_some() { Scope::System } else { Scope::from(&self.organization.id) }
    }
}

/// Tells what was written down. Somebody may have changed the person while the response was checked: then it is decided
/// once more, with the organization's lock.
async fn admitted(
    state: &Data<State>,
    written: Written,
    from: IpAddr,
) -> Result<HttpResponse, PageError> {
    let Written { arrived, mut trace, mut done } = written;
    if matches!(done, Completed::Stale) {
        let write = write_down(state, &arrived, Some(trace), Arrives::Anew);
        (trace, done) = state.store.write(arrived.locked(), arrived.actor(), write).await?;
    }
    match done {
        Completed::SignedIn { session, cookie, code } => {
            state.metrics.sign_in(SignInOutcome::Succeeded);
            state.limits.know(&arrived.connection.id, from, state.store.clock().now());
            let mut response = if let (Some(asked), Some(code)) = (&trace.request, code) {
                let answer = asked.return_to.code(code.reveal(), state.issuer());
                to_app(state, answer, &state.operator())
            } else {
                let Arrived { connection, organization, accepted, .. } = &*arrived;
                let email = accepted.email.to_string();
                home(state, connection, organization, &email, false).await?
            };
            add_cookie(&mut response, &browser::signed_in(state, &session, &cookie))?;
            add_cookie(&mut response, &browser::remember(state, &arrived.connection.id)?)?;
            Ok(response)
        }
        Completed::AtConsole(at) => {
            state.metrics.sign_in(SignInOutcome::Succeeded);
            state.limits.know(&arrived.connection.id, from, state.store.clock().now());
            let to = trace.console_path.as_deref().unwrap_or_default();
            Ok(console::entered(state, &at.entered, &at.member.email_key, to)?)
        }
        Completed::Tested => Ok(tested::passed(state, &trace, &arrived).await?),
        Completed::Refused(cause) => {
            let Arrived { connection, organization, checks, accepted, .. } = &*arrived;
            if cause == Cause::ResponseReplayed && trace.kind == TraceKind::Test {
                let id = trace.id.clone();
                let now = state.store.read(move |db| traces::find(db, &id)).await?;
                // It may have gone on in another browser since, and what came there is not for this one.
                if tested::is_over(&now) && now.browser_hash == trace.browser_hash {
                    return Ok(tested::again(state, &now, (connection, organization)));
                }
            }
            let Accepted { identity, profile, .. } = &**accepted;
            let lines = lines(&identity.attributes, profile);
            refused(state, cause, Some(&trace), (connection, organization), checks, Some(&lines))
        }
        Completed::Stale => {
            Err(Error::Busy("The person was changed at this moment.".to_owned()).into())
        }
    }
}

/// When it was decided who arrives.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrives {
    /// In the transaction that writes it down.
    Here,
    /// Before it, so that it is looked at again.
    Before,
    /// Not yet, for it has changed since.
    Anew,
}

/// Writes a response down that passed.
fn write_down(
    state: &State,
    arrived: &Arc<Arrived>,
    open: Option<Trace>,
    when: Arrives,
) -> impl FnOnce(&mut Tx) -> Result<(Trace, Completed)> + Send + use<> {
    let usual = state.live().sign_in.session.delta();
    let (session, lifetimes) = (arrived.organization.session(usual), state.lifetimes());
    let arrived = arrived.clone();
    move |tx| {
        let trace = match open {
            Some(trace) => trace,
            None => sign_in::begin(tx, unasked(&arrived.connection))?,
        };
        if trace.kind == TraceKind::Console {
            tx.lock(&arrived.organization.id)?;
        }
        let answer = Answer {
            trace: &trace,
            connection: &arrived.connection,
            organization: &arrived.organization,
            identity: &arrived.accepted.identity,
            profile: &arrived.accepted.profile,
            email: &arrived.accepted.email,
            arrival: match when {
                Arrives::Here | Arrives::Before => &arrived.accepted.arrival,
                Arrives::Anew => &Arrival::New,
            },
            is_here: when == Arrives::Here,
            checks: &arrived.checks,
            session,
            lifetimes,
            desk: arrived.desk.as_ref(),
        };
        let done = sign_in::complete(tx, &answer)?;
        Ok((trace, done))
    }
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
            if let Some(message) = message {
                trace.message = Some(sealer.master.seal(message.as_bytes(), &trace.place())?);
            }
            sign_in::refuse(tx, &trace, cause, checks, None)?;
            Ok(trace)
        })
        .await
}

/// Tells the person, and through the link back the app, why a sign-in did not complete. Without a trace nothing
/// was written down.
pub(super) fn refused(
    state: &State,
    cause: Cause,
    trace: Option<&Trace>,
    (connection, organization): (&Connection, &Organization),
    checks: &[Check],
    received: Option<&[Received]>,
) -> Result<HttpResponse, PageError> {
    state.metrics.sign_in(SignInOutcome::Failed(cause));
    if let Some(trace) = trace
        && trace.kind == TraceKind::Test
    {
        let of = (connection, organization);
        return Ok(tested::failed(state, cause, trace, of, checks, received.unwrap_or_default()));
    }
    if cause == Cause::IdpStartedNotAllowed {
        let start = format!("/login/{}", connection.id);
        return Ok(pages::started_at_provider(state, &organization.name, &start));
    }
    let app = trace.and_then(|trace| {
        let asked = trace.request.as_ref()?;
        let why = format!("{cause}; trace={}", trace.id);
        let error = match cause {
            // OIDC Core 3.1.2.1: who cannot be made to sign in again, or is somebody else than the app wants.
            Cause::AuthenticationTooOld | Cause::PersonMismatch => {
                oidc::Error::LoginRequired(why.into())
            }
            _ => oidc::Error::AccessDenied(why.into()),
        };
        match asked.return_to.error(&error, state.issuer()) {
            AppAnswer::Redirect(address) => Some((state.operator(), address)),
            AppAnswer::Form { .. } => None,
        }
    });
    // Whoever wants to come to the console goes back there, where a password does as well.
    let is_console = trace.is_some_and(|trace| trace.kind == TraceKind::Console);
    let again = if is_console { console::LOGIN.to_owned() } else { login_path(None) };
    let has_codes = organization.codes_left > 0 && !is_console;
    let failure = Failure {
        trace: trace.map(|trace| trace.id.clone()),
        organization: Some(organization.name.clone()),
        since: connection.disabled_at,
        again: Some(again),
        break_glass: has_codes.then(|| break_glass_path(trace)),
        app,
        ..Failure::new(cause)
    };
    Err(failure.into())
}

/// Sends the answer of an authorization request on its way.
pub(super) fn to_app(state: &State, answer: AppAnswer, name: &str) -> HttpResponse {
    match answer {
        AppAnswer::Redirect(location) => see_other(&location),
        AppAnswer::Form { action, fields } => {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let to = Destination::Application(name);
            pages::between(state, &pages::Between { action: &action, fields: &fields, to })
        }
    }
}

/// Where a person goes who is signed in while no application waits: to the application's own start of a
/// sign-in (OIDC Core 4), which the session then answers at once; without one, to a page that says so.
pub(super) async fn home(
    state: &Data<State>,
    connection: &Connection,
    organization: &Organization,
    email: &str,
    by_code: bool,
) -> Result<HttpResponse> {
    let (wished, id) = (connection.settings.default_application.clone(), organization.id.clone());
    let application =
        state.store.read(move |db| applications::home_of(db, &id, wished.as_ref())).await?;
    let start = application.and_then(|application| application.start(state.issuer(), email));
    let view = pages::SignedIn { email, organization: &organization.name, by_code };
    Ok(start.map_or_else(|| pages::signed_in(state, &view), |location| see_other(&location)))
}
