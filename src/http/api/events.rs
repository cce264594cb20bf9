//! The stream of events: how an app catches up without webhooks.

use super::answer::Answer;
use super::input::Listing;
use super::organizations;
use crate::error::{Error, Result};
use crate::http::caller::{ApiKey, EventsRead};
use crate::http::error::ApiError;
use crate::http::server::State;
use crate::store::events::feed::{self, Part, Wanted};
use crate::store::events::kinds::Kinds;
use crate::views::event::EventsView;
use actix_web::get;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;
use utoipa::IntoParams;

/// How long an answer may wait for something to happen.
const LONGEST_WAIT: u64 = 30;
/// How often is looked for what other instances have numbered.
const LOOK: Duration = Duration::from_secs(1);

/// Which part of the stream is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListParams {
    /// Only those of this organization: its ID, or `external:` and your own.
    organization: Option<String>,
    /// Only those of these types, with commas between: `user.created`, or `user.*` for all of a noun.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Where nothing has happened: for how many seconds to wait for it, 0 to 30.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 30, default = 0)]
    wait: Option<String>,
}

/// Which place of the stream.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what Listing reads by hand")]
struct PlaceParams {
    /// How many events an answer has at most: 1 to 200.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// The `next_cursor` of the answer before, or the `cursor` of an organization's state. If it is left out: from the
    /// oldest event that is kept.
    cursor: Option<String>,
}

/// List events
///
/// Oldest first, 30 days back. Ask again with `next_cursor`; with `wait` the answer comes as soon as something happens.
/// A cursor after which events are gone already is refused with `cursor_expired`.
#[utoipa::path(
    tag = "events",
    params(PlaceParams, ListParams),
    responses((status = 200, body = EventsView)),
    security(("api_key" = ["events:read"])),
)]
#[get("/events")]
pub(super) async fn list_events(
    key: ApiKey<EventsRead>,
    state: Data<State>,
    listing: Listing<ListParams>,
) -> Answer<EventsView> {
    if listing.count {
        let detail = "The stream goes on, so its events are not counted.";
        return Err(ApiError::from(Error::invalid("/count", "unknown_field", detail)));
    }
    let ListParams { organization, kind, wait } = listing.filter;
    let until = Instant::now() + seconds(wait.as_deref())?;
    let words: Vec<String> =
        kind.iter().flat_map(|kind| kind.split(',')).map(|word| word.trim().to_owned()).collect();
    let only = key.organization().cloned();
    let organization =
        state.store.read(move |db| organizations::filter(db, only, organization)).await?;
    let mut wanted = Wanted {
        organization,
        kinds: Kinds::parse(&words, "/type")?,
        after: listing.window.before.as_deref().map(place).transpose()?,
        limit: listing.window.limit,
    };
    let (mut numbered, mut closing) = (state.store.numbered(), state.closing());
    loop {
        numbered.borrow_and_update();
        let part = read(&state, &wanted).await?;
        let is_over = !part.events.is_empty() || Instant::now() >= until || *closing.borrow();
        if is_over {
            return Ok(Json(part.into()));
        }
        wanted.after = Some(part.cursor);
        tokio::select! {
            _ = numbered.changed() => {}
            _ = closing.changed() => {}
            () = tokio::time::sleep_until(until.min(Instant::now() + LOOK)) => {}
        }
    }
}

async fn read(state: &State, wanted: &Wanted) -> Result<Part> {
    let (wanted, now) = (wanted.clone(), state.store.clock().now());
    state.store.read(move |db| feed::read(db, &wanted, now)).await
}

fn seconds(text: Option<&str>) -> Result<Duration> {
    let Some(text) = text else { return Ok(Duration::ZERO) };
    let seconds = text.parse().ok().filter(|seconds| *seconds <= LONGEST_WAIT);
    seconds.map(Duration::from_secs).ok_or_else(|| {
        let detail = format!("wait must be a whole number of seconds from 0 to {LONGEST_WAIT}.");
        Error::invalid("/wait", "out_of_range", detail)
    })
}

fn place(cursor: &str) -> Result<i64> {
    cursor.parse().ok().filter(|place| *place >= 0).ok_or_else(|| {
        let detail = "The cursor must be the next_cursor of an earlier answer.";
        Error::invalid("/cursor", "invalid", detail)
    })
}
