//! Who asks, as extractors: a handler that takes one cannot be reached by anybody else.
//!
//! For `/api/v1` a middleware has looked the program up before, so that an extractor only compares scopes.

mod directory;
mod program;
mod recent;

pub(crate) use directory::{Directory, Door, directory};
pub(crate) use program::{Who, authenticate};
pub(in crate::http) use recent::Recent;

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::error::ApiError;
use crate::store::api_keys::Scope;
use crate::store::{Actor, OrganizationId};
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use program::{Program, token};
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

/// A program that proved to have a live API key, or a token of its own, with the scope of `N` (RFC 6750, 2.1).
pub(crate) struct ApiKey<N> {
    program: Rc<Program>,
    needs: PhantomData<N>,
}

impl<N> ApiKey<N> {
    /// Whom the audit log names.
    pub(crate) fn actor(&self) -> Actor {
        self.program.who.actor()
    }

    /// What it is called when it is told what it may not.
    pub(crate) fn called(&self) -> &'static str {
        self.program.who.called()
    }

    /// The one organization that the key is for, if it is not for all.
    pub(crate) fn organization(&self) -> Option<&OrganizationId> {
        self.program.organization.as_ref()
    }

    /// What the key may do.
    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.program.scopes
    }

    /// From when on the key is refused.
    pub(crate) fn expires_at(&self) -> Option<Time> {
        self.program.expires_at
    }

    /// Refuses a key of one organization where something belongs to the whole installation.
    pub(crate) fn whole_installation(&self) -> Result<()> {
        match self.organization() {
            None => Ok(()),
            Some(id) => Err(Error::Forbidden(format!(
                "This {} is for {id} only. Use one that is not bound to an organization.",
                self.called()
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
            let program = authenticate(&req).await?;
            if !program.scopes.contains(&N::SCOPE) {
                return Err(ApiError::from(Error::Forbidden(format!(
                    "This {} lacks the scope {}.",
                    program.who.called(),
                    N::SCOPE
                ))));
            }
            Ok(Self { program, needs: PhantomData })
        })
    }
}
