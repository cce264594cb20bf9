//! Tokens: given for a code or a refresh token, used, asked about and taken back.

use super::application;
use crate::clock::Time;
use crate::crypto::{self, Secret};
use crate::error::Result;
use crate::http::error::OAuthError;
use crate::http::server::State;
use crate::http::sign_in::is_left_over;
use crate::oidc;
use crate::oidc::claims::{self, Person, SignIn};
use crate::oidc::scope::{Scope as OidcScope, Scopes};
use crate::oidc::token::{
    Bearer, ClientAuth, Grant, Introspection, LiveToken, TokenQuery, TokenRequest, TokenResponse,
};
use crate::store::access::entities::Entity;
use crate::store::applications::{self, Application, ApplicationSecret, IdTokenAlg, MachineToken};
use crate::store::grants::{self, Holder, TokenKind, Tokens};
use crate::store::sessions::Method;
use crate::store::{Actor, Db, Scope, Tx};
use actix_web::http::header::{AUTHORIZATION, CACHE_CONTROL, PRAGMA};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

/// `POST /oauth/token` (OIDC Core 3.1.3, RFC 6749 6).
pub(in crate::http) async fn token(
    state: Data<State>,
    request: HttpRequest,
    body: String,
) -> Result<HttpResponse, OAuthError> {
    let asked = TokenRequest::parse(&body, authorization(&request))?;
    let (writer, actor) = (state.clone(), Actor::System);
    let write = move |tx: &mut Tx<'_>| exchange(tx, &writer, &asked);
    let (application, given) = state.store.write(Scope::Own, actor, write).await??;
    let answer = match (given, application.id_token_alg) {
        (Given::Own(row, token), _) => own(&row, &token),
        // An ECDSA signature costs less than going to another thread for it.
        (Given::Person(tokens), IdTokenAlg::Es256) => answer(&state, &application, &tokens)?,
        (Given::Person(tokens), IdTokenAlg::Rs256) => {
            let signer = state.clone();
            state.store.apart(move |_| answer(&signer, &application, &tokens)).await?
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .json(answer))
}

/// What an application gets.
enum Given {
    /// Tokens that speak of a person.
    Person(Box<Tokens>),
    /// A token for itself.
    Own(MachineToken, Secret),
}

/// An application, and what it gets.
type Exchanged = std::result::Result<(Application, Given), oidc::Error>;

/// A token request but for the signature: who asks, and what for.
fn exchange(tx: &mut Tx<'_>, state: &State, asked: &TokenRequest) -> Result<Exchanged> {
    let (application, secret) = match authenticate(tx.db, &asked.client, tx.now)? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    if let Err(error) = asked.grant.check_kind(application.kind.into()) {
        return Ok(Err(error));
    }
    let actor = Actor::Application(application.id.clone());
    tx.by(&actor, |tx| given(tx, state, application, secret.as_ref(), &asked.grant))
}

/// What an application gets for what it shows.
fn given(
    tx: &mut Tx<'_>,
    state: &State,
    application: Application,
    secret: Option<&ApplicationSecret>,
    grant: &Grant,
) -> Result<Exchanged> {
    let lifetimes = application.lifetimes(state.lifetimes());
    if let Some(secret) = secret.filter(|secret| secret.is_touch_due(tx.now)) {
        applications::touch_secret(tx, &secret.id)?;
    }
    let tokens = match grant {
        Grant::Code(code) => grants::redeem(tx, &application, code, &lifetimes)?,
        Grant::Refresh { refresh_token, scopes } => {
            grants::refresh(tx, &application, refresh_token, scopes.as_ref(), &lifetimes)?
        }
        Grant::Client { scopes } => {
            let Some(secret) = secret else {
                let why = "This application must send its client secret.";
                return Ok(Err(oidc::Error::InvalidClient(why.into())));
            };
            let given =
                applications::issue(tx, &application, secret, scopes.as_deref(), &lifetimes)?;
            return Ok(given.map(|(row, token)| (application, Given::Own(row, token))));
        }
    };
    Ok(match tokens {
        // They are written down, but nobody gets them.
        Ok(tokens) if is_left_over(state, &tokens.holder.organization) => {
            let why = "What this was given for has ended.";
            Err(oidc::Error::InvalidGrant(why.into()))
        }
        Ok(tokens) => Ok((application, Given::Person(Box::new(tokens)))),
        Err(error) => Err(error),
    })
}

fn own(row: &MachineToken, token: &Secret) -> TokenResponse {
    TokenResponse {
        access_token: token.reveal().to_owned(),
        token_type: Bearer::Bearer,
        expires_in: row.expires_at.since(row.created_at).num_seconds(),
        refresh_token: None,
        id_token: None,
        scope: row.scope(),
    }
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
            break_glass: grant.method == Method::BreakGlass,
        };
        let claims = claims::id_token(
            state.issuer(),
            application.id.as_str(),
            &person,
            &sign_in,
            tokens.access_token.reveal(),
            now,
            application.id_token_lasts(state.live().oidc.id_token_ttl.delta()),
        );
        let keys = state.keys();
        Some(keys.signer_of(application.client().id_token_alg)?.sign(&claims)?)
    } else {
        None
    };
    Ok(TokenResponse {
        access_token: tokens.access_token.reveal().to_owned(),
        token_type: Bearer::Bearer,
        expires_in: application.lifetimes(state.lifetimes()).access_token.num_seconds(),
        refresh_token: tokens.refresh_token.as_ref().map(|token| token.reveal().to_owned()),
        id_token,
        scope: tokens.scopes.to_string(),
    })
}

fn person(holder: &Holder) -> Person {
    let Holder { grant, user, organization, access } = holder;
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
        roles: access.role.iter().cloned().collect(),
        entities: access.entities.iter().map(entity).collect(),
    }
}

fn entity(row: &Entity) -> claims::Entity {
    claims::Entity {
        id: row.id.to_string(),
        kind: row.kind.clone(),
        key: row.key.clone(),
        name: row.name.clone(),
        external_id: row.external_id.clone(),
    }
}

/// `GET` and `POST /oauth/userinfo` (OIDC Core 5.3).
pub(in crate::http) async fn userinfo(
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
    let (token, holder) =
        found.filter(|(_, holder)| !is_left_over(&state, &holder.organization)).ok_or(
            oidc::Error::InvalidToken("The access token is unknown, or has ended.".into()),
        )?;
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
pub(in crate::http) async fn revoke(
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
            let token = asked.token.reveal();
            if token.starts_with(crypto::MACHINE_TOKEN) {
                return applications::revoke_token(tx, &application.id, token);
            }
            grants::revoke(tx, &application.id, token)
        })
        .await?;
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// `POST /oauth/introspect` (RFC 7662).
pub(in crate::http) async fn introspect(
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
    if asked.token.reveal().starts_with(crypto::MACHINE_TOKEN) {
        return introspect_own(&state, application, asked.token, now).await;
    }
    let found = state
        .store
        .read(move |db| grants::introspect(db, &application.id, asked.token.reveal(), now))
        .await?;
    let answer = match found.filter(|(_, holder)| !is_left_over(&state, &holder.organization)) {
        None => Introspection::inactive(),
        Some((token, holder)) => Introspection::live(LiveToken {
            scope: token.scope,
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

/// What there is to say of a token that an application got for itself, to that application.
async fn introspect_own(
    state: &Data<State>,
    application: Application,
    token: Secret,
    now: Time,
) -> Result<HttpResponse, OAuthError> {
    let read = move |db: &mut Db| applications::by_token(db, token.reveal(), now);
    let found = state.store.read(read).await?;
    let answer = match found.filter(|machine| machine.application == application.id) {
        None => Introspection::inactive(),
        Some(machine) => Introspection::live(LiveToken {
            scope: machine.token.scope(),
            client_id: machine.application.to_string(),
            token_type: Some(Bearer::Bearer),
            exp: machine.token.expires_at.unix(),
            iat: machine.token.created_at.unix(),
            sub: machine.application.to_string(),
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
