//! A sign-in from its beginning to the code for the app: begin, choose, look, complete or fail.
//!
//! Nothing is held in memory between the halves: any instance may finish what another began.

use super::connections::{self, Connection};
use super::grants::{self, Lifetimes};
use super::organizations::{Admission, Organization};
use super::schema::{identities, replays, traces, users};
use super::sessions::{self, NewSession, Session};
use super::traces::{Outcome, Received, Trace, TraceKind};
use super::users::{self as people, NewUser, Source, User, UserState};
use super::{
    ApplicationId, Db, Json, TraceId, Tx, domains, events, identities as links, on_backend,
};
use crate::cause::Cause;
use crate::clock::Time;
use crate::crypto::{self, Secret};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::oidc::authorize::AuthorizationRequest;
use crate::saml::attributes::Profile;
use crate::saml::check::{Check, CheckName};
use crate::saml::response::{Identity, NameId};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// How long an assertion is remembered at most, however long the provider says it is valid.
const REMEMBERED: TimeDelta = TimeDelta::days(3650);

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

/// Writes the trace of a sign-in that begins. Its ID is the relay state.
pub fn begin(tx: &mut Tx, beginning: Beginning<'_>) -> Result<Trace> {
    let (connection, saml_request_id) = beginning.toward.unzip();
    let saml_request_id = saml_request_id.flatten();
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
        checks: Vec::new().into(),
        received: None,
        message: None,
        started_at: tx.now,
        expires_at: tx.now.plus(beginning.lifetime),
        finished_at: None,
    };
    diesel::insert_into(traces::table).values(trace.clone()).execute(tx.db)?;
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

/// Whether a sign-in may go on in this browser. A test goes on wherever its address is opened.
#[must_use]
pub fn goes_on(trace: &Trace, browser: Option<&str>, now: Time) -> bool {
    trace.finished_at.is_none()
        && now < trace.expires_at
        && (trace.kind == TraceKind::Test || began_in(trace, browser))
}

/// Whether a sign-in began in the browser with this value.
#[must_use]
pub fn began_in(trace: &Trace, browser: Option<&str>) -> bool {
    let (Some(hash), Some(value)) = (&trace.browser_hash, browser) else { return false };
    crypto::constant_time_eq(crypto::hash(value).as_str().as_bytes(), hash.as_bytes())
}

/// Who arrives, and what that changes.
#[derive(Debug, Clone)]
pub enum Arrival {
    /// A person who is known under this name, unchanged.
    Known(User),
    /// A person who is known under this name, with other details than before.
    Changed(User),
    /// A person who is known by email, and comes under this name for the first time.
    Linked(User),
    /// A person nobody has seen.
    New,
}

impl Arrival {
    /// How a trace tells it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Known(_) => "known",
            Self::Changed(_) => "known, with other details than before",
            Self::Linked(_) => "known by email address, here for the first time",
            Self::New => "new",
        }
    }

    /// The person, if there is one already.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::Known(user) | Self::Changed(user) | Self::Linked(user) => Some(user),
            Self::New => None,
        }
    }
}

/// Decides who an accepted answer speaks of, and whether that person may come in. Changes nothing.
pub fn arrival(
    db: &mut Db,
    connection: &Connection,
    organization: &Organization,
    identity: &Identity,
    profile: &Profile,
) -> Result<std::result::Result<Arrival, Cause>> {
    let Some(email) = &profile.email else { return Ok(Err(Cause::EmailMissing)) };
    let live = domains::live(db, email.domain())?;
    if live.is_none_or(|domain| domain.organization_id != organization.id) {
        return Ok(Err(Cause::EmailDomainNotAllowed));
    }
    let subject = subject(identity, email);
    let named: Option<User> = identities::table
        .inner_join(users::table)
        .filter(identities::connection_id.eq(&connection.id))
        .filter(identities::subject.eq(&subject))
        .select(users::all_columns)
        .first(db)
        .optional()?;
    let arrival = match named {
        Some(user) if is_changed(&user, profile) => Arrival::Changed(user),
        Some(user) => Arrival::Known(user),
        None => match people::by_email(db, &organization.id, email)? {
            Some(user) if links::contradicts(db, &connection.id, &user.id, &subject)? => {
                return Ok(Err(Cause::IdentityConflict));
            }
            Some(user) => Arrival::Linked(user),
            None if organization.admission == Admission::Directory => {
                return Ok(Err(Cause::UserNotProvisioned));
            }
            None => Arrival::New,
        },
    };
    Ok(match arrival.user().map(User::state) {
        None | Some(UserState::Active) => Ok(arrival),
        Some(UserState::Suspended) => Err(Cause::UserSuspended),
        Some(UserState::Deprovisioned) => Err(Cause::UserDeprovisioned),
    })
}

/// An answer that passed every check of the protocol.
pub struct Answer<'a> {
    /// The sign-in that it finishes.
    pub trace: &'a Trace,
    /// The connection that it came through, as it was when the answer was checked.
    pub connection: &'a Connection,
    /// Its organization.
    pub organization: &'a Organization,
    /// What the provider says.
    pub identity: &'a Identity,
    /// The same in our words.
    pub profile: &'a Profile,
    /// The email address, which an answer must have.
    pub email: &'a Email,
    /// Who arrives, as it was decided before this transaction.
    pub arrival: &'a Arrival,
    /// Every check, in order.
    pub checks: Vec<Check>,
    /// How long the session may last.
    pub session: TimeDelta,
    /// How long codes and tokens last.
    pub lifetimes: Lifetimes,
}

/// How a sign-in ended.
pub enum Completed {
    /// The person is in.
    SignedIn {
        /// The session.
        session: Box<Session>,
        /// The value of its cookie.
        cookie: Secret,
        /// The code for the app, if one asked.
        code: Option<Secret>,
    },
    /// A test passed. Nothing else was changed.
    Tested,
    /// The person is not in, and the trace says why.
    Refused(Cause),
    /// Somebody changed the person meanwhile: ask again with the organization's lock.
    Stale,
}

/// Finishes a sign-in in one transaction: refuses a second use, finds or creates the person, writes
/// session and code, and closes the trace.
///
/// With [`Arrival::Known`] it needs no lock, for it writes only rows that nobody else writes. Every
/// other arrival changes a person and needs the organization's.
pub fn complete(tx: &mut Tx, answer: Answer<'_>) -> Result<Completed> {
    let Some(arrival) = arrival_now(tx.db, &answer)? else { return Ok(Completed::Stale) };
    if !is_same_connection(tx.db, &answer)? {
        let (cause, checks) = (Cause::ConnectionDisabled, answer.checks);
        refuse(tx, answer.trace, cause, checks, None)?;
        return Ok(Completed::Refused(cause));
    }
    if let Some(cause) = used_before(tx, &answer)? {
        // A sign-in that began here has its answer, and its trace tells of that one.
        if answer.trace.kind == TraceKind::ProviderStarted {
            let (received, mut checks) = (received(&answer), answer.checks);
            let expected = "an assertion that was not used before";
            checks.push(Check::of(CheckName::Request, false, expected, "used before"));
            refuse(tx, answer.trace, cause, checks, Some(received))?;
        }
        return Ok(Completed::Refused(cause));
    }
    let arrival = match arrival {
        Ok(arrival) => arrival,
        Err(cause) => {
            let received = received(&answer);
            refuse(tx, answer.trace, cause, answer.checks, Some(received))?;
            return Ok(Completed::Refused(cause));
        }
    };
    if answer.trace.kind == TraceKind::Test {
        connections::record_test(tx, &answer.connection.id, answer.connection.revision)?;
        close(tx, &answer, arrival.user())?;
        return Ok(Completed::Tested);
    }
    let user = settle(tx, &answer, arrival)?;
    people::signed_in(tx, &user.id)?;
    let (session, cookie) = sessions::create(
        tx,
        NewSession {
            user: &user,
            connection_id: &answer.connection.id,
            name_id: answer.identity.name_id.clone(),
            session_index: answer.identity.session_index.clone(),
            lifetime: answer.session,
            authenticated_at: answer.identity.authn_instant,
            not_on_or_after: answer.identity.session_not_on_or_after,
        },
    )?;
    let code = match (&answer.trace.application_id, &answer.trace.request) {
        (Some(application), Some(request)) => {
            Some(grants::create(tx, application, &session, request, &answer.lifetimes)?)
        }
        _ => None,
    };
    close(tx, &answer, Some(&user))?;
    Ok(Completed::SignedIn { session: Box::new(session), cookie, code })
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
            traces::checks.eq(Json::from(checks)),
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

/// Under which name a connection knows the person: the name ID, or the email address where the name ID
/// is one or is made anew for each sign-in.
fn subject(identity: &Identity, email: &Email) -> String {
    let NameId { value, format, .. } = &identity.name_id;
    if format.as_deref().is_some_and(|format| format.ends_with(":transient")) {
        return email.key();
    }
    Email::parse(value).map_or_else(|_| value.clone(), |email| email.key())
}

fn is_changed(user: &User, profile: &Profile) -> bool {
    user.source == Source::SignIn
        && (profile.email.as_ref().is_some_and(|email| user.email_key != email.key())
            || profile.name.is_some() && user.name != profile.name
            || profile.given_name.is_some() && user.given_name != profile.given_name
            || profile.family_name.is_some() && user.family_name != profile.family_name)
}

/// Marks the trace and the assertion as used. Tells why the answer does not count if either was.
fn used_before(tx: &mut Tx, answer: &Answer<'_>) -> Result<Option<Cause>> {
    let identity = answer.identity;
    let row = (
        replays::connection_id.eq(&answer.connection.id),
        replays::assertion_id.eq(&identity.assertion_id),
        // SQLite keeps times as text, which sorts only up to the year 9999.
        replays::expires_at.eq(identity.expires_at.min(tx.now.plus(REMEMBERED))),
    );
    let fresh = on_backend!(tx.db, conn => diesel::insert_into(replays::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(conn))?;
    if fresh == 0 {
        return Ok(Some(Cause::ResponseReplayed));
    }
    // A sign-in that was sent elsewhere meanwhile has another request.
    let request = answer.trace.saml_request_id.as_deref().unwrap_or_default();
    let open = diesel::update(traces::table.find(&answer.trace.id))
        .filter(traces::outcome.eq(Outcome::InProgress))
        .filter(traces::saml_request_id.is_null().or(traces::saml_request_id.eq(request)))
        .set(traces::finished_at.eq(tx.now))
        .execute(tx.db)?;
    Ok((open == 0).then_some(Cause::ResponseReplayed))
}

/// The arrival as it is inside the transaction; `None` if a person thought unchanged was changed.
fn arrival_now(
    db: &mut Db,
    answer: &Answer<'_>,
) -> Result<Option<std::result::Result<Arrival, Cause>>> {
    let Answer { connection, organization, identity, profile, .. } = answer;
    match answer.arrival {
        Arrival::Known(before) => {
            let Some(user) = people::by_id(db, &before.id)? else { return Ok(None) };
            let same = user.updated_at == before.updated_at && user.state() == UserState::Active;
            Ok(same.then_some(Ok(Arrival::Known(user))))
        }
        _ => arrival(db, connection, organization, identity, profile).map(Some),
    }
}

/// Whether the connection still is what the answer was checked against. Whoever turned it off meanwhile, or
/// gave it another provider, means this answer too.
fn is_same_connection(db: &mut Db, answer: &Answer<'_>) -> Result<bool> {
    let now = connections::by_id_with_organization(db, &answer.connection.id)?;
    Ok(now.is_some_and(|(now, _)| {
        now.revision == answer.connection.revision && now.state == answer.connection.state
    }))
}

/// Makes the person what the provider says, and links them to the name they came under.
fn settle(tx: &mut Tx, answer: &Answer<'_>, arrival: Arrival) -> Result<User> {
    let Answer { connection, organization, identity, profile, email, .. } = answer;
    match arrival {
        Arrival::Known(user) => Ok(user),
        Arrival::Changed(user) => update(tx, user, profile),
        Arrival::Linked(user) => {
            links::link(tx, &connection.id, &subject(identity, email), &user)?;
            if is_changed(&user, profile) { update(tx, user, profile) } else { Ok(user) }
        }
        Arrival::New => {
            let new = NewUser {
                organization_id: organization.id.clone(),
                source: Source::SignIn,
                email: (*email).clone(),
                name: profile.name.clone(),
                given_name: profile.given_name.clone(),
                family_name: profile.family_name.clone(),
            };
            let user = people::create(tx, new)?;
            links::link(tx, &connection.id, &subject(identity, email), &user)?;
            Ok(user)
        }
    }
}

/// Takes over what the provider says now. An address that another person of the organization has stays
/// theirs.
fn update(tx: &mut Tx, user: User, profile: &Profile) -> Result<User> {
    let mut profile = profile.clone();
    if let Some(email) = &profile.email {
        let other = people::by_email(tx.db, &user.organization_id, email)?;
        if other.is_some_and(|other| other.id != user.id) {
            profile.email = None;
        }
    }
    people::change(tx, user, &profile)
}

/// Closes the trace as succeeded.
fn close(tx: &mut Tx, answer: &Answer<'_>, user: Option<&User>) -> Result<()> {
    diesel::update(traces::table.find(&answer.trace.id))
        .set((
            traces::outcome.eq(Outcome::Succeeded),
            traces::user_id.eq(user.map(|user| &user.id)),
            traces::email.eq(answer.email.to_string()),
            traces::checks.eq(Json::from(answer.checks.clone())),
            traces::received.eq(Json::from(received(answer))),
            traces::finished_at.eq(tx.now),
        ))
        .execute(tx.db)?;
    let data = json!({
        "user_id": user.map(|user| &user.id),
        "connection_id": answer.connection.id,
        "test": answer.trace.kind == TraceKind::Test,
    });
    let organization = Some(&answer.organization.id);
    events::append(tx, organization, "sign_in.succeeded", answer.trace.id.as_str(), data)?;
    Ok(())
}

fn received(answer: &Answer<'_>) -> Received {
    Received {
        name_id: answer.identity.name_id.clone(),
        attributes: answer.identity.attributes.clone(),
        authn_context: answer.identity.authn_context.clone(),
    }
}
