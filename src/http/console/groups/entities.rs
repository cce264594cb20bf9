//! Places of an organization: the list.

use super::say::Said;
use super::{Head, href_of, look};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, GROUPS};
use crate::http::console::listing::{self, Choice, Pager};
use crate::http::console::seat::{Read, Seat};
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::access::entities::{self, Filter};
use crate::store::access::mappings;
use crate::store::{EntityId, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

/// Which part of the list is wanted. What cannot be finds nothing.
#[derive(Clone, Deserialize)]
pub(super) struct ListQuery {
    /// The key of a type.
    #[serde(default, rename = "type")]
    kind: String,
    cursor: Option<String>,
}

struct Line {
    href: String,
    name: String,
    kind: String,
    application: Option<String>,
    key: String,
    external_id: Option<String>,
    is_default: bool,
    /// The group that it belongs to: address and name.
    owner: Option<(String, String)>,
}

struct View {
    head: Head,
    kinds: Vec<Choice>,
    lines: Vec<Line>,
    pager: Pager,
    has_application: bool,
}

#[derive(Template)]
#[template(path = "console/groups_entities.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET …/groups/entities`
pub(super) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    let window = Window::parse(None, query.cursor.clone())?;
    let kind = form::given(&query.kind);
    let read = look(&state, &seat, &id, move |db, base| {
        let of = &base.organization.id;
        let page = entities::page(db, &window, of, &Filter { kind, application: None })?;
        let ids: Vec<EntityId> = page.data.iter().map(|it| it.id.clone()).collect();
        let owners = mappings::owners(db, &ids)?;
        Ok((page, owners, Said::read(db, of, Vec::new(), Vec::new())?))
    });
    let (base, (page, owners, said)) = read.await?;
    let head = Head::of(&seat, &base);
    let at = format!("{}/entities", head.href);
    let label = |word: &str| match word {
        "" => state.locale.text("console.users.all").to_owned(),
        _ => said.kind(None, word),
    };
    let to = |word: &str| listing::href(&at, &[("type", word)]);
    let kinds = said.kinds(Vec::new(), "");
    let parts = [("type", query.kind.as_str())];
    let next = page.next_cursor.as_deref();
    let lines = page.data.iter().map(|it| Line {
        href: format!("{at}/{}", it.id),
        name: it.name.clone(),
        kind: said.kind(Some(&it.application_id), &it.kind),
        application: said.application(Some(&it.application_id)),
        key: it.key.clone(),
        external_id: it.external_id.clone(),
        is_default: it.is_default,
        owner: owners.get(&it.id).map(|(group, name)| (href_of(group), name.clone())),
    });
    let view = View {
        lines: lines.collect(),
        kinds: listing::choices(kinds.iter().map(|it| it.value.as_str()), &query.kind, to, label),
        pager: listing::pager(&at, &parts, query.cursor.is_some(), next),
        has_application: !said.applications.is_empty(),
        head,
    };
    Ok(frame::page(&state, &seat, GROUPS, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view,
    }))
}
