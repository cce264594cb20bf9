//! A link is mailed to whom it is for, and sent again.

use super::{Kind, SetupLink, codes, find, tell};
use crate::crypto::{self, MasterKey, Secret};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::store::mails::{self, Secrets, ToAdmin, values};
use crate::store::{SetupLinkId, Tx, organizations};
use diesel::prelude::*;
use serde_json::json;

/// Mails a link that was made just now to whom it is for, if that is known. `url` is where it leads.
pub fn mail(tx: &mut Tx, master: &MasterKey, link: &SetupLink, url: &str) -> Result<()> {
    let Some(to) = link.email.as_deref().and_then(|text| Email::parse(text).ok()) else {
        return Ok(());
    };
    let organization = organizations::find(tx.db, &link.organization_id)?;
    let mail = ToAdmin {
        kind: mails::Kind::SetupLink,
        organization: (&organization.id, &organization.name),
        link: &link.id,
        to: &to,
        values: values([
            ("day", link.expires_at.to_utc().format("%-d %b %Y").to_string()),
            ("note", link.note.clone().unwrap_or_default()),
        ]),
    };
    let secrets =
        Secrets { master, values: values([("url", url.to_owned())]), until: link.expires_at };
    mails::to_admin(tx, mail, secrets)
}

/// Gives a link another token, shown this once, to be sent again to this address. The one before opens nothing any more, and
/// whoever came by it is out of the portal; what they have set up stays.
pub fn renew(tx: &mut Tx, id: &SetupLinkId, email: &str) -> Result<(SetupLink, Secret)> {
    anew(tx, id, Some(email))
}

/// The same for whom it is for already, to be handed over by whoever copies it.
pub fn renew_to_copy(tx: &mut Tx, id: &SetupLinkId) -> Result<(SetupLink, Secret)> {
    anew(tx, id, None)
}

fn anew(tx: &mut Tx, id: &SetupLinkId, email: Option<&str>) -> Result<(SetupLink, Secret)> {
    let mut link = find(tx.db, id)?;
    if link.kind != Kind::Link || !link.is_live(tx.now) {
        let detail = "The setup link is over, and cannot be sent again. Make a new one.";
        return Err(Error::conflict("setup_link_over", detail));
    }
    let invalid =
        |fault: crate::email::Fault| Error::invalid("/email", fault.code(), fault.to_string());
    let email = email.map(Email::parse).transpose().map_err(invalid)?;
    let secret = crypto::token(crypto::SETUP_LINK);
    link.hash = crypto::hash(secret.reveal()).into_string();
    link.hint = format!("{}…{}", crypto::SETUP_LINK, secret.last_four());
    link.browser_hash = None;
    link.opened_at = None;
    link.opened_from = None;
    link.email = email.map(|email| email.to_string()).or(link.email);
    // It is worth what whoever has it now could have made.
    link.created_by = tx.actor.to_string();
    codes::forget(tx, id)?;
    diesel::update(&link).set(&link).execute(tx.db)?;
    tell(tx, &link, "setup_link.renewed", json!({ "expires_at": link.expires_at }))?;
    Ok((link, secret))
}
