//! Whose word a link carries: a link is good for days, and what was a draft when it was made may be what people sign in by.

use super::{SetupLink, find};
use crate::error::{Error, Result};
use crate::store::connections::Connection;
use crate::store::members::{self, Role};
use crate::store::{Db, MemberId, SetupLinkId};

/// How often a link can have been handed over.
const HANDS: usize = 20;

/// Refuses to change, by a link, a connection by which people sign in, if the member who made the link may not look after
/// customers now. Links of programs and of the command line, whose makers may, are good to their end.
pub fn must_be_trusted(db: &mut Db, link: &SetupLink, connection: &Connection) -> Result<()> {
    if !connection.is_used() || is_trusted(db, link)? {
        return Ok(());
    }
    let detail = "People sign in by this connection, and this link was made by somebody who may not change that. Ask for a new link.";
    Err(Error::conflict("setup_link_not_trusted", detail))
}

/// Refuses to give anybody a place by a link whose maker may not look after customers now.
pub fn must_be_trusted_with_places(db: &mut Db, link: &SetupLink) -> Result<()> {
    if is_trusted(db, link)? {
        return Ok(());
    }
    let detail =
        "This link was made by somebody who may not give people places. Ask for a new link.";
    Err(Error::conflict("setup_link_not_trusted", detail))
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
