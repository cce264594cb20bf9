//! How the people of a customer sign in: its connections, who must use them, and its domains, as the portal shows them to its IT admin.

use super::{DomainLine, Head, SHOWN, domain, find};
use crate::error::Result;
use crate::http::console::connections as pages;
use crate::http::console::frame::{self, Frame, ORGANIZATIONS};
use crate::http::console::listing::{self, Moment};
use crate::http::console::seat::{Links, Manage, Read, Seat};
use crate::http::console::words::{self, Badge};
use crate::http::error::PageError;
use crate::http::pages::Shell;
use crate::http::server::State;
use crate::store::connections::{self, Filter, Known, Protocol};
use crate::store::organizations::Enforcement;
use crate::store::{Window, domains};
use crate::views::badge;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use askama::Template;

/// A connection as a card.
struct Card {
    id: String,
    href: String,
    name: String,
    tile: String,
    provider: String,
    protocol: &'static str,
    badges: Vec<Badge>,
    is_tested: bool,
    login_url: String,
    ends: Option<Moment>,
}

struct View {
    head: Head,
    cards: Vec<Card>,
    enforcement: String,
    is_required: bool,
    domains: Vec<DomainLine>,
    may_send: bool,
}

#[derive(Template)]
#[template(path = "console/organization_sso.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: View,
}

/// `GET /console/organizations/{organization}/sso`
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat<Read>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let organization = find(&state, &id).await?;
    let (of, now) = (organization.id.clone(), state.store.clock().now());
    let read = state.store.read(move |db| {
        let filter = Filter { organization: Some(of.clone()), ..Filter::default() };
        let window = Window { limit: SHOWN, before: None };
        let page = connections::page(db, &window, &filter)?;
        Ok((connections::known_page(db, page, now)?.data, domains::list(db, &of)?))
    });
    let (known, domains) = read.await?;
    let card = |known: &Known| {
        let row = &known.connection;
        let guide = state.guides.of(&row.provider);
        Card {
            id: row.id.to_string(),
            href: pages::href(&row.id),
            name: row.name.clone(),
            tile: guide.tile.clone(),
            provider: guide.name.clone(),
            protocol: match row.protocol {
                Protocol::Saml => "console.connections.saml",
                Protocol::Oidc => "console.connections.oidc",
            },
            badges: words::standing(&state, known, now),
            is_tested: row.tested(),
            login_url: row.login_url(state.config.public_url.as_str()),
            ends: badge::certificate_ends(row).map(|ends| listing::when(&state, ends)),
        }
    };
    let view = View {
        cards: known.iter().map(card).collect(),
        enforcement: words::enforcement(&state, organization.enforcement),
        is_required: organization.enforcement == Enforcement::Required,
        domains: domains.into_iter().map(|one| domain(&state, one)).collect(),
        may_send: seat.may::<Links>(),
        head: Head::of(&organization, seat.may::<Manage>()),
    };
    Ok(frame::page(&state, &seat, ORGANIZATIONS, StatusCode::OK, |shell, frame| Page {
        shell,
        frame,
        view,
    }))
}
