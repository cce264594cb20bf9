//! What a list of endpoints knows besides their rows, in a few queries however many they are.

use super::deliveries::Delivery;
use crate::error::Result;
use crate::store::schema::{
    webhook_deliveries as rows, webhook_endpoints as endpoints, webhook_lanes as lanes,
};
use crate::store::{Db, DeliveryId, Time, WebhookEndpointId};
use diesel::prelude::*;
use std::collections::HashMap;

/// The last delivery to each of these endpoints.
pub fn last(
    db: &mut Db,
    ids: &[WebhookEndpointId],
) -> Result<HashMap<WebhookEndpointId, Delivery>> {
    let newest = rows::table
        .filter(rows::endpoint_id.eq(endpoints::id))
        .order(rows::id.desc())
        .select(rows::id)
        .single_value();
    let newest: Vec<Option<DeliveryId>> =
        endpoints::table.filter(endpoints::id.eq_any(ids)).select(newest).load(db)?;
    let newest: Vec<DeliveryId> = newest.into_iter().flatten().collect();
    let found: Vec<Delivery> = rows::table.filter(rows::id.eq_any(newest)).load(db)?;
    Ok(found.into_iter().map(|row| (row.endpoint_id.clone(), row)).collect())
}

/// When something is told next to each of these endpoints for which something waits.
pub fn next_tries(
    db: &mut Db,
    ids: &[WebhookEndpointId],
) -> Result<HashMap<WebhookEndpointId, Time>> {
    let earliest: Vec<(WebhookEndpointId, Option<Time>)> = lanes::table
        .filter(lanes::endpoint_id.eq_any(ids))
        .group_by(lanes::endpoint_id)
        .select((lanes::endpoint_id, diesel::dsl::min(lanes::due_at)))
        .load(db)?;
    Ok(earliest.into_iter().filter_map(|(id, at)| Some((id, at?))).collect())
}
