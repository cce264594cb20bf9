//! Tells endpoints of events: webhooks (decision 25).
//!
//! Several instances may do it at once: each takes lanes that nobody else has. Should one die, what it was telling is told
//! again when its lease is over, so an event arrives at least once.

use crate::acts::webhooks::Sender;
use crate::error::Result;
use crate::store::events::Event;
use crate::store::webhooks::lanes::{self, BATCH, Lane, Noted, Tried};
use crate::store::webhooks::{self, Endpoint};
use crate::store::{Actor, Scope, Tx, WebhookEndpointId};
use crate::telemetry::{Metrics, Told};
use crate::views::event::EventView;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How often is looked for what another process has left to do. What this one numbers is seen at once.
const EVERY: Duration = Duration::from_secs(1);
/// Lanes that are told at the same time.
const AT_ONCE: usize = 64;
/// Of these to one endpoint, and to one that takes nothing.
const PER_ENDPOINT: usize = 8;
const PER_FAILING: usize = 2;
/// For how long one lane goes on before it is noted: with one more attempt much shorter than a lease.
const GO: Duration = Duration::from_secs(10);

/// What telling takes.
pub struct Deliverer {
    /// Sends.
    pub sender: Sender,
    /// Counts.
    pub metrics: Metrics,
}

/// Tells until `stop` says `true` or is dropped; what is under way is finished.
pub async fn run(deliverer: Deliverer, mut stop: watch::Receiver<bool>) {
    let deliverer = Arc::new(deliverer);
    let mut numbered = deliverer.sender.store.numbered();
    let mut under_way = UnderWay::default();
    loop {
        numbered.borrow_and_update();
        if let Err(error) = begin(&deliverer, &mut under_way, &stop).await {
            tracing::warn!(error = ?error, "webhooks could not be delivered");
        }
        tokio::select! {
            _ = numbered.changed() => {}
            () = tokio::time::sleep(EVERY) => {}
            Some(ended) = under_way.tasks.join_next() => under_way.note(ended),
            changed = stop.changed() => {
                if changed.is_err() || *stop.borrow() {
                    break;
                }
            }
        }
    }
    while let Some(ended) = under_way.tasks.join_next().await {
        under_way.note(ended);
    }
}

/// Lanes that are being told, and how many of each endpoint.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<WebhookEndpointId>,
    by_endpoint: HashMap<WebhookEndpointId, usize>,
}

impl UnderWay {
    fn room(&self, endpoint: &WebhookEndpointId, works: bool) -> usize {
        let most = if works { PER_ENDPOINT } else { PER_FAILING };
        let own = self.by_endpoint.get(endpoint).copied().unwrap_or_default();
        most.saturating_sub(own).min(AT_ONCE.saturating_sub(self.tasks.len()))
    }

    fn note(&mut self, ended: std::result::Result<WebhookEndpointId, tokio::task::JoinError>) {
        match ended {
            Ok(endpoint) => {
                if let Some(count) = self.by_endpoint.get_mut(&endpoint) {
                    *count = count.saturating_sub(1);
                }
                self.by_endpoint.retain(|_, count| *count > 0);
            }
            Err(error) => {
                tracing::error!(%error, "delivering a webhook did not end well");
                // Whose it was is not known: nobody is held back for good.
                if self.tasks.is_empty() {
                    self.by_endpoint.clear();
                }
            }
        }
    }
}

/// Takes what is due, as far as there is room, and begins to tell it.
async fn begin(
    deliverer: &Arc<Deliverer>,
    under_way: &mut UnderWay,
    stop: &watch::Receiver<bool>,
) -> Result<()> {
    let store = &deliverer.sender.store;
    let now = store.clock().now();
    let mut due = store.read(move |db| lanes::due(db, now)).await?;
    // Who is told least comes first, so that nobody keeps others waiting.
    due.sort_by_key(|(endpoint, _)| under_way.by_endpoint.get(endpoint).copied());
    for (endpoint, works) in due {
        let room = under_way.room(&endpoint, works);
        if room == 0 {
            continue;
        }
        let (id, most) = (endpoint.clone(), i64::try_from(room).unwrap_or(1));
        let take = move |tx: &mut Tx| lanes::take(tx, &id, most);
        for lane in store.write(Scope::Own, Actor::System, take).await? {
            *under_way.by_endpoint.entry(endpoint.clone()).or_default() += 1;
            let (deliverer, endpoint, stop) = (deliverer.clone(), endpoint.clone(), stop.clone());
            under_way.tasks.spawn(async move {
                if let Err(error) = tell(&deliverer, lane, &stop).await {
                    tracing::warn!(endpoint = %endpoint, error = ?error, "a webhook could not be delivered");
                }
                endpoint
            });
        }
    }
    Ok(())
}

/// Tells the next events of a lane until one is not taken or it is enough for now, and notes how that went.
async fn tell(deliverer: &Deliverer, lane: Lane, stop: &watch::Receiver<bool>) -> Result<()> {
    let Deliverer { sender, metrics } = deliverer;
    let (of, now) = (lane.clone(), sender.store.clock().now());
    let read = move |db: &mut crate::store::Db| {
        let endpoint = webhooks::find(db, &of.endpoint_id)?;
        let events = lanes::next(db, &endpoint, &of, now)?;
        Ok((endpoint, events))
    };
    let (endpoint, events) = sender.store.read(read).await?;
    let found = events.len();
    let tried = send(sender, metrics, &endpoint, events, stop).await?;
    let all_taken = tried.len() == found && tried.last().is_none_or(|last| last.sent.is_accepted());
    let is_all = all_taken && i64::try_from(found).is_ok_and(|found| found < BATCH);
    if tried.is_empty() && found > 0 {
        // Told to stop: whoever starts again need not wait for the lease.
        let release = move |tx: &mut Tx| lanes::release(tx, &lane);
        return sender.store.write(Scope::Own, Actor::System, release).await;
    }
    let master = sender.master.clone();
    let note = move |tx: &mut Tx| lanes::note(tx, &master, &lane, &tried, is_all);
    match sender.store.write(Scope::Own, Actor::System, note).await? {
        Noted::Done => {}
        Noted::GivenUp => {
            metrics.webhook(Told::GivenUp);
            tracing::warn!(endpoint = %endpoint.id, "a webhook was not accepted for days and is given up");
        }
        Noted::Lost => {
            tracing::warn!(endpoint = %endpoint.id, "telling took longer than its lease, and is done again");
        }
    }
    Ok(())
}

async fn send(
    sender: &Sender,
    metrics: &Metrics,
    endpoint: &Endpoint,
    events: Vec<Event>,
    stop: &watch::Receiver<bool>,
) -> Result<Vec<Tried>> {
    let began = Instant::now();
    let mut tried = Vec::with_capacity(events.len());
    for event in events {
        // The sender of `stop` may be gone: then it is over as well.
        let is_over = *stop.borrow() || stop.has_changed().is_err();
        if is_over || began.elapsed() >= GO {
            break;
        }
        let body = EventView::from(event.clone()).to_body()?;
        let sent = sender.send(endpoint, &event.id, body).await?;
        let is_accepted = sent.is_accepted();
        metrics.webhook(match sent.attempt.status {
            _ if is_accepted => Told::Accepted,
            Some(_) => Told::Refused,
            None => Told::Unreachable,
        });
        tried.push(Tried { event, sent });
        if !is_accepted {
            break;
        }
    }
    Ok(tried)
}

#[cfg(test)]
mod receiver;
#[cfg(test)]
mod tests;
