//! A link is over, and whoever has it asks for another one.

use super::{Kind, SetupLink, find, tell};
use crate::error::{Error, Result};
use crate::store::schema::setup_links;
use crate::store::{Actor, Db, OrganizationId, SetupLinkId, Time, Tx, mails};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// So long somebody who has asked does not ask again.
pub const ASKED_WITHIN: TimeDelta = TimeDelta::days(1);
/// So long the operator is told that somebody asks.
const TOLD_FOR: TimeDelta = TimeDelta::days(7);

/// Whether whoever has this link may ask for another one at this time: it is over, nobody has it in their place, and they have
/// not asked within a day. A visit is asked for at the vendor's app.
#[must_use]
pub fn may_ask_again(link: &SetupLink, now: Time) -> bool {
    let has_asked = link.asked_again_at.is_some_and(|at| now.since(at) < ASKED_WITHIN);
    is_wanted(link, now) && !has_asked
}

fn is_wanted(link: &SetupLink, now: Time) -> bool {
    link.kind == Kind::Link && !link.is_live(now) && link.handed_over_to.is_none()
}

/// Tells the operator that whoever has this link wants another one: once a day.
pub fn ask_again(tx: &mut Tx, id: &SetupLinkId) -> Result<()> {
    let link = find(tx.db, id)?;
    if !is_wanted(&link, tx.now) {
        let detail = "Only for a setup link that is over another one can be asked for.";
        return Err(Error::conflict("setup_link_not_over", detail));
    }
    if !may_ask_again(&link, tx.now) {
        let detail = "The operator has been asked for another link today.";
        return Err(Error::conflict("link_wanted_already", detail));
    }
    diesel::update(setup_links::table.find(id))
        .set(setup_links::asked_again_at.eq(Some(tx.now)))
        .execute(tx.db)?;
    let data = json!({
        "state": link.state(tx.now), "covers": &*link.covers, "connection_id": link.connection_id,
    });
    tell(tx, &link, "setup_link.another_wanted", data)?;
    mails::link_is_wanted(tx, &link)
}

/// Links for which another one was asked lately and none was made, the newest question first and `limit` at most.
pub fn asked_again(db: &mut Db, now: Time, limit: i64) -> Result<Vec<SetupLink>> {
    let lately = setup_links::asked_again_at.gt(Some(now.minus(TOLD_FOR)));
    let found = setup_links::table.filter(lately).order(setup_links::asked_again_at.desc());
    Ok(found.limit(limit).load(db)?)
}

/// Somebody has made another link for the organization: nobody waits for one any more. One that goes out by itself, because a
/// certificate ends, is no answer.
pub(super) fn answer(tx: &mut Tx, of: &OrganizationId) -> Result<()> {
    if *tx.actor == Actor::System {
        return Ok(());
    }
    let asked = setup_links::table
        .filter(setup_links::organization_id.eq(of))
        .filter(setup_links::asked_again_at.is_not_null());
    diesel::update(asked).set(setup_links::asked_again_at.eq(None::<Time>)).execute(tx.db)?;
    Ok(())
}
