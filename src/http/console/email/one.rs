//! One mail: what it says, how far it is, and sending it again. A link or code in it is shown only when somebody asks for that,
//! which the audit log keeps.

use super::{LIST, badge, kind, to};
use crate::error::{FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, SETTINGS};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Manage, Members, Posted, Seat};
use crate::http::console::words::Badge;
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Faults, Shell, respond};
use crate::http::server::State;
use crate::store::mails::{self, Mail, State as HowFar, Values};
use crate::store::{MailId, Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    href: String,
    to: String,
    kind: String,
    badge: Badge,
    at: Moment,
    finished: Option<Moment>,
    attempts: i32,
    said: Option<String>,
    subject: String,
    text: String,
    /// It has a link or a code that can still be seen, by whom it is for.
    hides: bool,
    can_again: bool,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/email_one.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    list: &'static str,
    view: &'a View,
}

/// `GET /console/settings/email/{mail}`
pub(super) async fn one(
    state: Data<State>,
    seat: Seat<Manage>,
    id: Path<MailId>,
) -> Result<HttpResponse, PageError> {
    let mail = find(&state, id.into_inner()).await?;
    Ok(show(&state, &seat, &mail, None, Vec::new())?)
}

/// `POST /console/settings/email/{mail}/again`
pub(super) async fn again(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<MailId>,
) -> Result<HttpResponse, PageError> {
    let mail = find(&state, id.into_inner()).await?;
    let id = mail.id.clone();
    let again = move |tx: &mut Tx| mails::again(tx, &id);
    let done = state.store.write(Scope::Own, posted.seat.actor(), again).await;
    match form::mendable(done, "/again")? {
        Ok(mail) => Ok(done::lead(&state, Done::MailQueued, &format!("{LIST}/{}", mail.id))),
        Err(errors) => Ok(show(&state, &posted.seat, &mail, None, errors)?),
    }
}

/// `POST /console/settings/email/{mail}/reveal`: what could not be sent is shown, so that it can be told in another way. By a
/// member's link somebody signs in as that member, so it is for owners, who could make one.
pub(super) async fn reveal(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<MailId>,
) -> Result<HttpResponse, PageError> {
    let mail = find(&state, id.into_inner()).await?;
    if mail.kind.is_for_owners() {
        posted.seat.must::<Members>(&state).await?;
    }
    let (id, master) = (mail.id.clone(), state.master.clone());
    let reveal = move |tx: &mut Tx| mails::reveal(tx, &master, &id);
    let done = state.store.write(Scope::Own, posted.seat.actor(), reveal).await;
    match form::mendable(done, "/reveal")? {
        Ok((mail, secrets)) => Ok(show(&state, &posted.seat, &mail, Some(&secrets), Vec::new())?),
        Err(errors) => Ok(show(&state, &posted.seat, &mail, None, errors)?),
    }
}

async fn find(state: &State, id: MailId) -> Result<Mail> {
    state.store.read(move |db| mails::find(db, &id)).await
}

fn show(
    state: &State,
    seat: &Seat<Manage>,
    mail: &Mail,
    secrets: Option<&Values>,
    errors: Vec<FieldError>,
) -> Result<HttpResponse> {
    let (letter, now) = (state.poster.letter(mail, secrets), state.store.clock().now());
    let is_given_up = matches!(mail.state, HowFar::Failed | HowFar::Unsent);
    let has_secret = mail.secret.is_some() && !mail.is_over(now);
    let may_see = !mail.kind.is_for_owners() || seat.may::<Members>();
    let view = View {
        href: format!("{LIST}/{}", mail.id),
        to: to(state, mail),
        kind: kind(state, mail),
        badge: badge(state, mail.state),
        at: listing::second(mail.created_at),
        finished: mail.finished_at.map(listing::second),
        attempts: mail.attempts,
        said: mail.said.clone(),
        text: letter.plain()?,
        subject: letter.subject,
        hides: has_secret && secrets.is_none() && may_see && mail.state != HowFar::Sent,
        can_again: is_given_up && !mail.is_over(now),
        faults: Faults::from(errors),
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, SETTINGS),
        list: LIST,
        view: &view,
    };
    Ok(respond(state, view.faults.status(), &Csp::Page, &page))
}
