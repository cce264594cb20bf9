//! Where responses are posted: from the form to who arrives.

use super::browser;
use super::error::PageError;
use super::outcome::{self, Judged};
use super::posted::{self, Posted};
use super::rollover::{self, Signer};
use super::server::State;
use super::sign_in;
use super::verdict::{self, Looked, Speaks};
use crate::cause::Cause;
use crate::clock::Time;
use crate::email::Email;
use crate::error::{Error, Result};
use crate::saml::attributes::{self, Profile};
use crate::saml::certificate::TrustedKeys;
use crate::saml::check::{Check, CheckName};
use crate::saml::response::{self, Expected, Facts, Form, Identity};
use crate::store::connections::{self, Connection, Protocol};
use crate::store::keys::KeyRing;
use crate::store::sign_in::began_in;
use crate::store::traces::{self, Trace, TraceKind};
use crate::store::{ConnectionId, Db, Store};
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// `POST /saml/{connection}/acs`: the assertion consumer service (SAML profiles 4.1.4.5).
pub(super) async fn acs(
    state: Data<State>,
    connection: Path<ConnectionId>,
    body: Result<Bytes, actix_web::Error>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let posted = Posted {
        connection: connection.into_inner(),
        alias: None,
        form: posted::read(body),
        browser: browser::bound(&state, &request),
    };
    answer(state, posted, &request).await
}

/// Answers what was posted to the assertion consumer service of a connection, by whichever address.
pub(super) async fn answer(
    state: Data<State>,
    posted: Posted,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let posted = Arc::new(posted);
    let (mut signer, mut judged) = judged(&state, &posted).await?;
    if let Judged::Open(verdict) = &judged
        && rollover::has_news(&state, verdict).await?
    {
        (signer, judged) = self::judged(&state, &posted).await?;
    }
    let answer = outcome::finish(&state, judged, request).await;
    rollover::settle(&state, signer).await;
    answer
}

/// Looks at a response and, where that is enough, writes down that the person is in, on one thread.
async fn judged(state: &Data<State>, posted: &Arc<Posted>) -> Result<(Option<Signer>, Judged)> {
    let (posted, reader, now) = (posted.clone(), state.clone(), state.store.clock().now());
    state
        .store
        .apart_then(move |_| {
            let looked = judge(&reader, &posted, now)?;
            let signer = rollover::signer(&reader, &looked);
            let next = outcome::written(&reader, looked)?;
            Ok(next.map(move |judged| (signer.filter(|_| judged.is_accepted()), judged)))
        })
        .await
}

/// A refused response is kept up to this size.
const KEPT_MESSAGE: usize = 256 * 1024;

/// Checks a response from the field to whom it speaks of, and changes nothing. While the message is verified, which
/// takes the longest and is done for strangers too, nobody waits for a connection to the database.
fn judge(state: &State, posted: &Posted, now: Time) -> Result<Looked> {
    let Posted { connection: id, form, .. } = posted;
    let (browser, store) = (posted.browser.as_deref(), &state.store);
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
        None => verify(state, &connection, trace.as_ref(), posted, now, told),
    };
    let mut received = None;
    let decided = match verified {
        Err(cause) => Err(cause),
        Ok(identity) => {
            if trace.as_ref().is_some_and(|trace| trace.kind == TraceKind::Test) {
                let mapping = &connection.settings.attributes;
                let profile = attributes::profile(&identity.attributes, &identity.name_id, mapping);
                received = Some(outcome::lines(&identity.attributes, &profile));
            }
            let begun = verdict::began(trace.as_ref(), &connection, browser, now, &mut checks)
                .and_then(|()| {
                    let skew = verdict::skew(state, &connection);
                    verdict::fresh(trace.as_ref(), &identity, skew, now, &mut checks)
                });
            let found = begun.and_then(|()| profile(&connection, &identity, &mut checks));
            found.map(|(profile, email)| Speaks { identity, profile, email })
        }
    };
    let trace = trace.filter(|trace| decided.is_ok() || began_in(trace, browser));
    let field = form.response.as_ref().ok();
    let kept = field.filter(|field| trace.is_some() && field.len() <= KEPT_MESSAGE).cloned();
    let connection = Arc::new(connection);
    Ok(Looked { connection, organization, trace, checks, facts, decided, received, kept })
}

/// The sign-in that a response answers, as far as it says so.
pub(super) fn answered(store: &Store, form: &Form) -> Result<Option<Trace>> {
    match store.read_now(|db| by_relay_state(db, form))? {
        Some(trace) => Ok(Some(trace)),
        None => by_request(store, form),
    }
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
    posted: &Posted,
    now: Time,
    (checks, facts): (&mut Vec<Check>, &mut Facts),
) -> Result<Identity, Cause> {
    let Some(provider) = &connection.identity_provider else {
        return Err(Cause::ConnectionDraft);
    };
    let field = posted.form.response.as_ref().map_err(|cause| {
        checks.push(Check::of(CheckName::Field, false, "one SAMLResponse", cause.code()));
        *cause
    })?;
    let public_url = state.config.public_url.as_str();
    // Where it came decides where it must have been sent.
    let acs = posted.alias.clone().unwrap_or_else(|| connection.own_acs(public_url));
    let failed_cbc = &state.limits.failed_cbc;
    let (trusted, own) = (state.trust.keys(connection), state.keys());
    let addresses = (&*acs, &*connection.entity_id(public_url));
    let expected = Expected {
        in_response_to: trace.and_then(|trace| trace.saml_request_id.as_deref()),
        is_cbc_spent: failed_cbc.is_spent(&connection.id, now),
        ..expected(state, connection, &provider.entity_id, addresses, (&trusted, &own))
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

/// What a response to a connection must be, to nobody's request: our address and entity ID as the provider knows them, its
/// keys and ours. Of ciphers without integrity none is opened.
fn expected<'a>(
    state: &State,
    connection: &Connection,
    idp_entity_id: &'a str,
    (acs, entity_id): (&'a str, &'a str),
    (trusted, own): (&'a TrustedKeys, &'a KeyRing),
) -> Expected<'a> {
    Expected {
        acs,
        entity_id,
        idp_entity_id,
        keys: trusted,
        decryption_keys: own.decryption(),
        in_response_to: None,
        allow_sha1: connection.settings.allow_sha1,
        allow_cbc: connection.settings.allow_cbc,
        is_cbc_spent: true,
        skew: verdict::skew(state, connection),
    }
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

/// A response held against a connection to find out whose it is, before it is verified in full. It decides nothing else.
#[derive(Default)]
pub(super) struct Held {
    /// Whether the signature is by a key of the connection.
    pub(super) is_signed: bool,
    /// Whom it speaks of, where everything else about it fits the connection as well.
    pub(super) email: Option<Email>,
}

/// Holds a response against a connection.
pub(super) fn held(
    state: &State,
    connection: &Connection,
    acs: &str,
    field: &str,
    now: Time,
) -> Held {
    let Some(provider) = &connection.identity_provider else { return Held::default() };
    let (trusted, own) = (state.trust.keys(connection), state.keys());
    let addresses = (acs, &*connection.entity_id(state.config.public_url.as_str()));
    // Nothing is opened here whose failures would have to be counted.
    let expected = expected(state, connection, &provider.entity_id, addresses, (&trusted, &own));
    let outcome = response::verify(field, &expected, now);
    let mapping = &connection.settings.attributes;
    let email = |identity: Identity| {
        attributes::profile(&identity.attributes, &identity.name_id, mapping).email
    };
    Held {
        is_signed: outcome.facts.certificate.is_some(),
        email: outcome.result.ok().and_then(email),
    }
}
