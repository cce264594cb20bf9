//! Whose word a link carries: a link is good for days, and what was a draft when it was made may be what people sign in by,
//! or what a directory provisions them by.

use super::{SetupLink, find};
use crate::error::{Error, Result};
use crate::store::connections::{self, ConnectionState};
use crate::store::members::{self, Role};
use crate::store::schema::{connections as places, directories, scim_tokens};
use crate::store::{Actor, ConnectionId, Db, MemberId, OrganizationId, SetupLinkId, Tx};
use diesel::prelude::*;

/// How often a link can have been handed over.
const HANDS: usize = 20;

const SIGN_IN: &str = "People sign in by this connection, and this link was made by somebody who may not change that. Ask for a new link.";
const DIRECTORY: &str = "People sign in by this connection, or a directory provisions them by it, and this link was made by somebody who may not change that. Ask for a new link.";
const ORGANIZATION: &str = "People sign in here, or a directory provisions them, and this link was made by somebody who may not change that. Ask for a new link.";
const PLACES: &str =
    "This link was made by somebody who may not give people places. Ask for a new link.";

/// What a link is about to change.
#[derive(Debug, Clone, Copy)]
pub enum Reach<'a> {
    /// How people sign in by this connection.
    SignIn(&'a ConnectionId),
    /// Who provisions people by this connection.
    Directory(&'a ConnectionId),
    /// What all connections of this organization rest on: its domains, whether its directories may push groups.
    Organization(&'a OrganizationId),
    /// What people get.
    Places,
}

/// Refuses, in the transaction that changes something, what the link in whose name that is done is not trusted with: to change
/// what is live, if the member who made the link may not look after customers now. Links of programs and of the command
/// line, whose makers may, are good to their end. A link that is over meanwhile changes nothing at all.
///
/// Whoever is no link has been let in by a door of their own.
pub fn must_be_trusted(tx: &mut Tx, reach: Reach<'_>) -> Result<()> {
    let Actor::Portal(id) = tx.actor else { return Ok(()) };
    let link = find(tx.db, id)?;
    if !link.is_live(tx.now) {
        let detail = "The setup link is over. Ask for a new one.";
        return Err(Error::conflict("setup_link_over", detail));
    }
    let asks = match reach {
        Reach::SignIn(id) => {
            belongs(&link, id)?;
            connections::find(tx.db, id)?.is_used().then_some(SIGN_IN)
        }
        Reach::Directory(id) => {
            belongs(&link, id)?;
            let one = places::table.filter(places::id.eq(id)).into_boxed();
            are_live(tx.db, one)?.then_some(DIRECTORY)
        }
        Reach::Organization(of) => {
            let all = places::table.filter(places::organization_id.eq(of)).into_boxed();
            are_live(tx.db, all)?.then_some(ORGANIZATION)
        }
        Reach::Places => Some(PLACES),
    };
    match asks {
        Some(detail) if !is_trusted(tx.db, &link)? => {
            Err(Error::conflict("setup_link_not_trusted", detail))
        }
        _ => Ok(()),
    }
}

/// A link that was given another connection meanwhile does nothing to the one before.
fn belongs(link: &SetupLink, connection: &ConnectionId) -> Result<()> {
    if link.connection_id.as_ref() == Some(connection) {
        return Ok(());
    }
    Err(Error::not_found("connection", connection.as_str()))
}

/// Whether people sign in by one of these connections, or a directory provisions them by it: it has shown one of its tokens,
/// or has people or groups. A connection that has a directory and nothing else is a draft for good, and live by that.
fn are_live(
    db: &mut Db,
    wanted: places::BoxedQuery<'_, <Db as diesel::Connection>::Backend>,
) -> Result<bool> {
    let told = directories::table
        .filter(directories::users.gt(0).or(directories::groups.gt(0)))
        .select(directories::connection_id);
    let shown = scim_tokens::table
        .filter(scim_tokens::last_used_at.is_not_null())
        .select(scim_tokens::connection_id);
    let used = places::state.eq_any([ConnectionState::Active, ConnectionState::Disabled]);
    let live = wanted
        .filter(places::deleted_at.is_null())
        .filter(used.or(places::id.eq_any(told)).or(places::id.eq_any(shown)))
        .select(places::id)
        .limit(1);
    Ok(live.first::<ConnectionId>(db).optional()?.is_some())
}

fn is_trusted(db: &mut Db, link: &SetupLink) -> Result<bool> {
    let mut maker = link.created_by.clone();
    for _ in 0..HANDS {
        if let Some(Ok(id)) = maker.strip_prefix("portal:").map(str::parse::<SetupLinkId>) {
            maker = match find(db, &id) {
                Ok(before) => before.created_by,
                Err(Error::NotFound { .. }) => return Ok(false),
                Err(other) => return Err(other),
            };
            continue;
        }
        let Some(Ok(id)) = maker.strip_prefix("member:").map(str::parse::<MemberId>) else {
            return Ok(true);
        };
        return match members::find(db, &id) {
            Ok(member) => Ok(matches!(member.role, Role::Owner | Role::Admin)),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(other) => Err(other),
        };
    }
    Ok(false)
}
