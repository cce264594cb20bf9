//! A connection's certificates one by one, beside those of its provider's metadata.

use crate::error::Error;
use crate::http::api::answer::Answer;
use crate::http::api::input::Body;
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::server::State;
use crate::saml::certificate::Certificate;
use crate::store::connections::{Connection, certificates};
use crate::views::connection::ConnectionView;
use actix_web::web::{Data, Json, Path};
use actix_web::{delete, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// A certificate to trust.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewCertificate)]
#[serde(deny_unknown_fields)]
struct Add {
    /// PEM, or base64 alone.
    certificate: String,
}

/// Trust a certificate
///
/// It is trusted beside those of the metadata, and stays until somebody removes it. For a provider whose metadata does not
/// name it yet, or that has none.
#[utoipa::path(
    tag = "certificates",
    params(schemas::ConnectionPath),
    request_body = Add,
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/certificates")]
pub(in crate::http::api) async fn add_certificate(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Add>,
) -> Answer<ConnectionView> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let certificate = Certificate::parse(&body.0.certificate).map_err(|fault| {
        Error::invalid("/certificate", "certificate_invalid", fault.to_string())
    })?;
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| certificates::add(tx, &id, &certificate))
        .await?;
    Ok(Json(state.view(connection).await?))
}

/// Trust a certificate no more
///
/// At once, and metadata that is read again does not bring it back. The last one that has not ended stays (409
/// `certificate_last`).
#[utoipa::path(
    tag = "certificates",
    params(schemas::ConnectionPath, schemas::FingerprintPath),
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[delete("/connections/{connection}/certificates/{fingerprint}")]
pub(in crate::http::api) async fn remove_certificate(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    path: Path<(String, String)>,
) -> Answer<ConnectionView> {
    let (id, fingerprint) = path.into_inner();
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| certificates::remove(tx, &id, &fingerprint))
        .await?;
    Ok(Json(state.view(connection).await?))
}
