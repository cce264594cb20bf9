//! The OIDC provider that the app talks to.

mod authorize;
mod token;

pub(super) use authorize::authorize;
pub(super) use token::{introspect, revoke, token, userinfo};

use super::server::State;
use crate::error::Result;
use crate::oidc::discovery;
use crate::store::applications::{self, Application};
use crate::store::{ApplicationId, Db};
use actix_web::HttpResponse;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;

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

fn application(db: &mut Db, client_id: &str) -> Result<Option<Application>> {
    match client_id.parse::<ApplicationId>() {
        Ok(id) => applications::by_id(db, &id),
        Err(_) => Ok(None),
    }
}
