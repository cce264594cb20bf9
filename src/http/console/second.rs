//! The second step of a sign-in: a code of an app, or a recovery code, in the browser that gave the password.

use super::seat::lasts;
use super::{entry, frame};
use crate::error::Result;
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Fault, Faults, Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::{add_cookie, see_other};
use crate::store::members::{self, Member, Stepped, second_step};
use crate::store::{Actor, Scope};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

/// Where the second step is taken.
pub(super) const PATH: &str = "/console/login/second";

/// Where a member wants to go.
#[derive(Deserialize)]
pub(in crate::http) struct NextQuery {
    #[serde(default)]
    next: String,
}

/// What the page asks.
#[derive(Deserialize)]
pub(in crate::http) struct StepForm {
    code: String,
    #[serde(default)]
    next: String,
}

struct View<'a> {
    next: &'a str,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/second.html")]
struct Page<'a> {
    shell: Shell<'a>,
    view: &'a View<'a>,
}

/// `GET /console/login/second`: for a browser that gave a password; any other is asked for it.
pub(in crate::http) async fn ask(
    state: Data<State>,
    request: HttpRequest,
    query: Query<NextQuery>,
) -> Result<HttpResponse, PageError> {
    let Some((_, member)) = arrived(&state, &request).await? else { return Ok(again(&state)?) };
    let now = state.store.clock().now();
    let is_known = browser::known(&state, &request, &member.email_key, now).is_some();
    let closed = state.store.read(move |db| second_step::closed(db, &member.id, now)).await?;
    let fault = closed.filter(|_| !is_known).map(|until| wait(&state, until.since(now)));
    Ok(show(&state, StatusCode::OK, &query.next, fault))
}

/// `POST /console/login/second`: takes the code, once.
pub(in crate::http) async fn step(
    state: Data<State>,
    request: HttpRequest,
    form: Form<StepForm>,
) -> Result<HttpResponse, PageError> {
    let Some((cookie, member)) = arrived(&state, &request).await? else {
        return Ok(again(&state)?);
    };
    let now = state.store.clock().now();
    let known = browser::known(&state, &request, &member.email_key, now);
    // Where too many were tried in a known browser, it is one as any other.
    let is_known = known.is_some_and(|name| state.limits.admit_step(&name).is_ok());
    let (master, before) = (state.master.clone(), browser::member(&state, &request));
    let (code, lasts) = (form.code.clone(), lasts(&state));
    let done = state.store.write(Scope::System, Actor::Member(member.id.clone()), move |tx| {
        members::step(tx, &master, &cookie, (&code, is_known), before.as_deref(), lasts)
    });
    match done.await? {
        Stepped::In(session, value) => {
            let to = entry::first_to(&state, &member.id, &form.next).await?;
            let mut answer = entry::is_in(&state, &session, &value, &member.email_key, &to)?;
            add_cookie(&mut answer, &browser::arrival_over(&state))?;
            Ok(answer)
        }
        Stepped::Wrong => {
            let fault = state.locale.text("console.second.wrong").to_owned();
            Ok(show(&state, StatusCode::UNPROCESSABLE_ENTITY, &form.next, Some(fault)))
        }
        Stepped::Closed(until) => {
            let fault = wait(&state, until.since(now));
            Ok(show(&state, StatusCode::TOO_MANY_REQUESTS, &form.next, Some(fault)))
        }
        Stepped::Over => Ok(again(&state)?),
    }
}

/// For how long no code of the app is taken, in minutes that have begun.
fn wait(state: &State, rest: TimeDelta) -> String {
    let minutes = (rest.num_seconds().max(1) + 59) / 60;
    state.locale.fill("console.second.wait", &[("minutes", &minutes.to_string())])
}

/// The cookie of a browser that gave a password not long ago, and whose it was.
async fn arrived(state: &State, request: &HttpRequest) -> Result<Option<(String, Member)>> {
    let Some(cookie) = browser::arrival(state, request) else { return Ok(None) };
    let (value, now) = (cookie.clone(), state.store.clock().now());
    let found = state.store.read(move |db| members::arrival(db, &value, now)).await?;
    Ok(found.map(|(_, member)| (cookie, member)))
}

/// The password is asked for once more.
fn again(state: &State) -> Result<HttpResponse> {
    let mut answer = see_other("/console/login");
    add_cookie(&mut answer, &browser::arrival_over(state))?;
    Ok(answer)
}

fn show(state: &State, status: StatusCode, next: &str, fault: Option<String>) -> HttpResponse {
    let fault = fault.map(|text| Fault { field: "code".to_owned(), text });
    let view = View { next, faults: fault.into_iter().collect() };
    respond(state, status, &Csp::Page, &Page { shell: frame::shell(state), view: &view })
}
