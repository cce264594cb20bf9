//! A member's own account: how they sign in, and where they are signed in.

mod passkeys;
mod password;
mod picture;
mod second_step;
mod sessions;

use self::sessions::Line;
use super::frame::{self, ACCOUNT, Frame};
use super::listing::{self, Moment};
use super::seat::{Needs, Read, Seat, lasts};
use crate::error::{Error, FieldError, Result};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::members::{self, second_step as steps};
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

/// Where it is.
pub(super) const PATH: &str = "/console/account";

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/account").get(one))
        .service(web::resource("/console/account/passkeys").post(passkeys::add))
        .service(
            web::resource("/console/account/passkeys/new")
                .get(passkeys::ask)
                .post(passkeys::propose),
        )
        .service(
            web::resource("/console/account/passkeys/{passkey}/remove")
                .get(passkeys::ask_remove)
                .post(passkeys::remove),
        )
        .service(web::resource("/console/account/password").post(password::change))
        .service(web::resource("/console/account/sessions").post(sessions::end_others))
        .service(web::resource("/console/account/sessions/{session}").post(sessions::end))
        .service(
            web::resource("/console/account/second-step")
                .get(second_step::ask)
                .post(second_step::propose),
        )
        .service(web::resource("/console/account/second-step/confirm").post(second_step::confirm))
        .service(web::resource("/console/account/second-step/seen").post(second_step::acknowledge))
        .service(
            web::resource("/console/account/second-step/remove")
                .get(second_step::ask_remove)
                .post(second_step::remove),
        )
        .service(
            web::resource("/console/account/recovery-codes")
                .get(second_step::ask_codes)
                .post(second_step::renew_codes),
        );
}

/// Where a member wanted to go who was led here first.
#[derive(Deserialize)]
pub(in crate::http) struct NextQuery {
    #[serde(default)]
    next: String,
}

/// What is told once.
#[derive(Default)]
struct Telling {
    errors: Vec<FieldError>,
    /// Where it goes on after what there is to know.
    next: String,
}

struct View {
    name: String,
    email: String,
    role: String,
    /// When too many wrong codes came after the right password, which the member does not know yet.
    alarm: Option<Moment>,
    next: String,
    /// Since when the second step is on.
    since: Option<Moment>,
    codes_left: String,
    /// Whether browsers make passkeys for this host.
    has_passkeys: bool,
    passkeys: Vec<passkeys::Line>,
    sessions: Vec<Line>,
    has_others: bool,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/account.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/account`
async fn one(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<NextQuery>,
) -> Result<HttpResponse, PageError> {
    let telling = Telling { next: query.into_inner().next, ..Telling::default() };
    Ok(show(&state, &seat, telling).await?)
}

async fn show(state: &State, seat: &Seat<Read>, telling: Telling) -> Result<HttpResponse> {
    let (id, lasts, now) = (seat.member.id.clone(), lasts(state), state.store.clock().now());
    let read = state.store.read(move |db| {
        let since = (steps::since(db, &id)?, steps::alarm(db, &id)?);
        let passkeys = members::passkeys::list(db, &id)?;
        Ok((since, steps::codes_left(db, &id)?, passkeys, members::of(db, &id, lasts, now)?))
    });
    let ((since, alarm), codes_left, passkeys, all) = read.await?;
    let sessions: Vec<Line> =
        all.into_iter().map(|session| sessions::line(&seat.session, &session)).collect();
    let view = View {
        name: seat.member.name.clone(),
        email: seat.member.email.clone(),
        role: frame::role(state, seat.member.role),
        alarm: alarm.map(listing::second),
        next: telling.next,
        since: since.map(listing::day),
        codes_left: codes_left.to_string(),
        has_passkeys: state.passkeys().is_some(),
        passkeys: passkeys.into_iter().map(passkeys::line).collect(),
        has_others: sessions.len() > 1,
        sessions,
        faults: Faults::from(telling.errors),
    };
    Ok(frame::page(state, seat, ACCOUNT, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

/// Whether this is the member's own password; what is wrong with it stands at `pointer`. Whoever sits at a browser that is
/// signed in does not try as often as they like.
async fn prove<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    typed: &str,
    pointer: &str,
) -> Result<Option<FieldError>> {
    let say = |code: &str, text: String| Ok(Some(FieldError::new(pointer, code, text)));
    if let Err(Error::TooMany { retry_after, .. }) =
        state.limits.admit_known(seat.member.id.as_str())
    {
        let seconds = retry_after.to_string();
        return say("wait", state.locale.fill("console.account.wait", &[("seconds", &seconds)]));
    }
    let (typed, hash) = (typed.to_owned(), seat.member.password.clone());
    let compare = move || crate::crypto::is_password(&typed, hash.as_deref());
    if super::entry::apart(state, compare).await? {
        return Ok(None);
    }
    say("wrong", state.locale.text("console.account.wrong").to_owned())
}
