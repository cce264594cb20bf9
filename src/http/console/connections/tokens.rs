//! What is asked before a directory's token ends.

use super::{find, href};
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::CONNECTIONS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::console::words;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::connections::Connection;
use crate::store::directories::tokens::{self, DEFAULT_OVERLAP, Token};
use crate::store::{OrganizationId, ScimTokenId};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

type Ids = Path<(String, String)>;

/// `GET /console/connections/{connection}/provisioning/{token}/retire`
pub(in crate::http) async fn ask_retire(
    state: Data<State>,
    seat: Seat<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (connection, token, _) = look(&state, &ids).await?;
    Ok(confirm::ask(&state, &seat, &ending(&state, &connection, &token, "retire")))
}

/// `POST /console/connections/{connection}/provisioning/{token}/retire`
pub(in crate::http) async fn retire(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Ids,
) -> Result<HttpResponse, PageError> {
    let (connection, token, of) = look(&state, &ids).await?;
    let confirm = ending(&state, &connection, &token, "retire");
    let done = state.store.write(&of, posted.seat.actor(), move |tx| {
        tokens::retire(tx, &connection.id, &token.id, DEFAULT_OVERLAP)
    });
    confirm::after(&state, &posted.seat, &confirm, done.await, &confirm.cancel)
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
    confirm::after(&state, &posted.seat, &confirm, done.await, &confirm.cancel)
}

/// The connection, and the token if it is of that connection.
async fn look(state: &State, ids: &Ids) -> Result<(Connection, Token, OrganizationId)> {
    let (connection, organization) = find(state, &ids.0).await?;
    let (of, id): (_, ScimTokenId) = (connection.id.clone(), ids.1.parse()?);
    let token = state.store.read(move |db| tokens::find(db, &of, &id)).await?;
    Ok((connection, token, organization.id))
}

fn ending(state: &State, connection: &Connection, token: &Token, act: &str) -> Confirm {
    let back = format!("{}/provisioning", href(&connection.id));
    let name = format!("{} ({})", token.label, token.hint);
    let days = DEFAULT_OVERLAP.num_days().to_string();
    let fill = |key: &str| {
        let values = [("token", name.as_str()), ("days", days.as_str())];
        state.locale.fill(&format!("console.token.{key}"), &values)
    };
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
