//! A member's passkeys: another one, and away with one.

use super::{PATH, Telling, prove, show as show_account};
use crate::error::{FieldError, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::form;
use crate::http::console::frame::{self, ACCOUNT, Frame};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Posted, Read, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::members::passkeys::{self, Passkey, Question};
use crate::store::{MemberPasskeyId, Scope};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

/// A passkey in the list.
pub(super) struct Line {
    pub(super) name: String,
    /// Where it is removed.
    pub(super) href: String,
    pub(super) created: Moment,
    pub(super) used: Option<Moment>,
}

pub(super) fn line(passkey: Passkey) -> Line {
    Line {
        href: format!("{PATH}/passkeys/{}/remove", passkey.id),
        name: passkey.name,
        created: listing::day(passkey.created_at),
        used: passkey.last_used_at.map(listing::day),
    }
}

struct View {
    name: String,
    /// What the browser is asked; none: the name and the password are asked for.
    question: Option<Question>,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/account_passkey.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/account/passkeys/new`
pub(in crate::http) async fn ask(state: Data<State>, seat: Seat<Read>) -> HttpResponse {
    match state.passkeys() {
        Some(_) => show(&state, &seat, String::new(), None, Vec::new()),
        None => see_other(PATH),
    }
}

/// `POST /console/account/passkeys/new`: a page whose browser is asked for a passkey.
pub(in crate::http) async fn propose(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let Some(party) = state.passkeys() else { return Ok(see_other(PATH)) };
    let (seat, name) = (&posted.seat, posted.text("name").to_owned());
    if let Some(fault) = prove(&state, seat, posted.typed("password"), "/password").await? {
        return Ok(show(&state, seat, name, None, vec![fault]));
    }
    let (id, called) = (seat.member.id.clone(), name.clone());
    let asked = state
        .store
        .write(Scope::System, seat.actor(), move |tx| passkeys::propose(tx, &party, &id, &called));
    match form::mendable(asked.await, "/name")? {
        Ok(question) => Ok(show(&state, seat, name, Some(question), Vec::new())),
        Err(errors) => Ok(show(&state, seat, name, None, errors)),
    }
}

/// `POST /console/account/passkeys`: takes what the browser made.
pub(in crate::http) async fn add(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let Some(party) = state.passkeys() else { return Ok(see_other(PATH)) };
    let (seat, id) = (&posted.seat, posted.seat.member.id.clone());
    let (token, answer) =
        (posted.text("ceremony").to_owned(), posted.text("credential").to_owned());
    let added = state.store.write(Scope::System, seat.actor(), move |tx| {
        passkeys::add(tx, &party, &id, &token, &answer)
    });
    if added.await?.is_some() {
        return Ok(done::lead(&state, Done::PasskeyAdded, PATH));
    }
    let detail = state.locale.text("console.account.passkey_refused");
    let fault = FieldError::new("/passkeys", "passkey_refused", detail);
    let telling = Telling { errors: vec![fault], ..Telling::default() };
    Ok(show_account(&state, seat, telling).await?)
}

/// `GET /console/account/passkeys/{passkey}/remove`
pub(in crate::http) async fn ask_remove(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<MemberPasskeyId>,
) -> Result<HttpResponse, PageError> {
    let passkey = find(&state, &seat, &id).await?;
    Ok(confirm::ask(&state, &seat, &asking(&state, &passkey)))
}

/// `POST /console/account/passkeys/{passkey}/remove`
pub(in crate::http) async fn remove(
    state: Data<State>,
    posted: Posted<Read>,
    id: Path<MemberPasskeyId>,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    let passkey = find(&state, seat, &id).await?;
    let confirm = asking(&state, &passkey);
    if let Some(fault) = prove(&state, seat, posted.typed("password"), "/password").await? {
        return Ok(confirm::refused(&state, seat, &confirm, fault));
    }
    let done = state.store.write(Scope::System, seat.actor(), move |tx| {
        passkeys::remove(tx, &passkey.member_id, &passkey.id)
    });
    confirm::after(&state, seat, &confirm, done.await, Done::PasskeyRemoved, PATH)
}

async fn find(state: &State, seat: &Seat<Read>, id: &MemberPasskeyId) -> Result<Passkey> {
    let (member, id) = (seat.member.id.clone(), id.clone());
    state.store.read(move |db| passkeys::one(db, &member, &id)).await
}

fn asking(state: &State, passkey: &Passkey) -> Confirm {
    let say = |what: &str| {
        let values = [("name", passkey.name.as_str())];
        state.locale.fill(&format!("console.account.passkey_{what}"), &values)
    };
    Confirm {
        title: say("title"),
        texts: vec![say("text")],
        password: true,
        action: format!("{PATH}/passkeys/{}/remove", passkey.id),
        button: say("button"),
        ..Confirm::blank(ACCOUNT, PATH.to_owned())
    }
}

fn show(
    state: &State,
    seat: &Seat<Read>,
    name: String,
    question: Option<Question>,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = View { name, question, faults: Faults::from(errors) };
    frame::page(state, seat, ACCOUNT, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
