//! An owner takes somebody's second step away who has lost app and recovery codes.

use super::LIST;
use crate::error::{Error, Result};
use crate::http::console::confirm::{self, Confirm};
use crate::http::console::frame::MEMBERS;
use crate::http::console::seat::{Members, Posted, Seat};
use crate::http::done::Done;
use crate::http::error::PageError;
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::members::{self, Member, second_step};
use crate::store::{MemberId, Scope};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// `GET /console/settings/members/{member}/second-step`
pub(in crate::http) async fn ask_reset_step(
    state: Data<State>,
    seat: Seat<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    let (member, is_on) = find(&state, &seat, &id).await?;
    if !is_on {
        return Ok(see_other(&format!("{LIST}/{}", member.id)));
    }
    Ok(confirm::ask(&state, &seat, &asking(&state, &member)))
}

/// `POST /console/settings/members/{member}/second-step`
pub(in crate::http) async fn reset_step(
    state: Data<State>,
    posted: Posted<Members>,
    id: Path<MemberId>,
) -> Result<HttpResponse, PageError> {
    let (member, is_on) = find(&state, &posted.seat, &id).await?;
    let back = format!("{LIST}/{}", member.id);
    if !is_on {
        return Ok(see_other(&back));
    }
    let id = member.id.clone();
    let done = state
        .store
        .write(Scope::System, posted.seat.actor(), move |tx| second_step::remove(tx, &id));
    confirm::after(
        &state,
        &posted.seat,
        &asking(&state, &member),
        done.await,
        Done::StepReset,
        &back,
    )
}

/// Somebody else, and whether their second step is on: one's own is removed with the password.
async fn find(state: &State, seat: &Seat<Members>, id: &MemberId) -> Result<(Member, bool)> {
    if *id == seat.member.id {
        let why = "Your own second step is removed on the page of your account.";
        return Err(Error::Forbidden(why.to_owned()));
    }
    let id = id.clone();
    let found = state
        .store
        .read(move |db| Ok((members::find(db, &id)?, second_step::since(db, &id)?.is_some())));
    found.await
}

fn asking(state: &State, member: &Member) -> Confirm {
    let back = format!("{LIST}/{}", member.id);
    let say = |what: &str| {
        let values = [("name", member.name.as_str())];
        state.locale.fill(&format!("console.members.{what}"), &values)
    };
    Confirm {
        above: vec![(back.clone(), member.name.clone())],
        title: say("step_title"),
        texts: vec![member.email.clone(), say("step_sure")],
        action: format!("{back}/second-step"),
        button: say("step"),
        ..Confirm::blank(MEMBERS, back)
    }
}
