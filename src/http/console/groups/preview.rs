//! A member's draft is previewed, and exactly what was previewed is applied.

use super::shown::{Known, Told, page};
use super::{href, look};
use crate::error::{Error, Result};
use crate::http::console::seat::{Manage, Posted, Seat};
use crate::http::done::{self, Done};
use crate::http::error::PageError;
use crate::http::previewed;
use crate::http::server::State;
use crate::http::sign_in::see_other;
use crate::store::access::{drafts, preview, previews};
use crate::views::preview::PreviewQuestion;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

/// The tick by which it is meant that many people lose something.
pub(super) const MEANT: &str = "meant";

/// `POST …/groups/preview`: what the member's draft would do.
pub(super) async fn make(
    state: Data<State>,
    posted: Posted<Manage>,
    id: Path<String>,
) -> Result<HttpResponse, PageError> {
    Ok(see_other(&ask(&state, &posted.seat, &id).await?))
}

/// Previews the draft, or has a job do it; tells where the answer is.
async fn ask(state: &State, seat: &Seat<Manage>, id: &str) -> Result<String> {
    let (base, ()) = look(state, seat, id, |_, _| Ok(())).await?;
    let of = base.organization.id.clone();
    let question = base.draft.question(&base.rules);
    let asked = serde_json::to_value(&question).map_err(anyhow::Error::new)?;
    let result = match previewed::at_once(state, &of, question).await {
        Ok(None) => None,
        Ok(Some(view)) => Some(Ok(serde_json::to_value(view).map_err(anyhow::Error::new)?)),
        Err(error @ (Error::Invalid(_) | Error::Conflict { .. } | Error::NotFound { .. })) => {
            Some(Err(told(&error)))
        }
        Err(other) => return Err(other),
    };
    let write = state.store.write(&base.organization.id, seat.actor(), move |tx| match result {
        Some(result) => previews::keep(tx, &of, asked, result),
        None => previews::ask(tx, &of, asked),
    });
    let row = write.await?;
    Ok(format!("{}/previews/{}", href(&row.organization_id), row.id))
}

/// What is wrong, all of it.
pub(super) fn told(error: &Error) -> String {
    match error {
        Error::Invalid(errors) => {
            errors.iter().map(|it| it.detail.as_str()).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// `POST …/groups/previews/{preview}/apply`: what was previewed, if nothing has changed since. Otherwise the draft is
/// previewed again, and that asks again.
pub(super) async fn apply(
    state: Data<State>,
    posted: Posted<Manage>,
    ids: Path<(String, String)>,
) -> Result<HttpResponse, PageError> {
    let known = match Known::read(&state, &posted.seat, &ids.0, &ids.1).await {
        Err(Error::Conflict { code: previews::EXPIRED, .. }) => {
            return again(&state, &posted.seat, &ids.0).await;
        }
        known => known?,
    };
    let refuse = |key: &str| state.locale.text(&format!("console.groups.{key}")).to_owned();
    let Some(view) = known.view.as_ref().filter(|_| !known.is_other()) else {
        let told = Told { fault: Some(refuse("draft_differs")), ..Told::default() };
        return Ok(page(&state, &posted.seat, &known, told));
    };
    if known.takes_much && posted.text(MEANT) != "1" {
        let told = Told { fault: Some(refuse("not_meant")), ..Told::default() };
        return Ok(page(&state, &posted.seat, &known, told));
    }
    let question: PreviewQuestion = known.base.draft.question(&known.base.rules);
    let (asked, seen) = (question.asked()?, view.version.clone());
    let (of, member) = (known.base.organization.id.clone(), posted.seat.member.id.clone());
    let draft = known.base.kept.clone();
    let write = state.store.write(&known.base.organization.id, posted.seat.actor(), move |tx| {
        // What another window has changed since is neither applied nor lost.
        drafts::save(tx, &of, &member, draft.as_ref(), None)?;
        preview::apply(tx, &of, asked, &seen)
    });
    match write.await {
        Ok(_) => {
            let at = href(&known.base.organization.id);
            Ok(done::lead(&state, Done::ChangesApplied, &format!("{at}/mappings")))
        }
        Err(Error::Stale(_)) => again(&state, &posted.seat, &ids.0).await,
        Err(error @ (Error::Invalid(_) | Error::Conflict { .. } | Error::NotFound { .. })) => {
            let told = Told { fault: Some(told(&error)), ..Told::default() };
            Ok(page(&state, &posted.seat, &known, told))
        }
        Err(other) => Err(other.into()),
    }
}

/// Previews the draft anew, since what was previewed is no more.
async fn again(state: &State, seat: &Seat<Manage>, id: &str) -> Result<HttpResponse, PageError> {
    Ok(see_other(&format!("{}?again=1", ask(state, seat, id).await?)))
}
