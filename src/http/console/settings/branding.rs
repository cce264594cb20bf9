//! How pages that speak for the operator look: name, logos, accent, support and the way back, shown as they would be.

use super::form::{self, Saved, Typed};
use super::{Read, View, href, preview, settable, view};
use crate::config::Key;
use crate::error::{Error, FieldError, Result};
use crate::http::console::frame::{self, Frame, SETTINGS};
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Needs, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, is_part, respond};
use crate::http::server::State;
use crate::http::upload::Upload;
use crate::store::logos::{self, Theme};
use crate::store::{Scope, Tx};
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

const HERE: &str = "branding";
const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

/// A logo, or the place for one.
struct LogoLine {
    theme: Theme,
    label: String,
    hint: String,
    link: Option<String>,
}

/// A page as it would be.
struct Preview {
    label: String,
    href: String,
}

#[derive(Template)]
#[template(path = "console/settings_branding.html", blocks = ["preview"])]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
    logos: Vec<LogoLine>,
    previews: Vec<Preview>,
    /// Why what was typed is not shown.
    unseen: Vec<String>,
}

/// `GET /console/settings/branding`
pub(super) async fn show(state: Data<State>, seat: Seat<Read>) -> Result<HttpResponse, PageError> {
    let typed = Typed::default();
    let view = view(&state, &seat, HERE, &typed, Vec::new()).await?;
    Ok(answer(&state, &seat, StatusCode::OK, &view, &typed, false))
}

/// `POST /console/settings/branding`: changes it; with `preview`, or asked by a script while somebody types, only shows how it
/// would be.
pub(super) async fn save(
    state: Data<State>,
    posted: Posted<Manage>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (seat, typed) = (&posted.seat, Typed::sent(&posted, &settable(HERE)));
    let is_part = is_part(&request);
    let saved = if is_part || posted.form().has("preview") {
        Saved::Refused(StatusCode::OK, Vec::new())
    } else {
        form::save(&state, seat, &typed).await?
    };
    match saved {
        Saved::Done => Ok(done::lead(&state, Done::SettingsSaved, &href(HERE))),
        Saved::Refused(status, errors) => {
            let view = view(&state, seat, HERE, &typed, errors).await?;
            Ok(answer(&state, seat, status, &view, &typed, is_part))
        }
    }
}

/// `POST /console/settings/branding/logos`: takes the files that were chosen, or takes a logo away.
pub(super) async fn logos(
    state: Data<State>,
    posted: Posted<Manage>,
) -> Result<HttpResponse, PageError> {
    let form = posted.form();
    let gone: Option<Theme> = posted.text("remove").parse().ok();
    let mut chosen = Vec::new();
    let mut errors = Vec::new();
    for theme in THEMES {
        match form.file(theme.as_str()) {
            Some(Upload::Whole(content)) => chosen.push((theme, content.clone())),
            Some(Upload::TooLarge) => {
                let detail = state.locale.text("console.branding.too_large");
                errors.push(FieldError::new(format!("/{theme}"), "too_large", detail));
            }
            None => {}
        }
    }
    if errors.is_empty() && gone.is_none() && chosen.is_empty() {
        let detail = state.locale.text("console.branding.no_file");
        errors.push(FieldError::new("/light", "required", detail));
    }
    if errors.is_empty() {
        let write = move |tx: &mut Tx| match gone {
            Some(theme) => logos::remove(tx, theme),
            None => chosen.iter().try_for_each(|(theme, content)| logos::put(tx, *theme, content)),
        };
        match state.store.write(Scope::System, posted.seat.actor(), write).await {
            Ok(()) => {
                let renewed = state.clone();
                state.store.apart(move |_| renewed.renew_settings()).await?;
                return Ok(done::lead(&state, Done::SettingsSaved, &href(HERE)));
            }
            Err(Error::Invalid(refused)) => errors = refused,
            Err(other) => return Err(other.into()),
        }
    }
    let typed = Typed::default();
    let view = view(&state, &posted.seat, HERE, &typed, errors).await?;
    Ok(answer(&state, &posted.seat, view.faults.status(), &view, &typed, false))
}

fn answer<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    status: StatusCode,
    view: &View,
    typed: &Typed,
    is_part: bool,
) -> HttpResponse {
    let kept = state.logos();
    let say = |what: &str| state.locale.text(&format!("console.branding.{what}")).to_owned();
    let logo = |theme: Theme| LogoLine {
        theme,
        label: say(&format!("logo_{theme}")),
        hint: say(&format!("logo_{theme}_hint")),
        link: kept.link(theme),
    };
    let (unseen, values) = shown(state, view, typed);
    let values: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let preview = |page: &&str| Preview {
        label: say(&format!("preview_{page}")),
        href: listing::href(&format!("{}/preview/{page}", href(HERE)), &values),
    };
    let page = Page {
        shell: frame::shell(state),
        frame: frame::frame(state, seat, SETTINGS),
        view,
        logos: THEMES.into_iter().map(logo).collect(),
        previews: preview::PAGES.iter().map(preview).collect(),
        unseen,
    };
    if is_part {
        return respond(state, status, &Csp::Framing, &page.as_preview());
    }
    respond(state, status, &Csp::Framing, &page)
}

/// What the previews are asked to show: what is in the fields, as far as it could be saved; and why the rest is not shown.
fn shown(state: &State, view: &View, typed: &Typed) -> (Vec<String>, Vec<(&'static str, String)>) {
    let mut wanted = crate::config::Put::new();
    let keys: Vec<&'static Key> = settable(HERE);
    for field in &view.fields {
        let value = typed.value(field.key).unwrap_or(&field.was);
        if !value.is_empty() {
            wanted.insert(field.key, value.to_owned());
        }
    }
    let (loaded, told) = state.live.start().with(&wanted);
    let name = |key: &'static Key| key.path.split_once('.').map_or(key.path, |(_, name)| name);
    let values = keys.into_iter().filter_map(|key| Some((name(key), loaded.text(key)?)));
    (told.into_iter().map(|problem| problem.why).collect(), values.collect())
}
