//! A setup that was begun by another link goes on by this one.

use super::claim::settle;
use super::{Cover, Reach, SetupLink, Step, Way, find, making, must_be_trusted, tell};
use crate::error::{Error, Result};
use crate::store::connections::{self, Connection, ConnectionState};
use crate::store::schema::{connections as places, setup_links};
use crate::store::{ConnectionId, Db, Json, SetupLinkId, Time, Tx, directories};
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;

/// Among so many links of an organization, the newest, is looked for those that have begun something.
const LOOKED_THROUGH: i64 = 50;

/// The setups that a link can go on with, the newest first: connections of its own organization by which nobody signs in yet and
/// that somebody has begun to set up with a link; none that was begun with a link which was taken back, as nobody knows who had
/// that. None either where the link has a connection already, unless that is a draft of its own of which nothing is known.
pub fn resumable(db: &mut Db, link: &SetupLink, now: Time) -> Result<Vec<Connection>> {
    if !link.steps().contains(&Step::Provider) || !is_free(db, link, now)? {
        return Ok(Vec::new());
    }
    let mut begun: Vec<ConnectionId> =
        others(db, link)?.into_iter().filter_map(|other| other.connection_id).collect();
    let taken_back = taken_back(db, &begun)?;
    begun.retain(|one| !taken_back.contains(one));
    let mut found: Vec<Connection> = places::table
        .filter(places::organization_id.eq(&link.organization_id))
        .filter(places::deleted_at.is_null())
        .filter(places::state.eq_any([ConnectionState::Draft, ConnectionState::Testing]))
        .filter(places::id.eq_any(begun))
        .order(places::id.desc())
        .load(db)?;
    found.retain(|one| link.connection_id.as_ref() != Some(&one.id));
    Ok(found)
}

/// Those of these connections of which a link was taken back. One that was handed over has gone on.
fn taken_back(db: &mut Db, of: &[ConnectionId]) -> Result<Vec<ConnectionId>> {
    let found: Vec<Option<ConnectionId>> = setup_links::table
        .filter(setup_links::connection_id.eq_any(of))
        .filter(setup_links::revoked_at.is_not_null())
        .filter(setup_links::handed_over_to.is_null())
        .select(setup_links::connection_id)
        .load(db)?;
    Ok(found.into_iter().flatten().collect())
}

/// The other links of the same organization with which somebody has begun what this link covers, the newest first.
fn others(db: &mut Db, link: &SetupLink) -> Result<Vec<SetupLink>> {
    let mut found: Vec<SetupLink> = setup_links::table
        .filter(setup_links::organization_id.eq(&link.organization_id))
        .filter(setup_links::id.ne(&link.id))
        .filter(setup_links::opened_at.is_not_null())
        .filter(setup_links::connection_id.is_not_null())
        .order(setup_links::id.desc())
        .limit(LOOKED_THROUGH)
        .load(db)?;
    let is_covered = |way: Way| way != Way::Directory || link.has(Cover::Provisioning);
    found.retain(|other| other.has(Cover::SignIn) && is_covered(other.way()));
    Ok(found)
}

/// Whether nothing is lost where the link goes elsewhere.
fn is_free(db: &mut Db, link: &SetupLink, now: Time) -> Result<bool> {
    let Some(id) = &link.connection_id else { return Ok(true) };
    if link.drafted.as_ref() != Some(id) || is_shared(db, link, id, now)? {
        return Ok(false);
    }
    let own = connections::find(db, id)?;
    let is_bare = own.state == ConnectionState::Draft && !own.knows_its_provider();
    Ok(is_bare && directories::by_connection(db, id)?.is_none())
}

/// Goes on with a setup that another link has begun: what is set up, and how far, is as that link left it. The draft that this one
/// had is taken away. With what a directory rests on already only a link goes on that is trusted with it.
pub fn resume(tx: &mut Tx, id: &SetupLinkId, wanted: &ConnectionId) -> Result<SetupLink> {
    let link = find(tx.db, id)?;
    let is_offered = resumable(tx.db, &link, tx.now)?.iter().any(|one| one.id == *wanted);
    let mut all = others(tx.db, &link)?.into_iter();
    let before = all.find(|other| other.connection_id.as_ref() == Some(wanted));
    let Some(before) = before.filter(|_| is_offered) else {
        return Err(Error::not_found("unfinished setup", wanted.as_str()));
    };
    let (way, mut done) =
        making::already(tx.db, &link.organization_id, Some(wanted), &link.covers)?;
    let of_connection = || (way != Way::Saml).then(|| way.to_string());
    // The link before may be over, and not know that the connection has gone on in another way since.
    let fits = [way, Way::Directory].contains(&before.way());
    let own = link.connection_id.clone();
    let mut link = SetupLink {
        connection_id: Some(wanted.clone()),
        provider: before.provider.filter(|_| fits).or_else(of_connection),
        ..link
    };
    if fits {
        done.extend(before.done.into_inner());
    }
    let mut steps = link.steps();
    steps.retain(|step| done.contains(step));
    link.done = Json::from(steps);
    // A draft is taken away for another only by a link that is alone with it.
    let is_shared = is_shared(tx.db, &link, wanted, tx.now)?;
    link.drafted = before.drafted.filter(|drafted| drafted == wanted && !is_shared);
    diesel::update(setup_links::table.filter(setup_links::drafted.eq(wanted)))
        .set(setup_links::drafted.eq(None::<ConnectionId>))
        .execute(tx.db)?;
    diesel::update(setup_links::table.find(id)).set(&link).execute(tx.db)?;
    must_be_trusted(tx, Reach::Directory(wanted))?;
    if let Some(own) = own {
        connections::delete(tx, &own)?;
    }
    tell(tx, &link, "setup_link.resumed", json!({ "connection_id": wanted }))?;
    let is_complete = link.is_finished(false);
    settle(tx, link, is_complete)
}

/// Whether somebody can come by another link to the same connection.
pub(super) fn is_shared(
    db: &mut Db,
    link: &SetupLink,
    connection: &ConnectionId,
    now: Time,
) -> Result<bool> {
    let others = setup_links::table
        .filter(setup_links::connection_id.eq(connection))
        .filter(setup_links::id.ne(&link.id))
        .filter(setup_links::revoked_at.is_null())
        .filter(setup_links::expires_at.gt(now));
    Ok(diesel::select(exists(others)).get_result(db)?)
}
