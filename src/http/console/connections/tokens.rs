//! What is asked before a directory's token ends.

use super::{find, href};
use crate::error::{FieldError, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::form::Choice;
use crate::http::console::frame::CONNECTIONS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::words;
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::connections::Connection;
use crate::store::directories::tokens::{self, DEFAULT_OVERLAP, Token};
use crate::store::{OrganizationId, ScimTokenId};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono::TimeDelta;

/// The field in which it is chosen for how many hours a retired token goes on.
const HOURS: &str = "hours";
/// What can be chosen there.
const AFTER: [i64; 4] = [1, 24, 72, 168];

type Ids = Path<(String, String)>;

/// `GET /console/connections/{connection}/provisioning/{token}/retire`
pub(in crate::http) async fn ask_retire(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (connection, token, _) = look(&state, &ids).await?;
    Ok(confirm::ask(&state, &seat, &retiring(&state, &connection, &token)))
}

/// `POST /console/connections/{connection}/provisioning/{token}/retire`
pub(in crate::http) async fn retire(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (connection, token, of) = look(&state, &ids).await?;
    let confirm = retiring(&state, &connection, &token);
    let chosen = AFTER.into_iter().find(|hours| hours.to_string() == posted.text(HOURS));
    let Some(overlap) = chosen.map(TimeDelta::hours) else {
        let detail = state.locale.text("console.token.hours_unknown");
        let error = FieldError::new(format!("/{HOURS}"), "invalid", detail);
        return Ok(confirm::refused(&state, &posted.seat, &confirm, error));
    };
    let done = state.store.write(&of, posted.seat.actor(), move |tx| {
        tokens::retire(tx, &connection.id, &token.id, overlap)
    });
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::TokenRetired, &confirm.cancel)
}

/// `GET /console/connections/{connection}/provisioning/{token}/revoke`
pub(in crate::http) async fn ask_revoke(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (connection, token, _) = look(&state, &ids).await?;
    Ok(confirm::ask(&state, &seat, &ending(&state, &connection, &token, "revoke")))
}

/// `POST /console/connections/{connection}/provisioning/{token}/revoke`
pub(in crate::http) async fn revoke(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (connection, token, of) = look(&state, &ids).await?;
    let confirm = ending(&state, &connection, &token, "revoke");
    let done = state
        .store
        .write(&of, posted.seat.actor(), move |tx| tokens::revoke(tx, &connection.id, &token.id));
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::TokenRevoked, &confirm.cancel)
}

/// The connection, and the token if it is of that connection.
async fn look(state: &State, ids: &Ids) -> Result<(Connection, Token, OrganizationId)> {
    let (connection, organization) = find(state, &ids.0).await?;
    let (of, id): (_, ScimTokenId) = (connection.id.clone(), ids.1.parse()?);
    let token = state.store.read(move |db| tokens::find(db, &of, &id)).await?;
    Ok((connection, token, organization.id))
}

/// What is asked before a token retires, and for how long it goes on.
fn retiring(state: &State, connection: &Connection, token: &Token) -> Confirm {
    let choice = |hours: i64| Choice {
        value: hours.to_string(),
        label: state.locale.text(&format!("console.token.after.h{hours}")).to_owned(),
        is_chosen: TimeDelta::hours(hours) == DEFAULT_OVERLAP,
    };
    let label = state.locale.text("console.token.goes_on").to_owned();
    Confirm {
        choice: Some((HOURS, label, AFTER.map(choice).into())),
        ..ending(state, connection, token, "retire")
    }
}

fn ending(state: &State, connection: &Connection, token: &Token, act: &str) -> Confirm {
    let back = format!("{}/provisioning", href(&connection.id));
    let name = format!("{} ({})", token.label, token.hint);
    let fill =
        |key: &str| state.locale.fill(&format!("console.token.{key}"), &[("token", name.as_str())]);
    Confirm {
        above: vec![(href(&connection.id), connection.name.clone())],
        title: fill(&format!("{act}_title")),
        texts: vec![
            fill(&format!("{act}_text")),
            words::last_use(state, token.last_used_at, token.last_used_from.as_deref()),
        ],
        action: format!("{back}/{}/{act}", token.id),
        button: fill(act),
        ..Confirm::blank(CONNECTIONS, back)
    }
}
