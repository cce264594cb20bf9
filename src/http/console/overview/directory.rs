//! The demo's directory is played from the overview.

use crate::acts::demo::{self as acts, Part};
use crate::error::Error;
use crate::http::console::connections;
use crate::http::console::form::Choice;
use crate::http::console::listing;
use crate::http::console::seat::{Manage, Posted};
use crate::http::demo::own_address;
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::server::State;
use crate::store::demo;
use actix_web::HttpResponse;
use actix_web::web::Data;

/// Whose part can be played.
pub(in crate::http::console) fn parts() -> Vec<Choice> {
    let choice = |part: Part| Choice {
        value: part.dialect().as_str().to_owned(),
        label: part.dialect().name().to_owned(),
        is_chosen: part == Part::JumpCloud,
    };
    Part::ALL.map(choice).into()
}

/// `POST /console/demo/scim`: leads to what the directory has asked.
pub(in crate::http) async fn push(
    state: Data<State>,
    posted: Posted<Manage>,
) -> Result<HttpResponse, PageError> {
    let part: Part = posted
        .text("part")
        .parse()
        .map_err(|why: String| Error::invalid("/part", "invalid", why))?;
    let demo = if state.config.demo_is_on() { state.store.read(demo::find).await? } else { None };
    let demo = demo.ok_or_else(|| Error::not_found("demo", ""))?;
    let (address, actor) = (own_address(&state.config), posted.seat.actor());
    acts::provision(&state.store, actor, &demo.connection, part, &address, &mut |_| ()).await?;
    if posted.text("connection") == demo.connection.id.as_str() {
        let page = connections::href(&demo.connection.id);
        let to = format!("{page}/provisioning#arrivals");
        return Ok(done::lead(&state, Done::DirectoryAsked, &to));
    }
    let of = [("organization", demo.organization.id.as_str())];
    let to = listing::href("/console/scim-requests", &of);
    Ok(done::lead(&state, Done::DirectoryAsked, &to))
}
