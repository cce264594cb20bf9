//! What can be changed about an application, but for its roles and places.

use super::fields::Typed;
use super::{Head, choices, find, href};
use crate::error::{FieldError, Result};
use crate::http::console::form::{self, Choice, FieldFault};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::Scope;
use crate::store::applications::{self, Application, IdTokenAlg, NoConnection};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    head: Head,
    typed: Typed,
    no_connections: Vec<Choice>,
    algorithms: Vec<Choice>,
    admits: Vec<Choice>,
    faults: Vec<FieldFault>,
}

impl View {
    fn fault(&self, field: &str) -> Option<&str> {
        form::fault(&self.faults, field)
    }
}

#[derive(Template)]
#[template(path = "console/application_settings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/applications/{application}/settings`
pub(super) async fn settings(
    state: Data<State>,
    seat: Seat<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    let typed = Typed::of(&application);
    Ok(show(&state, &seat, &application, typed, Vec::new()))
}

/// `POST /console/applications/{application}/settings`
pub(super) async fn change(
    state: Data<State>,
    posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    let typed = Typed::sent(&posted, &application);
    match form::mendable(save(&state, &posted, &application, &typed).await, "/name")? {
        Ok(_) => Ok(see_other(&href(&application.id))),
        Err(errors) => Ok(show(&state, &posted.seat, &application, typed, errors)),
    }
}

async fn save(
    state: &State,
    posted: &Posted<Develop>,
    application: &Application,
    typed: &Typed,
) -> Result<Application> {
    let (id, patch) = (application.id.clone(), typed.patch(state).await?);
    let change = move |tx: &mut crate::store::Tx| applications::change(tx, &id, patch);
    state.store.write(Scope::System, posted.seat.actor(), change).await
}

fn show(
    state: &State,
    seat: &Seat<Develop>,
    application: &Application,
    typed: Typed,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let status = form::status(&errors);
    let algorithm = |word: &&str| Choice {
        value: (*word).to_owned(),
        label: (*word).to_owned(),
        is_chosen: *word == typed.id_token_alg.as_str(),
    };
    let chosen = if typed.is_for_some { "some" } else { "all" };
    let view = View {
        head: Head::of(state, seat, application),
        no_connections: choices(
            state,
            "no_connection",
            NoConnection::WORDS,
            typed.no_connection.as_str(),
        ),
        algorithms: IdTokenAlg::WORDS.iter().map(algorithm).collect(),
        admits: choices(state, "admits", &["all", "some"], chosen),
        faults: form::faults(typed.named(errors)),
        typed,
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, APPLICATIONS),
        view: &view,
    };
    respond(state, status, &Csp::Page, &page)
}
