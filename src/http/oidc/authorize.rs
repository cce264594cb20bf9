//! An authorization request: answered from the session, sent on to the identity provider, or refused.

use super::application;
use crate::clock::Time;
use crate::error::Result;
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::outcome;
use crate::http::server::State;
use crate::http::sign_in::{self, Course, Departed, Departure};
use crate::oidc;
use crate::oidc::authorize::{AuthorizationRequest, Incoming, Refusal};
use crate::oidc::logout::Hint;
use crate::store::access::explain;
use crate::store::applications::Application;
use crate::store::connections;
use crate::store::destinations::{self, Destination, Hints};
use crate::store::grants;
use crate::store::keys::KeyRing;
use crate::store::organizations;
use crate::store::sessions::{self, Method, Session};
use crate::store::sign_in::Beginning;
use crate::store::traces::TraceKind;
use crate::store::users::User;
use crate::store::{self, Actor, Db, Scope, Tx};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use std::ops::ControlFlow::{self, Break, Continue};

/// `GET` and `POST /oauth/authorize` (OIDC Core 3.1.2).
pub(in crate::http) async fn authorize(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, PageError> {
    let text = if body.is_empty() { request.query_string().to_owned() } else { body };
    // Nothing that a stranger may make dear keeps the others from writing: it is read and verified before.
    let incoming = Incoming::parse(&text);
    let hinted = hinted(&incoming, &state.keys());
    let cookie = browser::session(&state, &request);
    let (browser, bind) = browser::bind(&state, &request);
    let writer = state.clone();
    // What most requests come to, leaving for the provider, is written down where it is decided.
    let decide =
        move |tx: &mut Tx<'_>| match plan(tx, &writer, &incoming, hinted, cookie.as_deref())? {
            Break(plan) => Ok(plan),
            Continue(departure) => {
                let actor = Actor::SignIn(departure.connection.id.clone());
                let left = tx.by(&actor, |tx| sign_in::set_out(tx, &writer, departure, &browser));
                Ok(Plan::Left(left?))
            }
        };
    let plan = state.store.write(Scope::Own, Actor::System, decide).await?;
    match plan {
        Plan::Left(departed) => sign_in::away(&state, &departed, &bind),
        Plan::Refused(Refusal::App { error, return_to }) => {
            Ok(outcome::to_app(&state, return_to.error(&error, state.issuer()), &state.operator()))
        }
        Plan::Refused(Refusal::Page(error)) => Err(error.into()),
        Plan::Refused(Refusal::Redirect(unknown)) => Err(unknown.into()),
        Plan::SignedIn { application, session, asked } => {
            grant(&state, application, *session, asked).await
        }
        Plan::Ask { application, asked, at } => ask(&state, &request, application, asked, at).await,
    }
}

/// What an authorization request leads to.
enum Plan {
    /// Not to a sign-in.
    Refused(Refusal),
    /// The browser is signed in already.
    SignedIn { application: Application, session: Box<Session>, asked: AuthorizationRequest },
    /// To the identity provider, which is written down.
    Left(Departed),
    /// The person must say where they belong, or choose, or it leads nowhere.
    Ask { application: Application, asked: AuthorizationRequest, at: Destination },
}

/// Decides what an authorization request leads to; goes on where that is to the identity provider.
fn plan(
    tx: &mut Tx<'_>,
    state: &State,
    incoming: &Incoming,
    hinted: Option<String>,
    cookie: Option<&str>,
) -> Result<ControlFlow<Plan, Departure>> {
    let (db, now) = (&mut *tx.db, tx.now);
    let client_id = match incoming.client_id() {
        Ok(id) => id,
        Err(refusal) => return Ok(Break(Plan::Refused(refusal))),
    };
    let Some(application) = application(db, client_id)? else {
        let why = "No application has this client_id.";
        return Ok(Break(Plan::Refused(Refusal::Page(oidc::Error::InvalidRequest(why.into())))));
    };
    let mut asked = match incoming.check(&application.client()) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(Break(Plan::Refused(refusal))),
    };
    asked.hinted = hinted;
    if asked.prompt.select_account {
        return Ok(Break(Plan::Ask { application, asked, at: Destination::Unasked }));
    }
    let at = destinations::find(db, &hints(&asked), Some(&application))?;
    if !asked.asks_again()
        && let Some(cookie) = cookie
        && let Some((session, user)) = sessions::live(db, cookie, now)?
        && suits(&session, &user, &asked, &application, &at, now)
        && is_hinted(&user, &asked)
        && is_open(db, state, &session)?
        && !explain::is_nothing(db, Some(&user.id), &application.id)?
    {
        return Ok(Break(Plan::SignedIn { application, session: Box::new(session), asked }));
    }
    if asked.prompt.none {
        let error = oidc::Error::LoginRequired("Nobody is signed in in this browser.".into());
        let return_to = asked.return_to;
        return Ok(Break(Plan::Refused(Refusal::App { error, return_to })));
    }
    Ok(match at {
        Destination::Connection(connection, organization) => {
            let email = asked.login_hint.clone();
            let course = Course::New(Some(Box::new((application, asked))));
            Continue(Departure { course, connection, organization, email })
        }
        at => Break(Plan::Ask { application, asked, at }),
    })
}

fn hints(asked: &AuthorizationRequest) -> Hints {
    Hints {
        connection: asked.connection.clone(),
        organization: asked.organization.clone(),
        domain: asked.domain_hint.clone(),
        email: asked.login_hint.clone(),
    }
}

/// Whether the session is an answer: to this application, from where the request wants it, young enough.
fn suits(
    session: &Session,
    user: &User,
    asked: &AuthorizationRequest,
    application: &Application,
    at: &Destination,
    now: Time,
) -> bool {
    let place = match at {
        Destination::Connection(connection, organization) => match session.method {
            Method::Connection => connection.id == session.connection_id,
            Method::BreakGlass => organization.id == session.organization_id,
        },
        Destination::Choice(organization, _) => organization.id == session.organization_id,
        Destination::Unasked => true,
        Destination::Nowhere => false,
    };
    let person = asked.login_hint.as_deref().is_none_or(|hint| {
        crate::email::Email::parse(hint).is_ok_and(|email| email.key() == user.email_key)
    });
    let young = asked.since(now, now).is_none_or(|since| session.authenticated_at() >= since);
    place && person && young && application.admits(&session.organization_id)
}

/// Whom the ID token speaks of that the app shows, if it shows one of ours (OIDC Core 3.1.2.1).
fn hinted(incoming: &Incoming, keys: &KeyRing) -> Option<String> {
    let hint = keys.oidc().verify::<Hint>(incoming.id_token_hint()?).ok()?;
    Some(hint.sub)
}

/// Whether the ID token that the app shows, if it shows one, is this person's. One that is not ours is nobody's.
fn is_hinted(user: &User, asked: &AuthorizationRequest) -> bool {
    asked.id_token_hint.is_none() || asked.hinted.as_deref() == Some(user.id.as_str())
}

/// Whether the connection that the session came through takes people now. One that began with a break-glass code came
/// through none.
fn is_open(db: &mut Db, state: &State, session: &Session) -> Result<bool> {
    if session.method == Method::BreakGlass {
        let organization = organizations::by_id(db, &session.organization_id)?;
        return Ok(organization.is_some_and(|found| !sign_in::is_left_over(state, &found)));
    }
    let place = connections::by_id_with_organization(db, &session.connection_id)?;
    Ok(place.is_some_and(|(connection, organization)| {
        sign_in::closed(state, &connection, &organization, false).is_none()
    }))
}

/// Answers from the session, without asking the identity provider again.
async fn grant(
    state: &Data<State>,
    application: Application,
    session: Session,
    asked: AuthorizationRequest,
) -> Result<HttpResponse, PageError> {
    let (lifetimes, actor) = (state.lifetimes(), Actor::Application(application.id.clone()));
    let (code, asked) = state
        .store
        .write(Scope::Own, actor, move |tx| {
            let code = grants::create(tx, &application.id, &session, &asked, &lifetimes)?;
            Ok((code, asked))
        })
        .await?;
    Ok(outcome::to_app(
        state,
        asked.return_to.code(code.reveal(), state.issuer()),
        &state.operator(),
    ))
}

/// Begins a sign-in whose identity provider is not known yet, and asks the person.
async fn ask(
    state: &Data<State>,
    request: &HttpRequest,
    application: Application,
    asked: AuthorizationRequest,
    at: Destination,
) -> Result<HttpResponse, PageError> {
    let (browser, bind) = browser::bind(state, request);
    let lifetime = state.live().sign_in.request_ttl.delta();
    let actor = Actor::Application(application.id.clone());
    let (trace, application) = state
        .store
        .write(Scope::Own, actor, move |tx| {
            let beginning = Beginning {
                kind: TraceKind::SignIn,
                application: Some(&application.id),
                email: asked.login_hint.clone(),
                request: Some(asked),
                toward: None,
                browser: Some(&browser),
                lifetime,
            };
            Ok((store::sign_in::begin(tx, beginning)?, application))
        })
        .await?;
    let mut response = match at {
        Destination::Choice(organization, connections) => {
            let email = trace.email.as_deref().unwrap_or_default();
            sign_in::chooser(state, Some(&trace), email, &organization, &connections)
        }
        Destination::Nowhere => {
            let email = trace.email.as_deref().unwrap_or_default();
            sign_in::nowhere(state, Some(&trace), Some(&application), email)
        }
        Destination::Unasked | Destination::Connection(..) => {
            sign_in::see_other(&format!("/login?trace={}", trace.id))
        }
    };
    sign_in::add_cookies(&mut response, &bind)?;
    Ok(response)
}
