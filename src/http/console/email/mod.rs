//! Mail: who it is from and which server takes it, whether it arrives, and what was sent.

mod one;

use super::form;
use super::frame::{self, Frame, SETTINGS};
use super::listing::{self, Choice, Moment, Pager};
use super::seat::{Manage, Posted, Seat};
use super::settings::{self, EMAIL, Field};
use super::words::Badge;
use crate::acts::mail::Sent;
use crate::email::Email;
use crate::error::{Error, FieldError, Result};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Faults, Shell, respond};
use crate::http::server::State;
use crate::store::Window;
use crate::store::mails::{self, Mail, State as HowFar};
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

const LIST: &str = "/console/settings/email";

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/settings/email").get(list))
        .service(web::resource("/console/settings/email/test").post(test))
        .service(web::resource("/console/settings/email/{mail}").get(one::one))
        .service(web::resource("/console/settings/email/{mail}/again").post(one::again))
        .service(web::resource("/console/settings/email/{mail}/reveal").post(one::reveal));
}

/// Which part of the outbox is wanted.
#[derive(Clone, Default, Deserialize)]
struct ListQuery {
    /// In which state.
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

/// A mail in the outbox.
struct Line {
    href: String,
    to: String,
    kind: String,
    badge: Badge,
    attempts: i32,
    said: Option<String>,
    at: Moment,
}

/// What came of a test.
struct Tested {
    is_good: bool,
    title: String,
    text: String,
}

#[derive(Template)]
#[template(path = "console/email.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    name: String,
    pages: Vec<Choice>,
    /// Whether mail leaves the house.
    sends: bool,
    view: View,
    states: Vec<Choice>,
    lines: Vec<Line>,
    pager: Pager,
}

struct View {
    /// The settings of mail.
    facts: Vec<Field>,
    tested: Option<Tested>,
    faults: Faults,
}

/// `GET /console/settings/email`
async fn list(
    state: Data<State>,
    seat: Seat<Manage>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let view = View { facts: settings::of_email(&state), tested: None, faults: Faults::default() };
    Ok(show(&state, &seat, &query, view).await?)
}

/// `POST /console/settings/email/test`: a test to one's own address, at once. What the server said is told.
async fn test(state: Data<State>, posted: Posted<Manage>) -> Result<HttpResponse, PageError> {
    let done = send(&state, &posted.seat).await;
    let (tested, faults) = match form::mendable(done, "/test")? {
        Ok(tested) => (Some(tested), Faults::default()),
        Err(errors) => (None, Faults::from(errors)),
    };
    let view = View { facts: settings::of_email(&state), tested, faults };
    Ok(show(&state, &posted.seat, &ListQuery::default(), view).await?)
}

async fn send(state: &State, seat: &Seat<Manage>) -> Result<Tested> {
    let invalid = |fault: crate::email::Fault| {
        Error::Invalid(vec![FieldError::new("/test", fault.code(), fault.to_string())])
    };
    let to = Email::parse(&seat.member.email).map_err(invalid)?;
    let came = state.poster.test(seat.actor(), &to).await?.ok_or_else(|| {
        let detail = state.locale.text("console.email.no_server");
        Error::invalid("/test", "no_mail_server", detail)
    })?;
    let (is_good, word, text) = match came {
        Sent::Taken(said) => (true, "taken", said),
        Sent::Refused(said) => (false, "refused", said),
        Sent::NotNow(said) => (false, "not_now", said),
    };
    let values = [("email", seat.member.email.as_str())];
    let title = state.locale.fill(&format!("console.email.{word}"), &values);
    Ok(Tested { is_good, title, text })
}

async fn show(
    state: &State,
    seat: &Seat<Manage>,
    query: &ListQuery,
    view: View,
) -> Result<HttpResponse> {
    let (window, wanted) = (Window::parse(None, query.cursor.clone())?, query.state.trim());
    let chosen = wanted.parse::<HowFar>().ok();
    let page = state.store.read(move |db| mails::page(db, &window, chosen)).await?;
    let href = |word: &str| listing::href(LIST, &[("state", word)]);
    let label = |word: &str| match word {
        "" => state.locale.text("console.email.all").to_owned(),
        word => state.locale.text(&format!("console.email.state.{word}")).to_owned(),
    };
    let chosen = chosen.map_or("", HowFar::as_str);
    let status = view.faults.status();
    let (parts, next) = ([("state", chosen)], page.next_cursor.as_deref());
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, SETTINGS),
        name: settings::called(state, EMAIL),
        pages: settings::pages(state, EMAIL),
        sends: state.poster.sends(),
        states: listing::choices(HowFar::WORDS.iter().copied(), chosen, href, label),
        pager: listing::pager(LIST, &parts, query.cursor.is_some(), next),
        lines: page.data.iter().map(|mail| line(state, mail)).collect(),
        view,
    };
    Ok(respond(state, status, &Csp::Page, &page))
}

fn line(state: &State, mail: &Mail) -> Line {
    Line {
        href: format!("{LIST}/{}", mail.id),
        to: to(state, mail),
        kind: kind(state, mail),
        badge: badge(state, mail.state),
        attempts: mail.attempts,
        said: mail.said.clone(),
        at: listing::second(mail.created_at),
    }
}

/// To whom a mail goes.
fn to(state: &State, mail: &Mail) -> String {
    let operators = || state.poster.operators().map(ToString::to_string);
    let nobody = || state.locale.text("console.email.nobody").to_owned();
    mail.recipient.clone().or_else(operators).unwrap_or_else(nobody)
}

/// Which mail it is.
fn kind(state: &State, mail: &Mail) -> String {
    state.locale.text(&format!("console.email.kind.{}", mail.kind)).to_owned()
}

/// How far a mail is, as a word and a shape.
fn badge(state: &State, how_far: HowFar) -> Badge {
    let class = match how_far {
        HowFar::Sent => " ok",
        HowFar::Queued => " acc",
        HowFar::Failed => " bad",
        HowFar::Unsent => " warn",
    };
    Badge { class, label: state.locale.text(&format!("console.email.state.{how_far}")).to_owned() }
}
