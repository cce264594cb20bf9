//! Passkeys of members: signing in without a password. Whoever uses one has shown finger, face or PIN to it, so it is
//! two steps in one.

use super::{By, Lasts, Member, Session, find, sessions};
use crate::clock::Time;
use crate::crypto::{self, Asked, Proof, RelyingParty, Secret, TokenHash};
use crate::error::{Error, Result};
use crate::store::input::Faults;
use crate::store::schema::{member_ceremonies as ceremonies, member_passkeys as keys, members};
use crate::store::{Db, MemberId, MemberPasskeyId, Tx, events};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// How long a browser may take to answer.
pub(super) const CEREMONY_LASTS: TimeDelta = TimeDelta::minutes(5);
/// Passkeys that a member has at most.
const MOST: usize = 20;

/// A passkey of a member.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = keys)]
pub struct Passkey {
    /// Its ID.
    pub id: MemberPasskeyId,
    /// Whose it is.
    pub member_id: MemberId,
    /// By which it is found, in base64url.
    pub credential_id: String,
    /// What its owner calls it.
    pub name: String,
    /// Its public key and counter.
    pub passkey: String,
    /// When it was made.
    pub created_at: Time,
    /// When somebody last signed in with it.
    pub last_used_at: Option<Time>,
}

/// What a browser was asked and has not answered.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = ceremonies, primary_key(hash))]
struct Ceremony {
    /// SHA-256 of what the page of the question carries.
    hash: TokenHash,
    /// Who wants a passkey; none: somebody who signs in.
    member_id: Option<MemberId>,
    /// What the new passkey is to be called.
    name: String,
    /// What the answer is held against.
    state: String,
    /// From when on the answer comes too late.
    expires_at: Time,
}

/// A question to a browser.
#[derive(Debug)]
pub struct Question {
    /// What the answer has to bring along.
    pub token: Secret,
    /// For `navigator.credentials`.
    pub options: String,
}

/// What became of a sign-in with a passkey.
#[derive(Debug)]
pub enum Unlocked {
    /// A session, its cookie, and the member's address in the form in which it is compared.
    In(Session, Secret, String),
    /// The answer proves nothing, came too late, or was used.
    Refused,
}

/// A member's passkeys, in the order in which they came.
pub fn list(db: &mut Db, id: &MemberId) -> Result<Vec<Passkey>> {
    Ok(keys::table.filter(keys::member_id.eq(id)).order(keys::id.asc()).load(db)?)
}

/// A passkey of a member.
pub fn one(db: &mut Db, member: &MemberId, id: &MemberPasskeyId) -> Result<Passkey> {
    let found = keys::table.find(id).filter(keys::member_id.eq(member)).first(db).optional()?;
    found.ok_or_else(|| Error::not_found("passkey", id.as_str()))
}

/// Begins to make a passkey for a member.
pub fn propose(tx: &mut Tx, party: &RelyingParty, id: &MemberId, name: &str) -> Result<Question> {
    let member = find(tx.db, id)?;
    let mut faults = Faults::default();
    let name = faults.name("/name", name);
    faults.finish()?;
    let have = list(tx.db, id)?;
    if have.len() >= MOST {
        let detail = format!("A member has at most {MOST} passkeys. Remove one first.");
        return Err(Error::conflict("too_many_passkeys", detail));
    }
    let have: Vec<String> = have.into_iter().map(|key| key.credential_id).collect();
    let asked = party.register(id.as_str(), &member.email, &member.name, &have)?;
    question(tx, asked, Some(id.clone()), name)
}

/// Takes the passkey that a browser made. The question is answered once; none: the answer does not fit, or came too late.
pub fn add(
    tx: &mut Tx,
    party: &RelyingParty,
    id: &MemberId,
    token: &str,
    answer: &str,
) -> Result<Option<Passkey>> {
    let ceremony = take(tx, token)?.filter(|ceremony| ceremony.member_id.as_ref() == Some(id));
    let Some(ceremony) = ceremony else { return Ok(None) };
    let Some(made) = party.made(answer, &ceremony.state)? else { return Ok(None) };
    if with(tx.db, &made.credential)?.is_some() {
        return Ok(None);
    }
    let passkey = Passkey {
        id: MemberPasskeyId::new(),
        member_id: id.clone(),
        credential_id: made.credential,
        name: ceremony.name,
        passkey: made.passkey,
        created_at: tx.now,
        last_used_at: None,
    };
    diesel::insert_into(keys::table).values(&passkey).execute(tx.db)?;
    let data = json!({ "passkey_id": passkey.id });
    events::append(tx, None, "member.passkey.added", id.as_str(), data)?;
    Ok(Some(passkey))
}

/// Takes a passkey of a member away.
pub fn remove(tx: &mut Tx, member: &MemberId, id: &MemberPasskeyId) -> Result<()> {
    let passkey = one(tx.db, member, id)?;
    diesel::delete(&passkey).execute(tx.db)?;
    let data = json!({ "passkey_id": passkey.id });
    events::append(tx, None, "member.passkey.removed", member.as_str(), data)
}

/// Takes all of a member's passkeys away: whoever resets how they sign in leaves no way in.
pub(super) fn remove_all(tx: &mut Tx, member: &MemberId) -> Result<()> {
    diesel::delete(ceremonies::table.filter(ceremonies::member_id.eq(member))).execute(tx.db)?;
    for passkey in list(tx.db, member)? {
        remove(tx, member, &passkey.id)?;
    }
    Ok(())
}

/// Asks a browser for a passkey to sign in with.
pub fn ask(tx: &mut Tx, party: &RelyingParty) -> Result<Question> {
    let asked = party.ask()?;
    question(tx, asked, None, String::new())
}

/// Who says to sign in by this answer. It proves nothing yet.
pub fn whose(db: &mut Db, answer: &str) -> Result<Option<MemberId>> {
    let Some(credential) = RelyingParty::named(answer) else { return Ok(None) };
    Ok(with(db, &credential)?.map(|(_, member)| member.id))
}

/// Signs in with a browser's answer. The question is answered once, whatever the answer is worth.
pub fn sign_in(
    tx: &mut Tx,
    party: &RelyingParty,
    token: &str,
    answer: &str,
    before: Option<&str>,
    lasts: Lasts,
) -> Result<Unlocked> {
    let ceremony = take(tx, token)?.filter(|ceremony| ceremony.member_id.is_none());
    let Some(ceremony) = ceremony else { return Ok(Unlocked::Refused) };
    let Some(credential) = RelyingParty::named(answer) else { return Ok(Unlocked::Refused) };
    let Some((passkey, member)) = with(tx.db, &credential)? else { return Ok(Unlocked::Refused) };
    let id = member.id.as_str();
    match party.prove(answer, &ceremony.state, &passkey.passkey, id)? {
        Proof::Holds(after) => {
            diesel::update(&passkey)
                .set((keys::passkey.eq(after), keys::last_used_at.eq(Some(tx.now))))
                .execute(tx.db)?;
            let (session, cookie) = sessions::begin(tx, &member.id, before, lasts, By::Passkey)?;
            Ok(Unlocked::In(session, cookie, member.email_key))
        }
        Proof::Fails => Ok(Unlocked::Refused),
        Proof::Copied => {
            let data = json!({ "passkey_id": passkey.id });
            events::append(tx, None, "member.passkey.copied", id, data)?;
            Ok(Unlocked::Refused)
        }
    }
}

fn with(db: &mut Db, credential: &str) -> Result<Option<(Passkey, Member)>> {
    let found = keys::table
        .inner_join(members::table)
        .filter(keys::credential_id.eq(credential))
        .select((keys::all_columns, members::all_columns))
        .first(db)
        .optional()?;
    Ok(found)
}

fn question(
    tx: &mut Tx,
    asked: Asked,
    member_id: Option<MemberId>,
    name: String,
) -> Result<Question> {
    let token = crypto::token(crypto::CEREMONY);
    let ceremony = Ceremony {
        hash: crypto::hash(token.reveal()),
        member_id,
        name,
        state: asked.state,
        expires_at: tx.now.plus(CEREMONY_LASTS),
    };
    diesel::insert_into(ceremonies::table).values(&ceremony).execute(tx.db)?;
    Ok(Question { token, options: asked.options })
}

/// The question that this token is for, which is used up.
fn take(tx: &mut Tx, token: &str) -> Result<Option<Ceremony>> {
    if !crypto::well_formed(crypto::CEREMONY, token) {
        return Ok(None);
    }
    let found: Option<Ceremony> = ceremonies::table
        .find(crypto::hash(token))
        .filter(ceremonies::expires_at.gt(tx.now))
        .first(tx.db)
        .optional()?;
    let Some(ceremony) = found else { return Ok(None) };
    diesel::delete(&ceremony).execute(tx.db)?;
    Ok(Some(ceremony))
}

/// A passkey that no authenticator has.
#[cfg(test)]
pub(crate) fn planted(tx: &mut Tx, member: &MemberId) -> Result<Passkey> {
    let passkey = Passkey {
        id: MemberPasskeyId::new(),
        member_id: member.clone(),
        credential_id: MemberPasskeyId::new().to_string(),
        name: "Laptop".to_owned(),
        passkey: "{}".to_owned(),
        created_at: tx.now,
        last_used_at: None,
    };
    diesel::insert_into(keys::table).values(&passkey).execute(tx.db)?;
    Ok(passkey)
}
