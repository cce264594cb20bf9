//! Endpoints are told of events: signed as Standard Webhooks wants it, once for each call.

use crate::crypto::MasterKey;
use crate::error::Result;
use crate::fetch::{Fault, Fetcher};
use crate::store::webhooks::deliveries::{self, Attempt, Delivery, Sent};
use crate::store::webhooks::{self, Endpoint};
use crate::store::{Actor, DeliveryId, EventId, Scope, Store, WebhookEndpointId};
use std::time::Instant;

/// What tells endpoints.
#[derive(Clone)]
pub struct Sender {
    /// Where endpoints are.
    pub store: Store,
    /// Reaches them, follows no redirect, and cannot reach private networks.
    pub fetcher: Fetcher,
    /// Opens their secrets.
    pub master: MasterKey,
}

impl Sender {
    /// Sends a message once. The ID is the same each time, the time is that of the attempt.
    pub async fn send(&self, endpoint: &Endpoint, id: &EventId, body: String) -> Result<Sent> {
        let now = self.store.clock().now();
        let (id, time) = (id.as_str(), now.unix());
        let mut signatures = Vec::new();
        for key in endpoint.keys(&self.master, now)? {
            signatures.push(key.sign(id, time, &body)?);
        }
        let (time, signatures) = (time.to_string(), signatures.join(" "));
        let headers = [
            ("webhook-id", id),
            ("webhook-timestamp", time.as_str()),
            ("webhook-signature", signatures.as_str()),
        ];
        let began = Instant::now();
        let answer = self.fetcher.deliver(&endpoint.url, &headers, body).await;
        let millis = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let attempt = |status, error| Attempt { at: now, status, error, millis };
        Ok(match answer {
            Ok(reply) => {
                let text = String::from_utf8_lossy(&reply.body).trim().to_owned();
                let sent = Sent { attempt: attempt(Some(reply.status), None), answer: None };
                let is_told = !sent.is_accepted() && !text.is_empty();
                Sent { answer: is_told.then_some(text), ..sent }
            }
            Err(fault) => Sent { attempt: attempt(None, Some(why(&fault))), answer: None },
        })
    }

    /// Sends a message that is no event, so that somebody sees whether it arrives.
    pub async fn test(
        &self,
        actor: Actor,
        id: WebhookEndpointId,
        (message_id, body): (EventId, String),
    ) -> Result<Delivery> {
        let found = id.clone();
        let endpoint = self.store.read(move |db| webhooks::find(db, &found)).await?;
        let sent = self.send(&endpoint, &message_id, body.clone()).await?;
        let (master, message) = (self.master.clone(), (message_id, body));
        let write =
            move |tx: &mut crate::store::Tx| deliveries::tested(tx, &master, &id, message, &sent);
        self.store.write(Scope::Own, actor, write).await
    }

    /// Sends a delivery once more, at once. `body`: what was sent before.
    pub async fn again(&self, actor: Actor, id: DeliveryId, body: String) -> Result<Delivery> {
        let found = id.clone();
        let (delivery, endpoint) = self
            .store
            .read(move |db| {
                let delivery = deliveries::find(db, &found)?;
                let endpoint = webhooks::find(db, &delivery.endpoint_id)?;
                Ok((delivery, endpoint))
            })
            .await?;
        let sent = self.send(&endpoint, &delivery.event_id, body).await?;
        let master = self.master.clone();
        let write = move |tx: &mut crate::store::Tx| deliveries::again(tx, &master, &id, &sent);
        self.store.write(Scope::Own, actor, write).await
    }
}

/// A few words for whoever looks at a delivery.
fn why(fault: &Fault) -> String {
    match fault {
        Fault::PrivateAddress { .. } => {
            "its address is in a private network (see webhooks.allow_private)".to_owned()
        }
        other => other.reason().to_owned(),
    }
}
