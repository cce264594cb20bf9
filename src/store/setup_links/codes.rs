//! A link for one address alone: whoever starts with it has read a code there.
//!
//! A code has six digits, so it is guessed a few times only: five times each, and ten codes for a link.

use super::{SetupLink, find, tell};
use crate::crypto::{self, MasterKey};
use crate::email::Email;
use crate::error::{Error, Result};
use crate::store::mails::{self, Kind, Secrets, ToAdmin, values};
use crate::store::schema::setup_link_codes as codes;
use crate::store::{Db, SetupLinkId, Time, Tx, organizations};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::json;

/// How long a code is good.
pub const CODE_LASTS: TimeDelta = TimeDelta::minutes(10);
/// How often a code may be wrong.
const TRIES: i32 = 5;
/// How many codes there are for a link, until it is sent again.
const MOST: i32 = 10;
/// How long after one code another may be asked for.
const PAUSE: TimeDelta = TimeDelta::seconds(30);

/// Why a code lets nobody start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFault {
    /// It is another one, and may be typed so often more.
    Wrong(i32),
    /// There is none that is good: it has ended, or was wrong too often.
    None,
}

#[derive(Debug, Clone, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = codes, primary_key(link_id), treat_none_as_null = true)]
struct Code {
    link_id: SetupLinkId,
    /// A keyed hash, since a million hashes are soon made; none: it is used up.
    hash: Option<String>,
    tries: i32,
    sent: i32,
    sent_at: Time,
    expires_at: Time,
}

fn row(db: &mut Db, id: &SetupLinkId) -> Result<Option<Code>> {
    Ok(codes::table.find(id).first(db).optional()?)
}

fn hash(master: &MasterKey, id: &SetupLinkId, code: &str) -> Result<String> {
    let key = master.derive("setup link code")?;
    let mac = crypto::hmac_sha256(key.reveal(), format!("{id}.{code}").as_bytes())?;
    Ok(crypto::hex(&mac))
}

/// Six digits, each as likely as any other.
fn digits() -> String {
    loop {
        let number = u32::from_be_bytes(crypto::random::<4>()) >> 12;
        if number < 1_000_000 {
            return format!("{number:06}");
        }
    }
}

/// Whether a code was mailed for a link that can still be typed.
pub fn code_is_out(db: &mut Db, id: &SetupLinkId, now: Time) -> Result<bool> {
    Ok(row(db, id)?.is_some_and(|code| code.hash.is_some() && now < code.expires_at))
}

/// Mails a code to the address that a link is for. The one before is good no more.
pub fn send_code(tx: &mut Tx, master: &MasterKey, id: &SetupLinkId) -> Result<()> {
    let link = find(tx.db, id)?;
    let email = link.email.as_deref().and_then(|text| Email::parse(text).ok());
    let (true, Some(email)) = (link.is_guarded && link.is_live(tx.now), email) else {
        return Err(Error::not_found("setup link", id.as_str()));
    };
    let before = row(tx.db, id)?;
    let sent = before.as_ref().map_or(0, |code| code.sent);
    if let Some(before) = &before
        && tx.now.since(before.sent_at) < PAUSE
    {
        let detail = "A code was sent a moment ago. Look at your mail, also where spam is kept.";
        let left = PAUSE - tx.now.since(before.sent_at);
        let retry_after = u64::try_from(left.num_seconds().max(1)).unwrap_or(1);
        return Err(Error::TooMany { detail: detail.to_owned(), retry_after });
    }
    if sent >= MOST {
        let detail = "So many codes were sent for this link that no more are. Ask whoever sent it to send it again.";
        return Err(Error::conflict("setup_link_codes_used_up", detail));
    }
    let code = digits();
    let next = Code {
        link_id: id.clone(),
        hash: Some(hash(master, id, &code)?),
        tries: 0,
        sent: sent + 1,
        sent_at: tx.now,
        expires_at: tx.now.plus(CODE_LASTS),
    };
    forget(tx, id)?;
    diesel::insert_into(codes::table).values(&next).execute(tx.db)?;
    let organization = organizations::find(tx.db, &link.organization_id)?;
    let mail = ToAdmin {
        kind: Kind::SetupCode,
        organization: (&organization.id, &organization.name),
        link: id,
        to: &email,
        values: values([("minutes", CODE_LASTS.num_minutes().to_string())]),
    };
    let secrets = Secrets { master, values: values([("code", code)]), until: next.expires_at };
    mails::to_admin(tx, mail, secrets)?;
    tell(tx, &link, "setup_link.code_sent", json!({}))
}

/// Uses the code up if it is the one that was mailed.
pub(super) fn take(
    tx: &mut Tx,
    link: &SetupLink,
    typed: Option<(&MasterKey, &str)>,
) -> Result<Result<(), CodeFault>> {
    let (Some((master, typed)), Some(code)) = (typed, row(tx.db, &link.id)?) else {
        return Ok(Err(CodeFault::None));
    };
    let Some(kept) = code.hash.clone().filter(|_| tx.now < code.expires_at) else {
        return Ok(Err(CodeFault::None));
    };
    let typed: String = typed.chars().filter(|sign| !sign.is_whitespace()).collect();
    let is_right =
        crypto::constant_time_eq(hash(master, &link.id, &typed)?.as_bytes(), kept.as_bytes());
    let tries = code.tries + 1;
    let left = TRIES - tries;
    let is_over = is_right || left <= 0;
    let next = Code { hash: (!is_over).then_some(kept), tries, ..code };
    diesel::update(&next).set(&next).execute(tx.db)?;
    if is_right {
        return Ok(Ok(()));
    }
    if left <= 0 {
        tell(tx, link, "setup_link.code_refused", json!({}))?;
        return Ok(Err(CodeFault::None));
    }
    Ok(Err(CodeFault::Wrong(left)))
}

/// Forgets the codes of a link, and how many there were.
pub(super) fn forget(tx: &mut Tx, id: &SetupLinkId) -> Result<()> {
    diesel::delete(codes::table.find(id)).execute(tx.db)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits() {
        for _ in 0..200 {
            let code = digits();
            assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        }
    }
}
