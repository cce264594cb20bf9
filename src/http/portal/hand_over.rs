//! The setup is handed over to a colleague, who has the rights that it takes.

use super::frame;
use super::seat::{Posted, Seat};
use super::standing;
use crate::error::Result;
use crate::http::error::PageError;
use crate::http::pages::{self, HandOver};
use crate::http::server::State;
use crate::store::setup_links;
use crate::views::setup_link::address;
use actix_web::HttpResponse;
use actix_web::web::Data;

/// `GET /portal/hand-over`: what comes of it, before anything does.
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat,
) -> Result<HttpResponse, PageError> {
    Ok(render(&state, &seat, None).await?)
}

/// `POST /portal/hand-over`: makes the colleague's link, shown this once, and ends this visit.
pub(in crate::http) async fn give(
    state: Data<State>,
    posted: Posted,
) -> Result<HttpResponse, PageError> {
    let seat = &posted.seat;
    let (id, scope) = (seat.link.id.clone(), &seat.link.organization_id);
    let (_, secret) =
        state.store.write(scope, seat.actor(), move |tx| setup_links::hand_over(tx, &id)).await?;
    let address = address(state.config.public_url.as_str(), &secret);
    Ok(render(&state, seat, Some(address)).await?)
}

async fn render(state: &State, seat: &Seat, link: Option<String>) -> Result<HttpResponse> {
    let (of, connection) = (seat.organization.clone(), seat.connection.clone());
    let now = state.store.clock().now();
    let known =
        state.store.read(move |db| standing::read(db, &of, connection.as_ref(), now)).await?;
    let view = HandOver {
        frame: frame::frame(seat, None),
        step: seat.open_step(state).map(|step| frame::say(state, seat, step, "name")),
        left: standing::left(state, seat, &known),
        ends: frame::day(seat.link.expires_at),
        link,
    };
    Ok(pages::portal_hand_over(state, &view))
}
