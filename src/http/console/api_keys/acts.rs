//! What is asked before a key is rolled or revoked.

use super::{LIST, covered, show};
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::API_KEYS;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::{shown_before, words};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::server::State;
use crate::store::api_keys::{self, ApiKey};
use crate::store::{ApiKeyId, Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono::TimeDelta;

/// How long a rolled key goes on.
const OVERLAP: TimeDelta = TimeDelta::days(1);

/// `GET /console/api-keys/{key}/roll`
pub(in crate::http) async fn ask_roll(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let key = find(&state, &seat, &id).await?;
    Ok(confirm::ask(&state, &seat, &asking(&state, &key, "roll")))
}

/// `POST /console/api-keys/{key}/roll`: another takes its place, and is shown this once.
pub(in crate::http) async fn roll(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let key = find(&state, &posted.seat, &id).await?;
    let confirm = asking(&state, &key, "roll");
    let once = posted.once();
    let roll = move |tx: &mut Tx| api_keys::roll(tx, &key.id, OVERLAP, None);
    let make = move |tx: &mut Tx| once.make(tx, roll, |_| LIST.to_owned());
    match state.store.write(Scope::System, posted.seat.actor(), make).await {
        Ok(Made::Before(page)) => Ok(shown_before::show(&state, &posted.seat, API_KEYS, &page)),
        Ok(Made::Now((_, secret))) => {
            let secret = Some(secret.reveal().to_owned());
            Ok(show(&state, &posted.seat, None, secret).await?)
        }
        Err(other) => confirm::against(&state, &posted.seat, &confirm, other),
    }
}

/// `GET /console/api-keys/{key}/revoke`
pub(in crate::http) async fn ask_revoke(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let key = find(&state, &seat, &id).await?;
    Ok(confirm::ask(&state, &seat, &asking(&state, &key, "revoke")))
}

/// `POST /console/api-keys/{key}/revoke`
pub(in crate::http) async fn revoke(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let key = find(&state, &posted.seat, &id).await?;
    let confirm = asking(&state, &key, "revoke");
    let done = state
        .store
        .write(Scope::System, posted.seat.actor(), move |tx| api_keys::revoke(tx, &key.id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::ApiKeyRevoked, LIST)
}

/// The key to act on, if the member may.
async fn find(state: &State, seat: &Seat<Develop>, id: &str) -> Result<ApiKey> {
    let id: ApiKeyId = id.parse()?;
    let key = state.store.read(move |db| api_keys::find(db, &id)).await?;
    covered(seat.member.role, &key.scopes)?;
    Ok(key)
}

fn asking(state: &State, key: &ApiKey, act: &str) -> Confirm {
    let name = format!("{} ({})", key.name, key.hint);
    let hours = OVERLAP.num_hours().to_string();
    let fill = |what: &str| {
        let values = [("key", name.as_str()), ("hours", hours.as_str())];
        state.locale.fill(&format!("console.api_keys.{what}"), &values)
    };
    Confirm {
        title: fill(&format!("{act}_title")),
        texts: vec![
            fill(&format!("{act}_text")),
            words::last_use(state, key.last_used_at, key.last_used_from.as_deref()),
        ],
        action: format!("{LIST}/{}/{act}", key.id),
        button: fill(act),
        ..Confirm::blank(API_KEYS, LIST.to_owned())
    }
}
