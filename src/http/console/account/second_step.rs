//! The second step: set up with an app, other recovery codes, and away with it.

use super::picture::{self, Picture};
use super::{PATH, prove};
use crate::crypto::{AppKey, Secret};
use crate::error::{FieldError, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::entry::inside;
use crate::http::console::form;
use crate::http::console::frame::{self, ACCOUNT, Frame};
use crate::http::console::seat::{Posted, Read, Seat};
use crate::http::console::shown_before;
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::members::second_step::{self as steps, Confirmed};
use crate::store::{Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;

/// What the page is about.
enum Stage {
    /// The password is asked for.
    Ask,
    /// The key for an app, whose first code is asked for: shown this once.
    Show { key: String, picture: Picture },
    /// The first code is asked for once more. The app has the key.
    Again,
    /// The recovery codes, shown this once.
    Codes { codes: Vec<String>, all: String },
}

struct View {
    stage: Stage,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/account_second_step.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/account/second-step`
pub(in crate::http) async fn ask(
    state: Data<State>,
    seat: Seat<Read>,
) -> Result<HttpResponse, PageError> {
    if is_on(&state, &seat).await? {
        return Ok(see_other(PATH));
    }
    Ok(show(&state, &seat, Stage::Ask, Vec::new()))
}

/// `POST /console/account/second-step`: shows a key for an app.
pub(in crate::http) async fn propose(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    if let Some(fault) = prove(&state, seat, posted.typed("password"), "/password").await? {
        return Ok(show(&state, seat, Stage::Ask, vec![fault]));
    }
    let (master, id) = (state.master.clone(), seat.member.id.clone());
    let made =
        state.store.write(Scope::System, seat.actor(), move |tx| steps::propose(tx, &master, &id));
    match form::mendable(made.await, "/password")? {
        Ok(key) => Ok(show(&state, seat, shown(&state, seat, &key)?, Vec::new())),
        Err(errors) => Ok(show(&state, seat, Stage::Ask, errors)),
    }
}

/// `POST /console/account/second-step/confirm`: a first code turns it on, and gives the recovery codes. The key is not shown a
/// second time: whoever has lost it begins anew, with the password.
pub(in crate::http) async fn confirm(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    if is_on(&state, seat).await? {
        return Ok(see_other(PATH));
    }
    let (master, id) = (state.master.clone(), seat.member.id.clone());
    let (code, keep) = (posted.text("code").to_owned(), seat.session.id.clone());
    let done = state.store.write(Scope::System, seat.actor(), move |tx| {
        steps::confirm(tx, &master, &id, &code, &keep)
    });
    let fault = |field: &str, code: &str| {
        let text = state.locale.text(&format!("console.account.{code}")).to_owned();
        vec![FieldError::new(field, code, text)]
    };
    Ok(match done.await? {
        Confirmed::On(codes) => show(&state, seat, listed(&codes), Vec::new()),
        Confirmed::Wrong => show(&state, seat, Stage::Again, fault("/code", "code_wrong")),
        Confirmed::Over => show(&state, seat, Stage::Ask, fault("/password", "key_over")),
    })
}

/// `POST /console/account/second-step/seen`: the member knows of the wrong codes.
pub(in crate::http) async fn acknowledge(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let (seat, id) = (&posted.seat, posted.seat.member.id.clone());
    state.store.write(Scope::System, seat.actor(), move |tx| steps::acknowledge(tx, &id)).await?;
    Ok(done::lead(&state, Done::AlarmSeen, inside(posted.text("next"))))
}

/// `GET /console/account/recovery-codes`
pub(in crate::http) async fn ask_codes(
    state: Data<State>,
    seat: Seat<Read>,
) -> Result<HttpResponse, PageError> {
    ask_act(&state, &seat, "codes").await
}

/// `POST /console/account/recovery-codes`: other codes, shown this once.
pub(in crate::http) async fn renew_codes(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    if let Some(answer) = refused(&state, &posted, "codes").await? {
        return Ok(answer);
    }
    let (id, once) = (seat.member.id.clone(), posted.once());
    let renew =
        move |tx: &mut Tx| once.make(tx, |tx| steps::renew_codes(tx, &id), |_| PATH.to_owned());
    Ok(match state.store.write(Scope::System, seat.actor(), renew).await? {
        Made::Before(page) => shown_before::show(&state, seat, ACCOUNT, &page),
        Made::Now(codes) => show(&state, seat, listed(&codes), Vec::new()),
    })
}

/// `GET /console/account/second-step/remove`
pub(in crate::http) async fn ask_remove(
    state: Data<State>,
    seat: Seat<Read>,
) -> Result<HttpResponse, PageError> {
    ask_act(&state, &seat, "remove").await
}

/// `POST /console/account/second-step/remove`
pub(in crate::http) async fn remove(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    if let Some(answer) = refused(&state, &posted, "remove").await? {
        return Ok(answer);
    }
    let id = posted.seat.member.id.clone();
    let done =
        state.store.write(Scope::System, posted.seat.actor(), move |tx| steps::remove(tx, &id));
    done.await?;
    Ok(done::lead(&state, Done::StepRemoved, PATH))
}

async fn is_on(state: &State, seat: &Seat<Read>) -> Result<bool> {
    let id = seat.member.id.clone();
    Ok(state.store.read(move |db| steps::since(db, &id)).await?.is_some())
}

/// The page that asks for the password before an act; the account where there is no second step.
async fn ask_act(state: &State, seat: &Seat<Read>, act: &str) -> Result<HttpResponse, PageError> {
    if !is_on(state, seat).await? {
        return Ok(see_other(PATH));
    }
    Ok(confirm::ask(state, seat, &asking(state, act)))
}

/// What keeps an act from being done: there is no second step, or the password is wrong.
async fn refused(state: &State, posted: &Posted<Read>, act: &str) -> Result<Option<HttpResponse>> {
    let seat = &posted.seat;
    if !is_on(state, seat).await? {
        return Ok(Some(see_other(PATH)));
    }
    let fault = prove(state, seat, posted.typed("password"), "/password").await?;
    Ok(fault.map(|fault| confirm::refused(state, seat, &asking(state, act), fault)))
}

fn asking(state: &State, act: &str) -> Confirm {
    let say = |what: &str| state.locale.text(&format!("console.account.{act}_{what}")).to_owned();
    let path = if act == "codes" { "recovery-codes" } else { "second-step/remove" };
    Confirm {
        title: say("title"),
        texts: vec![say("text")],
        password: true,
        action: format!("{PATH}/{path}"),
        button: say("button"),
        ..Confirm::blank(ACCOUNT, PATH.to_owned())
    }
}

fn shown(state: &State, seat: &Seat<Read>, key: &AppKey) -> Result<Stage> {
    let address = key.address(&state.operator(), &seat.member.email)?;
    Ok(Stage::Show {
        key: key.text()?.reveal().to_owned(),
        picture: picture::of(address.reveal())?,
    })
}

fn listed(codes: &[Secret]) -> Stage {
    let codes: Vec<String> = codes.iter().map(|code| code.reveal().to_owned()).collect();
    Stage::Codes { all: codes.join("\n"), codes }
}

fn show(state: &State, seat: &Seat<Read>, now: Stage, errors: Vec<FieldError>) -> HttpResponse {
    let view = View { stage: now, faults: Faults::from(errors) };
    frame::page(state, seat, ACCOUNT, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
