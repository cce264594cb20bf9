//! Secrets of an application: another is made and shown once; one is revoked when that is confirmed.

use super::{find, href, machine, overview};
use crate::error::{Error, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::form;
use crate::http::console::frame::APPLICATIONS;
use crate::http::console::listing;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::server::State;
use crate::store::applications::{self, Application, ApplicationSecret};
use crate::store::{Scope, SecretId, Tx};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono::TimeDelta;

/// For how many days a secret can be good; the usual first.
pub(super) const DAYS: [&str; 3] = ["never", "90", "365"];
/// Where what stands against another secret is told.
const SECRETS: &str = "/secrets";

/// `POST /console/applications/{application}/secrets`: makes another. The page follows, this once with it.
pub(super) async fn create(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    let chosen = DAYS.into_iter().find(|days| *days == posted.text("days"));
    let days = chosen.and_then(|days| days.parse().ok()).map(TimeDelta::days);
    let ends = days.map(|days| state.store.clock().now().plus(days));
    let (of, once, role) = (application.id.clone(), posted.once(), posted.seat.member.role);
    let page = href(&of);
    let add = move |tx: &mut Tx| {
        machine::covered_now(tx.db, role, &of)?;
        once.make(tx, |tx| applications::add_secret(tx, &of, ends), |_| page)
    };
    let made = state.store.write(Scope::System, posted.seat.actor(), add).await;
    let (secret, errors) = match form::mendable(made, SECRETS)? {
        Ok(Made::Before(page)) => {
            return Ok(shown_before::show(&state, &posted.seat, APPLICATIONS, &page));
        }
        Ok(Made::Now((_, secret))) => (Some(secret.reveal().to_owned()), Vec::new()),
        Err(errors) => (None, errors),
    };
    Ok(overview::show(&state, &posted.seat, application, secret, errors).await?)
}

/// `GET /console/applications/{application}/secrets/{secret}/revoke`
pub(super) async fn ask_revoke(
    state: Data<State>,
    seat: Seat<Develop>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (application, secret) = one(&state, &ids).await?;
    machine::covered(&seat, &application)?;
    Ok(confirm::ask(&state, &seat, &revoking(&state, &application, &secret)))
}

/// `POST /console/applications/{application}/secrets/{secret}/revoke`
pub(super) async fn revoke(
    state: Data<State>,
    posted: Posted<Develop>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let (application, secret) = one(&state, &ids).await?;
    let confirm = revoking(&state, &application, &secret);
    let (of, id, role) = (application.id.clone(), secret.id.clone(), posted.seat.member.role);
    let revoke = move |tx: &mut Tx| {
        machine::covered_now(tx.db, role, &of)?;
        applications::revoke_secret(tx, &of, &id)
    };
    let done = state.store.write(Scope::System, posted.seat.actor(), revoke).await;
    confirm::after(
        &state,
        &posted.seat,
        &confirm,
        done,
        Done::SecretRevoked,
        &href(&application.id),
    )
}

/// A secret of this application, and no other's.
async fn one(
    state: &State,
    (application, id): &(String, String),
) -> Result<(Application, ApplicationSecret)> {
    let (application, id) = (find(state, application).await?, id.parse::<SecretId>()?);
    let of = application.id.clone();
    let all = state.store.read(move |db| applications::secrets(db, &of)).await?;
    let found = all.into_iter().find(|row| row.id == id);
    let secret = found.ok_or_else(|| Error::not_found("secret", id.as_str()))?;
    Ok((application, secret))
}

fn revoking(state: &State, of: &Application, secret: &ApplicationSecret) -> Confirm {
    let used = secret.last_used_at.map(|at| listing::second(at).short).unwrap_or_default();
    let fill = |key: &str| {
        let values =
            [("secret", &*secret.hint), ("application", &*of.name), ("time", used.as_str())];
        state.locale.fill(&format!("console.applications.{key}"), &values)
    };
    let last = if secret.last_used_at.is_some() { fill("last_use") } else { fill("never_used") };
    Confirm {
        above: vec![(href(&of.id), of.name.clone())],
        title: fill("revoke_title"),
        texts: vec![
            fill(if of.is_machine() { "machine.revoke_text" } else { "revoke_text" }),
            last,
        ],
        action: format!("{}/secrets/{}/revoke", href(&of.id), secret.id),
        button: fill("revoke"),
        ..Confirm::blank(APPLICATIONS, href(&of.id))
    }
}
