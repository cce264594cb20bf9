//! Setup links: what was sent to IT admins, how far each is, and taking one back.

mod new;
mod send;

use super::confirm::{self, Confirm};
use super::form;
use super::frame::{self, Frame, SETUP_LINKS};
use super::listing::{self, Moment, Pager};
use super::seat::{Links, Posted, Read, Seat};
use super::words::{self, Badge};
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::names::{self, Names};
use crate::store::setup_links::{self, Help, Kind, SetupLink, State as Standing};
use crate::store::{Db, OrganizationId, Page, SetupLinkId, Window, organizations};
use actix_web::web::{self, Data, Path, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

const LIST: &str = "/console/setup-links";

/// Which part of the list is wanted.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    /// An organization's ID, or `external:` and the operator's own.
    #[serde(default)]
    organization: String,
    /// `open`: those that somebody can still come by, and that are not completed.
    #[serde(default)]
    only: String,
    cursor: Option<String>,
}

struct Line {
    id: String,
    organization: String,
    organization_href: String,
    covers: String,
    badge: Badge,
    /// At which step of which provider's it is.
    steps: String,
    opened: Option<Moment>,
    from: Option<String>,
    ends: Moment,
    is_demo: bool,
    /// What its holder does not find, each in their own words, too; the newest first.
    help: Vec<(String, String)>,
    is_live: bool,
    /// When its holder asked for another one.
    asked_again: Option<Moment>,
    /// Where that is made.
    another: String,
    /// To whom it was mailed, and whether only they may start with it.
    email: Option<(String, bool)>,
}

#[derive(Template)]
#[template(path = "console/setup_links.html", blocks = ["region"])]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    organization: &'a str,
    open: Vec<form::Choice>,
    lines: Vec<Line>,
    pager: Pager,
    may_make: bool,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/setup-links").get(list).post(new::create))
        .service(web::resource("/console/setup-links/new").get(new::new))
        .service(web::resource("/console/setup-links/{link}/send").get(send::ask).post(send::send))
        .service(
            web::resource("/console/setup-links/{link}/copy").get(send::ask_copy).post(send::copy),
        )
        .service(web::resource("/console/setup-links/{link}/revoke").get(ask_revoke).post(revoke));
}

/// `GET /console/setup-links`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (organization, now) = (query.organization.trim(), state.store.clock().now());
    let window = Window::parse(None, query.cursor.clone())?;
    let wanted = query.clone();
    let (page, names) = state.store.read(move |db| read(db, &window, &wanted, now)).await?;
    let open = listing::options(&state, ["", "open"], &query.only, only_key);
    let parts = [("organization", organization), ("only", query.only.as_str())];
    let words = [("only", state.locale.text(only_key(&query.only)).to_owned())];
    let (is_continued, next) = (query.cursor.is_some(), page.next_cursor.as_deref());
    let view = ListPage {
        shell: frame::shell(&state),
        frame: frame::frame(&state, &seat, SETUP_LINKS),
        organization,
        lines: page.data.iter().map(|link| line(&state, link, &names, now)).collect(),
        pager: listing::filtered(&state, LIST, &parts, &words, is_continued, next).await?,
        open,
        may_make: seat.may::<Links>(),
    };
    Ok(listing::answer(&state, &request, &view, &view.as_region()))
}

/// What the filter by state says for its word.
fn only_key(word: &str) -> &'static str {
    if word == "open" { "console.setup_links.only_open" } else { "console.setup_links.only_all" }
}

fn read(
    db: &mut Db,
    window: &Window,
    wanted: &ListQuery,
    now: Time,
) -> Result<(Page<SetupLink>, Names)> {
    let open_at = match wanted.only.as_str() {
        "" => None,
        "open" => Some(now),
        _ => return Ok((Page::default(), Names::default())),
    };
    let of = match wanted.organization.trim() {
        "" => None,
        some => match listing::owner(db, some)? {
            None => return Ok((Page::default(), Names::default())),
            found => found,
        },
    };
    let page = setup_links::page(db, window, of.as_ref(), open_at)?;
    let owners = page.data.iter().map(|link| link.organization_id.clone()).collect();
    let names = names::of(db, owners, Vec::new())?;
    Ok((page, names))
}

fn line(state: &State, link: &SetupLink, names: &Names, now: Time) -> Line {
    let standing = link.state(now);
    let class = match standing {
        Standing::Completed => " ok",
        Standing::Opened | Standing::InProgress => " acc",
        Standing::Sent => " warn",
        Standing::Expired | Standing::Revoked => "",
    };
    let covers: Vec<_> = link
        .covers
        .iter()
        .map(|cover| state.locale.text(&format!("console.setup_links.cover.{cover}")).to_owned())
        .collect();
    let label = state.locale.text(&format!("console.setup_links.states.{standing}")).to_owned();
    Line {
        id: link.id.to_string(),
        organization: names.organization(&link.organization_id).unwrap_or_default().to_owned(),
        organization_href: super::organization::href(&link.organization_id),
        covers: covers.join(", "),
        badge: Badge { class, label },
        steps: words::at_step(state, link),
        opened: link.opened_at.map(|at| listing::when(state, at)),
        is_demo: names.is_demo(&link.organization_id),
        from: link.opened_from.clone(),
        ends: listing::when(state, link.expires_at),
        is_live: link.is_live(now),
        asked_again: link.asked_again_at.map(|at| listing::when(state, at)),
        another: another(&link.organization_id),
        email: link.email.clone().map(|email| (email, link.is_guarded)),
        help: link
            .help
            .iter()
            .flat_map(|help| help.all())
            .map(|help| wanted(state, help))
            .collect(),
    }
}

/// Where the links of an organization are.
pub(super) fn of_organization(of: &OrganizationId) -> String {
    listing::href(LIST, &[("organization", of.as_str())])
}

/// Where another link is made for an organization.
pub(super) fn another(of: &OrganizationId) -> String {
    listing::href(&format!("{LIST}/new"), &[("organization", of.as_str())])
}

/// What the holder of a link does not find, and the same in their own words.
fn wanted(state: &State, help: &Help) -> (String, String) {
    let step = state.locale.text(&format!("portal.step.{}.name", help.step)).to_owned();
    let asks = state.locale.fill("console.setup_links.help.asks", &[("step", &step)]);
    let key = format!("console.setup_links.help.{}", help.missing);
    (format!("{asks} {}", state.locale.text(&key)), help.note.clone())
}

/// `GET /console/setup-links/{link}/revoke`
pub(in crate::http) async fn ask_revoke(
    state: Data<State>,
    seat: Seat<Links>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (link, name) = find(&state, &id).await?;
    Ok(confirm::ask(&state, &seat, &revoking(&state, &link, &name)))
}

/// `POST /console/setup-links/{link}/revoke`
pub(in crate::http) async fn revoke(
    state: Data<State>,
    posted: Posted<Links>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (link, name) = find(&state, &id).await?;
    let confirm = revoking(&state, &link, &name);
    let done = state.store.write(&link.organization_id, posted.seat.actor(), move |tx| {
        setup_links::revoke(tx, &link.id)
    });
    confirm::after(&state, &posted.seat, &confirm, done.await, Done::LinkRevoked, LIST)
}

/// A link whose ID stands in a path, with the name of its organization. A visit is nobody's to look at.
async fn find(state: &State, id: &str) -> Result<(SetupLink, String)> {
    let id: SetupLinkId = id.parse()?;
    let found = state.store.read(move |db| {
        let link = setup_links::find(db, &id)?;
        if link.kind != Kind::Link {
            return Err(Error::not_found("setup link", id.as_str()));
        }
        let organization = organizations::find(db, &link.organization_id)?;
        Ok((link, organization.name))
    });
    found.await
}

fn revoking(state: &State, link: &SetupLink, organization: &str) -> Confirm {
    let values = [("organization", organization), ("link", link.hint.as_str())];
    let fill = |key: &str| state.locale.fill(&format!("console.setup_links.{key}"), &values);
    Confirm {
        title: fill("revoke_title"),
        texts: vec![fill("revoke_text")],
        action: format!("{LIST}/{}/revoke", link.id),
        button: fill("revoke"),
        ..Confirm::blank(SETUP_LINKS, LIST.to_owned())
    }
}
