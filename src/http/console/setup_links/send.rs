//! A link gets another address, which is mailed, or copied.

use super::new::must_give;
use super::{LIST, find};
use crate::error::{FieldError, Result};
use crate::http::console::form;
use crate::http::console::frame::{self, Frame, SETUP_LINKS};
use crate::http::console::seat::{Links, Posted, Seat};
use crate::http::console::shown_before;
use crate::http::error::PageError;
use crate::http::once::Made;
use crate::http::pages::{Faults, Shell};
use crate::http::server::State;
use crate::store::Tx;
use crate::store::setup_links::{self, SetupLink};
use crate::views::setup_link::address;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;

struct View {
    title: String,
    action: String,
    by: By,
    is_guarded: bool,
    is_opened: bool,
    /// Whether mail leaves the house.
    sends: bool,
    faults: Faults,
    /// The address that was made just now: shown this once.
    secret: Option<String>,
    list: &'static str,
}

impl View {
    /// Whether the address is to be copied, and nothing is mailed.
    fn is_copy(&self) -> bool {
        matches!(self.by, By::Copy)
    }

    fn email(&self) -> &str {
        match &self.by {
            By::Mail(email) => email,
            By::Copy => "",
        }
    }
}

#[derive(Template)]
#[template(path = "console/setup_link_send.html")]
struct Page<'a> {
    shell: Shell<'a>,
    frame: Frame,
    view: &'a View,
}

/// `GET /console/setup-links/{link}/send`
pub(super) async fn ask(
    state: Data<State>,
    seat: Seat<Links>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(&state, &id).await?;
    Ok(show(&state, &seat, (&link, &organization), By::mail(&link), Vec::new(), None))
}

/// `GET /console/setup-links/{link}/copy`
pub(super) async fn ask_copy(
    state: Data<State>,
    seat: Seat<Links>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(&state, &id).await?;
    Ok(show(&state, &seat, (&link, &organization), By::Copy, Vec::new(), None))
}

/// `POST /console/setup-links/{link}/send`: the link has another address, which is mailed and shown this once.
pub(super) async fn send(
    state: Data<State>,
    posted: Posted<Links>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    let email = posted.text("email").to_owned();
    renew(&state, &posted, &id, By::Mail(email)).await
}

/// `POST /console/setup-links/{link}/copy`: the link has another address, which is shown this once.
pub(super) async fn copy(
    state: Data<State>,
    posted: Posted<Links>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    renew(&state, &posted, &id, By::Copy).await
}

/// How the address gets to whom it is for.
#[derive(Clone)]
enum By {
    /// By mail to them.
    Mail(String),
    /// By whoever copies it.
    Copy,
}

impl By {
    fn mail(link: &SetupLink) -> Self {
        Self::Mail(link.email.clone().unwrap_or_default())
    }
}

async fn renew(
    state: &State,
    posted: &Posted<Links>,
    id: &str,
    by: By,
) -> Result<HttpResponse, PageError> {
    let (link, organization) = find(state, id).await?;
    must_give(state, &posted.seat, &link.covers, link.connection_id.as_ref()).await?;
    let (id, how) = (link.id.clone(), by.clone());
    let (master, url) = (state.master.clone(), state.config.public_url.clone());
    let renew = move |tx: &mut Tx| {
        let By::Mail(to) = how else {
            let (_, token) = setup_links::renew_to_copy(tx, &id)?;
            return Ok(address(url.as_str(), &token));
        };
        let (link, token) = setup_links::renew(tx, &id, &to)?;
        let url = address(url.as_str(), &token);
        setup_links::mail(tx, &master, &link, &url)?;
        Ok(url)
    };
    let once = posted.once();
    let renew = move |tx: &mut Tx| once.make(tx, renew, |_| LIST.to_owned());
    let done = state.store.write(&link.organization_id, posted.seat.actor(), renew).await;
    let of = (&link, organization.as_str());
    Ok(match form::mendable(done, "/email")? {
        Ok(Made::Before(page)) => shown_before::show(state, &posted.seat, SETUP_LINKS, &page),
        Ok(Made::Now(url)) => show(state, &posted.seat, of, by, Vec::new(), Some(url)),
        Err(errors) => show(state, &posted.seat, of, by, errors, None),
    })
}

fn show(
    state: &State,
    seat: &Seat<Links>,
    (link, organization): (&SetupLink, &str),
    by: By,
    errors: Vec<FieldError>,
    secret: Option<String>,
) -> HttpResponse {
    let values = [("organization", organization)];
    let (title, act) = match by {
        By::Mail(_) => ("send_title", "send"),
        By::Copy => ("copy_title", "copy"),
    };
    let view = View {
        title: state.locale.fill(&format!("console.setup_links.{title}"), &values),
        action: format!("{LIST}/{}/{act}", link.id),
        by,
        is_guarded: link.is_guarded,
        is_opened: link.opened_at.is_some(),
        sends: state.poster.sends(),
        faults: Faults::from(errors),
        secret,
        list: LIST,
    };
    frame::page(state, seat, SETUP_LINKS, view.faults.status(), |shell, frame| Page {
        shell,
        frame,
        view: &view,
    })
}
