//! Metadata that names another provider, or another address, waits for a person: what was and what would be, and then it is taken over.

use super::{find, href};
use crate::error::{Error, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::CONNECTIONS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::saml::metadata::Difference;
use crate::store::connections::{self, Connection};
use crate::store::refreshes::{self, Alert};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The field that names what the member has seen.
const CHANGE: &str = "change";

/// `GET /console/connections/{connection}/accept`: the change that waits now.
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, _) = find(&state, &id).await?;
    let alert = waiting(&state, &connection).await?;
    Ok(confirm::ask(&state, &seat, &accepting(&state, &connection, &alert)))
}

/// `POST /console/connections/{connection}/accept`: what came since is not accepted unseen.
pub(in crate::http) async fn accept(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let alert = waiting(&state, &connection).await?;
    let confirm = accepting(&state, &connection, &alert);
    let (id, change) = (connection.id.clone(), posted.text(CHANGE).to_owned());
    let done = state.store.write(&organization.id, posted.seat.actor(), move |tx| {
        connections::accept(tx, &id, &change)
    });
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done.await,
        Done::ChangeAccepted,
        &href(&connection.id),
    )
}

/// What waits for somebody.
async fn waiting(state: &State, connection: &Connection) -> Result<Alert> {
    let (of, now) = (connection.clone(), state.store.clock().now());
    let found = state.store.read(move |db| refreshes::by_connection(db, &of.id)).await?;
    let mut alerts = found.into_iter().flat_map(|refresh| refresh.alerts(connection, now));
    let held = alerts.find(|alert| alert.change.is_some());
    held.ok_or_else(|| Error::not_found("change of metadata at", connection.id.as_str()))
}

fn accepting(state: &State, of: &Connection, alert: &Alert) -> Confirm {
    let say = |key: &str| state.locale.text(&format!("console.connections.{key}")).to_owned();
    let back = href(&of.id);
    let mut texts = vec![alert.detail.clone()];
    texts.extend(alert.differences.iter().map(|one| difference(state, one)));
    let is_other = alert.differences.iter().any(|one| one.field == "entity_id");
    texts.push(say(if is_other { "accept_other" } else { "accept_address" }));
    texts.push(say("accept_test"));
    Confirm {
        title: state.locale.fill("console.connections.accept_title", &[("connection", &of.name)]),
        texts,
        carried: vec![(CHANGE, alert.change.clone().unwrap_or_default())],
        action: format!("{back}/accept"),
        button: say("accept"),
        above: vec![(back.clone(), of.name.clone())],
        ..Confirm::blank(CONNECTIONS, back)
    }
}

/// What was, and what would be.
pub(super) fn difference(state: &State, one: &Difference) -> String {
    let key = format!("console.connections.changed.{}", one.field);
    let word = state.locale.text(&key);
    let (was, is) = (one.was.join(", "), one.is.join(", "));
    let shown = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    let values = [("what", word), ("was", &*shown(&was)), ("is", &*shown(&is))];
    state.locale.fill("console.connections.changed_line", &values)
}
