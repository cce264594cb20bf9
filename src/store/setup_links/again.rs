//! Links that wait for the operator: whoever has them asks for another one or for help, or is done.

use super::{Cover, Kind, SetupLink, find, tell};
use crate::error::{Error, Result};
use crate::store::connections::{Connection, ConnectionState};
use crate::store::schema::{connections, organizations, setup_links};
use crate::store::{Actor, Db, OrganizationId, SetupLinkId, Time, Tx, mails};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashSet;

/// So long somebody who has asked does not ask again.
pub const ASKED_WITHIN: TimeDelta = TimeDelta::days(1);
/// So long the operator is told that somebody asks.
const TOLD_FOR: TimeDelta = TimeDelta::days(7);
/// Among so many links that were finished last is looked for connections that wait.
const LOOKED_THROUGH: i64 = 200;

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

/// Links at which somebody is stuck and has said so, and which are not over, the newest first and `limit` at most.
pub fn stuck(db: &mut Db, now: Time, limit: i64) -> Result<Vec<SetupLink>> {
    let found = setup_links::table
        .filter(setup_links::help.is_not_null())
        .filter(setup_links::completed_at.is_null())
        .filter(setup_links::revoked_at.is_null())
        .filter(setup_links::expires_at.gt(now))
        .order(setup_links::created_at.desc());
    Ok(found.limit(limit).load(db)?)
}

/// Connections that wait to be turned on since somebody has finished a link to them, each with the last such link, the newest
/// first and `limit` at most.
pub fn to_turn_on(db: &mut Db, limit: usize) -> Result<Vec<(SetupLink, Connection)>> {
    let found = setup_links::table
        .inner_join(
            connections::table.on(setup_links::connection_id.eq(connections::id.nullable())),
        )
        .inner_join(organizations::table.on(organizations::id.eq(connections::organization_id)))
        .filter(organizations::deleted_at.is_null())
        .filter(setup_links::completed_at.is_not_null())
        .filter(connections::state.eq(ConnectionState::Testing))
        .order(setup_links::completed_at.desc())
        .select((setup_links::all_columns, connections::all_columns));
    let all: Vec<(SetupLink, Connection)> = found.limit(LOOKED_THROUGH).load(db)?;
    let mut seen = HashSet::new();
    let is_of_sign_in = |link: &SetupLink| link.has(Cover::SignIn);
    let ready = all
        .into_iter()
        .filter(|(link, connection)| is_of_sign_in(link) && seen.insert(connection.id.clone()));
    Ok(ready.take(limit).collect())
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
