//! Signing out, at the app's wish (OIDC RP-Initiated Logout 1.0).

use super::browser;
use super::error::PageError;
use super::guard;
use super::pages::{self, AtProvider, Offer};
use super::server::State;
use super::sign_in;
use crate::error::Result;
use crate::oidc;
use crate::oidc::discovery;
use crate::oidc::ended;
use crate::oidc::logout::{Hint, Logout, LogoutRequest};
use crate::saml::logout::choose;
use crate::store::notices::{self, Frame, Reach};
use crate::store::organizations::Organization;
use crate::store::sessions::{self, Method, Session};
use crate::store::{
    Actor, ApplicationId, Db, Scope, SessionId, Tx, applications, connections, logouts,
    organizations,
};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

/// `GET /oauth/logout`: signs out if the app shows the ID token of this very session, otherwise asks.
/// A link on a stranger's page has no such token, so it signs nobody out.
pub(super) async fn ask(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let text = request.query_string().to_owned();
    answer(&state, &request, &text).await
}

/// Ends the session that the app's ID token names; asks the person where it names none or another.
async fn answer(
    state: &Data<State>,
    request: &HttpRequest,
    text: &str,
) -> Result<HttpResponse, PageError> {
    let asked = check(state, text).await?.map_err(PageError::SignOut)?;
    let session = current(state, request).await?;
    let named = asked.logout.session.as_deref();
    match session {
        Some(session) if named != Some(session.id.as_str()) => {
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let view = pages::SignOut {
                action: discovery::LOGOUT,
                fields: &fields,
                back: asked.logout.return_to.as_deref(),
                redirect_uri: asked.logout.return_to.as_deref(),
            };
            Ok(pages::sign_out(state, &view))
        }
        session => end(state, request, session, asked).await,
    }
}

/// `POST /oauth/logout`: our own page's form, or the app's, which proves no more than a link does.
pub(super) async fn confirm(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, PageError> {
    if !guard::is_ours(request.headers(), &state.config.public_url) {
        return answer(&state, &request, &body).await;
    }
    let asked = check(&state, &body).await?.map_err(PageError::SignOut)?;
    let session = current(&state, &request).await?;
    end(&state, &request, session, asked).await
}

/// What is asked, and by which application.
struct Asked {
    logout: Logout,
    application: Option<ApplicationId>,
}

async fn check(state: &Data<State>, text: &str) -> Result<std::result::Result<Asked, oidc::Error>> {
    let asked = match LogoutRequest::parse(text) {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(error)),
    };
    // An ID token that has ended is as good a hint as a fresh one (section 2).
    let hint: Option<Hint> =
        asked.id_token_hint.as_deref().and_then(|token| state.keys().oidc().verify(token).ok());
    let id = asked.client_id(hint.as_ref()).and_then(|id| id.parse::<ApplicationId>().ok());
    let application = match id {
        Some(id) => state.store.read(move |db| applications::by_id(db, &id)).await?,
        None => None,
    };
    let client = application.as_ref().map(applications::Application::client);
    let checked = asked.check(hint.as_ref(), client.as_ref(), state.issuer());
    Ok(checked.map(|logout| Asked { logout, application: application.map(|row| row.id) }))
}

/// The session of this browser.
async fn current(state: &Data<State>, request: &HttpRequest) -> Result<Option<Session>> {
    let Some(cookie) = browser::session(state, request) else { return Ok(None) };
    let now = state.store.clock().now();
    let live = state.store.read(move |db| sessions::live(db, &cookie, now)).await?;
    Ok(live.map(|(session, _)| session))
}

/// What ended, and what may follow.
struct Done {
    organization: Option<Organization>,
    reach: Reach,
    /// The sign-out that may go on at the provider, and the address there.
    offer: Option<(logouts::Logout, String)>,
}

/// Ends the browser's session, and the one that the app's ID token names if that is another.
async fn end(
    state: &Data<State>,
    request: &HttpRequest,
    session: Option<Session>,
    asked: Asked,
) -> Result<HttpResponse, PageError> {
    // Without a session there is no cookie to take away, or a stranger's page has sent the form.
    let presented = session.is_some();
    let (browser, bind) = browser::bind(state, request);
    let lifetime = state.live().sign_in.request_ttl.delta();
    let named = asked.logout.session.and_then(|id| id.parse::<SessionId>().ok());
    let (return_to, application) = (asked.logout.return_to.clone(), asked.application);
    let done = state
        .store
        .write(Scope::Own, Actor::System, move |tx| {
            let named = named.map(|id| sessions::by_id(tx.db, &id)).transpose()?.flatten();
            let here = session.as_ref().map(|session| session.id.clone());
            let mut ending: Vec<Session> = session.into_iter().collect();
            ending.extend(named.filter(|named| ending.iter().all(|known| known.id != named.id)));
            let back = return_to.as_deref();
            let reach = reach(tx.db, &ending, application.as_ref(), here.as_ref())?;
            write_down(tx, &ending, reach, &browser, back, lifetime)
        })
        .await?;
    let frames = frames(state, &done.reach.frames);
    let return_to = asked.logout.return_to.as_deref();
    let mut response = match (return_to, &done.offer) {
        (Some(location), None) if frames.is_empty() => sign_in::see_other(location),
        (_, offer) => {
            let provider = match offer {
                Some((logout, location)) => {
                    AtProvider::Offered(Offer { logout: logout.id.as_str(), location })
                }
                None => AtProvider::Unknown,
            };
            let view = pages::SignedOut {
                organization: done.organization.as_ref().map(|organization| &*organization.name),
                provider,
                untold: !done.reach.is_complete,
                frames: &frames,
                return_to,
            };
            pages::signed_out(state, &view)
        }
    };
    if presented {
        sign_in::add_cookie(&mut response, &browser::signed_out(state))?;
    }
    if done.offer.is_some() {
        sign_in::add_cookies(&mut response, &bind)?;
    }
    Ok(response)
}

/// How the apps of those sessions can be told that go on so far.
fn reach(
    db: &mut Db,
    ending: &[Session],
    asking: Option<&ApplicationId>,
    here: Option<&SessionId>,
) -> Result<Reach> {
    let live = ending.iter().filter(|session| session.ended_at.is_none());
    let ids: Vec<SessionId> = live.map(|session| session.id.clone()).collect();
    notices::reach(db, &ids, asking, here)
}

/// Ends sessions, and notes that the first may end at its provider, too, if that has an address for it.
fn write_down(
    tx: &mut Tx,
    ending: &[Session],
    reach: Reach,
    browser: &str,
    return_to: Option<&str>,
    lifetime: TimeDelta,
) -> Result<Done> {
    let live: Vec<&Session> = ending.iter().filter(|session| session.ended_at.is_none()).collect();
    for session in &live {
        sessions::end(tx, session)?;
    }
    let organization = match ending.first() {
        Some(session) => organizations::by_id(tx.db, &session.organization_id)?,
        None => None,
    };
    let mut offer = None;
    if let Some(session) = live.first()
        && session.method == Method::Connection
        && let Some((connection, _)) =
            connections::by_id_with_organization(tx.db, &session.connection_id)?
        && let Some(provider) = &connection.identity_provider
        && let Some(endpoint) = choose(&provider.logout, connection.settings.request_binding)
    {
        let logout = logouts::offer(tx, session, browser, return_to, lifetime)?;
        offer = Some((logout, endpoint.location.clone()));
    }
    Ok(Done { organization, reach, offer })
}

/// The addresses that apps want opened.
pub(super) fn frames(state: &State, frames: &[Frame]) -> Vec<String> {
    frames
        .iter()
        .map(|frame| ended::frame(&frame.uri, state.issuer(), frame.session_id.as_str()))
        .collect()
}
