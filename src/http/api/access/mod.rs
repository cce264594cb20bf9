//! What groups give to people: places, mappings, rules, conflicts, what is held, and what each person has.

pub(super) mod conflicts;
pub(super) mod entities;
pub(super) mod holds;
pub(super) mod mappings;
pub(super) mod provisioning;
pub(super) mod rules;
pub(super) mod users;

use super::input::Body;
use crate::error::Result;
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::access::rule_sets;
use crate::store::{Db, OrganizationId};
use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};
use std::convert::Infallible;
use std::future::{Ready, ready};

/// The version of rules, groups and mappings that the caller saw (`If-Match`), without its quotes; none: any.
#[derive(Clone)]
pub(super) struct Previewed(Option<String>);

impl FromRequest for Previewed {
    type Error = Infallible;
    type Future = Ready<std::result::Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // What cannot be read is no version there is.
        let value = request.headers().get(IF_MATCH).map(|it| it.to_str().unwrap_or_default());
        let seen = value.filter(|value| *value != "*");
        ready(Ok(Self(seen.map(|it| it.trim_start_matches("W/").trim_matches('"').to_owned()))))
    }
}

impl Previewed {
    /// Refuses what was previewed on something else than there is now.
    fn refuse_stale(&self, db: &mut Db, organization: &OrganizationId) -> Result<()> {
        self.0.as_ref().map_or(Ok(()), |seen| rule_sets::refuse_stale(db, organization, seen))
    }

    /// The body. That the version is no more is told before what is wrong with it (RFC 9110, 13.2.1).
    async fn before<T>(
        &self,
        state: &State,
        organization: &OrganizationId,
        body: std::result::Result<Body<T>, actix_web::Error>,
    ) -> std::result::Result<T, actix_web::Error> {
        if body.is_err() {
            let (seen, of) = (self.clone(), organization.clone());
            let read = state.store.read(move |db| seen.refuse_stale(db, &of));
            read.await.map_err(ApiError::from)?;
        }
        Ok(body?.0)
    }
}
