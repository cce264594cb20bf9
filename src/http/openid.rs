//! Where a provider that speaks OpenID Connect sends people back to: from the code to who arrives.

use super::browser;
use super::error::PageError;
use super::outcome::{self, Judged, Received};
use super::server::State;
use super::sign_in;
use super::verdict::{self, Looked, Speaks, Verdict};
use crate::cause::Cause;
use crate::check::{Check, CheckName};
use crate::clock::Time;
use crate::crypto::{self, Secret};
use crate::error::{Error, Result};
use crate::oidc;
use crate::oidc::provider::id_token::{self, Verified};
use crate::oidc::provider::token::{self, Refused, Tokens};
use crate::oidc::provider::{AuthenticationRequest, Bond, Callback, Provider, SUBJECT, claims};
use crate::saml::attributes::{self, Profile};
use crate::saml::response::{Attribute, Facts, Identity, NameId};
use crate::store::connections::{self, Connection, Protocol, openid};
use crate::store::organizations::Organization;
use crate::store::sign_in::began_in;
use crate::store::traces::{self, Trace, TraceKind};
use crate::store::{Actor, ConnectionId, Scope, Store};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use std::sync::Arc;

/// `GET /oidc/{connection}/jwks`: the key by which we prove to this provider who we are (RFC 7517).
pub(super) async fn jwks(
    state: Data<State>,
    connection: Path<ConnectionId>,
) -> Result<HttpResponse, PageError> {
    let (id, master) = (connection.into_inner(), state.master.clone());
    let set = state.store.read(move |db| openid::jwks(db, &master, &id)).await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "public, max-age=300")).json(set))
}

/// Where a browser is sent to sign in at the provider. `request_id` is the state.
pub(super) fn address(
    state: &State,
    connection: &Connection,
    provider: &Provider,
    trace: &Trace,
    request_id: &str,
) -> Result<String> {
    let asked = trace.request.as_deref();
    let is_anew = asked.is_some_and(|asked| asked.prompt.login);
    // With a greatest age the provider has to say how old the sign-in is (OIDC Core section 2).
    let max_age = asked.and_then(|asked| if is_anew { Some(0) } else { asked.max_age });
    let request = AuthenticationRequest {
        provider,
        redirect_uri: &connection.redirect_uri(state.config.public_url.as_str()),
        state: request_id,
        bond: &Bond::new(state.openid_key.reveal(), request_id)?,
        login_hint: trace.email.as_deref(),
        is_anew: is_anew || connection.settings.force_authn,
        max_age,
    };
    Ok(request.address())
}

/// `GET /oidc/{connection}/callback`: the redirect address (OIDC Core section 3.1.2.5).
pub(super) async fn callback(
    state: Data<State>,
    connection: Path<ConnectionId>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (id, now) = (connection.into_inner(), state.store.clock().now());
    let browser = browser::bound(&state, &request);
    let answer = Callback::parse(request.query_string());
    let reader = state.clone();
    let (mut way, code) =
        state.store.apart(move |store| open(store, &reader, &id, answer, browser, now)).await?;
    let arrived = match code {
        Err(cause) => Err(cause),
        Ok(code) => exchange(&state, &mut way, &code).await?,
    };
    let verdict = state.store.apart(move |store| decide(store, way, arrived)).await?;
    let judged = Judged::Open(Box::new(verdict));
    outcome::finish(&state, judged, &request).await
}

/// A sign-in on its way back.
struct Way {
    connection: Connection,
    organization: Organization,
    trace: Option<Trace>,
    browser: Option<String>,
    checks: Vec<Check>,
    /// What a test's tokens say of the person.
    received: Option<Vec<Received>>,
}

/// Finds the sign-in that is answered, and takes the code for whoever may redeem it: once, for the browser that began.
fn open(
    store: &Store,
    state: &State,
    id: &ConnectionId,
    answer: Result<Callback, oidc::Error>,
    browser: Option<String>,
    now: Time,
) -> Result<(Way, Result<Secret, Cause>)> {
    let named = answer.as_ref().ok().and_then(|answer| answer.state.clone());
    let (connection, organization, trace) = store.read_now(|db| {
        let (connection, organization) = connections::find_with_organization(db, id)?;
        let trace = match named {
            Some(named) => traces::by_saml_request(db, &named)?,
            None => None,
        };
        Ok((connection, organization, trace))
    })?;
    if connection.protocol != Protocol::Oidc {
        return Err(Error::not_found("OpenID Connect connection", id.as_str()));
    }
    let trace = trace.filter(|trace| trace.connection_id.as_ref() == Some(id));
    let checks = Vec::new();
    let mut way = Way { connection, organization, trace, browser, checks, received: None };
    let mut code = way.code(state, answer, now);
    if code.is_ok() && !way.take(store)? {
        let (expected, received) = ("a code that was not used before", "used before");
        way.checks.push(Check::of(CheckName::Request, false, expected, received));
        // Whoever took it goes on with the sign-in, and its trace tells of that.
        way.trace = None;
        code = Err(Cause::ResponseReplayed);
    }
    Ok((way, code))
}

impl Way {
    /// The code, if the answer is one to an open sign-in of this browser, by the connection's own provider.
    fn code(
        &mut self,
        state: &State,
        answer: Result<Callback, oidc::Error>,
        now: Time,
    ) -> Result<Secret, Cause> {
        let Self { connection, organization, trace, browser, checks, .. } = self;
        let is_test = trace.as_ref().is_some_and(|trace| trace.kind == TraceKind::Test);
        if let Some(cause) = sign_in::closed(state, connection, organization, is_test) {
            return Err(cause);
        }
        let provider = connection.openid_provider.as_deref().ok_or(Cause::ConnectionDraft)?;
        let unasked = |checks: &mut Vec<Check>, received: &str| {
            let expected = "a sign-in that began here";
            checks.push(Check::of(CheckName::Request, false, expected, received));
            Cause::StateMismatch
        };
        let answer = answer.map_err(|error| unasked(checks, &error.description()))?;
        if trace.is_none() {
            let received =
                if answer.state.is_some() { "a state that is not ours" } else { "no state" };
            return Err(unasked(checks, received));
        }
        verdict::began(trace.as_ref(), connection, browser.as_deref(), now, checks).map_err(
            |cause| if cause == Cause::RequestUnknown { Cause::StateMismatch } else { cause },
        )?;
        // RFC 9207 section 2.4: who announces it always says it; and what is said must be right in any case.
        let named = answer.issuer.as_deref();
        if provider.document.names_itself || named.is_some() {
            let is_theirs = named == Some(provider.issuer.as_str());
            let received = named.unwrap_or("nobody");
            checks.push(Check::of(
                CheckName::ResponseIssuer,
                is_theirs,
                &provider.issuer,
                received,
            ));
            if !is_theirs {
                return Err(Cause::IssuerMismatch);
            }
        }
        let received = answer
            .outcome
            .as_ref()
            .map_or_else(oidc::provider::callback::Denied::line, |_| "a code".to_owned());
        checks.push(Check::of(CheckName::Code, answer.outcome.is_ok(), "a code", &received));
        answer.outcome.map_err(|denied| {
            if denied.is_passing() { Cause::ProviderUnreachable } else { Cause::StatusNotSuccess }
        })
    }

    /// Takes the state, so that nobody redeems the code a second time. Whether it was there to take.
    fn take(&self, store: &Store) -> Result<bool> {
        let Some(trace) = &self.trace else { return Ok(false) };
        let Some(named) = trace.saml_request_id.as_deref() else { return Ok(false) };
        let (id, until) = (&self.connection.id, trace.expires_at);
        let actor = Actor::SignIn(id.clone());
        store.write_now(&Scope::Own, &actor, |tx| openid::take_state(tx, id, named, until))
    }
}

/// Exchanges the code for who signed in.
async fn exchange(
    state: &Data<State>,
    way: &mut Way,
    code: &Secret,
) -> Result<Result<Speaks, Cause>> {
    let provider = way.connection.openid_provider.clone();
    let named = way.trace.as_ref().and_then(|trace| trace.saml_request_id.clone());
    let (Some(provider), Some(named)) = (provider, named) else {
        return Err(Error::Internal(anyhow::anyhow!("a sign-in without provider or state")));
    };
    let bond = Bond::new(state.openid_key.reveal(), &named)?;
    let tokens = match redeem(state, way, &provider, code, &bond).await? {
        Ok(tokens) => tokens,
        Err(cause) => return Ok(Err(cause)),
    };
    let mut verified = match verify(state, way, &provider, &tokens, &bond).await? {
        Ok(verified) => verified,
        Err(cause) => return Ok(Err(cause)),
    };
    let (now, skew) = (state.store.clock().now(), verdict::skew(state, &way.connection));
    let mut identity = identity(&verified, &tokens, &provider, &named);
    identity.expires_at = identity.expires_at.plus(skew);
    if let Err(cause) = verdict::fresh(way.trace.as_ref(), &identity, skew, now, &mut way.checks) {
        return Ok(Err(cause));
    }
    if way.profile(&identity).email.is_none()
        && let (Some(at), Some(access)) =
            (&provider.document.userinfo_endpoint, &tokens.access_token)
    {
        if let Err(cause) = complete(state, way, &mut verified, at, access).await {
            return Ok(Err(cause));
        }
        identity.attributes = attributes_of(&verified);
    }
    Ok(way.arrived(identity, &verified))
}

async fn redeem(
    state: &Data<State>,
    way: &mut Way,
    provider: &Provider,
    code: &Secret,
    bond: &Bond,
) -> Result<Result<Tokens, Cause>> {
    let (row, known, master) = (way.connection.clone(), provider.clone(), state.master.clone());
    let credential =
        state.store.read(move |db| openid::credential(db, &master, &row, &known)).await?;
    let redirect_uri = way.connection.redirect_uri(state.config.public_url.as_str());
    let now = state.store.clock().now();
    let request = token::request(provider, &credential, code, &redirect_uri, &bond.verifier, now)?;
    let tokens = state.upstream.redeem(&provider.document, &request).await;
    let line = way.told(CheckName::TokenRequest, "tokens", "tokens", tokens.as_ref().err());
    Ok(tokens.map_err(|_| line))
}

/// Verifies the ID token. Where it is signed by a key that is not known, the provider's keys are read again, and it is
/// verified once more from its first octet.
async fn verify(
    state: &Data<State>,
    way: &mut Way,
    provider: &Provider,
    tokens: &Tokens,
    bond: &Bond,
) -> Result<Result<Verified, Cause>> {
    let (id, now) = (way.connection.id.clone(), state.store.clock().now());
    let mut known = state.store.read(move |db| openid::known_keys(db, &id)).await?;
    if known.are_old(now) {
        known =
            state.upstream.fresher_keys(&state.store, &way.connection, &provider.document).await?;
    }
    let skew = verdict::skew(state, &way.connection);
    let look = |keys| {
        let expected = id_token::Expected {
            issuer: &provider.issuer,
            client_id: &provider.client_id,
            nonce: &bond.nonce,
            keys,
            access_token: tokens.access_token.as_ref().map(Secret::reveal),
            skew,
        };
        id_token::verify(&tokens.id_token, &expected, state.store.clock().now())
    };
    let mut outcome = look(&known.keys);
    if outcome.is_key_unknown {
        let fresh =
            state.upstream.fresher_keys(&state.store, &way.connection, &provider.document).await?;
        if fresh.keys != known.keys {
            outcome = look(&fresh.keys);
        }
    }
    way.checks.extend(outcome.checks);
    Ok(outcome.result.map_err(|rejection| rejection.cause))
}

/// Adds what the userinfo endpoint says.
async fn complete(
    state: &Data<State>,
    way: &mut Way,
    verified: &mut Verified,
    at: &str,
    access: &Secret,
) -> Result<(), Cause> {
    let told = state.upstream.userinfo(at, access).await;
    let cause = way.told(CheckName::UserInfo, "details", "details", told.as_ref().err());
    let told = told.map_err(|_| cause)?;
    if claims::complete(&mut verified.claims, told) {
        return Ok(());
    }
    let (expected, received) = ("details of the same person", "details of somebody else");
    way.checks.push(Check::of(CheckName::UserInfo, false, expected, received));
    Err(Cause::TokenInvalid)
}

fn identity(verified: &Verified, tokens: &Tokens, provider: &Provider, state: &str) -> Identity {
    let id = crypto::hex(&crypto::sha256(tokens.id_token.as_bytes()));
    Identity {
        name_id: NameId {
            value: verified.sub.clone(),
            format: Some(SUBJECT.to_owned()),
            name_qualifier: None,
            sp_name_qualifier: None,
        },
        session_index: verified.sid.clone(),
        session_not_on_or_after: None,
        attributes: attributes_of(verified),
        assertion_id: format!("id_token {id}"),
        expires_at: verified.expires_at,
        // A provider that does not say could mean any time: nobody is told that it was just now.
        authn_instant: verified.auth_time.unwrap_or_else(|| Time::from_unix(0)),
        authn_context: verified.acr.clone(),
        issuer: provider.issuer.clone(),
        in_response_to: Some(state.to_owned()),
    }
}

fn attributes_of(verified: &Verified) -> Vec<Attribute> {
    let attribute = |(name, values)| Attribute { name, friendly_name: None, values };
    claims::of_person(&verified.claims).into_iter().map(attribute).collect()
}

impl Way {
    /// Writes down how a provider's endpoint answered, and gives the cause if it refused.
    fn told(
        &mut self,
        name: CheckName,
        expected: &str,
        received: &str,
        refused: Option<&Refused>,
    ) -> Cause {
        let (received, cause) = match refused {
            None => (received, Cause::TokenInvalid),
            Some(Refused::Away(why)) => (why.as_str(), Cause::ProviderUnreachable),
            Some(Refused::Denied(why)) => (why.as_str(), Cause::TokenInvalid),
        };
        self.checks.push(Check::of(name, refused.is_none(), expected, received));
        cause
    }

    /// What the claims say of the person, in our words. The `sub` is never taken for an address, whatever it looks like.
    fn profile(&self, identity: &Identity) -> Profile {
        let none = NameId { value: String::new(), ..identity.name_id.clone() };
        attributes::profile(&identity.attributes, &none, &self.connection.settings.attributes)
    }

    fn arrived(&mut self, identity: Identity, verified: &Verified) -> Result<Speaks, Cause> {
        let profile = self.profile(&identity);
        if self.trace.as_ref().is_some_and(|trace| trace.kind == TraceKind::Test) {
            self.received = Some(outcome::lines(&identity.attributes, &profile));
        }
        let source = profile.email_source.clone();
        let named = source.as_deref().unwrap_or("no claim holds one");
        let is_there = profile.email.is_some();
        self.checks.push(Check::of(CheckName::Email, is_there, "an email address", named));
        let email = profile.email.clone().ok_or(Cause::EmailMissing)?;
        // The claim speaks of the claim `email` and of no other.
        let is_email = source.is_some_and(|source| source.eq_ignore_ascii_case("email"));
        let issuer = &identity.issuer;
        if let Some(doubt) = claims::doubt_of_email(issuer, &verified.claims, is_email) {
            let claims::Doubt { expected, received } = doubt;
            self.checks.push(Check::of(CheckName::EmailVerified, false, expected, received));
            return Err(Cause::EmailUnverified);
        }
        Ok(Speaks { identity, profile, email })
    }
}

/// Decides who arrives, and whether they may come.
fn decide(store: &Store, way: Way, arrived: Result<Speaks, Cause>) -> Result<Verdict> {
    let Way { connection, organization, trace, browser, checks, received } = way;
    let trace = trace.filter(|trace| arrived.is_ok() || began_in(trace, browser.as_deref()));
    let (connection, facts, kept, decided) =
        (Arc::new(connection), Facts::default(), None, arrived);
    let looked = Looked { connection, organization, trace, checks, facts, decided, received, kept };
    looked.decide_apart(store)
}
