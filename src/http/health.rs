//! What machines that look after this one ask: does it live, is it ready, what has it counted.

use super::request::Origin;
use super::server::State;
use crate::error::Error;
use crate::store::Store;
use crate::telemetry;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use std::net::IpAddr;

/// `GET /healthz`: the process answers. It asks nobody else, so that a database that is away does
/// not make an orchestrator restart us.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::plaintext()).body("ok\n")
}

/// `GET /readyz`: requests can be answered. 503 with the reason if not.
pub(super) async fn ready(state: Data<State>) -> HttpResponse {
    let (status, database) = match pending(&state.store).await {
        Ok(pending) if pending.is_empty() => (StatusCode::OK, "ok"),
        Ok(pending) => {
            tracing::warn!(?pending, "not ready: migrations are pending");
            (StatusCode::SERVICE_UNAVAILABLE, "migrations are pending")
        }
        Err(error) => {
            tracing::warn!(error = error.to_string(), "not ready: the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer")
        }
    };
    HttpResponse::build(status)
        .json(json!({ "ready": status == StatusCode::OK, "database": database }))
}

async fn pending(store: &Store) -> Result<Vec<String>, Error> {
    let store = store.clone();
    match tokio::task::spawn_blocking(move || store.pending_migrations()).await {
        Ok(pending) => pending,
        Err(error) => Err(Error::Internal(error.into())),
    }
}

/// `GET /version`.
pub(super) async fn version() -> HttpResponse {
    HttpResponse::Ok().json(json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
    }))
}

/// `GET /metrics`, for the machine itself and for trusted networks only: the numbers tell a
/// stranger how many people sign in and what fails.
pub(super) async fn metrics(
    state: Data<State>,
    origin: Origin,
    request: HttpRequest,
) -> Result<HttpResponse, super::error::PageError> {
    let is_trusted = |address: IpAddr| {
        state.config.proxy.trusted.iter().any(|network| network.contains(address))
    };
    let address = origin.address;
    // A proxy on this machine that is not trusted would make everybody look like the machine itself.
    let is_forwarded = request.headers().contains_key("x-forwarded-for")
        && !request.peer_addr().is_some_and(|peer| is_trusted(peer.ip()));
    if is_forwarded || !address.is_loopback() && !is_trusted(address) {
        return Ok(HttpResponse::Forbidden().content_type(ContentType::plaintext()).body(
            "Metrics are answered to this machine and to the networks of proxy.trusted only.\n",
        ));
    }
    let text = state.metrics.render()?;
    Ok(HttpResponse::Ok().content_type(telemetry::METRICS_TYPE).body(text))
}
