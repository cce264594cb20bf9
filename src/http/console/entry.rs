//! How a member comes to the console, and out again.

use super::frame;
use super::seat::{Posted, Read, lasts};
use super::{account, listing, own_provider, second};
use crate::crypto::{self, Secret};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::request::Origin;
use crate::http::server::State;
use crate::http::sign_in::{add_cookie, see_other};
use crate::store::members::{self, By, Entered, Member, Session};
use crate::store::{Actor, MemberId, Scope};
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use anyhow::Context;
use askama::Template;
use serde::Deserialize;

/// Where a member signs in.
pub(in crate::http) const LOGIN: &str = "/console/login";
/// As long as an address may be.
const LONGEST_EMAIL: usize = 254;

/// Where a member wants to go.
#[derive(Deserialize)]
pub(in crate::http) struct NextQuery {
    #[serde(default)]
    pub(super) next: String,
}

/// What the page asks.
#[derive(Deserialize)]
pub(in crate::http) struct SignInForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "console/login.html")]
struct SignInPage<'a> {
    shell: Shell<'a>,
    email: &'a str,
    next: &'a str,
    has_passkeys: bool,
    /// The way by the operator's own provider: what it says, and where it leads.
    provider: Option<(String, String)>,
    fault: Option<String>,
}

/// `GET /console/login`
pub(in crate::http) async fn ask(
    state: Data<State>,
    query: Query<NextQuery>,
) -> Result<HttpResponse, PageError> {
    let page = SignInPage {
        shell: frame::shell(&state),
        email: "",
        next: &query.next,
        has_passkeys: state.passkeys().is_some(),
        provider: own_provider::way(&state, &query.next).await?,
        fault: None,
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// `POST /console/login`: whoever is refused learns nothing of which part was wrong, nor by how long it took.
pub(in crate::http) async fn sign_in(
    state: Data<State>,
    request: HttpRequest,
    form: Form<SignInForm>,
) -> Result<HttpResponse, PageError> {
    let shell = frame::shell(&state);
    let provider = own_provider::way(&state, &form.next).await?;
    let refuse = |status, fault| {
        let page = SignInPage {
            shell,
            email: &form.email,
            next: &form.next,
            has_passkeys: state.passkeys().is_some(),
            provider: provider.clone(),
            fault: Some(fault),
        };
        respond(&state, status, &Csp::Page, &page)
    };
    // Whatever way an address is spelt, its tries count together.
    let key = match Email::parse(form.email.trim()) {
        Ok(email) => email.key(),
        Err(_) => form.email.trim().to_ascii_lowercase().chars().take(LONGEST_EMAIL).collect(),
    };
    let known = browser::known(&state, &request, &key, state.store.clock().now());
    let admitted = match &known {
        Some(name) => state.limits.admit_known(name),
        None => state.limits.admit_stranger(&key, Origin::of(&request).address),
    };
    if let Err(Error::TooMany { retry_after, .. }) = admitted {
        let fault = shell.fill("console.login.wait", &[("seconds", &retry_after.to_string())]);
        let mut page = refuse(StatusCode::TOO_MANY_REQUESTS, fault);
        page.headers_mut().insert(RETRY_AFTER, retry_after.into());
        return Ok(page);
    }
    let member = state.store.read(move |db| members::by_email(db, &key)).await?;
    let stored = member.as_ref().and_then(|member| member.password.clone());
    let (typed, hash) = (form.password.clone(), stored.clone());
    let fits = apart(&state, move || crypto::is_password(&typed, hash.as_deref())).await?;
    let wrong = || shell.text("console.login.wrong").to_owned();
    let Some(member) = member.filter(|_| fits) else {
        return Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, wrong()));
    };
    let email_key = member.email_key.clone();
    match let_in(&state, &request, member, stored).await? {
        Some(done) => Ok(entered(&state, &done, &email_key, &form.next)?),
        None => Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, wrong())),
    }
}

/// Lets in, as far as the second step where it is on, unless the password was changed since it was looked at.
async fn let_in(
    state: &State,
    request: &HttpRequest,
    member: Member,
    stored: Option<String>,
) -> Result<Option<Entered>> {
    let (before, lasts) = (browser::member(state, request), lasts(state));
    let actor = Actor::Member(member.id.clone());
    let done = state.store.write(Scope::System, actor, move |tx| {
        if members::find(tx.db, &member.id)?.password != stored {
            return Ok(None);
        }
        members::enter(tx, &member.id, before.as_deref(), lasts, By::Password).map(Some)
    });
    done.await
}

/// On to the console, or to the second step, with the cookie for it; `email_key` is of whoever it is.
pub(in crate::http) fn entered(
    state: &State,
    entered: &Entered,
    email_key: &str,
    next: &str,
) -> Result<HttpResponse> {
    match entered {
        Entered::In(session, value) => is_in(state, session, value, email_key, inside(next)),
        Entered::Owes(value) => {
            let next = if next.is_empty() { next } else { inside(next) };
            let mut answer = see_other(&listing::href(second::PATH, &[("next", next)]));
            add_cookie(&mut answer, &browser::member_arrived(state, value))?;
            Ok(answer)
        }
    }
}

/// On to an address of the console in a browser in which a member is signed in now, and is known from now on.
pub(super) fn is_in(
    state: &State,
    session: &Session,
    value: &Secret,
    email_key: &str,
    to: &str,
) -> Result<HttpResponse> {
    let mut answer = see_other(to);
    add_cookie(&mut answer, &browser::member_signed_in(state, session, value))?;
    add_cookie(&mut answer, &browser::make_known(state, email_key)?)?;
    Ok(answer)
}

/// Where a member comes to who is in by two steps: where they wanted to go, or first to what they have to know of their account.
pub(super) async fn first_to(state: &State, member: &MemberId, next: &str) -> Result<String> {
    let (id, next) = (member.clone(), inside(next));
    match state.store.read(move |db| members::second_step::alarm(db, &id)).await? {
        None => Ok(next.to_owned()),
        Some(_) => Ok(listing::href(account::PATH, &[("next", next)])),
    }
}

/// Runs what takes a processor for long on a thread of its own, few at once.
pub(super) async fn apart<T: Send + 'static>(
    state: &State,
    f: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let turn = state.hashing.acquire().await.context("a turn to hash")?;
    let done = state.store.apart(move |_| f()).await;
    drop(turn);
    done
}

/// The address if it is one of the console.
pub(super) fn inside(next: &str) -> &str {
    let is_inside = next.starts_with("/console/") && next.bytes().all(|b| b.is_ascii_graphic());
    if is_inside { next } else { "/console" }
}

/// `POST /console/logout`
pub(in crate::http) async fn sign_out(
    state: Data<State>,
    posted: Posted<Read>,
) -> Result<HttpResponse, PageError> {
    let (actor, session) = (posted.seat.actor(), posted.seat.session);
    state.store.write(Scope::System, actor, move |tx| members::end(tx, &session)).await?;
    let mut answer = see_other(LOGIN);
    add_cookie(&mut answer, &browser::member_signed_out(&state))?;
    Ok(answer)
}
