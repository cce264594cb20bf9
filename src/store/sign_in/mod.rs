//! A sign-in from its beginning to the code for the app: begin, choose, look, complete or fail.
//!
//! Nothing is held in memory between the halves: any instance may finish what another began.

mod arrival;
mod break_glass;
mod complete;
mod console;

pub use arrival::{Arrival, arrival};
pub use break_glass::{BreakGlass, break_glass, is_code, is_rescued, passed_by, refuse_code};
pub use complete::{Answer, Completed, complete};
pub use console::{AtConsole, Desk};

use super::connections::Connection;
use super::prepared::written;
use super::schema::traces;
use super::traces::{Checks, Outcome, Received, Trace, TraceKind};
use super::{Actor, ApplicationId, Json, TraceId, Tx, events, on_backend};
use crate::cause::Cause;
use crate::clock::Time;
use crate::crypto;
use crate::error::{Error, Result};
use crate::oidc::authorize::AuthorizationRequest;
use crate::saml::check::Check;
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// What is known when a sign-in begins.
pub struct Beginning<'a> {
    /// For an app, as a test, or by the provider.
    pub kind: TraceKind,
    /// The application that asked, if one did.
    pub application: Option<&'a ApplicationId>,
    /// What it asked.
    pub request: Option<AuthorizationRequest>,
    /// Where the person is sent, if that is known already, with the ID of our request there.
    pub toward: Option<(&'a Connection, Option<String>)>,
    /// The email address that the person typed or the app gave.
    pub email: Option<String>,
    /// The value that binds the sign-in to this browser.
    pub browser: Option<&'a str>,
    /// How long the person may take.
    pub lifetime: TimeDelta,
}

/// Writes the trace of a member who signs in to the console at the operator's own provider, and wants to go there to this page.
pub fn begin_at_console(tx: &mut Tx, beginning: Beginning<'_>, to: &str) -> Result<Trace> {
    write(tx, Beginning { kind: TraceKind::Console, ..beginning }, Some(to.to_owned()))
}

written! {
    insert NewTrace: Trace, into traces {
        id, kind, outcome, cause, organization_id, connection_id, application_id, user_id, email, request,
        saml_request_id, browser_hash, checks, received, message, started_at, expires_at, finished_at,
        sent_at, at_portal, console_path,
    }
}

/// Writes the trace of a sign-in that begins. Its ID is the relay state.
pub fn begin(tx: &mut Tx, beginning: Beginning<'_>) -> Result<Trace> {
    write(tx, beginning, None)
}

fn write(tx: &mut Tx, beginning: Beginning<'_>, console_path: Option<String>) -> Result<Trace> {
    let (connection, saml_request_id) = beginning.toward.unzip();
    let saml_request_id = saml_request_id.flatten();
    let sent_at = saml_request_id.is_some().then_some(tx.now);
    let trace = Trace {
        id: TraceId::new(),
        kind: beginning.kind,
        outcome: Outcome::InProgress,
        cause: None,
        organization_id: connection.map(|c: &Connection| c.organization_id.clone()),
        connection_id: connection.map(|c| c.id.clone()),
        application_id: beginning.application.cloned(),
        user_id: None,
        email: beginning.email,
        request: beginning.request.map(Json::from),
        saml_request_id,
        browser_hash: beginning.browser.map(|value| crypto::hash(value).into_string()),
        checks: Checks::default().into(),
        received: None,
        message: None,
        started_at: tx.now,
        expires_at: tx.now.plus(beginning.lifetime),
        finished_at: None,
        sent_at,
        at_portal: matches!(tx.actor, Actor::Portal(_)),
        console_path,
    };
    on_backend!(tx.db, conn => NewTrace(&trace).execute(conn))?;
    Ok(trace)
}

/// Sends a sign-in that has begun to a connection. The person may go back and choose again: only the
/// answer to the last request counts.
pub fn choose(
    tx: &mut Tx,
    trace: &Trace,
    connection: &Connection,
    saml_request_id: &str,
    email: Option<String>,
    browser: &str,
) -> Result<Trace> {
    let chosen = diesel::update(traces::table.find(&trace.id))
        .filter(traces::outcome.eq(Outcome::InProgress))
        .set((
            traces::organization_id.eq(&connection.organization_id),
            traces::connection_id.eq(&connection.id),
            traces::saml_request_id.eq(saml_request_id),
            traces::browser_hash.eq(crypto::hash(browser).as_str()),
            traces::email.eq(email),
            traces::sent_at.eq(tx.now),
        ))
        .get_result(tx.db)
        .optional()?;
    chosen.ok_or_else(|| Error::not_found("open sign-in", trace.id.as_str()))
}

/// Begins a test of a connection, for whoever opens its address first.
pub fn begin_test(tx: &mut Tx, connection: &Connection, lifetime: TimeDelta) -> Result<Trace> {
    let beginning = Beginning {
        kind: TraceKind::Test,
        application: None,
        request: None,
        toward: Some((connection, None)),
        email: None,
        browser: None,
        lifetime,
    };
    begin(tx, beginning)
}

/// Whether a sign-in may go on in this browser. A test goes on wherever its address is opened, one of the portal only where that was
/// first; one to the console only at the provider where it began.
#[must_use]
pub fn goes_on(trace: &Trace, browser: Option<&str>, now: Time) -> bool {
    trace.finished_at.is_none()
        && now < trace.expires_at
        && trace.kind != TraceKind::Console
        && (is_for_anybody(trace) || began_in(trace, browser))
}

/// Whether a sign-in is a test that goes on in any browser.
fn is_for_anybody(trace: &Trace) -> bool {
    trace.kind == TraceKind::Test && (!trace.at_portal || trace.browser_hash.is_none())
}

/// Whether a sign-in began in the browser with this value.
#[must_use]
pub fn began_in(trace: &Trace, browser: Option<&str>) -> bool {
    let (Some(hash), Some(value)) = (&trace.browser_hash, browser) else { return false };
    crypto::constant_time_eq(crypto::hash(value).as_str().as_bytes(), hash.as_bytes())
}

/// Closes a trace as failed, with the checks up to the one that did not pass. A sign-in that is over
/// already stays as it was.
pub fn refuse(
    tx: &mut Tx,
    trace: &Trace,
    cause: Cause,
    checks: Vec<Check>,
    received: Option<Received>,
) -> Result<()> {
    let closed = diesel::update(traces::table.find(&trace.id))
        .filter(traces::outcome.eq(Outcome::InProgress))
        .set((
            traces::outcome.eq(Outcome::Failed),
            traces::cause.eq(cause.code()),
            traces::checks.eq(Json::from(Checks::from(checks))),
            traces::received.eq(received.map(Json::from)),
            traces::message.eq(trace.message.as_deref()),
            traces::finished_at.eq(tx.now),
        ))
        .execute(tx.db)?;
    if closed == 1 {
        let data = json!({ "cause": cause, "connection_id": trace.connection_id });
        events::append(
            tx,
            trace.organization_id.as_ref(),
            "sign_in.failed",
            trace.id.as_str(),
            data,
        )?;
    }
    Ok(())
}
