//! A link is claimed by one browser, which then takes one step after the other.

use super::codes::{self, CodeFault};
use super::{Kind, STAYS, SetupLink, Step, find, tell};
use crate::crypto::{self, MasterKey};
use crate::error::Result;
use crate::store::connections::{self, Connection};
use crate::store::organizations::Organization;
use crate::store::schema::setup_links;
use crate::store::{Db, Json, SetupLinkId, Time, Tx, organizations, origin};
use diesel::prelude::*;
use serde_json::json;

/// Why a link lets a browser in no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Another browser claimed it.
    InUse(Time),
    /// It is for one address alone, and this is not the code that was mailed there.
    Code(CodeFault),
}

impl Refusal {
    /// Why this link lets in nobody who has not been let in before; none: it does.
    #[must_use]
    pub fn of(link: &SetupLink, now: Time) -> Option<Self> {
        match link.opened_at {
            _ if link.revoked_at.is_some() => Some(Self::Revoked),
            _ if !link.is_live(now) => Some(Self::Expired),
            Some(at) => Some(Self::InUse(at)),
            None => None,
        }
    }
}

/// Binds a link to the browser that has this value, unless another was faster.
pub fn start(tx: &mut Tx, id: &SetupLinkId, browser: &str) -> Result<Result<SetupLink, Refusal>> {
    begin(tx, id, browser, None)
}

/// The same with the code that was mailed, for a link that is for one address alone.
pub fn start_with(
    tx: &mut Tx,
    master: &MasterKey,
    id: &SetupLinkId,
    browser: &str,
    code: &str,
) -> Result<Result<SetupLink, Refusal>> {
    begin(tx, id, browser, Some((master, code)))
}

fn begin(
    tx: &mut Tx,
    id: &SetupLinkId,
    browser: &str,
    code: Option<(&MasterKey, &str)>,
) -> Result<Result<SetupLink, Refusal>> {
    let mut link = find(tx.db, id)?;
    if let Some(refusal) = Refusal::of(&link, tx.now) {
        return Ok(Err(refusal));
    }
    if link.is_guarded
        && let Err(fault) = codes::take(tx, &link, code)?
    {
        return Ok(Err(Refusal::Code(fault)));
    }
    link.browser_hash = Some(crypto::hash(browser).into_string());
    link.opened_at = Some(tx.now);
    link.opened_from = origin::address().map(|address| address.to_string());
    let kind = match link.kind {
        Kind::Link => "setup_link.opened",
        Kind::Session => {
            link.expires_at = tx.now.plus(STAYS);
            "portal_session.opened"
        }
    };
    diesel::update(&link).set(&link).execute(tx.db)?;
    tell(tx, &link, kind, json!({ "connection_id": link.connection_id }))?;
    Ok(Ok(link))
}

/// Whom a browser with this value is let in for: the live link, its organization, and its connection if there is one
/// yet. Nobody where one of them is gone.
pub fn seat(
    db: &mut Db,
    browser: &str,
    now: Time,
) -> Result<Option<(SetupLink, Organization, Option<Connection>)>> {
    if !crypto::well_formed(crypto::PORTAL, browser) {
        return Ok(None);
    }
    let hash = crypto::hash(browser).into_string();
    let found: Option<SetupLink> =
        setup_links::table.filter(setup_links::browser_hash.eq(hash)).first(db).optional()?;
    let Some(link) = found.filter(|link| link.is_live(now)) else { return Ok(None) };
    let Some(organization) = organizations::by_id(db, &link.organization_id)? else {
        return Ok(None);
    };
    let Some(id) = &link.connection_id else { return Ok(Some((link, organization, None))) };
    let known = connections::by_id_with_organization(db, id)?;
    Ok(known.map(|(connection, organization)| (link, organization, Some(connection))))
}

/// The link that a browser with this value was let in by, and is not any more.
pub fn left(db: &mut Db, browser: &str, now: Time) -> Result<Option<SetupLink>> {
    if !crypto::well_formed(crypto::PORTAL, browser) {
        return Ok(None);
    }
    let hash = crypto::hash(browser).into_string();
    let found: Option<SetupLink> =
        setup_links::table.filter(setup_links::browser_hash.eq(hash)).first(db).optional()?;
    Ok(found.filter(|link| !link.is_live(now)))
}

/// Notes that a step is finished. With the last one the link is completed; a test that was left out does not hold that up.
pub fn finish(tx: &mut Tx, id: &SetupLinkId, step: Step) -> Result<SetupLink> {
    let mut link = find(tx.db, id)?;
    let steps = link.steps();
    if link.has_done(step) || !steps.contains(&step) {
        return Ok(link);
    }
    let mut done = link.done.clone().into_inner();
    done.push(step);
    link.done = Json::from(done);
    // Whoever is past the test has left it out.
    let at = |wanted| steps.iter().position(|one| *one == wanted);
    let is_complete = link.is_finished(at(step) > at(Step::Test));
    // Whoever goes on has found it.
    link.help = link.help.and_then(|help| help.into_inner().without(step)).map(Json::from);
    settle(tx, link, is_complete)
}

/// Goes on without a test sign-in: that step stays open, and where nothing else is the link is completed.
pub fn leave_test_out(tx: &mut Tx, id: &SetupLinkId) -> Result<SetupLink> {
    let link = find(tx.db, id)?;
    let is_complete = link.is_finished(true);
    settle(tx, link, is_complete)
}

/// Writes the link, and tells that it is completed if that is news.
pub(super) fn settle(tx: &mut Tx, mut link: SetupLink, is_complete: bool) -> Result<SetupLink> {
    let is_news = is_complete && link.completed_at.is_none();
    if is_news {
        link.completed_at = Some(tx.now);
    }
    diesel::update(&link).set(&link).execute(tx.db)?;
    if is_news && let (Some(id), Some(email)) = (&link.connection_id, &link.email) {
        connections::suggest_contact(tx, id, email)?;
    }
    if is_news && link.kind == Kind::Link {
        tell(tx, &link, "setup_link.completed", json!({ "connection_id": link.connection_id }))?;
    }
    Ok(link)
}

/// A step has to be taken again, because what it rested on is different. What was completed stays completed.
pub fn reopen(tx: &mut Tx, id: &SetupLinkId, step: Step) -> Result<SetupLink> {
    let mut link = find(tx.db, id)?;
    if link.has_done(step) {
        let mut done = link.done.clone().into_inner();
        done.retain(|other| *other != step);
        link.done = Json::from(done);
        diesel::update(&link).set(&link).execute(tx.db)?;
    }
    Ok(link)
}
