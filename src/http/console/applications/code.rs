//! Programs to copy for each stack, with an application's values.

use super::{Head, find, href};
use crate::error::Result;
use crate::guides::snippets::{SNIPPETS, Snippet, Values};
use crate::http::console::frame::{self, APPLICATIONS, Frame};
use crate::http::console::listing::{self, Choice};
use crate::http::console::seat::{Read, Seat};
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::oidc::discovery;
use crate::store::applications::{Application, ApplicationKind};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// Stands where an application has no redirect address of its own.
const EXAMPLE: &str = "https://app.example.com/callback";

/// Which stack is wanted; the first if there is none such.
#[derive(Deserialize)]
pub(super) struct CodeQuery {
    #[serde(default)]
    stack: String,
}

struct View {
    head: Head,
    is_web: bool,
    stacks: Vec<Choice>,
    stack: &'static str,
    library: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "console/application_code.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/applications/{application}/code`
pub(super) async fn code(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<CodeQuery>,
) -> Result<HttpResponse, PageError> {
    let application = find(&state, &id).await?;
    if application.is_machine() {
        return Ok(see_other(&href(&application.id)));
    }
    let chosen = SNIPPETS.iter().find(|one| one.key == query.stack).or(SNIPPETS.first());
    let snippet = chosen.ok_or_else(|| crate::error::Error::not_found("snippet", &query.stack))?;
    let head = Head::of(&state, &seat, &application);
    let view = View {
        stacks: stacks(&head.href, snippet),
        head,
        is_web: application.kind == ApplicationKind::Web,
        stack: snippet.stack,
        library: snippet.library,
        text: text(&state, snippet, &application),
    };
    Ok(frame::page(&state, &seat, APPLICATIONS, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view: &view,
    }))
}

fn stacks(own: &str, shown: &Snippet) -> Vec<Choice> {
    let choice = |snippet: &Snippet| Choice {
        label: snippet.stack.to_owned(),
        href: listing::href(&format!("{own}/code"), &[("stack", snippet.key)]),
        is_here: snippet.key == shown.key,
    };
    SNIPPETS.iter().map(choice).collect()
}

fn text(state: &State, snippet: &Snippet, of: &Application) -> String {
    let issuer = state.config.public_url.as_str();
    let discovery = format!("{issuer}{}", discovery::PATH);
    snippet.filled(Values {
        issuer,
        discovery: &discovery,
        client_id: of.id.as_str(),
        redirect_uri: of.redirect_uris.first().map_or(EXAMPLE, String::as_str),
    })
}
