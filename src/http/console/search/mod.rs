//! Search: one box for everything that has a name, an address or an ID, and a place to look at a message.

mod find;
mod inspect;

pub(super) use inspect::inspect;

use self::find::{Found, Hit};
use self::inspect::Looked;
use super::frame::{self, Frame, SEARCH};
use super::seat::{Needs, Read, Seat};
use crate::error::{FieldError, Result};
use crate::http::error::PageError;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use actix_web::HttpResponse;
use actix_web::web::{self, Data, FormConfig, Query, ServiceConfig};
use askama::Template;
use serde::Deserialize;

/// Bytes of a form: a response or metadata is pasted into one.
const FORM_LIMIT: usize = 1024 * 1024;
/// As long as what is looked for may be: entity IDs are the longest.
const LONGEST: usize = 1024;

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(
        web::resource("/console/search")
            .app_data(FormConfig::default().limit(FORM_LIMIT))
            .get(show)
            .post(inspect),
    );
}

/// What is looked for.
#[derive(Deserialize)]
pub(in crate::http) struct SearchQuery {
    #[serde(default)]
    q: String,
}

/// Something that was found.
struct HitLine {
    kind: String,
    title: String,
    text: String,
    href: String,
}

/// What the page has to tell.
#[derive(Default)]
struct Shown {
    q: String,
    /// What was found; none: nothing was looked for.
    hits: Option<Vec<HitLine>>,
    /// What was pasted.
    text: String,
    errors: Vec<FieldError>,
    looked: Option<Looked>,
}

struct View {
    q: String,
    hits: Option<Vec<HitLine>>,
    text: String,
    faults: Faults,
    looked: Option<Looked>,
}

#[derive(Template)]
#[template(path = "console/search.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/search`: what has this name or address. An ID leads to its page at once.
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<SearchQuery>,
) -> Result<HttpResponse, PageError> {
    let q: String = query.q.trim().chars().take(LONGEST).collect();
    if q.is_empty() {
        return Ok(render(&state, &seat, Shown::default()));
    }
    let (wanted, address) = (q.clone(), state.config.public_url.as_str().to_owned());
    let found = state.store.read(move |db| find::find(db, &wanted, &address)).await?;
    match found {
        Found::At(href) => Ok(see_other(&href)),
        Found::Hits(hits) => {
            let hits = Some(hits.into_iter().map(|hit| line(&state, hit)).collect());
            Ok(render(&state, &seat, Shown { q, hits, ..Shown::default() }))
        }
    }
}

fn line(state: &State, hit: Hit) -> HitLine {
    let kind = state.locale.text(&format!("console.search.kind.{}", hit.kind)).to_owned();
    HitLine { kind, title: hit.title, text: hit.text, href: hit.href }
}

fn render<N: Needs>(state: &State, seat: &Seat<N>, shown: Shown) -> HttpResponse {
    let view = View {
        q: shown.q,
        hits: shown.hits,
        text: shown.text,
        faults: Faults::from(shown.errors),
        looked: shown.looked,
    };
    frame::page(state, seat, SEARCH, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
