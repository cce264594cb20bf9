//! The settings: those that can be changed while the gateway runs, as forms, and those of the start, each with where it
//! came from. What a file, the environment or a flag fixes is changed there.

mod branding;
mod fields;
mod form;
mod preview;

use super::audit;
use super::frame::{self, Frame, SETTINGS};
use super::listing::Choice;
use super::seat::{Manage, Needs, Posted, Read, Seat};
use crate::config::{self, Key};
use crate::error::{Error, FieldError, Result};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::configuration;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
pub(super) use fields::Field;
use fields::Known;
use form::{Saved, Typed};

/// The pages, and the tables of the file that each shows; the first shows what is in no table, too.
const PAGES: &[(&str, &[&str])] = &[
    (
        "general",
        &[
            "database",
            "secrets",
            "proxy",
            "tls",
            "limits",
            "portal",
            "metadata",
            "webhooks",
            "dns",
            "saml",
            "log",
            "telemetry",
        ],
    ),
    ("branding", &["brand"]),
    ("sign-in", &["sign_in", "oidc"]),
    ("security", &["console"]),
    ("retention", &["retention"]),
    (EMAIL, &["email", "admin"]),
];
/// The page that shows the outbox, too, and is made there.
pub(super) const EMAIL: &str = "email";

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/settings/general").get(show).post(save))
        .service(web::resource("/console/settings/sign-in").get(show).post(save))
        .service(web::resource("/console/settings/security").get(show).post(save))
        .service(web::resource("/console/settings/retention").get(show).post(save))
        .service(
            web::resource("/console/settings/branding").get(branding::show).post(branding::save),
        )
        .service(web::resource("/console/settings/branding/logos").post(branding::logos))
        .service(web::resource("/console/settings/branding/preview/{page}").get(preview::show));
}

/// What is on a page of settings.
struct View {
    href: String,
    name: String,
    lead: String,
    pages: Vec<Choice>,
    /// Those that can be put while the gateway runs.
    fields: Vec<Field>,
    /// Those that are read at the start.
    facts: Vec<Field>,
    /// What was changed meanwhile by somebody else.
    stale: Vec<fields::Stale>,
    revision: i64,
    may_edit: bool,
    faults: Faults,
}

#[derive(Template)]
#[template(path = "console/settings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/settings/{general, sign-in, security, retention}`
async fn show(
    state: Data<State>,
    seat: Seat<Read>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let here = here(&request)?;
    let view = view(&state, &seat, here, &Typed::default(), Vec::new()).await?;
    Ok(answer(&state, &seat, StatusCode::OK, &view))
}

/// `POST /console/settings/{general, sign-in, security, retention}`
async fn save(
    state: Data<State>,
    posted: Posted<Manage>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let here = here(&request)?;
    let typed = Typed::sent(&posted, &settable(here));
    match form::save(&state, &posted.seat, &typed).await? {
        Saved::Done => Ok(done::lead(&state, Done::SettingsSaved, &href(here))),
        Saved::Refused(status, errors) => {
            let view = view(&state, &posted.seat, here, &typed, errors).await?;
            Ok(answer(&state, &posted.seat, status, &view))
        }
    }
}

fn answer<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    status: StatusCode,
    view: &View,
) -> HttpResponse {
    frame::page(state, seat, SETTINGS, status, |shell, frame| Page { shell, frame, view })
}

/// The page that an address names.
fn here(request: &HttpRequest) -> Result<&'static str> {
    let wanted = request.path().rsplit('/').next().unwrap_or_default();
    let found = PAGES.iter().find(|(name, _)| *name == wanted);
    found.map(|(name, _)| *name).ok_or_else(|| Error::not_found("page", wanted))
}

fn href(page: &str) -> String {
    format!("/console/settings/{page}")
}

/// What a page shows; where a form was not taken, with what was typed.
async fn view<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    here: &'static str,
    typed: &Typed,
    errors: Vec<FieldError>,
) -> Result<View> {
    let known = state
        .store
        .read(|db| Ok(Known { rows: configuration::rows(db)?, members: audit::called(db)? }));
    let (known, loaded) = (known.await?, state.live.loaded());
    let field = |key: &'static Key| Field::of(state, &loaded, &known, key, typed);
    let (fields, facts): (Vec<_>, Vec<_>) = keys(here).partition(|key| key.is_settable());
    Ok(View {
        href: href(here),
        name: called(state, here),
        lead: state.locale.text(&format!("console.configuration.lead.{}", word(here))).to_owned(),
        pages: pages(state, here),
        stale: fields::stale(state, &loaded, &known, &fields, typed),
        fields: fields.into_iter().map(field).collect(),
        facts: facts.into_iter().map(field).collect(),
        revision: known.revision(),
        may_edit: seat.may::<Manage>(),
        faults: Faults::from(errors),
    })
}

/// The settings of a page.
fn keys(page: &str) -> impl Iterator<Item = &'static Key> {
    let tables = PAGES.iter().find(|(name, _)| *name == page).map(|(_, tables)| *tables);
    let is_first = PAGES.first().is_some_and(|(name, _)| *name == page);
    config::keys().iter().filter(move |key| match key.path.split_once('.') {
        Some((table, _)) => tables.is_some_and(|tables| tables.contains(&table)),
        None => is_first,
    })
}

/// Those of them that can be put while the gateway runs.
fn settable(page: &str) -> Vec<&'static Key> {
    keys(page).filter(|key| key.is_settable()).collect()
}

/// The pages, to choose from.
pub(super) fn pages(state: &State, here: &str) -> Vec<Choice> {
    let choice =
        |name: &str| Choice { label: called(state, name), href: href(name), is_here: name == here };
    PAGES.iter().map(|(name, _)| choice(name)).collect()
}

/// The settings of mail, which are read at the start.
pub(super) fn of_email(state: &State) -> Vec<Field> {
    let (known, loaded) = (Known::default(), state.live.loaded());
    keys(EMAIL).map(|key| Field::of(state, &loaded, &known, key, &Typed::default())).collect()
}

/// What a page is called.
pub(super) fn called(state: &State, page: &str) -> String {
    state.locale.text(&format!("console.configuration.{}", word(page))).to_owned()
}

fn word(page: &str) -> String {
    page.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_on_one_page() {
        for key in config::keys() {
            let on = PAGES.iter().filter(|(page, _)| keys(page).any(|one| one.path == key.path));
            assert_eq!(on.count(), 1, "{}", key.path);
        }
    }
}
