//! Where a link leads, and what starting with it does.

use super::frame::day;
use super::seat::{self, Seat};
use crate::crypto;
use crate::error::Error;
use crate::http::embedding;
use crate::http::error::PageError;
use crate::http::pages::{self, Message, SetupEntry};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::organizations::{self, Organization};
use crate::store::setup_links::{self, Cover, Kind, Refusal, SetupLink};
use crate::store::{Actor, SetupLinkId};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

/// `GET /setup/{token}`: what the link is for, and a button. It changes nothing, whoever opens it how often.
pub(in crate::http) async fn show(
    state: Data<State>,
    token: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(&state, &token).await?;
    let now = state.store.clock().now();
    match Refusal::of(&link, now) {
        // Only below /portal is it known whether it was this browser.
        Some(Refusal::InUse(_)) => Ok(see_other(&format!("/portal/link/{}", link.id))),
        Some(refusal) => Ok(refused(&state, &link, refusal)),
        None => {
            let ends = day(link.expires_at);
            let view = SetupEntry {
                token: &token,
                organization: &organization.name,
                note: link.note.as_deref(),
                ends: (link.kind == Kind::Link).then_some(&*ends),
                purpose: link.purpose(),
                looks: looks(&link),
            };
            Ok(pages::setup_entry(&state, &view))
        }
    }
}

/// What the link lets its holder look at.
fn looks(link: &SetupLink) -> Vec<&'static str> {
    let all =
        [(Cover::Traces, "portal.entry.look.traces"), (Cover::Groups, "portal.entry.look.groups")];
    all.into_iter().filter(|(cover, _)| link.has(*cover)).map(|(_, key)| key).collect()
}

#[derive(Deserialize)]
pub(in crate::http) struct StartForm {
    token: String,
}

/// `POST /portal/start`: binds the link to this browser.
pub(in crate::http) async fn start(
    state: Data<State>,
    form: Form<StartForm>,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(&state, &form.token).await?;
    let (id, actor) = (link.id.clone(), Actor::Portal(link.id.clone()));
    let value = crypto::token(crypto::PORTAL);
    let given = value.reveal().to_owned();
    let started = state
        .store
        .write(&organization.id, actor, move |tx| setup_links::start(tx, &id, &given))
        .await?;
    match started {
        Ok(link) => {
            let now = state.store.clock().now();
            let mut response = see_other("/portal/setup");
            let cookie = seat::cookie(&state, &value, link.expires_at, now);
            embedding::add_cookie(&state, &mut response, cookie)?;
            Ok(response)
        }
        Err(refusal) => Ok(refused(&state, &link, refusal)),
    }
}

/// `GET /portal/link/{link}`: a link that some browser has claimed. If it was this one, it goes on.
pub(in crate::http) async fn claimed(
    state: Data<State>,
    id: Path<SetupLinkId>,
    seat: Result<Seat, PageError>,
) -> Result<HttpResponse, PageError> {
    let id = id.into_inner();
    if seat.is_ok_and(|seat| seat.link.id == id) {
        return Ok(see_other("/portal/setup"));
    }
    let wanted = id.clone();
    let link = state.store.read(move |db| setup_links::find(db, &wanted)).await?;
    match Refusal::of(&link, state.store.clock().now()) {
        Some(refusal) => Ok(refused(&state, &link, refusal)),
        None => Err(Error::not_found("setup link", id.as_str()).into()),
    }
}

async fn find(state: &State, token: &str) -> Result<(SetupLink, Organization), PageError> {
    let token = token.to_owned();
    let found = state.store.read(move |db| {
        let link = setup_links::by_token(db, &token)?
            .ok_or_else(|| Error::not_found("setup link", "of this address"))?;
        let organization = organizations::find(db, &link.organization_id)?;
        Ok((link, organization))
    });
    Ok(found.await?)
}

fn refused(state: &State, link: &SetupLink, refusal: Refusal) -> HttpResponse {
    let (word, at) = match refusal {
        Refusal::Expired => ("expired", link.expires_at),
        Refusal::Revoked => ("revoked", link.revoked_at.unwrap_or(link.expires_at)),
        Refusal::InUse(at) => ("in_use", at),
    };
    let operator = state.operator();
    let values = [("day", &*day(at)), ("operator", &operator)];
    let say = |what: &str| state.locale.fill(&format!("portal.{word}.{what}"), &values);
    let view = Message {
        status: if word == "in_use" { StatusCode::CONFLICT } else { StatusCode::GONE },
        page_title: say("title"),
        title: say("title"),
        texts: vec![say("text")],
        ways: Vec::new(),
    };
    pages::message(state, &view)
}
