//! How a member comes to the console: by a link that sets a password, by a password, and out again.

use super::form::{self, FieldFault};
use super::frame::{self};
use super::seat::{Posted, Read, Seat, lasts};
use crate::crypto::{self, Secret};
use crate::error::{Error, FieldError, Result};
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Message, Shell, message, respond};
use crate::http::server::State;
use crate::http::sign_in::{add_cookie, see_other};
use crate::store::members::{self, Member, NewMember, Role};
use crate::store::{Actor, Scope};
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use anyhow::Context;
use askama::Template;
use serde::Deserialize;

/// As long as an address may be.
const LONGEST_EMAIL: usize = 254;

/// `GET /console`
pub(in crate::http) async fn home(_: Seat<Read>) -> HttpResponse {
    see_other("/console/organizations")
}

/// Where a member wants to go.
#[derive(Deserialize)]
pub(in crate::http) struct NextQuery {
    #[serde(default)]
    next: String,
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
    fault: Option<String>,
}

/// `GET /console/login`
pub(in crate::http) async fn ask(state: Data<State>, query: Query<NextQuery>) -> HttpResponse {
    let page =
        SignInPage { shell: frame::shell(&state), email: "", next: &query.next, fault: None };
    respond(&state, StatusCode::OK, &Csp::Page, &page)
}

/// `POST /console/login`: whoever is refused learns nothing of which part was wrong, nor by how long it took.
pub(in crate::http) async fn sign_in(
    state: Data<State>,
    request: HttpRequest,
    form: Form<SignInForm>,
) -> Result<HttpResponse, PageError> {
    let shell = frame::shell(&state);
    let refuse = |status, fault| {
        let page = SignInPage { shell, email: &form.email, next: &form.next, fault: Some(fault) };
        respond(&state, status, &Csp::Page, &page)
    };
    let key: String = form.email.trim().to_ascii_lowercase().chars().take(LONGEST_EMAIL).collect();
    if let Err(Error::TooMany { retry_after, .. }) = state.limits.admit_member(&key) {
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
    match let_in(&state, &request, member, stored).await? {
        Some(cookie) => {
            let mut answer = see_other(inside(&form.next));
            add_cookie(&mut answer, &cookie)?;
            Ok(answer)
        }
        None => Ok(refuse(StatusCode::UNPROCESSABLE_ENTITY, wrong())),
    }
}

/// Begins a session, unless the password was changed since it was looked at.
async fn let_in(
    state: &State,
    request: &HttpRequest,
    member: Member,
    stored: Option<String>,
) -> Result<Option<actix_web::cookie::Cookie<'static>>> {
    let (before, lasts) = (browser::member(state, request), lasts(state));
    let actor = Actor::Member(member.id.clone());
    let begun = state.store.write(Scope::System, actor, move |tx| {
        if members::find(tx.db, &member.id)?.password != stored {
            return Ok(None);
        }
        members::begin(tx, &member.id, before.as_deref(), lasts).map(Some)
    });
    Ok(begun.await?.map(|(session, value)| browser::member_signed_in(state, &session, &value)))
}

/// Runs what takes a processor for long on a thread of its own, few at once.
async fn apart<T: Send + 'static>(
    state: &State,
    f: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let turn = state.hashing.acquire().await.context("a turn to hash")?;
    let done = state.store.apart(move |_| f()).await;
    drop(turn);
    done
}

/// The address if it is one of the console.
fn inside(next: &str) -> &str {
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
    let mut answer = see_other("/console/login");
    add_cookie(&mut answer, &browser::member_signed_out(&state))?;
    Ok(answer)
}

/// The token of a link.
#[derive(Deserialize)]
pub(in crate::http) struct LinkQuery {
    #[serde(default)]
    t: String,
}

/// What the page of a link asks.
#[derive(Deserialize)]
pub(in crate::http) struct FirstForm {
    t: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    password: String,
}

struct FirstView<'a> {
    token: &'a str,
    /// Whose password it is; none: a new owner's.
    member: Option<&'a Member>,
    name: &'a str,
    email: &'a str,
    faults: Vec<FieldFault>,
}

impl FirstView<'_> {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/first.html")]
struct FirstPage<'a> {
    shell: Shell<'a>,
    view: &'a FirstView<'a>,
}

/// `GET /console/first?t=…`: what the link is for. It changes nothing, whoever opens it how often.
pub(in crate::http) async fn first(
    state: Data<State>,
    query: Query<LinkQuery>,
) -> Result<HttpResponse, PageError> {
    let Some(member) = look(&state, &query.t).await? else { return Ok(over(&state)) };
    let view = FirstView {
        token: &query.t,
        member: member.as_ref(),
        name: "",
        email: "",
        faults: Vec::new(),
    };
    let page = FirstPage { shell: frame::shell(&state), view: &view };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// `POST /console/first`: sets the password and signs in.
pub(in crate::http) async fn begin(
    state: Data<State>,
    request: HttpRequest,
    form: Form<FirstForm>,
) -> Result<HttpResponse, PageError> {
    let Some(member) = look(&state, &form.t).await? else { return Ok(over(&state)) };
    match take(&state, &request, &form, member.as_ref()).await {
        Ok(cookie) => {
            let mut answer = see_other("/console");
            add_cookie(&mut answer, &cookie)?;
            Ok(answer)
        }
        Err(Error::Invalid(errors)) => Ok(again(&state, &form, member.as_ref(), errors)),
        Err(Error::NotFound { .. }) => Ok(over(&state)),
        Err(other) => Err(other.into()),
    }
}

async fn take(
    state: &State,
    request: &HttpRequest,
    form: &FirstForm,
    member: Option<&Member>,
) -> Result<actix_web::cookie::Cookie<'static>> {
    let email = member.map_or(form.email.as_str(), |member| member.email.as_str());
    members::check_password(&form.password, email)?;
    let typed = form.password.clone();
    let hash = apart(state, move || crypto::hash_password(&typed)).await?;
    let new = NewMember { email: form.email.clone(), name: form.name.clone(), role: Role::Owner };
    let (token, before, lasts) =
        (Secret::from(form.t.clone()), browser::member(state, request), lasts(state));
    let begun = state.store.write(Scope::System, Actor::System, move |tx| {
        let member = members::redeem(tx, token.reveal(), &new, &hash)?;
        members::begin(tx, &member.id, before.as_deref(), lasts)
    });
    let (session, value) = begun.await?;
    Ok(browser::member_signed_in(state, &session, &value))
}

fn again(
    state: &State,
    form: &FirstForm,
    member: Option<&Member>,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let view = FirstView {
        token: &form.t,
        member,
        name: &form.name,
        email: &form.email,
        faults: form::faults(errors),
    };
    let page = FirstPage { shell: frame::shell(state), view: &view };
    respond(state, StatusCode::UNPROCESSABLE_ENTITY, &Csp::Page, &page)
}

/// For whom a link is that is still good: for a member, or for the first owner.
async fn look(state: &State, token: &str) -> Result<Option<Option<Member>>> {
    let (token, now) = (token.to_owned(), state.store.clock().now());
    let found = state.store.read(move |db| members::link(db, &token, now)).await?;
    Ok(found.map(|(_, member)| member))
}

fn over(state: &State) -> HttpResponse {
    let say = |what: &str| state.locale.text(&format!("console.first.{what}")).to_owned();
    let view = Message {
        status: StatusCode::GONE,
        page_title: say("over_title"),
        title: say("over_title"),
        texts: vec![say("over_text")],
        ways: Vec::new(),
    };
    message(state, &view)
}
