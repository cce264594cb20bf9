//! Signing out, at the app's wish (OIDC RP-Initiated Logout 1.0).

use super::browser;
use super::error::PageError;
use super::guard;
use super::pages;
use super::server::State;
use super::sign_in;
use crate::error::Result;
use crate::oidc;
use crate::oidc::discovery;
use crate::oidc::logout::{Hint, Logout, LogoutRequest};
use crate::store::organizations::Organization;
use crate::store::sessions::{self, Session};
use crate::store::{Actor, ApplicationId, Scope, SessionId, applications, organizations};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

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
    let logout = match check(state, text).await? {
        Ok(logout) => logout,
        Err(error) => return Err(error.into()),
    };
    let session = current(state, request).await?;
    let named = logout.session.as_deref();
    match session {
        Some(session) if named != Some(session.id.as_str()) => {
            let fields: Vec<(String, String)> =
                url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let view = pages::SignOut {
                action: discovery::LOGOUT,
                fields: &fields,
                back: logout.return_to.as_deref(),
                redirect_uri: logout.return_to.as_deref(),
            };
            Ok(pages::sign_out(state, &view))
        }
        session => end(state, session, logout).await,
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
    match check(&state, &body).await? {
        Ok(logout) => {
            let session = current(&state, &request).await?;
            end(&state, session, logout).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn check(
    state: &Data<State>,
    text: &str,
) -> Result<std::result::Result<Logout, oidc::Error>> {
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
    let client = application.map(|application| application.client());
    Ok(asked.check(hint.as_ref(), client.as_ref(), state.issuer()))
}

/// The session of this browser.
async fn current(state: &Data<State>, request: &HttpRequest) -> Result<Option<Session>> {
    let Some(cookie) = browser::session(state, request) else { return Ok(None) };
    let now = state.store.clock().now();
    let live = state.store.read(move |db| sessions::live(db, &cookie, now)).await?;
    Ok(live.map(|(session, _)| session))
}

/// Ends the browser's session, and the one that the app's ID token names if that is another.
async fn end(
    state: &Data<State>,
    session: Option<Session>,
    logout: Logout,
) -> Result<HttpResponse, PageError> {
    // Without a session there is no cookie to take away, or a stranger's page has sent the form.
    let presented = session.is_some();
    let named = logout.session.and_then(|id| id.parse::<SessionId>().ok());
    let organization = state
        .store
        .write(Scope::Own, Actor::System, move |tx| {
            let named = named.map(|id| sessions::by_id(tx.db, &id)).transpose()?.flatten();
            let mut organization: Option<Organization> = None;
            for session in session.into_iter().chain(named) {
                sessions::end(tx, &session)?;
                organization = organizations::by_id(tx.db, &session.organization_id)?;
            }
            Ok(organization)
        })
        .await?;
    let mut response = match logout.return_to {
        Some(location) => sign_in::see_other(&location),
        None => pages::signed_out(
            state,
            &pages::SignedOut {
                organization: organization.as_ref().map(|organization| &*organization.name),
                back: None,
            },
        ),
    };
    if presented {
        sign_in::add_cookie(&mut response, &browser::signed_out(state))?;
    }
    Ok(response)
}
