//! Which program asks: by an API key, or by a token that a machine application got for itself.

use crate::clock::Time;
use crate::crypto;
use crate::error::Error;
use crate::http::error::ApiError;
use crate::http::request::Origin;
use crate::http::server::State;
use crate::store::api_keys::{self, ApiKey, Scope};
use crate::store::applications::{self, Machine};
use crate::store::{Actor, ApiKeyId, ApplicationId, OrganizationId, Scope as WriteScope, Tx};
use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpMessage, HttpRequest, web};
use std::rc::Rc;

/// A program that has proved who it is, with what it may do now.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) who: Who,
    pub(super) scopes: Vec<Scope>,
    pub(super) organization: Option<OrganizationId>,
    pub(super) expires_at: Option<Time>,
}

impl Program {
    /// What it may do, and where, in one line: the same for two that may do the same.
    pub(crate) fn may(&self) -> String {
        let mut words: Vec<&str> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        words.sort_unstable();
        let at = self.organization.as_ref().map_or("*", OrganizationId::as_str);
        format!("{at} {}", words.join(" "))
    }
}

/// Which one it is. All tokens of an application are the application.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    Key(ApiKeyId),
    Application(ApplicationId),
}

impl Who {
    /// Its ID.
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Key(id) => id.as_str(),
            Self::Application(id) => id.as_str(),
        }
    }

    /// Whom the audit log names.
    pub(crate) fn actor(&self) -> Actor {
        match self {
            Self::Key(id) => Actor::ApiKey(id.clone()),
            Self::Application(id) => Actor::Machine(id.clone()),
        }
    }

    /// What it is called when it is told what it may not.
    pub(crate) fn called(&self) -> &'static str {
        match self {
            Self::Key(_) => "API key",
            Self::Application(_) => "application's token",
        }
    }
}

impl From<ApiKey> for Program {
    fn from(row: ApiKey) -> Self {
        Self {
            who: Who::Key(row.id),
            scopes: row.scopes.into_inner(),
            organization: row.organization_id,
            expires_at: row.expires_at,
        }
    }
}

impl From<Machine> for Program {
    fn from(machine: Machine) -> Self {
        Self {
            who: Who::Application(machine.application),
            scopes: machine.token.scopes.into_inner(),
            organization: machine.token.organization_id,
            // What it makes ends with the token, which is not the secret by which it gets the next.
            expires_at: Some(machine.token.expires_at),
        }
    }
}

/// The live API key or token in the request's `Authorization` header (RFC 6750, 2.1); looked up once per request.
pub(crate) async fn authenticate(req: &HttpRequest) -> Result<Rc<Program>, ApiError> {
    if let Some(known) = req.extensions().get::<Rc<Program>>() {
        return Ok(Rc::clone(known));
    }
    let token = bearer(req)?;
    let state = req
        .app_data::<web::Data<State>>()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the app has no state")))?;
    let now = state.store.clock().now();
    let program = if token.starts_with(crypto::MACHINE_TOKEN) {
        let found = state.store.read(move |db| applications::by_token(db, &token, now)).await?;
        found.map(Program::from).ok_or_else(|| ApiError::token(ENDED))?
    } else {
        let is_of_person = token.starts_with(crypto::ACCESS_TOKEN);
        let found = state.store.read(move |db| api_keys::authenticate(db, &token, now)).await?;
        let row = found
            .ok_or_else(|| ApiError::token(if is_of_person { OF_A_PERSON } else { UNKNOWN }))?;
        by_key(req, state, row, now).await?
    };
    let program = Rc::new(program);
    req.extensions_mut().insert(Rc::clone(&program));
    Ok(program)
}

const UNKNOWN: &str =
    "This API key does not exist, has expired or was revoked. Make one: vestibule key create.";
const ENDED: &str = "This token does not exist, has ended or was revoked, or its application is not what it was when it got it. Get \
                     another at /oauth/token, with grant_type=client_credentials.";
const OF_A_PERSON: &str = "This is a person's access token: it reads userinfo, and nothing here. Send an API key, or a \
                           token that a machine application got for itself.";

/// A program by a live key, if it may come from where it does.
async fn by_key(
    req: &HttpRequest,
    state: &State,
    row: ApiKey,
    now: Time,
) -> Result<Program, ApiError> {
    let from = Origin::of(req).address;
    if !row.admits(from) {
        return Err(ApiError::from(Error::Forbidden(format!(
            "This API key may not be used from {from}: it is bound to {}.",
            row.networks.join(", ")
        ))));
    }
    if row.is_touch_due(now) {
        touch(state, row.id.clone(), from.to_string()).await;
    }
    Ok(Program::from(row))
}

/// The API key or token of `Authorization: Bearer …`.
fn bearer(req: &HttpRequest) -> Result<String, ApiError> {
    token(req).map(str::to_owned).ok_or_else(|| {
        let detail = "Send an API key: Authorization: Bearer vst_live_….";
        ApiError::from(Error::Unauthenticated(detail.to_owned()))
    })
}

/// The token of `Authorization: Bearer …`.
pub(super) fn token(req: &HttpRequest) -> Option<&str> {
    let header = req.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = header.unwrap_or_default().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Notes the use of a key. The request goes on if that fails: when a key was last used is a courtesy.
async fn touch(state: &State, id: ApiKeyId, from: String) {
    let actor = Actor::ApiKey(id.clone());
    let write = move |tx: &mut Tx| api_keys::touch(tx, &id, &from);
    if let Err(error) = state.store.write(WriteScope::Own, actor, write).await {
        tracing::warn!(error = ?error, "the use of an API key could not be noted");
    }
}
