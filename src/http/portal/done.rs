//! The end of a setup: what works now, what the operator does next, and the way back.

use super::frame::{self, address, day};
use super::seat::Seat;
use super::standing;
use crate::http::error::PageError;
use crate::http::pages::{self, PortalDone, Shell, Way};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::setup_links::{Purpose, Step};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Where it is.
pub(super) const PATH: &str = "/portal/done";

/// `GET /portal/done`: whoever has not come so far is led to where they stopped.
pub(in crate::http) async fn show(
    state: Data<State>,
    seat: Seat,
) -> Result<HttpResponse, PageError> {
    let steps = seat.steps(&state);
    // A test that was left out holds nothing up: the page says that it is missing.
    let is_open = |step: &&Step| **step != Step::Test && !seat.has_done(**step);
    if let Some(open) = steps.iter().find(is_open) {
        return Ok(see_other(&address(*open)));
    }
    if steps.is_empty() {
        return Ok(see_other("/portal"));
    }
    let (of, connection) = (seat.organization.clone(), seat.connection.clone());
    let now = state.store.clock().now();
    let known =
        state.store.read(move |db| standing::read(db, &of, connection.as_ref(), now)).await?;
    let missing = standing::missing(&state, &seat, &known);
    let word = match seat.link.purpose() {
        Purpose::Renewal => "renewal",
        Purpose::Setup | Purpose::Look if missing.is_empty() => "setup",
        Purpose::Setup | Purpose::Look => "partly",
    };
    let of = seat.connection.as_ref();
    let label = || state.locale.fill("portal.back_to", &[("operator", &state.operator())]);
    let back = seat.link.return_url.clone().or_else(|| Shell::of(&state).back());
    let view = PortalDone {
        title: state.locale.text(&format!("portal.finished.{word}")).to_owned(),
        works: standing::works(&state, &seat, &known),
        missing,
        later: standing::later(&state, &seat, &known),
        next: standing::next(&state, &seat, &known),
        facts: of.and_then(|of| standing::certificate(&state, of, &known)).into_iter().collect(),
        ends: day(seat.link.expires_at),
        back: back.map(|href| Way { label: label(), href }),
        frame: frame::frame(&seat, None),
    };
    Ok(pages::portal_done(&state, &view))
}
