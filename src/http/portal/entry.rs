//! Where a link leads, and what starting with it does.

use super::frame::day;
use super::seat::{self, Seat};
use super::standing;
use crate::crypto;
use crate::error::{Error, Result};
use crate::http::embedding;
use crate::http::error::PageError;
use crate::http::pages::{self, CodeAsked, SetupEntry, SetupOver};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::connections;
use crate::store::organizations::{self, Organization};
use crate::store::setup_links::{self, CodeFault, Cover, Kind, Purpose, Refusal, SetupLink};
use crate::store::{Actor, SetupLinkId, Tx, domains};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Path};
use serde::Deserialize;

/// `GET /setup/{token}`: what the link is for, and a button. It changes nothing, whoever opens it how often.
pub(in crate::http) async fn show(
    state: Data<State>,
    token: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(entry(&state, &token, None).await?)
}

async fn entry(state: &State, token: &str, fault: Option<String>) -> Result<HttpResponse> {
    let (link, organization) = find(state, token).await?;
    let now = state.store.clock().now();
    match Refusal::of(&link, now) {
        // Only below /portal is it known whether it was this browser.
        Some(Refusal::InUse(_)) => Ok(see_other(&format!("/portal/link/{}", link.id))),
        Some(refusal) => Ok(refused(state, &link, refusal, Some(token))),
        None => {
            let ends = day(link.expires_at);
            let view = SetupEntry {
                token,
                organization: &organization.name,
                note: link.note.as_deref(),
                ends: (link.kind == Kind::Link).then_some(&*ends),
                purpose: link.purpose(),
                needs_record: needs_record(state, &link).await?,
                looks: looks(&link),
                handed: handed(state, &link, &organization).await?,
                code: asked(state, &link, fault).await?,
            };
            Ok(pages::setup_entry(state, &view))
        }
    }
}

/// Whether a DNS record is needed: one is for a domain that nobody has vouched for.
async fn needs_record(state: &State, link: &SetupLink) -> Result<bool> {
    if !link.has(Cover::Domains) {
        return Ok(false);
    }
    let of = link.organization_id.clone();
    let all = state.store.read(move |db| domains::list(db, &of)).await?;
    Ok(all.is_empty() || all.iter().any(|domain| !domain.is_live()))
}

/// What is left of a setup that a colleague handed over; none: nobody did.
async fn handed(
    state: &State,
    link: &SetupLink,
    organization: &Organization,
) -> Result<Option<String>> {
    if !link.is_handed_over() || link.purpose() == Purpose::Look {
        return Ok(None);
    }
    let (id, of) = (link.connection_id.clone(), organization.clone());
    let now = state.store.clock().now();
    let read = state.store.read(move |db| {
        let connection = id.map(|id| connections::find(db, &id)).transpose()?;
        let known = standing::read(db, &of, connection.as_ref(), now)?;
        Ok((connection, known))
    });
    let (connection, known) = read.await?;
    let seat = Seat::before(link.clone(), organization.clone(), connection);
    let left = standing::left(state, &seat, &known);
    Ok(Some(if left.is_empty() {
        state.locale.text("portal.entry.handed_done").to_owned()
    } else {
        state.locale.fill("portal.entry.handed_left", &[("steps", &left.join(", "))])
    }))
}

/// What the link lets its holder look at.
fn looks(link: &SetupLink) -> Vec<&'static str> {
    let all =
        [(Cover::Traces, "portal.entry.look.traces"), (Cover::Groups, "portal.entry.look.groups")];
    all.into_iter().filter(|(cover, _)| link.has(*cover)).map(|(_, key)| key).collect()
}

/// What is asked of whoever starts with a link that is for one address alone.
async fn asked(
    state: &State,
    link: &SetupLink,
    fault: Option<String>,
) -> Result<Option<CodeAsked>> {
    let Some(email) = link.email.as_deref().filter(|_| link.is_guarded) else { return Ok(None) };
    let (id, now) = (link.id.clone(), state.store.clock().now());
    let is_out = state.store.read(move |db| setup_links::code_is_out(db, &id, now)).await?;
    Ok(Some(CodeAsked { to: masked(email), is_out, fault }))
}

/// `i…@globex.example`: enough for whoever has the address.
fn masked(email: &str) -> String {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

#[derive(Deserialize)]
pub(in crate::http) struct StartForm {
    token: String,
    #[serde(default)]
    code: String,
}

/// `POST /portal/start`: binds the link to this browser.
pub(in crate::http) async fn start(
    state: Data<State>,
    form: Form<StartForm>,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(&state, &form.token).await?;
    let (id, actor) = (link.id.clone(), Actor::Portal(link.id.clone()));
    let value = crypto::token(crypto::PORTAL);
    let (given, code, master) =
        (value.reveal().to_owned(), form.code.clone(), state.master.clone());
    let start = move |tx: &mut Tx| setup_links::start_with(tx, &master, &id, &given, &code);
    match state.store.write(&organization.id, actor, start).await? {
        Ok(link) => {
            let now = state.store.clock().now();
            let mut response = see_other("/portal/setup");
            let cookie = seat::cookie(&state, &value, link.expires_at, now);
            embedding::add_cookie(&state, &mut response, cookie)?;
            Ok(response)
        }
        Err(Refusal::Code(fault)) => {
            let text = match fault {
                CodeFault::Wrong(left) => {
                    let left = left.to_string();
                    state.locale.fill("portal.code.wrong", &[("left", &left)])
                }
                CodeFault::None => state.locale.text("portal.code.over").to_owned(),
            };
            Ok(entry(&state, &form.token, Some(text)).await?)
        }
        Err(refusal) => Ok(refused(&state, &link, refusal, Some(&form.token))),
    }
}

/// `POST /portal/code`: mails a code to the address that a link is for. Whoever has the link may ask.
pub(in crate::http) async fn send_code(
    state: Data<State>,
    form: Form<StartForm>,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(&state, &form.token).await?;
    let (id, master) = (link.id.clone(), state.master.clone());
    let actor = Actor::Portal(link.id.clone());
    let send = move |tx: &mut Tx| setup_links::send_code(tx, &master, &id);
    match state.store.write(&organization.id, actor, send).await {
        Ok(()) => Ok(see_other(&format!("/setup/{}", form.token))),
        Err(Error::TooMany { detail, .. } | Error::Conflict { detail, .. }) => {
            Ok(entry(&state, &form.token, Some(detail)).await?)
        }
        Err(other) => Err(other.into()),
    }
}

#[derive(Deserialize)]
pub(in crate::http) struct AgainForm {
    token: String,
}

/// `POST /portal/another`: whoever has a link that is over asks the operator for another one.
pub(in crate::http) async fn ask_again(
    state: Data<State>,
    form: Form<AgainForm>,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(&state, &form.token).await?;
    let (id, actor) = (link.id.clone(), Actor::Portal(link.id.clone()));
    let ask = move |tx: &mut Tx| setup_links::ask_again(tx, &id);
    match state.store.write(&organization.id, actor, ask).await {
        // The page says how it is, also to who has asked twice.
        Ok(()) | Err(Error::Conflict { .. }) => Ok(see_other(&format!("/setup/{}", form.token))),
        Err(other) => Err(other.into()),
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
        Some(refusal) => Ok(refused(&state, &link, refusal, None)),
        None => Err(Error::not_found("setup link", id.as_str()).into()),
    }
}

async fn find(state: &State, token: &str) -> Result<(SetupLink, Organization)> {
    let token = token.to_owned();
    let found = state.store.read(move |db| {
        let link = setup_links::by_token(db, &token)?
            .ok_or_else(|| Error::not_found("setup link", "of this address"))?;
        let organization = organizations::find(db, &link.organization_id)?;
        Ok((link, organization))
    });
    found.await
}

/// Why a link lets nobody in. Whoever shows its token may ask for another one.
fn refused(state: &State, link: &SetupLink, refusal: Refusal, token: Option<&str>) -> HttpResponse {
    let (word, at) = match refusal {
        Refusal::Revoked if link.handed_over_to.is_some() => {
            ("handed_over", link.revoked_at.unwrap_or(link.expires_at))
        }
        Refusal::Revoked => ("revoked", link.revoked_at.unwrap_or(link.expires_at)),
        Refusal::InUse(at) => ("in_use", at),
        // What is wrong with a code is told on the page on which it is typed.
        Refusal::Expired | Refusal::Code(_) => ("expired", link.expires_at),
    };
    let operator = state.operator();
    let values = [("day", &*day(at)), ("operator", &operator)];
    let say = |what: &str| state.locale.fill(&format!("portal.{word}.{what}"), &values);
    let now = state.store.clock().now();
    let may_ask = setup_links::may_ask_again(link, now);
    let has_asked = !may_ask && link.asked_again_at.is_some() && link.handed_over_to.is_none();
    let view = SetupOver {
        status: if word == "in_use" { StatusCode::CONFLICT } else { StatusCode::GONE },
        title: say("title"),
        text: say("text"),
        token: token.filter(|_| may_ask),
        has_asked: token.is_some() && has_asked,
        back: link.return_url.as_deref(),
    };
    pages::setup_over(state, &view)
}
