//! Links by which a member chooses a password: the first owner, and whoever was invited or reset.

use super::frame::{ACCOUNT, Frame, OVERVIEW};
use super::seat::{Read, Seat, lasts};
use super::{entry, frame};
use crate::crypto::{self, Secret};
use crate::error::{Error, FieldError, Result};
use crate::http::browser;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Faults, Message, Shell, message, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::members::{self, By, Entered, Link, Member, NewMember, Purpose, Role};
use crate::store::{Actor, Scope};
use actix_web::http::StatusCode;
use actix_web::web::{Data, Form, Query};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

/// Where a second step is offered.
const OFFER: &str = "/console/first/second-step";

#[derive(Template)]
#[template(path = "console/first_second_step.html")]
struct OfferPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    has_passkeys: bool,
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
    #[serde(default)]
    password: String,
}

struct FirstView<'a> {
    token: &'a str,
    /// Whose password it is; none: a new owner's.
    member: Option<&'a Member>,
    /// Whether it signs in only.
    is_sign_in: bool,
    name: &'a str,
    email: &'a str,
    faults: Faults,
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
    let Some((link, member)) = look(&state, &query.t).await? else { return Ok(over(&state)) };
    let view = FirstView {
        token: &query.t,
        member: member.as_ref(),
        is_sign_in: link.purpose == Purpose::SignIn,
        name: "",
        email: "",
        faults: Faults::default(),
    };
    let page = FirstPage { shell: frame::shell(&state), view: &view };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// `POST /console/first`: sets the password and signs in. A link is no second step: where that is on it is asked for.
pub(in crate::http) async fn begin(
    state: Data<State>,
    request: HttpRequest,
    form: Form<FirstForm>,
) -> Result<HttpResponse, PageError> {
    let Some((link, member)) = look(&state, &form.t).await? else { return Ok(over(&state)) };
    // Whoever holds a member's link acts as the member. A link that makes the first owner is nobody's yet.
    let actor = member.as_ref().map_or(Actor::System, |member| Actor::Member(member.id.clone()));
    let done = match link.purpose {
        Purpose::Password => take(&state, &request, &form, member.as_ref(), actor).await,
        Purpose::SignIn => spend(&state, &request, &form.t, actor).await,
    };
    match done {
        Ok((done, email_key)) => {
            // Whoever has just chosen a password, also in place of a lost one, is offered a second step unless there is one.
            let is_new = matches!((&link.purpose, &done), (Purpose::Password, Entered::In(..)));
            let next = if is_new { OFFER } else { "" };
            Ok(entry::entered(&state, &done, &email_key, next)?)
        }
        Err(Error::Invalid(errors)) => Ok(again(&state, &form, member.as_ref(), errors)),
        Err(Error::NotFound { .. }) => Ok(over(&state)),
        Err(other) => Err(other.into()),
    }
}

/// `GET /console/first/second-step`: an app or a passkey beside the password, for whoever wants one. Whoever has one already goes on to the
/// overview.
pub(in crate::http) async fn offer(
    state: Data<State>,
    seat: Seat<Read>,
) -> Result<HttpResponse, PageError> {
    let id = seat.member.id.clone();
    let has = state.store.read(move |db| {
        Ok(members::second_step::since(db, &id)?.is_some()
            || !members::passkeys::list(db, &id)?.is_empty())
    });
    if has.await? {
        return Ok(see_other(OVERVIEW.href()));
    }
    let page = OfferPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, ACCOUNT),
        has_passkeys: state.passkeys().is_some(),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

async fn take(
    state: &State,
    request: &HttpRequest,
    form: &FirstForm,
    member: Option<&Member>,
    actor: Actor,
) -> Result<(Entered, String)> {
    let email = member.map_or(form.email.as_str(), |member| member.email.as_str());
    let name = member.map_or(form.name.as_str(), |member| member.name.as_str());
    members::check_password(&form.password, email, name)?;
    let typed = form.password.clone();
    let hash = entry::apart(state, move || crypto::hash_password(&typed)).await?;
    let new = NewMember { email: form.email.clone(), name: form.name.clone(), role: Role::Owner };
    let (token, before, lasts) =
        (Secret::from(form.t.clone()), browser::member(state, request), lasts(state));
    let begun = state.store.write(Scope::System, actor, move |tx| {
        let member = members::redeem(tx, token.reveal(), &new, &hash)?;
        let entered = tx.by(&Actor::Member(member.id.clone()), |tx| {
            members::enter(tx, &member.id, before.as_deref(), lasts, By::Link)
        })?;
        Ok((entered, member.email_key))
    });
    begun.await
}

/// Signs in by a link for that; the password stays as it is.
async fn spend(
    state: &State,
    request: &HttpRequest,
    token: &str,
    actor: Actor,
) -> Result<(Entered, String)> {
    let (token, before, lasts) =
        (Secret::from(token.to_owned()), browser::member(state, request), lasts(state));
    let done = state.store.write(Scope::System, actor, move |tx| {
        let member = members::spend(tx, token.reveal())?;
        let entered = members::enter(tx, &member.id, before.as_deref(), lasts, By::Link)?;
        Ok((entered, member.email_key))
    });
    done.await
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
        is_sign_in: false,
        name: &form.name,
        email: &form.email,
        faults: Faults::from(errors),
    };
    let page = FirstPage { shell: frame::shell(state), view: &view };
    respond(state, view.faults.status(), &Csp::Page, &page)
}

/// A link that is still good, and for whom it is: for a member, or for the first owner.
async fn look(state: &State, token: &str) -> Result<Option<(Link, Option<Member>)>> {
    let (token, now) = (token.to_owned(), state.store.clock().now());
    state.store.read(move |db| members::link(db, &token, now)).await
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
