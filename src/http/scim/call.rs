//! A request of a directory: who asks, and what every request may say beside its body.

use super::version::Versions;
use crate::error::Result;
use crate::http::caller::Directory;
use crate::http::error::ScimError;
use crate::http::request::Origin;
use crate::http::server::State;
use crate::scim::query::Given;
use crate::store::Db;
use crate::store::directories;
use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use std::time::Instant;
use url::form_urlencoded;

/// A request of a directory.
pub(super) struct Call {
    /// Who asks.
    pub(super) directory: Directory,
    pub(super) state: Data<State>,
    pub(super) origin: Origin,
    /// The request itself.
    pub(super) request: HttpRequest,
    pub(super) began: Instant,
    /// The base URL, without a slash at its end.
    pub(super) base: String,
    /// The parameters of the query string.
    pub(super) given: Given,
    pub(super) has_filter: bool,
    /// Which versions the caller has seen.
    pub(super) versions: Versions,
}

impl Call {
    /// Reads in the name of the directory, as it is now.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Db, &directories::Directory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (standing, now) = (self.directory.standing(), self.state.store.clock().now());
        let read = move |db: &mut Db| {
            let directory = standing.directory(db, now)?;
            read(db, &directory)
        };
        self.state.store.read(read).await
    }
}

impl FromRequest for Call {
    type Error = ScimError;
    type Future = LocalBoxFuture<'static, Result<Self, ScimError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let directory = Directory::from_request(request, payload);
        let (request, began) = (request.clone(), Instant::now());
        Box::pin(async move {
            let directory = directory.await?;
            let pairs: Vec<_> = form_urlencoded::parse(request.query_string().as_bytes()).collect();
            let given = Given::of_pairs(pairs.iter().map(|(name, value)| (&**name, &**value)))?;
            let state = directory.state().clone();
            let base = directory.base_url();
            Ok(Self {
                directory,
                state,
                origin: Origin::of(&request),
                base,
                given,
                has_filter: pairs.iter().any(|(name, _)| name.eq_ignore_ascii_case("filter")),
                versions: Versions::of(request.headers()),
                began,
                request,
            })
        })
    }
}
