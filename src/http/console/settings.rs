//! The settings in effect, each with where it came from. What a file, the environment or a flag fixes is changed
//! there; nothing is set here, so that what the file says is so.

use super::frame::{self, Frame, SETTINGS};
use super::listing::Choice;
use super::seat::{Manage, Seat};
use crate::config::{self, Origin, Setting};
use crate::error::Error;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

/// The pages, and the tables of the file that each shows; the first shows what is in no table, too.
const PAGES: &[(&str, &[&str])] = &[
    ("general", &["database", "secrets", "proxy", "tls", "limits", "webhooks", "dns", "log"]),
    ("sign-in", &["sign_in", "console", "saml", "oidc", "metadata"]),
    ("retention", &["retention"]),
    ("branding", &["brand"]),
    (EMAIL, EMAIL_TABLES),
];
/// The page with the outbox, which is made elsewhere.
pub(super) const EMAIL: &str = "email";
const EMAIL_TABLES: &[&str] = &["email", "admin"];

/// The routes.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/settings/general").get(show))
        .service(web::resource("/console/settings/sign-in").get(show))
        .service(web::resource("/console/settings/retention").get(show))
        .service(web::resource("/console/settings/branding").get(show));
}

/// A setting as it is shown.
pub(super) struct Line {
    pub(super) key: &'static str,
    /// What it is for, in the words of the reference file.
    pub(super) about: String,
    pub(super) value: Option<String>,
    pub(super) origin: String,
    /// Whether somebody has fixed it.
    pub(super) is_fixed: bool,
    /// The variable that sets it.
    pub(super) variable: String,
}

#[derive(Template)]
#[template(path = "console/settings.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    name: String,
    pages: Vec<Choice>,
    lines: Vec<Line>,
}

/// `GET /console/settings/{general, sign-in, retention, branding}`
async fn show(
    state: Data<State>,
    seat: Seat<Manage>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let wanted = request.path().rsplit('/').next().unwrap_or_default();
    let Some((here, tables)) = PAGES.iter().find(|(name, _)| *name == wanted) else {
        return Err(Error::not_found("page", wanted).into());
    };
    let page = Page {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, SETTINGS),
        name: called(&state, here),
        pages: pages(&state, here),
        lines: lines(&state, here, tables),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &page))
}

/// The pages of settings, of which one is here.
pub(super) fn pages(state: &State, here: &str) -> Vec<Choice> {
    let choice = |name: &str| Choice {
        label: called(state, name),
        href: format!("/console/settings/{name}"),
        is_here: name == here,
    };
    PAGES.iter().map(|(name, _)| choice(name)).collect()
}

/// The settings of mail.
pub(super) fn of_email(state: &State) -> Vec<Line> {
    lines(state, EMAIL, EMAIL_TABLES)
}

fn lines(state: &State, here: &str, tables: &[&str]) -> Vec<Line> {
    let shown = state.settings.iter().filter(|setting| is_of(setting.key, here, tables));
    shown.map(|setting| line(state, setting)).collect()
}

/// What a page is called.
pub(super) fn called(state: &State, name: &str) -> String {
    state.locale.text(&format!("console.configuration.{}", name.replace('-', "_"))).to_owned()
}

/// Whether a setting is shown on a page.
fn is_of(key: &str, page: &str, tables: &[&str]) -> bool {
    key.split_once('.').map_or(page == "general", |(table, _)| tables.contains(&table))
}

fn line(state: &State, setting: &Setting) -> Line {
    let key = config::key(setting.key);
    let about = key.map(|key| key.doc.iter().map(|line| line.trim()).collect::<Vec<_>>());
    let say = |what: &str, value: &str| {
        state.locale.fill(&format!("console.configuration.{what}"), &[("value", value)])
    };
    Line {
        key: setting.key,
        about: about.unwrap_or_default().join(" ").replace('`', ""),
        value: setting.value.clone(),
        origin: match &setting.origin {
            Origin::BuiltIn => say("built_in", ""),
            Origin::Derived => say("derived", ""),
            Origin::File(..) => say("file", &setting.origin.to_string()),
            Origin::Environment(name) => say("variable", name),
            Origin::Flag => say("flag", ""),
        },
        is_fixed: !matches!(setting.origin, Origin::BuiltIn | Origin::Derived),
        variable: key.map(config::Key::variable).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_on_one_page() {
        for key in config::keys() {
            let on = PAGES.iter().filter(|(page, tables)| is_of(key.path, page, tables));
            assert_eq!(on.count(), 1, "{}", key.path);
        }
    }
}
