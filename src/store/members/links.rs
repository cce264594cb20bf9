//! Links of one use: by which somebody chooses a password, the first owner or whoever is made or reset later, and by which a
//! member signs in who cannot otherwise.

use super::{Member, NewMember, create, find, is_empty, set_password};
use crate::clock::Time;
use crate::crypto::{self, MasterKey, Secret, TokenHash};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::store::schema::member_links;
use crate::store::types::word;
use crate::store::{Db, MemberId, MemberLinkId, Tx, events, mails};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// How long a link is good.
const LINK_LASTS: TimeDelta = TimeDelta::minutes(60);

word!(
    /// What a link is for.
    Purpose {
        /// Choosing a password.
        Password = "password",
        /// Signing in, with the password as it is.
        SignIn = "sign_in",
    }
);

/// A link.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = member_links)]
pub struct Link {
    /// Its ID.
    pub id: MemberLinkId,
    /// SHA-256 of its token.
    pub hash: TokenHash,
    /// Whose password it sets; none: it makes the first owner.
    pub member_id: Option<MemberId>,
    /// From when on it does nothing.
    pub expires_at: Time,
    /// What it is for.
    pub purpose: Purpose,
}

/// A link that makes the first owner, while there is no member. A link that was made before ends.
pub fn start(tx: &mut Tx) -> Result<Option<Secret>> {
    if !is_empty(tx.db)? {
        return Ok(None);
    }
    diesel::delete(member_links::table).execute(tx.db)?;
    Ok(Some(make(tx, None, Purpose::Password)?))
}

/// A link by which a member chooses a password. Those that were made for them before end.
pub fn invite(tx: &mut Tx, id: &MemberId) -> Result<Secret> {
    find(tx.db, id)?;
    void(tx, id)?;
    make(tx, Some(id.clone()), Purpose::Password)
}

/// A link by which a member signs in once. Those that were made for them before end.
pub fn admit(tx: &mut Tx, id: &MemberId) -> Result<Secret> {
    find(tx.db, id)?;
    void(tx, id)?;
    events::append(tx, None, "member.link.created", id.as_str(), json!({}))?;
    make(tx, Some(id.clone()), Purpose::SignIn)
}

fn make(tx: &mut Tx, member_id: Option<MemberId>, purpose: Purpose) -> Result<Secret> {
    let token = crypto::token(crypto::MEMBER_LINK);
    let link = Link {
        id: MemberLinkId::new(),
        hash: crypto::hash(token.reveal()),
        member_id,
        expires_at: tx.now.plus(LINK_LASTS),
        purpose,
    };
    diesel::insert_into(member_links::table).values(&link).execute(tx.db)?;
    Ok(token)
}

/// The link of this token that is still good, and for whom it is. Looking at it changes nothing.
pub fn link(db: &mut Db, token: &str, now: Time) -> Result<Option<(Link, Option<Member>)>> {
    if !crypto::well_formed(crypto::MEMBER_LINK, token) {
        return Ok(None);
    }
    let found: Option<Link> = member_links::table
        .filter(member_links::hash.eq(crypto::hash(token)))
        .filter(member_links::expires_at.gt(now))
        .first(db)
        .optional()?;
    let Some(link) = found else { return Ok(None) };
    match &link.member_id {
        Some(id) => {
            let member = find(db, id)?;
            Ok(Some((link, Some(member))))
        }
        None if is_empty(db)? => Ok(Some((link, None))),
        None => Ok(None),
    }
}

/// Uses a link up: sets the password, of a new owner where there was nobody.
pub fn redeem(tx: &mut Tx, token: &str, owner: &NewMember, hash: &str) -> Result<Member> {
    let over = || Error::not_found("link", "of this address");
    let (used, member) = link(tx.db, token, tx.now)?.ok_or_else(over)?;
    if used.purpose != Purpose::Password {
        return Err(over());
    }
    if diesel::delete(&used).execute(tx.db)? != 1 {
        return Err(over());
    }
    let member = match member {
        Some(member) => member,
        None => create(tx, owner)?,
    };
    set_password(tx, &member.id, hash)?;
    Ok(member)
}

/// Uses up a link for signing in; whose it is.
pub fn spend(tx: &mut Tx, token: &str) -> Result<Member> {
    let over = || Error::not_found("link", "of this address");
    let (used, member) = link(tx.db, token, tx.now)?.ok_or_else(over)?;
    let member = member.filter(|_| used.purpose == Purpose::SignIn).ok_or_else(over)?;
    if diesel::delete(&used).execute(tx.db)? != 1 {
        return Err(over());
    }
    Ok(member)
}

/// Mails a link that was made just now to the member whom it is for. `url` is where it leads.
pub fn mail(
    tx: &mut Tx,
    master: &MasterKey,
    member: &Member,
    kind: mails::Kind,
    url: &str,
) -> Result<()> {
    let Ok(email) = Email::parse(&member.email) else { return Ok(()) };
    let whom = (&member.id, &email, member.name.as_str());
    mails::member_link(tx, master, kind, whom, (url, tx.now.plus(LINK_LASTS)))
}

/// Ends the links of a member.
pub(super) fn void(tx: &mut Tx, id: &MemberId) -> Result<()> {
    diesel::delete(member_links::table.filter(member_links::member_id.eq(id))).execute(tx.db)?;
    Ok(())
}
