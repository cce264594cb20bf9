//! What can be changed about an application, but for its roles and places.

use super::edited::{self, Edited};
use super::fields::Typed;
use super::{Head, choices, find, machine};
use crate::error::FieldError;
use crate::http::console::form::Choice;
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::seat::{Develop, Posted, Seat};
use crate::http::console::stale;
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::applications::{Application, IdTokenAlg, NoConnection};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    head: Head,
    seen: String,
    typed: Typed,
    no_connections: Vec<Choice>,
    algorithms: Vec<Choice>,
    admits: Vec<Choice>,
    /// How long tokens last where the app has no lifetime of its own: what stands below each field.
    usual: [String; 3],
    faults: Faults,
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
    if application.is_machine() {
        return machine::settings::form_of(&state, &seat, &application);
    }
    Ok(edited::form_of::<Typed>(&state, &seat, &application))
}

/// `POST /console/applications/{application}/settings`
pub(super) async fn change(
    state: Data<State>,
    mut posted: Posted<Develop>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    if application.is_machine() {
        return machine::settings::change(&state, &posted, &application).await;
    }
    stale::settle(&mut posted, &Typed::of(&application).fields(&state));
    let typed = Typed::sent(&posted, &application);
    edited::change(&state, &posted, &application, typed).await
}

/// What a field is called, and a value of it as the form shows it.
pub(super) fn named(state: &State, field: &str, value: &str) -> (String, String) {
    let say = |key: &str| state.locale.text(&format!("console.applications.{key}")).to_owned();
    let (key, shown) = match field {
        "name" => ("name", value.to_owned()),
        "redirect_uris" => ("addresses", value.to_owned()),
        "post_logout_redirect_uris" => ("post_logout", value.to_owned()),
        "admits" => ("admits_label", say(&format!("admits.{value}"))),
        "organizations" => ("organizations", value.to_owned()),
        "initiate_login_uri" => ("initiate", value.to_owned()),
        "no_connection" => ("no_connection_label", say(&format!("no_connection.{value}"))),
        "fallback_url" => ("fallback", value.to_owned()),
        "id_token_alg" => ("algorithm_label", value.to_owned()),
        "backchannel_logout_uri" => ("backchannel", value.to_owned()),
        "frontchannel_logout_uri" => ("frontchannel", value.to_owned()),
        "protected_hosts" => ("hosts", value.to_owned()),
        "id_token_ttl" | "access_token_ttl" | "refresh_token_ttl" => (field, value.to_owned()),
        other => {
            let word = if value == "1" { "console.on" } else { "console.off" };
            (other, state.locale.text(word).to_owned())
        }
    };
    (say(key), shown)
}

fn usual(state: &State) -> [String; 3] {
    let live = state.live();
    let all = [live.oidc.id_token_ttl, live.oidc.access_token_ttl, live.oidc.refresh_token_ttl];
    all.map(|usual| {
        let usual = usual.to_string();
        state.locale.fill("console.applications.ttl_hint", &[("usual", usual.as_str())])
    })
}

pub(super) fn show(
    state: &State,
    seat: &Seat<Develop>,
    application: &Application,
    (typed, seen): (Typed, String),
    errors: Vec<FieldError>,
) -> HttpResponse {
    let algorithm = |word: &&str| Choice {
        value: (*word).to_owned(),
        label: (*word).to_owned(),
        is_chosen: *word == typed.id_token_alg.as_str(),
    };
    let chosen = if typed.is_for_some { "some" } else { "all" };
    let view = View {
        head: Head::of(state, seat, application),
        seen,
        no_connections: choices(
            state,
            "no_connection",
            NoConnection::WORDS,
            typed.no_connection.as_str(),
        ),
        algorithms: IdTokenAlg::WORDS.iter().map(algorithm).collect(),
        admits: choices(state, "admits", &["all", "some"], chosen),
        usual: usual(state),
        faults: Faults::from(typed.at_lines(errors)),
        typed,
    };
    frame::page(state, seat, APPLICATIONS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
