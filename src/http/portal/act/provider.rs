//! The provider is chosen, and with it how it signs people in.

use crate::error::{Error, Result};
use crate::http::portal::frame::address;
use crate::http::portal::seat::{Posted, Seat, provider_is_required};
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::setup_links::{self, Choice, Step, Way};
use crate::store::{ConnectionId, Tx, connections};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// The button that goes on with what was begun with another link.
const RESUME: &str = "resume";

/// Goes on with a setup of the organization that was begun with another link.
async fn resume(state: &Data<State>, seat: &Seat, wanted: &str) -> Result<HttpResponse> {
    let none = || Error::not_found("unfinished setup", wanted);
    let wanted: ConnectionId = wanted.parse().map_err(|_| none())?;
    // The same form sent twice.
    if seat.connection.as_ref().is_none_or(|present| present.id != wanted) {
        let id = seat.link.id.clone();
        let resume = move |tx: &mut Tx| setup_links::resume(tx, &id, &wanted);
        state.store.write(&seat.link.organization_id, seat.actor(), resume).await?;
    }
    Ok(see_other("/portal/setup"))
}

/// Chooses the provider, or goes on with the one that is chosen, here or by whoever made the link.
pub(super) async fn choose(state: &Data<State>, posted: &Posted) -> Result<HttpResponse> {
    let seat = &posted.seat;
    if posted.has(RESUME) {
        return resume(state, seat, posted.text(RESUME)).await;
    }
    let word = match posted.text("provider") {
        "" if seat.connection.is_some() => {
            return super::finish(state, seat, Step::Provider).await;
        }
        "" => seat.link.provider.clone().ok_or_else(provider_is_required)?,
        chosen => chosen.to_owned(),
    };
    let way = word.parse::<Way>().unwrap_or(Way::Saml);
    let present = seat.connection.as_ref();
    let anew = setup_links::begun_anew(&seat.link, present, way, &word);
    // What is finished is not undone by one click.
    if !posted.has("sure") && anew.iter().any(|step| *step != Step::Provider) {
        if way == Way::Saml {
            state.guides.find(&word)?;
        }
        return Ok(see_other(&format!("{}?change={word}", address(Step::Provider))));
    }
    let (guide, name, key) = match way {
        Way::Saml => {
            let guide = state.guides.find(&word)?;
            (guide.id.clone(), guide.name.clone(), None)
        }
        Way::OpenId => {
            let name = state.locale.text("portal.openid.name").to_owned();
            // Made before the transaction, which others wait for.
            (word, name, Some(state.store.apart(|_| connections::openid::new_key()).await?))
        }
        Way::Directory => (word, state.locale.text("portal.scim.name").to_owned(), None),
    };
    let (id, scope, master) =
        (seat.link.id.clone(), seat.link.organization_id.clone(), state.master.clone());
    let link = state
        .store
        .write(&scope, seat.actor(), move |tx| {
            let choice = match (way, &key) {
                (Way::OpenId, Some(key)) => Choice::OpenId(&master, key),
                (Way::Directory, _) => Choice::Directory,
                _ => Choice::Guide(&guide),
            };
            setup_links::choose(tx, &id, choice, &name)?;
            setup_links::finish(tx, &id, Step::Provider)
        })
        .await?;
    // The way that was chosen may have other steps.
    let mut steps =
        seat.steps_of(state, &link).into_iter().skip_while(|step| *step != Step::Provider);
    let next = steps.nth(1).map_or_else(|| "/portal".to_owned(), address);
    Ok(see_other(&next))
}
