//! The end of a sign-in: one transaction writes down that the person is in, or why not.

use super::arrival::{Arrival, arrival, is_changed, subject};
use super::console::{self, AtConsole, Desk, Seen};
use super::refuse;
use crate::cause::Cause;
use crate::crypto::Secret;
use crate::email::Email;
use crate::error::Result;
use crate::saml::attributes::Profile;
use crate::saml::check::{Check, CheckName};
use crate::saml::response::Identity;
use crate::store::access::explain;
use crate::store::connections::{self, Connection};
use crate::store::grants::{self, Lifetimes};
use crate::store::members::Member;
use crate::store::organizations::Organization;
use crate::store::prepared::written;
use crate::store::schema::{replays, traces};
use crate::store::sessions::{self, Method, NewSession, Session};
use crate::store::traces::{Outcome, Received, Trace, TraceKind, kept};
use crate::store::types::json;
use crate::store::users::{self as people, NewUser, Source, User, UserState};
use crate::store::{
    ConnectionId, Db, Time, TraceId, Tx, UserId, events, identities as links, on_backend,
};
use chrono::TimeDelta;
use diesel::prelude::*;

/// How long an assertion is remembered at most, however long the provider says it is valid.
const REMEMBERED: TimeDelta = TimeDelta::days(3650);

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
    /// Who arrives.
    pub arrival: &'a Arrival,
    /// Whether that was decided in this transaction, and not before it.
    pub is_here: bool,
    /// Every check, in order.
    pub checks: &'a [Check],
    /// How long the session may last.
    pub session: TimeDelta,
    /// How long codes and tokens last.
    pub lifetimes: Lifetimes,
    /// What the console knows of the browser, for a member who comes there.
    pub desk: Option<&'a Desk>,
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
    /// A member comes to the console.
    AtConsole(Box<AtConsole>),
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
/// With [`Arrival::Known`] it writes only rows that nobody else writes, and
/// [`Scope::Among`](crate::store::Scope::Among) is enough. Every other arrival changes a person and needs the
/// organization's lock.
pub fn complete(tx: &mut Tx, answer: &Answer<'_>) -> Result<Completed> {
    let Some(arrival) = arrival_now(tx.db, answer)? else { return Ok(Completed::Stale) };
    if !is_same_connection(tx.db, answer)? {
        let (cause, checks) = (Cause::ConnectionDisabled, answer.checks.to_vec());
        refuse(tx, answer.trace, cause, checks, None)?;
        return Ok(Completed::Refused(cause));
    }
    let seen = console::seen(tx.db, answer, &arrival)?;
    let arrival = match (arrival, &seen) {
        (Ok(_), Seen::Nobody(_)) => Err(Cause::ConsoleRefused),
        (Ok(arrival), _) if is_for_nothing(tx.db, answer, &arrival)? => Err(Cause::NoAccess),
        (arrival, _) => arrival,
    };
    let user = settled(answer, &arrival);
    let is_closed = user.is_some();
    if let Some(cause) = used_before(tx, answer, user)? {
        // A sign-in that began here has its answer, and its trace tells of that one.
        if answer.trace.kind == TraceKind::ProviderStarted {
            let (received, mut checks) = (received(answer), answer.checks.to_vec());
            let expected = "an assertion that was not used before";
            checks.push(Check::of(CheckName::Request, false, expected, "used before"));
            refuse(tx, answer.trace, cause, checks, Some(received))?;
        }
        return Ok(Completed::Refused(cause));
    }
    let arrival = match arrival {
        Ok(arrival) => arrival,
        Err(cause) => {
            let (received, mut checks) = (received(answer), answer.checks.to_vec());
            if cause == Cause::NoAccess {
                let expected = "a role or a place in the application";
                checks.push(Check::of(CheckName::Person, false, expected, "none"));
            }
            if let Seen::Nobody(check) = seen {
                checks.push(check);
            }
            refuse(tx, answer.trace, cause, checks, Some(received))?;
            return Ok(Completed::Refused(cause));
        }
    };
    if !is_hinted_person(answer.trace, arrival.user()) {
        let (cause, received, mut checks) =
            (Cause::PersonMismatch, received(answer), answer.checks.to_vec());
        let expected = "the person of the app's ID token";
        checks.push(Check::of(CheckName::Person, false, expected, "somebody else"));
        refuse(tx, answer.trace, cause, checks, Some(received))?;
        return Ok(Completed::Refused(cause));
    }
    if answer.trace.kind == TraceKind::Test {
        connections::record_test(tx, &answer.connection.id, answer.connection.revision)?;
        close(tx, answer, arrival.user().map(|user| &user.id))?;
        tell(tx, answer, arrival.user())?;
        return Ok(Completed::Tested);
    }
    let member = match seen {
        Seen::Member(member, desk) => Some((member, desk)),
        Seen::Elsewhere | Seen::Nobody(_) => None,
    };
    let user = settle(tx, answer, arrival)?;
    let done = let_in(tx, answer, &user, member)?;
    if !is_closed {
        close(tx, answer, Some(&user.id))?;
    }
    tell(tx, answer, Some(&user))?;
    Ok(done)
}

/// Begins the session of a person who is in, and goes on with the application, or to the console where it is a member.
fn let_in(
    tx: &mut Tx,
    answer: &Answer<'_>,
    user: &User,
    member: Option<(Member, &Desk)>,
) -> Result<Completed> {
    people::signed_in(tx, user)?;
    let lifetime = member.as_ref().map_or(answer.session, |(_, desk)| desk.lasts.most);
    let (session, cookie) = sessions::create(
        tx,
        NewSession {
            user,
            connection_id: &answer.connection.id,
            name_id: answer.identity.name_id.clone(),
            session_index: answer.identity.session_index.clone(),
            lifetime,
            authenticated_at: answer.identity.authn_instant,
            not_on_or_after: answer.identity.session_not_on_or_after,
            method: Method::Connection,
        },
    )?;
    if let Some((member, desk)) = member {
        // Nobody is given the cookie: what hangs on this session is at the console.
        let at = console::let_in(tx, desk, member, &session)?;
        return Ok(Completed::AtConsole(Box::new(at)));
    }
    let code = match (&answer.trace.application_id, &answer.trace.request) {
        (Some(application), Some(request)) => {
            Some(grants::create(tx, application, &session, request, &answer.lifetimes)?)
        }
        _ => None,
    };
    Ok(Completed::SignedIn { session: Box::new(session), cookie, code })
}

/// Who it is, where nothing but a second use can refuse the answer any more, and nobody is made or changed by it: then its
/// trace is claimed and closed in one.
fn settled<'a>(
    answer: &Answer<'_>,
    arrival: &'a std::result::Result<Arrival, Cause>,
) -> Option<&'a UserId> {
    match arrival {
        Ok(Arrival::Known(user)) if answer.trace.kind != TraceKind::Test => {
            is_hinted_person(answer.trace, Some(user)).then_some(&user.id)
        }
        _ => None,
    }
}

/// Whether the application that asked has nothing for the person: neither a group, nor the directory, nor the application
/// itself gives a role, and no group a place.
fn is_for_nothing(db: &mut Db, answer: &Answer<'_>, arrival: &Arrival) -> Result<bool> {
    match &answer.trace.application_id {
        Some(application) if answer.trace.kind != TraceKind::Test => {
            explain::is_nothing(db, arrival.user().map(|user| &user.id), application)
        }
        _ => Ok(false),
    }
}

/// Whether it is the person of the ID token that the app showed, if it showed one (OIDC Core 3.1.2.1).
pub(super) fn is_hinted_person(trace: &Trace, user: Option<&User>) -> bool {
    let hinted = trace.request.as_ref().and_then(|asked| asked.hinted.as_deref());
    hinted.is_none_or(|sub| user.is_some_and(|user| user.id.as_str() == sub))
}

written! {
    Used {
        "INSERT INTO replays (connection_id, assertion_id, expires_at) VALUES ("
        connection: &'a ConnectionId as replays::connection_id,
        ", " assertion: &'a str as replays::assertion_id,
        ", " expires_at: Time as replays::expires_at,
    }
    ") ON CONFLICT DO NOTHING"
}

written! {
    Claimed {
        "UPDATE traces SET finished_at = " at: Time as traces::finished_at,
        " WHERE id = " id: &'a TraceId as traces::id,
        " AND outcome = " outcome: Outcome as traces::outcome,
        // A sign-in that was sent elsewhere meanwhile has another request.
        " AND (saml_request_id IS NULL OR saml_request_id = " request: &'a str as traces::saml_request_id,
    }
    ")"
}

written! {
    Closed {
        "UPDATE traces SET outcome = " outcome: Outcome as traces::outcome,
        ", user_id = " user: Option<&'a UserId> as traces::user_id,
        ", email = " email: &'a str as traces::email,
        ", checks = " checks: &'a str as traces::checks,
        ", received = " received: &'a str as traces::received,
        ", finished_at = " at: Time as traces::finished_at,
        " WHERE id = " id: &'a TraceId as traces::id,
        " AND outcome = " before: Outcome as traces::outcome,
        " AND (saml_request_id IS NULL OR saml_request_id = " request: &'a str as traces::saml_request_id,
    }
    ")"
}

/// Marks the trace and the assertion as used, and closes the trace where it is settled who it is. Tells why the answer does
/// not count if either was used.
fn used_before(tx: &mut Tx, answer: &Answer<'_>, user: Option<&UserId>) -> Result<Option<Cause>> {
    let identity = answer.identity;
    let once = Used {
        connection: &answer.connection.id,
        assertion: &identity.assertion_id,
        // SQLite keeps times as text, which sorts only up to the year 9999.
        expires_at: identity.expires_at.min(tx.now.plus(REMEMBERED)),
    };
    if on_backend!(tx.db, conn => once.execute(conn))? == 0 {
        return Ok(Some(Cause::ResponseReplayed));
    }
    let is_open = if user.is_some() {
        close(tx, answer, user)?
    } else {
        let claimed = Claimed {
            at: tx.now,
            id: &answer.trace.id,
            outcome: Outcome::InProgress,
            request: request(answer),
        };
        on_backend!(tx.db, conn => claimed.execute(conn))? == 1
    };
    Ok((!is_open).then_some(Cause::ResponseReplayed))
}

/// The ID of the request that was answered. Where there was none it fits a trace that has none.
fn request<'a>(answer: &Answer<'a>) -> &'a str {
    answer.trace.saml_request_id.as_deref().unwrap_or_default()
}

/// The arrival as it is inside the transaction; `None` if a person thought unchanged was changed.
fn arrival_now(
    db: &mut Db,
    answer: &Answer<'_>,
) -> Result<Option<std::result::Result<Arrival, Cause>>> {
    let Answer { connection, organization, identity, profile, .. } = answer;
    match answer.arrival {
        here @ Arrival::Known(_) if answer.is_here => Ok(Some(Ok(here.clone()))),
        Arrival::Known(before) => {
            let Some(user) = people::by_id(db, &before.id)? else { return Ok(None) };
            let same = user.updated_at == before.updated_at && user.state() == UserState::Active;
            Ok(same.then_some(Ok(Arrival::Known(user))))
        }
        _ => arrival(db, connection, organization, identity, profile).map(Some),
    }
}

/// Whether the connection still is what the answer was checked against. Whoever turned it off meanwhile, or
/// gave it another provider, means this answer too. A certificate that came beside the others does not.
fn is_same_connection(db: &mut Db, answer: &Answer<'_>) -> Result<bool> {
    let then = answer.connection;
    let Some((state, revision)) = connections::standing(db, &then.id)? else { return Ok(false) };
    if revision == then.revision || state != then.state {
        return Ok(state == then.state);
    }
    let now = connections::by_id_with_organization(db, &then.id)?;
    Ok(now.is_some_and(|(now, _)| connections::has_only_gained(then, &now)))
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

/// Closes the trace as succeeded. Tells whether it was open.
fn close(tx: &mut Tx, answer: &Answer<'_>, user: Option<&UserId>) -> Result<bool> {
    let closed = Closed {
        outcome: Outcome::Succeeded,
        user,
        email: &answer.email.to_string(),
        checks: &kept(answer.checks),
        received: &json(&received(answer)),
        at: tx.now,
        id: &answer.trace.id,
        before: Outcome::InProgress,
        request: request(answer),
    };
    Ok(on_backend!(tx.db, conn => closed.execute(conn))? == 1)
}

/// Appends the event of a sign-in that succeeded.
fn tell(tx: &mut Tx, answer: &Answer<'_>, user: Option<&User>) -> Result<()> {
    let mut data = serde_json::json!({
        "user_id": user.map(|user| &user.id),
        "connection_id": answer.connection.id,
        "test": answer.trace.kind == TraceKind::Test,
    });
    if answer.trace.kind == TraceKind::Console
        && let Some(told) = data.as_object_mut()
    {
        told.insert("console".to_owned(), true.into());
    }
    let organization = Some(&answer.organization.id);
    events::append(tx, organization, "sign_in.succeeded", answer.trace.id.as_str(), data)
}

fn received(answer: &Answer<'_>) -> Received {
    Received {
        name_id: answer.identity.name_id.clone(),
        attributes: answer.identity.attributes.clone(),
        authn_context: answer.identity.authn_context.clone(),
    }
}
