//! What became of telling endpoints.

use super::sender;
use crate::cli::failure::{Exit, Failure, Result};
use crate::cli::output::cell;
use crate::cli::paging::Paging;
use crate::cli::shell::{self, Shell};
use crate::store::webhooks::deliveries::{self, Attempt, Delivery, Filter, State};
use crate::store::{DeliveryId, EventId, WebhookEndpointId};
use crate::views::List;
use crate::views::event;
use crate::views::webhook::DeliveryView;

/// Which deliveries are wanted.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Wanted {
    /// Only those to this endpoint
    #[arg(long)]
    endpoint: Option<WebhookEndpointId>,
    /// Only those that are `delivered`, `retrying` or `failed`
    #[arg(long)]
    state: Option<State>,
    /// Only those of this type of event
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only those of this event
    #[arg(long)]
    event: Option<EventId>,
    #[command(flatten)]
    paging: Paging,
}

/// How the last attempt went.
fn last(delivery: &Delivery) -> String {
    let Some(Attempt { status, error, .. }) = delivery.attempts.last() else {
        return String::new();
    };
    status.map_or_else(|| cell(error.as_ref()), |status| status.to_string())
}

pub(super) fn list(shell: &Shell, wanted: Wanted) -> Result {
    let Wanted { endpoint, state, kind, event, paging } = wanted;
    let filter = Filter { organization: None, endpoint, state, kind, event };
    let window = paging.window()?;
    let page = shell.read(|db| deliveries::page(db, &window, &filter))?;
    let row = |delivery: &Delivery| {
        vec![
            delivery.id.to_string(),
            delivery.updated_at.to_string(),
            delivery.state.to_string(),
            delivery.kind.clone(),
            delivery.attempts.len().to_string(),
            last(delivery),
            cell(delivery.next_try_at),
            delivery.endpoint_id.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = page.data.iter().map(row).collect();
    let heads = ["ID", "LAST", "STATE", "TYPE", "ATTEMPTS", "ANSWER", "NEXT", "ENDPOINT"];
    shell.out.list(&List::of(page, None).map(DeliveryView::from), &heads, &rows)
}

pub(super) fn again(shell: &Shell, id: DeliveryId) -> Result {
    let body = shell.read(|db| {
        let delivery = deliveries::find(db, &id)?;
        event::body(db, &delivery)
    })?;
    let sender = sender(shell)?;
    let sent = shell.wait(sender.again(shell::actor(), id, body))??;
    shown(shell, sent)
}

/// Shows what came of sending by hand; that nothing was taken is a failure.
pub(super) fn shown(shell: &Shell, delivery: Delivery) -> Result {
    let answer = delivery.answer(&shell.master()?)?;
    let is_taken = delivery
        .attempts
        .last()
        .and_then(|attempt| attempt.status)
        .is_some_and(|status| (200..300).contains(&status));
    let came = last(&delivery);
    let fields = [
        ("id", delivery.id.to_string()),
        ("event_id", delivery.event_id.to_string()),
        ("type", delivery.kind.clone()),
        ("state", delivery.state.to_string()),
        ("attempts", delivery.attempts.len().to_string()),
        ("answer", came.clone()),
        ("body", cell(answer.as_ref())),
    ];
    shell.out.object(&DeliveryView::alone(delivery, answer), &fields)?;
    if is_taken {
        return Ok(());
    }
    Err(Failure::new(
        Exit::CheckFailed,
        "not_accepted",
        "The endpoint did not take the message.",
        format!("What came of it: {came}. Any status from 200 to 299 counts as taken."),
        "Look at the app's log, and at webhooks.allow_private if the app is in a private network.",
    ))
}
