//! The OIDC provider that the app talks to.

use super::browser;
use super::error::{OAuthError, PageError};
use super::outcome;
use super::server::State;
use super::sign_in::{self, Course, Departure};
use crate::clock::Time;
use crate::error::Result;
use crate::oidc;
use crate::oidc::authorize::{AuthorizationRequest, Incoming, Refusal};
use crate::oidc::claims::{self, Person, SignIn};
use crate::oidc::discovery;
use crate::oidc::logout::Hint;
use crate::oidc::scope::{Scope as OidcScope, Scopes};
use crate::oidc::token::{
    Bearer, ClientAuth, Grant, Introspection, LiveToken, TokenQuery, TokenRequest, TokenResponse,
};
use crate::store::applications::{self, Application, ApplicationSecret};
use crate::store::destinations::{self, Destination, Hints};
use crate::store::grants::{self, Holder, TokenKind, Tokens};
use crate::store::keys::KeyRing;
use crate::store::sessions::{self, Session};
use crate::store::sign_in::Beginning;
use crate::store::traces::TraceKind;
use crate::store::users::User;
use crate::store::{self, Actor, ApplicationId, Db, Scope};
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

/// `GET /.well-known/openid-configuration` (OIDC Discovery 4).
pub(super) async fn discovery(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(discovery::document(state.issuer()))
}

/// `GET /oauth/jwks`: the keys that sign ID tokens (RFC 7517).
pub(super) async fn jwks(state: Data<State>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "public, max-age=300"))
        .json(state.keys().oidc().jwks())
}

/// `GET` and `POST /oauth/authorize` (OIDC Core 3.1.2).
pub(super) async fn authorize(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, PageError> {
    let text = if body.is_empty() { request.query_string().to_owned() } else { body };
    let cookie = browser::session(&state, &request);
    let now = state.store.clock().now();
    let keys = state.keys();
    let plan = state.store.read(move |db| plan(db, &text, cookie.as_deref(), &keys, now)).await?;
    match plan {
        Plan::Refused(Refusal::App { error, return_to }) => Ok(outcome::to_app(
            &state,
            return_to.error(&error, state.issuer()),
            &state.config.brand.name,
        )),
        Plan::Refused(Refusal::Page(error)) => Err(error.into()),
        Plan::Refused(Refusal::Redirect(unknown)) => Err(unknown.into()),
        Plan::SignedIn { application, session, asked } => {
            grant(&state, application, *session, asked).await
        }
        Plan::Leave { application, asked, connection, organization } => {
            let email = asked.login_hint.clone();
            let course = Course::New(Some(Box::new((application, asked))));
            let departure = Departure { course, connection, organization, email };
            sign_in::depart(&state, &request, departure).await
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
    /// The identity provider is known.
    Leave {
        application: Application,
        asked: AuthorizationRequest,
        connection: Box<store::connections::Connection>,
        organization: store::organizations::Organization,
    },
    /// The person must say where they belong, or choose, or it leads nowhere.
    Ask { application: Application, asked: AuthorizationRequest, at: Destination },
}

fn plan(db: &mut Db, text: &str, cookie: Option<&str>, keys: &KeyRing, now: Time) -> Result<Plan> {
    let incoming = Incoming::parse(text);
    let client_id = match incoming.client_id() {
        Ok(id) => id,
        Err(refusal) => return Ok(Plan::Refused(refusal)),
    };
    let Some(application) = application(db, client_id)? else {
        let why = "No application has this client_id.";
        return Ok(Plan::Refused(Refusal::Page(oidc::Error::InvalidRequest(why.into()))));
    };
    let asked = match incoming.check(&application.client()) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(Plan::Refused(refusal)),
    };
    if asked.prompt.select_account {
        return Ok(Plan::Ask { application, asked, at: Destination::Unasked });
    }
    let at = destinations::find(db, &hints(&asked), Some(&application))?;
    if !asked.asks_again()
        && let Some(cookie) = cookie
        && let Some((session, user)) = sessions::live(db, cookie, now)?
        && suits(&session, &user, &asked, &application, &at, now)
        && is_hinted(&user, &asked, keys)
    {
        return Ok(Plan::SignedIn { application, session: Box::new(session), asked });
    }
    if asked.prompt.none {
        let error = oidc::Error::LoginRequired("Nobody is signed in in this browser.".into());
        let return_to = asked.return_to;
        return Ok(Plan::Refused(Refusal::App { error, return_to }));
    }
    Ok(match at {
        Destination::Connection(connection, organization) => {
            Plan::Leave { application, asked, connection, organization }
        }
        at => Plan::Ask { application, asked, at },
    })
}

fn application(db: &mut Db, client_id: &str) -> Result<Option<Application>> {
    match client_id.parse::<ApplicationId>() {
        Ok(id) => applications::by_id(db, &id),
        Err(_) => Ok(None),
    }
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
        Destination::Connection(connection, _) => connection.id == session.connection_id,
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

/// Whether the ID token that the app shows, if it shows one, is this person's (OIDC Core 3.1.2.1).
fn is_hinted(user: &User, asked: &AuthorizationRequest, keys: &KeyRing) -> bool {
    asked.id_token_hint.as_deref().is_none_or(|token| {
        keys.oidc().verify::<Hint>(token).is_ok_and(|hint| hint.sub == user.id.as_str())
    })
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
        &state.config.brand.name,
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
    let lifetime = state.config.sign_in.request_ttl.delta();
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

/// `POST /oauth/token` (OIDC Core 3.1.3, RFC 6749 6).
pub(super) async fn token(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, OAuthError> {
    let asked = TokenRequest::parse(&body, authorization(&request))?;
    let (application, secret) = authenticated(&state, &asked.client).await?;
    let lifetimes = state.lifetimes();
    let actor = Actor::Application(application.id.clone());
    let (application, tokens) = state
        .store
        .write(Scope::Own, actor, move |tx| {
            if let Some(secret) = secret.filter(|secret| secret.is_touch_due(tx.now)) {
                applications::touch_secret(tx, &secret.id)?;
            }
            let app = &application;
            let tokens = match &asked.grant {
                Grant::Code(code) => grants::redeem(tx, app, code, &lifetimes)?,
                Grant::Refresh { refresh_token, scopes } => {
                    grants::refresh(tx, app, refresh_token, scopes.as_ref(), &lifetimes)?
                }
            };
            Ok((application, tokens))
        })
        .await?;
    let answer = answer(&state, &application, &tokens?)?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(answer))
}

fn answer(state: &State, application: &Application, tokens: &Tokens) -> Result<TokenResponse> {
    let now = state.store.clock().now();
    let id_token = if tokens.scopes.has(OidcScope::Openid) {
        let (grant, person) = (&tokens.holder.grant, person(&tokens.holder));
        let sign_in = SignIn {
            at: grant.signed_in_at,
            session: grant.session_id.as_str(),
            nonce: grant.nonce.as_deref(),
            scopes: &tokens.scopes,
        };
        let claims = claims::id_token(
            state.issuer(),
            application.id.as_str(),
            &person,
            &sign_in,
            tokens.access_token.reveal(),
            now,
            state.config.oidc.id_token_ttl.delta(),
        );
        let keys = state.keys();
        Some(keys.signer_of(application.client().id_token_alg)?.sign(&claims)?)
    } else {
        None
    };
    Ok(TokenResponse {
        access_token: tokens.access_token.reveal().to_owned(),
        token_type: Bearer::Bearer,
        expires_in: state.config.oidc.access_token_ttl.delta().num_seconds(),
        refresh_token: tokens.refresh_token.as_ref().map(|token| token.reveal().to_owned()),
        id_token,
        scope: tokens.scopes.clone(),
    })
}

fn person(holder: &Holder) -> Person {
    let Holder { grant, user, organization } = holder;
    Person {
        sub: user.id.to_string(),
        email: user.email.clone(),
        email_verified: true,
        name: user.name.clone(),
        given_name: user.given_name.clone(),
        family_name: user.family_name.clone(),
        org_id: organization.id.to_string(),
        org_external_id: organization.external_id.clone(),
        connection_id: grant.connection_id.to_string(),
        roles: Vec::new(),
    }
}

/// `GET` and `POST /oauth/userinfo` (OIDC Core 5.3).
pub(super) async fn userinfo(
    state: Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, OAuthError> {
    let token = authorization(&request)
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim().to_owned())
        .ok_or(oidc::Error::InvalidToken("Send the access token as a Bearer token.".into()))?;
    let now = state.store.clock().now();
    let found = state.store.read(move |db| grants::by_access_token(db, &token, now)).await?;
    let (token, holder) = found
        .ok_or(oidc::Error::InvalidToken("The access token is unknown, or has ended.".into()))?;
    let scopes: Scopes = token.scope.parse().map_err(OAuthError::from)?;
    if !scopes.has(OidcScope::Openid) {
        let why = "The access token has no openid scope.";
        return Err(oidc::Error::InsufficientScope(why.into()).into());
    }
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(claims::user_info(&person(&holder), &scopes)))
}

/// `POST /oauth/revoke` (RFC 7009).
pub(super) async fn revoke(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, OAuthError> {
    let asked = TokenQuery::parse(&body, authorization(&request))?;
    let (application, _) = authenticated(&state, &asked.client).await?;
    let actor = Actor::Application(application.id.clone());
    state
        .store
        .write(Scope::Own, actor, move |tx| {
            grants::revoke(tx, &application.id, asked.token.reveal())
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// `POST /oauth/introspect` (RFC 7662).
pub(super) async fn introspect(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, OAuthError> {
    let asked = TokenQuery::parse(&body, authorization(&request))?;
    let (application, _) = authenticated(&state, &asked.client).await?;
    if application.client().kind.is_public() {
        let why = "A public application cannot ask about tokens.";
        return Err(oidc::Error::InvalidClient(why.into()).into());
    }
    let now = state.store.clock().now();
    let found = state
        .store
        .read(move |db| grants::introspect(db, &application.id, asked.token.reveal(), now))
        .await?;
    let answer = match found {
        None => Introspection::inactive(),
        Some((token, holder)) => Introspection::live(LiveToken {
            scope: token.scope.parse().map_err(OAuthError::from)?,
            client_id: holder.grant.application_id.to_string(),
            token_type: (token.kind == TokenKind::Access).then_some(Bearer::Bearer),
            exp: token.expires_at.unix(),
            iat: token.created_at.unix(),
            sub: holder.user.id.to_string(),
            iss: state.issuer().to_owned(),
        }),
    };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(answer))
}

/// Who asks at the token endpoint or its neighbours, and with which secret (RFC 6749 2.3).
async fn authenticated(
    state: &Data<State>,
    auth: &ClientAuth,
) -> Result<(Application, Option<ApplicationSecret>), OAuthError> {
    let (auth, now) = (auth.clone(), state.store.clock().now());
    let found = state.store.read(move |db| authenticate(db, &auth, now)).await?;
    Ok(found?)
}

fn authenticate(
    db: &mut Db,
    auth: &ClientAuth,
    now: Time,
) -> Result<std::result::Result<(Application, Option<ApplicationSecret>), oidc::Error>> {
    let wrong = || oidc::Error::InvalidClient("The client ID or secret is wrong.".into());
    let Some(application) = application(db, &auth.client_id)? else { return Ok(Err(wrong())) };
    let secret = match auth.secret_for(&application.client()) {
        Err(error) => return Ok(Err(error)),
        Ok(None) => return Ok(Ok((application, None))),
        Ok(Some(secret)) => secret,
    };
    let found = applications::authenticate(db, &application.id, secret.reveal(), now)?;
    Ok(found.map(|secret| (application, Some(secret))).ok_or_else(wrong))
}

fn authorization(request: &HttpRequest) -> Option<&str> {
    request.headers().get(AUTHORIZATION)?.to_str().ok()
}
