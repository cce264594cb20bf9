//! Whose groups: an organization is chosen first.

use crate::http::console::form;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Pager};
use crate::http::console::seat::{Read, Seat};
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::Window;
use crate::store::access::provisioning;
use crate::store::organizations::{self, Filter};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
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
    is_demo: bool,
}

#[derive(Template)]
#[template(path = "console/groups_chooser.html", blocks = ["region"])]
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
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (q, named) = (query.q.trim(), query.organization.trim().to_owned());
    if !named.is_empty() {
        let found = state.store.read(move |db| listing::owner(db, &named)).await?;
        if let Some(id) = found {
            return Ok(listing::lead(&request, &super::href(&id)));
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
    let (is_continued, next) = (query.cursor.is_some(), page.next_cursor.as_deref());
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, GROUPS),
        pager: listing::filtered(&state, GROUPS.href(), &[("q", q)], &[], is_continued, next)
            .await?,
        lines: page
            .data
            .iter()
            .map(|it| Line {
                href: super::href(&it.id),
                name: it.name.clone(),
                id: it.id.to_string(),
                is_on: on.contains(&it.id),
                is_demo: it.is_demo,
            })
            .collect(),
        q,
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}
