//! Our metadata, at the address that is our entity ID unless another one was kept.

use super::error::PageError;
use super::pages;
use super::server::State;
use crate::error::Error;
use crate::saml::metadata::{Organization as Publisher, ServiceProvider};
use crate::store::connections::Protocol;
use crate::store::{ConnectionId, connections};
use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::TimeDelta;

/// For how long our signed metadata is valid: two weeks, which a reader that is away for a weekend survives.
const METADATA_VALID: TimeDelta = TimeDelta::days(14);
/// After how many seconds our metadata is worth reading again: a day, much less than a new certificate is announced.
const METADATA_CACHED: u64 = 86_400;

/// `GET /saml/{connection}`: the service provider's metadata, or a page for a person who opens the
/// address in a browser. With `?signed` the metadata is signed, and valid for a while only.
pub(super) async fn show(
    state: Data<State>,
    connection: Path<ConnectionId>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let id = connection.into_inner();
    let (connection, organization) =
        state.store.read(move |db| connections::find_with_organization(db, &id)).await?;
    if connection.protocol != Protocol::Saml {
        return Err(Error::not_found("SAML connection", connection.id.as_str()).into());
    }
    let public_url = state.config.public_url.as_str();
    let (entity_id, acs) = (connection.entity_id(public_url), connection.acs(public_url));
    let slo = connection.slo(public_url);
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_browser = accepts.is_some_and(|value| value.contains("text/html"));
    let asks = |name| request.query_string().split('&').any(|part| part == name);
    let is_signed = asks("signed");
    if is_browser && !is_signed && !asks("download") {
        let view =
            pages::Entity { organization: &organization.name, entity_id: &entity_id, acs: &acs };
        return Ok(pages::entity(&state, &view));
    }
    let keys = state.keys();
    let operator = state.operator();
    let metadata = ServiceProvider {
        entity_id: &entity_id,
        acs: &acs,
        logout: Some(&slo),
        signing: keys.signing_certificates(),
        encryption: keys.encryption_certificates(),
        signs_requests: connection.settings.sign_requests,
        wants_signed_assertions: true,
        name_id_formats: &[
            "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
        ],
        organization: Some(Publisher { name: &operator, url: state.config.public_url.as_str() }),
        // Whoever asks for a signature reads the file again, and would not take an old one. All others may keep it for
        // years in a console, where an end would end their sign-ins.
        valid_until: is_signed.then(|| state.store.clock().now().plus(METADATA_VALID)),
        cache_seconds: Some(METADATA_CACHED),
    };
    let text =
        if is_signed { metadata.signed_metadata(&keys.signer())? } else { metadata.metadata() };
    Ok(HttpResponse::Ok()
        .content_type("application/samlmetadata+xml")
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}-metadata.xml\"", connection.id),
        ))
        .body(text))
}
