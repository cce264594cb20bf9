//! Applications: the vendor's apps, as clients of `OpenID` Connect.

mod access;
mod acts;
mod asked;
mod code;
mod edited;
mod fields;
mod machine;
mod new;
mod overview;
mod restore;
mod routes;
mod rows;
mod secrets;
mod settings;

pub(super) use routes::routes;

use super::form::Choice;
use super::frame::{self, APPLICATIONS, Frame};
use super::listing::{self, Moment, Pager};
use super::seat::{Develop, Needs, Read, Seat};
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::store::applications::{self, Application, ApplicationKind};
use crate::store::{ApplicationId, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

const LIST: &str = "/console/applications";
const DELETED: &str = "deleted";

/// Where the page of an application is.
pub(super) fn href(id: &ApplicationId) -> String {
    format!("{LIST}/{id}")
}

/// An application whose ID stands in a path.
async fn find(state: &State, id: &str) -> Result<Application> {
    let id: ApplicationId = id.parse()?;
    state.store.read(move |db| applications::find(db, &id)).await
}

/// What the pages of an application have above them.
struct Head {
    href: String,
    id: String,
    name: String,
    kind: String,
    is_demo: bool,
    is_machine: bool,
    may_develop: bool,
}

impl Head {
    fn of<N: Needs>(state: &State, seat: &Seat<N>, application: &Application) -> Self {
        Self {
            href: href(&application.id),
            id: application.id.to_string(),
            name: application.name.clone(),
            kind: kind(state, application.kind),
            is_demo: application.is_demo,
            is_machine: application.is_machine(),
            may_develop: seat.may::<Develop>(),
        }
    }
}

/// What a kind of application is called.
fn kind(state: &State, kind: ApplicationKind) -> String {
    state.locale.text(&format!("console.applications.kind.{kind}")).to_owned()
}

/// The choices of a select: words, what each is called by its word below `key`, and which is chosen.
fn choices(state: &State, key: &str, words: &[&str], chosen: &str) -> Vec<Choice> {
    let choice = |word: &&str| Choice {
        value: (*word).to_owned(),
        label: state.locale.text(&format!("console.applications.{key}.{word}")).to_owned(),
        is_chosen: *word == chosen,
    };
    words.iter().map(choice).collect()
}

/// Which part of the list is wanted.
#[derive(Deserialize)]
struct ListQuery {
    /// `deleted`: those that can be restored.
    #[serde(default)]
    state: String,
    cursor: Option<String>,
}

struct Line {
    href: String,
    name: String,
    is_demo: bool,
    kind: String,
    id: String,
    addresses: Vec<String>,
    created: Moment,
}

#[derive(Template)]
#[template(path = "console/applications.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    is_deleted: bool,
    states: Vec<listing::Choice>,
    lines: Vec<Line>,
    pager: Pager,
    may_make: bool,
}

/// `GET /console/applications`
async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let window = Window::parse(None, query.cursor.clone())?;
    let (is_deleted, now) = (query.state == DELETED, state.store.clock().now());
    let page = state.store.read(move |db| {
        if is_deleted {
            applications::deleted(db, &window, now)
        } else {
            applications::page(db, &window)
        }
    });
    let page = page.await?;
    let parts: &[(&str, &str)] = if is_deleted { &[("state", DELETED)] } else { &[] };
    let (is_continued, next) = (query.cursor.is_some(), page.next_cursor.as_deref());
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, APPLICATIONS),
        pager: listing::pager(LIST, parts, is_continued, next),
        states: states(&state, is_deleted),
        is_deleted,
        lines: page.data.iter().map(|one| line(&state, one)).collect(),
        may_make: seat.may::<Develop>(),
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &view))
}

/// The live ones, or those that were deleted.
fn states(state: &State, is_deleted: bool) -> Vec<listing::Choice> {
    let label = |word: &str| {
        let word = if word.is_empty() { "live" } else { word };
        state.locale.text(&format!("console.applications.list.{word}")).to_owned()
    };
    let href = |word: &str| listing::href(LIST, &[("state", word)]);
    listing::choices([DELETED], if is_deleted { DELETED } else { "" }, href, label)
}

fn line(state: &State, application: &Application) -> Line {
    let own = application.redirect_uris.iter();
    Line {
        href: href(&application.id),
        name: application.name.clone(),
        is_demo: application.is_demo,
        kind: kind(state, application.kind),
        id: application.id.to_string(),
        addresses: own.chain(application.protected_hosts.iter()).cloned().collect(),
        created: listing::when(state, application.created_at),
    }
}
