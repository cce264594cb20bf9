//! A connection's certificates one by one, beside those of its provider's metadata.

use crate::error::Error;
use crate::http::api::answer::Answer;
use crate::http::api::input::Body;
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::server::State;
use crate::saml::certificate::Certificate;
use crate::store::connections::{Connection, certificates};
use crate::store::{TraceId, Tx};
use crate::views::connection::ConnectionView;
use actix_web::web::{Data, Json, Path};
use actix_web::{delete, post};
use serde::Deserialize;
use utoipa::ToSchema;

/// A certificate to trust: itself, or the one with which the answer of a failed sign-in was signed.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewCertificate)]
#[serde(deny_unknown_fields)]
struct Add {
    /// PEM, or base64 alone.
    #[schema(value_type = String, required = false, example = "-----BEGIN CERTIFICATE-----\nMIIC…\n-----END CERTIFICATE-----")]
    certificate: Option<String>,
    /// A sign-in that failed with `certificate_unknown`, whose answer names the certificate.
    #[schema(value_type = Option<String>)]
    trace: Option<TraceId>,
    /// With `trace`: the SHA-256 of the certificate in hex, as the IT admin has confirmed it.
    fingerprint_sha256: Option<String>,
}

/// Trust a certificate
///
/// It is trusted beside those of the metadata, and stays until somebody removes it. For a provider whose metadata does not
/// name it yet, or that has none. With a `trace` that failed with `certificate_unknown` it is the certificate that the refused answer
/// names, if its fingerprint is the one that is given.
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
    let master = state.master.clone();
    let added = match (body.0.certificate, body.0.trace, body.0.fingerprint_sha256) {
        (Some(text), None, None) => {
            let certificate = Certificate::parse(&text).map_err(|fault| {
                Error::invalid("/certificate", "certificate_invalid", fault.to_string())
            })?;
            let add = move |tx: &mut Tx| certificates::add(tx, &id, &certificate);
            state.store.write(&organization_id, key.actor(), add).await?
        }
        (None, Some(trace), Some(fingerprint)) => {
            let accept =
                move |tx: &mut Tx| certificates::accept(tx, &master, &id, (&trace, &fingerprint));
            state.store.write(&organization_id, key.actor(), accept).await?
        }
        _ => {
            let detail = "Send either certificate, or trace and fingerprint_sha256.";
            return Err(Error::invalid("", "required", detail).into());
        }
    };
    Ok(Json(state.view(added).await?))
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
