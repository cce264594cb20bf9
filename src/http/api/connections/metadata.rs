//! What is known of a connection's identity provider comes in: by address, as XML or as single values.

use crate::acts;
use crate::acts::metadata::{Source, Terms};
use crate::error::{Error, Result};
use crate::http::api::answer::Answer;
use crate::http::api::input::Body;
use crate::http::api::schemas;
use crate::http::caller::{ApiKey, ConnectionsWrite};
use crate::http::server::State;
use crate::saml::Binding;
use crate::store::connections::{self, Connection, Protocol};
use crate::views::connection::ConnectionView;
use actix_web::post;
use actix_web::web::{Data, Json, Path};
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
    /// Accept that an active connection gets another entity ID. Then it knows nobody by name any more, and whom the
    /// former provider signed in is signed out.
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
    /// Where logout messages go, for single logout.
    logout_url: Option<String>,
    /// That of `binding` if it is left out.
    #[schema(schema_with = schemas::binding)]
    logout_binding: Option<Binding>,
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
    let connection = super::find(&state, &key, &id).await?;
    connection.must_speak(Protocol::Saml)?;
    let body = body.0;
    let choose = body.entity_id.clone();
    let terms = Terms { accept_new_entity: body.accept_new_entity, ..Terms::default() };
    let reading = state.reading(&connection, choose);
    let (store, source) = (&state.store, body.source()?);
    let imported =
        acts::metadata::import(store, key.actor(), connection, source, &reading, terms).await?;
    Ok(Json(state.view(imported).await?))
}

/// Which change is accepted.
#[derive(Deserialize, ToSchema)]
#[schema(as = MetadataAcceptance)]
#[serde(deny_unknown_fields)]
struct Accept {
    /// What the alert names as its `change`: whatever came since is not accepted unseen.
    #[schema(example = "5f0c9e1b2a7d4c38")]
    change: String,
}

/// Accept changed metadata
///
/// Metadata that was read again and names another entity ID or sign-on address is kept aside until somebody accepts it.
/// With another entity ID people are known by their email addresses again, not by the name IDs of the former provider.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    request_body = Accept,
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/connections/{connection}/metadata/accept")]
pub(in crate::http::api) async fn accept_metadata(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Accept>,
) -> Answer<ConnectionView> {
    let Connection { id, organization_id, .. } = super::find(&state, &key, &id).await?;
    let change = body.0.change;
    let accepted = state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::accept(tx, &id, &change))
        .await?;
    Ok(Json(state.view(accepted).await?))
}

impl Import {
    /// Where the metadata is.
    fn source(self) -> Result<Source> {
        match (self.metadata_url, self.metadata_xml, self.values) {
            (Some(url), None, None) => Ok(Source::Url(url)),
            (None, Some(xml), None) => Ok(Source::Xml(xml.into_bytes())),
            (None, None, Some(values)) if self.entity_id.is_none() => {
                Ok(Source::Values(values.into()))
            }
            (None, None, Some(_)) => Err(Error::invalid(
                "/entity_id",
                "invalid",
                "With single values the entity ID is /values/entity_id.",
            )),
            (None, None, None) => Err(Error::invalid(
                "",
                "required",
                "Send one of metadata_url, metadata_xml and values.",
            )),
            (Some(_), _, _) => Err(acts::metadata::given_twice("metadata_url")),
            (None, Some(_), _) => Err(acts::metadata::given_twice("metadata_xml")),
        }
    }
}

impl From<Values> for acts::metadata::Values {
    fn from(values: Values) -> Self {
        let binding = values.binding.unwrap_or(Binding::Redirect);
        let logout_binding = values.logout_binding.unwrap_or(binding);
        Self {
            entity_id: values.entity_id,
            sign_on_url: values.sign_on_url,
            binding,
            certificates: values.certificates,
            logout: values.logout_url.map(|url| (url, logout_binding)),
        }
    }
}
