//! A link is handed over: another takes its place, for somebody else.

use super::{Kind, SetupLink, find, revoke, tell};
use crate::crypto::{self, Secret};
use crate::error::{Error, Result};
use crate::store::schema::setup_links;
use crate::store::{SetupLinkId, Tx};
use diesel::prelude::*;
use serde_json::json;

/// Makes a link that covers what this one covers, is as far as it is and ends when it would have ended. Its token is shown
/// this once, and this one lets nobody in any more.
///
/// What comes of a visit is a link, too: whoever gets it is not signed in at the vendor's app, and does not go back there.
pub fn hand_over(tx: &mut Tx, id: &SetupLinkId) -> Result<(SetupLink, Secret)> {
    let present = find(tx.db, id)?;
    if !present.is_live(tx.now) {
        let detail = "The setup link is over, and cannot be handed over. Ask for a new one.";
        return Err(Error::conflict("setup_link_over", detail));
    }
    if present.is_guarded {
        let detail = "This link is for one address alone. Ask whoever sent it for a link for your colleague.";
        return Err(Error::conflict("setup_link_guarded", detail));
    }
    let secret = crypto::token(crypto::SETUP_LINK);
    let link = SetupLink {
        id: SetupLinkId::new(),
        kind: Kind::Link,
        return_url: None,
        person: None,
        hash: crypto::hash(secret.reveal()).into_string(),
        hint: format!("{}…{}", crypto::SETUP_LINK, secret.last_four()),
        created_by: tx.actor.to_string(),
        created_at: tx.now,
        opened_at: None,
        opened_from: None,
        browser_hash: None,
        help: None,
        asked_again_at: None,
        // It is somebody else's now, whose address nobody knows.
        email: None,
        ..present
    };
    diesel::insert_into(setup_links::table).values(&link).execute(tx.db)?;
    let data = json!({
        "covers": &*link.covers,
        "connection_id": link.connection_id,
        "expires_at": link.expires_at,
        "handed_over_from": id,
    });
    tell(tx, &link, "setup_link.created", data)?;
    revoke(tx, id)?;
    diesel::update(setup_links::table.find(id))
        .set(setup_links::handed_over_to.eq(&link.id))
        .execute(tx.db)?;
    Ok((link, secret))
}
