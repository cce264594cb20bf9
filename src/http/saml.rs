//! Where responses are posted: from the form to who arrives.

use super::browser;
use super::error::PageError;
use super::outcome::{self, Received};
use super::posted::{self, Posted};
use super::rollover;
use super::server::State;
use super::sign_in;
use crate::cause::Cause;
use crate::clock::Time;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::saml::attributes::{self, Profile};
use crate::saml::check::{Check, CheckName};
use crate::saml::response::{self, Expected, Facts, Form, Identity};
use crate::store::connections::{self, Connection, Protocol};
use crate::store::domains;
use crate::store::organizations::Organization;
use crate::store::sign_in::{Arrival, arrival, began_in};
use crate::store::traces::{self, Trace, TraceKind};
use crate::store::{ConnectionId, Db, Store};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use std::sync::Arc;

/// `POST /saml/{connection}/acs`: the assertion consumer service (SAML profiles 4.1.4.5).
pub(super) async fn acs(
    state: Data<State>,
    connection: Path<ConnectionId>,
    body: Result<Bytes, actix_web::Error>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let posted = Arc::new(Posted {
        connection: connection.into_inner(),
        form: posted::read(body),
        browser: browser::bound(&state, &request),
    });
    let mut verdict = judged(&state, &posted).await?;
    if rollover::has_news(&state, &verdict).await? {
        verdict = judged(&state, &posted).await?;
    }
    let signer = rollover::signer(&state, &verdict);
    let answer = outcome::finish(&state, verdict).await;
    rollover::settle(&state, signer).await;
    answer
}

async fn judged(state: &Data<State>, posted: &Arc<Posted>) -> Result<Verdict> {
    let (posted, reader, now) = (posted.clone(), state.clone(), state.store.clock().now());
    state
        .store
        .apart(move |store| {
            let Posted { connection, form, browser } = &*posted;
            judge(store, &reader, connection, form, browser.as_deref(), now)
        })
        .await
}

/// What became of a posted response.
pub(super) struct Verdict {
    pub(super) connection: Arc<Connection>,
    pub(super) organization: Organization,
    /// The sign-in that the response answers. Of a refused response only where it came through the browser
    /// that began: nobody else can end a sign-in, or have a message kept.
    pub(super) trace: Option<Trace>,
    pub(super) checks: Vec<Check>,
    pub(super) facts: Facts,
    pub(super) decided: Decided,
    /// What a test's message says of the person, where it was verified and still refused.
    pub(super) received: Option<Vec<Received>>,
    /// The message as it came, to be kept, sealed, with the trace of its failure.
    pub(super) kept: Option<String>,
}

/// A refused response is kept up to this size.
const KEPT_MESSAGE: usize = 256 * 1024;

/// Whether the person may come in.
pub(super) enum Decided {
    Accepted(Box<Accepted>),
    Refused(Cause),
}

/// Whom an accepted response speaks of.
pub(super) struct Accepted {
    pub(super) identity: Identity,
    pub(super) profile: Profile,
    pub(super) email: Email,
    pub(super) arrival: Arrival,
}

/// Checks a response from the field to the person, and changes nothing. While the message is verified, which
/// takes the longest and is done for strangers too, nobody waits for a connection to the database.
fn judge(
    store: &Store,
    state: &State,
    id: &ConnectionId,
    form: &Form,
    browser: Option<&str>,
    now: Time,
) -> Result<Verdict> {
    let (connection, organization, by_state) = store.read_now(|db| {
        let (connection, organization) = connections::find_with_organization(db, id)?;
        if connection.protocol != Protocol::Saml {
            return Err(Error::not_found("SAML connection", id.as_str()));
        }
        Ok((connection, organization, by_relay_state(db, form)?))
    })?;
    let trace = match by_state {
        Some(trace) => Some(trace),
        None => by_request(store, form)?,
    };
    let trace = trace.filter(|trace| trace.connection_id.as_ref() == Some(&connection.id));
    let (mut checks, mut facts) = (Vec::new(), Facts::default());
    let is_test = trace.as_ref().is_some_and(|trace| trace.kind == TraceKind::Test);
    let closed = sign_in::closed(state, &connection, &organization, is_test);
    let told = (&mut checks, &mut facts);
    let verified = match closed {
        Some(cause) => Err(cause),
        None => verify(state, &connection, trace.as_ref(), form, now, told),
    };
    let mut received = None;
    let decided = match verified {
        Err(cause) => Decided::Refused(cause),
        Ok(identity) => {
            if trace.as_ref().is_some_and(|trace| trace.kind == TraceKind::Test) {
                let mapping = &connection.settings.attributes;
                let profile = attributes::profile(&identity.attributes, &identity.name_id, mapping);
                received = Some(outcome::lines(&identity.attributes, &profile));
            }
            let begun =
                began(trace.as_ref(), &connection, browser, now, &mut checks).and_then(|()| {
                    let skew = skew(state, &connection);
                    fresh(trace.as_ref(), &identity, skew, now, &mut checks)
                });
            match begun.and_then(|()| profile(&connection, &identity, &mut checks)) {
                Err(cause) => Decided::Refused(cause),
                Ok((profile, email)) => {
                    let (arrival, domains) = store.read_now(|db| {
                        let arrival = arrival(db, &connection, &organization, &identity, &profile)?;
                        let domains = match &arrival {
                            Err(Cause::EmailDomainNotAllowed) => live(db, &organization)?,
                            _ => String::new(),
                        };
                        Ok((arrival, domains))
                    })?;
                    let told = (&mut checks, &*domains);
                    person(arrival, identity, profile, email, told)
                }
            }
        }
    };
    let is_refused = matches!(decided, Decided::Refused(_));
    let trace = trace.filter(|trace| !is_refused || began_in(trace, browser));
    let field = form.response.as_ref().ok();
    let kept = field.filter(|field| trace.is_some() && field.len() <= KEPT_MESSAGE).cloned();
    let connection = Arc::new(connection);
    Ok(Verdict { connection, organization, trace, checks, facts, decided, received, kept })
}

/// Finds the sign-in that a response answers by its relay state, which is the trace's ID.
fn by_relay_state(db: &mut Db, form: &Form) -> Result<Option<Trace>> {
    match form.relay_state.as_deref().map(str::parse) {
        Some(Ok(id)) => traces::by_id(db, &id),
        _ => Ok(None),
    }
}

/// Finds it by the request that the response names, where the provider has lost the relay state.
fn by_request(store: &Store, form: &Form) -> Result<Option<Trace>> {
    let field = form.response.as_ref().ok();
    match field.and_then(|field| response::in_response_to(field)) {
        Some(request) => store.read_now(|db| traces::by_saml_request(db, &request)),
        None => Ok(None),
    }
}

/// The checks of the message itself.
fn verify(
    state: &State,
    connection: &Connection,
    trace: Option<&Trace>,
    form: &Form,
    now: Time,
    (checks, facts): (&mut Vec<Check>, &mut Facts),
) -> Result<Identity, Cause> {
    let Some(provider) = &connection.identity_provider else {
        return Err(Cause::ConnectionDraft);
    };
    let field = form.response.as_ref().map_err(|cause| {
        checks.push(Check::of(CheckName::Field, false, "one SAMLResponse", cause.code()));
        *cause
    })?;
    let public_url = state.config.public_url.as_str();
    let (trusted, own) = (state.trust.keys(connection), state.keys());
    let failed_cbc = &state.limits.failed_cbc;
    let expected = Expected {
        acs: &connection.acs(public_url),
        entity_id: &connection.entity_id(public_url),
        idp_entity_id: &provider.entity_id,
        keys: &trusted,
        decryption_keys: own.decryption(),
        in_response_to: trace.and_then(|trace| trace.saml_request_id.as_deref()),
        allow_sha1: connection.settings.allow_sha1,
        allow_cbc: connection.settings.allow_cbc,
        is_cbc_spent: failed_cbc.is_spent(&connection.id, now),
        skew: skew(state, connection),
    };
    let outcome = response::verify(field, &expected, now);
    checks.extend(outcome.checks);
    *facts = outcome.facts;
    outcome.result.map_err(|rejection| {
        let is_cbc = facts.cipher.as_deref().is_some_and(|cipher| cipher.ends_with("CBC"));
        if is_cbc && rejection.cause == Cause::EncryptedUnreadable {
            failed_cbc.add(&connection.id, now);
        }
        rejection.cause
    })
}

/// The checks of the sign-in that the message answers (SAML.md, step 10). That it is answered only
/// once is decided where the answer is written down.
pub(super) fn began(
    trace: Option<&Trace>,
    connection: &Connection,
    browser: Option<&str>,
    now: Time,
    checks: &mut Vec<Check>,
) -> Result<(), Cause> {
    let Some(trace) = trace else {
        let allowed = connection.settings.idp_started;
        let received = "started at the provider";
        checks.push(Check::of(CheckName::Request, allowed, "a sign-in that began here", received));
        return if allowed { Ok(()) } else { Err(Cause::IdpStartedNotAllowed) };
    };
    let state = if trace.finished_at.is_some() {
        Err((Cause::ResponseReplayed, "already answered"))
    } else if now >= trace.expires_at {
        Err((Cause::RequestExpired, "over its time"))
    } else {
        Ok(())
    };
    let received = state.err().map_or("open", |(_, why)| why);
    checks.push(Check::of(CheckName::Request, state.is_ok(), "an open sign-in", received));
    state.map_err(|(cause, _)| cause)?;
    let same = began_in(trace, browser);
    let received = match (same, browser) {
        (true, _) => "the same browser",
        (false, Some(_)) => "another browser",
        (false, None) => "no cookie: cookies blocked, or another browser",
    };
    checks.push(Check::of(CheckName::Browser, same, "the browser that began", received));
    if same { Ok(()) } else { Err(Cause::RequestUnknown) }
}

/// The person proved who they are as lately as the application asks (OIDC Core 3.1.2.1). We asked the provider for
/// that (`ForceAuthn`), but some answer from their session all the same, and say so.
pub(super) fn fresh(
    trace: Option<&Trace>,
    identity: &Identity,
    skew: TimeDelta,
    now: Time,
    checks: &mut Vec<Check>,
) -> Result<(), Cause> {
    let asked = trace.and_then(|trace| Some((trace.request.as_ref()?, trace.started_at)));
    let Some(since) = asked.and_then(|(request, came)| request.since(came, now)) else {
        return Ok(());
    };
    let at = identity.authn_instant;
    let is_fresh = at.plus(skew) >= since;
    let expected = format!("signed in at the provider since {since}");
    checks.push(Check::of(CheckName::Freshness, is_fresh, &expected, &at.to_string()));
    if is_fresh { Ok(()) } else { Err(Cause::AuthenticationTooOld) }
}

/// By how much the provider's clock may differ from ours: as the connection is set, else the installation.
pub(super) fn skew(state: &State, connection: &Connection) -> TimeDelta {
    let own = connection.settings.clock_skew.map(|seconds| TimeDelta::seconds(i64::from(seconds)));
    own.unwrap_or_else(|| state.config.sign_in.clock_skew.delta())
}

/// What the message says of the person, in our words.
fn profile(
    connection: &Connection,
    identity: &Identity,
    checks: &mut Vec<Check>,
) -> Result<(Profile, Email), Cause> {
    let mapping = &connection.settings.attributes;
    let profile = attributes::profile(&identity.attributes, &identity.name_id, mapping);
    let source = profile.email_source.as_deref().unwrap_or("no attribute holds one");
    checks.push(Check::of(CheckName::Email, profile.email.is_some(), "an email address", source));
    match profile.email.clone() {
        Some(email) => Ok((profile, email)),
        None => Err(Cause::EmailMissing),
    }
}

/// The domains from which people may come, as a check expects them.
pub(super) fn live(db: &mut Db, organization: &Organization) -> Result<String> {
    const SHOWN: usize = 5;
    let all = domains::list(db, &organization.id)?;
    let live: Vec<String> =
        all.iter().filter(|domain| domain.is_live()).map(|domain| domain.name.clone()).collect();
    let more = match live.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Ok(match live.get(..SHOWN).unwrap_or(&live) {
        [] => "a domain of the organization, which has none that is live".to_owned(),
        [one] => format!("a domain of the organization: {one}"),
        some => format!("a domain of the organization: {}{more}", some.join(", ")),
    })
}

pub(super) fn person(
    arrival: Result<Arrival, Cause>,
    identity: Identity,
    profile: Profile,
    email: Email,
    (checks, domains): (&mut Vec<Check>, &str),
) -> Decided {
    let domain = email.domain().to_string();
    let cause = match arrival {
        Ok(arrival) => {
            checks.push(Check::of(
                CheckName::Domain,
                true,
                "a domain of the organization",
                &domain,
            ));
            checks.push(Check::of(CheckName::Person, true, "a person who may", arrival.word()));
            return Decided::Accepted(Box::new(Accepted { identity, profile, email, arrival }));
        }
        Err(cause) => cause,
    };
    if cause == Cause::EmailDomainNotAllowed {
        checks.push(Check::of(CheckName::Domain, false, domains, &domain));
    } else {
        checks.push(Check::of(CheckName::Domain, true, "a domain of the organization", &domain));
        checks.push(Check::of(CheckName::Person, false, "a person who may", cause.code()));
    }
    Decided::Refused(cause)
}
