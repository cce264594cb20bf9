//! SCIM 2.0 (RFC 7644) at `/scim/v2/{connection}`, and where another product had it: what the directories of customers call.

mod act;
mod bulk;
mod call;
mod discovery;
mod document;
mod list;
mod log;
mod path;
mod refusals;
mod refused;
mod resources;
mod show;
mod version;

pub(super) use log::Waiting;
pub(super) use path::{parts, straighten};
pub(super) use refused::{Refused, Why};

use super::caller::{self, Door};
use crate::scim::Kind;
use crate::scim::bulk::LARGEST;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, PayloadConfig, ServiceConfig};
use actix_web::{Error, HttpRequest};
use std::time::Instant;

/// Adds the routes. Each handler asks for a directory by its arguments.
pub(super) fn configure(config: &mut ServiceConfig) {
    for base in path::BASES {
        below(config, base);
    }
}

fn below(config: &mut ServiceConfig, base: &str) {
    let resource =
        |path: &str| web::resource(path.to_owned()).default_service(web::to(path::no_method));
    let scope = web::scope(base)
        .configure(resources::routes(Kind::User))
        .configure(resources::routes(Kind::Group))
        .service(resource("/.search").post(resources::search_all))
        .service(resource("/Bulk").app_data(PayloadConfig::new(LARGEST)).post(bulk::bulk))
        .service(resource("/ServiceProviderConfig").get(discovery::config))
        .service(resource("/ResourceTypes").get(discovery::resource_types))
        .service(resource("/ResourceTypes/{name}").get(discovery::resource_type))
        .service(resource("/Schemas").get(discovery::schemas))
        .service(resource("/Schemas/{urn}").get(discovery::schema))
        .service(web::resource("/Me").route(web::to(discovery::me)))
        .service(resource("").get(resources::all))
        .default_service(web::to(path::nothing))
        .wrap(from_fn(known_directories));
    config.service(scope);
}

/// Lets nobody further who is not known: without a token not even the body is read.
async fn known_directories(
    req: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    match caller::directory(req.request(), door(req.request())).await {
        Ok(directory) => {
            let answer = next.call(req).await?;
            log::note(&directory, &answer, began).await;
            Ok(answer)
        }
        Err(error) => {
            refused::note(req.request(), began);
            Ok(req.error_response(error))
        }
    }
}

/// People and groups are answered by a transaction that asks who it is; nothing else surely is.
fn door(req: &HttpRequest) -> Door {
    let below = path::parts(req.path()).map_or("", |(_, below)| below);
    match below.split('/').nth(1) {
        Some("Users" | "Groups") => Door::Remembers,
        _ => Door::Asks,
    }
}
