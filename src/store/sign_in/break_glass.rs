//! A sign-in by a break-glass code, in one transaction: the code is used up, or the trace says why it was not.

use super::complete::{Completed, is_hinted_person};
use super::{Beginning, begin, refuse};
use crate::cause::Cause;
use crate::crypto::Secret;
use crate::email::Email;
use crate::error::Result;
use crate::saml::check::{Check, CheckName};
use crate::saml::response::NameId;
use crate::store::break_glass::{self, BreakGlassCode};
use crate::store::connections::{self, Connection};
use crate::store::enforcement;
use crate::store::grants::{self, Lifetimes};
use crate::store::organizations::{Admission, Organization};
use crate::store::schema::traces;
use crate::store::sessions::{self, Method, NewSession};
use crate::store::traces::{Checks, Outcome, Trace, TraceKind};
use crate::store::users::{self as people, NewUser, Source, User, UserState};
use crate::store::{Db, Json, OrganizationId, Tx, domains, events, organizations};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// How long a session lasts at most that began with a code.
const SHORT: TimeDelta = TimeDelta::hours(1);
/// How long after it began a sign-in that failed at the provider can still be finished with a code.
const RESCUED: TimeDelta = TimeDelta::hours(1);

/// A code, and who says that they may use it.
pub struct BreakGlass<'a> {
    /// The sign-in that did not come to its end, if there is one that goes on.
    pub trace: Option<&'a Trace>,
    /// Whose code it must be.
    pub organization: &'a OrganizationId,
    /// The connection that is passed by.
    pub connection: &'a Connection,
    /// Whom the person says to be.
    pub email: &'a Email,
    /// The code.
    pub code: &'a Secret,
    /// The value that binds the sign-in to this browser.
    pub browser: &'a str,
    /// How long the session may last.
    pub session: TimeDelta,
    /// How long codes and tokens last.
    pub lifetimes: Lifetimes,
}

/// Whether a sign-in can be finished with a code: it began for an app or a person, in this browser, not long ago, and
/// nobody is in. It may have failed: that is what the codes are for.
#[must_use]
pub fn is_rescued(trace: &Trace, browser: Option<&str>, now: crate::clock::Time) -> bool {
    trace.kind == TraceKind::SignIn
        && trace.outcome != Outcome::Succeeded
        && now < trace.started_at.plus(RESCUED)
        && super::began_in(trace, browser)
}

/// The connection that a code passes by: one that people use, or any that the organization has.
pub fn passed_by(db: &mut Db, organization: &OrganizationId) -> Result<Option<Connection>> {
    if let Some(usable) = connections::usable_in(db, organization)?.pop() {
        return Ok(Some(usable));
    }
    let filter = connections::Filter {
        organization: Some(organization.clone()),
        ..connections::Filter::default()
    };
    let any = connections::page(db, &crate::store::Window::default(), &filter)?;
    Ok(any.data.into_iter().next())
}

/// Signs an exempt owner in with a code, which is used up by that. Needs the organization's lock.
///
/// The code is looked at first, and of who has none nothing else is told.
pub fn break_glass(tx: &mut Tx, asked: &BreakGlass<'_>) -> Result<(Trace, Completed)> {
    let organization = organizations::find(tx.db, asked.organization)?;
    let trace = open(tx, asked)?;
    let mut checks = Vec::new();
    let decided = decide(tx, asked, &trace, &organization, &mut checks)?;
    let (code, user) = match decided {
        Ok(let_in) => let_in,
        Err(cause) => {
            refuse(tx, &trace, cause, checks, None)?;
            return Ok((trace, Completed::Refused(cause)));
        }
    };
    let user = match user {
        Some(user) => user,
        None => people::create(tx, newcomer(&organization, asked.email))?,
    };
    if !break_glass::use_up(tx, &code, &user.id)? {
        let cause = Cause::BreakGlassRefused;
        refuse(tx, &trace, cause, checks, None)?;
        return Ok((trace, Completed::Refused(cause)));
    }
    people::signed_in(tx, &user)?;
    let (session, cookie) = sessions::create(
        tx,
        NewSession {
            user: &user,
            connection_id: &asked.connection.id,
            // No provider named anybody, and none may end the session by a name.
            name_id: NameId {
                value: String::new(),
                format: None,
                name_qualifier: None,
                sp_name_qualifier: None,
            },
            session_index: None,
            lifetime: asked.session.min(SHORT),
            authenticated_at: tx.now,
            not_on_or_after: None,
            method: Method::BreakGlass,
        },
    )?;
    let given = match (&trace.application_id, &trace.request) {
        (Some(application), Some(request)) => {
            Some(grants::create(tx, application, &session, request, &asked.lifetimes)?)
        }
        _ => None,
    };
    close(tx, &trace, &user, checks)?;
    let left = organizations::find(tx.db, &organization.id)?.codes_left;
    let data = json!({
        "user_id": user.id, "trace_id": trace.id, "application_id": trace.application_id,
        "session_id": session.id, "hint": code.hint, "codes_left": left,
    });
    events::append(tx, Some(&organization.id), "break_glass_code.used", code.id.as_str(), data)?;
    Ok((trace, Completed::SignedIn { session: Box::new(session), cookie, code: given }))
}

/// Whether this is a code of the organization that can be used.
pub fn is_code(db: &mut Db, organization: &OrganizationId, code: &Secret) -> Result<bool> {
    Ok(break_glass::matching(db, organization, code)?.is_some())
}

/// Writes down that what somebody entered is no code. It needs no lock, so whoever tries codes keeps nobody waiting.
pub fn refuse_code(tx: &mut Tx, asked: &BreakGlass<'_>) -> Result<Trace> {
    let trace = open(tx, asked)?;
    refuse(tx, &trace, Cause::BreakGlassRefused, vec![code_check(false)], None)?;
    Ok(trace)
}

fn code_check(is_one: bool) -> Check {
    let received = if is_one { "one that can be used" } else { "none that can be used" };
    let expected = "a break-glass code of the organization";
    Check::of(CheckName::BreakGlassCode, is_one, expected, received)
}

/// The trace that this is written in: the sign-in's own while it is open, else a new one that asks the same.
fn open(tx: &mut Tx, asked: &BreakGlass<'_>) -> Result<Trace> {
    let connection = asked.connection;
    if let Some(trace) = asked.trace {
        let taken = diesel::update(traces::table.find(&trace.id))
            .filter(traces::outcome.eq(Outcome::InProgress))
            .set((
                traces::organization_id.eq(&connection.organization_id),
                traces::connection_id.eq(&connection.id),
                traces::email.eq(asked.email.to_string()),
            ))
            .get_result(tx.db)
            .optional()?;
        if let Some(taken) = taken {
            return Ok(taken);
        }
    }
    let before = asked.trace;
    let beginning = Beginning {
        kind: TraceKind::SignIn,
        application: before.and_then(|trace| trace.application_id.as_ref()),
        request: before.and_then(|trace| trace.request.clone()).map(Json::into_inner),
        toward: Some((connection, None)),
        email: Some(asked.email.to_string()),
        browser: Some(asked.browser),
        lifetime: TimeDelta::zero(),
    };
    begin(tx, beginning)
}

type LetIn = (BreakGlassCode, Option<User>);

fn decide(
    tx: &mut Tx,
    asked: &BreakGlass<'_>,
    trace: &Trace,
    organization: &Organization,
    checks: &mut Vec<Check>,
) -> Result<std::result::Result<LetIn, Cause>> {
    let code = break_glass::matching(tx.db, &organization.id, asked.code)?;
    checks.push(code_check(code.is_some()));
    let Some(code) = code else { return Ok(Err(Cause::BreakGlassRefused)) };
    let is_exempt = enforcement::is_exempt(tx.db, &organization.id, asked.email)?;
    let received = if is_exempt { "one of them" } else { "somebody else" };
    checks.push(Check::of(CheckName::ExemptOwner, is_exempt, "an exempt owner", received));
    if !is_exempt {
        return Ok(Err(Cause::BreakGlassRefused));
    }
    let domain = asked.email.domain();
    let is_theirs = domains::owner(tx.db, domain)?.as_ref() == Some(&organization.id);
    let expected = "a domain of the organization";
    checks.push(Check::of(CheckName::Domain, is_theirs, expected, domain.as_str()));
    if !is_theirs {
        return Ok(Err(Cause::EmailDomainNotAllowed));
    }
    let user = people::by_email(tx.db, &organization.id, asked.email)?;
    let (cause, received) = match user.as_ref().map(User::state) {
        Some(UserState::Suspended) => (Some(Cause::UserSuspended), "suspended"),
        Some(UserState::Deprovisioned) => (Some(Cause::UserDeprovisioned), "deprovisioned"),
        None if organization.admission == Admission::Directory => {
            (Some(Cause::UserNotProvisioned), "not known")
        }
        None => (None, "new"),
        Some(UserState::Active) => (None, "known"),
    };
    checks.push(Check::of(CheckName::Person, cause.is_none(), "a person who may", received));
    if let Some(cause) = cause {
        return Ok(Err(cause));
    }
    if !is_hinted_person(trace, user.as_ref()) {
        let expected = "the person of the app's ID token";
        checks.push(Check::of(CheckName::Person, false, expected, "somebody else"));
        return Ok(Err(Cause::PersonMismatch));
    }
    Ok(Ok((code, user)))
}

fn newcomer(organization: &Organization, email: &Email) -> NewUser {
    NewUser {
        organization_id: organization.id.clone(),
        source: Source::SignIn,
        email: email.clone(),
        name: None,
        given_name: None,
        family_name: None,
    }
}

fn close(tx: &mut Tx, trace: &Trace, user: &User, checks: Vec<Check>) -> Result<()> {
    diesel::update(traces::table.find(&trace.id))
        .set((
            traces::outcome.eq(Outcome::Succeeded),
            traces::user_id.eq(&user.id),
            traces::checks.eq(Json::from(Checks::from(checks))),
            traces::finished_at.eq(tx.now),
        ))
        .execute(tx.db)?;
    let data = json!({
        "user_id": user.id, "connection_id": trace.connection_id, "test": false,
        "break_glass": true,
    });
    let organization = trace.organization_id.as_ref();
    events::append(tx, organization, "sign_in.succeeded", trace.id.as_str(), data)
}
