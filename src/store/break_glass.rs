//! Break-glass codes: the way in of an organization's exempt owners while its identity provider is broken.

use super::schema::{break_glass_codes as codes, organizations as rows};
use super::{BreakGlassCodeId, Db, OrganizationId, Time, Tx, UserId, events, organizations};
use crate::crypto::{self, Secret, TokenHash};
use crate::error::{Error, Result};
use diesel::dsl::exists;
use diesel::prelude::*;
use serde_json::json;

/// How many codes are made when nobody says.
pub const USUAL: usize = 10;
/// How many an organization may have that can be used.
pub const MOST: usize = 50;

/// A code, as far as it is kept.
#[derive(Debug, Clone, Queryable, Insertable, Identifiable)]
#[diesel(table_name = codes)]
pub struct BreakGlassCode {
    /// Its ID.
    pub id: BreakGlassCodeId,
    /// Whose code it is.
    pub organization_id: OrganizationId,
    /// Its SHA-256: a code has 100 random bits, so no salt and no slow hash is needed.
    pub hash: TokenHash,
    /// Prefix and last four characters.
    pub hint: String,
    /// When it was made.
    pub created_at: Time,
    /// When it was used, which is once.
    pub used_at: Option<Time>,
    /// Who used it.
    pub used_by: Option<UserId>,
    /// When it was revoked.
    pub revoked_at: Option<Time>,
}

impl BreakGlassCode {
    /// Whether it can be used.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.used_at.is_none() && self.revoked_at.is_none()
    }
}

/// What somebody typed, in the one form of a code; `None` if it is none, or mistyped.
#[must_use]
pub fn read(typed: &str) -> Option<Secret> {
    crypto::read_paper_code(crypto::BREAK_GLASS, typed)
}

/// All codes of an organization, newest first.
pub fn list(db: &mut Db, id: &OrganizationId) -> Result<Vec<BreakGlassCode>> {
    Ok(codes::table.filter(codes::organization_id.eq(id)).order(codes::id.desc()).load(db)?)
}

/// Whether any organization has a code that can be used.
pub fn any(db: &mut Db) -> Result<bool> {
    let live = codes::table.filter(codes::used_at.is_null()).filter(codes::revoked_at.is_null());
    Ok(diesel::select(exists(live)).get_result(db)?)
}

/// Makes codes, shown this once. With `replace` those that were there are revoked.
pub fn create(
    tx: &mut Tx,
    id: &OrganizationId,
    count: usize,
    replace: bool,
) -> Result<Vec<(BreakGlassCode, Secret)>> {
    organizations::find(tx.db, id)?;
    if !(1..=MOST).contains(&count) {
        let detail = format!("Between 1 and {MOST} codes can be made.");
        return Err(Error::invalid("/count", "out_of_range", detail));
    }
    if replace {
        revoke_all(tx, id)?;
    }
    let there = live(tx.db, id)?.len();
    if there + count > MOST {
        let detail = format!(
            "{there} codes can be used already, and an organization has at most {MOST}. Revoke some, or replace them."
        );
        return Err(Error::conflict("too_many_codes", detail));
    }
    let mut made = Vec::with_capacity(count);
    for _ in 0..count {
        let secret = crypto::paper_code(crypto::BREAK_GLASS);
        let code = BreakGlassCode {
            id: BreakGlassCodeId::new(),
            organization_id: id.clone(),
            hash: crypto::hash(secret.reveal()),
            hint: format!("{}_…{}", crypto::BREAK_GLASS, secret.last_four()),
            created_at: tx.now,
            used_at: None,
            used_by: None,
            revoked_at: None,
        };
        diesel::insert_into(codes::table).values(code.clone()).execute(tx.db)?;
        made.push((code, secret));
    }
    recount(tx, id)?;
    let ids: Vec<&BreakGlassCodeId> = made.iter().map(|(code, _)| &code.id).collect();
    let data = json!({ "codes": ids, "replaced": replace });
    events::append(tx, Some(id), "break_glass_code.created", id.as_str(), data)?;
    Ok(made)
}

/// Makes one code useless.
pub fn revoke(tx: &mut Tx, id: &OrganizationId, code: &BreakGlassCodeId) -> Result<()> {
    let all = list(tx.db, id)?;
    let found = all.into_iter().find(|row| row.id == *code);
    let found = found.ok_or_else(|| Error::not_found("break-glass code", code.as_str()))?;
    if !found.is_live() {
        return Err(Error::conflict("code_ended", "This code was used or revoked already."));
    }
    take(tx, std::slice::from_ref(&found))?;
    recount(tx, id)
}

/// Makes all codes useless; tells how many that were.
pub fn revoke_all(tx: &mut Tx, id: &OrganizationId) -> Result<usize> {
    let all = live(tx.db, id)?;
    take(tx, &all)?;
    recount(tx, id)?;
    Ok(all.len())
}

fn take(tx: &mut Tx, gone: &[BreakGlassCode]) -> Result<()> {
    for code in gone {
        diesel::update(codes::table.find(&code.id))
            .set(codes::revoked_at.eq(tx.now))
            .execute(tx.db)?;
        let data = json!({ "hint": code.hint });
        let organization = Some(&code.organization_id);
        events::append(tx, organization, "break_glass_code.revoked", code.id.as_str(), data)?;
    }
    Ok(())
}

/// The code of an organization that this is, if it can be used. How long that takes tells nothing about any code.
pub(super) fn matching(
    db: &mut Db,
    id: &OrganizationId,
    code: &Secret,
) -> Result<Option<BreakGlassCode>> {
    let hash = crypto::hash(code.reveal());
    let mut found = None;
    for row in live(db, id)? {
        if crypto::constant_time_eq(row.hash.as_str().as_bytes(), hash.as_str().as_bytes()) {
            found = Some(row);
        }
    }
    Ok(found)
}

/// Uses a code up; tells whether it was this one who did. Needs the organization's lock.
pub(super) fn use_up(tx: &mut Tx, code: &BreakGlassCode, user: &UserId) -> Result<bool> {
    let taken = diesel::update(codes::table.find(&code.id))
        .filter(codes::used_at.is_null())
        .filter(codes::revoked_at.is_null())
        .set((codes::used_at.eq(tx.now), codes::used_by.eq(user)))
        .execute(tx.db)?;
    recount(tx, &code.organization_id)?;
    Ok(taken == 1)
}

fn live(db: &mut Db, id: &OrganizationId) -> Result<Vec<BreakGlassCode>> {
    let found = codes::table
        .filter(codes::organization_id.eq(id))
        .filter(codes::used_at.is_null())
        .filter(codes::revoked_at.is_null())
        .load(db)?;
    Ok(found)
}

/// The organization's row says how many are left, so that the pages of its sign-ins know without another look.
fn recount(tx: &mut Tx, id: &OrganizationId) -> Result<()> {
    let left = i32::try_from(live(tx.db, id)?.len()).unwrap_or(i32::MAX);
    diesel::update(rows::table.find(id)).set(rows::codes_left.eq(left)).execute(tx.db)?;
    Ok(())
}

#[cfg(test)]
mod tests;
