//! Signing in with a passkey: no name, no password, and no second step, since it is two in one.

use super::seat::lasts;
use super::{entry, frame};
use crate::crypto::RelyingParty;
use crate::error::Result;
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::members::passkeys::{self, Question, Unlocked};
use crate::store::{Actor, Scope};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

/// Where a member wants to go.
#[derive(Deserialize)]
pub(in crate::http) struct NextForm {
    #[serde(default)]
    next: String,
}

/// What the page sends.
#[derive(Deserialize)]
pub(in crate::http) struct AnswerForm {
    #[serde(default)]
    ceremony: String,
    #[serde(default)]
    credential: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "console/passkey.html")]
struct Page<'a> {
    shell: Shell<'a>,
    question: &'a Question,
    next: &'a str,
    is_refused: bool,
}

/// `POST /console/login/passkey`: a page whose browser is asked for a passkey.
pub(in crate::http) async fn ask(
    state: Data<State>,
    form: Form<NextForm>,
) -> Result<HttpResponse, PageError> {
    let Some(party) = state.passkeys() else { return Ok(see_other("/console/login")) };
    Ok(show(&state, party, &form.next, false).await?)
}

/// `POST /console/login/passkey/answer`
pub(in crate::http) async fn sign_in(
    state: Data<State>,
    request: HttpRequest,
    form: Form<AnswerForm>,
) -> Result<HttpResponse, PageError> {
    let Some(party) = state.passkeys() else { return Ok(see_other("/console/login")) };
    let (token, answer) = (form.ceremony.clone(), form.credential.clone());
    let (before, lasts) = (browser::member(&state, &request), lasts(&state));
    let (wanted, named) = (party.clone(), answer.clone());
    let whose = state.store.read(move |db| passkeys::whose(db, &named)).await?;
    let actor = whose.map_or(Actor::System, Actor::Member);
    let done = state.store.write(Scope::System, actor, move |tx| {
        passkeys::sign_in(tx, &wanted, &token, &answer, before.as_deref(), lasts)
    });
    match done.await? {
        Unlocked::In(session, value, email_key) => {
            let to = entry::first_to(&state, &session.member_id, &form.next).await?;
            Ok(entry::is_in(&state, &session, &value, &email_key, &to)?)
        }
        Unlocked::Refused => Ok(show(&state, party, &form.next, true).await?),
    }
}

/// The page with another question, as each is answered once.
async fn show(
    state: &State,
    party: RelyingParty,
    next: &str,
    is_refused: bool,
) -> Result<HttpResponse> {
    let question =
        state.store.write(Scope::Own, Actor::System, move |tx| passkeys::ask(tx, &party)).await?;
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page { shell: frame::shell(state), question: &question, next, is_refused };
    Ok(respond(state, status, &Csp::Page, &page))
}
