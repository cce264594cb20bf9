//! Who asks, as extractors: a handler that takes one cannot be reached by anybody else.
//!
//! For `/api/v1` a middleware has looked the key up before, so that an extractor only compares scopes.

mod directory;
mod recent;

pub(crate) use directory::{Directory, Door, directory};
pub(in crate::http) use recent::Recent;

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::error::ApiError;
use crate::http::request::Origin;
use crate::http::server::State;
use crate::store::api_keys::{self, Scope};
use crate::store::{Actor, ApiKeyId, OrganizationId, Scope as WriteScope, Tx};
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use std::marker::PhantomData;
use std::rc::Rc;

/// What a handler needs a key for.
pub(crate) trait Needs {
    /// The scope that the key must have.
    const SCOPE: Scope;
}

macro_rules! needs {
    ($($name:ident,)*) => {
        $(
            #[doc = concat!("Needs `Scope::", stringify!($name), "`.")]
            pub(crate) struct $name;

            impl Needs for $name {
                const SCOPE: Scope = Scope::$name;
            }
        )*
    };
}

needs! {
    OrganizationsRead,
    OrganizationsWrite,
    ConnectionsRead,
    ConnectionsWrite,
    DomainsRead,
    DomainsWrite,
    ApplicationsRead,
    ApplicationsWrite,
    UsersRead,
    UsersWrite,
    TracesRead,
    TracesWrite,
    EventsRead,
    AuditRead,
    WebhooksRead,
    WebhooksWrite,
    ApiKeysRead,
    ApiKeysWrite,
    SettingsRead,
    SettingsWrite,
}

/// A program that proved to have a live API key with the scope of `N` (RFC 6750, 2.1).
pub(crate) struct ApiKey<N> {
    row: Rc<api_keys::ApiKey>,
    needs: PhantomData<N>,
}

impl<N> ApiKey<N> {
    /// Whom the audit log names.
    pub(crate) fn actor(&self) -> Actor {
        Actor::ApiKey(self.row.id.clone())
    }

    /// The one organization that the key is for, if it is not for all.
    pub(crate) fn organization(&self) -> Option<&OrganizationId> {
        self.row.organization_id.as_ref()
    }

    /// What the key may do.
    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.row.scopes
    }

    /// From when on the key is refused.
    pub(crate) fn expires_at(&self) -> Option<Time> {
        self.row.expires_at
    }

    /// Refuses a key of one organization where something belongs to the whole installation.
    pub(crate) fn whole_installation(&self) -> Result<()> {
        match self.organization() {
            None => Ok(()),
            Some(id) => Err(Error::Forbidden(format!(
                "This API key is for {id} only. Use one that is not bound to an organization."
            ))),
        }
    }
}

impl<N: Needs + 'static> FromRequest for ApiKey<N> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let row = authenticate(&req).await?;
            if !row.has(N::SCOPE) {
                return Err(ApiError::from(Error::Forbidden(format!(
                    "This API key lacks the scope {}.",
                    N::SCOPE
                ))));
            }
            Ok(Self { row, needs: PhantomData })
        })
    }
}

/// The live API key in the request's `Authorization` header; looked up once per request.
pub(crate) async fn authenticate(req: &HttpRequest) -> Result<Rc<api_keys::ApiKey>> {
    if let Some(known) = req.extensions().get::<Rc<api_keys::ApiKey>>() {
        return Ok(Rc::clone(known));
    }
    let token = bearer(req)?;
    let state = req
        .app_data::<web::Data<State>>()
        .ok_or_else(|| Error::Internal(anyhow::anyhow!("the app has no state")))?;
    let now = state.store.clock().now();
    let found = state.store.read(move |db| api_keys::authenticate(db, &token, now)).await?;
    let row = Rc::new(found.ok_or_else(|| {
        Error::Unauthenticated("This API key does not exist, has expired or was revoked. Make one: vestibule key create.".into())
    })?);
    let from = Origin::of(req).address;
    if !row.admits(from) {
        return Err(Error::Forbidden(format!(
            "This API key may not be used from {from}: it is bound to {}.",
            row.networks.join(", ")
        )));
    }
    if row.is_touch_due(now) {
        touch(state, row.id.clone(), from.to_string()).await;
    }
    req.extensions_mut().insert(Rc::clone(&row));
    Ok(row)
}

/// The API key of `Authorization: Bearer …`.
fn bearer(req: &HttpRequest) -> Result<String> {
    token(req).map(str::to_owned).ok_or_else(|| {
        Error::Unauthenticated("Send an API key: Authorization: Bearer vst_live_….".to_owned())
    })
}

/// The token of `Authorization: Bearer …`.
fn token(req: &HttpRequest) -> Option<&str> {
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
