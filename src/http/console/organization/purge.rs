//! Sign-in traces are taken away before their time, when whoever asks has typed whose.

use super::{find, href};
use crate::acts;
use crate::error::{Error, Result};
use crate::http::console::confirm::{self, Confirm, TYPED};
use crate::http::console::form::Choice;
use crate::http::console::frame::ORGANIZATIONS;
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::organizations::Organization;
use crate::store::traces::{self, Purge};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use chrono::TimeDelta;
use serde::Deserialize;

/// How old traces are that go, in days, as it is written.
const AGES: [(&str, i64); 4] = [("0", 0), ("7", 7), ("30", 30), ("90", 90)];

#[derive(Deserialize)]
pub(in crate::http) struct Wanted {
    #[serde(default)]
    older: String,
}

/// What can be chosen.
pub(super) fn ages(state: &State) -> Vec<Choice> {
    let choice = |(value, days): (&str, i64)| Choice {
        value: value.to_owned(),
        label: which(state, days),
        is_chosen: days == 0,
    };
    AGES.map(choice).into()
}

fn which(state: &State, days: i64) -> String {
    match days {
        0 => state.locale.text("console.purge.all").to_owned(),
        days => state.locale.fill("console.purge.older", &[("days", &days.to_string())]),
    }
}

/// `GET /console/organizations/{organization}/purge?older=DAYS`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<String>,
    query: Query<Wanted>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let (confirm, _) = purging(&state, &organization, &query.older).await?;
    Ok(confirm::ask(&state, &seat, &confirm))
}

/// `POST /console/organizations/{organization}/purge`: its name is typed to confirm it.
pub(in crate::http) async fn purge(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let (confirm, wanted) = purging(&state, &organization, posted.text("older")).await?;
    if let Some(page) = confirm::differs(&state, &posted.seat, &confirm, posted.text(TYPED)) {
        return Ok(page);
    }
    let done = acts::purge::traces(&state.store, posted.seat.actor(), wanted).await;
    let to = listing::href("/console/traces", &[("organization", organization.id.as_str())]);
    confirm::after(&state, &posted.seat, &confirm, done, Done::TracesPurged, &to)
}

async fn purging(state: &State, of: &Organization, older: &str) -> Result<(Confirm, Purge)> {
    let older = if older.is_empty() { "0" } else { older };
    let known = AGES.into_iter().find(|(value, _)| *value == older);
    let (value, days) = known.ok_or_else(|| Error::not_found("age", older))?;
    let before = state.store.clock().now().minus(TimeDelta::days(days));
    let wanted = Purge { organization: of.id.clone(), before };
    let counted = wanted.clone();
    let count = state.store.read(move |db| traces::purgeable(db, &counted)).await?;
    let (number, which) = (listing::number(count), which(state, days));
    let values = [
        ("organization", of.name.as_str()),
        ("number", number.as_str()),
        ("which", which.as_str()),
    ];
    let fill = |key: &str| state.locale.fill(&format!("console.purge.{key}"), &values);
    let confirm = Confirm {
        above: vec![
            (href(&of.id), of.name.clone()),
            (
                format!("{}/settings", href(&of.id)),
                state.locale.text("console.settings").to_owned(),
            ),
        ],
        title: fill("title"),
        texts: vec![fill("takes"), fill("forever")],
        typed: Some(of.name.clone()),
        carried: vec![("older", value.to_owned())],
        action: format!("{}/purge", href(&of.id)),
        button: fill("button"),
        ..Confirm::blank(ORGANIZATIONS, format!("{}/settings", href(&of.id)))
    };
    Ok((confirm, wanted))
}
