//! Previews that are made while whoever asks waits, whichever door they come by.

use super::server::State;
use crate::error::Result;
use crate::store::OrganizationId;
use crate::store::access::{preview, previews};
use crate::views::preview::{PreviewQuestion, PreviewView};
use anyhow::Context;

/// What would happen; none: it is of so many people that a job works on it. What cannot be is refused at once either way.
pub(super) async fn at_once(
    state: &State,
    organization: &OrganizationId,
    question: PreviewQuestion,
) -> Result<Option<PreviewView>> {
    let asked = question.asked()?;
    let of = organization.clone();
    if state.store.read(move |db| previews::is_for_a_job(db, &of)).await? {
        return Ok(None);
    }
    let (of, now) = (organization.clone(), state.store.clock().now());
    let turn = state.previewing.acquire().await.context("a turn to preview")?;
    let read =
        state.store.read(move |db| preview::preview(db, &of, asked, now, &mut |_, _| Ok(())));
    let found = read.await?;
    drop(turn);
    Ok(Some(found.into()))
}
