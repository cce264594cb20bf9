//! What became of telling endpoints of events.

use super::answer::{Answer, List, created};
use super::input::{Body, Listing, Nothing, PageParams};
use super::{schemas, webhooks};
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, WebhooksRead, WebhooksWrite};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::webhooks::deliveries::{self, Delivery, Filter};
use crate::store::{Db, DeliveryId, EventId, OrganizationId, WebhookEndpointId};
use crate::views::event;
use crate::views::webhook::DeliveryView;
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, get, post};
use serde::Deserialize;
use utoipa::IntoParams;

/// Which deliveries are wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those to this endpoint.
    #[param(value_type = Option<String>)]
    endpoint: Option<WebhookEndpointId>,
    /// Only those that are as far as this.
    #[param(schema_with = schemas::delivery_state, required = false)]
    state: Option<deliveries::State>,
    /// Only those of this type: `user.created`, or `test`.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Only those of this event.
    #[param(value_type = Option<String>)]
    event: Option<EventId>,
}

/// A delivery to an endpoint of the caller's organization, or any if the caller is bound to none.
fn visible(db: &mut Db, only: Option<&OrganizationId>, id: &DeliveryId) -> Result<Delivery> {
    let found = deliveries::find(db, id)?;
    match webhooks::visible(db, only, &found.endpoint_id) {
        Ok(_) => Ok(found),
        Err(Error::NotFound { .. }) => Err(Error::not_found("delivery", id.as_str())),
        Err(other) => Err(other),
    }
}

/// List deliveries
///
/// Those that were attempted, 30 days back. What waits behind a refusal is not among them yet.
#[utoipa::path(
    tag = "webhooks",
    params(PageParams, ListParams),
    responses((status = 200, body = List<DeliveryView>)),
    security(("api_key" = ["webhooks:read"])),
)]
#[get("/deliveries")]
pub(super) async fn list_deliveries(
    key: ApiKey<WebhooksRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<List<DeliveryView>> {
    let ListParams { endpoint, state: how_far, kind, event } = listing.filter;
    let organization = key.organization().cloned();
    let filter = Filter { organization, endpoint, state: how_far, kind, event };
    let page = state.store.read(move |db| {
        let page = deliveries::page(db, &listing.window, &filter)?;
        let total = if listing.count { Some(deliveries::count(db, &filter)?) } else { None };
        Ok(List::of(page, total))
    });
    Ok(Json(page.await?.map(DeliveryView::from)))
}

/// Get a delivery
#[utoipa::path(
    tag = "webhooks",
    params(schemas::DeliveryPath),
    responses((status = 200, body = DeliveryView)),
    security(("api_key" = ["webhooks:read"])),
)]
#[get("/deliveries/{delivery}")]
pub(super) async fn get_delivery(
    key: ApiKey<WebhooksRead>,
    state: Data<State>,
    id: Path<String>,
) -> Answer<DeliveryView> {
    let (only, id): (_, DeliveryId) = (key.organization().cloned(), id.parse()?);
    let delivery = state.store.read(move |db| visible(db, only.as_ref(), &id)).await?;
    let answer = delivery.answer(&state.master)?;
    Ok(Json(DeliveryView::alone(delivery, answer)))
}

/// Deliver again
///
/// The same event with the same `webhook-id` is sent now, and the answer says what came of it. What is retried by itself is
/// retried all the same: the order stays.
#[utoipa::path(
    tag = "webhooks",
    params(schemas::DeliveryPath),
    responses((status = 201, body = DeliveryView)),
    security(("api_key" = ["webhooks:write"])),
)]
#[post("/deliveries/{delivery}/redeliver")]
pub(super) async fn redeliver(
    key: ApiKey<WebhooksWrite>,
    state: Data<State>,
    id: Path<String>,
    _: Body<Nothing>,
) -> Result<HttpResponse, ApiError> {
    let (only, id): (_, DeliveryId) = (key.organization().cloned(), id.parse()?);
    let found = id.clone();
    let read = move |db: &mut Db| {
        let delivery = visible(db, only.as_ref(), &found)?;
        event::body(db, &delivery)
    };
    let body = state.store.read(read).await?;
    let delivery = state.sender.again(key.actor(), id, body).await?;
    let answer = delivery.answer(&state.master)?;
    Ok(created(&DeliveryView::alone(delivery, answer)))
}
