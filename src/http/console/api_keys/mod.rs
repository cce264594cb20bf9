//! API keys: who may call, with what, until when.

mod acts;
mod new;

use super::frame::{self, API_KEYS, Frame};
use super::listing::{self, Moment, Pager};
use super::seat::{Develop, Needs, Read, Seat};
use super::words::Badge;
use crate::clock::Time;
use crate::error::{Error, Result};
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::api_keys::{self, ApiKey, Scope};
use crate::store::members::Role;
use crate::store::names::{self, Names};
use crate::store::{Page, Window};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Query, ServiceConfig};
use askama::Template;
use chrono::TimeDelta;
use serde::Deserialize;

const LIST: &str = "/console/api-keys";
/// After so long without use a key is marked.
const UNUSED: TimeDelta = TimeDelta::days(90);

/// Which part of the list is wanted.
#[derive(Clone, Deserialize)]
pub(in crate::http) struct ListQuery {
    cursor: Option<String>,
}

struct Line {
    /// Where it is rolled and revoked.
    href: String,
    name: String,
    hint: String,
    scopes: String,
    networks: String,
    organization: Option<(String, String)>,
    badge: Badge,
    is_live: bool,
    is_rolled: bool,
    ends: Option<Moment>,
    used: Option<Moment>,
    from: Option<String>,
}

struct View {
    lines: Vec<Line>,
    pager: Pager,
    is_continued: bool,
    may_make: bool,
    /// A key that was made just now: shown this once.
    secret: Option<String>,
}

#[derive(Template)]
#[template(path = "console/api_keys.html")]
struct ListPage<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// The routes of this area.
pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/console/api-keys").get(list).post(new::create))
        .service(web::resource("/console/api-keys/new").get(new::new))
        .service(web::resource("/console/api-keys/{key}/roll").get(acts::ask_roll).post(acts::roll))
        .service(
            web::resource("/console/api-keys/{key}/revoke")
                .get(acts::ask_revoke)
                .post(acts::revoke),
        );
}

/// `GET /console/api-keys`
pub(in crate::http) async fn list(
    state: Data<State>,
    seat: Seat<Read>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, PageError> {
    Ok(show(&state, &seat, query.cursor.clone(), None).await?)
}

/// The list, with a key that was made just now.
async fn show<N: Needs>(
    state: &State,
    seat: &Seat<N>,
    cursor: Option<String>,
    secret: Option<String>,
) -> Result<HttpResponse> {
    let (is_continued, now) = (cursor.is_some(), state.store.clock().now());
    let window = Window::parse(None, cursor)?;
    let found = state.store.read(move |db| {
        let page = api_keys::page(db, &window, None)?;
        let owners = page.data.iter().filter_map(|key| key.organization_id.clone()).collect();
        Ok((page, names::of(db, owners, Vec::new())?))
    });
    let (page, names): (Page<ApiKey>, Names) = found.await?;
    let view = View {
        lines: page.data.iter().map(|key| line(state, key, &names, now)).collect(),
        pager: listing::pager(LIST, &[], is_continued, page.next_cursor.as_deref()),
        is_continued,
        may_make: seat.may::<Develop>(),
        secret,
    };
    Ok(frame::page(state, seat, API_KEYS, StatusCode::OK, |shell, frame| ListPage {
        shell,
        frame,
        view: &view,
    }))
}

fn line(state: &State, key: &ApiKey, names: &Names, now: Time) -> Line {
    let of = key.organization_id.as_ref();
    let scopes: Vec<_> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    Line {
        href: format!("{LIST}/{}", key.id),
        name: key.name.clone(),
        hint: key.hint.clone(),
        scopes: scopes.join(", "),
        networks: key.networks.join(", "),
        organization: of.map(|id| {
            let name = names.organization(id).unwrap_or_default().to_owned();
            (super::organization::href(id), name)
        }),
        badge: badge(state, key, now),
        is_live: key.is_live(now),
        is_rolled: key.rolled_at.is_some(),
        ends: key.expires_at.map(|at| listing::when(state, at)),
        used: key.last_used_at.map(|at| listing::when(state, at)),
        from: key.last_used_from.clone(),
    }
}

fn badge(state: &State, key: &ApiKey, now: Time) -> Badge {
    let is_unused = now.since(key.last_used_at.unwrap_or(key.created_at)) >= UNUSED;
    let (class, word) = match key {
        _ if key.revoked_at.is_some() => ("", "revoked"),
        _ if !key.is_live(now) => ("", "ended"),
        _ if key.rolled_at.is_some() => (" warn", "rolled"),
        _ if is_unused => (" warn", "unused"),
        _ => (" ok", "live"),
    };
    Badge { class, label: state.locale.text(&format!("console.api_keys.state.{word}")).to_owned() }
}

/// Whether a member's role may let a key do this: what the role may not do here it does not do by a key either.
pub(super) fn may_give(role: Role, scope: Scope) -> bool {
    match role {
        Role::Owner | Role::Admin => true,
        Role::Developer => {
            let own = [Scope::ApplicationsWrite, Scope::WebhooksWrite, Scope::ApiKeysWrite];
            scope.as_str().ends_with(":read") || own.contains(&scope)
        }
        Role::Support | Role::Viewer => false,
    }
}

/// Refuses what would give a key more than its maker has.
fn covered(role: Role, scopes: &[Scope]) -> Result<()> {
    let beyond = scopes.iter().filter(|scope| !may_give(role, **scope));
    let beyond: Vec<&str> = beyond.map(|scope| scope.as_str()).collect();
    if beyond.is_empty() {
        return Ok(());
    }
    Err(Error::Forbidden(format!(
        "A key that may do {} is made, rolled and revoked by an owner or admin. Your role is {role}.",
        beyond.join(", ")
    )))
}
