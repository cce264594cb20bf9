//! A new application, whose first secret is shown once. What is not asked at first is as REST leaves it.

use super::fields::{KINDS, named};
use super::{LIST, choices, href, machine, overview};
use crate::error::{FieldError, Result};
use crate::http::console::form::{self, Choice, lines};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::listing;
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::applications::{self, ApplicationKind, NewApplication};
use crate::store::{Scope, Tx};
use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

/// The type that has a form of its own, in the address of that form.
const MACHINE: &str = "machine";

/// Of which type the new one is to be.
#[derive(Deserialize)]
pub(super) struct NewQuery {
    #[serde(default)]
    r#type: String,
}

/// What was chosen and typed.
struct Typed {
    name: String,
    kind: ApplicationKind,
    redirect_uris: String,
}

struct View {
    typed: Typed,
    ways: Vec<listing::Choice>,
    kinds: Vec<Choice>,
    faults: Faults,
    list: &'static str,
}

#[derive(Template)]
#[template(path = "console/application_new.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/applications/new`
pub(super) async fn new(
    state: Data<State>,
    seat: Seat<Develop>,
    query: Query<NewQuery>,
) -> HttpResponse {
    if query.r#type == MACHINE {
        return machine::new::blank(&state, &seat);
    }
    let (name, redirect_uris) = (String::new(), String::new());
    let typed = Typed { name, kind: ApplicationKind::Web, redirect_uris };
    show(&state, &seat, typed, Vec::new())
}

/// `POST /console/applications`: makes an application. Its page follows, this once with the secret.
pub(super) async fn create(
    state: Data<State>,
    posted: Posted<Develop>,
) -> Result<HttpResponse, PageError> {
    if posted.text("kind") == ApplicationKind::Machine.as_str() {
        return machine::new::create(&state, &posted).await;
    }
    let typed = Typed {
        name: posted.text("name").to_owned(),
        kind: posted.text("kind").parse().unwrap_or(ApplicationKind::Web),
        redirect_uris: posted.text("redirect_uris").to_owned(),
    };
    let new = NewApplication {
        redirect_uris: lines(&typed.redirect_uris),
        ..NewApplication::usual(&typed.name, typed.kind)
    };
    match make(&state, &posted, Ok(new)).await? {
        Ok(page) => Ok(page),
        Err(errors) => Ok(show(&state, &posted.seat, typed, errors)),
    }
}

/// Makes an application, and tells what follows: its page, this once with the secret, or what stands against it.
pub(super) async fn make(
    state: &State,
    posted: &Posted<Develop>,
    new: Result<NewApplication>,
) -> Result<Result<HttpResponse, Vec<FieldError>>> {
    let (once, actor) = (posted.once(), posted.seat.actor());
    let done = match new {
        Ok(new) => {
            let create = move |tx: &mut Tx| {
                once.make(tx, |tx| applications::create(tx, new), |(made, _)| href(&made.id))
            };
            state.store.write(Scope::System, actor, create).await
        }
        Err(error) => Err(error),
    };
    Ok(match form::mendable(done, "/name")? {
        Ok(Made::Before(page)) => Ok(shown_before::show(state, &posted.seat, APPLICATIONS, &page)),
        Ok(Made::Now((application, secret))) => {
            let secret = secret.map(|secret| secret.reveal().to_owned());
            Ok(overview::show(state, &posted.seat, application, secret, Vec::new()).await?)
        }
        Err(errors) => Err(errors),
    })
}

/// The forms that there are: for apps that people sign in to, and for programs.
pub(super) fn ways(state: &State, is_machine: bool) -> Vec<listing::Choice> {
    let way = |word: &str, parts: &[(&str, &str)], is_here: bool| listing::Choice {
        label: state.locale.text(&format!("console.applications.way.{word}")).to_owned(),
        href: listing::href(&format!("{LIST}/new"), parts),
        is_here,
    };
    vec![way("people", &[], !is_machine), way("program", &[("type", MACHINE)], is_machine)]
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let lists = [("redirect_uris", &typed.redirect_uris)];
    let errors: Vec<_> = errors.into_iter().map(|error| named(&lists, error)).collect();
    let words = KINDS.map(ApplicationKind::as_str);
    let view = View {
        ways: ways(state, false),
        kinds: choices(state, "kind", &words, typed.kind.as_str()),
        faults: Faults::from(errors),
        list: LIST,
        typed,
    };
    frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
