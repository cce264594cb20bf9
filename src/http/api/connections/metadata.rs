//! What is known of a connection's identity provider comes in: by address, as XML or as single values.

use super::view::ConnectionView;
use crate::error::{Error, Result};
use crate::http::api::answer::Answer;
use crate::http::api::input::{self, Body};
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::server::State;
use crate::saml::Binding;
use crate::saml::metadata::{self, IdentityProvider};
use crate::store::connections::{self, Connection};
use actix_web::post;
use actix_web::web::{self, Data, Json, Path};
use serde::Deserialize;
use utoipa::ToSchema;

/// An identity provider's metadata, in one of three ways.
#[derive(Deserialize, ToSchema)]
#[schema(as = ConnectionMetadata)]
#[serde(deny_unknown_fields)]
struct Import {
    /// Where the metadata is. The best way: it is how new certificates are found.
    #[schema(example = "https://sso.jumpcloud.com/saml2/metadata/orbit")]
    metadata_url: Option<String>,
    /// The metadata itself.
    metadata_xml: Option<String>,
    /// The single values, where there is no metadata.
    values: Option<Values>,
    /// Which identity provider to take, where the metadata describes several.
    entity_id: Option<String>,
    /// Accept that an active connection gets another entity ID.
    #[serde(default)]
    accept_new_entity: bool,
}

/// An identity provider's values one by one.
#[derive(Deserialize, ToSchema)]
#[schema(as = IdentityProviderValues)]
#[serde(deny_unknown_fields)]
struct Values {
    #[schema(example = "JumpCloud")]
    entity_id: String,
    #[schema(example = "https://sso.jumpcloud.com/saml2/orbit")]
    sign_on_url: String,
    /// `redirect` if it is left out.
    #[schema(schema_with = schemas::binding)]
    binding: Option<Binding>,
    /// PEM, or base64 alone.
    certificates: Vec<String>,
}

/// Take in the identity provider's metadata
///
/// A `draft` connection becomes `testing`. What is wrong with the metadata is named with what to use instead.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    request_body = Import,
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/metadata")]
pub(in crate::http::api) async fn import_metadata(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Import>,
) -> Answer<ConnectionView> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let (accept, body) = (body.0.accept_new_entity, body.0);
    let (provider, url) = body.read(&state).await?;
    let connection = state
        .store
        .write(&organization_id, key.actor(), move |tx| {
            connections::import(tx, &id, provider, url, accept)
        })
        .await?;
    Ok(Json(state.view(connection)))
}

impl Import {
    /// The identity provider, and the address that it came from.
    async fn read(self, state: &Data<State>) -> Result<(IdentityProvider, Option<String>)> {
        match (self.metadata_url, self.metadata_xml, self.values) {
            (Some(url), None, None) => {
                let fetched = state.fetcher.get(&url).await;
                let bytes = fetched.map_err(|fault| fault.at("/metadata_url"))?.body;
                let provider = parse(state, bytes, self.entity_id, "/metadata_url").await?;
                Ok((provider, Some(url)))
            }
            (None, Some(xml), None) => {
                let bytes = xml.into_bytes();
                Ok((parse(state, bytes, self.entity_id, "/metadata_xml").await?, None))
            }
            (None, None, Some(values)) if self.entity_id.is_none() => {
                Ok((input::below("/values", values.read(state))?, None))
            }
            (None, None, Some(_)) => Err(Error::invalid(
                "/entity_id",
                "invalid",
                "With single values the entity ID is /values/entity_id.",
            )),
            _ => Err(Error::invalid(
                "",
                "required",
                "Send one of metadata_url, metadata_xml and values.",
            )),
        }
    }
}

impl Values {
    fn read(&self, state: &State) -> Result<IdentityProvider> {
        let certificates: Vec<&str> = self.certificates.iter().map(String::as_str).collect();
        IdentityProvider::from_values(
            &self.entity_id,
            &self.sign_on_url,
            self.binding.unwrap_or(Binding::Redirect),
            &certificates,
            state.store.clock().now(),
        )
    }
}

/// Reads metadata on a thread of its own: a federation's file has megabytes.
async fn parse(
    state: &State,
    bytes: Vec<u8>,
    choose: Option<String>,
    pointer: &'static str,
) -> Result<IdentityProvider> {
    let ours = format!("{}/saml/", state.config.public_url);
    let now = state.store.clock().now();
    let parsed = web::block(move || metadata::parse(&bytes, choose.as_deref(), &ours, now)).await;
    match parsed {
        Ok(Ok(provider)) => Ok(provider),
        Ok(Err(fault)) => Err(Error::Invalid(vec![fault.field_error(pointer)])),
        Err(error) => Err(Error::Internal(anyhow::Error::new(error))),
    }
}
