//! Signing out with an identity provider, whoever begins (SAML profiles 4.4).

use super::browser;
use super::error::PageError;
use super::logout::frames;
use super::pages::{self, Again, Answer as AnswerPage, AtProvider, Destination};
use super::request::Origin;
use super::server::State;
use super::sign_in::{add_cookie, see_other};
use super::verdict;
use crate::crypto;
use crate::error::{Error, Result};
use crate::saml::carry::Outgoing;
use crate::saml::certificate::TrustedKeys;
use crate::saml::check::Rejection;
use crate::saml::logout::{
    self, Answer, Expected, Incoming, Kind, NewLogoutRequest, NewLogoutResponse, Status,
};
use crate::saml::metadata::IdentityProvider;
use crate::saml::request as message;
use crate::store::connections::{self, Connection};
use crate::store::keys::KeyRing;
use crate::store::logouts::{self, Followed, Logout, Outcome};
use crate::store::organizations::Organization;
use crate::store::{Actor, ConnectionId, LogoutId, Scope, Tx, events};
use actix_web::web::{Bytes, Data, Form, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// `GET /saml/{connection}/slo`: the single logout service, by redirect (SAML bindings 3.4).
///
/// Reading changes something here, since the standard has it so; the provider's signature is what proves it.
pub(super) async fn by_redirect(
    state: Data<State>,
    connection: Path<ConnectionId>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let incoming = Incoming::query(request.query_string());
    receive(&state, &connection, incoming, &request).await
}

/// `POST /saml/{connection}/slo`: the single logout service, by form (SAML bindings 3.5).
pub(super) async fn by_form(
    state: Data<State>,
    connection: Path<ConnectionId>,
    body: Bytes,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    receive(&state, &connection, Incoming::form(&body), &request).await
}

#[derive(Deserialize)]
pub(super) struct AskForm {
    logout: LogoutId,
}

/// `POST /logout`: the person wants to be signed out at the provider, too.
pub(super) async fn ask(
    state: Data<State>,
    form: Form<AskForm>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let id = form.into_inner().logout;
    let (browser, now) = (browser::bound(&state, &request), state.store.clock().now());
    let found = state
        .store
        .read(move |db| {
            let Some((logout, session)) = logouts::by_id(db, &id)? else { return Ok(None) };
            let found = connections::by_id_with_organization(db, &logout.connection_id)?;
            Ok(found.map(|place| (logout, session, place)))
        })
        .await?;
    let Some((logout, session, place)) =
        found.filter(|(logout, ..)| logout.goes_on(browser.as_deref(), now))
    else {
        return Ok(pages::again(&state, Again::Expired, "/login"));
    };
    let (connection, organization) = place;
    let endpoint = connection
        .identity_provider
        .as_ref()
        .and_then(|known| logout::choose(&known.logout, connection.settings.request_binding));
    let Some(endpoint) = endpoint else {
        return Ok(shown(&state, &organization, &logout, AtProvider::Unknown));
    };
    let request_id = message::id()?;
    let sent = NewLogoutRequest {
        id: &request_id,
        issuer: &connection.entity_id(state.config.public_url.as_str()),
        issued_at: now,
        name_id: &session.name_id,
        session_index: session.session_index.as_deref(),
    };
    let outgoing = sent.send(endpoint, logout.id.as_str(), &state.keys().signer())?;
    let id = logout.id.clone();
    let is_open = state
        .store
        .write(Scope::Own, Actor::System, move |tx| logouts::ask(tx, &id, &request_id))
        .await?;
    if !is_open {
        return Ok(finished(&state, &organization, &logout));
    }
    Ok(match outgoing {
        Outgoing::Redirect(address) => see_other(&address),
        Outgoing::Form(form) => {
            let fields = [(form.field, &*form.message), ("RelayState", &*form.relay_state)];
            let to = Destination::Organization(&organization.name);
            pages::between(&state, &pages::Between { action: &form.action, fields: &fields, to })
        }
    })
}

/// One connection, with all that a message to it is held against.
struct Place {
    connection: Connection,
    organization: Organization,
    provider: IdentityProvider,
    trusted: TrustedKeys,
    own: Arc<KeyRing>,
    slo: String,
    entity_id: String,
    skew: TimeDelta,
}

impl Place {
    fn expected(&self) -> Expected<'_> {
        let settings = &self.connection.settings;
        Expected {
            slo: &self.slo,
            idp_entity_id: &self.provider.entity_id,
            keys: &self.trusted,
            decryption_keys: self.own.decryption(),
            allow_sha1: settings.allow_sha1,
            allow_cbc: settings.allow_cbc,
            skew: self.skew,
        }
    }
}

/// A message of a provider, in either direction. That a connection is off makes no difference: whom its
/// provider wants signed out is signed out.
async fn receive(
    state: &Data<State>,
    id: &ConnectionId,
    incoming: Result<Incoming<'_>, Rejection>,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let id = id.clone();
    let (connection, organization) =
        state.store.read(move |db| connections::find_with_organization(db, &id)).await?;
    let Some(provider) = connection.identity_provider.clone() else {
        return Err(Error::not_found("identity provider of", connection.id.as_str()).into());
    };
    let public_url = state.config.public_url.as_str();
    let place = Place {
        trusted: state.trust.keys(&connection),
        own: state.keys(),
        skew: verdict::skew(state, &connection),
        slo: connection.slo(public_url),
        entity_id: connection.entity_id(public_url),
        provider: provider.into_inner(),
        connection,
        organization,
    };
    match incoming {
        Ok(incoming) => match incoming.kind {
            Kind::Request => follow(state, place, incoming, request).await,
            Kind::Response => conclude(state, &place, &incoming, request).await,
        },
        Err(rejection) => refused(state, &place, &rejection, request).await,
    }
}

/// The provider wants somebody signed out. The request alone is enough: it may come in a frame, without cookies.
async fn follow(
    state: &Data<State>,
    place: Place,
    incoming: Incoming<'_>,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let now = state.store.clock().now();
    let asked = match logout::verify_request(&incoming, &place.expected(), now) {
        Ok(asked) => asked,
        Err(logout::Refused { rejection, request_id }) => {
            let page = refused(state, &place, &rejection, request).await?;
            let Some(request_id) = request_id else { return Ok(page) };
            let answer = Answer::Refused(rejection.cause.code());
            return reply(state, &place, &incoming, &request_id, answer, &[]);
        }
    };
    let request_id = asked.id.clone();
    let (connection, provider) = (place.connection.clone(), place.provider.entity_id.clone());
    let ours = place.entity_id.clone();
    let actor = Actor::Provider(connection.id.clone());
    let here = browser::session(state, request).map(|cookie| crypto::hash(&cookie));
    let cookie = here.clone();
    let done = state
        .store
        .write(Scope::Own, actor, move |tx| {
            let is_same = |known: &_| logout::is_same_name(known, &asked.name_id, &provider, &ours);
            logouts::follow(tx, &connection, &asked, cookie.as_ref(), is_same)
        })
        .await;
    let (answer, ended, opened) = match done {
        Ok(Followed::Ended(sessions, reach)) => {
            tracing::info!(
                connection = %place.connection.id,
                sessions = sessions.len(),
                every_app_is_told = reach.is_complete,
                "an identity provider signed somebody out"
            );
            let answer = if reach.is_complete { Answer::Success } else { Answer::Partial };
            (answer, sessions, frames(state, &reach.frames))
        }
        Ok(Followed::Replayed) => (Answer::Refused("response_replayed"), Vec::new(), Vec::new()),
        Err(error) => {
            tracing::error!(error = ?error, "a provider's logout could not be followed");
            (Answer::Failed, Vec::new(), Vec::new())
        }
    };
    let mut response = reply(state, &place, &incoming, &request_id, answer, &opened)?;
    if ended.iter().any(|session| here.as_ref() == Some(&session.hash)) {
        add_cookie(&mut response, &browser::signed_out(state))?;
    }
    Ok(response)
}

/// Answers the provider. One that has no address for answers leaves the person with our page.
fn reply(
    state: &State,
    place: &Place,
    incoming: &Incoming<'_>,
    request_id: &str,
    answer: Answer,
    opened: &[String],
) -> Result<HttpResponse, PageError> {
    let Some(to) = logout::choose_answer(&place.provider.logout, incoming.binding) else {
        let view = pages::SignedOut {
            organization: Some(&place.organization.name),
            provider: AtProvider::Began,
            untold: answer != Answer::Success,
            frames: opened,
            return_to: None,
        };
        return Ok(pages::signed_out(state, &view));
    };
    let sent = NewLogoutResponse {
        id: &message::id()?,
        issuer: &place.entity_id,
        issued_at: state.store.clock().now(),
        in_response_to: request_id,
        answer,
    };
    let relay_state = incoming.relay_state.as_deref().unwrap_or_default();
    let outgoing = sent.send(to, relay_state, &place.own.signer())?;
    if let (Outgoing::Redirect(address), []) = (&outgoing, opened) {
        return Ok(see_other(address));
    }
    let sign_on = place.provider.sign_on.iter().map(|at| at.location.clone());
    let logout = place.provider.logout.iter().map(|at| at.location.clone());
    let view = AnswerPage {
        organization: &place.organization.name,
        outgoing: &outgoing,
        frames: opened,
        provider: sign_on.chain(logout).collect(),
    };
    Ok(pages::answer(state, &view))
}

/// The provider answers our request: the sign-out that began here is over.
async fn conclude(
    state: &Data<State>,
    place: &Place,
    incoming: &Incoming<'_>,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let now = state.store.clock().now();
    let verified = logout::verify_response(incoming, &place.expected(), now);
    // What is not verified finds only what the person began, and changes nothing.
    let by_state = incoming.relay_state.as_deref().and_then(|id| id.parse::<LogoutId>().ok());
    let by_request = verified.as_ref().ok().map(|answer| answer.in_response_to.clone());
    let found = state
        .store
        .read(move |db| match (by_request, by_state) {
            (Some(request), _) => logouts::by_saml_request(db, &request),
            (None, Some(id)) => logouts::by_id(db, &id),
            (None, None) => Ok(None),
        })
        .await?;
    let browser = browser::bound(state, request);
    let found = found.map(|(logout, _)| logout).filter(|logout| {
        logout.connection_id == place.connection.id && logout.goes_on(browser.as_deref(), now)
    });
    let (answer, logout) = match (verified, found) {
        (Ok(answer), Some(logout)) => (answer, logout),
        (Err(rejection), found) => {
            let page = refused(state, place, &rejection, request).await?;
            return Ok(match found {
                Some(logout) => shown(state, &place.organization, &logout, AtProvider::Unconfirmed),
                None => page,
            });
        }
        (Ok(_), None) => return Ok(pages::again(state, Again::Expired, "/login")),
    };
    if logout.outcome != Outcome::Asked {
        return Ok(finished(state, &place.organization, &logout));
    }
    let outcome = match answer.status {
        Status::Complete => Outcome::Complete,
        Status::Partial => Outcome::Partial,
        Status::Failed => Outcome::Failed,
    };
    let (id, actor) = (logout.id.clone(), Actor::Provider(place.connection.id.clone()));
    state
        .store
        .write(Scope::Own, actor, move |tx| {
            logouts::finish(tx, &id, &answer.in_response_to, outcome)
        })
        .await?;
    Ok(finished(state, &place.organization, &Logout { outcome, ..logout }))
}

/// The end of a sign-out: back to the app if all is well, else a page that says what is not.
fn finished(state: &State, organization: &Organization, logout: &Logout) -> HttpResponse {
    let provider = match logout.outcome {
        Outcome::Offered | Outcome::Asked => AtProvider::Unconfirmed,
        Outcome::Complete => AtProvider::Complete,
        Outcome::Partial => AtProvider::Partial,
        Outcome::Failed => AtProvider::Failed,
    };
    match (&logout.return_to, logout.outcome) {
        (Some(location), Outcome::Complete) => see_other(location),
        _ => shown(state, organization, logout, provider),
    }
}

fn shown(
    state: &State,
    organization: &Organization,
    logout: &Logout,
    provider: AtProvider<'_>,
) -> HttpResponse {
    let view = pages::SignedOut {
        organization: Some(&organization.name),
        provider,
        untold: false,
        frames: &[],
        return_to: logout.return_to.as_deref(),
    };
    pages::signed_out(state, &view)
}

/// Logs why a message is not followed and writes an event, and tells the person no more than the code. Anybody can send
/// such messages, so for a connection they fill the events only up to a point.
async fn refused(
    state: &Data<State>,
    place: &Place,
    rejection: &Rejection,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let Rejection { cause, detail, .. } = rejection;
    let (connection, reference) = (place.connection.id.clone(), Origin::of(request).id.to_string());
    tracing::info!(%connection, %cause, detail, "a logout message was refused");
    if state.limits.logouts.add(&connection, state.store.clock().now()) {
        let organization = place.organization.id.clone();
        let data = json!({ "cause": cause, "request_id": reference });
        let write = move |tx: &mut Tx| {
            events::append(tx, Some(&organization), "logout.refused", connection.as_str(), data)
        };
        state.store.write(Scope::Own, Actor::System, write).await?;
    }
    Ok(pages::logout_refused(state, cause.code(), &reference))
}
