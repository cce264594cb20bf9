//! Connections: one identity provider of one organization each.

pub(super) mod certificates;
pub(super) mod contact;
pub(super) mod metadata;
pub(super) mod openid;
mod settings;
pub(super) mod trial;
pub(super) mod turn;

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Flag, Listing, PageParams, Params};
use super::{organizations, schemas};
use crate::error::{Error, Result};
use crate::guides::Guide;
use crate::http::caller::{ApiKey, ConnectionsRead, ConnectionsWrite, Needs};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::connections::{
    self, Connection, ConnectionPatch, ConnectionState, Filter, Known, NewConnection, Protocol,
    Settings,
};
use crate::store::enforcement::LastWay;
use crate::store::{ConnectionId, Db, OrganizationId, Tx};
use crate::views::connection::ConnectionView;
use crate::views::settings::SettingsSchema;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, patch, post};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// A new connection.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewConnection)]
#[serde(deny_unknown_fields)]
struct Create {
    /// Left out, it is the identity provider's name.
    #[schema(example = "JumpCloud", max_length = 100)]
    name: Option<String>,
    /// Which identity provider it is, as the guides name it; `generic` for any other.
    #[schema(example = "jumpcloud")]
    provider: String,
    /// What it speaks: SAML if it is left out. It never changes.
    #[schema(schema_with = schemas::protocol, required = false)]
    protocol: Option<Protocol>,
    #[schema(value_type = Option<SettingsSchema>)]
    settings: Option<Map<String, Value>>,
}

/// What is to change. Whatever is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = ConnectionPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[schema(example = "JumpCloud", max_length = 100)]
    name: Option<String>,
    /// Which identity provider it is, as the guides name it.
    #[schema(example = "jumpcloud")]
    provider: Option<String>,
    #[schema(value_type = Option<SettingsSchema>)]
    settings: Option<Map<String, Value>>,
}

/// Which connections a list shows.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those in this state.
    #[param(schema_with = schemas::connection_state)]
    state: Option<ConnectionState>,
    /// Only those of this identity provider.
    provider: Option<String>,
}

impl State {
    /// The guide of this ID, as a field of a request.
    pub(super) fn guide(&self, id: &str) -> Result<&Guide> {
        self.guides.find(id).map_err(|_| {
            let known: Vec<&str> = self.guides.all().map(|guide| guide.id.as_str()).collect();
            let detail = format!("“{id}” is none of {}.", known.join(", "));
            Error::invalid("/provider", "invalid", detail)
        })
    }

    /// The API's view of a connection, with the addresses of this installation.
    async fn view(&self, connection: Connection) -> Result<ConnectionView> {
        let now = self.store.clock().now();
        let known = self.store.read(move |db| connections::known(db, connection, now)).await?;
        Ok(self.view_of(known))
    }

    fn view_of(&self, known: Known) -> ConnectionView {
        let now = self.store.clock().now();
        ConnectionView::new(known, self.config.public_url.as_str(), now)
    }
}

/// A connection that the key may see, of an organization that is there.
fn visible(db: &mut Db, only: Option<&OrganizationId>, id: &ConnectionId) -> Result<Connection> {
    let connection = connections::find(db, id)?;
    let hidden = || Error::not_found("connection", id.as_str());
    organizations::see(db, only, &connection.organization_id, hidden)?;
    Ok(connection)
}

/// The same, read ahead of a write that needs to know which organization's turn it takes.
pub(super) async fn find<N: Needs>(state: &State, key: &ApiKey<N>, id: &str) -> Result<Connection> {
    let (only, id) = (key.organization().cloned(), id.parse()?);
    state.store.read(move |db| visible(db, only.as_ref(), &id)).await
}

/// List an organization's connections
#[utoipa::path(
    tag = "connections",
    params(schemas::OrganizationPath, PageParams, ListParams),
    responses((status = 200, body = List<ConnectionView>)),
    security(("api_key" = ["connections:read"])),
)]
#[get("/organizations/{organization}/connections")]
pub(super) async fn list_connections(
    key: ApiKey<ConnectionsRead>,
    state: Data<State>,
    name: Path<String>,
    listing: Listing<ListParams>,
) -> Answer<List<ConnectionView>> {
    let only = key.organization().cloned();
    let ListParams { state: in_state, provider } = listing.filter;
    let now = state.store.clock().now();
    let page = state.store.read(move |db| {
        let organization = organizations::resolve(db, only.as_ref(), &name)?.id;
        let filter = Filter {
            organization: Some(organization),
            state: in_state,
            provider,
            ..Filter::default()
        };
        let page = connections::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(connections::count(db, &filter)?) } else { None };
        Ok(List::of(connections::known_page(db, page, now)?, total))
    });
    Ok(Json(page.await?.map(|known| state.view_of(known))))
}

/// Create a connection
///
/// It is a `draft` whose values for the identity provider are final. Metadata makes it `testing`, or, where it speaks
/// OpenID Connect, issuer and client ID.
#[utoipa::path(
    tag = "connections",
    params(schemas::OrganizationPath),
    request_body = Create,
    responses((status = 201, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[post("/organizations/{organization}/connections")]
pub(super) async fn create_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    organization: Path<String>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let Create { name, provider, protocol, settings } = body.0;
    let guide = state.guide(&provider)?;
    let name = name.unwrap_or_else(|| guide.name.clone());
    let new = NewConnection {
        name,
        provider,
        settings: settings::patched(&Settings::default(), settings)?,
    };
    let id = organizations::find(&state, &key, organization.into_inner()).await?.id;
    let master = state.master.clone();
    // Made before the transaction, which others wait for.
    let own_key = match protocol {
        Some(Protocol::Oidc) => Some(state.store.apart(|_| connections::openid::new_key()).await?),
        Some(Protocol::Saml) | None => None,
    };
    let connection = state
        .store
        .write(&id.clone(), key.actor(), move |tx| match own_key {
            Some(own_key) => connections::openid::create(tx, &master, &id, new, &own_key),
            None => connections::create(tx, &id, new),
        })
        .await?;
    Ok(created(&state.view(connection).await?))
}

/// Get a connection
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:read"])),
)]
#[get("/connections/{connection}")]
pub(super) async fn get_connection(
    key: ApiKey<ConnectionsRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<ConnectionView> {
    let connection = find(&state, &key, &id).await?;
    Ok(Json(state.view(connection).await?))
}

/// Change a connection
///
/// Changed settings take effect at once, also on an active connection.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath),
    request_body = Patch,
    responses((status = 200, body = ConnectionView)),
    security(("api_key" = ["connections:write"])),
)]
#[patch("/connections/{connection}")]
pub(super) async fn patch_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Patch>,
) -> Answer<ConnectionView> {
    let Connection { id, organization_id, .. } = find(&state, &key, &id).await?;
    let Patch { name, provider, settings } = body.0;
    if let Some(provider) = &provider {
        state.guide(provider)?;
    }
    let write = move |tx: &mut Tx| {
        let current = connections::find(tx.db, &id)?;
        let settings = match settings {
            Some(patch) => Some(settings::patched(&current.settings, Some(patch))?),
            None => None,
        };
        connections::change(tx, &id, ConnectionPatch { name, provider, settings })
    };
    let connection = state.store.write(&organization_id, key.actor(), write).await?;
    Ok(Json(state.view(connection).await?))
}

/// How to delete.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DeleteParams {
    /// Delete it although its organization requires single sign-on and has no other active connection. That is on record.
    #[param(value_type = Option<bool>, default = false)]
    lock_out: Option<Flag>,
}

/// Delete a connection
///
/// Nobody can sign in with it any more; its setup links and its directory's tokens end for good. It can be restored for 30 days. The last active one of an organization that requires
/// single sign-on stays (409 `last_active_connection`) unless `lock_out` is true.
#[utoipa::path(
    tag = "connections",
    params(schemas::ConnectionPath, DeleteParams),
    responses((status = 204, description = "It is deleted.")),
    security(("api_key" = ["connections:write"])),
)]
#[delete("/connections/{connection}")]
pub(super) async fn delete_connection(
    key: ApiKey<ConnectionsWrite>,
    state: Data<State>,
    id: Path<String>,
    how: Params<DeleteParams>,
) -> Result<HttpResponse, ApiError> {
    let Connection { id, organization_id, .. } = find(&state, &key, &id).await?;
    let last = LastWay::given_up(how.0.lock_out == Some(Flag::True));
    state
        .store
        .write(&organization_id, key.actor(), move |tx| connections::delete_with(tx, &id, last))
        .await?;
    Ok(no_content())
}
