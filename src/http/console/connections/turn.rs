//! What is asked before it is done to a connection: turning it on or off, and deleting it.

use super::overview::week;
use super::{find, href};
use crate::cause::Cause;
use crate::error::Result;
use crate::http::console::confirm::{self, Confirm, TYPED};
use crate::http::console::frame::CONNECTIONS;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::enforcement::LastWay;
use crate::store::organizations::{Enforcement, Organization};
use crate::store::traces::{self, People};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The tick by which an untested connection is turned on.
const UNTESTED: &str = "untested";
/// The tick by which the last way in is given up.
const LOCK_OUT: &str = "lock_out";

/// `GET /console/connections/{connection}/turn`: on if it is off, else off.
pub(in crate::http) async fn ask_turn(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let to_on = connection.state != ConnectionState::Active;
    let people = lately(&state, &connection).await?;
    let confirm = turning(&state, (&connection, people), &organization, to_on);
    Ok(confirm::ask(&state, &seat, &confirm))
}

/// `POST /console/connections/{connection}/turn`
pub(in crate::http) async fn turn(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let to_on = posted.text("to") == "on";
    let people = lately(&state, &connection).await?;
    let confirm = turning(&state, (&connection, people), &organization, to_on);
    let (id, skip_test) = (connection.id.clone(), posted.text(UNTESTED) == "1");
    let last = LastWay::given_up(posted.text(LOCK_OUT) == "1");
    let done = state.store.write(&organization.id, posted.seat.actor(), move |tx| {
        if to_on {
            connections::activate(tx, &id, skip_test)
        } else {
            connections::disable_with(tx, &id, last)
        }
    });
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done.await,
        if to_on { Done::ConnectionOn } else { Done::ConnectionOff },
        &href(&connection.id),
    )
}

/// How many people signed in through it lately.
async fn lately(state: &State, of: &Connection) -> Result<People> {
    let (id, now) = (of.id.clone(), state.store.clock().now());
    state.store.read(move |db| traces::people(db, &id, now)).await
}

fn turning(
    state: &State,
    (of, people): (&Connection, People),
    organization: &Organization,
    to_on: bool,
) -> Confirm {
    let (to, word) = if to_on { ("on", "turn_on") } else { ("off", "turn_off") };
    let tick = match to_on {
        true if !of.tested() => Some((UNTESTED, say(state, "untested"))),
        false => lock_out(state, of, organization),
        true => None,
    };
    let mut texts = vec![fill(state, &format!("{word}_text"), of, organization)];
    if !to_on {
        let seen = state.locale.person(
            Cause::ConnectionDisabled,
            Some(&organization.name),
            &state.operator(),
        );
        let fill = |key: &str, name: &str, value: &str| {
            state.locale.fill(&format!("console.connections.{key}"), &[(name, value)])
        };
        texts.insert(0, fill("turn_off_people", "people", &week::people(state, people)));
        texts.insert(1, fill("turn_off_seen", "sentence", &seen));
    }
    Confirm {
        title: fill(state, &format!("{word}_title"), of, organization),
        texts,
        tick,
        carried: vec![("to", to.to_owned())],
        action: format!("{}/turn", href(&of.id)),
        button: say(state, word),
        ..asking(of)
    }
}

/// `GET /console/connections/{connection}/delete`
pub(in crate::http) async fn ask_delete(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &deleting(&state, &connection, &organization)))
}

/// `POST /console/connections/{connection}/delete`: its name is typed to confirm it.
pub(in crate::http) async fn delete(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (connection, organization) = find(&state, &id).await?;
    let confirm = deleting(&state, &connection, &organization);
    if let Some(page) = confirm::differs(&state, &posted.seat, &confirm, posted.text(TYPED)) {
        return Ok(page);
    }
    let (id, back) = (connection.id.clone(), href(&connection.id));
    let last = LastWay::given_up(posted.text(LOCK_OUT) == "1");
    let done = state.store.write(&organization.id, posted.seat.actor(), move |tx| {
        connections::delete_with(tx, &id, last)
    });
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::ConnectionDeleted, &back)
}

fn deleting(state: &State, of: &Connection, organization: &Organization) -> Confirm {
    let keeps = say(state, "delete_keeps");
    Confirm {
        title: fill(state, "delete_title", of, organization),
        texts: vec![fill(state, "delete_text", of, organization), keeps],
        typed: Some(of.name.clone()),
        tick: lock_out(state, of, organization),
        action: format!("{}/delete", href(&of.id)),
        button: say(state, "delete"),
        ..asking(of)
    }
}

/// What all these have in common.
fn asking(of: &Connection) -> Confirm {
    let cancel = href(&of.id);
    let above = vec![(cancel.clone(), of.name.clone())];
    Confirm { above, ..Confirm::blank(CONNECTIONS, cancel) }
}

/// Offered where the organization requires single sign-on: this may be its last way in.
fn lock_out(
    state: &State,
    of: &Connection,
    organization: &Organization,
) -> Option<(&'static str, String)> {
    let may_be_last =
        organization.enforcement == Enforcement::Required && of.state == ConnectionState::Active;
    may_be_last.then(|| (LOCK_OUT, say(state, "lock_out")))
}

fn say(state: &State, key: &str) -> String {
    state.locale.text(&format!("console.connections.{key}")).to_owned()
}

fn fill(state: &State, key: &str, of: &Connection, organization: &Organization) -> String {
    let values = [("connection", of.name.as_str()), ("organization", organization.name.as_str())];
    state.locale.fill(&format!("console.connections.{key}"), &values)
}
