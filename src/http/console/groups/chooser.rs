//! Whose groups: an organization is chosen first.

use crate::http::console::form;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Pager};
use crate::http::console::seat::{Read, Seat};
use crate::http::error::PageError;
use crate::http::guard::Csp;
use crate::http::pages::{Shell, respond};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::Window;
use crate::store::access::provisioning;
use crate::store::organizations::{self, Filter};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Query};
use askama::Template;
use serde::Deserialize;

/// Which part of the list is wanted.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    /// A part of the name.
    #[serde(default)]
    q: String,
    /// An organization's ID, or `external:` and the operator's own: its groups are shown at once.
    #[serde(default)]
    organization: String,
    cursor: Option<String>,
}

struct Line {
    href: String,
    name: String,
    id: String,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "console/groups_chooser.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    q: &'a str,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /console/groups`
pub(super) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let (q, named) = (query.q.trim(), query.organization.trim().to_owned());
    if !named.is_empty() {
        let found = state.store.read(move |db| listing::owner(db, &named)).await?;
        if let Some(id) = found {
            return Ok(see_other(&super::href(&id)));
        }
    }
    let window = Window::parse(None, query.cursor.clone())?;
    let filter = Filter { text: form::given(q), ..Filter::default() };
    let read = state.store.read(move |db| {
        let page = organizations::page(db, &window, &filter)?;
        let ids = page.data.iter().map(|it| it.id.clone()).collect();
        let on = provisioning::with_groups(db, ids)?;
        Ok((page, on))
    });
    let (page, on) = read.await?;
    let next = page.next_cursor.as_deref();
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, GROUPS),
        pager: listing::pager(GROUPS.href(), &[("q", q)], query.cursor.is_some(), next),
        lines: page
            .data
            .iter()
            .map(|it| Line {
                href: super::href(&it.id),
                name: it.name.clone(),
                id: it.id.to_string(),
                is_on: on.contains(&it.id),
            })
            .collect(),
        q,
    };
    Ok(respond(&state, StatusCode::OK, &Csp::Page, &view))
}
