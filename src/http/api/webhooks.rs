//! Addresses of apps that are told of events.

use super::answer::{Answer, List, created, no_content};
use super::input::{Body, Listing, Nothing, Nullable, PageParams, nullable};
use super::{organizations, schemas};
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, WebhooksRead, WebhooksWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::events::kinds::Kinds;
use crate::store::webhooks::{self, Endpoint, EndpointPatch, NewEndpoint, lanes};
use crate::store::{Db, EventId, OrganizationId, Scope, Tx, WebhookEndpointId};
use crate::views::event::EventView;
use crate::views::webhook::{DeliveryView, EndpointView, NewEndpointView};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, delete, get, patch, post};
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// How long the secret before signs beside the new one when nobody says.
const DEFAULT_OVERLAP: u32 = 24 * 60 * 60;
/// How long it may.
const LONGEST_OVERLAP: u32 = 30 * 24 * 60 * 60;

/// A new endpoint.
#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookEndpointRequest)]
#[serde(deny_unknown_fields)]
struct Create {
    /// `https`, or `http` on this machine. One in a private network is told only where `webhooks.allow_private` has it.
    #[schema(example = "https://app.example.com/webhooks")]
    url: String,
    #[schema(max_length = 500)]
    description: Option<String>,
    /// Which events it wants: `user.created`, or `user.*` for all of a noun. None: all.
    #[serde(default)]
    #[schema(example = json!(["user.*", "group.*"]))]
    events: Vec<String>,
    /// The one organization whose events it is told. If it is left out: those of all, and those of none.
    #[schema(value_type = Option<String>)]
    organization_id: Option<OrganizationId>,
}

/// What is to change. Whatever is left out stays as it is; `null` takes away.
#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookEndpointPatch)]
#[serde(deny_unknown_fields)]
struct Patch {
    url: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>, max_length = 500)]
    description: Nullable<String>,
    /// Takes the place of the whole list.
    events: Option<Vec<String>>,
    /// Switched on again, it is told of what it has missed, as far as events are kept.
    enabled: Option<bool>,
}

/// How to rotate a secret.
#[derive(Deserialize, ToSchema)]
#[schema(as = WebhookSecretRotation)]
#[serde(deny_unknown_fields)]
struct Rotate {
    /// For how many seconds the secret before signs beside the new one; a day if it is left out.
    #[schema(example = 3600, default = 86400, maximum = 2_592_000)]
    overlap: Option<u32>,
}

/// Which endpoints are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this organization alone: its ID, or `external:` and your own.
    organization: Option<String>,
}

/// An endpoint of the caller's organization, or any if the caller is bound to none.
pub(super) fn visible(
    db: &mut Db,
    only: Option<&OrganizationId>,
    id: &WebhookEndpointId,
) -> Result<Endpoint> {
    let found = webhooks::find(db, id)?;
    match only {
        Some(only) if found.organization_id.as_ref() != Some(only) => {
            Err(Error::not_found("webhook endpoint", id.as_str()))
        }
        _ => Ok(found),
    }
}

/// The endpoint to act on, if the caller may.
async fn find<N>(state: &State, key: &ApiKey<N>, id: &str) -> Result<Endpoint> {
    let (only, id) = (key.organization().cloned(), id.parse()?);
    state.store.read(move |db| visible(db, only.as_ref(), &id)).await
}

/// List webhook endpoints
#[utoipa::path(
    tag = "webhooks",
    params(PageParams, ListParams),
    responses((status = 200, body = List<EndpointView>)),
    security(("api_key" = ["webhooks:read"])),
)]
#[get("/webhook_endpoints")]
pub(super) async fn list_webhook_endpoints(
    key: ApiKey<WebhooksRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<EndpointView>> {
    let only = key.organization().cloned();
    let page = state.store.read(move |db| {
        let of = organizations::filter(db, only, listing.filter.organization)?;
        let page = webhooks::page(db, &listing.window, of.as_ref())?;
        let total = if listing.count { Some(webhooks::count(db, of.as_ref())?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(EndpointView::from)))
}

/// Create a webhook endpoint
///
/// It is told of what happens from now on. The secret is in this answer and nowhere else. There are as many endpoints as
/// `limits.webhook_endpoints` says, and not more.
#[utoipa::path(
    tag = "webhooks",
    request_body = Create,
    responses((status = 201, body = NewEndpointView)),
    security(("api_key" = ["webhooks:write"])),
)]
#[post("/webhook_endpoints")]
pub(super) async fn create_webhook_endpoint(
    key: ApiKey<WebhooksWrite>,
    state: Data<State>,
    body: Body<Create>,
) -> Result<HttpResponse, ApiError> {
    let Create { url, description, events, organization_id } = body.0;
    if let (Some(own), Some(wanted)) = (key.organization(), &organization_id)
        && own != wanted
    {
        let detail = format!("There is no organization {wanted}.");
        return Err(ApiError::from(Error::invalid("/organization_id", "not_found", detail)));
    }
    let organization_id = organization_id.or_else(|| key.organization().cloned());
    let scope = organization_id.as_ref().map_or(Scope::System, Scope::from);
    let events = Kinds::parse(&events, "/events")?;
    let new = NewEndpoint { organization_id, url, description, events };
    let master = state.master.clone();
    let most = state.live().limits.webhook_endpoints.limit();
    let create = move |tx: &mut Tx| webhooks::create(tx, &master, new, most);
    let (endpoint, secret) = state.store.write(scope, key.actor(), create).await?;
    Ok(created(&NewEndpointView::new(endpoint, &secret)))
}

/// Get a webhook endpoint
#[utoipa::path(
    tag = "webhooks",
    params(schemas::WebhookEndpointPath),
    responses((status = 200, body = EndpointView)),
    security(("api_key" = ["webhooks:read"])),
)]
#[get("/webhook_endpoints/{webhook_endpoint}")]
pub(super) async fn get_webhook_endpoint(
    key: ApiKey<WebhooksRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<EndpointView> {
    let (only, id): (_, WebhookEndpointId) = (key.organization().cloned(), id.parse()?);
    let view = state.store.read(move |db| {
        let endpoint = visible(db, only.as_ref(), &id)?;
        let next_try = lanes::next_try(db, &id)?;
        Ok(EndpointView::alone(endpoint, next_try))
    });
    Ok(Json(view.await?))
}

/// Change a webhook endpoint
#[utoipa::path(
    tag = "webhooks",
    params(schemas::WebhookEndpointPath),
    request_body = Patch,
    responses((status = 200, body = EndpointView)),
    security(("api_key" = ["webhooks:write"])),
)]
#[patch("/webhook_endpoints/{webhook_endpoint}")]
pub(super) async fn patch_webhook_endpoint(
    key: ApiKey<WebhooksWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Patch>,
) -> Answer<EndpointView> {
    let endpoint = find(&state, &key, &id).await?;
    let Patch { url, description, events, enabled } = body.0;
    let events = events.map(|events| Kinds::parse(&events, "/events")).transpose()?;
    let patch = EndpointPatch { url, description, events, enabled };
    let scope = endpoint.scope();
    let change = move |tx: &mut Tx| webhooks::change(tx, &endpoint.id, patch);
    Ok(Json(state.store.write(scope, key.actor(), change).await?.into()))
}

/// Delete a webhook endpoint
///
/// What is known of its deliveries goes with it.
#[utoipa::path(
    tag = "webhooks",
    params(schemas::WebhookEndpointPath),
    responses((status = 204, description = "It is deleted.")),
    security(("api_key" = ["webhooks:write"])),
)]
#[delete("/webhook_endpoints/{webhook_endpoint}")]
pub(super) async fn delete_webhook_endpoint(
    key: ApiKey<WebhooksWrite>,
    state: Data<State>,
    id: Path<String>,
) -> Result<HttpResponse, ApiError> {
    let endpoint = find(&state, &key, &id).await?;
    let scope = endpoint.scope();
    let delete = move |tx: &mut Tx| webhooks::delete(tx, &endpoint.id);
    state.store.write(scope, key.actor(), delete).await?;
    Ok(no_content())
}

/// Rotate the secret of a webhook endpoint
///
/// The new secret is in this answer and nowhere else. For a while messages carry both signatures, so that nothing is
/// refused while you put it in place.
#[utoipa::path(
    tag = "webhooks",
    params(schemas::WebhookEndpointPath),
    request_body = Rotate,
    responses((status = 201, body = NewEndpointView)),
    security(("api_key" = ["webhooks:write"])),
)]
#[post("/webhook_endpoints/{webhook_endpoint}/secret/rotate")]
pub(super) async fn rotate_webhook_secret(
    key: ApiKey<WebhooksWrite>,
    state: Data<State>,
    id: Path<String>,
    body: Body<Rotate>,
) -> Result<HttpResponse, ApiError> {
    let seconds = body.0.overlap.unwrap_or(DEFAULT_OVERLAP);
    if seconds > LONGEST_OVERLAP {
        let detail = "The secret before can sign for 30 days at most.";
        return Err(ApiError::from(Error::invalid("/overlap", "out_of_range", detail)));
    }
    let overlap = TimeDelta::seconds(i64::from(seconds));
    let endpoint = find(&state, &key, &id).await?;
    let (scope, master) = (endpoint.scope(), state.master.clone());
    let rotate = move |tx: &mut Tx| webhooks::rotate(tx, &master, &endpoint.id, overlap);
    let (endpoint, secret) = state.store.write(scope, key.actor(), rotate).await?;
    Ok(created(&NewEndpointView::new(endpoint, &secret)))
}

/// Send a test event to a webhook endpoint
///
/// It is sent now, whether the endpoint is on or off, and the answer says what came of it. Its type is `test`.
#[utoipa::path(
    tag = "webhooks",
    params(schemas::WebhookEndpointPath),
    responses((status = 201, body = DeliveryView)),
    security(("api_key" = ["webhooks:write"])),
)]
#[post("/webhook_endpoints/{webhook_endpoint}/test")]
pub(super) async fn test_webhook_endpoint(
    key: ApiKey<WebhooksWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Result<HttpResponse, ApiError> {
    let endpoint = find(&state, &key, &id).await?;
    let event = EventId::new();
    let body = EventView::test(&event, &endpoint, state.store.clock().now()).to_body()?;
    let delivery = state.sender.test(key.actor(), endpoint.id, (event, body)).await?;
    let answer = delivery.answer(&state.master)?;
    Ok(created(&DeliveryView::alone(delivery, answer)))
}
